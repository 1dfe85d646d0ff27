//! Where a record has quotes and escapes, found many bytes at a time.
//!
//! The ends of all strings of a record are found in one go, before anything else is known of it, as simdjson does (Langdale
//! and Lemire, "Parsing Gigabytes of JSON per Second", 2019). Going from one end to the next is then a matter of bits, however
//! short the strings are.

use wide::u8x16;

use super::scan::escape;

/// How many bytes a word of marks is about.
const BLOCK: usize = 64;
/// How many bytes are compared together.
const LANE: usize = 16;
/// Longer records are read byte by byte, so that what they leave behind is small.
const LONGEST: usize = 1 << 20;

/// What is known of a record's bytes.
#[derive(Debug, Default)]
pub(in super::super) struct Marks {
    blocks: Vec<Block>,
    clean: bool,
}

/// What is known of the bytes of a block, a bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    /// The quotes that are not escaped.
    quotes: u64,
    /// The backslashes.
    slashes: u64,
}

impl Marks {
    /// Whether the marks tell where each string ends: no control character stands in the record, and every backslash begins
    /// an escape.
    #[inline]
    pub(super) fn are_clean(&self) -> bool {
        self.clean
    }

    /// The first quote from a place on that is not escaped.
    #[inline(always)]
    pub(super) fn quote(&self, at: usize) -> Option<usize> {
        let near = self.ahead(at).quotes;
        if near != 0 { Some(at + near.trailing_zeros() as usize) } else { self.far_quote(at + BLOCK) }
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

    /// Whether there is a backslash between two places.
    #[inline]
    pub(super) fn has_escape(&self, from: usize, to: usize) -> bool {
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

    /// Looks at a record.
    pub(super) fn read(&mut self, record: &[u8]) {
        self.clean = record.len() <= LONGEST;
        if !self.clean {
            return;
        }
        // What ends the line is no part of the object.
        let record = record.trim_ascii_end();
        let (blocks, rest) = record.as_chunks::<BLOCK>();
        // One more than there are, so that what stands ahead of a place never ends within a block.
        self.blocks.resize(blocks.len() + 2, Block::default());
        let (mut least, mut carry) = (u8x16::MAX, 0);
        for (at, block) in blocks.iter().enumerate() {
            carry = self.set(record, at, look(block, &mut least), carry);
        }
        let last = if let Some(block) = record.last_chunk::<BLOCK>() {
            // What is left, as the end of the bytes that are behind.
            let (all, seen) = (look(block, &mut least), (BLOCK - rest.len()) as u32);
            Block { quotes: all.quotes.unbounded_shr(seen), slashes: all.slashes.unbounded_shr(seen) }
        } else {
            let mut block = [b' '; BLOCK];
            if let Some(start) = block.get_mut(..rest.len()) {
                start.copy_from_slice(rest);
            }
            look(&block, &mut least)
        };
        self.set(record, blocks.len(), last, carry);
        if let Some(end) = self.blocks.last_mut() {
            *end = Block::default();
        }
        self.clean &= least.max(u8x16::splat(b' ')).simd_eq(least).all();
    }

    /// Sets what a block has, escaped quotes included. `carry` says that its first byte is escaped; gives that of the next.
    #[inline]
    fn set(&mut self, record: &[u8], number: usize, all: Block, carry: u64) -> u64 {
        let (escaped, next) = escapes(all.slashes, carry);
        // Quotes and backslashes are escaped nearly always, other characters hardly ever.
        let mut others = escaped & !(all.quotes | all.slashes);
        while others != 0 {
            self.clean &= escape(record, number * BLOCK + others.trailing_zeros() as usize).is_ok();
            others &= others - 1;
        }
        if let Some(block) = self.blocks.get_mut(number) {
            *block = Block { quotes: all.quotes & !escaped, ..all };
        }
        next
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

/// The quotes and the backslashes of a block; lets `least` be no more than any of its bytes.
#[inline]
fn look(block: &[u8; BLOCK], least: &mut u8x16) -> Block {
    let (quote, slash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let mut found = Block::default();
    for (at, lane) in block.as_chunks::<LANE>().0.iter().enumerate() {
        let lane = u8x16::from(*lane);
        found.quotes |= u64::from(lane.simd_eq(quote).to_bitmask()) << (at * LANE);
        found.slashes |= u64::from(lane.simd_eq(slash).to_bitmask()) << (at * LANE);
        *least = least.min(lane);
    }
    found
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
            let (quotes, clean) = slowly(record);
            prop_assert_eq!(marks.are_clean(), clean);
            if clean {
                for at in 0..=record.len() {
                    prop_assert_eq!(marks.quote(at), quotes.iter().copied().find(|quote| *quote >= at));
                }
                for (from, to) in quotes.iter().flat_map(|from| quotes.iter().map(move |to| (*from, *to))) {
                    if from < to {
                        prop_assert_eq!(marks.has_escape(from, to), record[from..to].contains(&b'\\'));
                    }
                }
            }
        }
    }
}
