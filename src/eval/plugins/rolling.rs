//! `rolling_percentile`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Call, Column, Fault, Groups, Outcome, Table};
use crate::eval::aggregates::aggregate;
use crate::eval::cell::Cell;
use crate::eval::kernels::bin::bin;
use crate::functions;
use crate::types::Type;

/// `rolling_percentile(value, percentile, index, size, bins[, dimension…])`: for each bin of the index, and each
/// combination of dimensions, that has records, a percentile of the values in so many bins up to it. Bins are those of
/// the function `bin`.
pub(super) fn rolling_percentile(call: &Call) -> Outcome {
    let values = call.column(0)?;
    let percent = call.value(1)?;
    let index = call.column(2)?;
    if !matches!(index.ty, Type::Int | Type::Long | Type::DateTime | Type::TimeSpan) {
        return Err(Fault::of(2, format!("an index of type `{}` is not cut into bins here", index.ty)));
    }
    let size = call.value(3)?;
    let step = size.as_long().filter(|step| *step > 0);
    let step = step.ok_or_else(|| Fault::of(3, "the size of a bin must be greater than nothing"))?;
    let width = call.long(4)?;
    if width < 1 {
        return Err(Fault::of(4, "a window has at least one bin"));
    }
    let dimensions = call.dimensions(5)?;
    let arrays: Vec<_> = dimensions.iter().map(|column| Arc::clone(&column.array)).collect();
    let groups = Groups::new(&arrays, call.input.rows)?;
    // The records of each bin of each group.
    let cells = index.cells()?;
    let mut bins: Vec<BTreeMap<i64, Vec<usize>>> = vec![BTreeMap::new(); groups.len()];
    for (row, group) in groups.of.iter().enumerate() {
        if let Some(start) = bin(&cells.get(row), size).as_long() {
            bins[*group].entry(start).or_default().push(row);
        }
    }
    // Each record once for each window it is in.
    let (mut rows, mut windows, mut starts, mut of_window) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (group, bins) in bins.iter().enumerate() {
        for start in bins.keys() {
            let first = start.saturating_sub(step.saturating_mul(width - 1));
            for row in bins.range(first..=*start).flat_map(|(_, rows)| rows) {
                rows.push(*row);
                windows.push(starts.len());
            }
            starts.push(*start);
            of_window.push(groups.firsts.get(group).copied());
        }
    }
    let result = if values.ty == Type::Int { Type::Long } else { values.ty };
    let percentile = percentiles(&call.input, values, percent, result, &rows, &windows, starts.len())?;
    let count = starts.len();
    let starts = starts.into_iter().map(|start| match index.ty {
        Type::DateTime => Cell::DateTime(start),
        Type::TimeSpan => Cell::TimeSpan(start),
        _ => Cell::Long(start),
    });
    let mut columns = vec![Column::new(index.name.clone(), index.ty, starts)?];
    for column in dimensions {
        columns.push(column.rows(&of_window)?);
    }
    let name = format!("rolling_{width}_percentile_{}_{}", values.name, percent.to_text());
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    columns.push(Column { name: name.into(), ..percentile });
    Ok(Table { columns, rows: count })
}

fn percentiles(
    input: &Table,
    values: &Column,
    percent: &Cell<'_>,
    result: Type,
    rows: &[usize],
    windows: &[usize],
    count: usize,
) -> Result<Column, Fault> {
    let function = functions::aggregate("percentile")
        .ok_or_else(|| Fault::new("the aggregate `percentile` is not in the catalogue"))?;
    let ty = percent.ty().unwrap_or(Type::Real);
    let call = aggregate(function, &[values.ty, ty], &[result], &[None, Some(percent.to_value(ty))])?;
    let values = Table { columns: vec![values.clone()], rows: input.rows }.take(rows)?;
    let percents = Column::new("", ty, vec![percent.clone(); rows.len()])?;
    let mut arguments: Vec<_> = values.columns.into_iter().map(|column| column.array).collect();
    arguments.push(percents.array);
    let ranks = Column::new("", Type::Long, (0i64..).take(rows.len()).map(Cell::Long))?;
    let mut outputs = call.fold(&arguments, Some(&ranks.array), windows, count)?;
    let array = outputs.pop().ok_or_else(|| Fault::new("`percentile` gave nothing"))?;
    Ok(Column { name: "".into(), ty: result, array })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    /// The documentation's example in small: four values a bin, windows of three bins.
    fn values() -> Table {
        let rows: Vec<[String; 3]> = (0..20)
            .map(|number: i64| {
                let parity = if number % 2 == 0 { "odd" } else { "even" };
                [(number + 1).to_string(), number.to_string(), parity.to_owned()]
            })
            .collect();
        let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        table(&[("val", Type::Long), ("t", Type::Long), ("parity", Type::String)], &rows)
    }

    fn rolling() -> Call {
        let call = call(values()).of("val").given(Cell::Long(50)).of("t");
        call.given(Cell::Long(4)).given(Cell::Long(3))
    }

    #[test]
    fn a_window_ends_with_its_bin() {
        let (_, rows) = shown(rolling_percentile(&rolling()));
        assert_eq!(rows, ["0 2", "4 4", "8 6", "12 10", "16 14"]);
    }

    #[test]
    fn dimensions_have_windows_of_their_own() {
        let (_, rows) = shown(rolling_percentile(&rolling().of("parity")));
        assert_eq!(rows[..2], ["0 odd 1", "4 odd 3"]);
        assert_eq!(rows[5..7], ["0 even 2", "4 even 4"]);
    }

    #[test]
    fn a_gap_counts_as_bins() {
        let input = table(&[("val", Type::Long), ("t", Type::Long)], &[&["1", "0"], &["9", "12"]]);
        let call = call(input).of("val").given(Cell::Long(50)).of("t").given(Cell::Long(4)).given(Cell::Long(3));
        let (_, rows) = shown(rolling_percentile(&call));
        assert_eq!(rows, ["0 1", "12 9"]);
    }
}
