//! Arithmetic on exact decimals.
//!
//! Kusto's `decimal` is IEEE's decimal128: 34 significant digits, halves rounded to even. A result too large for 38
//! digits before the point has no place in [`Decimal`] and is null; so is a division by zero.

use std::num::NonZeroU64;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Zero as _};

use crate::ir::ArithmeticOp;
use crate::literal::Decimal;

/// The significant digits of a result.
const PRECISION: NonZeroU64 = NonZeroU64::new(34).expect("is not zero");

fn big(value: Decimal) -> BigDecimal {
    BigDecimal::from_bigint(BigInt::from(value.mantissa()), i64::from(value.scale()))
}

fn small(value: &BigDecimal) -> Option<Decimal> {
    let (mantissa, scale) = value.with_precision_round(PRECISION, RoundingMode::HalfEven).into_bigint_and_exponent();
    let mantissa = i128::try_from(mantissa).ok()?;
    match u8::try_from(scale) {
        Ok(scale) => Some(Decimal::new(mantissa, scale)),
        Err(_) if scale < 0 => {
            let unit = 10i128.checked_pow(u32::try_from(scale.unsigned_abs()).ok()?)?;
            Some(Decimal::new(mantissa.checked_mul(unit)?, 0))
        }
        Err(_) => (mantissa == 0).then(Decimal::default),
    }
}

/// The result of an operator; `None` where there is none: by zero, or beyond what a decimal holds.
pub(super) fn binary(op: ArithmeticOp, left: Decimal, right: Decimal) -> Option<Decimal> {
    let (a, b) = (big(left), big(right));
    let result = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide if b.is_zero() => return None,
        ArithmeticOp::Divide => a / b,
        ArithmeticOp::Modulo if b.is_zero() => return None,
        ArithmeticOp::Modulo => {
            let remainder = &a % &b;
            if remainder < BigDecimal::zero() { remainder + b.abs() } else { remainder }
        }
    };
    small(&result)
}

/// The largest multiple of `size`, which is above zero, that is not above `value`.
pub(super) fn floor_to(value: Decimal, size: Decimal) -> Option<Decimal> {
    binary(ArithmeticOp::Subtract, value, binary(ArithmeticOp::Modulo, value, size)?)
}

/// The number rounded to so many digits after the point, halves away from zero; a negative count rounds before the
/// point.
pub(super) fn round(value: Decimal, digits: i64) -> Option<Decimal> {
    small(&big(value).with_scale_round(digits, RoundingMode::HalfUp))
}

/// The smallest whole number not below it.
pub(super) fn ceiling(value: Decimal) -> Option<Decimal> {
    small(&big(value).with_scale_round(0, RoundingMode::Ceiling))
}

/// A real as the decimal of its shortest text; `None` where it is not finite or too large.
pub(super) fn of_real(value: f64) -> Option<Decimal> {
    if value.is_finite() { value.to_string().parse().ok() } else { None }
}

/// Compares a decimal with a finite real, both taken exactly.
pub(super) fn compare_to_real(left: Decimal, right: f64) -> Option<std::cmp::Ordering> {
    Some(big(left).cmp(&BigDecimal::try_from(right).ok()?))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn operators_are_exact() {
        for (left, op, right, result) in [
            ("0.1", ArithmeticOp::Add, "0.2", "0.3"),
            (
                "1",
                ArithmeticOp::Subtract,
                "0.9999999999999999999999999999999999",
                "0.0000000000000000000000000000000001",
            ),
            ("1.5", ArithmeticOp::Multiply, "-1.5", "-2.25"),
            ("1", ArithmeticOp::Divide, "8", "0.125"),
            ("1", ArithmeticOp::Divide, "3", "0.3333333333333333333333333333333333"),
            ("2", ArithmeticOp::Divide, "3", "0.6666666666666666666666666666666667"),
            ("-7.5", ArithmeticOp::Modulo, "2", "0.5"),
            ("7.5", ArithmeticOp::Modulo, "-2", "1.5"),
        ] {
            assert_eq!(binary(op, decimal(left), decimal(right)), Some(decimal(result)), "{left} {op:?} {right}");
        }
    }

    #[test]
    fn what_has_no_result_gives_none() {
        assert_eq!(binary(ArithmeticOp::Divide, decimal("1"), decimal("0")), None);
        assert_eq!(binary(ArithmeticOp::Modulo, decimal("1"), decimal("0")), None);
        let large = decimal("99999999999999999999999999999999999999");
        assert_eq!(binary(ArithmeticOp::Multiply, large, large), None);
        assert_eq!(of_real(f64::NAN), None);
    }

    #[test]
    fn rounding_goes_to_digits_on_either_side_of_the_point() {
        assert_eq!(round(decimal("2.345"), 2), Some(decimal("2.35")));
        assert_eq!(round(decimal("-50.55"), -2), Some(decimal("-100")));
        assert_eq!(ceiling(decimal("-1.1")), Some(decimal("-1")));
        assert_eq!(floor_to(decimal("-1.1"), decimal("0.5")), Some(decimal("-1.5")));
    }

    #[test]
    fn reals_are_compared_as_what_they_are() {
        // The real nearest to 0.1 is a little above it.
        assert_eq!(compare_to_real(decimal("0.1"), 0.1), Some(Ordering::Less));
        assert_eq!(compare_to_real(decimal("0.5"), 0.5), Some(Ordering::Equal));
    }
}
