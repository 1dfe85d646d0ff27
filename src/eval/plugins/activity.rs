//! Plugins that say how active ids were in each bin of a timeline. A bin without records has no record in the result.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::timeline::{Activity, Actors, Report, Step, Timeline, activity, long, share};
use super::{Call, Fault, Given, Outcome};
use crate::eval::cell::Cell;
use crate::types::Type;

/// The activity in each bin of the stretch.
fn by_bin(timeline: &Timeline<'_>, actors: &Actors<'_>) -> Vec<BTreeMap<i64, Activity>> {
    activity(timeline, actors, |time, bins| bins.extend(timeline.bin(time).filter(|_| timeline.holds(time))))
}

/// The bins of the stretch over which a window that ends with each looks back upon a time: its own, and as many after as
/// the window is long.
fn windows(timeline: &Timeline<'_>, time: i64, width: i64, into: &mut Vec<i64>) {
    if time > timeline.end {
        return;
    }
    let mut next = timeline.bin(time);
    let past = next.and_then(|bin| bin.checked_add(width));
    while let Some(bin) = next.filter(|bin| *bin <= timeline.end && past.is_none_or(|past| *bin < past)) {
        if bin >= timeline.start || timeline.bin(timeline.start).is_some_and(|first| bin >= first) {
            into.push(bin);
        }
        next = timeline.after(bin, 1);
    }
}

/// `activity_counts_metrics(id, time, start, end, step[, dimension…])`: in each bin the records, the ids, the ids that
/// no bin before has, and the ids of all bins so far.
pub(super) fn activity_counts_metrics(call: &Call) -> Outcome {
    let timeline = Timeline::new(call, 1, 2, Step::new(call, 4)?)?;
    let actors = Actors::new(call, 0, call.dimensions(5)?)?;
    let mut report = Report::new(4);
    for (group, bins) in by_bin(&timeline, &actors).into_iter().enumerate() {
        let mut seen = HashSet::new();
        for (bin, found) in bins {
            let before = seen.len();
            let distinct = found.ids.len();
            seen.extend(found.ids);
            let values = [Cell::Long(found.records), long(distinct), long(seen.len() - before), long(seen.len())];
            report.push(group, bin, values);
        }
    }
    let measures =
        [("count", Type::Long), ("dcount", Type::Long), ("new_dcount", Type::Long), ("aggregated_dcount", Type::Long)];
    report.finish(&timeline, &actors, &measures)
}

/// `activity_metrics(id, time, start, end, step[, dimension…])`: in each bin the ids, those that the bin before does not
/// have, and the shares of the ids of the bin before that came back and that did not.
pub(super) fn activity_metrics(call: &Call) -> Outcome {
    let constants = call.arguments.iter().skip(2).take_while(|one| matches!(one.given, Given::Value(_))).count();
    if constants != 3 {
        return Err(Fault::new("where the time begins and ends without a start and an end is not documented"));
    }
    let timeline = Timeline::new(call, 1, 2, Step::new(call, 4)?)?;
    let actors = Actors::new(call, 0, call.dimensions(5)?)?;
    let mut report = Report::new(4);
    let nobody = Activity::default();
    for (group, bins) in by_bin(&timeline, &actors).into_iter().enumerate() {
        for (bin, found) in &bins {
            let before = timeline.after(*bin, -1).and_then(|before| bins.get(&before)).unwrap_or(&nobody);
            let back = found.ids.intersection(&before.ids).count();
            let lost = before.ids.len() - back;
            let rates = [share(back, before.ids.len()), share(lost, before.ids.len())];
            let [retained, churned] = rates;
            report.push(group, *bin, [long(found.ids.len()), long(found.ids.len() - back), retained, churned]);
        }
    }
    let measures = [
        ("dcount_values", Type::Long),
        ("dcount_newvalues", Type::Long),
        ("retention_rate", Type::Real),
        ("churn_rate", Type::Real),
    ];
    report.finish(&timeline, &actors, &measures)
}

