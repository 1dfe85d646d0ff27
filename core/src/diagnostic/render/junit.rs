//! The XML of `JUnit`, as build servers read it: a suite for each report, a failing case for each finding, and a passing one
//! where nothing was found.

use std::fmt::Write as _;

use super::{Report, extent, github, visible};

/// What stands before the suites.
pub(super) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kqlc\">\n";
/// What stands behind them.
pub(super) const TAIL: &str = "</testsuites>\n";

/// Appends the suite of a report.
pub(super) fn render(report: &Report<'_>, out: &mut String) {
    let path = escape(report.file.name());
    let failures = report.diagnostics.len();
    let tests = failures.max(1);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    if failures == 0 {
        let _ = writeln!(out, "    <testcase name=\"kqlc\" classname=\"{path}\"/>");
    }
    for diagnostic in report.diagnostics {
        let (start, _) = extent(report.file, diagnostic.span);
        let (code, severity) = (diagnostic.code.id, diagnostic.severity.word());
        let message = escape(&diagnostic.message);
        let text = escape(&github::text(diagnostic));
        let _ = writeln!(
            out,
            "    <testcase name=\"{code}\" classname=\"{path}\" line=\"{}\" column=\"{}\">",
            start.line, start.column
        );
        let _ = writeln!(
            out,
            "      <failure type=\"{severity}\" message=\"{message}\">line {}, column {}: {text}</failure>",
            start.line, start.column
        );
        let _ = writeln!(out, "    </testcase>");
    }
    let _ = writeln!(out, "  </testsuite>");
}

/// The text for an element or an attribute. XML has no way to write most control characters.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, code};
    use crate::source::{SourceFile, Span};

    #[test]
    fn what_xml_reads_as_markup_is_escaped() {
        assert_eq!(escape("a<b> & \"c\"\n\u{0}"), "a&lt;b&gt; &amp; &quot;c&quot;&#10;\u{2400}");
    }

    #[test]
    fn a_clean_file_passes_and_a_finding_fails() {
        let file = SourceFile::from_text("a.kql", "x");
        let mut out = String::new();
        render(&Report { file: &file, query: None, diagnostics: &[] }, &mut out);
        assert!(out.contains("tests=\"1\" failures=\"0\"") && out.contains("<testcase name=\"kqlc\""), "{out}");
        let diagnostics = [Diagnostic::new(&code::UNEXPECTED, Span::at(0), "no <such> thing")];
        out.clear();
        render(&Report { file: &file, query: None, diagnostics: &diagnostics }, &mut out);
        assert!(out.contains("failures=\"1\"") && out.contains("message=\"no &lt;such&gt; thing\""), "{out}");
        assert_eq!(out.matches("<testcase").count(), out.matches("</testcase>").count());
    }
}
