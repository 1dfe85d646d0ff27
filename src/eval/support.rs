//! What a run can be asked for: everything else is refused by name before any data is read.

use super::error::EvalError;
use super::{kernels, plugins};
use crate::functions::FunctionId;
use crate::ir::{Expr, ExprKind, Op, Plan, Query, SourceKind};
use crate::source::Span;
use crate::types::Type;

/// Refuses what cannot be run.
///
/// # Errors
/// The first thing in the query's text that cannot be run.
pub(super) fn check(query: &Query) -> Result<(), EvalError> {
    let mut refused: Vec<EvalError> = Vec::new();
    for shared in &query.shared {
        check_plan(&shared.plan, &mut refused);
    }
    check_plan(&query.plan, &mut refused);
    let first = refused.into_iter().min_by_key(|error| error.span().map(|span| span.start));
    first.map_or(Ok(()), Err)
}

/// The words of a query whose answer follows a reading of our own, each with what is told about it: Kusto documents in part
/// how it comes to its own.
pub(super) fn own_readings(query: &Query) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for shared in &query.shared {
        read_plan(&shared.plan, &mut found);
    }
    read_plan(&query.plan, &mut found);
    found.sort();
    found.dedup();
    found
}

fn read_plan(plan: &Plan, found: &mut Vec<(Span, String)>) {
    plan.source.kind.expressions(&mut |expr| read_expr(expr, found));
    plan.source.kind.plans(&mut |plan| read_plan(plan, found));
    for step in &plan.steps {
        let own = match &step.op {
            Op::Reduce { .. } => true,
            Op::Evaluate(evaluate) => plugins::OWN_READINGS.contains(&&*evaluate.name),
            _ => false,
        };
        if own {
            found.push((step.span, format!("how `{}` groups is documented in part", operator_name(&step.op))));
        }
        step.op.expressions(&mut |expr| read_expr(expr, found));
        step.op.plans(&mut |plan| read_plan(plan, found));
    }
}

fn read_expr(expr: &Expr, found: &mut Vec<(Span, String)>) {
    expr.operands(&mut |operand| read_expr(operand, found));
    expr.plan(&mut |plan| read_plan(plan, found));
}

fn check_plan(plan: &Plan, refused: &mut Vec<EvalError>) {
    if let SourceKind::LogSource(_) | SourceKind::Foreign(_) | SourceKind::Correlated(_) = &plan.source.kind {
        refused.push(EvalError::unsupported("a source of another language is not run here", plan.source.span));
    }
    if let SourceKind::Evaluate(evaluate) = &plan.source.kind
        && let Some(why) = plugins::refusal(&evaluate.name)
    {
        let what = format!("`evaluate {}` is not run here: {why}", evaluate.name);
        refused.push(EvalError::unsupported(what, plan.source.span));
    }
    plan.source.kind.expressions(&mut |expr| check_expr(expr, refused));
    plan.source.kind.plans(&mut |plan| check_plan(plan, refused));
    for step in &plan.steps {
        if let Some(why) = refusal(&step.op) {
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            let what = format!("`{}` is not run here{why}", operator_name(&step.op));
            refused.push(EvalError::unsupported(what, step.span));
        }
        step.op.expressions(&mut |expr| check_expr(expr, refused));
        step.op.plans(&mut |plan| check_plan(plan, refused));
    }
}

/// Why an operator does not run, empty where that goes without saying; nothing where it runs.
fn refusal(op: &Op) -> Option<&'static str> {
    match op {
        Op::Fork(branches) if branches.len() != 1 => Some("an answer is one table"),
        Op::Scan(scan) if scan.steps.iter().any(|step| step.optional) => Some("optional steps are not documented"),
        Op::Evaluate(evaluate) => plugins::refusal(&evaluate.name),
        Op::Invoke(_) | Op::Statistics(_) | Op::Foreign(_) | Op::Opaque(_) => Some(""),
        _ => None,
    }
}

fn check_expr(expr: &Expr, refused: &mut Vec<EvalError>) {
    match &expr.kind {
        ExprKind::Call(function, _) if !runs(*function) => {
            refused.push(without_kernel(*function, expr.span));
        }
        ExprKind::Unknown(name, _) => {
            refused.push(EvalError::unsupported(format!("nothing here knows the function `{name}`"), expr.span));
        }
        ExprKind::Parameter(name) => {
            refused.push(EvalError::unsupported(format!("nothing is given for the parameter `{name}`"), expr.span));
        }
        ExprKind::Compare(node) if are_apart(node.left.ty.ty, node.right.ty.ty) => {
            let (sign, left, right) = (node.op.sign(), node.left.ty.ty, node.right.ty.ty);
            let what = format!("`{sign}` between a {left} and a {right} is not run here: Kusto asks for a cast");
            refused.push(EvalError::unsupported(what, expr.span));
        }
        ExprKind::Foreign(..) | ExprKind::Loose(_) => {
            refused.push(EvalError::unsupported("a function of another language is not run here", expr.span));
        }
        _ => {}
    }
    expr.operands(&mut |operand| check_expr(operand, refused));
    expr.plan(&mut |plan| check_plan(plan, refused));
}

/// Whether values of these types stand in no order that is known: a text and a number, or a time. Microsoft's analyser
/// lets it pass, and the service's documentation is silent. Whether they are equal is asked of their texts elsewhere.
const fn are_apart(left: Type, right: Type) -> bool {
    const fn is_number_or_time(ty: Type) -> bool {
        matches!(ty, Type::Bool | Type::Int | Type::Long | Type::Real | Type::Decimal | Type::DateTime | Type::TimeSpan)
    }
    matches!(left, Type::String) && is_number_or_time(right) || is_number_or_time(left) && matches!(right, Type::String)
}

/// The function that gives what a table says of its events, rather than what a kernel computes.
pub(super) const INGESTION_TIME: &str = "ingestion_time";

fn runs(function: FunctionId) -> bool {
    function.row().window || function.name() == INGESTION_TIME || kernels::find(function.name()).is_some()
}

/// The refusal of a function that has no kernel.
pub(super) fn without_kernel(function: FunctionId, span: Span) -> EvalError {
    let why = kernels::reason_for_none(function.name()).map(|why| format!(": {why}")).unwrap_or_default();
    EvalError::unsupported(format!("`{function}` is not run here{why}"), span)
}

/// The name of an operator, as queries write it, with that of what it calls.
pub(super) fn operator_name(op: &Op) -> String {
    match op {
        Op::Evaluate(evaluate) => format!("evaluate {}", evaluate.name),
        Op::Invoke(call) => format!("invoke {}", call.name),
        Op::Fork(branches) if branches.iter().any(|branch| branch.name.starts_with("Facet")) => "facet".to_owned(),
        Op::Statistics(_) => "stats".to_owned(),
        Op::Opaque(name) => name.to_string(),
        _ => op.name().unwrap_or("a command of another language").to_owned(),
    }
}
