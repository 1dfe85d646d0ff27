//! Tests conditions on the columns that they are about, and reads the other columns of those records alone that fulfil
//! them.
//!
//! Columns in which values can be lost are read of all records all the same: which faults are told is not to depend on
//! how a file is read.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, BooleanBufferBuilder};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{concat, filter};
use datafusion::common::Result;
use parquet::arrow::arrow_reader::RowSelection;

use super::group::{Group, Reading, compact};
use crate::eval::sources::records::BATCH_ROWS;
use crate::eval::sources::scan::{Batches, Output};
use crate::types::Type;

/// Whether there is something to be gained.
pub(super) fn pays(group: &Group) -> bool {
    let scan = &group.scan;
    let tested = |name: &str| group.conditions().flat_map(|condition| &condition.columns).any(|(it, _)| it == name);
    let spared = |output: &Output| match output {
        Output::Column { name, ty } => !tested(name) && !group.may_lose(name, *ty),
        Output::Ordinal => false,
    };
    group.conditions().next().is_some() && !scan.passed.are_many() && scan.outputs.iter().any(spared)
}

/// The batches of a row group.
pub(super) fn batches(group: Group) -> Result<Batches> {
    // What is lost in a record is told while conditions are tested.
    if group.conditions().next().is_none() {
        return Ok(Box::new(Reading::all(group)?));
    }
    let rows = group.rows();
    let mut chosen = Chosen { of: None, values: Vec::new() };
    for number in 0..group.conditions().count() {
        chosen = chosen.narrowed(&group, number)?;
        if chosen.count(rows) == 0 {
            break;
        }
    }
    let count = chosen.count(rows);
    group.scan.passed.note(rows, count);
    if count == 0 {
        group.done();
        return Ok(Box::new(std::iter::empty()));
    }
    if count <= BATCH_ROWS {
        let batch = chosen.completed(&group, count)?;
        group.done();
        return Ok(Box::new(std::iter::once(Ok(batch))));
    }
    match chosen.of {
        None => Ok(Box::new(Reading::all(group)?)),
        Some(of) => {
            let positions = of.set_indices_u32().collect();
            Ok(Box::new(Reading::some(group, RowSelection::from_boolean_buffer(of), positions)?))
        }
    }
}

/// The records that have fulfilled the conditions so far.
struct Chosen {
    /// Which of the group they are; nothing where they are all.
    of: Option<BooleanBuffer>,
    /// Their values in columns that have been read and are asked for, while they fit into a batch.
    values: Vec<(String, ArrayRef)>,
}

impl Chosen {
    fn count(&self, rows: usize) -> usize {
        self.of.as_ref().map_or(rows, BooleanBuffer::count_set_bits)
    }

    /// The numbers of the records.
    fn positions(&self, rows: usize) -> Vec<u32> {
        match &self.of {
            Some(of) => of.set_indices_u32().collect(),
            None => (0u32..).take(rows).collect(),
        }
    }

    fn selection(&self) -> Option<RowSelection> {
        self.of.clone().map(RowSelection::from_boolean_buffer)
    }

