//! Templates of `functions.yaml`: what expressions of ES|QL are made of.

use super::tree::{Expr, HoleKind, Operator};
use crate::ir::CompareOp;
use crate::target::template::{Reader, Template};

pub(super) use crate::target::template::parse;

/// The units of time spans in templates.
const UNITS: &[&str] = &["day", "hour", "minute", "second", "millisecond", "week", "month", "year"];

impl Template for Expr {
    type Hole = HoleKind;
    const HOLES: &'static [(&'static str, HoleKind)] = &[
        ("text", HoleKind::Text),
        ("number", HoleKind::Number),
        ("time", HoleKind::Time),
        ("millis", HoleKind::Millis),
    ];
    const COMPARISONS: &'static [&'static str] = &["==", "!=", "<=", ">=", "<", ">"];
    const OPERATORS: [&'static [&'static str]; 2] = [&["+", "-"], &["*", "/", "%"]];

    fn hole(position: usize, kind: HoleKind) -> Self {
        Self::Hole(position, kind)
    }

    fn rest(kind: HoleKind) -> Self {
        Self::Rest(kind)
    }

    fn text(text: String) -> Self {
        Self::Text(text)
    }

    fn call(name: String, arguments: Vec<Self>) -> Self {
        Self::Call(name, arguments)
    }

    fn compare(sign: &str, left: Self, right: Self) -> Option<Self> {
        CompareOp::of_sign(sign).map(|op| Self::compare(op, left, right))
    }

    fn operate(sign: &str, left: Self, right: Self) -> Option<Self> {
        let op = Operator::ALL.into_iter().find(|op| op.sign() == sign)?;
        Some(Self::binary(op, left, right))
    }

    fn negate(inner: Self) -> Self {
        Self::Negate(Box::new(inner))
    }

    fn not(inner: Self) -> Self {
        Self::Not(Box::new(inner))
    }

    fn and(terms: Vec<Self>) -> Self {
        Self::And(terms)
    }

    fn or(terms: Vec<Self>) -> Self {
        Self::Or(terms)
    }

    fn number(digits: String, reader: &mut Reader<'_>) -> Result<Self, String> {
        for unit in UNITS {
            if reader.word(unit) || reader.word(&format!("{unit}s")) {
                let count = digits.parse().map_err(|_| reader.unexpected("a whole number"))?;
                return Ok(Self::Span(count, unit));
            }
        }
        Ok(Self::Number(digits))
    }

    fn name(name: &str) -> Option<Self> {
        match name {
            "null" => Some(Self::Null),
            "true" => Some(Self::Bool(true)),
            "false" => Some(Self::Bool(false)),
            _ => None,
        }
    }

    fn special(first: char, reader: &mut Reader<'_>) -> Result<Option<Self>, String> {
        Ok((first == '*' && reader.eat("*")).then_some(Self::All))
    }

    fn behind(left: Self, reader: &mut Reader<'_>) -> Result<Self, String> {
        if !reader.word("IS") {
            return Ok(left);
        }
        let not = reader.word("NOT");
        if reader.word("NULL") { Ok(Self::IsNull(Box::new(left), !not)) } else { Err(reader.unexpected("`NULL`")) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Command, Head, Query};
    use super::*;

    #[test]
    fn templates_read_and_print_alike() {
        for template in [
            "TO_UPPER($1)",
            "$1 IS NULL OR $1 == \"\"",
            "CASE($1 > 0, 1, -1)",
            "DATE_TRUNC(1 day, $1)",
            "STD_DEV($1) * SQRT(COUNT($1) / (COUNT($1) - 1.0))",
            "NOT MV_CONTAINS($1, $2)",
            "COUNT(*)",
        ] {
            let head = Head::From { indices: vec!["x".into()], metadata: vec![] };
            let commands = vec![Command::Where(parse::<Expr>(template).unwrap())];
            let printed = Query { head, commands }.print();
            assert_eq!(printed.lines().nth(1).unwrap(), format!("| WHERE {template}"));
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (template, wanted) in [
            ("F(", "a value"),
            ("F($1", "`,` or `)`"),
            ("$x", "number of an argument"),
            ("\"a", "quote"),
            ("$1:x", "text"),
            ("F() G()", "the end"),
            ("a", "`(`"),
        ] {
            let error = parse::<Expr>(template).unwrap_err();
            assert!(error.contains(wanted), "{template}: {error}");
        }
    }
}
