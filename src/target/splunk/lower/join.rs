//! Joins and everything that reads a second table: by the idiom that keeps the meaning, and `join` where there is none.
//!
//! Semi- and anti-joins, and membership in a table, need only know whether a key has a partner: the events of both sides
//! are told apart, and `eventstats` counts those of the other side by key. Nothing is capped where both sides stream.

use std::collections::HashSet;

use super::stream::{can_share, streams};
use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{ColumnId, CompareOp, Computed, Join, JoinKind, Op, Origin, Plan, Rest};
use crate::source::Span;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Aggregate, Command, Eval, Head, Stats};
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind, Prefer};

/// What a capped sub-search costs.
const JOIN_CAP: &str = "`join` takes at most 50,000 rows of the other side, and ends its search after 60 seconds";

impl Lower<'_> {
    pub(super) fn join(&mut self, flow: &mut Flow, join: &Join, after: &Usage, span: Span) -> Result<()> {
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
                let mut right = self.right_side(join, after)?;
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
                let right = self.right_side(join, after)?;
                let left = std::mem::replace(flow, right);
                let keys: Vec<(ColumnId, ColumnId)> = join.keys.iter().map(|(l, r)| (*r, *l)).collect();
                if self.can_pair(flow, &left) {
                    return self.paired(flow, left, &keys, JoinKind::LeftOuter, after, span);
                }
                self.joined(flow, left, &keys, true, after, span)
            }
            JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftOuter => {
                let mut right = self.right_side(join, after)?;
                if flow.listed && !self.lists(&join.right) {
                    self.assume_of(flow, &mut right, after);
                }
                if self.can_pair(flow, &right) {
                    return self.paired(flow, right, &join.keys, join.kind, after, span);
                }
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

    /// Whether two searches can be read as one stream, so that no cap applies.
    pub(super) fn can_pair(&self, left: &Flow, right: &Flow) -> bool {
        self.options.prefer == Prefer::Exact && can_share(left) && can_share(right)
    }

    /// A join without a cap: both sides as one stream, the rows of the right side gathered on those of the left by key,
    /// and one row for each of them.
    fn paired(
        &mut self,
        flow: &mut Flow,
        mut right: Flow,
        keys: &[(ColumnId, ColumnId)],
        kind: JoinKind,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let key_ids: HashSet<ColumnId> = keys.iter().map(|(_, right)| *right).collect();
        self.own_names(&mut right);
        let pair = self.helper("pair");
        // The right side's columns travel as one JSON object.
        let mut ids: Vec<ColumnId> = right
            .slots
            .keys()
            .copied()
            .filter(|id| after.live.contains(id) && (!key_ids.contains(id) || kind == JoinKind::LeftOuter))
            .collect();
        ids.sort_unstable();
        let mut slots = Vec::with_capacity(ids.len() * 2);
        let mut outputs = Vec::with_capacity(ids.len());
        for id in ids {
            let info_span = self.query.columns[id].span;
            let name = super::clean(&self.query.columns[id].name).replace(['.', '{', '}'], "_");
            let name = if slots.contains(&Eval::text(&name)) { format!("{name}_{}", outputs.len()) } else { name };
            let val = self.column(&mut right, id, info_span);
            // Instants and spans travel as the numbers they are.
            let stored = match val.repr {
                Repr::Number | Repr::Time | Repr::Span => val.expr.clone(),
                _ => self.to_json(val.clone(), span)?,
            };
            slots.extend([Eval::text(&name), stored]);
            let part = super::object_text(Eval::field(&pair), &name);
            let val = match val.repr {
                Repr::Number | Repr::Time | Repr::Span => Val::new(Eval::call("tonumber", [part]), val.repr),
                Repr::Multi | Repr::Object(_) | Repr::Json => Val::new(part, Repr::Json),
                repr => Val::new(part, repr),
            };
            let loose = right.slots.get(&id).is_some_and(Slot::may_be_text);
            outputs.push((id, Slot { loose, ..Slot::new(val) }));
        }
        let (by, side) =
            self.one_stream(flow, right, keys, Some(&(pair.clone(), Eval::call("json_object", slots))), span)?;
        let number = self.helper("number");
        let count = Aggregate { function: "count".into(), argument: None };
        flow.push(Command::Stats { kind: Stats::Running, aggregates: vec![(count, number.clone())], by: Vec::new() });
        // Equal rows stay several: each bears its number.
        let numbered = Eval::call("json_set", [Eval::field(&pair), Eval::text(&number), Eval::field(&number)]);
        flow.push(Command::Eval(vec![(pair.clone(), numbered)]));
        let values = Aggregate { function: "values".into(), argument: Some(Eval::field(&pair)) };
        flow.push(Command::Stats { kind: Stats::Rows, aggregates: vec![(values, pair.clone())], by: by.clone() });
        let this = Eval::compare(CompareOp::Equal, Eval::field(&side), Eval::text("this"));
        if kind == JoinKind::LeftOuter {
            flow.push(Command::Where(this));
            let or_none = Eval::call("coalesce", [Eval::field(&pair), Eval::text("{}")]);
            flow.push(Command::Eval(vec![(pair.clone(), or_none)]));
        } else {
            flow.push(Command::Where(Eval::all(vec![this, Eval::call("isnotnull", [Eval::field(&pair)])])));
        }
        if kind == JoinKind::InnerUnique {
            flow.push(Command::Dedup(by));
        }
        flow.push(Command::MvExpand(pair, None));
        flow.push(Command::Fields { keep: false, fields: vec![side, number] });
        flow.slots.extend(outputs);
        if kind != JoinKind::LeftOuter {
            for (left, right) in keys {
                if let Some(slot) = flow.slots.get(left).cloned() {
                    flow.slots.insert(*right, slot);
                }
            }
        }
        flow.narrowed = true;
        Ok(())
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

    /// Takes the columns that nobody lists from the right side: the left side has none but those that the query lists.
    fn assume_of(&mut self, left: &Flow, right: &mut Flow, after: &Usage) {
        let mut ids: Vec<ColumnId> = after.live.iter().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let info = &self.query.columns[id];
            if info.origin == Origin::Assumed && !left.slots.contains_key(&id) && !right.slots.contains_key(&id) {
                let span = info.span;
                self.column(right, id, span);
            }
        }
    }

    /// The right side, with what matters of it behind the join.
    fn right_side(&mut self, join: &Join, after: &Usage) -> Result<Flow> {
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
        self.ledger.losses.push(Loss::approximate(LossKind::RowCap, span, JOIN_CAP));
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
                self.ledger.losses.push(Loss::approximate(*kind, span, message.as_ref()));
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
        self.named_fields(&mut right, &naming, &[]);
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
            let loose = slot.as_ref().is_some_and(Slot::may_be_text);
            let filled = slot.is_some_and(|slot| slot.filled) && !left_stays;
            flow.slots.insert(*id, Slot { filled, loose, ..Slot::new(Val::new(Eval::field(field), repr)) });
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

    /// The rows of two searches as one stream, told apart by a field; gives the fields of the key and that field. Of the
    /// other search nothing else is left than the key and what is carried.
    fn one_stream(
        &mut self,
        flow: &mut Flow,
        mut other: Flow,
        keys: &[(ColumnId, ColumnId)],
        carried: Option<&(String, Eval)>,
        span: Span,
    ) -> Result<(Vec<String>, String)> {
        let shared = self.can_pair(flow, &other) || streams(flow) && streams(&other);
        if shared && carried.is_none() {
            self.own_names(&mut other);
        }
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
        naming.extend(carried.cloned());
        let mut assignments = self.in_order(naming);
        if shared {
            self.share(flow, other, &side, assignments);
        } else {
            self.ledger.losses.push(Loss::approximate(
                LossKind::RowCap,
                span,
                "`append` takes at most 50,000 different keys of the other search, and ends it after 60 seconds",
            ));
            assignments.retain(|(field, value)| *value != Eval::field(field));
            assignments.push((side.clone(), Eval::text("other")));
            other.push(Command::Eval(assignments));
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
        Ok((by, side))
    }

    /// Assignments that come one after the other, so that each reads what was there before all of them.
    fn in_order(&mut self, mut pending: Vec<(String, Eval)>) -> Vec<(String, Eval)> {
        let mut ordered = Vec::with_capacity(pending.len());
        while !pending.is_empty() {
            let free = (0..pending.len()).find(|&at| {
                let others = pending.iter().enumerate().filter(|(other, _)| *other != at);
                others.into_iter().all(|(_, (_, value))| !value.reads(&pending[at].0))
            });
            if let Some(at) = free {
                ordered.push(pending.remove(at));
                continue;
            }
            // They read each other, as keys do that change places.
            let held: Vec<_> = pending.iter().map(|(field, _)| self.helper(&format!("{field}_key"))).collect();
            let (fields, values): (Vec<String>, Vec<Eval>) = pending.drain(..).unzip();
            ordered.extend(held.iter().cloned().zip(values));
            ordered.extend(fields.into_iter().zip(held.into_iter().map(Eval::Field)));
        }
        ordered
    }

    /// Counts for each row how many rows of another search have its key; gives the field that holds the number, or keeps
    /// rows by it.
    pub(super) fn with_partners(
        &mut self,
        flow: &mut Flow,
        other: Flow,
        keys: &[(ColumnId, ColumnId)],
        keep: Option<bool>,
        span: Span,
    ) -> Result<String> {
        let (by, side) = self.one_stream(flow, other, keys, None, span)?;
        let partners = self.helper("partners");
        let is_side = |word: &str| Eval::compare(CompareOp::Equal, Eval::field(&side), Eval::text(word));
        let count = Aggregate { function: "count".into(), argument: Some(is_side("other")) };
        flow.push(Command::Stats { kind: Stats::Rows, aggregates: vec![(count, partners.clone())], by });
        let this = is_side("this");
        let has_partner = Eval::compare(CompareOp::Greater, Eval::field(&partners), Eval::integer(0));
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
        Ok(partners)
    }
}

/// True where a row has no partner: none was counted, or its key is missing.
pub(super) fn without_partner(partners: &str) -> Eval {
    let field = || Eval::field(partners);
    Eval::any(vec![Eval::call("isnull", [field()]), Eval::compare(CompareOp::Equal, field(), Eval::integer(0))])
}

/// The plan with each semi- or anti-join moved before the grouping it follows, where its keys are keys of the groups:
/// keeping groups by their key is keeping their records by it, and only records can be read as one stream.
pub(super) fn hoisted(plan: &Plan) -> Option<Plan> {
    let semi = |op: &Op| matches!(op, Op::Join(join) if matches!(join.kind, JoinKind::LeftSemi | JoinKind::LeftAnti));
    let mut plan = plan.clone();
    let mut changed = false;
    for index in 1..plan.steps.len() {
        if !semi(&plan.steps[index].op) {
            continue;
        }
        let Op::Join(join) = &plan.steps[index].op else { continue };
        let keys: Vec<ColumnId> = join.keys.iter().map(|(left, _)| *left).collect();
        let mut to = index;
        let mut grouping = None;
        while to > 0 && lets_pass(&plan.steps[to - 1].op, &keys) {
            to -= 1;
            if matches!(plan.steps[to].op, Op::Summarize { .. } | Op::Distinct) {
                grouping = Some(to);
            }
        }
        if let Some(to) = grouping {
            let mut step = plan.steps.remove(index);
            step.schema = plan.input_schema(to).clone();
            plan.steps.insert(to, step);
            changed = true;
        }
    }
    changed.then_some(plan)
}

/// Whether keeping records by these columns before an operation or behind it comes to the same.
fn lets_pass(op: &Op, keys: &[ColumnId]) -> bool {
    match op {
        Op::Filter(_) | Op::Window(_) | Op::Sort(_) | Op::Distinct | Op::Render { .. } => true,
        Op::Extend(items) => !items.iter().any(|item| keys.contains(&item.id)),
        Op::Project(items, _) => keys.iter().all(|key| items.iter().any(|item| item.id == *key && item.is_passed_on())),
        Op::Summarize { keys: groups, .. } => {
            keys.iter().all(|key| groups.iter().any(|group| group.id == *key && group.is_passed_on()))
        }
        _ => false,
    }
}

/// A plan without the steps that only make its rows differ from each other: how often a partner is there counts nothing.
pub(super) fn without_distinct(plan: &Plan) -> Plan {
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
