//! KQL itself: the query that a plan stands for.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. What the functions of
//! other languages are in KQL stands in [`rows`] of `targets/kql/`. Of a query of KQL this is the
//! normalised form: variables and functions put in, predicates simplified, time windows in front. What another language
//! means is said in KQL's own nodes before it comes here; whatever is left of it is refused by name.

mod lower;
mod print;
pub mod rows;
pub mod tree;

use super::store::{Conflict, Empty, Given, Stored};
use super::{Capabilities, Conversion, DataError, Fields, Options, RuleInfo, Target};
use crate::ir::Query;

/// The target.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kql;

impl Target for Kql {
    fn name(&self) -> &'static str {
        "kql"
    }

    fn capabilities(&self) -> Result<&'static Capabilities, DataError> {
        Ok(&rows::builtin()?.target.capabilities)
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
