//! F020.

use super::shared::has_key;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for analytic rules without `tactics`.
    ///
    /// ## Why it is bad
    /// Alerts are grouped, filtered and counted by tactic; one without falls out of every such view.
    ///
    /// ## Example
    /// ```yaml without=tactics,relevantTechniques
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// tactics:
    ///   - InitialAccess
    /// ```
    "F020" "missing-tactics" Warning, fix: None, since: "0.1.0",
    summary: "The rule names no tactic.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.intent.is_analytic() {
        return;
    }
    match &context.rule.tactics {
        Some(tactics)
            if tactics.value.is_empty()
                && context
                    .rule
                    .node
                    .get("tactics")
                    .is_some_and(|entry| entry.value.as_sequence().is_some_and(<[_]>::is_empty)) =>
        {
            found.push(LINT.at(tactics.key, "the list of tactics is empty").label("names none"));
        }
        None if !has_key(context, "tactics") => {
            found.push(LINT.at(context.head(), "the rule has no `tactics`").label("add `tactics`"));
        }
        _ => {}
    }
}
