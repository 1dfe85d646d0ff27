//! What `stats` and its like say of a group.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::number::finite;
use super::{number, order, text};
use crate::literal::TICKS_PER_SECOND;
use crate::replay::aggregate::{exact_sum, nearest_rank, variance};
use crate::replay::functions::Context;
use crate::replay::{Cell, Run};

/// The value of the argument in a record, with the record's `_time`; records in the order they came in.
#[derive(Clone, Debug)]
pub(in crate::replay) struct Seen {
    pub(in crate::replay) cell: Cell,
    /// The value of a second argument.
    pub(in crate::replay) by: Cell,
    pub(in crate::replay) time: Option<i64>,
}

/// What a statistic does; the last argument is its percentage.
pub(in crate::replay) type Statistic = fn(&Context<'_>, &[&Seen], Option<f64>) -> Run<Cell>;

/// How many values `list` gives at most, and from how many different ones on percentiles and counts are estimates
/// (`limits.conf`).
const LISTED: usize = 100;
const EXACT: usize = 1000;

static STATISTICS: &[(&str, Statistic)] = &[
    ("count", |_, seen, _| {
        let one = |seen: &&Seen| match &seen.cell {
            Cell::Bool(holds) => usize::from(*holds),
            cell => cell.values().len(),
        };
        Ok(whole(seen.iter().map(one).sum()))
    }),
    ("dc", |_, seen, _| Ok(whole(different(seen).len()))),
    ("estdc", |context, seen, _| {
        let count = different(seen).len();
        if count > EXACT {
            return Err(context.refuse("above 1000 different values it is an estimate"));
        }
        Ok(whole(count))
    }),
    ("values", |_, seen, _| {
        let mut texts: Vec<_> = different(seen).into_iter().collect();
        texts.sort_unstable();
        Ok(Cell::many(texts.into_iter().map(Cell::text).collect()))
    }),
    ("list", |_, seen, _| Ok(Cell::many(values(seen).take(LISTED).cloned().collect()))),
    ("sum", |_, seen, _| Ok(of_numbers(seen, |numbers| Some(exact_sum(numbers))))),
    ("sumsq", |_, seen, _| {
        Ok(of_numbers(seen, |numbers| Some(exact_sum(numbers.iter().map(|value| value * value).collect()))))
    }),
    ("avg", |_, seen, _| {
        Ok(of_numbers(seen, |numbers| {
            let count = numbers.len() as f64;
            Some(exact_sum(numbers) / count)
        }))
    }),
    ("min", |_, seen, _| Ok(extreme(seen, Ordering::Less))),
    ("max", |_, seen, _| Ok(extreme(seen, Ordering::Greater))),
    ("range", |_, seen, _| {
        Ok(of_numbers(seen, |numbers| {
            let least = numbers.iter().copied().reduce(f64::min)?;
            Some(numbers.iter().copied().reduce(f64::max)? - least)
        }))
    }),
    ("mode", |_, seen, _| {
        let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
        for (index, value) in values(seen).enumerate() {
            counts.entry(text(value).unwrap_or_default().into_owned()).or_insert((0, index)).0 += 1;
        }
        // Of values that occur as often, the one that came first.
        let most = counts.into_values().max_by(|(a, first), (b, second)| a.cmp(b).then(second.cmp(first)));
        Ok(most.and_then(|(_, first)| values(seen).nth(first)).cloned().unwrap_or(Cell::Null))
    }),
    ("median", |context, seen, _| percentile(context, seen, 50.0)),
    ("perc", |context, seen, percent| percentile(context, seen, percent.unwrap_or(50.0))),
    ("exactperc", |_, seen, percent| Ok(ranked(seen, percent.unwrap_or(50.0)))),
    ("stdev", |_, seen, _| Ok(of_numbers(seen, |numbers| Some(variance(&numbers, 1.0).unwrap_or(0.0).sqrt())))),
    ("stdevp", |_, seen, _| Ok(of_numbers(seen, |numbers| variance(&numbers, 0.0).map(f64::sqrt)))),
    ("var", |_, seen, _| Ok(of_numbers(seen, |numbers| Some(variance(&numbers, 1.0).unwrap_or(0.0))))),
    ("varp", |_, seen, _| Ok(of_numbers(seen, |numbers| variance(&numbers, 0.0)))),
    ("first", |_, seen, _| Ok(there(seen).next().map_or(Cell::Null, |seen| seen.cell.clone()))),
    ("last", |_, seen, _| Ok(there(seen).next_back().map_or(Cell::Null, |seen| seen.cell.clone()))),
    ("earliest", |_, seen, _| Ok(at_end(seen, Ordering::Less).map_or(Cell::Null, |seen| seen.cell.clone()))),
    ("latest", |_, seen, _| Ok(at_end(seen, Ordering::Greater).map_or(Cell::Null, |seen| seen.cell.clone()))),
    ("earliest_time", |_, seen, _| Ok(time_of(at_end(seen, Ordering::Less)))),
    ("latest_time", |_, seen, _| Ok(time_of(at_end(seen, Ordering::Greater)))),
    ("rate", |_, seen, _| {
        let ends = at_end(seen, Ordering::Less).zip(at_end(seen, Ordering::Greater));
        let rate = ends.and_then(|(first, last)| {
            let seconds = (last.time? - first.time?) as f64 / TICKS_PER_SECOND as f64;
            (seconds > 0.0).then_some((number(&last.cell)? - number(&first.cell)?) / seconds)
        });
        Ok(rate.map_or(Cell::Null, finite))
    }),
];

/// What runs a statistic.
pub(in crate::replay) fn statistic(name: &str) -> Option<Statistic> {
    STATISTICS.iter().find(|(known, _)| *known == name).map(|(_, body)| *body)
}

fn whole(count: usize) -> Cell {
    Cell::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

fn values<'s>(seen: &'s [&Seen]) -> impl Iterator<Item = &'s Cell> {
    seen.iter().flat_map(|seen| seen.cell.values())
}

