//! Functions of instants and spans of time. Everything is in UTC; weeks start on Sunday unless a function says
//! otherwise. An instant outside the years 1 to 9999 is null.

use super::{Env, Kernel, calendar, format_time, timezone};
use crate::eval::Cell;
use crate::ir::Json;
use crate::literal::{
    MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE,
    TICKS_PER_SECOND, civil_to_ticks, parse_datetime, parse_timespan, ticks_to_civil,
};
use calendar::{Step, day_of_week, day_of_year};

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("now", now),
    Kernel::strict("ago", ago),
    Kernel::strict("datetime_add", datetime_add),
    Kernel::strict("datetime_diff", datetime_diff),
    Kernel::strict("datepart", datetime_part),
    Kernel::strict("datetime_part", datetime_part),
    Kernel::strict("dayofweek", dayofweek),
    Kernel::strict("dayofmonth", |_, args| int(args, |ticks| ticks_to_civil(ticks).2)),
    Kernel::strict("dayofyear", |_, args| int(args, day_of_year)),
    Kernel::strict("hourofday", |_, args| int(args, |ticks| ticks % TICKS_PER_DAY / TICKS_PER_HOUR)),
    Kernel::strict("weekofyear", |_, args| int(args, calendar::wednesday_week)),
    Kernel::strict("week_of_year", |_, args| int(args, calendar::iso_week)),
    Kernel::strict("monthofyear", |_, args| int(args, |ticks| ticks_to_civil(ticks).1)),
    Kernel::strict("getmonth", |_, args| int(args, |ticks| ticks_to_civil(ticks).1)),
    Kernel::strict("getyear", |_, args| int(args, |ticks| ticks_to_civil(ticks).0)),
    Kernel::strict("startofday", |_, args| boundary(args, Step::Day, calendar::start)),
    Kernel::strict("startofweek", |_, args| boundary(args, Step::Week, calendar::start)),
    Kernel::strict("startofmonth", |_, args| boundary(args, Step::Month, calendar::start)),
    Kernel::strict("startofyear", |_, args| boundary(args, Step::Year, calendar::start)),
    Kernel::strict("endofday", |_, args| boundary(args, Step::Day, calendar::end)),
    Kernel::strict("endofweek", |_, args| boundary(args, Step::Week, calendar::end)),
    Kernel::strict("endofmonth", |_, args| boundary(args, Step::Month, calendar::end)),
    Kernel::strict("endofyear", |_, args| boundary(args, Step::Year, calendar::end)),
    Kernel::strict("make_datetime", make_datetime),
    Kernel::strict("make_timespan", make_timespan),
    Kernel::strict("format_datetime", format_datetime),
    Kernel::strict("format_timespan", format_timespan),
    Kernel::strict("datetime_local_to_utc", |_, args| zoned(args, timezone::to_utc)),
    Kernel::strict("datetime_utc_to_local", |_, args| zoned(args, timezone::to_local)),
    Kernel::row("datetime_list_timezones", |_, _| {
        Cell::dynamic(&Json::Array(timezone::names().map(|name| Json::String(name.into())).collect()))
    }),
    Kernel::strict("unixtime_seconds_todatetime", |_, args| unixtime(args, TICKS_PER_SECOND, 1)),
    Kernel::strict("unixtime_milliseconds_todatetime", |_, args| unixtime(args, TICKS_PER_MILLISECOND, 1)),
    Kernel::strict("unixtime_microseconds_todatetime", |_, args| unixtime(args, TICKS_PER_MICROSECOND, 1)),
    Kernel::strict("unixtime_nanoseconds_todatetime", |_, args| unixtime(args, 1, 100)),
];

/// The first tick of 1970.
pub(super) const UNIX_EPOCH: i64 = 719_162 * TICKS_PER_DAY;

/// An instant, if it lies within the years 1 to 9999.
pub(super) fn instant<'a>(ticks: Option<i64>) -> Cell<'a> {
    ticks.filter(|ticks| (0..=MAX_DATETIME).contains(ticks)).map_or(Cell::Null, Cell::DateTime)
}

