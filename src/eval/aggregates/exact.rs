//! Sums of floating-point numbers that do not depend on the order of the summands.
//!
//! The exact sum is kept as a number in base 2³², in the manner of Neal's small superaccumulator ("Fast exact summation
//! using small and large superaccumulators", 2015), but with limbs only where summands have had bits. It is rounded
//! once, at the end, to the nearest number.

use datafusion::common::Result;
use num_bigint::{BigInt, Sign};

use super::codec::{Reader, Writer};

const LIMB_BITS: i32 = 32;
const LIMB_MASK: i64 = (1 << LIMB_BITS) - 1;
/// So many summands cannot make a limb overflow.
const ROOM: u32 = 1 << 28;

/// An exact sum.
#[derive(Clone, Debug, Default)]
pub(super) struct ExactSum {
    /// The place of the first limb, in limbs from the binary point.
    low: i32,
    /// Signed limbs, which may hold more than 32 bits until carries are brought forward.
    limbs: Vec<i64>,
    /// Summands since then.
    pending: u32,
    not_a_number: bool,
    positive_infinity: bool,
    negative_infinity: bool,
}

impl ExactSum {
    /// Adds a number; infinities and NaN go by their own rules at the end.
    pub(super) fn add(&mut self, value: f64) {
        match parts(value) {
            Some((mantissa, exponent)) => self.add_scaled(i128::from(mantissa), exponent),
            None if value.is_nan() => self.not_a_number = true,
            None if value > 0.0 => self.positive_infinity = true,
            None => self.negative_infinity = true,
        }
    }

    /// Adds a product of two numbers, without rounding it. What is not finite makes the sum NaN.
    pub(super) fn add_product(&mut self, a: f64, b: f64) {
        match (parts(a), parts(b)) {
            (Some((a, a_exponent)), Some((b, b_exponent))) => {
                self.add_scaled(i128::from(a) * i128::from(b), a_exponent + b_exponent);
            }
            _ => self.not_a_number = true,
        }
    }

    /// Adds `mantissa * 2^exponent`.
    pub(super) fn add_scaled(&mut self, mantissa: i128, exponent: i32) {
        if mantissa == 0 {
            return;
        }
        let place = exponent.div_euclid(LIMB_BITS);
        let shift = exponent.rem_euclid(LIMB_BITS);
        let magnitude = mantissa.unsigned_abs();
        let chunks = (128 - magnitude.leading_zeros()).div_ceil(32) as usize;
        let at = self.reserve(place, chunks + 1);
        for chunk in 0..chunks {
            let bits = i128::from(((magnitude >> (32 * chunk)) as u64) & LIMB_MASK as u64) << shift;
            let (low, high) = ((bits as i64) & LIMB_MASK, (bits >> LIMB_BITS) as i64);
            if mantissa > 0 {
                self.limbs[at + chunk] += low;
                self.limbs[at + chunk + 1] += high;
            } else {
                self.limbs[at + chunk] -= low;
                self.limbs[at + chunk + 1] -= high;
            }
        }
        self.pending += 1;
        if self.pending >= ROOM {
            self.carry();
        }
    }

    /// Makes room for `count` limbs from a place on, and gives the index of the first.
    fn reserve(&mut self, place: i32, count: usize) -> usize {
        if self.limbs.is_empty() {
            self.low = place;
        }
        if place < self.low {
            let more = (self.low - place) as usize;
            self.limbs.splice(0..0, std::iter::repeat_n(0, more));
            self.low = place;
        }
        let at = (place - self.low) as usize;
        if at + count > self.limbs.len() {
            self.limbs.resize(at + count, 0);
        }
        at
    }

    /// Brings carries forward: every limb but the last is then within 0 and 2³², the last has the sign.
    fn carry(&mut self) {
        self.pending = 0;
        let Some((last, rest)) = self.limbs.split_last_mut() else { return };
        let mut carry = 0;
        for limb in rest {
            let sum = *limb + carry;
            *limb = sum & LIMB_MASK;
            carry = sum >> LIMB_BITS;
        }
        *last += carry;
        let over = *last >> LIMB_BITS;
        if over != 0 && over != -1 {
            *last &= LIMB_MASK;
            self.limbs.push(over);
        }
    }

