//! F022.

use super::shared::{graded, replace};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::{is_tactic, tactic_spelled};

lint! {
    /// ## What it does
    /// Looks for tactics with blanks, in another case, or given by their ATT&CK identifier.
    ///
    /// ## Why it is bad
    /// The service takes one spelling of each tactic, without blanks, and refuses others.
    ///
    /// ## Example
    /// ```yaml
    /// tactics:
    ///   - Initial Access
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// tactics:
    ///   - InitialAccess
    /// ```
    ///
    /// ## Fix safety
    /// The tactic stays the same.
    "F022" "tactic-spelling" Error, fix: Always, since: "0.1.0",
    summary: "The tactic is written otherwise than the service writes it.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for tactic in context.rule.tactics.iter().flat_map(|tactics| &tactics.value) {
        let Some(name) = tactic_spelled(&tactic.value).filter(|_| !is_tactic(&tactic.value)) else { continue };
        found.push(graded(context, LINT.at(tactic.span, format!("the tactic is written `{name}`"))).fix(
            format!("write `{name}`"),
            Applicability::Safe,
            vec![replace(context.source(), tactic.span, name)],
        ));
    }
}
