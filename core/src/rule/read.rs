//! From the located tree to rules.

use rapidfuzz::distance::osa;

use crate::diagnostic::{Diagnostic, Severity, code};
use crate::source::Span;

use super::fields::{Fields, Reader, is_template_expression};
use super::model::{
    AlertDetailsOverride, DataConnector, DynamicProperty, EntityMapping, EventGroupingSettings, Exploration,
    FieldMapping, GroupingConfiguration, IncidentConfiguration, Rule, RuleKind, Shape, Texts,
};
use super::query::{QueryText, folded_comment};
use super::{Document, Field};
use crate::yaml::{Entry, Node, NodeKind};

/// Keys that hardly any file but a rule has. Two of them make a rule, be its query missing.
const TELLING: &[&str] = &[
    "id",
    "name",
    "kind",
    "severity",
    "tactics",
    "relevantTechniques",
    "requiredDataConnectors",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "entityMappings",
    "DisplayName",
    "InputEntityType",
    "Tactics",
];

/// Types of Azure resources that hold a rule, by how they end, in lower case.
const RULE_RESOURCES: &[&str] = &["alertrules", "alertruletemplates", "savedsearches"];

/// The rules in a tree.
pub(super) fn document(source: &str, root: &Node) -> Document {
    let mut document = Document::default();
    duplicate_keys(root, &mut document.diagnostics);
    if is_flat_rule(root) {
        flat(source, root, &mut document);
    } else {
        collect(source, root, &mut document);
    }
    if document.rules.is_empty() {
        document.diagnostics.push(not_a_rule(source, root));
    }
    document.diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    document
}

fn is_flat_rule(node: &Node) -> bool {
    let telling = TELLING.iter().filter(|key| node.get(key).is_some()).count();
    node.get("resources").is_none() && node.get("properties").is_none() && (node.get("query").is_some() || telling >= 2)
}

fn flat(source: &str, node: &Node, document: &mut Document) {
    let mut fields = Fields::new(node);
    let mut reader = Reader::new(source);
    let rule = rule(&mut reader, Shape::Flat, node, &mut [&mut fields]);
    finish(source, rule, fields, reader, document);
}

fn finish(source: &str, mut rule: Rule, fields: Fields<'_>, mut reader: Reader<'_>, document: &mut Document) {
    fields.finish("", &mut reader);
    reader.unknown.sort_by_key(|unknown| unknown.key);
    rule.unknown = reader.unknown;
    document.diagnostics.append(&mut reader.diagnostics);
    match &rule.query {
        Some(query) => document.diagnostics.extend(folded_comment(source, query)),
        None if rule.node.get("query").is_none() && rule.shape == Shape::Flat => {
            document.diagnostics.push(no_query(source, &rule.node));
        }
        None => {}
    }
    document.rules.push(rule);
}

/// Finds rules in ARM templates, in what the service's interface returns, and in lists of rules.
fn collect(source: &str, node: &Node, document: &mut Document) {
    match &node.kind {
        NodeKind::Sequence(items) => {
            for item in items {
                if is_flat_rule(item) { flat(source, item, document) } else { collect(source, item, document) }
            }
        }
        NodeKind::Mapping(_) => {
            if let Some(properties) = node.get("properties").filter(|entry| is_rule_resource(node, &entry.value)) {
                resource(source, node, &properties.value, document);
                return;
            }
            for key in ["resources", "value", "mainTemplate", "properties"] {
                let Some(entry) = node.get(key) else { continue };
                match entry.value.as_mapping() {
                    // Templates may name their resources in place of listing them.
                    Some(named) if key == "resources" => {
                        for entry in named {
                            collect(source, &entry.value, document);
                        }
                    }
                    _ => collect(source, &entry.value, document),
                }
            }
        }
        NodeKind::Scalar(_) => {}
    }
}

