//! F115.

use super::shared::{add_key, has_key};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for analytic rules without a `version`.
    ///
    /// ## Why it is bad
    /// Without one, those who have deployed the rule are not told that there is a newer one. Off by default: older packs have
    /// none.
    ///
    /// ## Example
    /// ```yaml without=version
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// version: 1.0.0
    /// ```
    ///
    /// ## Fix safety
    /// The fix adds `version: 1.0.0`.
    "F115" "missing-version" Off, fix: Sometimes, since: "0.1.0",
    summary: "The rule has no `version`.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.intent.is_analytic() || has_key(context, "version") || has_key(context, "templateVersion") {
        return;
    }
    let diagnostic = LINT.at(context.head(), "the rule has no `version`").label("add `version`");
    found.push(match add_key(context, "version: 1.0.0") {
        Some(edit) => diagnostic.fix("begin with version 1.0.0", Applicability::Safe, vec![edit]),
        None => diagnostic,
    });
}
