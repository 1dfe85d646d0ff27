//! F023.

use super::shared::remove_item;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for entries of `tactics` and `relevantTechniques` that stand in the list already.
    ///
    /// ## Why it is bad
    /// The second says nothing, and is often a slip for another one.
    ///
    /// ## Example
    /// ```yaml
    /// tactics:
    ///   - InitialAccess
    ///   - InitialAccess
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// tactics:
    ///   - InitialAccess
    /// ```
    ///
    /// ## Fix safety
    /// The list means the same without the repetition.
    "F023" "duplicate-tactic" Warning, fix: Sometimes, since: "0.1.0",
    summary: "A tactic or technique is given twice.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let rule = context.rule;
    for list in rule.tactics.iter().chain(&rule.relevant_techniques) {
        for (index, item) in list.value.iter().enumerate() {
            let Some(first) = list.value[..index].iter().find(|first| first.value == item.value) else { continue };
            let diagnostic = LINT
                .at(item.span, format!("`{}` is given twice", item.value))
                .label("again")
                .related(first.span, "given before");
            found.push(match remove_item(context.source(), item.span) {
                Some(edit) => diagnostic.fix("take the repetition out", Applicability::Safe, vec![edit]),
                None => diagnostic,
            });
        }
    }
}
