//! Conversions between types: KQL's `tolong`, `tostring` and their like.
//!
//! What cannot be converted gives null, and `""` where text is asked for. Where Kusto's documentation is silent this is
//! what is done: a number stands for ticks where a `datetime` or `timespan` is asked for, and the other way round; a
//! boolean is 1 or 0; text that holds a fraction is no integer; text may give an integer in hexadecimal, as a literal. A
//! `long` too large for an `int` loses its upper bits, a `real` too large for an integer gives the nearest, and text of
//! such a number gives null: so Kusto's emulator has been measured (github.com/mmaitre314/duckdb-kql).

use std::borrow::Cow;

use crate::eval::cell::Cell;
use crate::eval::dynamic::{self, Shown, View};
use crate::ir::Json;
use crate::literal::{Decimal, MAX_DATETIME, parse_datetime, parse_timespan};
use crate::types::Type;

/// The value as one of another type; null (`""` for `string`) where it cannot be converted. Numbers lose their fraction
/// on the way to an integer, and text becomes a `dynamic` as by `parse_json`. Whatever stands for `Type::Unknown` stays as
/// it is.
pub fn cast<'c>(cell: &'c Cell<'_>, to: Type) -> Cell<'c> {
    match to {
        Type::String => Cell::String(cell.to_text()),
        Type::Unknown => borrowed(cell),
        Type::Dynamic => match cell {
            Cell::String(text) => json_or_text(text),
            _ => borrowed(cell),
        },
        _ => match cell {
            Cell::Null => Cell::Null,
            Cell::Dynamic(bytes) => cast_held(View::new(bytes), to),
            Cell::String(text) => parse(text, to),
            Cell::Guid(value) if to == Type::Guid => Cell::Guid(*value),
            Cell::Guid(_) => Cell::Null,
            _ => cast_number(cell, to),
        },
    }
}

/// The same cell, borrowing what it holds.
pub fn borrowed<'c>(cell: &'c Cell<'_>) -> Cell<'c> {
    match cell {
        Cell::String(text) => Cell::String(Cow::Borrowed(text)),
        Cell::Dynamic(bytes) => Cell::Dynamic(Cow::Borrowed(bytes)),
        Cell::Null => Cell::Null,
        Cell::Bool(value) => Cell::Bool(*value),
        Cell::Int(value) => Cell::Int(*value),
        Cell::Long(value) => Cell::Long(*value),
        Cell::Real(value) => Cell::Real(*value),
        Cell::Decimal(value) => Cell::Decimal(*value),
        Cell::DateTime(ticks) => Cell::DateTime(*ticks),
        Cell::TimeSpan(ticks) => Cell::TimeSpan(*ticks),
        Cell::Guid(value) => Cell::Guid(*value),
    }
}

