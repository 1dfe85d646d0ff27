//! Tests: those that say nothing of missing values where KQL says something, and the reverse.
//!
//! A column of Sentinel that holds text is never null: a missing value is the empty text there. So a test of text is
//! true or false, and what another language says of a missing field is said of an empty one.

use super::pattern::{self, Form};
use super::value::{call, string};
use super::{Refused, State, refuse};
use crate::ir::{
    AnyColumn, CaseRule, Compare, CompareOp, Expr, ExprKind, Membership, NullRule, Quantifier, RegexDialect,
    RegexMatch, StringMatch, StringRules, StringTest, TermRule, Value, ValueSet,
};
use crate::source::Span;
use crate::target::LossKind;
use crate::types::Type;

impl State<'_> {
    /// A test in KQL's terms. `wanted` tells whether records are kept where it holds; where they are kept because it does
    /// not, what is null must not pass for false.
    pub(super) fn test(&mut self, e: &Expr, wanted: bool) -> Result<Expr, Refused> {
        let span = e.span;
        Ok(match &e.kind {
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let terms = terms.iter().map(|term| self.test(term, wanted)).collect::<Result<Vec<_>, _>>()?;
                let kind = if matches!(e.kind, ExprKind::And(_)) { ExprKind::And(terms) } else { ExprKind::Or(terms) };
                Expr::new(kind, Type::Bool, span)
            }
            ExprKind::Not(inner) => not(self.test(inner, !wanted)?),
            ExprKind::Match(node) => self.text_test(node, wanted, span)?,
            ExprKind::Regex(node) => self.regex_test(node, wanted, span)?,
            ExprKind::Member(node) => self.member_test(node, wanted, span)?,
            ExprKind::Compare(node) => self.compare_test(node, wanted, span)?,
            ExprKind::Loose(node) => self.loose_test(node, wanted, span)?,
            ExprKind::AnyColumn(node) => self.anywhere(node, span)?,
            // What is true where one thing holds and false otherwise is that thing, asked for plainly.
            ExprKind::Case(node) => {
                let truth = |value: &Expr| value.as_literal().and_then(Value::as_bool);
                match (node.arms.as_slice(), truth(&node.otherwise)) {
                    ([(condition, value)], Some(false)) if truth(value) == Some(true) && wanted => {
                        self.test(condition, wanted)?
                    }
                    _ => self.value(e)?,
                }
            }
            _ => self.value(e)?,
        })
    }

    fn text_test(&mut self, node: &StringMatch, wanted: bool, span: Span) -> Result<Expr, Refused> {
        // A value of another type is equal to what its text says.
        if node.test == StringTest::Equals
            && let Some(test) = self.typed_equality(node, wanted, span)?
        {
            return Ok(test);
        }
        let subject = self.text(&node.subject)?;
        let test = if let Some(Value::String(needle)) = node.needle.as_literal() {
            let rules = self.rules(node.rules, Some(needle), span);
            needle_test(node.test, rules, &subject, needle, span)
        } else {
            let needle = self.text(&node.needle)?;
            let rules = self.rules(node.rules, None, span);
            if matches!(node.test, StringTest::Glob | StringTest::Wildcard) {
                return Err(refuse(
                    LossKind::UnsupportedExpression,
                    span,
                    "a pattern has to be written out to be looked for in KQL",
                ));
            }
            let filled = call("isnotempty", vec![needle.clone()], Type::Bool, span);
            let test = matched(node.test, rules, subject.clone(), needle, span);
            and(vec![filled, test], span)
        };
        Ok(around(test, node.rules.nulls, node.negated, wanted, &subject, span))
    }

    /// Equality with a text of a column that holds no text.
    fn typed_equality(&mut self, node: &StringMatch, wanted: bool, span: Span) -> Result<Option<Expr>, Refused> {
        let subject = self.value(&node.subject)?;
        let Some(Value::String(text)) = node.needle.as_literal() else { return Ok(None) };
        let literal = match subject.ty.ty {
            Type::Int | Type::Long => text.trim().parse().ok().map(Value::Long),
            Type::Real => text.trim().parse().ok().map(Value::Real),
            Type::Bool => text.trim().to_ascii_lowercase().parse().ok().map(Value::Bool),
            _ => None,
        };
        let Some(literal) = literal else { return Ok(None) };
        let right = Expr::literal(literal, node.needle.span);
        let test = compared(CompareOp::Equal, subject.clone(), right, span);
        Ok(Some(around(test, node.rules.nulls, node.negated, wanted, &subject, span)))
    }

    fn regex_test(&mut self, node: &RegexMatch, wanted: bool, span: Span) -> Result<Expr, Refused> {
        let Some(text) = node.pattern.as_literal().and_then(Value::as_str) else {
            return Err(refuse(LossKind::UnsupportedExpression, span, "a regular expression has to be written out"));
        };
        let folded = node.case != CaseRule::Sensitive;
        let text = match node.dialect {
            RegexDialect::Kusto | RegexDialect::Pcre => pattern::kusto(text, node.anchored, folded),
            // The operators that Lucene has besides.
            RegexDialect::Lucene if text.contains(['~', '&', '<', '>', '@', '#', '"']) => None,
            RegexDialect::Lucene => pattern::kusto(text, true, folded),
        };
        let Some(text) = text else {
            let message = "Kusto reads no look-around, no back-references and nothing else of this dialect that is in the pattern";
            return Err(refuse(LossKind::UnsupportedExpression, span, message));
        };
        let subject = self.text(&node.subject)?;
        let test = searched(subject.clone(), &text, span);
        // An empty text is a missing one, and the pattern may match it.
        let empty = regex::Regex::new(&text).is_ok_and(|pattern| pattern.is_match(""));
        let test = if empty && node.nulls != NullRule::KqlMatch {
            and(vec![call("isnotempty", vec![subject.clone()], Type::Bool, span), test], span)
        } else {
            test
        };
        Ok(around(test, node.nulls, node.negated, wanted, &subject, span))
    }

    fn member_test(&mut self, node: &Membership, wanted: bool, span: Span) -> Result<Expr, Refused> {
        let ValueSet::List(items) = &node.set else {
            return Err(refuse(
                LossKind::UnsupportedExpression,
                span,
                "the values of another search have no place here",
            ));
        };
        let plain = matches!(node.test, StringTest::Equals) && node.quantifier == Quantifier::Any;
        let texts: Option<Vec<&str>> = items.iter().map(|item| item.as_literal().and_then(Value::as_str)).collect();
        let subject = self.text(&node.subject)?;
        let subject_is_text = self.value(&node.subject)?.ty.ty == Type::String;
        if let Some(texts) = texts.filter(|texts| plain && subject_is_text && texts.iter().all(|text| !text.is_empty()))
        {
            let all = texts.concat();
            let rules = self.rules(node.rules, Some(&all), span);
            let set = ValueSet::List(texts.into_iter().map(|text| string(text, span)).collect());
            let (test, quantifier, negated) = (StringTest::Equals, Quantifier::Any, false);
            let member = Membership { test, rules, quantifier, negated, subject: subject.clone(), set };
            let test = Expr::new(ExprKind::Member(Box::new(member)), Type::Bool, span);
            return Ok(around(test, node.rules.nulls, node.negated, wanted, &subject, span));
        }
        let mut terms = Vec::with_capacity(items.len());
        for item in items {
            let (subject, needle) = (node.subject.clone(), item.clone());
            let one = StringMatch { test: node.test, rules: node.rules, negated: false, subject, needle };
            terms.push(self.text_test(&one, wanted, span)?);
        }
        let test = match (terms.len(), node.quantifier) {
            (1, _) => terms.remove(0),
            (_, Quantifier::Any) => Expr::new(ExprKind::Or(terms), Type::Bool, span),
            (_, Quantifier::All) => and(terms, span),
        };
        Ok(around(test, node.rules.nulls, node.negated, wanted, &subject, span))
    }

    fn compare_test(&mut self, node: &Compare, wanted: bool, span: Span) -> Result<Expr, Refused> {
        let (left, right) = (self.value(&node.left)?, self.value(&node.right)?);
        let is_null = |e: &Expr| e.as_literal().is_some_and(Value::is_null);
        if matches!(node.op, CompareOp::Equal | CompareOp::NotEqual) && (is_null(&left) || is_null(&right)) {
            let value = if is_null(&left) { right } else { left };
            return Ok(absent(value, node.op == CompareOp::Equal, span));
        }
        let (left, right) = alike(left, right, node.op, span)?;
        let equality = matches!(node.op, CompareOp::Equal | CompareOp::NotEqual);
        let negated = node.op == CompareOp::NotEqual;
        let op = if negated { CompareOp::Equal } else { node.op };
        if left.ty.ty == Type::String && !equality {
            let order = call("strcmp", vec![left, right], Type::Long, span);
            return Ok(compared(op, order, Expr::literal(Value::Long(0), span), span));
        }
        let test = compared(op, left.clone(), right.clone(), span);
        let subject = if left.as_literal().is_some() { right } else { left };
        if equality {
            return Ok(around(test, node.nulls, negated, wanted, &subject, span));
        }
        // `<` and its like give null for null, which passes for false where records are kept that fulfil it.
        if wanted || node.nulls == NullRule::Propagate {
            return Ok(test);
        }
        Ok(and(vec![absent(subject, false, span), test], span))
    }

    /// A comparison that the values decide: here the types of columns do.
    fn loose_test(&mut self, node: &Compare, wanted: bool, span: Span) -> Result<Expr, Refused> {
        let number = |e: &Expr| e.as_literal().and_then(Value::as_str).and_then(|text| text.trim().parse::<f64>().ok());
        let mut node = node.clone();
        for side in [&mut node.left, &mut node.right] {
            // A literal that looks like a number is one.
            if let Some(value) = number(side) {
                // Whole numbers up to here a double holds exactly.
                let whole = (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64);
                *side = Expr::literal(whole.map_or(Value::Real(value), Value::Long), side.span);
            }
        }
        let written = |e: &Expr| e.as_literal().is_some();
        if !written(&node.left) && !written(&node.right) {
            let (left, right) = (self.value(&node.left)?, self.value(&node.right)?);
            if left.ty.ty == Type::String && right.ty.ty == Type::String {
                let message = "texts that both look like numbers are compared as texts";
                self.differs(LossKind::Null, span, message);
            }
        }
        self.compare_test(&node, wanted, span)
    }

    /// A test of every field.
    fn anywhere(&mut self, node: &AnyColumn, span: Span) -> Result<Expr, Refused> {
        let Some(needle) = node.needle.as_literal().and_then(Value::as_str) else {
            return Err(refuse(
                LossKind::UnsupportedExpression,
                span,
                "what is looked for in every field has to be written out",
            ));
        };
        let (test, text) = match node.test {
            StringTest::Glob | StringTest::Wildcard => match pattern::form(needle, node.test == StringTest::Glob) {
                Form::Equals(text) => (StringTest::Equals, text),
                Form::Starts(text) => (StringTest::StartsWith, text),
                Form::Ends(text) => (StringTest::EndsWith, text),
                Form::Contains(text) => (StringTest::Contains, text),
                Form::Filled | Form::Regex(_) => {
                    let message = "a pattern with wildcards inside cannot be looked for in every column";
                    return Err(refuse(LossKind::UnsupportedExpression, span, message));
                }
            },
            test => (test, needle.to_owned()),
        };
        let rules = self.rules(node.rules, Some(&text), span);
        let node = AnyColumn { test, rules, needle: string(text, span), ..node.clone() };
        Ok(Expr::new(ExprKind::AnyColumn(Box::new(node)), Type::Bool, span))
    }

    /// The rules by which KQL compares texts, and what differs.
    fn rules(&mut self, rules: StringRules, needle: Option<&str>, span: Span) -> StringRules {
        let case = match rules.case {
            CaseRule::Sensitive => CaseRule::Sensitive,
            CaseRule::AsciiInsensitive => CaseRule::AsciiInsensitive,
            CaseRule::UnicodeInsensitive => {
                if needle.is_some_and(|needle| needle.chars().any(|c| !c.is_ascii() && c.is_alphabetic())) {
                    let message = "KQL tells upper and lower case apart for letters beyond ASCII";
                    self.differs(LossKind::Case, span, message);
                }
                CaseRule::AsciiInsensitive
            }
        };
        let nulls = if case == CaseRule::Sensitive { NullRule::KqlEquality } else { NullRule::KqlMatch };
        StringRules { case, terms: TermRule::KqlAlphanumeric, nulls }
    }
}

