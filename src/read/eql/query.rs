//! Queries: events, sequences, samples and pipes.

use pest::iterators::Pair;

use super::condition;
use super::expr::string;
use super::grammar::Rule;
use super::{Lowered, Reader, built_in, parts, span, wrong};
use crate::diagnostic::code;
use crate::functions::nearest;
use crate::ir::{
    self, Argument, Arrangement, Bounds, Case, Column, ColumnId, Columns, CompareOp, Computed, Correlation, Expr,
    ExprKind, ForeignKind, ForeignStep, Name, Op, Origin, Plan, Schema, SortKey, SourceKind, Stage, StageKey, Value,
};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::source::Span;
use crate::types::Type;

/// The most times that `runs` repeats an event.
const MOST_RUNS: i64 = 100;

/// The pipes of EQL as Endgame had it, which Elasticsearch has not.
const PIPES_ELSEWHERE: &[&str] = &["count", "filter", "sort", "unique", "unique_count"];

/// Where a query is searched, and by which fields; what the API takes beside the query.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// The index patterns, parted by commas as in Elasticsearch's own addresses.
    pub(super) indices: Name,
    /// The stretch of time that is searched.
    pub(super) window: Option<Window>,
    /// The field of the category.
    pub(super) category: Name,
    /// The field that orders events.
    pub(super) time: Name,
    /// The field that orders events of the same time.
    pub(super) tiebreaker: Option<Name>,
}

/// The stretch of time that a rule searches.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// From when to when.
    pub(super) bounds: Bounds,
    /// The field that says when an event was; `@timestamp` says it for an event without that field.
    pub(super) timed_by: Option<Name>,
}

/// The field of time that every event has.
const TIMESTAMP: &str = "@timestamp";

impl Default for Search {
    fn default() -> Self {
        Self {
            indices: "*".into(),
            window: None,
            category: "event.category".into(),
            time: TIMESTAMP.into(),
            tiebreaker: None,
        }
    }
}

/// The fields of events that a condition reads.
#[derive(Debug)]
pub(super) struct Fields {
    schema: Schema,
}

impl Fields {
    /// Those of an event: its time, and whatever is asked for.
    pub(super) fn of_event(columns: &mut Columns, search: &Search, span: Span) -> Self {
        let id = columns.add(search.time.clone(), Type::DateTime, Origin::Assumed, span);
        let time = Column { id, name: search.time.clone(), ty: Type::DateTime.into() };
        Self { schema: Schema::new([time], true) }
    }

    /// The column of a field.
    pub(super) fn column(&mut self, columns: &mut Columns, name: &str, span: Span) -> Column {
        if let Some(column) = self.schema.get(name) {
            return column.clone();
        }
        let id = columns.add(name, Type::Unknown, Origin::Assumed, span);
        let column = Column { id, name: name.into(), ty: Type::Unknown.into() };
        self.schema.push(column.clone());
        column
    }
}

/// What a sequence may repeat about each of its events.
#[derive(Default)]
struct Told<'t> {
    event: Option<Pair<'t, Rule>>,
    by: Option<Pair<'t, Rule>>,
    missing: bool,
    runs: Option<Pair<'t, Rule>>,
}

impl<'t> Reader<'t> {
    /// The whole query.
    pub(super) fn query(&mut self, search: &Search) -> Lowered<Plan> {
        let mut plan = None;
        for part in parts(self.parse()?) {
            match (part.as_rule(), &mut plan) {
                (Rule::event, _) => {
                    let at = span(&part);
                    let (fields, condition) = self.event(search, part)?;
                    plan = Some(self.events(search, fields, condition, at));
                }
                (Rule::sequence, _) => plan = Some(self.sequence(search, part)?),
                (Rule::sample, _) => plan = Some(self.sample(search, part)?),
                (Rule::pipe, Some(plan)) => self.pipe(search, plan, part)?,
                _ => {}
            }
        }
        match plan {
            Some(plan) => Ok(plan),
            None => unreachable!("the grammar has a query"),
        }
    }

