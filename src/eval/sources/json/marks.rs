//! Where records have quotes and escapes, and where lines end, found many bytes at a time.
//!
//! The ends of all strings of all records at hand are found in one go, before anything else is known of them, as simdjson
//! does (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019). Going from one end to the next is then a matter
//! of bits, however short the strings are.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

use super::scan::escape;

/// How many bytes a word of marks is about.
const BLOCK: usize = 64;
/// More bytes are read one by one, so that what they leave behind is small.
const LONGEST: usize = 1 << 24;

/// What is known of some bytes: of a record, or of many.
#[derive(Debug, Default)]
pub(in super::super) struct Marks {
    blocks: Vec<Block>,
    /// The places of control characters, in order: few, and mostly ends of lines.
    controls: Vec<u32>,
    /// The places of what a backslash escapes and may not, in order: none, mostly.
    wrong: Vec<u32>,
    /// Whether anything is known.
    known: bool,
}

/// What is known of the bytes of a block, a bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    /// The quotes that are not escaped.
    quotes: u64,
    /// The backslashes.
    slashes: u64,
}

/// What is known of a record's bytes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Marked<'m> {
    marks: &'m Marks,
    /// The place of the record among the bytes that were looked at.
    start: usize,
    end: usize,
    clean: bool,
}

impl Marked<'_> {
    /// Whether the marks tell where each string ends: no control character stands in the record, and every backslash begins
    /// an escape.
    #[inline(always)]
    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }

    /// The first quote from a place on that is not escaped.
    #[inline(always)]
    pub(super) fn quote(&self, at: usize) -> Option<usize> {
        let at = self.start + at;
        let near = self.marks.ahead(at).quotes;
        let found = if near == 0 { self.marks.far_quote(at + BLOCK)? } else { at + near.trailing_zeros() as usize };
        if found < self.end { Some(found - self.start) } else { None }
    }

    /// Whether there is a backslash between two places.
    #[inline(always)]
    pub(super) fn has_escape(&self, from: usize, to: usize) -> bool {
        self.marks.has_slash(self.start + from, self.start + to)
    }
}

impl Marks {
    /// What is known of the record that all bytes are that were looked at.
    pub(in super::super) fn all(&self, record: &[u8]) -> Marked<'_> {
        let first = self.controls.first().copied();
        self.record(0..record.len(), record.trim_ascii_end().len(), first)
    }

    /// What is known of the record at a place, of whose bytes so many are left without the space behind it. `control` is the
    /// first control character from its start on.
    #[inline]
    pub(super) fn record(&self, place: Range<usize>, trimmed: usize, control: Option<u32>) -> Marked<'_> {
        let Range { start, end } = place;
        let clean = control.is_none_or(|control| control as usize >= start + trimmed);
        let sound = self.wrong.is_empty() || !self.has_wrong(start..end);
        Marked { marks: self, start, end, clean: self.known && clean && sound }
    }

    /// Whether a backslash in a range begins no escape.
    #[cold]
    fn has_wrong(&self, range: Range<usize>) -> bool {
        let first = self.wrong.partition_point(|wrong| (*wrong as usize) < range.start);
        // What a line's last backslash would escape stands behind it.
        self.wrong.get(first).is_some_and(|wrong| *wrong as usize <= range.end)
    }

    /// Whether anything is known.
    #[inline]
    pub(super) fn are_known(&self) -> bool {
        self.known
    }

    /// The places of control characters, in order.
    #[inline]
    pub(super) fn controls(&self) -> &[u32] {
        &self.controls
    }

    #[inline(never)]
    fn far_quote(&self, mut at: usize) -> Option<usize> {
        while at < self.blocks.len() * BLOCK {
            let near = self.ahead(at).quotes;
            if near != 0 {
                return Some(at + near.trailing_zeros() as usize);
            }
            at += BLOCK;
        }
        None
    }

    #[inline(always)]
    fn has_slash(&self, from: usize, to: usize) -> bool {
        let within = |at: usize| if to - at < BLOCK { (1 << (to - at)) - 1 } else { u64::MAX };
        let near = self.ahead(from).slashes & within(from) != 0;
        near || to - from > BLOCK && (from..to).step_by(BLOCK).any(|at| self.ahead(at).slashes & within(at) != 0)
    }

    /// The marks of the bytes from a place on, as many as of a block. What is asked is mostly among them, wherever blocks
    /// begin, so that a processor foresees the way that is gone.
    #[inline(always)]
    fn ahead(&self, at: usize) -> Block {
        let (block, bit) = (at / BLOCK, at % BLOCK);
        let Some([one, other]) = self.blocks.get(block..).and_then(|blocks| blocks.first_chunk()) else {
            return Block::default();
        };
        let join = |one: u64, other: u64| one >> bit | other << 1 << (BLOCK - 1 - bit);
        Block { quotes: join(one.quotes, other.quotes), slashes: join(one.slashes, other.slashes) }
    }

    /// Looks at bytes, which are one record or many, each in a line of its own; as many at a time as the processor can.
    pub(in super::super) fn read(&mut self, bytes: &[u8]) {
        self.controls.clear();
        self.wrong.clear();
        self.known = bytes.len() <= LONGEST;
        if self.known {
            dispatch!(Level::new(), simd => self.look(simd, bytes));
        }
    }

    #[inline(always)]
    fn look<S: Simd>(&mut self, simd: S, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        if let Some(start) = last.get_mut(..rest.len()) {
            start.copy_from_slice(rest);
        }
        let mut known = std::mem::take(&mut self.blocks);
        // One more than there are, so that what stands ahead of a place never ends within a block.
        known.resize(blocks.len() + 2, Block::default());
        let (whole, end) = known.split_at_mut(blocks.len());
        let mut carry = 0;
        for (number, (known, block)) in whole.iter_mut().zip(blocks).enumerate() {
            let found = Found::of(look(simd, block), carry);
            *known = found.block;
            carry = found.carry;
            if found.is_odd() {
                self.note(bytes, number, found);
            }
        }
        let found = Found::of(look(simd, &last), carry);
        self.note(bytes, blocks.len(), found);
        if let [end, beyond] = end {
            (*end, *beyond) = (found.block, Block::default());
        }
        self.blocks = known;
    }

    /// Takes down what few blocks have.
    #[inline(never)]
    fn note(&mut self, bytes: &[u8], number: usize, found: Found) {
        let Found { mut others, mut controls, .. } = found;
        while others != 0 {
            let at = number * BLOCK + others.trailing_zeros() as usize;
            if escape(bytes, at).is_err() {
                self.wrong.push(at as u32);
            }
            others &= others - 1;
        }
        while controls != 0 {
            self.controls.push((number * BLOCK) as u32 + controls.trailing_zeros());
            controls &= controls - 1;
        }
    }
}

