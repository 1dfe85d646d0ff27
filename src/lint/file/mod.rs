//! Lints of the rule file: what its schema demands, and what its format makes of the text.

mod duplicate_id;
mod malformed_id;
mod missing_id;
pub(super) mod unused_ignore;

use super::Lint;

/// The lints, in the order of their codes.
pub(super) static ALL: &[&Lint] = &[&missing_id::LINT, &malformed_id::LINT, &duplicate_id::LINT, &unused_ignore::LINT];
