//! Values parted by a separator (RFC 4180): records, and the fields of a record.
//!
//! A field that begins with a quote goes to the next quote that is not doubled, across lines; elsewhere a quote is a
//! character like any other.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::frames::{Framing, Lines, Step};

/// What parts the values of a record; nothing where each line is one value, whatever it holds.
pub(super) type Separator = Option<u8>;

/// A record a line, but for lines within quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Separated(pub(super) Separator);

impl Framing for Separated {
    fn frame(&mut self, bytes: &[u8], seen: usize, last: bool) -> Step {
        let Some(separator) = self.0 else { return Lines.frame(bytes, seen, last) };
        let mut at = 0;
        loop {
            match field_end(bytes, at, separator) {
                Some(end) if bytes.get(end) == Some(&separator) => at = end + 1,
                Some(end) => {
                    if bytes[..end].trim_ascii_end().is_empty() {
                        return Step::Skip(end + 1);
                    }
                    return Step::Record { start: 0, end, next: end + 1 };
                }
                // The quotes of the last field are closed, or it has none.
                None if last && !is_open(bytes, at) => {
                    return if bytes.trim_ascii_end().is_empty() {
                        Step::Skip(bytes.len())
                    } else {
                        Step::Record { start: 0, end: bytes.len(), next: bytes.len() }
                    };
                }
                None => return Step::More,
            }
        }
    }
}

/// The separator or line end behind the field that begins at a place.
fn field_end(bytes: &[u8], start: usize, separator: u8) -> Option<usize> {
    let mut at = start;
    if bytes.get(at) == Some(&b'"') {
        at = closing(bytes, at + 1)? + 1;
    }
    memchr2(separator, b'\n', bytes.get(at..)?).map(|found| at + found)
}

/// The quote that ends a quoted field whose text begins at a place.
fn closing(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(b'"', bytes.get(at..)?)?;
        // What comes behind it may not have been read yet.
        match bytes.get(at + 1) {
            Some(b'"') => at += 2,
            _ => return Some(at),
        }
    }
}

/// Whether a field that begins at a place has a quote that is never closed.
fn is_open(bytes: &[u8], start: usize) -> bool {
    bytes.get(start) == Some(&b'"') && closing(bytes, start + 1).is_none()
}

/// The fields of a record.
pub(super) fn fields(record: &str, separator: Separator) -> Vec<Cow<'_, str>> {
    let record = record.strip_suffix('\r').unwrap_or(record);
    let Some(separator) = separator else { return vec![Cow::Borrowed(record)] };
    let bytes = record.as_bytes();
    let mut fields = Vec::new();
    let mut start = 0;
    loop {
        let end = field_end_within(bytes, start, separator);
        fields.push(text(&record[start..end]));
        if end == bytes.len() {
            return fields;
        }
        start = end + 1;
    }
}

/// The separator behind a field, or the end of the record.
fn field_end_within(bytes: &[u8], start: usize, separator: u8) -> usize {
    let mut at = start;
    if bytes.get(at) == Some(&b'"') {
        at = closing(bytes, at + 1).map_or(bytes.len(), |quote| quote + 1);
    }
    memchr(separator, &bytes[at..]).map_or(bytes.len(), |found| at + found)
}

/// The text that a field stands for.
fn text(field: &str) -> Cow<'_, str> {
    let Some(inner) = field.strip_prefix('"') else { return Cow::Borrowed(field) };
    match closing(inner.as_bytes(), 0) {
        // The usual case: nothing behind the closing quote, and none doubled.
        Some(end) if end + 1 == inner.len() && !inner[..end].contains('"') => Cow::Borrowed(&inner[..end]),
        Some(end) => Cow::Owned(inner[..end].replace("\"\"", "\"") + &inner[end + 1..]),
        None => Cow::Owned(inner.replace("\"\"", "\"")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::frames::{Frames, Item};
    use super::*;

    fn read(text: &str) -> Vec<Vec<String>> {
        let mut frames = Frames::whole(text.as_bytes());
        let mut records = Vec::new();
        while let Some(item) = frames.next(&mut Separated(Some(b','))).unwrap() {
            if let Item::Record(_, bytes) = item {
                let record = std::str::from_utf8(bytes).unwrap();
                records.push(fields(record, Some(b',')).into_iter().map(Cow::into_owned).collect());
            }
        }
        records
    }

    #[test]
    fn quotes_hold_separators_and_lines() {
        let text = "a,b\r\n\"x,\ny\",\"\"\"q\"\"\"\n5\" disk,\n\n,";
        assert_eq!(read(text), [vec!["a", "b"], vec!["x,\ny", "\"q\""], vec!["5\" disk", ""], vec!["", ""]]);
    }

    #[test]
    fn an_open_quote_is_no_record() {
        let mut frames = Frames::whole(&b"a,\"b\nc"[..]);
        assert_eq!(
            frames.next(&mut Separated(Some(b','))).unwrap(),
            Some(Item::Fault(0, super::super::fault::Reason::Ends))
        );
    }

    proptest! {
        #[test]
        fn what_another_writer_writes_is_read(rows in prop::collection::vec(prop::collection::vec("[a,\"\n\r ]{0,6}", 2..4), 1..5)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(read(&text), rows);
        }
    }
}
