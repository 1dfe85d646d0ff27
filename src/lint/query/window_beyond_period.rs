//! Q036.

use crate::diagnostic::Diagnostic;
use crate::ir::{CompareOp, Expr, ExprKind, Origin, Query, Value};
use crate::lint::context::Intent;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use std::collections::HashSet;

lint! {
    /// ## What it does
    /// Looks for `TimeGenerated > ago(…)` in a scheduled rule that reaches further back than its `queryPeriod`.
    ///
    /// ## Why it is bad
    /// The service hands the query the records of `queryPeriod` alone, whatever its text says. A baseline of two weeks
    /// in a rule with a period of a day is a baseline of a day, and nobody is told.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where TimeGenerated > ago(14d)
    ///   | project TimeGenerated, UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where TimeGenerated > ago(1h)
    ///   | project TimeGenerated, UserPrincipalName
    /// ```
    "Q036" "window-beyond-period" Warning, fix: None, since: "0.1.0",
    summary: "The query looks further back than the rule.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let period = context.rule.and_then(|rule| rule.query_period.as_ref());
    let (Some(period), Some(query)) = (period, context.meaning()) else { return };
    if !context.intent.is_some_and(Intent::is_scheduled) {
        return;
    }
    let mut seen = HashSet::new();
    let mut test = |subject: &Expr, bound: &Expr, whole: &Expr| {
        let Some(back) = ago(bound).filter(|_| is_time(query, subject)) else { return };
        if back > period.value.ticks && seen.insert(whole.span) {
            found.push(
                LINT.at(
                    whole.span,
                    format!("this looks further back than `queryPeriod`, which is {}", period.value.text),
                )
                .label("older records are not there")
                .help("lengthen `queryPeriod`, or shorten the window"),
            );
        }
    };
    let plans = query.shared.iter().map(|shared| &shared.plan).chain([&query.plan]);
    for plan in plans {
        plan.walk(&mut |expr| match &expr.kind {
            ExprKind::Compare(node) => match node.op {
                CompareOp::Greater | CompareOp::GreaterOrEqual => test(&node.left, &node.right, expr),
                CompareOp::Less | CompareOp::LessOrEqual => test(&node.right, &node.left, expr),
                CompareOp::Equal | CompareOp::NotEqual => {}
            },
            ExprKind::Between(node) if !node.negated => test(&node.subject, &node.low, expr),
            _ => {}
        });
    }
}

/// How far before the run an instant lies, if it is written as `ago(…)`.
fn ago(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Call(function, arguments) if function.name() == "ago" => match arguments.as_slice() {
            [Expr { kind: ExprKind::Literal(Value::TimeSpan(ticks)), .. }] => Some(*ticks),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it is the column by which the service limits a table.
fn is_time(query: &Query, expr: &Expr) -> bool {
    expr.as_column().is_some_and(|id| {
        let info = &query.columns[id];
        matches!(info.origin, Origin::Table(_)) && &*info.name == "TimeGenerated"
    })
}
