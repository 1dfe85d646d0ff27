//! Arithmetic turned round: what is wanted of a sum is carried to one of its terms.

use super::ask::unsteered;
use super::evaluate::arithmetic;
use super::model::Row;
use super::solver::{Outcome, Solver, Stuck};
use super::want::{Want, number, whole};
use crate::ir::{Arithmetic, ArithmeticOp, CompareOp, Expr, Value};
use crate::source::Span;
use crate::types::Type;

impl<'q> Solver<'q> {
    /// Wants something of a sum, a product and so on.
    pub(super) fn ask_arithmetic(&mut self, node: &'q Arithmetic, row: &Row<'q>, want: &Want, span: Span) -> Outcome {
        let operands: Vec<&'q Expr> =
            std::iter::once(&node.first).chain(node.rest.iter().map(|step| &step.operand)).collect();
        let values: Vec<Option<Value>> = operands.iter().map(|operand| self.evaluate(operand, row)).collect();
        let open: Vec<usize> = (0..values.len()).filter(|at| values[*at].is_none()).collect();
        // All but one of those that are not known yet are settled here and now: a later event is moved rather than an
        // earlier one, hence the first is kept open. Where that does not do, it is the one that a later one is taken from.
        let (Some(first), Some(last)) = (open.first().copied(), open.last().copied()) else {
            return Err(unsteered(span, "arithmetic"));
        };
        let several = first != last;
        let saved = self.state.clone();
        let mut stuck = None;
        for keep in [first, last].into_iter().take(1 + usize::from(several)) {
            let outcome = self.settle_others(&operands, &values, keep, row, span);
            match outcome.and_then(|values| self.ask_turned(node, &values, keep, row, want.clone(), span)) {
                Ok(()) => return Ok(()),
                // Other values of the settled ones might have done.
                Err(Stuck::Conflict(span)) if several => {
                    stuck.get_or_insert(unsteered(span, "arithmetic on several values"));
                }
                Err(other) => {
                    stuck.get_or_insert(other);
                }
            }
            self.state = saved.clone();
        }
        Err(stuck.unwrap_or_else(|| unsteered(span, "arithmetic")))
    }

    /// Settles all operands but one, and gives their values.
    fn settle_others(
        &mut self,
        operands: &[&'q Expr],
        values: &[Option<Value>],
        keep: usize,
        row: &Row<'q>,
        span: Span,
    ) -> Outcome<Vec<Value>> {
        let mut settled = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            let mut value = value.clone();
            if value.is_none() && at != keep {
                self.settle(operands[at], row)?;
                value = self.evaluate(operands[at], row);
                if value.is_none() {
                    return Err(unsteered(span, "arithmetic on several values"));
                }
            }
            settled.push(value.unwrap_or(Value::Null(Type::Long)));
        }
        Ok(settled)
    }

