//! Eval expressions: `eval`, `where`, `stats count(eval(…))`.
//!
//! Texts are compared by case, a comparison with null gives null, and a value that looks like a number is one.

use std::collections::HashSet;

use pest::iterators::Pair;

use super::functions::{self, Meaning};
use super::grammar::Rule;
use super::text::{between, field_name, number, unquote};
use super::{ForeignKind, Lowered, MAX_CHAIN, Reader, Text, built_in, scalar};
use crate::diagnostic::code;
use crate::functions::{ValueType, nearest};
use crate::ir::{
    Arithmetic, ArithmeticOp, ArithmeticStep, Case, CaseRule, Compare, CompareOp, Expr, ExprKind, Membership, NullRule,
    Quantifier, RegexDialect, RegexMatch, StringMatch, StringRules, StringTest, TermRule, Value, ValueSet,
};
use crate::read::build::comparison;
use crate::read::pipe::{Pipe, TEXT};
use crate::source::Span;
use crate::types::Type;

pub(super) use crate::read::build::{kql, not, null, own};

/// How eval compares texts.
const RULES: StringRules =
    StringRules { case: CaseRule::Sensitive, terms: TermRule::Splunk, nulls: NullRule::Propagate };

impl Reader<'_> {
    /// `eval`: fields set one after the other, each seeing those before.
    pub(super) fn assignments(&mut self, pipe: &mut Pipe, body: Text<'_>) -> Lowered<()> {
        for assignment in self.parse(Rule::assignments, body, "`eval`")? {
            if assignment.as_rule() != Rule::assignment {
                continue;
            }
            let text = body.of(&assignment);
            let span = self.span(text);
            let mut inner = assignment.into_inner();
            let (Some(target), Some(value)) = (inner.next(), inner.next()) else { continue };
            let name = field_name(target.as_str()).into_owned();
            if name.contains('{') && !name.contains("{}") {
                return Err(
                    self.no_meaning(body.of(&target), "the name of this field is that of another field's value")
                );
            }
            let expr = self.expression(pipe, body, value)?;
            if expr.ty.ty == Type::Bool {
                let found = self.wrong(&code::READ_SYNTAX, text, "a field cannot hold true or false");
                return Err(Box::new(found.help("write `if(…, 1, 0)`, or `tostring(…)`")));
            }
            pipe.set(&mut self.columns, &name, expr, span);
        }
        Ok(())
    }

    /// `where`: a condition; null drops a record.
    pub(super) fn condition(&mut self, pipe: &mut Pipe, body: Text<'_>) -> Lowered<Expr> {
        let mut pairs = self.parse(Rule::condition, body, "the condition")?;
        let Some(pair) = pairs.next() else {
            return Err(self.wrong(&code::READ_SYNTAX, body, "a condition is missing"));
        };
        self.expression(pipe, body, pair)
    }

    /// An expression, of whichever level of precedence.
    pub(super) fn expression(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        match pair.as_rule() {
            Rule::expression => self.chain(pipe, body, pair, |operands| ExprKind::Foreign(scalar("xor"), operands)),
            Rule::disjunction => self.chain(pipe, body, pair, ExprKind::Or),
            Rule::conjunction => self.chain(pipe, body, pair, ExprKind::And),
            Rule::inversion => {
                let mut negated = false;
                for inner in pair.into_inner() {
                    if inner.as_rule() == Rule::not_word {
                        negated = !negated;
                        continue;
                    }
                    let expr = self.expression(pipe, body, inner)?;
                    return Ok(if negated { not(expr, span) } else { expr });
                }
                Err(self.wrong(&code::READ_SYNTAX, text, "an expression is missing"))
            }
            Rule::compared => self.compared(pipe, body, pair),
            Rule::sum => self.sum(pipe, body, pair),
            Rule::product => self.product(pipe, body, pair),
            Rule::signed => {
                let mut negative = false;
                let mut operand = None;
                for inner in pair.into_inner() {
                    match inner.as_rule() {
                        Rule::sign => negative ^= inner.as_str() == "-",
                        _ => operand = Some(self.expression(pipe, body, inner)?),
                    }
                }
                let Some(operand) = operand else {
                    return Err(self.wrong(&code::READ_SYNTAX, text, "an expression is missing"));
                };
                Ok(match (negative, &operand.kind) {
                    (false, _) => operand,
                    (true, ExprKind::Literal(Value::Long(value))) => Expr::literal(Value::Long(-value), span),
                    (true, ExprKind::Literal(Value::Real(value))) => Expr::literal(Value::Real(-value), span),
                    (true, _) => Expr::new(ExprKind::Negate(Box::new(as_number(operand))), Type::Real, span),
                })
            }
            Rule::primary => match pair.into_inner().next() {
                Some(inner) => self.expression(pipe, body, inner),
                None => Err(self.wrong(&code::READ_SYNTAX, text, "an expression is missing")),
            },
            Rule::number => Ok(Expr::literal(number_or_text(text.text), span)),
            Rule::string => Ok(Expr::literal(Value::string(unquote(text.text)), span)),
            Rule::eval_field => {
                let name = field_name(text.text);
                if between(text.text, '\'').is_none() && name.eq_ignore_ascii_case("null") {
                    return Ok(null(span));
                }
                Ok(pipe.value(&mut self.columns, &name, span))
            }
            Rule::call => self.call(pipe, body, pair),
            rule => unreachable!("no expression: {rule:?}"),
        }
    }

    /// Operands between words such as AND; the words are all the same.
    fn chain(
        &mut self,
        pipe: &mut Pipe,
        body: Text<'_>,
        pair: Pair<'_, Rule>,
        kind: impl FnOnce(Vec<Expr>) -> ExprKind,
    ) -> Lowered<Expr> {
        let span = self.span(body.of(&pair));
        let mut operands = Vec::new();
        for inner in pair.into_inner() {
            if !matches!(inner.as_rule(), Rule::xor_word | Rule::or_word | Rule::and_word) {
                operands.push(self.expression(pipe, body, inner)?);
            }
        }
        Ok(match operands.len() {
            1 => operands.remove(0),
            _ => Expr::new(kind(operands), Type::Bool, span),
        })
    }

    fn compared(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        let mut inner = pair.into_inner();
        let Some(left) = inner.next() else {
            return Err(self.wrong(&code::READ_SYNTAX, text, "an expression is missing"));
        };
        let left = self.expression(pipe, body, left)?;
        let mut negated = false;
        let mut op = None;
        for part in inner {
            match part.as_rule() {
                Rule::not_word => negated = true,
                Rule::in_word | Rule::like_word => {}
                Rule::eval_operator => op = Some(comparison(part.as_str())),
                Rule::call_arguments => {
                    let set = self.call_arguments(pipe, body, part)?;
                    let expr = one_of(left, set, span);
                    return Ok(if negated { not(expr, span) } else { expr });
                }
                _ => {
                    let right = self.expression(pipe, body, part)?;
                    let expr = match op {
                        Some(op) => compare(op, left, right, span),
                        None => like(left, right, span),
                    };
                    return Ok(if negated { not(expr, span) } else { expr });
                }
            }
        }
        Ok(left)
    }

    /// `+`, `-` and `.`, from left to right.
    fn sum(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else {
            return Err(self.wrong(&code::READ_SYNTAX, text, "an expression is missing"));
        };
        let mut whole = self.expression(pipe, body, first)?;
        let mut nested = 0;
        while let (Some(op), Some(operand)) = (inner.next(), inner.next()) {
            let operand = self.expression(pipe, body, operand)?;
            let span = whole.span.to(operand.span);
            let deeper = match op.as_str() {
                "." => append(&mut whole, operand, "concat", TEXT, span),
                "-" => append_number(&mut whole, operand, ArithmeticOp::Subtract, span),
                _ if is_number(&whole) || is_number(&operand) => {
                    append_number(&mut whole, operand, ArithmeticOp::Add, span)
                }
                _ => append(&mut whole, operand, "add", Type::Unknown.into(), span),
            };
            nested += usize::from(deeper);
            if nested > MAX_CHAIN {
                return Err(self.wrong(&code::SPL_TOO_DEEP, text, "these operators make too long a chain"));
            }
        }
        Ok(whole)
    }

    fn product(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else {
            return Err(self.wrong(&code::READ_SYNTAX, text, "an expression is missing"));
        };
        let mut whole = self.expression(pipe, body, first)?;
        let mut nested = 0;
        while let (Some(op), Some(operand)) = (inner.next(), inner.next()) {
            let operand = self.expression(pipe, body, operand)?;
            let span = whole.span.to(operand.span);
            let deeper = match op.as_str() {
                "*" => append_number(&mut whole, operand, ArithmeticOp::Multiply, span),
                sign => {
                    let function = if sign == "/" { "divide" } else { "modulo" };
                    let operands = vec![as_number(whole), as_number(operand)];
                    whole = Expr::new(ExprKind::Foreign(scalar(function), operands), Type::Real, span);
                    true
                }
            };
            nested += usize::from(deeper);
            if nested > MAX_CHAIN {
                return Err(self.wrong(&code::SPL_TOO_DEEP, text, "these operators make too long a chain"));
            }
        }
        Ok(whole)
    }

    fn call_arguments(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Vec<Expr>> {
        pair.into_inner().map(|argument| self.expression(pipe, body, argument)).collect()
    }

    fn call(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        let mut inner = pair.into_inner();
        let (Some(name), Some(arguments)) = (inner.next(), inner.next()) else {
            return Err(self.wrong(&code::READ_SYNTAX, text, "a call is incomplete"));
        };
        let word = body.of(&name);
        let Some(function) = functions::find(word.text) else {
            let mut found = self.wrong(&code::SPL_UNKNOWN_FUNCTION, word, format!("unknown function `{}`", word.text));
            if let Some(near) = nearest(word.text, functions::FUNCTIONS.iter().map(|function| function.name)) {
                *found = found.help(format!("did you mean `{near}`?"));
            }
            return Err(found);
        };
        let mut arguments = self.call_arguments(pipe, body, arguments)?;
        let row = built_in(ForeignKind::Scalar, function.name);
        let (least, most) = function.arity.or(row.map(|row| row.row().arity)).unwrap_or((0, usize::MAX));
        if arguments.len() < least || arguments.len() > most {
            let takes = match (least, most) {
                (least, usize::MAX) => format!("at least {least}"),
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            };
            let message = format!("`{}` takes {takes} arguments, not {}", function.name, arguments.len());
            return Err(self.wrong(&code::SPL_ARGUMENT_COUNT, text, message));
        }
        Ok(match function.meaning {
            Meaning::Own => match row {
                Some(row) => own(row, arguments, span),
                None => unreachable!("a test finds a row for each"),
            },
            Meaning::If => {
                let (Some(otherwise), Some(value), Some(condition)) =
                    (arguments.pop(), arguments.pop(), arguments.pop())
                else {
                    unreachable!("the arity is checked")
                };
                choose(vec![(condition, value)], otherwise, span)
            }
            Meaning::Case => {
                if !arguments.len().is_multiple_of(2) {
                    let message = "`case` takes conditions and values in turn, and the last condition has no value";
                    return Err(self.wrong(&code::SPL_ARGUMENT_COUNT, text, message));
                }
                let mut arms = Vec::new();
                let mut arguments = arguments.into_iter();
                while let (Some(condition), Some(value)) = (arguments.next(), arguments.next()) {
                    arms.push((condition, value));
                }
                choose(arms, null(span), span)
            }
            Meaning::Coalesce => {
                let ty = common(arguments.iter().map(|argument| argument.ty));
                kql("coalesce", arguments, ty, span)
            }
            Meaning::IsNull => kql("isnull", arguments, Type::Bool, span),
            Meaning::IsNotNull => kql("isnotnull", arguments, Type::Bool, span),
            Meaning::In => {
                let subject = arguments.remove(0);
                one_of(subject, arguments, span)
            }
            Meaning::Like => {
                let (Some(pattern), Some(subject)) = (arguments.pop(), arguments.pop()) else {
                    unreachable!("the arity is checked")
                };
                like(subject, pattern, span)
            }
            Meaning::Match => {
                let (Some(pattern), Some(subject)) = (arguments.pop(), arguments.pop()) else {
                    unreachable!("the arity is checked")
                };
                regex(subject, pattern, NullRule::Propagate, false, span)
            }
            Meaning::SearchMatch => {
                let Some(search) = arguments[0].as_literal().and_then(Value::as_str).map(str::to_owned) else {
                    return Err(self.wrong(&code::READ_SYNTAX, text, "`searchmatch` takes a string written out"));
                };
                let made = Text { text: &search, at: super::At::Made(span) };
                self.search_condition(pipe, made)?
            }
            Meaning::True => Expr::literal(Value::Bool(true), span),
            Meaning::False => Expr::literal(Value::Bool(false), span),
            Meaning::Null => null(span),
            Meaning::EachValue => {
                let row = scalar(function.name);
                let Some(each) = arguments.pop() else { unreachable!("the arity is checked") };
                let field = match arguments.pop() {
                    Some(field) => Some(field),
                    None => self.only_field(&each, span),
                };
                let Some(field) = field else {
                    let message = "the condition of `mvfilter` has to be about one field";
                    return Err(self.wrong(&code::READ_SYNTAX, text, message));
                };
                own(row, vec![field, each], span)
            }
        })
    }

    /// The one field that an expression reads.
    fn only_field(&self, expr: &Expr, span: Span) -> Option<Expr> {
        let mut fields = HashSet::new();
        expr.for_each_column(&mut |id| {
            fields.insert(id);
        });
        let mut fields = fields.into_iter();
        let field = fields.next().filter(|_| fields.next().is_none())?;
        Some(Expr::column(field, self.columns[field].ty, span))
    }
}

