//! Commands of other languages over records: one table a language, a row each.

mod eql;
mod esql;
mod fields;
mod merge;
mod records;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use super::functions;
use super::plan::Machine;
use super::record::{Layout, Record, Table};
use super::{Cell, Refusal, Run};
use crate::ir::foreign::Origin;
use crate::ir::{Argument, Expr, ForeignId, ForeignStep, Plan, Schema};
use crate::source::Span;

/// A command at work.
struct Call<'c> {
    machine: &'c Machine<'c>,
    step: &'c ForeignStep,
    /// The columns it gives.
    schema: &'c Schema,
    span: Span,
}

/// What a command does with its records; one that gives records is handed none.
type Body = fn(&Call<'_>, Table) -> Run<Table>;

/// A command and its name.
type Row = (&'static str, Body);

static SPLUNK: LazyLock<HashMap<&'static str, Body>> = LazyLock::new(|| {
    let tables = [fields::ROWS, merge::ROWS, records::ROWS];
    tables.into_iter().flatten().copied().collect()
});

static ESQL: LazyLock<HashMap<&'static str, Body>> = LazyLock::new(|| esql::ROWS.iter().copied().collect());

impl Call<'_> {
    fn refuse(&self, why: impl std::fmt::Display) -> Refusal {
        Refusal::new(self.span, format!("`{}` is not replayed here: {why}", self.step.command.row().name))
    }

    /// The arguments of a name.
    fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Expr> {
        let arguments = self.step.arguments.iter().filter(move |(key, _)| key.as_deref() == Some(name));
        arguments.filter_map(|(_, argument)| match argument {
            Argument::Scalar(expr) => Some(expr),
            Argument::Plan(_) => None,
        })
    }

    /// The argument of a name.
    fn given(&self, name: &str) -> Option<&Expr> {
        self.step.arguments.iter().find_map(|(key, argument)| match argument {
            Argument::Scalar(expr) if key.as_deref() == Some(name) => Some(expr),
            _ => None,
        })
    }

    /// The value of an argument that is the same for all records; null where it is not given.
    fn told(&self, name: &str) -> Run<Cell> {
        self.given(name).map_or(Ok(Cell::Null), |expr| self.machine.constant(expr))
    }

    /// Whether a flag is given.
    fn flag(&self, name: &str) -> Run<bool> {
        Ok(self.told(name)?.truth() == Some(true))
    }

    /// A number of records; nothing where it is not given or 0, which stands for all.
    fn count(&self, name: &str) -> Run<Option<usize>> {
        let count = self.told(name)?.as_number().filter(|count| *count >= 1.0);
        Ok(count.map(|count| count as usize))
    }

    /// The plan that is handed over.
    fn plan(&self) -> Option<&Plan> {
        self.step.arguments.iter().find_map(|(_, argument)| match argument {
            Argument::Plan(plan) => Some(&**plan),
            Argument::Scalar(_) => None,
        })
    }

    /// The values of all arguments of a name in each record.
    fn values(&self, name: &str, input: &Table) -> Run<Vec<Vec<Cell>>> {
        let expressions: Vec<&Expr> = self.all(name).collect();
        let mut all = Vec::with_capacity(input.records.len());
        for record in &input.records {
            let values: Run<Vec<Cell>> =
                expressions.iter().map(|expr| self.machine.value(expr, &input.layout, record)).collect();
            all.push(values?);
        }
        Ok(all)
    }

    /// The records under the columns that the command gives.
    fn finished(&self, input: Table) -> Table {
        Machine::reshaped(&input.layout, self.schema, input.records)
    }

    /// The rows of a lookup table.
    fn lookup(&self) -> Run<&super::Lookup> {
        let name = self.told("table")?;
        let name = name.written().unwrap_or_default();
        let known = self.machine.world.lookups.iter().find(|lookup| *lookup.name == *name);
        known.ok_or_else(|| self.refuse(format!("the lookup table `{name}` is not at hand")))
    }
}

fn find(command: ForeignId) -> Option<Body> {
    match command.row().origin {
        Origin::Splunk => SPLUNK.get(command.row().name).copied(),
        Origin::Eql => eql::ROWS.iter().find(|(name, _)| *name == command.row().name).map(|(_, body)| *body),
        Origin::Esql => ESQL.get(command.row().name).copied(),
    }
}

/// Whether a command is run.
#[cfg(test)]
pub(super) fn runs(command: ForeignId) -> bool {
    find(command).is_some()
}

/// Whether a command of SPL is run.
#[cfg(test)]
pub(super) fn knows(name: &str) -> bool {
    SPLUNK.contains_key(name)
}

/// Whether a command of ES|QL is run.
#[cfg(test)]
pub(super) fn knows_esql(name: &str) -> bool {
    ESQL.contains_key(name)
}

/// That a command is not run, if it is not.
pub(super) fn refusal(step: &ForeignStep, span: Span) -> Option<Refusal> {
    if find(step.command).is_some() {
        return None;
    }
    let what = match functions::reason(step.command) {
        Some(why) => format!("`{}` is not replayed: {why}", step.command.row().name),
        None => format!("`{}` is not replayed", step.command.row().name),
    };
    Some(Refusal::new(span, what))
}

/// A command over records.
pub(super) fn step(machine: &Machine<'_>, step: &ForeignStep, schema: &Schema, input: Table, span: Span) -> Run<Table> {
    match (find(step.command), refusal(step, span)) {
        (Some(body), _) => body(&Call { machine, step, schema, span }, input),
        (None, refusal) => Err(refusal.unwrap_or_else(|| Refusal::new(span, "this command is not replayed"))),
    }
}

/// A command that gives records.
pub(super) fn source(machine: &Machine<'_>, foreign: &ForeignStep, schema: &Schema, span: Span) -> Run<Table> {
    let nothing = Table { layout: Rc::new(Layout::of(&Schema::default())), records: Vec::new() };
    step(machine, foreign, schema, nothing, span)
}

/// A record that no event made.
fn made(rest: super::record::Fields) -> Record {
    Record { cells: Vec::new(), rest: Rc::new(rest), events: Rc::from([]) }
}
