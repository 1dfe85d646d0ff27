//! How an answer is written: one file a format.
//!
//! | type | JSON, NDJSON | CSV, Markdown, table |
//! |---|---|---|
//! | `bool` | `true` | `true` |
//! | `int`, `long` | number | digits |
//! | `real` | number; `"NaN"`, `"Infinity"`, `"-Infinity"` | the same without quotes |
//! | `decimal` | string | digits |
//! | `datetime` | `"2024-01-31T10:00:00.0000000Z"` | the same without quotes |
//! | `timespan` | `"1.02:03:04"` | the same without quotes |
//! | `guid` | string in lower case | the same without quotes |
//! | `dynamic` | JSON | JSON; a string without quotes |
//! | null | `null` | nothing |

mod columnar;
mod json;
mod markdown;
mod separated;
mod stream;
mod table;

use std::io::{self, Write};

use datafusion::arrow::array::RecordBatch;

use super::arrays::Cells;
use super::cell::Cell;
use super::engine::Answer;
use crate::ir::Name;
use crate::types::Type;

pub use stream::Stream;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns, for people
    #[default]
    Table,
    /// One object: `{"columns": [{"name", "type"}], "rows": [[…]]}`
    Json,
    /// One object a record
    Ndjson,
    /// Comma-separated values under a header
    Csv,
    /// A table in Markdown
    Markdown,
    /// Apache Parquet
    Parquet,
}

impl Format {
    /// The format that the ending of a file's name stands for.
    pub fn of_ending(ending: &str) -> Option<Self> {
        const ENDINGS: &[(&str, Format)] = &[
            ("json", Format::Json),
            ("ndjson", Format::Ndjson),
            ("jsonl", Format::Ndjson),
            ("csv", Format::Csv),
            ("md", Format::Markdown),
            ("parquet", Format::Parquet),
            ("txt", Format::Table),
        ];
        ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|&(_, format)| format)
    }
}

/// How much of an answer is written, and how wide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    /// At most so many records.
    pub limit: Option<usize>,
    /// At most so many characters a line, of [`Format::Table`].
    pub width: Option<usize>,
}

/// Writes an answer.
///
/// # Errors
/// What the writer says, or [`io::ErrorKind::Other`] where the answer's arrays are not of the types it states.
pub fn write(answer: &Answer, format: Format, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(answer, layout, out),
        Format::Json => json::write(answer, layout, out),
        Format::Ndjson => json::write_lines(answer, layout, out),
        Format::Csv => separated::write(answer, layout, out),
        Format::Markdown => markdown::write(answer, layout, out),
        Format::Parquet => columnar::write(answer, layout, out),
    }
}

/// The records of an answer, each value as [`Format::Json`] writes it.
///
/// # Errors
/// Where the answer's arrays are not of the types it states.
pub fn json_rows(answer: &Answer) -> io::Result<Vec<Vec<serde_json::Value>>> {
    let mut rows = Vec::with_capacity(answer.len());
    each_row(answer, None, |row| {
        rows.push(row.iter().map(json::value).collect::<io::Result<_>>()?);
        Ok(())
    })?;
    Ok(rows)
}

/// The batches of an answer up to the limit.
fn batches(answer: &Answer, limit: Option<usize>) -> impl Iterator<Item = RecordBatch> + '_ {
    let mut left = limit.unwrap_or(usize::MAX);
    answer.batches.iter().map_while(move |batch| {
        let rows = batch.num_rows().min(left);
        left -= rows;
        (rows > 0 || batch.num_rows() == 0).then(|| batch.slice(0, rows))
    })
}

/// Hands the records of an answer, up to the limit, to `each`.
fn each_row(
    answer: &Answer,
    limit: Option<usize>,
    mut each: impl FnMut(&[Cell<'_>]) -> io::Result<()>,
) -> io::Result<()> {
    batches(answer, limit).try_for_each(|batch| each_row_of(&answer.columns, &batch, &mut each))
}

/// Hands the records of a batch to `each`.
fn each_row_of(
    columns: &[(Name, Type)],
    batch: &RecordBatch,
    mut each: impl FnMut(&[Cell<'_>]) -> io::Result<()>,
) -> io::Result<()> {
    let columns: Vec<Cells<'_>> = columns
        .iter()
        .zip(batch.columns())
        .map(|((_, ty), array)| Cells::new(array.as_ref(), *ty).map_err(io::Error::other))
        .collect::<io::Result<_>>()?;
    let mut row = Vec::with_capacity(columns.len());
    for at in 0..batch.num_rows() {
        row.clear();
        row.extend(columns.iter().map(|column| column.get(at)));
        each(&row)?;
    }
    Ok(())
}

/// The text of a cell in formats for people and spreadsheets: as `tostring` has it, but for booleans, which are as KQL
/// writes them.
fn text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Bool(value) => value.to_string(),
        other => other.to_text().into_owned(),
    }
}

/// Whether values of a type are set to the right, as numbers are.
const fn is_numeric(ty: Type) -> bool {
    matches!(ty, Type::Int | Type::Long | Type::Real | Type::Decimal)
}

#[cfg(test)]
mod tests;
