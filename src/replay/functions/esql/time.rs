//! Functions of times. The time zone is UTC.

use super::convert::stamp;
use super::{as_long, as_number, as_text, finite};
use crate::literal::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
    civil_to_ticks, parse_datetime, ticks_to_civil,
};
use crate::replay::cell::UNIX_EPOCH;
use crate::replay::functions::{Context, Row};
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] = &[
    ("add_period", |_, cells| {
        let (Some(time), Some(count), Some(unit)) = (instant(&cells[0]), as_long(&cells[1]), as_text(&cells[2])) else {
            return Ok(Cell::Null);
        };
        let months = count.checked_mul(months(unit));
        Ok(months.and_then(|months| months_later(time, months)).map_or(Cell::Null, Cell::Time))
    }),
    ("date_trunc", |context, cells| truncated(context, &cells[0], &cells[1])),
    ("date_trunc_period", |context, cells| {
        let (Some(count), Some(unit)) = (as_long(&cells[0]), as_text(&cells[1])) else { return Ok(Cell::Null) };
        let Some(time) = instant(&cells[2]) else { return Ok(Cell::Null) };
        if count != 1 {
            return Err(context.refuse("how several units of the calendar are aligned is not documented"));
        }
        let (year, month, _) = ticks_to_civil(time);
        let first = match months(unit) {
            1 => month,
            3 => month - (month - 1) % 3,
            _ => 1,
        };
        Ok(civil_to_ticks(year, first, 1).map_or(Cell::Null, Cell::Time))
    }),
    ("bucket", |context, cells| match cells {
        [value, width @ Cell::Span(_)] => truncated(context, width, value),
        [value, width] => Ok(match (as_number(value), as_number(width)) {
            (Some(value), Some(width)) if width > 0.0 => finite((value / width).floor() * width),
            _ => Cell::Null,
        }),
        _ => Err(context.refuse("which round width it takes is not documented in full")),
    }),
    ("date_diff", date_diff),
    ("date_extract", |context, cells| {
        let (Some(part), Some(time)) = (as_text(&cells[0]), instant(&cells[1])) else { return Ok(Cell::Null) };
        let (year, month, day) = ticks_to_civil(time);
        let of_day = time.rem_euclid(TICKS_PER_DAY);
        Ok(Cell::Long(match part.to_ascii_lowercase().as_str() {
            "year" | "year_of_era" => year,
            "month_of_year" => month,
            "day_of_month" => day,
            "day_of_year" => civil_to_ticks(year, 1, 1).map_or(0, |first| (time - first).div_euclid(TICKS_PER_DAY) + 1),
            "day_of_week" => weekday(time) + 1,
            "hour_of_day" => of_day / TICKS_PER_HOUR,
            "minute_of_hour" => of_day / TICKS_PER_MINUTE % 60,
            "minute_of_day" => of_day / TICKS_PER_MINUTE,
            "second_of_minute" => of_day / TICKS_PER_SECOND % 60,
            "second_of_day" => of_day / TICKS_PER_SECOND,
            "milli_of_second" => of_day / TICKS_PER_MILLISECOND % 1000,
            "milli_of_day" => of_day / TICKS_PER_MILLISECOND,
            "epoch_day" => (time - UNIX_EPOCH).div_euclid(TICKS_PER_DAY),
            other => return Err(context.refuse(format!("the part `{other}` is not worked out"))),
        }))
    }),
    ("date_format", |context, cells| {
        let Some(time) = cells.last().and_then(instant) else { return Ok(Cell::Null) };
        if cells.len() == 1 {
            return Ok(Cell::text(stamp(time)));
        }
        match as_text(&cells[0]) {
            Some(pattern) => pieces(pattern)
                .and_then(|pieces| written(&pieces, time))
                .map(Cell::text)
                .map_err(|why| context.refuse(why)),
            None => Ok(Cell::Null),
        }
    }),
    ("date_parse", |context, cells| {
        let Some(text) = cells.last().and_then(as_text) else { return Ok(Cell::Null) };
        if cells.len() == 1 {
            return Ok(instant(&cells[0]).map_or(Cell::Null, Cell::Time));
        }
        match as_text(&cells[0]) {
            Some(pattern) => {
                let pieces = pieces(pattern).map_err(|why| context.refuse(why))?;
                read(&pieces, text).map(|time| time.map_or(Cell::Null, Cell::Time)).map_err(|why| context.refuse(why))
            }
            None => Ok(Cell::Null),
        }
    }),
    ("day_name", |_, cells| {
        let name = |time: i64| usize::try_from(weekday(time)).ok().and_then(|day| DAYS.get(day));
        Ok(instant(&cells[0]).and_then(name).map_or(Cell::Null, |name| Cell::text(*name)))
    }),
    ("month_name", |_, cells| {
        let name = |time: i64| usize::try_from(ticks_to_civil(time).1 - 1).ok().and_then(|month| MONTHS.get(month));
        Ok(instant(&cells[0]).and_then(name).map_or(Cell::Null, |name| Cell::text(*name)))
    }),
];

static DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
static MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The time that a value is, or that its text says in ISO 8601.
pub(super) fn instant(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Time(ticks) => Some(*ticks),
        Cell::Text(text) => {
            let bytes = text.as_bytes();
            let iso = bytes.iter().take(4).all(u8::is_ascii_digit)
                && bytes.get(4) == Some(&b'-')
                && matches!(bytes.get(10), None | Some(b'T'));
            // Below a millisecond no date goes.
            let time = if iso { parse_datetime(text) } else { None };
            time.map(|ticks| ticks - ticks.rem_euclid(TICKS_PER_MILLISECOND))
        }
        _ => None,
    }
}

/// The day of the week, Monday being 0. The first day of the calendar was a Monday.
const fn weekday(time: i64) -> i64 {
    time.div_euclid(TICKS_PER_DAY).rem_euclid(7)
}

/// How many months a unit of the calendar has.
fn months(unit: &str) -> i64 {
    match unit {
        "month" => 1,
        "quarter" => 3,
        _ => 12,
    }
}

/// The time so many months later; a day that the month does not have is its last.
fn months_later(time: i64, months: i64) -> Option<i64> {
    let (year, month, day) = ticks_to_civil(time);
    let all = (year * 12 + month - 1).checked_add(months)?;
    let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
    let date = (0..4).find_map(|less| civil_to_ticks(year, month, day - less))?;
    date.checked_add(time.rem_euclid(TICKS_PER_DAY))
}

/// The time cut down to a bin.
fn truncated(context: &Context<'_>, width: &Cell, time: &Cell) -> Run<Cell> {
    let (Cell::Span(width), Some(time)) = (width, instant(time)) else { return Ok(Cell::Null) };
    let width = *width;
    if width > 0 && TICKS_PER_DAY % width == 0 || width == 7 * TICKS_PER_DAY {
        // Days and weeks alike are counted from the first day of the calendar, a Monday.
        return Ok(Cell::Time(time - time.rem_euclid(width)));
    }
    Err(context.refuse("how bins of such a width are aligned is not documented"))
}

/// How many whole units lie between two times.
fn date_diff(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let (Some(unit), Some(from), Some(to)) = (as_text(&cells[0]), instant(&cells[1]), instant(&cells[2])) else {
        return Ok(Cell::Null);
    };
    let ticks = to - from;
    let count = match unit.to_ascii_lowercase().as_str() {
        "year" | "years" | "yyyy" | "yy" => months_between(from, to) / 12,
        "quarter" | "quarters" | "qq" | "q" => months_between(from, to) / 3,
        "month" | "months" | "mm" | "m" => months_between(from, to),
        "week" | "weeks" | "wk" | "ww" => ticks / (7 * TICKS_PER_DAY),
        "day" | "days" | "dd" | "d" | "dayofyear" | "dy" | "y" | "weekday" | "weekdays" | "dw" => ticks / TICKS_PER_DAY,
        "hour" | "hours" | "hh" => ticks / TICKS_PER_HOUR,
        "minute" | "minutes" | "mi" | "n" => ticks / TICKS_PER_MINUTE,
        "second" | "seconds" | "ss" | "s" => ticks / TICKS_PER_SECOND,
        "millisecond" | "milliseconds" | "ms" => ticks / TICKS_PER_MILLISECOND,
        "microsecond" | "microseconds" | "mcs" => ticks / TICKS_PER_MICROSECOND,
        "nanosecond" | "nanoseconds" | "ns" => ticks.saturating_mul(100),
        other => return Err(context.refuse(format!("`{other}` is no unit of time"))),
    };
    // It is a whole number of 32 bits.
    Ok(i32::try_from(count).map_or(Cell::Null, |count| Cell::Long(i64::from(count))))
}