/// A number as the literal it is, any other text as text.
pub(super) fn number_or_text(text: &str) -> Value {
    match (text.parse::<i64>(), number(text)) {
        (Ok(value), Some(_)) => Value::Long(value),
        (Err(_), Some(value)) => Value::Real(value),
        _ => Value::string(text),
    }
}

/// The type of a value that is one of several.
fn common(types: impl IntoIterator<Item = ValueType>) -> ValueType {
    let mut types = types.into_iter();
    match types.next() {
        Some(first) if types.all(|ty| ty == first) => first,
        _ => Type::Unknown.into(),
    }
}

fn choose(arms: Vec<(Expr, Expr)>, otherwise: Expr, span: Span) -> Expr {
    let is_null = |expr: &Expr| matches!(expr.as_literal(), Some(Value::Null(_)));
    // Text that may be null is not KQL's `string`.
    let types: Vec<ValueType> =
        arms.iter().map(|(_, value)| value).chain([&otherwise]).filter(|e| !is_null(e)).map(|e| e.ty).collect();
    let ty = match common(types) {
        ty if ty.ty == Type::String && is_null(&otherwise) => TEXT,
        ty => ty,
    };
    Expr::new(ExprKind::Case(Box::new(Case { arms, otherwise })), ty, span)
}

/// Whether the value can be nothing but a number.
fn is_number(expr: &Expr) -> bool {
    expr.ty.ty.is_numeric()
}