    /// Adds another sum.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.not_a_number |= other.not_a_number;
        self.positive_infinity |= other.positive_infinity;
        self.negative_infinity |= other.negative_infinity;
        if other.limbs.is_empty() {
            return;
        }
        other.carry();
        self.carry();
        let at = self.reserve(other.low, other.limbs.len());
        for (limb, more) in self.limbs[at..].iter_mut().zip(other.limbs) {
            *limb += more;
        }
        self.pending = 2;
    }

    /// What the sum is where it is no finite number.
    const fn special(&self) -> Option<f64> {
        match (self.not_a_number, self.positive_infinity, self.negative_infinity) {
            (false, false, false) => None,
            (false, true, false) => Some(f64::INFINITY),
            (false, false, true) => Some(f64::NEG_INFINITY),
            _ => Some(f64::NAN),
        }
    }

    /// Whether every summand was finite.
    pub(super) const fn is_finite(&self) -> bool {
        self.special().is_none()
    }

    /// The sum, as a whole number and the power of two it is to be multiplied by; of its finite summands.
    pub(super) fn to_integer(&self) -> (BigInt, i32) {
        let mut sum = self.clone();
        sum.carry();
        let Some((last, rest)) = sum.limbs.split_last() else { return (BigInt::ZERO, 0) };
        let digits: Vec<u32> = rest.iter().map(|limb| *limb as u32).collect();
        let top = BigInt::from(*last) << (LIMB_BITS as usize * rest.len());
        (BigInt::from_slice(Sign::Plus, &digits) + top, self.low * LIMB_BITS)
    }

    /// The sum divided by a positive number, rounded once.
    pub(super) fn divided(&self, by: u64) -> f64 {
        if let Some(special) = self.special() {
            return special;
        }
        let (sum, exponent) = self.to_integer();
        rounded_ratio(&sum, &BigInt::from(by), exponent)
    }

    /// Bytes on the heap.
    pub(super) fn heap(&self) -> usize {
        self.limbs.capacity() * size_of::<i64>()
    }

    pub(super) fn encode(&self, into: &mut Writer) {
        into.byte(
            u8::from(self.not_a_number) | u8::from(self.positive_infinity) << 1 | u8::from(self.negative_infinity) << 2,
        );
        into.i64(i64::from(self.low));
        into.u64(u64::from(self.pending));
        into.len(self.limbs.len());
        for limb in &self.limbs {
            into.i64(*limb);
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let flags = from.byte()?;
        let low = from.i64()? as i32;
        let pending = from.u64()? as u32;
        let count = from.len()?;
        let limbs = (0..count).map(|_| from.i64()).collect::<Result<_>>()?;
        Ok(Self {
            low,
            limbs,
            pending,
            not_a_number: flags & 1 != 0,
            positive_infinity: flags & 2 != 0,
            negative_infinity: flags & 4 != 0,
        })
    }
}

/// A finite number as `mantissa * 2^exponent`.
const fn parts(value: f64) -> Option<(i64, i32)> {
    let bits = value.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    if biased == 0x7ff {
        return None;
    }
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    Some((if value.is_sign_negative() { -mantissa } else { mantissa }, exponent))
}

/// `numerator / denominator * 2^exponent`, rounded to the nearest; the denominator is positive.
pub(super) fn rounded_ratio(numerator: &BigInt, denominator: &BigInt, exponent: i32) -> f64 {
    const WANTED: i64 = 66;
    let have = numerator.bits() as i64 - denominator.bits() as i64;
    let shift = WANTED - have;
    let (numerator, denominator) = if shift >= 0 {
        (numerator << shift as usize, denominator.clone())
    } else {
        (numerator.clone(), denominator << (-shift) as usize)
    };
    let quotient = &numerator / &denominator;
    let exact = &quotient * &denominator == numerator;
    // More than 64 bits: the last one stands for all that were cut off.
    let quotient = i128::try_from(&quotient).unwrap_or_default();
    let sticky = quotient.unsigned_abs() | u128::from(!exact);
    let magnitude = sticky as f64;
    let scaled = scale(magnitude, i64::from(exponent) - shift);
    if quotient < 0 { -scaled } else { scaled }
}

/// `value * 2^exponent`.
fn scale(mut value: f64, mut exponent: i64) -> f64 {
    const STEP: i64 = 1000;
    let power = |exponent: i64| 2f64.powi(exponent as i32);
    if value == 0.0 {
        return value;
    }
    while exponent > STEP {
        value *= power(STEP);
        exponent -= STEP;
        if value.is_infinite() {
            return value;
        }
    }
    while exponent < -STEP {
        value *= power(-STEP);
        exponent += STEP;
        if value == 0.0 {
            return value;
        }
    }
    value * power(exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        for value in values {
            sum.add(*value);
        }
        sum
    }

    #[test]
    fn sums_are_rounded_once() {
        for (values, expected) in [
            (&[0.1, 0.2, 0.3][..], 0.6),
            (&[1e16, 1.0, -1e16], 1.0),
            (&[1e308, 1e308, -1e308], 1e308),
            (&[f64::MAX, f64::MAX], f64::INFINITY),
            (&[5e-324, 5e-324], 1e-323),
            (&[], 0.0),
            (&[-1.5], -1.5),
            (&[f64::INFINITY, 1.0], f64::INFINITY),
        ] {
            assert_eq!(sum(values).divided(1), expected, "{values:?}");
        }
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).divided(1).is_nan());
        assert_eq!(sum(&[1.0, 1.0]).divided(3), 2.0 / 3.0);
    }

    proptest! {
        #[test]
        fn the_order_and_the_split_do_not_matter(
            values in prop::collection::vec(any::<f64>(), 0..40),
            cut in 0usize..40,
        ) {
            let whole = sum(&values).divided(1);
            let mut reversed = values.clone();
            reversed.reverse();
            let cut = cut.min(values.len());
            let mut merged = sum(&reversed[..cut]);
            let mut writer = Writer::default();
            sum(&reversed[cut..]).encode(&mut writer);
            merged.merge(ExactSum::decode(&mut Reader(&writer.0)).unwrap());
            prop_assert!(whole.to_bits() == merged.divided(1).to_bits() || (whole.is_nan() && merged.divided(1).is_nan()));
        }

        #[test]
        fn whole_numbers_are_summed_exactly(values in prop::collection::vec(-(1i64 << 52)..1 << 52, 0..100)) {
            let exact: i128 = values.iter().map(|v| i128::from(*v)).sum();
            let reals: Vec<f64> = values.iter().map(|v| *v as f64).collect();
            prop_assert_eq!(sum(&reals).divided(1), exact as f64);
        }

        #[test]
        fn products_are_not_rounded(a in -1e150f64..1e150, b in -1e150f64..1e150) {
            let mut product = ExactSum::default();
            product.add_product(a, b);
            prop_assert_eq!(product.divided(1), a * b);
        }
    }
}
