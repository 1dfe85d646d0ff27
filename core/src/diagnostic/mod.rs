//! Diagnostics: what was found, where, why it matters, and how to mend it.

pub mod code;
pub mod render;

pub use code::Code;

use crate::source::{Span, TextMap};

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A remark that asks for nothing.
    Info,
    /// Likely a mistake, or a risk.
    Warning,
    /// Wrong: the rule cannot work as written.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub code: &'static Code,
    /// How serious it is here.
    pub severity: Severity,
    /// The headline, without a final full stop.
    pub message: String,
    /// The words it is about.
    pub span: Span,
    /// What stands beside the underlined words; may be empty.
    pub label: String,
    /// Other places that explain it.
    pub related: Vec<Label>,
    /// What was expected and why, and what to do.
    pub notes: Vec<Note>,
    /// A change that mends it.
    pub fix: Option<Fix>,
    /// The code Microsoft's analyser gives the same finding, such as `KS142`, where there is one.
    pub official: Option<&'static str>,
}

/// Another place, with what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The words there.
    pub span: Span,
    /// What they have to do with it.
    pub message: String,
}

/// A sentence below the snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whether it explains or advises.
    pub kind: NoteKind,
    /// The sentence.
    pub text: String,
}

/// Whether a note explains or advises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteKind {
    /// Explains: what was expected, and why.
    Note,
    /// Advises: what to write instead.
    Help,
}

/// A change to the text that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an imperative.
    pub message: String,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// The changes, in order, not overlapping.
    pub edits: Vec<Edit>,
}

/// One replacement in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// Whether a fix may be applied unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Shown, never applied: it needs a decision.
    DisplayOnly,
    /// May change the meaning of the rule.
    Unsafe,
    /// Keeps the meaning, or mends what cannot have had one.
    Safe,
}

impl Diagnostic {
    /// A finding of the code's own severity.
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            notes: Vec::new(),
            fix: None,
            official: code.official,
        }
    }

    /// Sets the code of Microsoft's analyser, where it parts what is one kind of finding here.
    #[must_use]
    pub fn official(mut self, code: &'static str) -> Self {
        self.official = Some(code);
        self
    }

    /// Sets what stands beside the underlined words.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label { span, message: message.into() });
        self
    }

    /// Adds a sentence that explains.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(Note { kind: NoteKind::Note, text: text.into() });
        self
    }

    /// Adds a sentence that advises.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.notes.push(Note { kind: NoteKind::Help, text: text.into() });
        self
    }

    /// Sets the change that mends it.
    #[must_use]
    pub fn fix(mut self, message: impl Into<String>, applicability: Applicability, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { message: message.into(), applicability, edits });
        self
    }

    /// The same finding with every span moved by `offset` bytes, from a part of a text to the whole.
    #[must_use]
    pub fn shifted(self, offset: usize) -> Self {
        // A part lies verbatim in the whole, however long it is.
        self.mapped(&TextMap::verbatim(offset, u32::MAX as usize - offset))
    }

    /// The same finding with every span carried from an extracted text to its file.
    #[must_use]
    pub fn mapped(mut self, map: &TextMap) -> Self {
        self.span = map.span(self.span);
        for label in &mut self.related {
            label.span = map.span(label.span);
        }
        for edit in self.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = map.span(edit.span);
        }
        self
    }
}

impl Edit {
    /// Puts `text` at a place.
    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self { span: Span::at(offset), replacement: text.into() }
    }

    /// Puts `text` in the place of a span.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, replacement: text.into() }
    }

    /// Takes a span out.
    pub fn delete(span: Span) -> Self {
        Self { span, replacement: String::new() }
    }
}
