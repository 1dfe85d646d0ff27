//! What is wanted of a value, and whether a value is so: KQL's tests of strings and comparisons, written for synthesis
//! alone.

use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;

use crate::ir::{CompareOp, Json, StringTest, Value};
use crate::literal::{format_datetime, format_guid, format_timespan, parse_datetime, parse_timespan};
use crate::types::Type;

/// What is wanted of a value.
#[derive(Clone, Debug)]
pub(super) enum Want {
    /// A test of its text.
    Text { test: StringTest, fold: bool, needle: Arc<str>, negated: bool },
    /// A test of its text that holds for one of several.
    Any { test: StringTest, fold: bool, needles: Arc<[Arc<str>]>, negated: bool },
    /// To be one of these values, or none of them.
    Among { values: Arc<[Value]>, fold: bool, negated: bool },
    /// A comparison.
    Order(CompareOp, Value),
    /// A regular expression.
    Regex { regex: Regex, pattern: Arc<str>, negated: bool },
    /// To be null or empty, or not to be.
    Absent(bool),
    /// A number of characters.
    Length(CompareOp, i64),
    /// A number of elements.
    Items(CompareOp, i64),
    /// To be an address within one of these ranges, or none.
    Ranges { ranges: Arc<[(u32, u32)]>, negated: bool },
}

/// The ranges of private addresses.
pub(super) const PRIVATE: [(u32, u32); 3] =
    [(0x0a00_0000, 0x0aff_ffff), (0xac10_0000, 0xac1f_ffff), (0xc0a8_0000, 0xc0a8_ffff)];

impl Want {
    /// To be this value.
    pub(super) fn is(value: Value) -> Self {
        Self::Among { values: Arc::new([value]), fold: false, negated: false }
    }

    /// The opposite.
    pub(super) fn negate(self) -> Self {
        match self {
            Self::Text { test, fold, needle, negated } => Self::Text { test, fold, needle, negated: !negated },
            Self::Any { test, fold, needles, negated } => Self::Any { test, fold, needles, negated: !negated },
            Self::Among { values, fold, negated } => Self::Among { values, fold, negated: !negated },
            Self::Order(op, value) => Self::Order(op.complement(), value),
            Self::Regex { regex, pattern, negated } => Self::Regex { regex, pattern, negated: !negated },
            Self::Absent(absent) => Self::Absent(!absent),
            Self::Length(op, value) => Self::Length(op.complement(), value),
            Self::Items(op, value) => Self::Items(op.complement(), value),
            Self::Ranges { ranges, negated } => Self::Ranges { ranges, negated: !negated },
        }
    }

    /// Whether a value is so.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Text { test, fold, needle, negated } => test_text(*test, *fold, &text(value), needle) != *negated,
            Self::Any { test, fold, needles, negated } => {
                let text = text(value);
                needles.iter().any(|needle| test_text(*test, *fold, &text, needle)) != *negated
            }
            Self::Among { values, fold, negated } => values.iter().any(|one| same(value, one, *fold)) != *negated,
            Self::Order(op, with) => compare(value, with).is_some_and(|order| ordered(*op, order)),
            Self::Regex { regex, negated, .. } => regex.is_match(&text(value)) != *negated,
            Self::Absent(absent) => is_absent(value) == *absent,
            Self::Length(op, count) => {
                ordered(*op, i64::try_from(text(value).chars().count()).unwrap_or(i64::MAX).cmp(count))
            }
            Self::Items(op, count) => items(value).is_some_and(|items| ordered(*op, items.cmp(count))),
            Self::Ranges { ranges, negated } => address(&text(value))
                .is_some_and(|address| ranges.iter().any(|(low, high)| (*low..=*high).contains(&address)) != *negated),
        }
    }

    /// Whether it leaves hardly a choice.
    pub(super) fn is_positive(&self) -> bool {
        match self {
            Self::Text { negated, .. }
            | Self::Any { negated, .. }
            | Self::Among { negated, .. }
            | Self::Regex { negated, .. }
            | Self::Ranges { negated, .. } => !negated,
            Self::Order(op, _) => *op != CompareOp::NotEqual,
            Self::Absent(absent) => *absent,
            Self::Length(..) | Self::Items(..) => true,
        }
    }
}

