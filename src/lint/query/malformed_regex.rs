//! Q016.

use super::shared::{patterns, string};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::Severity;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use regex_syntax::ast::ErrorKind;

lint! {
    /// ## What it does
    /// Looks for regular expressions that Kusto refuses: unbalanced ones, and those with look-around or back-
    /// references, which its dialect does not have.
    ///
    /// ## Why it is bad
    /// The query fails when it is run.
    ///
    /// ## Example
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine matches regex @"(?<!-)enc"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine matches regex @"(^|[^-])enc"
    /// ```
    "Q016" "malformed-regex" Error, fix: None, since: "0.1.0",
    summary: "A regular expression cannot be compiled.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for pattern in patterns(context) {
        let Some(text) = string(pattern) else { continue };
        let (reason, everywhere) = match regex_syntax::parse(text) {
            Err(regex_syntax::Error::Parse(error)) => {
                let words = text.get(error.span().start.offset..).unwrap_or_default();
                (error.kind().to_string(), refused_everywhere(error.kind()) && !is_octal(words))
            }
            Err(regex_syntax::Error::Translate(error)) => (error.kind().to_string(), false),
            _ => continue,
        };
        let mut diagnostic =
            LINT.at(pattern.span, format!("this is no regular expression of Kusto: {reason}")).label("malformed");
        if everywhere {
            diagnostic = diagnostic.note("there is no look-ahead, no look-behind and no back-reference");
        } else {
            diagnostic.severity = Severity::Warning;
            diagnostic = diagnostic.note("older engines were more lenient; escape what is meant as it stands");
        }
        found.push(diagnostic);
    }
}

/// Whether a text begins with a character by its octal number. The engine that Kusto had first, RE2, reads `\0` and two
/// digits from 0 to 7 so; the documentation of today's has it "when enabled".
fn is_octal(words: &str) -> bool {
    let mut digits = words.strip_prefix('\\').unwrap_or_default().chars();
    let octal = |c: Option<char>| c.is_some_and(|c| c.is_digit(8));
    match digits.next() {
        Some('0') => true,
        first => octal(first) && octal(digits.next()),
    }
}

/// Whether no engine that Kusto has had takes such a pattern.
const fn refused_everywhere(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnsupportedLookAround
            | ErrorKind::UnsupportedBackreference
            | ErrorKind::GroupUnclosed
            | ErrorKind::GroupUnopened
            | ErrorKind::RepetitionMissing
            | ErrorKind::EscapeUnexpectedEof
    )
}
