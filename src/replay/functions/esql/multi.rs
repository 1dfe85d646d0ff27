//! Functions of fields with several values.

use std::cmp::Ordering;

use super::{as_long, as_number, as_text, finite, order, whole};
use crate::replay::Cell;
use crate::replay::aggregate::exact_sum;
use crate::replay::functions::Row;

pub(super) static ROWS: &[Row] = &[
    ("mv_append", |_, cells| {
        if cells.iter().any(Cell::is_null) {
            return Ok(Cell::Null);
        }
        Ok(Cell::many(cells.iter().flat_map(Cell::values).cloned().collect()))
    }),
    ("mv_avg", |_, cells| {
        let numbers: Vec<f64> = cells[0].values().iter().filter_map(as_number).collect();
        let count = numbers.len() as f64;
        Ok(if numbers.is_empty() { Cell::Null } else { finite(exact_sum(numbers) / count) })
    }),
    ("mv_concat", |_, cells| {
        let texts: Option<Vec<&str>> = cells[0].values().iter().map(as_text).collect();
        Ok(match (texts, as_text(&cells[1])) {
            (Some(texts), Some(delimiter)) if !texts.is_empty() => Cell::text(texts.join(delimiter)),
            _ => Cell::Null,
        })
    }),
    ("mv_contains", |_, cells| {
        let there = |wanted: &Cell| cells[0].values().iter().any(|value| equal(value, wanted));
        Ok(Cell::Bool(cells[1].values().iter().all(there)))
    }),
    ("mv_count", |_, cells| Ok(if cells[0].is_null() { Cell::Null } else { whole(cells[0].values().len()) })),
    ("mv_dedupe", |_, cells| Ok(Cell::many(distinct(cells[0].values().iter())))),
    ("mv_first", |_, cells| Ok(cells[0].values().first().cloned().unwrap_or(Cell::Null))),
    ("mv_last", |_, cells| Ok(cells[0].values().last().cloned().unwrap_or(Cell::Null))),
    ("mv_max", |_, cells| Ok(extreme(cells[0].values().iter(), Ordering::Greater))),
    ("mv_min", |_, cells| Ok(extreme(cells[0].values().iter(), Ordering::Less))),
    ("mv_median", |_, cells| {
        let mut sorted = cells[0].values().to_vec();
        sorted.sort_by(order);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 {
            return Ok(sorted.swap_remove(middle));
        }
        let Some((low, high)) = middle.checked_sub(1).and_then(|low| sorted.get(low)).zip(sorted.get(middle)) else {
            return Ok(Cell::Null);
        };
        Ok(match (low, high) {
            (Cell::Long(low), Cell::Long(high)) => {
                let sum = i128::from(*low) + i128::from(*high);
                i64::try_from(sum.div_euclid(2)).map_or(Cell::Null, Cell::Long)
            }
            _ => as_number(low).zip(as_number(high)).map_or(Cell::Null, |(low, high)| finite(low.midpoint(high))),
        })
    }),
    ("mv_slice", |_, cells| {
        let values = cells[0].values();
        let Some(start) = as_long(&cells[1]) else { return Ok(Cell::Null) };
        let end = match cells.get(2) {
            Some(end) => match as_long(end) {
                Some(end) => end,
                None => return Ok(Cell::Null),
            },
            None => start,
        };
        let length = i64::try_from(values.len()).unwrap_or(i64::MAX);
        let at = |position: i64| if position < 0 { position.saturating_add(length) } else { position };
        let (first, last) = (at(start).max(0), at(end).min(length - 1));
        let range = usize::try_from(first).ok().zip(usize::try_from(last).ok()).filter(|(first, last)| first <= last);
        let taken = range.and_then(|(first, last)| values.get(first..=last));
        Ok(Cell::many(taken.unwrap_or_default().to_vec()))
    }),
    ("mv_sort", |_, cells| {
        let mut sorted = cells[0].values().to_vec();
        sorted.sort_by(order);
        if cells.get(1).and_then(as_text).is_some_and(|word| word.eq_ignore_ascii_case("desc")) {
            sorted.reverse();
        }
        Ok(Cell::many(sorted))
    }),
    ("mv_sum", |_, cells| Ok(sum(cells[0].values()))),
    ("mv_zip", |_, cells| {
        let delimiter = match cells.get(2) {
            Some(delimiter) => match as_text(delimiter) {
                Some(delimiter) => delimiter,
                None => return Ok(Cell::Null),
            },
            None => ",",
        };
        let (left, right) = (cells[0].values(), cells[1].values());
        let mut pairs = Vec::new();
        for at in 0..left.len().max(right.len()) {
            let one = |values: &[Cell]| values.get(at).and_then(as_text).map(str::to_owned);
            pairs.push(match (one(left), one(right)) {
                (Some(left), Some(right)) => Cell::text(format!("{left}{delimiter}{right}")),
                (Some(alone), None) | (None, Some(alone)) => Cell::text(alone),
                (None, None) => continue,
            });
        }
        Ok(Cell::many(pairs))
    }),
];

/// Whether two values are the same.
fn equal(a: &Cell, b: &Cell) -> bool {
    a.order(b) == Some(Ordering::Equal)
}

/// The values, each once, in order of first appearance.
pub(super) fn distinct<'c>(values: impl Iterator<Item = &'c Cell>) -> Vec<Cell> {
    let mut seen = std::collections::HashSet::new();
    values.filter(|value| seen.insert(value.key())).cloned().collect()
}

/// The greatest or the least value.
pub(super) fn extreme<'c>(values: impl Iterator<Item = &'c Cell>, wanted: Ordering) -> Cell {
    let best = values.reduce(|best, one| if order(one, best) == wanted { one } else { best });
    best.cloned().unwrap_or(Cell::Null)
}

/// The sum: whole where all numbers are, and null where it is out of range.
pub(super) fn sum(values: &[Cell]) -> Cell {
    if values.is_empty() {
        return Cell::Null;
    }
    let wholes: Option<Vec<i64>> = values.iter().map(as_long).collect();
    if let Some(wholes) = wholes {
        let total = wholes.into_iter().map(i128::from).sum::<i128>();
        return i64::try_from(total).map_or(Cell::Null, Cell::Long);
    }
    let numbers: Option<Vec<f64>> = values.iter().map(as_number).collect();
    numbers.map_or(Cell::Null, |numbers| finite(exact_sum(numbers)))
}