/// How many elements an array has.
pub(super) fn items(value: &Value) -> Option<i64> {
    match value {
        Value::Dynamic(json) => match &**json {
            Json::Array(items) => i64::try_from(items.len()).ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is null, or the empty text.
pub(super) fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Dynamic(json) => match &**json {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

/// Whether an order fits a comparison.
pub(super) const fn ordered(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Equal => order.is_eq(),
        CompareOp::NotEqual => order.is_ne(),
        CompareOp::Less => order.is_lt(),
        CompareOp::LessOrEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        CompareOp::GreaterOrEqual => order.is_ge(),
    }
}

/// A scalar inside a dynamic as itself.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Dynamic(json) => json.to_value(),
        other => other.clone(),
    }
}

/// The text of a value, as `tostring` gives it.
pub(super) fn text(value: &Value) -> String {
    match plain(value) {
        Value::Null(_) => String::new(),
        Value::Bool(value) => if value { "true" } else { "false" }.to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Long(value) => value.to_string(),
        Value::Real(value) => format!("{value:?}"),
        Value::Decimal(value) => value.to_string(),
        Value::DateTime(ticks) => format_datetime(ticks),
        Value::TimeSpan(ticks) => format_timespan(ticks),
        Value::String(text) => text.to_string(),
        Value::Guid(value) => format_guid(value),
        Value::Dynamic(json) => to_json(&json).to_string(),
    }
}

/// A dynamic as JSON.
pub(super) fn to_json(json: &Json) -> serde_json::Value {
    match json {
        Json::Null => serde_json::Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Long(value) => (*value).into(),
        Json::Real(value) => (*value).into(),
        Json::Array(items) => items.iter().map(to_json).collect(),
        Json::Bag(slots) => {
            serde_json::Value::Object(slots.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect())
        }
        scalar => text(&scalar.to_value()).into(),
    }
}

/// JSON as a dynamic.
pub(super) fn of_json(json: &serde_json::Value) -> Json {
    match json {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(value) => Json::Bool(*value),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Json::Real(number.as_f64().unwrap_or_default()), Json::Long)
        }
        serde_json::Value::String(text) => Json::String(text.as_str().into()),
        serde_json::Value::Array(items) => Json::Array(items.iter().map(of_json).collect()),
        serde_json::Value::Object(slots) => {
            Json::Bag(slots.iter().map(|(name, value)| (name.as_str().into(), of_json(value))).collect())
        }
    }
}

/// A value as a part of a dynamic.
pub(super) fn as_json(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::Long(i64::from(*value)),
        Value::Long(value) => Json::Long(*value),
        Value::Real(value) => Json::Real(*value),
        Value::Decimal(value) => Json::Real(value.to_f64()),
        Value::DateTime(ticks) => Json::DateTime(*ticks),
        Value::TimeSpan(ticks) => Json::TimeSpan(*ticks),
        Value::String(text) => Json::String(text.clone()),
        Value::Guid(value) => Json::Guid(*value),
        Value::Dynamic(json) => (**json).clone(),
    }
}

/// A whole number, of whatever kind.
pub(super) fn whole(value: &Value) -> Option<i128> {
    match plain(value) {
        Value::Int(value) => Some(i128::from(value)),
        Value::Long(value) | Value::DateTime(value) | Value::TimeSpan(value) => Some(i128::from(value)),
        Value::Bool(value) => Some(i128::from(value)),
        _ => None,
    }
}

/// A number.
pub(super) fn number(value: &Value) -> Option<f64> {
    match plain(value) {
        Value::Real(value) => Some(value),
        Value::Decimal(value) => Some(value.to_f64()),
        Value::String(text) => text.trim().parse().ok(),
        #[expect(clippy::cast_precision_loss, reason = "times are compared as whole numbers")]
        other => whole(&other).map(|value| value as f64),
    }
}

/// How two values are ordered; none where they are not comparable, or null.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let (left, right) = (plain(left), plain(right));
    match (&left, &right) {
        (Value::String(left), Value::String(right)) => return Some(left.cmp(right)),
        (Value::String(text), Value::DateTime(ticks)) => return Some(parse_datetime(text)?.cmp(ticks)),
        (Value::DateTime(ticks), Value::String(text)) => return Some(ticks.cmp(&parse_datetime(text)?)),
        (Value::String(text), Value::TimeSpan(ticks)) => return Some(parse_timespan(text)?.cmp(ticks)),
        (Value::Guid(left), Value::Guid(right)) => return Some(left.cmp(right)),
        (Value::Dynamic(left), Value::Dynamic(right)) => return (left == right).then_some(Ordering::Equal),
        _ => {}
    }
    match (whole(&left), whole(&right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => number(&left)?.partial_cmp(&number(&right)?),
    }
}

/// Whether two values are equal.
pub(super) fn same(left: &Value, right: &Value, fold: bool) -> bool {
    let (left, right) = (plain(left), plain(right));
    match (&left, &right) {
        (Value::Null(_), Value::Null(_)) => true,
        (Value::Null(_), _) | (_, Value::Null(_)) => false,
        (Value::String(_) | Value::Guid(_), _) | (_, Value::String(_) | Value::Guid(_)) => {
            let (left, right) = (text(&left), text(&right));
            left == right || fold && left.eq_ignore_ascii_case(&right)
        }
        (Value::Dynamic(left), Value::Dynamic(right)) => left == right,
        _ => compare(&left, &right) == Some(Ordering::Equal),
    }
}

