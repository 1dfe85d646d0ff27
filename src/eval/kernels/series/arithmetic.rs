//! Arithmetic and comparison of series, element by element.
//!
//! An element that is no number, and one that only one of two series has, gives null. Whole numbers stay whole where the
//! operation keeps them so; a result that no `long` holds is null.

use std::cmp::Ordering;

use super::super::Kernel;
use super::super::compare::compare;
use super::{Number, numbers, scalar};
use crate::eval::cell::Cell;
use crate::ir::Json;

pub(in super::super) const KERNELS: &[Kernel] = &[
    Kernel::strict("series_abs", |_, args| unary(args, absolute)),
    Kernel::strict("series_acos", |_, args| real(args, f64::acos)),
    Kernel::strict("series_add", |_, args| binary(args, |a, b| arithmetic(a, b, i64::checked_add, |a, b| a + b))),
    Kernel::strict("series_asin", |_, args| real(args, f64::asin)),
    Kernel::strict("series_atan", |_, args| real(args, f64::atan)),
    Kernel::strict("series_ceiling", |_, args| real(args, f64::ceil)),
    Kernel::strict("series_cos", |_, args| real(args, f64::cos)),
    Kernel::strict("series_divide", |_, args| binary(args, |a, b| Json::Real(a.real() / b.real()))),
    Kernel::strict("series_equals", |_, args| comparison(args, Ordering::is_eq)),
    Kernel::strict("series_exp", |_, args| real(args, f64::exp)),
    Kernel::strict("series_floor", |_, args| real(args, f64::floor)),
    Kernel::strict("series_greater", |_, args| comparison(args, Ordering::is_gt)),
    Kernel::strict("series_greater_equals", |_, args| comparison(args, Ordering::is_ge)),
    Kernel::strict("series_less", |_, args| comparison(args, Ordering::is_lt)),
    Kernel::strict("series_less_equals", |_, args| comparison(args, Ordering::is_le)),
    Kernel::strict("series_log", |_, args| real(args, f64::ln)),
    Kernel::strict("series_multiply", |_, args| binary(args, |a, b| arithmetic(a, b, i64::checked_mul, |a, b| a * b))),
    Kernel::strict("series_not_equals", |_, args| comparison(args, Ordering::is_ne)),
    Kernel::strict("series_pow", |_, args| binary(args, |a, b| Json::Real(a.real().powf(b.real())))),
    Kernel::strict("series_sign", |_, args| unary(args, sign)),
    Kernel::strict("series_sin", |_, args| real(args, f64::sin)),
    Kernel::strict("series_subtract", |_, args| binary(args, |a, b| arithmetic(a, b, i64::checked_sub, |a, b| a - b))),
    Kernel::strict("series_tan", |_, args| real(args, f64::tan)),
];

