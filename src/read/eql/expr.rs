//! Expressions, from the words to the IR.

use pest::iterators::Pair;

use super::condition::{self, Kind, Term};
use super::functions::{self, Function, Meaning};
use super::grammar::Rule;
use super::query::Fields;
use super::text::{glob, is_pattern, name, unquote};
use super::{Lowered, MAX_CHAIN, Reader, built_in, parts, span, wrong};
use crate::diagnostic::{Diagnostic, code};
use crate::functions::nearest;
use crate::ir::{CompareOp, Expr, ExprKind, ForeignKind, StringTest, Value};
use crate::read::build::comparison;
use crate::source::Span;
use crate::types::Type;

impl Reader<'_> {
    /// An expression where a condition is due.
    pub(super) fn condition(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let term = self.expression(fields, pair)?;
        as_condition(term, at)
    }

    /// An expression, of whichever level of precedence.
    pub(super) fn expression(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        match pair.as_rule() {
            Rule::expression => self.chain(fields, pair, ExprKind::Or),
            Rule::conjunction => self.chain(fields, pair, ExprKind::And),
            Rule::inversion => self.inversion(fields, pair),
            Rule::relation => {
                let word = parts(pair).next().map_or("child", |name| name.as_str());
                Err(wrong(&code::READ_NO_MEANING, at, format!("Elasticsearch has no `{word} of`")))
            }
            Rule::compared => self.compared(fields, pair),
            Rule::sum | Rule::product => self.arithmetic(fields, pair),
            Rule::signed => self.signed(fields, pair),
            Rule::tested => self.tested(fields, pair),
            Rule::primary => match parts(pair).next() {
                Some(inner) => self.expression(fields, inner),
                None => unreachable!("the grammar has something in it"),
            },
            Rule::constant => Ok(Term::value(constant(pair)?)),
            Rule::call => self.call(fields, pair),
            Rule::field => Ok(Term::value(self.field(fields, pair)?.0)),
            rule => unreachable!("no expression: {rule:?}"),
        }
    }

    /// A field, and whether it need not exist.
    pub(super) fn field(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<(Expr, bool)> {
        let at = span(&pair);
        let (mut names, mut optional) = (Vec::new(), false);
        for part in parts(pair) {
            match part.as_rule() {
                Rule::optional => optional = true,
                Rule::index => {
                    let message = "Elasticsearch has no place of a value in a field: whichever value passes counts";
                    return Err(wrong(&code::READ_NO_MEANING, span(&part), message));
                }
                _ => names.push(name(part.as_str())),
            }
        }
        let column = fields.column(&mut self.columns, &names.join("."), at);
        Ok((Expr::column(column.id, column.ty, at), optional))
    }

    fn chain(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>, kind: fn(Vec<Expr>) -> ExprKind) -> Lowered<Term> {
        let at = span(&pair);
        let mut inner = parts(pair).peekable();
        let Some(first) = inner.next() else { unreachable!("the grammar has an operand") };
        if inner.peek().is_none() {
            return self.expression(fields, first);
        }
        let mut terms = Vec::new();
        for operand in std::iter::once(first).chain(inner) {
            terms.push(self.condition(fields, operand)?);
        }
        Ok(Term::joined(terms, kind, at))
    }

    fn inversion(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let (mut negated, mut inverted) = (false, false);
        for inner in parts(pair) {
            if inner.as_rule() == Rule::not {
                (negated, inverted) = (!negated, true);
                continue;
            }
            if !inverted {
                return self.expression(fields, inner);
            }
            let term = self.condition(fields, inner)?;
            return Ok(if negated { term.negated(at) } else { term });
        }
        unreachable!("the grammar has an operand")
    }

    fn compared(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let mut inner = parts(pair);
        let Some(left) = inner.next() else { unreachable!("the grammar has an operand") };
        let left = self.expression(fields, left)?;
        let (Some(sign), Some(right)) = (inner.next(), inner.next()) else { return Ok(left) };
        let op = comparison(sign.as_str());
        let right = self.expression(fields, right)?;
        let (subject, value, op) = if is_constant(&left.expr) && !is_constant(&right.expr) {
            (right, left, op.mirrored())
        } else {
            (left, right, op)
        };
        if !is_constant(&value.expr) {
            let message = "a field is compared with a value that is written out, never with another field";
            return Err(wrong(&code::EQL_OPERAND, at, message));
        }
        let Some(Value::Bool(wanted)) = value.expr.as_literal().cloned() else {
            if subject.kind != Kind::Value {
                let message = "a condition is compared with `true` or `false` alone";
                return Err(wrong(&code::EQL_OPERAND, at, message));
            }
            return Ok(condition::compared(op, subject.expr, value.expr, at));
        };
        match (op, subject.kind) {
            (CompareOp::Equal | CompareOp::NotEqual, Kind::Value) => {
                Ok(condition::compared(op, subject.expr, value.expr, at))
            }
            (CompareOp::Equal | CompareOp::NotEqual, _) => {
                Ok(if wanted == (op == CompareOp::Equal) { subject } else { subject.negated(at) })
            }
            _ => Err(wrong(&code::EQL_OPERAND, at, "`true` and `false` are equal or not, and have no order")),
        }
    }

    /// Sums and products, from left to right.
    fn arithmetic(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let mut inner = parts(pair);
        let Some(first) = inner.next() else { unreachable!("the grammar has an operand") };
        let first_at = span(&first);
        let mut whole = self.expression(fields, first)?;
        let mut length = 0;
        while let (Some(sign), Some(operand)) = (inner.next(), inner.next()) {
            let operand_at = span(&operand);
            let operand = self.expression(fields, operand)?;
            if length == 0 {
                is_number(&whole, first_at)?;
            }
            is_number(&operand, operand_at)?;
            length += 1;
            if length > MAX_CHAIN {
                return Err(wrong(&code::EQL_TOO_DEEP, at, "these operators make too long a chain"));
            }
            let function = match sign.as_str() {
                "+" => "add",
                "-" => "subtract",
                "*" => "multiply",
                "/" => "divide",
                _ => "modulo",
            };
            let so_far = whole.expr.span.to(operand.expr.span);
            let row = built_in(ForeignKind::Scalar, function);
            whole = condition::call(row, vec![whole.expr, operand.expr], Kind::Script, so_far);
        }
        Ok(whole)
    }

    fn signed(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let (mut negative, mut signs) = (false, 0);
        for inner in parts(pair) {
            if inner.as_rule() == Rule::sign {
                negative ^= inner.as_str() == "-";
                signs += 1;
                continue;
            }
            let inner_at = span(&inner);
            let term = self.expression(fields, inner)?;
            if signs == 0 {
                return Ok(term);
            }
            is_number(&term, inner_at)?;
            return Ok(Term::value(match (negative, &term.expr.kind) {
                (false, _) => term.expr,
                (true, ExprKind::Literal(Value::Long(value))) => {
                    // Only the least of all numbers has no counterpart; as a real it is exact.
                    let beyond = Value::Real(9_223_372_036_854_775_808.0);
                    Expr::literal(value.checked_neg().map_or(beyond, Value::Long), at)
                }
                (true, ExprKind::Literal(Value::Real(value))) => Expr::literal(Value::Real(-value), at),
                (true, _) => {
                    let ty = term.expr.ty;
                    Expr::new(ExprKind::Negate(Box::new(term.expr)), ty, at)
                }
            }));
        }
        unreachable!("the grammar has an operand")
    }

    fn tested(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let mut inner = parts(pair);
        let Some(subject) = inner.next() else { unreachable!("the grammar has a subject") };
        let subject_at = span(&subject);
        let subject = self.expression(fields, subject)?;
        let Some(test) = inner.next() else { return Ok(subject) };
        if subject.kind != Kind::Value {
            let message = "whether a condition holds is compared with nothing but `true` and `false`";
            return Err(wrong(&code::EQL_OPERAND, subject_at, message));
        }
        match test.as_rule() {
            Rule::membership => self.membership(fields, subject.expr, test, at),
            _ => pattern(subject.expr, test, at),
        }
    }

    fn membership(&mut self, fields: &mut Fields, subject: Expr, test: Pair<'_, Rule>, at: Span) -> Lowered<Term> {
        let (mut negated, mut cased) = (false, true);
        let mut values = Vec::new();
        for part in parts(test) {
            match part.as_rule() {
                Rule::not => negated = true,
                Rule::r#in => cased = part.as_str() == "in",
                _ => {
                    let part_at = span(&part);
                    let value = self.expression(fields, part)?;
                    if !is_constant(&value.expr) || !matches!(value.kind, Kind::Value) {
                        let message = "a list holds values that are written out";
                        return Err(wrong(&code::EQL_OPERAND, part_at, message));
                    }
                    if !cased {
                        is_text(&value.expr, "in~")?;
                    }
                    values.push(value.expr);
                }
            }
        }
        let term = condition::matched(StringTest::Equals, cased, subject, values, at);
        Ok(if negated { term.negated(at) } else { term })
    }

    fn call(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let mut inner = parts(pair);
        let Some(word) = inner.next() else { unreachable!("the grammar has a name") };
        let word_at = span(&word);
        let written = word.as_str();
        let (bare, tilde) = match written.strip_suffix('~') {
            Some(bare) => (bare, true),
            None => (written, false),
        };
        let Some(function) = functions::find(bare) else { return Err(unknown(bare, word_at)) };
        if tilde && !function.tilde {
            let message = format!("`{}` does not compare letters, so it has no form with `~`", function.name);
            return Err(wrong(&code::EQL_UNKNOWN_FUNCTION, word_at, message));
        }
        let mut arguments = Vec::new();
        for argument in inner {
            arguments.push(self.expression(fields, argument)?.expr);
        }
        Self::called(function, tilde, arguments, at)
    }

    fn called(function: &Function, tilde: bool, mut arguments: Vec<Expr>, at: Span) -> Lowered<Term> {
        let given = arguments.len();
        let count = |(least, most): (usize, usize)| {
            if (least..=most).contains(&given) {
                return Ok(());
            }
            let takes = match (least, most) {
                (least, usize::MAX) => format!("at least {least}"),
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            };
            let message = format!("`{}` takes {takes} arguments, not {given}", function.name);
            Err(wrong(&code::EQL_ARGUMENT_COUNT, at, message))
        };
        if function.meaning == Meaning::Wildcard {
            count((2, usize::MAX))?;
            let subject = arguments.remove(0);
            return globs(!tilde, subject, &arguments, "wildcard", at);
        }
        let name = if tilde { format!("{}~", function.name) } else { function.name.to_owned() };
        let row = built_in(ForeignKind::Scalar, &name);
        count(row.row().arity)?;
        let of_field = matches!(arguments[0].kind, ExprKind::Column(_));
        match function.meaning {
            // The empty text is in no text by the function's own rule, which a comparison does not have.
            Meaning::Test(test)
                if of_field
                    && arguments[1].as_literal().and_then(Value::as_str).is_some_and(|needle| !needle.is_empty()) =>
            {
                let needle = arguments.split_off(1);
                Ok(condition::matched(test, !tilde, arguments.remove(0), needle, at))
            }
            Meaning::Subnets => {
                for subnet in &arguments[1..] {
                    let text = is_text(subnet, function.name)?;
                    if !is_subnet(text) {
                        let message = format!("`{text}` is no subnet");
                        return Err(wrong(&code::EQL_OPERAND, subnet.span, message));
                    }
                }
                let kind = if of_field { Kind::Sieve } else { Kind::Script };
                Ok(condition::call(row, arguments, kind, at))
            }
            _ => Ok(condition::call(row, arguments, Kind::Script, at)),
        }
    }
}

