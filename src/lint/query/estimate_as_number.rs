//! Q025.

use crate::diagnostic::Diagnostic;
use crate::ir::{ColumnId, CompareOp, ExprKind, Op, Plan};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use std::collections::HashSet;

lint! {
    /// ## What it does
    /// Looks for `==` and `!=` between what `dcount` or `dcountif` gives and a number above 1.
    ///
    /// ## Why it is bad
    /// `dcount` estimates: of a hundred values it may count 99 or 101, and differently from day to day. Whether the
    /// estimate is a certain number is chance. Zero and one are told reliably, and are left alone.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | summarize Countries = dcount(Location) by UserPrincipalName
    /// | where Countries == 50
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | summarize Countries = count_distinct(Location) by UserPrincipalName
    /// | where Countries == 50
    /// ```
    "Q025" "estimate-as-number" Warning, fix: None, since: "0.1.0",
    summary: "An estimate is compared with one number.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(query) = context.meaning() else { return };
    let mut estimates = HashSet::new();
    let plans = || query.plans();
    plans().for_each(|plan| gather(plan, &mut estimates));
    if estimates.is_empty() {
        return;
    }
    let mut told = HashSet::new();
    for plan in plans() {
        plan.walk(&mut |expr| {
            let ExprKind::Compare(node) = &expr.kind else { return };
            if !matches!(node.op, CompareOp::Equal | CompareOp::NotEqual) {
                return;
            }
            let sides = [(&node.left, &node.right), (&node.right, &node.left)];
            let judged = sides.into_iter().any(|(one, other)| {
                let number = other.as_literal().and_then(crate::ir::Value::as_integer);
                one.as_column().is_some_and(|id| estimates.contains(&id)) && number.is_some_and(|number| number > 1)
            });
            if judged && told.insert(expr.span) {
                found.push(
                    LINT.at(expr.span, "an estimate is compared with one number")
                        .label("`dcount` may be off by a little")
                        .help("count exactly with `count_distinct`, or compare with a range"),
                );
            }
        });
    }
}

/// The columns that hold estimates, of a plan and of those within.
fn gather(plan: &Plan, estimates: &mut HashSet<ColumnId>) {
    plan.source.kind.plans(&mut |plan| gather(plan, estimates));
    for step in &plan.steps {
        step.op.plans(&mut |plan| gather(plan, estimates));
        if let Op::Summarize { aggregates, .. } = &step.op {
            let estimating = aggregates.iter().filter(|call| matches!(call.function.name(), "dcount" | "dcountif"));
            estimates.extend(estimating.flat_map(|call| call.outputs.iter().copied()));
        }
    }
}
