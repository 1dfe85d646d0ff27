//! Sums, products and statistics of series.

use super::super::{Env, Kernel};
use super::arithmetic::pairs;
use super::{Number, columns, named, numbers, reals};
use crate::eval::cell::Cell;
use crate::ir::Json;

pub(in super::super) const KERNELS: &[Kernel] = &[
    Kernel::strict("array_sum", series_sum),
    Kernel::row("series_cosine_similarity", series_cosine_similarity),
    Kernel::strict("series_dot_product", series_dot_product),
    Kernel::strict("series_magnitude", |_, args| folded(args, |values| dot(values, values).sqrt())),
    Kernel::strict("series_pearson_correlation", series_pearson_correlation),
    Kernel::strict("series_product", |_, args| folded(args, |values| values.iter().product())),
    Kernel::row("series_stats", series_stats),
    Kernel::row("series_stats_dynamic", series_stats_dynamic),
    Kernel::strict("series_sum", series_sum),
];

/// A number made of a series; null where an element is no number.
fn folded(args: &[Cell<'_>], fold: impl Fn(&[f64]) -> f64) -> Cell<'static> {
    args.first().and_then(reals).map(|values| fold(&values)).into()
}

fn series_sum<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    folded(args, |values| values.iter().sum())
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// Two series as far as both go, without the places where one has no number; nothing where one is empty.
fn common(args: &[Cell<'_>]) -> Option<(Vec<f64>, Vec<f64>)> {
    let empty = |cell: &Cell<'_>| numbers(cell).is_some_and(|series| series.is_empty());
    if args.iter().any(empty) {
        return None;
    }
    let both = pairs(args)?.into_iter().filter_map(|(left, right)| Some((left?.real(), right?.real())));
    Some(both.unzip())
}

fn series_dot_product<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    common(args).map(|(left, right)| dot(&left, &right)).into()
}

/// With magnitudes given, they take the place of those of the series.
fn series_cosine_similarity<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((left, right)) = args.get(..2).and_then(common) else { return Cell::Null };
    let magnitude = |at: usize, values: &[f64]| match args.get(at) {
        None => Some(dot(values, values).sqrt()),
        Some(given) => given.as_real(),
    };
    let magnitudes = magnitude(2, &left).zip(magnitude(3, &right));
    magnitudes.map(|(a, b)| dot(&left, &right) / (a * b)).into()
}

/// Null where the series differ in length or hold anything but numbers.
fn series_pearson_correlation<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let [left, right] = args else { return Cell::Null };
    let (Some(left), Some(right)) = (reals(left), reals(right)) else { return Cell::Null };
    if left.len() != right.len() || left.is_empty() {
        return Cell::Null;
    }
    let centred = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| value - mean).collect::<Vec<_>>()
    };
    let (left, right) = (centred(&left), centred(&right));
    Cell::Real(dot(&left, &right) / (dot(&left, &left) * dot(&right, &right)).sqrt())
}

/// The mean; NaN of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample variance: 0 for a single value.
pub(super) fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (values.len() - 1) as f64
}

/// The smallest and the largest with their first positions, mean, standard deviation, variance, sum; nothing where there
/// is nothing to count, or something that is not finite and must not be passed over.
fn statistics(series: &[Option<Number>], ignore: bool) -> Option<[Json; 8]> {
    let finite = |(at, number): (usize, &Option<Number>)| {
        number.map(Number::real).filter(|value| value.is_finite()).map(|value| (at, value))
    };
    let placed: Vec<(usize, f64)> = series.iter().enumerate().filter_map(finite).collect();
    if placed.len() < series.len() && !ignore {
        return None;
    }
    let first = placed.first()?;
    let least = placed.iter().fold(first, |best, place| if place.1 < best.1 { place } else { best });
    let most = placed.iter().fold(first, |best, place| if place.1 > best.1 { place } else { best });
    let values: Vec<f64> = placed.iter().map(|(_, value)| *value).collect();
    let variance = variance(&values);
    Some([
        Json::Real(least.1),
        Json::Long(least.0 as i64),
        Json::Real(most.1),
        Json::Long(most.0 as i64),
        Json::Real(mean(&values)),
        Json::Real(variance.sqrt()),
        Json::Real(variance),
        Json::Real(values.iter().sum()),
    ])
}

