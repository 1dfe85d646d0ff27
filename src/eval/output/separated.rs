//! Comma-separated values (RFC 4180) under a header.

use std::io::{self, Write};

use datafusion::arrow::array::RecordBatch;

use super::{Layout, batches, each_row_of, text};
use crate::eval::engine::Answer;
use crate::ir::Name;
use crate::types::Type;

pub(super) fn write(answer: &Answer, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    write_header(&answer.columns, out)?;
    batches(answer, layout.limit).try_for_each(|batch| write_batch(&answer.columns, &batch, out))
}

/// The names of the columns.
pub(super) fn write_header(columns: &[(Name, Type)], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    if !columns.is_empty() {
        writer.write_record(columns.iter().map(|(name, _)| name.as_bytes()))?;
    }
    writer.flush()
}

/// The records of a batch.
pub(super) fn write_batch(columns: &[(Name, Type)], batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    if !columns.is_empty() {
        each_row_of(columns, batch, |row| Ok(writer.write_record(row.iter().map(text))?))?;
    }
    writer.flush()
}
