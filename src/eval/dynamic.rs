//! How a `dynamic` stands in a column: a tagged binary form in which a slot or an element is reached by skipping over
//! what stands before it, without reading it.
//!
//! A value is a tag and its payload, numbers little-endian. Arrays and bags state how many bytes their content has:
//!
//! | tag | payload |
//! |---|---|
//! | null, false, true | none |
//! | long, datetime, timespan | 8 bytes; ticks for the latter two |
//! | real | 8 bytes |
//! | guid | 16 bytes |
//! | string | length in 4 bytes, UTF-8 |
//! | array | length of the content in 4 bytes, number of elements in 4 bytes, elements |
//! | bag | as array; each slot is its name (length in 4 bytes, UTF-8) and its value |
//!
//! The null of `dynamic` is the null of the column; JSON's null is a value of this encoding. A datetime inside stays a
//! datetime.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use super::cell::real_text;
use crate::ir::Json;
use crate::literal::{format_datetime, format_guid, format_timespan};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const LONG: u8 = 3;
const REAL: u8 = 4;
const STRING: u8 = 5;
const DATETIME: u8 = 6;
const TIMESPAN: u8 = 7;
const GUID: u8 = 8;
const ARRAY: u8 = 9;
const BAG: u8 = 10;

/// Encodes a value.
pub fn encode(json: &Json) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(json, &mut bytes);
    bytes
}

/// Encodes a value behind what is there.
pub fn append(json: &Json, into: &mut Vec<u8>) {
    match json {
        Json::Null => into.push(NULL),
        Json::Bool(value) => into.push(if *value { TRUE } else { FALSE }),
        Json::Long(value) => tagged(LONG, &value.to_le_bytes(), into),
        Json::Real(value) => tagged(REAL, &value.to_le_bytes(), into),
        Json::DateTime(ticks) => tagged(DATETIME, &ticks.to_le_bytes(), into),
        Json::TimeSpan(ticks) => tagged(TIMESPAN, &ticks.to_le_bytes(), into),
        Json::Guid(value) => tagged(GUID, &value.to_le_bytes(), into),
        Json::String(text) => append_string(text, into),
        Json::Array(items) => nested(ARRAY, items.len(), into, |into| {
            for item in items {
                append(item, into);
            }
        }),
        Json::Bag(slots) => nested(BAG, slots.len(), into, |into| {
            for (name, value) in slots {
                append_text(name, into);
                append(value, into);
            }
        }),
    }
}

/// Encodes a string behind what is there.
pub fn append_string(text: &str, into: &mut Vec<u8>) {
    into.push(STRING);
    append_text(text, into);
}

/// Encodes an array of so many elements that are encoded already, one behind the other.
pub fn array(count: usize, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 9);
    nested(ARRAY, count, &mut bytes, |into| into.extend_from_slice(content));
    bytes
}

fn tagged(tag: u8, payload: &[u8], into: &mut Vec<u8>) {
    into.push(tag);
    into.extend_from_slice(payload);
}

fn append_text(text: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(&length(text.len()));
    into.extend_from_slice(text.as_bytes());
}

/// Lengths past 4 GB cannot occur: a dynamic is at most as long as the line or cell it was read from.
fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn nested(tag: u8, count: usize, into: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    into.push(tag);
    let at = into.len();
    into.extend_from_slice(&[0; 4]);
    into.extend_from_slice(&length(count));
    let start = into.len();
    content(into);
    let size = length(into.len() - start);
    into[at..at + 4].copy_from_slice(&size);
}

/// A value inside encoded bytes. Damaged bytes read as JSON's null; only this module writes them.
#[derive(Clone, Copy, Debug)]
pub struct View<'a>(&'a [u8]);