fn is_rule_resource(node: &Node, properties: &Node) -> bool {
    let kind = node.get("kind").and_then(|entry| entry.value.as_str()).unwrap_or("");
    let by_query = properties.get("query").is_some();
    let by_kind = ["scheduled", "nrt"].iter().any(|known| kind.eq_ignore_ascii_case(known));
    match node.get("type").and_then(|entry| entry.value.as_str()).map(str::to_ascii_lowercase) {
        Some(kind) if !RULE_RESOURCES.iter().any(|end| kind.ends_with(end)) => false,
        // Saved searches also hold functions and plain queries.
        Some(kind) if kind.ends_with("savedsearches") => {
            by_query
                && properties
                    .get("category")
                    .and_then(|entry| entry.value.as_str())
                    .is_some_and(|category| category.to_ascii_lowercase().contains("hunting"))
        }
        Some(_) => by_query || by_kind,
        None => by_kind || by_query && properties.get("displayName").is_some(),
    }
}

fn resource(source: &str, node: &Node, properties: &Node, document: &mut Document) {
    let mut outer = Fields::new(node);
    let mut inner = Fields::new(properties);
    let mut reader = Reader::new(source);
    let mut rule = rule(&mut reader, Shape::Resource, node, &mut [&mut inner, &mut outer]);
    let name = reader.text(outer.take(&["name"]));
    rule.id = rule.id.or(name);
    outer.take(&["properties"]);
    outer.take(&["type"]);
    outer.take(&["apiVersion"]);
    if node
        .get("type")
        .and_then(|entry| entry.value.as_str())
        .is_some_and(|kind| kind.to_ascii_lowercase().ends_with("savedsearches"))
    {
        rule.rule_kind = RuleKind::Hunting;
        labelled_tags(source, properties, &mut rule);
    }
    if rule.query.is_none() && properties.get("query").is_none() {
        document.diagnostics.push(no_query(source, properties));
    }
    outer.finish("", &mut reader);
    finish(source, rule, inner, reader, document);
}

/// Hunting queries deployed as saved searches carry description, tactics and techniques as `{name, value}` tags.
fn labelled_tags(source: &str, properties: &Node, rule: &mut Rule) {
    let Some(items) = properties.get("tags").and_then(|entry| entry.value.as_sequence()) else { return };
    for item in items {
        let (Some(name), Some(value)) = (item.get("name").and_then(|entry| entry.value.as_str()), item.get("value"))
        else {
            continue;
        };
        let Some(text) = value.value.as_str() else { continue };
        match name {
            "description" => {
                rule.description = Some(Field { value: text.to_owned(), key: value.key.span, span: value.value.span });
            }
            "tactics" => rule.tactics = comma_list(source, value),
            "techniques" => rule.relevant_techniques = comma_list(source, value),
            _ => {}
        }
    }
}

/// The parts of a text parted by commas, each with its own place.
fn comma_list(source: &str, entry: &Entry) -> Option<Field<Texts>> {
    let decoded = entry.value.decode(source)?;
    let mut at = 0;
    let mut texts = Vec::new();
    for part in decoded.text.split(',') {
        let words = part.trim();
        if !words.is_empty() {
            let start = at + part.len() - part.trim_start().len();
            let span = decoded.map.span(Span::new(start, start + words.len()));
            texts.push(Field { value: words.to_owned(), key: span, span });
        }
        at += part.len() + 1;
    }
    Some(Field { value: texts, key: entry.key.span, span: entry.value.span })
}

