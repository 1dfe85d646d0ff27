//! The operators `+ - * / %` and unary minus, on values and on arrays.
//!
//! A result that its type cannot hold (an integer beyond 64 bits, an instant outside the years 1 to 9999) is null, and
//! so is an integer or decimal divided by zero; reals follow IEEE 754, so that `1.0 / 0` is infinite. Kusto's
//! documentation leaves the overflow of scalars open.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray as _, BooleanBufferBuilder, PrimitiveArray,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::Result;

use super::compare::scalar;
use super::decimal;
use crate::eval::Cell;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::ir::ArithmeticOp;
use crate::literal::{Decimal, MAX_DATETIME};
use crate::types::Type;

/// The result of an operator on two values, of the type that the binder resolved; null where an operand is.
///
/// Numbers widen to the result's type first. Instants and spans of time are counted in ticks throughout, so that what
/// the type checker lets pass (a span times a span) has a meaning here too.
pub fn binary(op: ArithmeticOp, left: &Cell<'_>, right: &Cell<'_>, ty: Type) -> Cell<'static> {
    let (left, right) = (scalar(left), scalar(right));
    match ty {
        Type::Int => integer_of(&left, &right, op).and_then(|v| v.try_into().ok()).map_or(Cell::Null, Cell::Int),
        Type::Long => integer_of(&left, &right, op).into(),
        Type::Real => real_of(&left, &right, op).into(),
        Type::Decimal => {
            let operands = to_decimal(&left).zip(to_decimal(&right));
            operands.and_then(|(a, b)| decimal::binary(op, a, b)).map_or(Cell::Null, Cell::Decimal)
        }
        Type::DateTime => time_of(&left, &right, op)
            .filter(|ticks| (0..=MAX_DATETIME).contains(ticks))
            .map_or(Cell::Null, Cell::DateTime),
        Type::TimeSpan => time_of(&left, &right, op).map_or(Cell::Null, Cell::TimeSpan),
        Type::Dynamic | Type::Unknown => match natural_type(op, &left, &right) {
            Some(ty) => binary(op, &left, &right, ty).to_json().into(),
            None => Cell::Null,
        },
        Type::Bool | Type::String | Type::Guid => Cell::Null,
    }
}

/// The type of a result whose operands are known to be dynamic only, by what they hold.
fn natural_type(op: ArithmeticOp, left: &Cell<'_>, right: &Cell<'_>) -> Option<Type> {
    use ArithmeticOp::{Divide, Modulo, Subtract};
    let is_time = |cell: &Cell<'_>| matches!(cell, Cell::DateTime(_) | Cell::TimeSpan(_));
    let is_instant = |cell: &Cell<'_>| matches!(cell, Cell::DateTime(_));
    let instants = [left, right].into_iter().filter(|cell| is_instant(cell)).count();
    Some(match (is_time(left), is_time(right)) {
        (true, true) if op == Divide => Type::Real,
        (true, true) if op == Modulo || (op == Subtract && instants != 1) => Type::TimeSpan,
        (true, _) | (_, true) if instants > 0 => Type::DateTime,
        (true, _) | (_, true) => Type::TimeSpan,
        (false, false) => match (left, right) {
            (Cell::Decimal(_), _) | (_, Cell::Decimal(_)) => Type::Decimal,
            (Cell::Real(_), _) | (_, Cell::Real(_)) => Type::Real,
            _ if left.as_long().is_some() && right.as_long().is_some() => Type::Long,
            _ => return None,
        },
    })
}

fn integer_of(left: &Cell<'_>, right: &Cell<'_>, op: ArithmeticOp) -> Option<i64> {
    integer(op, to_integer(left)?, to_integer(right)?)
}

fn real_of(left: &Cell<'_>, right: &Cell<'_>, op: ArithmeticOp) -> Option<f64> {
    Some(real(op, ticks_or_real(left)?, ticks_or_real(right)?))
}

fn time_of(left: &Cell<'_>, right: &Cell<'_>, op: ArithmeticOp) -> Option<i64> {
    match (left, right) {
        (Cell::Real(_) | Cell::Decimal(_), _) | (_, Cell::Real(_) | Cell::Decimal(_)) => {
            to_ticks(real_of(left, right, op)?)
        }
        _ => integer(op, left.as_long()?, right.as_long()?),
    }
}

