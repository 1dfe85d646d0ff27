//! F105.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `matchingMethod: Selected` without a `groupBy…` list that has an item.
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
    "F105" "selected-without-group-by" Error, fix: None, since: "0.1.0",
    summary: "Alerts are to be grouped by what is selected, and nothing is.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let incident = context.rule.incident_configuration.as_ref();
    let Some(grouping) = incident.and_then(|incident| incident.value.grouping.as_ref()) else { return };
    let Some(method) = grouping.value.matching_method.as_ref().filter(|method| method.value == "Selected") else {
        return;
    };
    let lists = [
        &grouping.value.group_by_entities,
        &grouping.value.group_by_alert_details,
        &grouping.value.group_by_custom_details,
    ];
    // A list that could not be read may hold something.
    if lists.into_iter().flatten().all(|list| list.value.is_empty() && context.words(list.span).trim() == "[]") {
        found.push(graded(
            context,
            LINT.at(method.span, "alerts are to be grouped by what is selected, and nothing is")
                .label("needs a `groupBy` list")
                .help("add `groupByEntities`, `groupByAlertDetails` or `groupByCustomDetails`"),
        ));
    }
}
