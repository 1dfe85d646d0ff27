//! `summarize`: groups and aggregates as `stats`, and records picked by their greatest value.

use std::collections::HashSet;
use std::sync::Arc;

use super::call::aggregated;
use super::pick::Picker;
use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{AggregateCall, ColumnId, Computed, Expr, Schema, Value};
use crate::source::Span;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::rows::{AggregateRewrite, AggregateRow};
use crate::target::splunk::tree::{Aggregate, Command, Eval, Operator, Stats};
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind};

/// Fields with what they are assigned.
type Assignments = Vec<(String, Eval)>;

/// What `stats` computes for a `summarize`.
#[derive(Default)]
pub(super) struct Parts {
    /// Fields that get an empty string where they have no value.
    pub(super) emptied: Vec<String>,
    /// The aggregates.
    pub(super) aggregates: Vec<(Aggregate, String)>,
    /// Fields that get 0 where there was nothing to aggregate.
    pub(super) zeroed: Vec<String>,
    /// Fields of which only so many values are kept.
    pub(super) shortened: Vec<(String, Eval)>,
    /// Where the outputs are.
    pub(super) slots: Vec<(ColumnId, Slot)>,
}

impl Lower<'_> {
    /// The fields that make a group, null as empty; and what makes null of it again where that is a difference.
    pub(super) fn group_fields(
        &mut self,
        flow: &mut Flow,
        columns: &[(ColumnId, Arc<str>)],
    ) -> Result<(Vec<String>, Assignments)> {
        let mut fields = Vec::with_capacity(columns.len());
        let mut emptied = Vec::new();
        let mut restore = Vec::new();
        for (id, name) in columns {
            let span = self.query.columns[*id].span;
            let val = self.column(flow, *id, span);
            let filled = flow.slots.get(id).is_some_and(|slot| slot.filled);
            let val = if val.repr == Repr::TimeText { Val::new(self.to_time(val, span)?, Repr::Time) } else { val };
            let value = self.whole_value(&val);
            let repr = match val.repr {
                Repr::Object(_) => Repr::Json,
                repr => repr,
            };
            let field = match value {
                Eval::Field(field) if !fields.contains(&field) => field,
                value => {
                    let live: HashSet<ColumnId> = columns.iter().map(|(id, _)| *id).collect();
                    let field = self.field_for(flow, *id, name, &live);
                    flow.push(Command::Eval(vec![(field.clone(), value)]));
                    field
                }
            };
            if !filled && field != "_time" {
                emptied.push(field.clone());
                if matches!(repr, Repr::Number | Repr::Time | Repr::Span | Repr::Bool) {
                    let null = Eval::call("nullif", [Eval::field(&field), Eval::text("")]);
                    restore.push((field.clone(), null));
                }
            }
            let slot = Slot { filled, ..Slot::new(Val::new(Eval::field(&field), repr)) };
            flow.slots.insert(*id, slot);
            fields.push(field);
        }
        if !emptied.is_empty() {
            flow.push(Command::FillNull { value: String::new(), fields: emptied });
        }
        Ok((fields, restore))
    }

    pub(super) fn summarize(
        &mut self,
        flow: &mut Flow,
        keys: &[Computed],
        aggregates: &[AggregateCall],
        schema: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let key_columns = self.keys(flow, keys, aggregates, schema, after)?;
        let mut pickers = Vec::new();
        let mut others = Vec::new();
        for call in aggregates.iter().filter(|call| call.outputs.iter().any(|id| after.live.contains(id))) {
            match self.data.aggregates.get(call.function.name()).and_then(|row| row.rewrite) {
                Some(AggregateRewrite::ArgMax) => pickers.push(Picker { call, greatest: true }),
                Some(AggregateRewrite::ArgMin) => pickers.push(Picker { call, greatest: false }),
                _ => others.push(call),
            }
        }
        let kept: HashSet<ColumnId> = schema
            .iter()
            .map(|c| c.id)
            .chain(aggregates.iter().flat_map(|call| call.outputs.iter().copied()))
            .collect();
        let before = flow.slots.len();
        let mut whole_rows = false;
        if let [picker] = pickers.as_slice() {
            // `arg_max(x, *)` gives its rows as they are.
            whole_rows = !flow.narrowed && picker.call.arguments.len() + keys.len() >= before;
            self.pick_rows(flow, picker, &others, &key_columns, schema, after, span)?;
        } else {
            let picked = self.pick_values(flow, &pickers, &key_columns, after)?;
            let mut parts = self.parts(flow, &others, schema, after)?;
            for (aggregate, field, id, repr) in picked {
                let mut of = pickers.iter().flat_map(|picker| picker.call.outputs.iter().zip(&picker.call.arguments));
                let loose = of.any(|(output, of)| *output == id && self.may_be_text(flow, of));
                parts.slots.push((id, Slot { loose, ..Slot::new(Val::new(Eval::field(&field), repr)) }));
                parts.aggregates.push((aggregate, field));
            }
            self.finish_groups(flow, Stats::Groups, parts, &key_columns, schema)?;
            flow.closed = true;
        }
        flow.slots.retain(|id, _| kept.contains(id));
        flow.narrowed |= !whole_rows;
        Ok(())
    }

    /// `summarize` within the elements of each row: the aggregates on each of them, then one of them.
    #[expect(clippy::too_many_arguments, reason = "each is another part of one operator")]
    pub(super) fn summarize_rows(
        &mut self,
        flow: &mut Flow,
        keys: &[Computed],
        aggregates: &[AggregateCall],
        (row, there): (&str, Option<&Eval>),
        schema: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let key_columns = self.keys(flow, keys, aggregates, schema, after)?;
        let live: Vec<&AggregateCall> =
            aggregates.iter().filter(|call| call.outputs.iter().any(|id| after.live.contains(id))).collect();
        let picks = |call: &&AggregateCall| {
            let rewrite = self.data.aggregates.get(call.function.name()).and_then(|row| row.rewrite);
            matches!(rewrite, Some(AggregateRewrite::ArgMax | AggregateRewrite::ArgMin))
        };
        if live.iter().any(picks) {
            return refuse(
                LossKind::UnsupportedAggregate,
                span,
                "inside `mv-apply`, no element can be picked by its value",
            );
        }
        let mut parts = self.parts(flow, &live, schema, after)?;
        if let Some(there) = there {
            for (aggregate, _) in &mut parts.aggregates {
                let value = aggregate.argument.take().unwrap_or_else(|| Eval::integer(1));
                aggregate.argument = Some(Eval::call("if", [there.clone(), value, Eval::call("null", [])]));
            }
        }
        let (mut by, restore) = self.group_fields(flow, &key_columns)?;
        by.insert(0, row.to_owned());
        self.emit(
            flow,
            Stats::Rows,
            std::mem::take(&mut parts.emptied),
            std::mem::take(&mut parts.aggregates),
            by.clone(),
        );
        flow.push(Command::Dedup(by));
        self.settle(flow, parts, restore);
        Ok(())
    }

    /// The keys, computed.
    fn keys(
        &mut self,
        flow: &mut Flow,
        keys: &[Computed],
        aggregates: &[AggregateCall],
        schema: &Schema,
        after: &Usage,
    ) -> Result<Vec<(ColumnId, Arc<str>)>> {
        let mut usage = Usage::of_deciding(keys.iter().map(|key| key.id));
        for call in aggregates {
            for argument in &call.arguments {
                argument.for_each_column(&mut |id| {
                    usage.live.insert(id);
                });
            }
        }
        let _ = after;
        self.compute(flow, keys, schema, &usage)?;
        Ok(keys
            .iter()
            .map(|key| {
                let name = schema.iter().find(|c| c.id == key.id).map(|c| c.name.clone());
                (key.id, name.unwrap_or_else(|| self.query.columns[key.id].name.clone()))
            })
            .collect())
    }

    fn finish_groups(
        &mut self,
        flow: &mut Flow,
        kind: Stats,
        mut parts: Parts,
        keys: &[(ColumnId, Arc<str>)],
        schema: &Schema,
    ) -> Result<()> {
        let (by, restore) = self.group_fields(flow, keys)?;
        if by.is_empty() && !parts.aggregates.iter().any(|(a, _)| a.function == "count" || a.function == "dc") {
            // Of no events at all, only a count gives the one row that is due.
            let name = self.helper("_rows");
            parts.aggregates.push((Aggregate { function: "count".into(), argument: None }, name));
        }
        if parts.aggregates.is_empty() {
            self.groups_alone(flow, kind, by);
        } else {
            self.emit(flow, kind, std::mem::take(&mut parts.emptied), std::mem::take(&mut parts.aggregates), by);
        }
        let _ = schema;
        self.settle(flow, parts, restore);
        Ok(())
    }

    /// Groups of which nothing is computed: `stats` cannot do without a count, and gives it no name that a key has.
    pub(super) fn groups_alone(&mut self, flow: &mut Flow, kind: Stats, by: Vec<String>) {
        let mut counted = "count".to_owned();
        let mut aggregates = Vec::new();
        if by.contains(&counted) {
            counted = self.helper("count");
            aggregates.push((Aggregate { function: "count".into(), argument: None }, counted.clone()));
        }
        flow.push(Command::Stats { kind, aggregates, by });
        flow.push(Command::Fields { keep: false, fields: vec![counted] });
    }

    pub(super) fn emit(
        &mut self,
        flow: &mut Flow,
        kind: Stats,
        emptied: Vec<String>,
        aggregates: Vec<(Aggregate, String)>,
        by: Vec<String>,
    ) {
        if !emptied.is_empty() {
            match flow.commands.last_mut() {
                Some(Command::FillNull { value, fields }) if value.is_empty() => {
                    for field in emptied {
                        if !fields.contains(&field) {
                            fields.push(field);
                        }
                    }
                }
                _ => flow.push(Command::FillNull { value: String::new(), fields: emptied }),
            }
        }
        flow.push(Command::Stats { kind, aggregates, by });
    }

    pub(super) fn settle(&mut self, flow: &mut Flow, parts: Parts, restore: Vec<(String, Eval)>) {
        if !parts.zeroed.is_empty() {
            flow.push(Command::FillNull { value: "0".to_owned(), fields: parts.zeroed });
        }
        let evals: Vec<(String, Eval)> = restore.into_iter().chain(parts.shortened).collect();
        if !evals.is_empty() {
            flow.push(Command::Eval(evals));
        }
        flow.slots.extend(parts.slots);
    }

    /// Everything but the calls that pick records.
    pub(super) fn parts(
        &mut self,
        flow: &mut Flow,
        calls: &[&AggregateCall],
        schema: &Schema,
        after: &Usage,
    ) -> Result<Parts> {
        let mut parts = Parts::default();
        let mut names: HashSet<String> = HashSet::new();
        for call in calls {
            let output = call.outputs.first().copied();
            let Some(output) = output else { continue };
            let name = |id: ColumnId| {
                schema
                    .iter()
                    .find(|c| c.id == id)
                    .map_or_else(|| self.query.columns[id].name.clone(), |c| c.name.clone())
            };
            let shown = name(output);
            let deciding = call.outputs.iter().any(|id| after.deciding.contains(id));
            let mut attempt = flow.clone();
            let mark = (parts.aggregates.len(), parts.emptied.len(), parts.zeroed.len(), parts.shortened.len());
            let slots = parts.slots.len();
            let done = self.shown_or(deciding, &shown, |lower| {
                lower.one_aggregate(&mut attempt, call, &mut parts, &mut names, schema, after)
            })?;
            if done.is_some() {
                *flow = attempt;
            } else {
                parts.aggregates.truncate(mark.0);
                parts.emptied.truncate(mark.1);
                parts.zeroed.truncate(mark.2);
                parts.shortened.truncate(mark.3);
                parts.slots.truncate(slots);
                for id in &call.outputs {
                    parts.slots.push((*id, Slot::new(Val::new(Eval::call("null", []), Repr::Any))));
                }
            }
        }
        Ok(parts)
    }

    fn one_aggregate(
        &mut self,
        flow: &mut Flow,
        call: &AggregateCall,
        parts: &mut Parts,
        names: &mut HashSet<String>,
        schema: &Schema,
        after: &Usage,
    ) -> Result<()> {
        let function = call.function.name();
        let data = self.data;
        let Some(row) = data.aggregates.get(function) else {
            return refuse(
                LossKind::UnsupportedAggregate,
                call.span,
                format!("`{function}` has no counterpart in `stats`"),
            );
        };
        if let Some(loss) = &row.loss {
            self.lose(loss.kind, call.span, &loss.message);
        }
        let mut field_of = |lower: &Self, id: ColumnId| {
            let name = schema
                .iter()
                .find(|c| c.id == id)
                .map_or_else(|| lower.query.columns[id].name.clone(), |c| c.name.clone());
            let mut name = super::clean(&name);
            if name.starts_with('_') && name != "_rows" {
                name.insert(0, 'x');
            }
            while !names.insert(name.clone()) {
                name.push('_');
            }
            name
        };
        match row.rewrite {
            Some(AggregateRewrite::TakeAny) => {
                let several = call.outputs.len() > 1;
                for (argument, output) in call.arguments.iter().zip(&call.outputs) {
                    if !after.live.contains(output) {
                        continue;
                    }
                    let val = self.value(flow, argument)?;
                    let value = self.whole_value(&val);
                    let field = field_of(self, *output);
                    // Values of one record: an empty one must not be passed over for that of the next.
                    if several
                        && matches!(val.repr, Repr::Text | Repr::Any)
                        && !self.is_filled(flow, argument)
                        && let Eval::Field(name) = &value
                    {
                        parts.emptied.push(name.clone());
                    }
                    let slot = Slot::new(Val::new(Eval::field(&field), whole_repr(&val.repr)));
                    parts.slots.push((*output, Slot { loose: self.may_be_text(flow, argument), ..slot }));
                    parts.aggregates.push((Aggregate { function: "first".into(), argument: Some(value) }, field));
                }
                return Ok(());
            }
            Some(AggregateRewrite::Bag) => {
                let (Some(bag), Some(output)) = (call.arguments.first(), call.outputs.first()) else { return Ok(()) };
                let val = self.value(flow, bag)?;
                let json = self.to_json(val, bag.span)?;
                // The slots of a bag are what stands between its braces; what is no bag has none.
                let slots = Eval::call("replace", [json.clone(), Eval::Regex(r"(?s)^\{|\}$".into()), Eval::text("")]);
                let mut is_bag = super::text::matches(json, r"(?s)^\{.+\}$".to_owned());
                if let Some(condition) = row.condition.and_then(|at| call.arguments.get(at - 1)) {
                    is_bag = Eval::all(vec![self.condition(flow, condition, true)?, is_bag]);
                }
                let value = Eval::call("if", [is_bag, slots, Eval::call("null", [])]);
                let field = field_of(self, *output);
                let slots = Eval::call(
                    "coalesce",
                    [Eval::call("mvjoin", [Eval::field(&field), Eval::text(",")]), Eval::text("")],
                );
                let whole = Eval::operation(
                    Eval::operation(Eval::text("{"), Operator::Concat, slots),
                    Operator::Concat,
                    Eval::text("}"),
                );
                parts.shortened.push((field.clone(), whole));
                parts.slots.push((*output, Slot::new(Val::new(Eval::field(&field), Repr::Json))));
                parts.aggregates.push((Aggregate { function: "values".into(), argument: Some(value) }, field));
                return Ok(());
            }
            Some(AggregateRewrite::Percentile) => {
                let Some(first) = call.arguments.first() else { return Ok(()) };
                let value = self.number(flow, first)?;
                for (percent, output) in call.arguments[1..].iter().zip(&call.outputs) {
                    let Some(percent) = percent.as_literal().and_then(percent_text) else {
                        return refuse(
                            LossKind::UnsupportedAggregate,
                            percent.span,
                            "the percentile has to be written out",
                        );
                    };
                    let field = field_of(self, *output);
                    parts.slots.push((*output, Slot::new(Val::new(Eval::field(&field), Repr::Number))));
                    parts
                        .aggregates
                        .push((Aggregate { function: format!("perc{percent}"), argument: Some(value.clone()) }, field));
                }
                return Ok(());
            }
            _ => {}
        }
        let (Some(stats), Some(output)) = (&row.stats, call.outputs.first()) else {
            return refuse(
                LossKind::UnsupportedAggregate,
                call.span,
                format!("`{function}` has no counterpart in `stats`"),
            );
        };
        // Splunk's compares as numbers what looks like some, KQL's compares texts; `values` has them in the order of texts
        // (<https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/statistical-and-charting-functions>).
        let end = self.end_of_texts(call, stats);
        let (argument, repr) = self.stats_argument(flow, call, row, row.counts_empty || end.is_some(), parts)?;
        let field = field_of(self, *output);
        if let Some(end) = end {
            parts.shortened.push((field.clone(), Eval::call("mvindex", [Eval::field(&field), Eval::integer(end)])));
            parts.slots.push((*output, Slot::new(Val::new(Eval::field(&field), repr))));
            parts.aggregates.push((Aggregate { function: "values".into(), argument }, field));
            return Ok(());
        }
        if let Some(limit) = row.limit.and_then(|at| call.arguments.get(at - 1))
            && let Some(limit) = limit.as_literal().and_then(Value::as_integer).filter(|n| (1..1_000_000).contains(n))
        {
            let first = Eval::call("mvindex", [Eval::field(&field), Eval::integer(0), Eval::integer(limit - 1)]);
            parts.shortened.push((field.clone(), first));
            let message = format!("of more than {limit} values others may be kept: KQL keeps any, `{stats}` the first");
            self.ledger.losses.push(Loss::shown(LossKind::Order, call.span, message));
        }
        if row.default == Some(0) && stats != "count" && stats != "dc" {
            parts.zeroed.push(field.clone());
        }
        let filled = row.default.is_some();
        let loose = call.arguments.first().is_some_and(|of| self.may_be_text(flow, of));
        let always = repr == Repr::Multi;
        let slot = Slot { filled, always, loose, ..Slot::new(Val::new(Eval::field(&field), repr)) };
        parts.slots.push((*output, slot));
        parts.aggregates.push((Aggregate { function: stats.clone(), argument }, field));
        Ok(())
    }

    /// What is aggregated, and how the result is represented.
    fn stats_argument(
        &mut self,
        flow: &mut Flow,
        call: &AggregateCall,
        row: &AggregateRow,
        counts_empty: bool,
        parts: &mut Parts,
    ) -> Result<(Option<Eval>, Repr)> {
        let ty = call.outputs.first().map(|id| self.query.columns[*id].ty.ty);
        let repr = aggregated(row.gives, ty.unwrap_or(crate::types::Type::Unknown));
        let condition = match row.condition.and_then(|at| call.arguments.get(at - 1)) {
            Some(condition) => Some(self.condition(flow, condition, true)?),
            None => None,
        };
        let subject =
            call.arguments.first().filter(|_| row.condition != Some(1) && row.stats.as_deref() != Some("count"));
        let Some(subject) = subject else {
            return Ok((condition, repr));
        };
        let val = self.value(flow, subject)?;
        let is_text = matches!(val.repr, Repr::Text | Repr::Any) && subject.ty.ty == crate::types::Type::String;
        let gathers = row.gives == Some(crate::target::splunk::rows::Gives::Multi);
        let mut value = match val.repr {
            Repr::TimeText if gathers => self.whole_value(&val),
            Repr::TimeText => self.to_time(val, subject.span)?,
            Repr::Json | Repr::Object(_) if gathers && self.may_be_array(subject) => {
                self.to_multi(val, subject.span)?
            }
            // An instant in an array is its text.
            Repr::Time if gathers => self.to_text(val, subject.span)?,
            _ => self.whole_value(&val),
        };
        if counts_empty && is_text && !self.is_filled(flow, subject) {
            match &value {
                Eval::Field(field) if condition.is_none() => parts.emptied.push(field.clone()),
                _ => value = super::text::or_empty(value),
            }
        }
        if let Some(condition) = condition {
            value = Eval::call("if", [condition, value, Eval::call("null", [])]);
        }
        Ok((Some(value), repr))
    }

    /// Where in the order of texts the value stands that `max` or `min` gives of them; nothing for any other call.
    fn end_of_texts(&self, call: &AggregateCall, stats: &str) -> Option<i64> {
        let of_text =
            call.outputs.first().is_some_and(|id| self.query.columns[*id].ty.ty == crate::types::Type::String);
        match stats {
            "max" if of_text => Some(-1),
            "min" if of_text => Some(0),
            _ => None,
        }
    }

    /// Whether the elements of a value, not the value, are collected.
    fn may_be_array(&self, expr: &Expr) -> bool {
        matches!(expr.ty.shape, crate::functions::Shape::Array(_))
    }
}

/// The representation of a value that has been put into a field.
pub(super) fn whole_repr(repr: &Repr) -> Repr {
    match repr {
        Repr::Object(_) => Repr::Json,
        repr => repr.clone(),
    }
}

/// A percentile as it stands in the name of its function.
fn percent_text(value: &Value) -> Option<String> {
    match value {
        Value::Real(value) if (0.0..=100.0).contains(value) => Some(value.to_string()),
        value => value.as_integer().filter(|n| (0..=100).contains(n)).map(|n| n.to_string()),
    }
}
