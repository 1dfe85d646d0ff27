//! One pass over the bytes of an object.

use std::borrow::Cow;

use super::Lookup;

/// How deep values may nest.
const MAX_DEPTH: usize = 127;

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// Not there at all.
    #[default]
    Absent,
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number.
    Number,
    /// A string without escapes; the quotes are not part of the slot.
    Text,
    /// A string with escapes; the quotes are part of the slot.
    Escaped,
    /// An array or object.
    Nested,
}

/// Where a value stands in its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Slot {
    /// What it is.
    pub(in super::super) kind: Kind,
    start: u32,
    end: u32,
}

impl Slot {
    fn new(kind: Kind, start: usize, end: usize) -> Self {
        // A record is shorter than `MAX_RECORD`.
        Self { kind, start: start as u32, end: end as u32 }
    }

    /// The text of the value.
    pub(in super::super) fn of(self, record: &str) -> &str {
        record.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// What a string with escapes stands for; nothing where an escape is half of a pair.
pub(in super::super) fn unescaped(quoted: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<String>(quoted).ok().map(Cow::Owned)
}

type Scanned<T> = Result<T, &'static str>;

/// Finds the members of the object that `record` is. The last member of a name counts.
pub(in super::super) fn members(record: &str, lookup: &mut Lookup, slots: &mut [Slot]) -> Scanned<()> {
    slots.fill(Slot::default());
    lookup.begin();
    walk(record, |name, slot| {
        if let Some(place) = lookup.find(name).and_then(|column| slots.get_mut(column)) {
            *place = slot;
        }
    })
}

/// Hands the members of the object that `record` is to `each`, in order. Where it is none, some may have been handed on.
#[inline]
pub(in super::super) fn walk(record: &str, mut each: impl FnMut(&[u8], Slot)) -> Scanned<()> {
    let bytes = record.as_bytes();
    let mut at = space(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return Err("it does not begin with `{`");
    }
    at = space(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return end(bytes, at + 1);
    }
    loop {
        if bytes.get(at) != Some(&b'"') {
            return Err("a name is due");
        }
        let start = at + 1;
        let (close, escaped) = string(bytes, start)?;
        let name_at = at;
        at = space(bytes, close + 1);
        if bytes.get(at) != Some(&b':') {
            return Err("`:` is due");
        }
        at = space(bytes, at + 1);
        let slot = value(bytes, at)?;
        at = slot.end as usize + usize::from(slot.kind == Kind::Text);
        if escaped {
            let name = unescaped(record.get(name_at..=close).unwrap_or_default()).ok_or("half of an escaped pair")?;
            each(name.as_bytes(), slot);
        } else {
            each(&bytes[start..close], slot);
        }
        at = space(bytes, at);
        match bytes.get(at) {
            Some(b',') => at = space(bytes, at + 1),
            Some(b'}') => return end(bytes, at + 1),
            _ => return Err("`,` or `}` is due"),
        }
    }
}

fn end(bytes: &[u8], at: usize) -> Scanned<()> {
    if space(bytes, at) == bytes.len() { Ok(()) } else { Err("something stands behind the object") }
}

#[inline]
fn space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The value at a place.
#[inline]
fn value(bytes: &[u8], at: usize) -> Scanned<Slot> {
    match bytes.get(at) {
        Some(b'"') => {
            let (close, escaped) = string(bytes, at + 1)?;
            Ok(if escaped { Slot::new(Kind::Escaped, at, close + 1) } else { Slot::new(Kind::Text, at + 1, close) })
        }
        Some(b'-' | b'0'..=b'9') => Ok(Slot::new(Kind::Number, at, number(bytes, at)?)),
        Some(b'{' | b'[') => Ok(Slot::new(Kind::Nested, at, nested(bytes, at)?)),
        _ => {
            let word = |word: &'static [u8], kind| {
                bytes.get(at..).is_some_and(|rest| rest.starts_with(word)).then(|| Slot::new(kind, at, at + word.len()))
            };
            word(b"null", Kind::Null)
                .or_else(|| word(b"true", Kind::True))
                .or_else(|| word(b"false", Kind::False))
                .ok_or("a value is due")
        }
    }
}

/// A byte repeated eight times.
const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The quote that closes a string which begins at a place, and whether there are escapes before it.
///
/// Eight bytes at a time: a byte that ends the search sets the highest bit of its place in one of three masks. Borrows
/// can set bits above the first such byte, never below, and the first is what is asked for.
#[inline]
fn string(bytes: &[u8], mut at: usize) -> Scanned<(usize, bool)> {
    const ONES: u64 = every(1);
    const HIGH: u64 = every(0x80);
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut escaped = false;
    loop {
        while let Some(eight) = bytes.get(at..at + 8).and_then(|slice| <[u8; 8]>::try_from(slice).ok()) {
            let word = u64::from_le_bytes(eight);
            let controls = word.wrapping_sub(every(0x20)) & !word & HIGH;
            let found = zero(word ^ every(b'"')) | zero(word ^ every(b'\\')) | controls;
            if found != 0 {
                at += found.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        match bytes.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = escape(bytes, at + 1)?;
            }
            Some(0..0x20) => return Err("a control character stands in a string"),
            Some(_) => at += 1,
            None => return Err("a string has no end"),
        }
    }
}

/// The place behind an escape whose backslash stands before `at`.
#[cold]
fn escape(bytes: &[u8], at: usize) -> Scanned<usize> {
    match bytes.get(at) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
        Some(b'u') if bytes.get(at + 1..at + 5).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) => {
            Ok(at + 5)
        }
        _ => Err("a backslash begins no escape"),
    }
}

