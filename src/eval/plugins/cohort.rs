//! `new_activity_metrics`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::timeline::{Actors, Step, Timeline, dimension_columns, long, share};
use super::{Call, Column, Fault, Given, Groups, Outcome, Table};
use crate::eval::arrays::from_cells;
use crate::eval::cell::Cell;
use crate::types::Type;

/// The columns that say something of a pair of bins.
const MEASURES: [(&str, Type); 5] = [
    ("dcount_new_values", Type::Long),
    ("dcount_retained_values", Type::Long),
    ("dcount_churn_values", Type::Long),
    ("retention_rate", Type::Real),
    ("churn_rate", Type::Real),
];

/// The arguments behind the step, told apart by what they are.
#[derive(Default)]
struct Rest<'c> {
    cohort: Option<i64>,
    dimensions: Vec<&'c Column>,
    lookback: Option<&'c Table>,
}

impl<'c> Rest<'c> {
    fn new(call: &'c Call, from: usize) -> Result<Self, Fault> {
        let mut rest = Self::default();
        for (index, argument) in call.arguments.iter().enumerate().skip(from) {
            match &argument.given {
                Given::Value(_) if index == from => rest.cohort = Some(call.long(index)?),
                Given::Column(column) if rest.lookback.is_none() => rest.dimensions.push(column),
                Given::Table(table) if rest.lookback.is_none() => rest.lookback = Some(table),
                _ => return Err(Fault::of(index, "a cohort, dimensions and a table come in this order")),
            }
        }
        Ok(rest)
    }
}

