//! F103.

use super::shared::{graded, replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::same_letters;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for a `matchingMethod` other than `AllEntities`, `AnyAlert` and `Selected`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: PT5H
    ///     matchingMethod: allEntities
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: PT5H
    ///     matchingMethod: AllEntities
    /// ```
    ///
    /// ## Fix safety
    /// Safe where only the case is wrong; another name that is near is a guess.
    "F103" "unknown-matching-method" Error, fix: Sometimes, since: "0.1.0",
    summary: "Alerts cannot be matched in this way.",
    check: Rule(check)
}

pub(in crate::lint) const METHODS: &[&str] = &["AllEntities", "AnyAlert", "Selected"];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let incident = context.rule.incident_configuration.as_ref();
    let Some(grouping) = incident.and_then(|incident| incident.value.grouping.as_ref()) else { return };
    let Some(method) = settled(context, grouping.value.matching_method.as_ref()) else { return };
    if METHODS.contains(&method.value.as_str()) {
        return;
    }
    let diagnostic = graded(
        context,
        LINT.at(method.span, format!("alerts cannot be matched by `{}`", method.value))
            .label("`AllEntities`, `AnyAlert` or `Selected` is due"),
    );
    let (known, applicability) = match same_letters(&method.value, METHODS.iter().copied()) {
        Some(known) => (Some(known), Applicability::Safe),
        None => (nearest(&method.value, METHODS.iter().copied()), Applicability::Unsafe),
    };
    found.push(match known {
        Some(known) => diagnostic.fix(
            format!("write `{known}`"),
            applicability,
            vec![replace(context.source(), method.span, known)],
        ),
        None => diagnostic,
    });
}
