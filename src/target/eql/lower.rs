//! From the IR to an event query or a sequence.
//!
//! EQL returns whole events, so what a query shapes for show is left out and told. Columns that a query computes are put
//! in where a condition reads them.

mod condition;

use std::collections::HashMap;

use super::tree::{Condition, Event, Item, Query};
use crate::ir::{
    AggregateCall, Bound, Bounds, ColumnId, CompareOp, Computed, Expr, ExprKind, Op, Plan, Query as Ir, Source,
    SourceKind, Step, Union, Value,
};
use crate::literal::{TICKS_PER_SECOND, format_datetime};
use crate::source::Span;
use crate::target::elastic::tables::{Place, Tables};
use crate::target::{Fields, Loss, LossKind, Losses, Options};
use crate::types::Type;

/// What could not be said.
type Result<T, E = Box<Loss>> = std::result::Result<T, E>;

/// What a sequence can count to.
const MOST_RUNS: i64 = 100;

/// A query with what stands outside of it: the index and the time.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    /// The query.
    pub(super) query: Query,
    /// The index patterns.
    pub(super) indices: Vec<String>,
    /// The span of time, as the rule's `from` and `to`.
    pub(super) time: Vec<String>,
}

/// Lowers a query.
pub(super) fn lower(query: &Ir, tables: &Tables, options: Options) -> Result<(Lowered, Losses), Losses> {
    let mut lower =
        Lower { query, tables, fields: options.fields, losses: Losses::default(), columns: HashMap::new(), depth: 0 };
    match lower.whole() {
        Ok(lowered) => Ok((lowered, lower.losses)),
        Err(loss) => {
            lower.losses.push(*loss);
            Err(lower.losses)
        }
    }
}

/// What a column is.
#[derive(Clone, Debug)]
enum Meaning {
    /// A field.
    Field(Place),
    /// What the query computes.
    Computed(Expr),
    /// Something EQL has not, with the reason.
    Lost(&'static str),
}

struct Lower<'a> {
    query: &'a Ir,
    tables: &'a Tables,
    fields: Fields,
    losses: Losses,
    columns: HashMap<ColumnId, Meaning>,
    depth: usize,
}

/// The events a plan comes down to.
#[derive(Clone, Debug, Default)]
struct Found {
    indices: Vec<String>,
    category: Option<String>,
    conditions: Vec<Condition>,
    bounds: Option<Bounds>,
    /// What a threshold makes of them.
    threshold: Option<(Vec<String>, Option<i64>, u64)>,
}

fn refuse<T>(kind: LossKind, span: Span, message: impl Into<String>) -> Result<T> {
    Err(Box::new(Loss::refusal(kind, span, message)))
}

