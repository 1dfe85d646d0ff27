//! What is known not to be zero, so that it can be divided by: a division by zero gives null in ES|QL, and infinity in KQL
//! (<https://learn.microsoft.com/kusto/query/numerical-operators>).

use crate::ir::{Arithmetic, ArithmeticOp, ColumnId, CompareOp, Expr, ExprKind, Op, Query, Value};

/// How far definitions are followed.
const DEPTH: usize = 8;

/// Conditions, each with whether it holds.
type Guards = Vec<(Expr, bool)>;

/// Whether what is divided by, which is a part of a query's expressions, is never zero.
pub(super) fn never_zero(query: &Query, divisor: &Expr) -> bool {
    let mut guards = Guards::new();
    for plan in query.plans() {
        plan.operators(&mut |op| {
            if let Op::Filter(condition) = op {
                guards.push((condition.clone(), true));
            }
            op.expressions(&mut |expr| expr.walk(&mut |expr| within(expr, divisor, &mut guards)));
        });
    }
    is_other(query, divisor, &guards, DEPTH)
}

/// The conditions of a `case` under which it comes to what is divided by.
fn within(expr: &Expr, divisor: &Expr, guards: &mut Guards) {
    let ExprKind::Case(node) = &expr.kind else { return };
    let holds = |value: &Expr| {
        let mut found = false;
        value.walk(&mut |part| found |= part.span == divisor.span && part == divisor);
        found
    };
    for (at, (condition, value)) in node.arms.iter().enumerate() {
        if holds(value) {
            guards.extend(node.arms[..at].iter().map(|(before, _)| (before.clone(), false)));
            guards.push((condition.clone(), true));
        }
    }
    if holds(&node.otherwise) {
        guards.extend(node.arms.iter().map(|(before, _)| (before.clone(), false)));
    }
}

fn is_other(query: &Query, expr: &Expr, guards: &Guards, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &expr.kind {
        ExprKind::Literal(value) => number(value).is_some_and(|number| number != 0.0),
        // A part of a whole number is none.
        ExprKind::Cast(node) => {
            (!expr.ty.ty.is_integer() || node.operand.ty.ty.is_integer())
                && is_other(query, &node.operand, guards, depth)
        }
        ExprKind::Column(id) => {
            guards.iter().any(|(condition, holds)| excludes_zero(condition, *id, *holds))
                || is_counted(query, *id)
                || definition(query, *id).is_some_and(|made| is_other(query, made, guards, depth))
        }
        ExprKind::Call(function, arguments) => match function.name() {
            "sqrt" | "abs" => arguments.first().is_some_and(|inner| is_other(query, inner, guards, depth)),
            "max_of" => arguments.iter().filter_map(Expr::as_literal).filter_map(number).any(|number| number > 0.0),
            _ => false,
        },
        ExprKind::Case(node) => {
            let mut before = guards.clone();
            for (condition, value) in &node.arms {
                let mut here = before.clone();
                here.push((condition.clone(), true));
                if !is_other(query, value, &here, depth) {
                    return false;
                }
                before.push((condition.clone(), false));
            }
            is_other(query, &node.otherwise, &before, depth)
        }
        ExprKind::Arithmetic(node) if !expr.ty.ty.is_integer() => {
            is_product(node, &mut |part| is_other(query, part, guards, depth))
        }
        _ => false,
    }
}

/// Whether it is a product or a quotient, of parts of a kind.
fn is_product<'a>(node: &'a Arithmetic, of: &mut dyn FnMut(&'a Expr) -> bool) -> bool {
    let product = |op| matches!(op, ArithmeticOp::Multiply | ArithmeticOp::Divide);
    of(&node.first) && node.rest.iter().all(|step| product(step.op) && of(&step.operand))
}

/// Whether a column says how many records a group has.
fn is_counted(query: &Query, id: ColumnId) -> bool {
    let mut counted = false;
    for plan in query.plans() {
        plan.operators(&mut |op| {
            if let Op::Summarize { keys, aggregates } = op {
                let mut counts = aggregates.iter().filter(|call| call.function.name() == "count");
                counted |= !keys.is_empty() && counts.any(|call| call.outputs.contains(&id));
            }
        });
    }
    counted
}

/// What a column is computed of.
fn definition(query: &Query, id: ColumnId) -> Option<&Expr> {
    let mut found = None;
    for plan in query.plans() {
        plan.operators(&mut |op| {
            if let Op::Extend(items) | Op::Project(items, _) = op {
                let mut made = items.iter().filter(|item| item.id == id && !item.is_passed_on());
                found = found.or(made.next().map(|item| &item.expr));
            }
        });
    }
    found
}

/// Whether a column is not zero where a condition holds, or does not.
fn excludes_zero(condition: &Expr, id: ColumnId, holds: bool) -> bool {
    match &condition.kind {
        ExprKind::And(terms) if holds => terms.iter().any(|term| excludes_zero(term, id, holds)),
        ExprKind::Or(terms) if !holds => terms.iter().any(|term| excludes_zero(term, id, holds)),
        ExprKind::Not(inner) => excludes_zero(inner, id, !holds),
        ExprKind::Compare(node) => {
            let op = if holds { node.op } else { node.op.complement() };
            let (value, op) = match (bare(&node.left).as_column(), bare(&node.right).as_column()) {
                (Some(left), _) if left == id => (bare(&node.right), op),
                (_, Some(right)) if right == id => (bare(&node.left), op.mirrored()),
                _ => return false,
            };
            value.as_literal().and_then(number).is_some_and(|bound| match op {
                CompareOp::Greater => bound >= 0.0,
                CompareOp::GreaterOrEqual => bound > 0.0,
                CompareOp::Less => bound <= 0.0,
                CompareOp::LessOrEqual => bound < 0.0,
                CompareOp::NotEqual => bound == 0.0,
                CompareOp::Equal => bound != 0.0,
            })
        }
        _ => false,
    }
}

fn bare(mut expr: &Expr) -> &Expr {
    while let ExprKind::Cast(node) = &expr.kind {
        expr = &node.operand;
    }
    expr
}

#[expect(clippy::cast_precision_loss, reason = "only its sign counts")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Real(number) => Some(*number),
        Value::Decimal(number) => Some(number.to_f64()),
        Value::TimeSpan(ticks) => Some(*ticks as f64),
        value => value.as_integer().map(|number| number as f64),
    }
}
