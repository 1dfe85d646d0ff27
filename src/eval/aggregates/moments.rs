//! Sums and means of reals and decimals, variances and covariances: all from exact sums, so that neither the order of
//! the records nor their number costs digits.

use datafusion::common::Result;
use num_bigint::BigInt;

use super::codec::{Reader, Writer};
use super::exact::{ExactSum, rounded_ratio};
use super::groups::State;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;
use crate::types::Type;

/// Whether the sum is wanted or the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// The sum; 0 without values.
    Sum,
    /// The mean; NaN without values.
    Mean,
}

/// The state of `sum` and `avg` over reals.
#[derive(Debug)]
pub(super) struct RealTotal {
    sum: ExactSum,
    count: u64,
}

impl State for RealTotal {
    type Config = Of;

    fn new(_: &Of) -> Self {
        Self { sum: ExactSum::default(), count: 0 }
    }

    fn update(&mut self, _: &Of, inputs: &[Cells<'_>], row: usize) -> usize {
        let Some(value) = inputs[0].get(row).as_real() else { return 0 };
        let before = self.heap();
        self.sum.add(value);
        self.count += 1;
        self.heap() - before
    }

    fn merge(&mut self, _: &Of, other: Self) -> usize {
        let before = self.heap();
        self.sum.merge(other.sum);
        self.count += other.count;
        self.heap() - before
    }

    fn encode(&self, into: &mut Writer) {
        into.u64(self.count);
        self.sum.encode(into);
    }

    fn decode(_: &Of, from: &mut Reader<'_>) -> Result<Self> {
        let count = from.u64()?;
        Ok(Self { sum: ExactSum::decode(from)?, count })
    }

    fn finish(self, of: &Of, outputs: &mut [CellBuilder]) -> Result<()> {
        let value = match of {
            Of::Sum => self.sum.divided(1),
            Of::Mean if self.count == 0 => f64::NAN,
            Of::Mean => self.sum.divided(self.count),
        };
        outputs[0].push(&Cell::Real(value))
    }

    fn heap(&self) -> usize {
        self.sum.heap()
    }
}

/// The state of `avg` over whole numbers and times. Without values the mean of numbers is NaN, that of times null; the
/// mean of times is cut off to a tick.
#[derive(Debug)]
pub(super) struct LongMean {
    sum: i128,
    count: u64,
}

impl State for LongMean {
    type Config = Type;

    fn new(_: &Type) -> Self {
        Self { sum: 0, count: 0 }
    }

    fn update(&mut self, _: &Type, inputs: &[Cells<'_>], row: usize) -> usize {
        if let Some(value) = inputs[0].get(row).as_long() {
            self.sum += i128::from(value);
            self.count += 1;
        }
        0
    }

    fn merge(&mut self, _: &Type, other: Self) -> usize {
        self.sum += other.sum;
        self.count += other.count;
        0
    }

    fn encode(&self, into: &mut Writer) {
        into.i128(self.sum);
        into.u64(self.count);
    }

    fn decode(_: &Type, from: &mut Reader<'_>) -> Result<Self> {
        Ok(Self { sum: from.i128()?, count: from.u64()? })
    }

    fn finish(self, ty: &Type, outputs: &mut [CellBuilder]) -> Result<()> {
        let ticks = || self.sum.checked_div(i128::from(self.count)).and_then(|mean| i64::try_from(mean).ok());
        outputs[0].push(&match ty {
            Type::DateTime => ticks().map_or(Cell::Null, Cell::DateTime),
            Type::TimeSpan => ticks().map_or(Cell::Null, Cell::TimeSpan),
            _ if self.count == 0 => Cell::Real(f64::NAN),
            _ => Cell::Real(rounded_ratio(&BigInt::from(self.sum), &BigInt::from(self.count), 0)),
        })
    }
}

/// What is said of how values spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spread {
    /// Whether the values are the whole population, not a sample of it.
    pub(super) population: bool,
    /// Whether there are two inputs.
    pub(super) pair: bool,
    /// Whether the root is wanted: the standard deviation.
    pub(super) root: bool,
}

/// The state of variances, standard deviations and covariances: with one input, that of it with itself. 0 where there
/// are too few values; NaN where one is not finite.
#[derive(Debug)]
pub(super) struct Moments {
    count: u64,
    x: ExactSum,
    y: ExactSum,
    xy: ExactSum,
}

/// Adds a number; whole numbers are not rounded.
fn add(sum: &mut ExactSum, cell: &Cell<'_>) {
    match (cell.as_long(), cell.as_real()) {
        (Some(value), _) => sum.add_scaled(i128::from(value), 0),
        (None, Some(value)) => sum.add(value),
        (None, None) => {}
    }
}

fn is_number(cell: &Cell<'_>) -> bool {
    cell.as_long().is_some() || cell.as_real().is_some()
}

impl State for Moments {
    type Config = Spread;

