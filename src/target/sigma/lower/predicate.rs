//! Predicates: where an expression is true, and where it is false. Null is neither.

use super::cond::Cond;
use super::field::Subject;
use super::text::{empty, expression, item};
use super::{Branch, Def, Lower, Result};
use crate::functions::FunctionId;
use crate::ir::{
    AnyColumn, Between, CaseRule, Compare, CompareOp, Expr, ExprKind, RegexMatch, StringMatch, StringTest,
    Value as Literal,
};
use crate::source::Span;
use crate::target::sigma::rows::{Part, Predicate};
use crate::target::sigma::tree::{Modifier, Value};
use crate::target::{LossKind, written};
use crate::types::Type;

/// The private networks of RFC 1918, which `ipv4_is_private` means.
const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

impl<'a> Lower<'a> {
    /// Where the expression is `want`.
    pub(super) fn truth(&mut self, branch: &Branch<'a>, expr: &Expr, want: bool) -> Result<Cond> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(match value.as_bool() {
                Some(value) if value == want => Cond::Always,
                _ => Cond::Never,
            }),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                let conds =
                    operands.iter().map(|operand| self.truth(branch, operand, want)).collect::<Result<Vec<_>>>()?;
                let all = matches!(expr.kind, ExprKind::And(_)) == want;
                Ok(if all { Cond::and(conds) } else { Cond::or(conds) })
            }
            ExprKind::Not(operand) => self.truth(branch, operand, !want),
            ExprKind::Compare(node) => self.compare(branch, node, want, expr.span),
            ExprKind::Match(node) => {
                self.decided(node.negated == want, expr.span, |this| this.matched(branch, node, expr.span))
            }
            ExprKind::Regex(node) => self.decided(node.negated == want, expr.span, |this| this.regex(branch, node)),
            ExprKind::Member(node) => {
                self.decided(node.negated == want, expr.span, |this| this.member(branch, node, expr.span))
            }
            ExprKind::Between(node) => self.between(branch, node, want, expr.span),
            ExprKind::AnyColumn(node) => self.any_column(branch, node, want, expr.span),
            ExprKind::Call(function, arguments) => self.call(branch, *function, arguments, want, expr),
            ExprKind::Case(node) => {
                let mut conds = Vec::new();
                let mut before = Cond::Always;
                for (condition, value) in &node.arms {
                    let holds = self.truth(branch, condition, true)?;
                    let value = self.truth(branch, value, want)?;
                    conds.push(Cond::and([before.clone(), holds.clone(), value]));
                    before = Cond::and([before, holds.negated()]);
                }
                conds.push(Cond::and([before, self.truth(branch, &node.otherwise, want)?]));
                Ok(Cond::or(conds))
            }
            ExprKind::Column(id) => {
                if let Some(Def::Expr(inner)) = branch.env.get(id) {
                    let inner: &'a Expr = inner;
                    return self.truth(branch, inner, want);
                }
                self.boolean(branch, expr, want)
            }
            ExprKind::Cast(_) | ExprKind::Access(_) => self.boolean(branch, expr, want),
            ExprKind::Unknown(name, _) => self.refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                format!("`{name}()` is not known here; put its body into the query"),
            ),
            _ => self.refuse(LossKind::UnsupportedExpression, expr.span, "Sigma has no such test; use ES|QL or Splunk"),
        }
    }

    fn boolean(&mut self, branch: &Branch<'a>, expr: &Expr, want: bool) -> Result<Cond> {
        let subject = self.subject(branch, expr)?;
        self.equals(&subject, &Literal::Bool(want), true, expr.span)
    }

    /// A test that is false where it is not true, turned where `negate`.
    fn decided(&mut self, negate: bool, span: Span, test: impl FnOnce(&mut Self) -> Result<Cond>) -> Result<Cond> {
        let seen = std::mem::take(&mut self.saw_element);
        let cond = test(self)?;
        if negate && self.saw_element {
            let message = "that some element of a list does not fit cannot be said in Sigma, only that none fits; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        }
        self.saw_element |= seen;
        Ok(cond.negated_if(negate))
    }

    fn compare(&mut self, branch: &Branch<'a>, node: &Compare, want: bool, span: Span) -> Result<Cond> {
        let op = if want { node.op } else { node.op.complement() };
        let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        let (subject, literal, op) = match (Self::literal(branch, &node.left), Self::literal(branch, &node.right)) {
            (None, Some(literal)) => (&node.left, literal, op),
            (Some(literal), None) => (&node.right, literal, op.mirrored()),
            (Some(left), Some(right)) if equality && left.ty() == right.ty() && !left.is_null() => {
                return Ok(if (left == right) == (op == CompareOp::Equal) { Cond::Always } else { Cond::Never });
            }
            (Some(_), Some(_)) => {
                let message =
                    "a comparison of two values that the query gives cannot be decided here; write what it comes to";
                return self.refuse(LossKind::UnsupportedExpression, span, message);
            }
            (None, None) if equality => {
                return self.decided(op == CompareOp::NotEqual, span, |this| {
                    this.fields_equal(branch, &node.left, &node.right, span)
                });
            }
            (None, None) => {
                let message = "Sigma cannot tell which of two fields is greater; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedExpression, span, message);
            }
        };
        if let Some(values) = self.alternatives(branch, subject)? {
            let mut conds = Vec::new();
            for (guard, value) in values {
                let test = Compare { left: value, right: Expr::literal(literal.clone(), span), op, nulls: node.nulls };
                conds.push(Cond::and([guard, self.compare(branch, &test, true, span)?]));
            }
            return Ok(Cond::or(conds));
        }
        if let (Some(truth), Some(found)) = (written::of_truth(subject), written::truths(op, &literal)) {
            let subject = self.subject(branch, truth)?;
            let mut conds: Vec<Cond> = found.into_iter().map(|truth| item(&subject, [], Value::Bool(truth))).collect();
            if op == CompareOp::NotEqual {
                conds.push(item(&subject, [], Value::Null));
            }
            return Ok(Cond::or(conds));
        }
        if equality && literal.is_null() {
            // Nothing is equal to null, and what is there is not.
            let subject = self.subject(branch, subject)?;
            let there = item(&subject, [], Value::Null).negated();
            return Ok(if op == CompareOp::Equal { Cond::Never } else { there });
        }
        if equality {
            return self.decided(op == CompareOp::NotEqual, span, |this| {
                let subject = this.subject(branch, subject)?;
                this.equals(&subject, &literal, true, span)
            });
        }
        let subject = self.subject(branch, subject)?;
        self.has_to_be_number(&subject, span);
        let modifier = match op {
            CompareOp::Less => Modifier::Lt,
            CompareOp::LessOrEqual => Modifier::Lte,
            CompareOp::Greater => Modifier::Gt,
            _ => Modifier::Gte,
        };
        let value = self.number(&literal, span)?;
        Ok(item(&subject, [modifier], value))
    }

    fn number(&mut self, literal: &Literal, span: Span) -> Result<Value> {
        match literal {
            Literal::Real(number) if number.is_finite() => Ok(Value::Real(*number)),
            Literal::Decimal(number) => Ok(Value::Real(number.to_f64())),
            literal => match literal.as_integer() {
                Some(number) => Ok(Value::Integer(number)),
                None => self.refuse(
                    LossKind::UnsupportedExpression,
                    span,
                    "Sigma orders numbers alone, neither instants nor strings; use ES|QL or Splunk",
                ),
            },
        }
    }

    /// A field that equals a value.
    pub(super) fn equals(
        &mut self,
        subject: &Subject<'a>,
        literal: &Literal,
        sensitive: bool,
        span: Span,
    ) -> Result<Cond> {
        if let Some(written) = subject.read.and_then(|read| written::value(literal, read)) {
            if written.partial {
                let message = "a number that is written with an exponent is not found in a text";
                self.differs(LossKind::Null, span, message);
            }
            return self.written(subject, &written.pattern, !written.insensitive, span);
        }
        match literal {
            Literal::String(text) => self.text(subject, StringTest::Equals, sensitive, text, span),
            Literal::Guid(guid) => {
                self.text(subject, StringTest::Equals, false, &crate::literal::format_guid(*guid), span)
            }
            Literal::Bool(value) if subject.ty.is_numeric() => {
                let zero = item(subject, [], Value::Integer(0));
                let there = item(subject, [], Value::Null).negated();
                Ok(if *value { Cond::and([zero.negated(), there]) } else { zero })
            }
            Literal::Bool(value) => Ok(item(subject, [], Value::Bool(*value))),
            Literal::Null(_) => Ok(Cond::Never),
            literal => {
                let value = self.number(literal, span)?;
                Ok(item(subject, [], value))
            }
        }
    }

    fn fields_equal(&mut self, branch: &Branch<'a>, left: &Expr, right: &Expr, span: Span) -> Result<Cond> {
        let (left, right) = (self.subject(branch, left)?, self.subject(branch, right)?);
        for subject in [&left, &right] {
            if subject.part != Part::Whole || subject.wrap.is_some() || subject.missing || subject.element {
                let message = format!(
                    "`{}` holds more than the column, so two fields cannot be compared; use ES|QL or Splunk",
                    subject.field
                );
                return self.refuse(LossKind::UnsupportedExpression, span, message);
            }
        }
        self.differs(LossKind::Case, span, "two fields are compared without case");
        self.differs(
            LossKind::Null,
            span,
            "two fields that are both missing are not equal in Sigma; to KQL they are the same empty string",
        );
        Ok(item(&left, [Modifier::FieldRef], Value::Verbatim(right.field)))
    }

    fn matched(&mut self, branch: &Branch<'a>, node: &StringMatch, span: Span) -> Result<Cond> {
        let sensitive = node.rules.case == CaseRule::Sensitive;
        match (Self::literal(branch, &node.subject), Self::literal(branch, &node.needle)) {
            (Some(left), Some(right)) if node.test == StringTest::Equals => {
                let (Some(left), Some(right)) = (left.as_str(), right.as_str()) else {
                    let message = "a comparison of two values that the query gives cannot be decided here; write what it comes to";
                    return self.refuse(LossKind::UnsupportedExpression, span, message);
                };
                let same = if sensitive { left == right } else { left.eq_ignore_ascii_case(right) };
                Ok(if same { Cond::Always } else { Cond::Never })
            }
            (None, Some(needle)) => self.tested(branch, &node.subject, node.test, sensitive, &needle, span),
            (Some(needle), None) if node.test == StringTest::Equals => {
                self.tested(branch, &node.needle, node.test, sensitive, &needle, span)
            }
            (None, None) if node.test == StringTest::Equals => {
                self.fields_equal(branch, &node.subject, &node.needle, span)
            }
            _ => self.refuse(
                LossKind::UnsupportedExpression,
                node.needle.span,
                "Sigma looks for text that the rule gives, not for the value of another field; use ES|QL or Splunk",
            ),
        }
    }

    /// A test of text for one needle, for each value the subject may have.
    pub(super) fn tested(
        &mut self,
        branch: &Branch<'a>,
        subject: &Expr,
        test: StringTest,
        sensitive: bool,
        needle: &Literal,
        span: Span,
    ) -> Result<Cond> {
        if let Some(values) = self.alternatives(branch, subject)? {
            let mut conds = Vec::new();
            for (guard, value) in values {
                let cond = match (Self::literal(branch, &value), test) {
                    (Some(value), StringTest::Equals) => match (value.as_str(), needle.as_str()) {
                        (Some(a), Some(b)) if sensitive && a == b || !sensitive && a.eq_ignore_ascii_case(b) => {
                            Cond::Always
                        }
                        (Some(_), Some(_)) => Cond::Never,
                        _ => {
                            return self.refuse(
                                LossKind::UnsupportedExpression,
                                span,
                                "values of different types cannot be compared here",
                            );
                        }
                    },
                    (Some(_), _) => {
                        let message =
                            "a test of a value that the query gives cannot be decided here; write what it comes to";
                        return self.refuse(LossKind::UnsupportedExpression, span, message);
                    }
                    (None, _) => self.tested(branch, &value, test, sensitive, needle, span)?,
                };
                conds.push(Cond::and([guard, cond]));
            }
            return Ok(Cond::or(conds));
        }
        let subject = self.subject(branch, subject)?;
        self.needle(&subject, test, sensitive, needle, span)
    }

    fn needle(
        &mut self,
        subject: &Subject<'a>,
        test: StringTest,
        sensitive: bool,
        needle: &Literal,
        span: Span,
    ) -> Result<Cond> {
        if let Some(text) = needle.as_str() {
            return self.text(subject, test, sensitive, text, span);
        }
        if test == StringTest::Equals {
            return self.equals(subject, needle, sensitive, span);
        }
        match needle {
            Literal::Int(_) | Literal::Long(_) => {
                let text = needle.as_integer().unwrap_or_default().to_string();
                self.text(subject, test, sensitive, &text, span)
            }
            _ => self.refuse(LossKind::UnsupportedExpression, span, "only text can be looked for in text"),
        }
    }

    fn regex(&mut self, branch: &Branch<'a>, node: &RegexMatch) -> Result<Cond> {
        let Some(Literal::String(pattern)) = Self::literal(branch, &node.pattern) else {
            let message = "a regular expression has to be written out in Sigma";
            return self.refuse(LossKind::UnsupportedExpression, node.pattern.span, message);
        };
        let subject = self.subject(branch, &node.subject)?;
        let span = node.pattern.span;
        let (bare, ignore_case) = match pattern.strip_prefix("(?i)") {
            Some(bare) => (bare, true),
            None => (&*pattern, node.case != CaseRule::Sensitive),
        };
        let Ok(compiled) = regex::Regex::new(bare) else {
            let message = "the regular expression is not one of Kusto's, so what it means is not known";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        };
        let mut out = if node.anchored { format!("^({bare})$") } else { bare.to_owned() };
        if beyond_the_common(bare) {
            let message = "Sigma promises no more than `. ^ $ * + ? {n,m} [] | ()`; what else the expression has means what the backend takes it for";
            self.differs(LossKind::RegexDialect, span, message);
        }
        if subject.part != Part::Whole {
            if let Some(rest) = out.strip_prefix('^') {
                out = format!(r"(^|[\\/]){rest}");
            }
            let message =
                format!("the expression is searched for in all of `{}`, of which the column is a part", subject.field);
            self.differs(LossKind::RegexDialect, span, message);
        }
        if subject.wrap.is_some() {
            let message = "a regular expression on a value in other letters than it has cannot be said; take the function off and use (?i)";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        }
        let cond = expression(&subject, !ignore_case, out);
        // A missing field is the empty string to KQL.
        Ok(if compiled.is_match("") { Cond::or([cond, empty(&subject)]) } else { cond })
    }

    fn between(&mut self, branch: &Branch<'a>, node: &Between, want: bool, span: Span) -> Result<Cond> {
        let (Some(low), Some(high)) = (Self::literal(branch, &node.low), Self::literal(branch, &node.high)) else {
            let message = "the ends of a range have to be written out in Sigma; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        };
        let subject = self.subject(branch, &node.subject)?;
        let (low, high) = (self.number(&low, node.low.span)?, self.number(&high, node.high.span)?);
        self.has_to_be_number(&subject, node.subject.span);
        Ok(if node.negated == want {
            Cond::or([item(&subject, [Modifier::Lt], low), item(&subject, [Modifier::Gt], high)])
        } else {
            Cond::and([item(&subject, [Modifier::Gte], low), item(&subject, [Modifier::Lte], high)])
        })
    }

    fn any_column(&mut self, branch: &Branch<'a>, node: &AnyColumn, want: bool, span: Span) -> Result<Cond> {
        let Some(needle) = Self::literal(branch, &node.needle).and_then(|v| v.as_str().map(str::to_owned)) else {
            return self.refuse(
                LossKind::UnsupportedExpression,
                span,
                "what is looked for has to be written out in Sigma",
            );
        };
        if node.negated {
            let message = "that some column does not hold a text cannot be said in Sigma, only that none does";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        }
        let value = match node.test {
            StringTest::Glob => Value::Pattern(needle),
            StringTest::Wildcard => {
                let pieces: Vec<String> = needle.split('*').map(crate::target::sigma::print::escaped).collect();
                Value::Pattern(pieces.join("*"))
            }
            _ => Value::Text(needle),
        };
        self.differs(
            LossKind::Term,
            span,
            "a keyword is looked for in the whole event, and where it begins and ends is up to the backend",
        );
        Ok(Cond::Keywords(vec![value]).negated_if(!want))
    }

    fn call(
        &mut self,
        branch: &Branch<'a>,
        function: FunctionId,
        arguments: &[Expr],
        want: bool,
        expr: &Expr,
    ) -> Result<Cond> {
        let Some(predicate) = self.data.functions.predicates.get(function.name()).copied() else {
            if self.data.functions.values.contains_key(function.name()) {
                return self.boolean(branch, expr, want);
            }
            return self.refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                format!("Sigma has no test like `{}()`; use ES|QL or Splunk", function.name()),
            );
        };
        let Some(first) = arguments.first() else {
            return self.refuse(LossKind::UnsupportedFunction, expr.span, "the function is given nothing to test");
        };
        if matches!(predicate, Predicate::Empty | Predicate::NotEmpty) {
            let negate = (predicate == Predicate::Empty) != want;
            if function.name().ends_with("null") && first.ty.ty == Type::String {
                return Ok(Cond::Never.negated_if(negate));
            }
            return self.decided(negate, expr.span, |this| {
                // A number that is made of a truth value is there where that is.
                let first = written::of_truth(first).unwrap_or(first);
                let subject = this.subject(branch, first)?;
                let of_null = function.name().ends_with("null") || subject.read.is_some();
                if of_null { this.absent(branch, first, &subject, expr.span) } else { Ok(empty(&subject)) }
            });
        }
        let mut networks = Vec::new();
        if predicate == Predicate::Private {
            networks.extend(PRIVATE.map(str::to_owned));
        }
        for argument in &arguments[1..] {
            let elements = match &argument.kind {
                ExprKind::Literal(value) => value.elements(),
                _ => None,
            };
            let values = elements.or_else(|| Self::literal(branch, argument).map(|value| vec![value]));
            let texts: Option<Vec<String>> =
                values.and_then(|values| values.iter().map(|v| v.as_str().map(str::to_owned)).collect());
            if let Some(texts) = texts {
                networks.extend(texts);
            } else {
                let message = "the networks have to be written out in Sigma; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedFunction, argument.span, message);
            }
        }
        let subject = self.subject(branch, first)?;
        let conds: Vec<Cond> =
            networks.into_iter().map(|network| item(&subject, [Modifier::Cidr], Value::Verbatim(network))).collect();
        let within = Cond::or(conds);
        if want {
            return Ok(within);
        }
        // What is no address is in no network to Sigma, and null to KQL.
        self.differs(
            LossKind::Null,
            expr.span,
            "a value that is no address counts as outside the network; KQL drops it",
        );
        Ok(Cond::and([within.negated(), empty(&subject).negated()]))
    }
}

