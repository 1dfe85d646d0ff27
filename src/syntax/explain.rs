//! What to say about a text that the grammar does not take.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;

/// The diagnostic for a parse that failed on the slice of `text` that begins at `base`.
pub(super) fn explain(text: &str, base: usize, error: &Error<Rule>) -> Diagnostic {
    let at = base
        + match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { .. } => &[],
    };
    let found = word_at(text, at);
    if found.is_empty() {
        // Told behind the last word, not behind the blank lines after it.
        let end = Span::at(text.trim_end().len());
        return Diagnostic::new(&code::UNEXPECTED_END, end, "the query ends too early").note(note(expected));
    }
    Diagnostic::new(&code::UNEXPECTED, found, format!("unexpected `{}`", found.of(text))).note(note(expected))
}

/// The diagnostic for nothing between two marks.
pub(super) fn empty_slice(text: &str, at: usize, mark: u8) -> Diagnostic {
    let span = Span::new(at, at + 1);
    let what = if mark == b'|' { "a table is due before this `|`" } else { "a statement is due before this `;`" };
    Diagnostic::new(&code::UNEXPECTED, span, format!("unexpected `{}`", span.of(text))).note(what)
}

/// The token at an offset, without what follows it.
fn word_at(text: &str, at: usize) -> Span {
    let rest = text.get(at..).unwrap_or_default();
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let len = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
    Span::new(at, at + len)
}

fn note(expected: &[Rule]) -> String {
    let mut names: Vec<String> = expected.iter().map(|rule| format!("{rule:?}").replace('_', " ")).collect();
    names.sort_unstable();
    names.dedup();
    format!("expected {}", names.join(", "))
}
