//! Tables and their columns.

use std::borrow::Cow;

use super::Dialect;
use crate::types::Type;

/// A name: borrowed from the schemas built in, or owned when a user's file gave it.
pub type Name = Cow<'static, str>;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name; KQL tells upper from lower case.
    pub name: Name,
    /// The type, [`Type::Unknown`] where a schema leaves it open.
    pub ty: Type,
}

/// A table, or the columns that a function returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name; KQL tells upper from lower case.
    pub name: Name,
    /// The columns in the order in which a query returns them.
    pub columns: Vec<Column>,
    /// Whether rows may hold columns that are not listed; a query may name them, and their type is unknown.
    pub open: bool,
}

impl Column {
    /// A column of the given name and type.
    pub fn new(name: impl Into<Name>, ty: Type) -> Self {
        Self { name: name.into(), ty }
    }
}

impl Table {
    /// The column of that exact name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that holds an event's time in the given dialect, and by which a rule's schedule selects rows.
    ///
    /// Advanced hunting also serves Sentinel's own tables, which have no `Timestamp`: there it is `TimeGenerated`.
    /// An open table without either has the dialect's own. Nothing where a closed table has no such column.
    pub fn time_column(&self, dialect: Dialect) -> Option<&'static str> {
        let fits = |name: &&'static str| self.column(name).is_some_and(|column| column.ty == Type::DateTime);
        dialect.time_columns().iter().copied().find(fits).or_else(|| self.open.then(|| dialect.time_column()))
    }
}