/// Reads a rule's fields from the first of `places` that has them.
fn rule<'n>(reader: &mut Reader<'_>, shape: Shape, node: &'n Node, places: &mut [&mut Fields<'n>]) -> Rule {
    let mut take = |names: &[&str]| places.iter_mut().find_map(|fields| fields.take(names));
    let r = reader;
    let mut rule = Rule {
        rule_kind: RuleKind::Other,
        shape,
        id: r.text(take(if shape == Shape::Flat { &["id", "Id"] } else { &["id"] })),
        kind: r.text(take(&["kind"])),
        name: r.text(take(&["displayName", "DisplayName", "name"])),
        description: r.text(take(&["description", "Description"])),
        severity: r.text(take(&["severity"])),
        status: r.text(take(&["status"])),
        enabled: r.boolean(take(&["enabled"])),
        required_data_connectors: r.mappings(
            take(&["requiredDataConnectors"]),
            "requiredDataConnectors",
            |r, fields, span| DataConnector {
                connector_id: r.text(fields.take(&["connectorId"])),
                data_types: r.texts(fields.take(&["dataTypes"])),
                span,
            },
        ),
        tactics: r.texts(take(&["tactics", "Tactics"])),
        relevant_techniques: r.texts(take(&["relevantTechniques", "techniques"])),
        sub_techniques: r.texts(take(&["subTechniques"])),
        query: query(r, take(&["query"])),
        query_frequency: r.duration(take(&["queryFrequency"])),
        query_period: r.duration(take(&["queryPeriod"])),
        trigger_operator: r.text(take(&["triggerOperator"])),
        trigger_threshold: r.integer(take(&["triggerThreshold"])),
        entity_mappings: r.mappings(take(&["entityMappings"]), "entityMappings", entity_mapping),
        custom_details: r.pairs(take(&["customDetails"])),
        alert_details_override: r.mapping(take(&["alertDetailsOverride"]), "alertDetailsOverride", alert_details),
        event_grouping_settings: r.mapping(take(&["eventGroupingSettings"]), "eventGroupingSettings", |r, fields| {
            EventGroupingSettings { aggregation_kind: r.text(fields.take(&["aggregationKind"])) }
        }),
        incident_configuration: r.mapping(take(&["incidentConfiguration"]), "incidentConfiguration", incident),
        suppression_enabled: r.boolean(take(&["suppressionEnabled"])),
        suppression_duration: r.duration(take(&["suppressionDuration"])),
        sentinel_entities_mappings: None,
        version: r.text(take(&["version", "templateVersion"])),
        metadata: Reader::any(take(&["metadata"])),
        tags: Reader::any(take(&["tags"])),
        exploration: Exploration {
            input_entity_type: r.text(take(&["InputEntityType"])),
            input_fields: r.texts(take(&["InputFields"])),
            output_entity_types: r.texts(take(&["OutputEntityTypes"])),
            query_period_before: r.duration(take(&["QueryPeriodBefore"])),
            query_period_after: r.duration(take(&["QueryPeriodAfter"])),
            data_sources: r.texts(take(&["DataSources"])),
        },
        unknown: Vec::new(),
        node: node.clone(),
    };
    rule.sentinel_entities_mappings = r
        .mappings(take(&["sentinelEntitiesMappings"]), "sentinelEntitiesMappings", |r, fields, _| {
            r.text(fields.take(&["columnName"]))
        })
        .map(|field| field.map(|columns| columns.into_iter().flatten().collect()));
    rule.rule_kind = kind(&rule);
    rule
}

fn kind(rule: &Rule) -> RuleKind {
    if rule.exploration != Exploration::default() {
        return RuleKind::Exploration;
    }
    let Some(kind) = &rule.kind else {
        let scheduled =
            rule.query_frequency.is_some() || rule.query_period.is_some() || rule.trigger_operator.is_some();
        return if scheduled || rule.trigger_threshold.is_some() { RuleKind::Scheduled } else { RuleKind::Hunting };
    };
    match kind.value.to_ascii_lowercase().as_str() {
        "scheduled" => RuleKind::Scheduled,
        "nrt" => RuleKind::Nrt,
        "hunting" | "huntingquery" => RuleKind::Hunting,
        _ => RuleKind::Other,
    }
}

fn query(reader: &mut Reader<'_>, entry: Option<&Entry>) -> Option<QueryText> {
    let entry = entry?;
    if is_template_expression(&entry.value) {
        reader.wrong("query", &entry.value, "the text of a query", Severity::Error, "");
        return None;
    }
    let query = QueryText::read(reader.source, entry);
    if query.is_none() {
        let help = "write it as a block: `query: |`, and the lines of the query below, indented";
        reader.wrong("query", &entry.value, "the text of a query", Severity::Error, help);
    }
    query
}

