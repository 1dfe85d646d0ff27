//! Records while they go through a plan, and where their columns stand.

use std::rc::Rc;
use std::sync::Arc;

use super::Cell;
use super::cell::Key;
use crate::ir::{Column, ColumnId, Schema};

/// Fields that no column of the plan stands for, under their names.
pub(super) type Fields = Vec<(Arc<str>, Cell)>;

/// A record: the values of the columns in the order of the schema, what else its events bring, and which these are.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) cells: Vec<Cell>,
    pub(super) rest: Rc<Fields>,
    /// The ids of the events it was made of, ascending, each once.
    pub(super) events: Rc<[u32]>,
}

impl Record {
    /// A field that no column stands for.
    pub(super) fn other(&self, name: &str) -> Option<&Cell> {
        self.rest.iter().find(|(known, _)| **known == *name).map(|(_, cell)| cell)
    }

    /// Puts a value where the field of this name is, or beside the columns where there is none.
    pub(super) fn set(&mut self, layout: &Layout, name: &str, cell: Cell) {
        if let Some(at) = layout.schema.position(name) {
            self.cells[at] = cell;
            return;
        }
        let rest = Rc::make_mut(&mut self.rest);
        match rest.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, old)) => *old = cell,
            None => rest.push((name.into(), cell)),
        }
    }

    /// The value of a field by its name, column or not.
    pub(super) fn named(&self, layout: &Layout, name: &str) -> &Cell {
        match layout.schema.position(name) {
            Some(at) => &self.cells[at],
            None => self.other(name).unwrap_or(&Cell::Null),
        }
    }

    /// Every field that has a value.
    pub(super) fn present<'r>(&'r self, layout: &'r Layout) -> impl Iterator<Item = (&'r Arc<str>, &'r Cell)> {
        let columns = layout.schema.iter().map(|column| &column.name).zip(&self.cells);
        columns.chain(self.rest.iter().map(|(name, cell)| (name, cell))).filter(|(_, cell)| !cell.is_null())
    }

    /// What tells it from others.
    pub(super) fn key(&self) -> Vec<Key> {
        let mut key: Vec<Key> = self.cells.iter().map(Cell::key).collect();
        let mut rest: Vec<_> = self.rest.iter().filter(|(_, cell)| !cell.is_null()).collect();
        rest.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        key.extend(rest.into_iter().flat_map(|(name, cell)| [Key::Text(name.clone()), cell.key()]));
        key
    }
}

/// The events of several records.
pub(super) fn merged<'r>(parts: impl IntoIterator<Item = &'r Rc<[u32]>>) -> Rc<[u32]> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Rc::from([]) };
    let mut all: Vec<u32> = Vec::new();
    for part in parts {
        if !Rc::ptr_eq(part, first) {
            all.extend_from_slice(part);
        }
    }
    if all.is_empty() {
        return first.clone();
    }
    all.extend_from_slice(first);
    all.sort_unstable();
    all.dedup();
    all.into()
}

/// Where the columns of a schema stand in a record.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) schema: Schema,
    at: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

impl Layout {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut at = Vec::new();
        for (position, column) in schema.iter().enumerate() {
            let index = column.id.index();
            if at.len() <= index {
                at.resize(index + 1, NOWHERE);
            }
            at[index] = position as u32;
        }
        Self { schema: schema.clone(), at }
    }

    /// The position of a column.
    pub(super) fn position(&self, id: ColumnId) -> Option<usize> {
        self.at.get(id.index()).filter(|at| **at != NOWHERE).map(|at| *at as usize)
    }
}

/// Records and what their columns are.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) layout: Rc<Layout>,
    pub(super) records: Vec<Record>,
}

/// Where a column of a result comes from.
enum From {
    Column(usize),
    Made(usize),
    /// A field that no column stood for so far.
    Other(Arc<str>),
}

/// How records of one schema become records of another.
pub(super) struct Reshape {
    pub(super) layout: Rc<Layout>,
    from: Vec<From>,
    /// The names that columns take over from what no column stood for.
    taken: Vec<Arc<str>>,
}

impl Reshape {
    /// To `schema`, where `made` are computed and all others are those of the input.
    pub(super) fn new(input: &Layout, schema: &Schema, made: &[ColumnId]) -> Self {
        let from = |column: &Column| match made.iter().rposition(|id| *id == column.id) {
            Some(index) => From::Made(index),
            None => match input.position(column.id) {
                Some(at) => From::Column(at),
                None => From::Other(column.name.clone()),
            },
        };
        let taken = schema.iter().filter(|column| input.schema.position(&column.name).is_none());
        Self {
            from: schema.iter().map(from).collect(),
            taken: taken.map(|column| column.name.clone()).collect(),
            layout: Rc::new(Layout::of(schema)),
        }
    }

    /// One record; `made` are its computed values.
    pub(super) fn apply(&self, record: Record, made: &[Cell]) -> Record {
        let cell = |from: &From| match from {
            From::Column(at) => record.cells[*at].clone(),
            From::Made(index) => made[*index].clone(),
            From::Other(name) => record.other(name).cloned().unwrap_or(Cell::Null),
        };
        let cells = self.from.iter().map(cell).collect();
        Record { cells, rest: self.rest(record.rest), events: record.events }
    }

    fn rest(&self, rest: Rc<Fields>) -> Rc<Fields> {
        if rest.is_empty() {
            return rest;
        }
        if !self.layout.schema.open {
            return Rc::default();
        }
        if !rest.iter().any(|(name, _)| self.taken.contains(name)) {
            return rest;
        }
        Rc::new(rest.iter().filter(|(name, _)| !self.taken.contains(name)).cloned().collect())
    }
}
