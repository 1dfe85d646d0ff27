//! A row group: its columns, converted, and its batches.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions,
};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};

use super::{convert, damaged, metadata, prune};
use crate::eval::arrays::{Cells, from_cells};
use crate::eval::kernels::cast;
use crate::eval::sources::condition::Condition;
use crate::eval::sources::fault::{OnError, Reason};
use crate::eval::sources::files::EventFile;
use crate::eval::sources::records::{BATCH_ROWS, Faulty, ordinal};
use crate::eval::sources::scan::{Output, Scan, failed};
use crate::types::Type;

/// Where no more than one record of so many is left, it does not keep the memory of the others.
const FEW: usize = 8;

/// A row group of a file.
pub(super) struct Group {
    pub(super) scan: Arc<Scan>,
    /// The number of the file in the table.
    number: u32,
    file: EventFile,
    metadata: ArrowReaderMetadata,
    /// Its place among the groups of the file.
    index: usize,
    /// The number of its first record in the file.
    first: u64,
    /// The conditions of the scan that not all records fulfil for what the file says of them.
    open: Vec<usize>,
}

impl Group {
    pub(super) fn new(scan: &Arc<Scan>, number: u32, file: &EventFile, group: usize, first: u64) -> Result<Self> {
        let metadata = metadata(file).map_err(|error| failed(file, &error))?;
        let sure = |condition: &Condition| match condition.columns.as_slice() {
            [(_, ty)] => condition.filters.iter().all(|filter| prune::surely(&metadata, group, filter, *ty)),
            _ => false,
        };
        let open = scan.conditions.iter().enumerate().filter(|(_, condition)| !sure(condition));
        let open = open.map(|(at, _)| at).collect();
        Ok(Self { scan: Arc::clone(scan), number, file: file.clone(), metadata, index: group, first, open })
    }

    /// The conditions that are to be tested.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> + Clone {
        self.open.iter().filter_map(|at| self.scan.conditions.get(*at))
    }

    /// How many records it has.
    pub(super) fn rows(&self) -> usize {
        let group = self.metadata.metadata().row_groups().get(self.index);
        group.and_then(|group| usize::try_from(group.num_rows()).ok()).unwrap_or_default()
    }

    /// Reads columns of all records, or of some.
    pub(super) fn reader<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        selection: Option<RowSelection>,
    ) -> Result<ParquetRecordBatchReader> {
        let told = |error: io::Error| failed(&self.file, &error);
        let input = File::open(&self.file.path).map_err(told)?;
        let roots: Vec<usize> = names.filter_map(|name| self.metadata.schema().index_of(name).ok()).collect();
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots);
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input, self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(vec![self.index])
            .with_batch_size(BATCH_ROWS);
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        builder.build().map_err(|error| told(damaged(error)))
    }

    /// A batch, or why there is none.
    pub(super) fn read<E: std::fmt::Display>(&self, batch: std::result::Result<RecordBatch, E>) -> Result<RecordBatch> {
        batch.map_err(|error| failed(&self.file, &io::Error::new(io::ErrorKind::InvalidData, error.to_string())))
    }

    /// A column of a batch; `position` says the number of a record in the group. Of records that are to be passed over the
    /// rows go to `dropped`.
    pub(super) fn column(
        &self,
        batch: &RecordBatch,
        name: &str,
        ty: Type,
        position: impl Fn(usize) -> u64,
        dropped: &mut Vec<usize>,
    ) -> Result<ArrayRef> {
        let Some(stored) = batch.column_by_name(name) else { return nulls(ty, batch.num_rows()) };
        let (array, lost) = typed(stored, ty).map_err(|error| {
            let error = io::Error::new(io::ErrorKind::Unsupported, format!("column `{name}`: {error}"));
            failed(&self.file, &error)
        })?;
        for row in lost {
            let reason = Reason::Type { column: name.to_owned(), value: value_text(stored, row), ty: ty.name() };
            let place = (self.scan.first_file + self.number, self.first + position(row));
            self.scan.faults.add(place, reason);
            match self.scan.on_error {
                OnError::Fail => return Err(DataFusionError::External(Box::new(Faulty))),
                OnError::Skip => dropped.push(row),
                OnError::Null => {}
            }
        }
        Ok(array)
    }

    /// Whether reading a column can come upon a value that its type does not hold.
    pub(super) fn may_lose(&self, name: &str, ty: Type) -> bool {
        let Ok(field) = self.metadata.schema().field_with_name(name) else { return false };
        match convert::natural(field.data_type()) {
            Some(natural) if natural == ty => {
                convert::may_lose(field.data_type()) && prune::numbers(&self.metadata, self.index, name, ty).is_none()
            }
            _ => !holds_all(ty),
        }
    }

    /// The ordinals of records.
    pub(super) fn ordinals(&self, positions: impl Iterator<Item = u64>) -> ArrayRef {
        Arc::new(positions.map(|position| ordinal((self.number, self.first + position))).collect::<Int64Array>())
    }

    /// The batch of the values of all outputs.
    pub(super) fn batch(&self, arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.scan.schema), arrays, &options)?)
    }

    /// Counts the group as read.
    pub(super) fn done(&self) {
        let group = self.metadata.metadata().row_groups().get(self.index);
        let bytes = group.map_or(0, |group| u64::try_from(group.compressed_size()).unwrap_or_default());
        if let Some(progress) = &self.file.progress {
            progress.read.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

/// Reads a row group batch by batch.
pub(super) struct Reading {
    reader: ParquetRecordBatchReader,
    group: Group,
    /// The numbers of the records, where not all are read.
    positions: Option<Vec<u32>>,
    /// How many records have been read.
    next: usize,
    /// Whether the conditions of the scan are still to be tested.
    tests: bool,
    done: bool,
}

impl Reading {
    /// Reads all records, and tests them.
    pub(super) fn all(group: Group) -> Result<Self> {
        let scan = Arc::clone(&group.scan);
        let tested = group.conditions().flat_map(|condition| &condition.columns).map(|(name, _)| name.as_str());
        let reader = group.reader(scan.outputs.iter().filter_map(Output::name).chain(tested), None)?;
        Ok(Self { reader, group, positions: None, next: 0, tests: true, done: false })
    }

    /// Reads some records, which have been tested.
    pub(super) fn some(group: Group, selection: RowSelection, positions: Vec<u32>) -> Result<Self> {
        let scan = Arc::clone(&group.scan);
        let reader = group.reader(scan.outputs.iter().filter_map(Output::name), Some(selection))?;
        Ok(Self { reader, group, positions: Some(positions), next: 0, tests: false, done: false })
    }

    fn converted(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let (group, rows, first) = (&self.group, batch.num_rows(), self.next);
        self.next += rows;
        let positions = self.positions.as_deref();
        let position = |row: usize| match positions {
            Some(positions) => positions.get(first + row).copied().map_or(0, u64::from),
            None => (first + row) as u64,
        };
        let mut dropped = Vec::new();
        let mut arrays = Vec::with_capacity(group.scan.outputs.len());
        for output in &group.scan.outputs {
            arrays.push(match output {
                Output::Ordinal => group.ordinals((0..rows).map(position)),
                Output::Column { name, ty } => group.column(batch, name, *ty, position, &mut dropped)?,
            });
        }
        let mut keep = None;
        if self.tests {
            for condition in group.conditions() {
                let mut values = Vec::with_capacity(condition.columns.len());
                for (name, ty) in &condition.columns {
                    let there = group.scan.outputs.iter().position(|output| output.name() == Some(name));
                    values.push(match there.and_then(|at| arrays.get(at)) {
                        Some(array) => Arc::clone(array),
                        None => group.column(batch, name, *ty, position, &mut dropped)?,
                    });
                }
                let found = condition.test(values, rows)?;
                keep = Some(match keep {
                    Some(before) => &before & &found,
                    None => found,
                });
            }
            if let Some(keep) = &keep {
                group.scan.passed.note(rows, keep.count_set_bits());
            }
        }
        let batch = group.batch(arrays, rows)?;
        let keep = match (keep, dropped.as_slice()) {
            (None, []) => return Ok(batch),
            (Some(keep), []) => keep,
            (keep, dropped) => (0..rows)
                .map(|row| keep.as_ref().is_none_or(|keep| keep.value(row)) && !dropped.contains(&row))
                .collect(),
        };
        let kept = keep.count_set_bits();
        if kept == rows {
            return Ok(batch);
        }
        let batch = filter_record_batch(&batch, &BooleanArray::from(keep))?;
        if kept * FEW > rows {
            return Ok(batch);
        }
        group.batch(batch.columns().iter().map(compact).collect(), kept)
    }
}

impl Iterator for Reading {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.next() {
            None => {
                if !std::mem::replace(&mut self.done, true) {
                    self.group.done();
                }
                None
            }
            Some(batch) => Some(self.group.read(batch).and_then(|batch| self.converted(&batch))),
        }
    }
}

/// The array without the texts that it does not show. What is left of a row group may be put together with what is left of
/// others for long: it is not to hold the pages that it was read from.
pub(super) fn compact(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()),
        DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
        _ => Arc::clone(array),
    }
}

