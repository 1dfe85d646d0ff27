//! Functions of instants and spans of time. Everything is in UTC; weeks start on Sunday.

use crate::functions::rows::rows;

/// The parts of a date that instants are moved and counted by.
const STEPS: &[&str] = &[
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
];

/// The parts of a date that can be read off an instant.
const PARTS: &[&str] = &[
    "year",
    "quarter",
    "month",
    "week_of_year",
    "day",
    "dayofyear",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
];

rows! { Scalar;
    /// Gives the instant at which the query runs, the same one throughout, moved by an optional span.
    now: [foldable, volatile]
        (offset: TimeSpan?) -> DateTime
        => "print x = now() == now()" gives "true";
    /// Gives the instant so long before the query runs.
    ago: [foldable, volatile]
        (timespan: TimeSpan) -> DateTime
        => "print x = ago(1d) < now()" gives "true";
    /// Moves an instant by so many parts such as months; a day past the end of a month becomes its last.
    datetime_add: [foldable]
        (part: String[Literal @ STEPS], value: Integer, datetime: DateTime) -> DateTime
        => "print x = datetime_add('month', 1, datetime(2024-01-15))" gives "2024-02-15T00:00:00.0000000Z";
    /// Counts how many boundaries of a part of the calendar lie between two instants, from the second to the
    /// first.
    datetime_diff: [foldable]
        (part: String[Literal @ STEPS], datetime1: DateTime, datetime2: DateTime) -> Long
        => "print x = datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31))" gives "17"
        => "print x = datetime_diff('hour', datetime(2024-01-01 10:59), datetime(2024-01-01 11:01))" gives "-1";
    /// Gives one part of an instant as a number.
    datepart: [foldable, hidden, old("datetime_part")]
        (part: String[Literal @ PARTS], date: DateTime) -> Int
        => "print x = datepart('month', datetime(2024-03-05))" gives "3";
    /// Gives one part of an instant, such as its hour, as a number.
    datetime_part: [foldable]
        (part: String[Literal @ PARTS], date: DateTime) -> Int
        => "print x = datetime_part('hour', datetime(2024-03-05 07:08))" gives "7";
    /// Gives the span of whole days since the Sunday before.
    dayofweek: [foldable]
        (date: DateTime) -> TimeSpan
        => "print x = dayofweek(datetime(2024-01-03))" gives "3.00:00:00";
    /// Gives the day of the month, from 1.
    dayofmonth: [foldable]
        (date: DateTime) -> Int
        => "print x = dayofmonth(datetime(2024-01-31))" gives "31";
    /// Gives the day of the year, from 1.
    dayofyear: [foldable]
        (date: DateTime) -> Int
        => "print x = dayofyear(datetime(2024-02-01))" gives "32";
    /// Gives the hour of the day, 0 to 23.
    hourofday: [foldable]
        (date: DateTime) -> Int
        => "print x = hourofday(datetime(2024-01-31 10:30))" gives "10";
    /// Gives the week of the year by a rule other than ISO 8601.
    weekofyear: [foldable, hidden, old("week_of_year")]
        (date: DateTime) -> Int;
    /// Gives the week of the year by ISO 8601.
    week_of_year: [foldable]
        (date: DateTime) -> Int
        => "print x = week_of_year(datetime(2020-12-31))" gives "53";
    /// Gives the month, 1 to 12.
    monthofyear: [foldable]
        (date: DateTime) -> Int
        => "print x = monthofyear(datetime(2024-03-05))" gives "3";
    /// Gives the month, 1 to 12.
    getmonth: [foldable]
        (date: DateTime) -> Int
        => "print x = getmonth(datetime(2024-03-05))" gives "3";
    /// Gives the year.
    getyear: [foldable]
        (date: DateTime) -> Int
        => "print x = getyear(datetime(2024-03-05))" gives "2024";
    /// Gives the first instant of the day, so many days on.
    startofday: [foldable, named(FirstArgument)]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = startofday(datetime(2024-01-31 10:00), -1)" gives "2024-01-30T00:00:00.0000000Z";
    /// Gives the first instant of the week, a Sunday, so many weeks on.
    startofweek: [foldable]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = startofweek(datetime(2024-01-03 10:00))" gives "2023-12-31T00:00:00.0000000Z";
    /// Gives the first instant of the month, so many months on.
    startofmonth: [foldable]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = startofmonth(datetime(2024-01-31 10:00))" gives "2024-01-01T00:00:00.0000000Z";
    /// Gives the first instant of the year, so many years on.
    startofyear: [foldable]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = startofyear(datetime(2024-05-31 10:00))" gives "2024-01-01T00:00:00.0000000Z";
    /// Gives the last tick of the day, so many days on.
    endofday: [foldable]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = endofday(datetime(2024-01-31 10:00))" gives "2024-01-31T23:59:59.9999999Z";
    /// Gives the last tick of the week, on a Saturday, so many weeks on.
    endofweek: [foldable]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = endofweek(datetime(2024-01-03))" gives "2024-01-06T23:59:59.9999999Z";
    /// Gives the last tick of the month, so many months on.
    endofmonth: [foldable]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = endofmonth(datetime(2024-02-01))" gives "2024-02-29T23:59:59.9999999Z";
    /// Gives the last tick of the year, so many years on.
    endofyear: [foldable]
        (date: DateTime, offset: Long?) -> DateTime
        => "print x = endofyear(datetime(2024-02-01))" gives "2024-12-31T23:59:59.9999999Z";
    /// Makes an instant of its parts; null where they are none.
    make_datetime: [foldable, named(OnlyArgument)]
        (year: Number, month: Number, day: Number, hour: Number?, minute: Number?, second: Number?) -> DateTime
        (value: Scalar) -> DateTime
        => "print x = make_datetime(2024, 1, 31, 10, 5)" gives "2024-01-31T10:05:00.0000000Z";
    /// Makes a span of time of its parts.
    make_timespan: [foldable, named(OnlyArgument)]
        (days: Integer, hours: Integer, minutes: Integer, seconds: Number) -> TimeSpan
        (hours: Integer, minutes: Integer, seconds: Number?) -> TimeSpan
        (value: Scalar) -> TimeSpan
        => "print x = make_timespan(1, 2, 3, 4)" gives "1.02:03:04";
    /// Writes an instant by a pattern such as `yyyy-MM-dd HH:mm`.
    format_datetime: [foldable, named(FirstArgument)]
        (date: DateTime, format: String[LiteralNotEmpty]) -> String
        => "print x = format_datetime(datetime(2024-01-31 10:05), 'yyyy-MM-dd HH:mm')" gives "2024-01-31 10:05";
    /// Writes a span of time by a pattern such as `d.hh:mm`.
    format_timespan: [foldable, named(FirstArgument)]
        (timespan: TimeSpan, format: String[LiteralNotEmpty]) -> String
        => "print x = format_timespan(time(02:03:04), 'HH:mm:ss')" gives "02:03:04";
    /// Reads an instant as local time of a zone and gives it in UTC.
    datetime_local_to_utc: [foldable]
        (from: DateTime, timezone: String) -> DateTime
        => "print x = datetime_local_to_utc(datetime(2024-01-31 10:00), 'Europe/Paris')" gives "2024-01-31T09:00:00.0000000Z";
    /// Gives the local time of a zone at an instant.
    datetime_utc_to_local: [foldable]
        (from: DateTime, timezone: String) -> DateTime
        => "print x = datetime_utc_to_local(datetime(2024-01-31 10:00), 'Europe/Paris')" gives "2024-01-31T11:00:00.0000000Z";
    /// Gives the names of all time zones as an array.
    datetime_list_timezones: [foldable]
        () -> Array
        => "print x = array_length(datetime_list_timezones()) > 400" gives "true";
    /// Gives the instant so many seconds after 1970.
    unixtime_seconds_todatetime: [foldable]
        (number: Number) -> DateTime
        => "print x = unixtime_seconds_todatetime(1706695200)" gives "2024-01-31T10:00:00.0000000Z";
    /// Gives the instant so many milliseconds after 1970.
    unixtime_milliseconds_todatetime: [foldable]
        (number: Number) -> DateTime
        => "print x = unixtime_milliseconds_todatetime(1706695200000)" gives "2024-01-31T10:00:00.0000000Z";
    /// Gives the instant so many microseconds after 1970.
    unixtime_microseconds_todatetime: [foldable]
        (number: Number) -> DateTime
        => "print x = unixtime_microseconds_todatetime(1706695200000000)" gives "2024-01-31T10:00:00.0000000Z";
    /// Gives the instant so many nanoseconds after 1970.
    unixtime_nanoseconds_todatetime: [foldable]
        (number: Number) -> DateTime
        => "print x = unixtime_nanoseconds_todatetime(1706695200000000000)" gives "2024-01-31T10:00:00.0000000Z";
}
