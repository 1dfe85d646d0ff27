//! Targets: the languages that detections are written in, and how faithfully each can say what a rule means.
//!
//! A [`Target`] lowers the IR to its own small tree and prints that once. Everything that is data (capabilities, function
//! renderings, tables and fields) stands in `targets/<name>/`. What a target cannot say it refuses; what it says
//! differently it tells, as a [`Loss`] that points at the words of the query.
//!
//! To add a target: a folder under `targets/`, a module here that implements [`Target`], a row in [`registry`].

mod data;
mod detection;
pub mod elastic;
pub mod eql;
pub mod esql;
mod fidelity;
mod filled;
pub mod kql;
mod ledger;
mod loss;
mod reason;
pub mod registry;
mod sets;
pub mod sigma;
pub mod splunk;
pub mod store;
mod template;
mod usage;
mod written;

pub use data::{DataError, DataFile, FILES, override_with};
pub use detection::{Detection, DetectionKind};
pub use fidelity::Fidelity;
pub use loss::{Loss, LossKind, LossRow, Losses};
pub use registry::find;

use crate::ir::{ColumnId, Plan, Query};
use crate::rule::Rule;

/// Whose field names the output uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Fields {
    /// The convention of the SIEM (Splunk: CIM and the add-ons' names).
    #[default]
    Siem,
    /// Sentinel's own column names.
    Native,
}

/// Which form is taken where the exact one is clumsy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Prefer {
    /// The one that means the same for every input.
    #[default]
    Exact,
    /// The one people write by hand, with the difference told as a loss.
    Idiomatic,
}

/// How a conversion is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whose field names.
    pub fields: Fields,
    /// Which form.
    pub prefer: Prefer,
}

/// What a target may need of the rule around the query. A query file has none of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleInfo<'a> {
    /// The rule as read.
    pub rule: Option<&'a Rule>,
}

/// What a conversion gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// How faithful the output is.
    pub fidelity: Fidelity,
    /// The artefact; none where it is refused.
    pub output: Option<String>,
    /// What differs, or why it is refused, in the order of the query's text.
    pub losses: Vec<Loss>,
    /// What a packaged detection has to state beside the query.
    pub outside: Outside,
}

/// A list whose values whoever takes a translation has to give.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueList {
    /// The name that the translation has in its place.
    pub name: String,
    /// What gives the values, in the plan of the rule.
    pub plan: Plan,
    /// The column that holds them.
    pub key: ColumnId,
}

/// What a packaged detection has to state beside the query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outside {
    /// The query as a package wants it, where that differs from the bare artefact.
    pub query: Option<String>,
    /// Index patterns.
    pub indices: Vec<String>,
    /// The start of the span of time, as date math.
    pub from: Option<String>,
    /// Its end.
    pub to: Option<String>,
    /// What the rule's exceptions leave out.
    pub exceptions: Vec<String>,
    /// The columns of the result, each with the name of its field there.
    pub columns: Vec<(String, String)>,
    /// The same as a rule of Kibana of a kind of its own, also where there is no query.
    pub detection: Option<Detection>,
    /// Lists that the translation reads and has no values of.
    pub lists: Vec<ValueList>,
}

impl Outside {
    /// The field that holds a column of the result.
    pub fn field(&self, column: &str) -> Option<&str> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, field)| field.as_str())
    }
}

impl Conversion {
    /// A refusal.
    pub fn refused(losses: Vec<Loss>) -> Self {
        Self { fidelity: Fidelity::Refused, output: None, losses, outside: Outside::default() }
    }

    /// A refusal of a query, with what keeps it from being said in any language.
    pub(in crate::target) fn refused_for(query: &Query, mut losses: Losses) -> Self {
        for loss in reason::baselines(query) {
            losses.push(loss);
        }
        Self::refused(losses.into_sorted())
    }

    /// The artefact with the losses it was written under. What the losses allow at most is its fidelity.
    pub fn new(output: String, losses: Losses) -> Self {
        let fidelity = losses.fidelity();
        let losses = losses.into_sorted();
        if fidelity == Fidelity::Refused {
            return Self::refused(losses);
        }
        Self { fidelity, output: Some(output), losses, outside: Outside::default() }
    }