/// `activity_engagement(id, time, start, end, inner, outer[, dimension…])`: in each bin of the inner window the ids of
/// the bin, the ids of the outer window that ends with it, and the ratio of both. Records before the start count for
/// outer windows that reach back so far.
pub(super) fn activity_engagement(call: &Call) -> Outcome {
    let constants = call.arguments.iter().skip(2).take_while(|one| matches!(one.given, Given::Value(_))).count();
    if constants != 4 {
        return Err(Fault::new("where the time begins and ends without a start and an end is not documented"));
    }
    let timeline = Timeline::new(call, 1, 2, Step::new(call, 4)?)?;
    let outer = call.long(5)?;
    let actors = Actors::new(call, 0, call.dimensions(6)?)?;
    let around = activity(&timeline, &actors, |time, bins| windows(&timeline, time, outer, bins));
    let mut report = Report::new(3);
    for (group, bins) in by_bin(&timeline, &actors).into_iter().enumerate() {
        for (bin, found) in bins {
            let outer = around.get(group).and_then(|bins| bins.get(&bin)).map_or(0, |found| found.ids.len());
            let inner = found.ids.len();
            report.push(group, bin, [long(inner), long(outer), share(inner, outer)]);
        }
    }
    let measures = [
        ("dcount_activities_inner", Type::Long),
        ("dcount_activities_outer", Type::Long),
        ("activity_ratio", Type::Real),
    ];
    report.finish(&timeline, &actors, &measures)
}

/// `sliding_window_counts(id, time, start, end, window, step[, dimension…])`: at each bin the records and the ids of the
/// window that ends with it. A window that is no multiple of the step counts as the multiple below; records before the
/// start count for windows that reach back so far.
pub(super) fn sliding_window_counts(call: &Call) -> Outcome {
    let step = Step::new(call, 5)?;
    let timeline = Timeline::new(call, 1, 2, step)?;
    let window = match (call.long(4)?, step) {
        (window, Step::Every(size)) => window - window.rem_euclid(size),
        (window, Step::Calendar(_)) => window,
    };
    if window <= 0 {
        return Err(Fault::of(4, "a window must be as long as a step"));
    }
    let actors = Actors::new(call, 0, call.dimensions(6)?)?;
    let mut report = Report::new(2);
    let found = activity(&timeline, &actors, |time, bins| windows(&timeline, time, window, bins));
    for (group, bins) in found.into_iter().enumerate() {
        for (bin, found) in bins {
            report.push(group, bin, [Cell::Long(found.records), long(found.ids.len())]);
        }
    }
    report.finish(&timeline, &actors, &[("Count", Type::Long), ("Dcount", Type::Long)])
}

