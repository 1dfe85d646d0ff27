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
