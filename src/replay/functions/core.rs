//! Built-ins of KQL, as far as readers of other languages use them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use super::{Body, Context, Row};
use crate::literal::{
    MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE,
    TICKS_PER_SECOND, ticks_to_civil,
};
use crate::replay::{Cell, Run};

static ROWS: &[Row] = &[
    ("coalesce", |_, cells| Ok(cells.iter().find(|cell| !cell.is_null()).cloned().unwrap_or(Cell::Null))),
    ("isnull", |_, cells| Ok(Cell::Bool(cells[0].is_null()))),
    ("isnotnull", |_, cells| Ok(Cell::Bool(!cells[0].is_null()))),
    ("isempty", |_, cells| Ok(Cell::Bool(is_empty(&cells[0])))),
    ("isnotempty", |_, cells| Ok(Cell::Bool(!is_empty(&cells[0])))),
    ("tolower", |_, cells| text(cells, str::to_lowercase)),
    ("toupper", |_, cells| text(cells, str::to_uppercase)),
    ("strlen", |_, cells| Ok(written(&cells[0]).map_or(Cell::Null, |text| whole(text.chars().count())))),
    ("string_size", |_, cells| Ok(written(&cells[0]).map_or(Cell::Null, |text| whole(text.len())))),
    ("strcat", |_, cells| Ok(Cell::text(cells.iter().filter_map(written).collect::<String>()))),
    ("substring", substring),
    ("split", split),
    ("replace_string", |_, cells| {
        let (Some(text), Some(old), Some(new)) = (written(&cells[0]), written(&cells[1]), written(&cells[2])) else {
            return Ok(Cell::Null);
        };
        Ok(if old.is_empty() { Cell::text(text) } else { Cell::text(text.replace(&old, &new)) })
    }),
    ("abs", |_, cells| number(cells, f64::abs)),
    ("ceiling", |_, cells| number(cells, f64::ceil)),
    ("floor", |_, cells| number(cells, f64::floor)),
    ("sqrt", |_, cells| number(cells, f64::sqrt)),
    ("exp", |_, cells| number(cells, f64::exp)),
    ("log", |_, cells| number(cells, f64::ln)),
    ("log10", |_, cells| number(cells, f64::log10)),
    ("pow", |_, cells| {
        let pair = cells[0].as_number().zip(cells[1].as_number());
        Ok(pair.map_or(Cell::Null, |(base, power)| finite(base.powf(power))))
    }),
    ("max_of", |_, cells| Ok(extreme(cells, Ordering::Greater))),
    ("min_of", |_, cells| Ok(extreme(cells, Ordering::Less))),
    ("now", |context, _| Ok(Cell::Time(context.machine.world.now))),
    ("ago", |context, cells| match &cells[0] {
        Cell::Span(ticks) => Ok(context.machine.world.now.checked_sub(*ticks).map_or(Cell::Null, Cell::Time)),
        _ => Ok(Cell::Null),
    }),
    ("bin", |_, cells| Ok(bin(&cells[0], &cells[1]))),
    ("datetime_part", datetime_part),
    ("pack_array", |_, cells| Ok(Cell::List(cells.to_vec()))),
    ("array_length", |_, cells| Ok(if let Cell::List(items) = &cells[0] { whole(items.len()) } else { Cell::Null })),
    ("ipv4_is_in_range", |_, cells| {
        let pair = written(&cells[0]).zip(written(&cells[1]));
        Ok(pair.and_then(|(address, range)| in_range_v4(&address, &range)).map_or(Cell::Null, Cell::Bool))
    }),
    ("ipv6_is_in_range", |_, cells| {
        let pair = written(&cells[0]).zip(written(&cells[1]));
        Ok(pair.and_then(|(address, range)| in_range_v6(&address, &range)).map_or(Cell::Null, Cell::Bool))
    }),
];

static TABLE: LazyLock<HashMap<&'static str, Body>> = LazyLock::new(|| ROWS.iter().copied().collect());

/// What runs a function.
pub(super) fn find(name: &str) -> Option<Body> {
    TABLE.get(name).copied()
}

