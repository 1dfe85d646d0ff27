//! Instants and spans of time by a pattern.
//!
//! A pattern is made of runs of one letter, each standing for a part, and of the delimiters space and `/-:,._[]`. A
//! run that stands for nothing, or any other character, makes the pattern malformed; Kusto refuses the query then.

use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, ticks_to_civil};

const DELIMITERS: &str = " /-:,._[]";

/// Whether `format_datetime` takes a pattern.
pub fn is_datetime_pattern(pattern: &str) -> bool {
    datetime(0, pattern).is_some()
}

/// Whether `format_timespan` takes a pattern.
pub fn is_timespan_pattern(pattern: &str) -> bool {
    timespan(0, pattern).is_some()
}

/// An instant by a pattern; `None` for a malformed one.
pub(super) fn datetime(ticks: i64, pattern: &str) -> Option<String> {
    let (year, month, day) = ticks_to_civil(ticks);
    let hour = ticks % TICKS_PER_DAY / TICKS_PER_HOUR;
    runs(pattern, |letter, length, text| {
        let value = match (letter, length) {
            ('d', 1 | 2) => day,
            ('h', 1 | 2) => (hour + 11) % 12 + 1,
            ('H', 1 | 2) => hour,
            ('m', 1 | 2) => ticks % TICKS_PER_HOUR / TICKS_PER_MINUTE,
            ('M', 1 | 2) => month,
            ('s', 1 | 2) => ticks % TICKS_PER_MINUTE / TICKS_PER_SECOND,
            ('y', 1 | 2) => year % 100,
            ('y', 4) => year,
            ('t', 2) => {
                text.push_str(if hour < 12 { "AM" } else { "PM" });
                return Some(());
            }
            _ => return fraction(ticks, letter, length, text),
        };
        pad(value, length, text);
        Some(())
    })
}

/// A span of time by a pattern; `None` for a malformed one. The sign is not shown.
pub(super) fn timespan(ticks: i64, pattern: &str) -> Option<String> {
    // The shortest span has no opposite; one tick less makes no difference to anybody.
    let ticks = ticks.checked_abs().unwrap_or(i64::MAX);
    runs(pattern, |letter, length, text| {
        let value = match (letter, length) {
            ('d', 1..=8) => ticks / TICKS_PER_DAY,
            ('h' | 'H', 1 | 2) => ticks % TICKS_PER_DAY / TICKS_PER_HOUR,
            ('m', 1 | 2) => ticks % TICKS_PER_HOUR / TICKS_PER_MINUTE,
            ('s', 1 | 2) => ticks % TICKS_PER_MINUTE / TICKS_PER_SECOND,
            _ => return fraction(ticks, letter, length, text),
        };
        pad(value, length, text);
        Some(())
    })
}

fn runs(pattern: &str, mut write: impl FnMut(char, usize, &mut String) -> Option<()>) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let length = rest.chars().take_while(|c| *c == letter).count();
        let (run, after) = rest.split_at(length * letter.len_utf8());
        if DELIMITERS.contains(letter) {
            text.push_str(run);
        } else {
            write(letter, length, &mut text)?;
        }
        rest = after;
    }
    Some(text)
}

fn pad(value: i64, width: usize, text: &mut String) {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let _ = write!(text, "{value:0width$}");
}

/// Digits of the fraction of a second: all of them for `f`, without trailing zeros for `F`.
fn fraction(ticks: i64, letter: char, length: usize, text: &mut String) -> Option<()> {
    if !matches!(letter, 'f' | 'F') || length > 7 {
        return None;
    }
    let digits = format!("{:07}", ticks % TICKS_PER_SECOND);
    let digits = digits.get(..length)?;
    text.push_str(if letter == 'f' { digits } else { digits.trim_end_matches('0') });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::{parse_datetime, parse_timespan};

    #[test]
    fn instants_follow_the_pattern() {
        for (date, pattern, text) in [
            ("2017-01-29 09:00:05", "yy-MM-dd [HH:mm:ss]", "17-01-29 [09:00:05]"),
            ("2017-01-29 09:00:05", "yyyy-M-dd [H:mm:ss]", "2017-1-29 [9:00:05]"),
            ("2017-01-29 09:00:05", "yy-MM-dd [hh:mm:ss tt]", "17-01-29 [09:00:05 AM]"),
            ("2009-06-15 13:45:30.6170000", "h/hh,f ff fff fffffff", "1/01,6 61 617 6170000"),
            ("2009-06-15 13:45:30.0500000", "F.FF.FFF_s", ".05.05_30"),
            ("2009-06-15 00:00:00", "h tt", "12 AM"),
            ("0900-01-01", "y yy yyyy", "0 00 0900"),
        ] {
            assert_eq!(datetime(parse_datetime(date).unwrap(), pattern).as_deref(), Some(text), "{pattern}");
        }
    }

    #[test]
    fn spans_follow_the_pattern() {
        let span = parse_timespan("29.09:00:05.12345").unwrap();
        assert_eq!(timespan(span, "dd.hh:mm:ss:FF").as_deref(), Some("29.09:00:05:12"));
        assert_eq!(timespan(span, "ddd.h:mm:ss [fffffff]").as_deref(), Some("029.9:00:05 [1234500]"));
        assert_eq!(timespan(i64::MIN, "d").as_deref(), Some("10675199"));
    }

    #[test]
    fn other_patterns_are_malformed() {
        for pattern in ["MMM", "ddd", "yyyyy", "yyyy-MM-ddTHH:mm", "'at' HH", "ffffffff", "é"] {
            assert!(!is_datetime_pattern(pattern), "{pattern}");
        }
        assert!(is_timespan_pattern("d.hh:mm:ss") && !is_timespan_pattern("yyyy"));
    }
}
