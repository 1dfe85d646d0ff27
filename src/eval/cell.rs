//! One value of one record, as kernels see it.

use std::borrow::Cow;

use super::dynamic;
use crate::ir::{Json, Value};
use crate::literal::{Decimal, format_datetime, format_guid, format_timespan};
use crate::types::Type;

/// A value as it stands in a column, borrowed from there where it can be.
///
/// `string` has no null: a kernel that has no text to give gives `""`.
#[derive(Clone, Debug, Default)]
pub enum Cell<'a> {
    /// The null of any type but `string`.
    #[default]
    Null,
    /// A `bool`.
    Bool(bool),
    /// An `int`.
    Int(i32),
    /// A `long`.
    Long(i64),
    /// A `real`.
    Real(f64),
    /// A `decimal`.
    Decimal(Decimal),
    /// A `datetime`, in ticks of 100 ns since 0001-01-01 UTC.
    DateTime(i64),
    /// A `timespan`, in ticks of 100 ns.
    TimeSpan(i64),
    /// A `string`.
    String(Cow<'a, str>),
    /// A `guid`, most significant digit first.
    Guid(u128),
    /// A `dynamic` that is not null, in the encoding of [`dynamic`]; JSON's own null may be inside.
    Dynamic(Cow<'a, [u8]>),
}

impl<'a> Cell<'a> {
    /// A string.
    pub fn string(text: impl Into<Cow<'a, str>>) -> Self {
        Self::String(text.into())
    }

    /// A dynamic.
    pub fn dynamic(json: &Json) -> Self {
        Self::Dynamic(Cow::Owned(dynamic::encode(json)))
    }

    /// The type; a null has none of its own.
    pub const fn ty(&self) -> Option<Type> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Long(_) => Type::Long,
            Self::Real(_) => Type::Real,
            Self::Decimal(_) => Type::Decimal,
            Self::DateTime(_) => Type::DateTime,
            Self::TimeSpan(_) => Type::TimeSpan,
            Self::String(_) => Type::String,
            Self::Guid(_) => Type::Guid,
            Self::Dynamic(_) => Type::Dynamic,
        })
    }

    /// Whether it is null; the empty string is not.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is null or the empty string: what `isempty` asks.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.is_empty(),
            _ => false,
        }
    }

    /// The truth value of a `bool`.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is an `int` or `long`; the ticks of a `datetime` or `timespan`.
    pub const fn as_long(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value as i64),
            Self::Long(value) | Self::DateTime(value) | Self::TimeSpan(value) => Some(*value),
            _ => None,
        }
    }

    /// The number as a `real`, if it is one of any kind.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is what a real can hold")]
    pub fn as_real(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(f64::from(*value)),
            Self::Long(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Decimal(value) => Some(value.to_f64()),
            _ => None,
        }
    }

    /// The text of a `string`; see [`Cell::to_text`] for that of any value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// What a dynamic holds, as a tree; scalars of other types as the dynamic that holds them. `None` for null, and for
    /// a `decimal`, which no dynamic holds.
    pub fn to_json(&self) -> Option<Json> {
        Some(match self {
            Self::Null | Self::Decimal(_) => return None,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::Long(i64::from(*value)),
            Self::Long(value) => Json::Long(*value),
            Self::Real(value) => Json::Real(*value),
            Self::DateTime(ticks) => Json::DateTime(*ticks),
            Self::TimeSpan(ticks) => Json::TimeSpan(*ticks),
            Self::String(text) => Json::String(text.as_ref().into()),
            Self::Guid(value) => Json::Guid(*value),
            Self::Dynamic(bytes) => dynamic::decode(bytes),
        })
    }

    /// The elements of a dynamic array; `None` for anything else.
    pub fn to_array(&self) -> Option<Vec<Json>> {
        match self {
            Self::Dynamic(bytes) => match dynamic::decode(bytes) {
                Json::Array(items) => Some(items),
                _ => None,
            },
            _ => None,
        }
    }

    /// The text that `tostring` gives: `""` for null, no quotes around strings, JSON for arrays and bags.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::String(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("True"),
            Self::Bool(false) => Cow::Borrowed("False"),
            Self::Int(value) => Cow::Owned(value.to_string()),
            Self::Long(value) => Cow::Owned(value.to_string()),
            Self::Real(value) => Cow::Owned(real_text(*value)),
            Self::Decimal(value) => Cow::Owned(value.to_string()),
            Self::DateTime(ticks) => Cow::Owned(format_datetime(*ticks)),
            Self::TimeSpan(ticks) => Cow::Owned(format_timespan(*ticks)),
            Self::Guid(value) => Cow::Owned(format_guid(*value)),
            Self::Dynamic(bytes) => dynamic::text(bytes),
        }
    }

    /// The value in the form the IR has it; the null of `ty` for null.
    pub fn to_value(&self, ty: Type) -> Value {
        match self {
            Self::Null => Value::Null(ty),
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Long(value) => Value::Long(*value),
            Self::Real(value) => Value::Real(*value),
            Self::Decimal(value) => Value::Decimal(*value),
            Self::DateTime(ticks) => Value::DateTime(*ticks),
            Self::TimeSpan(ticks) => Value::TimeSpan(*ticks),
            Self::String(text) => Value::string(text.as_ref()),
            Self::Guid(value) => Value::Guid(*value),
            Self::Dynamic(bytes) => dynamic::decode(bytes).to_value(),
        }
    }

    /// The same value, on its own.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(value) => Cell::Bool(value),
            Self::Int(value) => Cell::Int(value),
            Self::Long(value) => Cell::Long(value),
            Self::Real(value) => Cell::Real(value),
            Self::Decimal(value) => Cell::Decimal(value),
            Self::DateTime(value) => Cell::DateTime(value),
            Self::TimeSpan(value) => Cell::TimeSpan(value),
            Self::String(text) => Cell::String(Cow::Owned(text.into_owned())),
            Self::Guid(value) => Cell::Guid(value),
            Self::Dynamic(bytes) => Cell::Dynamic(Cow::Owned(bytes.into_owned())),
        }
    }
}

