//! What is wanted of groups: how many records, and what of each.

use std::rc::Rc;

use super::ask::bound;
use super::model::{Ask, Group, Input, Tag, Term};
use super::solver::{Outcome, Solver, Stuck};
use super::want::{Want, number, whole};
use crate::ir::{AggregateCall, CompareOp, Expr, ExprKind, Op, Value};
use crate::source::Span;
use crate::types::Type;

/// The most records that a group is given.
const LARGEST: usize = 2600;

impl<'q> Solver<'q> {
    /// Wants something of what an aggregate gives.
    pub(super) fn ask_aggregate(
        &mut self,
        group: usize,
        call: usize,
        output: usize,
        want: Want,
        span: Span,
    ) -> Outcome {
        let known = Rc::clone(&self.state.groups[group]);
        let aggregate: &'q AggregateCall = &known.aggregates[call];
        let name = aggregate.function.name();
        let unknown = || Stuck::Unknown(span, format!("what `{name}` gives is not steered"));
        let argument = aggregate.arguments.get(output).or(aggregate.arguments.first());
        if matches!(want, Want::Absent(false))
            && !matches!(name, "min" | "max" | "take_any" | "any" | "arg_max" | "arg_min")
        {
            return Ok(());
        }
        match name {
            "count" | "countif" | "dcount" | "dcountif" | "count_distinct" | "count_distinctif" => {
                let (op, value) = bound(&want).ok_or_else(unknown)?;
                let count = match whole(&value) {
                    Some(count) => i64::try_from(count).map_err(|_| unknown())?,
                    #[expect(clippy::cast_possible_truncation, reason = "thresholds are small")]
                    None => match op {
                        CompareOp::Greater | CompareOp::GreaterOrEqual => {
                            number(&value).ok_or_else(unknown)?.ceil() as i64
                        }
                        _ => number(&value).ok_or_else(unknown)?.floor() as i64,
                    },
                };
                self.ask_count(group, call, op, count, span)
            }
            "sum" | "sumif" => {
                let (op, value) = bound(&want).ok_or_else(unknown)?;
                let argument = argument.ok_or_else(unknown)?;
                let count = known.members.len();
                let share = match op {
                    CompareOp::Greater | CompareOp::GreaterOrEqual | CompareOp::Equal => divided(&value, count),
                    _ => value,
                };
                if name == "sumif" {
                    self.every(group, aggregate.arguments.get(1).ok_or_else(unknown)?, &Ask::Holds(true))?;
                }
                let want = if op == CompareOp::Equal { Want::is(share) } else { Want::Order(op, share) };
                self.every(group, argument, &Ask::Want(want, span))
            }
            // One record that is far enough makes the whole so.
            "max" | "min" if reaches(name, &want) => {
                let argument = argument.ok_or_else(unknown)?;
                let saved = self.state.clone();
                let ask = Ask::Want(want, span);
                if self.every(group, argument, &ask).is_ok() {
                    return Ok(());
                }
                self.state = saved;
                self.some(group, 1, &[(argument, ask)], span)
            }
            "min" | "max" | "avg" | "any" | "take_any" | "arg_max" | "arg_min" | "argmax" | "argmin" | "percentile"
            | "median" | "percentiles" => self.every(group, argument.ok_or_else(unknown)?, &Ask::Want(want, span)),
            "minif" | "maxif" | "avgif" | "anyif" | "take_anyif" => {
                if want.holds(&Value::Null(Type::Dynamic)) && matches!(want, Want::Absent(true)) {
                    let condition = aggregate.arguments.get(1).ok_or_else(unknown)?;
                    return self.every(group, condition, &Ask::Holds(false));
                }
                self.every(group, aggregate.arguments.get(1).ok_or_else(unknown)?, &Ask::Holds(true))?;
                self.every(group, argument.ok_or_else(unknown)?, &Ask::Want(want, span))
            }
            "make_set" | "makeset" | "make_list" | "makelist" | "make_set_if" | "make_list_if" => {
                let argument = argument.ok_or_else(unknown)?;
                let mut asks = Vec::new();
                if name.ends_with("_if") {
                    asks.push((aggregate.arguments.get(1).ok_or_else(unknown)?, Ask::Holds(true)));
                }
                match want {
                    Want::Items(op, count) => self.ask_count(group, call, op, count, span),
                    // The text of an array, or one of its elements: one record has it, or none.
                    Want::Text { .. } | Want::Any { .. } | Want::Regex { .. } | Want::Among { .. } => {
                        if want.is_positive() {
                            asks.push((argument, Ask::Want(want, span)));
                            self.some(group, 1, &asks, span)
                        } else {
                            self.every(group, argument, &Ask::Want(want, span))
                        }
                    }
                    _ => Err(unknown()),
                }
            }
            "stdev" | "variance" if matches!(want, Want::Order(CompareOp::Less | CompareOp::LessOrEqual, _)) => Ok(()),
            _ => Err(unknown()),
        }
    }