/// What another language says of missing values, around a test that is false for them.
fn around(test: Expr, nulls: NullRule, negated: bool, wanted: bool, subject: &Expr, span: Span) -> Expr {
    let there = |subject: &Expr| absent(subject.clone(), false, span);
    match (nulls, negated) {
        (NullRule::AbsentFails | NullRule::Propagate, true) => and(vec![there(subject), not(test)], span),
        // Where null makes the whole null, the record is not kept, although the test is not fulfilled.
        (NullRule::Propagate, false) if !wanted => {
            Expr::new(ExprKind::Or(vec![test, absent(subject.clone(), true, span)]), Type::Bool, span)
        }
        (_, true) => not(test),
        (_, false) => test,
    }
}

/// Whether a value is missing, or is there.
pub(super) fn absent(value: Expr, missing: bool, span: Span) -> Expr {
    let name = match (value.ty.ty, missing) {
        (Type::String, true) => "isempty",
        (Type::String, false) => "isnotempty",
        (Type::Unknown | Type::Dynamic, true) => "isempty",
        (Type::Unknown | Type::Dynamic, false) => "isnotempty",
        (_, true) => "isnull",
        (_, false) => "isnotnull",
    };
    call(name, vec![value], Type::Bool, span)
}

fn and(terms: Vec<Expr>, span: Span) -> Expr {
    Expr::new(ExprKind::And(terms), Type::Bool, span)
}

