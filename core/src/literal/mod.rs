//! The values of KQL literals: date-times, time spans, decimals and GUIDs from their text and back.
//!
//! A leaf: the parser, the IR and the evaluator read the same forms, so they stand apart from all three.

mod decimal;
mod guid;
mod time;

pub use decimal::Decimal;
pub use guid::{format_guid, parse_guid};
pub use time::{
    MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE,
    TICKS_PER_SECOND, civil_to_ticks, format_datetime, format_timespan, parse_datetime, parse_timespan,
    parse_timespan_literal, ticks_to_civil,
};
