//! Plans, step by step.

use std::collections::HashSet;

use super::push::Pushed;
use super::time::relative;
use super::value::epoch;
use super::{DEPTH, Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{
    Bound, ColumnId, CompareOp, Computed, Expr, ExprKind, Op, Plan, Rest, Schema, SortKey, Step, Value, Window,
};
use crate::literal::TICKS_PER_SECOND;
use crate::source::Span;
use crate::target::LossKind;
use crate::target::filled::filled_by;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Command, Eval, Filter, Head, Operator, SortField, Stats};
use crate::target::usage::{PlanUsage, Usage};
use crate::types::Type;

impl Lower<'_> {
    /// A plan, of whose result `end` matters.
    pub(super) fn plan(&mut self, plan: &Plan, end: Usage) -> Result<Flow> {
        let hoisted = super::join::hoisted(plan);
        let plan = hoisted.as_ref().unwrap_or(plan);
        let usage = PlanUsage::of(plan, end);
        self.depth += 1;
        if self.depth > DEPTH {
            return refuse(
                LossKind::UnsupportedOperator,
                plan.source.span,
                "the query nests tables in each other too deep",
            );
        }
        let mut flow = self.source(&plan.source, &usage.source)?;
        flow.listed = self.source_lists(&plan.source);
        self.steps(&mut flow, plan, &usage)?;
        self.depth -= 1;
        Ok(flow)
    }

    /// The steps of a plan behind its source.
    pub(super) fn steps(&mut self, flow: &mut Flow, plan: &Plan, usage: &PlanUsage) -> Result<()> {
        let mut index = 0;
        while let Some(step) = plan.steps.get(index) {
            let next = plan.steps.get(index + 1);
            let input = plan.input_schema(index);
            let listed = self.lists_after(&step.op, flow.listed);
            let skipped = self.step(flow, step, next, input, &usage.after[index])?;
            flow.listed = listed;
            index += 1 + usize::from(skipped);
        }
        Ok(())
    }

    /// One step; whether it has done the next one too.
    fn step(
        &mut self,
        flow: &mut Flow,
        step: &Step,
        next: Option<&Step>,
        input: &Schema,
        after: &Usage,
    ) -> Result<bool> {
        let unsupported = |message: &str| refuse(LossKind::UnsupportedOperator, step.span, message);
        match &step.op {
            Op::Filter(condition) => self.filter(flow, condition)?,
            Op::Window(window) => self.window(flow, window, step.span),
            Op::Extend(items) => self.compute(flow, items, &step.schema, after)?,
            Op::Project(items, rest) => self.project(flow, items, rest, step, input, after)?,
            Op::Summarize { keys, aggregates } => {
                self.summarize(flow, keys, aggregates, &step.schema, after, step.span)?;
            }
            Op::Distinct => self.distinct(flow, &step.schema, step.span)?,
            Op::Sort(keys) => {
                let count = match next.map(|next| &next.op) {
                    Some(Op::Take(count)) => count.as_literal().and_then(Value::as_integer),
                    _ => None,
                };
                let count = count.filter(|n| *n > 0);
                let decides = count.is_some() || after.ordered;
                self.sorted(flow, keys, count.and_then(|n| u64::try_from(n).ok()), decides)?;
                return Ok(count.is_some());
            }
            Op::Serialize | Op::Render { .. } => {}
            Op::Take(count) | Op::Sample(count) => {
                let Some(count) = count.as_literal().and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok())
                else {
                    return unsupported("the number of rows has to be written out");
                };
                flow.push(Command::Head(count));
            }
            Op::SampleDistinct(count, _) => {
                self.distinct(flow, &step.schema, step.span)?;
                match count.as_literal().and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok()) {
                    Some(count) => flow.push(Command::Head(count)),
                    None => return unsupported("the number of values has to be written out"),
                }
            }
            Op::Join(join) => self.join(flow, join, after, step.span)?,
            Op::MvExpand(expand) => self.mv_expand(flow, expand, step, after)?,
            Op::Parse(parse) => self.parse(flow, parse, input, &step.schema, after)?,
            Op::Invoke(call) => {
                // A function that is not at hand may give any column.
                flow.parted.clear();
                self.invoke(flow, call, &step.schema, input, after, step.span)?;
            }
            Op::TopHitters { count, of, by, measure } => {
                self.top_hitters(flow, count, of, by.as_ref(), *measure, step)?;
            }
            Op::MakeSeries(_) => {
                return unsupported(
                    "SPL has no series in a cell; `timechart` counts in bins but fills gaps with 0 alone, and anomaly functions have no counterpart",
                );
            }
            Op::ParseKv(_) => {
                return unsupported("`parse-kv` has no counterpart that keeps its rules; use `extract` for each key");
            }
            Op::Scan(_) => {
                return unsupported(
                    "`scan` has no counterpart; a window of time by key can be said with `join` or `summarize`",
                );
            }
            Op::Partition(_) => {
                return unsupported("`partition` has no counterpart; group with `summarize … by` instead");
            }
            Op::TopNested(_) => return unsupported("`top-nested` has no counterpart; use `summarize` and `top`"),
            Op::Reduce { .. } => {
                return unsupported("`reduce` finds patterns in a way of its own that no other engine repeats");
            }
            Op::Evaluate(evaluate) if &*evaluate.name == "bag_unpack" => self.unpack(flow, evaluate, step)?,
            Op::Evaluate(evaluate) => {
                let message = format!(
                    "the plugin `{}` has no counterpart: the columns it gives depend on the data",
                    evaluate.name
                );
                return refuse(LossKind::UnsupportedOperator, step.span, message);
            }
            Op::GetSchema => return unsupported("SPL has no schema to show"),
            Op::Fork(_) => return unsupported("a search gives one result; split the query in several"),
            Op::Consume => return unsupported("a rule that gives no rows can find nothing"),
            Op::Statistics(_) => return unsupported("statistics by Splunk's own rules are read, not written"),
            Op::Foreign(node) => {
                let message = format!("the command `{}` of another language is read, not written", node.command);
                return refuse(LossKind::UnsupportedOperator, step.span, message);
            }
            Op::Opaque(name) => {
                let message = format!("`{name}` works on graphs, which Splunk does not have");
                return refuse(LossKind::UnsupportedOperator, step.span, message);
            }
        }
        Ok(false)
    }

    pub(super) fn filter(&mut self, flow: &mut Flow, condition: &Expr) -> Result<()> {
        let terms: Vec<&Expr> = match &condition.kind {
            ExprKind::And(terms) => terms.iter().collect(),
            _ => vec![condition],
        };
        let mut rest = Vec::new();
        for term in terms {
            let pushed = if flow.can_restrict() { self.pushed(flow, term) } else { None };
            match pushed {
                Some(Pushed::Exactly(filter)) => {
                    self.note_columns(flow, term);
                    flow.restrict(filter);
                }
                Some(Pushed::Implied(filter)) => {
                    flow.restrict(filter);
                    rest.push(term);
                }
                None => rest.push(term),
            }
            fill(flow, term);
        }
        let mut conditions = Vec::with_capacity(rest.len());
        for term in rest {
            // What this term says of a column must not be taken for granted in the term itself.
            let filled = unfilled(flow, term);
            let condition = self.condition(flow, term, true);
            refill(flow, &filled);
            conditions.push(condition?);
        }
        match Eval::all(conditions) {
            Eval::Call(name, arguments) if name == "true" && arguments.is_empty() => {}
            condition => flow.push(Command::Where(condition)),
        }
        Ok(())
    }

    /// Tells what there is to tell of the columns of a predicate that goes by another way than [`Lower::column`].
    fn note_columns(&mut self, flow: &mut Flow, expr: &Expr) {
        let mut used = Vec::new();
        expr.walk(&mut |e| {
            if let ExprKind::Column(id) = e.kind {
                used.push((id, e.span));
            }
        });
        for (id, span) in used {
            // What the search asks of a field needs no value computed.
            if flow.slots.contains_key(&id) {
                self.note(flow, id, span);
            } else {
                self.column(flow, id, span);
            }
        }
    }

    fn window(&mut self, flow: &mut Flow, window: &Window, span: Span) {
        let is_time = flow.slots.get(&window.column).is_some_and(|slot| slot.val.expr == Eval::field("_time"));
        let untouched = |commands: &[Command]| {
            commands.iter().all(|command| {
                command.keeps_rows()
                    && !matches!(command, Command::Eval(items) if items.iter().any(|(name, _)| name == "_time"))
            })
        };
        if is_time && untouched(&flow.commands) {
            let rest = match &mut flow.head {
                Head::Events { earliest, latest, .. } => Some(limited(window, earliest, latest)),
                Head::Several(searches) => {
                    let all = searches.iter().all(|search| {
                        untouched(&search.commands)
                            && matches!(&search.head, Head::Events { earliest: None, latest: None, .. })
                    });
                    let mut rest = None;
                    if all {
                        for search in searches {
                            if let Head::Events { earliest, latest, .. } = &mut search.head {
                                rest = Some(limited(window, earliest, latest));
                            }
                        }
                    }
                    rest
                }
                Head::Lookup(_) | Head::Rows(_) => None,
            };
            if let Some(rest) = rest {
                if let Some(condition) = rest {
                    flow.push(Command::Where(condition));
                }
                return;
            }
        }
        let val = self.column(flow, window.column, span);
        let Ok(time) = self.to_time(val, span) else { return };
        let mut conditions = Vec::new();
        if let Some((bound, included)) = window.bounds.from {
            let op = if included { CompareOp::GreaterOrEqual } else { CompareOp::Greater };
            conditions.push(Eval::compare(op, time.clone(), bound_value(bound)));
        }
        if let Some((bound, included)) = window.bounds.to {
            let op = if included { CompareOp::LessOrEqual } else { CompareOp::Less };
            conditions.push(Eval::compare(op, time, bound_value(bound)));
        }
        flow.push(Command::Where(Eval::all(conditions)));
    }

    /// Computes columns, in an order in which none overwrites what another still reads.
    pub(super) fn compute(
        &mut self,
        flow: &mut Flow,
        items: &[Computed],
        schema: &Schema,
        after: &Usage,
    ) -> Result<()> {
        let name_of = |id: ColumnId| {
            schema.iter().find(|c| c.id == id).map_or_else(|| self.query.columns[id].name.clone(), |c| c.name.clone())
        };
        let names: Vec<_> = items.iter().map(|item| name_of(item.id)).collect();
        let mut values: Vec<(ColumnId, std::sync::Arc<str>, Slot)> = Vec::new();
        let mut aliases = Vec::new();
        for (item, name) in items.iter().zip(names) {
            if !after.live.contains(&item.id) {
                continue;
            }
            if item.is_passed_on() {
                if !flow.slots.contains_key(&item.id) {
                    // No source has told of it: it is read here for the first time.
                    self.column(flow, item.id, item.expr.span);
                }
                continue;
            }
            if let Some(of) = item.expr.as_column() {
                self.column(flow, of, item.expr.span);
                if let Some(mut slot) = flow.slots.get(&of).cloned() {
                    slot.alias |= *name != *self.query.columns[of].name;
                    aliases.push((item.id, slot));
                    continue;
                }
            }
            let deciding = after.deciding.contains(&item.id);
            self.hint = Some(name.to_string());
            // What decides is given up as a whole, so only what is shown needs a way back.
            let before = if deciding { None } else { Some(flow.clone()) };
            let value = self.shown_or(deciding, &name, |lower| lower.value(flow, &item.expr))?;
            self.hint = None;
            if let (None, Some(before)) = (&value, before) {
                *flow = before;
            }
            match value {
                Some(val) => {
                    let filled = self.computes_filled(flow, &item.expr);
                    let mut slot = Slot::new(val);
                    slot.filled = filled;
                    slot.array = self.is_array(flow, &item.expr);
                    slot.parts = Self::is_parts(flow, &item.expr);
                    slot.matches = Self::is_matches(flow, &item.expr);
                    slot.held = Self::is_held(flow, &item.expr);
                    slot.always = self.is_always(flow, &item.expr);
                    slot.loose = if slot.array {
                        self.may_hold_texts(flow, &item.expr)
                    } else {
                        self.may_be_text(flow, &item.expr)
                    };
                    values.push((item.id, name, slot));
                }
                None => aliases.push((item.id, Slot::new(Val::new(Eval::call("null", []), Repr::Any)))),
            }
        }
        // An alias reads a field that an assignment may take over: both count as read.
        let mut live = after.live.clone();
        for (id, slot) in aliases {
            flow.slots.insert(id, slot);
            live.insert(id);
        }
        let mut assignments: Vec<(String, Eval)> = Vec::new();
        let mut pending = values;
        while !pending.is_empty() {
            let at = (0..pending.len())
                .find(|&at| {
                    let wanted = super::clean(&pending[at].1);
                    !pending.iter().enumerate().any(|(other, (_, _, slot))| other != at && slot.val.expr.reads(&wanted))
                })
                .unwrap_or(0);
            let (id, name, slot) = pending.remove(at);
            if is_stable(&slot.val) {
                flow.slots.insert(id, slot);
                live.insert(id);
                continue;
            }
            let mut field = self.field_for(flow, id, &name, &live);
            while pending.iter().any(|(_, _, s)| s.val.expr.reads(&field))
                || assignments.iter().any(|(assigned, _)| *assigned == field)
            {
                field.push('_');
            }
            let repr = match &slot.val.repr {
                Repr::Object(_) => Repr::Json,
                repr => repr.clone(),
            };
            assignments.push((field.clone(), self.whole_value(&slot.val)));
            let own = Slot { val: Val::new(Eval::Field(field), repr), ..slot };
            flow.slots.insert(id, own);
        }
        if !assignments.is_empty() {
            flow.commands.push(Command::Eval(assignments));
        }
        Ok(())
    }

    /// Whether a computed value is never null nor empty.
    fn computes_filled(&self, flow: &Flow, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(Value::String(text)) => !text.is_empty(),
            ExprKind::Literal(value) => !value.is_null(),
            ExprKind::Column(_) => self.is_filled(flow, expr),
            ExprKind::Call(function, arguments) => match function.name() {
                "bin" | "floor" | "startofday" | "startofweek" | "tolower" | "toupper" => {
                    arguments.first().is_some_and(|argument| self.is_filled(flow, argument))
                }
                "now" | "strlen" => true,
                "array_length" => arguments.first().is_some_and(|array| self.is_always(flow, array)),
                _ => false,
            },
            ExprKind::Case(node) => {
                node.arms.iter().all(|(_, value)| self.computes_filled(flow, value))
                    && self.computes_filled(flow, &node.otherwise)
            }
            _ => self.is_total(flow, expr) && expr.ty.ty == Type::Bool,
        }
    }

    fn project(
        &mut self,
        flow: &mut Flow,
        items: &[Computed],
        rest: &Rest,
        step: &Step,
        input: &Schema,
        after: &Usage,
    ) -> Result<()> {
        self.compute(flow, items, &step.schema, after)?;
        let kept: HashSet<ColumnId> = step.schema.iter().map(|c| c.id).collect();
        let passes = items.iter().all(Computed::is_passed_on);
        let dropped: Vec<ColumnId> = input.iter().map(|c| c.id).filter(|id| !kept.contains(id)).collect();
        let shortens = passes && !flow.narrowed && !flow.closed && dropped.len() < kept.len() && *rest == Rest::Drop;
        if *rest == Rest::Drop && !shortens {
            flow.narrowed = true;
        }
        if !flow.narrowed {
            // What is taken out of the events as they were found.
            let still = |flow: &Flow, field: &str| {
                flow.slots.iter().any(|(id, slot)| kept.contains(id) && slot.val.expr.reads(field))
            };
            let fields: Vec<String> = dropped
                .iter()
                .filter_map(|id| match flow.slots.get(id) {
                    Some(Slot { val: Val { expr: Eval::Field(name), .. }, .. }) if !name.starts_with('_') => {
                        Some(name.clone())
                    }
                    _ => None,
                })
                .filter(|field| !still(flow, field))
                .collect();
            if !fields.is_empty() {
                flow.push(Command::Fields { keep: false, fields });
            }
        }
        flow.slots.retain(|id, _| kept.contains(id));
        Ok(())
    }

    fn distinct(&mut self, flow: &mut Flow, schema: &Schema, span: Span) -> Result<()> {
        if schema.open && !flow.listed && !flow.narrowed && !flow.closed {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "the columns of which each different combination is wanted are not all known; name them",
            );
        }
        let columns: Vec<(ColumnId, std::sync::Arc<str>)> = schema.iter().map(|c| (c.id, c.name.clone())).collect();
        let (fields, restore) = self.group_fields(flow, &columns)?;
        self.groups_alone(flow, Stats::Groups, fields);
        if !restore.is_empty() {
            flow.push(Command::Eval(restore));
        }
        flow.closed = true;
        flow.narrowed = true;
        flow.slots.retain(|id, _| columns.iter().any(|(kept, _)| kept == id));
        Ok(())
    }

    /// `sort` where the order decides.
    pub(super) fn sort(&mut self, flow: &mut Flow, keys: &[SortKey], count: Option<u64>) -> Result<()> {
        self.sorted(flow, keys, count, true)
    }

    /// `sort`. Splunk puts what has no value at the end either way, and compares texts that look like numbers or addresses
    /// as such unless told otherwise
    /// (<https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/search-commands/sort>); where the order
    /// `decides` which records there are, it has to be that of KQL.
    fn sorted(&mut self, flow: &mut Flow, keys: &[SortKey], count: Option<u64>, decides: bool) -> Result<()> {
        let mut fields = Vec::with_capacity(keys.len());
        for key in keys {
            let val = self.value(flow, &key.expr)?;
            let mut value = self.whole_value(&val);
            let there = self.computes_filled(flow, &key.expr) || value == Eval::field("_time");
            let text = decides && val.repr == Repr::Text;
            if text && !there {
                value = super::text::or_empty(value);
            }
            let field = self.in_field(flow, value, "sort_key");
            if decides && !text && !there && key.nulls_first {
                let missing = Eval::call("isnull", [Eval::field(&field)]);
                let rank = Eval::call("if", [missing, Eval::integer(0), Eval::integer(1)]);
                let rank = self.in_field(flow, rank, "has_value");
                fields.push(SortField { field: rank, descending: false, text: false });
            }
            fields.push(SortField { field, descending: key.descending, text });
        }
        if !fields.is_empty() {
            flow.push(Command::Sort { count: count.unwrap_or(0), keys: fields });
        }
        Ok(())
    }

    fn top_hitters(
        &mut self,
        flow: &mut Flow,
        count: &Expr,
        of: &Computed,
        by: Option<&Expr>,
        measure: ColumnId,
        step: &Step,
    ) -> Result<()> {
        let Some(count) = count.as_literal().and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok()) else {
            return refuse(LossKind::UnsupportedOperator, step.span, "the number of values has to be written out");
        };
        self.lose(LossKind::Sketch, step.span, "KQL counts the most frequent values approximately, Splunk exactly");
        let everything = Usage::of_deciding(step.schema.iter().map(|c| c.id));
        self.compute(flow, std::slice::from_ref(of), &step.schema, &everything)?;
        let name = step
            .schema
            .iter()
            .find(|c| c.id == of.id)
            .map_or_else(|| self.query.columns[of.id].name.clone(), |c| c.name.clone());
        let (fields, _) = self.group_fields(flow, &[(of.id, name)])?;
        let field = super::clean(&self.query.columns[measure].name);
        let argument = match by {
            Some(by) => Some(self.number(flow, by)?),
            None => None,
        };
        let function = if argument.is_some() { "sum" } else { "count" }.to_owned();
        let aggregate = crate::target::splunk::tree::Aggregate { function, argument };
        flow.push(Command::Stats { kind: Stats::Groups, aggregates: vec![(aggregate, field.clone())], by: fields });
        flow.slots.retain(|id, _| *id == of.id);
        flow.slots.insert(measure, Slot::filled(Val::new(Eval::field(&field), Repr::Number)));
        flow.push(Command::Sort { count, keys: vec![SortField { field, descending: true, text: false }] });
        flow.closed = true;
        flow.narrowed = true;
        Ok(())
    }
}

