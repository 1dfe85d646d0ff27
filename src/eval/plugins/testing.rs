//! Calls of plugins in few words, for tests.

use super::{Argument, Call, Column, Given, Outcome, Table};
use crate::eval::cell::Cell;
use crate::types::Type;

/// A table whose columns are given with their types, and its rows as text: numbers and times as whole numbers, an empty
/// text as null (`""` for strings).
pub(super) fn table(columns: &[(&str, Type)], rows: &[&[&str]]) -> Table {
    let columns = columns.iter().enumerate().map(|(index, (name, ty))| {
        let cells = rows.iter().map(|row| cell(*ty, row[index]));
        Column::new(*name, *ty, cells).unwrap()
    });
    Table { columns: columns.collect(), rows: rows.len() }
}

fn cell(ty: Type, text: &str) -> Cell<'static> {
    match (ty, text) {
        (Type::String, text) => Cell::from(text.to_owned()),
        (_, "") => Cell::Null,
        (Type::Dynamic, text) => Cell::dynamic(&crate::eval::dynamic::parse(text).unwrap()),
        (Type::DateTime, text) => Cell::DateTime(text.parse().unwrap()),
        (Type::TimeSpan, text) => Cell::TimeSpan(text.parse().unwrap()),
        (Type::Bool, text) => Cell::Bool(text == "true"),
        (Type::Real, text) => Cell::Real(text.parse().unwrap()),
        (_, text) => Cell::Long(text.parse().unwrap()),
    }
}

/// A call without arguments.
pub(super) fn call(input: Table) -> Call {
    Call { input, ..Call::default() }
}

impl Call {
    fn with(mut self, name: Option<&str>, given: Given) -> Self {
        self.arguments.push(Argument { name: name.map(Into::into), given });
        self
    }

    /// A column of the input as an argument.
    pub(super) fn of(self, name: &str) -> Self {
        let column = self.input.column(name).unwrap().clone();
        self.with(None, Given::Column(column))
    }

    /// A constant as an argument.
    pub(super) fn given(self, cell: Cell<'static>) -> Self {
        self.with(None, Given::Value(cell))
    }

    /// A constant as an argument with a name.
    pub(super) fn named(self, name: &str, cell: Cell<'static>) -> Self {
        self.with(Some(name), Given::Value(cell))
    }

    /// A column as an argument with a name.
    pub(super) fn column_named(self, name: &str, column: &str) -> Self {
        let column = self.input.column(column).unwrap().clone();
        self.with(Some(name), Given::Column(column))
    }

    /// A table as an argument.
    pub(super) fn table_given(self, table: Table) -> Self {
        self.with(None, Given::Table(table))
    }

    /// A column of another table as an argument.
    pub(super) fn of_table(self, table: &Table, name: &str) -> Self {
        let column = table.column(name).unwrap().clone();
        self.with(None, Given::Column(column))
    }
}

/// The names of the columns that a plugin gave, and its rows as text, columns parted by blanks.
pub(super) fn shown(outcome: Outcome) -> (Vec<String>, Vec<String>) {
    let table = outcome.unwrap();
    let names = table.columns.iter().map(|column| column.name.to_string()).collect();
    let rows = (0..table.rows).map(|row| {
        let cells = table.columns.iter().map(|column| match column.cells().unwrap().get(row) {
            Cell::DateTime(ticks) | Cell::TimeSpan(ticks) => ticks.to_string(),
            Cell::Null => "null".to_owned(),
            cell => cell.to_text().into_owned(),
        });
        cells.collect::<Vec<_>>().join(" ")
    });
    (names, rows.collect())
}