/// Tests of one field that must all hold, in one list where they differ in the value alone.
pub(super) fn all_of(conds: Vec<Cond>) -> Cond {
    let mut values = Vec::new();
    let mut first = None;
    for cond in &conds {
        let Cond::Item(item) = cond else { return Cond::and(conds) };
        let first = first.get_or_insert(item);
        if item.field != first.field
            || item.modifiers != first.modifiers
            || item.values.len() != 1
            || item.values.contains(&Value::Null)
        {
            return Cond::and(conds);
        }
        if !values.contains(&item.values[0]) {
            values.push(item.values[0].clone());
        }
    }
    match first {
        Some(first) if values.len() > 1 => {
            let mut item = first.clone();
            item.modifiers.push(Modifier::All);
            item.values = values;
            Cond::Item(item)
        }
        _ => Cond::and(conds),
    }
}

/// Whether a pattern has more in it than the specification promises.
fn beyond_the_common(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let mut quantified = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none_or(|next| next.is_ascii_alphanumeric()) => return true,
            '(' if chars.peek() == Some(&'?') => return true,
            '?' | '+' if quantified => return true,
            _ => {}
        }
        quantified = matches!(c, '*' | '+' | '?' | '}');
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_part_of_regular_expressions_is_known() {
        for common in [r"^a[0-9]{1,3}\.exe$", r"(x|y)+\\", "a?b*"] {
            assert!(!beyond_the_common(common), "{common}");
        }
        for more in [r"\d", "(?i)x", "a+?", r"\bword"] {
            assert!(beyond_the_common(more), "{more}");
        }
    }
}
