//! Aggregates that collect values: `make_list`, `make_set`, `make_bag` and their like.

use std::borrow::Cow;

use datafusion::common::{HashMap, Result};

use super::codec::{Reader, Writer};
use super::groups::State;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{self, Shown, View};
use crate::ir::Json;

/// How values are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Collecting {
    /// How many at most; those of the lowest rank.
    pub(super) limit: usize,
    /// Whether nulls are collected too.
    pub(super) nulls: bool,
}

/// The rank of a record: the last input.
fn rank(inputs: &[Cells<'_>], row: usize) -> i64 {
    inputs.last().and_then(|input| input.get(row).as_long()).unwrap_or_default()
}

/// A value as an element of a dynamic; `None` for nulls, that of JSON included. A decimal, which no dynamic can hold,
/// is its text.
fn element<'a>(cell: &'a Cell<'_>) -> Option<Cow<'a, [u8]>> {
    match cell {
        Cell::Null => None,
        Cell::Dynamic(bytes) => match View::new(bytes).shown() {
            Shown::Null => None,
            _ => Some(Cow::Borrowed(bytes)),
        },
        Cell::String(_) | Cell::Decimal(_) => {
            let mut bytes = Vec::new();
            dynamic::append_string(&cell.to_text(), &mut bytes);
            Some(Cow::Owned(bytes))
        }
        other => other.to_json().map(|json| Cow::Owned(dynamic::encode(&json))),
    }
}

/// The state of `make_list`: encoded elements, one behind the other, each with its rank.
#[derive(Debug, Default)]
pub(super) struct List {
    ranks: Vec<i64>,
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl List {
    fn push(&mut self, config: &Collecting, rank: i64, element: &[u8]) {
        self.ranks.push(rank);
        self.bytes.extend_from_slice(element);
        self.ends.push(self.bytes.len());
        if self.ranks.len() > config.limit.saturating_mul(2).saturating_add(16) {
            *self = self.first(config.limit);
        }
    }

    fn element(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }

    /// The elements of the lowest ranks, in their order.
    fn first(&self, limit: usize) -> Self {
        let mut order: Vec<usize> = (0..self.ranks.len()).collect();
        order.sort_unstable_by_key(|index| self.ranks[*index]);
        let mut first = Self::default();
        for index in order.into_iter().take(limit) {
            first.ranks.push(self.ranks[index]);
            first.bytes.extend_from_slice(self.element(index));
            first.ends.push(first.bytes.len());
        }
        first
    }
}

impl State for List {
    type Config = Collecting;

    fn new(_: &Collecting) -> Self {
        Self::default()
    }

    fn update(&mut self, config: &Collecting, inputs: &[Cells<'_>], row: usize) -> usize {
        let before = self.heap();
        let cell = inputs[0].get(row);
        match element(&cell) {
            Some(element) => self.push(config, rank(inputs, row), &element),
            None if config.nulls => self.push(config, rank(inputs, row), &dynamic::encode(&Json::Null)),
            None => {}
        }
        self.heap().saturating_sub(before)
    }

    fn merge(&mut self, config: &Collecting, other: Self) -> usize {
        let before = self.heap();
        for (index, rank) in other.ranks.iter().enumerate() {
            self.push(config, *rank, other.element(index));
        }
        self.heap().saturating_sub(before)
    }

    fn encode(&self, into: &mut Writer) {
        into.len(self.ranks.len());
        for (index, rank) in self.ranks.iter().enumerate() {
            into.i64(*rank);
            into.bytes(self.element(index));
        }
    }

    fn decode(_: &Collecting, from: &mut Reader<'_>) -> Result<Self> {
        let mut list = Self::default();
        for _ in 0..from.len()? {
            list.ranks.push(from.i64()?);
            list.bytes.extend_from_slice(from.bytes()?);
            list.ends.push(list.bytes.len());
        }
        Ok(list)
    }

    fn finish(self, config: &Collecting, outputs: &mut [CellBuilder]) -> Result<()> {
        let sorted = self.first(config.limit);
        outputs[0].push(&Cell::Dynamic(Cow::Owned(dynamic::array(sorted.ranks.len(), &sorted.bytes))))
    }

    fn heap(&self) -> usize {
        self.ranks.capacity() * size_of::<i64>() + self.ends.capacity() * size_of::<usize>() + self.bytes.capacity()
    }
}

/// Where a value was met first: the rank of the record, and the position within its array.
type Place = (i64, u64);

/// What a table keeps for an entry, apart from what its key and value point to.
const ENTRY_BYTES: usize = size_of::<(Box<[u8]>, Place)>() + 1;

/// The state of `make_set`: each value with where it was met first. Arrays count as their elements.
#[derive(Debug, Default)]
pub(super) struct Set {
    places: HashMap<Box<[u8]>, Place>,
    bytes: usize,
}

impl Set {
    fn insert(&mut self, config: &Collecting, value: &[u8], place: Place) {
        if let Some(known) = self.places.get_mut(value) {
            *known = place.min(*known);
            return;
        }
        self.bytes += value.len() + ENTRY_BYTES;
        self.places.insert(value.into(), place);
        // A value that goes has so many before it that it cannot come back into the result.
        if self.places.len() > config.limit.saturating_mul(2).saturating_add(16) {
            let kept = std::mem::take(self).sorted(config.limit);
            self.bytes = kept.iter().map(|(value, _)| value.len() + ENTRY_BYTES).sum();
            self.places = kept.into_iter().collect();
        }
    }

    fn sorted(self, limit: usize) -> Vec<(Box<[u8]>, Place)> {
        let mut all: Vec<_> = self.places.into_iter().collect();
        all.sort_unstable_by_key(|(_, place)| *place);
        all.truncate(limit);
        all
    }
}

impl State for Set {
    type Config = Collecting;

    fn new(_: &Collecting) -> Self {
        Self::default()
    }

    fn update(&mut self, config: &Collecting, inputs: &[Cells<'_>], row: usize) -> usize {
        let before = self.bytes;
        let cell = inputs[0].get(row);
        let rank = rank(inputs, row);
        match &cell {
            Cell::Dynamic(bytes) => match View::new(bytes).shown() {
                Shown::Null => {}
                Shown::Array(items) => {
                    for (position, item) in (0..).zip(items) {
                        if !matches!(item.shown(), Shown::Null) {
                            self.insert(config, &dynamic::by_name(item.bytes()), (rank, position));
                        }
                    }
                }
                _ => self.insert(config, &dynamic::by_name(bytes), (rank, 0)),
            },
            cell => {
                if let Some(element) = element(cell) {
                    self.insert(config, &element, (rank, 0));
                }
            }
        }
        self.bytes.saturating_sub(before)
    }

    fn merge(&mut self, config: &Collecting, other: Self) -> usize {
        let before = self.bytes;
        for (value, place) in other.places {
            self.insert(config, &value, place);
        }
        self.bytes.saturating_sub(before)
    }

    fn encode(&self, into: &mut Writer) {
        into.len(self.places.len());
        for (value, (rank, position)) in &self.places {
            into.bytes(value);
            into.i64(*rank);
            into.u64(*position);
        }
    }

    fn decode(config: &Collecting, from: &mut Reader<'_>) -> Result<Self> {
        let mut set = Self::default();
        for _ in 0..from.len()? {
            let value = from.bytes()?;
            set.insert(config, value, (from.i64()?, from.u64()?));
        }
        Ok(set)
    }

    fn finish(self, config: &Collecting, outputs: &mut [CellBuilder]) -> Result<()> {
        let values = self.sorted(config.limit);
        let content: Vec<u8> = values.iter().flat_map(|(value, _)| value.iter().copied()).collect();
        outputs[0].push(&Cell::Dynamic(Cow::Owned(dynamic::array(values.len(), &content))))
    }

    fn heap(&self) -> usize {
        self.bytes
    }
}

/// The state of `make_bag`: each slot with where it was met first, whose value it has. What is no bag is passed over.
#[derive(Debug, Default)]
pub(super) struct Bag {
    slots: HashMap<Box<str>, (Place, Box<[u8]>)>,
    bytes: usize,
}

impl Bag {
    fn insert(&mut self, name: &str, place: Place, value: &[u8]) {
        match self.slots.get_mut(name) {
            Some(known) if known.0 <= place => {}
            Some(known) => {
                self.bytes = (self.bytes + value.len()).saturating_sub(known.1.len());
                *known = (place, value.into());
            }
            None => {
                self.bytes += name.len() + value.len() + size_of::<Box<[u8]>>() + ENTRY_BYTES;
                self.slots.insert(name.into(), (place, value.into()));
            }
        }
    }
}

impl State for Bag {
    type Config = Collecting;

    fn new(_: &Collecting) -> Self {
        Self::default()
    }

    fn update(&mut self, _: &Collecting, inputs: &[Cells<'_>], row: usize) -> usize {
        let before = self.bytes;
        if let Cell::Dynamic(bytes) = inputs[0].get(row)
            && let Shown::Bag(slots) = View::new(&bytes).shown()
        {
            let rank = rank(inputs, row);
            for (position, (name, value)) in (0..).zip(slots) {
                self.insert(name, (rank, position), value.bytes());
            }
        }
        self.bytes.saturating_sub(before)
    }

    fn merge(&mut self, _: &Collecting, other: Self) -> usize {
        let before = self.bytes;
        for (name, (place, value)) in other.slots {
            self.insert(&name, place, &value);
        }
        self.bytes.saturating_sub(before)
    }

    fn encode(&self, into: &mut Writer) {
        into.len(self.slots.len());
        for (name, ((rank, position), value)) in &self.slots {
            into.bytes(name.as_bytes());
            into.i64(*rank);
            into.u64(*position);
            into.bytes(value);
        }
    }

    fn decode(_: &Collecting, from: &mut Reader<'_>) -> Result<Self> {
        let mut bag = Self::default();
        for _ in 0..from.len()? {
            let name = String::from_utf8_lossy(from.bytes()?);
            let place = (from.i64()?, from.u64()?);
            bag.insert(&name, place, from.bytes()?);
        }
        Ok(bag)
    }

    fn finish(self, config: &Collecting, outputs: &mut [CellBuilder]) -> Result<()> {
        let mut slots: Vec<_> = self.slots.into_iter().collect();
        slots.sort_unstable_by_key(|(_, (place, _))| *place);
        slots.truncate(config.limit);
        let slots = slots.into_iter().map(|(name, (_, value))| (name.into(), dynamic::decode(&value))).collect();
        outputs[0].push(&Cell::dynamic(&Json::Bag(slots)))
    }

    fn heap(&self) -> usize {
        self.bytes
    }
}
