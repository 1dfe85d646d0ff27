//! F021.

use super::shared::{graded, replace};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::{TACTICS, tactic_spelled};
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for entries of `tactics` that are no tactic of ATT&CK.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. For hunting queries, which are not checked as strictly, it is a warning: the query is not
    /// found under any tactic.
    ///
    /// ## Example
    /// ```yaml
    /// tactics:
    ///   - Ransomware
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// tactics:
    ///   - Impact
    /// relevantTechniques:
    ///   - T1486
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the nearest tactic is a guess.
    "F021" "unknown-tactic" Error, fix: Sometimes, since: "0.1.0",
    summary: "There is no tactic of this name.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for tactic in context.rule.tactics.iter().flat_map(|tactics| &tactics.value) {
        if tactic_spelled(&tactic.value).is_some() {
            continue;
        }
        let diagnostic = graded(
            context,
            LINT.at(tactic.span, format!("there is no tactic `{}`", tactic.value)).label("no tactic of ATT&CK"),
        );
        let compact: String = tactic.value.split(' ').collect();
        found.push(match nearest(&compact, TACTICS.iter().map(|&(name, _)| name)) {
            Some(near) => diagnostic.fix(
                format!("write `{near}`"),
                Applicability::Unsafe,
                vec![replace(context.source(), tactic.span, near)],
            ),
            None => diagnostic,
        });
    }
}
