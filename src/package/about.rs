//! What a package says of a rule, gathered from the rule as it stands. Templates see this as `rule`.

use serde::Serialize;

use super::attack::{Attack, Tactic, Technique};
use super::uses::Uses;
use crate::rule::{Credits, Duration, Rule, RuleKind, TriggerOperator};
use crate::target::DataError;

/// What a package says of a rule.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// Its name; for a query without one, that of its file.
    pub name: String,
    /// Its identifier as written.
    pub id: Option<String>,
    /// `scheduled`, `nrt`, `hunting`…; nothing for a query file.
    pub kind: Option<RuleKind>,
    /// Its description, without blanks around.
    pub description: Option<String>,
    /// `Informational`, `Low`, `Medium` or `High`, in this spelling; nothing where it says something else.
    pub severity: Option<&'static str>,
    /// `status`.
    pub status: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// Its author, licence, sources and known false positives.
    #[serde(flatten)]
    pub credits: Credits,
    /// Whether ARM says that it runs.
    pub enabled: Option<bool>,
    /// How often it runs and how far back it looks.
    pub schedule: Schedule,
    /// How many rows raise an alert.
    pub trigger: Trigger,
    /// For how long it is silent after an alert, in ticks of 100 ns.
    pub suppression: Option<i64>,
    /// Whether each row is an alert of its own.
    pub alert_per_result: bool,
    /// Tactics and the techniques that serve them, in the rule's order.
    pub threat: Vec<Threat>,
    /// Every tactic of the rule that ATT&CK knows.
    pub tactics: Vec<Tactic>,
    /// Every technique of the rule.
    pub techniques: Vec<Technique>,
    /// What the columns of an alert are about.
    pub entities: Vec<Entity>,
    /// `alertDisplayNameFormat`.
    pub alert_name: Option<String>,
    /// Connectors and their data.
    pub connectors: Vec<Connector>,
    /// The query in KQL.
    pub query: String,
    /// What the query uses.
    pub uses: Uses,
}

/// When a rule runs. Lengths are ticks of 100 ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// From one run to the next; nothing for a query that somebody runs by hand.
    pub frequency: Option<i64>,
    /// How far back a run looks.
    pub period: Option<i64>,
}

/// How the number of rows decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Trigger {
    /// How it is compared.
    pub operator: TriggerOperator,
    /// With which number.
    pub threshold: i64,
}

impl Default for Trigger {
    /// Any row raises an alert, as for a rule that runs in near-real time.
    fn default() -> Self {
        Self { operator: TriggerOperator::GreaterThan, threshold: 0 }
    }
}

impl Trigger {
    /// Whether any row raises an alert, and no row none.
    pub fn is_any_row(self) -> bool {
        matches!((self.operator, self.threshold), (TriggerOperator::GreaterThan | TriggerOperator::NotEqual, 0))
    }

    /// In words: `greater than 5`.
    pub fn words(self) -> String {
        let operator = match self.operator {
            TriggerOperator::GreaterThan => "greater than",
            TriggerOperator::LessThan => "less than",
            TriggerOperator::Equal => "equal to",
            TriggerOperator::NotEqual => "not equal to",
        };
        format!("{operator} {}", self.threshold)
    }
}

/// A tactic with the techniques of the rule that serve it, as Elastic nests them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Threat {
    /// The tactic.
    #[serde(flatten)]
    pub tactic: Tactic,
    /// The techniques.
    pub techniques: Vec<Nested>,
}

/// A technique with its sub-techniques.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Nested {
    /// The technique.
    #[serde(flatten)]
    pub technique: Technique,
    /// Its sub-techniques.
    pub subtechniques: Vec<Technique>,
}

/// What columns of an alert are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// `Account`, `Host`…
    #[serde(rename = "type")]
    pub ty: String,
    /// Pairs of an identifier and a column.
    pub fields: Vec<(String, String)>,
}

/// Where data comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connector {
    /// `connectorId`.
    pub id: String,
    /// `dataTypes`.
    pub data: Vec<String>,
}

const SEVERITIES: [&str; 4] = ["Informational", "Low", "Medium", "High"];
/// A minute, in ticks.
const MINUTE: i64 = 600_000_000;

impl About {
    /// Of a query without a rule around it.
    pub fn of_query(name: &str, query: &str) -> Self {
        Self { name: name.to_owned(), query: query.trim_end().to_owned(), ..Self::default() }
    }

