//! F005.

use super::shared::{replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for a `kind` that is neither `Scheduled` nor `NRT`, nor one of the words that mark a hunting query.
    ///
    /// ## Why it is bad
    /// The service does not know what to do with the rule.
    ///
    /// ## Example
    /// ```yaml
    /// kind: Schedule
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// kind: Scheduled
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the nearest known word is a guess.
    "F005" "unknown-kind" Error, fix: Sometimes, since: "0.1.0",
    summary: "The `kind` is none that a rule can have.",
    check: Rule(check)
}

/// Kinds of analytic rules, also those that no file describes, and what hunting queries are marked with.
const KINDS: &[&str] = &[
    "Scheduled",
    "NRT",
    "Fusion",
    "MLBehaviorAnalytics",
    "MicrosoftSecurityIncidentCreation",
    "ThreatIntelligence",
    "Anomaly",
    "Hunting",
    "HuntingQuery",
];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(kind) = settled(context, context.rule.kind.as_ref()) else { return };
    if KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind.value.trim())) {
        return;
    }
    let diagnostic = LINT
        .at(kind.span, format!("there is no kind of rule called `{}`", kind.value))
        .label("`Scheduled` or `NRT` is due");
    found.push(match nearest(&kind.value, KINDS.iter().copied()) {
        Some(near) => diagnostic.fix(
            format!("write `{near}`"),
            Applicability::Unsafe,
            vec![replace(context.source(), kind.span, near)],
        ),
        None => diagnostic,
    });
}
