//! F102.

use super::shared::{DAY, MINUTE, graded, told};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `lookbackDuration` below 5 minutes or above 7 days.
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
    ///     lookbackDuration: P14D
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
    ///     lookbackDuration: P7D
    ///     matchingMethod: AllEntities
    /// ```
    "F102" "lookback-out-of-range" Error, fix: None, since: "0.1.0",
    summary: "Alerts cannot be grouped over so short or so long a time.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let incident = context.rule.incident_configuration.as_ref();
    let grouping = incident.and_then(|incident| incident.value.grouping.as_ref());
    let Some(lookback) = grouping.and_then(|grouping| grouping.value.lookback_duration.as_ref()) else { return };
    if !(5 * MINUTE..=7 * DAY).contains(&lookback.value.ticks) {
        found.push(graded(
            context,
            LINT.at(lookback.span, format!("alerts are to be grouped over {}", told(&lookback.value)))
                .label("5 minutes to 7 days are allowed"),
        ));
    }
}
