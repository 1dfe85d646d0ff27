//! Tests of the module as a whole.

mod bad_files;
mod model;
mod properties;

use crate::diagnostic::{Diagnostic, NoteKind};
use crate::source::{SourceFile, Span};

use super::{Document, QueryText, read};

fn yaml(text: &str) -> SourceFile {
    SourceFile::from_text("rule.yaml", text)
}

fn json(text: &str) -> SourceFile {
    SourceFile::from_text("rule.json", text)
}

/// The only query of a file.
fn query(document: &Document) -> Option<&QueryText> {
    match &document.rules[..] {
        [rule] => rule.query.as_ref(),
        _ => None,
    }
}

/// A diagnostic as text, with the words each of its places covers.
fn shown(file: &SourceFile, diagnostic: &Diagnostic) -> String {
    use std::fmt::Write as _;
    let place = |span: Span| {
        let start = file.location(span.start as usize);
        let words = file.slice(span).chars().take(60).collect::<String>();
        format!("{}:{} {words:?}", start.line, start.column)
    };
    let mut out = format!("{} {:?}: {}\n", diagnostic.code.id, diagnostic.severity, diagnostic.message);
    let _ = writeln!(out, "  at {}: {}", place(diagnostic.span), diagnostic.label);
    for label in &diagnostic.related {
        let _ = writeln!(out, "  see {}: {}", place(label.span), label.message);
    }
    for note in &diagnostic.notes {
        let _ = writeln!(out, "  {}: {}", if note.kind == NoteKind::Note { "note" } else { "help" }, note.text);
    }
    if let Some(fix) = &diagnostic.fix {
        let _ = writeln!(out, "  fix ({:?}): {}", fix.applicability, fix.message);
        for edit in &fix.edits {
            let _ = writeln!(out, "    {} -> {:?}", place(edit.span), edit.replacement);
        }
    }
    out
}

fn all_shown(file: &SourceFile) -> String {
    read(file).diagnostics.iter().map(|diagnostic| shown(file, diagnostic)).collect()
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/rule"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
