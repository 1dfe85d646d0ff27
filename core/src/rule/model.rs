//! A Sentinel rule with the place of each of its fields.
//!
//! A field that is absent, null or of a wrong type is `None`; its node stays in [`Rule::node`], so nothing of the file
//! is lost. Enumerated fields keep the text as written: which texts are right is for lints to say.

use crate::source::Span;

use super::{Duration, Node, QueryText};

/// A value with its place in the decoded file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<T> {
    /// The value.
    pub value: T,
    /// Its key; for an item of a list, the item itself.
    pub key: Span,
    /// The value's words.
    pub span: Span,
}

impl<T> Field<T> {
    /// The field with another value at the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        Field { value: change(self.value), key: self.key, span: self.span }
    }
}

/// A list of texts.
pub type Texts = Vec<Field<String>>;

/// What kind of rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// An analytic rule that runs on a schedule.
    Scheduled,
    /// An analytic rule that runs every minute on new events.
    Nrt,
    /// A hunting query.
    Hunting,
    /// A query of an entity page.
    Exploration,
    /// A `kind` that says something else.
    Other,
}

/// How the file lays the rule out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// The fields stand side by side, as in rule YAML.
    Flat,
    /// An Azure resource: the fields stand in its `properties`.
    Resource,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What kind of rule it is, by its `kind` or, where it has none, by its other keys.
    pub rule_kind: RuleKind,
    /// How the file lays it out.
    pub shape: Shape,
    /// `id`: a GUID; of a resource its `id` or else its `name`.
    pub id: Option<Field<String>>,
    /// `kind` as written.
    pub kind: Option<Field<String>>,
    /// `name`, in ARM `displayName`.
    pub name: Option<Field<String>>,
    /// `description`.
    pub description: Option<Field<String>>,
    /// `severity` as written.
    pub severity: Option<Field<String>>,
    /// `status`.
    pub status: Option<Field<String>>,
    /// `enabled`, in ARM.
    pub enabled: Option<Field<bool>>,
    /// `requiredDataConnectors`.
    pub required_data_connectors: Option<Field<Vec<DataConnector>>>,
    /// `tactics` as written.
    pub tactics: Option<Field<Texts>>,
    /// `relevantTechniques`, in ARM `techniques`.
    pub relevant_techniques: Option<Field<Texts>>,
    /// `subTechniques`, in ARM.
    pub sub_techniques: Option<Field<Texts>>,
    /// `query`.
    pub query: Option<QueryText>,
    /// `queryFrequency`.
    pub query_frequency: Option<Field<Duration>>,
    /// `queryPeriod`.
    pub query_period: Option<Field<Duration>>,
    /// `triggerOperator` as written.
    pub trigger_operator: Option<Field<String>>,
    /// `triggerThreshold`: a number of rows.
    pub trigger_threshold: Option<Field<i64>>,
    /// `entityMappings`.
    pub entity_mappings: Option<Field<Vec<EntityMapping>>>,
    /// `customDetails`: the detail's name is the key, the value a column.
    pub custom_details: Option<Field<Texts>>,
    /// `alertDetailsOverride`.
    pub alert_details_override: Option<Field<AlertDetailsOverride>>,
    /// `eventGroupingSettings`.
    pub event_grouping_settings: Option<Field<EventGroupingSettings>>,
    /// `incidentConfiguration`.
    pub incident_configuration: Option<Field<IncidentConfiguration>>,
    /// `suppressionEnabled`.
    pub suppression_enabled: Option<Field<bool>>,
    /// `suppressionDuration`.
    pub suppression_duration: Option<Field<Duration>>,
    /// `sentinelEntitiesMappings`: the columns that hold entities.
    pub sentinel_entities_mappings: Option<Field<Texts>>,
    /// `version`, in ARM `templateVersion`.
    pub version: Option<Field<String>>,
    /// `metadata`, which has no fixed shape.
    pub metadata: Option<Field<Node>>,
    /// `tags`, which have no fixed shape.
    pub tags: Option<Field<Node>>,
    /// What only queries of entity pages have.
    pub exploration: Exploration,
    /// Keys that the model does not know, in the order of the file.
    pub unknown: Vec<UnknownKey>,
    /// The whole rule as it stands in the file.
    pub node: Node,
}

/// A key that the model does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The key's name.
    pub name: String,
    /// The mapping it stands in, as a path of keys; empty for the rule itself.
    pub within: &'static str,
    /// The key.
    pub key: Span,
    /// The value.
    pub span: Span,
}

