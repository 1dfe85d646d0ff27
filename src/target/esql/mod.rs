//! Elastic's piped language, ES|QL.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Renderings of functions are
//! [`rows`] of `targets/esql/`; tables and fields are shared with EQL in `targets/elastic/`.

// Matters of shape, not of meaning, that a first version has left to be smoothed.
#![allow(
    clippy::unused_self,
    clippy::self_only_used_in_recursion,
    clippy::only_used_in_recursion,
    clippy::type_complexity,
    clippy::unnecessary_wraps,
    clippy::wrong_self_convention,
    clippy::format_push_string,
    clippy::return_self_not_must_use,
    clippy::needless_for_each,
    clippy::needless_pass_by_value,
    clippy::maybe_infinite_iter,
    clippy::semicolon_if_nothing_returned,
    clippy::trivially_copy_pass_by_ref
)]

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
            Err(losses) => Conversion::refused(losses.into_sorted()),
        })
    }
}

#[cfg(test)]
mod tests;
