//! F028.

use super::shared::replace;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::{technique, withdrawn};

lint! {
    /// ## What it does
    /// Looks for techniques that ATT&CK has withdrawn, most of them in 2020, when sub-techniques came.
    ///
    /// ## Why it is bad
    /// Links to it lead elsewhere, and newer tools do not count it.
    ///
    /// ## Example
    /// ```yaml
    /// tactics:
    ///   - DefenseEvasion
    /// relevantTechniques:
    ///   - T1089
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// tactics:
    ///   - DefenseEvasion
    /// relevantTechniques:
    ///   - T1562.001
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: ATT&CK names a successor, which is at times wider or narrower than what the rule is about, and may serve other
    /// tactics.
    "F028" "withdrawn-technique" Warning, fix: Sometimes, since: "0.1.0",
    summary: "ATT&CK has withdrawn this technique.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for item in context.rule.relevant_techniques.iter().flat_map(|list| &list.value) {
        let Some(now) = technique(&item.value).and_then(withdrawn) else { continue };
        let diagnostic = LINT.at(item.span, format!("ATT&CK has withdrawn `{}`", item.value));
        found.push(if now.is_empty() {
            diagnostic.label("without a successor")
        } else {
            diagnostic.label(format!("`{now}` took its place")).fix(
                format!("write `{now}`"),
                Applicability::Unsafe,
                vec![replace(context.source(), item.span, now)],
            )
        });
    }
}
