//! Rules of Kibana that say what a query of its languages cannot, or say it better.

use serde::Serialize;

use super::{Conversion, Loss};

/// Such a rule, and what differs where it stands in the place of the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// What it looks for.
    pub kind: DetectionKind,
    /// What differs from the rule in KQL: these and no others.
    pub losses: Vec<Loss>,
    /// Index patterns.
    pub indices: Vec<String>,
    /// The start of the span of time, as date math.
    pub from: Option<String>,
    /// Its end.
    pub to: Option<String>,
    /// What the rule's exceptions leave out.
    pub exceptions: Vec<String>,
}

/// The kinds of such rules, by the names of Kibana's API. Queries are in Lucene's syntax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DetectionKind {
    /// Counts events over each run's span of time.
    Threshold {
        /// The events.
        query: String,
        /// The fields that are equal in all of them.
        fields: Vec<String>,
        /// How many there have to be.
        value: u64,
    },
    /// Finds values that occur in a run's span of time and did not before.
    NewTerms {
        /// The events.
        query: String,
        /// The fields whose values together are to be new.
        fields: Vec<String>,
        /// The start of the time that is looked back at, as date math.
        history: String,
    },
    /// Finds events in which a field has the value of an indicator.
    ThreatMatch {
        /// The events.
        query: String,
        /// Where the indicators are.
        indicators: Vec<String>,
        /// Which indicators count.
        indicator_query: String,
        /// Pairs of a field of the events and one of the indicators that have to be equal, all of them.
        mapping: Vec<(String, String)>,
    },
}

impl DetectionKind {
    /// The type of the rule, as Kibana calls it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Threshold { .. } => "threshold",
            Self::NewTerms { .. } => "new_terms",
            Self::ThreatMatch { .. } => "threat_match",
        }
    }

    /// The events that it looks through.
    pub fn query(&self) -> &str {
        match self {
            Self::Threshold { query, .. } | Self::NewTerms { query, .. } | Self::ThreatMatch { query, .. } => query,
        }
    }
}

impl Conversion {
    /// The same as a rule of a kind of its own, where there is one: it has losses of its own, and stands also where the
    /// query is refused.
    pub fn become_detection(&mut self) {
        let Some(detection) = self.outside.detection.clone() else { return };
        self.losses.clone_from(&detection.losses);
        self.outside.indices.clone_from(&detection.indices);
        self.outside.from.clone_from(&detection.from);
        self.outside.to.clone_from(&detection.to);
        self.outside.exceptions.clone_from(&detection.exceptions);
        self.fidelity = self.losses.iter().map(|loss| loss.fidelity).max().unwrap_or_default();
        self.output = Some(detection.kind.query().to_owned());
    }
}
