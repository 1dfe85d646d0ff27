//! F013.

use super::shared::{has_key, likely};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for analytic rules without a `severity`. Hunting queries need none.
    ///
    /// ## Why it is bad
    /// The service refuses a rule that does not say how grave its alerts are.
    ///
    /// ## Example
    /// ```yaml without=severity
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// severity: Medium
    /// ```
    "F013" "missing-severity" Error, fix: None, since: "0.1.0",
    summary: "The rule has no `severity`.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let alerts = context.intent.is_analytic() || context.intent.is_scheduled();
    if !alerts || has_key(context, "severity") {
        return;
    }
    let diagnostic = LINT
        .at(context.head(), "the rule has no `severity`")
        .label("add `severity`")
        .help("one of `High`, `Medium`, `Low` and `Informational`");
    found.push(if context.intent.is_analytic() { diagnostic } else { likely(diagnostic) });
}
