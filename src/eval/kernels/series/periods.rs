//! Periods of series.
//!
//! Kusto documents what is asked for and what comes back, not how a period is found or scored. Here it is the
//! autocorrelation of the series without its linear trend, held within its 10th and 90th percentile so that outliers weigh
//! little. A period is a lag where the autocorrelation is higher than at any other from half of the lag to one and a half
//! times it: a hill of the breadth that a period of this length makes, so that neither its multiples nor what lies on its
//! slope count. Its score makes up in part for the fewer products that are summed at large lags; how far is chosen to fit
//! the scores and the verdicts in Kusto's documentation, all of which come out.

use super::super::arguments::integer;
use super::super::{Env, Kernel};
use super::fit_line::Line;
use super::fourier::autocorrelation;
use super::outliers::percentile;
use super::{Number, array, columns, reals, scalar};
use crate::eval::cell::Cell;

pub(in super::super) const KERNELS: &[Kernel] = &[
    Kernel::strict("series_periods_detect", series_periods_detect),
    Kernel::strict("series_periods_validate", series_periods_validate),
];

/// The shortest period, by the documentation.
const SHORTEST: usize = 4;
/// The most periods that are listed; the documentation names no limit.
const MOST: i64 = 1 << 16;
/// How far a score makes up for the overlap that is lost at a lag: 0 would be not at all, 1 wholly.
const COMPENSATION: f64 = 0.385;

/// What the periods of a series are read from.
pub(super) struct Periods {
    /// The autocorrelation at each lag.
    correlation: Vec<f64>,
}

impl Periods {
    pub(super) fn new(values: &[f64]) -> Self {
        let Some(line) = Line::fit(values) else { return Self { correlation: Vec::new() } };
        let flat: Vec<f64> = values.iter().enumerate().map(|(at, value)| value - line.at(at)).collect();
        // What rounding leaves of a straight line is no pattern.
        let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        if flat.iter().all(|value| value.abs() <= largest * 1e-12) {
            return Self { correlation: Vec::new() };
        }
        let mut sorted = flat.clone();
        sorted.sort_by(f64::total_cmp);
        let held = match (percentile(&sorted, 10.0), percentile(&sorted, 90.0)) {
            (Some(low), Some(high)) if low < high => flat.iter().map(|value| value.clamp(low, high)).collect(),
            _ => flat,
        };
        Self { correlation: autocorrelation(&held) }
    }

    /// The longest period that the series is long enough for.
    fn longest(&self) -> usize {
        self.correlation.len() / 2
    }

    /// How well a lag does as a period, from 0 to 1.
    fn score(&self, lag: usize) -> f64 {
        if !(SHORTEST..=self.longest()).contains(&lag) {
            return 0.0;
        }
        let Some(&peak) = self.correlation.get(lag).filter(|peak| **peak > 0.0) else { return 0.0 };
        // From the lag outwards: most lags fail at their neighbours.
        let hill = (1..=lag / 2).all(|distance| {
            let before = self.correlation.get(lag - distance).is_none_or(|other| *other < peak);
            before && self.correlation.get(lag + distance).is_none_or(|other| *other <= peak)
        });
        if !hill {
            return 0.0;
        }
        let length = self.correlation.len() as f64;
        (peak * (length / (length - lag as f64)).powf(COMPENSATION)).min(1.0)
    }

    /// The periods between two lengths with their scores, the best first.
    fn between(&self, shortest: f64, longest: f64) -> Vec<(f64, f64)> {
        let scored = (SHORTEST..=self.longest())
            .filter(|lag| (shortest..=longest).contains(&(*lag as f64)))
            .map(|lag| (lag as f64, self.score(lag)))
            .filter(|(_, score)| *score > 0.0);
        let mut scored: Vec<(f64, f64)> = scored.collect();
        scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        scored
    }

    /// The best period, if it scores at least so much.
    pub(super) fn best(&self, threshold: f64) -> Option<usize> {
        let best = self.between(0.0, f64::INFINITY).into_iter().next()?;
        (best.1 >= threshold).then_some(best.0 as usize)
    }
}

/// Periods of no length with a score of 0 fill up to the number asked for.
fn series_periods_detect<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(series), Some(count)) = (args.first().and_then(reals), integer(args, 3)) else { return Cell::Null };
    let limit = |at: usize| args.get(at).and_then(scalar).map(Number::real);
    let (Some(shortest), Some(longest)) = (limit(1), limit(2)) else { return Cell::Null };
    let mut found = Periods::new(&series).between(shortest, longest);
    found.resize(usize::try_from(count.clamp(0, MOST)).unwrap_or_default(), (0.0, 0.0));
    let (periods, scores): (Vec<f64>, Vec<f64>) = found.into_iter().unzip();
    columns(vec![array(periods), array(scores)])
}

/// A period between two lags is scored as the nearer.
fn series_periods_validate<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((series, given)) = args.split_first() else { return Cell::Null };
    let given: Option<Vec<f64>> = given.iter().map(|period| scalar(period).map(Number::real)).collect();
    let (Some(series), Some(given)) = (reals(series), given) else { return Cell::Null };
    let periods = Periods::new(&series);
    let scores: Vec<f64> = given.iter().map(|period| periods.score(period.round() as usize)).collect();
    columns(vec![array(given), array(scores)])
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{arguments, call, check, check_nearly};
    use super::*;
    use crate::ir::Json;
    use crate::types::Type;

    const TRAFFIC: &str = "[80,139,87,110,68,54,50,51,53,133,86,141,97,156,94,149,95,140,77,61,50,54,47,133,72,152,94,148,105,
        162,101,160,87,63,53,55,54,151,103,189,108,183,113,175,113,178,90,71,62,62,65,165,109,181,115,182,121,178,114,170]";

    #[test]
    fn documented_periods_are_found_with_their_scores() {
        check_nearly(&[
            ("series_periods_detect", &format!("[{TRAFFIC},0.0,50.0,2]"), "[[14,0],[0.8402,0]]"),
            ("series_periods_validate", &format!("[{TRAFFIC},14.0,10.0]"), "[[14,10],[0.8402,0]]"),
            ("series_periods_validate", &format!("[{TRAFFIC},3,31]"), "[[3,31],[0,0]]"),
        ]);
        check(&[
            ("series_periods_detect", &format!("[{TRAFFIC},0.0,50.0,0]"), "[[],[]]"),
            ("series_periods_detect", "[[1,null],0,5,1]", "null"),
            ("series_periods_detect", "[[],0,5,1]", "[[0.0],[0.0]]"),
            ("series_periods_detect", "[[5,5,5,5,5,5,5,5,5,5],0,5,1]", "[[0.0],[0.0]]"),
        ]);
    }

    #[test]
    fn a_week_of_hours_is_found_under_a_trend() {
        let hour = |t: usize| {
            let level = if t / 24 % 7 >= 5 { 5.0 } else { 15.0 };
            let of_day = (t % 24) as f64 / 10.0;
            Json::Real(level - of_day * of_day + t as f64 / 72.0)
        };
        let series = Cell::dynamic(&Json::Array((1..=24 * 7 * 5).map(hour).collect()));
        let limits = arguments("[0,400,1]");
        let found = call("series_periods_detect", Type::Dynamic, &[&[series][..], &limits].concat());
        let Some([Json::Array(periods), _]) = found.to_array().and_then(|columns| <[Json; 2]>::try_from(columns).ok())
        else {
            panic!("{found:?}");
        };
        assert_eq!(periods, [Json::Real(168.0)]);
    }
}
