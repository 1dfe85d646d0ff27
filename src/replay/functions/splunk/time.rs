//! Times: seconds since 1970, specifiers such as `-1d@d`, formats of `%` codes.

use super::number::finite;
use super::{each, number, text};
use crate::literal::{MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_SECOND, civil_to_ticks, ticks_to_civil};
use crate::replay::cell::{UNIX_EPOCH, after_1970};
use crate::replay::functions::core::iso_week;
use crate::replay::functions::{Context, Row};
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] = &[
    ("now", |context, _| Ok(seconds(context.machine.world.now))),
    ("relative_time", |context, cells| {
        let (Some(time), Some(specifier)) = (ticks(&cells[0]), text(&cells[1])) else { return Ok(Cell::Null) };
        match relative(time, &specifier) {
            Some(time) => Ok(seconds(time)),
            None => Err(context.refuse(format!("`{specifier}` is no relative time"))),
        }
    }),
    ("strftime", |context, cells| {
        let Some(format) = text(&cells[1]) else { return Ok(Cell::Null) };
        each(&cells[0], |cell| match ticks(cell) {
            Some(time) => formatted(time, &format).map(Cell::text).map_err(|why| context.refuse(why)),
            None => Ok(Cell::Null),
        })
    }),
    ("strptime", |context, cells| {
        let Some(format) = text(&cells[1]) else { return Ok(Cell::Null) };
        super::each_text(&cells[0], |text| {
            let time = parsed(text, &format, context.machine.world.now).map_err(|why| context.refuse(why))?;
            Ok(time.map_or(Cell::Null, seconds))
        })
    }),
    ("bin_span", |_, cells| {
        let Some(width) = number(&cells[1]).filter(|width| *width > 0.0) else { return Ok(Cell::Null) };
        let Some(value) = number(&cells[0]) else { return Ok(cells[0].clone()) };
        let low = (value / width).floor() * width;
        let part = |value: f64| text(&finite(value)).unwrap_or_default().into_owned();
        Ok(Cell::text(format!("{}-{}", part(low), part(low + width))))
    }),
    ("bin_time", |context, cells| binned(context, &cells[0], &cells[1], None)),
    ("bin_time_from", |context, cells| {
        let align = text(&cells[2]).unwrap_or_default();
        let from = match number(&cells[2]) {
            Some(seconds) => after_1970(seconds),
            None => relative(context.machine.world.now, &align),
        };
        match from {
            Some(from) => binned(context, &cells[0], &cells[1], Some(from)),
            None => Err(context.refuse(format!("bins from `{align}` depend on the stretch of time that is searched"))),
        }
    }),
];

/// An instant as seconds since 1970, to the microsecond.
pub(in crate::replay) fn seconds(ticks: i64) -> Cell {
    let since = i128::from(ticks) - i128::from(UNIX_EPOCH);
    if since % i128::from(TICKS_PER_SECOND) == 0 {
        Cell::Long((since / i128::from(TICKS_PER_SECOND)) as i64)
    } else {
        finite(since as f64 / TICKS_PER_SECOND as f64)
    }
}

/// The instant that a field holds: seconds since 1970.
pub(super) fn ticks(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Time(ticks) => Some(*ticks).filter(|ticks| (0..=MAX_DATETIME).contains(ticks)),
        other => number(other).and_then(after_1970),
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many ticks.
    Ticks(i64),
    /// Weeks that begin so many days after Sunday.
    Weeks(i64),
    Months(i64),
}

