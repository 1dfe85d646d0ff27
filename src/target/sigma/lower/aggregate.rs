//! Groups and thresholds: what a correlation counts.

use super::{Def, Lower, Pattern, Result, Side};
use crate::ir::{AggregateCall, ColumnId, CompareOp, Computed, Expr, ExprKind, Value as Literal};
use crate::literal::TICKS_PER_SECOND;
use crate::source::Span;
use crate::target::LossKind;
use crate::target::sigma::rows::{AggregateRow, Count as CountKind, Part};
use crate::target::sigma::tree::{CorrelationKind, Threshold, ThresholdOp, Value};

/// What a key is that a bin of time makes, in words.
pub(super) const BIN: &str = "the time a bin begins at";

/// What was grouped.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    /// The keys that are fields.
    pub(super) keys: Vec<(ColumnId, &'a Expr)>,
    /// The width of the bins of time, in seconds.
    pub(super) bin: Option<u64>,
    calls: &'a [AggregateCall],
    /// Whether each record of the input was one event.
    per_event: bool,
}

/// What is counted.
#[derive(Clone, Debug)]
pub(super) struct Count {
    /// The type; the field of each branch, where it is about one.
    pub(super) kind: CorrelationKind,
    /// The comparison.
    pub(super) threshold: Threshold,
    /// Its words.
    pub(super) span: Span,
}

impl<'a> Lower<'a> {
    pub(super) fn summarize(
        &mut self,
        pattern: &mut Pattern<'a>,
        keys: &'a [Computed],
        aggregates: &'a [AggregateCall],
        several: bool,
        span: Span,
    ) {
        self.shown(LossKind::Null, span, "the events of each group are found; what is summed up of them is not shown");
        let single = pattern.sides.len() == 1 && !several;
        let time_columns = &self.data.target.time_columns;
        for side in &mut pattern.sides {
            let first = single && side.group.is_none();
            let mut group = Group { keys: Vec::new(), bin: None, calls: aggregates, per_event: side.per_event };
            for key in keys {
                let is_time = |expr: &Expr| {
                    expr.as_column()
                        .is_some_and(|id| time_columns.iter().any(|name| **name == *self.query.columns[id].name))
                };
                if let Some((seconds, subject)) = bin(&key.expr)
                    && is_time(subject)
                {
                    group.bin = Some(seconds);
                    for branch in &mut side.branches {
                        branch.env.insert(key.id, Def::Opaque(BIN.to_owned()));
                    }
                    continue;
                }
                if !key.is_passed_on() {
                    for branch in &mut side.branches {
                        branch.env.insert(key.id, Def::Expr(&key.expr));
                    }
                }
                group.keys.push((key.id, &key.expr));
            }
            for (position, call) in aggregates.iter().enumerate() {
                for output in &call.outputs {
                    let def = if first && call.outputs.len() == 1 {
                        Def::Aggregate(position)
                    } else {
                        Def::Opaque(format!("what `{}()` gives of a group", call.function.name()))
                    };
                    // `take_any` and `arg_max` pass on columns of the input under their own ids.
                    for branch in &mut side.branches {
                        branch.env.insert(*output, def.clone());
                    }
                }
            }
            side.per_event = false;
            if side.group.is_none() && pattern.link.is_none() {
                side.group = Some(group);
            }
        }
    }

    /// Whether a condition reads what an aggregate of the side gives.
    pub(super) fn is_about_aggregate(side: &Side<'a>, condition: &Expr) -> bool {
        let mut found = false;
        condition.for_each_column(&mut |id| found |= side.branches.first().is_some_and(|b| reads_aggregate(b, id, 0)));
        found
    }

    pub(super) fn threshold(&mut self, side: &mut Side<'a>, condition: &'a Expr) -> Result<()> {
        let span = condition.span;
        let branch = side.branches.first().cloned();
        let Some((branch, group)) = branch.zip(side.group.clone()) else {
            return self.refuse(LossKind::UnsupportedAggregate, span, "there is no group that could be counted");
        };
        let ExprKind::Compare(node) = &condition.kind else {
            let message = "Sigma compares one count, sum or average of a group with a number, and nothing else; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedAggregate, span, message);
        };
        let (counted, literal, op) = match (Self::literal(&branch, &node.left), Self::literal(&branch, &node.right)) {
            (None, Some(literal)) => (&node.left, literal, node.op),
            (Some(literal), None) => (&node.right, literal, node.op.mirrored()),
            _ => {
                let message = "Sigma compares a count with a number that the rule gives, not with another value; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedAggregate, span, message);
            }
        };
        let Some((position, of_length)) = aggregate_of(&branch, counted, 0) else {
            let message =
                "Sigma compares a count, a sum or an average as it is, and cannot compute with it; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedAggregate, counted.span, message);
        };
        let call = &group.calls[position];
        let name = call.function.name();
        let row = self.data.functions.aggregates.get(name).filter(|row| row.of_array == of_length);
        let Some(row) = row else {
            let message = format!("Sigma cannot compare `{name}()` of a group with a number; use ES|QL or Splunk");
            return self.refuse(LossKind::UnsupportedAggregate, span, message);
        };
        let value = match (&literal, literal.as_integer()) {
            (_, Some(number)) => Value::Integer(number),
            (Literal::Real(number), None) if number.is_finite() => Value::Real(*number),
            _ => {
                let message = "Sigma compares a count with a number alone; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedAggregate, span, message);
            }
        };
        let op = match (op, literal.as_integer()) {
            (CompareOp::Greater, _) => ThresholdOp::Gt,
            (CompareOp::GreaterOrEqual, _) => ThresholdOp::Gte,
            (CompareOp::NotEqual, Some(0)) if row.kind == CountKind::EventCount => ThresholdOp::Gt,
            _ => {
                let message = "a correlation fires as soon as enough was found, so it cannot say that there is no more than that; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedAggregate, span, message);
            }
        };
        if !group.per_event && row.kind != CountKind::ValueCount {
            let message = "what is counted here are not events, and Sigma counts events; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedAggregate, span, message);
        }
        self.counted_only(side, call, row)?;
        let trivial = row.kind == CountKind::EventCount
            && matches!(
                (op, &value),
                (ThresholdOp::Gt, Value::Integer(..=0)) | (ThresholdOp::Gte, Value::Integer(..=1))
            );
        if trivial {
            return Ok(());
        }
        if side.count.is_some() {
            let message = "one correlation has one threshold; a second one over the same events needs ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedAggregate, span, message);
        }
        let kind = match row.field.and_then(|position| call.arguments.get(position - 1)) {
            None => CorrelationKind::EventCount,
            Some(argument) => {
                let field = self.counted_field(side, argument)?;
                match row.kind {
                    CountKind::EventCount => CorrelationKind::EventCount,
                    CountKind::ValueCount => CorrelationKind::ValueCount(field),
                    CountKind::ValueSum => CorrelationKind::ValueSum(field),
                    CountKind::ValueAvg => CorrelationKind::ValueAvg(field),
                }
            }
        };
        if let Some(loss) = &row.loss {
            self.differs(loss.kind, call.span, &loss.message);
        }
        side.count = Some(Count { kind, threshold: Threshold { op, value }, span });
        Ok(())
    }