    /// Those that fulfil a condition too.
    fn narrowed(self, group: &Group, number: usize) -> Result<Self> {
        let scan = &group.scan;
        let Some(condition) = group.conditions().nth(number) else { return Ok(self) };
        let mut columns: Vec<(&str, Type)> = Vec::new();
        let tested = group.conditions().flat_map(|condition| &condition.columns).map(|(name, ty)| (&**name, *ty));
        let asked = scan.outputs.iter().filter_map(|output| Some((output.name()?, output.ty())));
        let more = tested.chain(asked).filter(|(name, ty)| number == 0 && group.may_lose(name, *ty));
        for column in condition.columns.iter().map(|(name, ty)| (&**name, *ty)).chain(more) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        let is_output = |name: &str| scan.outputs.iter().any(|output| output.name() == Some(name));
        let rows = group.rows();
        let positions = self.positions(rows);
        let mut found = BooleanBufferBuilder::new(positions.len());
        let mut kept: Option<Vec<Vec<ArrayRef>>> = Some(Vec::new());
        let (mut next, mut count) = (0, 0);
        for batch in group.reader(columns.iter().map(|(name, _)| *name), self.selection())? {
            let batch = group.read(batch)?;
            let (first, size) = (next, batch.num_rows());
            next += size;
            let position = |row: usize| positions.get(first + row).copied().map_or(0, u64::from);
            let mut dropped = Vec::new();
            let mut arrays = Vec::with_capacity(columns.len());
            for (name, ty) in &columns {
                arrays.push(group.column(&batch, name, *ty, position, &mut dropped)?);
            }
            let values = arrays.iter().take(condition.columns.len()).map(Arc::clone).collect();
            let mut fulfil = condition.test(values, size)?;
            if !dropped.is_empty() {
                fulfil = (0..size).map(|row| fulfil.value(row) && !dropped.contains(&row)).collect();
            }
            found.append_buffer(&fulfil);
            count += fulfil.count_set_bits();
            if count > BATCH_ROWS {
                kept = None;
            }
            if let Some(kept) = kept.as_mut() {
                let fulfil = BooleanArray::from(fulfil);
                let asked = arrays.iter().zip(&columns).filter(|(_, (name, _))| is_output(name));
                kept.push(asked.map(|(array, _)| Ok(compact(&filter(array, &fulfil)?))).collect::<Result<_>>()?);
            }
        }
        let found = found.finish();
        let mut values = Vec::new();
        let before = BooleanArray::from(found.clone());
        for (name, array) in self.values {
            values.push((name, filter(&array, &before)?));
        }
        let asked = columns.iter().filter(|(name, _)| is_output(name));
        for (at, (name, _)) in asked.enumerate() {
            let Some(kept) = &kept else { break };
            let pieces: Vec<&dyn datafusion::arrow::array::Array> =
                kept.iter().filter_map(|arrays| arrays.get(at)).map(AsRef::as_ref).collect();
            if !pieces.is_empty() && values.iter().all(|(there, _)| there != name) {
                values.push(((*name).to_owned(), concat(&pieces)?));
            }
        }
        let of = if self.of.is_none() {
            found
        } else {
            let mut of = BooleanBufferBuilder::new(rows);
            of.append_n(rows, false);
            for position in found.set_indices_u32().filter_map(|at| positions.get(at as usize)) {
                of.set_bit(*position as usize, true);
            }
            of.finish()
        };
        Ok(Self { of: Some(of), values })
    }

    /// The batch of the records, which fit into one, with the values that have not been read yet.
    fn completed(&self, group: &Group, count: usize) -> Result<datafusion::arrow::array::RecordBatch> {
        let scan = &group.scan;
        let known = |name: &str| self.values.iter().find(|(there, _)| there == name).map(|(_, array)| array);
        let missing: Vec<(&str, Type)> = scan
            .outputs
            .iter()
            .filter_map(|output| Some((output.name()?, output.ty())))
            .filter(|(name, _)| known(name).is_none())
            .collect();
        let positions = self.positions(group.rows());
        let mut read: Vec<Vec<ArrayRef>> = vec![Vec::new(); missing.len()];
        if !missing.is_empty() {
            let mut next = 0;
            for batch in group.reader(missing.iter().map(|(name, _)| *name), self.selection())? {
                let batch = group.read(batch)?;
                let first = next;
                next += batch.num_rows();
                let position = |row: usize| positions.get(first + row).copied().map_or(0, u64::from);
                for ((name, ty), pieces) in missing.iter().zip(&mut read) {
                    // What is lost here was told before, and its record passed over.
                    pieces.push(group.column(&batch, name, *ty, position, &mut Vec::new())?);
                }
            }
        }
        let mut read = read.into_iter();
        let mut arrays = Vec::with_capacity(scan.outputs.len());
        for output in &scan.outputs {
            arrays.push(match output {
                Output::Ordinal => group.ordinals(positions.iter().copied().map(u64::from)),
                Output::Column { name, .. } => {
                    if let Some(array) = known(name) {
                        Arc::clone(array)
                    } else {
                        let pieces = read.next().unwrap_or_default();
                        compact(&concat(&pieces.iter().map(AsRef::as_ref).collect::<Vec<_>>())?)
                    }
                }
            });
        }
        group.batch(arrays, count)
    }
}