/// The ticks of an argument that is an instant or a span.
fn ticks(args: &[Cell<'_>], at: usize) -> Option<i64> {
    match args.get(at)? {
        Cell::DateTime(ticks) | Cell::TimeSpan(ticks) => Some(*ticks),
        _ => None,
    }
}

/// A small whole number read off an instant.
fn int<'a>(args: &[Cell<'a>], read: impl Fn(i64) -> i64) -> Cell<'a> {
    ticks(args, 0).and_then(|ticks| read(ticks).try_into().ok()).map_or(Cell::Null, Cell::Int)
}

fn now<'a>(env: Env, args: &[Cell<'a>]) -> Cell<'a> {
    instant(env.now.checked_add(ticks(args, 0).unwrap_or_default()))
}

fn ago<'a>(env: Env, args: &[Cell<'a>]) -> Cell<'a> {
    instant(ticks(args, 0).and_then(|span| env.now.checked_sub(span)))
}

/// Moves by whole parts of the calendar. A day past the end of a month becomes its last, which Kusto's documentation
/// leaves open.
fn datetime_add<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let step = args.first().and_then(Cell::as_str).and_then(Step::parse);
    let count = args.get(1).and_then(Cell::as_long);
    instant(step.zip(count).zip(ticks(args, 2)).and_then(|((step, count), ticks)| calendar::add(step, count, ticks)))
}

fn datetime_diff<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let step = args.first().and_then(Cell::as_str).and_then(Step::parse);
    let both = ticks(args, 1).zip(ticks(args, 2));
    step.zip(both).and_then(|(step, (later, earlier))| calendar::difference(step, later, earlier)).into()
}

fn datetime_part<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let part = args.first().and_then(Cell::as_str).unwrap_or_default().to_ascii_lowercase();
    let Some(ticks) = ticks(args, 1) else { return Cell::Null };
    let (year, month, day) = ticks_to_civil(ticks);
    let value = match part.as_str() {
        "year" => year,
        "quarter" => (month - 1) / 3 + 1,
        "month" => month,
        "week_of_year" | "weekofyear" => calendar::iso_week(ticks),
        "day" => day,
        "dayofyear" => day_of_year(ticks),
        "hour" => ticks % TICKS_PER_DAY / TICKS_PER_HOUR,
        "minute" => ticks % TICKS_PER_HOUR / TICKS_PER_MINUTE,
        "second" => ticks % TICKS_PER_MINUTE / TICKS_PER_SECOND,
        "millisecond" => ticks % TICKS_PER_SECOND / TICKS_PER_MILLISECOND,
        "microsecond" => ticks % TICKS_PER_SECOND / TICKS_PER_MICROSECOND,
        "nanosecond" => ticks % TICKS_PER_SECOND * 100,
        _ => return Cell::Null,
    };
    value.try_into().map_or(Cell::Null, Cell::Int)
}

fn dayofweek<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    ticks(args, 0).map_or(Cell::Null, |ticks| Cell::TimeSpan(day_of_week(ticks) * TICKS_PER_DAY))
}

fn boundary<'a>(args: &[Cell<'a>], step: Step, of: fn(Step, i64, i64) -> Option<i64>) -> Cell<'a> {
    let offset = args.get(1).map_or(Some(0), Cell::as_long);
    instant(ticks(args, 0).zip(offset).and_then(|(ticks, offset)| of(step, offset, ticks)))
}

