//! Series taken apart into season, trend and residual, and what follows from that: anomalies and forecasts.
//!
//! The order is Kusto's: the season is the median of each phase of the period; the trend is taken from what the season
//! leaves; both together are the baseline, and what is left is the residual. Points held back for a test take no part in
//! any of it, but get a baseline all the same. How an unknown period is found is told in [`super::periods`], how
//! anomalies are scored in [`super::outliers`]. Where a series holds anything but numbers, or an option is unknown, the
//! result is null.

use super::super::arguments::{integer_or, text};
use super::super::{Env, Kernel};
use super::fit_line::Line;
use super::outliers::Fences;
use super::periods::Periods;
use super::statistics::mean;
use super::{Number, array, columns, reals, scalar};
use crate::eval::cell::Cell;
use crate::ir::Json;

pub(in super::super) const KERNELS: &[Kernel] = &[
    Kernel::row("series_decompose", series_decompose),
    Kernel::row("series_decompose_anomalies", series_decompose_anomalies),
    Kernel::row("series_decompose_forecast", series_decompose_forecast),
    Kernel::row("series_seasonal", series_seasonal),
];

/// The score from which on a detected period counts, unless one is given.
const PERIOD_THRESHOLD: f64 = 0.6;
/// The same for `series_seasonal`.
const SEASONAL_THRESHOLD: f64 = 0.7;

/// How the trend is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trend {
    Average,
    Line,
    None,
}