/// An expression as a condition: a field that holds or does not, or a test.
fn as_condition(term: Term, at: Span) -> Lowered<Term> {
    match (&term.expr.kind, term.kind) {
        (_, Kind::Query | Kind::Sieve | Kind::Script) => Ok(term),
        (ExprKind::Literal(Value::Bool(value)), _) => Ok(Term::truth(*value, at)),
        (ExprKind::Column(_), _) => Ok(condition::flag(term.expr, at)),
        _ => Err(wrong(&code::EQL_OPERAND, at, "this is a value, where a condition is due")),
    }
}

/// `:`, `like` and `regex`.
fn pattern(subject: Expr, test: Pair<'_, Rule>, at: Span) -> Lowered<Term> {
    let mut inner = parts(test);
    let Some(sign) = inner.next() else { unreachable!("the grammar has a sign") };
    let sign = sign.as_str();
    let mut values = Vec::new();
    for value in inner {
        let value = constant(value)?;
        is_text(&value, sign)?;
        values.push(value);
    }
    let cased = matches!(sign, "like" | "regex");
    if sign.starts_with("regex") {
        return Ok(condition::regex(cased, &subject, values, at));
    }
    globs(cased, subject, &values, sign, at)
}

/// A comparison with texts in which `*` and `?` stand for others.
fn globs(cased: bool, subject: Expr, patterns: &[Expr], sign: &str, at: Span) -> Lowered<Term> {
    let mut texts = Vec::new();
    for pattern in patterns {
        texts.push((is_text(pattern, sign)?, pattern.span));
    }
    let wild = texts.iter().any(|(text, _)| is_pattern(text));
    let needles = texts
        .into_iter()
        .map(|(text, span)| Expr::literal(if wild { Value::string(&*glob(text)) } else { Value::string(text) }, span))
        .collect();
    let test = if wild { StringTest::Glob } else { StringTest::Equals };
    Ok(condition::matched(test, cased, subject, needles, at))
}

