//! The catalogue's aggregates, as far as readers use them.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::expr::Scope;
use super::plan::Machine;
use super::record::{Layout, Record};
use super::{Cell, Refusal, Run};
use crate::ir::AggregateCall;

/// What an aggregate is made of.
struct Aggregate {
    name: &'static str,
    /// The position of the condition among the arguments, for those that have one.
    condition: Option<usize>,
    body: Body,
}

/// How an aggregate comes to its value.
enum Body {
    /// From the number of records.
    Count,
    /// From the values of the first argument that are not null; those of the others are parameters.
    Values(fn(&[Cell], &[Cell]) -> Cell),
    /// From one record: the first, or that in which the first argument is the greatest or least; the others are told.
    Record(Option<Ordering>),
}

const fn count(name: &'static str, condition: Option<usize>) -> Aggregate {
    Aggregate { name, condition, body: Body::Count }
}

const fn values(name: &'static str, condition: Option<usize>, body: fn(&[Cell], &[Cell]) -> Cell) -> Aggregate {
    Aggregate { name, condition, body: Body::Values(body) }
}

const fn record(name: &'static str, which: Option<Ordering>) -> Aggregate {
    Aggregate { name, condition: None, body: Body::Record(which) }
}

static AGGREGATES: &[Aggregate] = &[
    count("count", None),
    count("countif", Some(0)),
    values("count_distinct", None, distinct),
    values("count_distinctif", Some(1), distinct),
    values("dcount", None, distinct),
    values("dcountif", Some(1), distinct),
    values("sum", None, sum),
    values("sumif", Some(1), sum),
    values("avg", None, average),
    values("avgif", Some(1), average),
    values("min", None, |values, _| extreme(values, Ordering::Less)),
    values("minif", Some(1), |values, _| extreme(values, Ordering::Less)),
    values("max", None, |values, _| extreme(values, Ordering::Greater)),
    values("maxif", Some(1), |values, _| extreme(values, Ordering::Greater)),
    values("percentile", None, percentile),
    values("stdev", None, |values, _| deviation(values, 1.0, f64::sqrt)),
    values("stdevp", None, |values, _| deviation(values, 0.0, f64::sqrt)),
    values("variance", None, |values, _| deviation(values, 1.0, |value| value)),
    values("variancep", None, |values, _| deviation(values, 0.0, |value| value)),
    values("make_list", None, |values, _| Cell::List(values.to_vec())),
    values("make_list_if", Some(1), |values, _| Cell::List(values.to_vec())),
    values("make_set", None, set),
    values("make_set_if", Some(1), set),
    record("take_any", None),
    record("arg_max", Some(Ordering::Greater)),
    record("arg_min", Some(Ordering::Less)),
];

/// The values of a call over the records of a group, one an output.
pub(super) fn call(
    machine: &Machine<'_>,
    call: &AggregateCall,
    layout: &Layout,
    members: &[&Record],
) -> Run<Vec<Cell>> {
    let name = call.function.name();
    let Some(aggregate) = AGGREGATES.iter().find(|aggregate| aggregate.name == name) else {
        return Err(refused(call));
    };
    if call.open {
        return Err(Refusal::new(call.span, format!("`{name}` of columns that are not known is not replayed")));
    }
    let value = |index: usize, record: &Record| match call.arguments.get(index) {
        Some(expr) => machine.cell(expr, Scope::new(layout, record)),
        None => Ok(Cell::Null),
    };
    let mut chosen: Vec<&Record> = Vec::with_capacity(members.len());
    for record in members {
        let holds = match aggregate.condition {
            Some(at) => value(at, record)?.truth() == Some(true),
            None => true,
        };
        if holds {
            chosen.push(record);
        }
    }
    match aggregate.body {
        Body::Count => Ok(vec![Cell::Long(i64::try_from(chosen.len()).unwrap_or(i64::MAX))]),
        Body::Values(body) => {
            let mut all = Vec::with_capacity(chosen.len());
            for record in &chosen {
                let cell = value(0, record)?;
                if !cell.is_null() {
                    all.push(cell);
                }
            }
            let rest = 1..call.arguments.len();
            let parameters = match members.first() {
                Some(record) => rest.map(|index| value(index, record)).collect::<Run<Vec<_>>>()?,
                None => Vec::new(),
            };
            Ok(vec![body(&all, &parameters)])
        }
        Body::Record(which) => {
            let mut best: Option<(Cell, &Record)> = None;
            for record in &chosen {
                let cell = value(0, record)?;
                let better = match (&best, which) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some((old, _)), Some(_)) if old.is_null() => !cell.is_null(),
                    (Some((old, _)), Some(which)) => !cell.is_null() && cell.rank(old) == which,
                };
                if better {
                    best = Some((cell, record));
                }
            }
            match best {
                Some((_, record)) => (0..call.outputs.len()).map(|index| value(index, record)).collect(),
                None => Ok(vec![Cell::Null; call.outputs.len()]),
            }
        }
    }
}

/// Whether an aggregate is run.
pub(super) fn refusal(call: &AggregateCall) -> Option<Refusal> {
    let name = call.function.name();
    (!AGGREGATES.iter().any(|aggregate| aggregate.name == name)).then(|| refused(call))
}

fn refused(call: &AggregateCall) -> Refusal {
    Refusal::new(call.span, format!("the aggregate `{}` is not replayed", call.function.name()))
}

fn numbers(values: &[Cell]) -> Vec<f64> {
    values.iter().filter_map(Cell::as_number).collect()
}

