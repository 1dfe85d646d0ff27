//! Functions that look at other rows of a serialised input. They work on whole columns, in the order of the rows; what
//! lies beyond the rows of a partition is not seen.

use std::cmp::Ordering;
use std::ops::Range;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, not_impl_err};

use super::arithmetic::binary;
use super::compare::compare;
use crate::eval::Cell;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::ir::ArithmeticOp;
use crate::types::Type;

/// The rows of a serialised input, and where its partitions start; without partitions it is one.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// How many rows there are.
    pub count: usize,
    /// The first row of each partition, ascending. The first partition starts at row 0, named or not.
    pub starts: &'a [usize],
}

impl Rows<'_> {
    fn partitions(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.starts.iter().copied().filter(|start| *start > 0));
        let ends = self.starts.iter().copied().filter(|start| *start > 0).chain([self.count]);
        starts.zip(ends).map(|(start, end)| start..end.min(self.count))
    }
}

/// The arguments of a call, each a column.
struct Columns<'a>(Vec<Cells<'a>>);

impl<'a> Columns<'a> {
    fn get(&self, column: usize, row: usize) -> Option<Cell<'a>> {
        self.0.get(column).map(|cells| cells.get(row))
    }

    /// Whether a column asks for a new beginning at a row.
    fn restarts(&self, column: usize, row: usize) -> bool {
        self.get(column, row).is_some_and(|cell| cell.as_bool() == Some(true))
    }
}

/// What a window function gives for each row.
///
/// # Errors
/// A name that is no window function's, or a column that does not hold its type: faults of the lowering.
pub fn evaluate(name: &str, args: &[ArrayRef], types: &[Type], rows: Rows<'_>) -> Result<ArrayRef> {
    let columns = args.iter().zip(types).map(|(array, ty)| Cells::new(array.as_ref(), *ty));
    let columns = Columns(columns.collect::<Result<_>>()?);
    let first_type = types.first().copied().unwrap_or(Type::Long);
    let (function, ty): (Function, Type) = match name {
        "row_number" => (row_number, Type::Long),
        "row_cumsum" => (row_cumsum, first_type),
        "row_rank" => (row_rank, Type::Long),
        "row_rank_dense" => (row_rank_dense, Type::Long),
        "row_rank_min" => (row_rank_min, Type::Long),
        "row_window_session" => (row_window_session, first_type),
        "prev" => (prev, first_type),
        "next" => (next, first_type),
        _ => return not_impl_err!("{name} is no window function"),
    };
    let mut results = CellBuilder::new(ty, rows.count);
    for partition in rows.partitions() {
        function(&columns, partition, ty, &mut results)?;
    }
    Ok(results.finish())
}

