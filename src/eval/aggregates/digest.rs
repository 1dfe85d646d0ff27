//! Values by how often they occur, in their order: what percentiles are read from.
//!
//! Percentiles are always exact: values of a group are kept as runs of a value and its weight, 16 bytes a distinct value.
//! That is more than a t-digest needs, but a t-digest depends on the order in which it is fed, and the answer of a query
//! must not depend on how its input was split. Only what `tdigest` gives out is bounded, by a rule that looks at the
//! whole of the values.

use datafusion::common::Result;

use super::codec::{Reader, Writer};
use super::extremes::{from_key, order_key};
use crate::eval::cell::Cell;
use crate::ir::Json;
use crate::types::Type;

/// Above so many distinct values, what `tdigest` gives is compressed.
const CENTROIDS: usize = 1024;
/// The version that Kusto puts in front of its digests.
const VERSION: i64 = 7;

/// Runs of a key of [`order_key`] and its weight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// In order, each key once.
    settled: Vec<(i64, u64)>,
    /// What came since.
    fresh: Vec<(i64, u64)>,
}

impl Runs {
    pub(super) fn add(&mut self, key: i64, weight: u64) {
        if weight == 0 {
            return;
        }
        self.fresh.push((key, weight));
        if self.fresh.len() >= self.settled.len().max(1024) {
            self.settle();
        }
    }

    pub(super) fn settle(&mut self) {
        self.fresh.sort_unstable();
        let fresh = std::mem::take(&mut self.fresh);
        let settled = std::mem::take(&mut self.settled);
        let mut merged: Vec<(i64, u64)> = Vec::with_capacity(settled.len());
        let (mut left, mut right) = (settled.into_iter().peekable(), fresh.into_iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 <= b.0 => left.next(),
                (_, Some(_)) => right.next(),
                (_, None) => left.next(),
            };
            let Some((key, weight)) = next else { break };
            match merged.last_mut() {
                Some(last) if last.0 == key => last.1 = last.1.saturating_add(weight),
                _ => merged.push((key, weight)),
            }
        }
        self.settled = merged;
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, weight) in other.settled.into_iter().chain(other.fresh) {
            self.add(key, weight);
        }
    }

    pub(super) fn heap(&self) -> usize {
        (self.settled.capacity() + self.fresh.capacity()) * size_of::<(i64, u64)>()
    }

    pub(super) fn encode(&self, into: &mut Writer) {
        into.len(self.settled.len() + self.fresh.len());
        for (key, weight) in self.settled.iter().chain(&self.fresh) {
            into.i64(*key);
            into.u64(*weight);
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let count = from.len()?;
        let fresh = (0..count).map(|_| Ok((from.i64()?, from.u64()?))).collect::<Result<_>>()?;
        Ok(Self { settled: Vec::new(), fresh })
    }
}

/// Values of one type with their weights.
#[derive(Clone, Debug)]
pub(crate) struct Digest {
    ty: Type,
    /// In order, each value once.
    runs: Vec<(i64, u64)>,
}

impl Digest {
    pub(super) fn new(ty: Type, mut runs: Runs) -> Self {
        runs.settle();
        Self { ty, runs: runs.settled }
    }

    fn total(&self) -> u64 {
        self.runs.iter().fold(0, |total, (_, weight)| total.saturating_add(*weight))
    }

    pub(super) const fn ty(&self) -> Type {
        self.ty
    }

    pub(super) fn into_runs(self) -> Vec<(i64, u64)> {
        self.runs
    }

