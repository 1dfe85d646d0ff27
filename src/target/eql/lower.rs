//! From the IR to an event query, a sequence or a sample.
//!
//! EQL returns whole events, so what a query shapes for show is left out and told. Columns that a query computes are put
//! in where a condition reads them.

mod address;
mod cases;
mod condition;
pub(super) mod detection;
mod group;
mod join;
mod list;
mod moment;
mod subject;

use std::collections::HashMap;

use self::group::duration;
use self::join::Link;
use self::moment::Times;
use super::tree::{Condition, Event, Item, Query};
use crate::ir::{ColumnId, Computed, Expr, ExprKind, Op, Plan, Query as Ir, Schema, Source, SourceKind, Step, Union};
use crate::source::Span;
use crate::target::elastic::tables::{Place, Tables};
use crate::target::elastic::unlisted::{Unlisted, homeless, unlisted};
use crate::target::ledger::refuse;
use crate::target::{Fields, Loss, LossKind, Losses, Options};

/// What could not be said.
type Result<T, E = Box<Loss>> = std::result::Result<T, E>;

/// How deep plans may be nested in each other before the query would be no use to anybody.
const DEPTH: usize = 12;

/// What a sequence can count to.
const MOST_RUNS: i64 = 100;

/// Functions saved in a workspace of which it is documented that they add columns and drop no record.
const ADDS_COLUMNS: &[&str] = &["FileProfile"];

/// A query with what stands outside of it, in the rule: the index, the time, and exceptions.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    /// The query.
    pub(super) query: Query,
    /// The index patterns.
    pub(super) indices: Vec<String>,
    /// The span of time, which is the rule's `from` and `to`.
    pub(super) times: Times,
    /// What the rule's exceptions leave out.
    pub(super) exceptions: Vec<String>,
    /// Whether it only counts events over the whole span of time, which a rule that counts says better.
    pub(super) counts: bool,
}

/// What is told wherever events are held together by keys.
const WITHOUT_KEY: &str = "events without a value of a key are left out, where KQL puts those together that have none";

