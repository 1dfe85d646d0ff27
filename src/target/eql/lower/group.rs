//! Groups: for show alone, or counted against a threshold.

use super::{Found, Lower, Meaning, Result, Threshold, refuse};
use crate::ir::{AggregateCall, CompareOp, Computed, Expr, ExprKind, Value};
use crate::literal::TICKS_PER_SECOND;
use crate::source::Span;
use crate::target::{Loss, LossKind};
use crate::types::Type;

/// A width that is not written out.
struct NotWritten;

/// What events are grouped by.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    keys: Vec<Computed>,
    span: Span,
}

impl Lower<'_> {
    /// The events of groups are those that come in; what is said of a group has no field.
    pub(super) fn summarize(&mut self, found: &mut Found, keys: &[Computed], calls: &[AggregateCall], span: Span) {
        let counts_groups = found.groups.is_some();
        self.shown(span, "the events are returned, not the groups they make");
        self.computed(keys);
        for call in calls {
            let meaning = match call.function.name() {
                "count" if !counts_groups => Meaning::Count,
                _ => Meaning::Lost(
                    "EQL has no aggregates but a count of events, so that a condition on one cannot be said; use ES|QL",
                ),
            };
            for output in &call.outputs {
                self.columns.insert(*output, meaning.clone());
            }
        }
        if found.threshold.is_none() {
            found.groups = Some(Groups { keys: keys.to_vec(), span });
        }
    }

    /// Whether an expression reads how many events a group has.
    pub(super) fn reads_count(&self, expr: &Expr) -> bool {
        let mut found = false;
        self.each_column(expr, &mut |id| found |= matches!(self.columns.get(&id), Some(Meaning::Count)));
        found
    }

    /// A condition on the number of events of a group: the event has to come so often.
    pub(super) fn threshold(&mut self, found: &mut Found, condition: &Expr) -> Result<()> {
        let only_aggregate =
            |message: &str| refuse(LossKind::UnsupportedAggregate, condition.span, format!("{message}; use ES|QL"));
        let Some(groups) = found.groups.clone() else {
            return only_aggregate("EQL has no aggregates, so that a condition on one cannot be said");
        };
        if found.members.len() > 1 || found.threshold.is_some() {
            return only_aggregate("EQL counts one kind of event in succession, and here several are counted");
        }
        let is_count = |e: &Expr| e.as_column().is_some_and(|id| matches!(self.columns.get(&id), Some(Meaning::Count)));
        let whole = |e: &Expr| self.literal(e).ok().and_then(|value| value.as_integer());
        let least = match &condition.kind {
            ExprKind::Compare(node) => {
                let sides = if is_count(&node.left) {
                    Some((node.op, whole(&node.right)))
                } else if is_count(&node.right) {
                    Some((node.op.mirrored(), whole(&node.left)))
                } else {
                    None
                };
                match sides {
                    Some((CompareOp::Greater, Some(n))) => n.checked_add(1),
                    Some((CompareOp::GreaterOrEqual, Some(n))) => Some(n),
                    _ => None,
                }
            }
            _ => None,
        };
        let Some(least) = least.filter(|n| (1..=self.most_runs).contains(n)) else {
            return only_aggregate(
                "a sequence repeats an event 1 to 100 times; another threshold cannot be said, but for a higher one in a rule of type `threshold`",
            );
        };
        if least == 1 {
            return Ok(());
        }
        let mut by = Vec::new();
        let mut within = None;
        for key in &groups.keys {
            match self.bin_of(&key.expr) {
                Some(Ok(ticks)) => within = Some(ticks),
                Some(Err(NotWritten)) => return only_aggregate("the size of a bin has to be written out"),
                None => by.push(self.key(&key.expr)?),
            }
        }
        self.losses.push(Loss::approximate(
            LossKind::WindowKind,
            groups.span,
            "the events of a sequence lie within a span that slides, where the query counts in spans that follow each other",
        ));
        if !by.is_empty() {
            self.losses.push(Loss::approximate(LossKind::Null, groups.span, super::WITHOUT_KEY));
        }
        let binned = within.is_some();
        let within = within.or_else(|| found.times.length());
        found.threshold = Some(Threshold { by, within, runs: u64::try_from(least).unwrap_or(1), binned });
        Ok(())
    }

    /// The width of the bins of time that a key is, if it is one.
    fn bin_of(&self, expr: &Expr) -> Option<std::result::Result<i64, NotWritten>> {
        match &expr.kind {
            ExprKind::Column(id) => match self.columns.get(id) {
                Some(Meaning::Computed(inner)) => self.bin_of(inner),
                _ => None,
            },
            ExprKind::Call(function, arguments)
                if matches!(function.name(), "bin" | "floor") && expr.ty.ty == Type::DateTime =>
            {
                Some(match arguments.get(1).and_then(|size| self.literal(size).ok()) {
                    Some(Value::TimeSpan(ticks)) => Ok(ticks),
                    _ => Err(NotWritten),
                })
            }
            _ => None,
        }
    }
}

/// A span of time as EQL writes it.
pub(super) fn duration(ticks: i64) -> String {
    let seconds = (ticks / TICKS_PER_SECOND).max(1);
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds % size == 0 {
            return format!("{}{unit}", seconds / size);
        }
    }
    format!("{seconds}s")
}
