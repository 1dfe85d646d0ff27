//! Patterns that many records share: `basket` and `autocluster`.
//!
//! A pattern fixes the values of some columns and leaves the others open. All columns count, of whatever type, but for one
//! that gives the records' weights: the pages name no type that does not, and let wildcards be set for numbers and times
//! as for strings. A null and an empty string are values like others; where they are, a wildcard of one's own tells them
//! from columns that are open.

mod autocluster;
mod basket;
#[cfg(test)]
mod tests;

use super::{Call, Column, Fault, Given, Groups, Outcome, Table};
use crate::eval::cell::Cell;
use crate::types::Type;

pub(super) use autocluster::autocluster;
pub(super) use basket::basket;

/// What is written for an argument that is left at its default.
const DEFAULT: &str = "~";
/// The first of the arguments that set wildcards; one stands before it that is the plugin's own, the weights, and another.
const WILDCARDS: usize = 3;
/// The place of the column of weights among the arguments.
const WEIGHTS: usize = 1;

/// Records as numbers.
struct Records<'c> {
    call: &'c Call,
    /// Whether each column is an attribute of patterns.
    attributes: Vec<bool>,
    /// For each column, which value a combination of values has there; values are numbered through all columns.
    values: Vec<Vec<usize>>,
    /// The column of each value, and the first record that has it.
    of_value: Vec<(usize, usize)>,
    /// How many records have each combination of values.
    counts: Vec<u64>,
    /// What they weigh.
    weights: Vec<f64>,
    /// What all records weigh.
    total: f64,
}

/// What some combinations of values have in common.
struct Common {
    /// What they weigh.
    weight: f64,
    /// The value that all of them have in each column.
    pattern: Pattern,
}

/// The value of each column that a pattern fixes.
type Pattern = Vec<Option<usize>>;

impl<'c> Records<'c> {
    /// The records of a call. Those of no weight count for nothing.
    fn new(call: &'c Call) -> Result<Self, Fault> {
        let weights = weights(call)?;
        let name = match call.arguments.get(WEIGHTS).map(|argument| &argument.given) {
            Some(Given::Column(column)) => Some(&column.name),
            _ => None,
        };
        let attributes: Vec<bool> = call.input.columns.iter().map(|column| Some(&column.name) != name).collect();
        let counted = call.input.columns.iter().zip(&attributes).filter(|(_, is)| **is);
        let arrays: Vec<_> = counted.map(|(column, _)| column.array.clone()).collect();
        let combined = Groups::new(&arrays, call.input.rows)?;
        let mut records = Self {
            call,
            attributes,
            values: Vec::new(),
            of_value: Vec::new(),
            counts: vec![0; combined.len()],
            weights: vec![0.0; combined.len()],
            total: weights.iter().sum(),
        };
        for (of, weight) in combined.of.iter().zip(&weights) {
            records.counts[*of] += 1;
            records.weights[*of] += weight;
        }
        for (at, column) in call.input.columns.iter().enumerate() {
            let mut values = Vec::new();
            if records.attributes[at] {
                let groups = Groups::new(std::slice::from_ref(&column.array), call.input.rows)?;
                let first = records.of_value.len();
                records.of_value.extend(groups.firsts.iter().map(|row| (at, *row)));
                values.extend(combined.firsts.iter().map(|row| first + groups.of[*row]));
            }
            records.values.push(values);
        }
        Ok(records)
    }

    /// The combinations of values that weigh something.
    fn all(&self) -> Vec<usize> {
        (0..self.weights.len()).filter(|at| self.weights[*at] > 0.0).collect()
    }