/// How many whole months lie between two times.
fn months_between(from: i64, to: i64) -> i64 {
    if to < from {
        return -months_between(to, from);
    }
    let place = |time: i64| {
        let (year, month, day) = ticks_to_civil(time);
        (year * 12 + month, (day, time.rem_euclid(TICKS_PER_DAY)))
    };
    let ((first, start), (last, end)) = (place(from), place(to));
    last - first - i64::from(end < start)
}

/// A piece of a pattern of Java.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A letter, and how often it stands there.
    Field(char, usize),
}

/// The pieces of a pattern, of which those are known that have a fixed number of digits.
fn pieces(pattern: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            let text: String = std::iter::from_fn(|| chars.next_if(|c| *c != '\'')).collect();
            chars.next();
            pieces.push(Piece::Text(if text.is_empty() { "'".to_owned() } else { text }));
        } else if c.is_ascii_alphabetic() {
            let mut count = 1;
            while chars.next_if_eq(&c).is_some() {
                count += 1;
            }
            match (c, count) {
                ('y' | 'u', 4) | ('M' | 'd' | 'H' | 'm' | 's', 2) | ('S', 1..=7) => {
                    pieces.push(Piece::Field(c, count));
                }
                _ => return Err(format!("`{}` in a pattern is not worked out", String::from(c).repeat(count))),
            }
        } else if "[]{}#".contains(c) {
            return Err(format!("`{c}` in a pattern is not worked out"));
        } else {
            pieces.push(Piece::Text(c.to_string()));
        }
    }
    Ok(pieces)
}

fn written(pieces: &[Piece], time: i64) -> Result<String, String> {
    use std::fmt::Write as _;
    let (year, month, day) = ticks_to_civil(time);
    let of_day = time.rem_euclid(TICKS_PER_DAY);
    let mut out = String::new();
    for piece in pieces {
        let (value, width) = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Field('S', count) => {
                let fraction = format!("{:07}", of_day % TICKS_PER_SECOND);
                out.push_str(&fraction[..*count]);
                continue;
            }
            Piece::Field('M', count) => (month, *count),
            Piece::Field('d', count) => (day, *count),
            Piece::Field('H', count) => (of_day / TICKS_PER_HOUR, *count),
            Piece::Field('m', count) => (of_day / TICKS_PER_MINUTE % 60, *count),
            Piece::Field('s', count) => (of_day / TICKS_PER_SECOND % 60, *count),
            Piece::Field(_, count) => (year, *count),
        };
        write!(out, "{value:0width$}").map_err(|error| error.to_string())?;
    }
    Ok(out)
}

/// The time that a text says by a pattern; `None` where it does not fit.
fn read(pieces: &[Piece], text: &str) -> Result<Option<i64>, String> {
    let (mut year, mut month, mut day, mut of_day) = (None, 1, 1, 0);
    let mut rest = text;
    for piece in pieces {
        let (field, count) = match piece {
            Piece::Text(expected) => match rest.strip_prefix(expected.as_str()) {
                Some(behind) => {
                    rest = behind;
                    continue;
                }
                None => return Ok(None),
            },
            Piece::Field(field, count) => (*field, *count),
        };
        let Some((digits, behind)) = rest.split_at_checked(count) else { return Ok(None) };
        let Some(value) =
            Some(digits).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).and_then(|d| d.parse::<i64>().ok())
        else {
            return Ok(None);
        };
        rest = behind;
        let bound = match field {
            'H' => 23,
            'm' | 's' => 59,
            _ => i64::MAX,
        };
        if value > bound {
            return Ok(None);
        }
        match field {
            'M' => month = value,
            'd' => day = value,
            'H' => of_day += value * TICKS_PER_HOUR,
            'm' => of_day += value * TICKS_PER_MINUTE,
            's' => of_day += value * TICKS_PER_SECOND,
            'S' => of_day += value * 10_i64.pow(7 - u32::try_from(count).unwrap_or(7)),
            _ => year = Some(value),
        }
    }
    let Some(year) = year else { return Err("a pattern without a year is not worked out".to_owned()) };
    Ok(civil_to_ticks(year, month, day).filter(|_| rest.is_empty()).map(|date| date + of_day))
}
