//! `percentile` and its like, `tdigest` and the merging of digests.

use std::sync::Arc;

use datafusion::common::Result;

use super::codec::{Reader, Writer};
use super::digest::{Digest, Runs};
use super::extremes::order_key;
use super::groups::State;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;
use crate::eval::dynamic;
use crate::ir::Json;
use crate::types::Type;

/// What is read from the values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reading {
    /// Percentages, as the bits of a real, a column each; null without values.
    Columns(Arc<[u64]>),
    /// Percentages, as the bits of a real, in one array; null without values.
    Array(Arc<[u64]>),
    /// The digest itself; null without values.
    Digest,
}

/// How percentiles are computed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ranking {
    /// The type that values are kept as: that of the input, with decimals as reals.
    pub(super) ty: Type,
    /// Whether the second input is the weight.
    pub(super) weighted: bool,
    /// What is wanted.
    pub(super) reading: Reading,
}

/// A value as it is kept; NaN is passed over like null.
fn key(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Real(value) if value.is_nan() => None,
        Cell::Decimal(value) => order_key(&Cell::Real(value.to_f64())),
        other => order_key(other),
    }
}

fn read(reading: &Reading, digest: &Digest, outputs: &mut [CellBuilder]) -> Result<()> {
    match reading {
        Reading::Columns(percents) => {
            for (output, percent) in outputs.iter_mut().zip(percents.iter()) {
                output.push(&digest.percentile(f64::from_bits(*percent)))?;
            }
            Ok(())
        }
        _ if digest.is_empty() => outputs[0].push(&Cell::Null),
        Reading::Array(percents) => {
            let values = percents.iter().filter_map(|percent| digest.percentile(f64::from_bits(*percent)).to_json());
            outputs[0].push(&Cell::dynamic(&Json::Array(values.collect())))
        }
        Reading::Digest => outputs[0].push(&Cell::dynamic(&digest.to_json())),
    }
}

/// The state of percentiles and of `tdigest`. A weight below one leaves its value out.
#[derive(Debug)]
pub(super) struct Ranked(Runs);

impl State for Ranked {
    type Config = Ranking;

    fn new(_: &Ranking) -> Self {
        Self(Runs::default())
    }

    fn update(&mut self, config: &Ranking, inputs: &[Cells<'_>], row: usize) -> usize {
        let Some(key) = key(&inputs[0].get(row)) else { return 0 };
        let weight = if config.weighted { inputs[1].get(row).as_long().unwrap_or_default() } else { 1 };
        let before = self.heap();
        self.0.add(key, u64::try_from(weight).unwrap_or_default());
        self.heap().saturating_sub(before)
    }

    fn merge(&mut self, _: &Ranking, other: Self) -> usize {
        let before = self.heap();
        self.0.merge(other.0);
        self.heap().saturating_sub(before)
    }

    fn encode(&self, into: &mut Writer) {
        self.0.encode(into);
    }

    fn decode(_: &Ranking, from: &mut Reader<'_>) -> Result<Self> {
        Ok(Self(Runs::decode(from)?))
    }

    fn finish(self, config: &Ranking, outputs: &mut [CellBuilder]) -> Result<()> {
        read(&config.reading, &Digest::new(config.ty, self.0), outputs)
    }

    fn heap(&self) -> usize {
        self.0.heap()
    }
}

/// The state of `tdigest_merge`: the values of each type by themselves, put together at the end. What should be a
/// digest and is none is passed over.
#[derive(Debug)]
pub(super) struct Merged([Runs; KINDS.len()]);

/// The types that a digest may hold.
const KINDS: [Type; 4] = [Type::Long, Type::Real, Type::DateTime, Type::TimeSpan];

impl State for Merged {
    type Config = ();

    fn new((): &()) -> Self {
        Self(Default::default())
    }

    fn update(&mut self, (): &(), inputs: &[Cells<'_>], row: usize) -> usize {
        let Cell::Dynamic(bytes) = inputs[0].get(row) else { return 0 };
        let Some(digest) = Digest::from_json(&dynamic::decode(&bytes)) else { return 0 };
        let before = self.heap();
        if let Some(kind) = KINDS.iter().position(|kind| *kind == digest.ty()) {
            for (key, weight) in digest.into_runs() {
                self.0[kind].add(key, weight);
            }
        }
        self.heap().saturating_sub(before)
    }

    fn merge(&mut self, (): &(), other: Self) -> usize {
        let before = self.heap();
        for (own, runs) in self.0.iter_mut().zip(other.0) {
            own.merge(runs);
        }
        self.heap().saturating_sub(before)
    }

    fn encode(&self, into: &mut Writer) {
        for runs in &self.0 {
            runs.encode(into);
        }
    }

    fn decode((): &(), from: &mut Reader<'_>) -> Result<Self> {
        let mut merged = Self(Default::default());
        for runs in &mut merged.0 {
            *runs = Runs::decode(from)?;
        }
        Ok(merged)
    }

    fn finish(self, (): &(), outputs: &mut [CellBuilder]) -> Result<()> {
        let digests = self.0.into_iter().zip(KINDS).map(|(runs, kind)| Digest::new(kind, runs));
        // Digests of numbers and of times do not go together; null says so.
        match digests.map(Some).reduce(|a, b| a?.merge(&b?)).flatten() {
            Some(digest) => read(&Reading::Digest, &digest, outputs),
            None => outputs[0].push(&Cell::Null),
        }
    }

    fn heap(&self) -> usize {
        self.0.iter().map(Runs::heap).sum()
    }
}
