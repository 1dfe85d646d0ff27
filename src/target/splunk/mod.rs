//! Splunk's search language, SPL.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Renderings of functions,
//! tables and field names are [`rows`] of `targets/splunk/`.

mod lower;
mod print;
pub mod rows;
mod template;
pub mod tree;

use super::{Capabilities, Conversion, DataError, Options, Outside, RuleInfo, Target};
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

    fn convert(&self, query: &Query, _rule: &RuleInfo<'_>, options: &Options) -> Result<Conversion, DataError> {
        let data = rows::builtin()?;
        Ok(match lower::lower(query, data, *options) {
            Ok((search, columns, losses)) => {
                Conversion::new(search.print(), losses).with(Outside { columns, ..Outside::default() })
            }
            Err(losses) => Conversion::refused_for(query, losses),
        })
    }
}

#[cfg(test)]
mod tests;