/// Those that have a value.
fn there<'s>(seen: &'s [&'s Seen]) -> impl DoubleEndedIterator<Item = &'s Seen> {
    seen.iter().copied().filter(|seen| !seen.cell.is_null())
}

fn different(seen: &[&Seen]) -> HashSet<String> {
    values(seen).filter_map(text).map(std::borrow::Cow::into_owned).collect()
}

fn of_numbers(seen: &[&Seen], finish: impl FnOnce(Vec<f64>) -> Option<f64>) -> Cell {
    let numbers: Vec<f64> = values(seen).filter_map(number).collect();
    if numbers.is_empty() { Cell::Null } else { finish(numbers).map_or(Cell::Null, finite) }
}

/// By number where all values are numbers, else by text; of equal ones the first.
fn extreme(seen: &[&Seen], which: Ordering) -> Cell {
    let numeric = values(seen).all(|value| number(value).is_some());
    let rank = |a: &Cell, b: &Cell| {
        if numeric {
            order(a, b)
        } else {
            text(a).unwrap_or_default().as_bytes().cmp(text(b).unwrap_or_default().as_bytes())
        }
    };
    let best = values(seen).reduce(|best, value| if rank(value, best) == which { value } else { best });
    best.cloned().unwrap_or(Cell::Null)
}

/// Below 1000 different values percentiles are exact, by the nearest rank.
fn percentile(context: &Context<'_>, seen: &[&Seen], percent: f64) -> Run<Cell> {
    if seen.len() > EXACT && different(seen).len() > EXACT {
        return Err(context.refuse("above 1000 different values it is an estimate"));
    }
    Ok(ranked(seen, percent))
}

fn ranked(seen: &[&Seen], percent: f64) -> Cell {
    let mut numbers: Vec<f64> = values(seen).filter_map(number).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    nearest_rank(&numbers, percent).map_or(Cell::Null, |value| finite(*value))
}

/// The one with the earliest or the latest time that has a value; of several the first.
fn at_end<'s>(seen: &'s [&'s Seen], which: Ordering) -> Option<&'s Seen> {
    there(seen).filter(|seen| seen.time.is_some()).reduce(
        |best, seen| {
            if seen.time.cmp(&best.time) == which { seen } else { best }
        },
    )
}

fn time_of(seen: Option<&Seen>) -> Cell {
    seen.and_then(|seen| seen.time).map_or(Cell::Null, super::time::seconds)
}
