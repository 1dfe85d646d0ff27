//! Numbers: rounding, powers, logarithms, angles, bits, chance. Distributions are in [`super::distributions`].
//!
//! Functions of reals take any number. Where a function has no value (the root of a negative number) the result is
//! null; what IEEE 754 defines (the logarithm of zero, an overflow) is as it says.

use std::f64::consts::PI;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, Float64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{Result, internal_err};

use super::arguments::{integer, real, unwrapped};
use super::{Env, Kernel, decimal, random};
use crate::eval::Cell;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::array("abs", abs),
    Kernel::array("round", round),
    Kernel::array("ceiling", ceiling),
    Kernel::array("sqrt", |_, args, types| reals(args, types, |x| at_least(x, 0.0, f64::sqrt))),
    Kernel::array("log", |_, args, types| reals(args, types, |x| at_least(x, 0.0, f64::ln))),
    Kernel::array("log2", |_, args, types| reals(args, types, |x| at_least(x, 0.0, f64::log2))),
    Kernel::array("log10", |_, args, types| reals(args, types, |x| at_least(x, 0.0, f64::log10))),
    Kernel::array("exp", |_, args, types| reals(args, types, |x| Some(x.exp()))),
    Kernel::array("exp2", |_, args, types| reals(args, types, |x| Some(x.exp2()))),
    Kernel::array("exp10", |_, args, types| reals(args, types, |x| Some(10f64.powf(x)))),
    Kernel::array("sin", |_, args, types| reals(args, types, |x| Some(x.sin()))),
    Kernel::array("cos", |_, args, types| reals(args, types, |x| Some(x.cos()))),
    Kernel::array("tan", |_, args, types| reals(args, types, |x| Some(x.tan()))),
    Kernel::array("cot", |_, args, types| reals(args, types, |x| Some(x.tan().recip()))),
    Kernel::array("asin", |_, args, types| reals(args, types, |x| unit(x, f64::asin))),
    Kernel::array("acos", |_, args, types| reals(args, types, |x| unit(x, f64::acos))),
    Kernel::array("atan", |_, args, types| reals(args, types, |x| Some(x.atan()))),
    Kernel::array("degrees", |_, args, types| reals(args, types, |x| Some(x.to_degrees()))),
    Kernel::array("radians", |_, args, types| reals(args, types, |x| Some(x.to_radians()))),
    Kernel::array("sign", |_, args, types| reals(args, types, |x| Some(sign(x)))),
    Kernel::strict("atan2", |_, args| real(args, 0).zip(real(args, 1)).map(|(y, x)| y.atan2(x)).into()),
    Kernel::strict("pow", |_, args| real(args, 0).zip(real(args, 1)).map(|(base, power)| base.powf(power)).into()),
    Kernel::row("pi", |_, _| Cell::Real(PI)),
    Kernel::row("rand", rand),
    Kernel::strict("isnan", |_, args| real(args, 0).map(f64::is_nan).into()),
    Kernel::strict("isinf", |_, args| real(args, 0).map(f64::is_infinite).into()),
    Kernel::strict("isfinite", |_, args| real(args, 0).map(f64::is_finite).into()),
    Kernel::strict("binary_and", |_, args| bits(args, |a, b| Some(a & b))),
    Kernel::strict("binary_or", |_, args| bits(args, |a, b| Some(a | b))),
    Kernel::strict("binary_xor", |_, args| bits(args, |a, b| Some(a ^ b))),
    Kernel::strict("binary_not", |_, args| integer(args, 0).map(|value| !value).into()),
    Kernel::strict("binary_shift_left", |_, args| bits(args, |value, by| Some(value << places(by)?))),
    Kernel::strict("binary_shift_right", |_, args| bits(args, |value, by| Some(value >> places(by)?))),
    Kernel::strict("bitset_count_ones", |_, args| integer(args, 0).map(|value| i64::from(value.count_ones())).into()),
];

/// A function of a number at or above a bound.
fn at_least(value: f64, bound: f64, function: fn(f64) -> f64) -> Option<f64> {
    // A NaN is below nothing and stays what it is.
    if value < bound { None } else { Some(function(value)) }
}

/// A function of a number from -1 to 1.
fn unit(value: f64, function: fn(f64) -> f64) -> Option<f64> {
    if value.abs() > 1.0 { None } else { Some(function(value)) }
}

