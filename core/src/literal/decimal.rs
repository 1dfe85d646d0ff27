//! Exact decimal numbers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A decimal number `mantissa / 10^scale`, kept without trailing zeros so that equal numbers are equal values.
///
/// Kusto's `decimal` has 34 significant digits; 38 fit here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

impl Decimal {
    /// The number `mantissa / 10^scale`.
    pub fn new(mut mantissa: i128, mut scale: u8) -> Self {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// The digits as one whole number.
    pub const fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// How many of the digits stand after the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The nearest binary floating-point number.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is what is asked for")]
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(self.mantissa as f64)
    }

    /// The number with the sign turned.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { mantissa: self.mantissa.saturating_neg(), ..self }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::new(i128::from(value), 0)
    }
}

impl FromStr for Decimal {
    type Err = ();

    /// Reads `[+-]digits[.digits][e[+-]digits]`; more digits than fit, or an exponent that pushes them out, fail.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let (negative, text) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (digits, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().map_err(|_| ())?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(());
        }
        let mut mantissa = 0i128;
        for byte in whole.bytes().chain(fraction.trim_end_matches('0').bytes()) {
            if !byte.is_ascii_digit() {
                return Err(());
            }
            mantissa = mantissa.checked_mul(10).and_then(|m| m.checked_add(i128::from(byte - b'0'))).ok_or(())?;
        }
        let written = fraction.trim_end_matches('0').len();
        let mut scale = i64::try_from(written).map_err(|_| ())? - i64::from(exponent);
        if mantissa == 0 {
            scale = 0;
        }
        while scale < 0 {
            mantissa = mantissa.checked_mul(10).ok_or(())?;
            scale += 1;
        }
        let scale = u8::try_from(scale).map_err(|_| ())?;
        Ok(Self::new(if negative { -mantissa } else { mantissa }, scale))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // Whole parts first: bringing both to one scale could overflow.
        let parts = |d: &Self| {
            let unit = 10i128.checked_pow(u32::from(d.scale));
            unit.map_or((0, d.mantissa), |unit| (d.mantissa.div_euclid(unit), d.mantissa.rem_euclid(unit)))
        };
        let ((whole, fraction), (other_whole, other_fraction)) = (parts(self), parts(other));
        whole.cmp(&other_whole).then_with(|| {
            let pad = |fraction: i128, scale: u8| {
                10i128
                    .checked_pow(u32::from(self.scale.max(other.scale) - scale))
                    .and_then(|unit| fraction.checked_mul(unit))
                    .unwrap_or(i128::MAX)
            };
            pad(fraction, self.scale).cmp(&pad(other_fraction, other.scale))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, printed) in [
            ("1.50", "1.5"),
            ("-0.001", "-0.001"),
            ("12", "12"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("1.5e-3", "0.0015"),
            ("0.000", "0"),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), printed);
        }
        assert_eq!("1.0".parse::<Decimal>(), "1".parse::<Decimal>());
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", ".", "x", "1.2.3", "1e", "9999999999999999999999999999999999999999", "1e99"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(mantissa in any::<i64>(), scale in 0u8..20) {
            let value = Decimal::new(i128::from(mantissa), scale);
            prop_assert_eq!(value.to_string().parse::<Decimal>(), Ok(value));
        }

        #[test]
        fn order_is_that_of_the_numbers(a in -1000i32..1000, b in -1000i32..1000, sa in 0u8..4, sb in 0u8..4) {
            let (x, y) = (Decimal::new(a.into(), sa), Decimal::new(b.into(), sb));
            let left = i64::from(a) * 10i64.pow(u32::from(3 - sa.min(3)));
            let right = i64::from(b) * 10i64.pow(u32::from(3 - sb.min(3)));
            prop_assert_eq!(x.cmp(&y), left.cmp(&right));
        }
    }
}
