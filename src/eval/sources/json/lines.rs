//! An object a line.

use std::ops::Range;

use super::marks::{Marked, Marks};
use crate::eval::sources::frames::{Framing, Lines, Step};

/// As [`Lines`], of objects, which are looked at as many at a time as are at hand.
#[derive(Debug, Default)]
pub(in super::super) struct MarkedLines {
    marks: Marks,
    /// How many control characters stand before what comes next.
    passed: usize,
    /// The place of the last record, how long it is without the space behind it, and the first control character in it.
    last: (usize, usize, usize, Option<u32>),
}

impl MarkedLines {
    /// What is known of the last record.
    #[inline]
    pub(in super::super) fn last(&self) -> Marked<'_> {
        let (start, end, trimmed, control) = self.last;
        self.marks.record(start..end, trimmed, control)
    }

    /// Where the last record is among the bytes at hand.
    #[inline]
    pub(in super::super) fn place(&self) -> Range<usize> {
        self.last.0..self.last.1
    }

    /// The first control character from a place on, and the end of the line.
    #[inline]
    fn end(&mut self, bytes: &[u8], start: usize) -> (Option<u32>, Option<usize>) {
        let mut first = None;
        while let Some(control) = self.marks.controls().get(self.passed).copied() {
            self.passed += 1;
            let at = (control as usize).checked_sub(start);
            let Some(at) = at else { continue };
            first = first.or(Some(control));
            if bytes.get(at) == Some(&b'\n') {
                return (first, Some(at));
            }
        }
        (first, None)
    }
}

impl Framing for MarkedLines {
    fn filled(&mut self, buffer: &[u8]) {
        self.marks.read(buffer);
        self.passed = 0;
    }

    #[inline]
    fn frame(&mut self, bytes: &[u8], at: usize, last: bool) -> Step {
        if !self.marks.are_known() {
            let step = Lines.frame(bytes, at, last);
            if let Step::Record { start, end, .. } = step {
                self.last = (at + start, at + end, 0, None);
            }
            return step;
        }
        let (control, end) = self.end(bytes, at);
        let (end, next) = match end {
            Some(end) => (end, end + 1),
            None if last => (bytes.len(), bytes.len()),
            None => return Step::More,
        };
        let trimmed = bytes.get(..end).unwrap_or_default().trim_ascii_end().len();
        if trimmed == 0 {
            return Step::Skip(next);
        }
        self.last = (at, at + end, trimmed, control);
        Step::Record { start: 0, end, next }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use proptest::prelude::*;

    use super::super::{Lookup, Slot, members};
    use super::*;
    use crate::eval::sources::frames::{Frames, Item};

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(&mut buffer[..most])
        }
    }

    /// What is found of each line: where it is, its values, and how it was looked at.
    fn found(text: &[u8], step: usize) -> Vec<(u64, Option<[Slot; 2]>, bool)> {
        let mut frames = Frames::whole(Slow(text, step));
        let mut framing = MarkedLines::default();
        let mut lookup = Lookup::new([Some("a"), Some("b")]);
        let mut found = Vec::new();
        while let Some(item) = frames.next(&mut framing).unwrap() {
            let Item::Record(offset, record) = item else { panic!("{item:?}") };
            let mut slots = [Slot::default(); 2];
            let read = members(record, &mut lookup, framing.last(), &mut slots).is_ok();
            found.push((offset, read.then_some(slots), framing.last().is_clean()));
            assert_eq!(framing.place().len(), record.len());
        }
        found
    }

    fn line() -> impl Strategy<Value = Vec<u8>> {
        let string = r#"[a\\"\t\r\x00é/un ]{0,90}"#;
        prop_oneof![
            prop::collection::vec(prop::sample::select(b"\"\\{}:,ab\t\r 1".to_vec()), 0..80),
            (string, string).prop_map(|(a, b)| format!("{{\"a\":\"{a}\",\"b\":\"{b}\"}}").into_bytes()),
            ("[ -!#-~]{0,150}", 0..9)
                .prop_map(|(a, b)| { format!("{{\"a\":\"{}\",\"b\":{b}}}\r", a.replace('\\', "\\\\")).into_bytes() }),
        ]
    }

    proptest! {
        #[test]
        fn lines_are_known_together_as_each_by_itself(lines in prop::collection::vec(line(), 0..20), step in 1usize..300) {
            let text = lines.join(&b'\n');
            let mut expected = Vec::new();
            let mut frames = Frames::whole(&text[..]);
            let (mut lookup, mut marks) = (Lookup::new([Some("a"), Some("b")]), Marks::default());
            while let Some(Item::Record(offset, record)) = frames.next(&mut Lines).unwrap() {
                marks.read(record);
                let mut slots = [Slot::default(); 2];
                let read = members(record, &mut lookup, marks.all(record), &mut slots).is_ok();
                expected.push((offset, read.then_some(slots), marks.all(record).is_clean()));
            }
            prop_assert_eq!(found(&text, step), expected);
        }
    }
}
