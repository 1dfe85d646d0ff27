//! Aggregates that choose a record and give values of it: `arg_max`, `arg_min`, `take_any`.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, BooleanArray};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::codec::{Reader, Writer};
use super::extremes::{order, order_key};
use super::groups::{assemble, cells, encode_states, rows, to_states};
use crate::eval::arrays::CellBuilder;
use crate::eval::cell::Cell;
use crate::types::Type;

/// Which record is chosen; among equals, the one of the lowest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum By {
    /// That of the greatest first value; null and NaN only where there is nothing else.
    Greatest,
    /// That of the smallest first value; likewise.
    Least,
    /// Any.
    Any,
    /// Any whose value is neither null nor empty, where there is one.
    AnyFilled,
}

/// What records are compared by.
#[derive(Clone, Debug)]
enum Key {
    /// Chosen only where there is nothing else.
    Last,
    Word(i64),
    Other(Cell<'static>),
}

impl By {
    fn key(self, cell: &Cell<'_>) -> Key {
        match self {
            Self::Any => Key::Word(0),
            Self::AnyFilled if cell.is_empty() => Key::Last,
            Self::AnyFilled => Key::Word(0),
            Self::Greatest | Self::Least => match cell {
                Cell::Null => Key::Last,
                Cell::Real(value) if value.is_nan() => Key::Last,
                Cell::String(_) | Cell::Decimal(_) | Cell::Guid(_) => Key::Other(cell.clone().into_owned()),
                other => order_key(other).map_or(Key::Last, Key::Word),
            },
        }
    }

    /// Less where the first is preferred.
    fn compare(self, a: &Key, b: &Key) -> Ordering {
        let natural = match (a, b) {
            (Key::Last, Key::Last) => return Ordering::Equal,
            (Key::Last, _) => return Ordering::Greater,
            (_, Key::Last) => return Ordering::Less,
            (Key::Word(a), Key::Word(b)) => a.cmp(b),
            (Key::Other(a), Key::Other(b)) => order(a, b),
            (Key::Word(_), Key::Other(_)) => Ordering::Less,
            (Key::Other(_), Key::Word(_)) => Ordering::Greater,
        };
        if self == Self::Greatest { natural.reverse() } else { natural }
    }
}

/// The record chosen so far.
#[derive(Debug)]
struct Best {
    key: Key,
    rank: i64,
    /// The cells of the record; empty where there was none yet.
    record: Vec<u8>,
    /// The row of the batch at hand whose cells are still to be taken over.
    pending: Option<usize>,
}

impl Best {
    const NONE: Self = Self { key: Key::Last, rank: i64::MAX, record: Vec::new(), pending: None };

    fn is_none(&self) -> bool {
        self.record.is_empty() && self.pending.is_none()
    }
}

/// The accumulator. Its inputs are the values that are given, the first of them the one compared, and the rank.
#[derive(Debug)]
pub(super) struct Choice {
    by: By,
    inputs: Arc<[Type]>,
    outputs: Arc<[Type]>,
    groups: Vec<Best>,
    heap: usize,
}

impl Choice {
    pub(super) const fn new(by: By, inputs: Arc<[Type]>, outputs: Arc<[Type]>) -> Self {
        Self { by, inputs, outputs, groups: Vec::new(), heap: 0 }
    }

    fn resize(&mut self, total: usize) {
        self.groups.resize_with(total.max(self.groups.len()), || Best::NONE);
    }

    /// Whether a record takes the place of the one chosen so far; if so, its key and rank are noted.
    fn wins(&mut self, group: usize, key: Key, rank: i64) -> bool {
        let best = &mut self.groups[group];
        let wins = best.is_none()
            || match self.by.compare(&key, &best.key) {
                Ordering::Less => true,
                Ordering::Equal => rank < best.rank,
                Ordering::Greater => false,
            };
        if wins {
            best.key = key;
            best.rank = rank;
        }
        wins
    }

    fn keep(&mut self, group: usize, record: Vec<u8>) {
        let best = &mut self.groups[group];
        self.heap = (self.heap + record.capacity()).saturating_sub(best.record.capacity());
        best.record = record;
        best.pending = None;
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<Best> {
        let emitted = emit_to.take_needed(&mut self.groups);
        let bytes: usize = emitted.iter().map(|best| best.record.capacity()).sum();
        self.heap = self.heap.saturating_sub(bytes);
        emitted
    }
}

impl GroupsAccumulator for Choice {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.resize(total_num_groups);
        let cells = cells(values, &self.inputs)?;
        let [given @ .., rank] = cells.as_slice() else { return Ok(()) };
        let mut touched = Vec::new();
        for (row, group) in rows(group_indices, opt_filter) {
            let key = self.by.key(&given[0].get(row));
            let rank = rank.get(row).as_long().unwrap_or_default();
            if self.wins(group, key, rank) && self.groups[group].pending.replace(row).is_none() {
                touched.push(group);
            }
        }
        // Cells are copied once a batch, not once a better record.
        for group in touched {
            if let Some(row) = self.groups[group].pending {
                let mut writer = Writer::default();
                for column in given {
                    writer.cell(&column.get(row));
                }
                self.keep(group, writer.0);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = self.emit(emit_to);
        let mut builders: Vec<CellBuilder> =
            self.outputs.iter().map(|ty| CellBuilder::new(*ty, groups.len())).collect();
        for best in &groups {
            let mut reader = Reader(&best.record);
            for builder in &mut builders {
                builder.push(&if best.is_none() { Cell::Null } else { reader.cell()? })?;
            }
        }
        assemble(&self.outputs, builders.iter_mut().map(CellBuilder::finish).collect(), groups.len())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.emit(emit_to);
        Ok(vec![encode_states(&groups, |best, writer| {
            writer.i64(best.rank);
            writer.bytes(&best.record);
        })])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let encoded = values[0].as_binary::<i32>();
        for (row, &group) in group_indices.iter().enumerate() {
            let mut reader = Reader(encoded.value(row));
            let rank = reader.i64()?;
            let record = reader.bytes()?;
            if record.is_empty() {
                continue;
            }
            let key = self.by.key(&Reader(record).cell()?);
            if self.wins(group, key, rank) {
                self.keep(group, record.to_vec());
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        to_states(Self::new(self.by, self.inputs.clone(), self.outputs.clone()), values, opt_filter)
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<Best>() + self.heap
    }
}
