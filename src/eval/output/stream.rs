//! An answer that is written as it comes.

use std::io::{self, Write};

use datafusion::arrow::array::RecordBatch;

use super::{Format, each_row_of, json, separated};
use crate::ir::Name;
use crate::types::Type;

/// Writes the records of answers as they come.
pub struct Stream<'w> {
    lines: bool,
    limit: Option<usize>,
    out: &'w mut dyn Write,
    columns: Vec<(Name, Type)>,
    /// The names of the columns, as they stand in a record.
    names: Vec<String>,
    written: usize,
    /// Whether there were more records than were written.
    more: bool,
    error: Option<io::Error>,
}

impl<'w> Stream<'w> {
    /// A way out for records of a format that has nothing behind the last of them; nothing for the other formats.
    pub fn new(format: Format, limit: Option<usize>, out: &'w mut dyn Write) -> Option<Self> {
        let lines = match format {
            Format::Ndjson => true,
            Format::Csv => false,
            Format::Table | Format::Json | Format::Markdown | Format::Parquet => return None,
        };
        let (columns, names) = (Vec::new(), Vec::new());
        Some(Self { lines, limit, out, columns, names, written: 0, more: false, error: None })
    }

    /// Whether the last answer had more records than were written.
    pub const fn was_cut(&self) -> bool {
        self.more
    }

    /// Why no more could be written.
    ///
    /// # Errors
    /// What the writer said.
    pub fn finish(self) -> io::Result<()> {
        self.error.map_or(Ok(()), Err)
    }

    /// Begins an answer; whether there is a point in going on.
    pub(in crate::eval) fn begin(&mut self, columns: Vec<(Name, Type)>) -> bool {
        (self.columns, self.written, self.more) = (columns, 0, false);
        let begun = json::names(&self.columns).and_then(|names| {
            self.names = names;
            if self.lines { Ok(()) } else { separated::write_header(&self.columns, self.out) }
        });
        self.keep(begun)
    }

    /// Writes records; whether there is a point in going on.
    pub(in crate::eval) fn take(&mut self, batch: &RecordBatch) -> bool {
        let left = self.limit.map_or(usize::MAX, |limit| limit - self.written);
        self.more |= left < batch.num_rows();
        let batch = batch.slice(0, left.min(batch.num_rows()));
        self.written += batch.num_rows();
        let (names, out) = (&self.names, &mut *self.out);
        let written = if self.lines {
            each_row_of(&self.columns, &batch, |row| json::write_line(names, row, out))
        } else {
            separated::write_batch(&self.columns, &batch, out)
        };
        self.keep(written) && !self.more
    }

    fn keep(&mut self, done: io::Result<()>) -> bool {
        if let Err(error) = done {
            self.error = Some(error);
        }
        self.error.is_none()
    }
}