/// The number that a value is or looks like.
fn as_number(expr: Expr) -> Expr {
    if is_number(&expr) {
        return expr;
    }
    let span = expr.span;
    own(scalar("number"), vec![expr], span)
}

/// Adds an operand to a chain of arithmetic; tells whether that nests.
fn append_number(whole: &mut Expr, operand: Expr, op: ArithmeticOp, span: Span) -> bool {
    let operand = as_number(operand);
    let step = ArithmeticStep { op, operand, ty: Type::Real.into() };
    let old = std::mem::replace(whole, null(span));
    let tight = op == ArithmeticOp::Multiply;
    let old = match old.kind {
        ExprKind::Arithmetic(mut node) if node.rest.iter().all(|step| (step.op == ArithmeticOp::Multiply) == tight) => {
            node.rest.push(step);
            *whole = Expr::new(ExprKind::Arithmetic(node), Type::Real, span);
            return false;
        }
        _ => old,
    };
    let node = Arithmetic { first: as_number(old), rest: vec![step] };
    *whole = Expr::new(ExprKind::Arithmetic(Box::new(node)), Type::Real, span);
    true
}

/// Adds an operand to a call that takes as many as one likes; tells whether that nests.
fn append(whole: &mut Expr, operand: Expr, function: &str, ty: ValueType, span: Span) -> bool {
    let row = scalar(function);
    let old = std::mem::replace(whole, null(span));
    let old = match old.kind {
        ExprKind::Foreign(other, mut operands) if other == row => {
            operands.push(operand);
            *whole = Expr::new(ExprKind::Foreign(row, operands), ty, span);
            return false;
        }
        _ => old,
    };
    *whole = Expr::new(ExprKind::Foreign(row, vec![old, operand]), ty, span);
    true
}