fn sign(value: f64) -> f64 {
    if value == 0.0 || value.is_nan() { value.abs() } else { value.signum() }
}

fn bits<'a>(args: &[Cell<'a>], function: fn(i64, i64) -> Option<i64>) -> Cell<'a> {
    integer(args, 0).zip(integer(args, 1)).and_then(|(a, b)| function(a, b)).into()
}

/// By how many places a number of places shifts: it counts modulo 64, and below zero there is no result.
fn places(by: i64) -> Option<u32> {
    u32::try_from(by).ok().or_else(|| u32::try_from(by % 64).ok().filter(|_| by >= 0)).map(|by| by % 64)
}

fn rand<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args.first() {
        None => Cell::Real(random::real()),
        #[expect(clippy::cast_precision_loss, reason = "a bound beyond 2^53 has no exact numbers below it anyway")]
        Some(_) => integer(args, 0).map(|bound| (random::real() * bound as f64).floor()).into(),
    }
}

/// A function of reals over an array of numbers of any type.
fn reals(args: &[ArrayRef], types: &[Type], function: impl Fn(f64) -> Option<f64>) -> Result<ArrayRef> {
    let ([array], &[ty]) = (args, types) else { return internal_err!("one number is due") };
    if ty.is_integer() || ty == Type::Real {
        let numbers = cast(array, &DataType::Float64)?;
        return Ok(Arc::new(numbers.as_primitive::<Float64Type>().unary_opt::<_, Float64Type>(function)));
    }
    let cells = Cells::new(array.as_ref(), ty)?;
    let results = (0..cells.len()).map(|row| unwrapped(&cells.get(row)).as_real().and_then(&function));
    Ok(Arc::new(results.collect::<Float64Array>()))
}

/// A function of the numbers of the first argument, value by value, for the types that have no loop of their own.
fn by_cell(
    env: Env,
    args: &[ArrayRef],
    types: &[Type],
    function: impl Fn(&Cell<'_>, usize) -> Cell<'static>,
) -> Result<ArrayRef> {
    let (Some(array), Some(ty)) = (args.first(), types.first()) else { return internal_err!("a number is due") };
    let cells = Cells::new(array.as_ref(), *ty)?;
    let mut results = CellBuilder::new(env.ty, cells.len());
    for row in 0..cells.len() {
        results.push(&function(&unwrapped(&cells.get(row)), row))?;
    }
    Ok(results.finish())
}

/// The smallest integer has no opposite and gives null.
fn abs(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    match (args, types) {
        ([array], [Type::Real]) => Ok(Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::abs))),
        ([array], [Type::Int | Type::Long | Type::TimeSpan]) if env.ty != Type::Int => {
            let numbers = cast(array, &DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            Ok(Arc::new(numbers.unary_opt::<_, Int64Type>(i64::checked_abs)))
        }
        _ => by_cell(env, args, types, |cell, _| match cell {
            Cell::Int(value) => Cell::Long(i64::from(*value).abs()),
            Cell::Long(value) => value.checked_abs().into(),
            Cell::TimeSpan(ticks) => ticks.checked_abs().map_or(Cell::Null, Cell::TimeSpan),
            Cell::Real(value) => Cell::Real(value.abs()),
            Cell::Decimal(value) if value.mantissa() < 0 => Cell::Decimal(value.negated()),
            Cell::Decimal(value) => Cell::Decimal(*value),
            _ => Cell::Null,
        }),
    }
}

fn ceiling(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    match (args, types) {
        ([array], [Type::Real]) => Ok(Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::ceil))),
        ([array], [Type::Int | Type::Long]) => Ok(Arc::clone(array)),
        _ => by_cell(env, args, types, |cell, _| match cell {
            Cell::Real(value) => Cell::Real(value.ceil()),
            Cell::Decimal(value) => decimal::ceiling(*value).map_or(Cell::Null, Cell::Decimal),
            Cell::Int(_) | Cell::Long(_) => cell.clone().into_owned(),
            _ => Cell::Null,
        }),
    }
}

