//! Comma-separated values (RFC 4180) under a header.

use std::io::{self, Write};

use super::{Layout, each_row, text};
use crate::eval::engine::Answer;

pub(super) fn write(answer: &Answer, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    if !answer.columns.is_empty() {
        writer.write_record(answer.columns.iter().map(|(name, _)| name.as_bytes()))?;
    }
    each_row(answer, layout.limit, |row| {
        if row.is_empty() {
            return Ok(());
        }
        Ok(writer.write_record(row.iter().map(text))?)
    })?;
    writer.flush()
}
