//! Records of a stream of bytes, one after the other, whatever parts them.

use std::io::{self, Read};

use memchr::memchr;

use super::fault::Reason;

/// The longest record that is read, in bytes: that of Kusto's own ingestion.
pub(super) const MAX_RECORD: usize = 64 << 20;
/// How much is read at once, in bytes.
const BLOCK: usize = 1 << 18;
/// What may stand at the start of a file of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What parts records from each other.
pub(super) trait Framing {
    /// Takes note of the bytes at hand, before any of them is framed. They may begin with some that were there before.
    fn filled(&mut self, _: &[u8]) {}

    /// Looks at what comes next, from a place of the bytes at hand on. `last` says that nothing comes after these bytes,
    /// which are never none.
    fn frame(&mut self, bytes: &[u8], at: usize, last: bool) -> Step;
}

/// What comes next in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A record from `start` to `end`; the next begins at `next` or behind it.
    Record {
        /// Its first byte.
        start: usize,
        /// The byte behind its last.
        end: usize,
        /// Where to go on.
        next: usize,
    },
    /// More bytes are needed to tell.
    More,
    /// So many bytes are no part of a record.
    Skip(usize),
    /// So many bytes are no record, though they should be.
    Fault(usize, Reason),
}

/// A record, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A record and its offset in the stream.
    Record(u64, &'a [u8]),
    /// What stands at an offset is no record.
    Fault(u64, Reason),
}

/// The records of a stream.
pub(super) struct Frames<R> {
    input: R,
    buffer: Vec<u8>,
    /// What is still to be looked at stands in the buffer from here…
    from: usize,
    /// … to here.
    to: usize,
    /// The offset of the buffer's first byte in the stream.
    base: u64,
    /// Records that begin here or later belong to somebody else.
    limit: u64,
    ended: bool,
    /// Whether the framing does not know yet what the buffer holds.
    fresh: bool,
}

impl<R: Read> Frames<R> {
    /// The records of a whole stream.
    pub(super) fn whole(input: R) -> Self {
        Self { input, buffer: vec![0; BLOCK], from: 0, to: 0, base: 0, limit: u64::MAX, ended: false, fresh: false }
    }

    /// The records that begin in the first so many bytes of a stream.
    pub(super) fn sample(input: R, bytes: u64) -> Self {
        Self { limit: bytes, ..Self::whole(input) }
    }

    /// The lines that begin in a range of a stream. `input` stands at its `start`, or a byte before where that is not 0:
    /// whether a line begins at `start` shows in what stands before it.
    pub(super) fn lines_of_range(input: R, start: u64, limit: u64) -> io::Result<Self> {
        let mut frames = Self::whole(input);
        frames.limit = limit;
        if start > 0 {
            frames.base = start - 1;
            frames.skip_line()?;
        }
        Ok(frames)
    }

    /// What is at hand; records are at the places that their framing was told, until more is read.
    pub(super) fn at_hand(&self) -> &[u8] {
        &self.buffer[..self.to]
    }

    /// As [`Self::next`], as long as nothing has to be read for it.
    pub(super) fn next_at_hand(&mut self, framing: &mut impl Framing) -> Option<Item<'_>> {
        loop {
            if self.fresh || self.from == self.to || self.offset() >= self.limit {
                return None;
            }
            let at = self.from;
            match framing.frame(&self.buffer[at..self.to], at, self.ended) {
                Step::Record { start, end, next } if end - start <= MAX_RECORD => {
                    self.from += next;
                    return Some(Item::Record(self.base + (at + start) as u64, &self.buffer[at + start..at + end]));
                }
                Step::Skip(bytes) => self.from += bytes,
                _ => return None,
            }
        }
    }

    /// The next record.
    pub(super) fn next(&mut self, framing: &mut impl Framing) -> io::Result<Option<Item<'_>>> {
        loop {
            if self.offset() >= self.limit {
                return Ok(None);
            }
            if self.from == self.to && !self.fill()? {
                return Ok(None);
            }
            if self.fresh {
                framing.filled(&self.buffer[..self.to]);
                self.fresh = false;
            }
            let at = self.from;
            match framing.frame(&self.buffer[at..self.to], at, self.ended) {
                Step::Record { start, end, next } => {
                    self.from += next;
                    let offset = self.base + (at + start) as u64;
                    if end - start > MAX_RECORD {
                        return Ok(Some(Item::Fault(offset, Reason::TooLong)));
                    }
                    return Ok(Some(Item::Record(offset, &self.buffer[at + start..at + end])));
                }
                Step::Skip(bytes) => self.from += bytes,
                Step::Fault(bytes, reason) => {
                    let offset = self.offset();
                    self.from += bytes;
                    return Ok(Some(Item::Fault(offset, reason)));
                }
                Step::More if self.ended => {
                    let offset = self.offset();
                    self.from = self.to;
                    return Ok(Some(Item::Fault(offset, Reason::Ends)));
                }
                Step::More if self.to - self.from > MAX_RECORD => {
                    let offset = self.offset();
                    self.skip_line()?;
                    return Ok(Some(Item::Fault(offset, Reason::TooLong)));
                }
                Step::More => _ = self.fill()?,
            }
        }
    }

    fn offset(&self) -> u64 {
        self.base + self.from as u64
    }

    /// Goes to the start of the next line, or to the limit where that comes first.
    fn skip_line(&mut self) -> io::Result<()> {
        while self.offset() < self.limit {
            if self.from == self.to && !self.fill()? {
                break;
            }
            match memchr(b'\n', &self.buffer[self.from..self.to]) {
                Some(at) => {
                    self.from += at + 1;
                    break;
                }
                None => self.from = self.to,
            }
        }
        Ok(())
    }

    /// Reads more behind what there is; whether there was more.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.from..self.to, 0);
        self.base += self.from as u64;
        (self.from, self.to) = (0, self.to - self.from);
        if self.to * 2 > self.buffer.len() {
            // Never much more than the longest record needs.
            self.buffer.resize((self.buffer.len() * 2).min(MAX_RECORD + 2 * BLOCK), 0);
        }
        let before = self.to;
        while self.to < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.to..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => self.to += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.base == 0 && before == 0 && self.buffer[..self.to].starts_with(BYTE_ORDER_MARK) {
            self.from = BYTE_ORDER_MARK.len();
        }
        self.fresh = true;
        Ok(self.to > self.from.max(before))
    }
}

