//! What array kernels share: their arguments as cells, and the arrays of text and arrays they give.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryViewBuilder, StringViewBuilder};
use datafusion::common::Result;

use crate::eval::arrays::Cells;
use crate::eval::dynamic;
use crate::types::Type;

/// The arguments of an array kernel as columns of cells.
///
/// # Errors
/// As [`Cells::new`].
pub(super) fn columns<'a>(args: &'a [ArrayRef], types: &[Type]) -> Result<Vec<Cells<'a>>> {
    args.iter().zip(types).map(|(array, ty)| Cells::new(array.as_ref(), *ty)).collect()
}

/// The number of rows of the arguments.
pub(super) fn rows(args: &[ArrayRef]) -> usize {
    args.first().map_or(0, datafusion::arrow::array::Array::len)
}

/// An array of the texts that `write` leaves in the buffer for each row; the buffer, empty at first, serves all rows.
pub(super) fn texts(rows: usize, mut write: impl FnMut(usize, &mut String)) -> ArrayRef {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        write(row, &mut text);
        builder.append_value(&text);
    }
    Arc::new(builder.finish())
}

/// An array of dynamics that are arrays. `write` puts the elements of a row, encoded, behind each other into the buffer
/// and gives their number, or nothing where the row is null.
pub(super) fn lists(rows: usize, mut write: impl FnMut(usize, &mut Vec<u8>) -> Option<usize>) -> ArrayRef {
    let mut builder = BinaryViewBuilder::with_capacity(rows);
    let mut elements = Vec::new();
    for row in 0..rows {
        elements.clear();
        match write(row, &mut elements) {
            Some(count) => builder.append_value(dynamic::array(count, &elements)),
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}
