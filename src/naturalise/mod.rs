//! What was read of another language, in the terms of KQL: tables and columns of Sentinel in the place of log sources
//! and fields, and tests that mean the same for them.
//!
//! Every back end can then say it. What KQL cannot state exactly is a [`Loss`]; what it cannot state at all is a refusal.
//! Tables and columns are those of the back ends' own data, read the other way round: a mapping that is a guess there is
//! one here, and what several tables could be is refused.

mod field;
mod pattern;
mod place;
mod search;
mod statistics;
mod template;
mod test;
mod value;

use std::collections::{HashMap, HashSet};

use crate::ir::{
    ColumnId, Columns, Computed, Expr, ExprKind, Op, Origin, Plan, Query, Schema, Source, SourceKind, Step, Value,
};
use crate::read::{self, Language};
use crate::schema::Schemas;
use crate::source::Span;
use crate::target::{DataError, Fidelity, Fields, Loss, LossKind, Losses, elastic, kql, sigma, splunk};
use crate::types::Type;

use self::field::Field;
use self::place::Place;

/// How it is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The tables there are.
    pub schemas: &'a Schemas,
    /// Whose names the fields have.
    pub fields: Fields,
    /// The table that holds the events, where it is told.
    pub table: Option<&'a str>,
    /// What was read.
    pub language: Language,
    /// What the readers were told.
    pub reading: &'a read::Options,
}

/// A query in the terms of KQL, and what differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Natural {
    /// The query.
    pub query: Query,
    /// What differs, with spans of the text that was read.
    pub losses: Vec<Loss>,
}

/// Why something cannot be said.
type Refused = Box<Loss>;

#[allow(clippy::unnecessary_box_returns, reason = "a refusal is boxed wherever it goes")]
fn refuse(kind: LossKind, span: Span, message: impl Into<String>) -> Refused {
    Box::new(Loss::refusal(kind, span, message))
}

/// Says a query in the terms of KQL; the reasons where that cannot be.
///
/// # Errors
/// What is wrong with the data files.
pub fn naturalise(query: &Query, options: &Options<'_>) -> Result<Result<Natural, Vec<Loss>>, DataError> {
    let mut query = query.clone();
    let mut state = State {
        options: *options,
        data: sigma::rows::builtin()?,
        splunk: splunk::rows::builtin()?,
        elastic: elastic::tables::builtin()?,
        kql: kql::rows::builtin()?,
        columns: std::mem::take(&mut query.columns),
        types: HashMap::new(),
        filled: HashSet::new(),
        losses: Losses::default(),
    };
    for shared in &mut query.shared {
        single_values(&mut shared.plan);
        state.plan(&mut shared.plan);
    }
    single_values(&mut query.plan);
    state.plan(&mut query.plan);
    query.columns = state.columns;
    let refused = state.losses.fidelity() == Fidelity::Refused;
    let losses = state.losses.into_sorted();
    Ok(if refused { Err(losses) } else { Ok(Natural { query, losses }) })
}

/// Takes away what asks ES|QL for the value of a field that has one: a column of Sentinel never has several.
fn single_values(plan: &mut Plan) {
    let mut bare = |expr: &mut Expr| {
        if let ExprKind::Foreign(function, arguments) = &mut expr.kind
            && function.to_string() == "esql:single"
            && let Some(value) = arguments.pop()
        {
            *expr = value;
        }
    };
    plan.fold_plans(&mut |plan| plan.fold_exprs(&mut bare));
}

/// What is known on the way through a query.
struct State<'a> {
    options: Options<'a>,
    data: &'static sigma::rows::Data,
    splunk: &'static splunk::rows::Data,
    elastic: &'static elastic::tables::Tables,
    kql: &'static kql::rows::Data,
    columns: Columns,
    /// The types of columns, as far as they have been found out.
    types: HashMap<ColumnId, Type>,
    /// Columns that are filled where nothing is in them, so that as keys they are never missing.
    filled: HashSet<ColumnId>,
    losses: Losses,
}

