//! Q036.

use super::shared::windows;
use crate::diagnostic::Diagnostic;
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
    for (span, back) in windows(query) {
        if back > period.value.ticks && seen.insert(span) {
            found.push(
                LINT.at(span, format!("this looks further back than `queryPeriod`, which is {}", period.value.text))
                    .label("older records are not there")
                    .help("lengthen `queryPeriod`, or shorten the window"),
            );
        }
    }
}
