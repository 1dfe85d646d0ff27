//! Groups of records: `summarize`, `distinct`, parts of a partition.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use super::aggregate;
use super::cell::Key;
use super::plan::Machine;
use super::record::{Layout, Record, Reshape, Table, merged};
use super::{Cell, Run};
use crate::ir::{AggregateCall, ColumnId, Computed, Expr, Partition, Schema};

/// Records that have their keys in common, groups in the order of their first records.
pub(super) struct Groups {
    /// The values of the keys, and which records.
    pub(super) all: Vec<(Vec<Cell>, Vec<usize>)>,
    known: HashMap<Vec<Key>, usize>,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), known: HashMap::new() }
    }

    /// Puts a record into the group of these values.
    pub(super) fn add(&mut self, values: Vec<Cell>, record: usize) -> usize {
        let index = match self.known.entry(values.iter().map(Cell::key).collect()) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                self.all.push((values, Vec::new()));
                *free.insert(self.all.len() - 1)
            }
        };
        self.all[index].1.push(record);
        index
    }
}

impl Machine<'_> {
    /// `summarize`
    pub(super) fn summarize(
        &self,
        keys: &[Computed],
        aggregates: &[AggregateCall],
        schema: &Schema,
        input: &Table,
    ) -> Run<Table> {
        let mut groups = Groups::new();
        for (index, record) in input.records.iter().enumerate() {
            groups.add(self.computed(keys, &input.layout, record)?, index);
        }
        if keys.is_empty() && groups.all.is_empty() {
            groups.all.push((Vec::new(), Vec::new()));
        }
        let ids = keys.iter().map(|key| key.id).chain(aggregates.iter().flat_map(|call| call.outputs.iter().copied()));
        let ids: Vec<ColumnId> = ids.collect();
        let reshape = Reshape::new(&Layout::of(&Schema::default()), schema, &ids);
        let mut records = Vec::with_capacity(groups.all.len());
        for (mut made, members) in groups.all {
            let members: Vec<&Record> = members.iter().map(|index| &input.records[*index]).collect();
            for call in aggregates {
                made.extend(aggregate::call(self, call, &input.layout, &members)?);
            }
            let events = merged(members.iter().map(|record| &record.events));
            records.push(reshape.apply(Record { cells: Vec::new(), rest: Rc::default(), events }, &made));
        }
        Ok(Table { records, layout: reshape.layout })
    }

    /// `distinct`: the first of equal records stands for all, and for their events.
    pub(super) fn distinct(input: Table) -> Table {
        let mut seen: HashMap<Vec<Key>, usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (index, record) in input.records.iter().enumerate() {
            match seen.entry(record.key()) {
                Entry::Occupied(found) => groups[*found.get()].push(index),
                Entry::Vacant(free) => {
                    free.insert(groups.len());
                    groups.push(vec![index]);
                }
            }
        }
        let records = groups.into_iter().map(|members| Record {
            events: merged(members.iter().map(|index| &input.records[*index].events)),
            ..input.records[members[0]].clone()
        });
        Table { records: records.collect(), layout: input.layout }
    }

    /// The records parted by the value of an expression; parts in the order of their first records.
    pub(super) fn parts(&self, by: &Expr, input: &Table) -> Run<Vec<Table>> {
        let mut groups = Groups::new();
        for (index, record) in input.records.iter().enumerate() {
            groups.add(vec![self.value(by, &input.layout, record)?], index);
        }
        let part = |(_, members): (Vec<Cell>, Vec<usize>)| Table {
            records: members.into_iter().map(|index| input.records[index].clone()).collect(),
            layout: input.layout.clone(),
        };
        Ok(groups.all.into_iter().map(part).collect())
    }

    /// `partition`
    pub(super) fn partition(&self, partition: &Partition, schema: &Schema, input: &Table) -> Run<Table> {
        let mut records = Vec::new();
        let ids: Vec<ColumnId> = partition.columns.iter().map(|(id, _)| *id).collect();
        let mut layout = Rc::new(Layout::of(schema));
        for part in self.parts(&partition.by, input)? {
            let table = self.plan(&partition.body, Some(&part))?;
            let reshape = Reshape::new(&table.layout, schema, &ids);
            for record in table.records {
                let made: Vec<Cell> = partition
                    .columns
                    .iter()
                    .map(|(_, from)| table.layout.position(*from).map_or(Cell::Null, |at| record.cells[at].clone()))
                    .collect();
                records.push(reshape.apply(record, &made));
            }
            layout = reshape.layout;
        }
        Ok(Table { layout, records })
    }
}
