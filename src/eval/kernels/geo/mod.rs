//! Functions of places on Earth, after S2: a sphere with edges along great circles. Longitude comes before latitude.

pub(super) mod cells;
pub(super) mod covering;
pub(super) mod densify;
mod geohash;
pub(super) mod measure;
pub(super) mod overlay;
mod ring;
mod shapes;
pub(super) mod wkt;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use super::{Env, RowKernel};
use crate::eval::Cell;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::types::Type;

/// What a kernel gives record by record, null where an argument is null: for functions some of whose arguments ask for
/// what is not computed here, which an array kernel can refuse.
fn by_row(env: Env, args: &[ArrayRef], types: &[Type], function: RowKernel) -> Result<ArrayRef> {
    let columns = args.iter().zip(types).map(|(array, ty)| Cells::new(array.as_ref(), *ty));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let rows = columns.first().map_or(0, Cells::len);
    let mut results = CellBuilder::new(env.ty, rows);
    for row in 0..rows {
        let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.get(row)).collect();
        let result = if cells.iter().any(Cell::is_null) { Cell::Null } else { function(env, &cells) };
        results.push(&result)?;
    }
    Ok(results.finish())
}
