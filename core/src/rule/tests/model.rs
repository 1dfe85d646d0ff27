//! What the typed model holds, and where.

use super::{json, query, read, yaml};
use crate::rule::{DurationForm, FileKind, RuleKind, ScalarStyle, Shape, TriggerOperator, kind_of};

const SCHEDULED: &str = r#"id: 11111111-2222-4333-8444-555555555555
name: "Rule: one"
description: |
  'Finds things.'
severity: Medium
status: Available
requiredDataConnectors:
- connectorId: One
  dataTypes: [A, B]
queryFrequency: 1h
queryPeriod: 1.00:00:00
triggerOperator: gt
triggerThreshold: 5
tactics:
  - Impact
relevantTechniques: [T1020, T1485.001]
query: |
  T
  | take 5
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: User
customDetails: {Who: User}
alertDetailsOverride:
  alertDisplayNameFormat: 'by {{User}}'
  alertDynamicProperties:
    - alertProperty: AlertLink
      value: Link
eventGroupingSettings:
  aggregationKind: SingleAlert
incidentConfiguration:
  createIncident: true
  groupingConfiguration:
    enabled: false
    lookbackDuration: PT5H
    matchingMethod: AllEntities
    groupByEntities: []
suppressionEnabled: false
suppressionDuration: 5h
sentinelEntitiesMappings:
  - columnName: Entities
version: 1.0.0
kind: Scheduled
metadata: {author: {name: me}}
tags: [{Schema: X}]
madeUp: 1
"#;

#[test]
fn every_key_of_an_analytic_rule_is_read_with_its_place() {
    let file = yaml(SCHEDULED);
    let document = read(&file);
    assert_eq!(document.diagnostics, []);
    let rule = &document.rules[0];
    assert_eq!((rule.rule_kind, rule.shape), (RuleKind::Scheduled, Shape::Flat));
    let name = rule.name.as_ref().unwrap();
    assert_eq!(
        (name.value.as_str(), file.slice(name.key), file.slice(name.span)),
        ("Rule: one", "name", "\"Rule: one\"")
    );
    assert_eq!(file.slice(rule.description.as_ref().unwrap().span), "|\n  'Finds things.'");
    let connector = &rule.required_data_connectors.as_ref().unwrap().value[0];
    assert_eq!(connector.connector_id.as_ref().unwrap().value, "One");
    assert_eq!(file.slice(connector.span), "connectorId: One\n  dataTypes: [A, B]");
    let types = connector.data_types.as_ref().unwrap();
    assert_eq!(types.value.iter().map(|item| file.slice(item.span)).collect::<Vec<_>>(), ["A", "B"]);
    let period = rule.query_period.as_ref().unwrap();
    assert_eq!((period.value.ticks, period.value.form), (864_000_000_000, DurationForm::TimeSpan));
    assert_eq!(rule.trigger_threshold.as_ref().unwrap().value, 5);
    assert_eq!(
        TriggerOperator::parse(&rule.trigger_operator.as_ref().unwrap().value),
        Some(TriggerOperator::GreaterThan)
    );
    let techniques = &rule.relevant_techniques.as_ref().unwrap().value;
    assert_eq!(techniques.iter().map(|item| item.value.as_str()).collect::<Vec<_>>(), ["T1020", "T1485.001"]);
    let mapping = &rule.entity_mappings.as_ref().unwrap().value[0];
    let field = &mapping.field_mappings.as_ref().unwrap().value[0];
    assert_eq!(file.slice(field.column_name.as_ref().unwrap().span), "User");
    let detail = &rule.custom_details.as_ref().unwrap().value[0];
    assert_eq!((file.slice(detail.key), detail.value.as_str()), ("Who", "User"));
    let details = &rule.alert_details_override.as_ref().unwrap().value;
    assert_eq!(details.display_name_format.as_ref().unwrap().value, "by {{User}}");
    assert_eq!(details.dynamic_properties.as_ref().unwrap().value[0].value.as_ref().unwrap().value, "Link");
    let incident = &rule.incident_configuration.as_ref().unwrap().value;
    let grouping = &incident.grouping.as_ref().unwrap().value;
    assert_eq!(grouping.lookback_duration.as_ref().unwrap().value.form, DurationForm::Iso);
    assert!(grouping.group_by_entities.as_ref().unwrap().value.is_empty());
    assert!(!rule.suppression_enabled.as_ref().unwrap().value);
    assert_eq!(rule.sentinel_entities_mappings.as_ref().unwrap().value[0].value, "Entities");
    assert_eq!(rule.unknown.iter().map(|key| file.slice(key.key)).collect::<Vec<_>>(), ["madeUp"]);
}

#[test]
fn a_rule_without_kind_is_known_by_its_schedule() {
    assert_eq!(read(&yaml("name: a\nquery: T\nqueryFrequency: 1h\n")).rules[0].rule_kind, RuleKind::Scheduled);
    assert_eq!(read(&yaml("name: a\nquery: T\n")).rules[0].rule_kind, RuleKind::Hunting);
    assert_eq!(read(&yaml("name: a\nquery: T\nkind: nrt\n")).rules[0].rule_kind, RuleKind::Nrt);
    assert_eq!(read(&yaml("name: a\nquery: T\nkind: Fusion\n")).rules[0].rule_kind, RuleKind::Other);
}

#[test]
fn a_query_of_an_entity_page_has_capital_keys() {
    let file =
        yaml("Id: 1\nDisplayName: a\nInputEntityType: Account\nQueryPeriodBefore: 12h\nTactics: [Impact]\nquery: T\n");
    let document = read(&file);
    let rule = &document.rules[0];
    assert_eq!((rule.rule_kind, rule.name.as_ref().unwrap().value.as_str()), (RuleKind::Exploration, "a"));
    assert_eq!(rule.id.as_ref().unwrap().value, "1");
    assert_eq!((rule.unknown.len(), document.diagnostics.len()), (0, 0));
}

