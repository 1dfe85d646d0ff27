//! The calendar: steps that instants are moved and counted by, weeks and days of the year.

use crate::literal::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
    civil_to_ticks, ticks_to_civil,
};

/// A part of the calendar or of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// The names of the steps, which count case for nothing.
const STEPS: &[(&str, Step)] = &[
    ("year", Step::Year),
    ("quarter", Step::Quarter),
    ("month", Step::Month),
    ("week", Step::Week),
    ("day", Step::Day),
    ("hour", Step::Hour),
    ("minute", Step::Minute),
    ("second", Step::Second),
    ("millisecond", Step::Millisecond),
    ("microsecond", Step::Microsecond),
    ("nanosecond", Step::Nanosecond),
];

impl Step {
    pub(super) fn parse(name: &str) -> Option<Self> {
        STEPS.iter().find(|(step, _)| step.eq_ignore_ascii_case(name)).map(|&(_, step)| step)
    }

    /// The ticks of a step that always has as many; `None` for those of the calendar and for nanoseconds.
    const fn ticks(self) -> Option<i64> {
        Some(match self {
            Self::Year | Self::Quarter | Self::Month | Self::Nanosecond => return None,
            Self::Week => 7 * TICKS_PER_DAY,
            Self::Day => TICKS_PER_DAY,
            Self::Hour => TICKS_PER_HOUR,
            Self::Minute => TICKS_PER_MINUTE,
            Self::Second => TICKS_PER_SECOND,
            Self::Millisecond => TICKS_PER_MILLISECOND,
            Self::Microsecond => TICKS_PER_MICROSECOND,
        })
    }

    /// The months of a step of the calendar.
    const fn months(self) -> Option<i64> {
        match self {
            Self::Year => Some(12),
            Self::Quarter => Some(3),
            Self::Month => Some(1),
            _ => None,
        }
    }
}

/// The days since the last Sunday: 0 for a Sunday. The first day of the year 1 was a Monday.
pub(super) const fn day_of_week(ticks: i64) -> i64 {
    (ticks.div_euclid(TICKS_PER_DAY) + 1).rem_euclid(7)
}

/// The day of the year, from 1.
pub(super) fn day_of_year(ticks: i64) -> i64 {
    let (year, _, _) = ticks_to_civil(ticks);
    (ticks - civil_to_ticks(year, 1, 1).unwrap_or_default()) / TICKS_PER_DAY + 1
}

/// The week of the year whose weeks start so many days after Sunday and belong to the year of their fourth day.
fn week(ticks: i64, first_day: i64) -> i64 {
    let days = 3 - (day_of_week(ticks) - first_day).rem_euclid(7);
    let fourth = ticks.saturating_add(days * TICKS_PER_DAY);
    (day_of_year(fourth) - 1) / 7 + 1
}

/// The week of the year by ISO 8601: weeks start on Monday, and the first holds the first Thursday.
pub(super) fn iso_week(ticks: i64) -> i64 {
    week(ticks, 1)
}

/// The week of the year as the old `weekofyear` counts: weeks start on Sunday, and the first holds the first Wednesday.
pub(super) fn wednesday_week(ticks: i64) -> i64 {
    week(ticks, 0)
}

/// Moves an instant by a number of steps; a day past the end of a month becomes its last.
pub(super) fn add(step: Step, count: i64, ticks: i64) -> Option<i64> {
    if let Some(months) = step.months() {
        let (year, month, day) = ticks_to_civil(ticks);
        let months = count.checked_mul(months)?.checked_add(year * 12 + month - 1)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let date = (0..4).find_map(|clipped| civil_to_ticks(year, month, day - clipped))?;
        Some(date + ticks.rem_euclid(TICKS_PER_DAY))
    } else {
        let moved = match step.ticks() {
            Some(unit) => count.checked_mul(unit)?,
            None => count / 100,
        };
        ticks.checked_add(moved)
    }
}

/// How many boundaries of a step lie between two instants, from the second to the first; `None` where they are too many
/// to count.
pub(super) fn difference(step: Step, later: i64, earlier: i64) -> Option<i64> {
    match step {
        Step::Nanosecond => later.checked_sub(earlier)?.checked_mul(100),
        _ => ordinal(step, later).checked_sub(ordinal(step, earlier)),
    }
}

/// The number of a step an instant lies in, counted from any fixed origin.
fn ordinal(step: Step, ticks: i64) -> i64 {
    let (year, month, _) = ticks_to_civil(ticks);
    match step {
        Step::Year => year,
        Step::Quarter => year * 4 + (month - 1) / 3,
        Step::Month => year * 12 + month,
        Step::Week => (ticks.div_euclid(TICKS_PER_DAY) + 1).div_euclid(7),
        _ => step.ticks().map_or(ticks, |unit| ticks.div_euclid(unit)),
    }
}

/// The first tick of the day, week, month or year, so many of them on.
pub(super) fn start(step: Step, offset: i64, ticks: i64) -> Option<i64> {
    let (year, month, _) = ticks_to_civil(ticks);
    let day = ticks - ticks.rem_euclid(TICKS_PER_DAY);
    let start = match step {
        Step::Year => civil_to_ticks(year, 1, 1)?,
        Step::Month => civil_to_ticks(year, month, 1)?,
        Step::Week => day - day_of_week(ticks) * TICKS_PER_DAY,
        _ => day,
    };
    add(step, offset, start)
}

/// The last tick of the day, week, month or year, so many of them on.
pub(super) fn end(step: Step, offset: i64, ticks: i64) -> Option<i64> {
    let start = start(step, offset, ticks)?;
    let (year, month, _) = ticks_to_civil(start);
    let days = match step {
        Step::Year => day_of_year(civil_to_ticks(year, 12, 31)?),
        Step::Month => (28..=31).rev().find(|day| civil_to_ticks(year, month, *day).is_some())?,
        Step::Week => 7,
        _ => 1,
    };
    Some(start + days * TICKS_PER_DAY - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::parse_datetime;

    #[test]
    fn weeks_belong_to_the_year_of_their_middle() {
        for (date, iso, wednesday) in [
            ("2020-12-31", 53, 53),
            ("2021-01-03", 53, 1),
            ("2017-01-01", 52, 1),
            ("2015-01-01", 1, 53),
            ("2016-01-05", 1, 1),
        ] {
            let ticks = parse_datetime(date).unwrap();
            assert_eq!((iso_week(ticks), wednesday_week(ticks)), (iso, wednesday), "{date}");
        }
    }
}
