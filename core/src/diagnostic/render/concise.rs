//! One line a finding, for lists and for `grep`.

use std::fmt::Write as _;

use super::{Report, extent, visible_line};
use crate::diagnostic::Severity;

/// Appends `path:line:column: severity[code] headline` for each diagnostic.
pub(super) fn render(report: &Report<'_>, coloured: bool, out: &mut String) {
    let path = visible_line(report.file.name());
    for diagnostic in report.diagnostics {
        let (start, _) = extent(report.file, diagnostic.span);
        let (on, off) = if coloured { (escape(diagnostic.severity), "\u{1b}[0m") } else { ("", "") };
        let (severity, code) = (diagnostic.severity.word(), diagnostic.code.id);
        let message = visible_line(&diagnostic.message);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{path}:{}:{}: {on}{severity}[{code}]{off} {message}", start.line, start.column);
    }
}

/// The escape sequence that begins the colour of a severity: bold, and the colours the snippets have.
const fn escape(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\u{1b}[1;91m",
        Severity::Warning => "\u{1b}[1;33m",
        Severity::Info => "\u{1b}[1;94m",
    }
}