const UNITS: &[(&[&str], Unit)] = &[
    (&["us"], Unit::Ticks(10)),
    (&["ms"], Unit::Ticks(10_000)),
    (&["cs"], Unit::Ticks(100_000)),
    (&["ds"], Unit::Ticks(1_000_000)),
    (&["s", "sec", "secs", "second", "seconds"], Unit::Ticks(TICKS_PER_SECOND)),
    (&["m", "min", "mins", "minute", "minutes"], Unit::Ticks(60 * TICKS_PER_SECOND)),
    (&["h", "hr", "hrs", "hour", "hours"], Unit::Ticks(3600 * TICKS_PER_SECOND)),
    (&["d", "day", "days"], Unit::Ticks(TICKS_PER_DAY)),
    (&["w", "week", "weeks", "w0", "w7"], Unit::Weeks(0)),
    (&["w1"], Unit::Weeks(1)),
    (&["w2"], Unit::Weeks(2)),
    (&["w3"], Unit::Weeks(3)),
    (&["w4"], Unit::Weeks(4)),
    (&["w5"], Unit::Weeks(5)),
    (&["w6"], Unit::Weeks(6)),
    (&["mon", "month", "months"], Unit::Months(1)),
    (&["q", "qtr", "qtrs", "quarter", "quarters"], Unit::Months(3)),
    (&["y", "yr", "yrs", "year", "years"], Unit::Months(12)),
];

fn unit(word: &str) -> Option<Unit> {
    UNITS.iter().find(|(words, _)| words.contains(&word)).map(|(_, unit)| *unit)
}

/// A number and a unit; a number alone counts seconds, a unit alone one of it.
fn amount(text: &str) -> Option<(i64, Unit)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count = if digits == 0 { 1 } else { text[..digits].parse().ok()? };
    let unit = if digits == text.len() && digits > 0 { Unit::Ticks(TICKS_PER_SECOND) } else { unit(&text[digits..])? };
    Some((count, unit))
}

/// The length of a span such as `5m` in seconds; `None` for those of the calendar.
pub(in crate::replay) fn length(text: &str) -> Option<f64> {
    match amount(text)? {
        (count, Unit::Ticks(ticks)) => Some(count as f64 * ticks as f64 / TICKS_PER_SECOND as f64),
        (count, Unit::Weeks(_)) => Some(count as f64 * 7.0 * 86_400.0),
        (_, Unit::Months(_)) => None,
    }
}

/// A time moved by a specifier: offsets and, behind `@`, the unit it is cut down to, in the order they are written.
fn relative(time: i64, specifier: &str) -> Option<i64> {
    let specifier = specifier.trim();
    if specifier == "now" || specifier == "now()" {
        return Some(time);
    }
    let mut time = time;
    let mut rest = specifier;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest[1..].find(['+', '-', '@']).map_or(rest.len(), |at| at + 1);
        let (part, behind) = rest.split_at(end);
        rest = behind;
        let body = part.get(1..)?;
        time = match part.as_bytes()[0] {
            b'@' => cut(time, unit(body)?)?,
            b'+' => moved(time, amount(body)?, 1)?,
            b'-' => moved(time, amount(body)?, -1)?,
            _ => return None,
        };
    }
    Some(time)
}

fn moved(time: i64, (count, unit): (i64, Unit), sign: i64) -> Option<i64> {
    let count = count.checked_mul(sign)?;
    match unit {
        Unit::Ticks(ticks) => time.checked_add(count.checked_mul(ticks)?),
        Unit::Weeks(_) => time.checked_add(count.checked_mul(7 * TICKS_PER_DAY)?),
        Unit::Months(months) => {
            let (year, month, day) = ticks_to_civil(time);
            let all = (year * 12 + month - 1).checked_add(count.checked_mul(months)?)?;
            let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
            // A day that the month has not is its last.
            let date = (28..=day.max(28)).rev().find_map(|day| civil_to_ticks(year, month, day));
            let date = if day <= 28 { civil_to_ticks(year, month, day) } else { date };
            Some(date? + time.rem_euclid(TICKS_PER_DAY))
        }
    }
}

/// Down to the start of the unit.
fn cut(time: i64, unit: Unit) -> Option<i64> {
    match unit {
        Unit::Ticks(ticks) => Some(time.div_euclid(ticks) * ticks),
        Unit::Weeks(first) => {
            let day = time.div_euclid(TICKS_PER_DAY);
            // Day 0, 0001-01-01, was a Monday.
            Some((day - (day + 1 - first).rem_euclid(7)) * TICKS_PER_DAY)
        }
        Unit::Months(months) => {
            let (year, month, _) = ticks_to_civil(time);
            civil_to_ticks(year, (month - 1) / months * months + 1, 1)
        }
    }
}