/// The whole number of a number; a real, which a dynamic may hold where the type asks for an integer, is cut.
fn to_integer(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Real(value) if value.is_finite() => Some(*value as i64),
        _ => cell.as_long(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the nearest is what a real can hold")]
fn ticks_or_real(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        Cell::DateTime(ticks) | Cell::TimeSpan(ticks) => Some(*ticks as f64),
        _ => cell.as_real(),
    }
}

/// The number as a decimal; `None` where it is none, or a real beyond what a decimal holds.
pub(super) fn to_decimal(cell: &Cell<'_>) -> Option<Decimal> {
    match cell {
        Cell::Decimal(value) => Some(*value),
        Cell::Real(value) => decimal::of_real(*value),
        Cell::Int(_) | Cell::Long(_) => cell.as_long().map(Decimal::from),
        _ => None,
    }
}

/// A real number of ticks, rounded; `None` where there are too many.
#[expect(clippy::cast_precision_loss, reason = "2^63 is exact")]
pub(super) fn to_ticks(value: f64) -> Option<i64> {
    (value.abs() < i64::MAX as f64).then(|| value.round() as i64)
}

/// An operator on integers; `None` beyond 64 bits and by zero.
fn integer(op: ArithmeticOp, left: i64, right: i64) -> Option<i64> {
    match op {
        ArithmeticOp::Add => left.checked_add(right),
        ArithmeticOp::Subtract => left.checked_sub(right),
        ArithmeticOp::Multiply => left.checked_mul(right),
        ArithmeticOp::Divide => left.checked_div(right),
        // The smallest integer by -1 leaves nothing, although the quotient does not fit.
        ArithmeticOp::Modulo if right == -1 => Some(0),
        ArithmeticOp::Modulo => left.checked_rem_euclid(right),
    }
}

/// An operator on reals.
fn real(op: ArithmeticOp, left: f64, right: f64) -> f64 {
    match op {
        ArithmeticOp::Add => left + right,
        ArithmeticOp::Subtract => left - right,
        ArithmeticOp::Multiply => left * right,
        ArithmeticOp::Divide => left / right,
        ArithmeticOp::Modulo => left.rem_euclid(right),
    }
}

/// Unary minus. The smallest integer has no opposite and gives null.
pub fn negate(cell: &Cell<'_>) -> Cell<'static> {
    match scalar(cell) {
        // The type checker promotes `int` to `long`.
        Cell::Int(value) => Cell::Long(-i64::from(value)),
        Cell::Long(value) => value.checked_neg().into(),
        Cell::Real(value) => Cell::Real(-value),
        Cell::Decimal(value) => Cell::Decimal(value.negated()),
        Cell::TimeSpan(ticks) => ticks.checked_neg().map_or(Cell::Null, Cell::TimeSpan),
        // An instant before the first one; only zero has an opposite.
        Cell::DateTime(0) => Cell::DateTime(0),
        _ => Cell::Null,
    }
}

/// [`binary`] on whole arrays of one length, each of the Arrow type of its KQL type.
///
/// # Errors
/// An array of another Arrow type than its KQL type asks for: a fault of the lowering.
pub fn binary_arrays(
    op: ArithmeticOp,
    (left, left_type): (&ArrayRef, Type),
    (right, right_type): (&ArrayRef, Type),
    ty: Type,
) -> Result<ArrayRef> {
    let whole = |ty: Type| matches!(ty, Type::Int | Type::Long | Type::DateTime | Type::TimeSpan);
    let number = |ty: Type| ty.is_integer() || ty == Type::Real;
    match ty {
        Type::Long | Type::TimeSpan if whole(left_type) && whole(right_type) => longs(op, left, right, |_| true),
        Type::DateTime if whole(left_type) && whole(right_type) => {
            longs(op, left, right, |ticks| (0..=MAX_DATETIME).contains(&ticks))
        }
        Type::Real if number(left_type) && number(right_type) => {
            let (left, right) = (cast(left, &DataType::Float64)?, cast(right, &DataType::Float64)?);
            let (left, right) = (left.as_primitive::<Float64Type>(), right.as_primitive::<Float64Type>());
            // One loop an operator, so that each can use the whole width of the processor.
            Ok(match op {
                ArithmeticOp::Add => map_reals(left, right, |a, b| a + b),
                ArithmeticOp::Subtract => map_reals(left, right, |a, b| a - b),
                ArithmeticOp::Multiply => map_reals(left, right, |a, b| a * b),
                ArithmeticOp::Divide => map_reals(left, right, |a, b| a / b),
                ArithmeticOp::Modulo => map_reals(left, right, f64::rem_euclid),
            })
        }
        _ => {
            let (left, right) = (Cells::new(left, left_type)?, Cells::new(right, right_type)?);
            let rows = left.len();
            let mut results = CellBuilder::new(ty, rows);
            for row in 0..rows {
                results.push(&binary(op, &left.get(row), &right.get(row), ty))?;
            }
            Ok(results.finish())
        }
    }
}

fn longs(op: ArithmeticOp, left: &ArrayRef, right: &ArrayRef, fits: impl Fn(i64) -> bool) -> Result<ArrayRef> {
    let (left, right) = (cast(left, &DataType::Int64)?, cast(right, &DataType::Int64)?);
    let (left, right) = (left.as_primitive::<Int64Type>(), right.as_primitive::<Int64Type>());
    let checked = |result: Option<i64>| result.filter(|value| fits(*value));
    Ok(match op {
        ArithmeticOp::Add => map_options(left, right, |a: i64, b| checked(a.checked_add(b))),
        ArithmeticOp::Subtract => map_options(left, right, |a: i64, b| checked(a.checked_sub(b))),
        _ => map_options(left, right, |a, b| checked(integer(op, a, b))),
    })
}

fn map_reals(
    left: &PrimitiveArray<Float64Type>,
    right: &PrimitiveArray<Float64Type>,
    op: impl Fn(f64, f64) -> f64,
) -> ArrayRef {
    let values = left.values().iter().zip(right.values()).map(|(a, b)| op(*a, *b)).collect();
    Arc::new(PrimitiveArray::<Float64Type>::new(values, NullBuffer::union(left.nulls(), right.nulls())))
}

/// A function of the values of two arrays of one length; null where a value is, or where there is no result.
pub(super) fn map_options<T: ArrowPrimitiveType>(
    left: &PrimitiveArray<T>,
    right: &PrimitiveArray<T>,
    op: impl Fn(T::Native, T::Native) -> Option<T::Native>,
) -> ArrayRef {
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let mut failed = false;
    let mut valid = BooleanBufferBuilder::new(left.len());
    let values = left.values().iter().zip(right.values()).map(|(a, b)| {
        // What stands under a null is arbitrary, and must not count as a failure of its own.
        let result = op(*a, *b);
        failed |= result.is_none();
        valid.append(result.is_some());
        result.unwrap_or_default()
    });
    let values = values.collect();
    let nulls = if failed { NullBuffer::union(nulls.as_ref(), Some(&NullBuffer::new(valid.finish()))) } else { nulls };
    Arc::new(PrimitiveArray::<T>::new(values, nulls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::arrays::from_cells;
    use crate::ir::Json;
    use crate::literal::TICKS_PER_HOUR;

    const HOUR: i64 = TICKS_PER_HOUR;

    fn cases() -> Vec<(ArithmeticOp, Cell<'static>, Cell<'static>, Type, Cell<'static>)> {
        use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
        use Cell::{DateTime, Int, Long, Null, Real, TimeSpan};
        let decimal = |text: &str| Cell::Decimal(text.parse().unwrap());
        vec![
            (Add, Int(1), Int(2), Type::Long, Long(3)),
            (Add, Int(1), Null, Type::Long, Null),
            (Add, Long(i64::MAX), Long(1), Type::Long, Null),
            (Divide, Long(5), Long(2), Type::Long, Long(2)),
            (Divide, Long(-5), Long(2), Type::Long, Long(-2)),
            (Divide, Long(5), Long(0), Type::Long, Null),
            (Divide, Real(5.0), Long(2), Type::Real, Real(2.5)),
            (Divide, Real(1.0), Long(0), Type::Real, Real(f64::INFINITY)),
            (Modulo, Long(14), Long(12), Type::Long, Long(2)),
            (Modulo, Long(-14), Long(12), Type::Long, Long(10)),
            (Modulo, Long(14), Long(-12), Type::Long, Long(2)),
            (Modulo, Long(-14), Long(-12), Type::Long, Long(10)),
            (Modulo, Long(i64::MIN), Long(-1), Type::Long, Long(0)),
            (Multiply, decimal("1.1"), Long(3), Type::Decimal, decimal("3.3")),
            (Add, decimal("1.1"), Real(0.1), Type::Decimal, decimal("1.2")),
            (Add, DateTime(HOUR), TimeSpan(HOUR), Type::DateTime, DateTime(2 * HOUR)),
            (Add, TimeSpan(HOUR), DateTime(HOUR), Type::DateTime, DateTime(2 * HOUR)),
            (Subtract, DateTime(HOUR), TimeSpan(2 * HOUR), Type::DateTime, Null),
            (Add, DateTime(MAX_DATETIME), TimeSpan(1), Type::DateTime, Null),
            (Subtract, DateTime(HOUR), DateTime(3 * HOUR), Type::TimeSpan, TimeSpan(-2 * HOUR)),
            (Multiply, TimeSpan(HOUR), Long(3), Type::TimeSpan, TimeSpan(3 * HOUR)),
            (Multiply, Real(1.5), TimeSpan(HOUR), Type::TimeSpan, TimeSpan(HOUR + HOUR / 2)),
            (Divide, TimeSpan(HOUR), Int(2), Type::TimeSpan, TimeSpan(HOUR / 2)),
            (Divide, TimeSpan(HOUR), TimeSpan(HOUR / 60), Type::Real, Real(60.0)),
            (Modulo, TimeSpan(5 * HOUR), TimeSpan(2 * HOUR), Type::TimeSpan, TimeSpan(HOUR)),
        ]
    }

    #[test]
    fn operators_follow_the_types() {
        for (op, left, right, ty, result) in cases() {
            assert_eq!(
                format!("{:?}", binary(op, &left, &right, ty)),
                format!("{result:?}"),
                "{left:?} {op:?} {right:?}"
            );
        }
    }

    #[test]
    fn arrays_give_what_values_give() {
        let type_of = |cell: &Cell<'_>| cell.ty().unwrap_or(Type::Long);
        for (op, left, right, ty, result) in cases() {
            let (left_type, right_type) = (type_of(&left), type_of(&right));
            let lefts = from_cells(left_type, [left.clone(), Cell::Null, left.clone()]).unwrap();
            let rights = from_cells(right_type, [right.clone(), right.clone(), Cell::Null]).unwrap();
            let results = binary_arrays(op, (&lefts, left_type), (&rights, right_type), ty).unwrap();
            let results = Cells::new(results.as_ref(), ty).unwrap();
            assert_eq!(format!("{:?}", results.get(0)), format!("{result:?}"), "{left:?} {op:?} {right:?}");
            assert!(results.get(1).is_null() && results.get(2).is_null());
        }
    }

    #[test]
    fn dynamics_take_the_type_of_what_they_hold() {
        let long = Cell::dynamic(&Json::Long(3));
        assert!(matches!(binary(ArithmeticOp::Add, &long, &Cell::Long(1), Type::Long), Cell::Long(4)));
        let sum = binary(ArithmeticOp::Add, &long, &Cell::dynamic(&Json::Real(0.5)), Type::Dynamic);
        assert_eq!(sum.to_json(), Some(Json::Real(3.5)));
        let text = Cell::dynamic(&Json::String("a".into()));
        assert!(binary(ArithmeticOp::Add, &text, &Cell::Long(1), Type::Long).is_null());
    }

    #[test]
    fn minus_turns_the_sign() {
        assert!(matches!(negate(&Cell::Int(i32::MIN)), Cell::Long(2_147_483_648)));
        assert!(matches!(negate(&Cell::TimeSpan(5)), Cell::TimeSpan(-5)));
        assert!(negate(&Cell::Long(i64::MIN)).is_null());
    }
}
