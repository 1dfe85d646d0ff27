//! Built-ins of ES|QL, by Elastic's documentation. Null in gives null out, unless a function is about nulls.

mod convert;
mod multi;
mod number;
mod statistics;
mod text;
mod time;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::Body;
use crate::ir::ForeignKind;
use crate::ir::foreign::ForeignFunction;
use crate::replay::{Cell, Run};

pub(super) use statistics::statistic;

static TABLE: LazyLock<HashMap<&'static str, Body>> = LazyLock::new(|| {
    let tables = [convert::ROWS, multi::ROWS, number::ROWS, text::ROWS, time::ROWS];
    tables.into_iter().flatten().copied().collect()
});

/// What is not run, and why.
static REFUSED: &[(ForeignKind, &str, &str)] = &[
    (ForeignKind::Scalar, "to_dateperiod", "a stretch by the calendar is no value of its own"),
    (ForeignKind::Scalar, "to_timeduration", "what a text says is known when the query is read, or not at all"),
    (ForeignKind::Scalar, "to_version", "versions have an order of their own"),
    (ForeignKind::Scalar, "json_extract", "it is a preview whose paths are not documented in full"),
    (ForeignKind::Scalar, "network_direction", "it is a preview"),
    (ForeignKind::Scalar, "match", ANALYSED),
    (ForeignKind::Scalar, "match_phrase", ANALYSED),
    (ForeignKind::Scalar, "multi_match", ANALYSED),
    (ForeignKind::Scalar, "kql", ANALYSED),
    (ForeignKind::Scalar, "qstr", ANALYSED),
    (ForeignKind::Scalar, "term", ANALYSED),
    (ForeignKind::Scalar, "mv_difference", "it is a preview"),
    (ForeignKind::Scalar, "mv_intersection", "it is a preview"),
    (ForeignKind::Scalar, "mv_intersects", "it is a preview"),
    (ForeignKind::Scalar, "mv_union", "it is a preview"),
    (ForeignKind::Scalar, "mv_percentile", "how it finds a value between two is not documented for whole numbers"),
    (ForeignKind::Scalar, "mv_median_absolute_deviation", "how it rounds between whole numbers is not documented"),
    (ForeignKind::Scalar, "mv_pseries_weighted_sum", "it is for statistics that no rule needs"),
    (ForeignKind::Aggregate, "median", ESTIMATE),
    (ForeignKind::Aggregate, "median_absolute_deviation", ESTIMATE),
    (ForeignKind::Aggregate, "percentile", ESTIMATE),
    (ForeignKind::Aggregate, "sample", "it takes values by chance"),
    (ForeignKind::Aggregate, "top", "it is told by more than one value beside the field"),
    (ForeignKind::Command, "change_point", "how it finds changes is not documented"),
    (ForeignKind::Command, "enrich", "the policy is not at hand"),
    (ForeignKind::Command, "sample", "it takes records by chance"),
];

const ANALYSED: &str = "what it finds depends on the mapping of the index";
const ESTIMATE: &str = "it is an estimate that depends on the digest that is kept";

/// What runs a function.
pub(super) fn find(name: &str) -> Option<Body> {
    TABLE.get(name).copied()
}

/// Why a built-in is not run.
pub(super) fn reason(row: &ForeignFunction) -> Option<&'static str> {
    REFUSED.iter().find(|(kind, name, _)| *kind == row.kind && *name == row.name).map(|(.., why)| *why)
}

/// The order of two values of a type.
pub(super) fn order(a: &Cell, b: &Cell) -> Ordering {
    a.order(b).unwrap_or_else(|| a.rank(b))
}

/// The text of a text; `None` of all else.
fn as_text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

/// The number of a number.
fn as_number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Long(value) => Some(*value as f64),
        Cell::Real(value) => Some(*value),
        _ => None,
    }
}

/// The whole number of a whole number.
fn as_long(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Long(value) => Some(*value),
        _ => None,
    }
}

/// A number that can be one; what goes beyond bounds is null, with a warning.
fn finite(value: f64) -> Cell {
    if value.is_finite() { Cell::Real(value) } else { Cell::Null }
}

/// A length.
fn whole(count: usize) -> Cell {
    i64::try_from(count).map_or(Cell::Null, Cell::Long)
}

/// What a function gives for each value; what cannot be computed is left out.
fn each(cell: &Cell, mut change: impl FnMut(&Cell) -> Run<Cell>) -> Run<Cell> {
    let mut changed = Vec::new();
    for value in cell.values() {
        let value = change(value)?;
        if !value.is_null() {
            changed.push(value);
        }
    }
    Ok(Cell::many(changed))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ir::ForeignId;
    use crate::ir::foreign::Origin;

    #[test]
    fn every_built_in_is_run_or_refused_for_a_reason() {
        let mut run = HashSet::new();
        for id in ForeignId::all().filter(|id| id.row().origin == Origin::Esql) {
            let row = id.row();
            let known = match row.kind {
                ForeignKind::Scalar => find(row.name).is_some(),
                ForeignKind::Aggregate => statistic(row.name).is_some(),
                ForeignKind::Command => crate::replay::commands::knows_esql(row.name),
            };
            assert_ne!(known, reason(row).is_some(), "{} {:?}", row.name, row.kind);
            run.insert((row.kind, row.name));
        }
        for (kind, name, _) in REFUSED {
            assert!(run.contains(&(*kind, *name)), "{name} is no built-in");
        }
        for name in TABLE.keys() {
            assert!(run.contains(&(ForeignKind::Scalar, *name)), "{name} is no function");
        }
    }
}
