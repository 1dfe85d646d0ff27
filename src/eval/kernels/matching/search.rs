//! The search for needles in many texts at once.
//!
//! Texts are copied one behind the other into a block that fits into the cache, brought to one case there in one go, and
//! searched as one: a vectorised search (`memmem` for one needle, Teddy for up to some dozens, an automaton for more)
//! finds the places where a needle may stand, and only there is looked at what borders a term. The byte between two
//! texts is one that occurs in no UTF-8, so nothing is found across texts.

use aho_corasick::{AhoCorasick, MatchKind, Span, packed};
use datafusion::arrow::array::{Array as _, BooleanBufferBuilder, StringViewArray};
use memchr::memmem;

use super::fold;
use super::terms::{is_border, is_of_term};
use crate::ir::{CaseRule, StringTest, TermRule};

/// How much text is searched in one go, in bytes.
const BLOCK: usize = 64 * 1024;
/// What stands between two texts of a block.
const SEPARATOR: u8 = 0xff;

/// A needle in the form of the case rule, and what has to be beside it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Needle {
    bytes: Box<[u8]>,
    left: Side,
    right: Side,
}

/// What stands on a side of a needle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// Anything.
    Any,
    /// The border of a term.
    Border,
    /// The end of the text.
    End,
}

/// A search for one of several needles.
#[derive(Debug)]
pub(super) struct Search {
    /// Sorted, none twice, none empty.
    needles: Vec<Needle>,
    /// Where the needles of each first byte begin among `needles`, and where the last ones end.
    firsts: Box<[u32; 257]>,
    shortest: usize,
    engine: Engine,
    case: CaseRule,
    terms: TermRule,
}

/// What finds places at which a needle stands, the first one first.
#[derive(Debug)]
enum Engine {
    /// For one needle.
    One(memmem::Finder<'static>),
    /// For some: vectorised.
    Packed(packed::Searcher),
    /// For any number.
    Automaton(AhoCorasick),
}

impl Engine {
    fn new(needles: &[Needle]) -> Option<Self> {
        let mut texts: Vec<&[u8]> = needles.iter().map(|needle| &*needle.bytes).collect();
        texts.dedup();
        if let [text] = texts.as_slice() {
            return Some(Self::One(memmem::Finder::new(text).into_owned()));
        }
        let patterns = || texts.iter();
        if let Some(searcher) = packed::Searcher::new(patterns()) {
            return Some(Self::Packed(searcher));
        }
        AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(patterns()).ok().map(Self::Automaton)
    }

    /// The first place at or behind `at` where a needle stands.
    fn find(&self, text: &[u8], at: usize) -> Option<usize> {
        let span = Span { start: at, end: text.len() };
        match self {
            Self::One(finder) => finder.find(text.get(at..)?).map(|found| at + found),
            Self::Packed(searcher) => searcher.find_in(text, span).map(|found| found.start()),
            Self::Automaton(automaton) => automaton.find(aho_corasick::Input::new(text).span(span)).map(|m| m.start()),
        }
    }
}

impl Search {
    /// A search for any of the needles, each by a test for parts of texts. None is empty; nothing where there are none, or
    /// more than can be.
    pub(super) fn new<'n>(
        case: CaseRule,
        terms: TermRule,
        needles: impl IntoIterator<Item = (StringTest, &'n str)>,
    ) -> Option<Self> {
        // An end that is no part of a term needs no border beside it.
        let guarded = |c: Option<char>| terms == TermRule::UnicodeWords || c.is_some_and(|c| is_of_term(terms, c));
        let border = |c: Option<char>| if guarded(c) { Side::Border } else { Side::Any };
        let mut needles: Vec<Needle> = needles
            .into_iter()
            .map(|(test, needle)| Needle {
                bytes: fold::fold(case, needle).as_bytes().into(),
                left: match test {
                    StringTest::HasTerm | StringTest::HasPrefix => border(needle.chars().next()),
                    StringTest::StartsWith => Side::End,
                    _ => Side::Any,
                },
                right: match test {
                    StringTest::HasTerm | StringTest::HasSuffix => border(needle.chars().next_back()),
                    StringTest::EndsWith => Side::End,
                    _ => Side::Any,
                },
            })
            .collect();
        needles.sort_unstable();
        needles.dedup();
        let shortest = needles.iter().map(|needle| needle.bytes.len()).min()?;
        let mut firsts = Box::new([0; 257]);
        for (first, start) in firsts.iter_mut().enumerate() {
            let start_of =
                needles.partition_point(|needle| needle.bytes.first().map(|b| usize::from(*b)) < Some(first));
            *start = u32::try_from(start_of).ok()?;
        }
        let engine = Engine::new(&needles)?;
        Some(Self { needles, firsts, shortest, engine, case, terms })
    }

    /// Whether one of the needles stands in a text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let text = fold::fold(self.case, text);
        let text = text.as_bytes();
        let mut at = 0;
        while let Some(found) = self.engine.find(text, at) {
            if self.stands(text, found) {
                return true;
            }
            at = found + 1;
        }
        false
    }

    /// Which texts hold one of the needles, among those that are asked for.
    pub(super) fn eval(&self, texts: &StringViewArray, asked: impl Fn(usize) -> bool) -> BooleanBufferBuilder {
        let mut matched = BooleanBufferBuilder::new(texts.len());
        matched.append_n(texts.len(), false);
        let mut block = Block::default();
        for row in 0..texts.len() {
            if !asked(row) {
                continue;
            }
            let text = texts.value(row);
            if text.len() < self.shortest {
                continue;
            }
            fold::append(self.case, text, &mut block.bytes);
            block.ends.push(block.bytes.len());
            block.rows.push(row);
            block.bytes.push(SEPARATOR);
            if block.bytes.len() >= BLOCK {
                self.search(&mut block, &mut matched);
            }
        }
        self.search(&mut block, &mut matched);
        matched
    }

    /// Searches a block and empties it.
    fn search(&self, block: &mut Block, matched: &mut BooleanBufferBuilder) {
        fold::finish(self.case, &mut block.bytes);
        let (mut at, mut slot) = (0, 0);
        while let Some(found) = self.engine.find(&block.bytes, at) {
            slot += block.ends[slot..].partition_point(|end| *end <= found);
            let Some(&end) = block.ends.get(slot) else { break };
            let start = slot.checked_sub(1).and_then(|before| block.ends.get(before)).map_or(0, |end| end + 1);
            if self.stands(&block.bytes[start..end], found - start) {
                matched.set_bit(block.rows[slot], true);
                at = end + 1;
            } else {
                at = found + 1;
            }
        }
        block.bytes.clear();
        block.ends.clear();
        block.rows.clear();
    }

    /// Whether one of the needles that stand at a place has its borders.
    fn stands(&self, text: &[u8], at: usize) -> bool {
        let Some(first) = text.get(at).map(|byte| usize::from(*byte)) else { return false };
        self.needles[self.firsts[first] as usize..self.firsts[first + 1] as usize].iter().any(|needle| {
            text[at..].starts_with(&needle.bytes)
                && self.borders(needle.left, text, at)
                && self.borders(needle.right, text, at + needle.bytes.len())
        })
    }

    /// Whether what has to be beside a needle is there.
    fn borders(&self, side: Side, text: &[u8], at: usize) -> bool {
        match side {
            Side::Any => true,
            Side::Border => is_border(self.terms, text, at),
            Side::End => at == 0 || at == text.len(),
        }
    }
}

/// Texts, one behind the other.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<usize>,
    /// The row each text is from.
    rows: Vec<usize>,
}
