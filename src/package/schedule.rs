//! When a rule runs, in the terms of other schedulers. Lengths are ticks of 100 ns.

const SECOND: i64 = 10_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A length of time in its greatest whole unit, as Splunk and Elastic write it: `90m`, `14d`. Parts of a second count as
/// a whole one.
pub(super) fn short(ticks: i64) -> String {
    for (unit, letter) in [(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm')] {
        if ticks >= unit && ticks % unit == 0 {
            return format!("{}{letter}", ticks / unit);
        }
    }
    format!("{}s", ticks / SECOND + i64::from(ticks % SECOND > 0))
}

/// The length of `now-90m`; nothing for any other date math.
pub(super) fn since(text: &str) -> Option<i64> {
    let rest = text.strip_prefix("now-")?;
    let unit = match rest.chars().last()? {
        's' => SECOND,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        _ => return None,
    };
    rest[..rest.len() - 1].parse::<i64>().ok()?.checked_mul(unit)
}

/// The line of cron that runs as often, or, where cron cannot say that, the next more often; and how often that is.
pub(super) fn cron(frequency: i64) -> (String, i64) {
    let divisor = |of: i64, most: i64| (1..=most.clamp(1, of)).rev().find(|n| of % n == 0).unwrap_or(1);
    let every = |n: i64| if n == 1 { "*".to_owned() } else { format!("*/{n}") };
    if frequency < HOUR {
        let minutes = divisor(60, frequency / MINUTE);
        (format!("{} * * * *", every(minutes)), minutes * MINUTE)
    } else if frequency < DAY {
        let hours = divisor(24, frequency / HOUR);
        (format!("0 {} * * *", every(hours)), hours * HOUR)
    } else if frequency < 7 * DAY {
        ("0 0 * * *".to_owned(), DAY)
    } else {
        ("0 0 * * 0".to_owned(), 7 * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_their_greatest_unit() {
        for (ticks, text) in
            [(14 * DAY, "14d"), (90 * MINUTE, "90m"), (24 * HOUR, "1d"), (90 * SECOND, "90s"), (1, "1s")]
        {
            assert_eq!(short(ticks), text);
        }
        assert_eq!((since("now-90m"), since("now-14d"), since("now-1d/d")), (Some(90 * MINUTE), Some(14 * DAY), None));
        assert_eq!((since("now"), since("now-"), since("now-é")), (None, None, None));
    }

    #[test]
    fn cron_never_runs_less_often() {
        for (frequency, line, actual) in [
            (MINUTE, "* * * * *", MINUTE),
            (5 * MINUTE, "*/5 * * * *", 5 * MINUTE),
            (35 * MINUTE, "*/30 * * * *", 30 * MINUTE),
            (HOUR, "0 * * * *", HOUR),
            (5 * HOUR, "0 */4 * * *", 4 * HOUR),
            (DAY, "0 0 * * *", DAY),
            (2 * DAY, "0 0 * * *", DAY),
            (14 * DAY, "0 0 * * 0", 7 * DAY),
        ] {
            assert_eq!(cron(frequency), (line.to_owned(), actual));
            assert!(actual <= frequency);
        }
    }
}
