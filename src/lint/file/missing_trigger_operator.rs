//! F042.

use super::shared::missing_of_schedule;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for scheduled rules without `triggerOperator`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml without=triggerOperator
    /// triggerThreshold: 0
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// triggerOperator: gt
    /// triggerThreshold: 0
    /// ```
    "F042" "missing-trigger-operator" Error, fix: None, since: "0.1.0",
    summary: "The scheduled rule does not say how the number of rows is compared.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let there = context.rule.trigger_operator.is_some();
    let help = "how the number of rows is compared with the threshold: mostly `gt`";
    found.extend(missing_of_schedule(&LINT, context, "triggerOperator", there, help));
}
