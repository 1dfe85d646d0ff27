//! Date-times and time spans as ticks of 100 ns.

/// Ticks of 100 ns in a microsecond.
pub const TICKS_PER_MICROSECOND: i64 = 10;
/// Ticks of 100 ns in a millisecond.
pub const TICKS_PER_MILLISECOND: i64 = 10_000;
/// Ticks of 100 ns in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks of 100 ns in a minute.
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Ticks of 100 ns in an hour.
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
/// Ticks of 100 ns in a day.
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;
/// The last tick of the year 9999, the greatest date-time.
pub const MAX_DATETIME: i64 = 3_155_378_975_999_999_999;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The units a time span may be written in, with their ticks as a fraction: nanoseconds are a hundredth of a tick.
const UNITS: &[(&[&str], i128, i128)] = &[
    (&["d", "day", "days"], TICKS_PER_DAY as i128, 1),
    (&["h", "hr", "hrs", "hour", "hours"], TICKS_PER_HOUR as i128, 1),
    (&["m", "min", "minute", "minutes"], TICKS_PER_MINUTE as i128, 1),
    (&["s", "sec", "second", "seconds"], TICKS_PER_SECOND as i128, 1),
    (&["ms", "milli", "millis", "millisec", "millisecond", "milliseconds"], TICKS_PER_MILLISECOND as i128, 1),
    (&["micro", "micros", "microsec", "microsecond", "microseconds"], TICKS_PER_MICROSECOND as i128, 1),
    (&["nano", "nanos", "nanosec", "nanosecond", "nanoseconds"], 1, 100),
    (&["tick", "ticks"], 1, 1),
];

/// Ticks of midnight of a day of the proleptic Gregorian calendar; `None` if there is no such day in the years 1 to 9999.
pub fn civil_to_ticks(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let years = year - 1;
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334].get(usize::try_from(month - 1).ok()?)?;
    let leap = i64::from(month > 2 && is_leap(year));
    Some((years * 365 + years / 4 - years / 100 + years / 400 + before + leap + day - 1) * TICKS_PER_DAY)
}

/// Year, month and day of a date-time.
pub fn ticks_to_civil(ticks: i64) -> (i64, i64, i64) {
    // Counted from 1 March of year 0, so that the leap day is the last of its year.
    let days = ticks.div_euclid(TICKS_PER_DAY) + 306;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A piece of a date-time's text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece<'a> {
    Number(&'a str),
    Word(&'a str),
    Mark(char),
}

fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = |test: fn(char) -> bool| rest.find(|c| !test(c)).unwrap_or(rest.len());
        let taken = if first.is_ascii_digit() {
            let n = length(|c| c.is_ascii_digit());
            pieces.push(Piece::Number(&rest[..n]));
            n
        } else if first.is_ascii_alphabetic() {
            let n = length(|c| c.is_ascii_alphabetic());
            pieces.push(Piece::Word(&rest[..n]));
            n
        } else if first.is_whitespace() {
            let n = length(char::is_whitespace);
            pieces.push(Piece::Mark(' '));
            n
        } else if "-/.:,+".contains(first) {
            pieces.push(Piece::Mark(first));
            1
        } else {
            return None;
        };
        rest = &rest[taken..];
    }
    Some(pieces)
}

/// Reads a date-time: ISO 8601 (`2024-01-31T10:00:00.5Z`, `2024-01`, `2024`), American (`01/31/2024`, `01-31-2024`), compact
/// (`20240131`) and with a month's name (RFC 822, RFC 850, `2 Dec 2022`, `Dec 2, 2022`), each with a time of day and an
/// offset or without. The result is UTC, in ticks.
pub fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    let all = pieces(text)?;
    let (date, rest) = parse_date(&all)?;
    let (time, rest) = parse_time_of_day(rest)?;
    let offset = parse_offset(rest)?;
    let ticks = date + time - offset;
    (0..=MAX_DATETIME).contains(&ticks).then_some(ticks)
}

