//! F101.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `groupingConfiguration` without `enabled`, `reopenClosedIncident`, `lookbackDuration` or `matchingMethod`.
    ///
    /// ## Why it is bad
    /// The service wants all four, also where grouping is not enabled, and refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     matchingMethod: AllEntities
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
    "F101" "incomplete-grouping" Error, fix: None, since: "0.1.0",
    summary: "The settings for grouping alerts lack a key that they must have.",
    check: Rule(check)
}

const KEYS: &[&str] = &["enabled", "reopenClosedIncident", "lookbackDuration", "matchingMethod"];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let incident = context.rule.incident_configuration.as_ref();
    let Some(grouping) = incident.and_then(|incident| incident.value.grouping.as_ref()) else { return };
    let Some(node) = context.rule.node.get("incidentConfiguration") else { return };
    let Some(node) = node.value.get("groupingConfiguration") else { return };
    let missing: Vec<String> =
        KEYS.iter().filter(|key| node.value.get(key).is_none()).map(|key| format!("`{key}`")).collect();
    if !missing.is_empty() {
        let list = missing.join(", ");
        found.push(graded(
            context,
            LINT.at(grouping.key, format!("`groupingConfiguration` lacks {list}")).label(format!("add {list}")),
        ));
    }
}
