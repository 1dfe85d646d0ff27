//! Counts of distinct values, exact and estimated.

use datafusion::common::{HashSet, Result};

use super::codec::{Reader, Writer};
use super::extremes::order_key;
use super::groups::State;
use super::sketch::{Sketch, hash};
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;
use crate::eval::dynamic;

/// The state of `count_distinct`: the values themselves. Nulls do not count, the empty string does.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    numbers: HashSet<i64>,
    /// Values that do not fit into a word, as bytes.
    others: HashSet<Box<[u8]>>,
}

impl Distinct {
    fn insert(&mut self, bytes: &[u8]) -> usize {
        if self.others.contains(bytes) {
            return 0;
        }
        self.others.insert(bytes.into());
        bytes.len() + size_of::<Box<[u8]>>()
    }
}

impl State for Distinct {
    type Config = ();

    fn new((): &()) -> Self {
        Self::default()
    }

    fn update(&mut self, (): &(), inputs: &[Cells<'_>], row: usize) -> usize {
        match inputs[0].get(row) {
            Cell::Null => 0,
            Cell::String(text) => self.insert(text.as_bytes()),
            Cell::Guid(value) => self.insert(&value.to_be_bytes()),
            Cell::Decimal(value) => self.insert(&crate::eval::arrays::decimal_bytes(value)),
            Cell::Dynamic(bytes) => self.insert(&bytes),
            number => match order_key(&number) {
                Some(key) if self.numbers.insert(key) => size_of::<i64>() + 1,
                _ => 0,
            },
        }
    }

    fn merge(&mut self, (): &(), other: Self) -> usize {
        let mut grown = 0;
        for key in other.numbers {
            grown += usize::from(self.numbers.insert(key)) * (size_of::<i64>() + 1);
        }
        for bytes in other.others {
            let size = bytes.len() + size_of::<Box<[u8]>>();
            grown += usize::from(self.others.insert(bytes)) * size;
        }
        grown
    }

    fn encode(&self, into: &mut Writer) {
        into.len(self.numbers.len());
        for key in &self.numbers {
            into.i64(*key);
        }
        into.len(self.others.len());
        for bytes in &self.others {
            into.bytes(bytes);
        }
    }

    fn decode((): &(), from: &mut Reader<'_>) -> Result<Self> {
        let count = from.len()?;
        let numbers = (0..count).map(|_| from.i64()).collect::<Result<_>>()?;
        let count = from.len()?;
        let others = (0..count).map(|_| from.bytes().map(Into::into)).collect::<Result<_>>()?;
        Ok(Self { numbers, others })
    }

    fn finish(self, (): &(), outputs: &mut [CellBuilder]) -> Result<()> {
        outputs[0].push(&Cell::Long((self.numbers.len() + self.others.len()) as i64))
    }

    fn heap(&self) -> usize {
        self.numbers.len() * (size_of::<i64>() + 1)
            + self.others.iter().map(|bytes| bytes.len() + size_of::<Box<[u8]>>()).sum::<usize>()
    }
}

/// What is made of a sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sketching {
    /// Bits that choose a register; see [`super::sketch`].
    pub(super) bits: u8,
    /// Whether the values are sketches themselves.
    pub(super) merging: bool,
    /// Whether the sketch is wanted, not its count; null without values.
    pub(super) sketch: bool,
}

/// The state of `dcount`, `hll` and `hll_merge`. Nulls do not count, the empty string does; what should be a sketch and
/// is none is passed over.
#[derive(Debug)]
pub(super) struct Counted(Option<Sketch>);

impl State for Counted {
    type Config = Sketching;

    fn new(_: &Sketching) -> Self {
        Self(None)
    }

    fn update(&mut self, config: &Sketching, inputs: &[Cells<'_>], row: usize) -> usize {
        let cell = inputs[0].get(row);
        if config.merging {
            let other = match &cell {
                Cell::Dynamic(bytes) => Sketch::from_json(&dynamic::decode(bytes)),
                _ => None,
            };
            self.merge(config, Self(other))
        } else {
            hash(&cell).map_or(0, |hash| self.0.get_or_insert_with(|| Sketch::new(config.bits)).insert(hash))
        }
    }

    fn merge(&mut self, _: &Sketching, other: Self) -> usize {
        let before = self.heap();
        match (&mut self.0, other.0) {
            (Some(sketch), Some(other)) => sketch.merge(other),
            (own @ None, other) => *own = other,
            (Some(_), None) => {}
        }
        self.heap().saturating_sub(before)
    }

    fn encode(&self, into: &mut Writer) {
        into.bool(self.0.is_some());
        if let Some(sketch) = &self.0 {
            sketch.encode(into);
        }
    }

    fn decode(_: &Sketching, from: &mut Reader<'_>) -> Result<Self> {
        Ok(Self(if from.bool()? { Some(Sketch::decode(from)?) } else { None }))
    }

    fn finish(self, config: &Sketching, outputs: &mut [CellBuilder]) -> Result<()> {
        outputs[0].push(&match self.0 {
            Some(sketch) if config.sketch => Cell::dynamic(&sketch.to_json()),
            None if config.sketch => Cell::Null,
            sketch => Cell::Long(sketch.map_or(0, |sketch| sketch.count())),
        })
    }

    fn heap(&self) -> usize {
        self.0.as_ref().map_or(0, Sketch::heap)
    }
}
