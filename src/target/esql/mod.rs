//! Elastic's piped language, ES|QL.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Renderings of functions are
//! [`rows`] of `targets/esql/`; tables and fields are shared with EQL in `targets/elastic/`.

mod known;
mod lower;
mod print;
pub mod rows;
mod template;
pub mod tree;

use super::elastic::{self, tables};
use super::store::{Conflict, Empty, Given, Stored};
use super::{Capabilities, Conversion, DataError, Fields, Options, Outside, RuleInfo, Target};
use crate::ir::Query;

/// The target.
#[derive(Clone, Copy, Debug, Default)]
pub struct Esql;

impl Target for Esql {
    fn name(&self) -> &'static str {
        "esql"
    }

    fn capabilities(&self) -> Result<&'static Capabilities, DataError> {
        Ok(&rows::builtin()?.target.capabilities)
    }

    fn convert(&self, query: &Query, _rule: &RuleInfo<'_>, options: &Options) -> Result<Conversion, DataError> {
        let (data, tables) = (rows::builtin()?, tables::builtin()?);
        Ok(match lower::lower(query, data, tables, *options) {
            Ok((query, columns, losses)) => {
                let outside =
                    Outside { query: query.of_documents().map(|query| query.print()), columns, ..Outside::default() };
                Conversion::new(query.print(), losses).with(outside)
            }
            Err(losses) => Conversion::refused_for(query, losses),
        })
    }

    fn store(&self, event: &Given<'_>, fields: Fields, _: Empty) -> Result<(Vec<Stored>, Vec<Conflict>), DataError> {
        let (stored, conflicts) = elastic::store::store(tables::builtin()?, event, fields);
        Ok((vec![stored], conflicts))
    }

    fn arrays(&self) -> Result<&'static [String], DataError> {
        Ok(&tables::builtin()?.text_arrays)
    }

    fn folds(&self, table: &str, column: &str, fields: Fields) -> Result<bool, DataError> {
        Ok(tables::builtin()?.folds(table, column, fields))
    }
}

/// The index in which a list of this name has to be.
pub fn index_of(list: &str) -> String {
    lower::index_of(list)
}

#[cfg(test)]
mod tests;