    /// Leaves out the events that the aggregate passes over.
    fn counted_only(&mut self, side: &mut Side<'a>, call: &'a AggregateCall, row: &AggregateRow) -> Result<()> {
        let condition = row.condition.and_then(|position| call.arguments.get(position - 1));
        let filled = row.filled.and_then(|position| call.arguments.get(position - 1));
        for branch in &mut side.branches {
            if let Some(condition) = condition {
                let cond = self.truth(branch, condition, true)?;
                branch.conds.push(cond);
            }
            if let Some(filled) = filled {
                let subject = self.subject(branch, filled)?;
                let there = super::text::item(&subject, [], Value::Null).negated();
                branch.conds.push(there);
            }
        }
        Ok(())
    }

    /// The one field that an aggregate counts in every branch.
    fn counted_field(&mut self, side: &Side<'a>, argument: &Expr) -> Result<String> {
        let mut field: Option<String> = None;
        for branch in &side.branches {
            let subject = self.subject(branch, argument)?;
            if subject.part != Part::Whole {
                let message = format!("what is counted is all of `{}`, of which the column is a part", subject.field);
                self.differs(LossKind::UnmappedField, argument.span, message);
            }
            if subject.wrap.is_some() {
                self.differs(LossKind::Case, argument.span, "values that differ in case alone count as different ones");
            }
            if field.get_or_insert_with(|| subject.field.clone()) != &subject.field {
                let message = "what is counted has another name in each log source; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedAggregate, argument.span, message);
            }
        }
        Ok(field.unwrap_or_default())
    }

    /// How far back a side looks, in seconds: its bins, its window, the rule's period.
    pub(super) fn period(&self, side: &Side<'a>) -> Option<u64> {
        let bin = side.group.as_ref().and_then(|group| group.bin);
        bin.or(side.window).or_else(|| {
            let period = self.rule.rule.and_then(|rule| rule.query_period.as_ref())?;
            u64::try_from(period.value.ticks / TICKS_PER_SECOND).ok().filter(|seconds| *seconds > 0)
        })
    }
}

fn reads_aggregate(branch: &super::Branch<'_>, id: ColumnId, depth: usize) -> bool {
    if depth > super::DEPTH {
        return false;
    }
    match branch.env.get(&id) {
        Some(Def::Aggregate(_)) => true,
        Some(Def::Same(other)) => reads_aggregate(branch, *other, depth + 1),
        Some(Def::Expr(expr)) => {
            let mut found = false;
            expr.for_each_column(&mut |id| found |= reads_aggregate(branch, id, depth + 1));
            found
        }
        _ => false,
    }
}

/// The aggregate that an expression is, and whether it is the length of the array it gives.
fn aggregate_of(branch: &super::Branch<'_>, expr: &Expr, depth: usize) -> Option<(usize, bool)> {
    if depth > super::DEPTH {
        return None;
    }
    match &expr.kind {
        ExprKind::Column(id) => match branch.env.get(id)? {
            Def::Aggregate(position) => Some((*position, false)),
            Def::Same(other) => aggregate_of(branch, &Expr::column(*other, expr.ty, expr.span), depth + 1),
            Def::Expr(inner) => aggregate_of(branch, inner, depth + 1),
            _ => None,
        },
        ExprKind::Cast(node) => aggregate_of(branch, &node.operand, depth + 1),
        ExprKind::Call(function, arguments) if function.name() == "array_length" => {
            let (position, length) = aggregate_of(branch, arguments.first()?, depth + 1)?;
            (!length).then_some((position, true))
        }
        _ => None,
    }
}

/// The width of a bin in seconds, and of what.
pub(super) fn bin(expr: &Expr) -> Option<(u64, &Expr)> {
    let ExprKind::Call(function, arguments) = &expr.kind else { return None };
    let [subject, size] = arguments.as_slice() else { return None };
    let Some(Literal::TimeSpan(ticks)) = size.as_literal() else { return None };
    let seconds = u64::try_from(ticks / TICKS_PER_SECOND).ok()?;
    (matches!(function.name(), "bin" | "floor") && seconds > 0 && ticks % TICKS_PER_SECOND == 0)
        .then_some((seconds, subject))
}
