//! `min` and `max`.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, Int64Array};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::codec::{Reader, Writer};
use super::groups::{State, rows, to_states};
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;
use crate::types::Type;

/// Whole numbers in the order of the values of a type that fits into one; NaN comes before every other number, as it
/// stands beside null when records are sorted.
pub(super) fn order_key(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Bool(value) => Some(i64::from(*value)),
        Cell::Real(value) if value.is_nan() => Some(i64::MIN),
        // The order of IEEE 754's totalOrder.
        Cell::Real(value) => {
            let bits = (*value + 0.0).to_bits() as i64;
            Some(bits ^ ((bits >> 63) as u64 >> 1) as i64)
        }
        other => other.as_long(),
    }
}

/// The value that a whole number stands for; the inverse of [`order_key`].
pub(super) fn from_key(key: i64, ty: Type) -> Cell<'static> {
    match ty {
        Type::Bool => Cell::Bool(key != 0),
        Type::Int => i32::try_from(key).map_or(Cell::Null, Cell::Int),
        Type::Real if key == i64::MIN => Cell::Real(f64::NAN),
        Type::Real => Cell::Real(f64::from_bits((key ^ ((key >> 63) as u64 >> 1) as i64) as u64)),
        Type::DateTime => Cell::DateTime(key),
        Type::TimeSpan => Cell::TimeSpan(key),
        _ => Cell::Long(key),
    }
}

/// Whether [`order_key`] works for a type.
pub(super) const fn has_key(ty: Type) -> bool {
    matches!(ty, Type::Bool | Type::Int | Type::Long | Type::Real | Type::DateTime | Type::TimeSpan)
}

/// The accumulator of `min` and `max` over what fits into a word. Null without values; NaN is passed over where there
/// is another number.
#[derive(Debug)]
pub(super) struct Extremes {
    ty: Type,
    greatest: bool,
    keys: Vec<i64>,
    seen: Vec<bool>,
}

impl Extremes {
    pub(super) const fn new(ty: Type, greatest: bool) -> Self {
        Self { ty, greatest, keys: Vec::new(), seen: Vec::new() }
    }

    fn resize(&mut self, total: usize) {
        let total = total.max(self.keys.len());
        self.keys.resize(total, 0);
        self.seen.resize(total, false);
    }

    fn take(&mut self, group: usize, key: i64) {
        let best = &mut self.keys[group];
        let is_nan = |key| matches!(self.ty, Type::Real) && key == i64::MIN;
        if !self.seen[group] || is_nan(*best) || (!is_nan(key) && if self.greatest { key > *best } else { key < *best })
        {
            *best = key;
            self.seen[group] = true;
        }
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<Option<i64>> {
        let keys = emit_to.take_needed(&mut self.keys);
        let seen = emit_to.take_needed(&mut self.seen);
        keys.into_iter().zip(seen).map(|(key, seen)| seen.then_some(key)).collect()
    }
}

impl GroupsAccumulator for Extremes {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.resize(total_num_groups);
        match Cells::new(values[0].as_ref(), self.ty)? {
            Cells::Long(array) | Cells::DateTime(array) | Cells::TimeSpan(array)
                if array.null_count() == 0 && opt_filter.is_none() =>
            {
                for (value, &group) in array.values().iter().zip(group_indices) {
                    self.take(group, *value);
                }
            }
            cells => {
                for (row, group) in rows(group_indices, opt_filter) {
                    if let Some(key) = order_key(&cells.get(row)) {
                        self.take(group, key);
                    }
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let keys = self.emit(emit_to);
        let mut builder = CellBuilder::new(self.ty, keys.len());
        for key in keys {
            builder.push(&key.map_or(Cell::Null, |key| from_key(key, self.ty)))?;
        }
        Ok(builder.finish())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(Int64Array::from(self.emit(emit_to)))])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let keys = values[0].as_primitive::<Int64Type>();
        for (key, &group) in keys.iter().zip(group_indices) {
            if let Some(key) = key {
                self.take(group, key);
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        to_states(Self::new(self.ty, self.greatest), values, opt_filter)
    }

    fn size(&self) -> usize {
        self.keys.capacity() * size_of::<i64>() + self.seen.capacity()
    }
}

/// The order of two values of one type; strings by their bytes, which is the order of their code points.
pub(crate) fn order(a: &Cell<'_>, b: &Cell<'_>) -> Ordering {
    match (a, b) {
        (Cell::String(a), Cell::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Cell::Decimal(a), Cell::Decimal(b)) => a.cmp(b),
        (Cell::Guid(a), Cell::Guid(b)) => a.cmp(b),
        _ => order_key(a).cmp(&order_key(b)),
    }
}

/// The state of `min` and `max` over strings and decimals. The empty string is a value like any other.
#[derive(Debug)]
pub(super) struct Extreme(Cell<'static>);

impl Extreme {
    fn take(&mut self, greatest: bool, cell: &Cell<'_>) -> usize {
        let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
        if cell.is_null() || (!self.0.is_null() && order(cell, &self.0) != wanted) {
            return 0;
        }
        let before = self.heap();
        self.0 = cell.clone().into_owned();
        self.heap().saturating_sub(before)
    }
}

impl State for Extreme {
    type Config = bool;

    fn new(_: &bool) -> Self {
        Self(Cell::Null)
    }

    fn update(&mut self, greatest: &bool, inputs: &[Cells<'_>], row: usize) -> usize {
        self.take(*greatest, &inputs[0].get(row))
    }

    fn merge(&mut self, greatest: &bool, other: Self) -> usize {
        self.take(*greatest, &other.0)
    }

    fn encode(&self, into: &mut Writer) {
        into.cell(&self.0);
    }

    fn decode(_: &bool, from: &mut Reader<'_>) -> Result<Self> {
        Ok(Self(from.cell()?.into_owned()))
    }

    fn finish(self, _: &bool, outputs: &mut [CellBuilder]) -> Result<()> {
        outputs[0].push(&self.0)
    }

    fn heap(&self) -> usize {
        match &self.0 {
            Cell::String(text) => text.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_reals_and_give_them_back() {
        let ordered = [f64::NEG_INFINITY, -2.0, -1e-300, 0.0, 5e-324, 1.0, f64::INFINITY];
        let keys: Vec<i64> = ordered.iter().map(|v| order_key(&Cell::Real(*v)).unwrap()).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        for (key, value) in keys.iter().zip(ordered) {
            assert_eq!(from_key(*key, Type::Real).as_real(), Some(value));
        }
        assert_eq!(order_key(&Cell::Real(-0.0)), order_key(&Cell::Real(0.0)));
        assert!(from_key(order_key(&Cell::Real(-f64::NAN)).unwrap(), Type::Real).as_real().unwrap().is_nan());
    }
}
