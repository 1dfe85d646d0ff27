//! Sentinel rules: analytic rules (Scheduled and NRT), hunting queries and queries of entity pages, in YAML and in JSON
//! as ARM templates wrap them.
//!
//! A file is read into a tree whose every node has its place ([`Node`]), and the tree into rules ([`Rule`]). The query of a
//! rule ([`QueryText`]) maps back to the bytes of the file whatever style it is written in, and can be replaced in place
//! ([`replace_query`]).

mod attack;
mod credits;
mod duration;
mod fields;
mod json;
mod model;
mod query;
mod read;
mod replace;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Diagnostic, code};
use crate::source::{ReadError, SourceFile, Span};
use crate::yaml;

pub use crate::yaml::{Entry, Node, NodeKind, Scalar, ScalarStyle};
pub use attack::is_technique;
pub use credits::Credits;
pub use duration::{Duration, DurationForm};
pub use model::{
    AlertDetailsOverride, DataConnector, DynamicProperty, EntityMapping, EventGroupingSettings, Exploration, Field,
    FieldMapping, GroupingConfiguration, IncidentConfiguration, Rule, RuleKind, Shape, Texts, TriggerOperator,
    UnknownKey,
};
pub use query::{QueryText, folded_comment};
pub use replace::{ReplaceError, replace_query};

/// What a file holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A rule in YAML.
    Yaml,
    /// Rules in JSON: an ARM template, an exported rule, or a rule as such.
    Json,
    /// The text of queries.
    Query,
}

/// File endings, in lower case.
const ENDINGS: &[(&str, FileKind)] = &[
    ("yaml", FileKind::Yaml),
    ("yml", FileKind::Yaml),
    ("json", FileKind::Json),
    ("kql", FileKind::Query),
    ("csl", FileKind::Query),
    ("kusto", FileKind::Query),
    ("txt", FileKind::Query),
];

/// What a file of this name holds, by its ending in any case. `None` for other files.
pub fn kind_of(name: &str) -> Option<FileKind> {
    let (_, ending) = name.rsplit_once('.')?;
    ENDINGS.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|&(_, kind)| kind)
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Its rules, in the order of the file. Empty where the file could not be read as rules.
    pub rules: Vec<Rule>,
    /// What is wrong with the file and with the types of its fields; spans count in the decoded file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the rules of a file: JSON where its name ends so, YAML else.
///
/// A file that cannot be read as rules gives one diagnostic and no rule.
pub fn read(file: &SourceFile) -> Document {
    read_text(file.text(), kind_of(file.name()))
}

/// The rules in a decoded text.
fn read_text(source: &str, kind: Option<FileKind>) -> Document {
    let root = if kind == Some(FileKind::Json) { json::read(source) } else { yaml::read(source) };
    match root {
        Ok(Some(root)) => read::document(source, &root),
        Ok(None) => Document { rules: Vec::new(), diagnostics: vec![empty()] },
        Err(diagnostic) => Document { rules: Vec::new(), diagnostics: vec![*diagnostic] },
    }
}

fn empty() -> Diagnostic {
    Diagnostic::new(&code::FILE_EMPTY, Span::at(0), "the file holds nothing to read")
        .note("a rule file holds a mapping with `query`, `name`, `severity` and so on")
}

/// The diagnostic for a file that is too large to be read, `None` for what the operating system said.
pub fn too_large(error: &ReadError) -> Option<Diagnostic> {
    match error {
        ReadError::Io { .. } => None,
        ReadError::TooLarge { bytes, .. } => Some(
            Diagnostic::new(
                &code::FILE_TOO_LARGE,
                Span::at(0),
                format!("the file is too large for a rule or a query: {bytes} bytes"),
            )
            .note(format!(
                "files of up to {} MiB are read; real rules stay under 200 kB",
                crate::source::MAX_FILE_BYTES >> 20
            )),
        ),
    }
}
