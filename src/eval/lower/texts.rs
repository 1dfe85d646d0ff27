//! Numbers that stand for texts while records are put into groups.
//!
//! A text is hashed and compared once, when its number is looked up; from then on groups are told apart by numbers. Which
//! number a text gets is up to the order in which threads come, so that nothing may depend on it but equality.

use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use datafusion::arrow::array::{Array as _, StringViewArray, StringViewBuilder};
use datafusion::arrow::buffer::Buffer;
use datafusion::common::hash_utils::RandomState;
use datafusion::common::{Result, exec_datafusion_err};

/// How many bits a number has.
pub(super) const BITS: u32 = 31;
/// Texts are kept in so many tables, so that threads seldom wait for each other: a power of two.
const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 4;
/// How many texts a table holds.
const MOST: usize = 1 << (BITS - SHARD_BITS);
/// For how many columns views are remembered.
const REMEMBERED: usize = 16;

/// Texts and their numbers.
#[derive(Debug, Default)]
pub(super) struct Texts {
    shards: [RwLock<Shard>; SHARDS],
    views: Mutex<Vec<Views>>,
}

impl Texts {
    /// The number of each text.
    ///
    /// # Errors
    /// Where there are more different texts than numbers.
    pub(super) fn numbers(&self, texts: &StringViewArray) -> Result<Vec<u32>> {
        let mut views = self.remembered(texts);
        let mut numbers = vec![0; texts.len()];
        let mut missing: [Vec<(usize, u64)>; SHARDS] = Default::default();
        let shards = self.shards();
        let random = RandomState::default();
        for (row, (number, view)) in numbers.iter_mut().zip(texts.views()).enumerate() {
            if let Some(known) = views.as_ref().and_then(|views| views.number(*view)) {
                *number = known;
                continue;
            }
            let text = text_of(texts, row);
            let hash = random.hash_one(text);
            let shard = shard_of(hash);
            match shards[shard].place(hash, text) {
                Some(place) => {
                    *number = number_of(shard, place);
                    if let Some(views) = &mut views {
                        views.remember(*view, *number);
                    }
                }
                None => missing[shard].push((row, hash)),
            }
        }
        drop(shards);
        for (shard, rows) in missing.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let mut table = self.shards[shard].write().unwrap_or_else(PoisonError::into_inner);
            for (row, hash) in rows {
                let place = table.place_or_new(*hash, text_of(texts, *row));
                let place =
                    place.ok_or_else(|| exec_datafusion_err!("there are too many different texts to group by"))?;
                numbers[*row] = number_of(shard, place);
            }
        }
        if let Some(views) = views {
            let mut all = self.views.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() == REMEMBERED {
                all.remove(0);
            }
            all.push(views);
        }
        Ok(numbers)
    }

    /// The texts of numbers.
    pub(super) fn texts(&self, numbers: impl ExactSizeIterator<Item = u32>) -> StringViewArray {
        let shards = self.shards();
        let mut builder = StringViewBuilder::with_capacity(numbers.len());
        for number in numbers {
            let number = number as usize;
            builder.append_value(shards[number % SHARDS].text(number >> SHARD_BITS));
        }
        builder.finish()
    }

    fn shards(&self) -> [RwLockReadGuard<'_, Shard>; SHARDS] {
        self.shards.each_ref().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of views into the same buffers, which nobody else uses meanwhile. Nothing where there are no buffers:
    /// short texts stand in their views.
    fn remembered(&self, texts: &StringViewArray) -> Option<Views> {
        if texts.data_buffers().is_empty() || texts.null_count() > 0 {
            return None;
        }
        let mut all = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match all.iter().position(|views| views.are_of(texts)) {
            Some(at) => all.remove(at).again(),
            None => Views::of(texts),
        })
    }
}

/// A text, of which none is null.
fn text_of(texts: &StringViewArray, row: usize) -> &str {
    if texts.is_null(row) { "" } else { texts.value(row) }
}

const fn shard_of(hash: u64) -> usize {
    hash as usize % SHARDS
}

const fn number_of(shard: usize, place: u32) -> u32 {
    place << SHARD_BITS | shard as u32
}

/// A table of texts.
#[derive(Debug, Default)]
struct Shard {
    /// Where a hash falls: some of its bits, and the number behind the place of its text. Their count is a power of two,
    /// of which at most half are used.
    slots: Vec<(u32, u32)>,
    hashes: Vec<u64>,
    /// Where each text ends, and the next one begins.
    ends: Vec<usize>,
    all: String,
}

impl Shard {
    fn text(&self, place: usize) -> &str {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.all.get(start..end).unwrap_or_default()
    }

