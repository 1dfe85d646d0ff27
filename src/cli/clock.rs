//! Points in time on the command line.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::literal::{civil_to_ticks, parse_datetime};

/// A point in time as KQL reads it, in ticks.
pub(in crate::cli) fn instant(text: &str) -> Result<i64, String> {
    parse_datetime(text).ok_or_else(|| "write it as 2024-01-31T10:00:00Z".to_owned())
}

/// The time of the clock, in ticks.
pub(in crate::cli) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ticks = i64::try_from(since.as_nanos() / 100).unwrap_or(i64::MAX);
    civil_to_ticks(1970, 1, 1).unwrap_or_default().saturating_add(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_in_this_century() {
        assert!((civil_to_ticks(2024, 1, 1).unwrap()..civil_to_ticks(2100, 1, 1).unwrap()).contains(&now()));
        assert_eq!(instant("2024-01-31T10:00:00Z"), Ok(civil_to_ticks(2024, 1, 31).unwrap() + 360_000_000_000));
        assert!(instant("tomorrow").is_err());
    }
}
