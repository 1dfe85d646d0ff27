//! Values as other systems store them, where fields have no declared types.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::ir::{Json, Value};
use crate::literal::{TICKS_PER_SECOND, format_datetime, format_guid, format_timespan, parse_datetime};

/// Ticks from 0001-01-01 to 1970-01-01.
pub(super) const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// A value as another system stores it: fields have no declared types.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value; a field that is not there has none either.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// Any other number.
    Real(f64),
    /// Text.
    Text(Arc<str>),
    /// An instant, in ticks of 100 ns since 0001-01-01 UTC.
    Time(i64),
    /// A span of time, in ticks of 100 ns.
    Span(i64),
    /// A field of several values, or an array.
    List(Vec<Self>),
    /// An object.
    Bag(Vec<(Arc<str>, Self)>),
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A number: a whole one where nothing is lost by it, null where it is none at all.
    pub fn number(value: f64) -> Self {
        if value.is_nan() {
            Self::Null
        } else if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
            Self::Long(value as i64)
        } else {
            Self::Real(value)
        }
    }

    /// What several values come to: null of none, the value itself of one.
    pub fn many(mut values: Vec<Self>) -> Self {
        match values.len() {
            0 => Self::Null,
            1 => values.swap_remove(0),
            _ => Self::List(values),
        }
    }

    /// Whether there is no value.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The values of a field that may have several; none of null.
    pub fn values(&self) -> &[Self] {
        match self {
            Self::Null => &[],
            Self::List(values) => values,
            one => std::slice::from_ref(one),
        }
    }

    /// True or false, if it is one of them.
    pub const fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text it is written as; null has none.
    pub fn written(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Real(value) => Some(Cow::Owned(real(*value))),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Long(value) => Some(Cow::Owned(value.to_string())),
            Self::Time(ticks) => Some(Cow::Owned(format_datetime(*ticks))),
            Self::Span(ticks) => Some(Cow::Owned(format_timespan(*ticks))),
            Self::List(_) | Self::Bag(_) => {
                let mut out = String::new();
                self.write_json(&mut out);
                Some(Cow::Owned(out))
            }
        }
    }

    /// The number that it is or that its text says. An instant is the seconds since 1970, a span of time its seconds.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Long(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Text(text) => number_in(text),
            Self::Time(ticks) => Some(ticks.saturating_sub(UNIX_EPOCH) as f64 / TICKS_PER_SECOND as f64),
            Self::Span(ticks) => Some(*ticks as f64 / TICKS_PER_SECOND as f64),
            Self::Null | Self::Bool(_) | Self::List(_) | Self::Bag(_) => None,
        }
    }

    /// The instant that it is, that its text says, or that lies so many seconds after 1970.
    pub fn as_time(&self) -> Option<i64> {
        match self {
            Self::Time(ticks) => Some(*ticks),
            Self::Text(text) => number_in(text).map_or_else(|| parse_datetime(text), after_1970),
            Self::Long(_) | Self::Real(_) => self.as_number().and_then(after_1970),
            _ => None,
        }
    }

    /// As JSON.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Long(value) => {
                let _ = write!(out, "{value}");
            }
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Real(value) if value.is_finite() => out.push_str(&real(*value)),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Bag(slots) => {
                out.push('{');
                for (index, (name, value)) in slots.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
            Self::Text(text) => write_string(text, out),
            Self::Real(_) | Self::Time(_) | Self::Span(_) => write_string(&self.written().unwrap_or_default(), out),
        }
    }

    /// The value of a JSON text; `None` where it is none.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str::<serde_json::Value>(text).ok().as_ref().map(Self::from)
    }

    /// What groups, joins and sets of values go by.
    pub(super) fn key(&self) -> Key {
        match self {
            Self::Null => Key::Null,
            Self::Time(ticks) => Key::Time(*ticks),
            Self::Span(ticks) => Key::Span(*ticks),
            Self::Text(text) => Key::Text(text.clone()),
            Self::Real(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                Key::Text((*value as i64).to_string().into())
            }
            Self::Bool(_) | Self::Long(_) | Self::Real(_) => Key::Text(self.written().unwrap_or_default().into()),
            Self::List(values) => Key::List(values.iter().map(Self::key).collect()),
            Self::Bag(slots) => {
                let mut slots: Vec<_> = slots.iter().map(|(name, value)| (name.clone(), value.key())).collect();
                slots.sort_unstable();
                Key::Bag(slots)
            }
        }
    }

    /// The order of two values: as numbers where both are or say numbers, as instants or spans where one is such, else
    /// as texts by code point. `None` where they have no order.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Long(a), Self::Long(b)) | (Self::Time(a), Self::Time(b)) | (Self::Span(a), Self::Span(b)) => {
                Some(a.cmp(b))
            }
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Time(a), Self::Text(_)) => other.as_time().map(|b| a.cmp(&b)),
            (Self::Text(_), Self::Time(b)) => self.as_time().map(|a| a.cmp(b)),
            (Self::Long(a), Self::Real(b)) => order_mixed(*a, *b),
            (Self::Real(a), Self::Long(b)) => order_mixed(*b, *a).map(Ordering::reverse),
            (Self::Bool(a), Self::Text(b)) => truth_in(b).map(|b| a.cmp(&b)),
            (Self::Text(a), Self::Bool(b)) => truth_in(a).map(|a| a.cmp(b)),
            (Self::List(_) | Self::Bag(_), Self::List(_) | Self::Bag(_)) => {
                (self.key() == other.key()).then_some(Ordering::Equal)
            }
            _ => self.as_number()?.partial_cmp(&other.as_number()?),
        }
    }

    /// A total order for sorting: numbers, truth values, times, spans, texts, all else; null last.
    pub(super) fn rank(&self, other: &Self) -> Ordering {
        const fn place(cell: &Cell) -> u8 {
            match cell {
                Cell::Long(_) | Cell::Real(_) => 0,
                Cell::Bool(_) => 1,
                Cell::Time(_) => 2,
                Cell::Span(_) => 3,
                Cell::Text(_) => 4,
                Cell::List(_) => 5,
                Cell::Bag(_) => 6,
                Cell::Null => 7,
            }
        }
        match (self, other) {
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::List(_), Self::List(_)) | (Self::Bag(_), Self::Bag(_)) => self.key().cmp(&other.key()),
            (a, b) if place(a) == place(b) => a.order(b).unwrap_or(Ordering::Equal),
            (a, b) => place(a).cmp(&place(b)),
        }
    }
}

