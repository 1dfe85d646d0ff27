//! The order of records, and the first of them.

use std::cmp::Ordering;

use super::plan::Machine;
use super::record::Table;
use super::{Cell, Refusal, Run};
use crate::ir::{Expr, SortKey};

impl Machine<'_> {
    /// `sort`: what compares equal stays in the order it came in.
    pub(super) fn sorted(&self, keys: &[SortKey], mut input: Table) -> Run<Table> {
        let layout = input.layout.clone();
        let mut decorated = Vec::with_capacity(input.records.len());
        for record in input.records {
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                values.push(self.value(&key.expr, &layout, &record)?);
            }
            decorated.push((values, record));
        }
        decorated.sort_by(|(a, _), (b, _)| {
            let pairs = keys.iter().zip(a.iter().zip(b));
            pairs.map(|(key, (a, b))| by_key(key, a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        input.records = decorated.into_iter().map(|(_, record)| record).collect();
        Ok(input)
    }

    /// `take`
    pub(super) fn take(&self, count: &Expr, mut input: Table) -> Run<Table> {
        let Cell::Long(count) = self.constant(count)? else {
            return Err(Refusal::new(count.span, "this is no number of records"));
        };
        input.records.truncate(usize::try_from(count).unwrap_or(0));
        Ok(input)
    }
}

fn by_key(key: &SortKey, a: &Cell, b: &Cell) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if key.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if key.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if key.descending => b.rank(a),
        (false, false) => a.rank(b),
    }
}
