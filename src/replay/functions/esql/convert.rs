//! Conversions, and what decides between values.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::{as_number, each, order};
use crate::literal::{TICKS_PER_MILLISECOND, format_datetime};
use crate::replay::Cell;
use crate::replay::cell::UNIX_EPOCH;
use crate::replay::functions::Row;
use crate::replay::functions::esql::time::instant;

pub(super) static ROWS: &[Row] = &[
    // The value of a field that has one.
    ("single", |_, cells| Ok(if matches!(cells[0], Cell::List(_)) { Cell::Null } else { cells[0].clone() })),
    ("coalesce", |_, cells| Ok(cells.iter().find(|cell| !cell.is_null()).cloned().unwrap_or(Cell::Null))),
    ("greatest", |_, cells| Ok(extreme(cells, Ordering::Greater))),
    ("least", |_, cells| Ok(extreme(cells, Ordering::Less))),
    ("clamp", |_, cells| Ok(at_most(&at_least(&cells[0], &cells[1]), &cells[2]))),
    ("clamp_min", |_, cells| Ok(at_least(&cells[0], &cells[1]))),
    ("clamp_max", |_, cells| Ok(at_most(&cells[0], &cells[1]))),
    ("to_string", |_, cells| each(&cells[0], |cell| Ok(string(cell).map_or(Cell::Null, Cell::text)))),
    ("to_boolean", |_, cells| {
        each(&cells[0], |cell| {
            Ok(match cell {
                Cell::Text(text) => Cell::Bool(text.eq_ignore_ascii_case("true")),
                Cell::Bool(value) => Cell::Bool(*value),
                other => as_number(other).map_or(Cell::Null, |number| Cell::Bool(number != 0.0)),
            })
        })
    }),
    ("to_double", |_, cells| each(&cells[0], |cell| Ok(double(cell).map_or(Cell::Null, Cell::Real)))),
    ("to_long", |_, cells| each(&cells[0], |cell| Ok(long(cell, i64::MIN..=i64::MAX)))),
    ("to_integer", |_, cells| each(&cells[0], |cell| Ok(long(cell, i64::from(i32::MIN)..=i64::from(i32::MAX))))),
    // Numbers above those of 64 bits with a sign have no cell.
    ("to_unsigned_long", |_, cells| each(&cells[0], |cell| Ok(long(cell, 0..=i64::MAX)))),
    ("to_ip", |_, cells| {
        each(&cells[0], |cell| {
            let address = super::as_text(cell).and_then(|text| text.parse::<IpAddr>().ok());
            Ok(address.map_or(Cell::Null, |address| Cell::text(address.to_canonical().to_string())))
        })
    }),
    ("to_datetime", |_, cells| {
        each(&cells[0], |cell| {
            let millis = match cell {
                Cell::Long(millis) => Some(*millis),
                Cell::Real(millis) => Some(*millis as i64),
                other => return Ok(instant(other).map_or(Cell::Null, Cell::Time)),
            };
            let ticks = millis.and_then(|millis| millis.checked_mul(TICKS_PER_MILLISECOND));
            Ok(ticks.and_then(|ticks| ticks.checked_add(UNIX_EPOCH)).map_or(Cell::Null, Cell::Time))
        })
    }),
    ("to_date_nanos", |_, cells| {
        each(&cells[0], |cell| {
            Ok(match cell {
                Cell::Long(nanos) => Cell::Time(nanos / 100 + UNIX_EPOCH),
                other => instant(other).map_or(Cell::Null, Cell::Time),
            })
        })
    }),
    ("to_degrees", |_, cells| {
        each(&cells[0], |cell| Ok(as_number(cell).map_or(Cell::Null, |number| super::finite(number.to_degrees()))))
    }),
    ("to_radians", |_, cells| {
        each(&cells[0], |cell| Ok(as_number(cell).map_or(Cell::Null, |number| super::finite(number.to_radians()))))
    }),
    ("to_lower", |_, cells| {
        each(&cells[0], |cell| Ok(super::as_text(cell).map_or(Cell::Null, |text| Cell::text(text.to_lowercase()))))
    }),
    ("to_upper", |_, cells| {
        each(&cells[0], |cell| Ok(super::as_text(cell).map_or(Cell::Null, |text| Cell::text(text.to_uppercase()))))
    }),
];

/// The greatest or the least of all values of all arguments.
fn extreme(cells: &[Cell], wanted: Ordering) -> Cell {
    if cells.iter().any(Cell::is_null) {
        return Cell::Null;
    }
    let values = cells.iter().flat_map(Cell::values);
    values.reduce(|best, one| if order(one, best) == wanted { one } else { best }).cloned().unwrap_or(Cell::Null)
}

fn at_least(value: &Cell, bound: &Cell) -> Cell {
    extreme(&[value.clone(), bound.clone()], Ordering::Greater)
}

fn at_most(value: &Cell, bound: &Cell) -> Cell {
    extreme(&[value.clone(), bound.clone()], Ordering::Less)
}

/// The text that a value is converted to.
pub(super) fn string(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.to_string()),
        Cell::Long(value) => Some(value.to_string()),
        Cell::Bool(value) => Some(value.to_string()),
        Cell::Real(value) => Some(real(*value)),
        Cell::Time(ticks) => Some(stamp(*ticks)),
        Cell::Null | Cell::Span(_) | Cell::List(_) | Cell::Bag(_) => None,
    }
}

/// A time in ISO 8601 with milliseconds.
pub(super) fn stamp(ticks: i64) -> String {
    let text = format_datetime(ticks);
    // Digits below a millisecond do not count.
    format!("{}Z", text.get(..23).unwrap_or(&text))
}

/// A number with a fraction, as Java writes it: with an exponent below a thousandth and from ten million on.
fn real(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) || !value.is_finite() {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

fn double(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Long(value) => Some(*value as f64),
        Cell::Real(value) => Some(*value),
        Cell::Bool(value) => Some(f64::from(u8::from(*value))),
        Cell::Time(ticks) => Some(((ticks - UNIX_EPOCH).div_euclid(TICKS_PER_MILLISECOND)) as f64),
        // Java's `Double.parseDouble` takes no notice of what is no more than a blank at either end.
        Cell::Text(text) => text.trim_matches(|c| c <= ' ').parse().ok().filter(|number: &f64| number.is_finite()),
        Cell::Null | Cell::Span(_) | Cell::List(_) | Cell::Bag(_) => None,
    }
}

/// The whole number nearest to a value, halves upwards, if it lies within bounds.
fn long(cell: &Cell, bounds: std::ops::RangeInclusive<i64>) -> Cell {
    let exact = match cell {
        Cell::Long(value) => Some(*value),
        Cell::Time(ticks) => Some((ticks - UNIX_EPOCH).div_euclid(TICKS_PER_MILLISECOND)),
        Cell::Text(text) => text.parse().ok(),
        _ => None,
    };
    let rounded = || {
        let number = (double(cell)? + 0.5).floor();
        // The bounds of 64 bits are no numbers with a fraction themselves.
        (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number).then_some(number as i64)
    };
    exact.or_else(rounded).filter(|number| bounds.contains(number)).map_or(Cell::Null, Cell::Long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_round_a_number_do_not_count() {
        let read = |text: &str| long(&Cell::text(text), i64::MIN..=i64::MAX);
        assert_eq!(double(&Cell::text(" 2.5 ")), Some(2.5));
        assert!(matches!(read("2 "), Cell::Long(2)) && matches!(read("2.5"), Cell::Long(3)));
        assert!(read("2 3").is_null() && read(" ").is_null());
    }
}
