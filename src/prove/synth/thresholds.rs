//! Scenarios of groups: such as just miss what is asked of how many records they have, and of which.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::model::{Row, Tag};
use super::parts::Over;
use super::probe::{LARGE, Maker, Template, leaf};
use super::render::Patch;
use super::solver::Solver;
use super::want::Want;
use super::{Expectation, Probe};
use crate::ir::{CompareOp, Computed, Expr, Name, Value};

impl<'q> Maker<'q> {
    /// Groups with one record fewer than they need.
    pub(super) fn thresholds(&mut self, template: &Template, base: &Solver<'q>) {
        for group in 0..base.state.groups.len() {
            let Some(span) = base.state.groups[group].threshold else { continue };
            let last = base.state.groups[group].members.len() - 1;
            let Some(solver) = self.again(template, |_| {}) else { return };
            let tag = Tag::Member(group, last);
            let there = |tag: &Tag| {
                let mut events = solver.state.instances.iter();
                events.any(|event| event.tags.contains(tag) && !event.tags.contains(&Tag::Unwanted))
            };
            if !there(&Tag::Member(group, 0)) {
                continue;
            }
            if there(&tag) {
                let name = "one record fewer";
                self.add(
                    &solver,
                    name,
                    Probe::Threshold,
                    Expectation::Silent,
                    Some(span),
                    &Over::new(),
                    &[],
                    |instance| instance.tags.contains(&tag),
                );
            }
            self.last_member(template, group);
            self.halves(template, group);
            self.repeated(template, group);
            self.spread(template, group);
        }
    }

