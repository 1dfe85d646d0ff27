//! The words of rule files, for editors: which keys a mapping has, and which values a key takes.

use super::file::{AGGREGATIONS, ALERT_DETAILS, KEYS, METHODS, PROPERTIES, SEVERITIES};
use super::known::attack::{TACTICS, techniques_of};
use super::known::entity::{ENTITIES, entity};

/// What is either so or not.
const BOOLEAN: &[&str] = &["true", "false"];

/// The values of keys, by the path of the key.
const VALUES: &[(&str, &[&str])] = &[
    ("kind", &["Scheduled", "NRT"]),
    ("severity", SEVERITIES),
    ("status", &["Available", "Experimental"]),
    ("triggerOperator", &["gt", "lt", "eq", "ne"]),
    ("suppressionEnabled", BOOLEAN),
    ("alertDetailsOverride.alertDynamicProperties.alertProperty", PROPERTIES),
    ("eventGroupingSettings.aggregationKind", AGGREGATIONS),
    ("incidentConfiguration.createIncident", BOOLEAN),
    ("incidentConfiguration.groupingConfiguration.enabled", BOOLEAN),
    ("incidentConfiguration.groupingConfiguration.reopenClosedIncident", BOOLEAN),
    ("incidentConfiguration.groupingConfiguration.matchingMethod", METHODS),
    ("incidentConfiguration.groupingConfiguration.groupByAlertDetails", ALERT_DETAILS),
];

/// The keys of a mapping in rule YAML: of the rule itself where the path is empty, else of what stands under the keys of
/// the path, joined by dots (`entityMappings.fieldMappings`).
pub fn keys(path: &str) -> &'static [&'static str] {
    KEYS.iter().find(|(within, _)| *within == path).map_or(&[], |(_, keys)| keys)
}

/// The values that the key at a path takes, or the items of its list; none where any are taken.
pub fn values(path: &str) -> Vec<&'static str> {
    match path {
        "tactics" => TACTICS.iter().map(|&(name, _)| name).collect(),
        "entityMappings.entityType" | "incidentConfiguration.groupingConfiguration.groupByEntities" => {
            ENTITIES.iter().map(|entity| entity.name).collect()
        }
        _ => VALUES.iter().find(|(known, _)| *known == path).map_or_else(Vec::new, |(_, values)| values.to_vec()),
    }
}

/// The identifiers of an entity; none where there is no such entity.
pub fn identifiers(name: &str) -> &'static [&'static str] {
    entity(name).map_or(&[], |entity| entity.identifiers)
}

/// The techniques that serve any of these tactics, or all there are where there is no tactic: the number of each with
/// the tactics it serves.
pub fn techniques(tactics: &[&str]) -> Vec<(String, Vec<&'static str>)> {
    let techniques = techniques_of(tactics);
    techniques.into_iter().map(|number| (format!("T{number:04}"), super::known::attack::tactics_of(number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_values_that_the_schema_gives_them() {
        assert!(keys("").contains(&"entityMappings") && keys("entityMappings").contains(&"entityType"));
        assert!(keys("nothing").is_empty());
        assert!(values("tactics").contains(&"Impact") && values("severity").contains(&"High"));
        assert!(values("entityMappings.entityType").contains(&"Account") && values("name").is_empty());
        assert!(identifiers("IP").contains(&"Address") && identifiers("Nothing").is_empty());
        let impact = techniques(&["Impact"]);
        assert!(impact.iter().any(|(number, _)| number == "T1486") && impact.len() < techniques(&[]).len());
    }

    #[test]
    fn every_path_of_a_value_is_one_of_a_key() {
        for (path, _) in VALUES {
            let (within, key) = path.rsplit_once('.').unwrap_or(("", path));
            assert!(keys(within).contains(&key), "{path}");
        }
    }
}
