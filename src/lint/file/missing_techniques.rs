//! F024.

use super::shared::has_key;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for analytic rules without `relevantTechniques`.
    ///
    /// ## Why it is bad
    /// A tactic alone says little about what is being detected, and coverage is counted by technique. Off by default: some rules
    /// are about no technique in particular.
    ///
    /// ## Example
    /// ```yaml without=relevantTechniques
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// relevantTechniques:
    ///   - T1078
    /// ```
    "F024" "missing-techniques" Off, fix: None, since: "0.1.0",
    summary: "The rule names no technique.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let keys = ["relevantTechniques", "techniques"];
    if context.intent.is_analytic() && !keys.iter().any(|key| has_key(context, key)) {
        found.push(LINT.at(context.head(), "the rule names no technique").label("add `relevantTechniques`"));
    }
}
