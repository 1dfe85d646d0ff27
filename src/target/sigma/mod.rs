//! Sigma: rules and correlations.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Log sources, field names and
//! what is known of functions are [`rows`] of `targets/sigma/`.

mod lower;
mod print;
pub mod rows;
mod store;
pub mod tree;

use super::store::{Conflict, Empty, Given, Stored};
use super::{Capabilities, Conversion, DataError, Fields, Options, Outside, RuleInfo, Target};
use crate::ir::Query;

/// The target.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sigma;

impl Target for Sigma {
    fn name(&self) -> &'static str {
        "sigma"
    }

    fn capabilities(&self) -> Result<&'static Capabilities, DataError> {
        Ok(&rows::builtin()?.target.capabilities)
    }

    fn convert(&self, query: &Query, rule: &RuleInfo<'_>, options: &Options) -> Result<Conversion, DataError> {
        let data = rows::builtin()?;
        Ok(match lower::lower(query, *rule, data, *options) {
            Ok((documents, losses, lists)) => {
                Conversion::new(print::print(&documents), losses).with(Outside { lists, ..Outside::default() })
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
        Ok(store::store(rows::builtin()?, event, fields, empty))
    }
}
