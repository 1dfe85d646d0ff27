//! Rounding down to bins.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, PrimitiveArray};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::Result;

use super::arithmetic::{map_options, to_decimal};
use super::{Env, Kernel, decimal};
use crate::eval::Cell;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] =
    &[Kernel::array("bin", bin_arrays), Kernel::array("floor", bin_arrays), Kernel::strict("bin_at", bin_at_row)];

/// The largest multiple of `size` that is not above `value`; null for a size that is not above zero. Instants count
/// from the start of the year 1, a Monday.
pub fn bin(value: &Cell<'_>, size: &Cell<'_>) -> Cell<'static> {
    bin_at(value, size, None)
}

/// As [`bin`], with one of the bins starting at a point. A bin of an instant or span of time has a span of time for its
/// size; a number in its place gives null.
pub fn bin_at(value: &Cell<'_>, size: &Cell<'_>, point: Option<&Cell<'_>>) -> Cell<'static> {
    if value.is_null() || size.is_null() || point.is_some_and(Cell::is_null) {
        return Cell::Null;
    }
    let all = [Some(value), Some(size), point].into_iter().flatten();
    if let Cell::DateTime(_) | Cell::TimeSpan(_) = value {
        let (Cell::DateTime(_) | Cell::TimeSpan(_)) = size else { return Cell::Null };
        let ticks = value.as_long().zip(size.as_long()).zip(point.map_or(Some(0), Cell::as_long));
        let Some(start) = ticks.and_then(|((value, size), point)| bin_long(value, size, point)) else {
            return Cell::Null;
        };
        return match value {
            // Aligned to a later point, the first bin may start before the first instant.
            Cell::DateTime(_) if start < 0 => Cell::Null,
            Cell::DateTime(_) => Cell::DateTime(start),
            _ => Cell::TimeSpan(start),
        };
    }
    if all.clone().any(|cell| matches!(cell, Cell::Decimal(_))) {
        bin_decimal(value, size, point)
    } else if all.clone().any(|cell| matches!(cell, Cell::Real(_))) {
        match (value.as_real(), size.as_real(), point.map_or(Some(0.0), Cell::as_real)) {
            (Some(value), Some(size), Some(point)) if size > 0.0 => {
                Cell::Real(((value - point) / size).floor() * size + point)
            }
            _ => Cell::Null,
        }
    } else {
        let numbers = value.as_long().zip(size.as_long()).zip(point.map_or(Some(0), Cell::as_long));
        numbers.and_then(|((value, size), point)| bin_long(value, size, point)).into()
    }
}

fn bin_decimal(value: &Cell<'_>, size: &Cell<'_>, point: Option<&Cell<'_>>) -> Cell<'static> {
    use crate::ir::ArithmeticOp::{Add, Subtract};
    let point = point.map_or_else(|| Some(crate::literal::Decimal::default()), to_decimal);
    let start = (|| {
        let (value, size, point) = (to_decimal(value)?, to_decimal(size)?, point?);
        if size.mantissa() <= 0 {
            return None;
        }
        decimal::binary(Add, decimal::floor_to(decimal::binary(Subtract, value, point)?, size)?, point)
    })();
    start.map_or(Cell::Null, Cell::Decimal)
}

fn bin_long(value: i64, size: i64, point: i64) -> Option<i64> {
    if size <= 0 {
        return None;
    }
    let offset = value.checked_sub(point)?;
    value.checked_sub(offset.rem_euclid(size))
}

fn bin_at_row<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args {
        [value, size, point] => bin_at(value, size, Some(point)),
        _ => Cell::Null,
    }
}

fn bin_arrays(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let whole = |ty: Type| matches!(ty, Type::Long | Type::DateTime | Type::TimeSpan);
    let ([values, sizes], &[value_type, size_type]) = (args, types) else {
        return datafusion::common::internal_err!("bin takes two arguments");
    };
    let same_kind = (value_type == Type::Long) == (size_type == Type::Long);
    if whole(value_type) && whole(size_type) && same_kind {
        return Ok(bin_longs(values.as_primitive(), sizes.as_primitive()));
    }
    let (values, sizes) = (Cells::new(values, value_type)?, Cells::new(sizes, size_type)?);
    let mut results = CellBuilder::new(env.ty, values.len());
    for row in 0..values.len() {
        results.push(&bin(&values.get(row), &sizes.get(row)))?;
    }
    Ok(results.finish())
}

fn bin_longs(values: &PrimitiveArray<Int64Type>, sizes: &PrimitiveArray<Int64Type>) -> ArrayRef {
    // The size is nearly always a constant of the query; knowing it once spares a branch a row.
    let constant =
        sizes.values().first().filter(|first| sizes.null_count() == 0 && sizes.values().iter().all(|s| s == *first));
    match constant {
        Some(&size) if size > 0 && values.values().iter().all(|value| *value >= 0) => {
            let size = size.cast_unsigned();
            let bins = values.values().iter().map(|value| {
                let value = value.cast_unsigned();
                (value - value % size).cast_signed()
            });
            Arc::new(PrimitiveArray::<Int64Type>::new(bins.collect(), values.nulls().cloned()))
        }
        _ => map_options(values, sizes, |value, size| bin_long(value, size, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::arrays::from_cells;
    use crate::literal::{TICKS_PER_DAY, parse_datetime, parse_timespan};

    fn datetime(text: &str) -> Cell<'static> {
        Cell::DateTime(parse_datetime(text).unwrap())
    }

    fn span(text: &str) -> Cell<'static> {
        Cell::TimeSpan(parse_timespan(text).unwrap())
    }

    fn cases() -> Vec<(Cell<'static>, Cell<'static>, Type, Cell<'static>)> {
        vec![
            (Cell::Real(4.5), Cell::Long(1), Type::Real, Cell::Real(4.0)),
            (Cell::Long(-1), Cell::Long(2), Type::Long, Cell::Long(-2)),
            (Cell::Long(7), Cell::Long(0), Type::Long, Cell::Null),
            (Cell::Long(7), Cell::Long(-1), Type::Long, Cell::Null),
            (Cell::Int(7), Cell::Long(5), Type::Long, Cell::Long(5)),
            (span("16d"), span("7d"), Type::TimeSpan, span("14d")),
            (datetime("1970-05-11 13:45:07"), span("1d"), Type::DateTime, datetime("1970-05-11")),
            (datetime("2007-01-03"), span("7d"), Type::DateTime, datetime("2007-01-01")),
            (
                Cell::Decimal("1.26".parse().unwrap()),
                Cell::Real(0.25),
                Type::Decimal,
                Cell::Decimal("1.25".parse().unwrap()),
            ),
        ]
    }

    #[test]
    fn bins_start_at_multiples() {
        for (value, size, ty, start) in cases() {
            assert_eq!(format!("{:?}", bin(&value, &size)), format!("{start:?}"), "{value:?} {ty}");
        }
    }

    #[test]
    fn arrays_give_what_values_give() {
        let type_of = |cell: &Cell<'_>| cell.ty().unwrap_or(Type::Long);
        for (value, size, ty, start) in cases() {
            let (value_type, size_type) = (type_of(&value), type_of(&size));
            let values = from_cells(value_type, [value.clone(), Cell::Null]).unwrap();
            let sizes = from_cells(size_type, [size.clone(), size.clone()]).unwrap();
            let bins = bin_arrays(Env { now: 0, ty }, &[values, sizes], &[value_type, size_type]).unwrap();
            let bins = Cells::new(bins.as_ref(), ty).unwrap();
            assert_eq!(format!("{:?}", bins.get(0)), format!("{start:?}"), "{value:?}");
            assert!(bins.get(1).is_null());
        }
    }

    #[test]
    fn bins_align_to_a_point() {
        for (value, size, point, start) in [
            (Cell::Real(6.5), Cell::Real(2.5), Cell::Long(7), Cell::Real(4.5)),
            (span("1h"), span("1d"), span("12h"), span("-12h")),
            (datetime("2017-05-15 10:20"), span("1d"), datetime("1970-01-01 12:00"), datetime("2017-05-14 12:00")),
            (datetime("2017-05-17 10:20"), span("7d"), datetime("2017-06-04"), datetime("2017-05-14")),
            (Cell::DateTime(1), Cell::TimeSpan(TICKS_PER_DAY), Cell::DateTime(2), Cell::Null),
        ] {
            assert_eq!(format!("{:?}", bin_at(&value, &size, Some(&point))), format!("{start:?}"), "{value:?}");
        }
    }
}