/// What a [`View`] shows.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// JSON's null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// Any other number.
    Real(f64),
    /// A string.
    String(&'a str),
    /// A datetime, in ticks.
    DateTime(i64),
    /// A timespan, in ticks.
    TimeSpan(i64),
    /// A guid.
    Guid(u128),
    /// An array.
    Array(Items<'a>),
    /// A bag.
    Bag(Slots<'a>),
}

fn eight(bytes: &[u8]) -> [u8; 8] {
    bytes.get(..8).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}

fn count_at(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes) as usize
}

impl<'a> View<'a> {
    /// The value that encoded bytes begin with.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes of this value alone.
    pub fn bytes(self) -> &'a [u8] {
        &self.0[..self.size().min(self.0.len())]
    }

    fn size(self) -> usize {
        match self.0.first() {
            Some(&(LONG | REAL | DATETIME | TIMESPAN)) => 9,
            Some(&GUID) => 17,
            Some(&STRING) => 5 + count_at(self.0, 1),
            Some(&(ARRAY | BAG)) => 9 + count_at(self.0, 1),
            Some(_) => 1,
            None => 0,
        }
    }

    /// What it is.
    pub fn shown(self) -> Shown<'a> {
        let payload = self.0.get(1..).unwrap_or_default();
        match self.0.first() {
            Some(&FALSE) => Shown::Bool(false),
            Some(&TRUE) => Shown::Bool(true),
            Some(&LONG) => Shown::Long(i64::from_le_bytes(eight(payload))),
            Some(&REAL) => Shown::Real(f64::from_le_bytes(eight(payload))),
            Some(&DATETIME) => Shown::DateTime(i64::from_le_bytes(eight(payload))),
            Some(&TIMESPAN) => Shown::TimeSpan(i64::from_le_bytes(eight(payload))),
            Some(&GUID) => {
                let bytes: [u8; 16] = payload.get(..16).and_then(|b| b.try_into().ok()).unwrap_or_default();
                Shown::Guid(u128::from_le_bytes(bytes))
            }
            Some(&STRING) => {
                let bytes = payload.get(4..4 + count_at(payload, 0)).unwrap_or_default();
                Shown::String(std::str::from_utf8(bytes).unwrap_or_default())
            }
            Some(&ARRAY) => {
                Shown::Array(Items { rest: payload.get(8..).unwrap_or_default(), left: count_at(payload, 4) })
            }
            Some(&BAG) => Shown::Bag(Slots { rest: payload.get(8..).unwrap_or_default(), left: count_at(payload, 4) }),
            _ => Shown::Null,
        }
    }

    /// The value of a slot of a bag; names are case-sensitive.
    pub fn slot(self, name: &str) -> Option<Self> {
        match self.shown() {
            Shown::Bag(mut slots) => slots.find(|(slot, _)| *slot == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The element of an array at a position, from the end where it is negative.
    pub fn element(self, index: i64) -> Option<Self> {
        match self.shown() {
            Shown::Array(mut items) => {
                let index = if index < 0 { index.checked_add(i64::try_from(items.left).ok()?)? } else { index };
                items.nth(usize::try_from(index).ok()?)
            }
            _ => None,
        }
    }

    /// The value as a tree.
    pub fn to_json(self) -> Json {
        match self.shown() {
            Shown::Null => Json::Null,
            Shown::Bool(value) => Json::Bool(value),
            Shown::Long(value) => Json::Long(value),
            Shown::Real(value) => Json::Real(value),
            Shown::String(text) => Json::String(text.into()),
            Shown::DateTime(ticks) => Json::DateTime(ticks),
            Shown::TimeSpan(ticks) => Json::TimeSpan(ticks),
            Shown::Guid(value) => Json::Guid(value),
            Shown::Array(items) => Json::Array(items.map(Self::to_json).collect()),
            Shown::Bag(slots) => Json::Bag(slots.map(|(name, value)| (Arc::from(name), value.to_json())).collect()),
        }
    }
}

/// The elements of an array.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
    left: usize,
}

#[expect(clippy::copy_iterator, reason = "two references, copied to look at the same elements again")]
impl<'a> Iterator for Items<'a> {
    type Item = View<'a>;

    fn next(&mut self) -> Option<View<'a>> {
        self.left = self.left.checked_sub(1)?;
        let item = View(self.rest);
        self.rest = self.rest.get(item.size()..).unwrap_or_default();
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The slots of a bag, in the order they were written.
#[derive(Clone, Copy, Debug)]
pub struct Slots<'a> {
    rest: &'a [u8],
    left: usize,
}

#[expect(clippy::copy_iterator, reason = "two references, copied to look at the same elements again")]
impl<'a> Iterator for Slots<'a> {
    type Item = (&'a str, View<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let end = 4 + count_at(self.rest, 0);
        let name = std::str::from_utf8(self.rest.get(4..end).unwrap_or_default()).unwrap_or_default();
        let value = View(self.rest.get(end..).unwrap_or_default());
        self.rest = self.rest.get(end + value.size()..).unwrap_or_default();
        Some((name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Slots<'_> {}

/// The value of encoded bytes as a tree.
pub fn decode(bytes: &[u8]) -> Json {
    View::new(bytes).to_json()
}

/// The text that `tostring` gives for a dynamic: a string without quotes, a scalar as its type writes it, `""` for
/// JSON's null, compact JSON otherwise.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match View::new(bytes).shown() {
        Shown::Null => Cow::Borrowed(""),
        Shown::String(text) => Cow::Borrowed(text),
        Shown::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Shown::Long(value) => Cow::Owned(value.to_string()),
        Shown::Real(value) => Cow::Owned(real_text(value)),
        Shown::DateTime(ticks) => Cow::Owned(format_datetime(ticks)),
        Shown::TimeSpan(ticks) => Cow::Owned(format_timespan(ticks)),
        Shown::Guid(value) => Cow::Owned(format_guid(value)),
        Shown::Array(_) | Shown::Bag(_) => Cow::Owned(json_text(View::new(bytes))),
    }
}

/// Compact JSON. Datetimes, timespans and guids are strings; a number that JSON cannot write is one too.
pub fn json_text(view: View<'_>) -> String {
    let mut out = String::new();
    write_json(view, &mut out);
    out
}

fn write_json(view: View<'_>, out: &mut String) {
    match view.shown() {
        Shown::Null => out.push_str("null"),
        Shown::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Shown::Long(value) => _ = write!(out, "{value}"),
        Shown::Real(value) if !value.is_finite() => write_quoted(&real_text(value), out),
        // A whole number keeps its point, so that it reads back as a real.
        Shown::Real(value) => _ = write!(out, "{value:?}"),
        Shown::String(text) => write_quoted(text, out),
        Shown::DateTime(ticks) => write_quoted(&format_datetime(ticks), out),
        Shown::TimeSpan(ticks) => write_quoted(&format_timespan(ticks), out),
        Shown::Guid(value) => write_quoted(&format_guid(value), out),
        Shown::Array(items) => {
            out.push('[');
            for (at, item) in items.enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Shown::Bag(slots) => {
            out.push('{');
            for (at, (name, value)) in slots.enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_quoted(name, out);
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => _ = write!(out, "\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads JSON text. Whole numbers that fit are `long`, others `real`; `None` where it is no JSON.
pub fn parse(text: &str) -> Option<Json> {
    serde_json::from_str::<serde_json::Value>(text).ok().map(|value| from_serde(&value))
}

/// The same value as [`Json`].
pub fn from_serde(value: &serde_json::Value) -> Json {
    match value {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(value) => Json::Bool(*value),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Json::Real(number.as_f64().unwrap_or(f64::NAN)), Json::Long)
        }
        serde_json::Value::String(text) => Json::String(text.as_str().into()),
        serde_json::Value::Array(items) => Json::Array(items.iter().map(from_serde).collect()),
        serde_json::Value::Object(slots) => {
            Json::Bag(slots.iter().map(|(name, value)| (Arc::from(name.as_str()), from_serde(value))).collect())
        }
    }
}

/// The bytes of a dynamic with the slots of bags by name, at every depth: equal values have equal bytes then.
pub fn by_name(bytes: &[u8]) -> Cow<'_, [u8]> {
    fn sort(json: &mut Json) {
        match json {
            Json::Array(items) => items.iter_mut().for_each(sort),
            Json::Bag(slots) => {
                slots.sort_by(|(a, _), (b, _)| a.cmp(b));
                for (_, value) in slots {
                    sort(value);
                }
            }
            _ => {}
        }
    }
    match View::new(bytes).shown() {
        Shown::Array(_) | Shown::Bag(_) => {
            let mut json = decode(bytes);
            sort(&mut json);
            Cow::Owned(encode(&json))
        }
        _ => Cow::Borrowed(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Json {
        Json::Bag(vec![
            ("a".into(), Json::Array(vec![Json::Null, Json::Long(-1), Json::Real(1.0), Json::String("x\"é".into())])),
            ("b".into(), Json::Bag(vec![("c".into(), Json::DateTime(5)), ("d".into(), Json::Guid(7))])),
            ("e".into(), Json::Bool(true)),
        ])
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(decode(&encode(&sample())), sample());
    }

    #[test]
    fn slots_and_elements_are_reached_without_decoding() {
        let bytes = encode(&sample());
        let view = View::new(&bytes);
        assert_eq!(view.slot("b").and_then(|b| b.slot("d")).map(View::to_json), Some(Json::Guid(7)));
        assert_eq!(view.slot("a").and_then(|a| a.element(-1)).map(View::to_json), Some(Json::String("x\"é".into())));
        assert_eq!(view.slot("a").and_then(|a| a.element(0)).map(View::to_json), Some(Json::Null));
        assert!(view.slot("a").and_then(|a| a.element(4)).is_none());
        assert!(view.slot("A").is_none(), "names are case-sensitive");
        assert_eq!(view.slot("e").map(View::bytes), Some(&[TRUE][..]));
    }

    #[test]
    fn text_is_compact_json() {
        let bytes = encode(&sample());
        assert_eq!(
            text(&bytes),
            r#"{"a":[null,-1,1.0,"x\"é"],"b":{"c":"0001-01-01T00:00:00.0000005Z","d":"00000000-0000-0000-0000-000000000007"},"e":true}"#
        );
    }

    #[test]
    fn damaged_bytes_read_as_something() {
        let bytes = encode(&sample());
        for end in 0..bytes.len() {
            let _ = decode(&bytes[..end]);
        }
    }
}