    /// The condition of an event, its category included, with the fields that it reads.
    fn event(&mut self, search: &Search, pair: Pair<'t, Rule>) -> Lowered<(Fields, Expr)> {
        let at = span(&pair);
        let mut fields = Fields::of_event(&mut self.columns, search, at);
        let mut category = None;
        for part in parts(pair) {
            match part.as_rule() {
                Rule::any => {}
                Rule::category => {
                    let at = span(&part);
                    let word = match part.as_str() {
                        quoted if quoted.starts_with('"') => string(quoted, at)?,
                        bare => bare.into(),
                    };
                    let field = fields.column(&mut self.columns, &search.category, at);
                    let field = Expr::column(field.id, field.ty, at);
                    let word = Expr::literal(Value::string(&*word), at);
                    category = Some(condition::compared(CompareOp::Equal, field, word, at));
                }
                _ => {
                    let term = self.condition(&mut fields, part)?;
                    let expr = match (category, term.expr.as_literal()) {
                        (Some(category), Some(Value::Bool(true))) => category.expr,
                        (Some(category), _) => condition::Term::joined(vec![category, term], ExprKind::And, at).expr,
                        (None, _) => term.expr,
                    };
                    return Ok((fields, expr));
                }
            }
        }
        unreachable!("the grammar has a condition")
    }

    /// The plan of the events that fulfil a condition.
    pub(super) fn events(&mut self, search: &Search, mut fields: Fields, condition: Expr, at: Span) -> Plan {
        let timed = search.window.as_ref().map(|window| {
            let stamp = fields.column(&mut self.columns, TIMESTAMP, at);
            let first = window.timed_by.as_deref().filter(|name| *name != TIMESTAMP);
            (window.bounds, first.map(|name| fields.column(&mut self.columns, name, at)), stamp)
        });
        if let Some(name) = &search.tiebreaker {
            fields.column(&mut self.columns, name, at);
        }
        let mut plan = Plan::new(SourceKind::Tables(search.indices.clone()), fields.schema, at);
        if let Some((bounds, first, stamp)) = timed {
            let column = match first {
                Some(first) => self.first_of(&mut plan, &first, &stamp, at),
                None => stamp.id,
            };
            plan.push_same(Op::Window(ir::Window { column, bounds }), at);
        }
        if condition.as_literal() != Some(&Value::Bool(true)) {
            let at = condition.span;
            plan.push_same(Op::Filter(condition), at);
        }
        plan
    }

    /// Adds the value of one column, or that of another where it is missing.
    fn first_of(&mut self, plan: &mut Plan, first: &Column, other: &Column, at: Span) -> ColumnId {
        let value = |column: &Column| Expr::column(column.id, column.ty, at);
        let null = Expr::literal(Value::Null(Type::Dynamic), at);
        let there = condition::compared(CompareOp::NotEqual, value(first), null, at);
        let node = Case { arms: vec![(there.expr, value(first))], otherwise: value(other) };
        let expr = Expr::new(ExprKind::Case(Box::new(node)), Type::DateTime, at);
        let name: Name = format!("{} or {}", first.name, other.name).into();
        let id = self.columns.add(name.clone(), Type::DateTime, Origin::Computed, at);
        let mut schema = plan.schema().clone();
        schema.push(Column { id, name, ty: Type::DateTime.into() });
        plan.push(Op::Extend(vec![Computed { id, expr }]), schema, at);
        id
    }

    fn sequence(&mut self, search: &Search, pair: Pair<'t, Rule>) -> Lowered<Plan> {
        let at = span(&pair);
        let (mut by, mut maxspan, mut until) = (None, None, None);
        let mut stages = Vec::new();
        for part in parts(pair) {
            match part.as_rule() {
                Rule::by => by = Some(part),
                Rule::maxspan => maxspan = Some(duration(part)?),
                Rule::until => {
                    let Some(term) = parts(part).next() else { unreachable!("the grammar has an event") };
                    let told = told(term)?;
                    if let Some(runs) = &told.runs {
                        return Err(wrong(&code::EQL_SEQUENCE, span(runs), "`until` ends at the first of its events"));
                    }
                    if told.missing {
                        let message = "`until` waits for an event, not for the lack of one";
                        return Err(wrong(&code::EQL_SEQUENCE, at, message));
                    }
                    until = Some(Box::new(self.stage(search, by.as_ref(), told)?));
                }
                _ => {
                    let told = told(part)?;
                    stages.push(self.stage(search, by.as_ref(), told)?);
                }
            }
        }
        let events: u32 = stages.iter().map(|stage: &Stage| stage.runs).sum();
        if events < 2 {
            return Err(wrong(&code::EQL_SEQUENCE, at, "a sequence has two events or more"));
        }
        if stages.iter().all(|stage| stage.missing) {
            return Err(wrong(&code::EQL_SEQUENCE, at, "a sequence has an event that occurs"));
        }
        if let Some(stage) = stages.iter().find(|stage| stage.missing)
            && maxspan.is_none()
        {
            let message = "an event that must not occur needs a span of time: `with maxspan=…`";
            return Err(wrong(&code::EQL_SEQUENCE, stage.span, message));
        }
        self.correlated(Arrangement::Sequence { maxspan, until }, stages, at)
    }

