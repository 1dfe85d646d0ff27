//! Special functions and distributions.

use statrs::function::beta;

use super::arguments::real;
use super::{Env, Kernel};
use crate::eval::Cell;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("beta_cdf", beta_cdf),
    Kernel::strict("beta_inv", beta_inv),
    Kernel::strict("beta_pdf", beta_pdf),
    Kernel::strict("gamma", |_, args| real(args, 0).map(libm::tgamma).into()),
    Kernel::strict("loggamma", |_, args| real(args, 0).map(libm::lgamma).into()),
    Kernel::strict("erf", |_, args| real(args, 0).map(libm::erf).into()),
    Kernel::strict("erfc", |_, args| real(args, 0).map(libm::erfc).into()),
    Kernel::strict("welch_test", welch_test),
];

fn three(args: &[Cell<'_>]) -> Option<(f64, f64, f64)> {
    Some((real(args, 0)?, real(args, 1)?, real(args, 2)?))
}

/// Whether both are parameters of a beta distribution. Kusto stops at 10000, which keeps the sums short.
fn are_shapes(alpha: f64, beta: f64) -> bool {
    let fits = |shape: f64| shape > 0.0 && shape <= 10_000.0;
    fits(alpha) && fits(beta)
}

fn beta_cdf<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((x, a, b)) = three(args) else { return Cell::Null };
    let defined = (0.0..=1.0).contains(&x) && are_shapes(a, b);
    Cell::Real(if defined { beta::checked_beta_reg(a, b, x).unwrap_or(f64::NAN) } else { f64::NAN })
}

/// By halving, since the distribution never falls. The text of Kusto's page and its example contradict each other on
/// which bad argument gives null and which NaN; this follows the example.
fn beta_inv<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((probability, a, b)) = three(args) else { return Cell::Null };
    if probability.is_nan() || !are_shapes(a, b) {
        return Cell::Real(f64::NAN);
    }
    if probability <= 0.0 || probability > 1.0 {
        return Cell::Null;
    }
    let (mut low, mut high) = (0.0, 1.0);
    // A real in this interval has at most 1075 halvings between it and its neighbour; most end far earlier.
    for _ in 0..1100 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        match beta::checked_beta_reg(a, b, middle) {
            Ok(reached) if reached < probability => low = middle,
            Ok(_) => high = middle,
            Err(_) => return Cell::Real(f64::NAN),
        }
    }
    Cell::Real(high)
}

fn beta_pdf<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((x, a, b)) = three(args) else { return Cell::Null };
    if x <= 0.0 || x >= 1.0 || a <= 0.0 || b <= 0.0 {
        return Cell::Real(f64::NAN);
    }
    let density =
        beta::checked_ln_beta(a, b).map(|ln_beta| ((a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - ln_beta).exp());
    Cell::Real(density.unwrap_or(f64::NAN))
}

/// The two-sided p-value of Welch's t-test, with the degrees of freedom of Welch and Satterthwaite: twice the tail of
/// Student's distribution, which is a regularised incomplete beta function. NaN where the samples have no spread or
/// fewer than two values.
fn welch_test<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let numbers: Option<Vec<f64>> = (0..6).map(|at| real(args, at)).collect();
    let Some(&[mean1, variance1, count1, mean2, variance2, count2]) = numbers.as_deref() else { return Cell::Null };
    let (error1, error2) = (variance1 / count1, variance2 / count2);
    let error = error1 + error2;
    let t = (mean1 - mean2) / error.sqrt();
    let freedom = error.powi(2) / (error1.powi(2) / (count1 - 1.0) + error2.powi(2) / (count2 - 1.0));
    let defined = freedom > 0.0 && freedom.is_finite() && t.is_finite();
    let p = defined.then(|| beta::checked_beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t.powi(2))).ok());
    Cell::Real(p.flatten().unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;
    use crate::eval::kernels::find;
    use crate::types::Type;

    fn call(name: &str, args: &[f64]) -> Option<f64> {
        let args: Vec<Cell<'_>> = args.iter().copied().map(Cell::Real).collect();
        find(name).unwrap().call(Env { now: 0, ty: Type::Real }, &args).as_real()
    }

    #[test]
    fn values_are_those_of_the_documentation() {
        for (name, args, result) in [
            ("beta_cdf", vec![0.9, 10.0, 20.0], 0.999_999_999_999_959),
            ("beta_inv", vec![0.1, 10.0, 20.0], 0.226_415_022_388_749),
            ("beta_pdf", vec![0.5, 10.0, 20.0], 0.746_176_019_310_951),
            ("gamma", vec![5.0], 24.0),
            ("gamma", vec![-0.5], -2.0 * PI.sqrt()),
            ("loggamma", vec![5.0], 3.178_053_830_347_945_8),
            ("loggamma", vec![-0.5], (2.0 * PI.sqrt()).ln()),
            ("erf", vec![0.5], 0.520_499_877_813_046_5),
            ("erfc", vec![0.5], 0.479_500_122_186_953_5),
            (
                "welch_test",
                vec![20.82, 7.867_428_571_428_573, 15.0, 22.986_666_666_666_668, 3.812_666_666_666_667_8, 15.0],
                // To thirty digits, by another program; the page rounds on the way.
                0.021_378_001_462_866_97,
            ),
        ] {
            let value = call(name, &args).unwrap();
            assert!((value - result).abs() < 1e-12, "{name}: {value}");
        }
    }

    #[test]
    fn what_is_undefined_is_nan_or_null() {
        for (name, args) in [
            ("beta_cdf", vec![1.5, 10.0, 20.0]),
            ("beta_cdf", vec![-10.0, 10.0, 20.0]),
            ("beta_cdf", vec![0.1, -1.0, 20.0]),
            ("beta_cdf", vec![0.1, 10.0, 10_001.0]),
            ("beta_inv", vec![0.1, -1.0, 20.0]),
            ("beta_pdf", vec![0.0, 10.0, 20.0]),
            ("beta_pdf", vec![0.1, -1.0, 20.0]),
            ("gamma", vec![-1.0]),
            ("welch_test", vec![1.0, 0.0, 10.0, 2.0, 0.0, 10.0]),
            ("welch_test", vec![1.0, 1.0, 1.0, 2.0, 1.0, 1.0]),
        ] {
            assert!(call(name, &args).unwrap().is_nan(), "{name} {args:?}");
        }
        assert_eq!(call("beta_inv", &[1.5, 10.0, 20.0]), None);
    }
}