fn entity_mapping(reader: &mut Reader<'_>, fields: &mut Fields<'_>, span: Span) -> EntityMapping {
    EntityMapping {
        entity_type: reader.text(fields.take(&["entityType"])),
        field_mappings: reader.mappings(
            fields.take(&["fieldMappings"]),
            "entityMappings.fieldMappings",
            |reader, fields, span| FieldMapping {
                identifier: reader.text(fields.take(&["identifier"])),
                column_name: reader.text(fields.take(&["columnName"])),
                span,
            },
        ),
        span,
    }
}

fn alert_details(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> AlertDetailsOverride {
    AlertDetailsOverride {
        display_name_format: reader.text(fields.take(&["alertDisplayNameFormat"])),
        description_format: reader.text(fields.take(&["alertDescriptionFormat"])),
        tactics_column_name: reader.text(fields.take(&["alertTacticsColumnName"])),
        severity_column_name: reader.text(fields.take(&["alertSeverityColumnName"])),
        dynamic_properties: reader.mappings(
            fields.take(&["alertDynamicProperties"]),
            "alertDetailsOverride.alertDynamicProperties",
            |reader, fields, span| DynamicProperty {
                alert_property: reader.text(fields.take(&["alertProperty"])),
                value: reader.text(fields.take(&["value"])),
                span,
            },
        ),
    }
}

fn incident(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> IncidentConfiguration {
    let within = "incidentConfiguration.groupingConfiguration";
    IncidentConfiguration {
        create_incident: reader.boolean(fields.take(&["createIncident"])),
        grouping: reader.mapping(fields.take(&["groupingConfiguration"]), within, |reader, fields| {
            GroupingConfiguration {
                enabled: reader.boolean(fields.take(&["enabled"])),
                reopen_closed_incident: reader.boolean(fields.take(&["reopenClosedIncident"])),
                lookback_duration: reader.duration(fields.take(&["lookbackDuration"])),
                matching_method: reader.text(fields.take(&["matchingMethod"])),
                group_by_entities: reader.texts(fields.take(&["groupByEntities"])),
                group_by_alert_details: reader.texts(fields.take(&["groupByAlertDetails"])),
                group_by_custom_details: reader.texts(fields.take(&["groupByCustomDetails"])),
            }
        }),
    }
}

/// Tells of every key that a mapping has already.
fn duplicate_keys(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().for_each(|item| duplicate_keys(item, diagnostics)),
        NodeKind::Mapping(entries) => {
            let mut first = std::collections::HashMap::new();
            for entry in entries {
                if let Some(name) = entry.name()
                    && let Some(before) = first.insert(name, entry.key.span)
                {
                    diagnostics.push(
                        Diagnostic::new(&code::YAML_DUPLICATE_KEY, entry.key.span, format!("`{name}` is given twice"))
                            .label("given again here")
                            .related(before, "given before")
                            .note("some readers take the first value, some the last, some refuse the file")
                            .help("keep one of the two"),
                    );
                }
                duplicate_keys(&entry.value, diagnostics);
            }
        }
    }
}

fn no_query(source: &str, node: &Node) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::NOT_A_RULE, node.head(source), "the rule has no `query`")
        .label("this mapping has keys of a rule, but not its query");
    let entries = node.as_mapping().unwrap_or_default();
    let alike = entries.iter().find(|entry| {
        entry
            .name()
            .is_some_and(|name| name.eq_ignore_ascii_case("query") || osa::distance(name.chars(), "query".chars()) <= 2)
    });
    match alike {
        Some(entry) => diagnostic.related(entry.key.span, "did you mean `query`?").note("keys are told apart by case"),
        None => diagnostic.help("add `query: |` and the lines of the query below it, indented"),
    }
}

fn not_a_rule(source: &str, root: &Node) -> Diagnostic {
    Diagnostic::new(&code::NOT_A_RULE, root.head(source), "the file holds no Sentinel rule")
        .label(match root.kind {
            NodeKind::Mapping(_) => "a mapping without the keys of a rule",
            NodeKind::Sequence(_) => "a list without rules in it",
            NodeKind::Scalar(_) => "text alone",
        })
        .note("a rule is a mapping with `query`, `name`, `severity` and so on; in JSON also a template whose `resources` hold such rules")
}
