//! Built-ins of SPL, by Splunk's documentation.
//!
//! Numbers are doubles, and a text that looks like one is one. The searching user's time zone is UTC.

mod convert;
mod json;
mod multi;
mod number;
mod statistics;
mod text;
mod time;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::Body;
use crate::ir::foreign::ForeignFunction;
use crate::ir::{Compare, CompareOp, ForeignKind, NullRule, TermRule};
use crate::replay::cell::number_in;
use crate::replay::expr::{ordered, with_null, written};
use crate::replay::{Cell, Run};

pub(in crate::replay) use json::field;
pub(in crate::replay) use statistics::{Seen, Statistic, statistic};
pub(in crate::replay) use time::{length, seconds};

static TABLE: LazyLock<HashMap<&'static str, Body>> = LazyLock::new(|| {
    let tables = [convert::ROWS, json::ROWS, multi::ROWS, number::ROWS, text::ROWS, time::ROWS];
    tables.into_iter().flatten().copied().collect()
});

/// What is not run, and why.
static REFUSED: &[(ForeignKind, &str, &str)] = &[
    (ForeignKind::Scalar, "commands", "it takes a search apart, which no rule needs"),
    (ForeignKind::Scalar, "convert_auto", "the documentation does not say which conversion counts as the best"),
    (ForeignKind::Scalar, "lookup", "it reads the table as the search head does, with its own rules of matching"),
    (ForeignKind::Scalar, "random", "it gives another number each time"),
    (ForeignKind::Scalar, "sigfig", "which digits count depends on how the numbers were written"),
    (ForeignKind::Scalar, "time", "it gives another time for each record"),
    (ForeignKind::Aggregate, "estdc_error", "the error of the estimate is not documented"),
    (ForeignKind::Aggregate, "upperperc", "the bound depends on the digest that is kept"),
    (ForeignKind::Command, "datamodel", "the constraints of data models are not at hand"),
    (ForeignKind::Command, "extract_kv", "what it extracts is set up in Splunk"),
    (ForeignKind::Command, "iplocation", "where addresses are is not at hand"),
    (ForeignKind::Command, "metrics", "there are no metric indexes"),
    (ForeignKind::Command, "multikv", "how tables are told in a text is not documented"),
    (ForeignKind::Command, "pivot", "which series are the greatest is not documented for every statistic"),
    (ForeignKind::Command, "rest", "there is no Splunk to ask"),
    (ForeignKind::Command, "transaction", "which transactions are given up early depends on limits of memory"),
    (ForeignKind::Command, "xmlkv", "no event holds XML as text"),
];

/// What runs a function.
pub(super) fn find(name: &str) -> Option<Body> {
    TABLE.get(name).copied()
}

/// Why a built-in is not run.
pub(super) fn reason(row: &ForeignFunction) -> Option<&'static str> {
    REFUSED.iter().find(|(kind, name, _)| *kind == row.kind && *name == row.name).map(|(.., why)| *why)
}

/// A value as Splunk writes it.
pub(super) fn text(cell: &Cell) -> Option<Cow<'_, str>> {
    written(TermRule::Splunk, cell)
}

/// The number that a value is or looks like.
pub(super) fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Text(text) => number_in(text),
        // A truth value is none, and neither are several values.
        other => other.as_number(),
    }
}

/// What a function gives for each value of a field that may have several.
fn each(cell: &Cell, mut change: impl FnMut(&Cell) -> Run<Cell>) -> Run<Cell> {
    match cell {
        Cell::List(values) => {
            let mut changed = Vec::with_capacity(values.len());
            for value in values {
                let value = change(value)?;
                if !value.is_null() {
                    changed.push(value);
                }
            }
            Ok(Cell::many(changed))
        }
        Cell::Null => Ok(Cell::Null),
        one => change(one),
    }
}

/// A function of a text, of each where there are several.
fn each_text(cell: &Cell, mut change: impl FnMut(&str) -> Run<Cell>) -> Run<Cell> {
    each(cell, |value| match text(value) {
        Some(text) => change(&text),
        None => Ok(Cell::Null),
    })
}

/// The order of two values: by number where both look like numbers, else by text.
pub(super) fn order(a: &Cell, b: &Cell) -> Ordering {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => text(a).unwrap_or_default().as_bytes().cmp(text(b).unwrap_or_default().as_bytes()),
    }
}

/// A comparison that the values decide; a field of several values passes where one of them does.
pub(in crate::replay) fn compared(node: &Compare, left: &Cell, right: &Cell) -> Option<bool> {
    if left.is_null() || right.is_null() {
        return match node.nulls {
            NullRule::Propagate => None,
            nulls => with_null(nulls, node.op == CompareOp::NotEqual, left.is_null() && right.is_null()),
        };
    }
    let passes = |a: &Cell, b: &Cell| {
        let order = match (number(a), number(b)) {
            // Not the total order: minus zero is zero.
            (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            _ => order(a, b),
        };
        ordered(node.op, order)
    };
    Some(left.values().iter().any(|a| right.values().iter().any(|b| passes(a, b))))
}

#[cfg(test)]
pub(in crate::replay) mod testing {
    use super::super::Context;
    use super::*;
    use crate::ir::{Columns, Plan, Query, Schema, SourceKind};
    use crate::replay::{Refusal, World};
    use crate::source::Span;

    /// Calls a function of SPL at 2024-01-31T10:20:30Z.
    pub(in crate::replay) fn call(name: &'static str, cells: &[Cell]) -> Result<Cell, Refusal> {
        let span = Span::at(0);
        let plan = Plan::new(SourceKind::Unit, Schema::default(), span);
        let query = Query { columns: Columns::default(), shared: Vec::new(), plan };
        let now = crate::literal::parse_datetime("2024-01-31T10:20:30Z").unwrap();
        let world = World { now, ..World::default() };
        let machine = crate::replay::plan::Machine::new(&query, &world);
        find(name).unwrap()(&Context { machine: &machine, span, name }, cells)
    }

    /// What a call gives.
    pub(in crate::replay) fn gives(name: &'static str, cells: &[Cell], expected: impl Into<Cell>) {
        assert_eq!(call(name, cells), Ok(expected.into()), "{name}{cells:?}");
    }

    /// Several values.
    pub(in crate::replay) fn many(texts: &[&str]) -> Cell {
        Cell::List(texts.iter().map(|text| Cell::from(*text)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::ForeignId;
    use crate::ir::foreign::Origin;
    use crate::replay::commands;

    #[test]
    fn every_built_in_is_run_or_refused_for_a_reason() {
        let lazy = ["mvfilter", "mvmap"];
        for id in ForeignId::all().filter(|id| id.row().origin == Origin::Splunk) {
            let row = id.row();
            let runs = match row.kind {
                ForeignKind::Scalar => find(row.name).is_some() || lazy.contains(&row.name),
                ForeignKind::Aggregate => statistic(row.name).is_some(),
                ForeignKind::Command => commands::knows(row.name),
            };
            assert_ne!(runs, reason(row).is_some(), "{}", row.name);
        }
        for (kind, name, _) in REFUSED {
            assert!(ForeignId::find(Origin::Splunk, *kind, name).is_some(), "{name}");
        }
        let rows = [convert::ROWS, json::ROWS, multi::ROWS, number::ROWS, text::ROWS, time::ROWS];
        for (name, _) in rows.into_iter().flatten() {
            assert!(ForeignId::find(Origin::Splunk, ForeignKind::Scalar, name).is_some(), "{name}");
        }
        assert_eq!(TABLE.len(), rows.iter().map(|rows| rows.len()).sum::<usize>(), "a name twice");
    }
}
