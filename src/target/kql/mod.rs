//! KQL itself: the query that a plan stands for.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Of a query of KQL this is the
//! normalised form: variables and functions put in, predicates simplified, time windows in front. What another language
//! means is said in KQL's own nodes before it comes here; whatever is left of it is refused by name.

mod lower;
mod print;
pub mod tree;
mod words;

use std::sync::OnceLock;

use super::store::{Conflict, Empty, Given, Stored};
use super::{Capabilities, Conversion, DataError, DataFile, Fields, Options, RuleInfo, Target};
use crate::ir::Query;

/// The target.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kql;

static FILE: DataFile<'static> =
    DataFile { name: "targets/kql/target.yaml", text: include_str!("../../../targets/kql/target.yaml") };

/// `target.yaml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    capabilities: Capabilities,
}

impl Target for Kql {
    fn name(&self) -> &'static str {
        "kql"
    }

    fn capabilities(&self) -> Result<&'static Capabilities, DataError> {
        static READ: OnceLock<Result<TargetFile, DataError>> = OnceLock::new();
        match READ.get_or_init(|| FILE.current()?.read()) {
            Ok(file) => Ok(&file.capabilities),
            Err(error) => Err(error.clone()),
        }
    }

    fn convert(&self, query: &Query, _rule: &RuleInfo<'_>, _options: &Options) -> Result<Conversion, DataError> {
        Ok(match lower::lower(query) {
            Ok((script, losses)) => Conversion::new(script.print(), losses),
            Err(losses) => Conversion::refused(losses.into_sorted()),
        })
    }

    /// Sentinel stores its own events as they are.
    fn store(&self, event: &Given<'_>, _: Fields, _: Empty) -> Result<(Vec<Stored>, Vec<Conflict>), DataError> {
        let stored = Stored { index: event.table.to_owned(), log_source: None, fields: event.columns.to_vec() };
        Ok((vec![stored], Vec::new()))
    }
}

#[cfg(test)]
mod tests;
