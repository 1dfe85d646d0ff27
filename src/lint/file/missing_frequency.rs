//! F040.

use super::shared::missing_of_schedule;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for scheduled rules without `queryFrequency`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml without=queryFrequency
    /// queryPeriod: 1h
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1h
    /// ```
    "F040" "missing-frequency" Error, fix: None, since: "0.1.0",
    summary: "The scheduled rule does not say how often it runs.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let there = context.rule.query_frequency.is_some();
    let help = "how often the rule runs, such as `1h`";
    found.extend(missing_of_schedule(&LINT, context, "queryFrequency", there, help));
}
