//! From the types of Parquet, as Arrow reads them, to those of KQL.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, FixedSizeBinaryBuilder, Int64Array, StringViewArray,
};
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::compute::{cast, is_not_null, max, min};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimeUnit};
use datafusion::common::Result;

use super::tree::Tree;
use crate::eval::arrays::{DECIMAL_WIDTH, GUID_WIDTH, decimal_bytes};
use crate::literal::{
    Decimal, MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_SECOND,
    civil_to_ticks,
};
use crate::types::Type;

/// The KQL type that holds what an Arrow type holds; nothing where no type does.
pub(super) fn natural(of: &DataType) -> Option<Type> {
    Some(match of {
        DataType::Boolean => Type::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => Type::Int,
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Type::Long,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Type::Real,
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale)
            if *scale >= 0 =>
        {
            Type::Decimal
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Type::String,
        // Writers without a type for text.
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Type::String,
        DataType::FixedSizeBinary(GUID_WIDTH) => Type::Guid,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Type::DateTime,
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) => Type::TimeSpan,
        DataType::Struct(_) | DataType::List(_) | DataType::LargeList(_) | DataType::Map(..) => {
            Tree::fits(of).then_some(Type::Dynamic)?
        }
        _ => return None,
    })
}

/// Whether values of an Arrow type can be out of the range of their natural type.
pub(super) const fn may_lose(of: &DataType) -> bool {
    !matches!(
        of,
        DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::Float16
            | DataType::Float32
            | DataType::Float64
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Null
            | DataType::FixedSizeBinary(_)
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::Struct(_)
            | DataType::List(_)
            | DataType::LargeList(_)
            | DataType::Map(..)
    )
}

/// The array as one of its natural type. A value that the type does not hold is null.
pub(super) fn converted(array: &ArrayRef, natural: Type) -> Result<ArrayRef> {
    Ok(match natural {
        Type::Bool => Arc::clone(array),
        Type::Int => cast(array, &DataType::Int32)?,
        Type::Long => cast(array, &DataType::Int64)?,
        Type::Real => cast(array, &DataType::Float64)?,
        Type::String => text(&cast(array, &DataType::Utf8View)?)?,
        Type::DateTime => datetimes(array)?,
        Type::TimeSpan => timespans(array)?,
        Type::Decimal => decimals(array)?,
        Type::Guid => Arc::clone(array),
        Type::Dynamic | Type::Unknown => Tree::of(array)?.encoded(array.len())?,
    })
}

/// Text, of which none is null.
fn text(array: &ArrayRef) -> Result<ArrayRef> {
    if array.null_count() == 0 {
        return Ok(Arc::clone(array));
    }
    let there: BooleanArray = is_not_null(array)?;
    Ok(zip(&there, array, &StringViewArray::new_scalar(""))?)
}

/// Ticks of a unit of time; for nanoseconds, how many make a tick.
fn ticks(unit: TimeUnit) -> (i64, i64) {
    match unit {
        TimeUnit::Second => (TICKS_PER_SECOND, 1),
        TimeUnit::Millisecond => (TICKS_PER_MILLISECOND, 1),
        TimeUnit::Microsecond => (TICKS_PER_MICROSECOND, 1),
        TimeUnit::Nanosecond => (1, 100),
    }
}

/// Numbers of a unit as ticks from a start.
fn scaled(array: &ArrayRef, (times, per): (i64, i64), start: i64, fits: impl Fn(i64) -> bool) -> Result<ArrayRef> {
    let numbers = cast(array, &DataType::Int64)?;
    let numbers = numbers.as_primitive::<Int64Type>();
    let scale = |number: i64| {
        let ticks = number.div_euclid(per).checked_mul(times)?.checked_add(start)?;
        fits(ticks).then_some(ticks)
    };
    // Where the least and the greatest fit, so do all between them, which need not be looked at one by one.
    let edges = [min(numbers), max(numbers)].into_iter().flatten();
    if numbers.null_count() == 0 && edges.clone().all(|edge| scale(edge).is_some()) {
        let ticks: Int64Array = if per == 1 {
            numbers.unary(|number| number * times + start)
        } else {
            numbers.unary(|number| number.div_euclid(per) * times + start)
        };
        return Ok(Arc::new(ticks));
    }
    let ticks: Int64Array = numbers.iter().map(|number| number.and_then(scale)).collect();
    Ok(Arc::new(ticks))
}

fn datetimes(array: &ArrayRef) -> Result<ArrayRef> {
    let epoch = civil_to_ticks(1970, 1, 1).unwrap_or_default();
    let fits = |ticks| (0..=MAX_DATETIME).contains(&ticks);
    match array.data_type() {
        DataType::Date32 => scaled(&cast(array, &DataType::Int32)?, (TICKS_PER_DAY, 1), epoch, fits),
        DataType::Timestamp(unit, _) => scaled(array, ticks(*unit), epoch, fits),
        _ => scaled(array, ticks(TimeUnit::Millisecond), epoch, fits),
    }
}

fn timespans(array: &ArrayRef) -> Result<ArrayRef> {
    let unit = match array.data_type() {
        DataType::Time32(unit) | DataType::Time64(unit) | DataType::Duration(unit) => *unit,
        _ => TimeUnit::Nanosecond,
    };
    let plain = if matches!(array.data_type(), DataType::Time32(_)) {
        cast(array, &DataType::Int32)?
    } else {
        Arc::clone(array)
    };
    scaled(&plain, ticks(unit), 0, |_| true)
}

fn decimals(array: &ArrayRef) -> Result<ArrayRef> {
    let scale = match array.data_type() {
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => *scale,
        _ => 0,
    };
    let wide = cast(array, &DataType::Decimal128(38, scale))?;
    let mut builder = FixedSizeBinaryBuilder::with_capacity(array.len(), DECIMAL_WIDTH);
    for mantissa in wide.as_primitive::<Decimal128Type>() {
        match mantissa {
            Some(mantissa) => builder.append_value(decimal_bytes(Decimal::new(mantissa, scale.unsigned_abs())))?,
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}