/// `active_users_count(id, time, start, end, window, period, periods, step[, dimension…])`: in each bin the ids that
/// appear in it when they have appeared in at least so many periods of the window that ends with the appearance. The
/// window does not include the instant it begins at; periods are aligned on the start.
pub(super) fn active_users_count(call: &Call) -> Outcome {
    let timeline = Timeline::new(call, 1, 2, Step::new(call, 7)?)?;
    let periods = Timeline::new(call, 1, 2, Step::new(call, 5)?)?;
    let (window, least) = (call.long(4)?, call.count(6)?);
    let actors = Actors::new(call, 0, call.dimensions(8)?)?;
    // The appearances of each id in each group.
    let mut appearances: BTreeMap<(usize, usize), BTreeSet<i64>> = BTreeMap::new();
    for (row, time) in timeline.times.iter().enumerate() {
        if let (Some(time), Some(id), Some(group)) = (*time, actors.ids[row], actors.groups.of.get(row)) {
            appearances.entry((*group, id)).or_default().insert(time);
        }
    }
    let mut active: BTreeMap<(usize, i64), usize> = BTreeMap::new();
    for ((group, _), times) in &appearances {
        let mut bins = BTreeSet::new();
        for time in times.iter().filter(|time| timeline.holds(**time)) {
            let first = time.saturating_sub(window).saturating_add(1).min(*time);
            let seen: BTreeSet<i64> = times.range(first..=*time).filter_map(|time| periods.bin(*time)).collect();
            if seen.len() >= least {
                bins.extend(timeline.bin(*time));
            }
        }
        for bin in bins {
            *active.entry((*group, bin)).or_default() += 1;
        }
    }
    let mut report = Report::new(1);
    for ((group, bin), ids) in active {
        report.push(group, bin, [long(ids)]);
    }
    report.finish(&timeline, &actors, &[("dcount", Type::Long)])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    /// A call over pairs of an id and a time.
    fn over(pairs: &[(&str, &str)], constants: &[i64]) -> Call {
        let rows: Vec<[&str; 2]> = pairs.iter().map(|(id, time)| [*id, *time]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(<[&str; 2]>::as_slice).collect();
        let call = call(table(&[("id", Type::String), ("t", Type::Long)], &rows)).of("id").of("t");
        constants.iter().fold(call, |call, constant| call.given(Cell::Long(*constant)))
    }

    #[test]
    fn counts_know_which_ids_are_new() {
        // The documentation's example, days for its dates.
        let pairs = [
            ("A", "1"),
            ("D", "1"),
            ("J", "1"),
            ("B", "1"),
            ("C", "2"),
            ("T", "2"),
            ("J", "2"),
            ("H", "3"),
            ("T", "3"),
            ("T", "3"),
            ("J", "3"),
            ("B", "3"),
            ("S", "3"),
            ("S", "4"),
            ("Z", "5"),
        ];
        let (names, rows) = shown(activity_counts_metrics(&over(&pairs, &[1, 4, 1])));
        assert_eq!(names, ["t", "count", "dcount", "new_dcount", "aggregated_dcount"]);
        assert_eq!(rows, ["1 4 4 4 4", "2 3 3 2 6", "3 6 5 2 8", "4 1 1 0 8"]);
    }

    #[test]
    fn sliding_windows_end_with_their_bin() {
        // The documentation's example.
        let pairs = [
            ("Bob", "1"),
            ("David", "1"),
            ("David", "1"),
            ("John", "1"),
            ("Bob", "1"),
            ("Ananda", "2"),
            ("Atul", "2"),
            ("John", "2"),
            ("Ananda", "3"),
            ("Atul", "3"),
            ("Atul", "3"),
            ("John", "3"),
            ("Bob", "3"),
            ("Betsy", "4"),
            ("Bob", "5"),
        ];
        let (_, rows) = shown(sliding_window_counts(&over(&pairs, &[1, 7, 3, 1])));
        assert_eq!(rows, ["1 5 3", "2 8 5", "3 13 5", "4 9 5", "5 7 5", "6 2 2", "7 1 1"]);
        let (_, rows) = shown(sliding_window_counts(&over(&pairs, &[5, 5, 3, 1])));
        assert_eq!(rows, ["5 7 5"], "records before the start count");
    }

    #[test]
    fn metrics_compare_with_the_bin_before() {
        let pairs = [("A", "1"), ("B", "1"), ("B", "2"), ("C", "2"), ("D", "2"), ("A", "4")];
        let (_, rows) = shown(activity_metrics(&over(&pairs, &[1, 4, 1])));
        assert_eq!(rows, ["1 2 2 NaN NaN", "2 3 2 0.5 0.5", "4 1 1 NaN NaN"]);
        assert!(activity_metrics(&over(&pairs, &[1])).is_err());
    }

    #[test]
    fn engagement_is_a_share_of_the_outer_window() {
        let pairs = [("A", "0"), ("A", "1"), ("B", "1"), ("B", "2"), ("C", "3")];
        let (_, rows) = shown(activity_engagement(&over(&pairs, &[2, 3, 1, 3])));
        assert_eq!(rows, ["2 1 2 0.5", "3 1 3 0.3333333333333333"]);
    }

    #[test]
    fn dimensions_part_the_ids() {
        let rows: &[&[&str]] = &[&["A", "1", "x"], &["A", "1", "y"], &["B", "1", "x"]];
        let input = table(&[("id", Type::String), ("t", Type::Long), ("d", Type::String)], rows);
        let call = call(input).of("id").of("t").given(Cell::Long(1)).given(Cell::Long(1)).given(Cell::Long(1)).of("d");
        let (names, rows) = shown(activity_counts_metrics(&call));
        assert_eq!(names[..2], ["t", "d"]);
        assert_eq!(rows, ["1 x 2 2 2 2", "1 y 1 1 1 1"]);
    }

    #[test]
    fn ids_are_active_after_so_many_periods() {
        // The documentation's example, days from 2018-07-01 on as 1, 2…
        let pairs = [
            ("B", "-1"),
            ("B", "0"),
            ("A", "2"),
            ("B", "4"),
            ("B", "8"),
            ("A", "10"),
            ("A", "14"),
            ("A", "17"),
            ("A", "20"),
            ("B", "24"),
        ];
        let (names, rows) = shown(active_users_count(&over(&pairs, &[1, 31, 8, 1, 3, 7])));
        assert_eq!(names, ["t", "dcount"]);
        assert_eq!(rows, ["1 1", "15 1"]);
    }

    #[test]
    fn null_ids_are_records_but_no_ids() {
        let input = table(&[("id", Type::Long), ("t", Type::Long)], &[&["", "1"], &["7", "1"], &["7", ""]]);
        let call = call(input).of("id").of("t").given(Cell::Long(1)).given(Cell::Long(1)).given(Cell::Long(1));
        let (_, rows) = shown(activity_counts_metrics(&call));
        assert_eq!(rows, ["1 2 1 1 1"]);
    }
}