impl Trend {
    fn named(name: &str) -> Option<Self> {
        match name {
            "avg" => Some(Self::Average),
            "linefit" => Some(Self::Line),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// What a series is taken apart by.
struct Settings {
    /// Bins of a season; -1 to detect it, 0 for none.
    period: i64,
    trend: Trend,
    test_points: i64,
    threshold: f64,
}

/// The positions at which a function takes its settings.
struct Places {
    period: usize,
    trend: usize,
    test_points: usize,
    threshold: usize,
}

impl Settings {
    fn read(args: &[Cell<'_>], places: &Places, trend: Trend) -> Option<Self> {
        let trend = if args.get(places.trend).is_some() { Trend::named(&text(args, places.trend))? } else { trend };
        Some(Self {
            period: integer_or(args, places.period, -1)?,
            trend,
            test_points: integer_or(args, places.test_points, 0)?,
            threshold: real_or(args, places.threshold, PERIOD_THRESHOLD)?,
        })
    }
}

/// An argument as a real, or what is meant where it is left out; nothing where it is no number.
fn real_or(args: &[Cell<'_>], at: usize, default: f64) -> Option<f64> {
    args.get(at).map_or(Some(default), |cell| scalar(cell).map(Number::real))
}

/// The parts of a series.
struct Parts {
    seasonal: Vec<f64>,
    trend: Vec<f64>,
    baseline: Vec<f64>,
    residual: Vec<f64>,
    /// How many of the first points the parts were learnt from.
    training: usize,
}

impl Parts {
    fn of(values: &[f64], settings: &Settings) -> Option<Self> {
        let training = values.len().checked_sub(usize::try_from(settings.test_points).ok()?)?;
        let learnt = values.get(..training)?;
        let seasonal = season(learnt, values.len(), settings.period, settings.threshold);
        let rest: Vec<f64> = learnt.iter().zip(&seasonal).map(|(value, season)| value - season).collect();
        let trend: Vec<f64> = match settings.trend {
            Trend::None => vec![0.0; values.len()],
            Trend::Average => vec![if rest.is_empty() { 0.0 } else { mean(&rest) }; values.len()],
            Trend::Line => match Line::fit(&rest) {
                Some(line) => (0..values.len()).map(|at| line.at(at)).collect(),
                None => vec![0.0; values.len()],
            },
        };
        let baseline: Vec<f64> = seasonal.iter().zip(&trend).map(|(season, trend)| season + trend).collect();
        let residual = values.iter().zip(&baseline).map(|(value, baseline)| value - baseline).collect();
        Some(Self { seasonal, trend, baseline, residual, training })
    }
}

/// The season of the learnt points, repeated over a length: all 0 where the period is 0, or to be detected and not found.
fn season(learnt: &[f64], length: usize, period: i64, threshold: f64) -> Vec<f64> {
    let period = if period == -1 { Periods::new(learnt).best(threshold) } else { usize::try_from(period).ok() };
    let Some(period) = period.filter(|period| *period > 0) else { return vec![0.0; length] };
    let phases = period.min(length);
    let of_phase = |phase: usize| median(learnt.iter().skip(phase).step_by(period).copied().collect());
    let medians: Vec<f64> = (0..phases).map(of_phase).collect();
    medians.iter().copied().cycle().take(length).collect()
}

/// The median; 0 of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    super::outliers::percentile(&values, 50.0).unwrap_or_default()
}

fn series_decompose<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    const PLACES: Places = Places { period: 1, trend: 2, test_points: 3, threshold: 4 };
    parts(args, &PLACES, Trend::Average).map_or(Cell::Null, all_columns)
}

/// Kusto's page calls `avg` the default trend; its example, like older editions of the page, takes it to be `linefit`,
/// and so is it here.
fn series_decompose_forecast<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    const PLACES: Places = Places { period: 2, trend: 3, test_points: 1, threshold: 4 };
    parts(args, &PLACES, Trend::Line).map_or(Cell::Null, all_columns)
}

fn parts(args: &[Cell<'_>], places: &Places, trend: Trend) -> Option<Parts> {
    Parts::of(&args.first().and_then(reals)?, &Settings::read(args, places, trend)?)
}

fn all_columns(parts: Parts) -> Cell<'static> {
    columns([parts.baseline, parts.seasonal, parts.trend, parts.residual].map(array).into())
}

fn series_decompose_anomalies<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    const PLACES: Places = Places { period: 2, trend: 3, test_points: 4, threshold: 6 };
    let method = if args.get(5).is_some() { text(args, 5) } else { "ctukey".into() };
    let (Some(parts), Some(threshold), Some(fences)) =
        (parts(args, &PLACES, Trend::Average), real_or(args, 1, 1.5), Fences::named(&method))
    else {
        return Cell::Null;
    };
    // What rounding leaves of an exact fit is no anomaly.
    let largest = parts.baseline.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let residual = |value: &f64| Some(if value.abs() <= largest * 1e-12 { 0.0 } else { *value });
    let residuals: Vec<Option<f64>> = parts.residual.iter().map(residual).collect();
    let scores = fences.scores(&residuals, parts.training);
    let flags = scores.iter().map(|score| Json::Long(i64::from(*score > threshold) - i64::from(*score < -threshold)));
    columns(vec![Json::Array(flags.collect()), array(scores.iter().copied()), array(parts.baseline)])
}

/// All 0 where the period is to be detected and not found, and where it is neither -1 nor above 0.
fn series_seasonal<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(values), Some(period), Some(test)) =
        (args.first().and_then(reals), integer_or(args, 1, -1), integer_or(args, 2, 0))
    else {
        return Cell::Null;
    };
    let training = usize::try_from(test).ok().and_then(|test| values.len().checked_sub(test));
    let learnt = training.and_then(|training| values.get(..training));
    learnt.map(|learnt| array(season(learnt, values.len(), period, SEASONAL_THRESHOLD))).into()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{arguments, call, check, check_nearly};
    use super::*;
    use crate::types::Type;

    #[test]
    fn seasons_are_medians_of_phases() {
        check(&[
            (
                "series_seasonal",
                "[[2,5,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1]]",
                "[1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0]",
            ),
            (
                "series_seasonal",
                "[[8,12,14,12,10,10,12,14,12,10,10,12,14,12,10,10,12,14,12,10]]",
                "[10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0]",
            ),
            ("series_seasonal", "[[1,3,5,2,4,6,1,3,5,2,4,6]]", "[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]"),
            ("series_seasonal", "[[1,3,5,1,3,5,2,4,6],3]", "[1.0,3.0,5.0,1.0,3.0,5.0,1.0,3.0,5.0]"),
            ("series_seasonal", "[[1,3,5,2,4,6,1,3,5,2,4,6],3]", "[1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5]"),
            ("series_seasonal", "[[1,2,1,2,9,9],2,2]", "[1.0,2.0,1.0,2.0,1.0,2.0]"),
            ("series_seasonal", "[[1,2],0]", "[0.0,0.0]"),
            ("series_seasonal", "[[1,2],9]", "[1.0,2.0]"),
            ("series_seasonal", "[[1,null]]", "null"),
        ]);
    }

    #[test]
    fn parts_add_up_to_the_series() {
        check_nearly(&[
            (
                "series_decompose",
                "[[1,2,1,2,1,2,4,2],2]",
                "[[1.375,2.375,1.375,2.375,1.375,2.375,1.375,2.375],[1,2,1,2,1,2,1,2],
                    [0.375,0.375,0.375,0.375,0.375,0.375,0.375,0.375],
                    [-0.375,-0.375,-0.375,-0.375,-0.375,-0.375,2.625,-0.375]]",
            ),
            ("series_decompose", r#"[[1,2,3,4],0,"linefit"]"#, "[[1,2,3,4],[0,0,0,0],[1,2,3,4],[0,0,0,0]]"),
            ("series_decompose", r#"[[1,2,3],0,"none"]"#, "[[0,0,0],[0,0,0],[0,0,0],[1,2,3]]"),
            ("series_decompose", r#"[[2,4,100],0,"avg",1]"#, "[[3,3,3],[0,0,0],[3,3,3],[-1,1,97]]"),
            ("series_decompose_forecast", "[[1,2,3,0,0],2]", "[[1,2,3,4,5],[0,0,0,0,0],[1,2,3,4,5],[0,0,0,-4,-5]]"),
        ]);
        check(&[
            ("series_decompose", r#"[[1,2,3],0,"loess"]"#, "null"),
            ("series_decompose", r#"[[1,2,3],0,"avg",4]"#, "null"),
            ("series_decompose", "[[1,null]]", "null"),
            ("series_decompose", "[[]]", "[[],[],[],[]]"),
        ]);
    }

    #[test]
    fn anomalies_are_flagged_by_their_score() {
        let values: Vec<String> = (0..40)
            .map(|at| {
                if at == 20 {
                    60
                } else if at == 30 {
                    -40
                } else {
                    at % 4
                }
                .to_string()
            })
            .collect();
        let args = arguments(&format!("[[{}],1.5,4]", values.join(",")));
        let columns = call("series_decompose_anomalies", Type::Dynamic, &args).to_array().unwrap();
        let [Json::Array(flags), Json::Array(scores), Json::Array(baseline)] = columns.as_slice() else { panic!() };
        let flagged: Vec<(usize, &Json)> =
            flags.iter().enumerate().filter(|(_, flag)| **flag != Json::Long(0)).collect();
        assert_eq!(flagged, [(20, &Json::Long(1)), (30, &Json::Long(-1))]);
        assert_eq!((scores.len(), baseline.len()), (40, 40));
        check(&[
            ("series_decompose_anomalies", "[[5,5,5,5]]", "[[0,0,0,0],[0.0,0.0,0.0,0.0],[5.0,5.0,5.0,5.0]]"),
            ("series_decompose_anomalies", r#"[[5,5],1.5,-1,"avg",0,"median"]"#, "null"),
        ]);
    }
}