/// Rounds to so many digits behind the point, before it where the number of digits is negative; halves go away from
/// zero, as all examples of the documentation do.
fn round(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let digits = match (args.get(1), types.get(1)) {
        (Some(array), Some(ty)) => Some(Cells::new(array.as_ref(), *ty)?),
        _ => None,
    };
    let digits_at = |row| digits.map_or(Some(0), |digits| integer(&[digits.get(row)], 0));
    if let ([array, ..], [Type::Real, ..]) = (args, types) {
        let numbers = array.as_primitive::<Float64Type>();
        let rows = numbers.iter().enumerate();
        let results = rows.map(|(row, value)| Some(round_real(value?, digits_at(row)?)));
        return Ok(Arc::new(results.collect::<Float64Array>()));
    }
    by_cell(env, args, types, |cell, row| {
        let Some(digits) = digits_at(row) else { return Cell::Null };
        match cell {
            Cell::Real(value) => Cell::Real(round_real(*value, digits)),
            Cell::Decimal(value) => decimal::round(*value, digits).map_or(Cell::Null, Cell::Decimal),
            Cell::Int(_) | Cell::Long(_) => cell.as_long().and_then(|value| round_long(value, digits)).into(),
            _ => Cell::Null,
        }
    })
}

fn round_real(value: f64, digits: i64) -> f64 {
    // Beyond these, a real has no digits left to cut, or none to keep.
    let Some(digits) = i32::try_from(digits).ok().filter(|digits| (-308..=308).contains(digits)) else {
        return if digits > 0 { value } else { 0.0 };
    };
    let unit = 10f64.powi(digits.abs());
    if digits < 0 {
        return (value / unit).round() * unit;
    }
    let scaled = value * unit;
    // From 2^52 on every real is whole.
    if scaled.abs() < 4_503_599_627_370_496.0 { scaled.round() / unit } else { value }
}