/// The place behind a number.
#[inline]
fn number(bytes: &[u8], start: usize) -> Scanned<usize> {
    const WRONG: &str = "a number is malformed";
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
    match bytes.get(at) {
        Some(b'0') => at += 1,
        Some(b'1'..=b'9') => at = digits(at),
        _ => return Err(WRONG),
    }
    if bytes.get(at) == Some(&b'.') {
        let behind = digits(at + 1);
        if behind == at + 1 {
            return Err(WRONG);
        }
        at = behind;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let first = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let behind = digits(first);
        if behind == first {
            return Err(WRONG);
        }
        at = behind;
    }
    Ok(at)
}

/// The place behind an array or object.
fn nested(bytes: &[u8], start: usize) -> Scanned<usize> {
    let mut open: Vec<u8> = Vec::with_capacity(8);
    let mut at = start;
    loop {
        // A value begins here.
        if let Some(bracket @ (b'{' | b'[')) = bytes.get(at) {
            if open.len() == MAX_DEPTH {
                return Err("values nest too deep");
            }
            open.push(*bracket);
            at = space(bytes, at + 1);
            let empty = matches!((bracket, bytes.get(at)), (b'{', Some(b'}')) | (b'[', Some(b']')));
            if !empty {
                if *bracket == b'{' {
                    at = name(bytes, at)?;
                }
                continue;
            }
        } else {
            let slot = value(bytes, at)?;
            at = slot.end as usize + usize::from(slot.kind == Kind::Text);
            at = space(bytes, at);
        }
        // A value has ended, or an empty one is about to.
        loop {
            let bracket = open.last().copied();
            match (bracket, bytes.get(at)) {
                (Some(b'['), Some(b',')) => {
                    at = space(bytes, at + 1);
                    break;
                }
                (Some(b'{'), Some(b',')) => {
                    at = space(bytes, at + 1);
                    at = name(bytes, at)?;
                    break;
                }
                (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}')) => {
                    open.pop();
                    at += 1;
                    if open.is_empty() {
                        return Ok(at);
                    }
                    at = space(bytes, at);
                }
                _ => return Err("`,` or a closing bracket is due"),
            }
        }
    }
}

