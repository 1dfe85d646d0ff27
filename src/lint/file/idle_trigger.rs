//! F053.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::TriggerOperator;

lint! {
    /// ## What it does
    /// Looks for `triggerOperator: lt` with `triggerThreshold: 0`.
    ///
    /// ## Why it is bad
    /// No query gives fewer than no rows, so there is never an alert.
    ///
    /// ## Example
    /// ```yaml
    /// triggerOperator: lt
    /// triggerThreshold: 0
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// triggerOperator: gt
    /// triggerThreshold: 0
    /// ```
    "F053" "idle-trigger" Warning, fix: None, since: "0.1.0",
    summary: "The comparison can never hold, so the rule never raises an alert.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(operator), Some(threshold)) = (&context.rule.trigger_operator, &context.rule.trigger_threshold) else {
        return;
    };
    if TriggerOperator::parse(&operator.value) == Some(TriggerOperator::LessThan) && threshold.value == 0 {
        found.push(
            LINT.at(operator.span, "no query gives fewer than 0 rows, so the rule never fires")
                .label("never holds")
                .related(threshold.span, "compared with this")
                .help("`gt` raises an alert when there is any row"),
        );
    }
}
