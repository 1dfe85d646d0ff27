//! Conditions: text to tree.

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pair;

use crate::diagnostic::{Diagnostic, code};
use crate::ir::CompareOp;
use crate::source::Span;

/// Parses conditions by the rules of `grammar/sigma.pest`.
struct Grammar;

include!("../../../grammar/sigma.rs");

/// How deep brackets may nest. Real conditions stay under 5.
const MAX_DEPTH: usize = 64;

/// A condition; spans count in its text.
#[derive(Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) root: Node,
    /// The aggregation behind `|`, with its words.
    pub(super) aggregation: Option<(Aggregation, Span)>,
}

/// An aggregation of Sigma 1.
#[derive(Debug, PartialEq)]
pub(super) struct Aggregation {
    pub(super) function: Function,
    pub(super) field: Option<String>,
    pub(super) by: Option<String>,
    pub(super) op: CompareOp,
    pub(super) value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Min,
    Max,
    Avg,
    Sum,
}

/// A part of a condition.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    /// A search identifier.
    Name(String, Span),
    /// Some of the search identifiers that fit a pattern.
    Of(Quantifier, Pattern, Span),
    Not(Box<Node>, Span),
    And(Vec<Node>, Span),
    Or(Vec<Node>, Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// `1` or `any`.
    One,
    All,
}

/// Which search identifiers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// `them`: all but those that begin with `_`.
    Them,
    /// `*` stands for anything.
    Like(String),
}

impl Pattern {
    /// Whether a search identifier fits.
    ///
    /// That identifiers with an underscore in front are left out is said of `them` alone.
    pub(super) fn fits(&self, name: &str) -> bool {
        match self {
            Self::Them => !name.starts_with('_'),
            Self::Like(pattern) => like(pattern, name),
        }
    }
}

fn like(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return name.ends_with(piece);
        }
        // The leftmost place leaves the most for what follows.
        let Some(at) = name.find(piece) else { return false };
        name = &name[at + piece.len()..];
    }
    true
}

/// Parses a condition.
///
/// # Errors
/// What has no place in it; the span counts in the text.
pub(super) fn parse(text: &str) -> Result<Condition, Box<Diagnostic>> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let message = format!("brackets nest deeper than {MAX_DEPTH} levels");
            return Err(wrong(Span::new(at, at + 1), message));
        }
    }
    let mut pairs = Grammar::parse(Rule::condition, text).map_err(|error| Box::new(unexpected(text, &error)))?;
    let mut inner = pairs.next().into_iter().flat_map(Pair::into_inner);
    let root = inner.next().ok_or_else(|| wrong(Span::at(0), "an empty condition"))?;
    let root = or(root)?;
    let aggregation = match inner.next() {
        Some(pair) if pair.as_rule() == Rule::near => {
            let message = "`near` has no meaning that could be relied on";
            let diagnostic = Diagnostic::new(&code::READ_NO_MEANING, span(&pair), message)
                .note("Sigma 1 left open how far apart and in which order the events may lie, and Sigma 2 took it out")
                .help("write a correlation of type `temporal`");
            return Err(Box::new(diagnostic));
        }
        Some(pair) if pair.as_rule() == Rule::aggregation => {
            let at = span(&pair);
            Some((aggregation(pair)?, at))
        }
        _ => None,
    };
    Ok(Condition { root, aggregation })
}

fn wrong(span: Span, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(&code::SIGMA_CONDITION, span, message))
}

fn unexpected(text: &str, error: &pest::error::Error<Rule>) -> Diagnostic {
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    let rest = text.get(at..).unwrap_or_default();
    let word = rest.split(char::is_whitespace).next().unwrap_or_default();
    if word.is_empty() {
        return Diagnostic::new(&code::SIGMA_CONDITION, Span::at(at), "the condition ends too early")
            .label("a search identifier is due here");
    }
    let length = word.len();
    let message = format!("`{word}` has no place here");
    let diagnostic = Diagnostic::new(&code::SIGMA_CONDITION, Span::new(at, at + length), message);
    if word.contains('*') {
        return diagnostic.help("a pattern stands behind `1 of` or `all of`");
    }
    diagnostic.note(
        "a condition has search identifiers, `and`, `or`, `not`, brackets, and `1 of` or `all of` with `them` or a pattern",
    )
}

