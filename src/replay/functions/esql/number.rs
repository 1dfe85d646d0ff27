//! Arithmetic and functions of numbers.

use std::cmp::Ordering;

use super::time::instant;
use super::{as_long, as_number, finite, order};
use crate::replay::functions::{Context, Row};
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] = &[
    ("add", |_, cells| Ok(folded(cells, add))),
    ("subtract", |_, cells| Ok(folded(cells, subtract))),
    ("multiply", |_, cells| Ok(folded(cells, |a, b| both(a, b, i64::checked_mul, |a, b| a * b)))),
    ("divide", |_, cells| {
        Ok(folded(cells, |a, b| if is_zero(b) { Cell::Null } else { both(a, b, i64::checked_div, |a, b| a / b) }))
    }),
    ("modulo", |_, cells| {
        Ok(folded(cells, |a, b| if is_zero(b) { Cell::Null } else { both(a, b, i64::checked_rem, |a, b| a % b) }))
    }),
    ("abs", |_, cells| Ok(same(&cells[0], i64::checked_abs, f64::abs))),
    ("ceil", |_, cells| Ok(same(&cells[0], Some, f64::ceil))),
    ("floor", |_, cells| Ok(same(&cells[0], Some, f64::floor))),
    ("round", round),
    ("round_to", |_, cells| {
        let (value, points) = (&cells[0], &cells[1..]);
        if cells.iter().any(Cell::is_null) {
            return Ok(Cell::Null);
        }
        let below = points.iter().filter(|point| order(point, value) != Ordering::Greater);
        let best = below.reduce(|best, one| if order(one, best) == Ordering::Greater { one } else { best });
        let least = points.iter().reduce(|best, one| if order(one, best) == Ordering::Less { one } else { best });
        Ok(best.or(least).cloned().unwrap_or(Cell::Null))
    }),
    ("signum", |_, cells| Ok(of(&cells[0], |x| if x == 0.0 { 0.0 } else { x.signum() }))),
    ("sqrt", |_, cells| Ok(of(&cells[0], f64::sqrt))),
    ("cbrt", |_, cells| Ok(of(&cells[0], f64::cbrt))),
    ("exp", |_, cells| Ok(of(&cells[0], f64::exp))),
    ("log10", |_, cells| Ok(of(&cells[0], f64::log10))),
    ("log", |_, cells| match cells {
        [value] => Ok(of(value, f64::ln)),
        [base, value] => Ok(pair(base, value, |base, value| value.log10() / base.log10())),
        _ => Ok(Cell::Null),
    }),
    ("pow", |_, cells| Ok(pair(&cells[0], &cells[1], f64::powf))),
    ("hypot", |_, cells| Ok(pair(&cells[0], &cells[1], f64::hypot))),
    ("atan2", |_, cells| Ok(pair(&cells[0], &cells[1], f64::atan2))),
    ("copy_sign", |_, cells| Ok(pair(&cells[0], &cells[1], f64::copysign))),
    ("scalb", |_, cells| Ok(pair(&cells[0], &cells[1], |value, power| value * power.exp2()))),
    ("acos", |_, cells| Ok(of(&cells[0], f64::acos))),
    ("asin", |_, cells| Ok(of(&cells[0], f64::asin))),
    ("atan", |_, cells| Ok(of(&cells[0], f64::atan))),
    ("cos", |_, cells| Ok(of(&cells[0], f64::cos))),
    ("cosh", |_, cells| Ok(of(&cells[0], f64::cosh))),
    ("sin", |_, cells| Ok(of(&cells[0], f64::sin))),
    ("sinh", |_, cells| Ok(of(&cells[0], f64::sinh))),
    ("tan", |_, cells| Ok(of(&cells[0], f64::tan))),
    ("tanh", |_, cells| Ok(of(&cells[0], f64::tanh))),
    ("e", |_, _| Ok(Cell::Real(std::f64::consts::E))),
    ("pi", |_, _| Ok(Cell::Real(std::f64::consts::PI))),
    ("tau", |_, _| Ok(Cell::Real(std::f64::consts::TAU))),
];

/// An operator from left to right; null in gives null out.
fn folded(cells: &[Cell], operator: impl Fn(&Cell, &Cell) -> Cell) -> Cell {
    let mut cells = cells.iter();
    let first = cells.next().cloned().unwrap_or(Cell::Null);
    cells.fold(first, |left, right| if left.is_null() || right.is_null() { Cell::Null } else { operator(&left, right) })
}

fn add(left: &Cell, right: &Cell) -> Cell {
    match (left, right) {
        (Cell::Span(a), Cell::Span(b)) => a.checked_add(*b).map_or(Cell::Null, Cell::Span),
        (Cell::Span(span), time) | (time, Cell::Span(span)) => {
            instant(time).and_then(|time| time.checked_add(*span)).map_or(Cell::Null, Cell::Time)
        }
        _ => both(left, right, i64::checked_add, |a, b| a + b),
    }
}

fn subtract(left: &Cell, right: &Cell) -> Cell {
    match (left, right) {
        (Cell::Span(a), Cell::Span(b)) => a.checked_sub(*b).map_or(Cell::Null, Cell::Span),
        (time, Cell::Span(span)) => {
            instant(time).and_then(|time| time.checked_sub(*span)).map_or(Cell::Null, Cell::Time)
        }
        _ => both(left, right, i64::checked_sub, |a, b| a - b),
    }
}

fn is_zero(cell: &Cell) -> bool {
    as_number(cell) == Some(0.0)
}

/// An operator between whole numbers, or between numbers of which one has a fraction.
fn both(left: &Cell, right: &Cell, whole: impl Fn(i64, i64) -> Option<i64>, real: impl Fn(f64, f64) -> f64) -> Cell {
    match (left, right) {
        (Cell::Long(a), Cell::Long(b)) => whole(*a, *b).map_or(Cell::Null, Cell::Long),
        _ => pair(left, right, real),
    }
}

/// A function that leaves whole numbers whole.
fn same(cell: &Cell, whole: impl Fn(i64) -> Option<i64>, real: impl Fn(f64) -> f64) -> Cell {
    match cell {
        Cell::Long(value) => whole(*value).map_or(Cell::Null, Cell::Long),
        other => of(other, real),
    }
}

/// A function of a number.
fn of(cell: &Cell, function: impl Fn(f64) -> f64) -> Cell {
    as_number(cell).map_or(Cell::Null, |number| finite(function(number)))
}

/// A function of two numbers.
fn pair(left: &Cell, right: &Cell, function: impl Fn(f64, f64) -> f64) -> Cell {
    match (as_number(left), as_number(right)) {
        (Some(left), Some(right)) => finite(function(left, right)),
        _ => Cell::Null,
    }
}

/// `ROUND`: halves away from zero.
fn round(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let decimals = match cells.get(1) {
        Some(cell) => match as_long(cell) {
            Some(decimals) => decimals,
            None => return Ok(Cell::Null),
        },
        None => 0,
    };
    match &cells[0] {
        Cell::Long(value) if decimals >= 0 => Ok(Cell::Long(*value)),
        Cell::Long(_) => Err(context.refuse("how whole numbers are rounded to tens is not documented")),
        other => Ok(of(other, |number| {
            let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(i32::MAX));
            let rounded = (number.abs() * scale + 0.5).floor() / scale;
            if number < 0.0 { -rounded } else { rounded }
        })),
    }
}
