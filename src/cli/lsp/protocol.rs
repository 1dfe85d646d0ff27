//! What is spoken of the protocol, by its own names: <https://microsoft.github.io/language-server-protocol/>, 3.17.
//!
//! The crate `lsp-types` has all of it, for clients and servers alike. The few messages that are read here need a
//! hundredth of that, and every build would compile the rest. Fields that nothing looks at are left out, so it is no
//! matter whether a client sends them well-formed.

use serde::{Deserialize, Serialize};

/// A place in a text: a line, and a column in the units that were agreed on, both from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) character: u32,
}

impl Position {
    /// The place of a line and a column.
    pub(super) const fn new(line: u32, character: u32) -> Self {
        Self { line, character }
    }
}

/// What lies between two places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

impl Range {
    /// What lies between these.
    pub(super) const fn new(start: Position, end: Position) -> Self {
        Self { start, end }
    }
}

/// `TextDocumentIdentifier`.
#[derive(Debug, Deserialize)]
pub(super) struct Identifier {
    /// How the editor calls the document: compared, and written back, as it stands.
    pub(super) uri: String,
}

/// Parameters that name a document: those of closing, formatting and of its outline.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InDocument {
    pub(super) text_document: Identifier,
}

/// `TextDocumentPositionParams`: those of a hover, a completion and of going to a definition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AtPlace {
    pub(super) text_document: Identifier,
    pub(super) position: Position,
}

/// `DidOpenTextDocumentParams`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidOpen {
    pub(super) text_document: Opened,
}

/// `TextDocumentItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opened {
    pub(super) uri: String,
    pub(super) language_id: String,
    pub(super) version: i32,
    pub(super) text: String,
}

/// `DidChangeTextDocumentParams`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidChange {
    pub(super) text_document: Versioned,
    pub(super) content_changes: Vec<Change>,
}

/// `VersionedTextDocumentIdentifier`.
#[derive(Debug, Deserialize)]
pub(super) struct Versioned {
    pub(super) uri: String,
    pub(super) version: i32,
}

/// `TextDocumentContentChangeEvent`: a text in the place of a part, or of the whole.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    pub(super) range: Option<Range>,
    pub(super) text: String,
}

/// `CodeActionParams`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actions {
    pub(super) text_document: Identifier,
    pub(super) range: Range,
    pub(super) context: Context,
}

/// `CodeActionContext`.
#[derive(Debug, Deserialize)]
pub(super) struct Context {
    /// The kinds that are wanted, and what lies below them; all where there is no list.
    pub(super) only: Option<Vec<String>>,
}

/// `CompletionItemKind`, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompletionKind {
    Function = 3,
    Field = 5,
    Variable = 6,
    Class = 7,
    Property = 10,
    Keyword = 14,
    EnumMember = 20,
    Operator = 24,
    TypeParameter = 25,
}

/// `SymbolKind`, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SymbolKind {
    Function = 12,
    Variable = 13,
    Object = 19,
}

/// `DiagnosticSeverity`, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiagnosticSeverity {
    Error = 1,
    Warning = 2,
    Information = 3,
}

/// `DiagnosticTag`, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiagnosticTag {
    Unnecessary = 1,
    Deprecated = 2,
}
