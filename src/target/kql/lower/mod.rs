//! From the IR to the tree. Whatever KQL has a word for is said in its own words; nodes that hold another language's
//! meaning are refused by name, since whoever wants them in KQL has to say first which meaning of KQL stands for them.

mod aggregate;
mod expr;
mod plan;
mod project;
mod stage;

use std::collections::{HashMap, HashSet};

use super::tree::{Let, Pipe, Script};
use crate::ir::{AggregateCall, ColumnId, Origin, Plan, Query, Schema, SharedId};
use crate::source::Span;
use crate::target::{Fidelity, Loss, LossKind, Losses};
use crate::types::Type;

/// Why something cannot be said.
type Refused = Box<Loss>;

#[allow(clippy::unnecessary_box_returns, reason = "a refusal is boxed wherever it goes")]
fn refuse(kind: LossKind, span: Span, message: String) -> Refused {
    Box::new(Loss::refusal(kind, span, message))
}

/// The tree of a query; what keeps it from being said where there is none.
///
/// # Errors
/// The reasons.
pub(super) fn lower(query: &Query) -> Result<(Script, Losses), Losses> {
    let mut lowerer = Lowerer {
        query,
        losses: Losses::default(),
        parameters: Vec::new(),
        tables: Vec::new(),
        shared: HashMap::new(),
        taken: query.columns.iter().map(|(_, info)| info.name.to_string()).collect(),
        outer: HashMap::new(),
    };
    for (_, info) in query.columns.iter().filter(|(_, info)| info.origin == Origin::Unresolved) {
        let message = format!("nothing here knows a column `{}`; it is written as it stands", info.name);
        lowerer.losses.push(Loss::approximate(LossKind::UnresolvedName, info.span, message));
    }
    for (id, shared) in (0..).map(SharedId).zip(&query.shared) {
        lowerer.share(id, &shared.name, &shared.plan);
    }
    let pipe = lowerer.pipe(&query.plan);
    let Lowerer { losses, parameters, tables, .. } = lowerer;
    let script = Script { parameters, tables, pipe };
    if losses.fidelity() == Fidelity::Refused { Err(losses) } else { Ok((script, losses)) }
}

/// What the lowering gathers on its way.
struct Lowerer<'q> {
    query: &'q Query,
    losses: Losses,
    parameters: Vec<(String, Type)>,
    tables: Vec<Let>,
    /// The names of plans that several places read.
    shared: HashMap<SharedId, String>,
    /// Names that mean something already.
    taken: HashSet<String>,
    /// Columns of enclosing records, by the names they have there.
    outer: HashMap<ColumnId, String>,
}

/// What an expression sees.
struct Row<'r> {
    /// The columns of the record.
    schema: &'r Schema,
    /// The aggregates that stand in the place of their outputs.
    aggregates: &'r [AggregateCall],
    /// Columns of other records: the name of the record, and the name there.
    records: HashMap<ColumnId, (String, String)>,
    /// Columns of enclosing records.
    outer: HashMap<ColumnId, String>,
}

impl<'r> Row<'r> {
    fn of(schema: &'r Schema) -> Self {
        Self { schema, aggregates: &[], records: HashMap::new(), outer: HashMap::new() }
    }

    fn with_aggregates(schema: &'r Schema, aggregates: &'r [AggregateCall]) -> Self {
        Self { aggregates, ..Self::of(schema) }
    }
}

impl Lowerer<'_> {
    /// Keeps what could not be said, and goes on with something in its place.
    fn kept<T>(&mut self, result: Result<T, Refused>) -> Option<T> {
        result.map_err(|loss| self.losses.push(*loss)).ok()
    }

    /// What an expression of a plan's step sees.
    fn row<'r>(&self, schema: &'r Schema) -> Row<'r> {
        Row { outer: self.outer.clone(), ..Row::of(schema) }
    }

    /// Declares a plan that several places read.
    fn share(&mut self, id: SharedId, name: &str, plan: &Plan) {
        let base = if name.is_empty() { "Shared" } else { name };
        let name = self.free(base);
        let pipe = self.pipe(plan);
        self.tables.push(Let { name: name.clone(), once: true, pipe });
        self.shared.insert(id, name);
    }

    /// A name that means nothing yet; the one asked for where that can be.
    fn free(&mut self, base: &str) -> String {
        let mut name = base.to_owned();
        let mut number = 1;
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        name
    }

    /// A pipe, with what cannot be said of it kept as losses.
    fn pipe(&mut self, plan: &Plan) -> Pipe {
        let head = self.head(plan);
        let mut pipe = Pipe { head, stages: Vec::new() };
        self.stages(plan, &mut pipe);
        pipe
    }
}
