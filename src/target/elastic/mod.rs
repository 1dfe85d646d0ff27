//! What EQL and ES|QL have in common: where tables are in Elasticsearch, Lucene's regular expressions, and how strings
//! and names are quoted.

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

pub(super) mod lucene;
pub(super) mod quote;
pub mod tables;