fn round_long(value: i64, digits: i64) -> Option<i64> {
    if digits >= 0 {
        return Some(value);
    }
    let unit = u32::try_from(digits.unsigned_abs()).ok().and_then(|digits| 10i128.checked_pow(digits));
    let Some(unit) = unit else { return Some(0) };
    let value = i128::from(value);
    let away = if value < 0 { -unit / 2 } else { unit / 2 };
    i64::try_from((value + away) / unit * unit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::kernels::find;
    use crate::ir::Json;

    fn call(name: &str, ty: Type, args: &[Cell<'_>]) -> String {
        find(name).unwrap().call(Env { now: 0, ty }, args).to_text().into_owned()
    }

    fn real(name: &str, x: f64) -> Option<f64> {
        find(name).unwrap().call(Env { now: 0, ty: Type::Real }, &[Cell::Real(x)]).as_real()
    }

    #[test]
    fn reals_have_their_functions() {
        for (name, x, result) in [
            ("sqrt", 256.0, 16.0),
            ("log", 5.0, 1.609_437_912_434_100_3),
            ("log2", 5.0, 2.321_928_094_887_362),
            ("log10", 5.0, 0.698_970_004_336_018_8),
            ("exp", 1.0, std::f64::consts::E),
            ("exp2", 3.0, 8.0),
            ("exp10", 3.0, 1000.0),
            ("cot", 1.0, 0.642_092_615_934_330_7),
            ("acos", -1.0, PI),
            ("degrees", PI / 4.0, 45.0),
            ("radians", 180.0, PI),
            ("sign", -42.0, -1.0),
            ("sign", 0.0, 0.0),
            ("sign", 11.2, 1.0),
        ] {
            assert!((real(name, x).unwrap() - result).abs() < 1e-12, "{name}");
        }
        for (name, x) in [("sqrt", -1.0), ("log", -1.0), ("log10", -0.1), ("asin", 1.1), ("acos", -2.0)] {
            assert_eq!(real(name, x), None, "{name}");
        }
        assert_eq!(real("log", 0.0), Some(f64::NEG_INFINITY));
        assert_eq!(call("atan2", Type::Real, &[Cell::Real(0.0), Cell::Real(-1.0)]), "3.141592653589793");
        assert_eq!(call("pow", Type::Real, &[Cell::Long(2), Cell::Int(3)]), "8");
        assert_eq!(call("sqrt", Type::Real, &[Cell::dynamic(&Json::Long(4))]), "2");
        assert_eq!(call("exp", Type::Real, &[Cell::Decimal("0".parse().unwrap())]), "1");
    }

    #[test]
    fn numbers_are_rounded() {
        for (value, digits, result) in [
            (2.98765, 3, "2.988"),
            (2.15, 1, "2.2"),
            (2.15, 0, "2"),
            (-50.55, -2, "-100"),
            (21.5, -1, "20"),
            (2.5, 0, "3"),
            (-2.5, 0, "-3"),
            (1e300, 300, "1E+300"),
            (12.5, 400, "12.5"),
            (12.5, -400, "0"),
        ] {
            assert_eq!(call("round", Type::Real, &[Cell::Real(value), Cell::Long(digits)]), result, "{value}");
        }
        assert_eq!(call("round", Type::Real, &[Cell::Real(2.15)]), "2");
        for (value, digits, result) in [
            (155, -1, "160"),
            (-155, -1, "-160"),
            (154, -1, "150"),
            (155, 2, "155"),
            (155, -40, "0"),
            (i64::MAX, -1, ""),
        ] {
            assert_eq!(call("round", Type::Long, &[Cell::Long(value), Cell::Long(digits)]), result, "{value}");
        }
        let decimal = Cell::Decimal("2.345".parse().unwrap());
        assert_eq!(call("round", Type::Decimal, &[decimal.clone(), Cell::Long(2)]), "2.35");
        assert_eq!(call("ceiling", Type::Decimal, &[decimal]), "3");
        assert_eq!(call("ceiling", Type::Real, &[Cell::Real(-1.1)]), "-1");
        assert_eq!(call("ceiling", Type::Long, &[Cell::Long(4)]), "4");
    }

    #[test]
    fn sizes_have_no_sign() {
        for (value, ty, result) in [
            (Cell::Int(-5), Type::Long, "5"),
            (Cell::Long(-5), Type::Long, "5"),
            (Cell::Long(i64::MIN), Type::Long, ""),
            (Cell::Real(-0.5), Type::Real, "0.5"),
            (Cell::Decimal("-0.5".parse().unwrap()), Type::Decimal, "0.5"),
            (Cell::TimeSpan(-10_000_000), Type::TimeSpan, "00:00:01"),
            (Cell::Null, Type::Long, ""),
        ] {
            assert_eq!(call("abs", ty, &[value]), result);
        }
    }

    #[test]
    fn integers_have_bits() {
        for (name, args, result) in [
            ("binary_and", vec![12, 10], "8"),
            ("binary_or", vec![5, 3], "7"),
            ("binary_xor", vec![12, 10], "6"),
            ("binary_not", vec![100], "-101"),
            ("binary_shift_left", vec![1, 2], "4"),
            ("binary_shift_left", vec![1, 65], "2"),
            ("binary_shift_left", vec![1, -1], ""),
            ("binary_shift_right", vec![1, 2], "0"),
            ("binary_shift_right", vec![-8, 1], "-4"),
            ("bitset_count_ones", vec![42], "3"),
            ("bitset_count_ones", vec![-1], "64"),
        ] {
            let args: Vec<Cell<'_>> = args.into_iter().map(Cell::Long).collect();
            assert_eq!(call(name, Type::Long, &args), result, "{name}");
        }
    }

    #[test]
    fn kinds_of_reals_are_told() {
        for (name, x, result) in [
            ("isnan", f64::NAN, "True"),
            ("isnan", 1.0, "False"),
            ("isinf", f64::NEG_INFINITY, "True"),
            ("isfinite", f64::INFINITY, "False"),
            ("isfinite", f64::NAN, "False"),
            ("isfinite", 1.0, "True"),
        ] {
            assert_eq!(call(name, Type::Bool, &[Cell::Real(x)]), result, "{name}({x})");
        }
    }

    #[test]
    fn chance_stays_within_its_bounds() {
        for _ in 0..100 {
            assert!(
                (0.0..1.0)
                    .contains(&find("rand").unwrap().call(Env { now: 0, ty: Type::Real }, &[]).as_real().unwrap())
            );
            let number =
                find("rand").unwrap().call(Env { now: 0, ty: Type::Real }, &[Cell::Long(3)]).as_real().unwrap();
            assert!([0.0, 1.0, 2.0].contains(&number));
        }
    }
}