impl Lower<'_> {
    fn whole(&mut self) -> Result<Lowered> {
        let found = self.plan(&self.query.plan)?;
        let event = Event { category: found.category, condition: Condition::all(found.conditions) };
        let query = match found.threshold {
            None => Query::Events(event),
            Some((by, span, runs)) => Query::Sequence {
                by,
                maxspan: span.map(duration),
                items: vec![Item { event, missing: false, runs: Some(runs), by: Vec::new() }],
            },
        };
        let mut time = Vec::new();
        if let Some(bounds) = found.bounds {
            if let Some((bound, _)) = bounds.from {
                time.push(format!("from: {}", moment(bound)));
            }
            if let Some((bound, _)) = bounds.to.filter(|(bound, _)| *bound != Bound::FromNow(0)) {
                time.push(format!("to: {}", moment(bound)));
            }
        }
        Ok(Lowered { query, indices: found.indices, time })
    }

    fn shown(&mut self, span: Span, message: impl Into<String>) {
        self.losses.push(Loss::shown(LossKind::Null, span, message));
    }

    fn plan(&mut self, plan: &Plan) -> Result<Found> {
        self.depth += 1;
        if self.depth > 12 {
            return refuse(
                LossKind::UnsupportedOperator,
                plan.source.span,
                "the query nests tables in each other too deep",
            );
        }
        let mut found = self.source(&plan.source)?;
        let mut index = 0;
        while let Some(step) = plan.steps.get(index) {
            index += 1;
            if let Op::Summarize { keys, aggregates } = &step.op {
                self.summarize(&mut found, keys, aggregates, &plan.steps[index..], step.span)?;
                break;
            }
            self.step(&mut found, step)?;
        }
        self.depth -= 1;
        Ok(found)
    }

    fn step(&mut self, found: &mut Found, step: &Step) -> Result<()> {
        let instead =
            |what: &str| refuse(LossKind::UnsupportedOperator, step.span, format!("EQL has no {what}; use ES|QL"));
        match &step.op {
            Op::Filter(condition) => {
                let condition = self.condition(condition, true)?;
                found.conditions.push(condition);
            }
            Op::Window(window) => {
                let own = matches!(self.columns.get(&window.column), Some(Meaning::Field(place)) if place.field == "@timestamp");
                if !own || found.bounds.is_some() {
                    return instead("second window of time inside a query");
                }
                found.bounds = Some(window.bounds);
            }
            Op::Extend(items) | Op::Project(items, _) => self.computed(items),
            Op::Distinct => self.shown(step.span, "whole events are returned, equal ones more than once"),
            Op::Sort(_) | Op::Serialize | Op::Render { .. } => {}
            Op::Take(_) | Op::Sample(_) | Op::SampleDistinct(..) => {
                self.losses.push(Loss::shown(
                    LossKind::RowCap,
                    step.span,
                    "all events are returned, not the first ones alone",
                ));
            }
            Op::MvExpand(expand) if expand.body.is_none() => {
                for item in &expand.items {
                    self.columns.insert(
                        item.id,
                        Meaning::Lost("an element of an array has no place of its own in EQL; use ES|QL"),
                    );
                }
                self.shown(step.span, "whole events are returned, one for all elements of the array");
            }
            Op::Parse(parse) if !parse.filter => {
                step.op.columns(&mut |id| {
                    self.columns.insert(*id, Meaning::Lost("EQL takes nothing out of a text; use GROK in ES|QL"));
                });
            }
            Op::Join(join) => {
                let message = format!(
                    "EQL has no `{}` join; by key it is said in ES|QL, and the order of events within a time by a sequence",
                    join.kind.name()
                );
                return refuse(LossKind::UnsupportedOperator, step.span, message);
            }
            Op::Evaluate(_) | Op::Invoke(_) => return instead("plugins nor functions that give tables"),
            Op::MakeSeries(_) => {
                return refuse(
                    LossKind::UnsupportedOperator,
                    step.span,
                    "EQL has no series, and neither has ES|QL; count per bin in ES|QL",
                );
            }
            _ => return instead("counterpart of this operator"),
        }
        Ok(())
    }

    fn computed(&mut self, items: &[Computed]) {
        let mut added = Vec::new();
        for item in items.iter().filter(|item| !item.is_passed_on()) {
            let meaning = if let Some(same) = item.expr.as_column().and_then(|id| self.columns.get(&id)) {
                same.clone()
            } else {
                self.shown(
                    item.expr.span,
                    format!("whole events are returned, without the column `{}`", self.query.columns[item.id].name),
                );
                Meaning::Computed(item.expr.clone())
            };
            added.push((item.id, meaning));
        }
        self.columns.extend(added);
    }

    fn source(&mut self, source: &Source) -> Result<Found> {
        match &source.kind {
            SourceKind::Table { name, known } => {
                if let Some((kind, message)) = self.tables.table_note(name, *known, self.fields) {
                    self.losses.push(Loss::approximate(kind, source.span, message));
                }
                for column in source.schema.iter() {
                    self.columns.insert(column.id, Meaning::Field(self.tables.place(column, name, self.fields)));
                }
                let row = self.tables.table(name, self.fields);
                let index = row.map_or_else(|| self.tables.native(name), |table| table.index.clone());
                let only = row.map(|table| table.only.as_slice()).unwrap_or_default();
                Ok(Found {
                    indices: index.split(',').map(|index| index.trim().to_owned()).collect(),
                    category: row.and_then(|table| table.category.clone()),
                    conditions: only.iter().map(|(field, value)| condition::equals(field, value)).collect(),
                    ..Found::default()
                })
            }
            SourceKind::Shared(id, pairs) => {
                let query = self.query;
                let Some(shared) = query.shared.get(id.0 as usize) else {
                    return refuse(LossKind::UnsupportedSource, source.span, "what is read here is not there");
                };
                let found = self.plan(&shared.plan)?;
                for (twin, original) in pairs {
                    if let Some(meaning) = self.columns.get(original).cloned() {
                        self.columns.insert(*twin, meaning);
                    }
                }
                Ok(found)
            }
            SourceKind::Union(union) => self.union(union, source.span),
            SourceKind::Call(call) => {
                let message = format!(
                    "what `{}` gives cannot be read in EQL; use a lookup join in ES|QL, or an exception list of the rule",
                    call.name
                );
                refuse(LossKind::UnsupportedSource, source.span, message)
            }
            _ => refuse(LossKind::UnsupportedSource, source.span, "EQL reads events of an index alone; use ES|QL"),
        }
    }

    /// Events of several tables: one condition or the other.
    fn union(&mut self, union: &Union, span: Span) -> Result<Found> {
        let mut all = Found::default();
        let mut branches = Vec::new();
        let mut bounds: Option<Option<Bounds>> = None;
        let mut categories = Vec::new();
        for input in &union.inputs {
            let mut found = self.plan(input)?;
            if found.threshold.is_some() || bounds.as_ref().is_some_and(|b| *b != found.bounds) {
                return refuse(
                    LossKind::UnsupportedSource,
                    span,
                    "EQL puts no tables together that are counted or looked at over other times; use ES|QL",
                );
            }
            bounds = Some(found.bounds);
            if let (SourceKind::Table { name, .. }, Fields::Native) = (&input.source.kind, self.fields) {
                found.conditions.insert(0, condition::equals("Type", name));
            }
            categories.push(found.category);
            for index in found.indices {
                if !all.indices.contains(&index) {
                    all.indices.push(index);
                }
            }
            branches.push(Condition::all(found.conditions));
        }
        let first = categories.first().cloned().flatten();
        all.category = first.filter(|first| categories.iter().all(|c| c.as_ref() == Some(first)));
        all.bounds = bounds.flatten();
        all.conditions.push(Condition::any(branches));
        for column in &union.columns {
            let meanings: Vec<Meaning> =
                column.from.iter().flatten().filter_map(|id| self.columns.get(id).cloned()).collect();
            let place = |m: &Meaning| match m {
                Meaning::Field(place) => Some(place.clone()),
                _ => None,
            };
            let meaning = match meanings.first().and_then(place) {
                Some(first)
                    if meanings.len() == column.from.len()
                        && meanings.iter().all(|m| place(m).as_ref() == Some(&first)) =>
                {
                    Meaning::Field(first)
                }
                _ => Meaning::Lost(
                    "the tables put together have this column in different places; filter each of them by itself, or use ES|QL",
                ),
            };
            self.columns.insert(column.id, meaning);
        }
        Ok(all)
    }

    /// Groups: for show alone, or a threshold.
    fn summarize(
        &mut self,
        found: &mut Found,
        keys: &[Computed],
        calls: &[AggregateCall],
        rest: &[Step],
        span: Span,
    ) -> Result<()> {
        let mut threshold = None;
        for step in rest {
            match &step.op {
                Op::Filter(condition) if threshold.is_none() => threshold = Some((condition, step.span)),
                Op::Extend(_) | Op::Project(..) | Op::Sort(_) | Op::Serialize | Op::Render { .. } | Op::Distinct => {}
                Op::Take(_) => self.losses.push(Loss::shown(
                    LossKind::RowCap,
                    step.span,
                    "all events are returned, not the first groups alone",
                )),
                Op::Summarize { .. } if threshold.is_none() => {}
                _ => {
                    return refuse(
                        LossKind::UnsupportedAggregate,
                        span,
                        "EQL aggregates nothing that a later step works on; use ES|QL",
                    );
                }
            }
        }
        let Some((condition, at)) = threshold else {
            self.shown(span, "the events are returned, not the groups they make");
            return Ok(());
        };
        let only_aggregate =
            |message: &str| refuse(LossKind::UnsupportedAggregate, at, format!("{message}; use ES|QL"));
        let [call] = calls else {
            return only_aggregate(
                "EQL counts nothing but events in succession, and here other aggregates are computed",
            );
        };
        if call.function.name() != "count" || rest.iter().any(|s| matches!(s.op, Op::Summarize { .. })) {
            return only_aggregate("EQL has no aggregates, so that a condition on one cannot be said");
        }
        let least = match &condition.kind {
            ExprKind::Compare(node) if node.left.as_column() == call.outputs.first().copied() => {
                match (node.op, node.right.as_literal().and_then(Value::as_integer)) {
                    (CompareOp::Greater, Some(n)) => Some(n + 1),
                    (CompareOp::GreaterOrEqual, Some(n)) => Some(n),
                    _ => None,
                }
            }
            _ => None,
        };
        let Some(least) = least.filter(|n| (1..=MOST_RUNS).contains(n)) else {
            return only_aggregate("a sequence repeats an event 1 to 100 times; another threshold cannot be said");
        };
        let mut by = Vec::new();
        let mut span_of = None;
        for key in keys {
            match &key.expr.kind {
                ExprKind::Column(id) => match self.columns.get(id) {
                    Some(Meaning::Field(place)) => {
                        if let Some((kind, message)) = &place.note {
                            self.losses.push(Loss::approximate(*kind, key.expr.span, message.as_ref()));
                        }
                        by.push(place.field.clone());
                    }
                    _ => return only_aggregate("events are grouped by fields alone, and here a key is computed"),
                },
                ExprKind::Call(function, arguments)
                    if matches!(function.name(), "bin" | "floor") && key.expr.ty.ty == Type::DateTime =>
                {
                    span_of = match arguments.get(1).and_then(Expr::as_literal) {
                        Some(Value::TimeSpan(ticks)) => Some(*ticks),
                        _ => return only_aggregate("the size of a bin has to be written out"),
                    };
                }
                _ => return only_aggregate("events are grouped by fields alone, and here a key is computed"),
            }
        }
        let window = found.bounds.and_then(|b| match (b.from, b.to) {
            (Some((Bound::FromNow(from), _)), None | Some((Bound::FromNow(0), _))) => Some(-from),
            _ => None,
        });
        let maxspan = span_of.or(window);
        if by.is_empty() {
            return only_aggregate("a count over all events has no key to be kept apart by");
        }
        self.losses.push(Loss::approximate(
            LossKind::WindowKind,
            span,
            "the events of a sequence lie within a span that slides, where the query counts in spans that follow each other; events without a key are left out",
        ));
        found.threshold = Some((by, maxspan, u64::try_from(least).unwrap_or(1)));
        Ok(())
    }
}

/// A span of time as EQL writes it.
fn duration(ticks: i64) -> String {
    let seconds = (ticks / TICKS_PER_SECOND).max(1);
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds % size == 0 {
            return format!("{}{unit}", seconds / size);
        }
    }
    format!("{seconds}s")
}

/// A bound as date math.
fn moment(bound: Bound) -> String {
    match bound {
        Bound::Instant(ticks) => format_datetime(ticks),
        Bound::FromNow(0) => "now".to_owned(),
        Bound::FromNow(ticks) if ticks < 0 => format!("now-{}", duration(-ticks)),
        Bound::FromNow(ticks) => format!("now+{}", duration(ticks)),
    }
}
