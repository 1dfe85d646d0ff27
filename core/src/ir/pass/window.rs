//! Lifting of time windows: the part of a filter that bounds a table's time column by constants becomes a
//! [`Op::Window`], and moves to the front as far as it can without a change of meaning.

use crate::functions::FunctionId;
use crate::ir::{
    Arithmetic, ArithmeticOp, Bound, Bounds, Columns, CompareOp, Expr, ExprKind, NullRule, Op, Origin, Plan, Query,
    Schema, Step, Value, Window,
};

/// The columns that hold the time of an event.
const TIME_COLUMNS: &[&str] = &["TimeGenerated", "Timestamp"];

/// Lifts the time windows of a query and of every plan inside it.
pub fn lift_windows(query: &mut Query) {
    let columns = &query.columns;
    for plan in query.shared.iter_mut().map(|shared| &mut shared.plan).chain([&mut query.plan]) {
        plan.fold_plans(&mut |plan| lift(plan, columns));
    }
}

fn lift(plan: &mut Plan, columns: &Columns) {
    let mut steps: Vec<Step> = Vec::with_capacity(plan.steps.len());
    for mut step in std::mem::take(&mut plan.steps) {
        if let Op::Filter(condition) = &mut step.op {
            let mut terms = match std::mem::replace(&mut condition.kind, ExprKind::Literal(Value::Bool(true))) {
                ExprKind::And(terms) => terms,
                kind => vec![Expr { kind, ..condition.clone() }],
            };
            let mut windows: Vec<(Window, crate::source::Span)> = Vec::new();
            terms.retain(|term| match window(term, columns) {
                Some(window) => {
                    windows.push((window, term.span));
                    false
                }
                None => true,
            });
            for (window, span) in windows {
                place(&mut steps, &plan.source.schema, window, span);
            }
            match terms.len() {
                0 => continue,
                1 => *condition = terms.remove(0),
                _ => condition.kind = ExprKind::And(terms),
            }
        }
        steps.push(step);
    }
    plan.steps = steps;
}

/// Puts a window before the steps that let it pass; one over the same column takes it up.
fn place(steps: &mut Vec<Step>, source: &Schema, window: Window, span: crate::source::Span) {
    let mut at = steps.len();
    while at > 0 {
        match &mut steps[at - 1].op {
            Op::Window(other) if other.column == window.column => {
                if let Some(bounds) = both(other.bounds, window.bounds) {
                    other.bounds = bounds;
                    let step = &mut steps[at - 1];
                    step.span = step.span.to(span);
                    return;
                }
            }
            op if passes(op, &window) => {}
            _ => break,
        }
        at -= 1;
    }
    let schema = at.checked_sub(1).map_or(source, |before| &steps[before].schema).clone();
    steps.insert(at, Step { op: Op::Window(window), schema, span });
}

/// Whether dropping records before a step or behind it comes to the same.
fn passes(op: &Op, window: &Window) -> bool {
    match op {
        Op::Filter(_) | Op::Window(_) | Op::Sort(_) => true,
        Op::Extend(items) => items.iter().all(|item| item.id != window.column) && !looks_around(op),
        Op::Project(items, _) => {
            items.iter().any(|item| item.id == window.column && item.is_passed_on()) && !looks_around(op)
        }
        _ => false,
    }
}

/// Whether a step computes with other records than the one at hand.
fn looks_around(op: &Op) -> bool {
    let mut found = false;
    op.expressions(&mut |expr| {
        expr.walk(&mut |expr| {
            if let ExprKind::Call(function, _) = &expr.kind {
                found |= function.row().window || !function.row().deterministic && !is_clock(*function);
            }
        });
    });
    found
}

/// Whether a function tells the time of the run, which is one for the whole query.
fn is_clock(function: FunctionId) -> bool {
    matches!(function.name(), "now" | "ago")
}

