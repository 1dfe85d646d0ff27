//! Joins and everything that reads a second table: by the idiom that keeps the meaning, and `join` where there is none.
//!
//! Semi- and anti-joins, and membership in a table, need only know whether a key has a partner: the events of both sides
//! are told apart, and `eventstats` counts those of the other side by key. Nothing is capped where both sides stream.

use std::collections::HashSet;

use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{
    Argument, CaseRule, ColumnId, Computed, Expr, Join, JoinKind, Membership, Op, Plan, Rest, Schema, SourceCall,
    StringTest,
};
use crate::source::Span;
use crate::target::splunk::tree::{Aggregate, Command, Compare, Eval, Head, Stats};
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind};

/// What a capped sub-search costs.
const JOIN_CAP: &str = "`join` takes at most 50,000 rows of the other side, and ends its search after 60 seconds";

impl Lower<'_> {
    pub(super) fn join(
        &mut self,
        flow: &mut Flow,
        join: &Join,
        schema: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        if join.keys.is_empty() {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "a join needs a key; give both sides a constant column and join on that",
            );
        }
        match join.kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => {
                let keys: Vec<(ColumnId, ColumnId)> = join.keys.clone();
                self.semi(flow, &join.right, &keys, join.kind == JoinKind::LeftSemi, span)
            }
            JoinKind::RightSemi | JoinKind::RightAnti => {
                let mut right = self.right_side(join, after, schema)?;
                let left = std::mem::replace(flow, Flow::new(Head::Rows(None)));
                let keys: Vec<(ColumnId, ColumnId)> = join.keys.iter().map(|(l, r)| (*r, *l)).collect();
                let keep = join.kind == JoinKind::RightSemi;
                self.with_partners(&mut right, left, &keys, Some(keep), span)?;
                *flow = right;
                Ok(())
            }
            JoinKind::FullOuter => refuse(
                LossKind::UnsupportedOperator,
                span,
                "`join` keeps the unmatched rows of one side alone; use `union` and `summarize by` the key",
            ),
            JoinKind::RightOuter => {
                let right = self.right_side(join, after, schema)?;
                let left = std::mem::replace(flow, right);
                let keys: Vec<(ColumnId, ColumnId)> = join.keys.iter().map(|(l, r)| (*r, *l)).collect();
                self.joined(flow, left, &keys, true, after, span)
            }
            JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftOuter => {
                let right = self.right_side(join, after, schema)?;
                if join.kind == JoinKind::InnerUnique {
                    let keys: Vec<(ColumnId, std::sync::Arc<str>)> =
                        join.keys.iter().map(|(l, _)| (*l, self.query.columns[*l].name.clone())).collect();
                    let (fields, restore) = self.group_fields(flow, &keys)?;
                    // One row a key, as KQL's default join takes of its left side.
                    if !self.is_unique(flow, &fields) {
                        flow.push(Command::Dedup(fields));
                    }
                    if !restore.is_empty() {
                        flow.push(Command::Eval(restore));
                    }
                }
                self.joined(flow, right, &join.keys, join.kind == JoinKind::LeftOuter, after, span)
            }
        }
    }

    /// Whether the rows differ in these fields already.
    fn is_unique(&self, flow: &Flow, fields: &[String]) -> bool {
        flow.commands
            .iter()
            .rev()
            .find_map(|command| match command {
                Command::Stats { kind: Stats::Groups, by, .. } => {
                    Some(by.iter().all(|f| fields.contains(f)) && !by.is_empty())
                }
                Command::Dedup(by) => Some(by.iter().all(|f| fields.contains(f))),
                Command::MvExpand(..) | Command::Join { .. } | Command::Append(_) => Some(false),
                _ => None,
            })
            .unwrap_or(false)
    }

    /// The right side, with what matters of it behind the join.
    fn right_side(&mut self, join: &Join, after: &Usage, _schema: &Schema) -> Result<Flow> {
        let own: HashSet<ColumnId> = join.right.schema().iter().map(|c| c.id).collect();
        let mut usage = Usage {
            live: after.live.intersection(&own).copied().collect(),
            deciding: after.deciding.intersection(&own).copied().collect(),
            ordered: false,
        };
        for (_, right) in &join.keys {
            usage.live.insert(*right);
            usage.deciding.insert(*right);
        }
        self.decisively(|lower| lower.side(&join.right, usage))
    }

    /// `join`: the right side as a sub-search that gives its keys under the left side's names, and what is needed of it.
    fn joined(
        &mut self,
        flow: &mut Flow,
        mut right: Flow,
        keys: &[(ColumnId, ColumnId)],
        left_stays: bool,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        self.losses.push(Loss::approximate(LossKind::RowCap, span, JOIN_CAP));
        let mut by = Vec::with_capacity(keys.len());
        let mut emptied_left = Vec::new();
        let mut emptied_right = Vec::new();
        let mut naming: Vec<(ColumnId, String)> = Vec::new();
        for (left, other) in keys {
            let left_span = self.query.columns[*left].span;
            let val = self.column(flow, *left, left_span);
            let repr = val.repr.clone();
            let value = self.key_value(val, left_span)?;
            let name = self.query.columns[*left].name.clone();
            let field = match value {
                Eval::Field(field) if !by.contains(&field) && field != "_time" => field,
                value => {
                    let field = self.helper(&super::clean(&name));
                    flow.push(Command::Eval(vec![(field.clone(), value)]));
                    field
                }
            };
            let filled = |flow: &Flow, id: &ColumnId| flow.slots.get(id).is_some_and(|slot| slot.filled);
            // Empty strings are partners of each other, missing fields are not.
            if matches!(repr, Repr::Text | Repr::Json | Repr::Any | Repr::Object(_))
                && !filled(flow, left)
                && !filled(&right, other)
            {
                emptied_left.push(field.clone());
                emptied_right.push(field.clone());
            }
            naming.push((*other, field.clone()));
            by.push(field);
        }
        let key_ids: HashSet<ColumnId> = keys.iter().map(|(_, right)| *right).collect();
        // What else is needed of the right side, under names that the left side does not use.
        let mut ids: Vec<ColumnId> =
            right.slots.keys().copied().filter(|id| after.live.contains(id) && !key_ids.contains(id)).collect();
        ids.sort_unstable();
        let taken_left = |flow: &Flow, name: &str| {
            flow.slots.iter().any(|(id, slot)| after.live.contains(id) && slot.val.expr.reads(name))
                || name.starts_with('_')
        };
        let mut used: HashSet<String> = by.iter().cloned().collect();
        let mut constants = Vec::new();
        for id in ids {
            let Some(slot) = right.slots.get(&id).cloned() else { continue };
            if let (Some((kind, message)), false) = (&slot.note, false) {
                let span = self.query.columns[id].span;
                self.losses.push(Loss::approximate(*kind, span, message.as_ref()));
            }
            let name = self.query.columns[id].name.clone();
            let mut field = match &slot.val.expr {
                Eval::Field(field) if !field.starts_with('_') => field.clone(),
                _ => super::clean(&name),
            };
            while taken_left(flow, &field) || used.contains(&field) {
                field = self.helper(&format!("right_{}", super::clean(&name)));
            }
            used.insert(field.clone());
            naming.push((id, field));
            constants.push(id);
        }
        // The keys of the right side as columns of their own, where they are read behind the join.
        let mut copies = Vec::new();
        for (left, other) in keys {
            if after.live.contains(other) {
                let slot = flow.slots.get(left).cloned();
                if left_stays {
                    let name = self.helper(&format!("right_{}", super::clean(&self.query.columns[*other].name)));
                    copies.push((*other, name));
                } else if let Some(slot) = slot {
                    flow.slots.insert(*other, slot);
                }
            }
        }
        let copied: Vec<(ColumnId, String, Val)> = copies
            .into_iter()
            .filter_map(|(id, name)| right.slots.get(&id).map(|slot| (id, name, slot.val.clone())))
            .collect();
        for (_, name, val) in &copied {
            let value = self.whole_value(val);
            right.push(Command::Eval(vec![(name.clone(), value)]));
        }
        for (id, _) in naming.iter().filter(|(id, _)| key_ids.contains(id)) {
            let Some(slot) = right.slots.get(id).cloned() else {
                let other_span = self.query.columns[*id].span;
                self.column(&mut right, *id, other_span);
                continue;
            };
            let value = self.key_value(slot.val.clone(), span)?;
            if value != self.whole_value(&slot.val) {
                right.slots.insert(*id, Slot { val: Val::new(value, Repr::Text), ..slot });
            }
        }
        self.named_fields(&mut right, &naming);
        if !emptied_right.is_empty() {
            right.push(Command::FillNull { value: String::new(), fields: emptied_right });
        }
        let mut listed: Vec<String> = naming.iter().map(|(_, field)| field.clone()).collect();
        listed.extend(copied.iter().map(|(_, name, _)| name.clone()));
        let gives_them = matches!(right.commands.last(), Some(Command::Table(fields)) if *fields == listed);
        if !gives_them {
            right.push(Command::Table(listed));
        }
        if !emptied_left.is_empty() {
            flow.push(Command::FillNull { value: String::new(), fields: emptied_left });
        }
        for (id, field) in &naming {
            if key_ids.contains(id) {
                continue;
            }
            let slot = right.slots.get(id).cloned();
            let repr = slot.as_ref().map_or(Repr::Any, |slot| slot.val.repr.clone());
            let filled = slot.is_some_and(|slot| slot.filled) && !left_stays;
            flow.slots.insert(*id, Slot { filled, ..Slot::new(Val::new(Eval::field(field), repr)) });
        }
        for (id, name, val) in copied {
            flow.slots.insert(id, Slot::new(Val::new(Eval::Field(name), val.repr)));
        }
        flow.push(Command::Join { left: left_stays, by, search: Box::new(right.search()) });
        flow.narrowed = true;
        Ok(())
    }

    /// A key as it is compared.
    fn key_value(&mut self, val: Val, span: Span) -> Result<Eval> {
        match val.repr {
            Repr::TimeText => self.to_time(val, span),
            _ => Ok(self.whole_value(&val)),
        }
    }

    /// Keeps the rows that have a partner in a plan, or those that have none.
    fn semi(
        &mut self,
        flow: &mut Flow,
        right: &Plan,
        keys: &[(ColumnId, ColumnId)],
        keep: bool,
        span: Span,
    ) -> Result<()> {
        let usage = Usage::of_deciding(keys.iter().map(|(_, right)| *right));
        let right = without_distinct(right);
        let right = self.decisively(|lower| lower.side(&right, usage))?;
        self.with_partners(flow, right, keys, Some(keep), span)?;
        Ok(())
    }

    /// Counts for each row how many rows of another search have its key; gives the field that holds the number, or keeps
    /// rows by it.
    fn with_partners(
        &mut self,
        flow: &mut Flow,
        mut other: Flow,
        keys: &[(ColumnId, ColumnId)],
        keep: Option<bool>,
        span: Span,
    ) -> Result<String> {
        let mut by = Vec::with_capacity(keys.len());
        let mut naming = Vec::with_capacity(keys.len());
        let mut emptied = Vec::new();
        for (left, right) in keys {
            let left_span = self.query.columns[*left].span;
            let val = self.column(flow, *left, left_span);
            let text = matches!(val.repr, Repr::Text | Repr::Json | Repr::Any | Repr::Object(_));
            let value = self.key_value(val, left_span)?;
            let name = super::clean(&self.query.columns[*left].name);
            let field = match value {
                Eval::Field(field) if !by.contains(&field) && !field.starts_with('_') => field,
                value => {
                    let field = self.helper(&format!("{name}_key"));
                    flow.push(Command::Eval(vec![(field.clone(), value)]));
                    field
                }
            };
            let right_span = self.query.columns[*right].span;
            let right_val = self.column(&mut other, *right, right_span);
            let right_value = self.key_value(right_val, right_span)?;
            let filled = |flow: &Flow, id: &ColumnId| flow.slots.get(id).is_some_and(|slot| slot.filled);
            if text && !filled(flow, left) && !filled(&other, right) {
                emptied.push(field.clone());
            }
            naming.push((field.clone(), right_value));
            by.push(field);
        }
        let side = self.helper("side");
        let partners = self.helper("partners");
        let is_side = |word: &str| Eval::compare(Compare::Equal, Eval::field(&side), Eval::text(word));
        let mut assignments: Vec<(String, Eval)> =
            naming.into_iter().filter(|(field, value)| *value != Eval::field(field)).collect();
        assignments.push((side.clone(), Eval::text("other")));
        let streams = other.commands.iter().all(Command::is_streaming)
            && matches!(other.head, Head::Events { .. } | Head::Several(_));
        let left_streams = flow.commands.iter().all(Command::is_streaming)
            && matches!(flow.head, Head::Events { .. } | Head::Several(_));
        other.push(Command::Eval(assignments));
        let mut listed = by.clone();
        listed.push(side.clone());
        let simple = |flow: &Flow| matches!(flow.head, Head::Events { .. });
        if streams && left_streams && simple(flow) && simple(&other) {
            other.push(Command::Fields { keep: true, fields: listed });
            let mut left = std::mem::replace(flow, Flow::new(Head::Rows(None)));
            left.push(Command::Eval(vec![(side.clone(), Eval::text("this"))]));
            let slots = std::mem::take(&mut left.slots);
            let (narrowed, closed) = (left.narrowed, left.closed);
            flow.head = Head::Several(vec![left.search(), other.search()]);
            (flow.slots, flow.narrowed, flow.closed) = (slots, narrowed, closed);
        } else {
            self.losses.push(Loss::approximate(
                LossKind::RowCap,
                span,
                "`append` takes at most 50,000 different keys of the other search, and ends it after 60 seconds",
            ));
            let mut keys = by.clone();
            keys.push(side.clone());
            if !emptied.is_empty() {
                other.push(Command::FillNull { value: String::new(), fields: emptied.clone() });
            }
            other.push(Command::Dedup(by.clone()));
            other.push(Command::Table(keys));
            flow.push(Command::Eval(vec![(side.clone(), Eval::text("this"))]));
            flow.push(Command::Append(Box::new(other.search())));
        }
        if !emptied.is_empty() {
            flow.push(Command::FillNull { value: String::new(), fields: emptied });
        }
        let count = Aggregate { function: "count".into(), argument: Some(is_side("other")) };
        flow.push(Command::Stats { kind: Stats::Rows, aggregates: vec![(count, partners.clone())], by });
        let this = is_side("this");
        let has_partner = Eval::compare(Compare::Greater, Eval::field(&partners), Eval::integer(0));
        let condition = match keep {
            Some(true) => Eval::all(vec![this, has_partner]),
            Some(false) => Eval::all(vec![this, without_partner(&partners)]),
            None => this,
        };
        flow.push(Command::Where(condition));
        flow.push(Command::Fields {
            keep: false,
            fields: if keep.is_some() { vec![side, partners.clone()] } else { vec![side] },
        });
        for slot in flow.slots.values_mut() {
            slot.of_event = false;
        }
        Ok(partners)
    }

    /// `x in (table)`.
    pub(super) fn member_of_plan(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        plan: &Plan,
        want: bool,
        span: Span,
    ) -> Result<Eval> {
        if node.test != StringTest::Equals {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "terms that come from a table cannot be looked for in a text; write them out, or make the table a lookup with wildcards",
            );
        }
        let Some(column) = plan.schema().at(0).cloned() else {
            return refuse(LossKind::UnsupportedExpression, span, "the table has no column to compare with");
        };
        let plan = without_distinct(plan);
        let usage = Usage::of_deciding([column.id]);
        let mut other = self.decisively(|lower| lower.side(&plan, usage))?;
        let insensitive = node.rules.case != CaseRule::Sensitive;
        let subject = self.value(flow, &node.subject)?;
        let other_val = self.column(&mut other, column.id, column_span(&plan));
        let texts = node.subject.ty.ty == crate::types::Type::String;
        let convert = |lower: &mut Self, val: Val| -> Result<Eval> {
            let value = match val.repr {
                Repr::Object(_) | Repr::Json => lower.to_text(val, span)?,
                Repr::TimeText => lower.to_time(val, span)?,
                _ => lower.whole_value(&val),
            };
            Ok(if insensitive && texts { super::text::lowered(&value) } else { value })
        };
        let left_value = convert(self, subject)?;
        let right_value = convert(self, other_val)?;
        // Both sides get a column of their own for the comparison.
        let left_id = node.subject.as_column().filter(|_| matches!(left_value, Eval::Field(_)));
        let left_id = match left_id {
            Some(id) => id,
            None => {
                let field = self.helper("member_key");
                flow.push(Command::Eval(vec![(field.clone(), left_value)]));
                let id = column.id;
                flow.slots.insert(id, Slot::new(Val::new(Eval::Field(field), Repr::Text)));
                id
            }
        };
        let slot = Slot {
            filled: other.slots.get(&column.id).is_some_and(|s| s.filled),
            ..Slot::new(Val::new(right_value, Repr::Text))
        };
        other.slots.insert(column.id, slot);
        let partners = self.with_partners(flow, other, &[(left_id, column.id)], None, span)?;
        if left_id == column.id {
            flow.slots.remove(&column.id);
        }
        Ok(if want {
            Eval::compare(Compare::Greater, Eval::Field(partners), Eval::integer(0))
        } else {
            without_partner(&partners)
        })
    }

    /// `toscalar(…)`: the one value on every row.
    pub(super) fn to_scalar(&mut self, flow: &mut Flow, plan: &Plan, expr: &Expr) -> Result<Val> {
        let Some(column) = plan.schema().at(0).cloned() else {
            return refuse(LossKind::UnsupportedExpression, expr.span, "the table has no column");
        };
        let mut other = self.decisively(|lower| lower.side(plan, Usage::of_deciding([column.id])))?;
        let val = self.column(&mut other, column.id, expr.span);
        let name = self.helper("scalar");
        let key = self.helper("every_row");
        let value = self.whole_value(&val);
        other.push(Command::Head(1));
        other.push(Command::Eval(vec![(name.clone(), value), (key.clone(), Eval::integer(1))]));
        other.push(Command::Table(vec![key.clone(), name.clone()]));
        self.losses.push(Loss::approximate(
            LossKind::RowCap,
            expr.span,
            "the search for this value is ended after 60 seconds, with what it has found by then",
        ));
        flow.push(Command::Eval(vec![(key.clone(), Eval::integer(1))]));
        flow.push(Command::Join { left: true, by: vec![key.clone()], search: Box::new(other.search()) });
        flow.push(Command::Fields { keep: false, fields: vec![key] });
        let repr = match val.repr {
            Repr::Object(_) => Repr::Json,
            repr => repr,
        };
        Ok(Val::new(Eval::Field(name), repr))
    }

    /// A function whose body is not at hand, over the records: a lookup that has to be made there.
    pub(super) fn invoke(
        &mut self,
        flow: &mut Flow,
        call: &SourceCall,
        schema: &Schema,
        input: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let known: HashSet<ColumnId> = input.iter().map(|c| c.id).collect();
        let outputs: Vec<(ColumnId, std::sync::Arc<str>)> = schema
            .iter()
            .filter(|c| !known.contains(&c.id) && after.live.contains(&c.id))
            .map(|c| (c.id, c.name.clone()))
            .collect();
        let mut keys = Vec::new();
        for (_, argument) in &call.arguments {
            if let Argument::Scalar(expr) = argument {
                if let Some(id) = expr.as_column() {
                    let val = self.column(flow, id, expr.span);
                    let value = self.whole_value(&val);
                    let name = super::clean(&self.query.columns[id].name);
                    let field = self.in_field(flow, value, &name);
                    keys.push((name, field));
                }
            }
        }
        if keys.is_empty() {
            let message =
                format!("what `{}` does with the records is not known here; put its body into the query", call.name);
            return refuse(LossKind::UnsupportedOperator, span, message);
        }
        let name = super::clean(&call.name).to_lowercase();
        let message = format!(
            "what `{}` adds has to be there as the lookup `{name}`, by {}",
            call.name,
            keys.iter().map(|(k, _)| format!("`{k}`")).collect::<Vec<_>>().join(", ")
        );
        self.losses.push(Loss::approximate(LossKind::Lookup, span, message));
        let mut pairs = Vec::new();
        for (id, column) in outputs {
            let field = super::clean(&column);
            pairs.push((field.clone(), field.clone()));
            let repr = super::call::represented(self.query.columns[id].ty.ty);
            flow.slots.insert(id, Slot::new(Val::new(Eval::Field(field), repr)));
        }
        if !pairs.is_empty() {
            flow.push(Command::Lookup { name, keys, outputs: pairs });
        }
        Ok(())
    }
}