    /// The slot of a text, or the free one that would be its.
    fn slot(&self, hash: u64, text: &str) -> usize {
        let mut slot = (hash >> SHARD_BITS) as usize % self.slots.len();
        loop {
            let (tag, behind) = self.slots[slot];
            if behind == 0 || tag == tag_of(hash) && self.text(behind as usize - 1) == text {
                return slot;
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    fn place(&self, hash: u64, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.slot(hash, text)].1.checked_sub(1)
    }

    /// The place of a text, which is put there where it is new; nothing where the table is full.
    fn place_or_new(&mut self, hash: u64, text: &str) -> Option<u32> {
        if self.ends.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(hash, text);
        if let Some(place) = self.slots[slot].1.checked_sub(1) {
            return Some(place);
        }
        let place = u32::try_from(self.ends.len()).ok().filter(|place| (*place as usize) < MOST)?;
        self.all.push_str(text);
        self.ends.push(self.all.len());
        self.hashes.push(hash);
        self.slots[slot] = (tag_of(hash), place + 1);
        Some(place)
    }

    fn grow(&mut self) {
        let mut slots = vec![(0, 0); (self.slots.len() * 2).max(64)];
        let count = slots.len();
        for (hash, behind) in self.hashes.iter().zip(1u32..) {
            let mut slot = (hash >> SHARD_BITS) as usize % count;
            while slots[slot].1 != 0 {
                slot = (slot + 1) % count;
            }
            slots[slot] = (tag_of(*hash), behind);
        }
        self.slots = slots;
    }
}

const fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The numbers of views into some buffers: two views of the same bits are the same text.
///
/// Buffers that come a second time are those of a dictionary, into which many views go; only then are views remembered.
#[derive(Debug)]
struct Views {
    /// The buffers. While they are held, nothing else can be where they are.
    buffers: Vec<Buffer>,
    seen: Vec<u128>,
    numbers: Vec<u32>,
}

impl Views {
    /// How many views are remembered, each in one of two slots: a power of two.
    const SLOTS: usize = 1 << 14;
    /// The number that no text has.
    const NONE: u32 = u32::MAX;

    fn of(texts: &StringViewArray) -> Self {
        Self { buffers: texts.data_buffers().to_vec(), seen: Vec::new(), numbers: Vec::new() }
    }

    /// The same, when its buffers have come again.
    fn again(mut self) -> Self {
        self.seen.resize(Self::SLOTS, 0);
        self.numbers.resize(Self::SLOTS, Self::NONE);
        self
    }

    fn are_of(&self, texts: &StringViewArray) -> bool {
        let others = texts.data_buffers();
        let same = |(one, other): (&Buffer, &Buffer)| one.as_ptr() == other.as_ptr() && one.len() == other.len();
        self.buffers.len() == others.len() && self.buffers.iter().zip(others).all(same)
    }

    const fn slot(view: u128) -> usize {
        let mixed = ((view >> 64) as u64 ^ view as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as usize % Self::SLOTS
    }

    #[inline]
    fn number(&self, view: u128) -> Option<u32> {
        let first = Self::slot(view);
        let slot = [first, first ^ 1].into_iter().find(|slot| self.seen.get(*slot) == Some(&view))?;
        Some(self.numbers[slot]).filter(|number| *number != Self::NONE)
    }

    fn remember(&mut self, view: u128, number: u32) {
        if !self.seen.is_empty() {
            let first = Self::slot(view);
            let slot = if self.numbers[first] == Self::NONE { first } else { first ^ 1 };
            (self.seen[slot], self.numbers[slot]) = (view, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn same(texts: &Texts, rows: &StringViewArray, known: &mut HashMap<String, u32>) {
        let numbers = texts.numbers(rows).unwrap();
        for (row, number) in numbers.iter().enumerate() {
            let before = known.entry(text_of(rows, row).to_owned()).or_insert(*number);
            assert_eq!(*before, *number, "{}", text_of(rows, row));
        }
        let mut different: Vec<u32> = known.values().copied().collect();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), known.len());
        let back = texts.texts(numbers.into_iter());
        assert!((0..rows.len()).all(|row| back.value(row) == text_of(rows, row)));
    }

    proptest! {
        #[test]
        fn each_text_has_a_number_of_its_own(
            words in prop::collection::vec("[a-c]{0,3}|a text that is longer than a view [a-c]{1,3}", 1..50),
            batches in prop::collection::vec(prop::collection::vec(0usize..50, 1..40), 1..5),
            repeat in prop::sample::select(vec![1usize, 40]),
            shared: bool,
        ) {
            let texts = Texts::default();
            let mut known = HashMap::new();
            let mut dictionary = StringViewBuilder::new();
            for word in &words {
                dictionary.append_value(word);
            }
            let dictionary = dictionary.finish();
            for batch in batches {
                let rows: Vec<usize> = (0..repeat).flat_map(|_| &batch).map(|row| row % words.len()).collect();
                let array = if shared {
                    let views: Vec<u128> = rows.iter().map(|row| dictionary.views()[*row]).collect();
                    StringViewArray::try_new(views.into(), dictionary.data_buffers().to_vec(), None).unwrap()
                } else {
                    rows.iter().map(|row| Some(&*words[*row])).collect()
                };
                same(&texts, &array, &mut known);
            }
        }
    }

    #[test]
    fn many_texts_find_their_place() {
        let texts = Texts::default();
        let mut known = HashMap::new();
        for start in [0, 20_000, 10_000] {
            let rows: StringViewArray =
                (start..start + 20_000).map(|number| Some(format!("the text of number {number}"))).collect();
            same(&texts, &rows, &mut known);
        }
        assert_eq!(known.len(), 40_000);
    }
}