/// Whether a text passes a test.
pub(super) fn test_text(test: StringTest, fold: bool, text: &str, needle: &str) -> bool {
    let folded;
    let (text, needle) = if fold {
        folded = (text.to_lowercase(), needle.to_lowercase());
        (folded.0.as_str(), folded.1.as_str())
    } else {
        (text, needle)
    };
    let border = |end: bool, at: usize| {
        let (inner, outer) = if end {
            (needle.chars().next_back(), text[at..].chars().next())
        } else {
            (needle.chars().next(), text[..at].chars().next_back())
        };
        !(inner.is_some_and(char::is_alphanumeric) && outer.is_some_and(char::is_alphanumeric))
    };
    let placed = |start: bool, end: bool| {
        needle.is_empty()
            || text
                .match_indices(needle)
                .any(|(at, _)| (!start || border(false, at)) && (!end || border(true, at + needle.len())))
            || overlapping(text, needle)
                .any(|at| (!start || border(false, at)) && (!end || border(true, at + needle.len())))
    };
    match test {
        StringTest::Equals => text == needle,
        StringTest::Contains => text.contains(needle),
        StringTest::StartsWith => text.starts_with(needle),
        StringTest::EndsWith => text.ends_with(needle),
        StringTest::HasTerm => placed(true, true),
        StringTest::HasPrefix => placed(true, false),
        StringTest::HasSuffix => placed(false, true),
        StringTest::Wildcard | StringTest::Glob => glob(text, needle),
    }
}

/// Where a needle is, overlaps included.
fn overlapping<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.char_indices().map(|(at, _)| at).filter(move |at| text[*at..].starts_with(needle))
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn glob(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// An IPv4 address as a number.
pub(super) fn address(text: &str) -> Option<u32> {
    text.trim().parse::<std::net::Ipv4Addr>().ok().map(u32::from)
}

/// The addresses of a range in CIDR notation.
pub(super) fn range(text: &str) -> Option<(u32, u32)> {
    let (base, bits) = match text.trim().split_once('/') {
        Some((base, bits)) => (address(base)?, bits.parse::<u32>().ok().filter(|bits| *bits <= 32)?),
        None => (address(text)?, 32),
    };
    let mask = if bits == 0 { 0 } else { u32::MAX << (32 - bits) };
    Some((base & mask, base | !mask))
}

/// Reads a text as a value of a type; none where it is none.
pub(super) fn read(text: &str, ty: Type) -> Option<Value> {
    let trimmed = text.trim();
    Some(match ty {
        Type::Bool => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => return None,
        },
        Type::Int => Value::Int(trimmed.parse().ok()?),
        Type::Long => Value::Long(trimmed.parse().ok()?),
        Type::Real | Type::Decimal => Value::Real(trimmed.parse().ok()?),
        Type::DateTime => Value::DateTime(parse_datetime(trimmed)?),
        Type::TimeSpan => Value::TimeSpan(parse_timespan(trimmed)?),
        Type::Guid => Value::Guid(crate::literal::parse_guid(trimmed)?),
        Type::Dynamic | Type::Unknown => {
            let json = serde_json::from_str(trimmed).map_or_else(|_| Json::String(text.into()), |json| of_json(&json));
            Value::Dynamic(Arc::new(json))
        }
        Type::String => Value::String(text.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_end_where_letters_and_digits_do() {
        for (text, needle, found) in [
            ("a powershell.exe b", "powershell", true),
            ("a xpowershell.exe", "powershell", false),
            ("a_b", "a", true),
            ("aab ab", "ab", true),
            ("x.exe", ".exe", true),
            ("cmd.exec", "cmd.exe", false),
        ] {
            assert_eq!(test_text(StringTest::HasTerm, true, text, needle), found, "{text} has {needle}");
        }
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(range("10.0.0.0/8"), Some((0x0a00_0000, 0x0aff_ffff)));
        assert_eq!(range("1.2.3.4"), Some((0x0102_0304, 0x0102_0304)));
        assert_eq!(range("1.2.3.4/33"), None);
    }

    #[test]
    fn patterns_with_stars() {
        for (text, pattern, fits) in
            [("abc", "a*", true), ("abc", "*c", true), ("abc", "a*c", true), ("abc", "b*", false), ("abc", "abc", true)]
        {
            assert_eq!(glob(text, pattern), fits, "{text} {pattern}");
        }
    }
}
