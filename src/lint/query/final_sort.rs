//! Q035.

use super::shared::main_stages;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::OperatorKind;

lint! {
    /// ## What it does
    /// Looks for `sort` as the last operator of an analytic rule.
    ///
    /// ## Why it is bad
    /// Nobody reads the result in its order: alerts are raised from the records as they come.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | project TimeGenerated, UserPrincipalName
    ///   | sort by TimeGenerated desc
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | project TimeGenerated, UserPrincipalName
    /// ```
    "Q035" "final-sort" Off, fix: None, since: "0.1.0",
    summary: "A rule that raises alerts sorts its result.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.raises_alerts()
        && let Some(last) = main_stages(context).last()
        && matches!(last.kind, OperatorKind::Sort(_))
    {
        found.push(LINT.at(last.keyword, "the order of the result is not used").label("sorts for nothing"));
    }
}
