//! Operators and functions of numbers, and what a value is.

use super::{each, number, order, text};
use crate::replay::Cell;
use crate::replay::aggregate::exact_sum;
use crate::replay::functions::Row;
use crate::replay::functions::core::in_range;

pub(super) static ROWS: &[Row] = &[
    ("add", |_, cells| Ok(cells[1..].iter().fold(cells[0].clone(), |sum, cell| add(&sum, cell)))),
    ("divide", |_, cells| Ok(pair(cells, |a, b| (b != 0.0).then(|| a / b)))),
    ("modulo", |_, cells| Ok(pair(cells, |a, b| (b != 0.0).then(|| a % b)))),
    ("number", |_, cells| Ok(number(&cells[0]).map_or(Cell::Null, finite))),
    ("xor", |_, cells| {
        let truths: Option<Vec<bool>> = cells.iter().map(Cell::truth).collect();
        Ok(truths.map_or(Cell::Null, |truths| Cell::Bool(truths.iter().filter(|truth| **truth).count() % 2 == 1)))
    }),
    ("cidrmatch", |_, cells| {
        let Some(subnet) = text(&cells[0]) else { return Ok(Cell::Null) };
        if cells[1].is_null() {
            return Ok(Cell::Null);
        }
        let inside = |value: &Cell| text(value).is_some_and(|address| in_range(&address, &subnet));
        Ok(Cell::Bool(cells[1].values().iter().any(inside)))
    }),
    ("nullif", |_, cells| {
        let same = !cells[0].is_null() && !cells[1].is_null() && order(&cells[0], &cells[1]).is_eq();
        Ok(if same { Cell::Null } else { cells[0].clone() })
    }),
    ("validate", |_, cells| {
        let failed = cells.chunks_exact(2).find(|pair| pair[0].truth() != Some(true));
        Ok(failed.map_or(Cell::Null, |pair| pair[1].clone()))
    }),
    ("isnum", |_, cells| Ok(Cell::Bool(number(&cells[0]).is_some()))),
    ("isint", |_, cells| Ok(Cell::Bool(number(&cells[0]).is_some_and(|value| value.fract() == 0.0)))),
    ("isstr", |_, cells| Ok(Cell::Bool(matches!(&cells[0], Cell::Text(_)) && number(&cells[0]).is_none()))),
    ("isbool", |_, cells| Ok(Cell::Bool(cells[0].truth().is_some()))),
    ("typeof", |_, cells| {
        Ok(Cell::from(match &cells[0] {
            Cell::Null => "Invalid",
            Cell::Bool(_) => "Boolean",
            cell if number(cell).is_some() => "Number",
            _ => "String",
        }))
    }),
    ("abs", |_, cells| one(cells, f64::abs)),
    ("ceiling", |_, cells| one(cells, f64::ceil)),
    ("exact", |_, cells| one(cells, |value| value)),
    ("exp", |_, cells| one(cells, f64::exp)),
    ("floor", |_, cells| one(cells, f64::floor)),
    ("ln", |_, cells| one(cells, f64::ln)),
    ("sqrt", |_, cells| one(cells, f64::sqrt)),
    ("log", |_, cells| {
        let base = cells.get(1).map_or(Some(10.0), number);
        Ok(number(&cells[0]).zip(base).map_or(Cell::Null, |(value, base)| {
            // By the logarithm to 10, so that the powers of ten come out whole.
            finite(if base == 10.0 { value.log10() } else { value.ln() / base.ln() })
        }))
    }),
    ("pi", |_, _| Ok(Cell::Real(std::f64::consts::PI))),
    ("pow", |_, cells| Ok(pair(cells, |a, b| Some(a.powf(b))))),
    ("round", |_, cells| {
        let places = cells.get(1).map_or(Some(0.0), number);
        Ok(number(&cells[0]).zip(places).map_or(Cell::Null, |(value, places)| round(value, places)))
    }),
    ("max", |_, cells| Ok(extreme(cells, true))),
    ("min", |_, cells| Ok(extreme(cells, false))),
    ("sum", |_, cells| {
        let numbers = numbers(cells);
        Ok(if numbers.is_empty() { Cell::Null } else { finite(exact_sum(numbers)) })
    }),
    ("avg", |_, cells| {
        let numbers = numbers(cells);
        let count = numbers.len() as f64;
        Ok(if numbers.is_empty() { Cell::Null } else { finite(exact_sum(numbers) / count) })
    }),
];

/// A number, if it is one.
pub(super) fn finite(value: f64) -> Cell {
    if value.is_finite() { Cell::number(value) } else { Cell::Null }
}

fn one(cells: &[Cell], change: fn(f64) -> f64) -> crate::replay::Run<Cell> {
    each(&cells[0], |cell| Ok(number(cell).map_or(Cell::Null, |value| finite(change(value)))))
}