    fn new(_: &Spread) -> Self {
        Self { count: 0, x: ExactSum::default(), y: ExactSum::default(), xy: ExactSum::default() }
    }

    fn update(&mut self, _: &Spread, inputs: &[Cells<'_>], row: usize) -> usize {
        let x = inputs[0].get(row);
        let y = inputs.get(1).map(|input| input.get(row));
        if !is_number(&x) || y.as_ref().is_some_and(|y| !is_number(y)) {
            return 0;
        }
        let before = self.heap();
        self.count += 1;
        add(&mut self.x, &x);
        if let Some(y) = &y {
            add(&mut self.y, y);
        }
        let y = y.as_ref().unwrap_or(&x);
        match (x.as_long(), y.as_long(), real(&x), real(y)) {
            (Some(x), Some(y), _, _) => self.xy.add_scaled(i128::from(x) * i128::from(y), 0),
            (_, _, Some(x), Some(y)) => self.xy.add_product(x, y),
            _ => {}
        }
        self.heap() - before
    }

    fn merge(&mut self, _: &Spread, other: Self) -> usize {
        let before = self.heap();
        self.count += other.count;
        self.x.merge(other.x);
        self.y.merge(other.y);
        self.xy.merge(other.xy);
        self.heap() - before
    }

    fn encode(&self, into: &mut Writer) {
        into.u64(self.count);
        for sum in [&self.x, &self.y, &self.xy] {
            sum.encode(into);
        }
    }

    fn decode(_: &Spread, from: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            count: from.u64()?,
            x: ExactSum::decode(from)?,
            y: ExactSum::decode(from)?,
            xy: ExactSum::decode(from)?,
        })
    }

    fn finish(self, spread: &Spread, outputs: &mut [CellBuilder]) -> Result<()> {
        let degrees = if spread.population { self.count } else { self.count.saturating_sub(1) };
        let value = if degrees == 0 {
            0.0
        } else if self.x.is_finite() && self.y.is_finite() && self.xy.is_finite() {
            self.covariance(spread.pair, degrees)
        } else {
            f64::NAN
        };
        outputs[0].push(&Cell::Real(if spread.root { value.sqrt() } else { value }))
    }

    fn heap(&self) -> usize {
        self.x.heap() + self.y.heap() + self.xy.heap()
    }
}

/// A number as a real; whole numbers and times too.
fn real(cell: &Cell<'_>) -> Option<f64> {
    cell.as_real().or_else(|| cell.as_long().map(|ticks| ticks as f64))
}

impl Moments {
    /// `(n Σxy - Σx Σy) / (n d)` without rounding before the division.
    fn covariance(&self, pair: bool, degrees: u64) -> f64 {
        let (x, x_exponent) = self.x.to_integer();
        let (y, y_exponent) = if pair { self.y.to_integer() } else { (x.clone(), x_exponent) };
        let (xy, xy_exponent) = self.xy.to_integer();
        let (product, product_exponent) = (x * y, x_exponent + y_exponent);
        let exponent = xy_exponent.min(product_exponent);
        let count = BigInt::from(self.count);
        let left = (&count * xy) << (xy_exponent - exponent) as usize;
        let right = product << (product_exponent - exponent) as usize;
        rounded_ratio(&(left - right), &(count * BigInt::from(degrees)), exponent)
    }
}
