//! F134.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::TextContext;
use crate::lint::declare::lint;
use crate::source::Span;
use crate::syntax::token::{Kind, tokens};

lint! {
    /// ## What it does
    /// Looks for lines that end with a carriage return and a line feed.
    ///
    /// ## Why it is bad
    /// In a repository with both kinds of line ends, changes show lines that have not changed. Off by default: what is right is
    /// for `.gitattributes` to say.
    ///
    /// ## Example
    /// ```yaml crlf
    /// severity: High
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// severity: High
    /// ```
    ///
    /// ## Fix safety
    /// YAML takes both for one line break, so no value changes. In a file of queries, where a string runs over several lines,
    /// the carriage return is part of it, and the fix is unsafe.
    "F134" "carriage-returns" Off, fix: Always, since: "0.1.0",
    summary: "Lines end as on Windows.",
    check: Text(check)
}

fn check(context: &TextContext<'_>, found: &mut Vec<Diagnostic>) {
    let text = context.subject.file.text();
    let places: Vec<usize> = memchr::memmem::find_iter(text.as_bytes(), b"\r\n").collect();
    let Some(&first) = places.first() else { return };
    let edits = places.iter().map(|&at| Edit::delete(Span::new(at, at + 1))).collect();
    let safe = context.subject.is_rule_file || !in_a_string(text);
    found.push(LINT.at(Span::at(first), format!("{} lines end with a carriage return", places.len())).fix(
        "end lines with a line feed alone",
        if safe { Applicability::Safe } else { Applicability::Unsafe },
        edits,
    ));
}

/// Whether a string of a query runs over the end of a line: the carriage return is part of its value.
fn in_a_string(text: &str) -> bool {
    tokens(text).iter().any(|token| token.kind == Kind::Text && token.span.of(text).contains("\r\n"))
}
