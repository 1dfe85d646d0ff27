//! What `STATS` says of a group.

use std::cmp::Ordering;

use super::multi::{distinct, extreme, sum};
use super::{as_number, finite, order, whole};
use crate::replay::Cell;
use crate::replay::aggregate::{exact_sum, variance};
use crate::replay::functions::{Seen, Statistic};

/// Up to how many different values they are counted and not estimated, unless the query says it.
const THRESHOLD: f64 = 3_000.0;
/// Above this no threshold counts.
const MOST: f64 = 40_000.0;

static STATISTICS: &[(&str, Statistic)] = &[
    ("count", |_, seen, _| Ok(whole(values(seen).count()))),
    ("count_distinct", |context, seen, threshold| {
        let count = distinct(values(seen)).len();
        if count as f64 > threshold.unwrap_or(THRESHOLD).min(MOST) {
            return Err(context.refuse("above its threshold it is an estimate"));
        }
        Ok(whole(count))
    }),
    ("sum", |_, seen, _| {
        let all: Vec<Cell> = values(seen).cloned().collect();
        Ok(sum(&all))
    }),
    ("avg", |_, seen, _| {
        let numbers = numbers(seen);
        let count = numbers.len() as f64;
        Ok(if numbers.is_empty() { Cell::Null } else { finite(exact_sum(numbers) / count) })
    }),
    ("min", |_, seen, _| Ok(extreme(values(seen), Ordering::Less))),
    ("max", |_, seen, _| Ok(extreme(values(seen), Ordering::Greater))),
    ("std_dev", |_, seen, _| Ok(variance(&numbers(seen), 0.0).map_or(Cell::Null, |value| finite(value.sqrt())))),
    ("variance", |_, seen, _| Ok(variance(&numbers(seen), 0.0).map_or(Cell::Null, finite))),
    ("values", |_, seen, _| Ok(Cell::many(distinct(values(seen))))),
    ("weighted_avg", |_, seen, _| {
        let pairs = seen.iter().filter_map(|one| as_number(&one.cell).zip(as_number(&one.by)));
        let (products, weights): (Vec<f64>, Vec<f64>) = pairs.map(|(value, weight)| (value * weight, weight)).unzip();
        Ok(finite(exact_sum(products) / exact_sum(weights)))
    }),
    ("first", |_, seen, _| Ok(at_end(seen, Ordering::Less))),
    ("last", |_, seen, _| Ok(at_end(seen, Ordering::Greater))),
    ("absent", |_, seen, _| Ok(Cell::Bool(values(seen).next().is_none()))),
    ("present", |_, seen, _| Ok(Cell::Bool(values(seen).next().is_some()))),
];

/// What takes a statistic.
pub(in crate::replay) fn statistic(name: &str) -> Option<Statistic> {
    STATISTICS.iter().find(|(known, _)| *known == name).map(|(_, body)| *body)
}

fn values<'s>(seen: &'s [&'s Seen]) -> impl Iterator<Item = &'s Cell> {
    seen.iter().flat_map(|one| one.cell.values())
}

fn numbers(seen: &[&Seen]) -> Vec<f64> {
    values(seen).filter_map(as_number).collect()
}

/// The value of the record that is first or last by the second argument; of several, the one that came first.
fn at_end(seen: &[&Seen], wanted: Ordering) -> Cell {
    let there = seen.iter().filter(|one| !one.cell.is_null() && !one.by.is_null());
    let best = there.reduce(|best, one| if order(&one.by, &best.by) == wanted { one } else { best });
    best.map_or(Cell::Null, |one| one.cell.clone())
}
