//! The located tree of a YAML or JSON file: the ground the typed model is read from.

use crate::source::Span;

use super::scalar::{self, Decoded};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScalarStyle {
    /// Without quotes, on one line or folded over several. Also numbers, booleans and `null` of JSON.
    Plain,
    /// Between `'` and `'`.
    SingleQuoted,
    /// Between `"` and `"`, with YAML's escapes and folding.
    DoubleQuoted,
    /// A block after `|`: line breaks are kept.
    Literal,
    /// A block after `>`: most line breaks become blanks.
    Folded,
    /// A JSON string.
    Json,
}

/// A scalar: its value and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The value, as any YAML or JSON parser gives it.
    pub text: String,
    /// How it is written.
    pub style: ScalarStyle,
    /// Column of the block collection it stands in, from 0; -1 outside any. What an indentation indicator counts from.
    pub parent_indent: i32,
}

impl Scalar {
    /// Whether it is YAML's or JSON's null: nothing, `~` or `null` without quotes.
    pub fn is_null(&self) -> bool {
        self.style == ScalarStyle::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// One node of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its words in the decoded file: quotes, and for a block scalar the `|` or `>`, included; anchor and tag not.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
    /// The alias (`*name`) this node was read through: then `span` is where the anchored node stands.
    pub alias: Option<Span>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file, repeated keys included.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Node,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// The key's name, where it is a scalar.
    pub fn name(&self) -> Option<&str> {
        self.key.as_str()
    }
}

impl Node {
    /// The scalar, where it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The scalar's text, where it is one (null is the text as written).
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    /// The items, where it is a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, where it is a mapping.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// The entry of a key, where it is a mapping that has it. Of a repeated key the last counts.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().rev().find(|entry| entry.name() == Some(key))
    }

    /// What it is, in words for a message.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(scalar) if scalar.is_null() => "nothing",
            NodeKind::Scalar(_) => "a single value",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
        }
    }

    /// Where to point when the node as a whole is meant: its first line at most.
    pub fn head(&self, source: &str) -> Span {
        let first = self.span.of(source).split(['\n', '\r']).next().unwrap_or("");
        Span::new(self.span.start as usize, self.span.start as usize + first.trim_end().len())
    }

    /// The scalar's value with the way back into the file. `source` is the decoded file the node was read from.
    pub fn decode(&self, source: &str) -> Option<Decoded> {
        let scalar = self.as_scalar()?;
        scalar::decode(source, scalar.style, self.span.range(), scalar.parent_indent)
    }
}