/// Down to a bin; bins are counted from 1970, and those of a day and longer from the days of the calendar.
fn binned(context: &Context<'_>, cell: &Cell, width: &Cell, from: Option<i64>) -> Run<Cell> {
    let Some(time) = ticks(cell) else { return Ok(cell.clone()) };
    let width = text(width).unwrap_or_default();
    let (length, snap) = width.split_once('@').map_or((&*width, None), |(length, snap)| (length, Some(snap)));
    let start = match (amount(length), snap.map(unit), from) {
        (Some((count, Unit::Ticks(ticks))), None, from) if count > 0 => {
            let from = from.unwrap_or(UNIX_EPOCH);
            count.checked_mul(ticks).map(|width| (time - from).div_euclid(width) * width + from)
        }
        (Some((1, Unit::Ticks(TICKS_PER_DAY))), Some(Some(Unit::Ticks(TICKS_PER_DAY))), None) => {
            cut(time, Unit::Ticks(TICKS_PER_DAY))
        }
        (Some((1, Unit::Weeks(_))), Some(Some(snap @ Unit::Weeks(_))), None) => cut(time, snap),
        (Some((1, unit @ Unit::Months(_))), None, None) => cut(time, unit),
        _ => None,
    };
    match start {
        Some(start) => Ok(seconds(start)),
        None => Err(context.refuse(format!("where bins of `{width}` begin is not documented"))),
    }
}

const MONTHS: [&str; 12] = [
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
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The code behind a `%`, with the digits before it (`%3N`), and what follows.
fn code(format: &str) -> Option<(&str, char, &str)> {
    let end = format.find(|c: char| !(c.is_ascii_digit() || c == '-' || c == ':'))?;
    let code = format[end..].chars().next()?;
    Some((&format[..end], code, &format[end + code.len_utf8()..]))
}

/// What stands for a code that puts several together.
fn composed(code: char) -> Option<&'static str> {
    Some(match code {
        'F' => "%Y-%m-%d",
        'T' => "%H:%M:%S",
        'D' => "%m/%d/%y",
        'R' => "%H:%M",
        'c' => "%a %b %e %H:%M:%S %Y",
        'x' => "%m/%d/%Y",
        'X' => "%H:%M:%S",
        _ => return None,
    })
}

/// A time in a format.
pub(super) fn formatted(time: i64, format: &str) -> Result<String, String> {
    use std::fmt::Write as _;
    let (year, month, day) = ticks_to_civil(time);
    let within = time.rem_euclid(TICKS_PER_DAY);
    let (clock, part) = (within / TICKS_PER_SECOND, within % TICKS_PER_SECOND);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let day_number = time.div_euclid(TICKS_PER_DAY);
    let weekday = day_number.rem_euclid(7);
    let of_year = day_number - civil_to_ticks(year, 1, 1).unwrap_or(0) / TICKS_PER_DAY + 1;
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let Some((digits, code, behind)) = code(&rest[at + 1..]) else {
            return Err("the format ends within a code".to_owned());
        };
        rest = behind;
        if let Some(whole) = composed(code) {
            out.push_str(&formatted(time, whole)?);
            continue;
        }
        let name = |names: &[&'static str], at: i64| {
            usize::try_from(at).ok().and_then(|at| names.get(at).copied()).unwrap_or("")
        };
        let _ = match code {
            'Y' => write!(out, "{year:04}"),
            'y' => write!(out, "{:02}", year % 100),
            'm' => write!(out, "{month:02}"),
            'd' => write!(out, "{day:02}"),
            'e' => write!(out, "{day:2}"),
            'j' => write!(out, "{of_year:03}"),
            'H' => write!(out, "{hour:02}"),
            'I' => write!(out, "{:02}", (hour + 11) % 12 + 1),
            'k' => write!(out, "{hour:2}"),
            'M' => write!(out, "{minute:02}"),
            'S' => write!(out, "{second:02}"),
            'p' => write!(out, "{}", if hour < 12 { "AM" } else { "PM" }),
            'B' => write!(out, "{}", name(&MONTHS, month - 1)),
            'b' | 'h' => write!(out, "{}", &name(&MONTHS, month - 1)[..3]),
            'A' => write!(out, "{}", name(&DAYS, weekday)),
            'a' => write!(out, "{}", &name(&DAYS, weekday)[..3]),
            'w' => write!(out, "{}", (weekday + 1) % 7),
            'u' => write!(out, "{}", weekday + 1),
            'V' => write!(out, "{:02}", iso_week(time)),
            'U' => write!(out, "{:02}", (of_year + 6 - (weekday + 1) % 7) / 7),
            's' => write!(out, "{}", (time - UNIX_EPOCH).div_euclid(TICKS_PER_SECOND)),
            'z' => write!(out, "{}", if digits == ":" { "+00:00" } else { "+0000" }),
            'Z' => write!(out, "UTC"),
            'N' | 'Q' => {
                let places = digits.parse().unwrap_or(if code == 'N' { 9 } else { 3 });
                let nanoseconds = format!("{:09}", part * 100);
                match nanoseconds.get(..places) {
                    Some(digits) => write!(out, "{digits}"),
                    None => return Err(format!("`%{digits}{code}` is no code of a time")),
                }
            }
            'f' => write!(out, "{:06}", part / 10),
            '%' => write!(out, "%"),
            't' => write!(out, "\t"),
            'n' => writeln!(out),
            _ => return Err(format!("`%{code}` is no code of a time that is known here")),
        };
    }
    out.push_str(rest);
    Ok(out)
}

