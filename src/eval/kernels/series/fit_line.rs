//! Straight lines fitted to series by least squares.
//!
//! The `x` of an element is its place counted from 1: Kusto's text does not say so, but the fit and the interception in
//! its example do.

use super::super::Kernel;
use super::statistics::{mean, variance};
use super::{array, columns, named, reals};
use crate::eval::cell::Cell;
use crate::ir::Json;

pub(in super::super) const KERNELS: &[Kernel] = &[
    Kernel::strict("series_fit_2lines", |_, args| two_lines(args).map_or(Cell::Null, columns)),
    Kernel::strict("series_fit_2lines_dynamic", |_, args| {
        two_lines(args).map_or(Cell::Null, |values| named(&TWO_LINES, values))
    }),
    Kernel::strict("series_fit_line", |_, args| one_line(args).map_or(Cell::Null, columns)),
    Kernel::strict("series_fit_line_dynamic", |_, args| {
        one_line(args).map_or(Cell::Null, |values| named(&LINE, values))
    }),
];

const LINE: [&str; 6] = ["rsquare", "slope", "variance", "rvariance", "interception", "line_fit"];

const TWO_LINES: [&str; 15] = [
    "rsquare",
    "split_idx",
    "variance",
    "rvariance",
    "line_fit",
    "right_rsquare",
    "right_slope",
    "right_interception",
    "right_variance",
    "right_rvariance",
    "left_rsquare",
    "left_slope",
    "left_interception",
    "left_variance",
    "left_rvariance",
];

/// A line and how well it fits.
#[derive(Clone, Debug)]
pub(super) struct Line {
    slope: f64,
    interception: f64,
    /// The sample variance of the values.
    variance: f64,
    /// What of it is left about the line.
    residual_variance: f64,
}

impl Line {
    /// The line that fits best; nothing without values. A single value lies on a level line.
    pub(super) fn fit(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let (middle, mean) = ((values.len() - 1) as f64 / 2.0, mean(values));
        let from_middle = || values.iter().enumerate().map(|(at, y)| (at as f64 - middle, y - mean));
        let squares: f64 = from_middle().map(|(x, _)| x * x).sum();
        let products: f64 = from_middle().map(|(x, y)| x * y).sum();
        let slope = if squares > 0.0 { products / squares } else { 0.0 };
        let interception = mean - slope * (middle + 1.0);
        let line = Self { slope, interception, variance: variance(values), residual_variance: 0.0 };
        let residuals: Vec<f64> = values.iter().enumerate().map(|(at, y)| y - line.at(at)).collect();
        Some(Self { residual_variance: variance(&residuals), ..line })
    }

    /// The value on the line for the element at a position, from 0.
    pub(super) fn at(&self, at: usize) -> f64 {
        self.slope * (at + 1) as f64 + self.interception
    }

    fn r_square(&self) -> f64 {
        r_square(self.variance, self.residual_variance)
    }
}

/// The share of the variance that a fit explains; all of it where there is none.
pub(super) fn r_square(variance: f64, residual_variance: f64) -> f64 {
    if variance > 0.0 { 1.0 - residual_variance / variance } else { 1.0 }
}

