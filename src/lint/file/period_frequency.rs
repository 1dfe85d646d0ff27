//! F046.

use super::shared::told;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `queryPeriod` that is shorter than the `queryFrequency`.
    ///
    /// ## Why it is bad
    /// Events between the end of one window and the beginning of the next are never seen. The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// queryFrequency: 1d
    /// queryPeriod: 4h
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1d
    /// queryPeriod: 1d
    /// ```
    "F046" "period-shorter-than-frequency" Error, fix: None, since: "0.1.0",
    summary: "Between two runs there is time that no run looks at.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(frequency), Some(period)) = (&context.rule.query_frequency, &context.rule.query_period) else { return };
    if period.value.ticks < frequency.value.ticks && context.intent.is_analytic() {
        found.push(
            LINT.at(
                period.span,
                format!("the rule runs every {} and looks back only {}", told(&frequency.value), told(&period.value)),
            )
            .label("shorter than the time between two runs")
            .related(frequency.span, "how often it runs")
            .help("look back at least as far as the time between two runs"),
        );
    }
}
