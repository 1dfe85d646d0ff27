//! Outliers of series.

use super::super::arguments::{integer_or, text};
use super::super::{Env, Kernel};
use super::{Number, array, numbers, scalar};
use crate::eval::cell::Cell;

pub(in super::super) const KERNELS: &[Kernel] = &[Kernel::row("series_outliers", series_outliers)];

/// Which values are usual, and how far beyond them a score of one lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fences {
    low: f64,
    high: f64,
    factor: f64,
}

impl Fences {
    /// Tukey's own: between the quartiles.
    const TUKEY: Self = Self { low: 25.0, high: 75.0, factor: 1.0 };
    /// Kusto's: between the 10th and the 90th percentile. The factor follows from scores that Kusto gives; by a normal
    /// distribution it would be 2.7144.
    const CUSTOM: Self = Self { low: 10.0, high: 90.0, factor: 2.772_605_605_507_915 };

    /// The fences of a method by its name; nothing for other names.
    pub(super) fn named(kind: &str) -> Option<Self> {
        match kind {
            "" | "ctukey" => Some(Self::CUSTOM),
            "tukey" => Some(Self::TUKEY),
            _ => None,
        }
    }

    /// Fences at percentages between 2 and 98; nothing outside. The factor is the one that makes a score of 1.5 mean what
    /// it does at the quartiles, for normally distributed values; whether it is Kusto's is documented for 10 and 90 alone.
    fn at(low: f64, high: f64) -> Option<Self> {
        if (low, high) == (Self::CUSTOM.low, Self::CUSTOM.high) {
            return Some(Self::CUSTOM);
        }
        let allowed = 2.0..=98.0;
        if !allowed.contains(&low) || !allowed.contains(&high) || low >= high {
            return None;
        }
        // Four times the third quartile of the normal distribution: where the score at the quartiles is 1.5.
        let mild = 4.0 * normal_quantile(0.75);
        let (bottom, top) = (normal_quantile(low / 100.0), normal_quantile(high / 100.0));
        Some(Self { low, high, factor: 1.5 * (top - bottom) / (mild - top) })
    }

    /// How far each value lies beyond the fences, which are set by the first `training` values: 0 between them, negative
    /// below. Without a distance between the fences, what lies beyond is infinitely far. A missing value scores 0.
    pub(super) fn scores(&self, values: &[Option<f64>], training: usize) -> Vec<f64> {
        let mut usual: Vec<f64> = values.iter().take(training).copied().flatten().collect();
        usual.sort_by(f64::total_cmp);
        let (Some(low), Some(high)) = (percentile(&usual, self.low), percentile(&usual, self.high)) else {
            return vec![0.0; values.len()];
        };
        let score = |value: &Option<f64>| match *value {
            Some(value) if value < low => (value - low) / (high - low) * self.factor,
            Some(value) if value > high => (value - high) / (high - low) * self.factor,
            _ => 0.0,
        };
        values.iter().map(score).collect()
    }
}

/// The percentile of sorted values, on the line between the two nearest.
pub(super) fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let place = percent / 100.0 * sorted.len().checked_sub(1)? as f64;
    let low = sorted.get(place.floor() as usize)?;
    let high = sorted.get(place.ceil() as usize)?;
    Some(low + (high - low) * place.fract())
}

/// The value below which a share of a standard normal distribution lies.
fn normal_quantile(share: f64) -> f64 {
    statrs::function::erf::erf_inv(2.0 * share - 1.0) * std::f64::consts::SQRT_2
}

/// Scores by Tukey's test: a value `x` beyond the percentiles `low` and `high` scores its distance from the nearer, times
/// a factor, over `high - low`. Percentiles are interpolated. The factor, by which 1.5 means as much as it does at the
/// quartiles, is documented by Kusto's makers outside the function's page.
fn series_outliers<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(series) = args.first().and_then(numbers) else { return Cell::Null };
    let number = |at: usize, default: f64| args.get(at).map_or(Some(default), |cell| scalar(cell).map(Number::real));
    let (Some(fences), Some(low), Some(high), Some(test)) =
        (Fences::named(&text(args, 1)), number(3, 10.0), number(4, 90.0), integer_or(args, 5, 0))
    else {
        return Cell::Null;
    };
    let fences = if fences == Fences::CUSTOM { Fences::at(low, high) } else { Some(fences) };
    let training = usize::try_from(test).ok().and_then(|test| series.len().checked_sub(test));
    let (Some(fences), Some(training)) = (fences, training) else { return Cell::Null };
    let ignored = args.get(2).and_then(scalar).map(Number::real);
    let values: Vec<Option<f64>> = series
        .into_iter()
        .map(|number| number.map(Number::real).filter(|value| !value.is_nan() && Some(*value) != ignored))
        .collect();
    Some(array(fences.scores(&values, training))).into()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, check_nearly};
    use super::*;

    const SERIES: &str = "[-3,2.4,15,3.9,5,6,4.5,5.2,3,4,5,16,7,5,5,4]";

    #[test]
    fn scores_are_those_that_kusto_gives() {
        check_nearly(&[
            ("series_outliers", &format!("[{SERIES}]"), "[-1.9041,-0.1002,1.3362,0,0,0,0,0,0,0,0,1.6702,0,0,0,0]"),
            (
                "series_outliers",
                &format!(r#"[{SERIES},"ctukey",null,10,90]"#),
                "[-1.9041,-0.1002,1.3362,0,0,0,0,0,0,0,0,1.6702,0,0,0,0]",
            ),
        ]);
    }

    #[test]
    fn other_fences_and_missing_values() {
        check_nearly(&[
            // The quartiles are 3.975 and 5.4.
            (
                "series_outliers",
                &format!(r#"[{SERIES},"tukey"]"#),
                "[-4.8947,-1.1053,6.7368,-0.0526,0,0.4211,0,0,-0.6842,0,0,7.4386,1.1228,0,0,0]",
            ),
            ("series_outliers", r#"[[1,2,3,null,-1,50],"tukey",-1]"#, "[-0.0577,0,0,0,0,2.7115]"),
            ("series_outliers", "[[1,1,1]]", "[0,0,0]"),
            ("series_outliers", "[[null]]", "[0]"),
        ]);
        check(&[
            ("series_outliers", r#"[[1,2],"mean"]"#, "null"),
            ("series_outliers", r#"[[1,2],"ctukey",null,1,90]"#, "null"),
            (
                "series_outliers",
                "[[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]]",
                r#"[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,"Infinity"]"#,
            ),
        ]);
    }

    #[test]
    fn the_factor_is_one_at_the_quartiles() {
        let fences = Fences::at(25.0, 75.0).unwrap();
        assert!((fences.factor - 1.0).abs() < 1e-9);
        assert_eq!(Fences::at(10.0, 90.0), Some(Fences::CUSTOM));
        assert_eq!(Fences::at(90.0, 10.0), None);
    }
}