    /// The same with what stands beside the query; beside a refusal only a rule of a kind of its own can stand.
    #[must_use]
    pub fn with(mut self, outside: Outside) -> Self {
        if self.output.is_some() || outside.detection.is_some() {
            self.outside = outside;
        }
        self
    }

    /// The query as a package wants it.
    pub fn query(&self) -> Option<&str> {
        self.outside.query.as_deref().or(self.output.as_deref())
    }

    /// Adds what the way it is packaged makes different.
    pub fn add(&mut self, loss: Loss) {
        if self.output.is_some() {
            self.fidelity = self.fidelity.max(loss.fidelity);
            self.losses.push(loss);
        }
    }

    /// The same, refused where it falls short of `least`. The losses stay, behind one that says so.
    #[must_use]
    pub fn at_least(mut self, least: Fidelity) -> Self {
        if self.fidelity > least && self.fidelity != Fidelity::Refused {
            let span = self.losses.first().map(|loss| loss.span).unwrap_or_default();
            let message = format!("the conversion is `{}`, and at least `{least}` is asked for", self.fidelity);
            self.losses.insert(0, Loss::refusal(LossKind::MinFidelity, span, message));
            self.fidelity = Fidelity::Refused;
            self.output = None;
        }
        self
    }
}

/// What a target can say at all, from its `target.yaml`. Read by people and by the generated documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// The name people know the language by.
    pub title: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The file name extension of its artefacts, without the dot.
    pub extension: String,
    /// Where its values differ from KQL's for every rule alike; `exact` is meant apart from these.
    pub limits: Vec<String>,
}

/// A language that rules can be written in.
pub trait Target: Sync + Send {
    /// The name on the command line, which is also that of its folder in `targets/`.
    fn name(&self) -> &'static str;

    /// What it can say.
    ///
    /// # Errors
    /// What is wrong with its data files.
    fn capabilities(&self) -> Result<&'static Capabilities, DataError>;

    /// Writes a query in this language. Never fails: what cannot be said comes back as a refusal with its reasons.
    ///
    /// # Errors
    /// What is wrong with its data files.
    fn convert(&self, query: &Query, rule: &RuleInfo<'_>, options: &Options) -> Result<Conversion, DataError>;

    /// An event of Sentinel as it is stored there, once for each kind of events it belongs to; and where two of its
    /// columns that are one field there disagree.
    ///
    /// # Errors
    /// What is wrong with its data files.
    fn store(
        &self,
        event: &store::Given<'_>,
        fields: Fields,
        empty: store::Empty,
    ) -> Result<(Vec<store::Stored>, Vec<store::Conflict>), DataError>;

    /// Whether values of a column that differ in case alone are stored as one, so that nobody can tell them apart there.
    ///
    /// # Errors
    /// What is wrong with its data files.
    fn folds(&self, _table: &str, _column: &str, _fields: Fields) -> Result<bool, DataError> {
        Ok(false)
    }

    /// The columns and slots of dynamic values that translations take for arrays wherever they hold anything, as the
    /// documentation of the tables has it.
    ///
    /// # Errors
    /// What is wrong with its data files.
    fn arrays(&self) -> Result<&'static [String], DataError> {
        Ok(&[])
    }

    /// Those of the arrays whose elements it takes for objects, and never for texts that hold one.
    ///
    /// # Errors
    /// What is wrong with its data files.
    fn objects(&self) -> Result<&'static [String], DataError> {
        Ok(&[])
    }

    /// How faithful the conversion would be, and why, without the artefact.
    ///
    /// # Errors
    /// What is wrong with its data files.
    fn fidelity(
        &self,
        query: &Query,
        rule: &RuleInfo<'_>,
        options: &Options,
    ) -> Result<(Fidelity, Vec<Loss>), DataError> {
        let conversion = self.convert(query, rule, options)?;
        Ok((conversion.fidelity, conversion.losses))
    }
}
