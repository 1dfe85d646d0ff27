//! F027.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::{NEWEST, is_ics, tactics_of, technique, withdrawn};

lint! {
    /// ## What it does
    /// Looks for techniques that are neither in the enterprise matrix of ATT&CK nor withdrawn from it, nor of the matrix for
    /// industrial control systems. Numbers above the highest known one are taken for new.
    ///
    /// ## Why it is bad
    /// It is most often a slip of the finger, and the rule is then counted under nothing.
    ///
    /// ## Example
    /// ```yaml
    /// relevantTechniques:
    ///   - T1000
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// relevantTechniques:
    ///   - T1078
    /// ```
    "F027" "unknown-technique" Warning, fix: None, since: "0.1.0",
    summary: "ATT&CK's enterprise matrix has no technique of this number.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for item in context.rule.relevant_techniques.iter().flat_map(|list| &list.value) {
        let Some(number) = technique(&item.value) else { continue };
        let known = is_ics(number) || number > NEWEST || withdrawn(number).is_some() || !tactics_of(number).is_empty();
        if !known {
            found.push(
                LINT.at(item.span, format!("ATT&CK has no technique `{}`", item.value))
                    .label("not in the enterprise matrix"),
            );
        }
    }
}
