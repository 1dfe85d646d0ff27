//! Sigma: rules and correlations.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; neither knows the other. Log sources, field names and
//! what is known of functions are [`rows`] of `targets/sigma/`.

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
pub mod tree;

use super::{Capabilities, Conversion, DataError, Options, RuleInfo, Target};
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
        Ok(match lower::lower(query, rule, data, *options) {
            Ok((documents, losses)) => Conversion::new(print::print(&documents), losses),
            Err(losses) => Conversion::refused(losses.into_sorted()),
        })
    }
}