/// The window that a predicate is, if it is one.
fn window(term: &Expr, columns: &Columns) -> Option<Window> {
    let time = |expr: &Expr| {
        let id = expr.as_column()?;
        let info = &columns[id];
        (matches!(info.origin, Origin::Table(_)) && TIME_COLUMNS.contains(&&*info.name)).then_some(id)
    };
    match &term.kind {
        ExprKind::Compare(node) => {
            let (column, op, bound) = match (time(&node.left), time(&node.right)) {
                (Some(column), None) => (column, node.op, bound(&node.right)?),
                (None, Some(column)) => (column, node.op.mirrored(), bound(&node.left)?),
                _ => return None,
            };
            let bounds = match op {
                CompareOp::Greater => Bounds { from: Some((bound, false)), to: None },
                CompareOp::GreaterOrEqual => Bounds { from: Some((bound, true)), to: None },
                CompareOp::Less => Bounds { from: None, to: Some((bound, false)) },
                CompareOp::LessOrEqual => Bounds { from: None, to: Some((bound, true)) },
                CompareOp::Equal | CompareOp::NotEqual => return None,
            };
            (node.nulls == NullRule::Propagate).then_some(Window { column, bounds })
        }
        ExprKind::Between(node) if !node.negated && node.nulls == NullRule::Propagate => {
            let column = time(&node.subject)?;
            let (from, to) = (bound(&node.low)?, bound(&node.high)?);
            Some(Window { column, bounds: Bounds { from: Some((from, true)), to: Some((to, true)) } })
        }
        _ => None,
    }
}

/// The instant that an expression is: a literal, `now()`, `ago(…)`, and spans added to or taken from one.
fn bound(expr: &Expr) -> Option<Bound> {
    match &expr.kind {
        ExprKind::Literal(Value::DateTime(ticks)) => Some(Bound::Instant(*ticks)),
        ExprKind::Call(function, arguments) => {
            let span = match arguments.as_slice() {
                [] => Some(0),
                [span] => ticks(span),
                _ => None,
            };
            match function.name() {
                "now" => span.map(Bound::FromNow),
                "ago" if !arguments.is_empty() => span?.checked_neg().map(Bound::FromNow),
                _ => None,
            }
        }
        ExprKind::Arithmetic(node) => {
            let Arithmetic { first, rest } = node.as_ref();
            let mut at = bound(first)?;
            for step in rest {
                let span = ticks(&step.operand)?;
                let span = match step.op {
                    ArithmeticOp::Add => span,
                    ArithmeticOp::Subtract => span.checked_neg()?,
                    _ => return None,
                };
                at = match at {
                    Bound::Instant(ticks) => Bound::Instant(ticks.checked_add(span)?),
                    Bound::FromNow(ticks) => Bound::FromNow(ticks.checked_add(span)?),
                };
            }
            Some(at)
        }
        _ => None,
    }
}

fn ticks(expr: &Expr) -> Option<i64> {
    match expr.as_literal() {
        Some(Value::TimeSpan(ticks)) => Some(*ticks),
        _ => None,
    }
}

/// Both windows as one; nothing where two bounds of one side cannot be told apart before the run.
fn both(a: Bounds, b: Bounds) -> Option<Bounds> {
    let pick = |a: Option<(Bound, bool)>, b: Option<(Bound, bool)>, later: bool| match (a, b) {
        (Some(a), Some(b)) => tighter(a, b, later).map(Some),
        (one, other) => Some(one.or(other)),
    };
    Some(Bounds { from: pick(a.from, b.from, true)?, to: pick(a.to, b.to, false)? })
}

fn tighter(a: (Bound, bool), b: (Bound, bool), later: bool) -> Option<(Bound, bool)> {
    let ((Bound::Instant(x), Bound::Instant(y)) | (Bound::FromNow(x), Bound::FromNow(y))) = (a.0, b.0) else {
        return None;
    };
    if x == y {
        return Some((a.0, a.1 && b.1));
    }
    Some(if (x > y) == later { a } else { b })
}