/// A value that is written out.
fn constant(pair: Pair<'_, Rule>) -> Lowered<Expr> {
    let at = span(&pair);
    let Some(inner) = parts(pair).next() else { unreachable!("the grammar has a value") };
    let text = inner.as_str();
    let value = match inner.as_rule() {
        Rule::null => Value::Null(Type::Dynamic),
        Rule::truth => Value::Bool(text == "true"),
        Rule::string => Value::string(string(text, at)?),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(value), _) => Value::Long(value),
            (_, Ok(value)) if value.is_finite() => Value::Real(value),
            _ => return Err(wrong(&code::EQL_OPERAND, at, "no number is that large")),
        },
    };
    Ok(Expr::literal(value, at))
}

/// The text of a string literal.
pub(super) fn string(literal: &str, at: Span) -> Lowered<std::borrow::Cow<'_, str>> {
    unquote(literal).map_err(|bad| {
        let start = at.start as usize + bad.0;
        wrong(&code::READ_SYNTAX, Span::new(start, at.end as usize), "no character has this number")
    })
}

/// The text of a value, which the operator or function takes alone.
fn is_text<'e>(expr: &'e Expr, word: &str) -> Lowered<&'e str> {
    expr.as_literal().and_then(Value::as_str).ok_or_else(|| {
        let message = format!("`{word}` takes strings that are written out");
        wrong(&code::EQL_OPERAND, expr.span, message)
    })
}