/// The whole number of an argument, 0 where it is left out.
fn part(args: &[Cell<'_>], at: usize) -> Option<i64> {
    match args.get(at) {
        None => Some(0),
        Some(Cell::Real(value)) => value.is_finite().then_some(*value as i64),
        Some(Cell::Decimal(value)) => Some(value.to_f64() as i64),
        Some(cell) => cell.as_long(),
    }
}

/// The ticks of a number of seconds within a minute, fraction included.
fn seconds(args: &[Cell<'_>], at: usize) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "the ticks of a minute are exact")]
    const TICKS: f64 = TICKS_PER_SECOND as f64;
    let Some(cell) = args.get(at) else { return Some(0) };
    let ticks = match cell {
        Cell::Int(_) | Cell::Long(_) => cell.as_long()?.checked_mul(TICKS_PER_SECOND)?,
        _ => (cell.as_real()? * TICKS).round() as i64,
    };
    (0..TICKS_PER_MINUTE).contains(&ticks).then_some(ticks)
}

/// The ticks of a time of day whose parts start at an argument.
fn time_of_day(args: &[Cell<'_>], at: usize) -> Option<i64> {
    let (hour, minute) = (part(args, at)?, part(args, at + 1)?);
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute);
    let ticks = fits.then(|| hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE)?;
    Some(ticks + seconds(args, at + 2)?)
}

fn make_datetime<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args {
        [Cell::DateTime(ticks)] => Cell::DateTime(*ticks),
        [Cell::String(text)] => instant(parse_datetime(text)),
        [_] => Cell::Null,
        _ => {
            instant((|| Some(civil_to_ticks(part(args, 0)?, part(args, 1)?, part(args, 2)?)? + time_of_day(args, 3)?))())
        }
    }
}

fn make_timespan<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let ticks = match args {
        [Cell::TimeSpan(ticks)] => Some(*ticks),
        [Cell::String(text)] => parse_timespan(text),
        [_] => None,
        [_, _, _, _] => (|| part(args, 0)?.checked_mul(TICKS_PER_DAY)?.checked_add(time_of_day(args, 1)?))(),
        _ => time_of_day(args, 0),
    };
    ticks.map_or(Cell::Null, Cell::TimeSpan)
}

fn format_datetime<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let format = args.get(1).and_then(Cell::as_str).unwrap_or_default();
    let text = ticks(args, 0).and_then(|ticks| format_time::datetime(ticks, format));
    text.unwrap_or_default().into()
}

fn format_timespan<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let format = args.get(1).and_then(Cell::as_str).unwrap_or_default();
    let text = ticks(args, 0).and_then(|ticks| format_time::timespan(ticks, format));
    text.unwrap_or_default().into()
}

fn zoned<'a>(args: &[Cell<'a>], convert: fn(i64, &str) -> Option<i64>) -> Cell<'a> {
    let zone = args.get(1).and_then(Cell::as_str);
    instant(ticks(args, 0).zip(zone).and_then(|(ticks, zone)| convert(ticks, zone)))
}

