//! F044.

use super::shared::{DAY, MINUTE, told};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `queryFrequency` below 5 minutes or above 14 days.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. For runs closer together than 5 minutes there are near-real-time rules.
    ///
    /// ## Example
    /// ```yaml
    /// queryFrequency: 1m
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 5m
    /// ```
    "F044" "frequency-out-of-range" Error, fix: None, since: "0.1.0",
    summary: "The rule runs more often or less often than the service allows.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(frequency) = context.rule.query_frequency.as_ref().filter(|_| context.intent.is_analytic()) else {
        return;
    };
    if !(5 * MINUTE..=14 * DAY).contains(&frequency.value.ticks) {
        found.push(
            LINT.at(frequency.span, format!("the rule is to run every {}", told(&frequency.value)))
                .label("5 minutes to 14 days are allowed"),
        );
    }
}
