//! Sigma documents: rules and correlations.

/// A document of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// A rule.
    Rule(SigmaRule),
    /// A correlation.
    Correlation(Correlation),
}

/// What both kinds of documents say about themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `title`
    pub title: String,
    /// `id`: a UUID.
    pub id: String,
    /// `name`: what correlations refer to.
    pub name: Option<String>,
    /// `related`: the rule it was derived from, a UUID.
    pub derived_from: Option<String>,
    /// `status`
    pub status: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// `license`: an SPDX expression.
    pub license: Option<String>,
    /// `references`
    pub references: Vec<String>,
    /// `author`
    pub author: Option<String>,
    /// `date`
    pub date: Option<String>,
    /// `tags`
    pub tags: Vec<String>,
    /// `falsepositives`
    pub false_positives: Vec<String>,
    /// `level`
    pub level: Option<String>,
}

/// Where events are from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSource {
    /// `category`
    pub category: Option<String>,
    /// `product`
    pub product: Option<String>,
    /// `service`
    pub service: Option<String>,
    /// `definition`: what has to be known to collect them.
    pub definition: Option<String>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct SigmaRule {
    /// About itself.
    pub metadata: Metadata,
    /// Where events are from.
    pub logsource: LogSource,
    /// Which events.
    pub detection: Detection,
}

/// Selections and the condition over them.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Named selections, in order.
    pub selections: Vec<(String, Selection)>,
    /// How they are put together.
    pub condition: Condition,
}

/// What a name in a condition stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// One of these, in each of which all items hold.
    AnyOf(Vec<Vec<Item>>),
    /// One of these values anywhere in the event.
    Keywords(Vec<Value>),
}

/// A test of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The field.
    pub field: String,
    /// What is done with field and values, in order.
    pub modifiers: Vec<Modifier>,
    /// The values, of which one must fit; all with [`Modifier::All`].
    pub values: Vec<Value>,
}

/// The modifiers that are emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Modifier {
    /// Part of the value.
    Contains,
    /// Its beginning.
    StartsWith,
    /// Its end.
    EndsWith,
    /// A regular expression found in the value.
    Re,
    /// Letters in either case, behind [`Modifier::Re`].
    IgnoreCase,
    /// Letters in this case alone.
    Cased,
    /// All values.
    All,
    /// An address in a network.
    Cidr,
    /// `<`
    Lt,
    /// `<=`
    Lte,
    /// `>`
    Gt,
    /// `>=`
    Gte,
    /// The value is the name of another field.
    FieldRef,
    /// The value is a placeholder for a list.
    Expand,
}

impl Modifier {
    /// The word behind the bar.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::StartsWith => "startswith",
            Self::EndsWith => "endswith",
            Self::Re => "re",
            Self::IgnoreCase => "i",
            Self::Cased => "cased",
            Self::All => "all",
            Self::Cidr => "cidr",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::FieldRef => "fieldref",
            Self::Expand => "expand",
        }
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// This text; nothing in it is a wildcard.
    Text(String),
    /// A text in which `*` stands for anything and `?` for one character, escapes included: as Sigma has it.
    Pattern(String),
    /// What is not read for wildcards: a regular expression, a network, a name.
    Verbatim(String),
    /// A whole number.
    Integer(i64),
    /// Any other number, finite.
    Real(f64),
    /// A truth value.
    Bool(bool),
    /// No value, or no such field.
    Null,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A selection.
    Name(String),
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// Does not hold.
    Not(Box<Condition>),
}

/// A correlation.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// About itself.
    pub metadata: Metadata,
    /// What is counted.
    pub kind: CorrelationKind,
    /// The names of the rules whose events count.
    pub rules: Vec<String>,
    /// What makes a group.
    pub group_by: Vec<String>,
    /// Names in `group_by` that stand for another field in each rule.
    pub aliases: Vec<(String, Vec<(String, String)>)>,
    /// The width of the window, in seconds.
    pub seconds: u64,
    /// The comparison that must hold.
    pub threshold: Threshold,
}

/// A comparison with a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Which.
    pub op: ThresholdOp,
    /// With what.
    pub value: Value,
}

/// The comparisons of thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdOp {
    /// `>`
    Gt,
    /// `>=`
    Gte,
}

impl ThresholdOp {
    /// The key.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Gte => "gte",
        }
    }
}

/// What correlations count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorrelationKind {
    /// Events.
    EventCount,
    /// Different values of a field.
    ValueCount(String),
    /// The sum of a field.
    ValueSum(String),
    /// The average of a field.
    ValueAvg(String),
    /// Rules that find something.
    Temporal,
    /// Rules that find something one after the other.
    TemporalOrdered,
}

impl CorrelationKind {
    /// The name of the type.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount(_) => "value_count",
            Self::ValueSum(_) => "value_sum",
            Self::ValueAvg(_) => "value_avg",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
        }
    }

    /// The field it is about.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::ValueCount(field) | Self::ValueSum(field) | Self::ValueAvg(field) => Some(field),
            _ => None,
        }
    }
}
