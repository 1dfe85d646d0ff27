//! Names as they are written.

use crate::source::Span;

/// An identifier, a keyword in the place of one, or a name in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name itself, without brackets, quotes and escapes.
    pub text: Box<str>,
    /// How it is written.
    pub form: NameForm,
    /// Its words, brackets included.
    pub span: Span,
}

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// `name`
    Bare,
    /// `['name']`
    Bracketed,
    /// `{name}`: a parameter that a workbook or dashboard fills in.
    Braced,
    /// `name*`, `*`: matches several names.
    Wildcard,
    /// `[name*]`: the same in brackets.
    BracketedWildcard,
}

impl Name {
    /// Whether it may match several names.
    pub fn is_wildcard(&self) -> bool {
        matches!(self.form, NameForm::Wildcard | NameForm::BracketedWildcard)
    }
}

/// The name of a type, as it is written (`long`, `boolean`, `uint8`…).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// The word.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
}

/// `name: type`.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDeclaration {
    /// The column.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// Both.
    pub span: Span,
}

/// `(a: string, b: long)`, or `(*)` and `(*, b: long)` where rows of any shape are taken.
#[derive(Clone, Debug, PartialEq)]
pub struct RowSchema {
    /// The `*`, where there is one.
    pub star: Option<Span>,
    /// The columns named.
    pub columns: Vec<ColumnDeclaration>,
    /// The schema with its parentheses.
    pub span: Span,
}
