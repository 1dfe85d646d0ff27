//! Literals as they are written.

use super::{Name, RowSchema, TypeName};
use crate::source::Span;

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// Its kind, and its value where that is decoded already.
    pub kind: LiteralKind,
    /// What is written, in full (`datetime(2024-01-31)`, `0xFF`, `"a" 'b'`).
    pub raw: Box<str>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of literals. A kind says how the text is read, not that it can be: `long(x)` is a long literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiteralKind {
    /// `true`, `False`, `bool(…)`
    Bool,
    /// `int(…)`
    Int,
    /// `12`, `0xFF`, `long(…)`
    Long,
    /// `1.5`, `1e3`, `real(…)`, `double(…)`
    Real,
    /// `decimal(…)`
    Decimal,
    /// `datetime(…)`, `date(…)`
    DateTime,
    /// `1h`, `timespan(…)`, `time(…)`
    TimeSpan,
    /// `guid(…)`
    Guid,
    /// A GUID without `guid(…)` round it; the grammar takes it, the engine does not.
    RawGuid,
    /// A string in any of its forms, or several that join; the decoded value.
    String(StringValue),
    /// `null`, inside `dynamic(…)` alone.
    Null,
}

/// A decoded string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringValue {
    /// The value.
    pub value: Box<str>,
    /// The single literals that join to it; one in the common case.
    pub parts: Vec<Span>,
}

/// What stands in `dynamic(…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    /// The value.
    pub kind: JsonKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of values in `dynamic(…)`.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonKind {
    /// A number, string, boolean, null, or a typed literal.
    Literal(Literal),
    /// `-` before a number.
    Negative(Literal),
    /// `[…]`
    Array(Vec<Json>),
    /// `{…}`
    Object(Vec<JsonPair>),
    /// `dynamic(…)` inside another.
    Dynamic(Box<Json>),
    /// `{name}`: a parameter that a workbook fills in.
    Parameter(Name),
}

/// `"key": value`.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPair {
    /// The key.
    pub key: Literal,
    /// The value.
    pub value: Json,
}

/// `typeof(long)`, `typeof(a: long, *)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeOf {
    /// What is in the parentheses.
    pub kind: TypeOfKind,
    /// The literal.
    pub span: Span,
}

/// What `typeof` names.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeOfKind {
    /// One type.
    Scalar(TypeName),
    /// Columns, `*` for those that are already there.
    Row(RowSchema),
}
