//! The data of the target, read once: `target.yaml` and `functions.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::target::data::Cases;
use crate::target::{Capabilities, DataError, DataFile, LossRow};

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
    functions: BTreeMap<String, Cases<FunctionCase>>,
    /// Aggregates, by name.
    pub aggregates: BTreeMap<String, AggregateRow>,
}

/// What a function is in KQL.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionCase {
    /// The template.
    pub emit: String,
    /// The number of arguments it is for.
    #[serde(default)]
    pub arguments: Option<usize>,
    /// What differs.
    #[serde(default)]
    pub loss: Option<LossRow>,
}

impl From<String> for FunctionCase {
    fn from(emit: String) -> Self {
        Self { emit, ..Self::default() }
    }
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
    /// What differs in what is shown.
    #[serde(default)]
    pub shown: Option<LossRow>,
}

impl FunctionsFile {
    /// The case of a function for so many arguments.
    pub fn function(&self, name: &str, arguments: usize) -> Option<&FunctionCase> {
        self.functions.get(name)?.iter().find(|case| case.arguments.is_none_or(|wanted| wanted == arguments))
    }

    /// Every template, with the name of its row.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.functions.iter().flat_map(|(name, row)| row.iter().map(|case| (name.as_str(), case.emit.as_str())))
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
            if crate::functions::aggregate(&row.emit).is_none() {
                return Err(functions.error_at_key(&["aggregates", name], "there is no such aggregate"));
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