impl State<'_> {
    fn kept<T>(&mut self, result: Result<T, Refused>) -> Option<T> {
        result.map_err(|loss| self.losses.push(*loss)).ok()
    }

    fn differs(&mut self, kind: LossKind, span: Span, message: impl Into<String>) {
        self.losses.push(Loss::approximate(kind, span, message));
    }

    /// Says a plan, and the plans inside it.
    fn plan(&mut self, plan: &mut Plan) {
        let mut first = Vec::new();
        match &mut plan.source.kind {
            SourceKind::Union(union) => {
                for input in &mut union.inputs {
                    self.plan(input);
                }
                for column in &union.columns {
                    let ty = column.from.iter().flatten().find_map(|id| self.types.get(id).copied());
                    self.types.extend(ty.map(|ty| (column.id, ty)));
                }
            }
            SourceKind::Shared(_, pairs) => {
                for (twin, original) in pairs {
                    let ty = self.types.get(original).copied();
                    self.types.extend(ty.map(|ty| (*twin, ty)));
                }
            }
            SourceKind::LogSource(source) => {
                let place = self.place(&source.clone(), plan.source.span);
                first = self.events(plan, place);
            }
            SourceKind::Correlated(_) => {
                let message = "events that have to come in succession have no counterpart in KQL that means the same";
                self.losses.push(Loss::refusal(LossKind::UnsupportedSource, plan.source.span, message));
            }
            SourceKind::Foreign(step) => {
                let place = self.model(&step.clone(), plan.source.span);
                first = self.events(plan, place);
            }
            SourceKind::Tables(_) => {
                let query = Query { columns: self.columns.clone(), shared: Vec::new(), plan: plan.clone() };
                let place = match self.options.language {
                    Language::Eql | Language::Esql => self.indexed(plan, &query),
                    Language::Splunk | Language::Sigma => self.searched(plan, &query),
                };
                first = self.events(plan, place);
            }
            other => other.plans_mut(&mut |inner| self.plan(inner)),
        }
        let mut input = plan.source.schema.clone();
        let mut steps = Vec::with_capacity(plan.steps.len() + first.len());
        // What picks the records of the table is in KQL's terms already.
        steps.append(&mut first);
        for mut step in std::mem::take(&mut plan.steps) {
            let schema = step.schema.clone();
            if let Op::Statistics(node) = &step.op {
                let said = self.statistics(node, &schema, &input, step.span);
                steps.extend(self.kept(said).into_iter().flatten());
            } else {
                self.step(&mut step);
                steps.push(step);
            }
            input = schema;
        }
        plan.steps = steps;
    }

    fn step(&mut self, step: &mut Step) {
        step.op.plans_mut(&mut |inner| self.plan(inner));
        let Step { op, span, .. } = step;
        match op {
            Op::Filter(condition) => {
                let said = self.test(condition, true);
                if let Some(said) = self.kept(said) {
                    *condition = said;
                }
            }
            Op::Foreign(node) => {
                let message = format!("`{}` has no counterpart in KQL", node.command);
                self.losses.push(Loss::refusal(LossKind::UnsupportedOperator, *span, message));
            }
            Op::Extend(items) | Op::Project(items, _) => self.computed(items),
            Op::Summarize { keys, aggregates } => {
                self.computed(keys);
                for call in aggregates {
                    for argument in &mut call.arguments {
                        self.value_in_place(argument);
                    }
                    let of = call.arguments.first().map(|argument| argument.ty.ty);
                    for output in &call.outputs {
                        let own = self.columns[*output].ty.ty;
                        let ty = if own == Type::Unknown { of.unwrap_or(own) } else { own };
                        self.types.insert(*output, ty);
                    }
                }
            }
            other => other.expressions_mut(&mut |expr| self.value_in_place(expr)),
        }
    }

    fn computed(&mut self, items: &mut [Computed]) {
        for item in items {
            self.unfilled(item);
            self.value_in_place(&mut item.expr);
            if item.expr.ty.ty != Type::Unknown {
                self.types.insert(item.id, item.expr.ty.ty);
            }
        }
    }

    /// A text in the place of a missing value: the column as it is, which is empty then.
    fn unfilled(&mut self, item: &mut Computed) {
        let ExprKind::Call(function, arguments) = &item.expr.kind else { return };
        let ("coalesce", [value, fill]) = (function.name(), arguments.as_slice()) else { return };
        let (Some(_), Some(Value::String(fill))) = (value.as_column(), fill.as_literal()) else { return };
        let message = format!("where nothing is in it, a column is empty, and does not say `{fill}`");
        self.losses.push(Loss::shown(LossKind::Null, item.expr.span, message));
        item.expr = value.clone();
        self.filled.insert(item.id);
    }

    fn value_in_place(&mut self, expr: &mut Expr) {
        let said = self.value(expr);
        if let Some(said) = self.kept(said) {
            *expr = said;
        }
    }

    /// Events of a kind: the table that holds them and its columns. Gives the steps that pick the records that are meant.
    fn events(&mut self, plan: &mut Plan, place: Result<Place, Refused>) -> Vec<Step> {
        let span = plan.source.span;
        let Some(place) = self.kept(place) else { return Vec::new() };
        let mut mentioned: Vec<ColumnId> = Vec::new();
        let mut add = |id: ColumnId| {
            if !mentioned.contains(&id) {
                mentioned.push(id);
            }
        };
        // What a source always has and nobody asks for needs no counterpart.
        for step in &plan.steps {
            step.op.expressions(&mut |expr| expr.for_each_column(&mut add));
            step.op.columns(&mut |id| add(*id));
        }
        // Columns of a data model are told by its name.
        mentioned.retain(|id| matches!(self.columns[*id].origin, Origin::Assumed | Origin::Table(_)));
        let (mut names, mut composed) = (HashMap::new(), Vec::new());
        for id in mentioned {
            let field = self.field(id, &place);
            let Some(field) = self.kept(field) else { continue };
            match field {
                Field::Column(name, ty) => {
                    self.types.insert(id, ty);
                    names.insert(id, name);
                }
                Field::Composed(expr) => {
                    self.types.insert(id, expr.ty.ty);
                    composed.push(Computed { id, expr });
                }
            }
        }
        for (id, name) in &names {
            self.columns.rename(*id, name.as_str().into());
        }
        let composed_ids: Vec<ColumnId> = composed.iter().map(|c| c.id).collect();
        let told = |id: ColumnId| names.contains_key(&id) || composed_ids.contains(&id);
        let is_column = |name: &str| place.schema.as_ref().is_some_and(|schema| schema.column(name).is_some());
        let named = |schema: &Schema, all: bool| {
            let mut out = Schema::new([], true);
            for column in schema.iter().filter(|c| all || told(c.id)) {
                let short = column.name.strip_prefix(place.prefix.as_str()).filter(|short| !is_column(short));
                let name = names.get(&column.id).map(String::as_str).or(short).unwrap_or(&column.name);
                let name: crate::ir::Name = name.into();
                if out.get(&name).is_none() {
                    out.push(crate::ir::Column { name, ..column.clone() });
                }
            }
            out.open = schema.open;
            out
        };
        let table = SourceKind::Table { name: place.table.as_str().into(), known: true };
        let schema = named(&plan.source.schema, false);
        plan.source = Source { kind: table, schema: schema.clone(), span };
        let mut first = Vec::new();
        if let Some(condition) = place.condition(&mut self.columns, span) {
            first.push(Step { op: Op::Filter(condition), schema: schema.clone(), span });
        }
        if !composed.is_empty() {
            first.push(Step { op: Op::Extend(composed), schema, span });
        }
        for step in &mut plan.steps {
            step.schema = named(&step.schema, true);
        }
        first
    }
}

#[cfg(test)]
mod tests;
