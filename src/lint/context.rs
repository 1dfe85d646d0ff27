//! What lints look at.

use super::nodes::Nodes;
use crate::bind::Bound;
use crate::rule::{Rule, RuleKind};
use crate::schema::Schemas;
use crate::source::{SourceFile, Span, TextMap};
use crate::syntax::{Parsed, ast};

/// A file with all that was read from it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// Its rules; none in a query file.
    pub rules: &'a [Rule],
    /// Its queries.
    pub queries: &'a [QueryView<'a>],
    /// Whether it is a rule file.
    pub is_rule_file: bool,
    /// The tables and functions in force.
    pub schemas: &'a Schemas,
    /// What the file was before, where that was asked for and it has changed since.
    pub base: Option<&'a Base>,
}

/// What a file held at a revision.
#[derive(Clone, Debug)]
pub struct Base {
    /// What the revision was called.
    pub revision: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A query of a file.
#[derive(Clone, Copy, Debug)]
pub struct QueryView<'a> {
    /// Its text.
    pub text: &'a str,
    /// From offsets in the text to offsets in the decoded file.
    pub map: &'a TextMap,
    /// Which of [`Subject::rules`] it belongs to.
    pub rule: Option<usize>,
    /// What the parser made of it.
    pub parsed: &'a Parsed,
    /// What it means; nothing where it does not parse or is folded.
    pub bound: Option<&'a Bound>,
    /// Whether folding has made comments swallow code, so that the tree is not what was meant.
    pub folded: bool,
}

/// What a rule file is meant to be, as far as it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// An analytic rule on a schedule.
    Scheduled,
    /// A near-real-time analytic rule.
    Nrt,
    /// It maps entities, as analytic rules do, but says neither its kind nor a schedule.
    LikelyScheduled,
    /// A hunting query.
    Hunting,
    /// A query of an entity page.
    Exploration,
    /// A kind of rule without a schema of its own here.
    Other,
}

impl Intent {
    /// What a rule is meant to be. `name` is that of its file: a folder may say that it holds hunting queries.
    pub fn of(rule: &Rule, name: &str) -> Self {
        match rule.rule_kind {
            // Schedules stray into hunting queries, too; there the folder or the file says what it is.
            RuleKind::Scheduled if rule.kind.is_none() && says_hunting(name) => Self::Hunting,
            RuleKind::Scheduled => Self::Scheduled,
            RuleKind::Nrt => Self::Nrt,
            RuleKind::Exploration => Self::Exploration,
            RuleKind::Other => Self::Other,
            RuleKind::Hunting if rule.kind.is_some() || rule.shape == crate::rule::Shape::Resource => Self::Hunting,
            // Neither a kind nor a schedule: what only alerts have makes it an analytic rule, the mapping of
            // entities a likely one, since hunting queries have it too.
            RuleKind::Hunting => {
                let alerts = rule.alert_details_override.is_some()
                    || rule.event_grouping_settings.is_some()
                    || rule.incident_configuration.is_some()
                    || rule.custom_details.is_some()
                    || rule.suppression_duration.is_some();
                if alerts {
                    Self::Scheduled
                } else if rule.entity_mappings.is_some() && !says_hunting(name) {
                    Self::LikelyScheduled
                } else {
                    Self::Hunting
                }
            }
        }
    }

    /// Whether it raises alerts, for certain.
    pub const fn is_analytic(self) -> bool {
        matches!(self, Self::Scheduled | Self::Nrt)
    }

    /// Whether it runs on a schedule, be it only by likelihood.
    pub const fn is_scheduled(self) -> bool {
        matches!(self, Self::Scheduled | Self::LikelyScheduled)
    }
}

/// Whether a folder or file of a path is named for hunting queries.
fn says_hunting(path: &str) -> bool {
    path.split(['/', '\\'])
        .map(str::to_ascii_lowercase)
        .any(|part| part.starts_with("hunting") && !part.contains("detection"))
}

/// What a lint of the text sees.
#[derive(Debug)]
pub struct TextContext<'a> {
    /// The file.
    pub subject: &'a Subject<'a>,
}

/// What a lint of rules sees.
#[derive(Debug)]
pub struct RuleContext<'a> {
    /// The file.
    pub subject: &'a Subject<'a>,
    /// The rule.
    pub rule: &'a Rule,
    /// What the rule is meant to be.
    pub intent: Intent,
    /// Its query, where it has one.
    pub query: Option<&'a QueryView<'a>>,
}

/// What a lint of queries sees.
#[derive(Debug)]
pub struct QueryContext<'a> {
    /// The query.
    pub view: &'a QueryView<'a>,
    /// Its tree.
    pub query: &'a ast::Query,
    /// The nodes of its tree.
    pub nodes: &'a Nodes<'a>,
    /// The tables and functions in force.
    pub schemas: &'a Schemas,
    /// Its rule, where it has one.
    pub rule: Option<&'a Rule>,
    /// What the rule is meant to be.
    pub intent: Option<Intent>,
}

impl<'a> RuleContext<'a> {
    /// The decoded text of the file.
    pub fn source(&self) -> &'a str {
        self.subject.file.text()
    }

    /// Whether the rule is written in rule YAML, with its fields side by side.
    pub fn is_flat(&self) -> bool {
        self.rule.shape == crate::rule::Shape::Flat
    }

    /// Where to point when the rule as a whole lacks something: its first line.
    pub fn head(&self) -> Span {
        self.rule.node.head(self.source())
    }

    /// The words at a span.
    pub fn words(&self, span: Span) -> &'a str {
        span.of(self.source())
    }
}

impl<'a> QueryContext<'a> {
    /// What the query means, where it is free of errors.
    pub fn meaning(&self) -> Option<&'a crate::ir::Query> {
        self.view.bound.filter(|bound| !bound.has_errors())?.query.as_ref()
    }

    /// Whether it is the query of a rule that raises alerts, for certain.
    pub fn raises_alerts(&self) -> bool {
        self.intent.is_some_and(Intent::is_analytic)
    }

    /// The words of the query at a span.
    pub fn words(&self, span: Span) -> &'a str {
        span.of(self.view.text)
    }
}