/// What is found out about a block.
#[derive(Clone, Copy)]
struct Found {
    block: Block,
    /// Whether the first byte of the next block is escaped.
    carry: u64,
    /// What is escaped and neither a quote nor a backslash: those are escaped nearly always, others hardly ever.
    others: u64,
    /// The control characters.
    controls: u64,
}

impl Found {
    /// What comes of what is seen. `carry` says that the first byte is escaped.
    #[inline(always)]
    fn of(seen: Seen, carry: u64) -> Self {
        let Seen { quotes, slashes, controls } = seen;
        let (escaped, carry) = escapes(slashes, carry);
        let others = escaped & !(quotes | slashes);
        Self { block: Block { quotes: quotes & !escaped, slashes }, carry, others, controls }
    }

    /// Whether there is something that few blocks have.
    #[inline(always)]
    fn is_odd(self) -> bool {
        self.others | self.controls != 0
    }
}

/// The characters that backslashes escape, and whether the first of the next block is one. `carry` says that the first of
/// this block is.
#[inline]
const fn escapes(slashes: u64, carry: u64) -> (u64, u64) {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    // A backslash that is escaped escapes nothing. Of the others, each run escapes its second character, its fourth, and so
    // on: adding to a run's start carries through the run, which shows where it ends, and on which parity.
    let slashes = slashes & !carry;
    let follows = slashes << 1 | carry;
    let odd = slashes & !EVEN & !follows;
    let (even, overflow) = odd.overflowing_add(slashes);
    ((EVEN ^ even << 1) & follows, overflow as u64)
}

/// What is seen in a block, a bit each.
#[derive(Clone, Copy)]
struct Seen {
    /// The quotes, escaped or not.
    quotes: u64,
    /// The backslashes.
    slashes: u64,
    /// The control characters.
    controls: u64,
}

/// Looks at a block.
#[inline(always)]
fn look<S: Simd>(simd: S, block: &[u8; BLOCK]) -> Seen {
    let bytes = u8x64::simd_from(simd, *block);
    Seen {
        quotes: bytes.simd_eq(b'"').to_bitmask(),
        slashes: bytes.simd_eq(b'\\').to_bitmask(),
        controls: bytes.min(0x1f).simd_eq(bytes).to_bitmask(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            prop::sample::select(br#"""\\\\untx/ {}:"#.to_vec()),
            prop::sample::select(vec![0, b'\t', b'\r', 0x1f, 0x20, 0x7f, 0x80, 0xff, b'"', b'\\']),
            b' '..=b'~',
        ];
        prop::collection::vec(byte, 0..200)
    }

    /// The quotes and the escapes of a record, one byte after the other; whether the marks may be trusted.
    fn slowly(record: &[u8]) -> (Vec<usize>, bool) {
        let (mut quotes, mut clean, mut at) = (Vec::new(), true, 0);
        while let Some(byte) = record.get(at) {
            match byte {
                b'\\' => {
                    clean &= escape(record, at + 1).is_ok();
                    at += 1;
                }
                b'"' => quotes.push(at),
                _ => {}
            }
            at += 1;
        }
        (quotes, clean && record.iter().all(|byte| *byte >= 0x20))
    }

    proptest! {
        #[test]
        fn marks_are_those_of_a_reader_byte_by_byte(record in text()) {
            let record = record.trim_ascii_end();
            let mut marks = Marks::default();
            marks.read(record);
            let marked = marks.all(record);
            let (quotes, clean) = slowly(record);
            prop_assert_eq!(marked.is_clean(), clean);
            if clean {
                for at in 0..=record.len() {
                    prop_assert_eq!(marked.quote(at), quotes.iter().copied().find(|quote| *quote >= at));
                }
                for (from, to) in quotes.iter().flat_map(|from| quotes.iter().map(move |to| (*from, *to))) {
                    if from < to {
                        prop_assert_eq!(marked.has_escape(from, to), record[from..to].contains(&b'\\'));
                    }
                }
            }
        }
    }
}
