//! F051.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `triggerThreshold` that is not between 0 and 10,000.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. Larger numbers are compared in the query.
    ///
    /// ## Example
    /// ```yaml
    /// triggerThreshold: 50000
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// triggerThreshold: 0
    /// ```
    "F051" "threshold-out-of-range" Error, fix: None, since: "0.1.0",
    summary: "The threshold is below 0 or above 10,000.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(threshold) = &context.rule.trigger_threshold else { return };
    if !(0..=10_000).contains(&threshold.value) {
        found.push(
            LINT.at(threshold.span, format!("the threshold is {}", threshold.value)).label("0 to 10,000 are allowed"),
        );
    }
}