/// True where a row has no partner: none was counted, or its key is missing.
fn without_partner(partners: &str) -> Eval {
    let field = || Eval::field(partners);
    Eval::any(vec![Eval::call("isnull", [field()]), Eval::compare(Compare::Equal, field(), Eval::integer(0))])
}

fn column_span(plan: &Plan) -> Span {
    plan.source.span
}

/// A plan without the steps that only make its rows differ from each other: how often a partner is there counts nothing.
fn without_distinct(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    loop {
        match plan.steps.last().map(|step| &step.op) {
            Some(Op::Distinct | Op::Sort(_) | Op::Render { .. }) => {
                plan.steps.pop();
            }
            Some(Op::Summarize { keys, aggregates }) if aggregates.is_empty() && !keys.is_empty() => {
                let keys: Vec<Computed> = keys.clone();
                if let Some(step) = plan.steps.last_mut() {
                    step.op = Op::Project(keys, Rest::Drop);
                }
                return plan;
            }
            _ => return plan,
        }
    }
}

/// The plan whose first column is collected into the one value of `toscalar(… | summarize make_set(x))`.
pub(super) fn collected(plan: &Plan) -> Option<Plan> {
    let mut plan = plan.clone();
    while matches!(plan.steps.last().map(|s| &s.op), Some(Op::Project(items, _)) if items.iter().all(Computed::is_passed_on))
    {
        plan.steps.pop();
    }
    let step = plan.steps.last_mut()?;
    let Op::Summarize { keys, aggregates } = &step.op else { return None };
    let [call] = aggregates.as_slice() else { return None };
    if !keys.is_empty() || !matches!(call.function.name(), "make_set" | "makeset" | "make_list" | "makelist") {
        return None;
    }
    let (value, id) = (call.arguments.first()?.clone(), *call.outputs.first()?);
    let ty = value.ty;
    if ty.ty == crate::types::Type::Dynamic {
        return None;
    }
    let name = step.schema.iter().next().map(|c| c.name.clone())?;
    step.schema = Schema::new([crate::ir::Column { id, name, ty }], false);
    step.op = Op::Project(vec![Computed { id, expr: value }], Rest::Drop);
    Some(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::splunk::tree::Search;

    #[test]
    fn a_row_without_partner_may_have_no_number() {
        let condition = without_partner("n");
        let search = Search { head: Head::Rows(None), commands: vec![Command::Where(condition)] };
        assert_eq!(search.print(), "| makeresults\n| where isnull(n) OR n=0");
    }
}