fn distinct(values: &[Cell], _: &[Cell]) -> Cell {
    let different: HashSet<_> = values.iter().map(Cell::key).collect();
    Cell::Long(i64::try_from(different.len()).unwrap_or(i64::MAX))
}

fn set(values: &[Cell], _: &[Cell]) -> Cell {
    let mut seen = HashSet::new();
    Cell::List(values.iter().filter(|value| seen.insert(value.key())).cloned().collect())
}

fn sum(values: &[Cell], _: &[Cell]) -> Cell {
    if values.iter().all(|value| matches!(value, Cell::Long(_))) {
        let whole = values.iter().try_fold(0_i64, |sum, value| match value {
            Cell::Long(value) => sum.checked_add(*value),
            _ => None,
        });
        if let Some(whole) = whole {
            return Cell::Long(whole);
        }
    }
    if !values.is_empty() && values.iter().all(|value| matches!(value, Cell::Span(_))) {
        let ticks = values.iter().map(|value| if let Cell::Span(ticks) = value { i128::from(*ticks) } else { 0 });
        return i64::try_from(ticks.sum::<i128>()).map_or(Cell::Null, Cell::Span);
    }
    Cell::Real(exact_sum(numbers(values)))
}

/// A sum that does not depend on the order of its terms: the least first.
pub(super) fn exact_sum(mut terms: Vec<f64>) -> f64 {
    terms.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()).then(a.total_cmp(b)));
    terms.into_iter().sum()
}

fn average(values: &[Cell], _: &[Cell]) -> Cell {
    let of_ticks = |ticks: Vec<i64>| {
        let sum: i128 = ticks.iter().map(|ticks| i128::from(*ticks)).sum();
        i64::try_from(sum / ticks.len() as i128).ok()
    };
    match values.first() {
        Some(Cell::Time(_)) => {
            of_ticks(values.iter().filter_map(Cell::as_time).collect()).map_or(Cell::Null, Cell::Time)
        }
        Some(Cell::Span(_)) => {
            let ticks =
                values.iter().filter_map(|value| if let Cell::Span(ticks) = value { Some(*ticks) } else { None });
            of_ticks(ticks.collect()).map_or(Cell::Null, Cell::Span)
        }
        _ => {
            let numbers = numbers(values);
            let count = numbers.len() as f64;
            if numbers.is_empty() { Cell::Null } else { Cell::Real(exact_sum(numbers) / count) }
        }
    }
}

/// The least or the greatest value; of equal ones the first.
fn extreme(values: &[Cell], which: Ordering) -> Cell {
    let better = |best: &Cell, value: &Cell| value.rank(best) == which;
    let best = values.iter().reduce(|best, value| if better(best, value) { value } else { best });
    best.cloned().unwrap_or(Cell::Null)
}

/// By the nearest rank.
fn percentile(values: &[Cell], parameters: &[Cell]) -> Cell {
    let Some(rank) = parameters.first().and_then(Cell::as_number) else { return Cell::Null };
    let mut sorted = values.to_vec();
    sorted.sort_by(Cell::rank);
    nearest_rank(&sorted, rank).cloned().unwrap_or(Cell::Null)
}

/// The value at or below which so many per cent lie.
pub(super) fn nearest_rank<T>(sorted: &[T], percent: f64) -> Option<&T> {
    let at = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(at.min(sorted.len()).checked_sub(1)?)
}

/// Deviation from the mean; `less` is taken from how many values there are. Of one value there is none.
fn deviation(values: &[Cell], less: f64, finish: fn(f64) -> f64) -> Cell {
    let numbers = numbers(values);
    Cell::Real(finish(variance(&numbers, less).unwrap_or(0.0)))
}

/// The mean square of the distance from the mean.
pub(super) fn variance(numbers: &[f64], less: f64) -> Option<f64> {
    let count = numbers.len() as f64;
    if count - less <= 0.0 {
        return None;
    }
    let mean = exact_sum(numbers.to_vec()) / count;
    let squares = numbers.iter().map(|value| (value - mean) * (value - mean)).collect();
    Some(exact_sum(squares) / (count - less))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: &[i64]) -> Vec<Cell> {
        values.iter().map(|value| Cell::Long(*value)).collect()
    }

    #[test]
    fn every_row_names_an_aggregate_of_the_catalogue() {
        for row in AGGREGATES {
            assert!(crate::functions::aggregate(row.name).is_some(), "{}", row.name);
        }
    }

    #[test]
    fn values_come_to_what_they_should() {
        assert_eq!(sum(&cells(&[1, 2]), &[]), Cell::Long(3));
        assert_eq!(sum(&cells(&[i64::MAX, 1]), &[]), Cell::Real(9_223_372_036_854_775_808.0));
        assert_eq!(average(&cells(&[1, 2]), &[]), Cell::Real(1.5));
        assert_eq!(average(&[], &[]), Cell::Null);
        assert_eq!(distinct(&[1.into(), "1".into(), 2.into()], &[]), Cell::Long(2));
        assert_eq!(extreme(&cells(&[2, 3, 1]), Ordering::Greater), Cell::Long(3));
        assert_eq!(percentile(&cells(&[15, 20, 35, 40, 50]), &[Cell::Long(30)]), Cell::Long(20));
        assert_eq!(percentile(&cells(&[15, 20, 35, 40, 50]), &[Cell::Long(100)]), Cell::Long(50));
        assert_eq!(deviation(&cells(&[2, 4, 4, 4, 5, 5, 7, 9]), 0.0, f64::sqrt), Cell::Real(2.0));
        assert_eq!(deviation(&cells(&[5]), 1.0, f64::sqrt), Cell::Real(0.0));
    }
}