fn not(test: Expr) -> Expr {
    let span = test.span;
    Expr::new(ExprKind::Not(Box::new(test)), Type::Bool, span)
}

fn matched(test: StringTest, rules: StringRules, subject: Expr, needle: Expr, span: Span) -> Expr {
    let nulls = if test == StringTest::Equals { rules.nulls } else { NullRule::KqlMatch };
    let rules = StringRules { nulls, ..rules };
    let node = StringMatch { test, rules, negated: false, subject, needle };
    Expr::new(ExprKind::Match(Box::new(node)), Type::Bool, span)
}

fn searched(subject: Expr, pattern: &str, span: Span) -> Expr {
    let node = RegexMatch {
        dialect: RegexDialect::Kusto,
        anchored: false,
        case: CaseRule::Sensitive,
        nulls: NullRule::KqlMatch,
        negated: false,
        subject,
        pattern: string(pattern, span),
    };
    Expr::new(ExprKind::Regex(Box::new(node)), Type::Bool, span)
}

pub(super) fn compared(op: CompareOp, left: Expr, right: Expr, span: Span) -> Expr {
    let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    if equality && left.ty.ty == Type::String {
        return matched(StringTest::Equals, StringRules::KQL_EQUALITY, left, right, span);
    }
    let nulls = if equality { NullRule::KqlEquality } else { NullRule::Propagate };
    Expr::new(ExprKind::Compare(Box::new(Compare { op, nulls, left, right })), Type::Bool, span)
}

