//! Findings as the protocol writes them.

use lsp_types::{
    Diagnostic as Published, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString,
};

use super::document::Document;
use crate::diagnostic::{Diagnostic, NoteKind, Severity};

/// Findings about what nothing needs, which editors draw pale.
const UNNECESSARY: &[&str] = &["Q001", "Q002", "F099"];
/// Findings about old spellings, which editors strike out.
const DEPRECATED: &[&str] = &["Q050", "Q051", "Q052"];

/// A finding, with its notes below the headline.
pub(super) fn published(document: &Document, found: &Diagnostic) -> Published {
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
    let related: Vec<_> = found
        .related
        .iter()
        .map(|label| DiagnosticRelatedInformation {
            location: Location::new(document.uri.clone(), document.range(label.span)),
            message: label.message.clone(),
        })
        .collect();
    let tag = if UNNECESSARY.contains(&found.code.id) {
        Some(DiagnosticTag::UNNECESSARY)
    } else if DEPRECATED.contains(&found.code.id) {
        Some(DiagnosticTag::DEPRECATED)
    } else {
        None
    };
    Published {
        range: document.range(found.span),
        severity: Some(match found.severity {
            Severity::Info => DiagnosticSeverity::INFORMATION,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Error => DiagnosticSeverity::ERROR,
        }),
        code: Some(NumberOrString::String(found.code.id.to_owned())),
        source: Some("kqlc".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: tag.map(|tag| vec![tag]),
        ..Published::default()
    }
}