fn ignores(args: &[Cell<'_>]) -> bool {
    args.get(1).and_then(Cell::as_bool).unwrap_or_default()
}

fn series_stats<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let series = args.first().and_then(numbers);
    match series.and_then(|series| statistics(&series, ignores(args))) {
        Some([values @ .., _]) => columns(values.to_vec()),
        None => Cell::Null,
    }
}

/// The length is that of the array, whatever it holds; the other slots are null where `series_stats` gives null.
fn series_stats_dynamic<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    const NAMES: [&str; 9] = ["min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len"];
    let Some(series) = args.first().and_then(numbers) else { return Cell::Null };
    let mut values = statistics(&series, ignores(args)).map_or_else(|| vec![Json::Null; 8], |values| values.to_vec());
    values.push(Json::Long(series.len() as i64));
    named(&NAMES, values)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, check_nearly};

    #[test]
    fn series_are_summed_up() {
        check(&[
            ("series_sum", "[[1,2,3,4]]", "10"),
            ("array_sum", r#"[[1,"a"]]"#, "null"),
            ("series_product", "[[1,2,3,4]]", "24"),
            ("series_magnitude", "[[3,4]]", "5"),
            ("series_dot_product", "[[1,2,4],[4,2,1]]", "12"),
            ("series_dot_product", "[[1,2,4],1]", "7"),
            ("series_dot_product", r#"[[1,2,4,100],[4,"x",1]]"#, "8"),
            ("series_dot_product", "[[],[1]]", "null"),
            ("series_pearson_correlation", "[[1,2,3,4,5],[2,4,6,8,10]]", "1"),
            ("series_pearson_correlation", "[[1,2,3],[1,2]]", "null"),
            ("series_pearson_correlation", "[[1,null],[1,2]]", "null"),
            ("series_cosine_similarity", "[[1,0],[2,0],1,2]", "1"),
            ("series_cosine_similarity", "[[1],[]]", "null"),
        ]);
        check_nearly(&[
            ("series_cosine_similarity", "[[0.1,0.2,0.1,0.2],[0.11,0.2,0.11,0.21]]", "0.99935343825504"),
            ("series_cosine_similarity", "[[0.1,0.2,0.1,0.2],[1,2,3,4]]", "0.923760430703401"),
        ]);
    }

    #[test]
    fn statistics_are_those_of_a_sample() {
        let series = "[23,46,23,87,4,8,3,75,2,56,13,75,32,16,29]";
        check_nearly(&[
            ("series_stats", &format!("[{series}]"), "[2,8,87,3,32.8,28.5036338535483,812.457142857143]"),
            (
                "series_stats_dynamic",
                &format!("[{series}]"),
                r#"{"min":2.0,"min_idx":8,"max":87.0,"max_idx":3,"avg":32.8,"stdev":28.503633853548269,
                    "variance":812.45714285714291,"sum":492.0,"len":15}"#,
            ),
            ("series_stats", "[[null,4,2],true]", "[2,2,4,1,3,1.4142,2]"),
            ("series_stats", "[[7]]", "[7,0,7,0,7,0,0]"),
        ]);
        check(&[
            ("series_stats", "[[1,null]]", "null"),
            ("series_stats", "[[]]", "null"),
            (
                "series_stats_dynamic",
                "[[1,null]]",
                r#"{"min":null,"min_idx":null,"max":null,"max_idx":null,"avg":null,"stdev":null,"variance":null,"sum":null,"len":2}"#,
            ),
        ]);
    }
}