fn written(cell: &Cell) -> Option<String> {
    cell.written().map(std::borrow::Cow::into_owned)
}

fn whole(count: usize) -> Cell {
    Cell::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

fn finite(value: f64) -> Cell {
    if value.is_finite() { Cell::Real(value) } else { Cell::Null }
}

fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Text(text) => text.is_empty(),
        _ => false,
    }
}

fn text(cells: &[Cell], change: fn(&str) -> String) -> Run<Cell> {
    Ok(written(&cells[0]).map_or(Cell::Null, |text| Cell::text(change(&text))))
}

/// A function of a number; a whole number stays one where it can.
fn number(cells: &[Cell], change: fn(f64) -> f64) -> Run<Cell> {
    Ok(match (&cells[0], cells[0].as_number().map(change)) {
        (_, None) => Cell::Null,
        (Cell::Long(_), Some(value)) if value.fract() == 0.0 => Cell::number(value),
        (_, Some(value)) => finite(value),
    })
}

fn extreme(cells: &[Cell], which: Ordering) -> Cell {
    let there = cells.iter().filter(|cell| !cell.is_null());
    there.reduce(|best, cell| if cell.rank(best) == which { cell } else { best }).cloned().unwrap_or(Cell::Null)
}

/// From a position counted from 0, or from the end when negative.
fn substring(_: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let (Some(text), Cell::Long(start)) = (written(&cells[0]), &cells[1]) else { return Ok(Cell::Null) };
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if *start < 0 { start.saturating_add(count).max(0) } else { *start };
    let length = match cells.get(2) {
        None => i64::MAX,
        Some(Cell::Long(length)) => *length,
        Some(_) => return Ok(Cell::Null),
    };
    let (skip, take) = (usize::try_from(start).unwrap_or(0), usize::try_from(length).unwrap_or(0));
    Ok(Cell::text(text.chars().skip(skip).take(take).collect::<String>()))
}

fn split(_: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let (Some(text), Some(delimiter)) = (written(&cells[0]), written(&cells[1])) else { return Ok(Cell::Null) };
    let pieces: Vec<Cell> = match delimiter.as_str() {
        "" => vec![Cell::text(text)],
        delimiter => text.split(delimiter).map(Cell::text).collect(),
    };
    Ok(match cells.get(2) {
        None => Cell::List(pieces),
        Some(Cell::Long(at)) => {
            let piece = usize::try_from(*at).ok().and_then(|at| pieces.get(at).cloned());
            piece.map_or(Cell::Null, |piece| Cell::List(vec![piece]))
        }
        Some(_) => Cell::Null,
    })
}

/// Down to a multiple of a width, counted from 0.
fn bin(value: &Cell, width: &Cell) -> Cell {
    match (value, width) {
        (Cell::Time(ticks), Cell::Span(width)) if *width > 0 => Cell::Time(ticks.div_euclid(*width) * width),
        (Cell::Span(ticks), Cell::Span(width)) if *width > 0 => Cell::Span(ticks.div_euclid(*width) * width),
        (Cell::Long(value), Cell::Long(width)) if *width > 0 => Cell::Long(value.div_euclid(*width) * width),
        (value, width) => match (value.as_number(), width.as_number()) {
            (Some(value), Some(width)) if width > 0.0 => finite((value / width).floor() * width),
            _ => Cell::Null,
        },
    }
}

