//! F045.

use super::shared::{DAY, MINUTE, told};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `queryPeriod` below 5 minutes or above 14 days.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. Longer baselines have to be kept elsewhere, such as in a watchlist or a summary table.
    ///
    /// ## Example
    /// ```yaml
    /// queryFrequency: 1d
    /// queryPeriod: 30d
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1d
    /// queryPeriod: 14d
    /// ```
    "F045" "period-out-of-range" Error, fix: None, since: "0.1.0",
    summary: "The rule looks further back, or less far, than the service allows.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(period) = context.rule.query_period.as_ref().filter(|_| context.intent.is_analytic()) else { return };
    if !(5 * MINUTE..=14 * DAY).contains(&period.value.ticks) {
        found.push(
            LINT.at(period.span, format!("the rule is to look back {}", told(&period.value)))
                .label("5 minutes to 14 days are allowed"),
        );
    }
}
