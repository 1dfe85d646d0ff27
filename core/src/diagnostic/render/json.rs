//! JSON lines: one object a query. Programs rely on the keys, so they are types here and a test holds them fast.

use super::{Report, extent};
use crate::diagnostic::{Applicability, Diagnostic, NoteKind, Severity};
use crate::source::{Location, SourceFile, Span};

/// One line of output: what was found in one query.
#[derive(Debug, serde::Serialize)]
pub struct QueryRecord<'a> {
    /// The file's name, as it was given.
    pub path: &'a str,
    /// Which query of the file, from 0; null when the file has none.
    pub query: Option<usize>,
    /// Whether nothing found is an error.
    pub ok: bool,
    /// What was found.
    pub diagnostics: Vec<Record<'a>>,
}

/// A diagnostic. What a diagnostic does not have is left out, so a bare one has the first five keys.
#[derive(Debug, serde::Serialize)]
pub struct Record<'a> {
    /// The code's identifier.
    pub code: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// The headline.
    pub message: &'a str,
    /// Where the words it is about begin.
    pub start: Location,
    /// Just behind those words.
    pub end: Location,
    /// What stands beside the words.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub label: &'a str,
    /// Sentences that explain or advise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteRecord<'a>>,
    /// Other places that explain it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<LabelRecord<'a>>,
    /// A change that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixRecord<'a>>,
    /// The code Microsoft's analyser gives the same finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub official: Option<&'static str>,
}

/// A sentence below the snippet.
#[derive(Debug, serde::Serialize)]
pub struct NoteRecord<'a> {
    /// Whether it explains (`note`) or advises (`help`).
    pub kind: NoteKind,
    /// The sentence.
    pub text: &'a str,
}

/// Another place.
#[derive(Debug, serde::Serialize)]
pub struct LabelRecord<'a> {
    /// What it has to do with the finding.
    pub message: &'a str,
    /// Where the words there begin.
    pub start: Location,
    /// Just behind them.
    pub end: Location,
}

/// A change that mends a finding.
#[derive(Debug, serde::Serialize)]
pub struct FixRecord<'a> {
    /// What it does.
    pub message: &'a str,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// Its replacements, in order.
    pub edits: Vec<EditRecord<'a>>,
}

/// One replacement.
#[derive(Debug, serde::Serialize)]
pub struct EditRecord<'a> {
    /// Where what is replaced begins.
    pub start: Location,
    /// Just behind it.
    pub end: Location,
    /// What stands there afterwards.
    pub replacement: &'a str,
}

impl<'a> QueryRecord<'a> {
    /// The record of a report.
    pub fn new(report: &Report<'a>) -> Self {
        Self {
            path: report.file.name(),
            query: report.query,
            ok: report.ok(),
            diagnostics: report.diagnostics.iter().map(|diagnostic| Record::new(report.file, diagnostic)).collect(),
        }
    }
}

impl<'a> Record<'a> {
    /// The record of a diagnostic whose spans count in the decoded text of `file`.
    pub fn new(file: &SourceFile, diagnostic: &'a Diagnostic) -> Self {
        let extent = |span: Span| extent(file, span);
        let (start, end) = extent(diagnostic.span);
        let label = |label: &'a crate::diagnostic::Label| {
            let (start, end) = extent(label.span);
            LabelRecord { message: &label.message, start, end }
        };
        let edit = |edit: &'a crate::diagnostic::Edit| {
            let (start, end) = extent(edit.span);
            EditRecord { start, end, replacement: &edit.replacement }
        };
        Self {
            code: diagnostic.code.id,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            start,
            end,
            label: &diagnostic.label,
            notes: diagnostic.notes.iter().map(|note| NoteRecord { kind: note.kind, text: &note.text }).collect(),
            related: diagnostic.related.iter().map(label).collect(),
            fix: diagnostic.fix.as_ref().map(|fix| FixRecord {
                message: &fix.message,
                applicability: fix.applicability,
                edits: fix.edits.iter().map(edit).collect(),
            }),
            official: diagnostic.official,
        }
    }
}

/// Appends the line of a report.
pub(super) fn render(report: &Report<'_>, out: &mut String) {
    // Keys are strings and numbers are finite, so there is nothing that could fail.
    if let Ok(line) = serde_json::to_string(&QueryRecord::new(report)) {
        out.push_str(&line);
        out.push('\n');
    }
}
