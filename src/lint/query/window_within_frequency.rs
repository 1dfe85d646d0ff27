//! Q037.

use super::shared::windows;
use crate::diagnostic::Diagnostic;
use crate::ir::{Plan, SourceKind};
use crate::lint::context::{Intent, QueryContext};
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a scheduled rule over one table whose `TimeGenerated > ago(…)` looks back less far than `queryFrequency`.
    ///
    /// ## Why it is bad
    /// Between two runs there are records that no run looks at.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where TimeGenerated > ago(10m)
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
    "Q037" "window-within-frequency" Warning, fix: None, since: "0.1.0",
    summary: "The query looks back less far than the last run.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let frequency = context.rule.and_then(|rule| rule.query_frequency.as_ref());
    let (Some(frequency), Some(query)) = (frequency, context.meaning()) else { return };
    if !context.intent.is_some_and(Intent::is_scheduled) {
        return;
    }
    let mut windows = windows(query);
    windows.sort_by_key(|(_, back)| *back);
    // With several tables, one may be there for what is new and another for what has been.
    let Some((span, _)) = windows.last().filter(|(_, back)| *back < frequency.value.ticks) else { return };
    let plans = || query.plans();
    let mut within = false;
    plans().for_each(|plan| plan.walk(&mut |expr| expr.plan(&mut |_| within = true)));
    if !within && plans().map(tables).sum::<usize>() == 1 {
        found.push(
            LINT.at(
                *span,
                format!("this looks back less far than `queryFrequency`, which is {}", frequency.value.text),
            )
            .label("what came before that, no run looks at")
            .help("lengthen the window, or leave it to `queryPeriod`"),
        );
    }
}

/// How often a plan reads records from outside of the query.
fn tables(plan: &Plan) -> usize {
    let mut count = usize::from(!matches!(
        plan.source.kind,
        SourceKind::Unit | SourceKind::Input | SourceKind::Shared(..) | SourceKind::Rows(_) | SourceKind::Union(_)
    ));
    plan.source.kind.plans(&mut |plan| count += tables(plan));
    for step in &plan.steps {
        step.op.plans(&mut |plan| count += tables(plan));
    }
    count
}
