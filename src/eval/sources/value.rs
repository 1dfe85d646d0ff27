//! From the text of a value to a cell of a column.
//!
//! A value goes into a column of another type where Kusto's ingestion would take it: numbers and booleans from strings,
//! text from anything. What it would make null is a fault here, but for empty text, which is null in both.

use crate::eval::arrays::CellBuilder;
use crate::eval::cell::Cell;
use crate::eval::dynamic;
use crate::eval::kernels::cast;
use crate::literal::{TICKS_PER_SECOND, civil_to_ticks};
use crate::types::Type;

/// Appends the null of a column.
pub(super) fn append_null(builder: &mut CellBuilder) {
    match builder {
        CellBuilder::Bool(builder) => builder.append_null(),
        CellBuilder::Int(builder) => builder.append_null(),
        CellBuilder::Long(builder) => builder.append_null(),
        CellBuilder::Real(builder) => builder.append_null(),
        CellBuilder::Decimal(builder) | CellBuilder::Guid(builder) => builder.append_null(),
        CellBuilder::String(builder) => builder.append_value(""),
        CellBuilder::Dynamic(builder) => builder.append_null(),
    }
}

/// Appends text; `None`, and nothing appended, where it is no value of the type.
#[must_use]
pub(super) fn append_text(builder: &mut CellBuilder, ty: Type, text: &str) -> Option<()> {
    match (&mut *builder, ty) {
        (CellBuilder::String(builder), _) => builder.append_value(text),
        (CellBuilder::Dynamic(builder), _) => builder.append_value(dynamic_of(text)),
        _ if text.is_empty() => append_null(builder),
        (CellBuilder::Long(builder), Type::DateTime) => builder.append_value(datetime(text)?),
        (CellBuilder::Long(builder), Type::Long) => builder.append_value(long(text)?),
        (CellBuilder::Int(builder), _) => builder.append_value(i32::try_from(long(text)?).ok()?),
        (CellBuilder::Real(builder), _) => builder.append_value(real(text)?),
        _ => builder.push(&cast::parse_strictly(text, ty)?).ok()?,
    }
    Some(())
}

/// Appends a JSON number; as [`append_text`].
#[must_use]
pub(super) fn append_number(builder: &mut CellBuilder, ty: Type, text: &str) -> Option<()> {
    match (&mut *builder, ty) {
        (CellBuilder::String(builder), _) => builder.append_value(text),
        (CellBuilder::Dynamic(builder), _) => builder.append_value(dynamic::encode(&dynamic::parse(text)?)),
        (CellBuilder::Long(builder), Type::Long) => builder.append_value(long(text)?),
        (CellBuilder::Int(builder), _) => builder.append_value(i32::try_from(long(text)?).ok()?),
        (CellBuilder::Real(builder), _) => builder.append_value(real(text)?),
        (CellBuilder::Bool(builder), _) => builder.append_value(match text {
            "0" => false,
            "1" => true,
            _ => return None,
        }),
        (CellBuilder::Decimal(_), _) => builder.push(&cast::parse_strictly(text, ty)?).ok()?,
        // Whether a number counts seconds, milliseconds or ticks, nobody has said.
        _ => return None,
    }
    Some(())
}

/// Appends a JSON boolean; as [`append_text`].
#[must_use]
pub(super) fn append_bool(builder: &mut CellBuilder, value: bool) -> Option<()> {
    match builder {
        CellBuilder::Bool(builder) => builder.append_value(value),
        CellBuilder::String(builder) => builder.append_value(if value { "true" } else { "false" }),
        CellBuilder::Dynamic(builder) => builder.append_value(dynamic::encode(&crate::ir::Json::Bool(value))),
        _ => return None,
    }
    Some(())
}

/// Appends a JSON array or object; as [`append_text`].
#[must_use]
pub(super) fn append_nested(builder: &mut CellBuilder, text: &str) -> Option<()> {
    let json = dynamic::parse(text)?;
    match builder {
        CellBuilder::Dynamic(builder) => builder.append_value(dynamic::encode(&json)),
        CellBuilder::String(builder) => {
            let bytes = dynamic::encode(&json);
            builder.append_value(dynamic::json_text(dynamic::View::new(&bytes)));
        }
        _ => return None,
    }
    Some(())
}

/// A dynamic from text: exports write arrays and bags as strings of JSON, which are read as what they hold; other text
/// is a string.
fn dynamic_of(text: &str) -> Vec<u8> {
    let nested = text.trim_start().starts_with(['{', '[']).then(|| dynamic::parse(text)).flatten();
    nested.map_or_else(
        || {
            let mut bytes = Vec::with_capacity(text.len() + 5);
            dynamic::append_string(text, &mut bytes);
            bytes
        },
        |json| dynamic::encode(&json),
    )
}

fn long(text: &str) -> Option<i64> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    if let Some(Cell::Long(value)) = cast::parse_strictly(text, Type::Long) {
        return Some(value);
    }
    // `1e3` and `1.0` are whole numbers, too. Beyond 2^53 a double no longer tells neighbours apart.
    let value = real(text).filter(|value| value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
    Some(value as i64)
}

fn real(text: &str) -> Option<f64> {
    match cast::parse_strictly(text, Type::Real)? {
        // A number too large to be held is no infinity, unless it says so.
        Cell::Real(value) if value.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => None,
        Cell::Real(value) => Some(value),
        _ => None,
    }
}

/// A point in time. Nearly all are written `2024-01-31T10:00:00`, with digits behind the point or none and a `Z` or none,
/// which is read here; the rest is for the reader that knows every form.
fn datetime(text: &str) -> Option<i64> {
    plain_datetime(text.as_bytes()).or_else(|| crate::literal::parse_datetime(text))
}