    /// Wants an aggregate that counts to give a number.
    pub(super) fn ask_count(&mut self, group: usize, call: usize, op: CompareOp, count: i64, span: Span) -> Outcome {
        let known = Rc::clone(&self.state.groups[group]);
        let aggregate: &'q AggregateCall = &known.aggregates[call];
        let name = aggregate.function.name();
        let counts_some = matches!(name, "countif" | "dcountif" | "count_distinctif" | "make_set_if" | "make_list_if");
        let condition: Option<&'q Expr> =
            if counts_some { aggregate.arguments.get(usize::from(name != "countif")) } else { None };
        let (least, most) = match op {
            CompareOp::Greater => (count + 1, i64::MAX),
            CompareOp::GreaterOrEqual => (count, i64::MAX),
            CompareOp::Equal => (count, count),
            CompareOp::Less => (i64::MIN, count - 1),
            CompareOp::LessOrEqual => (i64::MIN, count),
            CompareOp::NotEqual => (if count == 1 { 2 } else { i64::MIN }, i64::MAX),
        };
        if most < 1 {
            // No record of the group is one of those that are counted.
            return match condition {
                Some(condition) if most == 0 => self.every(group, condition, &Ask::Holds(false)),
                _ => Err(Stuck::Conflict(span)),
            };
        }
        let distinct = matches!(
            name,
            "dcount" | "dcountif" | "count_distinct" | "count_distinctif" | "make_set" | "makeset" | "make_set_if"
        );
        let asked = least >= 1;
        let least = usize::try_from(least.max(1)).unwrap_or(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if distinct {
            if most < known.members.len() {
                return Err(Stuck::Conflict(span));
            }
            let class = self.state.class();
            let argument = aggregate.arguments.first().ok_or(Stuck::Conflict(span))?;
            if let Some(condition) = condition.filter(|_| asked) {
                let apart = (argument, Ask::Apart(class));
                return self.some(group, least, &[(condition, Ask::Holds(true)), apart], span);
            }
            if least > 1 {
                self.every(group, argument, &Ask::Apart(class))?;
                return self.enlarge(group, least, span, &[]);
            }
            // As few different ones as there may be are one and the same.
            return Ok(());
        }
        if let Some(condition) = condition {
            return if asked { self.some(group, least, &[(condition, Ask::Holds(true))], span) } else { Ok(()) };
        }
        if most < known.members.len() {
            return Err(Stuck::Conflict(span));
        }
        self.alter(group, |group| group.most = group.most.min(most));
        self.enlarge(group, least, span, &[])
    }

    fn alter(&mut self, group: usize, change: impl FnOnce(&mut Group<'q>)) {
        let mut altered = (*self.state.groups[group]).clone();
        change(&mut altered);
        self.state.groups.set_mut(group, Rc::new(altered));
    }

    /// Asks something of every record of a group, now and of those to come.
    fn every(&mut self, group: usize, expr: &'q Expr, ask: &Ask) -> Outcome {
        let members = self.state.groups[group].members.clone();
        for member in &members {
            self.put(expr, member, ask)?;
        }
        let ask = ask.clone();
        self.alter(group, |group| group.every.push((expr, ask)));
        Ok(())
    }

    /// Asks something of so many records of a group: of those there are, if they can all be so, else of one of them, else
    /// of new ones.
    fn some(&mut self, group: usize, count: usize, asks: &[(&'q Expr, Ask)], span: Span) -> Outcome {
        let members = self.state.groups[group].members.clone();
        let saved = self.state.clone();
        let put_all = |solver: &mut Self, member: &super::model::Row<'q>| {
            asks.iter().try_for_each(|(expr, ask)| solver.put(expr, member, ask))
        };
        let all = members.iter().try_for_each(|member| put_all(self, member));
        if all.and_then(|()| self.enlarge(group, count, span, asks)).is_ok() {
            return Ok(());
        }
        self.state = saved.clone();
        if count == 1 {
            for member in members.iter().take(24) {
                if put_all(self, member).is_ok() {
                    return Ok(());
                }
                self.state = saved.clone();
            }
        }
        let outcome = self.enlarge(group, members.len() + count, span, asks);
        if outcome.is_err() {
            self.state = saved;
        }
        outcome
    }

    fn put(&mut self, expr: &'q Expr, member: &super::model::Row<'q>, ask: &Ask) -> Outcome {
        match ask {
            Ask::Want(want, span) => self.ask(expr, member, want.clone(), *span),
            Ask::Holds(holds) => self.goal(expr, member, *holds),
            Ask::Apart(class) => {
                if let Some(grain) = self.grain(expr, member) {
                    self.state.grains.set_mut(*class, grain);
                }
                let found = self.locate(expr, member, true).or_else(|| self.first_leaf(expr, member));
                let Some(found) = found else {
                    return Err(Stuck::Unknown(
                        expr.span,
                        "values that are worked out cannot be made to differ".to_owned(),
                    ));
                };
                for node in found {
                    self.state.change(node, |node| node.apart.push(*class));
                }
                Ok(())
            }
        }
    }

    /// How coarse an instant is made: the width of its bin.
    fn grain(&self, expr: &'q Expr, row: &super::model::Row<'q>) -> Option<i64> {
        let (expr, row) = self.behind(expr, row);
        let ExprKind::Call(function, arguments) = &expr.kind else { return None };
        match (function.name(), arguments.as_slice()) {
            ("bin" | "floor", [_, step]) => match self.evaluate(step, &row) {
                Some(Value::TimeSpan(ticks)) => Some(ticks),
                _ => None,
            },
            ("startofday" | "endofday" | "dayofweek" | "dayofmonth", [_]) => Some(crate::literal::TICKS_PER_DAY),
            ("hourofday", [_]) => Some(crate::literal::TICKS_PER_HOUR),
            _ => None,
        }
    }

    /// Of what is worked out of several values, one: if it differs, so does the whole, as a rule.
    fn first_leaf(&mut self, expr: &'q Expr, row: &super::model::Row<'q>) -> Option<Vec<usize>> {
        let (expr, row) = self.behind(expr, row);
        if let Some(found) = self.locate(expr, &row, true) {
            return Some(found);
        }
        if matches!(expr.kind, ExprKind::Case(_)) {
            return None;
        }
        let mut operands = Vec::new();
        expr.operands(&mut |operand| operands.push(operand));
        operands.into_iter().find_map(|operand| self.first_leaf(operand, &row))
    }

    /// Makes a group have at least so many records.
    pub(super) fn enlarge(&mut self, group: usize, least: usize, span: Span, asks: &[(&'q Expr, Ask)]) -> Outcome {
        let known = Rc::clone(&self.state.groups[group]);
        if least <= known.members.len() {
            return Ok(());
        }
        if least > known.most {
            return Err(Stuck::Conflict(span));
        }
        if least > LARGEST {
            return Err(Stuck::Unknown(span, format!("a group of {least} records is too large to be made")));
        }
        let inner = self.inner_keys(&known);
        let class = self.state.class();
        for (key, first) in &inner {
            // Records of inner groups are told apart by what only those are grouped by.
            self.put(key, first, &Ask::Apart(class))?;
        }
        let (trusting, was_last) = (self.trusting, self.is_last);
        let last_differs = self.pivot.as_ref().is_some_and(|pivot| pivot.last);
        let tags = self.state.tags.clone();
        let mut outcome = Ok(());
        for at in known.members.len()..least {
            self.state.tags.push(Tag::Member(group, at));
            self.is_last = at + 1 == least;
            self.trusting = asks.is_empty() && !(last_differs && self.is_last);
            outcome = self.another(group, at, span);
            let made = Rc::clone(&self.state.groups[group]);
            if let (Ok(()), Some(member)) = (&outcome, made.members.get(at)) {
                let keys: Vec<&'q Expr> = inner.iter().map(|(key, _)| *key).collect();
                let row = self.behind_group(member);
                for key in keys {
                    if let Some(row) = &row
                        && let Err(stuck) = self.put(key, row, &Ask::Apart(class))
                    {
                        self.note(stuck);
                    }
                }
            }
            if let (Ok(()), Some(member)) = (&outcome, made.members.get(at)) {
                outcome = asks.iter().try_for_each(|(expr, ask)| self.put(expr, member, ask));
            }
            self.state.tags.clone_from(&tags);
            if outcome.is_err() {
                break;
            }
        }
        (self.trusting, self.is_last) = (trusting, was_last);
        self.alter(group, |group| group.threshold = Some(span));
        outcome
    }

    /// The first key of the groups that a group's records are, apart from its own keys, with a record to find it in.
    fn inner_keys(&self, known: &Group<'q>) -> Vec<(&'q Expr, super::model::Row<'q>)> {
        let own: Vec<_> = known.keys.iter().filter_map(|key| key.expr.as_column()).collect();
        let before = &known.plan.steps[..known.at];
        let Some(Op::Summarize { keys, .. }) =
            before.iter().rev().map(|step| &step.op).find(|op| matches!(op, Op::Summarize { .. }))
        else {
            return Vec::new();
        };
        let keys: &'q [crate::ir::Computed] = keys;
        let Some(row) = known.members.first().and_then(|member| self.behind_group(member)) else { return Vec::new() };
        let free = keys.iter().filter(|key| !own.contains(&key.id));
        free.take(1).map(|key| (&key.expr, row.clone())).collect()
    }

    /// A record of the group that a record was made of.
    fn behind_group(&self, member: &super::model::Row<'q>) -> Option<super::model::Row<'q>> {
        let group = member.terms.values().find_map(|term| match term {
            Term::Aggregate(group, ..) => Some(*group),
            _ => None,
        });
        match group {
            Some(group) => self.state.groups[group].members.first().cloned(),
            None => member.parents.iter().find_map(|parent| self.behind_group(parent)),
        }
    }

    fn another(&mut self, group: usize, at: usize, span: Span) -> Outcome {
        let known = Rc::clone(&self.state.groups[group]);
        let input = match &known.input {
            Input::Element(row, expand, first) => Input::Element(row.clone(), expand, first + at),
            other => other.clone(),
        };
        let first = known.members[0].clone();
        let member = self.produce(known.plan, known.at, &input)?;
        let keys: &'q [crate::ir::Computed] = known.keys;
        for key in keys {
            match self.alike(&key.expr, &first, &key.expr, &member, span) {
                Err(Stuck::Unknown(..)) => self.note(Stuck::Unknown(
                    key.expr.span,
                    "records of one group may fall apart: the key is worked out in a way that is not steered"
                        .to_owned(),
                )),
                other => other?,
            }
        }
        for (expr, ask) in &known.every {
            match ask {
                // How many different ones there are has been settled: what comes now is one of them.
                Ask::Apart(_) if known.closed => self.alike(expr, &first, expr, &member, span)?,
                ask => self.put(expr, &member, ask)?,
            }
        }
        self.alter(group, |group| group.members.push(member));
        Ok(())
    }
}

/// Whether one record decides that the greatest, or the least, is as wanted.
fn reaches(name: &str, want: &Want) -> bool {
    match want {
        Want::Order(CompareOp::Greater | CompareOp::GreaterOrEqual, _) => name == "max",
        Want::Order(CompareOp::Less | CompareOp::LessOrEqual, _) => name == "min",
        _ => false,
    }
}

/// A share of a value that makes it up.
fn divided(value: &Value, count: usize) -> Value {
    let count = i64::try_from(count.max(1)).unwrap_or(1);
    match value {
        Value::Long(value) => Value::Long(value.div_euclid(count) + i64::from(value.rem_euclid(count) != 0)),
        Value::Int(value) => Value::Long(i64::from(*value).div_euclid(count)),
        Value::TimeSpan(value) => Value::TimeSpan(value / count),
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        Value::Real(value) => Value::Real(value / count as f64),
        other => other.clone(),
    }
}