    fn sample(&mut self, search: &Search, pair: Pair<'t, Rule>) -> Lowered<Plan> {
        let at = span(&pair);
        let mut by = None;
        let mut stages = Vec::new();
        for part in parts(pair) {
            if part.as_rule() == Rule::by {
                by = Some(part);
            } else {
                let told = told(part)?;
                stages.push(self.stage(search, by.as_ref(), told)?);
            }
        }
        if stages.len() < 2 {
            return Err(wrong(&code::EQL_SEQUENCE, at, "a sample has two events or more"));
        }
        if stages.iter().any(|stage| stage.keys.is_empty()) {
            return Err(wrong(&code::EQL_SEQUENCE, at, "the events of a sample share a key: `sample by …`"));
        }
        self.correlated(Arrangement::Sample, stages, at)
    }

    fn stage(&mut self, search: &Search, shared: Option<&Pair<'t, Rule>>, told: Told<'t>) -> Lowered<Stage> {
        let Some(event) = told.event else { unreachable!("the grammar has an event") };
        let at = span(&event);
        let (mut fields, condition) = self.event(search, event)?;
        let mut keys = Vec::new();
        for by in shared.cloned().into_iter().chain(told.by) {
            for key in parts(by) {
                keys.push(self.key(&mut fields, key)?);
            }
        }
        let runs = told.runs.map_or(Ok(1), runs)?;
        let time = fields.column(&mut self.columns, &search.time, at).id;
        let tiebreaker = search.tiebreaker.as_ref().map(|name| fields.column(&mut self.columns, name, at).id);
        let events = self.events(search, fields, condition, at);
        Ok(Stage { events, time, tiebreaker, keys, runs, missing: told.missing, span: at })
    }

    /// A key: a field.
    fn key(&mut self, fields: &mut Fields, pair: Pair<'t, Rule>) -> Lowered<StageKey> {
        let at = span(&pair);
        let mut inner = pair;
        while inner.as_rule() != Rule::field {
            let mut within = parts(inner);
            match (within.next(), within.next()) {
                (Some(only), None) => inner = only,
                _ => return Err(wrong(&code::EQL_OPERAND, at, "events are joined by fields")),
            }
        }
        let (expr, optional) = self.field(fields, inner)?;
        match expr.as_column() {
            Some(column) => Ok(StageKey { column, optional }),
            None => unreachable!("a field is a column"),
        }
    }

    /// The events that belong together, with the keys they share.
    fn correlated(&mut self, arrangement: Arrangement, stages: Vec<Stage>, at: Span) -> Lowered<Plan> {
        let mut node = Correlation { arrangement, stages, keys: Vec::new() };
        let keys = node.stages.first().map(|stage| stage.keys.clone()).unwrap_or_default();
        if let Some(other) = node.all_stages().find(|stage| stage.keys.len() != keys.len()) {
            let (count, first) = (other.keys.len(), keys.len());
            let message = format!("this event is joined by {count} keys, and the first one by {first}");
            return Err(wrong(&code::EQL_SEQUENCE, other.span, message));
        }
        let mut schema = Schema::new([], false);
        for key in keys {
            let mut name = self.columns[key.column].name.clone();
            let mut number = 1;
            while schema.get(&name).is_some() {
                number += 1;
                name = format!("{}_{number}", self.columns[key.column].name).into();
            }
            let id = self.columns.add(name.clone(), Type::Unknown, Origin::Computed, at);
            node.keys.push(id);
            schema.push(Column { id, name, ty: Type::Unknown.into() });
        }
        Ok(Plan::new(SourceKind::Correlated(Box::new(node)), schema, at))
    }

