//! F007.

use crate::diagnostic::Diagnostic;
use crate::lint::Intent;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for rules and hunting queries without a `name`, or with an empty one.
    ///
    /// ## Why it is bad
    /// The name is what analysts see in lists and alerts; the service refuses a rule without one.
    ///
    /// ## Example
    /// ```yaml without=name
    /// severity: High
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// severity: High
    /// ```
    "F007" "missing-name" Error, fix: None, since: "0.1.0",
    summary: "The rule has no `name`.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.intent == Intent::Other {
        return;
    }
    match &context.rule.name {
        Some(name) if !name.value.trim().is_empty() => {}
        Some(name) => found.push(LINT.at(name.key, "the rule's name is empty").label("says nothing")),
        None => found.push(LINT.at(context.head(), "the rule has no name").label("add `name`")),
    }
}
