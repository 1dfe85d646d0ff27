//! Local times by the time zone database.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::datetime::UNIX_EPOCH;
use crate::literal::TICKS_PER_SECOND;

/// The names of all zones.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TZ_VARIANTS.iter().map(|zone| zone.name())
}

/// The local time of a zone at an instant; `None` for an unknown zone.
pub(super) fn to_local(ticks: i64, zone: &str) -> Option<i64> {
    let zone: Tz = zone.parse().ok()?;
    let offset = zone.offset_from_utc_datetime(&naive(ticks)?).fix().local_minus_utc();
    Some(ticks + i64::from(offset) * TICKS_PER_SECOND)
}

/// The instant of a local time of a zone; `None` for an unknown zone. A local time that occurs twice, when clocks are
/// put back, is taken as the earlier instant; one that is skipped counts by the offset before.
pub(super) fn to_utc(ticks: i64, zone: &str) -> Option<i64> {
    const DAY: i64 = 86_400;
    let zone: Tz = zone.parse().ok()?;
    let offset = match zone.offset_from_local_datetime(&naive(ticks)?) {
        LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset,
        LocalResult::None => zone.offset_from_utc_datetime(&naive(ticks.checked_sub(DAY * TICKS_PER_SECOND)?)?),
    };
    Some(ticks - i64::from(offset.fix().local_minus_utc()) * TICKS_PER_SECOND)
}

/// The whole seconds of a time; zones change at whole seconds.
fn naive(ticks: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp((ticks - UNIX_EPOCH).div_euclid(TICKS_PER_SECOND), 0).map(|time| time.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::parse_datetime;

    fn at(text: &str) -> i64 {
        parse_datetime(text).unwrap()
    }

    #[test]
    fn changes_of_the_clock_have_one_answer() {
        assert_eq!(to_utc(at("2024-03-31 02:30"), "Europe/Paris"), Some(at("2024-03-31 01:30")));
        assert_eq!(to_utc(at("2024-10-27 02:30"), "Europe/Paris"), Some(at("2024-10-27 00:30")));
        assert_eq!(to_local(at("2024-03-31 01:00"), "Europe/Paris"), Some(at("2024-03-31 03:00")));
        assert_eq!(to_local(at("2024-07-01 00:00:00.0000001"), "UTC"), Some(at("2024-07-01 00:00:00.0000001")));
    }
}
