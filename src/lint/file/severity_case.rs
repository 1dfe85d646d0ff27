//! F015.

use super::shared::{replace, settled};
use super::unknown_severity::SEVERITIES;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `HIGH`, `medium` and the like.
    ///
    /// ## Why it is bad
    /// Values of the schema are told apart by case; readers that are strict refuse the rule.
    ///
    /// ## Example
    /// ```yaml
    /// severity: HIGH
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// severity: High
    /// ```
    ///
    /// ## Fix safety
    /// The word stays the same but for its case.
    "F015" "severity-in-other-case" Warning, fix: Always, since: "0.1.0",
    summary: "The severity is written in another case than the schema writes it.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(severity) = settled(context, context.rule.severity.as_ref()) else { return };
    let known = SEVERITIES.iter().find(|known| known.eq_ignore_ascii_case(&severity.value));
    let Some(known) = known.filter(|known| **known != severity.value) else { return };
    found.push(LINT.at(severity.span, format!("the severity is written `{known}`")).fix(
        format!("write `{known}`"),
        Applicability::Safe,
        vec![replace(context.source(), severity.span, known)],
    ));
}
