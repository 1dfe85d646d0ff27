//! Filters of finite and infinite impulse response.
//!
//! Before its first and behind its last element a series counts as 0, which Kusto does not document.

use super::super::{Env, Kernel};
use super::{array, reals};
use crate::eval::cell::Cell;

pub(in super::super) const KERNELS: &[Kernel] =
    &[Kernel::row("series_fir", series_fir), Kernel::strict("series_iir", series_iir)];

/// A flag, or what is meant where it is left out or null.
fn flag(args: &[Cell<'_>], at: usize, default: bool) -> bool {
    args.get(at).and_then(Cell::as_bool).unwrap_or(default)
}

/// Each element becomes the sum of itself and those before it, times the coefficients; around it, where `center` holds.
/// Coefficients are divided by their sum unless one is negative or that is not wanted; null where one is negative and
/// it is wanted all the same.
fn series_fir<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(series), Some(filter)) = (args.first().and_then(reals), args.get(1).and_then(reals)) else {
        return Cell::Null;
    };
    let negative = filter.iter().any(|coefficient| *coefficient < 0.0);
    let normalize = flag(args, 2, !negative);
    if normalize && negative {
        return Cell::Null;
    }
    let sum = if normalize { filter.iter().sum::<f64>() } else { 1.0 };
    let ahead = if flag(args, 3, false) { filter.len().saturating_sub(1) / 2 } else { 0 };
    let filtered = (0..series.len()).map(|at| {
        let value = |(back, coefficient): (usize, &f64)| {
            let place = (at + ahead).checked_sub(back);
            place.and_then(|place| series.get(place)).map_or(0.0, |value| value * coefficient)
        };
        filter.iter().enumerate().map(value).sum::<f64>() / sum
    });
    Some(array(filtered)).into()
}

/// `y[i] = (b[0] x[i] + b[1] x[i-1] + … - a[1] y[i-1] - a[2] y[i-2] - …) / a[0]`, with numerators `b` and denominators `a`.
/// Null where `a[0]` is 0 or missing.
fn series_iir<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let [series, numerators, denominators] = args else { return Cell::Null };
    let (Some(series), Some(numerators), Some(denominators)) = (reals(series), reals(numerators), reals(denominators))
    else {
        return Cell::Null;
    };
    let Some((&first, feedback)) = denominators.split_first().filter(|(first, _)| **first != 0.0) else {
        return Cell::Null;
    };
    let mut filtered: Vec<f64> = Vec::with_capacity(series.len());
    for at in 0..series.len() {
        let before = series.get(..=at).unwrap_or_default().iter().rev();
        let forward: f64 = numerators.iter().zip(before).map(|(b, x)| b * x).sum();
        let backward: f64 = feedback.iter().zip(filtered.iter().rev()).map(|(a, y)| a * y).sum();
        filtered.push((forward - backward) / first);
    }
    Some(array(filtered)).into()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, check_nearly};

    #[test]
    fn finite_filters_look_back_or_around() {
        let peak = "[0,0,0,10,20,40,100,40,20,10,0,0,0]";
        check_nearly(&[
            ("series_fir", &format!("[{peak},[1,1,1,1,1]]"), "[0,0,0,2,6,14,34,42,44,42,34,14,6]"),
            ("series_fir", &format!("[{peak},[1,1,1,1,1],true,true]"), "[0,2,6,14,34,42,44,42,34,14,6,2,0]"),
            ("series_fir", "[[0,0,2,2,3,3],[1,-1],false,false]", "[0,0,2,0,1,0]"),
            ("series_fir", "[[0,0,2,2,3,3],[1,-1]]", "[0,0,2,0,1,0]"),
            ("series_fir", "[[1,2],[2,2],false]", "[2,6]"),
        ]);
        check(&[("series_fir", "[[1,2],[1,-1],true]", "null"), ("series_fir", "[[1,null],[1]]", "null")]);
    }

    #[test]
    fn infinite_filters_feed_back() {
        check(&[
            ("series_iir", "[[1,2,3,4],[1],[1,-1]]", "[1.0,3.0,6.0,10.0]"),
            ("series_iir", "[[0,1,2,3,4],[1],[1,-1]]", "[0.0,1.0,3.0,6.0,10.0]"),
            ("series_iir", "[[4,4],[1,1],[2]]", "[2.0,4.0]"),
            ("series_iir", "[[1],[1],[0,1]]", "null"),
            ("series_iir", "[[1],[1],[]]", "null"),
        ]);
    }
}
