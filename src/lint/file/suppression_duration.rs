//! F110.

use super::shared::{graded, has_key};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `suppressionEnabled: true` without a `suppressionDuration`.
    ///
    /// ## Why it is bad
    /// The service wants both.
    ///
    /// ## Example
    /// ```yaml
    /// suppressionEnabled: true
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// suppressionEnabled: true
    /// suppressionDuration: PT5H
    /// ```
    "F110" "missing-suppression-duration" Error, fix: None, since: "0.1.0",
    summary: "The rule is to be suppressed after an alert, and does not say for how long.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(enabled) = context.rule.suppression_enabled.as_ref().filter(|enabled| enabled.value) else { return };
    if !has_key(context, "suppressionDuration") {
        found.push(graded(
            context,
            LINT.at(enabled.key, "the rule is to be suppressed, and does not say for how long")
                .label("add `suppressionDuration`"),
        ));
    }
}