fn is_number(term: &Term, at: Span) -> Lowered<()> {
    let text = matches!(term.expr.as_literal(), Some(Value::String(_) | Value::Bool(_)));
    if text || term.kind != Kind::Value {
        return Err(wrong(&code::EQL_OPERAND, at, "a number is due here"));
    }
    Ok(())
}

/// Whether no field decides the value.
fn is_constant(expr: &Expr) -> bool {
    let mut found = false;
    expr.for_each_column(&mut |_| found = true);
    !found
}

pub(super) fn is_subnet(text: &str) -> bool {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, bits.parse::<u8>().ok()),
        None => return text.parse::<std::net::IpAddr>().is_ok(),
    };
    match (address.parse::<std::net::IpAddr>(), bits) {
        (Ok(address), Some(bits)) => bits <= if address.is_ipv4() { 32 } else { 128 },
        _ => false,
    }
}

fn unknown(name: &str, at: Span) -> Box<Diagnostic> {
    if functions::ELSEWHERE.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return wrong(&code::READ_NO_MEANING, at, format!("Elasticsearch has no `{name}`, which Endgame's EQL has"));
    }
    let mut found = wrong(&code::EQL_UNKNOWN_FUNCTION, at, format!("unknown function `{name}`"));
    if let Some(near) = nearest(name, functions::FUNCTIONS.iter().map(|function| function.name)) {
        *found = found.help(format!("did you mean `{near}`?"));
    }
    found
}
