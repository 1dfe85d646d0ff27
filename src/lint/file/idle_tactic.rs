//! F030.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::{is_ics, serves, tactic_spelled, tactics_of, technique};

lint! {
    /// ## What it does
    /// Looks for tactics that none of the rule's techniques serves, in rules that name techniques.
    ///
    /// ## Why it is bad
    /// Coverage by technique and by tactic then disagree. Off by default: a tactic may be meant more widely.
    ///
    /// ## Example
    /// ```yaml
    /// tactics:
    ///   - InitialAccess
    ///   - Exfiltration
    /// relevantTechniques:
    ///   - T1078
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// tactics:
    ///   - InitialAccess
    /// relevantTechniques:
    ///   - T1078
    /// ```
    "F030" "tactic-without-technique" Off, fix: None, since: "0.1.0",
    summary: "None of the rule's techniques serves this tactic.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(techniques) = context.rule.relevant_techniques.as_ref().filter(|list| !list.value.is_empty()) else {
        return;
    };
    let numbers: Vec<u16> = techniques.value.iter().filter_map(|item| technique(&item.value)).collect();
    // Of a technique that is not in the table nobody knows what it serves.
    if numbers.len() < techniques.value.len()
        || numbers.iter().any(|&number| is_ics(number) || tactics_of(number).is_empty())
    {
        return;
    }
    for tactic in context.rule.tactics.iter().flat_map(|tactics| &tactics.value) {
        let Some(name) = tactic_spelled(&tactic.value) else { continue };
        if !numbers.iter().any(|&number| serves(number, name)) {
            found.push(
                LINT.at(tactic.span, format!("none of the rule's techniques serves `{name}`")).label("stands alone"),
            );
        }
    }
}