type Function = fn(&Columns<'_>, Range<usize>, Type, &mut CellBuilder) -> Result<()>;

fn row_number(columns: &Columns<'_>, rows: Range<usize>, _: Type, results: &mut CellBuilder) -> Result<()> {
    let mut number: Option<i64> = None;
    for row in rows {
        let first = columns.get(0, row).map_or(Some(1), |start| start.as_long());
        number = match number {
            Some(number) if !columns.restarts(1, row) => number.checked_add(1),
            _ => first,
        };
        results.push(&number.into())?;
    }
    Ok(())
}

/// A null adds nothing; Kusto's documentation leaves it open.
fn row_cumsum(columns: &Columns<'_>, rows: Range<usize>, ty: Type, results: &mut CellBuilder) -> Result<()> {
    let mut sum = Cell::Null;
    for row in rows {
        if columns.restarts(1, row) {
            sum = Cell::Null;
        }
        let term = columns.get(0, row).unwrap_or_default();
        sum = match (&sum, &term) {
            (Cell::Null, _) => term.into_owned(),
            (_, Cell::Null) => sum,
            _ => binary(ArithmeticOp::Add, &sum, &term, ty),
        };
        results.push(&sum)?;
    }
    Ok(())
}

/// Whether two neighbouring rows have one value in a column.
fn same(columns: &Columns<'_>, column: usize, row: usize, other: usize) -> bool {
    match (columns.get(column, row), columns.get(column, other)) {
        (Some(a), Some(b)) => (a.is_null() && b.is_null()) || compare(&a, &b) == Some(Ordering::Equal),
        _ => true,
    }
}

/// Ranks rows; a value that differs from the one before has the rank that `next` makes of the last rank and of the
/// number of rows before.
fn rank(
    columns: &Columns<'_>,
    rows: Range<usize>,
    restart: Option<usize>,
    results: &mut CellBuilder,
    next: impl Fn(i64, i64) -> i64,
) -> Result<()> {
    let (mut rank, mut before) = (0, 0);
    for row in rows {
        if restart.is_some_and(|column| columns.restarts(column, row)) {
            (rank, before) = (0, 0);
        }
        if before == 0 || !same(columns, 0, row, row - 1) {
            rank = next(rank, before);
        }
        before += 1;
        results.push(&Cell::Long(rank))?;
    }
    Ok(())
}

fn row_rank_dense(columns: &Columns<'_>, rows: Range<usize>, _: Type, results: &mut CellBuilder) -> Result<()> {
    rank(columns, rows, Some(1), results, |rank, _| rank + 1)
}

fn row_rank_min(columns: &Columns<'_>, rows: Range<usize>, _: Type, results: &mut CellBuilder) -> Result<()> {
    rank(columns, rows, Some(1), results, |_, before| before + 1)
}

/// The old name of `row_rank_dense`, whose second argument can ask for the other way to rank.
fn row_rank(columns: &Columns<'_>, rows: Range<usize>, _: Type, results: &mut CellBuilder) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let dense = columns.get(1, rows.start).is_none_or(|dense| dense.as_bool() != Some(false));
    rank(columns, rows, None, results, |rank, before| if dense { rank + 1 } else { before + 1 })
}

/// The value that began the session a row belongs to. A row begins one where there is none, where the row before was
/// null, where it lies the longest length or further behind the session's start, or the longest gap behind the row
/// before, and where it is told to. Kusto's page says that other rows give "the previous value", and shows the start of
/// the session.
fn row_window_session(columns: &Columns<'_>, rows: Range<usize>, ty: Type, results: &mut CellBuilder) -> Result<()> {
    let ticks = |column, row| columns.get(column, row).and_then(|cell| cell.as_long());
    let mut session: Option<(i64, i64)> = None;
    for row in rows {
        let Some(at) = ticks(0, row) else {
            session = None;
            results.push(&Cell::Null)?;
            continue;
        };
        let is_over = |from: i64, limit: Option<i64>| {
            limit.is_some_and(|limit| from.checked_add(limit).is_some_and(|end| at >= end))
        };
        let start = match session {
            Some((start, last))
                if !columns.restarts(3, row) && !is_over(start, ticks(1, row)) && !is_over(last, ticks(2, row)) =>
            {
                start
            }
            _ => at,
        };
        session = Some((start, at));
        results.push(&if ty == Type::DateTime { Cell::DateTime(start) } else { Cell::Long(start) })?;
    }
    Ok(())
}

fn shifted(columns: &Columns<'_>, rows: Range<usize>, direction: i64, results: &mut CellBuilder) -> Result<()> {
    for row in rows.clone() {
        let offset = columns.get(1, row).map_or(Some(1), |offset| offset.as_long());
        let other = (|| i64::try_from(row).ok()?.checked_add(offset?.checked_mul(direction)?))();
        let other = other.and_then(|row| usize::try_from(row).ok()).filter(|row| rows.contains(row));
        let value = match other {
            Some(other) => columns.get(0, other),
            None => columns.get(2, row),
        };
        results.push(&value.unwrap_or_default())?;
    }
    Ok(())
}

fn prev(columns: &Columns<'_>, rows: Range<usize>, _: Type, results: &mut CellBuilder) -> Result<()> {
    shifted(columns, rows, -1, results)
}

fn next(columns: &Columns<'_>, rows: Range<usize>, _: Type, results: &mut CellBuilder) -> Result<()> {
    shifted(columns, rows, 1, results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::arrays::from_cells;
    use crate::literal::{TICKS_PER_HOUR, TICKS_PER_MINUTE, parse_datetime};

    fn longs(values: &[i64]) -> ArrayRef {
        from_cells(Type::Long, values.iter().copied().map(Cell::Long)).unwrap()
    }

    fn bools(values: &[u8]) -> ArrayRef {
        from_cells(Type::Bool, values.iter().map(|value| Cell::Bool(*value == 1))).unwrap()
    }

    fn call(name: &str, args: &[(ArrayRef, Type)], count: usize, starts: &[usize], ty: Type) -> String {
        let (arrays, types): (Vec<_>, Vec<_>) = args.iter().cloned().unzip();
        let result = evaluate(name, &arrays, &types, Rows { count, starts }).unwrap();
        let cells = Cells::new(result.as_ref(), ty).unwrap();
        (0..count).map(|row| cells.get(row).to_text().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_are_numbered() {
        assert_eq!(call("row_number", &[], 3, &[], Type::Long), "1 2 3");
        let args = [(longs(&[7, 7, 7, 7]), Type::Long), (bools(&[0, 0, 1, 0]), Type::Bool)];
        assert_eq!(call("row_number", &args, 4, &[], Type::Long), "7 8 7 8");
        assert_eq!(call("row_number", &[], 4, &[0, 3], Type::Long), "1 2 3 1");
        assert_eq!(call("row_number", &[], 0, &[], Type::Long), "");
        assert_eq!(
            call("row_number", &[(longs(&[i64::MAX; 2]), Type::Long)], 2, &[], Type::Long),
            "9223372036854775807 "
        );
    }

    #[test]
    fn sums_run_along() {
        let salaries = (longs(&[1000, 2000, 1400, 1000, 1950, 1450]), Type::Long);
        let restart = (bools(&[1, 0, 0, 1, 0, 0]), Type::Bool);
        assert_eq!(call("row_cumsum", &[salaries, restart], 6, &[], Type::Long), "1000 3000 4400 1000 2950 4400");
        let reals = from_cells(Type::Real, [Cell::Null, Cell::Real(0.5), Cell::Null, Cell::Real(1.0)]).unwrap();
        assert_eq!(call("row_cumsum", &[(reals, Type::Real)], 4, &[], Type::Real), " 0.5 0.5 1.5");
    }

    #[test]
    fn equal_values_share_a_rank() {
        let departures = || (longs(&[2, 3, 3, 3, 100]), Type::Long);
        assert_eq!(call("row_rank_dense", &[departures()], 5, &[], Type::Long), "1 2 2 2 3");
        assert_eq!(call("row_rank_min", &[departures()], 5, &[], Type::Long), "1 2 2 2 5");
        assert_eq!(call("row_rank", &[departures()], 5, &[], Type::Long), "1 2 2 2 3");
        assert_eq!(call("row_rank", &[(longs(&[]), Type::Long), (bools(&[]), Type::Bool)], 0, &[], Type::Long), "");
        let values = (longs(&[5, 10, 10, 20, 5, 7]), Type::Long);
        let restart = (bools(&[0, 0, 0, 0, 1, 0]), Type::Bool);
        assert_eq!(call("row_rank_min", &[values, restart], 6, &[], Type::Long), "1 2 2 4 1 2");
    }

    #[test]
    fn sessions_end_by_length_gap_or_order() {
        let times = ["10:00", "11:00", "10:16", "10:18", "13:30", "11:30"];
        let times = times.map(|time| Cell::DateTime(parse_datetime(&format!("2024-04-11 {time}")).unwrap()));
        let spans = |ticks| from_cells(Type::TimeSpan, vec![Cell::TimeSpan(ticks); 6]).unwrap();
        let args = [
            (from_cells(Type::DateTime, times).unwrap(), Type::DateTime),
            (spans(TICKS_PER_HOUR), Type::TimeSpan),
            (spans(5 * TICKS_PER_MINUTE), Type::TimeSpan),
            (bools(&[1, 0, 1, 0, 0, 1]), Type::Bool),
        ];
        let starts = call("row_window_session", &args, 6, &[], Type::DateTime);
        let starts: Vec<_> = starts.split(' ').map(|start| &start[11..16]).collect();
        assert_eq!(starts, ["10:00", "11:00", "10:16", "10:16", "13:30", "11:30"]);
    }

    #[test]
    fn neighbours_are_looked_up_within_the_partition() {
        let values = || (longs(&[1, 2, 3, 4]), Type::Long);
        assert_eq!(call("prev", &[values()], 4, &[], Type::Long), " 1 2 3");
        assert_eq!(call("next", &[values()], 4, &[2], Type::Long), "2  4 ");
        let args = [values(), (longs(&[2; 4]), Type::Long), (longs(&[0; 4]), Type::Long)];
        assert_eq!(call("prev", &args, 4, &[], Type::Long), "0 0 1 2");
        let texts = from_cells(Type::String, ["a", "b"].map(Cell::string)).unwrap();
        assert_eq!(call("prev", &[(texts, Type::String)], 2, &[], Type::String), " a");
        assert!(evaluate("strlen", &[], &[], Rows { count: 0, starts: &[] }).is_err());
    }
}