const TEMPLATE: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "parameters": {"workspace": {"type": "String"}}, // as exported
  "resources": [
    {
      "id": "[concat(resourceId('x', parameters('workspace')), '/alertRules/11111111-2222-4333-8444-555555555555')]",
      "name": "[concat(parameters('workspace'), '/11111111-2222-4333-8444-555555555555')]",
      "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
      "kind": "Scheduled",
      "apiVersion": "2023-12-01-preview",
      "properties": {
        "displayName": "One",
        "enabled": true,
        "query": "T\r\n| where a == \"\u0027x\"\n| take 5",
        "queryFrequency": "PT1H",
        "queryPeriod": "P1D",
        "triggerOperator": "GreaterThan",
        "triggerThreshold": 0,
        "techniques": ["T1020"],
        "alertDetailsOverride": null,
        "templateVersion": "1.0.0"
      }
    },
    {
      "type": "Microsoft.OperationalInsights/workspaces/savedSearches",
      "properties": {
        "category": "Hunting Queries", "displayName": "Two", "query": "U",
        "tags": [{"name": "tactics", "value": "Impact, Execution"}, {"name": "description", "value": "d"}]
      }
    },
    {"type": "Microsoft.OperationalInsights/workspaces/savedSearches", "properties": {"category": "Function", "query": "V"}}
  ]
}"#;

#[test]
fn rules_are_found_in_a_template() {
    let file = json(TEMPLATE);
    let document = read(&file);
    assert_eq!(document.diagnostics, []);
    let [one, two] = &document.rules[..] else { panic!("{} rules", document.rules.len()) };
    assert_eq!((one.rule_kind, one.shape), (RuleKind::Scheduled, Shape::Resource));
    assert_eq!(one.query_frequency.as_ref().unwrap().value.ticks, 36_000_000_000);
    assert_eq!(one.relevant_techniques.as_ref().unwrap().value[0].value, "T1020");
    assert!(one.enabled.as_ref().unwrap().value);
    assert!(one.id.as_ref().unwrap().value.contains("11111111"));
    assert_eq!(one.unknown, []);
    let text = one.query.as_ref().unwrap();
    assert_eq!((text.text.as_str(), text.style), ("T\r\n| where a == \"'x\"\n| take 5", ScalarStyle::Json));
    let escape = text.map.offset(text.text.find('\'').unwrap());
    assert!(file.text()[escape..].starts_with("\\u0027"));
    assert!(file.text()[text.map.offset(text.text.find("take").unwrap())..].starts_with("take 5"));
    assert_eq!(two.rule_kind, RuleKind::Hunting);
    let tactics = two.tactics.as_ref().unwrap();
    assert_eq!(tactics.value.iter().map(|item| file.slice(item.span)).collect::<Vec<_>>(), ["Impact", "Execution"]);
    assert_eq!(two.description.as_ref().unwrap().value, "d");
}

#[test]
fn a_rule_may_stand_in_json_as_such() {
    let document = read(&json(r#"{"id": "1", "name": "a", "query": "T", "queryPeriod": "1h"}"#));
    assert_eq!(query(&document).unwrap().text, "T");
    assert_eq!(read(&json(r#"{"value": [{"kind": "NRT", "properties": {"query": "T"}}]}"#)).rules.len(), 1);
    assert_eq!(read(&json(r#"[{"name": "a", "query": "T"}, {"name": "b", "query": "U"}]"#)).rules.len(), 2);
}

#[test]
fn yaml_in_flow_style_with_tags_anchors_and_explicit_keys_is_read() {
    let texts = [
        "{name: a, query: \"T\\n| take 5\", version: 1}",
        "name: a\nquery: !!str &q |\n  T\n  | take 5\nversion: 1\n",
        "name: a\n? query\n: |-\n  T\n  | take 5\n",
        "name: a\n? query # why\n:   &q !!str # and\n  |-\n    T\n    | take 5\n",
        "name: a\nquery: # below\n  |\n    T\n    | take 5\n",
        "--- # head\nname: a\nquery:\n  \"T\\n\\\n   | take 5\"\n...\n",
        "name: a\nquery: !<tag:yaml.org,2002:str> 'T\n\n  | take 5'\n",
        "name: a\nquery: T\n\n  | take 5\nversion: 1\n",
        "name: a\nlast: &l\nquery: |\n T\n | take 5\n",
    ];
    for text in texts {
        let file = yaml(text);
        let document = read(&file);
        let query = query(&document).unwrap_or_else(|| panic!("{text}: {:?}", document.diagnostics));
        assert_eq!(query.text.trim_end(), "T\n| take 5", "{text}");
        let take = query.map.offset(query.text.find("take").unwrap());
        assert!(file.text()[take..].starts_with("take 5"), "{text}");
        assert!(file.text()[query.map.offset(0)..].starts_with('T'), "{text}");
        assert_eq!(document.rules[0].name.as_ref().unwrap().value, "a");
    }
}

#[test]
fn kinds_of_files_go_by_their_ending() {
    assert_eq!(kind_of("a/b.YAML"), Some(FileKind::Yaml));
    assert_eq!(kind_of("b.yml"), Some(FileKind::Yaml));
    assert_eq!(kind_of("b.Json"), Some(FileKind::Json));
    for name in ["a.kql", "a.csl", "a.kusto", "a.txt"] {
        assert_eq!(kind_of(name), Some(FileKind::Query));
    }
    assert_eq!(kind_of("a.md"), None);
    assert_eq!(kind_of("yaml"), None);
}