fn span(pair: &Pair<'_, Rule>) -> Span {
    Span::new(pair.as_span().start(), pair.as_span().end())
}

fn chain(
    pair: Pair<'_, Rule>,
    part: fn(Pair<'_, Rule>) -> Result<Node, Box<Diagnostic>>,
    join: fn(Vec<Node>, Span) -> Node,
) -> Result<Node, Box<Diagnostic>> {
    let at = span(&pair);
    let mut parts = pair.into_inner().map(part).collect::<Result<Vec<_>, _>>()?;
    Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts, at) })
}

fn or(pair: Pair<'_, Rule>) -> Result<Node, Box<Diagnostic>> {
    chain(pair, and, Node::Or)
}

fn and(pair: Pair<'_, Rule>) -> Result<Node, Box<Diagnostic>> {
    chain(pair, not, Node::And)
}

fn not(pair: Pair<'_, Rule>) -> Result<Node, Box<Diagnostic>> {
    let at = span(&pair);
    let mut negated = false;
    let mut operand = None;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::negation => negated = !negated,
            Rule::or => operand = Some(or(part)?),
            Rule::selector => operand = Some(selector(part)?),
            _ => operand = Some(Node::Name(part.as_str().to_owned(), span(&part))),
        }
    }
    let operand = operand.ok_or_else(|| wrong(at, "`not` of nothing"))?;
    Ok(if negated { Node::Not(Box::new(operand), at) } else { operand })
}

fn selector(pair: Pair<'_, Rule>) -> Result<Node, Box<Diagnostic>> {
    let at = span(&pair);
    let mut quantifier = Quantifier::One;
    let mut pattern = Pattern::Them;
    for part in pair.into_inner() {
        let text = part.as_str();
        match part.as_rule() {
            Rule::quantifier if text.eq_ignore_ascii_case("all") => quantifier = Quantifier::All,
            // `any` is what pySigma takes for `1`.
            Rule::quantifier if text.eq_ignore_ascii_case("any") || text == "1" => {}
            Rule::quantifier => {
                let message = format!("`{text} of` is not Sigma: it is `1 of` or `all of`");
                return Err(wrong(span(&part), message));
            }
            _ if text.eq_ignore_ascii_case("them") => {}
            _ => pattern = Pattern::Like(text.to_owned()),
        }
    }
    Ok(Node::Of(quantifier, pattern, at))
}