/// `new_activity_metrics(id, time, start, end, step[, cohort][, dimension…][, lookback])`: for each pair of a bin and the
/// same or a later bin, how the ids first seen in the one (the cohort) fare in the other: how many ids of the other were
/// not seen up to the one, how many of the cohort were seen in the other and how many were not, and their shares of the
/// cohort. Ids of the lookback table were seen before all bins.
pub(super) fn new_activity_metrics(call: &Call) -> Outcome {
    let timeline = Timeline::new(call, 1, 2, Step::new(call, 4)?)?;
    let rest = Rest::new(call, 5)?;
    let before = match rest.lookback {
        Some(table) => known_before(call, table)?,
        None => vec![false; call.input.rows],
    };
    let actors = Actors::new(call, 0, rest.dimensions)?;
    let bins = timeline.bins()?;
    let place: HashMap<i64, usize> = bins.iter().enumerate().map(|(index, bin)| (*bin, index)).collect();
    // For each group the ids of each bin, and the first bin of each id.
    let mut seen: Vec<BTreeMap<usize, HashSet<usize>>> = vec![BTreeMap::new(); actors.groups.len()];
    let mut first: Vec<HashMap<usize, Option<usize>>> = vec![HashMap::new(); actors.groups.len()];
    for (row, known_before) in before.iter().enumerate() {
        let bin = timeline.bin_of(row).and_then(|bin| place.get(&bin).copied());
        let (Some(bin), Some(id)) = (bin, actors.ids[row]) else { continue };
        let group = actors.groups.of[row];
        seen[group].entry(bin).or_default().insert(id);
        let known = first[group].entry(id).or_insert((!known_before).then_some(bin));
        *known = known.map(|known| known.min(bin));
    }
    let cohorts: Vec<usize> = match rest.cohort {
        Some(cohort) => timeline.bin(cohort).and_then(|bin| place.get(&bin).copied()).into_iter().collect(),
        None => (0..bins.len()).collect(),
    };
    let (mut froms, mut tos, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    let mut measures: [Vec<Cell<'static>>; 5] = Default::default();
    let nobody = HashSet::new();
    for group in 0..actors.groups.len() {
        for from in &cohorts {
            let cohort = first[group].values().filter(|first| **first == Some(*from)).count();
            for (to, bin) in bins.iter().enumerate().skip(*from) {
                let there = seen[group].get(&to).unwrap_or(&nobody);
                let first_of = |id: &usize| first[group].get(id).copied().flatten();
                // In the cohort's own bin, those are new that were not seen before it.
                let new = there
                    .iter()
                    .filter(|id| first_of(id).is_some_and(|first| first > *from || to == *from && first == to))
                    .count();
                let kept = there.iter().filter(|id| first_of(id) == Some(*from)).count();
                let lost = cohort - kept;
                froms.push(bins[*from]);
                tos.push(*bin);
                groups.push(group);
                let values = [long(new), long(kept), long(lost), share(kept, cohort), share(lost, cohort)];
                for (column, value) in measures.iter_mut().zip(values) {
                    column.push(value);
                }
            }
        }
    }
    let rows = froms.len();
    let name = &timeline.column.name;
    let mut columns = vec![
        timeline.times_column(&format!("from_{name}"), froms)?,
        timeline.times_column(&format!("to_{name}"), tos)?,
    ];
    columns.extend(dimension_columns(&actors, &groups)?);
    for ((name, ty), values) in MEASURES.into_iter().zip(measures) {
        columns.push(Column::new(name, ty, values)?);
    }
    Ok(Table { columns, rows })
}

/// For each record whether the lookback table has its id.
fn known_before(call: &Call, lookback: &Table) -> Result<Vec<bool>, Fault> {
    let ids = call.column(0)?;
    let there = lookback
        .column(&ids.name)
        .ok_or_else(|| Fault::new(format!("the table of ids seen before has no column `{}`", ids.name)))?;
    if there.ty != ids.ty {
        return Err(Fault::new(format!("the ids are of type {}, those seen before of type {}", ids.ty, there.ty)));
    }
    let (here, there) = (ids.cells()?, there.cells()?);
    let cells = (0..there.len()).map(|row| there.get(row)).chain((0..here.len()).map(|row| here.get(row)));
    let array = from_cells(ids.ty, cells.collect::<Vec<_>>())?;
    let groups = Groups::new(&[Arc::clone(&array)], there.len() + here.len())?;
    let (before, records) = groups.of.split_at(there.len());
    let before: HashSet<usize> = before.iter().copied().collect();
    Ok(records.iter().map(|id| before.contains(id)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    /// The documentation's example: users by day.
    fn days() -> Call {
        let days: [&[&str]; 5] = [
            &["0", "2", "3", "4"],
            &["0", "1", "3", "4", "5"],
            &["0", "2", "4", "5"],
            &["0", "1", "2", "3"],
            &["0", "1", "2", "3", "4"],
        ];
        let mut rows = Vec::new();
        for (day, users) in (1i64..).zip(days) {
            rows.extend(users.iter().map(|user| [(*user).to_owned(), day.to_string()]));
        }
        let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let call = call(table(&[("user", Type::String), ("t", Type::Long)], &rows)).of("user").of("t");
        [1, 6, 1].into_iter().fold(call, |call, constant| call.given(Cell::Long(constant)))
    }

    #[test]
    fn cohorts_are_followed_to_the_end() {
        let (names, rows) = shown(new_activity_metrics(&days()));
        assert_eq!(names[..3], ["from_t", "to_t", "dcount_new_values"]);
        let expected = [
            "1 1 4 4 0 1 0",
            "1 2 2 3 1 0.75 0.25",
            "1 3 1 3 1 0.75 0.25",
            "1 4 1 3 1 0.75 0.25",
            "1 5 1 4 0 1 0",
            "1 6 0 0 4 0 1",
            "2 2 2 2 0 1 0",
            "2 3 0 1 1 0.5 0.5",
            "2 4 0 1 1 0.5 0.5",
            "2 5 0 1 1 0.5 0.5",
            "2 6 0 0 2 0 1",
        ];
        assert_eq!(rows[..11], expected);
        assert_eq!(rows.len(), 21);
    }

    #[test]
    fn one_cohort_can_be_asked_for() {
        let (_, rows) = shown(new_activity_metrics(&days().given(Cell::Long(5))));
        assert_eq!(rows, ["5 5 0 0 0 NaN NaN", "5 6 0 0 0 NaN NaN"]);
    }

    #[test]
    fn ids_seen_before_are_in_no_cohort() {
        let before = table(&[("user", Type::String)], &[&["0"], &["2"]]);
        let call = days().given(Cell::Long(1)).table_given(before);
        let (_, rows) = shown(new_activity_metrics(&call));
        assert_eq!(rows[..2], ["1 1 2 2 0 1 0", "1 2 2 2 0 1 0"]);
    }
}
