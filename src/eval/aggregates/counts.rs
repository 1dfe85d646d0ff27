//! Counts and sums of whole numbers: a word a group.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, Int64Array};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::groups::{rows, to_states};
use crate::eval::arrays::Cells;
use crate::types::Type;

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adding {
    /// 1 a record.
    One,
    /// The values of this type. A sum that leaves the range of `long` wraps round, as Kusto's own arithmetic does.
    Values(Type),
}

/// The accumulator of `count` and of `sum` over whole numbers and times; 0 without values.
#[derive(Debug)]
pub(super) struct Totals {
    adding: Adding,
    totals: Vec<i64>,
}

impl Totals {
    pub(super) const fn new(adding: Adding) -> Self {
        Self { adding, totals: Vec::new() }
    }

    fn add(&mut self, group: usize, value: i64) {
        self.totals[group] = self.totals[group].wrapping_add(value);
    }

    fn emit(&mut self, emit_to: EmitTo) -> ArrayRef {
        Arc::new(Int64Array::from(emit_to.take_needed(&mut self.totals)))
    }
}

impl GroupsAccumulator for Totals {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.totals.resize(total_num_groups.max(self.totals.len()), 0);
        match self.adding {
            Adding::One => {
                for (_, group) in rows(group_indices, opt_filter) {
                    self.add(group, 1);
                }
            }
            Adding::Values(ty) => match Cells::new(values[0].as_ref(), ty)? {
                Cells::Long(array) | Cells::DateTime(array) | Cells::TimeSpan(array)
                    if array.null_count() == 0 && opt_filter.is_none() =>
                {
                    for (value, &group) in array.values().iter().zip(group_indices) {
                        self.add(group, *value);
                    }
                }
                cells => {
                    for (row, group) in rows(group_indices, opt_filter) {
                        if let Some(value) = cells.get(row).as_long() {
                            self.add(group, value);
                        }
                    }
                }
            },
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(self.emit(emit_to))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.emit(emit_to)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.totals.resize(total_num_groups.max(self.totals.len()), 0);
        for (value, &group) in values[0].as_primitive::<Int64Type>().values().iter().zip(group_indices) {
            self.add(group, *value);
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        to_states(Self::new(self.adding), values, opt_filter)
    }

    fn size(&self) -> usize {
        self.totals.capacity() * size_of::<i64>()
    }
}
