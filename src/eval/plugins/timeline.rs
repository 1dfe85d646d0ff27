//! What the plugins over a timeline have in common: the stretch they look at, its bins, and who was active when.

use std::collections::{BTreeMap, HashSet};

use super::{Call, Column, Fault, Groups, Table};
use crate::eval::cell::Cell;
use crate::eval::kernels::{self, Env};
use crate::types::Type;

/// The most bins that a stretch of time is cut into.
const MOST_BINS: usize = 1_048_576;

/// How a timeline is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into bins of this size, one of which begins where the stretch begins.
    Every(i64),
    /// By the calendar: the function that gives the beginning of an instant's bin.
    Calendar(&'static str),
}

/// The words that stand for steps by the calendar.
const CALENDAR: &[(&str, &str)] = &[("week", "startofweek"), ("month", "startofmonth"), ("year", "startofyear")];

impl Step {
    /// The step that an argument gives.
    pub(super) fn new(call: &Call, index: usize) -> Result<Self, Fault> {
        if let Cell::String(word) = call.value(index)? {
            let found = CALENDAR.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
            return found
                .map(|(_, function)| Self::Calendar(function))
                .ok_or_else(|| Fault::of(index, "a step is a size, or `week`, `month` or `year`"));
        }
        match call.long(index)? {
            size if size > 0 => Ok(Self::Every(size)),
            _ => Err(Fault::of(index, "a step must be greater than nothing")),
        }
    }
}

/// The records of a call by the time they bear.
pub(super) struct Timeline<'c> {
    /// The column of the times.
    pub(super) column: &'c Column,
    /// The time of each record: ticks, or whole numbers.
    pub(super) times: Vec<Option<i64>>,
    /// The first time that is looked at.
    pub(super) start: i64,
    /// The last time that is looked at.
    pub(super) end: i64,
    step: Step,
}

impl<'c> Timeline<'c> {
    /// The timeline of a column, from one argument to the next, cut by a step.
    pub(super) fn new(call: &'c Call, column: usize, start: usize, step: Step) -> Result<Self, Fault> {
        let at = column;
        let column = call.column(at)?;
        if !matches!(column.ty, Type::Int | Type::Long | Type::DateTime | Type::TimeSpan) {
            return Err(Fault::of(at, format!("a timeline of values of type `{}` is not cut here", column.ty)));
        }
        if matches!(step, Step::Calendar(_)) && column.ty != Type::DateTime {
            return Err(Fault::of(at, "only instants have weeks, months and years"));
        }
        let cells = column.cells()?;
        let times = (0..cells.len()).map(|row| cells.get(row).as_long()).collect();
        Ok(Self { column, times, start: call.long(start)?, end: call.long(start + 1)?, step })
    }

    /// The beginning of the bin of a time.
    pub(super) fn bin(&self, time: i64) -> Option<i64> {
        match self.step {
            Step::Every(size) => {
                let offset = time.checked_sub(self.start)?;
                time.checked_sub(offset.rem_euclid(size))
            }
            Step::Calendar(function) => boundary(function, time, 0),
        }
    }

    /// The beginning of the bin so many bins after the one that begins here.
    pub(super) fn after(&self, bin: i64, count: i64) -> Option<i64> {
        match self.step {
            Step::Every(size) => bin.checked_add(size.checked_mul(count)?),
            Step::Calendar(function) => boundary(function, bin, count),
        }
    }

    /// Whether a time lies in the stretch, both ends included.
    pub(super) fn holds(&self, time: i64) -> bool {
        (self.start..=self.end).contains(&time)
    }

    /// The bin of a record, if it lies in the stretch.
    pub(super) fn bin_of(&self, row: usize) -> Option<i64> {
        let time = self.times.get(row).copied().flatten()?;
        self.holds(time).then(|| self.bin(time)).flatten()
    }

    /// The beginnings of all bins of the stretch.
    pub(super) fn bins(&self) -> Result<Vec<i64>, Fault> {
        let mut bins = Vec::new();
        let mut next = if self.start <= self.end { self.bin(self.start) } else { None };
        while let Some(bin) = next.filter(|bin| *bin <= self.end) {
            if bins.len() == MOST_BINS {
                return Err(Fault::new(format!("a timeline has at most {MOST_BINS} bins")));
            }
            bins.push(bin);
            next = self.after(bin, 1);
        }
        Ok(bins)
    }

    /// A time as a value of the column.
    pub(super) fn cell(&self, time: i64) -> Cell<'static> {
        match self.column.ty {
            Type::DateTime => Cell::DateTime(time),
            Type::TimeSpan => Cell::TimeSpan(time),
            _ => Cell::Long(time),
        }
    }

    /// A column of times.
    pub(super) fn times_column(&self, name: &str, times: impl IntoIterator<Item = i64>) -> Result<Column, Fault> {
        Ok(Column::new(name, self.column.ty, times.into_iter().map(|time| self.cell(time)))?)
    }
}

fn boundary(function: &str, time: i64, offset: i64) -> Option<i64> {
    let kernel = kernels::find(function)?;
    let env = Env { now: 0, ty: Type::DateTime };
    kernel.try_call(env, &[Cell::DateTime(time), Cell::Long(offset)]).ok()?.as_long()
}

/// The records of a call by who they are about and by the dimensions they are sliced by.
pub(super) struct Actors<'c> {
    /// The number of the id of each record; nothing where it is null, for null is counted by no distinct count.
    pub(super) ids: Vec<Option<usize>>,
    /// The dimensions.
    pub(super) dimensions: Vec<&'c Column>,
    /// The groups by the dimensions.
    pub(super) groups: Groups,
}