/// Whether text is so plainly a point in time that a column of it is one of points in time.
pub(super) fn is_datetime(text: &str) -> bool {
    plain_datetime(text.as_bytes()).is_some()
}

fn plain_datetime(bytes: &[u8]) -> Option<i64> {
    let (head, rest) = bytes.split_first_chunk::<19>()?;
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let mut plain = marks.iter().all(|(at, mark)| head[*at] == *mark) && matches!(head[10], b'T' | b' ');
    // All digits are looked at before anything is decided, so that there is little to be foreseen wrongly.
    let mut pair = |at: usize| {
        let (tens, ones) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
        plain &= tens.max(ones) <= 9;
        i64::from(tens) * 10 + i64::from(ones)
    };
    let year = pair(0) * 100 + pair(2);
    let (month, day, hour, minute, second) = (pair(5), pair(8), pair(11), pair(14), pair(17));
    if !plain || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = match rest.strip_suffix(b"Z").unwrap_or(rest) {
        [] => 0,
        [b'.', digits @ ..] if (1..=7).contains(&digits.len()) => {
            let mut value = 0;
            for digit in digits {
                if !digit.is_ascii_digit() {
                    return None;
                }
                value = value * 10 + i64::from(digit - b'0');
            }
            value * 10_i64.pow(7 - digits.len() as u32)
        }
        _ => return None,
    };
    Some(civil_to_ticks(year, month, day)? + ((hour * 60 + minute) * 60 + second) * TICKS_PER_SECOND + fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::eval::arrays::Cells;
    use crate::literal::{format_datetime, parse_datetime};

    fn appended(ty: Type, append: impl Fn(&mut CellBuilder) -> Option<()>) -> Option<String> {
        let mut builder = CellBuilder::new(ty, 1);
        append(&mut builder)?;
        let array = builder.finish();
        let cells = Cells::new(array.as_ref(), ty).unwrap();
        assert_eq!(cells.len(), 1);
        Some(format!("{:?}", cells.get(0).to_text()).trim_matches('"').to_owned())
    }

    #[test]
    fn text_goes_into_every_type() {
        for (ty, text, expected) in [
            (Type::Long, "12", Some("12")),
            (Type::Long, "1e3", Some("1000")),
            (Type::Long, "1.5", None),
            (Type::Long, "x", None),
            (Type::Long, "", Some("")),
            (Type::Int, "2147483648", None),
            (Type::Real, "1e400", None),
            (Type::Real, "NaN", Some("NaN")),
            (Type::Bool, "TRUE", Some("True")),
            (Type::Bool, "maybe", None),
            (Type::DateTime, "2024-01-31 10:00:00.5", Some("2024-01-31T10:00:00.5000000Z")),
            (Type::DateTime, "2024-01-31T10:00:00+01:00", Some("2024-01-31T09:00:00.0000000Z")),
            (Type::DateTime, "2024-02-30T10:00:00Z", None),
            (Type::TimeSpan, "1.02:03:04", Some("1.02:03:04")),
            (Type::Guid, "0145A03E-F80F-47C4-8A2A-37EBAFBA2E04", Some("0145a03e-f80f-47c4-8a2a-37ebafba2e04")),
            (Type::Guid, "x", None),
            (Type::Decimal, "1.50", Some("1.5")),
            (Type::String, "a", Some("a")),
            (Type::Dynamic, "[1, 2]", Some("[1,2]")),
            (Type::Dynamic, "[1, 2", Some("[1, 2")),
        ] {
            assert_eq!(appended(ty, |builder| append_text(builder, ty, text)).as_deref(), expected, "{text} as {ty}");
        }
    }

    #[test]
    fn numbers_booleans_and_bags_go_where_they_fit() {
        for (ty, text, expected) in [
            (Type::Long, "9223372036854775807", Some("9223372036854775807")),
            (Type::Long, "9223372036854775808", None),
            (Type::Real, "3", Some("3")),
            (Type::String, "1.50", Some("1.50")),
            (Type::Bool, "1", Some("True")),
            (Type::Bool, "2", None),
            (Type::DateTime, "1700000000", None),
            (Type::Dynamic, "1.5", Some("1.5")),
        ] {
            assert_eq!(appended(ty, |builder| append_number(builder, ty, text)).as_deref(), expected, "{text} as {ty}");
        }
        let nested = |ty| appended(ty, |builder| append_nested(builder, r#"{"a": [1]}"#));
        assert_eq!(nested(Type::Long), None);
        assert_eq!(nested(Type::Dynamic).as_deref(), Some(r#"{\"a\":[1]}"#));
        assert_eq!(nested(Type::String), nested(Type::Dynamic));
        assert_eq!(appended(Type::Long, |builder| append_bool(builder, true)), None);
        assert_eq!(appended(Type::String, |builder| append_bool(builder, true)).as_deref(), Some("true"));
    }

    proptest! {
        #[test]
        fn the_short_way_to_a_datetime_is_the_long_way(ticks in 0..=crate::literal::MAX_DATETIME, keep in 19usize..29) {
            let text = format_datetime(ticks);
            let cut = &text[..keep.min(text.len())];
            if let Some(short) = plain_datetime(cut.as_bytes()) {
                prop_assert_eq!(Some(short), parse_datetime(cut));
            } else {
                prop_assert!(cut.ends_with('.'), "{}", cut);
            }
        }

        #[test]
        fn whatever_the_short_way_takes_the_long_way_takes(text in "[0-2]{4}-[0-3]{2}-[0-3]{2}[T ][0-6]{2}:[0-6]{2}:[0-6]{2}(\\.[0-9]{0,8})?Z?") {
            if let Some(short) = plain_datetime(text.as_bytes()) {
                prop_assert_eq!(Some(short), parse_datetime(&text));
            }
        }
    }
}
