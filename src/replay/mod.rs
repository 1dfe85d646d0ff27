//! Runs plans over a few hundred events in memory, record by record: what other languages' text means, once read.
//!
//! It is the other side of a proof. The evaluator in `eval` runs a rule as KQL means it; this one runs what was made of
//! the rule and read back. Neither shares code with the other that decides a meaning, so no mistake can cancel itself
//! out. Fields are untyped here and may have several values, as in the systems that are searched.
//!
//! Records keep the order in which they came in, and whatever is left open (which record of several, which of two that
//! are equal) goes to the one that came first. Each record of the answer names the events it was made of.
//!
//! What is not run is refused by name, before the first record is looked at wherever the plan alone shows it.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the systems that are searched count in doubles, and what is cut to a count was made positive before"
)]

mod aggregate;
mod cell;
mod commands;
mod correlation;
mod expand;
mod expr;
mod functions;
mod group;
mod join;
mod matching;
mod order;
mod pattern;
mod plan;
mod record;
mod regex;
mod scan;
mod set;
mod statistics;
mod support;
#[cfg(test)]
mod tests;
mod world;

use std::fmt;
use std::sync::Arc;

use crate::ir::{ColumnId, Name, Query};
use crate::source::Span;

pub use cell::Cell;
pub use world::{Event, Lookup, Place, World};

/// What a query gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The columns known by name, in order.
    pub columns: Vec<(Name, ColumnId)>,
    /// The records, in order.
    pub rows: Vec<Row>,
}

/// A record of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The values of the columns in order, null where a field is missing, then the fields that no column stands for.
    pub fields: Vec<(Arc<str>, Cell)>,
    /// The ids of the events it was made of, ascending, each once: of a group all its events, of a join those of both
    /// sides; a test of membership adds none.
    pub events: Vec<u32>,
}

impl Row {
    /// The value of a field; null where it is missing.
    pub fn get(&self, name: &str) -> &Cell {
        self.fields.iter().find(|(known, _)| **known == *name).map_or(&Cell::Null, |(_, cell)| cell)
    }
}

/// What is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The words it stands for.
    pub span: Span,
    /// What it is, as a sentence without its full stop.
    pub what: String,
}

impl Refusal {
    pub(crate) fn new(span: Span, what: impl Into<String>) -> Self {
        Self { span, what: what.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}

/// What may be refused; boxed nowhere, since refusals are few and small.
type Run<T> = Result<T, Refusal>;

/// Stack for a query: readers bound how deep they nest, but how much of it a level takes depends on the build.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Runs a query over events.
pub fn run(query: &Query, world: &World) -> Result<Answer, Refusal> {
    stacker::grow(STACK_BYTES, || {
        support::check(query)?;
        plan::Machine::new(query, world).answer()
    })
}
