//! What is said of a lint: by `kqlc rule`, and on the website.

use std::fmt::Write as _;

use super::{Category, FixAvailability, Level, Lint};

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

/// All lints as one document: a table a category, then the page of each. It is `docs/lints.md`.
pub fn book(lints: &[&Lint]) -> String {
    let mut book = String::from(
        "# Lints\n\nWhat `kqlc check` looks for. Written by `kqlc rule --all`; `kqlc rule CODE` prints one page.\n",
    );
    for category in [Category::File, Category::Query, Category::Portability] {
        let (heading, about) = heading(category);
        let _ =
            write!(book, "\n## {heading}\n\n{about}\n\n| code | name | | | what it finds |\n|---|---|---|---|---|\n");
        for lint in lints.iter().filter(|lint| lint.category() == category) {
            let (id, name) = (lint.code.id, lint.code.name);
            let level = match lint.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Off => "off",
            };
            let fix = if lint.fix == FixAvailability::None { "" } else { "fix" };
            let anchor = format!("{name}-{id}").to_ascii_lowercase();
            let _ = writeln!(book, "| [{id}](#{anchor}) | `{name}` | {level} | {fix} | {} |", lint.code.summary);
        }
    }
    for lint in lints {
        book.push('\n');
        let mut in_block = false;
        for line in markdown(lint).lines() {
            in_block ^= line.starts_with("```");
            // Below the headings of the categories.
            let demoted = if line.starts_with('#') && !in_block { "##" } else { "" };
            let _ = writeln!(book, "{demoted}{line}");
        }
    }
    book
}

/// What a category is called, and what its lints are about.
const fn heading(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::File => ("File", "What the schema of rules demands, and what YAML makes of the text."),
        Category::Query => {
            ("Query", "What is unlikely to be meant, costs more than it gives, or is spelt in an old way.")
        }
        Category::Portability => (
            "Portability",
            "What the languages of `targets` in `kqlc.toml`, or of `--targets`, refuse or can only approximate.",
        ),
    }
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