/// A value inside a dynamic as a cell of its own type; arrays and bags stay dynamics, JSON's null is null.
pub fn held(view: View<'_>) -> Cell<'_> {
    match view.shown() {
        Shown::Null => Cell::Null,
        Shown::Bool(value) => Cell::Bool(value),
        Shown::Long(value) => Cell::Long(value),
        Shown::Real(value) => Cell::Real(value),
        Shown::String(text) => Cell::String(Cow::Borrowed(text)),
        Shown::DateTime(ticks) => Cell::DateTime(ticks),
        Shown::TimeSpan(ticks) => Cell::TimeSpan(ticks),
        Shown::Guid(value) => Cell::Guid(value),
        Shown::Array(_) | Shown::Bag(_) => Cell::Dynamic(Cow::Borrowed(view.bytes())),
    }
}

fn cast_held(view: View<'_>, to: Type) -> Cell<'static> {
    match held(view) {
        Cell::Dynamic(_) => Cell::Null,
        scalar => cast(&scalar, to).into_owned(),
    }
}

/// Text as JSON; text that is none is a dynamic string, empty text is null.
pub fn json_or_text(text: &str) -> Cell<'static> {
    if text.is_empty() {
        return Cell::Null;
    }
    Cell::dynamic(&dynamic::parse(text).unwrap_or_else(|| Json::String(text.into())))
}

/// The numbers that an `i64` can hold lie between these, as reals.
const LONG_BOUNDS: std::ops::Range<f64> = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;

fn truncated(value: f64) -> Option<i64> {
    LONG_BOUNDS.contains(&value).then_some(value as i64)
}

/// The whole number that is left when the fraction is cut off.
fn whole(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Bool(value) => Some(i64::from(*value)),
        Cell::Real(value) => truncated(*value),
        Cell::Decimal(value) => {
            let unit = 10i128.checked_pow(u32::from(value.scale()))?;
            i64::try_from(value.mantissa() / unit).ok()
        }
        other => other.as_long(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the nearest is what a real can hold")]
fn cast_number(cell: &Cell<'_>, to: Type) -> Cell<'static> {
    match to {
        Type::Bool => match cell {
            Cell::Bool(value) => Cell::Bool(*value),
            Cell::Real(value) if value.is_nan() => Cell::Null,
            Cell::Real(value) => Cell::Bool(*value != 0.0),
            Cell::Decimal(value) => Cell::Bool(value.mantissa() != 0),
            other => other.as_long().map(|value| value != 0).into(),
        },
        Type::Int => match cell {
            Cell::Real(value) if value.is_nan() => Cell::Null,
            Cell::Real(value) => Cell::Int(*value as i32),
            Cell::Decimal(_) => whole(cell).and_then(|value| i32::try_from(value).ok()).map_or(Cell::Null, Cell::Int),
            other => whole(other).map_or(Cell::Null, |value| Cell::Int(value as i32)),
        },
        Type::Long => match cell {
            Cell::Real(value) if value.is_nan() => Cell::Null,
            Cell::Real(value) => Cell::Long(*value as i64),
            other => whole(other).into(),
        },
        Type::Real => match cell {
            Cell::Bool(value) => Cell::Real(f64::from(*value)),
            other => other.as_real().or_else(|| other.as_long().map(|ticks| ticks as f64)).into(),
        },
        Type::Decimal => match cell {
            Cell::Decimal(value) => Cell::Decimal(*value),
            Cell::Real(value) => format!("{value}").parse().map_or(Cell::Null, Cell::Decimal),
            other => whole(other).map_or(Cell::Null, |value| Cell::Decimal(Decimal::from(value))),
        },
        Type::DateTime => match cell {
            Cell::Bool(_) | Cell::TimeSpan(_) => Cell::Null,
            other => whole(other).filter(|ticks| (0..=MAX_DATETIME).contains(ticks)).map_or(Cell::Null, Cell::DateTime),
        },
        Type::TimeSpan => match cell {
            Cell::Bool(_) | Cell::DateTime(_) => Cell::Null,
            other => whole(other).map_or(Cell::Null, Cell::TimeSpan),
        },
        _ => Cell::Null,
    }
}

/// Reads text as a value of a type; null where it is none. `string` takes any text, `dynamic` as [`json_or_text`].
pub fn parse(text: &str, to: Type) -> Cell<'_> {
    match to {
        Type::String | Type::Unknown => Cell::String(Cow::Borrowed(text)),
        Type::Dynamic => json_or_text(text),
        Type::Bool => boolean(text.trim()).into(),
        Type::Int => integer(text).and_then(|value| i32::try_from(value).ok()).map_or(Cell::Null, Cell::Int),
        Type::Long => integer(text).into(),
        Type::Real => real(text.trim()).into(),
        Type::Decimal => text.parse().map_or(Cell::Null, Cell::Decimal),
        Type::DateTime => parse_datetime(text).map_or(Cell::Null, Cell::DateTime),
        Type::TimeSpan => parse_timespan(text).map_or(Cell::Null, Cell::TimeSpan),
        Type::Guid => guid(text).map_or(Cell::Null, Cell::Guid),
    }
}

/// Reads text as [`parse`] does; nothing where the text is no value of the type, which for `string` cannot be.
pub fn parse_strictly(text: &str, to: Type) -> Option<Cell<'_>> {
    let cell = parse(text, to);
    (!cell.is_null()).then_some(cell)
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        integer(text).map(|value| value != 0)
    }
}

fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    if let Some(digits) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        if digits.starts_with(['+', '-']) {
            return None;
        }
        // The digits are the bits, as in a literal.
        let value = u64::from_str_radix(digits, 16).ok()?.cast_signed();
        return if negative { value.checked_neg() } else { Some(value) };
    }
    text.parse().ok()
}

fn real(text: &str) -> Option<f64> {
    match text {
        "∞" | "+∞" => Some(f64::INFINITY),
        "-∞" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok(),
    }
}