    /// `head` and `tail`: the first or last results by time.
    fn pipe(&mut self, search: &Search, plan: &mut Plan, pair: Pair<'t, Rule>) -> Lowered<()> {
        let at = span(&pair);
        let mut inner = parts(pair);
        let Some(word) = inner.next() else { unreachable!("the grammar has a name") };
        let (name, word_at) = (word.as_str(), span(&word));
        if !matches!(name, "head" | "tail") {
            if PIPES_ELSEWHERE.contains(&name) {
                let message = format!("Elasticsearch has no pipe `{name}`, which Endgame's EQL has");
                return Err(wrong(&code::READ_NO_MEANING, word_at, message));
            }
            let mut found = wrong(&code::EQL_UNKNOWN_PIPE, word_at, format!("unknown pipe `{name}`"));
            if let Some(near) = nearest(name, ["head", "tail"]) {
                *found = found.help(format!("did you mean `{near}`?"));
            }
            return Err(found);
        }
        let mut fields = Fields { schema: Schema::new([], true) };
        let count = match (inner.next(), inner.next()) {
            (Some(count), None) => self.expression(&mut fields, count)?.expr,
            _ => return Err(wrong(&code::EQL_ARGUMENT_COUNT, at, format!("`{name}` takes one number"))),
        };
        if !matches!(count.as_literal(), Some(Value::Long(0..))) {
            let message = format!("`{name}` takes a whole number that is not negative");
            return Err(wrong(&code::EQL_OPERAND, count.span, message));
        }
        // Sequences come in the order of their first events.
        if plan.steps.iter().all(|step| !matches!(step.op, Op::Sort(_)))
            && let Some(time) = plan.schema().get(&search.time).cloned()
        {
            let key = |column: &Column| SortKey {
                expr: Expr::column(column.id, column.ty, at),
                descending: false,
                nulls_first: true,
            };
            let mut keys = vec![key(&time)];
            let tiebreaker = search.tiebreaker.as_ref().and_then(|name| plan.schema().get(name));
            keys.extend(tiebreaker.map(key));
            plan.push_same(Op::Sort(keys), at);
        }
        let op = if name == "head" {
            Op::Take(count)
        } else {
            let command = built_in(ForeignKind::Command, "tail");
            let arguments = vec![(None, Argument::Scalar(count))];
            Op::Foreign(Box::new(ForeignStep { command, arguments, makes: Vec::new() }))
        };
        plan.push_same(op, at);
        Ok(())
    }
}

/// What is said of an event of a sequence.
fn told(term: Pair<'_, Rule>) -> Lowered<Told<'_>> {
    let mut told = Told::default();
    for part in parts(term) {
        match part.as_rule() {
            Rule::missing => told.missing = true,
            Rule::by => told.by = Some(part),
            Rule::runs => told.runs = Some(part),
            Rule::fork => {
                let message = "Elasticsearch's sequences do not fork";
                return Err(wrong(&code::READ_NO_MEANING, span(&part), message));
            }
            _ => told.event = Some(part),
        }
    }
    Ok(told)
}

/// The ticks of `maxspan`.
fn duration(pair: Pair<'_, Rule>) -> Lowered<i64> {
    let at = span(&pair);
    let mut inner = parts(pair);
    let number = inner.next().map_or("", |number| number.as_str());
    let amount = match number.parse::<i64>() {
        Ok(amount) if amount > 0 => amount,
        _ => return Err(wrong(&code::EQL_SEQUENCE, at, "a span of time is a whole number greater than 0, and a unit")),
    };
    let unit = match inner.next().map_or("", |unit| unit.as_str()) {
        "ms" => TICKS_PER_SECOND / 1_000,
        "s" => TICKS_PER_SECOND,
        "m" => TICKS_PER_MINUTE,
        "h" => TICKS_PER_HOUR,
        "d" => TICKS_PER_DAY,
        _ => return Err(wrong(&code::EQL_SEQUENCE, at, "a span of time has a unit: ms, s, m, h or d")),
    };
    amount.checked_mul(unit).ok_or_else(|| wrong(&code::EQL_SEQUENCE, at, "this span of time is too long"))
}

/// How often `runs` says.
fn runs(pair: Pair<'_, Rule>) -> Lowered<u32> {
    let at = span(&pair);
    let mut inner = parts(pair);
    let word = inner.next().map_or("", |word| word.as_str());
    if word != "runs" {
        return Err(wrong(&code::EQL_SEQUENCE, at, format!("an event has `runs`, and no `{word}`")));
    }
    let number = inner.next().and_then(|number| number.as_str().parse::<i64>().ok());
    match number {
        Some(number @ 1..=MOST_RUNS) => Ok(u32::try_from(number).unwrap_or(1)),
        _ => Err(wrong(&code::EQL_SEQUENCE, at, format!("an event is repeated 1 to {MOST_RUNS} times"))),
    }
}
