//! F107.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::entity::entity;

lint! {
    /// ## What it does
    /// Looks in `groupByEntities` for types that `entityMappings` does not map, and in `groupByCustomDetails` for keys that
    /// `customDetails` does not have, where `matchingMethod` is `Selected`.
    ///
    /// ## Why it is bad
    /// The alerts never have what they are to be grouped by.
    ///
    /// ## Example
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: PT5H
    ///     matchingMethod: Selected
    ///     groupByEntities:
    ///       - Mailbox
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
    ///     matchingMethod: Selected
    ///     groupByEntities:
    ///       - Account
    /// ```
    "F107" "unmapped-group-by" Warning, fix: None, since: "0.1.0",
    summary: "Alerts are grouped by something that the rule does not give them.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let rule = context.rule;
    let incident = rule.incident_configuration.as_ref();
    let Some(grouping) = incident.and_then(|incident| incident.value.grouping.as_ref()) else { return };
    if grouping.value.matching_method.as_ref().is_none_or(|method| method.value != "Selected") {
        return;
    }
    let mappings = rule.entity_mappings.iter().flat_map(|mappings| &mappings.value);
    let mapped: Vec<&str> =
        mappings.filter_map(|mapping| mapping.entity_type.as_ref()).map(|name| name.value.as_str()).collect();
    // Columns that hold entities may hold any.
    if rule.sentinel_entities_mappings.is_none() {
        for item in grouping.value.group_by_entities.iter().flat_map(|list| &list.value) {
            if entity(&item.value).is_some() && !mapped.contains(&item.value.as_str()) {
                found.push(
                    LINT.at(item.span, format!("the rule maps no `{}` to group by", item.value)).label("not mapped"),
                );
            }
        }
    }
    let details = rule.custom_details.iter().flat_map(|details| &details.value);
    let details: Vec<&str> = details.map(|detail| context.words(detail.key).trim_matches(['"', '\''])).collect();
    for item in grouping.value.group_by_custom_details.iter().flat_map(|list| &list.value) {
        if !details.contains(&item.value.as_str()) && !item.value.starts_with('[') {
            found.push(
                LINT.at(item.span, format!("the rule has no custom detail `{}`", item.value))
                    .label("not a key of `customDetails`"),
            );
        }
    }
}
