//! The plugins of `evaluate`.

use super::Function;
use super::rows::rows;

/// The rows of every file.
pub(super) const FILES: &[&[Function]] = &[ROWS];

rows! { Plugin;
    /// Turns each slot of a bag column into a column of its own.
    bag_unpack:
        (column: Scalar[Column], column_prefix: String[LiteralNotEmpty]?) -> Table[InputExcept(0), Open];
}
