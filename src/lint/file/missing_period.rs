//! F041.

use super::shared::missing_of_schedule;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for scheduled rules without `queryPeriod`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml without=queryPeriod
    /// queryFrequency: 1h
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1h
    /// ```
    "F041" "missing-period" Error, fix: None, since: "0.1.0",
    summary: "The scheduled rule does not say how far back it looks.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let there = context.rule.query_period.is_some();
    let help = "how far back each run looks, such as `1h`";
    found.extend(missing_of_schedule(&LINT, context, "queryPeriod", there, help));
}