fn datetime_part(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let (Some(part), Some(ticks)) = (written(&cells[0]), cells[1].as_time()) else { return Ok(Cell::Null) };
    if !(0..=MAX_DATETIME).contains(&ticks) {
        return Ok(Cell::Null);
    }
    let (year, month, day) = ticks_to_civil(ticks);
    let within = |unit: i64, of: i64| ticks.rem_euclid(of) / unit;
    Ok(Cell::Long(match part.to_ascii_lowercase().as_str() {
        "year" => year,
        "quarter" => (month + 2) / 3,
        "month" => month,
        "week_of_year" | "week" => iso_week(ticks),
        "day" => day,
        "dayofyear" => {
            let first = crate::literal::civil_to_ticks(year, 1, 1).unwrap_or(ticks);
            (ticks - first) / TICKS_PER_DAY + 1
        }
        "hour" => within(TICKS_PER_HOUR, TICKS_PER_DAY),
        "minute" => within(TICKS_PER_MINUTE, TICKS_PER_HOUR),
        "second" => within(TICKS_PER_SECOND, TICKS_PER_MINUTE),
        "millisecond" => within(TICKS_PER_MILLISECOND, TICKS_PER_SECOND),
        "microsecond" => within(TICKS_PER_MICROSECOND, TICKS_PER_SECOND),
        "nanosecond" => within(1, TICKS_PER_SECOND) * 100,
        part => return Err(context.refuse(format!("`{part}` is no part of a date"))),
    }))
}

/// The week by ISO 8601: the first is the one that the year's first Thursday is in.
pub(super) fn iso_week(ticks: i64) -> i64 {
    let day = ticks.div_euclid(TICKS_PER_DAY);
    // 0001-01-01 was a Monday.
    let thursday = day - day.rem_euclid(7) + 3;
    let (year, ..) = ticks_to_civil(thursday * TICKS_PER_DAY);
    let first = crate::literal::civil_to_ticks(year, 1, 1).unwrap_or(0) / TICKS_PER_DAY;
    (thursday - first) / 7 + 1
}

/// Whether an address lies in a range; `None` where one of them is none.
fn in_range_v4(address: &str, range: &str) -> Option<bool> {
    let (net, bits) = match range.split_once('/') {
        Some((net, bits)) => (net, bits.parse::<u32>().ok().filter(|bits| *bits <= 32)?),
        None => (range, 32),
    };
    let address = u32::from(address.trim().parse::<Ipv4Addr>().ok()?);
    let net = u32::from(net.trim().parse::<Ipv4Addr>().ok()?);
    Some((address ^ net).checked_shr(32 - bits).unwrap_or(0) == 0)
}

/// The same of IPv6; an address of IPv4 is the one of IPv6 that stands for it.
fn in_range_v6(address: &str, range: &str) -> Option<bool> {
    let parse = |text: &str| {
        let text = text.trim();
        text.parse::<Ipv6Addr>().ok().or_else(|| text.parse::<Ipv4Addr>().ok().map(|old| old.to_ipv6_mapped()))
    };
    let (net, bits) = match range.split_once('/') {
        Some((net, bits)) => (net, bits.parse::<u32>().ok().filter(|bits| *bits <= 128)?),
        None => (range, 128),
    };
    let difference = u128::from(parse(address)?) ^ u128::from(parse(net)?);
    Some(difference.checked_shr(128 - bits).unwrap_or(0) == 0)
}

/// Whether an address lies in a range, of either family; both are of the same.
pub(super) fn in_range(address: &str, range: &str) -> bool {
    if range.contains(':') {
        address.contains(':') && in_range_v6(address, range) == Some(true)
    } else {
        in_range_v4(address, range) == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_function_of_the_catalogue() {
        assert_eq!(TABLE.len(), ROWS.len(), "a name twice");
        for (name, _) in ROWS {
            assert!(crate::functions::scalar(name).is_some(), "{name}");
        }
    }

    #[test]
    fn addresses_lie_in_ranges() {
        for (address, range, inside) in [
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("1.2.3.4", "0.0.0.0/0", true),
            ("1.2.3.4", "1.2.3.4", true),
            ("fe80::1", "fe80::/10", true),
            ("1.2.3.4", "fe80::/10", false),
            ("x", "10.0.0.0/8", false),
        ] {
            assert_eq!(in_range(address, range), inside, "{address} {range}");
        }
        assert_eq!(in_range_v4("x", "10.0.0.0/8"), None);
    }

    #[test]
    fn weeks_follow_iso() {
        let week = |y, m, d| iso_week(crate::literal::civil_to_ticks(y, m, d).unwrap());
        assert_eq!((week(2021, 1, 3), week(2021, 1, 4), week(2020, 12, 31), week(2024, 12, 30)), (53, 1, 53, 1));
    }
}
