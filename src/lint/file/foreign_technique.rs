//! F029.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::{serves, tactic_spelled, tactics_of, technique};

lint! {
    /// ## What it does
    /// Looks for techniques that serve none of the `tactics` which the rule names. A technique that the table does not know is
    /// passed over.
    ///
    /// ## Why it is bad
    /// The public repository's checks refuse it, and one of the two is wrong.
    ///
    /// ## Example
    /// ```yaml
    /// tactics:
    ///   - Exfiltration
    /// relevantTechniques:
    ///   - T1059
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// tactics:
    ///   - Execution
    /// relevantTechniques:
    ///   - T1059
    /// ```
    "F029" "foreign-technique" Error, fix: None, since: "0.1.0",
    summary: "The technique serves none of the rule's tactics.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(tactics) = context.rule.tactics.as_ref().filter(|tactics| !tactics.value.is_empty()) else { return };
    let named: Vec<&str> = tactics.value.iter().filter_map(|tactic| tactic_spelled(&tactic.value)).collect();
    // One that nobody knows may be meant for any of them.
    if named.len() < tactics.value.len() {
        return;
    }
    for item in context.rule.relevant_techniques.iter().flat_map(|list| &list.value) {
        let Some(number) = technique(&item.value) else { continue };
        let served = tactics_of(number);
        if served.is_empty() || named.iter().any(|tactic| serves(number, tactic)) {
            continue;
        }
        let served = served.iter().map(|tactic| format!("`{tactic}`")).collect::<Vec<_>>().join(", ");
        found.push(graded(
            context,
            LINT.at(item.span, format!("`{}` serves none of the rule's tactics", item.value))
                .label(format!("serves {served}"))
                .related(tactics.key, "the rule's tactics")
                .help("add the tactic, or take the technique out"),
        ));
    }
}
