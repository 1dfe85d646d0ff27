//! F121.

use super::shared::{has_key, replace};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::same_letters;
use crate::rule::UnknownKey;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for keys in rule YAML that the schema does not know, where a known one is near. Keys are told apart by case.
    ///
    /// ## Why it is bad
    /// Nothing reads the key, so the rule lacks what it was to say.
    ///
    /// ## Example
    /// ```yaml without=relevantTechniques
    /// relevantTecniques:
    ///   - T1078
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// relevantTechniques:
    ///   - T1078
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the nearest key is a guess, and once the key is right its value begins to count.
    "F121" "misspelt-key" Warning, fix: Sometimes, since: "0.1.0",
    summary: "The key is misspelt.",
    check: Rule(check)
}

/// The keys of a rule in YAML, by the mapping they stand in.
pub(in crate::lint) const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "id",
            "kind",
            "name",
            "description",
            "severity",
            "status",
            "requiredDataConnectors",
            "tactics",
            "relevantTechniques",
            "query",
            "queryFrequency",
            "queryPeriod",
            "triggerOperator",
            "triggerThreshold",
            "entityMappings",
            "customDetails",
            "alertDetailsOverride",
            "eventGroupingSettings",
            "incidentConfiguration",
            "suppressionEnabled",
            "suppressionDuration",
            "sentinelEntitiesMappings",
            "version",
            "metadata",
            "tags",
        ],
    ),
    ("requiredDataConnectors", &["connectorId", "dataTypes"]),
    ("entityMappings", &["entityType", "fieldMappings"]),
    ("entityMappings.fieldMappings", &["identifier", "columnName"]),
    (
        "alertDetailsOverride",
        &[
            "alertDisplayNameFormat",
            "alertDescriptionFormat",
            "alertTacticsColumnName",
            "alertSeverityColumnName",
            "alertDynamicProperties",
        ],
    ),
    ("alertDetailsOverride.alertDynamicProperties", &["alertProperty", "value"]),
    ("eventGroupingSettings", &["aggregationKind"]),
    ("incidentConfiguration", &["createIncident", "groupingConfiguration"]),
    (
        "incidentConfiguration.groupingConfiguration",
        &[
            "enabled",
            "reopenClosedIncident",
            "lookbackDuration",
            "matchingMethod",
            "groupByEntities",
            "groupByAlertDetails",
            "groupByCustomDetails",
        ],
    ),
];

/// The key of the same mapping that was probably meant.
pub(super) fn near(unknown: &UnknownKey) -> Option<&'static str> {
    let (_, keys) = KEYS.iter().find(|(within, _)| *within == unknown.within)?;
    let keys = || keys.iter().copied().filter(|key| *key != unknown.name);
    same_letters(&unknown.name, keys()).or_else(|| nearest(&unknown.name, keys()))
}

/// The mapping that has this key, where it is another one; empty for the rule itself.
pub(super) fn elsewhere(unknown: &UnknownKey) -> Option<&'static str> {
    let other =
        KEYS.iter().find(|(within, keys)| *within != unknown.within && keys.contains(&unknown.name.as_str()))?;
    // Names as plain as these may mean anything.
    (!matches!(unknown.name.as_str(), "value" | "enabled" | "identifier" | "name" | "kind" | "id")).then_some(other.0)
}

/// Where a key stands, in words that follow its name.
pub(super) fn place(unknown: &UnknownKey) -> String {
    if unknown.within.is_empty() { String::new() } else { format!(" in `{}`", unknown.within) }
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.is_flat() {
        return;
    }
    for unknown in &context.rule.unknown {
        let Some(key) = near(unknown).filter(|_| elsewhere(unknown).is_none()) else { continue };
        let diagnostic = LINT
            .at(unknown.key, format!("there is no key `{}`{}", unknown.name, place(unknown)))
            .label(format!("did you mean `{key}`?"));
        // Beside the right key it would be a repetition.
        let taken = unknown.within.is_empty() && has_key(context, key);
        found.push(if taken {
            diagnostic
        } else {
            diagnostic.fix(
                format!("write `{key}`"),
                Applicability::Unsafe,
                vec![replace(context.source(), unknown.key, key)],
            )
        });
    }
}