/// What a text says of a time so far.
#[derive(Default)]
struct Read {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    part: i64,
    afternoon: Option<bool>,
    zone: i64,
    epoch: Option<i64>,
}

/// The time that a text says in a format; `None` where it does not fit. What stands behind the format is passed over, and
/// a part of the date that it lacks is that of today.
pub(super) fn parsed(text: &str, format: &str, now: i64) -> Result<Option<i64>, String> {
    let mut read = Read::default();
    if read.take(text.trim_start(), format)?.is_none() {
        return Ok(None);
    }
    let clock = |read: &Read| {
        let hour = match read.afternoon {
            Some(afternoon) => read.hour % 12 + if afternoon { 12 } else { 0 },
            None => read.hour,
        };
        (hour * 3600 + read.minute * 60 + read.second - read.zone) * TICKS_PER_SECOND + read.part
    };
    if let Some(epoch) = read.epoch {
        let ticks = epoch.checked_mul(TICKS_PER_SECOND).and_then(|ticks| ticks.checked_add(UNIX_EPOCH + read.part));
        return Ok(ticks);
    }
    let (year, month, day) = ticks_to_civil(now);
    let dated = read.year.is_some() || read.month.is_some() || read.day.is_some();
    let (month, day) = if dated { (1, 1) } else { (month, day) };
    let year = read.year.unwrap_or(year);
    let date = match read.of_year {
        Some(of_year) => civil_to_ticks(year, 1, 1).map(|first| first + (of_year - 1) * TICKS_PER_DAY),
        None => civil_to_ticks(year, read.month.unwrap_or(month), read.day.unwrap_or(day)),
    };
    Ok(date.map(|date| date + clock(&read)))
}

