//! The durations of rule files, in the three spellings that occur.

/// Ticks of 100 ns in a second.
const SECOND: i64 = 10_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A duration as a rule states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duration {
    /// The text as written.
    pub text: String,
    /// Its length in ticks of 100 ns.
    pub ticks: i64,
    /// Which spelling it is.
    pub form: DurationForm,
}

/// How a duration is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DurationForm {
    /// A whole number and `m`, `h` or `d`, as rule YAML writes it: `5m`.
    Short,
    /// .NET's time span, `[d.]hh:mm[:ss[.fffffff]]`: `1.00:00:00`. A bare number counts days.
    TimeSpan,
    /// ISO 8601, as ARM writes it: `PT5M`, `P14D`.
    Iso,
}

impl Duration {
    /// Reads any of the three spellings, `None` where the text is none of them or too long for 64 bits.
    pub fn parse(text: &str) -> Option<Self> {
        let readers = [
            (DurationForm::Short, short as fn(&str) -> Option<i64>),
            (DurationForm::TimeSpan, time_span),
            (DurationForm::Iso, iso),
        ];
        let words = text.trim();
        readers.into_iter().find_map(|(form, read)| Some(Self { text: text.to_owned(), ticks: read(words)?, form }))
    }
}

/// A number of digits alone: `parse` alone would take a sign.
fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Ticks of a fraction of a second: up to seven digits.
fn fraction(digits: &str) -> Option<i64> {
    if digits.len() > 7 {
        return None;
    }
    Some(number(digits)? * 10_i64.pow(7 - digits.len() as u32))
}

fn short(text: &str) -> Option<i64> {
    let unit = match text.as_bytes().last()? {
        b'm' => MINUTE,
        b'h' => HOUR,
        b'd' => DAY,
        _ => return None,
    };
    number(&text[..text.len() - 1])?.checked_mul(unit)
}

fn time_span(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let Some((head, rest)) = text.split_once(':') else {
        let ticks = number(text)?.checked_mul(DAY)?;
        return Some(if negative { -ticks } else { ticks });
    };
    let (days, hours) = head.split_once('.').map_or((Some(0), head), |(days, hours)| (number(days), hours));
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
    let (seconds, part) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let below = |text: &str, limit: i64| number(text).filter(|&value| value < limit && text.len() <= 2);
    let time = below(hours, 24)? * HOUR + below(minutes, 60)? * MINUTE + below(seconds, 60)? * SECOND + fraction(part)?;
    let ticks = days?.checked_mul(DAY)?.checked_add(time)?;
    Some(if negative { -ticks } else { ticks })
}

/// `PnW`, or `PnDTnHnMnS` with at least one part. Years and months have no fixed length and are not read.
fn iso(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    if time == Some("") || rest.is_empty() {
        return None;
    }
    let date = parts(date, if time.is_none() && date.ends_with('W') { &[('W', 7 * DAY)] } else { &[('D', DAY)] })?;
    let time = parts(time.unwrap_or(""), &[('H', HOUR), ('M', MINUTE), ('S', SECOND)])?;
    date.checked_add(time)
}

/// The sum of `n` and a letter, each letter at most once and in the order of `units`.
fn parts(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut units = units.iter();
    let mut sum: i64 = 0;
    while !text.is_empty() {
        let end = text.find(|c: char| c.is_ascii_alphabetic())?;
        let letter = text[end..].chars().next()?;
        let &(_, unit) = units.find(|(name, _)| *name == letter)?;
        let (whole, part) = text[..end].split_once('.').unwrap_or((&text[..end], ""));
        let part = match part {
            "" => 0,
            digits if unit == SECOND => fraction(digits)?,
            _ => return None,
        };
        sum = sum.checked_add(number(whole)?.checked_mul(unit)?)?.checked_add(part)?;
        text = &text[end + 1..];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_spellings_are_read() {
        let cases = [
            ("5m", 5 * MINUTE, DurationForm::Short),
            ("14d", 14 * DAY, DurationForm::Short),
            ("05:00:00", 5 * HOUR, DurationForm::TimeSpan),
            ("1.00:00:00", DAY, DurationForm::TimeSpan),
            ("00:05", 5 * MINUTE, DurationForm::TimeSpan),
            ("-1.02:03:04.5", -(DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND + SECOND / 2), DurationForm::TimeSpan),
            ("5", 5 * DAY, DurationForm::TimeSpan),
            ("PT5M", 5 * MINUTE, DurationForm::Iso),
            ("P14D", 14 * DAY, DurationForm::Iso),
            ("P1DT2H", DAY + 2 * HOUR, DurationForm::Iso),
            ("P2W", 14 * DAY, DurationForm::Iso),
            ("PT0.25S", SECOND / 4, DurationForm::Iso),
        ];
        for (text, ticks, form) in cases {
            assert_eq!(Duration::parse(text), Some(Duration { text: text.to_owned(), ticks, form }), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_read() {
        let others = [
            "",
            "m",
            "5 m",
            "5s",
            "5M",
            "1.5h",
            "25:00:00",
            "00:60:00",
            "P",
            "PT",
            "P1M",
            "P1Y",
            "PT5",
            "PT5M5H",
            "+5m",
            "99999999999999d",
            "1:2:3:4",
            "P1.5D",
            "00:00:00.12345678",
            "5é",
        ];
        for text in others {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
