//! F047.

use super::shared::{DAY, HOUR, MINUTE, told};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `queryFrequency` below one hour where the `queryPeriod` is two days or more.
    ///
    /// ## Why it is bad
    /// The service refuses the rule, since it would read the same days again every few minutes.
    ///
    /// ## Example
    /// ```yaml
    /// queryFrequency: 30m
    /// queryPeriod: 7d
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 7d
    /// ```
    "F047" "frequent-run-over-long-period" Error, fix: None, since: "0.1.0",
    summary: "A rule that looks back two days or more may run once an hour at most.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(frequency), Some(period)) = (&context.rule.query_frequency, &context.rule.query_period) else { return };
    // Below five minutes it is out of range already.
    let often = (5 * MINUTE..HOUR).contains(&frequency.value.ticks);
    if period.value.ticks >= 2 * DAY && often && context.intent.is_analytic() {
        found.push(
            LINT.at(
                frequency.span,
                format!("the rule looks back {} every {}", told(&period.value), told(&frequency.value)),
            )
            .label("`1h` is the least here")
            .related(period.span, "two days or more"),
        );
    }
}
