//! Polynomials fitted to series by least squares.

use super::super::arguments::integer_or;
use super::super::{Env, Kernel};
use super::fit_line::r_square;
use super::statistics::variance;
use super::{array, columns, reals};
use crate::eval::cell::Cell;
use crate::ir::Json;

pub(in super::super) const KERNELS: &[Kernel] = &[Kernel::strict("series_fit_poly", series_fit_poly)];

/// The highest degree that is fitted; the documentation names no limit. Far below it the powers of `x` stop being told
/// apart.
const HIGHEST_DEGREE: usize = 64;

/// Coefficients are listed from the highest power to the lowest. Null where the `x` are fewer than the polynomial has
/// coefficients, or the series differ in length.
fn series_fit_poly<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(ys) = args.first().and_then(reals) else { return Cell::Null };
    let xs = match args.get(1) {
        Some(xs) => reals(xs),
        None => Some((1..=ys.len()).map(|place| place as f64).collect()),
    };
    let degree = integer_or(args, 2, 1).and_then(|degree| usize::try_from(degree).ok());
    let (Some(xs), Some(degree)) = (xs, degree) else { return Cell::Null };
    let Some(fit) = Polynomial::fit(&xs, &ys, degree) else { return Cell::Null };
    let fitted: Vec<f64> = xs.iter().map(|x| fit.at(*x)).collect();
    let residuals: Vec<f64> = ys.iter().zip(&fitted).map(|(y, fitted)| y - fitted).collect();
    let (all, rest) = (variance(&ys), variance(&residuals));
    columns(vec![
        Json::Real(r_square(all, rest)),
        array(fit.coefficients().into_iter().rev()),
        Json::Real(all),
        Json::Real(rest),
        array(fitted),
    ])
}

/// A polynomial in `(x - middle) / reach`, which lies between -1 and 1: there powers stay small and the fit exact.
struct Polynomial {
    middle: f64,
    reach: f64,
    /// From the lowest power up.
    scaled: Vec<f64>,
}

impl Polynomial {
    fn fit(xs: &[f64], ys: &[f64], degree: usize) -> Option<Self> {
        if xs.len() != ys.len() || xs.len() <= degree || degree > HIGHEST_DEGREE {
            return None;
        }
        let low = xs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (middle, reach) = (f64::midpoint(low, high), (high - low) / 2.0);
        let reach = if reach > 0.0 { reach } else { 1.0 };
        let powers = |x: &f64| {
            let scaled = (x - middle) / reach;
            std::iter::successors(Some(1.0), |power| Some(power * scaled)).take(degree + 1).collect::<Vec<f64>>()
        };
        let rows: Vec<Vec<f64>> = xs.iter().map(powers).collect();
        Some(Self { middle, reach, scaled: least_squares(rows, ys.to_vec())? })
    }

    fn at(&self, x: f64) -> f64 {
        let scaled = (x - self.middle) / self.reach;
        self.scaled.iter().rev().fold(0.0, |value, coefficient| value * scaled + coefficient)
    }

    /// The coefficients of the powers of `x` itself, from the lowest up.
    fn coefficients(&self) -> Vec<f64> {
        let mut result: Vec<f64> = Vec::with_capacity(self.scaled.len());
        for coefficient in self.scaled.iter().rev() {
            // What is there times (x - middle) / reach, and the next coefficient.
            let mut next = vec![0.0; result.len() + 1];
            for (power, value) in result.iter().enumerate() {
                next[power] -= value * self.middle / self.reach;
                next[power + 1] += value / self.reach;
            }
            next[0] += coefficient;
            result = next;
        }
        result
    }
}

/// The solution of an overdetermined system by Householder's reflections; nothing where a column depends on those before
/// it. Every row has as many entries as the first.
fn least_squares(mut rows: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let width = rows.first()?.len();
    for column in 0..width {
        let below = || rows.iter().skip(column).map(|row| row[column]);
        let norm = below().map(|value| value * value).sum::<f64>().sqrt();
        let whole = rows.iter().map(|row| row[column] * row[column]).sum::<f64>().sqrt();
        if norm <= 1e-12 * whole || norm.is_nan() {
            return None;
        }
        let mut mirror: Vec<f64> = below().collect();
        let head = mirror.first_mut()?;
        *head += if *head < 0.0 { -norm } else { norm };
        let squares: f64 = mirror.iter().map(|value| value * value).sum();
        let factor = |dot: f64| dot * 2.0 / squares;
        for other in column..width {
            let dot = mirror.iter().zip(&rows[column..]).map(|(value, row)| value * row[other]).sum();
            for (value, row) in mirror.iter().zip(&mut rows[column..]) {
                row[other] -= factor(dot) * value;
            }
        }
        let dot = mirror.iter().zip(&right[column..]).map(|(value, right)| value * right).sum();
        for (value, right) in mirror.iter().zip(&mut right[column..]) {
            *right -= factor(dot) * value;
        }
    }
    let mut solution = vec![0.0; width];
    for column in (0..width).rev() {
        let known: f64 = (column + 1..width).map(|other| rows[column][other] * solution[other]).sum();
        solution[column] = (right[column] - known) / rows[column][column];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, check_nearly};

    #[test]
    fn polynomials_are_found_again() {
        check_nearly(&[
            (
                "series_fit_poly",
                "[[2,5,6,8,11,15,17,18,25,26,30,30]]",
                "[0.9829,[2.7308,-1.6667],98.6288,1.6863,
                    [1.0641,3.7949,6.5256,9.2564,11.9872,14.7179,17.4487,20.1795,22.9103,25.6410,28.3718,31.1026]]",
            ),
            ("series_fit_poly", "[[1,4,9,16],[1,2,3,4],2]", "[1,[1,0,0],43,0,[1,4,9,16]]"),
            ("series_fit_poly", "[[1,0,5,22,57],[0,1,2,3,4],3]", "[1,[1,0,-2,1],578.5,0,[1,0,5,22,57]]"),
            ("series_fit_poly", "[[1,3],[1001,1003],1]", "[1,[1,-1000],2,0,[1,3]]"),
            ("series_fit_poly", "[[2,4],[5,7],0]", "[0,[3],2,2,[3,3]]"),
        ]);
        check(&[
            ("series_fit_poly", "[[1,2],[1,2],2]", "null"),
            ("series_fit_poly", "[[1,2,3],[1,2]]", "null"),
            ("series_fit_poly", "[[1,2,3],[5,5,5],1]", "null"),
            ("series_fit_poly", "[[1,2,3],[1,2,3],-1]", "null"),
            ("series_fit_poly", "[[]]", "null"),
        ]);
    }
}
