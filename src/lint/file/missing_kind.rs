//! F004.

use super::shared::{add_key, has_key, likely};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for analytic rules without a `kind`.
    ///
    /// ## Why it is bad
    /// The service and the public repository's checks read the other fields by the `kind`, and refuse a rule that has none.
    /// Hunting queries need none.
    ///
    /// ## Example
    /// ```yaml without=kind
    /// queryFrequency: 1h
    /// queryPeriod: 1h
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// kind: Scheduled
    /// queryFrequency: 1h
    /// queryPeriod: 1h
    /// ```
    ///
    /// ## Fix safety
    /// A rule with a schedule can only be a scheduled one, so the fix says what was meant.
    "F004" "missing-kind" Error, fix: Sometimes, since: "0.1.0",
    summary: "The rule does not say whether it is scheduled or near-real-time.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.intent.is_scheduled() || has_key(context, "kind") {
        return;
    }
    let diagnostic = LINT.at(context.head(), "the rule has no `kind`").label("add `kind`");
    if !context.intent.is_analytic() {
        found.push(likely(diagnostic));
        return;
    }
    let diagnostic = diagnostic.note("it has what only a scheduled rule has");
    found.push(match add_key(context, "kind: Scheduled") {
        Some(edit) => diagnostic.fix("say that the rule is scheduled", Applicability::Safe, vec![edit]),
        None => diagnostic.help("add `kind: Scheduled`"),
    });
}
