//! The order of values, across types that KQL compares with each other.

use std::cmp::Ordering;

use super::decimal;
use crate::eval::Cell;
use crate::eval::dynamic::{Shown, View};

/// A dynamic's scalar as a cell of its own type; `Null` for JSON's null. Arrays and bags stay dynamic, and so does
/// every cell that is no dynamic.
pub fn scalar<'a>(cell: &'a Cell<'_>) -> Cell<'a> {
    let Cell::Dynamic(bytes) = cell else { return cell.clone() };
    match View::new(bytes).shown() {
        Shown::Null => Cell::Null,
        Shown::Bool(value) => Cell::Bool(value),
        Shown::Long(value) => Cell::Long(value),
        Shown::Real(value) => Cell::Real(value),
        Shown::String(text) => Cell::string(text),
        Shown::DateTime(ticks) => Cell::DateTime(ticks),
        Shown::TimeSpan(ticks) => Cell::TimeSpan(ticks),
        Shown::Guid(value) => Cell::Guid(value),
        Shown::Array(_) | Shown::Bag(_) => cell.clone(),
    }
}

/// The order of two values; `None` where they have none: a null, NaN, or types that KQL does not compare.
///
/// Numbers of all types compare by what they stand for, without rounding; `bool` counts as 0 and 1; strings compare
/// byte by byte, which for UTF-8 is code point by code point; a dynamic compares as the scalar it holds. Of arrays and
/// bags it is only known whether they are equal.
pub fn compare(left: &Cell<'_>, right: &Cell<'_>) -> Option<Ordering> {
    match (left, right) {
        (Cell::Long(a), Cell::Long(b))
        | (Cell::DateTime(a), Cell::DateTime(b))
        | (Cell::TimeSpan(a), Cell::TimeSpan(b)) => Some(a.cmp(b)),
        (Cell::String(a), Cell::String(b)) => Some(a.cmp(b)),
        (Cell::Bool(a), Cell::Bool(b)) => Some(a.cmp(b)),
        (Cell::Guid(a), Cell::Guid(b)) => Some(a.cmp(b)),
        (Cell::Dynamic(a), Cell::Dynamic(b)) if a == b => match scalar(left) {
            Cell::Null => None,
            Cell::Real(value) if value.is_nan() => None,
            _ => Some(Ordering::Equal),
        },
        (Cell::Dynamic(_), _) | (_, Cell::Dynamic(_)) => match (scalar(left), scalar(right)) {
            // Still dynamic: an array or a bag, equal to nothing else.
            (Cell::Dynamic(_), _) | (_, Cell::Dynamic(_)) => None,
            (left, right) => compare(&left, &right),
        },
        _ => compare_numbers(&number(left)?, &number(right)?),
    }
}

/// A number, `bool` included, in one of three forms.
enum Number {
    Long(i64),
    Real(f64),
    Decimal(crate::literal::Decimal),
}

fn number(cell: &Cell<'_>) -> Option<Number> {
    Some(match cell {
        Cell::Bool(value) => Number::Long(i64::from(*value)),
        Cell::Int(value) => Number::Long(i64::from(*value)),
        Cell::Long(value) => Number::Long(*value),
        Cell::Real(value) => Number::Real(*value),
        Cell::Decimal(value) => Number::Decimal(*value),
        _ => return None,
    })
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Long(a), Number::Long(b)) => Some(a.cmp(b)),
        (Number::Real(a), Number::Real(b)) => a.partial_cmp(b),
        (Number::Decimal(a), Number::Decimal(b)) => Some(a.cmp(b)),
        (Number::Long(a), Number::Real(b)) => long_and_real(*a, *b),
        (Number::Long(a), Number::Decimal(b)) => Some(crate::literal::Decimal::from(*a).cmp(b)),
        (Number::Decimal(a), Number::Real(b)) if b.is_finite() => decimal::compare_to_real(*a, *b),
        // Any finite number will do on the left of an infinite one.
        (Number::Decimal(_), Number::Real(b)) => 0.0.partial_cmp(b),
        _ => compare_numbers(right, left).map(Ordering::reverse),
    }
}

/// Compares without turning the integer into a real, which cannot hold all integers.
#[expect(clippy::cast_precision_loss, reason = "2^63 is exact")]
fn long_and_real(left: i64, right: f64) -> Option<Ordering> {
    const BEYOND: f64 = i64::MAX as f64;
    if right.is_nan() {
        None
    } else if right >= BEYOND {
        Some(Ordering::Less)
    } else if right < -BEYOND {
        Some(Ordering::Greater)
    } else {
        let whole = right.trunc();
        Some(left.cmp(&(whole as i64)).then_with(|| whole.total_cmp(&right)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Json;

    #[test]
    fn numbers_of_different_types_compare_exactly() {
        let decimal = |text: &str| Cell::Decimal(text.parse().unwrap());
        for (left, right, order) in [
            (Cell::Int(1), Cell::Long(1), Ordering::Equal),
            (Cell::Long(9_007_199_254_740_993), Cell::Real(9_007_199_254_740_992.0), Ordering::Greater),
            (Cell::Long(i64::MAX), Cell::Real(9.3e18), Ordering::Less),
            (Cell::Long(i64::MIN), Cell::Real(-9.223_372_036_854_776e18), Ordering::Equal),
            (Cell::Long(-1), Cell::Real(-1.5), Ordering::Greater),
            (Cell::Long(0), Cell::Real(-0.0), Ordering::Equal),
            (Cell::Long(0), Cell::Real(-0.5), Ordering::Greater),
            (Cell::Long(1), Cell::Real(1.5), Ordering::Less),
            (Cell::Real(0.1), decimal("0.1"), Ordering::Greater),
            (decimal("0.5"), Cell::Real(f64::INFINITY), Ordering::Less),
            (decimal("2"), Cell::Int(2), Ordering::Equal),
            (Cell::Bool(true), Cell::Long(1), Ordering::Equal),
        ] {
            assert_eq!(compare(&left, &right), Some(order), "{left:?} {right:?}");
            assert_eq!(compare(&right, &left), Some(order.reverse()), "{right:?} {left:?}");
        }
    }

    #[test]
    fn dynamics_compare_as_what_they_hold() {
        let array = || Cell::dynamic(&Json::Array(vec![Json::Long(1)]));
        assert_eq!(compare(&Cell::dynamic(&Json::Long(3)), &Cell::Int(2)), Some(Ordering::Greater));
        assert_eq!(compare(&Cell::string("a"), &Cell::dynamic(&Json::String("b".into()))), Some(Ordering::Less));
        assert_eq!(compare(&array(), &array()), Some(Ordering::Equal));
        assert_eq!(compare(&array(), &Cell::Long(1)), None);
        assert_eq!(compare(&Cell::dynamic(&Json::Null), &Cell::dynamic(&Json::Null)), None);
    }

    #[test]
    fn what_has_no_order_is_not_ordered() {
        assert_eq!(compare(&Cell::Null, &Cell::Null), None);
        assert_eq!(compare(&Cell::Real(f64::NAN), &Cell::Real(1.0)), None);
        assert_eq!(compare(&Cell::string("1"), &Cell::Long(1)), None);
    }
}
