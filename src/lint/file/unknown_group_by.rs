//! F106.

use super::shared::{graded, replace};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::entity::ENTITIES;
use crate::lint::known::same_letters;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks in `groupByEntities` for what is no type of entity, and in `groupByAlertDetails` for anything but `DisplayName` and
    /// `Severity`.
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
    ///     matchingMethod: Selected
    ///     groupByAlertDetails:
    ///       - Name
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
    ///     groupByAlertDetails:
    ///       - DisplayName
    /// ```
    ///
    /// ## Fix safety
    /// Safe where only the case is wrong; another name that is near is a guess.
    "F106" "unknown-group-by" Error, fix: Sometimes, since: "0.1.0",
    summary: "Alerts cannot be grouped by this.",
    check: Rule(check)
}

/// What of an alert itself alerts can be grouped by.
pub(in crate::lint) const ALERT_DETAILS: &[&str] = &["DisplayName", "Severity"];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let incident = context.rule.incident_configuration.as_ref();
    let Some(grouping) = incident.and_then(|incident| incident.value.grouping.as_ref()) else { return };
    let entities: Vec<&str> = ENTITIES.iter().map(|entity| entity.name).collect();
    let lists = [
        (&grouping.value.group_by_entities, entities),
        (&grouping.value.group_by_alert_details, ALERT_DETAILS.to_vec()),
    ];
    for (list, known) in lists {
        for item in list.iter().flat_map(|list| &list.value) {
            if known.contains(&item.value.as_str()) || item.value.starts_with('[') {
                continue;
            }
            let diagnostic = graded(
                context,
                LINT.at(item.span, format!("alerts cannot be grouped by `{}`", item.value)).label("unknown here"),
            );
            let (near, applicability) = match same_letters(&item.value, known.iter().copied()) {
                Some(near) => (Some(near), Applicability::Safe),
                None => (nearest(&item.value, known.iter().copied()), Applicability::Unsafe),
            };
            found.push(match near {
                Some(near) => diagnostic.fix(
                    format!("write `{near}`"),
                    applicability,
                    vec![replace(context.source(), item.span, near)],
                ),
                None => diagnostic,
            });
        }
    }
}