impl Read {
    /// Takes what the format describes from the start of a text; gives what is left.
    fn take<'t>(&mut self, text: &'t str, format: &str) -> Result<Option<&'t str>, String> {
        let (mut text, mut format) = (text, format);
        while let Some(c) = format.chars().next() {
            if c.is_whitespace() {
                text = text.trim_start();
                format = format.trim_start();
                continue;
            }
            if c != '%' {
                match text.strip_prefix(c) {
                    Some(rest) => text = rest,
                    None => return Ok(None),
                }
                format = &format[c.len_utf8()..];
                continue;
            }
            let Some((digits, code, behind)) = code(&format[1..]) else {
                return Err("the format ends within a code".to_owned());
            };
            format = behind;
            let rest = match composed(code) {
                Some(whole) => self.take(text, whole)?,
                None => self.take_code(text, digits, code)?,
            };
            match rest {
                Some(rest) => text = rest,
                None => return Ok(None),
            }
        }
        Ok(Some(text))
    }

    fn take_code<'t>(&mut self, text: &'t str, digits: &str, code: char) -> Result<Option<&'t str>, String> {
        let within = |most: usize, range: std::ops::RangeInclusive<i64>| {
            whole(text, most).filter(|(value, _)| range.contains(value))
        };
        let mut set = |found: Option<(i64, &'t str)>, put: &mut dyn FnMut(&mut Self, i64)| {
            found.map(|(value, rest)| {
                put(self, value);
                rest
            })
        };
        Ok(match code {
            'Y' => set(within(4, 1..=9999), &mut |read, value| read.year = Some(value)),
            'y' => set(within(2, 0..=99), &mut |read, value| {
                read.year = Some(if value < 69 { 2000 + value } else { 1900 + value });
            }),
            'm' => set(within(2, 1..=12), &mut |read, value| read.month = Some(value)),
            'd' | 'e' => set(within(2, 1..=31), &mut |read, value| read.day = Some(value)),
            'j' => set(within(3, 1..=366), &mut |read, value| read.of_year = Some(value)),
            'H' | 'k' => set(within(2, 0..=23), &mut |read, value| read.hour = value),
            'I' => set(within(2, 1..=12), &mut |read, value| read.hour = value),
            'M' => set(within(2, 0..=59), &mut |read, value| read.minute = value),
            'S' => set(within(2, 0..=60), &mut |read, value| read.second = value),
            's' => set(whole(text, 12), &mut |read, value| read.epoch = Some(value)),
            'p' => set(word(text, &["AM ", "PM "]).or_else(|| half(text)), &mut |read, value| {
                read.afternoon = Some(value == 1);
            }),
            'B' | 'b' | 'h' => set(word(text, &MONTHS), &mut |read, value| read.month = Some(value + 1)),
            'A' | 'a' => set(word(text, &DAYS), &mut |_, _| {}),
            'N' | 'Q' | 'f' => {
                let most = digits.parse().unwrap_or(9);
                let end = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
                let nanoseconds = format!("{:0<9}", &text[..end]);
                set((end > 0).then(|| (nanoseconds.parse().unwrap_or(0), &text[end..])), &mut |read, value| {
                    read.part = value / 100;
                })
            }
            'z' => set(zone(text), &mut |read, value| read.zone = value),
            'Z' => set(zone(text), &mut |read, value| read.zone = value),
            '%' => text.strip_prefix('%'),
            't' | 'n' => Some(text.trim_start()),
            _ => return Err(format!("`%{code}` is no code of a time that is known here")),
        })
    }
}

/// A number of so many digits at most.
fn whole(text: &str, most: usize) -> Option<(i64, &str)> {
    let text = text.trim_start_matches(' ');
    let end = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// The position of the name that a text begins with, in full or by its first three letters.
fn word<'t>(text: &'t str, names: &[&str]) -> Option<(i64, &'t str)> {
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    names.iter().zip(0..).find_map(|(name, index)| {
        let length = if starts(name) { name.len() } else { Some(3).filter(|_| starts(&name[..3]))? };
        Some((index, &text[length..]))
    })
}

/// `AM` or `PM`.
fn half(text: &str) -> Option<(i64, &str)> {
    let word = text.get(..2)?;
    let index = ["AM", "PM"].iter().position(|half| word.eq_ignore_ascii_case(half))?;
    Some((i64::from(index == 1), &text[2..]))
}