/// An item of `requiredDataConnectors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataConnector {
    /// `connectorId`.
    pub connector_id: Option<Field<String>>,
    /// `dataTypes`.
    pub data_types: Option<Field<Texts>>,
    /// The item.
    pub span: Span,
}

/// An item of `entityMappings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityMapping {
    /// `entityType`.
    pub entity_type: Option<Field<String>>,
    /// `fieldMappings`.
    pub field_mappings: Option<Field<Vec<FieldMapping>>>,
    /// The item.
    pub span: Span,
}

/// An item of `fieldMappings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMapping {
    /// `identifier`.
    pub identifier: Option<Field<String>>,
    /// `columnName`.
    pub column_name: Option<Field<String>>,
    /// The item.
    pub span: Span,
}

/// `alertDetailsOverride`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertDetailsOverride {
    /// `alertDisplayNameFormat`.
    pub display_name_format: Option<Field<String>>,
    /// `alertDescriptionFormat`.
    pub description_format: Option<Field<String>>,
    /// `alertTacticsColumnName`.
    pub tactics_column_name: Option<Field<String>>,
    /// `alertSeverityColumnName`.
    pub severity_column_name: Option<Field<String>>,
    /// `alertDynamicProperties`.
    pub dynamic_properties: Option<Field<Vec<DynamicProperty>>>,
}

/// An item of `alertDynamicProperties`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicProperty {
    /// `alertProperty`.
    pub alert_property: Option<Field<String>>,
    /// `value`: a column.
    pub value: Option<Field<String>>,
    /// The item.
    pub span: Span,
}

/// `eventGroupingSettings`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventGroupingSettings {
    /// `aggregationKind` as written.
    pub aggregation_kind: Option<Field<String>>,
}

/// `incidentConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentConfiguration {
    /// `createIncident`.
    pub create_incident: Option<Field<bool>>,
    /// `groupingConfiguration`.
    pub grouping: Option<Field<GroupingConfiguration>>,
}

/// `groupingConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupingConfiguration {
    /// `enabled`.
    pub enabled: Option<Field<bool>>,
    /// `reopenClosedIncident`.
    pub reopen_closed_incident: Option<Field<bool>>,
    /// `lookbackDuration`.
    pub lookback_duration: Option<Field<Duration>>,
    /// `matchingMethod` as written.
    pub matching_method: Option<Field<String>>,
    /// `groupByEntities`.
    pub group_by_entities: Option<Field<Texts>>,
    /// `groupByAlertDetails`.
    pub group_by_alert_details: Option<Field<Texts>>,
    /// `groupByCustomDetails`.
    pub group_by_custom_details: Option<Field<Texts>>,
}

/// What only queries of entity pages have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exploration {
    /// `InputEntityType`.
    pub input_entity_type: Option<Field<String>>,
    /// `InputFields`.
    pub input_fields: Option<Field<Texts>>,
    /// `OutputEntityTypes`.
    pub output_entity_types: Option<Field<Texts>>,
    /// `QueryPeriodBefore`.
    pub query_period_before: Option<Field<Duration>>,
    /// `QueryPeriodAfter`.
    pub query_period_after: Option<Field<Duration>>,
    /// `DataSources`.
    pub data_sources: Option<Field<Texts>>,
}

/// How the number of rows is compared with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerOperator {
    /// `gt`, `GreaterThan`.
    GreaterThan,
    /// `lt`, `LessThan`.
    LessThan,
    /// `eq`, `Equal`.
    Equal,
    /// `ne`, `NotEqual`.
    NotEqual,
}

impl TriggerOperator {
    /// Every spelling, the short one of rule YAML first. Spellings are case-sensitive.
    pub const SPELLINGS: &[(&str, Self)] = &[
        ("gt", Self::GreaterThan),
        ("lt", Self::LessThan),
        ("eq", Self::Equal),
        ("ne", Self::NotEqual),
        ("GreaterThan", Self::GreaterThan),
        ("LessThan", Self::LessThan),
        ("Equal", Self::Equal),
        ("NotEqual", Self::NotEqual),
    ];

    /// The operator of a spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::SPELLINGS.iter().find(|(spelling, _)| *spelling == text).map(|&(_, operator)| operator)
    }

    /// Whether a run that returned `rows` raises an alert.
    pub fn fires(self, rows: i64, threshold: i64) -> bool {
        match self {
            Self::GreaterThan => rows > threshold,
            Self::LessThan => rows < threshold,
            Self::Equal => rows == threshold,
            Self::NotEqual => rows != threshold,
        }
    }
}