/// The text of a `real`: the shortest that reads back as the same number.
pub fn real_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if value != 0.0 && (value.abs() >= 1e15 || value.abs() < 1e-5) {
        // As .NET writes them: a sign and at least two digits in the exponent.
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((mantissa, exponent)) => {
                let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
                format!("{mantissa}E{sign}{digits:0>2}")
            }
            None => text,
        }
    } else {
        format!("{value}")
    }
}

impl From<&Value> for Cell<'static> {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null(_) => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Long(value) => Self::Long(*value),
            Value::Real(value) => Self::Real(*value),
            Value::Decimal(value) => Self::Decimal(*value),
            Value::DateTime(ticks) => Self::DateTime(*ticks),
            Value::TimeSpan(ticks) => Self::TimeSpan(*ticks),
            Value::String(text) => Self::String(Cow::Owned(text.as_ref().to_owned())),
            Value::Guid(value) => Self::Guid(*value),
            Value::Dynamic(json) => Self::dynamic(json),
        }
    }
}

impl From<Option<bool>> for Cell<'_> {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Null, Self::Bool)
    }
}

impl From<Option<i64>> for Cell<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Long)
    }
}

impl From<Option<f64>> for Cell<'_> {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Null, Self::Real)
    }
}

impl From<Option<Json>> for Cell<'_> {
    fn from(value: Option<Json>) -> Self {
        value.map_or(Self::Null, |json| Self::dynamic(&json))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_tostring() {
        for (cell, text) in [
            (Cell::Null, ""),
            (Cell::Bool(true), "True"),
            (Cell::Real(1.5), "1.5"),
            (Cell::Real(1e20), "1E+20"),
            (Cell::Real(0.000_001), "1E-06"),
            (Cell::dynamic(&Json::String("a".into())), "a"),
            (Cell::dynamic(&Json::Array(vec![Json::Long(1), Json::String("a".into())])), r#"[1,"a"]"#),
        ] {
            assert_eq!(cell.to_text(), text);
        }
    }
}