/// The place of the value behind a name and its colon.
fn name(bytes: &[u8], at: usize) -> Scanned<usize> {
    if bytes.get(at) != Some(&b'"') {
        return Err("a name is due");
    }
    let (close, _) = string(bytes, at + 1)?;
    let at = space(bytes, close + 1);
    if bytes.get(at) != Some(&b':') {
        return Err("`:` is due");
    }
    Ok(space(bytes, at + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// What the scanner finds of the members `a`, `b` and `c"`.
    fn found(record: &str) -> Scanned<Vec<Option<Value>>> {
        let mut lookup = Lookup::new([Some("a"), Some("b"), Some("c\"")]);
        let mut slots = [Slot::default(); 3];
        members(record, &mut lookup, &mut slots)?;
        Ok(slots
            .iter()
            .map(|slot| match slot.kind {
                Kind::Absent => None,
                Kind::Text => Some(Value::String(slot.of(record).to_owned())),
                Kind::Escaped => unescaped(slot.of(record)).map(|text| Value::String(text.into_owned())),
                _ => serde_json::from_str(slot.of(record)).ok(),
            })
            .collect())
    }

    /// What another reader finds.
    fn expected(record: &str) -> Option<Vec<Option<Value>>> {
        let value: serde_json::Map<String, Value> = serde_json::from_str(record).ok()?;
        Some(["a", "b", "c\""].iter().map(|name| value.get(*name).cloned()).collect())
    }

    fn same(record: &str) {
        match (found(record), expected(record)) {
            (Ok(found), Some(expected)) => assert_eq!(found, expected, "{record}"),
            (Err(_), None) => {}
            (found, expected) => panic!("{record}: {found:?} and {expected:?}"),
        }
    }

    #[test]
    fn records_are_read_as_by_another_reader() {
        for record in [
            "{}",
            " { } ",
            r#"{"a":1}"#,
            r#"{"a" : "x" , "b":[1,{"c":[]}],"z":{"a":2}}"#,
            r#"{"a":"long enough to need more than eight bytes \" and an escape","b":-0.5e+3}"#,
            r#"{"\u0061":true,"c\"":null}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":"é\ud83d\ude00"}"#,
            r#"{"a":1"#,
            r#"{"a":1}x"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":tru}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":{"b"}}"#,
            r#"{"a":[}]}"#,
            r#"{"z":"\x"}"#,
            r#"{"z":"\u00g0"}"#,
            "{\"z\":\"\u{1}\"}",
            r"{a:1}",
            r#"{"a":1,}"#,
            r"{,}",
            r"[]",
            r"",
        ] {
            same(record);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nest = |depth: usize| format!("{{\"z\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(found(&nest(MAX_DEPTH)).is_ok());
        assert_eq!(found(&nest(1_000_000)), Err("values nest too deep"));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            prop::num::f64::NORMAL.prop_map(Value::from),
            "\\PC{0,20}".prop_map(Value::String),
            "[\\\\\"\u{0}-\u{20}a]{0,12}".prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec(("[abc\"]{0,2}", inner), 0..4)
                    .prop_map(|slots| Value::Object(slots.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read(slots in prop::collection::vec(("[abc\"]{0,2}", json()), 0..6), pretty: bool) {
            let value = Value::Object(slots.into_iter().collect());
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            same(&text.unwrap());
        }

        #[test]
        fn damage_is_seen_as_by_another_reader(
            slots in prop::collection::vec(("[abc]{1,2}", json()), 1..4),
            cut in any::<prop::sample::Index>(),
            with in prop::sample::select(vec!["", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", "e", " ", "\n", "x"]),
        ) {
            let text = serde_json::to_string(&Value::Object(slots.into_iter().collect())).unwrap();
            let mut at = cut.index(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let next = text[at..].chars().next().map_or(0, char::len_utf8);
            for damaged in [format!("{}{with}{}", &text[..at], &text[at + next..]), format!("{}{with}{}", &text[..at], &text[at..])] {
                // Two things another reader minds that are no matter of grammar: numbers out of range, halves of pairs.
                if serde_json::from_str::<Value>(&damaged).err().is_some_and(|error| {
                    let error = error.to_string();
                    error.contains("out of range") || error.contains("surrogate")
                }) {
                    continue;
                }
                same(&damaged);
            }
        }
    }
}
