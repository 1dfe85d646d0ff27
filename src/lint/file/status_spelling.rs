//! F018.

use super::shared::{replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `status` that is `Available` or `Experimental` but for its case.
    ///
    /// ## Why it is bad
    /// Searches over a pack by status miss the rule.
    ///
    /// ## Example
    /// ```yaml
    /// status: available
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// status: Available
    /// ```
    ///
    /// ## Fix safety
    /// The word stays the same but for its case.
    "F018" "status-spelling" Warning, fix: Always, since: "0.1.0",
    summary: "The status is misspelt.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(status) = settled(context, context.rule.status.as_ref()) else { return };
    let known = ["Available", "Experimental"].into_iter().find(|known| known.eq_ignore_ascii_case(&status.value));
    let Some(known) = known.filter(|known| *known != status.value) else { return };
    found.push(LINT.at(status.span, format!("the status is written `{known}`")).fix(
        format!("write `{known}`"),
        Applicability::Safe,
        vec![replace(context.source(), status.span, known)],
    ));
}