impl<'c> Actors<'c> {
    /// Who the records of a call are about.
    pub(super) fn new(call: &'c Call, id: usize, dimensions: Vec<&'c Column>) -> Result<Self, Fault> {
        let column = call.column(id)?;
        let cells = column.cells()?;
        let all = Groups::new(&[std::sync::Arc::clone(&column.array)], call.input.rows)?;
        let ids = all.of.iter().enumerate().map(|(row, id)| (!cells.get(row).is_null()).then_some(*id)).collect();
        let arrays: Vec<_> = dimensions.iter().map(|column| std::sync::Arc::clone(&column.array)).collect();
        Ok(Self { ids, dimensions, groups: Groups::new(&arrays, call.input.rows)? })
    }
}

/// Who was active in each bin, and how many records there were.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    /// How many records.
    pub(super) records: i64,
    /// The ids.
    pub(super) ids: HashSet<usize>,
}

/// The activity in each bin of each group of dimensions; each record counts in the bins that `bins` gives for its time.
pub(super) fn activity(
    timeline: &Timeline<'_>,
    actors: &Actors<'_>,
    mut bins: impl FnMut(i64, &mut Vec<i64>),
) -> Vec<BTreeMap<i64, Activity>> {
    let mut found: Vec<BTreeMap<i64, Activity>> = vec![BTreeMap::new(); actors.groups.len()];
    let mut of_record = Vec::new();
    for (row, time) in timeline.times.iter().enumerate() {
        let Some(time) = *time else { continue };
        of_record.clear();
        bins(time, &mut of_record);
        let Some(group) = actors.groups.of.get(row).and_then(|group| found.get_mut(*group)) else { continue };
        for bin in &of_record {
            let activity = group.entry(*bin).or_default();
            activity.records += 1;
            activity.ids.extend(actors.ids.get(row).copied().flatten());
        }
    }
    found
}

/// A table of one record a bin and group of dimensions: the beginning of the bin, the dimensions, and what is said of
/// it.
pub(super) struct Report {
    bins: Vec<i64>,
    groups: Vec<usize>,
    values: Vec<Vec<Cell<'static>>>,
}

impl Report {
    /// A table that says so many things.
    pub(super) fn new(width: usize) -> Self {
        Self { bins: Vec::new(), groups: Vec::new(), values: vec![Vec::new(); width] }
    }

    /// Adds a record.
    pub(super) fn push<const N: usize>(&mut self, group: usize, bin: i64, values: [Cell<'static>; N]) {
        self.bins.push(bin);
        self.groups.push(group);
        for (column, value) in self.values.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// The table, with the names and types of what is said.
    pub(super) fn finish(
        self,
        timeline: &Timeline<'_>,
        actors: &Actors<'_>,
        measures: &[(&str, Type)],
    ) -> Result<Table, Fault> {
        let rows = self.bins.len();
        let mut columns = vec![timeline.times_column(&timeline.column.name, self.bins)?];
        columns.extend(dimension_columns(actors, &self.groups)?);
        for ((name, ty), values) in measures.iter().zip(self.values) {
            columns.push(Column::new(*name, *ty, values)?);
        }
        Ok(Table { columns, rows })
    }
}

/// The dimensions of groups.
pub(super) fn dimension_columns(actors: &Actors<'_>, groups: &[usize]) -> Result<Vec<Column>, Fault> {
    let rows: Vec<Option<usize>> = groups.iter().map(|group| actors.groups.firsts.get(*group).copied()).collect();
    let columns = actors.dimensions.iter().map(|column| Ok(column.rows(&rows)?));
    columns.collect()
}

/// A number of things as a `long`.
pub(super) fn long(count: usize) -> Cell<'static> {
    Cell::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

/// A share of a whole; NaN where there is no whole.
#[expect(clippy::cast_precision_loss, reason = "counts of ids stay far below 2^53")]
pub(super) fn share(part: usize, whole: usize) -> Cell<'static> {
    Cell::Real(part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, table};
    use super::*;
    use crate::literal::parse_datetime;

    #[test]
    fn bins_are_aligned_on_the_start() {
        let call = call(table(&[("t", Type::Long)], &[&["1"], &["12"], &[""]])).of("t");
        let call = call.given(Cell::Long(2)).given(Cell::Long(9)).given(Cell::Long(3));
        let timeline = Timeline::new(&call, 0, 1, Step::new(&call, 3).unwrap()).unwrap();
        assert_eq!(timeline.bins().unwrap(), [2, 5, 8]);
        for (time, bin) in [(1, -1), (2, 2), (4, 2), (5, 5)] {
            assert_eq!(timeline.bin(time), Some(bin));
        }
        assert_eq!(timeline.bin_of(0), None, "before the start");
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let instant = |text| Cell::DateTime(parse_datetime(text).unwrap());
        let call = call(table(&[("t", Type::DateTime)], &[])).of("t");
        let call = call.given(instant("2024-01-15")).given(instant("2024-03-01")).given(Cell::string("Month"));
        let timeline = Timeline::new(&call, 0, 1, Step::new(&call, 3).unwrap()).unwrap();
        let starts = ["2024-01-01", "2024-02-01", "2024-03-01"].map(|text| parse_datetime(text).unwrap());
        assert_eq!(timeline.bins().unwrap(), starts);
    }

    #[test]
    fn a_step_must_lead_on() {
        for step in [Cell::Long(0), Cell::Long(-1), Cell::string("fortnight"), Cell::Null] {
            assert!(Step::new(&call(Table::default()).given(step), 0).is_err());
        }
    }
}