fn parse_date<'a, 'b>(all: &'b [Piece<'a>]) -> Option<(i64, &'b [Piece<'a>])> {
    use Piece::{Mark, Number, Word};
    let number = |text: &str| text.parse::<i64>().ok();
    let month_of = |word: &str| {
        let word = word.to_ascii_lowercase();
        (1..).zip(MONTHS).find(|(_, name)| word.starts_with(name)).map(|(month, _)| month)
    };
    // A weekday's name in front says nothing new.
    let all = match all {
        [Word(word), Mark(','), Mark(' '), rest @ ..] | [Word(word), Mark(' '), rest @ ..]
            if WEEKDAYS.iter().any(|day| word.to_ascii_lowercase().starts_with(day)) =>
        {
            rest
        }
        _ => all,
    };
    let (year, month, day, rest) = match all {
        [Number(y), Mark(mark @ ('-' | '/' | '.')), Number(m), Mark(same), Number(d), rest @ ..]
            if y.len() == 4 && mark == same =>
        {
            (number(y)?, number(m)?, number(d)?, rest)
        }
        [Number(m), Mark(mark @ ('-' | '/' | '.')), Number(d), Mark(same), Number(y), rest @ ..]
            if y.len() == 4 && mark == same =>
        {
            (number(y)?, number(m)?, number(d)?, rest)
        }
        [Number(d), Mark('-' | ' '), Word(m), Mark('-' | ' '), Number(y), rest @ ..] => {
            (full_year(y)?, month_of(m)?, number(d)?, rest)
        }
        [Word(m), Mark(' '), Number(d), Mark(','), Mark(' '), Number(y), rest @ ..]
        | [Word(m), Mark(' '), Number(d), Mark(' '), Number(y), rest @ ..] => {
            (full_year(y)?, month_of(m)?, number(d)?, rest)
        }
        // As .NET reads a list: `2025, 6, 14`.
        [Number(y), Mark(','), Mark(' '), Number(m), Mark(','), Mark(' '), Number(d), rest @ ..] if y.len() == 4 => {
            (number(y)?, number(m)?, number(d)?, rest)
        }
        [Number(y), Mark('-'), Number(m)] if y.len() == 4 && m.len() <= 2 => (number(y)?, number(m)?, 1, &[][..]),
        [Number(ymd), rest @ ..] if ymd.len() == 8 => {
            (number(&ymd[..4])?, number(&ymd[4..6])?, number(&ymd[6..])?, rest)
        }
        [Number(y)] if y.len() == 4 => (number(y)?, 1, 1, &[][..]),
        _ => return None,
    };
    Some((civil_to_ticks(year, month, day)?, rest))
}