fn pair(cells: &[Cell], join: impl Fn(f64, f64) -> Option<f64>) -> Cell {
    number(&cells[0]).zip(number(&cells[1])).and_then(|(a, b)| join(a, b)).map_or(Cell::Null, finite)
}

/// The sum of two numbers; texts that are none are joined.
fn add(a: &Cell, b: &Cell) -> Cell {
    match (number(a), number(b), a, b) {
        (Some(a), Some(b), ..) => finite(a + b),
        (None, None, Cell::Text(a), Cell::Text(b)) => Cell::text(format!("{a}{b}")),
        _ => Cell::Null,
    }
}

/// Half away from zero.
fn round(value: f64, places: f64) -> Cell {
    let scale = 10_f64.powi(places.clamp(-300.0, 300.0) as i32);
    let scaled = value * scale;
    if !scaled.is_finite() || scaled.abs() > 9e15 {
        return finite(value);
    }
    // What is a half in decimal digits may lie a hair below it in binary ones.
    let nudged = scaled + scaled.signum() * scaled.abs() * f64::EPSILON;
    finite(nudged.round() / scale)
}

fn numbers(cells: &[Cell]) -> Vec<f64> {
    cells.iter().flat_map(Cell::values).filter_map(number).collect()
}

/// Any text is greater than any number.
fn extreme(cells: &[Cell], greatest: bool) -> Cell {
    let rank = |a: &Cell, b: &Cell| match (number(a), number(b)) {
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        _ => order(a, b),
    };
    let values = cells.iter().flat_map(Cell::values);
    let better =
        |best: &Cell, value: &Cell| if greatest { rank(value, best).is_gt() } else { rank(value, best).is_lt() };
    values.reduce(|best, value| if better(best, value) { value } else { best }).cloned().unwrap_or(Cell::Null)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gives, many};
    use super::*;

    // Splunk, Search Reference, Mathematical, Comparison and Informational functions: the examples there.
    #[test]
    fn numbers_come_to_what_the_documentation_says() {
        gives("abs", &[(-5).into()], 5);
        gives("ceiling", &[1.9.into()], 2);
        gives("floor", &[1.9.into()], 1);
        gives("exp", &[3.into()], 3.0_f64.exp());
        gives("ln", &[0.into()], Cell::Null);
        gives("log", &[100.into()], 2);
        gives("log", &[8.into(), 2.into()], 3);
        gives("pow", &[2.into(), 3.into()], 8);
        gives("round", &[3.5.into()], 4);
        gives("round", &[2.555.into(), 2.into()], 2.56);
        gives("round", &[(-2.5).into()], -3);
        gives("sqrt", &[9.into()], 3);
        gives("sqrt", &[(-9).into()], Cell::Null);
        gives("max", &[1.into(), 3.into(), 6.into(), 7.into(), "foo".into()], "foo");
        gives("min", &[1.into(), 3.into(), 6.into(), 7.into(), "foo".into()], 1);
        gives("avg", &[1.into(), "3".into(), "x".into()], 2);
        gives("cidrmatch", &["123.132.32.0/25".into(), "123.132.32.12".into()], true);
        gives("cidrmatch", &["192.0.2.0/24".into(), many(&["x", "192.0.2.7"])], true);
        gives("cidrmatch", &["192.0.2.0/24".into(), Cell::Null], Cell::Null);
        gives("typeof", &[12.into()], "Number");
        gives("typeof", &["12".into()], "Number");
        gives("typeof", &["string".into()], "String");
        gives("typeof", &[true.into()], "Boolean");
        gives("typeof", &[Cell::Null], "Invalid");
    }

    #[test]
    fn operators_take_what_looks_like_a_number() {
        gives("add", &["1".into(), 2.into()], 3);
        gives("add", &["a".into(), "b".into()], "ab");
        gives("add", &["a".into(), 2.into()], Cell::Null);
        gives("add", &[Cell::Null, 2.into()], Cell::Null);
        gives("divide", &["10".into(), 4.into()], 2.5);
        gives("divide", &[1.into(), 0.into()], Cell::Null);
        gives("modulo", &[(-7).into(), 3.into()], -1);
        gives("number", &["0x1".into()], Cell::Null);
        gives("xor", &[true.into(), false.into()], true);
        gives("xor", &[true.into(), Cell::Null], Cell::Null);
        gives("nullif", &["1".into(), 1.0.into()], Cell::Null);
        gives("nullif", &["a".into(), "b".into()], "a");
        gives("validate", &[true.into(), "a".into(), false.into(), "b".into()], "b");
        gives("validate", &[true.into(), "a".into()], Cell::Null);
        gives("isint", &["3.0".into()], true);
        gives("isstr", &["3".into()], false);
        gives("sum", &[many(&["1", "x", "2"])], 3);
    }
}
