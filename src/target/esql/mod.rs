//! Elastic's piped language, ES|QL.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Renderings of functions are
//! [`rows`] of `targets/esql/`; tables and fields are shared with EQL in `targets/elastic/`.

mod lower;
mod print;
pub mod rows;
mod template;
pub mod tree;

use super::elastic::tables;
use super::{Capabilities, Conversion, DataError, Options, Outside, RuleInfo, Target};
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
}

#[cfg(test)]
mod tests;