fn unary(args: &[Cell<'_>], function: impl Fn(Number) -> Json) -> Cell<'static> {
    let Some(series) = args.first().and_then(numbers) else { return Cell::Null };
    let results = series.into_iter().map(|number| number.map_or(Json::Null, &function));
    Some(Json::Array(results.collect())).into()
}

fn real(args: &[Cell<'_>], function: fn(f64) -> f64) -> Cell<'static> {
    unary(args, |number| Json::Real(function(number.real())))
}

fn absolute(number: Number) -> Json {
    match number {
        Number::Long(value) => value.checked_abs().map_or(Json::Null, Json::Long),
        Number::Real(value) => Json::Real(value.abs()),
    }
}

fn sign(number: Number) -> Json {
    match number {
        Number::Long(value) => Json::Long(value.signum()),
        Number::Real(value) if value.is_nan() => Json::Null,
        Number::Real(value) => Json::Long(i64::from(value > 0.0) - i64::from(value < 0.0)),
    }
}

/// Two operands as elements of one length: a number goes with each element of a series.
pub(super) fn pairs(args: &[Cell<'_>]) -> Option<Vec<(Option<Number>, Option<Number>)>> {
    let [left, right] = args else { return None };
    Some(match (numbers(left), numbers(right)) {
        (Some(left), Some(right)) => {
            let length = left.len().max(right.len());
            let at = |series: &[Option<Number>], at: usize| series.get(at).copied().flatten();
            (0..length).map(|place| (at(&left, place), at(&right, place))).collect()
        }
        (Some(left), None) => {
            let right = scalar(right)?;
            left.into_iter().map(|left| (left, Some(right))).collect()
        }
        (None, Some(right)) => {
            let left = scalar(left)?;
            right.into_iter().map(|right| (Some(left), right)).collect()
        }
        (None, None) => return None,
    })
}

fn binary(args: &[Cell<'_>], function: impl Fn(Number, Number) -> Json) -> Cell<'static> {
    let Some(pairs) = pairs(args) else { return Cell::Null };
    let results = pairs.into_iter().map(|(left, right)| match (left, right) {
        (Some(left), Some(right)) => function(left, right),
        _ => Json::Null,
    });
    Some(Json::Array(results.collect())).into()
}

fn arithmetic(left: Number, right: Number, longs: fn(i64, i64) -> Option<i64>, reals: fn(f64, f64) -> f64) -> Json {
    match (left, right) {
        (Number::Long(left), Number::Long(right)) => longs(left, right).map_or(Json::Null, Json::Long),
        _ => Json::Real(reals(left.real(), right.real())),
    }
}

fn cell(number: Number) -> Cell<'static> {
    match number {
        Number::Long(value) => Cell::Long(value),
        Number::Real(value) => Cell::Real(value),
    }
}

/// NaN compares with nothing: only "not equal" holds.
fn comparison(args: &[Cell<'_>], holds: fn(Ordering) -> bool) -> Cell<'static> {
    let unordered = holds(Ordering::Less) && holds(Ordering::Greater);
    binary(args, |left, right| Json::Bool(compare(&cell(left), &cell(right)).map_or(unordered, holds)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, check_nearly};

    #[test]
    fn whole_numbers_stay_whole() {
        check(&[
            ("series_add", "[[1,2,4],[4,2,1]]", "[5,4,5]"),
            ("series_add", "[[1,2],[0.5,1]]", "[1.5,3]"),
            ("series_add", "[[1,2],10]", "[11,12]"),
            ("series_subtract", "[10,[1,2]]", "[9,8]"),
            ("series_subtract", "[[1,2,4],[4,2,1]]", "[-3,0,3]"),
            ("series_multiply", "[[1,2,4],[4,2,1]]", "[4,4,4]"),
            ("series_add", "[[9223372036854775807],1]", "[null]"),
            ("series_divide", "[[1,2,4],[4,2,1]]", "[0.25,1.0,4.0]"),
            ("series_divide", "[[2,0],0]", r#"["Infinity","NaN"]"#),
            ("series_pow", "[[1,2,3,4],[1,2,3,0.5]]", "[1.0,4.0,27.0,2.0]"),
            ("series_abs", "[[-6.5,0,8.2]]", "[6.5,0,8.2]"),
            ("series_sign", "[[-6,0,8.5]]", "[-1,0,1]"),
            ("series_ceiling", "[[-1.5,1,2.5]]", "[-1.0,1.0,3.0]"),
            ("series_floor", "[[-1.5,1,2.5]]", "[-2.0,1.0,2.0]"),
        ]);
    }

    #[test]
    fn what_is_no_number_gives_null() {
        check(&[
            ("series_add", r#"[[1,"a",3],[1,1]]"#, "[2,null,null]"),
            ("series_less", "[[1,null],[2,2]]", "[true,null]"),
            ("series_abs", r#"[["a"]]"#, "[null]"),
            ("series_add", "[1,2]", "null"),
            ("series_add", "[[1],null]", "null"),
            ("series_exp", r#"[{"a":1}]"#, "null"),
        ]);
    }

    #[test]
    fn elements_are_compared() {
        check(&[
            ("series_equals", "[[1,2,4],[4,2,1]]", "[false,true,false]"),
            ("series_not_equals", "[[1,2,4],[4,2,1]]", "[true,false,true]"),
            ("series_greater", "[[1,2,4],[4,2,1]]", "[false,false,true]"),
            ("series_greater_equals", "[[1,2,4],[4,2,1]]", "[false,true,true]"),
            ("series_less", "[[1,2,4],[4,2,1]]", "[true,false,false]"),
            ("series_less_equals", "[[1,2,4],2]", "[true,true,false]"),
            ("series_equals", "[[1],[1.0]]", "[true]"),
        ]);
    }

    #[test]
    fn functions_of_reals_follow_their_definitions() {
        check_nearly(&[
            ("series_exp", "[[1,2,3]]", "[2.7182818284590451,7.38905609893065,20.085536923187668]"),
            ("series_log", "[[1,2,3]]", "[0.0,0.69314718055994529,1.0986122886681098]"),
            ("series_acos", "[[-1,0,1]]", "[3.1415926535897931,1.5707963267948966,0.0]"),
            ("series_asin", "[[-1,0,1]]", "[-1.5707963267948966,0,1.5707963267948966]"),
            ("series_atan", "[[-1,0,1]]", "[-0.78539816339744828,0.0,0.78539816339744828]"),
            ("series_cos", "[[-1,0,1]]", "[0.54030230586813976,1.0,0.54030230586813976]"),
            ("series_sin", "[[-1,0,1]]", "[-0.8414709848078965,0.0,0.8414709848078965]"),
            ("series_tan", "[[-1,0,1]]", "[-1.5574077246549023,0.0,1.5574077246549023]"),
        ]);
    }
}
