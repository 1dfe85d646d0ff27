//! F012.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for a description in a block (`|` or `>`) whose text begins and ends with a quote of its own.
    ///
    /// ## Why it is bad
    /// Within a block, quotes are characters like any other, so the portal shows them. They are left over from a time when the
    /// description was written on one line.
    ///
    /// ## Example
    /// ```yaml
    /// description: |
    ///   'Identifies sign-ins from new countries.'
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// description: |
    ///   Identifies sign-ins from new countries.
    /// ```
    ///
    /// ## Fix safety
    /// The fix takes out the two quotes.
    "F012" "quoted-description" Warning, fix: Always, since: "0.1.0",
    summary: "The description stands in quotes that are part of its text.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(description) = &context.rule.description else { return };
    let words = context.words(description.span);
    if !words.starts_with(['|', '>']) {
        return;
    }
    let text = description.value.trim();
    let Some(quote) = text.chars().next().filter(|quote| matches!(quote, '\'' | '"')) else { return };
    let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if !inner.is_some_and(|inner| !inner.trim().is_empty() && is_unquoted(inner, quote)) {
        return;
    }
    let (Some(first), Some(last)) = (words.find(quote), words.rfind(quote)) else { return };
    let start = description.span.start as usize;
    // Blanks behind the quote would deepen the block's indentation.
    let blanks = words[first + 1..].len() - words[first + 1..].trim_start_matches(' ').len();
    let opening = Span::new(start + first, start + first + 1);
    let edits = vec![
        Edit::delete(Span::new(start + first, start + first + 1 + blanks)),
        Edit::delete(Span::new(start + last, start + last + 1)),
    ];
    found.push(
        LINT.at(opening, "the quotes are part of the description")
            .label("shown as it stands")
            .note("within a block a quote is a character like any other")
            .fix("take the quotes out", Applicability::Safe, edits),
    );
}

/// Whether a text between two quotes has none of its own but apostrophes, so that those at its ends are a pair.
fn is_unquoted(inner: &str, quote: char) -> bool {
    let characters: Vec<char> = inner.chars().collect();
    let letter =
        |index: Option<usize>| index.and_then(|index| characters.get(index)).is_some_and(|c| c.is_alphanumeric());
    characters
        .iter()
        .enumerate()
        .filter(|(_, character)| **character == quote)
        .all(|(at, _)| quote == '\'' && letter(at.checked_sub(1)) && letter(Some(at + 1)))
}