    /// The columns that are attributes.
    fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.attributes.len()).filter(|at| self.attributes[*at])
    }

    /// The share that a weight is of all.
    fn share(&self, weight: f64) -> f64 {
        weight / self.total
    }

    /// What all of these have in common; all wildcards where there are none.
    fn common(&self, some: &[usize]) -> Common {
        let shared = |at: usize| {
            let values = self.values.get(at).filter(|_| self.attributes[at])?;
            let first = values[*some.first()?];
            some.iter().all(|one| values[*one] == first).then_some(first)
        };
        Common {
            weight: some.iter().map(|one| self.weights[*one]).sum(),
            pattern: (0..self.attributes.len()).map(shared).collect(),
        }
    }

    /// Those of some combinations that have a value.
    fn having(&self, some: &[usize], value: usize) -> Vec<usize> {
        let values = &self.values[self.of_value[value].0];
        some.iter().copied().filter(|one| values[*one] == value).collect()
    }

    /// The table that patterns are shown in: their numbers, what their records weigh, the share of that in hundredths, and
    /// the columns of the input. The share has one digit behind the point, as in the examples of both pages; what weighs a
    /// part of a record counts for nothing in the count.
    #[expect(clippy::cast_possible_truncation, reason = "a count of whole records")]
    fn shown(&self, patterns: &[Common]) -> Outcome {
        let wildcards = wildcards(self.call)?;
        let numbers = (0..).take(patterns.len()).map(Cell::Long);
        let counts = patterns.iter().map(|common| Cell::Long(common.weight as i64));
        let percents = patterns.iter().map(|common| Cell::Real((self.share(common.weight) * 1000.0).round() / 10.0));
        let mut columns = vec![
            Column::new("SegmentId", Type::Long, numbers)?,
            Column::new("Count", Type::Long, counts)?,
            Column::new("Percent", Type::Real, percents)?,
        ];
        for (at, column) in self.call.input.columns.iter().enumerate() {
            let cells = column.cells()?;
            let wildcard = wildcards.iter().find(|cell| cell.ty() == Some(column.ty)).unwrap_or(&Cell::Null);
            let shown = patterns.iter().map(|common| match common.pattern[at] {
                Some(value) => cells.get(self.of_value[value].1),
                None => wildcard.clone(),
            });
            columns.push(Column::new(column.name.clone(), column.ty, shown)?);
        }
        Ok(Table { columns, rows: patterns.len() })
    }
}

/// What each record weighs: 1, or what stands in the column of weights, where a null is nothing.
fn weights(call: &Call) -> Result<Vec<f64>, Fault> {
    match call.arguments.get(WEIGHTS).map(|argument| &argument.given) {
        None => Ok(vec![1.0; call.input.rows]),
        Some(Given::Value(cell)) if cell.as_str() == Some(DEFAULT) => Ok(vec![1.0; call.input.rows]),
        Some(Given::Column(column)) if matches!(column.ty, Type::Int | Type::Long | Type::Real | Type::Decimal) => {
            let cells = column.cells()?;
            let weights = (0..cells.len()).map(|row| cells.get(row).as_real().unwrap_or(0.0));
            let weights: Vec<f64> = weights.collect();
            if weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite()) {
                Ok(weights)
            } else {
                Err(Fault::of(WEIGHTS, "a record weighs less than nothing, or more than can be told"))
            }
        }
        _ => Err(Fault::of(WEIGHTS, "a column of numbers is needed here, or `~`")),
    }
}

/// The wildcards that a call sets, each for the columns of its type. Which of two for one type would hold is not
/// documented.
fn wildcards(call: &Call) -> Result<Vec<Cell<'static>>, Fault> {
    let mut set: Vec<Cell<'static>> = Vec::new();
    for index in WILDCARDS..call.arguments.len() {
        let cell = call.value(index)?;
        if cell.as_str() == Some(DEFAULT) || cell.is_null() {
            continue;
        }
        if set.iter().any(|there| there.ty() == cell.ty()) {
            return Err(Fault::of(index, "there is a wildcard for this type already"));
        }
        set.push(cell.clone());
    }
    Ok(set)
}

/// A number among the arguments, or its default.
fn number(call: &Call, index: usize, default: f64) -> Result<f64, Fault> {
    match call.arguments.get(index).map(|argument| &argument.given) {
        None => Ok(default),
        Some(Given::Value(cell)) if cell.as_str() == Some(DEFAULT) => Ok(default),
        Some(Given::Value(cell)) => cell.as_real().ok_or_else(|| Fault::of(index, "a number is needed here, or `~`")),
        Some(_) => Err(Fault::of(index, "a constant is needed here")),
    }
}

/// A number of things among the arguments, from 1, or its default.
fn count(call: &Call, index: usize, default: usize) -> Result<usize, Fault> {
    match call.arguments.get(index).map(|argument| &argument.given) {
        None => Ok(default),
        Some(Given::Value(cell)) if cell.as_str() == Some(DEFAULT) => Ok(default),
        Some(_) => match call.count(index)? {
            0 => Err(Fault::of(index, "a number from 1 is needed here")),
            count => Ok(count),
        },
    }
}