    /// Arithmetic turned round for the operand at a place.
    fn ask_turned(
        &mut self,
        node: &'q Arithmetic,
        values: &[Value],
        keep: usize,
        row: &Row<'q>,
        want: Want,
        span: Span,
    ) -> Outcome {
        let (mut op, mut target, negated_equality) = match want {
            Want::Order(op, value) => (op, value, false),
            Want::Among { values, negated: false, .. } if values.len() == 1 => {
                (CompareOp::Equal, values[0].clone(), false)
            }
            Want::Among { values, negated: true, .. } if values.len() == 1 => {
                (CompareOp::NotEqual, values[0].clone(), true)
            }
            Want::Absent(false) => return Ok(()),
            _ => return Err(unsteered(span, "arithmetic")),
        };
        let _ = negated_equality;
        let fail = || unsteered(span, "arithmetic");
        for (at, step) in node.rest.iter().enumerate().skip(keep).rev() {
            let value = &values[at + 1];
            let inverse = match step.op {
                ArithmeticOp::Add => ArithmeticOp::Subtract,
                ArithmeticOp::Subtract => ArithmeticOp::Add,
                ArithmeticOp::Multiply => ArithmeticOp::Divide,
                ArithmeticOp::Divide => ArithmeticOp::Multiply,
                ArithmeticOp::Modulo => {
                    // The target itself leaves itself behind.
                    continue;
                }
            };
            if matches!(step.op, ArithmeticOp::Multiply | ArithmeticOp::Divide)
                && number(value).is_none_or(|value| value <= 0.0)
            {
                return Err(fail());
            }
            target = turned(inverse, &target, value).ok_or_else(fail)?;
        }
        let (operand, target, op) = if keep == 0 {
            (&node.first, target, op)
        } else {
            let mut before = values[0].clone();
            for (at, step) in node.rest.iter().enumerate().take(keep - 1) {
                before = arithmetic(step.op, &before, &values[at + 1], step.ty.ty).ok_or_else(fail)?;
            }
            let step = &node.rest[keep - 1];
            let target = match step.op {
                ArithmeticOp::Add => turned(ArithmeticOp::Subtract, &target, &before).ok_or_else(fail)?,
                ArithmeticOp::Subtract => {
                    op = op.mirrored();
                    turned(ArithmeticOp::Subtract, &before, &target).ok_or_else(fail)?
                }
                ArithmeticOp::Multiply if number(&before).is_some_and(|value| value > 0.0) => {
                    turned(ArithmeticOp::Divide, &target, &before).ok_or_else(fail)?
                }
                _ => return Err(fail()),
            };
            (&step.operand, target, op)
        };
        let want = match op {
            CompareOp::Equal => Want::is(target),
            CompareOp::NotEqual => Want::is(target).negate(),
            op => Want::Order(op, target),
        };
        self.ask(operand, row, want, span)
    }

    /// Wants two instants to be so many ticks apart.
    pub(super) fn ask_apart(
        &mut self,
        left: &'q Expr,
        right: &'q Expr,
        op: CompareOp,
        ticks: i64,
        row: &Row<'q>,
        span: Span,
    ) -> Outcome {
        let fail = || unsteered(span, "the time between two events");
        if self.evaluate(right, row).is_none() && self.evaluate(left, row).is_none() {
            // One of the two is settled, the right one if the left can follow.
            let saved = self.state.clone();
            self.settle(right, row)?;
            if self.evaluate(right, row).is_some() {
                match self.ask_apart(left, right, op, ticks, row, span) {
                    Err(Stuck::Conflict(_)) => self.state = saved,
                    other => return other,
                }
                self.settle(left, row)?;
            }
        }
        if let Some(Value::DateTime(right)) = self.evaluate(right, row) {
            let target = Value::DateTime(right.checked_add(ticks).ok_or_else(fail)?);
            return self.ask(left, row, order(op, target), span);
        }
        if let Some(Value::DateTime(left)) = self.evaluate(left, row) {
            let target = Value::DateTime(left.checked_sub(ticks).ok_or_else(fail)?);
            return self.ask(right, row, order(op.mirrored(), target), span);
        }
        Err(fail())
    }
}

fn order(op: CompareOp, value: Value) -> Want {
    match op {
        CompareOp::Equal => Want::is(value),
        CompareOp::NotEqual => Want::is(value).negate(),
        op => Want::Order(op, value),
    }
}

/// Arithmetic turned round: quotients are kept exact.
fn turned(op: ArithmeticOp, left: &Value, right: &Value) -> Option<Value> {
    if matches!(op, ArithmeticOp::Divide) {
        let (a, b) = (number(left)?, number(right)?);
        if let (Some(a), Some(b)) = (whole(left), whole(right))
            && b != 0
            && a % b == 0
        {
            return Some(match left {
                Value::TimeSpan(_) if !matches!(right, Value::TimeSpan(_)) => {
                    Value::TimeSpan(i64::try_from(a / b).ok()?)
                }
                _ => Value::Long(i64::try_from(a / b).ok()?),
            });
        }
        #[expect(clippy::cast_possible_truncation, reason = "spans of rules are small")]
        return Some(match left {
            Value::TimeSpan(_) if !matches!(right, Value::TimeSpan(_)) => Value::TimeSpan((a / b) as i64),
            _ => Value::Real(a / b),
        });
    }
    arithmetic(op, left, right, left.ty())
}