/// The instant so many units after 1970, a unit being a fraction of ticks.
fn unixtime<'a>(args: &[Cell<'a>], ticks: i64, divisor: i64) -> Cell<'a> {
    #[expect(clippy::cast_precision_loss, reason = "ticks of a unit are few")]
    let offset = match args.first() {
        Some(cell @ (Cell::Int(_) | Cell::Long(_))) => {
            cell.as_long().and_then(|number| number.checked_mul(ticks)).map(|ticks| ticks.div_euclid(divisor))
        }
        Some(cell) => {
            cell.as_real().and_then(|number| super::arithmetic::to_ticks(number * ticks as f64 / divisor as f64))
        }
        None => None,
    };
    instant(offset.and_then(|offset| UNIX_EPOCH.checked_add(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::kernels::find;
    use crate::literal::format_datetime;
    use crate::types::Type;

    const NOW: &str = "2024-01-31T10:00:00Z";

    fn call(name: &str, args: &[Cell<'_>]) -> String {
        let env = Env { now: parse_datetime(NOW).unwrap(), ty: Type::Unknown };
        find(name).unwrap().call(env, args).to_text().into_owned()
    }

    fn at(text: &str) -> Cell<'static> {
        Cell::DateTime(parse_datetime(text).unwrap())
    }

    fn long(value: i64) -> Cell<'static> {
        Cell::Long(value)
    }

    #[test]
    fn now_is_that_of_the_query() {
        assert_eq!(call("now", &[]), "2024-01-31T10:00:00.0000000Z");
        assert_eq!(call("now", &[Cell::TimeSpan(-TICKS_PER_HOUR)]), "2024-01-31T09:00:00.0000000Z");
        assert_eq!(call("ago", &[Cell::TimeSpan(TICKS_PER_DAY)]), "2024-01-30T10:00:00.0000000Z");
    }

    #[test]
    fn parts_are_added() {
        for (part, count, result) in [
            ("year", 1, "2018-01-01"),
            ("quarter", 1, "2017-04-01"),
            ("month", 1, "2017-02-01"),
            ("week", 1, "2017-01-08"),
            ("day", 1, "2017-01-02"),
            ("Hour", 1, "2017-01-01 01:00"),
            ("minute", 1, "2017-01-01 00:01"),
            ("second", 1, "2017-01-01 00:00:01"),
            ("nanosecond", 100, "2017-01-01 00:00:00.0000001"),
            ("year", -5, "2012-01-01"),
            ("quarter", 12, "2020-01-01"),
            ("month", -15, "2015-10-01"),
            ("week", 100, "2018-12-02"),
        ] {
            let args = [Cell::string(part), long(count), at("2017-01-01")];
            assert_eq!(call("datetime_add", &args), format_datetime(parse_datetime(result).unwrap()), "{part}");
        }
        let leap = [Cell::string("month"), long(1), at("2024-01-31 05:00")];
        assert_eq!(call("datetime_add", &leap), "2024-02-29T05:00:00.0000000Z");
        assert_eq!(call("datetime_add", &[Cell::string("year"), long(9000), at("2024-01-31")]), "");
        assert_eq!(call("datetime_add", &[Cell::string("day"), long(i64::MAX), at("2024-01-31")]), "");
    }

    #[test]
    fn differences_count_boundaries() {
        for (part, left, right, result) in [
            ("year", "2017-01-01", "2000-12-31", "17"),
            ("quarter", "2017-07-01", "2017-03-30", "2"),
            ("month", "2017-01-01", "2015-12-30", "13"),
            ("week", "2017-10-29 00:00", "2017-09-30 23:59", "5"),
            ("day", "2017-10-29 00:00", "2017-09-30 23:59", "29"),
            ("hour", "2017-10-31 01:00", "2017-10-30 23:59", "2"),
            ("minute", "2017-10-30 23:05:01", "2017-10-30 23:00:59", "5"),
            ("second", "2017-10-30 23:00:10.100", "2017-10-30 23:00:00.900", "10"),
            ("millisecond", "2017-10-30 23:00:00.200100", "2017-10-30 23:00:00.100900", "100"),
            ("microsecond", "2017-10-30 23:00:00.1009001", "2017-10-30 23:00:00.1008009", "100"),
            ("nanosecond", "2017-10-30 23:00:00.0000000", "2017-10-30 23:00:00.0000007", "-700"),
        ] {
            assert_eq!(call("datetime_diff", &[Cell::string(part), at(left), at(right)]), result, "{part}");
        }
    }

    #[test]
    fn parts_are_read_off() {
        for (part, result) in [
            ("year", "2017"),
            ("quarter", "4"),
            ("month", "10"),
            ("week_of_year", "44"),
            ("day", "30"),
            ("dayOfYear", "303"),
            ("hour", "1"),
            ("minute", "2"),
            ("second", "3"),
            ("millisecond", "765"),
            ("microsecond", "765432"),
            ("nanosecond", "765432100"),
        ] {
            let args = [Cell::string(part), at("2017-10-30 01:02:03.7654321")];
            assert_eq!(call("datetime_part", &args), result, "{part}");
        }
        assert_eq!(call("dayofweek", &[at("1947-11-30 10:00:05")]), "00:00:00");
        assert_eq!(call("dayofweek", &[at("1970-05-11")]), "1.00:00:00");
        assert_eq!(call("dayofyear", &[at("2015-12-14")]), "348");
        assert_eq!(call("hourofday", &[at("2015-12-14 18:54")]), "18");
        assert_eq!(call("week_of_year", &[at("2020-12-31")]), "53");
        assert_eq!(call("week_of_year", &[at("1970-01-01")]), "1");
        assert_eq!(call("week_of_year", &[at("2000-01-01")]), "52");
    }

    #[test]
    fn boundaries_of_days_weeks_months_and_years() {
        let date = || at("2017-01-01 10:10:17");
        for (name, offset, result) in [
            ("startofday", -1, "2016-12-31"),
            ("startofweek", -1, "2016-12-25"),
            ("startofweek", 0, "2017-01-01"),
            ("startofmonth", -1, "2016-12-01"),
            ("startofyear", 1, "2018-01-01"),
            ("endofday", -1, "2016-12-31 23:59:59.9999999"),
            ("endofweek", -1, "2016-12-31 23:59:59.9999999"),
            ("endofweek", 1, "2017-01-14 23:59:59.9999999"),
            ("endofmonth", 1, "2017-02-28 23:59:59.9999999"),
            ("endofyear", 0, "2017-12-31 23:59:59.9999999"),
        ] {
            let result = format_datetime(parse_datetime(result).unwrap());
            assert_eq!(call(name, &[date(), long(offset)]), result, "{name} {offset}");
        }
        assert_eq!(call("endofyear", &[at("9999-05-01")]), format_datetime(MAX_DATETIME));
        assert_eq!(call("startofweek", &[at("0001-01-01")]), "");
    }

    #[test]
    fn instants_and_spans_are_made_of_parts() {
        let second = || Cell::Real(0.123_456_7);
        let longs = |values: &[i64]| values.iter().copied().map(long).collect::<Vec<_>>();
        assert_eq!(call("make_datetime", &longs(&[2017, 10, 1])), "2017-10-01T00:00:00.0000000Z");
        assert_eq!(call("make_datetime", &longs(&[2017, 10, 1, 12, 10])), "2017-10-01T12:10:00.0000000Z");
        let parts = [longs(&[2017, 10, 1, 12, 11]), vec![second()]].concat();
        assert_eq!(call("make_datetime", &parts), "2017-10-01T12:11:00.1234567Z");
        assert_eq!(call("make_datetime", &longs(&[2017, 2, 29])), "");
        assert_eq!(
            call("make_timespan", &[longs(&[1, 12, 30]), vec![Cell::Real(55.123)]].concat()),
            "1.12:30:55.1230000"
        );
        assert_eq!(call("make_timespan", &longs(&[1, 12])), "01:12:00");
        assert_eq!(call("make_timespan", &longs(&[24, 0, 0])), "");
        assert_eq!(call("make_timespan", &longs(&[i64::MAX, i64::MIN])), "");
        assert_eq!(call("make_datetime", &longs(&[2017, 10, 1, i64::MAX, i64::MIN, 0])), "");
    }

    #[test]
    fn unix_times_are_instants() {
        for (name, number, result) in [
            ("unixtime_seconds_todatetime", 1_546_300_800, "2019-01-01T00:00:00.0000000Z"),
            ("unixtime_milliseconds_todatetime", 1_546_300_800_000, "2019-01-01T00:00:00.0000000Z"),
            ("unixtime_microseconds_todatetime", 1_546_300_800_000_000, "2019-01-01T00:00:00.0000000Z"),
            ("unixtime_nanoseconds_todatetime", 1_546_300_800_000_000_000, "2019-01-01T00:00:00.0000000Z"),
            ("unixtime_seconds_todatetime", -1, "1969-12-31T23:59:59.0000000Z"),
            ("unixtime_seconds_todatetime", i64::MAX, ""),
        ] {
            assert_eq!(call(name, &[long(number)]), result, "{name}");
        }
        assert_eq!(call("unixtime_seconds_todatetime", &[Cell::Real(0.5)]), "1970-01-01T00:00:00.5000000Z");
    }

    #[test]
    fn zones_move_by_their_offset() {
        let zone = |name: &'static str| Cell::string(name);
        assert_eq!(
            call("datetime_utc_to_local", &[at("2022-07-11 22:18:48"), zone("US/Pacific")]),
            "2022-07-11T15:18:48.0000000Z"
        );
        assert_eq!(
            call("datetime_local_to_utc", &[at("2024-01-31 10:00"), zone("Europe/Paris")]),
            "2024-01-31T09:00:00.0000000Z"
        );
        assert_eq!(call("datetime_utc_to_local", &[at("2022-07-11"), zone("Mars/Olympus")]), "");
        assert!(call("datetime_list_timezones", &[]).contains("\"Europe/Paris\""));
    }

    #[test]
    fn null_gives_null() {
        assert_eq!(call("startofday", &[Cell::Null]), "");
        assert!(find("getyear").unwrap().call(Env { now: 0, ty: Type::Int }, &[Cell::Null]).is_null());
    }
}
