//! F136.

use crate::diagnostic::Diagnostic;
use crate::lint::context::TextContext;
use crate::lint::declare::lint;
use crate::source::{Encoding, Span};

lint! {
    /// ## What it does
    /// Looks for rule files in another encoding: Windows-1252, which a stray `–` or `’` gives away, or UTF-16.
    ///
    /// ## Why it is bad
    /// Most readers of YAML refuse the file or show other characters. It is read here by the encoding it seems to have.
    ///
    /// ## Example
    /// ```yaml latin
    /// description: Sign-ins from caf\u{e9}s.
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// description: Sign-ins from cafes.
    /// ```
    "F136" "not-utf-8" Warning, fix: None, since: "0.1.0",
    summary: "The file is not in UTF-8.",
    check: Text(check)
}

fn check(context: &TextContext<'_>, found: &mut Vec<Diagnostic>) {
    let file = context.subject.file;
    if !context.subject.is_rule_file {
        return;
    }
    match file.encoding() {
        Encoding::Utf8 { .. } => {}
        Encoding::Windows1252 => {
            let (at, character) = file.text().char_indices().find(|(_, c)| !c.is_ascii()).unwrap_or((0, ' '));
            found.push(
                LINT.at(Span::new(at, at + character.len_utf8()), "the file is not in UTF-8")
                    .label("a byte of another encoding, read as Windows-1252")
                    .help("save the file as UTF-8"),
            );
        }
        Encoding::Utf16Le | Encoding::Utf16Be => {
            found.push(LINT.at(Span::at(0), "the file is in UTF-16").help("save the file as UTF-8"));
        }
    }
}
