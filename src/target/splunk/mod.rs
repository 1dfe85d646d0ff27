//! Splunk's search language, SPL.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Renderings of functions,
//! tables and field names are [`rows`] of `targets/splunk/`.

mod lower;
mod print;
pub mod rows;
mod store;
mod template;
pub mod tree;

use super::store::{Conflict, Empty, Given, Stored};
use super::{Capabilities, Conversion, DataError, Fields, Options, Outside, RuleInfo, Target};
use crate::ir::Query;

/// The target.
#[derive(Clone, Copy, Debug, Default)]
pub struct Splunk;

impl Target for Splunk {
    fn name(&self) -> &'static str {
        "splunk"
    }

    fn capabilities(&self) -> Result<&'static Capabilities, DataError> {
        Ok(&rows::builtin()?.target.capabilities)
    }

    fn arrays(&self) -> Result<&'static [String], DataError> {
        Ok(&rows::builtin()?.target.arrays)
    }

    fn objects(&self) -> Result<&'static [String], DataError> {
        Ok(&rows::builtin()?.target.objects)
    }

    fn convert(&self, query: &Query, _rule: &RuleInfo<'_>, options: &Options) -> Result<Conversion, DataError> {
        let data = rows::builtin()?;
        Ok(match lower::lower(query, data, *options) {
            Ok((search, columns, losses)) => {
                Conversion::new(search.print(), losses).with(Outside { columns, ..Outside::default() })
            }
            Err(losses) => Conversion::refused_for(query, losses),
        })
    }

    fn store(
        &self,
        event: &Given<'_>,
        fields: Fields,
        empty: Empty,
    ) -> Result<(Vec<Stored>, Vec<Conflict>), DataError> {
        let (stored, conflicts) = store::store(rows::builtin()?, event, fields, empty);
        Ok((vec![stored], conflicts))
    }
}

pub(in crate::target) use lower::{json_text, json_value};

/// The macros by which the tables' events are found, each with a definition that finds them as [`Target::store`] stores
/// them: a site has its own.
///
/// # Errors
/// What is wrong with the data files.
pub fn macros() -> Result<Vec<(String, String)>, DataError> {
    Ok(store::macros(rows::builtin()?))
}

#[cfg(test)]
mod tests;
