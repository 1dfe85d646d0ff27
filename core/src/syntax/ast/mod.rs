//! The syntax tree of KQL.
//!
//! It says what is written, not what it means: names are unresolved, literals are text (strings apart, which are
//! decoded), and a construct that the grammar lets pass stays as it stands. Every node has the span of its words in
//! the query. Comments are kept beside the tree ([`Query::comments`]), in order, each with its span.
//!
//! Chains of one precedence level are flat ([`Chain`], [`Logical`]), so that no walk recurses once a term.

mod erase;
mod expr;
mod literal;
mod name;
mod operator;
mod statement;

pub use expr::*;
pub use literal::*;
pub use name::*;
pub use operator::*;
pub use statement::*;

use crate::source::Span;

/// A whole query: statements parted by `;`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `#…` lines at the top, which only Kusto's own tools read.
    pub directives: Vec<Span>,
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// Every comment, `//` included, without its line break, in order.
    pub comments: Vec<Span>,
    /// The whole text.
    pub span: Span,
}