fn one_line(args: &[Cell<'_>]) -> Option<Vec<Json>> {
    let values = reals(args.first()?)?;
    let line = Line::fit(&values)?;
    Some(vec![
        Json::Real(line.r_square()),
        Json::Real(line.slope),
        Json::Real(line.variance),
        Json::Real(line.residual_variance),
        Json::Real(line.interception),
        array((0..values.len()).map(|x| line.at(x))),
    ])
}

/// Sums over the values before each place, from which the squares about the best line of any stretch follow.
struct Sums(Vec<[f64; 3]>);

impl Sums {
    fn new(values: &[f64]) -> Self {
        // Taken from the mean, the sums stay small and keep their digits.
        let mean = mean(values);
        let mut sums = vec![[0.0; 3]];
        let mut last = [0.0; 3];
        for (x, value) in values.iter().enumerate() {
            let y = value - mean;
            last = [last[0] + y, last[1] + x as f64 * y, last[2] + y * y];
            sums.push(last);
        }
        Self(sums)
    }

    /// The sum of squares that the best line leaves of the values from one place to before another.
    fn residual(&self, from: usize, to: usize) -> Option<f64> {
        let (low, high) = (self.0.get(from)?, self.0.get(to)?);
        let [y, xy, yy] = [high[0] - low[0], high[1] - low[1], high[2] - low[2]];
        let count = to.checked_sub(from)? as f64;
        let middle = (from + to - 1) as f64 / 2.0;
        let squares = count * (count * count - 1.0) / 12.0;
        let products = xy - middle * y;
        let about_mean = yy - y * y / count;
        Some(if squares > 0.0 { about_mean - products * products / squares } else { about_mean })
    }
}

/// Two lines, each over at least two values, parted so that the least is left of the variance. `split_idx` is the first
/// place of the right part, and either line counts its places from its own beginning: Kusto documents that each part is
/// fitted as by `series_fit_line`, and not what the split index or the places of the right part count from.
fn two_lines(args: &[Cell<'_>]) -> Option<Vec<Json>> {
    let values = reals(args.first()?)?;
    let sums = Sums::new(&values);
    let splits = 2..values.len().checked_sub(1)?;
    let left_over = |split: usize| Some((split, sums.residual(0, split)? + sums.residual(split, values.len())?));
    let best = splits.filter_map(left_over).reduce(|best, other| if other.1 < best.1 { other } else { best });
    let (split, _) = best?;
    let (left_values, right_values) = values.split_at_checked(split)?;
    let (left, right) = (Line::fit(left_values)?, Line::fit(right_values)?);
    let fitted: Vec<f64> = (0..split).map(|x| left.at(x)).chain((0..right_values.len()).map(|x| right.at(x))).collect();
    let residuals: Vec<f64> = values.iter().zip(&fitted).map(|(value, fitted)| value - fitted).collect();
    let (all, rest) = (variance(&values), variance(&residuals));
    let mut columns = vec![
        Json::Real(r_square(all, rest)),
        Json::Long(split as i64),
        Json::Real(all),
        Json::Real(rest),
        array(fitted),
    ];
    for line in [right, left] {
        columns.extend(
            [line.r_square(), line.slope, line.interception, line.variance, line.residual_variance].map(Json::Real),
        );
    }
    Some(columns)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{arguments, call, check, check_nearly};
    use crate::ir::Json;
    use crate::types::Type;

    #[test]
    fn a_line_is_fitted() {
        let fitted = "[1.0641,3.7949,6.5256,9.2564,11.9872,14.7179,17.4487,20.1795,22.9103,25.6410,28.3718,31.1026]";
        check_nearly(&[(
            "series_fit_line",
            "[[2,5,6,8,11,15,17,18,25,26,30,30]]",
            &format!("[0.9829,2.7308,98.6288,1.6863,-1.6667,{fitted}]"),
        )]);
        check(&[("series_fit_line", "[[]]", "null"), ("series_fit_line", "[[1,null]]", "null")]);
        check_nearly(&[
            ("series_fit_line", "[[5]]", "[1,0,0,0,5,[5]]"),
            ("series_fit_line", "[[5,5]]", "[1,0,0,0,5,[5,5]]"),
        ]);
    }

    #[test]
    fn two_lines_meet_where_they_fit_best() {
        let series = "[[0,1,2,3,10,8,6,4,2]]";
        let columns = call("series_fit_2lines", Type::Dynamic, &arguments(series)).to_array().unwrap();
        assert_eq!(columns.len(), super::TWO_LINES.len());
        assert_eq!(columns[1], Json::Long(4));
        check_nearly(&[(
            "series_fit_2lines_dynamic",
            series,
            r#"{"rsquare":1,"split_idx":4,"variance":11.25,"rvariance":0,"line_fit":[0,1,2,3,10,8,6,4,2],
                "right_rsquare":1,"right_slope":-2,"right_interception":12,"right_variance":10,"right_rvariance":0,
                "left_rsquare":1,"left_slope":1,"left_interception":-1,"left_variance":1.6667,"left_rvariance":0}"#,
        )]);
        check(&[("series_fit_2lines", "[[1,2,3]]", "null")]);
    }
}
