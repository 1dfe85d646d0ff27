//! F100.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for an `incidentConfiguration` without `createIncident`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// incidentConfiguration:
    ///   groupingConfiguration:
    ///     enabled: false
    ///     reopenClosedIncident: false
    ///     lookbackDuration: PT5H
    ///     matchingMethod: AllEntities
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    /// ```
    "F100" "missing-create-incident" Error, fix: None, since: "0.1.0",
    summary: "The incident settings do not say whether there is to be an incident.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(incident) = &context.rule.incident_configuration else { return };
    let node = context.rule.node.get("incidentConfiguration").map(|entry| &entry.value);
    let given =
        incident.value.create_incident.is_some() || node.is_some_and(|node| node.get("createIncident").is_some());
    if !given && context.is_flat() {
        found.push(graded(
            context,
            LINT.at(incident.key, "`incidentConfiguration` has no `createIncident`").label("add `createIncident`"),
        ));
    }
}
