//! Statements.

use super::{Body, ColumnDeclaration, Expr, Literal, Name, Parameter, RowSchema, TypeName};
use crate::source::Span;

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Its words, without the `;`.
    pub span: Span,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `let a = …`
    Let(Let),
    /// `set a = …`
    Set {
        /// The option.
        name: Name,
        /// Its value.
        value: Option<Expr>,
    },
    /// `alias database a = …`
    Alias {
        /// The new name.
        name: Name,
        /// What it stands for.
        expr: Expr,
    },
    /// `declare query_parameters (a: long = 1)`
    QueryParameters(Vec<FunctionParameter>),
    /// `declare pattern a = (…) { … }`
    Pattern(Pattern),
    /// `restrict access to (A, B*)`
    Restrict {
        /// What may be read.
        entities: Vec<Expr>,
        /// `with (…)`
        properties: Vec<Parameter>,
    },
    /// An expression, usually tabular.
    Expr(Expr),
}

/// `let a = …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// What it stands for.
    pub value: LetValue,
}

/// What a `let` gives a name to.
#[derive(Clone, Debug, PartialEq)]
pub enum LetValue {
    /// A scalar or tabular expression.
    Expr(Expr),
    /// A function.
    Function(FunctionDeclaration),
}

/// `view (a: long, T: (b: string)) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDeclaration {
    /// The word `view`, where it stands.
    pub view: Option<Span>,
    /// The parameters.
    pub parameters: Vec<FunctionParameter>,
    /// The body.
    pub body: Body,
    /// The declaration.
    pub span: Span,
}

/// `a: long = 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParameter {
    /// The name.
    pub name: Name,
    /// The type.
    pub ty: ParameterType,
    /// What it is when nothing is given.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterType {
    /// `long`
    Scalar(TypeName),
    /// `(a: long)`, `(*)`
    Tabular(RowSchema),
}

/// `declare pattern a = (…) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The name.
    pub name: Name,
    /// What it stands for; without it, the name alone is declared.
    pub declaration: Option<PatternDeclaration>,
}

/// The part of a pattern behind `=`.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternDeclaration {
    /// The parameters.
    pub parameters: Vec<ColumnDeclaration>,
    /// `[path: string]`
    pub path: Option<ColumnDeclaration>,
    /// The cases.
    pub cases: Vec<PatternCase>,
}

/// `("a").["b"] = { … };`.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternCase {
    /// The arguments it is for.
    pub arguments: Vec<Expr>,
    /// The path it is for.
    pub path: Option<Literal>,
    /// What it stands for.
    pub body: Body,
}
