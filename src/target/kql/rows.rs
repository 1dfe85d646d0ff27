//! The data of the target, read once: `target.yaml` and `functions.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::target::{Capabilities, DataError, DataFile, LossKind};

const TARGET: DataFile<'_> =
    DataFile { name: "targets/kql/target.yaml", text: include_str!("../../../targets/kql/target.yaml") };
const FUNCTIONS: DataFile<'_> =
    DataFile { name: "targets/kql/functions.yaml", text: include_str!("../../../targets/kql/functions.yaml") };

/// All data of the target.
#[derive(Debug)]
pub struct Data {
    /// `target.yaml`
    pub target: TargetFile,
    /// `functions.yaml`
    pub functions: FunctionsFile,
}

/// `target.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// What every target states.
    pub capabilities: Capabilities,
    /// The tables that hold the events of an object of a data model, `Model.Object`.
    pub models: BTreeMap<String, String>,
}

/// `functions.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionsFile {
    /// Functions, by language and name.
    functions: BTreeMap<String, FunctionRow>,
    /// Aggregates, by name.
    pub aggregates: BTreeMap<String, AggregateRow>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum FunctionRow {
    Template(String),
    Case(FunctionCase),
    Cases(Vec<FunctionCase>),
}

/// What a function is in KQL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionCase {
    /// The template.
    pub emit: String,
    /// The number of arguments it is for.
    #[serde(default)]
    pub arguments: Option<usize>,
    #[serde(default)]
    loss: Option<(String, String)>,
}

/// What an aggregate is in KQL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AggregateRow {
    /// The aggregate.
    pub emit: String,
    /// Whether what is given is needed as a number.
    #[serde(default)]
    pub numbers: bool,
    /// Whether records without a value are left out.
    #[serde(default)]
    pub filled: bool,
    #[serde(default)]
    shown: Option<(String, String)>,
}

/// A loss as a row tells it.
fn loss(told: Option<&(String, String)>) -> Option<(LossKind, &str)> {
    told.and_then(|(kind, message)| Some((LossKind::parse(kind)?, message.as_str())))
}

impl FunctionCase {
    /// What differs.
    pub fn loss(&self) -> Option<(LossKind, &str)> {
        loss(self.loss.as_ref())
    }
}

impl AggregateRow {
    /// What differs in what is shown.
    pub fn shown(&self) -> Option<(LossKind, &str)> {
        loss(self.shown.as_ref())
    }
}

impl FunctionsFile {
    /// The template of a function for so many arguments, and what differs.
    pub fn function(&self, name: &str, arguments: usize) -> Option<(&str, Option<(LossKind, &str)>)> {
        let fits = |case: &&FunctionCase| case.arguments.is_none_or(|wanted| wanted == arguments);
        match self.functions.get(name)? {
            FunctionRow::Template(template) => Some((template, None)),
            FunctionRow::Case(case) => Some(case).filter(fits).map(|case| (case.emit.as_str(), case.loss())),
            FunctionRow::Cases(cases) => cases.iter().find(fits).map(|case| (case.emit.as_str(), case.loss())),
        }
    }

    /// Every template, with the name of its row.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.functions.iter().flat_map(|(name, row)| {
            let templates: Vec<&str> = match row {
                FunctionRow::Template(template) => vec![template],
                FunctionRow::Case(case) => vec![&case.emit],
                FunctionRow::Cases(cases) => cases.iter().map(|case| case.emit.as_str()).collect(),
            };
            templates.into_iter().map(|template| (name.as_str(), template))
        })
    }
}

/// The data built in.
///
/// # Errors
/// What is wrong with the files.
pub fn builtin() -> Result<&'static Data, DataError> {
    static DATA: LazyLock<Result<Data, DataError>> = LazyLock::new(|| {
        let functions = FUNCTIONS.current()?;
        let read: FunctionsFile = functions.read()?;
        for (name, row) in &read.aggregates {
            let told = row.shown.is_none() || row.shown().is_some_and(|(kind, _)| !kind.refuses());
            if crate::functions::aggregate(&row.emit).is_none() || !told {
                return Err(functions.error_at_key(&["aggregates", name], "there is no such aggregate or kind of loss"));
            }
        }
        Ok(Data { target: TARGET.current()?.read()?, functions: read })
    });
    DATA.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_name_what_exists() {
        let data = builtin().unwrap();
        let known: Vec<String> = crate::ir::ForeignId::all().map(|id| id.to_string()).collect();
        for name in data.functions.aggregates.keys() {
            assert!(known.contains(name), "{name}");
        }
        for (name, template) in data.functions.templates() {
            assert!(known.iter().any(|id| id == name), "{name}");
            let function = template.split('(').next().unwrap_or_default();
            assert!(crate::functions::scalar(function).is_some(), "{name}: {template}");
        }
        assert!(data.target.models.keys().all(|name| name.contains('.')));
    }
}
