//! F120.

use super::misspelt_key::{elsewhere, near};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for keys of analytic rules in YAML that the schema does not know, at any depth.
    ///
    /// ## Why it is bad
    /// Nothing reads them, so whatever they were to say does not hold.
    ///
    /// ## Example
    /// ```yaml
    /// owner: Blue team
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// metadata:
    ///   author:
    ///     name: Blue team
    /// ```
    "F120" "unknown-key" Warning, fix: None, since: "0.1.0",
    summary: "The schema of rules has no such key.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.is_flat() || !(context.intent.is_analytic() || context.intent.is_scheduled()) {
        return;
    }
    for unknown in &context.rule.unknown {
        if near(unknown).is_none() && elsewhere(unknown).is_none() && unknown.name != "suppressionSettings" {
            found.push(
                LINT.at(
                    unknown.key,
                    format!("rules have no key `{}`{}", unknown.name, super::misspelt_key::place(unknown)),
                )
                .label("nothing reads it"),
            );
        }
    }
}
