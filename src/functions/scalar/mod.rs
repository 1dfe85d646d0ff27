//! The scalar functions, by subject.

mod strings;

use super::Function;

/// The rows of every file.
pub(super) const FILES: &[&[Function]] = &[strings::ROWS];
