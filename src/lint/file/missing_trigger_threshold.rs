//! F043.

use super::shared::missing_of_schedule;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for scheduled rules without `triggerThreshold`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml without=triggerThreshold
    /// triggerOperator: gt
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// triggerOperator: gt
    /// triggerThreshold: 0
    /// ```
    "F043" "missing-trigger-threshold" Error, fix: None, since: "0.1.0",
    summary: "The scheduled rule does not say how many rows raise an alert.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let there = context.rule.trigger_threshold.is_some();
    let help = "the number of rows that the operator compares with: mostly `0`";
    found.extend(missing_of_schedule(&LINT, context, "triggerThreshold", there, help));
}
