//! F133.

use crate::diagnostic::Diagnostic;
use crate::lint::context::TextContext;
use crate::lint::declare::lint;
use crate::source::{Encoding, Span};

lint! {
    /// ## What it does
    /// Looks for the bytes `EF BB BF` at the beginning of a file in UTF-8.
    ///
    /// ## Why it is bad
    /// UTF-8 needs none, and tools that do not expect it take it for a part of the first key. Off by default: many published
    /// rules have one.
    ///
    /// ## Example
    /// ```yaml bom
    /// severity: High
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// severity: High
    /// ```
    "F133" "byte-order-mark" Off, fix: None, since: "0.1.0",
    summary: "The file begins with a byte order mark.",
    check: Text(check)
}

fn check(context: &TextContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.subject.file.encoding() == (Encoding::Utf8 { bom: true }) {
        found.push(LINT.at(Span::at(0), "the file begins with a byte order mark").help("save it as UTF-8 without one"));
    }
}
