//! Apache Parquet: the columns and row groups that a query needs.

mod convert;
mod prune;
mod tree;

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use datafusion::arrow::array::{Array as _, ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use super::fault::{OnError, Reason};
use super::files::EventFile;
use super::records::{BATCH_ROWS, Faulty, ordinal};
use super::scan::{Batches, Output, Scan, failed};
use crate::eval::arrays::{Cells, from_cells};
use crate::eval::kernels::cast;
use crate::types::Type;

/// What the end of a file says of it, read once.
pub(super) fn metadata(file: &EventFile) -> io::Result<ArrowReaderMetadata> {
    if let Some(known) = file.parquet.get() {
        return Ok(known.clone());
    }
    let input = File::open(&file.path)?;
    // What a writer noted of its own types would bring dictionaries and the like; the types of the format say enough.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::load(&input, options).map_err(damaged)?;
    let schema = Arc::new(Schema::new(plain.schema().fields().iter().map(viewed).collect::<Fields>()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    let known = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options).map_err(damaged)?;
    Ok(file.parquet.get_or_init(|| known).clone())
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn damaged(error: parquet::errors::ParquetError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// The field with its text as views, which is how text stands in a batch here: it is then read without a copy.
fn viewed(field: &Arc<Field>) -> Arc<Field> {
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => Arc::new(Field::clone(field).with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    }
}

/// The columns of a file whose types have a counterpart in KQL.
pub(super) fn columns(file: &EventFile) -> io::Result<Vec<(String, Type)>> {
    let metadata = metadata(file)?;
    let fields = metadata.schema().fields().iter();
    Ok(fields.filter_map(|field| Some((field.name().clone(), convert::natural(field.data_type())?))).collect())
}

/// The row groups that may hold records which the filters let pass, each with the number of its first record.
pub(super) fn row_groups(file: &EventFile, filters: &[Expr]) -> io::Result<Vec<(usize, u64)>> {
    let metadata = metadata(file)?;
    let keep = prune::kept(&metadata, filters);
    let mut first = 0;
    let mut groups = Vec::new();
    for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
        if keep.get(number).copied().unwrap_or(true) {
            groups.push((number, first));
        }
        first += u64::try_from(group.num_rows()).unwrap_or_default();
    }
    Ok(groups)
}

/// The batches of a row group.
pub(super) fn batches(scan: &Arc<Scan>, number: u32, file: &EventFile, group: usize, first: u64) -> Result<Batches> {
    let told = |error: io::Error| failed(file, &error);
    let metadata = metadata(file).map_err(told)?;
    let input = File::open(&file.path).map_err(told)?;
    let wanted = scan.outputs.iter().filter_map(Output::name);
    let roots: Vec<usize> = wanted.filter_map(|name| metadata.schema().index_of(name).ok()).collect();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
    let bytes = metadata
        .metadata()
        .row_groups()
        .get(group)
        .map_or(0, parquet::file::metadata::RowGroupMetaData::compressed_size);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata)
        .with_projection(mask)
        .with_row_groups(vec![group])
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|error| told(damaged(error)))?;
    Ok(Box::new(Reading {
        reader,
        scan: Arc::clone(scan),
        number,
        file: file.clone(),
        next: first,
        bytes: u64::try_from(bytes).unwrap_or_default(),
    }))
}

/// Reads a row group batch by batch.
struct Reading {
    reader: ParquetRecordBatchReader,
    scan: Arc<Scan>,
    number: u32,
    file: EventFile,
    /// The number of the next record.
    next: u64,
    /// The size of the group, until it has been counted as read.
    bytes: u64,
}

impl Iterator for Reading {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.next() {
            None => {
                if let Some(progress) = &self.file.progress {
                    progress.read.fetch_add(std::mem::take(&mut self.bytes), Ordering::Relaxed);
                }
                None
            }
            Some(Err(error)) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, error.to_string());
                Some(Err(failed(&self.file, &error)))
            }
            Some(Ok(batch)) => Some(self.converted(&batch)),
        }
    }
}

impl Reading {
    fn converted(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let first = self.next;
        self.next += rows as u64;
        let mut keep: Option<Vec<bool>> = None;
        let mut arrays = Vec::with_capacity(self.scan.outputs.len());
        for output in &self.scan.outputs {
            arrays.push(match output {
                Output::Ordinal => {
                    let start = ordinal((self.number, first));
                    Arc::new(Int64Array::from_iter_values((start..).take(rows))) as ArrayRef
                }
                Output::Column { name, ty } => match batch.column_by_name(name) {
                    None => nulls(*ty, rows)?,
                    Some(array) => {
                        let (array, lost) = typed(array, *ty).map_err(|why| self.unreadable(name, &why))?;
                        for row in lost {
                            let value = value_text(batch.column_by_name(name), row);
                            let reason = Reason::Type { column: name.clone(), value, ty: ty.name() };
                            let place = (self.scan.first_file + self.number, first + row as u64);
                            self.scan.faults.add(place, reason);
                            match self.scan.on_error {
                                OnError::Fail => return Err(DataFusionError::External(Box::new(Faulty))),
                                OnError::Skip => keep.get_or_insert_with(|| vec![true; rows])[row] = false,
                                OnError::Null => {}
                            }
                        }
                        array
                    }
                },
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.scan.schema), arrays, &options)?;
        match keep {
            None => Ok(batch),
            Some(keep) => Ok(filter_record_batch(&batch, &BooleanArray::from(keep))?),
        }
    }

    fn unreadable(&self, column: &str, error: &DataFusionError) -> DataFusionError {
        let error = io::Error::new(io::ErrorKind::Unsupported, format!("column `{column}`: {error}"));
        failed(&self.file, &error)
    }
}

/// A column of nothing but nulls.
fn nulls(ty: Type, rows: usize) -> Result<ArrayRef> {
    from_cells(ty, std::iter::repeat_n(crate::eval::Cell::Null, rows))
}

/// An array of a file as one of the type of its column, and the rows whose values that type does not hold.
fn typed(array: &ArrayRef, ty: Type) -> Result<(ArrayRef, Vec<usize>)> {
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
    // Text has no null, and a dynamic holds anything.
    if !matches!(ty, Type::String | Type::Dynamic | Type::Unknown) && result.null_count() > array.null_count() {
        let empty = |row| value_text(Some(array), row).is_empty();
        lost.extend((0..result.len()).filter(|row| result.is_null(*row) && array.is_valid(*row) && !empty(*row)));
    }
    Ok((result, lost))
}

/// The beginning of a value, for people.
fn value_text(array: Option<&ArrayRef>, row: usize) -> String {
    let options = datafusion::arrow::util::display::FormatOptions::default();
    array
        .and_then(|array| datafusion::arrow::util::display::ArrayFormatter::try_new(array, &options).ok())
        .map(|formatter| formatter.value(row).to_string().chars().take(60).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