fn full_year(text: &str) -> Option<i64> {
    let year = text.parse::<i64>().ok()?;
    match text.len() {
        4 => Some(year),
        // RFC 850 writes two digits; .NET, which Kusto runs on, takes 00-49 for this century.
        2 => Some(if year < 50 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

fn parse_time_of_day<'a, 'b>(all: &'b [Piece<'a>]) -> Option<(i64, &'b [Piece<'a>])> {
    use Piece::{Mark, Number, Word};
    let rest = match all {
        [Mark(' '), rest @ ..] => rest,
        [Word(t), rest @ ..] if t.eq_ignore_ascii_case("t") => rest,
        _ => return Some((0, all)),
    };
    let [Number(h), Mark(':'), Number(m), rest @ ..] = rest else {
        // A date with an offset only, `2024-01-01 GMT`.
        return matches!(all, [Mark(' '), Word(_)]).then_some((0, all));
    };
    let (second, fraction, rest) = match rest {
        [Mark(':'), Number(s), Mark('.' | ','), Number(f), rest @ ..] => (*s, *f, rest),
        [Mark(':'), Number(s), rest @ ..] => (*s, "", rest),
        _ => ("0", "", rest),
    };
    let mut hour = h.parse::<i64>().ok()?;
    let (minute, second) = (m.parse::<i64>().ok()?, second.parse::<i64>().ok()?);
    let rest = match rest {
        [Mark(' '), Word(half), rest @ ..] | [Word(half), rest @ ..]
            if (half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm")) && (1..=12).contains(&hour) =>
        {
            hour = hour % 12 + if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
            rest
        }
        _ => rest,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let ticks =
        hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE + second * TICKS_PER_SECOND + fraction_ticks(fraction);
    Some((ticks, rest))
}

/// Digits after the point of a second, as ticks; digits beyond the seventh are cut.
fn fraction_ticks(digits: &str) -> i64 {
    let seven: String = digits.chars().chain(std::iter::repeat('0')).take(7).collect();
    seven.parse().unwrap_or(0)
}

fn parse_offset(all: &[Piece<'_>]) -> Option<i64> {
    use Piece::{Mark, Number, Word};
    let rest = match all {
        [Mark(' '), rest @ ..] => rest,
        _ => all,
    };
    let (sign, hours, minutes) = match rest {
        [] => return Some(0),
        [Word(zone)] if ["z", "gmt", "utc", "ut"].contains(&zone.to_ascii_lowercase().as_str()) => return Some(0),
        [Mark(sign @ ('+' | '-')), Number(h), Mark(':'), Number(m)] => (sign, *h, *m),
        [Mark(sign @ ('+' | '-')), Number(hm)] if hm.len() == 4 => (sign, &hm[..2], &hm[2..]),
        [Mark(sign @ ('+' | '-')), Number(h)] if h.len() <= 2 => (sign, *h, "0"),
        _ => return None,
    };
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let ticks = hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE;
    Some(if *sign == '-' { -ticks } else { ticks })
}

/// Reads a bare literal such as `1d`, `1.5h`, `100ms` or `1tick`; ticks.
pub fn parse_timespan_literal(text: &str) -> Option<i64> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = (text[..unit_at].trim(), text[unit_at..].trim());
    let (_, ticks, per) = UNITS.iter().find(|(names, ..)| names.contains(&unit))?;
    scaled(number, *ticks, *per)
}

/// `number * ticks / per`, exactly, cut at a whole tick.
fn scaled(number: &str, ticks: i128, per: i128) -> Option<i64> {
    let number: super::Decimal = number.parse().ok()?;
    let unit = 10i128.checked_pow(u32::from(number.scale()))?;
    i64::try_from(number.mantissa().checked_mul(ticks)? / unit / per).ok()
}

/// Reads what stands inside `timespan(…)`: `[-][d.]hh:mm[:ss[.fffffff]]`, a number of days, or a number and a unit; ticks.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, text[1..].trim_start()),
        Some(b'+') => (false, text[1..].trim_start()),
        _ => (false, text),
    };
    let ticks = if body.contains(':') {
        parse_clock(body)?
    } else if body.contains(|c: char| c.is_ascii_alphabetic()) {
        parse_timespan_literal(body)?
    } else {
        scaled(body, i128::from(TICKS_PER_DAY), 1)?
    };
    Some(if negative { -ticks } else { ticks })
}

fn parse_clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (first, minutes) = (parts.next()?, parts.next()?);
    let seconds = parts.next().unwrap_or("0");
    if parts.next().is_some() {
        return None;
    }
    let whole = |text: &str| if text.is_empty() || text.len() > 9 { None } else { text.parse::<i64>().ok() };
    let (days, hours) = first.split_once('.').map_or((Some(0), first), |(d, h)| (whole(d), h));
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    if fraction.len() > 7 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (days, hours, minutes, seconds) = (days?, whole(hours)?, whole(minutes)?, whole(seconds)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    days.checked_mul(TICKS_PER_DAY)?
        .checked_add(hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE + seconds * TICKS_PER_SECOND)?
        .checked_add(fraction_ticks(fraction))
}

/// The form `2024-01-31T10:00:00.0000000Z`.
pub fn format_datetime(ticks: i64) -> String {
    let (year, month, day) = ticks_to_civil(ticks);
    let of_day = ticks.rem_euclid(TICKS_PER_DAY);
    let (hour, minute) = (of_day / TICKS_PER_HOUR, of_day / TICKS_PER_MINUTE % 60);
    let (second, fraction) = (of_day / TICKS_PER_SECOND % 60, of_day % TICKS_PER_SECOND);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
}

/// The form `[-][d.]hh:mm:ss[.fffffff]`.
pub fn format_timespan(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let unit = |per: i64| ticks / per.unsigned_abs();
    let days = unit(TICKS_PER_DAY);
    let days = if days == 0 { String::new() } else { format!("{days}.") };
    let (hours, minutes, seconds) =
        (unit(TICKS_PER_HOUR) % 24, unit(TICKS_PER_MINUTE) % 60, unit(TICKS_PER_SECOND) % 60);
    let fraction = ticks % TICKS_PER_SECOND.unsigned_abs();
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:07}") };
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_a_datetime_is_read() {
        let noon = civil_to_ticks(2014, 11, 8).unwrap() + 15 * TICKS_PER_HOUR + 5 * TICKS_PER_MINUTE;
        for text in [
            "2014-11-08T15:05Z",
            "2014-11-08 15:05",
            "2014-11-08T15:05:00.0000000Z",
            "2014-11-08 15:05:00 GMT",
            "2014-11-08T17:05:00+02:00",
            "2014-11-08T10:05:00-0500",
            "Sat, 8 Nov 14 15:05:00 GMT",
            "8 Nov 14 15:05 UTC",
            "Saturday, 08-Nov-14 15:05:00 UTC",
            "08-Nov-14 15:05 GMT",
            "11/8/2014 3:05 PM",
            "11-08-2014 15:05:00",
            "Nov 8, 2014 15:05",
            "8 November 2014 15:05:00",
            "20141108 15:05",
        ] {
            assert_eq!(parse_datetime(text), Some(noon), "{text}");
        }
        assert_eq!(parse_datetime("2014"), civil_to_ticks(2014, 1, 1));
        assert_eq!(parse_datetime("2014-11"), civil_to_ticks(2014, 11, 1));
        assert_eq!(parse_datetime("2014, 11, 2"), civil_to_ticks(2014, 11, 2));
        assert_eq!(parse_datetime("0001-01-01"), Some(0));
        assert_eq!(parse_datetime("9999-12-31T23:59:59.9999999"), Some(MAX_DATETIME));
    }

    #[test]
    fn what_is_no_datetime_is_refused() {
        for text in [
            "",
            "13-01-2022",
            "2014-13-01",
            "2014-02-29",
            "2014-01-01T24:00",
            "2014-01-01T10",
            "x",
            "0001-01-01T00:00+01:00",
            "2014-01-01T10:00 ZZ",
            "10000-01-01",
        ] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }

    #[test]
    fn every_form_of_a_timespan_is_read() {
        for (text, ticks) in [
            ("2", 2 * TICKS_PER_DAY),
            ("0.12:34:56.7", 12 * TICKS_PER_HOUR + 34 * TICKS_PER_MINUTE + 567 * 1_000_000),
            ("15 seconds", 15 * TICKS_PER_SECOND),
            ("1.5h", 90 * TICKS_PER_MINUTE),
            ("-1d", -TICKS_PER_DAY),
            ("1tick", 1),
            ("100 nanoseconds", 1),
            ("5microsecond", 50),
            ("1.00:00:00", TICKS_PER_DAY),
            ("12:30", 45_000 * TICKS_PER_SECOND),
        ] {
            assert_eq!(parse_timespan(text), Some(ticks), "{text}");
        }
        for text in ["", "1w", "24:00", "1:60", "d", "1.2.3:00:00", "99999999999d"] {
            assert_eq!(parse_timespan(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn datetimes_round_trip(ticks in 0..=MAX_DATETIME) {
            prop_assert_eq!(parse_datetime(&format_datetime(ticks)), Some(ticks));
        }

        #[test]
        fn timespans_round_trip(ticks in -MAX_DATETIME..MAX_DATETIME) {
            prop_assert_eq!(parse_timespan(&format_timespan(ticks)), Some(ticks));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            let _ = (parse_datetime(&text), parse_timespan(&text), parse_timespan_literal(&text));
        }
    }
}