/// What makes two values the same group: their texts, but for times, which no text equals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Null,
    Time(i64),
    Span(i64),
    Text(Arc<str>),
    List(Vec<Key>),
    Bag(Vec<(Arc<str>, Key)>),
}

/// Orders a whole number and a real without rounding the whole one.
fn order_mixed(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if b < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = b.trunc();
    Some(a.cmp(&(whole as i64)).then_with(|| 0.0_f64.partial_cmp(&(b - whole)).unwrap_or(Ordering::Equal)))
}

fn truth_in(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") { Some(true) } else { text.eq_ignore_ascii_case("false").then_some(false) }
}

/// The instant so many seconds after 1970.
pub(super) fn after_1970(seconds: f64) -> Option<i64> {
    let ticks = (seconds * TICKS_PER_SECOND as f64).round();
    if ticks.abs() < 9e18 { UNIX_EPOCH.checked_add(ticks as i64) } else { None }
}

/// The number that a text says in decimal digits; `None` for any other text, and for blanks around one.
pub(super) fn number_in(text: &str) -> Option<f64> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if text.bytes().all(plain) { text.parse::<f64>().ok().filter(|value| value.is_finite()) } else { None }
}

/// A real as text: the fewest digits that say it, with a fraction.
fn real(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        (if value > 0.0 { "Infinity" } else { "-Infinity" }).to_owned()
    } else {
        format!("{value:?}")
    }
}

fn write_string(text: &str, out: &mut String) {
    match serde_json::to_string(text) {
        Ok(quoted) => out.push_str(&quoted),
        Err(_) => unreachable!("a text can be written as JSON"),
    }
}

impl From<&Value> for Cell {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null(_) => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Long(i64::from(*value)),
            Value::Long(value) => Self::Long(*value),
            Value::Real(value) => Self::Real(*value),
            Value::Decimal(value) => Self::Real(value.to_f64()),
            Value::DateTime(ticks) => Self::Time(*ticks),
            Value::TimeSpan(ticks) => Self::Span(*ticks),
            Value::String(text) => Self::Text(text.clone()),
            Value::Guid(value) => Self::text(format_guid(*value)),
            Value::Dynamic(json) => Self::from(&**json),
        }
    }
}

impl From<&Json> for Cell {
    fn from(json: &Json) -> Self {
        match json {
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Bag(slots) => {
                Self::Bag(slots.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect())
            }
            Json::Null => Self::Null,
            scalar => Self::from(&scalar.to_value()),
        }
    }
}

impl From<&serde_json::Value> for Cell {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(value), _) => Self::Long(value),
                (None, Some(value)) => Self::Real(value),
                (None, None) => Self::Null,
            },
            serde_json::Value::String(text) => Self::text(text.as_str()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(slots) => {
                Self::Bag(slots.iter().map(|(name, value)| (name.as_str().into(), Self::from(value))).collect())
            }
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_ordered_by_what_they_say() {
        let cases: &[(Cell, Cell, Option<Ordering>)] = &[
            (9.into(), "10".into(), Some(Ordering::Less)),
            ("9".into(), "10".into(), Some(Ordering::Greater)),
            (i64::MAX.into(), (i64::MAX as f64).into(), Some(Ordering::Less)),
            (2.into(), 2.5.into(), Some(Ordering::Less)),
            ((-2).into(), (-2.5).into(), Some(Ordering::Greater)),
            (true.into(), "TRUE".into(), Some(Ordering::Equal)),
            (Cell::Null, 1.into(), None),
            (1.into(), "x".into(), None),
            (Cell::Time(UNIX_EPOCH), "1970-01-01T00:00:00Z".into(), Some(Ordering::Equal)),
        ];
        for (a, b, order) in cases {
            assert_eq!(a.order(b), *order, "{a:?} {b:?}");
            assert_eq!(b.order(a), order.map(Ordering::reverse), "{b:?} {a:?}");
        }
    }

    #[test]
    fn keys_go_by_text() {
        assert_eq!(Cell::from(5).key(), Cell::from("5").key());
        assert_eq!(Cell::from(5.0).key(), Cell::from(5).key());
        assert_ne!(Cell::from("05").key(), Cell::from(5).key());
        assert_ne!(Cell::Null.key(), Cell::from("").key());
    }

    #[test]
    fn json_goes_both_ways() {
        let text = r#"{"a":[1,2.5,null,"x\"y"],"b":{"c":true}}"#;
        let cell = Cell::from_json(text).unwrap();
        assert_eq!(cell.written().unwrap(), text);
        assert_eq!(Cell::from_json("{"), None);
    }

    #[test]
    fn numbers_are_told_from_text() {
        assert_eq!(number_in("-1.5e3"), Some(-1500.0));
        for text in ["", " 1", "1 ", "0x1", "nan", "inf", "1-2", "-", "."] {
            assert_eq!(number_in(text), None, "{text}");
        }
    }
}
