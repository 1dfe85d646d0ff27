//! Apache Parquet: the columns and row groups that a query needs.

mod convert;
mod group;
mod late;
mod prune;
mod tree;

use std::fs::File;
use std::io;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema};
use datafusion::common::Result;
use datafusion::logical_expr::Expr;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use self::group::{Group, Reading};
use super::files::EventFile;
use super::scan::{Batches, Scan};
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
    let group = Group::new(scan, number, file, group, first)?;
    if late::pays(&group) { late::batches(group) } else { Ok(Box::new(Reading::all(group)?)) }
}

#[cfg(test)]
mod tests;
