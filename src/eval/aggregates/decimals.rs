//! Sums and means of decimals.

use datafusion::common::Result;
use num_bigint::BigInt;

use super::codec::{Reader, Writer};
use super::groups::State;
use super::moments::Of;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;
use crate::literal::Decimal;

/// Kusto's decimals have so many significant digits.
const DIGITS: u32 = 34;

/// The state of `sum` and `avg` over decimals: the exact sum. A result that needs more than 34 digits is rounded, half
/// away from zero; one that has more before its point is null. Without values the mean is null.
#[derive(Debug)]
pub(super) struct DecimalTotal {
    sum: BigInt,
    scale: u32,
    count: u64,
}

fn power(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// The decimal nearest to `value / 10^scale`.
fn rounded(mut value: BigInt, mut scale: u32) -> Option<Decimal> {
    let limit = power(DIGITS);
    while value.magnitude() >= limit.magnitude() || scale > u32::from(u8::MAX) {
        scale = scale.checked_sub(1)?;
        let half = BigInt::from(if value < BigInt::ZERO { -5 } else { 5 });
        value = (value + half) / 10;
    }
    Some(Decimal::new(i128::try_from(&value).ok()?, u8::try_from(scale).ok()?))
}

impl DecimalTotal {
    fn add(&mut self, value: &BigInt, scale: u32) {
        if scale > self.scale {
            self.sum *= power(scale - self.scale);
            self.scale = scale;
        }
        self.sum += value * power(self.scale - scale);
    }
}

impl State for DecimalTotal {
    type Config = Of;

    fn new(_: &Of) -> Self {
        Self { sum: BigInt::ZERO, scale: 0, count: 0 }
    }

    fn update(&mut self, _: &Of, inputs: &[Cells<'_>], row: usize) -> usize {
        if let Cell::Decimal(value) = inputs[0].get(row) {
            self.add(&BigInt::from(value.mantissa()), u32::from(value.scale()));
            self.count += 1;
        }
        0
    }

    fn merge(&mut self, _: &Of, other: Self) -> usize {
        self.add(&other.sum, other.scale);
        self.count += other.count;
        0
    }

    fn encode(&self, into: &mut Writer) {
        into.u64(self.count);
        into.u64(u64::from(self.scale));
        into.bytes(&self.sum.to_signed_bytes_le());
    }

    fn decode(_: &Of, from: &mut Reader<'_>) -> Result<Self> {
        let count = from.u64()?;
        let scale = from.u64()? as u32;
        Ok(Self { sum: BigInt::from_signed_bytes_le(from.bytes()?), scale, count })
    }

    fn finish(self, of: &Of, outputs: &mut [CellBuilder]) -> Result<()> {
        let value = match of {
            Of::Sum => rounded(self.sum, self.scale),
            Of::Mean if self.count == 0 => None,
            // One digit more than is kept, so that the rounding sees what was cut off.
            Of::Mean => rounded(self.sum * power(DIGITS + 1) / BigInt::from(self.count), self.scale + DIGITS + 1),
        };
        outputs[0].push(&value.map_or(Cell::Null, Cell::Decimal))
    }

    fn heap(&self) -> usize {
        self.sum.bits() as usize / 8
    }
}
