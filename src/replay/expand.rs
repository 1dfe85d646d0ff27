//! One record for each element of a list.

use super::expr::converted;
use super::plan::Machine;
use super::record::{Layout, Record, Reshape, Table};
use super::{Cell, Run};
use crate::ir::{ColumnId, MvExpand, Schema};

impl Machine<'_> {
    /// `mv-expand`, and `mv-apply` where there is a body.
    ///
    /// Null gives one record with null, an empty list none; what is no list is a list of itself.
    pub(super) fn expand(&self, expand: &MvExpand, schema: &Schema, input: Table) -> Run<Table> {
        let mut ids: Vec<ColumnId> = expand.items.iter().map(|item| item.id).collect();
        ids.extend(expand.index);
        // Between the expansion and the body the input's columns stand beside those of the items.
        let between = match &expand.body {
            Some(body) => body.source.schema.clone(),
            None => schema.clone(),
        };
        let reshape = Reshape::new(&input.layout, &between, &ids);
        let mut records = Vec::new();
        for record in input.records {
            let mut lists = Vec::with_capacity(expand.items.len());
            for item in &expand.items {
                let list = elements(self.value(&item.expr, &input.layout, &record)?, expand.pairs);
                lists.push((list, item.to));
            }
            let mut length = lists.iter().map(|(list, _)| list.len()).max().unwrap_or(0);
            if let Some(limit) = &expand.limit
                && let Cell::Long(limit) = self.value(limit, &input.layout, &record)?
            {
                length = length.min(usize::try_from(limit).unwrap_or(0));
            }
            let one = |index: usize| {
                let item = |(list, to): &(Vec<Cell>, Option<crate::types::Type>)| {
                    let cell = list.get(index).cloned().unwrap_or(Cell::Null);
                    to.map_or(cell.clone(), |to| converted(cell, to))
                };
                let position = expand.index.map(|_| Cell::Long(i64::try_from(index).unwrap_or(i64::MAX)));
                let made: Vec<Cell> = lists.iter().map(item).chain(position).collect();
                reshape.apply(record.clone(), &made)
            };
            let expanded: Vec<Record> = (0..length).map(one).collect();
            match &expand.body {
                None => records.extend(expanded),
                Some(body) => {
                    let part = Table { layout: reshape.layout.clone(), records: expanded };
                    records.extend(self.beside(&input.layout, &record, self.plan(body, Some(&part))?, schema));
                }
            }
        }
        Ok(Table { records, layout: std::rc::Rc::new(Layout::of(schema)) })
    }

    /// Records of a body with the columns of the record they came from.
    fn beside(&self, layout: &Layout, outer: &Record, body: Table, schema: &Schema) -> Vec<Record> {
        let ids: Vec<ColumnId> = schema.iter().map(|column| column.id).collect();
        let reshape = Reshape::new(layout, schema, &ids);
        let record = |inner: Record| {
            let cell = |id: &ColumnId| match body.layout.position(*id) {
                Some(at) => inner.cells[at].clone(),
                None => self.column(*id, super::expr::Scope::new(layout, outer)).clone(),
            };
            let made: Vec<Cell> = ids.iter().map(cell).collect();
            reshape.apply(outer.clone(), &made)
        };
        body.records.into_iter().map(record).collect()
    }
}

/// What a value expands to.
fn elements(cell: Cell, pairs: bool) -> Vec<Cell> {
    match cell {
        Cell::List(items) => items,
        Cell::Bag(slots) if pairs => {
            slots.into_iter().map(|(name, value)| Cell::List(vec![Cell::Text(name), value])).collect()
        }
        Cell::Bag(slots) => slots.into_iter().map(|slot| Cell::Bag(vec![slot])).collect(),
        one => vec![one],
    }
}
