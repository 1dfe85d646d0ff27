//! F135.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::TextContext;
use crate::lint::declare::lint;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for files that do not end with a line break.
    ///
    /// ## Why it is bad
    /// A line added behind it shows as two changed lines. Off by default: a matter of taste.
    ///
    /// ## Example
    /// ```yaml trimmed
    /// severity: High
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// severity: High
    /// ```
    ///
    /// ## Fix safety
    /// A block at the end of the file may gain the line break that its other lines have.
    "F135" "missing-final-line-break" Off, fix: Always, since: "0.1.0",
    summary: "The last line does not end.",
    check: Text(check)
}

fn check(context: &TextContext<'_>, found: &mut Vec<Diagnostic>) {
    let text = context.subject.file.text();
    if text.is_empty() || text.ends_with(['\n', '\r']) {
        return;
    }
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    found.push(LINT.at(Span::at(text.len()), "the last line does not end").fix(
        "end it",
        Applicability::Safe,
        vec![Edit::insert(text.len(), line_break)],
    ));
}
