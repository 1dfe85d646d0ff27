//! Joins and unions.

use std::collections::HashMap;
use std::rc::Rc;

use super::cell::Key;
use super::plan::{MOST_RECORDS, Machine};
use super::record::{Fields, Layout, Record, Reshape, Table, merged};
use super::{Cell, Refusal, Run};
use crate::ir::{ColumnId, Join, JoinKind, Schema, Union};
use crate::source::Span;

/// The records of a side by their keys; those that lack one have no partner.
struct Side {
    keys: Vec<Option<Vec<Key>>>,
    by_key: HashMap<Vec<Key>, Vec<usize>>,
}

impl Side {
    fn new(table: &Table, columns: &[ColumnId]) -> Self {
        let at: Vec<Option<usize>> = columns.iter().map(|id| table.layout.position(*id)).collect();
        let key = |record: &Record| -> Option<Vec<Key>> {
            let key = |at: &Option<usize>| at.map(|at| record.cells[at].key()).filter(|key| *key != Key::Null);
            at.iter().map(key).collect()
        };
        let keys: Vec<_> = table.records.iter().map(key).collect();
        let mut by_key: HashMap<Vec<Key>, Vec<usize>> = HashMap::new();
        for (index, key) in keys.iter().enumerate() {
            if let Some(key) = key {
                by_key.entry(key.clone()).or_default().push(index);
            }
        }
        Self { keys, by_key }
    }

    /// The records with the key that a record of the other side has.
    fn partners(&self, key: Option<&Vec<Key>>) -> &[usize] {
        key.and_then(|key| self.by_key.get(key)).map_or(&[], Vec::as_slice)
    }
}

impl Machine<'_> {
    /// `join` and `lookup`
    pub(super) fn join(&self, join: &Join, schema: &Schema, left: Table, span: Span) -> Run<Table> {
        use JoinKind::{
            FullOuter, Inner, InnerUnique, LeftAnti, LeftOuter, LeftSemi, RightAnti, RightOuter, RightSemi,
        };
        let right = self.plan(&join.right, None)?;
        let (left_keys, right_keys): (Vec<ColumnId>, Vec<ColumnId>) = join.keys.iter().copied().unzip();
        let (lefts, rights) = (Side::new(&left, &left_keys), Side::new(&right, &right_keys));
        let both = Schema::new(left.layout.schema.iter().chain(right.layout.schema.iter()).cloned(), true);
        let reshape = Reshape::new(&Layout::of(&both), schema, &[]);
        let nothing = |layout: &Layout| vec![Cell::Null; layout.schema.len()];
        let none: Rc<[u32]> = Rc::from([]);
        let pair = |l: Option<&Record>, r: Option<&Record>| {
            let mut cells = l.map_or_else(|| nothing(&left.layout), |record| record.cells.clone());
            cells.extend(r.map_or_else(|| nothing(&right.layout), |record| record.cells.clone()));
            let mut rest: Rc<Fields> = l.map_or_else(Rc::default, |record| record.rest.clone());
            if let Some(more) = r.filter(|record| schema.open && !record.rest.is_empty()) {
                let more: Fields = more
                    .rest
                    .iter()
                    .filter(|(name, _)| !rest.iter().any(|(known, _)| known == name))
                    .cloned()
                    .collect();
                Rc::make_mut(&mut rest).extend(more);
            }
            let events = merged([l, r].into_iter().flatten().map(|record| &record.events));
            let events = if l.is_none() && r.is_none() { none.clone() } else { events };
            reshape.apply(Record { cells, rest, events }, &[])
        };
        let mut records = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (record, key) in left.records.iter().zip(&lefts.keys) {
            let partners = rights.partners(key.as_ref());
            match join.kind {
                InnerUnique if key.as_ref().is_some_and(|key| !seen.insert(key)) => {}
                InnerUnique | Inner | RightOuter => {
                    records.extend(partners.iter().map(|at| pair(Some(record), Some(&right.records[*at]))));
                }
                LeftOuter | FullOuter => {
                    records.extend(partners.iter().map(|at| pair(Some(record), Some(&right.records[*at]))));
                    if partners.is_empty() {
                        records.push(pair(Some(record), None));
                    }
                }
                LeftSemi if !partners.is_empty() => records.push(pair(Some(record), None)),
                LeftAnti if partners.is_empty() => records.push(pair(Some(record), None)),
                LeftSemi | LeftAnti | RightSemi | RightAnti => {}
            }
            if records.len() > MOST_RECORDS {
                return Err(Refusal::new(span, format!("this join gives more than {MOST_RECORDS} records")));
            }
        }
        for (record, key) in right.records.iter().zip(&rights.keys) {
            let alone = lefts.partners(key.as_ref()).is_empty();
            let kept = match join.kind {
                RightOuter | FullOuter | RightAnti => alone,
                RightSemi => !alone,
                _ => false,
            };
            if kept {
                records.push(pair(None, Some(record)));
            }
        }
        Ok(Table { records, layout: reshape.layout })
    }

    /// `union`
    pub(super) fn union(&self, union: &Union, schema: &Schema, input: Option<&Table>) -> Run<Table> {
        let mut ids: Vec<ColumnId> = union.columns.iter().map(|column| column.id).collect();
        ids.extend(union.source.as_ref().map(|(id, _)| *id));
        let mut records = Vec::new();
        let mut layout = Rc::new(Layout::of(schema));
        for (index, plan) in union.inputs.iter().enumerate() {
            let table = self.plan(plan, input)?;
            let reshape = Reshape::new(&table.layout, schema, &ids);
            let from: Vec<Option<usize>> = union
                .columns
                .iter()
                .map(|column| column.from.get(index).copied().flatten().and_then(|id| table.layout.position(id)))
                .collect();
            let name = union.source.as_ref().map(|(_, names)| match names.get(index) {
                Some(name) => Cell::Text(name.clone()),
                None => Cell::Null,
            });
            for record in table.records {
                let cell = |at: &Option<usize>| at.map_or(Cell::Null, |at| record.cells[at].clone());
                let made: Vec<Cell> = from.iter().map(cell).chain(name.clone()).collect();
                records.push(reshape.apply(record, &made));
            }
            layout = reshape.layout;
        }
        Ok(Table { layout, records })
    }
}
