//! F104.

use super::shared::settled;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `groupByEntities`, `groupByAlertDetails` and `groupByCustomDetails` that are not empty where `matchingMethod` is
    /// not `Selected`.
    ///
    /// ## Why it is bad
    /// The lists are ignored, so that alerts are grouped more widely or more narrowly than they say.
    ///
    /// ## Example
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: PT5H
    ///     matchingMethod: AllEntities
    ///     groupByEntities:
    ///       - Account
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
    "F104" "idle-group-by" Warning, fix: None, since: "0.1.0",
    summary: "The rule says what to group by, and the matching method does not ask.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let incident = context.rule.incident_configuration.as_ref();
    let Some(grouping) = incident.and_then(|incident| incident.value.grouping.as_ref()) else { return };
    let Some(method) = settled(context, grouping.value.matching_method.as_ref()) else { return };
    if !matches!(method.value.as_str(), "AllEntities" | "AnyAlert") {
        return;
    }
    let lists = [
        &grouping.value.group_by_entities,
        &grouping.value.group_by_alert_details,
        &grouping.value.group_by_custom_details,
    ];
    for list in lists.into_iter().flatten().filter(|list| !list.value.is_empty()) {
        let key = context.words(list.key).trim_matches(['"', '\'']);
        found.push(
            LINT.at(list.key, format!("`{key}` says nothing where alerts are matched by `{}`", method.value))
                .label("ignored")
                .related(method.span, "asks for no list")
                .help("write `matchingMethod: Selected` to group by it, or take it out"),
        );
    }
}
