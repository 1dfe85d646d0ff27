//! Q032.

use super::shared::main_stages;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::OperatorKind;

lint! {
    /// ## What it does
    /// Looks for `take`, `limit` and `sample` behind the last filter of an analytic rule.
    ///
    /// ## Why it is bad
    /// Which records are left is up to chance, and so is what is alerted on; the trigger and the grouping of events
    /// count what is left.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | take 10
    ///   | project TimeGenerated, UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | project TimeGenerated, UserPrincipalName
    /// ```
    "Q032" "row-limit" Warning, fix: None, since: "0.1.0",
    summary: "A rule that raises alerts cuts its result off.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.raises_alerts() {
        return;
    }
    for stage in main_stages(context) {
        if matches!(stage.kind, OperatorKind::Take(_) | OperatorKind::Sample(_)) {
            found.push(
                LINT.at(stage.span, "the rule keeps some of its records and drops the others")
                    .label("which ones is up to chance")
                    .help("take it out, or write `top … by …`"),
            );
        }
    }
}
