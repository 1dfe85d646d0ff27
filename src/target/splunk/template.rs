//! Templates of `functions.yaml`: what expressions of `eval` are made of, `/…/` for a regular expression among them.

use super::tree::{Eval, HoleKind, Operator};
use crate::ir::CompareOp;
use crate::target::template::{Reader, Template};

pub(super) use crate::target::template::parse;

impl Template for Eval {
    type Hole = HoleKind;
    const HOLES: &'static [(&'static str, HoleKind)] = &[
        ("text", HoleKind::Text),
        ("number", HoleKind::Number),
        ("json", HoleKind::Json),
        ("multi", HoleKind::Multi),
        ("array", HoleKind::Array),
        ("field", HoleKind::Field),
        ("regex", HoleKind::Regex),
    ];
    const COMPARISONS: &'static [&'static str] = &["!=", "<=", ">=", "=", "<", ">"];
    const OPERATORS: [&'static [&'static str]; 2] = [&[".", "+", "-"], &["*", "/", "%"]];

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
        Some(Self::operation(left, op, right))
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

    fn number(digits: String, _reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Self::Number(digits))
    }

    fn name(name: &str) -> Option<Self> {
        Some(Self::field(name))
    }

    fn special(first: char, reader: &mut Reader<'_>) -> Result<Option<Self>, String> {
        Ok(match first {
            '\'' => Some(Self::Field(reader.quoted('\'')?)),
            // A slash that is meant is written `\/`.
            '/' => Some(Self::Regex(reader.between('/')?)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Command, Filter, Head, Search};
    use super::*;

    fn printed(template: &str) -> String {
        let head = Head::Events { filter: Filter::Raw("x".into()), earliest: None, latest: None };
        let commands = vec![Command::Where(parse::<Eval>(template).unwrap())];
        Search { head, commands }.print().lines().nth(1).unwrap().trim_start_matches("| where ").to_owned()
    }

    #[test]
    fn templates_read_and_print_alike() {
        for template in [
            "upper($1)",
            "isnull($1) OR $1=\"\"",
            "if(isnull($1), -1, len($1)+1)",
            "(a=1 OR b=2) AND NOT isnull(c)",
            "floor($1/86400)*86400",
            "a . \"x\" . b",
            "replace($1, \"^\\s+\", \"\")",
        ] {
            let regex = template.replace("\"^\\s+\"", "/^\\s+/");
            assert_eq!(printed(&regex), template);
        }
    }

    #[test]
    fn precedence_comes_from_the_language_not_from_the_text() {
        assert_eq!(printed("a=1 AND b=2 OR c=3"), "(a=1 AND b=2) OR c=3");
        assert_eq!(printed("(a*b)+c"), "a*b+c");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (template, wanted) in [
            ("f(", "a value"),
            ("f($1", "`,` or `)`"),
            ("$x", "number of an argument"),
            ("\"a", "quote"),
            ("$1:x", "json"),
            ("a b", "the end"),
        ] {
            let error = parse::<Eval>(template).unwrap_err();
            assert!(error.contains(wanted), "{template}: {error}");
        }
    }
}
