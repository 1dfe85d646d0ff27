//! Annotations of a GitHub workflow run: one command a finding, each on one line.
//!
//! The syntax and what must be escaped: GitHub's page on workflow commands, and the runner's own parser.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Report, extent, visible};
use crate::diagnostic::{Diagnostic, NoteKind, Severity};

/// Appends one workflow command for each diagnostic.
pub(super) fn render(report: &Report<'_>, out: &mut String) {
    let file = path(report.file.name());
    for diagnostic in report.diagnostics {
        let (start, end) = extent(report.file, diagnostic.span);
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        // Writing to a string cannot fail.
        let _ = write!(out, "::{command} file={},line={}", property(&file), start.line);
        // GitHub refuses columns on an annotation of several lines.
        if start.line == end.line {
            let _ = write!(out, ",col={},endLine={},endColumn={}", start.column, end.line, end.column);
        } else {
            let _ = write!(out, ",endLine={}", end.line);
        }
        let title = format!("kqlc {}", diagnostic.code.id);
        let _ = writeln!(out, ",title={}::{}", property(&title), data(&text(diagnostic)));
    }
}

/// GitHub matches annotations to files by repository paths with forward slashes.
fn path(name: &str) -> Cow<'_, str> {
    let name = name.strip_prefix("./").unwrap_or(name);
    if cfg!(windows) { Cow::Owned(name.replace('\\', "/")) } else { Cow::Borrowed(name) }
}

/// Everything worth saying of a diagnostic where no snippet can be shown.
pub(super) fn text(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if !diagnostic.label.is_empty() {
        let _ = write!(text, ": {}", diagnostic.label);
    }
    for note in &diagnostic.notes {
        let word = match note.kind {
            NoteKind::Note => "note",
            NoteKind::Help => "help",
        };
        let _ = write!(text, "\n{word}: {}", note.text);
    }
    if let Some(fix) = &diagnostic.fix {
        let _ = write!(text, "\nhelp: {}", fix.message);
    }
    text
}

fn data(text: &str) -> String {
    escape(&visible(text))
}

/// A property keeps every character, since a path must stay the path it is.
fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_may_hold_colons_and_commas_and_a_property_may_not() {
        assert_eq!(data("a: b, 50%\nc"), "a: b, 50%25%0Ac");
        assert_eq!(property("a: b, 50%\nc"), "a%3A b%2C 50%25%0Ac");
    }

    #[test]
    fn an_escape_is_not_escaped_twice() {
        assert_eq!(property("%3A\r"), "%253A%0D");
    }
}