    /// Groups as large as they have to be, whose last record is of another group by one of its keys, or repeats a value
    /// of which there have to be several different ones.
    fn last_member(&mut self, template: &Template, group: usize) {
        let Some(solver) = self.again(template, |_| {}) else { return };
        let known = Rc::clone(&solver.state.groups[group]);
        let (Some(first), Some(last)) = (known.members.first(), known.members.last()) else { return };
        let value = |expr: &Expr, row: &Row<'q>| -> Option<(usize, Name, Value)> {
            let (instance, column) = leaf(&solver, expr.as_column()?, row)?;
            let node = solver.state.instances[instance].fields.get(&column)?;
            let value = solver.assembled(*node)?;
            Some((instance, column, value))
        };
        let mut patches: Vec<(&str, Patch)> = Vec::new();
        for key in known.keys {
            if let Some((instance, column, Value::String(text))) = value(&key.expr, last) {
                patches.push(("a record of another group", (instance, column, Value::string(format!("{text}x")))));
            }
        }
        for argument in known.aggregates.iter().filter_map(|call| call.arguments.first()) {
            if let (Some((_, _, one)), Some((instance, column, other))) =
                (value(argument, first), value(argument, last))
                && one != other
                && !matches!(one, Value::DateTime(_))
            {
                patches.push(("a value that is there already", (instance, column, one)));
            }
        }
        for (name, patch) in patches {
            let patches = [patch];
            self.add(
                &solver,
                name,
                Probe::Plain,
                Expectation::Unknown,
                known.threshold,
                &Over::new(),
                &patches,
                |_| false,
            );
        }
    }

    /// A group each of whose records is there several times: as often as a factor in the rule says, and once more.
    fn repeated(&mut self, template: &Template, group: usize) {
        let is_member = |tag: &Tag| matches!(tag, Tag::Member(of, _) if *of == group);
        let Some(solver) = self.again(template, |_| {}) else { return };
        // One number alone is held against nothing but a constant, which a record more or less tells.
        if solver.state.groups[group].aggregates.len() < 2 {
            return;
        }
        let factors = &self.reads.factors;
        let mut times: BTreeSet<usize> =
            factors.iter().map(|factor| usize::from(*factor)).flat_map(|factor| [factor, factor + 1]).collect();
        // Enough to be more than there may be, of whatever few different values there are.
        let known = &solver.state.groups[group];
        if known.most < LARGE {
            times.insert(known.most / known.members.len().max(1) + 1);
        }
        for times in times {
            let Some(solver) = self.again(template, |_| {}) else { return };
            self.add(
                &solver,
                &format!("each record {times} times"),
                Probe::Plain,
                Expectation::Unknown,
                solver.state.groups[group].threshold,
                &Over::new(),
                &[],
                |_| false,
            );
            for _ in 1..times {
                self.join_last(&solver, &[], |instance| !instance.tags.iter().any(is_member));
            }
        }
    }

    /// Two halves of a group that differ in one key alone, which is computed: without that key they would be one.
    fn halves(&mut self, template: &Template, group: usize) {
        let Some(one) = self.again(template, |_| {}) else { return };
        let known = Rc::clone(&one.state.groups[group]);
        let half = known.members.len() / 2;
        let is_computed = |key: &&Computed| key.expr.as_column().is_none();
        for key in known.keys.iter().filter(is_computed) {
            let Some(other) = self.again(template, |_| {}) else { return };
            let Some(members) = other.state.groups.get(group).map(|group| group.members.clone()) else { return };
            let (Some(first), Some(second)) = (known.members.first(), members.first()) else { return };
            if members.len() != known.members.len()
                || one.evaluate(&key.expr, first) == other.evaluate(&key.expr, second)
            {
                continue;
            }
            // In the other half every other key is that of the first.
            let mut patches: Vec<Patch> = Vec::new();
            let mut others = known.keys.iter().filter(|other| other.id != key.id);
            let moved = others.all(|same| {
                let Some(value) = one.evaluate(&same.expr, first) else { return false };
                members.iter().skip(half).all(|member| {
                    let column = same.expr.as_column().and_then(|id| leaf(&other, id, member));
                    column.is_some_and(|(instance, column)| {
                        patches.push((instance, column, value.clone()));
                        true
                    })
                })
            });
            if moved {
                let of_half = |tag: &Tag, upper: bool| matches!(tag, Tag::Member(of, member) if *of == group && (*member >= half) == upper);
                self.add(
                    &one,
                    "two halves of a group",
                    Probe::Plain,
                    Expectation::Unknown,
                    known.threshold,
                    &Over::new(),
                    &[],
                    |instance| instance.tags.iter().any(|tag| of_half(tag, true)),
                );
                self.join_last(&other, &patches, |instance| !instance.tags.iter().any(|tag| of_half(tag, true)));
            }
        }
    }

    /// A group as large as it has to be, but within twice the time in which it is looked for: no stretch as long as that
    /// has enough of it.
    fn spread(&mut self, template: &Template, group: usize) {
        let Some(solver) = self.again(template, |_| {}) else { return };
        let count = solver.state.groups[group].members.len();
        let Some(gaps) = i64::try_from(count).ok().and_then(|count| count.checked_sub(1)).filter(|gaps| *gaps > 0)
        else {
            return;
        };
        let mut patches: Vec<Patch> = Vec::new();
        for (at, instance) in solver.state.instances.iter().enumerate() {
            let member = instance.tags.iter().find_map(|tag| match tag {
                Tag::Member(of, member) if *of == group => i64::try_from(*member).ok(),
                _ => None,
            });
            let Some(member) = member else { continue };
            for (column, node) in &instance.fields {
                if let Some((from, to)) = window(&solver.state.node(*node).wants, self.now) {
                    // A tenth less than twice, so that the first is not at the edge of that.
                    let length = (to - from) / 10 * 19;
                    patches.push((at, column.clone(), Value::DateTime(to - length + length / gaps * member)));
                }
            }
        }
        if patches.len() >= count {
            self.add(
                &solver,
                "spread over twice the time",
                Probe::Plain,
                Expectation::Unknown,
                solver.state.groups[group].threshold,
                &Over::new(),
                &patches,
                |_| false,
            );
        }
    }
}

/// The stretch of time within which an instant is wanted, up to now where nothing else is said.
fn window(wants: &[(Want, crate::source::Span)], now: i64) -> Option<(i64, i64)> {
    let bound = |lower: bool| {
        wants.iter().find_map(|(want, _)| match want {
            Want::Order(op, Value::DateTime(ticks)) => {
                let is_lower = matches!(op, CompareOp::Greater | CompareOp::GreaterOrEqual);
                let is_upper = matches!(op, CompareOp::Less | CompareOp::LessOrEqual);
                (if lower { is_lower } else { is_upper }).then_some(*ticks)
            }
            _ => None,
        })
    };
    let (from, to) = (bound(true)?, bound(false).unwrap_or(now));
    (from < to).then_some((from, to))
}
