//! Values.

use std::fmt;
use std::sync::Arc;

use crate::literal::{Decimal, format_datetime, format_guid, format_timespan};
use crate::types::Type;

/// A scalar value.
#[derive(Clone, Debug)]
pub enum Value {
    /// The null of a type; never of `string`, which has none.
    Null(Type),
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
    String(Arc<str>),
    /// A `guid`, most significant digit first.
    Guid(u128),
    /// A `dynamic` that is not null; JSON's own null is [`Json::Null`] inside it.
    Dynamic(Arc<Json>),
}

/// What a `dynamic` holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// JSON's `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// Any other number.
    Real(f64),
    /// A string.
    String(Arc<str>),
    /// A `datetime`, in ticks.
    DateTime(i64),
    /// A `timespan`, in ticks.
    TimeSpan(i64),
    /// A `guid`.
    Guid(u128),
    /// An array.
    Array(Vec<Json>),
    /// A bag; the order of the slots is that of the text and means nothing.
    Bag(Vec<(Arc<str>, Json)>),
}

impl Value {
    /// A string.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// The type.
    pub fn ty(&self) -> Type {
        match self {
            Self::Null(ty) => *ty,
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
        }
    }

    /// Whether it is a null.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is an `int` or `long`.
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value as i64),
            Self::Long(value) => Some(*value),
            _ => None,
        }
    }

    /// The truth value of a boolean.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The values of a dynamic array as scalars; JSON's null is the null of `dynamic`.
    pub fn elements(&self) -> Option<Vec<Self>> {
        match self {
            Self::Dynamic(json) => match json.as_ref() {
                Json::Array(items) => Some(items.iter().map(Json::to_value).collect()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Equality of values, not KQL's `==`: a null equals the null of its type and NaN equals NaN, so that folding can be
/// tested and equal terms be found.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null(a), Self::Null(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Long(a), Self::Long(b)) | (Self::DateTime(a), Self::DateTime(b)) => a == b,
            (Self::TimeSpan(a), Self::TimeSpan(b)) => a == b,
            (Self::Real(a), Self::Real(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Guid(a), Self::Guid(b)) => a == b,
            (Self::Dynamic(a), Self::Dynamic(b)) => a == b,
            _ => false,
        }
    }
}

impl Json {
    /// The value as a scalar of its own type; arrays and bags stay `dynamic`.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null(Type::Dynamic),
            Self::Bool(value) => Value::Bool(*value),
            Self::Long(value) => Value::Long(*value),
            Self::Real(value) => Value::Real(*value),
            Self::String(value) => Value::String(value.clone()),
            Self::DateTime(value) => Value::DateTime(*value),
            Self::TimeSpan(value) => Value::TimeSpan(*value),
            Self::Guid(value) => Value::Guid(*value),
            Self::Array(_) | Self::Bag(_) => Value::Dynamic(Arc::new(self.clone())),
        }
    }
}

/// Writes a string in double quotes with the escapes of KQL.
pub(super) fn write_quoted(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", c as u32)?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

fn write_real(f: &mut impl fmt::Write, value: f64) -> fmt::Result {
    if value.is_nan() {
        f.write_str("real(nan)")
    } else if value.is_infinite() {
        f.write_str(if value > 0.0 { "real(+inf)" } else { "real(-inf)" })
    } else {
        write!(f, "{value:?}")
    }
}

/// The value as KQL writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null(ty) => write!(f, "{ty}(null)"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "int({value})"),
            Self::Long(value) => write!(f, "{value}"),
            Self::Real(value) => write_real(f, *value),
            Self::Decimal(value) => write!(f, "decimal({value})"),
            Self::DateTime(ticks) => write!(f, "datetime({})", format_datetime(*ticks)),
            Self::TimeSpan(ticks) => write!(f, "timespan({})", format_timespan(*ticks)),
            Self::String(text) => write_quoted(f, text),
            Self::Guid(value) => write!(f, "guid({})", format_guid(*value)),
            Self::Dynamic(json) => write!(f, "dynamic({json})"),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Bag(slots) => {
                f.write_str("{")?;
                for (at, (name, value)) in slots.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write_quoted(f, name)?;
                    write!(f, ": {value}")?;
                }
                f.write_str("}")
            }
            scalar => write!(f, "{}", scalar.to_value()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_kql() {
        for (value, text) in [
            (Value::Null(Type::Long), "long(null)"),
            (Value::Int(-2), "int(-2)"),
            (Value::Real(1.0), "1.0"),
            (Value::Real(f64::NEG_INFINITY), "real(-inf)"),
            (Value::string("a\"b\\c\n"), r#""a\"b\\c\n""#),
            (Value::TimeSpan(crate::literal::TICKS_PER_DAY), "timespan(1.00:00:00)"),
            (Value::Dynamic(Arc::new(Json::Array(vec![Json::Null, Json::Long(1)]))), "dynamic([null, 1])"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn the_null_of_dynamic_is_not_the_null_of_json() {
        assert_ne!(Value::Null(Type::Dynamic), Value::Dynamic(Arc::new(Json::Null)));
        assert_eq!(Value::Real(f64::NAN), Value::Real(f64::NAN));
        assert_ne!(Value::Real(0.0), Value::Real(-0.0));
    }

    #[test]
    fn elements_are_scalars_of_their_own_type() {
        let array = Value::Dynamic(Arc::new(Json::Array(vec![Json::String("a".into()), Json::Null])));
        assert_eq!(array.elements(), Some(vec![Value::string("a"), Value::Null(Type::Dynamic)]));
        assert_eq!(Value::Long(1).elements(), None);
    }
}
