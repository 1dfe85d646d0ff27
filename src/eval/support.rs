//! What a run can be asked for: everything else is refused by name before any data is read.

use super::error::EvalError;
use super::kernels;
use crate::functions::FunctionId;
use crate::ir::{Expr, ExprKind, Op, Plan, Query, SourceKind};
use crate::source::Span;

/// Refuses what cannot be run.
///
/// # Errors
/// The first thing in the query's text that cannot be run.
pub fn check(query: &Query) -> Result<(), EvalError> {
    let mut refused: Vec<EvalError> = Vec::new();
    for shared in &query.shared {
        check_plan(&shared.plan, &mut refused);
    }
    check_plan(&query.plan, &mut refused);
    let first = refused.into_iter().min_by_key(|error| error.span().map(|span| span.start));
    first.map_or(Ok(()), Err)
}

fn check_plan(plan: &Plan, refused: &mut Vec<EvalError>) {
    if let SourceKind::LogSource(_) | SourceKind::Foreign(_) = &plan.source.kind {
        refused.push(EvalError::unsupported("a source of another language is not run here", plan.source.span));
    }
    plan.source.kind.expressions(&mut |expr| check_expr(expr, refused));
    plan.source.kind.plans(&mut |plan| check_plan(plan, refused));
    for step in &plan.steps {
        if matches!(
            step.op,
            Op::Reduce { .. } | Op::Invoke(_) | Op::Fork(_) | Op::Statistics(_) | Op::Foreign(_) | Op::Opaque(_)
        ) {
            refused.push(EvalError::unsupported(format!("`{}` is not run here", operator_name(&step.op)), step.span));
        }
        step.op.expressions(&mut |expr| check_expr(expr, refused));
        step.op.plans(&mut |plan| check_plan(plan, refused));
    }
}

fn check_expr(expr: &Expr, refused: &mut Vec<EvalError>) {
    match &expr.kind {
        ExprKind::Call(function, _) if !function.row().window && kernels::find(function.name()).is_none() => {
            refused.push(without_kernel(*function, expr.span));
        }
        ExprKind::Unknown(name, _) => {
            refused.push(EvalError::unsupported(format!("nothing here knows the function `{name}`"), expr.span));
        }
        ExprKind::Parameter(name) => {
            refused.push(EvalError::unsupported(format!("nothing is given for the parameter `{name}`"), expr.span));
        }
        ExprKind::Foreign(..) | ExprKind::Loose(_) => {
            refused.push(EvalError::unsupported("a function of another language is not run here", expr.span));
        }
        _ => {}
    }
    expr.operands(&mut |operand| check_expr(operand, refused));
    expr.plan(&mut |plan| check_plan(plan, refused));
}

/// The refusal of a function that has no kernel.
pub(super) fn without_kernel(function: FunctionId, span: Span) -> EvalError {
    let why = kernels::reason_for_none(function.name()).map(|why| format!(": {why}")).unwrap_or_default();
    EvalError::unsupported(format!("`{function}` is not run here{why}"), span)
}

/// The name of an operator, as queries write it.
pub(super) fn operator_name(op: &Op) -> String {
    match op {
        Op::Filter(_) | Op::Window(_) => "where",
        Op::Extend(_) => "extend",
        Op::Project(..) => "project",
        Op::Summarize { .. } => "summarize",
        Op::Distinct => "distinct",
        Op::Sort(_) => "sort",
        Op::Serialize => "serialize",
        Op::Take(_) => "take",
        Op::Sample(_) => "sample",
        Op::SampleDistinct(..) => "sample-distinct",
        Op::Join(join) if join.lookup => "lookup",
        Op::Join(_) => "join",
        Op::MvExpand(expand) if expand.body.is_some() => "mv-apply",
        Op::MvExpand(_) => "mv-expand",
        Op::MakeSeries(_) => "make-series",
        Op::Parse(parse) if parse.filter => "parse-where",
        Op::Parse(_) => "parse",
        Op::ParseKv(_) => "parse-kv",
        Op::Scan(_) => "scan",
        Op::Partition(_) => "partition",
        Op::TopNested(_) => "top-nested",
        Op::TopHitters { .. } => "top-hitters",
        Op::Reduce { .. } => "reduce",
        Op::Evaluate(evaluate) => return format!("evaluate {}", evaluate.name),
        Op::GetSchema => "getschema",
        Op::Invoke(call) => return format!("invoke {}", call.name),
        Op::Fork(_) => "fork",
        Op::Consume => "consume",
        Op::Render { .. } => "render",
        Op::Statistics(_) => "stats",
        Op::Foreign(_) => "a command of another language",
        Op::Opaque(name) => return name.to_string(),
    }
    .to_owned()
}
