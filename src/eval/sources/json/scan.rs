//! One pass over the bytes of an object.

use std::ops::Range;

use super::marks::{Marked, Marks};
use super::{Kind, Lookup, Slot, unescaped};

/// How deep values may nest.
const MAX_DEPTH: usize = 127;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Wrong {
    /// They are no UTF-8.
    Utf8,
    /// They are no JSON object.
    Json(&'static str),
}

impl From<&'static str> for Wrong {
    fn from(why: &'static str) -> Self {
        Self::Json(why)
    }
}

type Scanned<T> = Result<T, &'static str>;

/// Finds the members of the object that `record` is, of which the marks are; gives its text. The last member of a name
/// counts.
#[inline(always)]
pub(in super::super) fn members<'r>(
    record: &'r [u8],
    lookup: &mut Lookup,
    marks: Marked<'_>,
    slots: &mut [Slot],
) -> Result<&'r str, Wrong> {
    slots.fill(Slot::default());
    let scanner = Scanner { marks };
    let (mut at, mut due) = (0, 0);
    loop {
        let column = if let Some((lead, column)) = lookup.expect(&mut due, &record[at..], at == 0) {
            at += lead;
            column
        } else {
            match scanner.head(record, at)? {
                None => break,
                Some(head) => {
                    let lead = &record[at..head.value];
                    at = head.value;
                    match head.unescaped {
                        Some(name) => lookup.search(&mut due, lead, name.as_bytes()),
                        None => lookup.search(&mut due, lead, &record[head.name]),
                    }
                }
            }
        };
        at = match column.and_then(|column| slots.get_mut(column)) {
            Some(place) => scanner.put(record, at, place)?,
            None => scanner.behind(record, at)?,
        };
    }
    text(record)
}

/// Hands the members of the object that `record` is to `each`, in order. Where it is none, some may have been handed on.
pub(in super::super) fn walk(record: &[u8], mut each: impl FnMut(&[u8], Slot)) -> Result<(), Wrong> {
    let mut marks = Marks::default();
    marks.read(record);
    let scanner = Scanner { marks: marks.all(record) };
    let mut at = 0;
    while let Some(head) = scanner.head(record, at)? {
        let slot = scanner.value(record, head.value)?;
        at = slot.behind();
        each(head.unescaped.as_deref().map_or(&record[head.name], str::as_bytes), slot);
    }
    text(record).map(drop)
}

/// The text that a record is.
fn text(record: &[u8]) -> Result<&str, Wrong> {
    std::str::from_utf8(record).map_err(|_| Wrong::Utf8)
}

/// What stands before a value: where its name is, and where it begins.
struct Head {
    name: Range<usize>,
    /// The name, where it is written with escapes.
    unescaped: Option<String>,
    value: usize,
}

/// Reads the bytes of a record.
struct Scanner<'m> {
    /// Where the record's strings can end.
    marks: Marked<'m>,
}

#[inline]
fn space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// How many bytes are looked at together.
const WIDTH: usize = 16;

/// A byte repeated eight times.
const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Marks the bytes of a word that end a run of plain characters of a string: quotes, backslashes, control characters, and
/// what is not ASCII. Each sets the highest bit of its place. Borrows can mark bytes above the first such byte, never
/// below, and the first is what is asked for.
#[inline]
const fn marks(word: u64) -> u64 {
    let (quotes, slashes) = (word ^ every(b'"'), word ^ every(b'\\'));
    let quotes = quotes.wrapping_sub(every(1)) & !quotes;
    let slashes = slashes.wrapping_sub(every(1)) & !slashes;
    let controls = word.wrapping_sub(every(0x20)) & !word;
    (quotes | slashes | controls | word) & every(0x80)
}

/// The first of the bytes that ends a run of plain characters.
#[inline]
fn special(bytes: [u8; WIDTH]) -> Option<usize> {
    let both = u128::from_le_bytes(bytes);
    let (low, high) = (marks(both as u64), marks((both >> 64) as u64));
    if low | high == 0 {
        return None;
    }
    Some(if low == 0 { 8 + high.trailing_zeros() as usize / 8 } else { low.trailing_zeros() as usize / 8 })
}

