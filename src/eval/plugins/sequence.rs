//! `sequence_detect`.

use std::sync::Arc;

use super::{Call, Column, Fault, Given, Groups, Outcome, Table};
use crate::eval::cell::Cell;
use crate::types::Type;

/// The most sequences that are given.
const MOST: usize = 10_000_000;

/// `sequence_detect(time, step_window, span, condition…[, dimension…])`: every choice of one record for each condition
/// such that each is later than the one before by at most the step window, and the last later than the first by at most
/// the span, all of equal dimensions.
///
/// The documentation does not say what happens between records of one instant; here one does not follow the other.
pub(super) fn sequence_detect(call: &Call) -> Outcome {
    let column = call.column(0)?;
    if !matches!(column.ty, Type::Int | Type::Long | Type::DateTime | Type::TimeSpan) {
        return Err(Fault::of(0, format!("a timeline of values of type `{}` is not followed here", column.ty)));
    }
    let limits = Limits { step: call.long(1)?, span: call.long(2)? };
    let conditions: Vec<usize> = (3..call.arguments.len())
        .take_while(|index| match call.arguments.get(*index).map(|argument| &argument.given) {
            Some(Given::Column(column)) => column.ty == Type::Bool,
            Some(Given::Value(Cell::Bool(_))) => true,
            _ => false,
        })
        .collect();
    if conditions.is_empty() {
        return Err(Fault::of(3, "a condition is needed here"));
    }
    let dimensions = call.dimensions(3 + conditions.len())?;
    let arrays: Vec<_> = dimensions.iter().map(|column| Arc::clone(&column.array)).collect();
    let groups = Groups::new(&arrays, call.input.rows)?;
    // For each group the times of the records that fulfil each condition.
    let times = column.cells()?;
    let mut steps: Vec<Vec<Vec<i64>>> = vec![vec![Vec::new(); conditions.len()]; groups.len()];
    for (place, condition) in conditions.iter().enumerate() {
        for (row, holds) in call.cells(*condition)?.iter().enumerate() {
            if holds.as_bool() == Some(true)
                && let Some(time) = times.get(row).as_long()
            {
                steps[groups.of[row]][place].push(time);
            }
        }
    }
    let mut found = Found { of: Vec::new(), times: Vec::new() };
    for (group, steps) in steps.iter_mut().enumerate() {
        for times in &mut *steps {
            times.sort_unstable();
        }
        follow(steps, limits, &mut Vec::new(), &mut |sequence| found.push(group, sequence))?;
    }
    let rows = found.of.len();
    let firsts: Vec<Option<usize>> = found.of.iter().map(|group| groups.firsts.get(*group).copied()).collect();
    let mut columns = Vec::new();
    for dimension in dimensions {
        columns.push(dimension.rows(&firsts)?);
    }
    let width = conditions.len();
    for (place, condition) in conditions.iter().enumerate() {
        let name = call.arguments.get(*condition).and_then(|argument| argument.name.as_deref()).unwrap_or_default();
        let times = found.times.iter().skip(place).step_by(width).map(|time| match column.ty {
            Type::DateTime => Cell::DateTime(*time),
            Type::TimeSpan => Cell::TimeSpan(*time),
            _ => Cell::Long(*time),
        });
        columns.push(Column::new(format!("{name}_{}", column.name), column.ty, times)?);
    }
    let spans = found.times.chunks(width).map(|times| match times {
        [first, .., last] => Cell::TimeSpan(last.saturating_sub(*first)),
        _ => Cell::TimeSpan(0),
    });
    columns.push(Column::new("Duration", Type::TimeSpan, spans)?);
    Ok(Table { columns, rows })
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    step: i64,
    span: i64,
}

/// The sequences found: the group of each, and its times, one sequence behind the other.
struct Found {
    of: Vec<usize>,
    times: Vec<i64>,
}

impl Found {
    fn push(&mut self, group: usize, sequence: &[i64]) -> Result<(), Fault> {
        if self.of.len() == MOST {
            return Err(Fault::new(format!("there are more than {MOST} sequences")));
        }
        self.of.push(group);
        self.times.extend(sequence);
        Ok(())
    }
}

/// Goes through the sequences that begin with these times.
fn follow(
    steps: &[Vec<i64>],
    limits: Limits,
    so_far: &mut Vec<i64>,
    give: &mut impl FnMut(&[i64]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Some(times) = steps.get(so_far.len()) else { return give(so_far) };
    let range = match (so_far.first(), so_far.last()) {
        (Some(first), Some(last)) => {
            let latest = last.saturating_add(limits.step).min(first.saturating_add(limits.span));
            times.partition_point(|time| time <= last)..times.partition_point(|time| *time <= latest)
        }
        _ => 0..times.len(),
    };
    for time in times.get(range).unwrap_or_default() {
        so_far.push(*time);
        follow(steps, limits, so_far, give)?;
        so_far.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    fn detect(step: i64, span: i64) -> Vec<String> {
        let rows: &[&[&str]] = &[
            &["0", "true", "false", "x"],
            &["3", "false", "true", "x"],
            &["5", "true", "true", "x"],
            &["9", "false", "true", "x"],
            &["4", "false", "true", "y"],
            &["", "true", "true", "y"],
        ];
        let columns = [("t", Type::Long), ("heat", Type::Bool), ("fire", Type::Bool), ("state", Type::String)];
        let call = call(table(&columns, rows)).of("t").given(Cell::Long(step)).given(Cell::Long(span));
        let call = call.column_named("heat", "heat").column_named("fire", "fire").of("state");
        let (names, rows) = shown(sequence_detect(&call));
        assert_eq!(names, ["state", "heat_t", "fire_t", "Duration"]);
        rows
    }

    #[test]
    fn every_pair_within_the_window_is_a_sequence() {
        assert_eq!(detect(5, 5), ["x 0 3 3", "x 0 5 5", "x 5 9 4"]);
        assert_eq!(detect(3, 5), ["x 0 3 3"]);
        assert_eq!(detect(5, 4), ["x 0 3 3", "x 5 9 4"]);
    }
}
