//! F111.

use super::shared::{DAY, MINUTE, graded, told};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `suppressionDuration` below 5 minutes or above 24 hours.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// suppressionEnabled: true
    /// suppressionDuration: P2D
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// suppressionEnabled: true
    /// suppressionDuration: P1D
    /// ```
    "F111" "suppression-out-of-range" Error, fix: None, since: "0.1.0",
    summary: "A rule cannot be suppressed for so short or so long a time.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(duration) = &context.rule.suppression_duration else { return };
    let off = context.rule.suppression_enabled.as_ref().is_some_and(|enabled| !enabled.value);
    let most_only = duration.value.ticks > DAY;
    if most_only || !off && duration.value.ticks < 5 * MINUTE {
        found.push(graded(
            context,
            LINT.at(duration.span, format!("the rule is to be suppressed for {}", told(&duration.value)))
                .label("5 minutes to 24 hours are allowed"),
        ));
    }
}