/// Lowers a query.
pub(super) fn lower(query: &Ir, tables: &Tables, options: Options) -> Result<(Lowered, Losses), Losses> {
    let mut lower = Lower::new(query, tables, options);
    match lower.lowered() {
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
    /// How many events a group has.
    Count,
    /// Something EQL has not, with the reason.
    Lost(&'static str),
}

struct Lower<'a> {
    query: &'a Ir,
    tables: &'a Tables,
    fields: Fields,
    losses: Losses,
    columns: HashMap<ColumnId, Meaning>,
    /// The tables of columns that no schema lists.
    unlisted: Unlisted,
    /// Which of several events a column is of; of the first without an entry.
    members: HashMap<ColumnId, usize>,
    /// How often an event may have to come again.
    most_runs: i64,
    depth: usize,
}

/// An event that is looked for.
#[derive(Clone, Debug, Default)]
struct Member {
    category: Option<String>,
    conditions: Vec<Condition>,
    /// What tells it from the events of other indices, where those are looked at too.
    origin: Option<Condition>,
}

impl Member {
    /// Tells the event from those of other indices.
    fn keep_apart(&mut self) {
        if let Some(origin) = self.origin.take() {
            self.conditions.insert(0, origin);
        }
    }

    fn event(self) -> Event {
        Event { category: self.category, condition: Condition::all(self.conditions) }
    }
}

/// What a threshold makes of an event: it has to come again.
#[derive(Clone, Debug)]
struct Threshold {
    by: Vec<String>,
    within: Option<i64>,
    runs: u64,
    /// Whether events are counted in bins of time.
    binned: bool,
}

/// The events a plan comes down to.
#[derive(Clone, Debug, Default)]
struct Found {
    indices: Vec<String>,
    /// The events; several where they have to be found together.
    members: Vec<Member>,
    /// What holds several events together.
    link: Option<Link>,
    times: Times,
    exceptions: Vec<String>,
    /// What the events were grouped by last.
    groups: Option<group::Groups>,
    threshold: Option<Threshold>,
    /// The words that left records out for their number alone.
    capped: Option<Span>,
}

impl<'a> Lower<'a> {
    fn new(query: &'a Ir, tables: &'a Tables, options: Options) -> Self {
        Self {
            query,
            tables,
            fields: options.fields,
            losses: Losses::default(),
            columns: HashMap::new(),
            unlisted: unlisted(query),
            members: HashMap::new(),
            most_runs: MOST_RUNS,
            depth: 0,
        }
    }

    fn lowered(&mut self) -> Result<Lowered> {
        homeless(self.query, &self.unlisted)?;
        let mut found = self.plan(&self.query.plan)?;
        let counts = found.threshold.as_ref().is_some_and(|threshold| !threshold.binned);
        let query = match (found.threshold, found.link) {
            (Some(threshold), _) => Query::Sequence {
                by: threshold.by,
                maxspan: threshold.within.map(duration),
                items: vec![Item {
                    event: found.members.pop().unwrap_or_default().event(),
                    missing: false,
                    runs: Some(threshold.runs),
                    by: Vec::new(),
                }],
            },
            (None, Some(link)) => link.query(found.members),
            (None, None) => Query::Events(found.members.pop().unwrap_or_default().event()),
        };
        Ok(Lowered { query, indices: found.indices, times: found.times, exceptions: found.exceptions, counts })
    }

    fn shown(&mut self, span: Span, message: impl Into<String>) {
        self.losses.push(Loss::shown(LossKind::Null, span, message));
    }

    fn plan(&mut self, plan: &Plan) -> Result<Found> {
        self.depth += 1;
        if self.depth > DEPTH {
            return refuse(
                LossKind::UnsupportedOperator,
                plan.source.span,
                "the query nests tables in each other too deep",
            );
        }
        let mut found = self.source(&plan.source)?;
        for (index, step) in plan.steps.iter().enumerate() {
            self.step(&mut found, step, plan.input_schema(index))?;
        }
        self.depth -= 1;
        Ok(found)
    }

    fn step(&mut self, found: &mut Found, step: &Step, input: &Schema) -> Result<()> {
        let instead =
            |what: &str| refuse(LossKind::UnsupportedOperator, step.span, format!("EQL has no {what}; use ES|QL"));
        match &step.op {
            Op::Filter(condition) => self.filter(found, condition)?,
            Op::Window(window) => {
                let own = matches!(self.columns.get(&window.column), Some(Meaning::Field(place)) if place.field == "@timestamp");
                if !own || !found.times.limit(window.bounds) {
                    return instead("second window of time inside a query");
                }
            }
            Op::Extend(items) | Op::Project(items, _) => self.computed(items),
            Op::Distinct => self.shown(step.span, "whole events are returned, equal ones more than once"),
            Op::Summarize { keys, aggregates } => self.summarize(found, keys, aggregates, step.span),
            Op::Sort(_) | Op::Serialize | Op::Render { .. } => {}
            Op::Take(_) | Op::Sample(_) | Op::SampleDistinct(..) => {
                found.capped = Some(step.span);
                let message = "all events are returned, not the first ones alone";
                self.losses.push(Loss::shown(LossKind::RowCap, step.span, message));
            }
            Op::MvExpand(expand) => {
                let decides =
                    |op: &Op| !matches!(op, Op::Extend(_) | Op::Project(..) | Op::Sort(_) | Op::Render { .. });
                if expand.body.as_ref().is_some_and(|body| body.steps.iter().any(|step| decides(&step.op))) {
                    return instead("way to look at the elements of an array one by one");
                }
                self.lost(&step.schema, input, "an element of an array has no place of its own in EQL; use ES|QL");
                self.losses.push(Loss::approximate(
                    LossKind::Null,
                    step.span,
                    "an event whose array is empty is found as well, and one event stands for all elements",
                ));
            }
            Op::Parse(parse) if !parse.filter => {
                self.lost(&step.schema, input, "EQL takes nothing out of a text; use GROK in ES|QL");
            }
            Op::ParseKv(_) => self.lost(&step.schema, input, "EQL takes nothing out of a text; use GROK in ES|QL"),
            Op::Join(join) => self.join(found, join, step.span)?,
            Op::Invoke(call) if ADDS_COLUMNS.contains(&&*call.name) => {
                self.shown(step.span, format!("whole events are returned, without what `{}` adds", call.name));
                self.lost(&step.schema, input, "what a function adds to the events has no field in them; use ES|QL");
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

    /// The columns that a step adds have no field.
    fn lost(&mut self, schema: &Schema, input: &Schema, reason: &'static str) {
        for column in schema.iter().filter(|column| !input.contains(column.id)) {
            self.columns.insert(column.id, Meaning::Lost(reason));
        }
    }

    fn filter(&mut self, found: &mut Found, condition: &Expr) -> Result<()> {
        let terms: Vec<&Expr> = match &condition.kind {
            ExprKind::And(terms) => terms.iter().collect(),
            _ => vec![condition],
        };
        if let Some(span) = found.capped {
            let message = "the first records alone are tested in KQL, here all of them are";
            self.losses.push(Loss::approximate(LossKind::RowCap, span, message));
        }
        for term in terms {
            let of = self.members_of(term);
            if of.len() > 1 {
                self.between_events(found, term)?;
            } else if self.reads_count(term) {
                self.threshold(found, term)?;
            } else if let Some((field, named, negated)) = self.listed(term)? {
                Self::except(found, &field, &named, negated);
            } else if !self.limits_time(found, term) && !self.semi_join(found, term)? {
                let condition = self.condition(term, true)?;
                let member = of.first().copied().unwrap_or_default();
                if let Some(member) = found.members.get_mut(member) {
                    member.conditions.push(condition);
                }
            }
        }
        Ok(())
    }

    /// Hands each column that an expression comes down to, to `f`.
    fn each_column(&self, expr: &Expr, f: &mut dyn FnMut(ColumnId)) {
        expr.for_each_column(&mut |id| match self.columns.get(&id) {
            Some(Meaning::Computed(inner)) => self.each_column(inner, f),
            _ => f(id),
        });
    }

    /// Which events an expression reads.
    fn members_of(&self, expr: &Expr) -> Vec<usize> {
        let mut found = Vec::new();
        self.each_column(expr, &mut |id| {
            let member = self.members.get(&id).copied().unwrap_or_default();
            if !found.contains(&member) {
                found.push(member);
            }
        });
        found
    }

    fn computed(&mut self, items: &[Computed]) {
        let mut added = Vec::new();
        for item in items.iter().filter(|item| !item.is_passed_on()) {
            let same = item.expr.as_column().and_then(|id| Some((id, self.columns.get(&id)?.clone())));
            let meaning = if let Some((id, same)) = same {
                if let Some(member) = self.members.get(&id).copied() {
                    self.members.insert(item.id, member);
                }
                same
            } else {
                let name = &self.query.columns[item.id].name;
                let message = format!("whole events are returned, without the column `{name}`");
                self.shown(item.expr.span, message);
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
                    self.columns.insert(
                        column.id,
                        Meaning::Field(self.tables.place(&column.name, column.ty.ty, name, self.fields)),
                    );
                }
                let row = self.tables.table(name, self.fields);
                let index = row.map_or_else(|| self.tables.native(name), |table| table.index.clone());
                let only = row.map(|table| table.only.as_slice()).unwrap_or_default();
                let member = Member {
                    category: row.and_then(|table| table.category.clone()),
                    conditions: only.iter().map(|(field, value)| condition::equals(field, value)).collect(),
                    origin: match row {
                        None => Some(condition::equals("Type", name)),
                        Some(_) if only.is_empty() => condition::of_datasets(&index),
                        Some(_) => None,
                    },
                };
                Ok(Found {
                    indices: index.split(',').map(|index| index.trim().to_owned()).collect(),
                    members: vec![member],
                    ..Found::default()
                })
            }
            SourceKind::Tables(pattern) => {
                if self.fields == Fields::Siem {
                    let message = "tables chosen by a pattern are read under Sentinel's own names, where no table has its place in ECS";
                    self.losses.push(Loss::approximate(LossKind::UnmappedField, source.span, message));
                }
                for column in source.schema.iter() {
                    self.columns.insert(
                        column.id,
                        Meaning::Field(self.tables.place(&column.name, column.ty.ty, pattern, Fields::Native)),
                    );
                }
                Ok(Found {
                    indices: vec![self.tables.native(pattern)],
                    members: vec![Member::default()],
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
                    if let Some(member) = self.members.get(original).copied() {
                        self.members.insert(*twin, member);
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
        let mut times: Option<Times> = None;
        let mut categories = Vec::new();
        for input in &union.inputs {
            let mut found = self.plan(input)?;
            let same_times = times.as_ref().is_none_or(|times| *times == found.times);
            let (Some(mut member), None, None, true, true) =
                (found.members.pop(), &found.threshold, &found.link, found.exceptions.is_empty(), same_times)
            else {
                return refuse(
                    LossKind::UnsupportedSource,
                    span,
                    "EQL puts no tables together that are counted, joined, excepted from or looked at over other times; use ES|QL",
                );
            };
            times = Some(found.times);
            member.keep_apart();
            categories.push(member.category);
            for index in found.indices {
                if !all.indices.contains(&index) {
                    all.indices.push(index);
                }
            }
            branches.push(Condition::all(member.conditions));
        }
        let first = categories.first().cloned().flatten();
        let category = first.filter(|first| categories.iter().all(|c| c.as_ref() == Some(first)));
        all.times = times.unwrap_or_default();
        all.members.push(Member { category, conditions: vec![Condition::any(branches)], origin: None });
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
}
