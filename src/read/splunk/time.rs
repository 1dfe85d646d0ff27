//! Times and spans of time as SPL writes them.

use crate::literal::TICKS_PER_SECOND;

/// Ticks from 0001-01-01 to 1970-01-01.
pub(super) const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;

/// A moment as `earliest` and `latest` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The time of the search.
    Now,
    /// No bound at all.
    Ever,
    /// So many ticks from now.
    Ticks(i64),
    /// An instant, in ticks since 0001-01-01.
    Instant(i64),
    /// A relative specifier that goes by the calendar.
    Calendar,
}

/// The units of spans with their length in seconds, 0 for those of the calendar.
const UNITS: &[(&[&str], i64)] = &[
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["h", "hr", "hrs", "hour", "hours"], 3600),
    (&["d", "day", "days"], 0),
    (&["w", "week", "weeks", "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7"], 0),
    (&["mon", "month", "months"], 0),
    (&["q", "qtr", "qtrs", "quarter", "quarters"], 0),
    (&["y", "yr", "yrs", "year", "years"], 0),
];

/// The length of a unit in seconds, 0 for those of the calendar; `None` for no unit.
fn unit(word: &str) -> Option<i64> {
    UNITS.iter().find(|(words, _)| words.contains(&word)).map(|(_, seconds)| *seconds)
}

impl Moment {
    /// Reads a relative specifier, a number of seconds since 1970, or a date.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "now" | "now()" => return Some(Self::Now),
            "0" => return Some(Self::Ever),
            _ => {}
        }
        if let Ok(seconds) = text.parse::<f64>()
            && text.starts_with(|c: char| c.is_ascii_digit())
        {
            let ticks = (seconds * 1e7) as i64;
            return ticks.checked_add(UNIX_EPOCH_TICKS).map(Self::Instant);
        }
        relative(text)
    }

    /// Whether the text is a relative specifier such as `-1d@d`.
    #[cfg(test)]
    fn is_relative(text: &str) -> bool {
        relative(text).is_some()
    }
}

fn relative(text: &str) -> Option<Moment> {
    let (offset, snap) = match text.split_once('@') {
        Some((offset, snap)) => (offset, Some(snap)),
        None => (text, None),
    };
    if let Some(snap) = snap {
        // What follows the snap, such as `@d+3h`, is an offset of its own.
        let end = snap.find(['+', '-']).unwrap_or(snap.len());
        unit(&snap[..end])?;
        if end < snap.len() {
            amount(&snap[end..])?;
        }
    }
    let ticks = if offset.is_empty() {
        snap?;
        Offset::Ticks(0)
    } else {
        amount(offset)?
    };
    Some(match (ticks, snap) {
        (Offset::Ticks(ticks), None) => Moment::Ticks(ticks),
        _ => Moment::Calendar,
    })
}

/// An offset such as `-24h`.
#[derive(Clone, Copy)]
enum Offset {
    /// So many ticks.
    Ticks(i64),
    /// So many days or longer, which go by the calendar.
    Calendar,
}

/// Reads an offset.
fn amount(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let count: i64 = if digits == 0 { 1 } else { rest[..digits].parse().ok()? };
    let seconds = unit(if digits == rest.len() { "s" } else { &rest[digits..] })?;
    if seconds == 0 {
        return Some(Offset::Calendar);
    }
    count.checked_mul(seconds)?.checked_mul(sign)?.checked_mul(TICKS_PER_SECOND).map(Offset::Ticks)
}

/// Whether a text is a span of time such as `5m`, `1d` or `500ms`; bare numbers are not.
pub(super) fn is_span(text: &str) -> bool {
    let (length, snap) = text.split_once('@').map_or((text, None), |(length, snap)| (length, Some(snap)));
    let digits = length.find(|c: char| !c.is_ascii_digit()).unwrap_or(length.len());
    let known = |word: &str| unit(word).is_some() || matches!(word, "us" | "ms" | "cs" | "ds");
    digits < length.len() && known(&length[digits..]) && snap.is_none_or(|snap| unit(snap).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_ticks_where_the_calendar_has_no_say() {
        for (text, moment) in [
            ("-24h", Some(Moment::Ticks(-24 * 3600 * TICKS_PER_SECOND))),
            ("-5m", Some(Moment::Ticks(-300 * TICKS_PER_SECOND))),
            ("now", Some(Moment::Now)),
            ("0", Some(Moment::Ever)),
            ("1700000000", Some(Moment::Instant(638_355_968_000_000_000))),
            ("-1d", Some(Moment::Calendar)),
            ("-70m@m", Some(Moment::Calendar)),
            ("@d", Some(Moment::Calendar)),
            ("-1fortnight", None),
            ("yesterday", None),
            ("", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(Moment::of(text), moment, "{text}");
        }
        assert!(Moment::is_relative("@d+3h") && !Moment::is_relative("@x"));
    }

    #[test]
    fn spans_have_units() {
        assert!(is_span("5m") && is_span("1d") && is_span("h") && is_span("500ms") && is_span("1d@d"));
        assert!(!is_span("5") && !is_span("5x") && !is_span(""));
    }
}
