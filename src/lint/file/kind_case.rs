//! F006.

use super::shared::{replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `scheduled`, `Nrt` and the like.
    ///
    /// ## Why it is bad
    /// The repository's own reader is lenient about it. Other readers, and searches over a pack, are not.
    ///
    /// ## Example
    /// ```yaml
    /// kind: scheduled
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// kind: Scheduled
    /// ```
    ///
    /// ## Fix safety
    /// The word stays the same but for its case.
    "F006" "kind-in-other-case" Warning, fix: Always, since: "0.1.0",
    summary: "The `kind` is written in another case than the schema writes it.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(kind) = settled(context, context.rule.kind.as_ref()) else { return };
    let known = ["Scheduled", "NRT"].into_iter().find(|known| known.eq_ignore_ascii_case(&kind.value));
    let Some(known) = known.filter(|known| *known != kind.value) else { return };
    found.push(LINT.at(kind.span, format!("the kind is written `{known}`")).fix(
        format!("write `{known}`"),
        Applicability::Safe,
        vec![replace(context.source(), kind.span, known)],
    ));
}
