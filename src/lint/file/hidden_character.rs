//! F139.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::TextContext;
use crate::lint::declare::lint;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for characters without width and for those that turn the direction of writing.
    ///
    /// ## Why it is bad
    /// A comparison with a text that holds one never matches what it shows, and with turned directions a query reads otherwise
    /// than it runs. They come with text that is copied from web pages.
    ///
    /// ## Example
    /// ```yaml
    /// name: Sign-in from a new\u{200b} country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: in a string the character may be what the query looks for. There an escape such as `\u200b` says so.
    "F139" "hidden-character" Warning, fix: Sometimes, since: "0.1.0",
    summary: "The text has a character that nobody sees.",
    check: Text(check)
}

fn check(context: &TextContext<'_>, found: &mut Vec<Diagnostic>) {
    let text = context.subject.file.text();
    if text.is_ascii() {
        return;
    }
    for (at, character) in text.char_indices() {
        let hidden = matches!(
            character,
            '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        );
        if hidden {
            let span = Span::new(at, at + character.len_utf8());
            found.push(LINT.at(span, format!("a character that nobody sees: U+{:04X}", u32::from(character))).fix(
                "take it out",
                Applicability::Unsafe,
                vec![Edit::delete(span)],
            ));
        }
    }
}
