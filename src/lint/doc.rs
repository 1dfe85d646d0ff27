//! What is said of a lint: by `kqlc rule`, and on the website.

use std::fmt::Write as _;

use super::{FixAvailability, Level, Lint};

/// A lint as programs read it.
#[derive(Debug, serde::Serialize)]
pub struct Record {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub category: super::Category,
    /// How serious its findings are.
    pub severity: crate::diagnostic::Severity,
    /// Whether it runs unless it is deselected.
    pub default: bool,
    /// Whether its findings come with a fix.
    pub fix: FixAvailability,
    /// The version that had it first.
    pub since: &'static str,
    /// The sentence that sums it up.
    pub summary: &'static str,
    /// Its documentation in Markdown.
    pub documentation: String,
}

impl Record {
    /// The record of a lint.
    pub fn of(lint: &'static Lint) -> Self {
        Self {
            code: lint.code.id,
            name: lint.code.name,
            category: lint.category(),
            severity: lint.code.severity,
            default: lint.is_default(),
            fix: lint.fix,
            since: lint.since,
            summary: lint.code.summary,
            documentation: body(lint),
        }
    }
}

/// The page of a lint, in Markdown.
pub fn markdown(lint: &Lint) -> String {
    let mut page = format!("# {} ({})\n\n", lint.code.name, lint.code.id);
    let runs = match lint.level {
        Level::Error => "An error.",
        Level::Warning => "A warning.",
        Level::Off => "Off unless selected.",
    };
    let fix = match lint.fix {
        FixAvailability::None => "No fix.",
        FixAvailability::Sometimes => "Sometimes a fix.",
        FixAvailability::Always => "Always a fix.",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{} {runs} {fix} Since {}.\n", lint.code.summary, lint.since);
    page.push_str(&body(lint));
    page
}

/// The documentation, without the blank that stands before each line of a comment.
pub fn body(lint: &Lint) -> String {
    let mut body = String::with_capacity(lint.doc.len());
    for line in lint.doc.lines() {
        body.push_str(line.strip_prefix(' ').unwrap_or(line));
        body.push('\n');
    }
    body
}