    /// Whether there are no values.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The value at a percentage, by nearest rank: the smallest value that at least so much of the weight does not
    /// exceed.
    pub(crate) fn percentile(&self, percent: f64) -> Cell<'static> {
        let exact = self.total() as f64 * percent.clamp(0.0, 100.0) / 100.0;
        // A product such as 0.7 * 10 must not jump over the rank it means.
        let rank = ((exact - exact * 1e-12).ceil() as u64).max(1);
        let mut below = 0u64;
        for (key, weight) in &self.runs {
            below = below.saturating_add(*weight);
            if below >= rank {
                return from_key(*key, self.ty);
            }
        }
        self.runs.last().map_or(Cell::Null, |(key, _)| from_key(*key, self.ty))
    }

    /// The weight of the values that are not above a value, and of all.
    pub(crate) fn rank(&self, value: &Cell<'_>) -> Option<(u64, u64)> {
        let converted = match (self.ty, value) {
            (Type::Real, value) => Cell::Real(value.as_real()?),
            (Type::Long, Cell::Real(value)) => {
                #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN stands above all numbers here")]
                return Some((self.weight_up_to(|key| !(key as f64 > *value)), self.total()));
            }
            (Type::DateTime, Cell::DateTime(_)) | (Type::TimeSpan, Cell::TimeSpan(_)) => value.clone(),
            (Type::Long, Cell::Int(_) | Cell::Long(_)) => value.clone(),
            _ => return None,
        };
        let limit = order_key(&converted)?;
        Some((self.weight_up_to(|key| key <= limit), self.total()))
    }

    fn weight_up_to(&self, within: impl Fn(i64) -> bool) -> u64 {
        self.runs.iter().take_while(|(key, _)| within(*key)).fold(0, |sum, (_, weight)| sum.saturating_add(*weight))
    }

    /// Puts two together. Where one holds whole numbers and the other reals, the result holds reals; a number and a
    /// time do not go together.
    pub(crate) fn merge(&self, other: &Self) -> Option<Self> {
        let ty = if self.is_empty() {
            other.ty
        } else if other.is_empty() || self.ty == other.ty {
            self.ty
        } else if self.ty.is_numeric() && other.ty.is_numeric() {
            Type::Real
        } else {
            return None;
        };
        let mut runs = Runs::default();
        for (from, (key, weight)) in
            self.runs.iter().map(|run| (self.ty, run)).chain(other.runs.iter().map(|run| (other.ty, run)))
        {
            let key = if from == ty { Some(*key) } else { as_real_key(*key, from) };
            if let Some(key) = key {
                runs.add(key, *weight);
            }
        }
        Some(Self::new(ty, runs))
    }

    /// The runs, or where there are many, neighbours drawn together: the nearer the middle, the more, as t-digests do
    /// it. The rank of a value is off by at most 0.1 % of the whole.
    fn compressed(&self) -> Vec<(Cell<'static>, u64)> {
        let plain = |(key, weight): &(i64, u64)| (from_key(*key, self.ty), *weight);
        if self.runs.len() <= CENTROIDS {
            return self.runs.iter().map(plain).collect();
        }
        let total = self.total() as f64;
        let mut centroids: Vec<(f64, u64)> = Vec::new();
        let mut before = 0.0;
        let mut open: Option<(f64, u64)> = None;
        for (key, weight) in &self.runs {
            let value = cell_number(&from_key(*key, self.ty));
            let weight = *weight;
            open = Some(match open {
                None => (value, weight),
                Some((mean, sum)) => {
                    let joined = sum.saturating_add(weight);
                    let middle = (before + joined as f64 / 2.0) / total;
                    if joined as f64 <= 4.0 * total * middle * (1.0 - middle) / CENTROIDS as f64 {
                        (mean + (value - mean) * (weight as f64 / joined as f64), joined)
                    } else {
                        centroids.push((mean, sum));
                        before += sum as f64;
                        (value, weight)
                    }
                }
            });
        }
        centroids.extend(open);
        centroids.into_iter().map(|(mean, weight)| (number_cell(mean, self.ty), weight)).collect()
    }

    /// The digest as the dynamic that `tdigest` gives: `[[version], values, weights]`.
    pub(crate) fn to_json(&self) -> Json {
        let centroids = self.compressed();
        let values = centroids.iter().filter_map(|(value, _)| value.to_json()).collect();
        let weights = centroids.iter().map(|(_, weight)| Json::Long(*weight as i64)).collect();
        Json::Array(vec![Json::Array(vec![Json::Long(VERSION)]), Json::Array(values), Json::Array(weights)])
    }

    /// The digest that a dynamic holds; `None` where it holds none.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let Json::Array(parts) = json else { return None };
        let [Json::Array(version), Json::Array(values), Json::Array(weights)] = parts.as_slice() else { return None };
        if *version != [Json::Long(VERSION)] || values.len() != weights.len() {
            return None;
        }
        let mut ty = None;
        let mut cells = Vec::with_capacity(values.len());
        for (value, weight) in values.iter().zip(weights) {
            let (cell, own) = match value {
                Json::Long(value) => (Cell::Long(*value), Type::Long),
                Json::Real(value) => (Cell::Real(*value), Type::Real),
                Json::DateTime(ticks) => (Cell::DateTime(*ticks), Type::DateTime),
                Json::TimeSpan(ticks) => (Cell::TimeSpan(*ticks), Type::TimeSpan),
                _ => return None,
            };
            ty = Some(match ty {
                None => own,
                Some(ty) if ty == own => ty,
                Some(ty) => own.widest(ty)?,
            });
            let Json::Long(weight) = weight else { return None };
            cells.push((cell, u64::try_from(*weight).ok()?));
        }
        let ty = ty.unwrap_or(Type::Real);
        let mut runs = Runs::default();
        for (cell, weight) in cells {
            let cell = if ty == Type::Real { Cell::Real(cell.as_real()?) } else { cell };
            runs.add(order_key(&cell)?, weight);
        }
        Some(Self::new(ty, runs))
    }
}