impl Scanner<'_> {
    /// What leads to the next member of an object, from its brace or from behind the value before; nothing where the
    /// object ends, and with it the record.
    fn head(&self, bytes: &[u8], at: usize) -> Scanned<Option<Head>> {
        let first = at == 0;
        let mut at = space(bytes, at);
        match bytes.get(at) {
            Some(b'{') if first => at = space(bytes, at + 1),
            _ if first => return Err("it does not begin with `{`"),
            Some(b',') => at = space(bytes, at + 1),
            Some(b'}') => return end(bytes, at + 1),
            _ => return Err("`,` or `}` is due"),
        }
        if first && bytes.get(at) == Some(&b'}') {
            return end(bytes, at + 1);
        }
        if bytes.get(at) != Some(&b'"') {
            return Err("a name is due");
        }
        let (close, escaped) = self.string(bytes, at + 1)?;
        let name = at + 1..close;
        let unescaped = if escaped {
            let quoted = std::str::from_utf8(&bytes[at..=close]).ok().and_then(unescaped);
            Some(quoted.ok_or("half of an escaped pair")?)
        } else {
            None
        };
        let colon = space(bytes, close + 1);
        if bytes.get(colon) != Some(&b':') {
            return Err("`:` is due");
        }
        Ok(Some(Head { name, unescaped, value: space(bytes, colon + 1) }))
    }

    /// The value at a place.
    fn value(&self, bytes: &[u8], at: usize) -> Scanned<Slot> {
        let mut slot = Slot::default();
        self.put(bytes, at, &mut slot)?;
        Ok(slot)
    }

    /// Puts down the value at a place; gives the place behind it. Where to go on does not come from what was put down, since
    /// a processor waits for what it has only just written.
    #[inline(always)]
    fn put(&self, bytes: &[u8], at: usize, slot: &mut Slot) -> Scanned<usize> {
        if bytes.get(at) != Some(&b'"') {
            *slot = self.other(bytes, at)?;
            return Ok(slot.behind());
        }
        let (close, escaped) = self.string(bytes, at + 1)?;
        *slot = if escaped { Slot::new(Kind::Escaped, at, close + 1) } else { Slot::new(Kind::Text, at + 1, close) };
        Ok(close + 1)
    }

    /// The place behind the value at a place.
    #[inline(always)]
    fn behind(&self, bytes: &[u8], at: usize) -> Scanned<usize> {
        if bytes.get(at) != Some(&b'"') {
            return Ok(self.other(bytes, at)?.behind());
        }
        Ok(self.close(bytes, at + 1)? + 1)
    }

    /// The value at a place, which is no string.
    fn other(&self, bytes: &[u8], at: usize) -> Scanned<Slot> {
        match bytes.get(at) {
            Some(b'-' | b'0'..=b'9') => Ok(Slot::new(Kind::Number, at, number(bytes, at)?)),
            Some(b'{' | b'[') => Ok(Slot::new(Kind::Nested, at, self.nested(bytes, at)?)),
            _ => {
                let word = |word: &'static [u8], kind| {
                    let there = bytes.get(at..).is_some_and(|rest| rest.starts_with(word));
                    there.then(|| Slot::new(kind, at, at + word.len()))
                };
                word(b"null", Kind::Null)
                    .or_else(|| word(b"true", Kind::True))
                    .or_else(|| word(b"false", Kind::False))
                    .ok_or("a value is due")
            }
        }
    }

    /// The quote that closes a string which begins at a place, and whether there are escapes before it.
    #[inline(always)]
    fn string(&self, bytes: &[u8], at: usize) -> Scanned<(usize, bool)> {
        if !self.marks.is_clean() {
            return carefully(bytes, at);
        }
        let close = self.close(bytes, at)?;
        Ok((close, self.marks.has_escape(at, close)))
    }

    /// The quote that closes a string which begins at a place.
    #[inline(always)]
    fn close(&self, bytes: &[u8], at: usize) -> Scanned<usize> {
        if !self.marks.is_clean() {
            return Ok(carefully(bytes, at)?.0);
        }
        self.marks.quote(at).ok_or("a string has no end")
    }

    /// The place behind an array or object.
    fn nested(&self, bytes: &[u8], start: usize) -> Scanned<usize> {
        let mut open = Open::default();
        let mut at = start;
        loop {
            // A value begins here.
            if let Some(bracket @ (b'{' | b'[')) = bytes.get(at) {
                open.push(*bracket == b'{')?;
                at = space(bytes, at + 1);
                let empty = matches!((bracket, bytes.get(at)), (b'{', Some(b'}')) | (b'[', Some(b']')));
                if !empty {
                    if *bracket == b'{' {
                        at = self.name(bytes, at)?;
                    }
                    continue;
                }
            } else {
                at = space(bytes, self.behind(bytes, at)?);
            }
            // A value has ended, or an empty one is about to.
            loop {
                match (open.is_object(), bytes.get(at)) {
                    (false, Some(b',')) => {
                        at = space(bytes, at + 1);
                        break;
                    }
                    (true, Some(b',')) => {
                        at = space(bytes, at + 1);
                        at = self.name(bytes, at)?;
                        break;
                    }
                    (false, Some(b']')) | (true, Some(b'}')) => {
                        open.pop();
                        at += 1;
                        if open.depth == 0 {
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
    fn name(&self, bytes: &[u8], at: usize) -> Scanned<usize> {
        if bytes.get(at) != Some(&b'"') {
            return Err("a name is due");
        }
        let at = space(bytes, self.close(bytes, at + 1)? + 1);
        if bytes.get(at) != Some(&b':') {
            return Err("`:` is due");
        }
        Ok(space(bytes, at + 1))
    }
}

/// The brackets that are open, the innermost in the lowest bit: whether each is that of an object.
#[derive(Default)]
struct Open {
    objects: u128,
    depth: usize,
}

impl Open {
    fn push(&mut self, object: bool) -> Scanned<()> {
        if self.depth == MAX_DEPTH {
            return Err("values nest too deep");
        }
        self.objects = self.objects << 1 | u128::from(object);
        self.depth += 1;
        Ok(())
    }

    fn pop(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }

    fn is_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

/// As [`Scanner::string`], with a look at each byte: says what is wrong within a string.
#[cold]
fn carefully(bytes: &[u8], mut at: usize) -> Scanned<(usize, bool)> {
    let mut escaped = false;
    loop {
        while let Some(some) = bytes.get(at..at + WIDTH).and_then(|slice| <[u8; WIDTH]>::try_from(slice).ok()) {
            if let Some(found) = special(some) {
                at += found;
                break;
            }
            at += WIDTH;
        }
        match bytes.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = escape(bytes, at + 1)?;
            }
            Some(0..0x20) => return Err("a control character stands in a string"),
            Some(0x80..) => {
                at += 1;
                // What is written in another script goes on in it.
                while bytes.get(at).is_some_and(|byte| *byte >= 0x80) {
                    at += 1;
                }
            }
            Some(_) => at += 1,
            None => return Err("a string has no end"),
        }
    }
}

fn end(bytes: &[u8], at: usize) -> Scanned<Option<Head>> {
    if space(bytes, at) == bytes.len() { Ok(None) } else { Err("something stands behind the object") }
}

/// The place behind an escape whose backslash stands before `at`.
pub(super) fn escape(bytes: &[u8], at: usize) -> Scanned<usize> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// What the scanner finds of the members `a`, `b` and `c"`.
    fn found(record: &str) -> Result<Vec<Option<Value>>, Wrong> {
        let mut lookup = Lookup::new([Some("a"), Some("b"), Some("c\"")]);
        let mut slots = [Slot::default(); 3];
        // Once to learn the order, once by what was learned.
        let mut marks = Marks::default();
        marks.read(record.as_bytes());
        let _ = members(record.as_bytes(), &mut lookup, marks.all(record.as_bytes()), &mut slots);
        assert_eq!(members(record.as_bytes(), &mut lookup, marks.all(record.as_bytes()), &mut slots)?, record);
        let text = |slot: &Slot| std::str::from_utf8(slot.of(record.as_bytes())).unwrap();
        Ok(slots
            .iter()
            .map(|slot| match slot.kind {
                Kind::Absent => None,
                Kind::Text => Some(Value::String(text(slot).to_owned())),
                Kind::Escaped => unescaped(text(slot)).map(Value::String),
                _ => serde_json::from_str(text(slot)).ok(),
            })
            .collect())
    }

    /// What another reader finds.
    fn expected(record: &str) -> Option<Vec<Option<Value>>> {
        let value: serde_json::Map<String, Value> = serde_json::from_str(record).ok()?;
        Some(["a", "b", "c\""].iter().map(|name| value.get(*name).cloned()).collect())
    }

    /// What is found of any bytes with a look at each of them, and by marks; told in the same words where they are no record.
    fn both_ways(record: &[u8]) {
        let (mut slots, mut marked) = ([Slot::default(); 3], [Slot::default(); 3]);
        let (mut lookup, mut marks) = (Lookup::new([Some("a"), Some("b"), Some("c\"")]), Marks::default());
        let careful = members(record, &mut lookup, marks.all(record), &mut slots);
        marks.read(record);
        assert_eq!(members(record, &mut lookup, marks.all(record), &mut marked), careful);
        if careful.is_ok() {
            assert_eq!(marked, slots);
        }
    }

    fn same(record: &str) {
        both_ways(record.as_bytes());
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
            r#"{"a":"\"\\\/\b\f\n\r\t","b":"\\","c\"":"C:\\x\u0041\\"}"#,
            "{\"a\":\t\"x\\\\\",\"b\":\"\\\"\"}\r",
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
            "[]",
            "",
        ] {
            same(record);
        }
    }

    #[test]
    fn what_was_learned_is_no_licence() {
        let mut lookup = Lookup::new([Some("a")]);
        let mut slots = [Slot::default(); 1];
        let mut marks = Marks::default();
        let mut read = |record: &str| {
            marks.read(record.as_bytes());
            members(record.as_bytes(), &mut lookup, marks.all(record.as_bytes()), &mut slots).is_ok()
        };
        assert!(read(r#"{"a":1,"b":2}"#) && read(r#"{"d":1,"a":2}"#));
        for record in [r#"{"d":1{"a":2}"#, r#","b":2}"#, r#"{"a":1,"b":2,"b":}"#, r#"{"a":1{"a":1}"#] {
            assert!(!read(record), "{record}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nest = |depth: usize| format!("{{\"z\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(found(&nest(MAX_DEPTH)).is_ok());
        assert_eq!(found(&nest(1_000_000)), Err(Wrong::Json("values nest too deep")));
    }

    #[test]
    fn what_is_no_text_is_told_wherever_it_stands() {
        let mut lookup = Lookup::new([Some("a")]);
        let mut slots = [Slot::default(); 1];
        for record in [&b"{\"z\":\"\xFF\",\"a\":1}"[..], b"{\"\xC3\":1}", b"{\"z\":{\"y\":\"\xE2\x82\"}}"] {
            let mut marks = Marks::default();
            marks.read(record);
            assert_eq!(members(record, &mut lookup, marks.all(record), &mut slots), Err(Wrong::Utf8));
        }
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
        fn any_bytes_are_read_alike_both_ways(
            slots in prop::collection::vec(("[abc\"]{0,2}", json()), 0..6),
            damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(br#"""\\{}[],:u0 x"#.to_vec()), any::<u8>()), 0..4),
        ) {
            let mut record = serde_json::to_vec(&Value::Object(slots.into_iter().collect())).unwrap();
            for (at, likely, any) in damage {
                let at = at.index(record.len());
                record[at] = if any % 4 == 0 { any } else { likely };
            }
            both_ways(&record);
        }

        #[test]
        fn the_first_special_byte_is_found(bytes: [u8; WIDTH], plain in 0..=WIDTH) {
            let mut bytes = bytes;
            bytes[..plain].fill(b'!');
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20 | 0x80..);
            prop_assert_eq!(special(bytes), bytes.iter().position(ends));
        }

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
