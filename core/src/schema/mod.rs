//! Tables, columns and stored functions: what a name in a query can mean before the query itself defines any.
//!
//! [`Schemas`] is the set in force: what is built in, and what a user's files add or replace. A table that it does
//! not know is open: the binder says so once and takes its columns as they come, their types unknown.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod builtin;
mod csv;
mod dialect;
mod function;
mod hunting;
mod node;
mod standard;
mod suggest;
mod table;
mod user;

pub use dialect::{Dialect, UnknownDialect};
pub use function::{Function, Parameter, ParameterKind, Returns};
pub use standard::is_hidden_column;
pub use suggest::{matches_wildcard, nearest};
pub use table::{Column, Name, Table};

use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;

/// The tables and stored functions in force.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    dialect: Dialect,
    tables: BTreeMap<Name, Arc<Table>>,
    functions: BTreeMap<Name, Arc<Function>>,
    /// The tables there are where queries run, if that is known.
    present: Option<BTreeSet<Name>>,
    /// The columns of watchlists that are at hand, by alias.
    lists: BTreeMap<Name, Arc<[Column]>>,
}

impl Schemas {
    /// What is built in. Costs nothing: a table is parsed when it is first asked for, and kept for the whole program.
    pub const fn builtin(dialect: Dialect) -> Self {
        Self { dialect, tables: BTreeMap::new(), functions: BTreeMap::new(), present: None, lists: BTreeMap::new() }
    }

    /// Where queries run.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same, where queries run elsewhere.
    #[must_use]
    pub fn in_dialect(&self, dialect: Dialect) -> Self {
        Self { dialect, ..self.clone() }
    }

    /// Adds what a file declares: JSON, YAML or CSV. What has the name of something known takes its place.
    ///
    /// # Errors
    /// What is wrong with the file, with spans in it; then nothing of it is added.
    pub fn add(&mut self, file: &SourceFile) -> Result<(), Vec<Diagnostic>> {
        for declared in user::read(file)? {
            match declared {
                user::Declared::Table(table) => {
                    self.functions.remove(&table.name);
                    self.tables.insert(table.name.clone(), Arc::new(table));
                }
                user::Declared::Function(function) => {
                    self.tables.remove(&function.name);
                    self.functions.insert(function.name.clone(), Arc::new(function));
                }
            }
        }
        Ok(())
    }

    /// Adds a table; what has its name gives way.
    pub fn insert(&mut self, table: Table) {
        self.functions.remove(&table.name);
        self.tables.insert(table.name.clone(), Arc::new(table));
    }

    /// States which tables there are where queries run: patterns such as `*` stand for these alone. What is known of
    /// other tables stays known.
    pub fn present(&mut self, names: impl IntoIterator<Item = Name>) {
        self.present = Some(names.into_iter().collect());
    }

    /// States the columns that a watchlist has.
    pub fn insert_watchlist(&mut self, alias: Name, columns: impl IntoIterator<Item = Column>) {
        self.lists.insert(alias, columns.into_iter().collect());
    }

    /// The columns that a watchlist is known to have.
    pub fn watchlist(&self, alias: &str) -> Option<Arc<[Column]>> {
        self.lists.get(alias).cloned()
    }

    /// Whether it is known which tables there are where queries run.
    pub const fn knows_present(&self) -> bool {
        self.present.is_some()
    }

    /// The table of that exact name.
    pub fn table(&self, name: &str) -> Option<Arc<Table>> {
        self.own_table(name).or_else(|| match self.dialect {
            Dialect::Sentinel => builtin::table(name),
            Dialect::Defender => hunting::table(name),
        })
    }

    /// The table of that exact name that a user declared, or gave data of.
    pub fn own_table(&self, name: &str) -> Option<Arc<Table>> {
        self.tables.get(name).cloned()
    }

    /// The stored function of that exact name.
    pub fn function(&self, name: &str) -> Option<Arc<Function>> {
        let provided = || if self.tables.contains_key(name) { None } else { function::function(name) };
        self.functions.get(name).cloned().or_else(provided)
    }

    /// The tables whose names match a pattern such as `Device*`, in the order of their names without regard to case.
    pub fn tables_matching(&self, pattern: &str) -> Vec<Arc<Table>> {
        let provided = builtin::blocks().filter(|block| matches_wildcard(pattern, block.name));
        let provided = provided.filter(|block| !self.tables.contains_key(block.name)).map(builtin::parsed);
        let own = self.tables.values().filter(|table| matches_wildcard(pattern, &table.name)).cloned();
        let present = |table: &Arc<Table>| self.present.as_ref().is_none_or(|present| present.contains(&table.name));
        let mut matching: Vec<_> = provided.chain(own).filter(present).collect();
        matching.sort_by(|left, right| order(&left.name, &right.name));
        matching
    }

    /// The names of the tables that list a column of that exact name, in the order of their names without regard to
    /// case. For hints: it looks through all tables.
    pub fn tables_with_column(&self, column: &str) -> Vec<Name> {
        let provided = builtin::blocks().filter(|block| block.has_column(column)).map(|block| Name::from(block.name));
        let provided = provided.filter(|name| !self.tables.contains_key(name));
        let own = self.tables.values().filter(|table| table.column(column).is_some());
        let mut names: Vec<_> = provided.chain(own.map(|table| table.name.clone())).collect();
        names.sort_by(|left, right| order(left, right));
        names
    }

    /// The names of all tables, and of all stored functions, for completion.
    pub fn names(&self) -> (Vec<Name>, Vec<Name>) {
        let tables = builtin::blocks().map(|block| Name::from(block.name));
        let tables = tables.filter(|name| !self.tables.contains_key(name)).chain(self.tables.keys().cloned());
        let functions = function::names().map(Name::from).filter(|name| !self.functions.contains_key(name));
        (tables.collect(), functions.chain(self.functions.keys().cloned()).collect())
    }

    /// The name of the table that a misspelt name may have meant.
    pub fn nearest_table(&self, name: &str) -> Option<Name> {
        let own = self.tables.keys().map(|name| &**name);
        nearest(name, own.chain(builtin::blocks().map(|block| block.name))).map(|name| Name::Owned(name.to_owned()))
    }

    /// The name of the stored function that a misspelt name may have meant.
    pub fn nearest_function(&self, name: &str) -> Option<Name> {
        let own = self.functions.keys().map(|name| &**name);
        let provided: Vec<&str> = function::names().collect();
        nearest(name, own.chain(provided)).map(|name| Name::Owned(name.to_owned()))
    }
}

/// How names are ordered: without regard to case, those that differ in case alone by their bytes.
fn order(left: &str, right: &str) -> Ordering {
    let bytes = left.bytes().map(|byte| byte.to_ascii_lowercase());
    bytes.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase())).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests;