/// A record a line. Lines of white space alone are none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines;

impl Framing for Lines {
    fn frame(&mut self, bytes: &[u8], _: usize, last: bool) -> Step {
        let (end, next) = match memchr(b'\n', bytes) {
            Some(at) => (at, at + 1),
            None if last => (bytes.len(), bytes.len()),
            None => return Step::More,
        };
        if bytes[..end].trim_ascii_end().is_empty() {
            return Step::Skip(next);
        }
        Step::Record { start: 0, end, next }
    }
}

/// JSON objects one behind the other, parted by white space or commas, perhaps within brackets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Objects;

impl Framing for Objects {
    fn frame(&mut self, bytes: &[u8], _: usize, last: bool) -> Step {
        let between = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']');
        match bytes.iter().position(|byte| !between(byte)) {
            None => return Step::Skip(bytes.len()),
            Some(0) => {}
            Some(at) => return Step::Skip(at),
        }
        if bytes[0] != b'{' {
            // A value that is no object: up to where the next may begin.
            return match bytes.iter().position(|byte| matches!(byte, b'\n' | b'{' | b',')) {
                Some(at) => Step::Fault(at, Reason::Json("a value that is no object")),
                None if last => Step::Fault(bytes.len(), Reason::Json("a value that is no object")),
                None => Step::More,
            };
        }
        match end_of_object(bytes) {
            Some(end) => Step::Record { start: 0, end, next: end },
            None => Step::More,
        }
    }
}

/// The byte behind the brace that closes the object that bytes begin with.
fn end_of_object(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            b'"' => loop {
                at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)? + 1;
                if bytes[at - 1] == b'"' {
                    break;
                }
                at += 1;
            },
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(mut frames: Frames<impl Read>, mut framing: impl Framing) -> Vec<(u64, Result<String, Reason>)> {
        let mut found = Vec::new();
        while let Some(item) = frames.next(&mut framing).unwrap() {
            found.push(match item {
                Item::Record(at, bytes) => (at, Ok(String::from_utf8_lossy(bytes).into_owned())),
                Item::Fault(at, reason) => (at, Err(reason)),
            });
        }
        found
    }

    #[test]
    fn lines_are_records() {
        let text = b"\xEF\xBB\xBFa\n\n  \r\nbc\r\nd";
        let found = all(Frames::whole(&text[..]), Lines);
        assert_eq!(found, [(3, Ok("a".into())), (10, Ok("bc\r".into())), (14, Ok("d".into()))]);
        assert_eq!(all(Frames::whole(&b""[..]), Lines), []);
    }

    #[test]
    fn objects_are_records_wherever_they_stand() {
        let text = br#" [ {"a": "]}\""}, {"b": [{}]},
            7, {"c": 1} ] {"d""#;
        let found = all(Frames::whole(&text[..]), Objects);
        let values: Vec<_> = found.iter().map(|(_, item)| item.clone()).collect();
        assert_eq!(
            values,
            [
                Ok(r#"{"a": "]}\""}"#.to_owned()),
                Ok(r#"{"b": [{}]}"#.to_owned()),
                Err(Reason::Json("a value that is no object")),
                Ok(r#"{"c": 1}"#.to_owned()),
                Err(Reason::Ends),
            ]
        );
        assert_eq!(found[0].0, 3);
    }

    #[test]
    fn a_record_without_end_is_told_and_passed_over() {
        let long = MAX_RECORD + 3 * BLOCK;
        let text = (&b"a\n"[..]).chain(io::repeat(b'x').take(long as u64)).chain(&b"\nb\n"[..]);
        let found = all(Frames::whole(text), Lines);
        assert_eq!(found, [(0, Ok("a".into())), (2, Err(Reason::TooLong)), (long as u64 + 3, Ok("b".into()))]);
    }

    /// The lines of a text read in pieces of a size.
    fn in_pieces(text: &[u8], size: usize) -> Vec<(u64, Result<String, Reason>)> {
        (0..text.len())
            .step_by(size)
            .flat_map(|start| {
                let input = &text[start.saturating_sub(1)..];
                let frames = Frames::lines_of_range(input, start as u64, (start + size) as u64).unwrap();
                all(frames, Lines)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn pieces_give_every_line_once(text in "[a\n]{0,40}", size in 1usize..9) {
            prop_assert_eq!(in_pieces(text.as_bytes(), size), all(Frames::whole(text.as_bytes()), Lines));
        }

        #[test]
        fn any_bytes_are_framed(bytes in prop::collection::vec(prop::sample::select(br#"{}[]",\a 1"#.to_vec()), 0..60)) {
            let found = all(Frames::whole(&bytes[..]), Objects);
            prop_assert!(found.is_sorted_by_key(|(at, _)| *at));
        }
    }
}