/// A column of nothing but nulls.
fn nulls(ty: Type, rows: usize) -> Result<ArrayRef> {
    from_cells(ty, std::iter::repeat_n(crate::eval::Cell::Null, rows))
}

/// Whether a type holds whatever comes: text has no null, and a dynamic holds anything.
const fn holds_all(ty: Type) -> bool {
    matches!(ty, Type::String | Type::Dynamic | Type::Unknown)
}

/// An array of a file as one of the type of its column, and the rows whose values that type does not hold.
pub(super) fn typed(array: &ArrayRef, ty: Type) -> Result<(ArrayRef, Vec<usize>)> {
    let Some(natural) = convert::natural(array.data_type()) else {
        return Err(DataFusionError::NotImplemented(format!("{} is not read", array.data_type())));
    };
    let converted = convert::converted(array, natural)?;
    let result = if natural == ty {
        converted
    } else {
        let cells = Cells::new(converted.as_ref(), natural)?;
        let cells: Vec<crate::eval::Cell<'_>> = (0..cells.len()).map(|row| cells.get(row)).collect();
        from_cells(ty, cells.iter().map(|cell| cast::cast(cell, ty)))?
    };
    let mut lost = Vec::new();
    if !holds_all(ty) && result.null_count() > array.null_count() {
        let empty = |row| value_text(array, row).is_empty();
        lost.extend((0..result.len()).filter(|row| result.is_null(*row) && array.is_valid(*row) && !empty(*row)));
    }
    Ok((result, lost))
}

/// The beginning of a value, for people.
fn value_text(array: &ArrayRef, row: usize) -> String {
    let options = datafusion::arrow::util::display::FormatOptions::default();
    datafusion::arrow::util::display::ArrayFormatter::try_new(array, &options)
        .map(|formatter| formatter.value(row).to_string().chars().take(60).collect())
        .unwrap_or_default()
}