fn as_real_key(key: i64, from: Type) -> Option<i64> {
    from_key(key, from).as_real().and_then(|value| order_key(&Cell::Real(value)))
}

fn cell_number(cell: &Cell<'_>) -> f64 {
    cell.as_real().or_else(|| cell.as_long().map(|ticks| ticks as f64)).unwrap_or_default()
}

fn number_cell(value: f64, ty: Type) -> Cell<'static> {
    match ty {
        Type::Real => Cell::Real(value),
        ty => from_key(value.round() as i64, ty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(values: impl IntoIterator<Item = i64>) -> Digest {
        let mut runs = Runs::default();
        for value in values {
            runs.add(value, 1);
        }
        Digest::new(Type::Long, runs)
    }

    #[test]
    fn percentiles_go_by_nearest_rank() {
        let ten = digest(1..=10);
        for (percent, value) in [(0.0, 1), (10.0, 1), (10.1, 2), (50.0, 5), (70.0, 7), (99.0, 10), (100.0, 10)] {
            assert_eq!(ten.percentile(percent).as_long(), Some(value), "{percent}");
        }
        assert!(digest([]).percentile(50.0).is_null());
    }

    #[test]
    fn ranks_count_what_is_not_above() {
        let ten = digest(1..=10);
        assert_eq!(ten.rank(&Cell::Long(3)), Some((3, 10)));
        assert_eq!(ten.rank(&Cell::Real(3.5)), Some((3, 10)));
        assert_eq!(ten.rank(&Cell::Long(0)), Some((0, 10)));
        assert_eq!(ten.rank(&Cell::string("3")), None);
    }

    #[test]
    fn a_compressed_digest_keeps_ranks_to_a_thousandth() {
        let all = digest((0..100_000).map(|i| i * i));
        let json = all.to_json();
        let read = Digest::from_json(&json).unwrap();
        assert!(read.runs.len() < 4 * CENTROIDS, "{}", read.runs.len());
        for percent in [0.1, 1.0, 25.0, 50.0, 75.0, 99.0, 99.9] {
            let value = read.percentile(percent).as_long().unwrap();
            let (rank, total) = all.rank(&Cell::Long(value)).unwrap();
            let off = rank as f64 * 100.0 / total as f64 - percent;
            assert!(off.abs() <= 0.1, "{percent}: {off}");
        }
        assert!(Digest::from_json(&Json::Array(vec![])).is_none());
    }

    #[test]
    fn digests_of_numbers_merge() {
        let mut reals = Runs::default();
        reals.add(order_key(&Cell::Real(2.5)).unwrap(), 2);
        let merged = digest([1, 2]).merge(&Digest::new(Type::Real, reals)).unwrap();
        assert_eq!(merged.percentile(100.0).as_real(), Some(2.5));
        assert_eq!(merged.percentile(50.0).as_real(), Some(2.0));
        let times = Digest::new(Type::DateTime, Runs { settled: vec![(1, 1)], fresh: vec![] });
        assert!(digest([1]).merge(&times).is_none());
    }
}