/// A text written out that is no number; compared as text then.
fn plain_text(expr: &Expr) -> bool {
    expr.as_literal().and_then(Value::as_str).is_some_and(|text| number(text).is_none())
}

fn compare(op: CompareOp, left: Expr, right: Expr, span: Span) -> Expr {
    if matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
        let negated = op == CompareOp::NotEqual;
        let (subject, needle) = if plain_text(&left) { (right, left) } else { (left, right) };
        if plain_text(&needle) {
            let node = StringMatch { test: StringTest::Equals, rules: RULES, negated, subject, needle };
            return Expr::new(ExprKind::Match(Box::new(node)), Type::Bool, span);
        }
        let node = Compare { op, nulls: NullRule::Propagate, left: subject, right: needle };
        return Expr::new(ExprKind::Loose(Box::new(node)), Type::Bool, span);
    }
    Expr::new(ExprKind::Loose(Box::new(Compare { op, nulls: NullRule::Propagate, left, right })), Type::Bool, span)
}

/// Whether a value equals one of several.
fn one_of(subject: Expr, set: Vec<Expr>, span: Span) -> Expr {
    if set.iter().all(plain_text) && !set.is_empty() {
        let node = Membership {
            test: StringTest::Equals,
            rules: RULES,
            quantifier: Quantifier::Any,
            negated: false,
            subject,
            set: ValueSet::List(set),
        };
        return Expr::new(ExprKind::Member(Box::new(node)), Type::Bool, span);
    }
    let mut operands: Vec<Expr> =
        set.into_iter().map(|value| compare(CompareOp::Equal, subject.clone(), value, span)).collect();
    if operands.len() == 1 {
        return operands.remove(0);
    }
    Expr::new(ExprKind::Or(operands), Type::Bool, span)
}

fn like(subject: Expr, pattern: Expr, span: Span) -> Expr {
    let Some(text) = pattern.as_literal().and_then(Value::as_str) else {
        return own(scalar("like"), vec![subject, pattern], span);
    };
    let mut glob = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '*' | '?' | '\\' => glob.extend(['\\', c]),
            c => glob.push(c),
        }
    }
    let needle = Expr::literal(Value::string(glob), pattern.span);
    let node = StringMatch { test: StringTest::Glob, rules: RULES, negated: false, subject, needle };
    Expr::new(ExprKind::Match(Box::new(node)), Type::Bool, span)
}

pub(super) fn regex(subject: Expr, pattern: Expr, nulls: NullRule, negated: bool, span: Span) -> Expr {
    let node = RegexMatch {
        dialect: RegexDialect::Pcre,
        anchored: false,
        case: CaseRule::Sensitive,
        nulls,
        negated,
        subject,
        pattern,
    };
    Expr::new(ExprKind::Regex(Box::new(node)), Type::Bool, span)
}