/// Whether a value needs no field of its own: wherever it is used, it can be written out again.
fn is_stable(val: &Val) -> bool {
    matches!(val.expr, Eval::Text(_) | Eval::Number(_) | Eval::Field(_))
}

/// A bound as a value of `eval`.
fn bound_value(bound: Bound) -> Eval {
    match bound {
        Bound::Instant(ticks) => epoch(ticks),
        Bound::FromNow(0) => Eval::call("now", []),
        Bound::FromNow(ticks) => {
            let op = if ticks < 0 { Operator::Subtract } else { Operator::Add };
            Eval::operation(Eval::call("now", []), op, super::time::ticks(ticks.saturating_abs()))
        }
    }
}

/// A bound as a time modifier.
fn modifier(bound: Bound) -> String {
    match bound {
        Bound::FromNow(ticks) => relative(ticks),
        Bound::Instant(_) => match bound_value(bound) {
            Eval::Number(digits) => digits,
            Eval::Negate(_) => "0".to_owned(),
            _ => "now".to_owned(),
        },
    }
}

/// Sets the limits of a search; gives the condition that they leave open, if any.
///
/// `earliest` includes its instant and `latest` does not. Against the time of the run that makes no difference that
/// anybody could observe; against an instant that is written out it does.
fn limited(window: &Window, earliest: &mut Option<String>, latest: &mut Option<String>) -> Option<Eval> {
    let mut rest = Vec::new();
    let time = || Eval::field("_time");
    if let Some((bound, included)) = window.bounds.from {
        if earliest.is_none() {
            *earliest = Some(modifier(bound));
        } else {
            rest.push(Eval::compare(CompareOp::GreaterOrEqual, time(), bound_value(bound)));
        }
        if !included && matches!(bound, Bound::Instant(_)) {
            rest.push(Eval::compare(CompareOp::Greater, time(), bound_value(bound)));
        }
    }
    if let Some((bound, included)) = window.bounds.to {
        let written_out = matches!(bound, Bound::Instant(_));
        if latest.is_none() {
            let bound = match bound {
                Bound::Instant(ticks) if included => Bound::Instant(ticks.saturating_add(TICKS_PER_SECOND)),
                bound => bound,
            };
            *latest = Some(modifier(bound));
        } else {
            rest.push(Eval::compare(CompareOp::Less, time(), bound_value(bound)));
        }
        if included && written_out {
            rest.push(Eval::compare(CompareOp::LessOrEqual, time(), bound_value(bound)));
        }
    }
    if rest.is_empty() { None } else { Some(Eval::all(rest)) }
}

fn fill(flow: &mut Flow, term: &Expr) {
    let mut found = Vec::new();
    filled_by(term, &mut found);
    refill(flow, &found);
}

fn refill(flow: &mut Flow, columns: &[ColumnId]) {
    for id in columns {
        if let Some(slot) = flow.slots.get_mut(id) {
            slot.filled = true;
        }
    }
}

/// Forgets for a while what a term itself says of columns.
fn unfilled(flow: &mut Flow, term: &Expr) -> Vec<ColumnId> {
    let mut found = Vec::new();
    filled_by(term, &mut found);
    found.retain(|id| match flow.slots.get_mut(id) {
        Some(slot) if slot.filled => {
            slot.filled = false;
            true
        }
        _ => false,
    });
    found
}

/// A filter on a raw search.
pub(super) fn raw(text: impl Into<String>) -> Filter {
    Filter::Raw(text.into())
}