fn aggregation(pair: Pair<'_, Rule>) -> Result<Aggregation, Box<Diagnostic>> {
    let at = span(&pair);
    let mut found = Aggregation { function: Function::Count, field: None, by: None, op: CompareOp::Equal, value: 0.0 };
    for part in pair.into_inner() {
        let text = part.as_str();
        match part.as_rule() {
            Rule::function => {
                found.function = match text.to_ascii_lowercase().as_str() {
                    "min" => Function::Min,
                    "max" => Function::Max,
                    "avg" => Function::Avg,
                    "sum" => Function::Sum,
                    _ => Function::Count,
                }
            }
            Rule::field => found.field = Some(text.to_owned()),
            Rule::group => found.by = Some(text.to_owned()),
            Rule::comparison => {
                found.op = match text {
                    "<" => CompareOp::Less,
                    "<=" => CompareOp::LessOrEqual,
                    ">" => CompareOp::Greater,
                    ">=" => CompareOp::GreaterOrEqual,
                    "!=" => CompareOp::NotEqual,
                    _ => CompareOp::Equal,
                }
            }
            _ => {
                found.value = text.parse().map_err(|_| wrong(span(&part), "a number that cannot be read"))?;
            }
        }
    }
    if found.function != Function::Count && found.field.is_none() {
        let diagnostic = wrong(at, "an aggregation without a field");
        return Err(Box::new(diagnostic.note("every aggregation but `count()` names the field it is of")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as text, fully bracketed.
    fn shown(node: &Node) -> String {
        let all = |nodes: &[Node], word: &str| nodes.iter().map(shown).collect::<Vec<_>>().join(word);
        match node {
            Node::Name(name, _) => name.clone(),
            Node::Of(quantifier, Pattern::Them, _) => format!("{quantifier:?} of them"),
            Node::Of(quantifier, Pattern::Like(pattern), _) => format!("{quantifier:?} of {pattern}"),
            Node::Not(node, _) => format!("!{}", shown(node)),
            Node::And(nodes, _) => format!("({})", all(nodes, " & ")),
            Node::Or(nodes, _) => format!("({})", all(nodes, " | ")),
        }
    }

    #[test]
    fn or_binds_less_than_and_than_not() {
        for (text, tree) in [
            ("a", "a"),
            ("a or b and not c", "(a | (b & !c))"),
            ("not a and b", "(!a & b)"),
            ("not (a or b)and c", "(!(a | b) & c)"),
            ("not not a", "a"),
            ("a and\n  b\nand c", "(a & b & c)"),
            ("1 of them", "One of them"),
            ("any of x*", "One of x*"),
            ("ALL of sel_* AND NOT 1 of filter_*", "(All of sel_* & !One of filter_*)"),
            ("not 1 of *x* or y", "(!One of *x* | y)"),
            ("android and order or notes", "((android & order) | notes)"),
            ("all and b", "(all & b)"),
            ("1", "1"),
            ("sel-1.b", "sel-1.b"),
        ] {
            assert_eq!(shown(&parse(text).unwrap().root), tree, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_pointed_at() {
        for (text, at, words) in [
            ("", 0, "ends too early"),
            ("a and", 5, "ends too early"),
            ("a b", 2, "`b` has no place here"),
            ("a and (b", 7, "`b` has no place here"),
            ("2 of them", 0, "`2 of` is not Sigma"),
            ("a or selection*", 5, "`selection*` has no place here"),
            ("a | near b", 4, "`near`"),
            ("a | sum() > 1", 4, "without a field"),
        ] {
            let diagnostic = parse(text).unwrap_err();
            assert!(diagnostic.message.contains(words), "{text}: {}", diagnostic.message);
            assert_eq!(diagnostic.span.start, at, "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).unwrap_err().message.contains("deeper than"));
        assert!(parse(&"not ".repeat(100_000)).is_err());
    }

    #[test]
    fn aggregations_of_sigma_1() {
        let found = |text: &str| parse(text).unwrap().aggregation.unwrap().0;
        assert_eq!(
            found("a | count() > 5"),
            Aggregation { function: Function::Count, field: None, by: None, op: CompareOp::Greater, value: 5.0 }
        );
        assert_eq!(
            found("a or b | avg(x.y) by host<=1.5"),
            Aggregation {
                function: Function::Avg,
                field: Some("x.y".into()),
                by: Some("host".into()),
                op: CompareOp::LessOrEqual,
                value: 1.5
            }
        );
    }

    #[test]
    fn patterns_fit_as_a_whole() {
        for (pattern, name, fits) in [
            ("sel_*", "sel_a", true),
            ("sel_*", "selection", false),
            ("*", "_x", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "abcd", false),
            ("*a", "ba", true),
            ("a", "a", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(Pattern::Like(pattern.into()).fits(name), fits, "{pattern} {name}");
        }
        assert!(Pattern::Them.fits("x") && !Pattern::Them.fits("_x"));
    }

    #[test]
    fn the_table_does_as_pest_does() {
        let grammar = include_str!("../../../grammar/sigma.pest");
        let texts = [
            "1 of sel_* and not (all of them OR filter.x)",
            "not not a or b | count(x.y) by host >= 1.5",
            "a | near b and c",
        ];
        crate::judge::does_as_pest::<Grammar, Rule>(grammar, Rule::condition, &texts);
    }
}
