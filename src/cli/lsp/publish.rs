//! Findings as the protocol writes them.

use serde_json::{Value, json};

use super::document::Document;
use super::protocol::{DiagnosticSeverity, DiagnosticTag};
use crate::diagnostic::{Diagnostic, NoteKind, Severity};

/// Findings about what nothing needs, which editors draw pale.
const UNNECESSARY: &[&str] = &["Q001", "Q002", "F099"];
/// Findings about old spellings, which editors strike out.
const DEPRECATED: &[&str] = &["Q050", "Q051", "Q052"];

/// A finding as a `Diagnostic` of the protocol, with its notes below the headline.
pub(super) fn published(document: &Document, found: &Diagnostic) -> Value {
    let mut message = found.message.clone();
    if !found.label.is_empty() {
        message = format!("{message}: {}", found.label);
    }
    for note in &found.notes {
        let kind = match note.kind {
            NoteKind::Note => "note",
            NoteKind::Help => "help",
        };
        message = format!("{message}\n{kind}: {}", note.text);
    }
    let severity = match found.severity {
        Severity::Info => DiagnosticSeverity::Information,
        Severity::Warning => DiagnosticSeverity::Warning,
        Severity::Error => DiagnosticSeverity::Error,
    };
    let mut published = json!({
        "range": document.range(found.span),
        "severity": severity as u8,
        "code": found.code.id,
        "source": "kqlc",
        "message": message,
    });
    let related = found.related.iter().map(|label| {
        json!({
            "location": { "uri": document.uri, "range": document.range(label.span) },
            "message": label.message,
        })
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        published["relatedInformation"] = Value::Array(related);
    }
    let tag = if UNNECESSARY.contains(&found.code.id) {
        Some(DiagnosticTag::Unnecessary)
    } else if DEPRECATED.contains(&found.code.id) {
        Some(DiagnosticTag::Deprecated)
    } else {
        None
    };
    if let Some(tag) = tag {
        published["tags"] = json!([tag as u8]);
    }
    published
}
