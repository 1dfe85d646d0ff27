//! Functions of one record: one table a language, a row each.

mod core;
mod eql;
mod esql;
mod splunk;

use super::plan::Machine;
use super::{Cell, Refusal, Run};
use crate::functions::FunctionId;
use crate::ir::ForeignId;
use crate::ir::foreign::Origin;
use crate::source::Span;

pub(super) use splunk::{Seen, Statistic, compared as loosely_compared, field, length, seconds};

/// What a function may look at besides its arguments.
pub(super) struct Context<'c> {
    pub(super) machine: &'c Machine<'c>,
    /// The words of the call.
    pub(super) span: Span,
    pub(super) name: &'static str,
}

impl Context<'_> {
    /// That the call cannot be run, and why.
    pub(super) fn refuse(&self, why: impl std::fmt::Display) -> Refusal {
        Refusal::new(self.span, format!("`{}` is not replayed here: {why}", self.name))
    }
}

/// What a function does.
pub(super) type Body = fn(&Context<'_>, &[Cell]) -> Run<Cell>;

/// A function and its name.
pub(super) type Row = (&'static str, Body);

/// What runs a built-in of KQL.
pub(super) fn core(id: FunctionId) -> Option<Body> {
    core::find(id.name())
}

/// What runs a built-in of another language.
pub(super) fn foreign(id: ForeignId) -> Option<Body> {
    match id.row().origin {
        Origin::Splunk => splunk::find(id.row().name),
        Origin::Eql => eql::find(id.row().name),
        Origin::Esql => esql::find(id.row().name),
    }
}

/// What takes a statistic of a language.
pub(super) fn statistic(id: ForeignId) -> Option<Statistic> {
    match id.row().origin {
        // Rules of EQL count records, which is the same in both.
        Origin::Splunk | Origin::Eql => splunk::statistic(id.row().name),
        Origin::Esql => esql::statistic(id.row().name),
    }
}

/// Why a built-in of another language is not run, for those of which that is known.
pub(super) fn reason(id: ForeignId) -> Option<&'static str> {
    match id.row().origin {
        Origin::Splunk => splunk::reason(id.row()),
        Origin::Esql => esql::reason(id.row()),
        Origin::Eql => None,
    }
}
