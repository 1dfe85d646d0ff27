//! F080.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `customDetails` with more than twenty pairs.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// customDetails: {A: A, B: B, C: C, D: D, E: E, F: F, G: G, H: H, I: I, J: J, K: K, L: L, M: M, N: N, O: O, P: P, Q: Q, R: R, S: S, T: T, U: U}
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// customDetails: {A: A, B: B}
    /// ```
    "F080" "too-many-custom-details" Error, fix: None, since: "0.1.0",
    summary: "The rule has more than twenty custom details.",
    check: Rule(check)
}

const MOST: usize = 20;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(details) = &context.rule.custom_details else { return };
    if let Some(first) = details.value.get(MOST) {
        found.push(graded(
            context,
            LINT.at(first.key, format!("the rule has {} custom details where {MOST} are allowed", details.value.len()))
                .label("the first one too many"),
        ));
    }
}
