//! Columns, and the schemas made of them.

use std::fmt;
use std::sync::Arc;

use rpds::{HashTrieMapSync, VectorSync};

use crate::functions::ValueType;
use crate::source::Span;

/// A name, shared by all that mention it.
pub type Name = Arc<str>;

/// A column, wherever it goes: a rename, a filter or a join keeps the id, a computation makes a new one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(u32);

impl ColumnId {
    /// The position in [`Columns`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The id of a position, which may be that of no column.
    pub(super) fn numbered(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for ColumnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Debug for ColumnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Every column of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns(Vec<ColumnInfo>);

/// What is known of a column apart from any schema it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnInfo {
    /// The name it was introduced by.
    pub name: Name,
    /// Its type.
    pub ty: ValueType,
    /// Where it came from.
    pub origin: Origin,
    /// The words that introduced it; those that name the table, for a column of a table.
    pub span: Span,
}

impl ColumnInfo {
    /// Whether no schema lists it: it was taken to be there since the query names it.
    pub const fn is_unlisted(&self) -> bool {
        matches!(self.origin, Origin::Assumed | Origin::Unresolved)
    }
}

/// Where a column came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A column of a table.
    Table(Name),
    /// An expression, an aggregate, a pattern: something in the query gives it.
    Computed,
    /// A name that an open schema may hold, typed by nothing.
    Assumed,
    /// A name that nothing in a closed schema answers to; the query is in error, the column stands for the name as written.
    Unresolved,
}

impl Columns {
    /// Introduces a column.
    pub fn add(&mut self, name: impl Into<Name>, ty: impl Into<ValueType>, origin: Origin, span: Span) -> ColumnId {
        let id = ColumnId(self.0.len() as u32);
        self.0.push(ColumnInfo { name: name.into(), ty: ty.into(), origin, span });
        id
    }

    /// Gives a column that was introduced without a name of its own the one it goes by.
    pub fn rename(&mut self, id: ColumnId, name: Name) {
        self.0[id.index()].name = name;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every column in the order of introduction.
    pub fn iter(&self) -> impl Iterator<Item = (ColumnId, &ColumnInfo)> {
        (0..).map(ColumnId).zip(&self.0)
    }

    /// Introduces the twin of a column: the same in all but identity.
    pub fn twin(&mut self, id: ColumnId) -> ColumnId {
        let info = self[id].clone();
        self.add(info.name, info.ty, info.origin, info.span)
    }
}

impl std::ops::Index<ColumnId> for Columns {
    type Output = ColumnInfo;

    fn index(&self, id: ColumnId) -> &ColumnInfo {
        &self.0[id.index()]
    }
}

/// A column as it stands in a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Which column.
    pub id: ColumnId,
    /// What it is called here.
    pub name: Name,
    /// Its type.
    pub ty: ValueType,
}

/// The columns of records, in order, under distinct names.
///
/// Persistent: a copy shares what it has in common with the original, so that one schema a step stays linear in the
/// length of the query.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    columns: VectorSync<Column>,
    /// The positions of names, kept where there are many: few columns are found faster by looking at each.
    names: Option<HashTrieMapSync<Name, usize>>,
    /// Whether the records may have more columns than are known.
    pub open: bool,
}

impl Schema {
    /// Up to how many columns are looked at one by one.
    const FEW: usize = 192;

    /// A schema of these columns.
    pub fn new(columns: impl IntoIterator<Item = Column>, open: bool) -> Self {
        let mut schema = Self { open, ..Self::default() };
        for column in columns {
            schema.push(column);
        }
        schema
    }

    /// The columns, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// How many columns are known.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether no column is known.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The column at a position.
    pub fn at(&self, index: usize) -> Option<&Column> {
        self.columns.get(index)
    }

    /// The position of a name.
    pub fn position(&self, name: &str) -> Option<usize> {
        match &self.names {
            Some(names) => names.get(name).copied(),
            None => (0..self.len()).rev().find(|index| self.columns.get(*index).is_some_and(|c| &*c.name == name)),
        }
    }

    /// The column of a name.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.at(self.position(name)?)
    }

    /// Whether the column is in it.
    pub fn contains(&self, id: ColumnId) -> bool {
        self.iter().any(|c| c.id == id)
    }

    /// Appends a column; one of the same name is hidden from look-ups but keeps its place.
    pub fn push(&mut self, column: Column) {
        if let Some(names) = &mut self.names {
            names.insert_mut(column.name.clone(), self.columns.len());
        }
        self.columns.push_back_mut(column);
        if self.names.is_none() && self.len() > Self::FEW {
            let names = self.iter().zip(0..).map(|(column, index)| (column.name.clone(), index));
            self.names = Some(names.collect());
        }
    }

    /// Puts a column in the place of another.
    pub fn replace(&mut self, index: usize, column: Column) {
        if let Some(old) = self.columns.get(index) {
            if let Some(names) = self.names.as_mut().filter(|_| old.name != column.name) {
                names.remove_mut(&old.name);
                names.insert_mut(column.name.clone(), index);
            }
            self.columns.set_mut(index, column);
        }
    }

    /// The same columns under other ids.
    pub(crate) fn map_ids(&mut self, map: &mut dyn FnMut(ColumnId) -> ColumnId) {
        let columns = self.iter().map(|c| Column { id: map(c.id), ..c.clone() }).collect();
        self.columns = columns;
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.open == other.open && self.columns == other.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

    fn column(columns: &mut Columns, name: &str) -> Column {
        let id = columns.add(name, Type::Long, Origin::Computed, Span::at(0));
        Column { id, name: name.into(), ty: Type::Long.into() }
    }

    #[test]
    fn names_are_found_after_every_change() {
        let mut columns = Columns::default();
        let (a, b, c) = (column(&mut columns, "a"), column(&mut columns, "b"), column(&mut columns, "c"));
        let mut schema = Schema::new([a.clone(), b], false);
        let before = schema.clone();
        schema.replace(1, c.clone());
        assert_eq!(schema.get("c"), Some(&c));
        assert_eq!(schema.get("b"), None);
        assert!(before.get("b").is_some(), "a copy keeps what it had");
        assert_eq!(schema.get("a"), Some(&a));
    }

    #[test]
    fn a_twin_is_another_column() {
        let mut columns = Columns::default();
        let a = column(&mut columns, "a");
        let twin = columns.twin(a.id);
        assert_ne!(twin, a.id);
        assert_eq!(columns[twin], columns[a.id]);
    }
}