/// Reads the first 32 hexadecimal digits, with or without hyphens after the 8th, 12th, 16th and 20th, and with or without
/// a brace before them; what follows does not matter.
fn guid(text: &str) -> Option<u128> {
    let mut value = 0u128;
    let mut digits = 0;
    let text = text.trim_start();
    let mut chars = text.strip_prefix('{').unwrap_or(text).chars().peekable();
    while digits < 32 {
        value = (value << 4) | u128::from(chars.next()?.to_digit(16)?);
        digits += 1;
        if matches!(digits, 8 | 12 | 16 | 20) && chars.peek() == Some(&'-') {
            chars.next();
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::{TICKS_PER_DAY, TICKS_PER_MINUTE, civil_to_ticks, format_guid};

    fn shown(cell: &Cell<'_>, to: Type) -> String {
        format!("{:?}", cast(cell, to))
    }

    #[test]
    fn text_is_read_as_the_type() {
        for (text, to, expected) in [
            ("123", Type::Long, "Long(123)"),
            (" -7 ", Type::Int, "Int(-7)"),
            ("0x1F", Type::Long, "Long(31)"),
            ("0xFFFFFFFFFFFFFFFF", Type::Long, "Long(-1)"),
            ("4294967296", Type::Int, "Null"),
            ("+4", Type::Long, "Long(4)"),
            ("5.", Type::Real, "Real(5.0)"),
            ("2.5", Type::Long, "Null"),
            ("x", Type::Long, "Null"),
            ("", Type::Long, "Null"),
            ("2.5", Type::Real, "Real(2.5)"),
            ("123.45678", Type::Decimal, "Decimal(123.45678)"),
            ("true", Type::Bool, "Bool(true)"),
            ("FALSE", Type::Bool, "Bool(false)"),
            ("yes", Type::Bool, "Null"),
            ("13-01-2022", Type::DateTime, "Null"),
            ("", Type::DateTime, "Null"),
            ("a", Type::String, "String(\"a\")"),
        ] {
            assert_eq!(shown(&Cell::string(text), to), expected, "{text:?} as {to}");
        }
        let day = civil_to_ticks(2022, 12, 2).unwrap();
        assert_eq!(cast(&Cell::string("Dec 2, 2022"), Type::DateTime).as_long(), Some(day));
        assert_eq!(cast(&Cell::string("0.00:03:00"), Type::TimeSpan).as_long(), Some(3 * TICKS_PER_MINUTE));
    }

    #[test]
    fn a_guid_is_the_first_32_digits() {
        let text = |text: &str| match cast(&Cell::string(text), Type::Guid) {
            Cell::Guid(value) => format_guid(value),
            other => format!("{other:?}"),
        };
        let expected = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(text("0123456789abcdef0123456789abcdef"), expected);
        assert_eq!(text("0123456789ab-cdef-0123-456789abcdef"), expected);
        assert_eq!(text("0123456789ABCDEF0123456789abcdef, and more"), expected);
        assert_eq!(text("{01234567-89ab-cdef-0123-456789abcdef}"), expected);
        assert_eq!(text("a string that is not a guid"), "Null");
        assert_eq!(text("012345-6789abcdef0123456789abcdef"), "Null");
    }

    #[test]
    fn numbers_lose_their_fraction() {
        for (cell, to, expected) in [
            (Cell::Real(2.9), Type::Int, "Int(2)"),
            (Cell::Real(-2.9), Type::Long, "Long(-2)"),
            (Cell::Real(1e30), Type::Long, "Long(9223372036854775807)"),
            (Cell::Real(-1e10), Type::Int, "Int(-2147483648)"),
            (Cell::Real(f64::NAN), Type::Long, "Null"),
            (Cell::Real(f64::NAN), Type::Int, "Null"),
            (Cell::Real(1e30), Type::DateTime, "Null"),
            (Cell::Long(9_999_999_999), Type::Int, "Int(1410065407)"),
            (Cell::TimeSpan(TICKS_PER_DAY), Type::Int, "Int(711573504)"),
            (Cell::Decimal("12.75".parse().unwrap()), Type::Long, "Long(12)"),
            (Cell::Real(0.1), Type::Decimal, "Decimal(0.1)"),
            (Cell::Real(f64::INFINITY), Type::Decimal, "Null"),
            (Cell::Long(7), Type::Bool, "Bool(true)"),
            (Cell::Bool(true), Type::Long, "Long(1)"),
            (Cell::TimeSpan(TICKS_PER_DAY), Type::Long, "Long(864000000000)"),
            (Cell::Long(-1), Type::DateTime, "Null"),
            (Cell::Guid(1), Type::Long, "Null"),
        ] {
            assert_eq!(shown(&cell, to), expected, "{cell:?} as {to}");
        }
    }

    #[test]
    fn a_dynamic_is_converted_by_what_it_holds() {
        let text = Cell::dynamic(&Json::String("42".into()));
        assert_eq!(shown(&text, Type::Long), "Long(42)");
        assert_eq!(shown(&Cell::dynamic(&Json::Array(vec![])), Type::Long), "Null");
        assert_eq!(shown(&Cell::dynamic(&Json::Null), Type::String), "String(\"\")");
        assert_eq!(cast(&Cell::dynamic(&Json::Array(vec![Json::Long(1)])), Type::String).to_text(), "[1]");
        assert_eq!(cast(&Cell::string(r#"{"a":1}"#), Type::Dynamic).to_text(), r#"{"a":1}"#);
        assert_eq!(cast(&Cell::string("{a"), Type::Dynamic).to_json(), Some(Json::String("{a".into())));
        assert!(cast(&Cell::string(""), Type::Dynamic).is_null());
    }

    #[test]
    fn strict_reading_refuses_what_is_no_value() {
        assert!(parse_strictly("nonValid", Type::Long).is_none());
        assert!(parse_strictly("", Type::String).is_some());
    }
}
