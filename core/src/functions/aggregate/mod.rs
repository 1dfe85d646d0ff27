//! The aggregates.

mod collect;
mod statistics;

use super::Function;

/// The rows of every file.
pub(super) const FILES: &[&[Function]] = &[collect::ROWS, statistics::ROWS];