    /// Of a rule; `file` is the name of its file without the ending.
    ///
    /// # Errors
    /// A mistake in the user's own list of techniques.
    pub fn of_rule(rule: &Rule, file: &str, query: &str) -> Result<Self, DataError> {
        let attack = Attack::get()?;
        let told = |field: &Option<crate::rule::Field<String>>| {
            field.as_ref().map(|field| field.value.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let name = told(&rule.name).map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
        let severity = told(&rule.severity);
        let tactics: Vec<Tactic> = distinct(
            rule.tactics
                .iter()
                .flat_map(|tactics| &tactics.value)
                .filter_map(|word| attack.tactic(&word.value))
                .cloned(),
        );
        let techniques: Vec<Technique> = distinct(
            rule.relevant_techniques
                .iter()
                .chain(&rule.sub_techniques)
                .flat_map(|techniques| &techniques.value)
                .filter_map(|id| attack.technique(&id.value)),
        );
        let operator = rule.trigger_operator.as_ref().and_then(|text| TriggerOperator::parse(text.value.trim()));
        let trigger = match (operator, &rule.trigger_threshold) {
            (Some(operator), Some(threshold)) => Trigger { operator, threshold: threshold.value },
            _ => Trigger::default(),
        };
        Ok(Self {
            name: name.unwrap_or_else(|| file.to_owned()),
            id: told(&rule.id),
            kind: Some(rule.rule_kind),
            description: told(&rule.description),
            severity: severity.and_then(|text| SEVERITIES.into_iter().find(|known| known.eq_ignore_ascii_case(&text))),
            status: told(&rule.status),
            version: told(&rule.version),
            credits: Credits::of(rule),
            enabled: rule.enabled.as_ref().map(|field| field.value),
            schedule: Schedule::of(rule),
            trigger,
            suppression: rule
                .suppression_duration
                .as_ref()
                .filter(|_| rule.suppression_enabled.as_ref().is_some_and(|on| on.value))
                .map(|field| field.value.ticks),
            alert_per_result: rule
                .event_grouping_settings
                .as_ref()
                .and_then(|settings| settings.value.aggregation_kind.as_ref())
                .is_some_and(|kind| kind.value.trim() == "AlertPerResult"),
            threat: threat(attack, &tactics, &techniques),
            tactics,
            techniques,
            entities: entities(rule),
            alert_name: rule
                .alert_details_override
                .as_ref()
                .and_then(|details| told(&details.value.display_name_format)),
            connectors: connectors(rule),
            query: query.trim_end().to_owned(),
            uses: Uses::default(),
        })
    }

    /// Techniques that no entry of `threat` names.
    pub fn unplaced(&self) -> impl Iterator<Item = &Technique> {
        self.techniques.iter().filter(|technique| {
            !self.threat.iter().flat_map(|threat| &threat.techniques).any(|nested| {
                nested.technique.id == technique.id || nested.subtechniques.iter().any(|sub| sub.id == technique.id)
            })
        })
    }
}

impl Schedule {
    fn of(rule: &Rule) -> Self {
        if rule.rule_kind == RuleKind::Nrt {
            // Every minute, over the events of the last one.
            return Self { frequency: Some(MINUTE), period: Some(MINUTE) };
        }
        let ticks = |field: &Option<crate::rule::Field<Duration>>| {
            field.as_ref().map(|field| field.value.ticks).filter(|ticks| *ticks > 0)
        };
        Self { frequency: ticks(&rule.query_frequency), period: ticks(&rule.query_period) }
    }
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

/// Puts techniques below the tactics of the rule that they serve; below all that they serve where the rule names none.
fn threat(attack: &Attack, tactics: &[Tactic], techniques: &[Technique]) -> Vec<Threat> {
    let mut threat: Vec<Threat> =
        tactics.iter().map(|tactic| Threat { tactic: tactic.clone(), techniques: Vec::new() }).collect();
    for technique in techniques.iter().filter(|technique| technique.name.is_some()) {
        let main = technique.id.split('.').next().unwrap_or_default();
        let Some(whole) = attack.technique(main).filter(|whole| whole.name.is_some()) else { continue };
        for id in &technique.tactics {
            let place = match threat.iter().position(|threat| threat.tactic.id == *id) {
                Some(at) => threat.get_mut(at),
                None if tactics.is_empty() => {
                    threat.extend(
                        attack.tactic_of_id(id).map(|tactic| Threat { tactic: tactic.clone(), techniques: Vec::new() }),
                    );
                    threat.last_mut()
                }
                None => None,
            };
            let Some(place) = place else { continue };
            let at = place.techniques.iter().position(|nested| nested.technique.id == whole.id).unwrap_or_else(|| {
                place.techniques.push(Nested { technique: whole.clone(), subtechniques: Vec::new() });
                place.techniques.len() - 1
            });
            if technique.id != whole.id
                && let Some(nested) = place.techniques.get_mut(at)
            {
                nested.subtechniques.push(technique.clone());
            }
        }
    }
    threat
}

fn entities(rule: &Rule) -> Vec<Entity> {
    let mappings = rule.entity_mappings.iter().flat_map(|mappings| &mappings.value);
    let entity = |mapping: &crate::rule::EntityMapping| {
        let fields = mapping.field_mappings.iter().flat_map(|fields| &fields.value);
        let pair = |field: &crate::rule::FieldMapping| {
            Some((field.identifier.as_ref()?.value.clone(), field.column_name.as_ref()?.value.clone()))
        };
        Some(Entity { ty: mapping.entity_type.as_ref()?.value.clone(), fields: fields.filter_map(pair).collect() })
    };
    mappings.filter_map(entity).filter(|entity| !entity.fields.is_empty()).collect()
}

fn connectors(rule: &Rule) -> Vec<Connector> {
    let connectors = rule.required_data_connectors.iter().flat_map(|connectors| &connectors.value);
    let one = |connector: &crate::rule::DataConnector| {
        let data = connector.data_types.iter().flat_map(|types| &types.value).map(|ty| ty.value.clone()).collect();
        Some(Connector { id: connector.connector_id.as_ref()?.value.clone(), data })
    };
    connectors.filter_map(one).collect()
}
