//! What names stand for before a table's columns come into play.

use std::rc::Rc;

use rpds::HashTrieMap;

use crate::functions::ValueType;
use crate::ir::{ColumnId, Expr, Name, Plan, Schema, SharedId};
use crate::syntax::ast;

/// The names in force at a place; a copy costs nothing, so that a function keeps those of its declaration.
pub(super) type Scope<'a> = HashTrieMap<Name, Local<'a>>;

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Local<'a> {
    /// A scalar, with the number of nodes it puts in the place of each mention.
    Scalar(Rc<Expr>, usize),
    /// Records, with the number of nodes.
    Table(Rc<Plan>, usize),
    /// Records that are evaluated once.
    Shared(SharedId),
    /// A function.
    Function(Rc<Function<'a>>),
    /// A column of an enclosing record.
    Column(ColumnId, ValueType),
    /// The last record of a step of `scan`.
    Record(Schema),
    /// Something the IR has no place for (a database, a group of entities, a pattern): nothing is known of what it gives.
    Opaque,
}

/// What a function without parameters gives, with the number of nodes.
pub(super) enum Constant {
    /// A scalar.
    Scalar(Expr, usize),
    /// Records.
    Table(Plan, usize),
}

/// A function that the query declares.
pub(super) struct Function<'a> {
    /// Its name.
    pub(super) name: Name,
    /// Its text.
    pub(super) declaration: &'a ast::FunctionDeclaration,
    /// The names in force where it is declared.
    pub(super) scope: Scope<'a>,
    /// Whether it gives records.
    pub(super) tabular: bool,
    /// What it gives, where it takes nothing: then every call gives the same.
    pub(super) constant: Option<Constant>,
}