/// The seconds that a zone is ahead of UTC.
fn zone(text: &str) -> Option<(i64, &str)> {
    for name in ["UTC", "GMT", "Z"] {
        if let Some(rest) = text.strip_prefix(name) {
            return Some((0, rest));
        }
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = |from: usize| text.get(from..from + 2).filter(|two| two.bytes().all(|byte| byte.is_ascii_digit()));
    let hours: i64 = digits(1)?.parse().ok()?;
    let at = if text.as_bytes().get(3) == Some(&b':') { 4 } else { 3 };
    let minutes: i64 = digits(at)?.parse().ok()?;
    Some((sign * (hours * 3600 + minutes * 60), &text[at + 2..]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, gives};
    use super::*;

    const NOW: i64 = 1_706_696_430;

    // Splunk, Search Reference, Date and Time functions, and Search Manual, Specify time modifiers in your search.
    #[test]
    fn specifiers_move_and_cut() {
        gives("now", &[], NOW);
        for (specifier, expected) in [
            ("-1d@d", "2024-01-30T00:00:00"),
            ("@d+3h", "2024-01-31T03:00:00"),
            ("-24h", "2024-01-30T10:20:30"),
            ("-70m@m", "2024-01-31T09:10:00"),
            ("@w0", "2024-01-28T00:00:00"),
            ("@w1", "2024-01-29T00:00:00"),
            ("+1mon", "2024-02-29T10:20:30"),
            ("-1mon@mon", "2023-12-01T00:00:00"),
            ("@q", "2024-01-01T00:00:00"),
            ("@y", "2024-01-01T00:00:00"),
            ("-30", "2024-01-31T10:20:00"),
            ("now", "2024-01-31T10:20:30"),
        ] {
            let moved = call("relative_time", &[NOW.into(), specifier.into()]).unwrap();
            gives("strftime", &[moved, "%FT%T".into()], expected);
        }
        assert!(call("relative_time", &[NOW.into(), "yesterday".into()]).is_err());
        gives("relative_time", &[Cell::Null, "@d".into()], Cell::Null);
    }

    #[test]
    fn times_are_written_and_read() {
        for (format, expected) in [
            ("%Y-%m-%dT%H:%M:%S.%3N%z", "2024-01-31T10:20:30.000+0000"),
            ("%a %A %b %B %e %j %y", "Wed Wednesday Jan January 31 031 24"),
            ("%I:%M %p %s %%", "10:20 AM 1706696430 %"),
            ("%V %w %u", "05 3 3"),
        ] {
            gives("strftime", &[NOW.into(), format.into()], expected);
        }
        for (text, format, expected) in [
            ("2024-01-31 10:20:30", "%Y-%m-%d %H:%M:%S", Some(NOW as f64)),
            ("2024-01-31T10:20:30.5Z", "%Y-%m-%dT%H:%M:%S.%N%Z", Some(NOW as f64 + 0.5)),
            ("2024-01-31T12:20:30+02:00", "%Y-%m-%dT%H:%M:%S%z", Some(NOW as f64)),
            ("31/Jan/2024:10:20:30", "%d/%b/%Y:%H:%M:%S", Some(NOW as f64)),
            ("10:20:30 am", "%I:%M:%S %p", Some(NOW as f64)),
            ("1706696430", "%s", Some(NOW as f64)),
            ("2024-02-30", "%Y-%m-%d", None),
            ("x", "%Y", None),
            ("2024-01-31 and more", "%Y-%m-%d", Some(1_706_659_200.0)),
        ] {
            gives("strptime", &[text.into(), format.into()], expected.map_or(Cell::Null, Cell::number));
        }
        assert!(call("strftime", &[NOW.into(), "%".into()]).is_err());
        assert!(call("strftime", &[NOW.into(), "%!".into()]).is_err());
    }

    // Splunk, Search Reference, bin.
    #[test]
    fn bins_begin_where_they_should() {
        gives("bin_time", &[NOW.into(), "5m".into()], 1_706_696_400);
        gives("bin_time", &[NOW.into(), "1d".into()], 1_706_659_200);
        gives("bin_time", &[(NOW as f64 + 0.5).into(), "1s".into()], NOW);
        gives("bin_time", &[NOW.into(), "1mon".into()], 1_704_067_200);
        gives("bin_time", &[NOW.into(), "1w@w1".into()], 1_706_486_400);
        gives("bin_time_from", &[NOW.into(), "1h".into(), "@d+30m".into()], 1_706_693_400);
        assert!(call("bin_time", &[NOW.into(), "1w".into()]).is_err());
        assert!(call("bin_time_from", &[NOW.into(), "1h".into(), "earliest".into()]).is_err());
        gives("bin_span", &[17.into(), 10.into()], "10-20");
        gives("bin_span", &["x".into(), 10.into()], "x");
    }
}