/// A comparison with a text that is written out.
fn needle_test(test: StringTest, rules: StringRules, subject: &Expr, needle: &str, span: Span) -> Expr {
    let form = match test {
        StringTest::Glob | StringTest::Wildcard => pattern::form(needle, test == StringTest::Glob),
        StringTest::Equals => Form::Equals(needle.to_owned()),
        StringTest::StartsWith => Form::Starts(needle.to_owned()),
        StringTest::EndsWith => Form::Ends(needle.to_owned()),
        StringTest::Contains => Form::Contains(needle.to_owned()),
        StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix => {
            return matched(test, rules, subject.clone(), string(needle, span), span);
        }
    };
    let (test, text) = match form {
        Form::Equals(text) if text.is_empty() => {
            return call("isempty", vec![subject.clone()], Type::Bool, span);
        }
        Form::Filled => return call("isnotempty", vec![subject.clone()], Type::Bool, span),
        Form::Equals(text) => (StringTest::Equals, text),
        Form::Starts(text) => (StringTest::StartsWith, text),
        Form::Ends(text) => (StringTest::EndsWith, text),
        Form::Contains(text) => (StringTest::Contains, text),
        Form::Regex(text) => {
            let flags = if rules.case == CaseRule::Sensitive { "(?s)" } else { "(?is)" };
            return searched(subject.clone(), &format!("{flags}{text}"), span);
        }
    };
    if text.is_empty() {
        return call("isnotempty", vec![subject.clone()], Type::Bool, span);
    }
    matched(test, rules, subject.clone(), string(text, span), span)
}

/// Both sides of a comparison as one type.
fn alike(left: Expr, right: Expr, op: CompareOp, span: Span) -> Result<(Expr, Expr), Refused> {
    let (a, b) = (left.ty.ty, right.ty.ty);
    if a == b || a == Type::Unknown || b == Type::Unknown || a.is_numeric() && b.is_numeric() {
        return Ok((left, right));
    }
    let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    let written = |e: &Expr| e.as_literal().filter(|value| value.ty().is_numeric()).map(ToString::to_string);
    match (a, b) {
        (Type::String, number) if number.is_numeric() => match written(&right) {
            // A number is equal to the text that says it.
            Some(text) if equality => Ok((left, string(text, right.span))),
            _ => Ok((call("toreal", vec![left], Type::Real, span), right)),
        },
        (number, Type::String) if number.is_numeric() => {
            let (right, left) = alike(right, left, op, span)?;
            Ok((left, right))
        }
        (Type::Dynamic, number) if number.is_numeric() => Ok((call("toreal", vec![left], Type::Real, span), right)),
        _ => Err(refuse(
            LossKind::UnsupportedExpression,
            span,
            format!("a {} is compared with a {}, which KQL does not do", a.name(), b.name()),
        )),
    }
}
