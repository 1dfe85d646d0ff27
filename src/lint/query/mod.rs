//! Lints of the query.

mod beyond_period;
mod impossible_case;
mod join_kind;
mod literal_regex;
mod malformed_regex;
mod row_limit;
mod unused_let;

use super::Lint;

/// The lints, in the order of their codes.
pub(super) const ALL: &[&Lint] = &[
    &unused_let::LINT,
    &join_kind::LINT,
    &row_limit::LINT,
    &beyond_period::LINT,
    &malformed_regex::LINT,
    &impossible_case::LINT,
    &literal_regex::LINT,
];
