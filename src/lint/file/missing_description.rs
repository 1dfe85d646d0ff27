//! F010.

use super::shared::graded;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::Intent;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for rules without a `description`, or with an empty one. For hunting queries it is a warning.
    ///
    /// ## Why it is bad
    /// The public repository's checks refuse an analytic rule without one, and whoever gets the alert has nothing to go by. A
    /// resource of ARM may do without: there it is a warning.
    ///
    /// ## Example
    /// ```yaml without=description
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// description: Identifies sign-ins from countries that a user has not been seen in for a month.
    /// ```
    "F010" "missing-description" Error, fix: None, since: "0.1.0",
    summary: "The rule has no `description`.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if matches!(context.intent, Intent::Other | Intent::Exploration) {
        return;
    }
    let diagnostic = match &context.rule.description {
        Some(text) if !text.value.trim().is_empty() => return,
        Some(text) => LINT.at(text.key, "the description is empty").label("says nothing"),
        None => LINT.at(context.head(), "the rule has no `description`").label("add `description`"),
    };
    let mut diagnostic = graded(context, diagnostic);
    if !context.is_flat() {
        diagnostic.severity = diagnostic.severity.min(Severity::Warning);
    }
    found.push(diagnostic);
}
