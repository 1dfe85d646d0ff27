//! The aggregates.

use super::Function;
use super::rows::rows;

/// The rows of every file.
pub(super) const FILES: &[&[Function]] = &[ROWS];

rows! { Aggregate;
    /// Counts the records of the group.
    count: [named(PrefixAndFirst("count"))]
        () -> Long
        (predicate: Bool) -> Long / hidden
        => "range i from 1 to 3 step 1 | summarize x = count()" gives "3";
    /// Collects the distinct values of the group into an array, in no order.
    make_set: [named(PrefixAndFirst("set"))]
        (expr: Scalar, maxSize: Integer?) -> ArrayOfFirst
        => "range i from 1 to 1 step 1 | summarize x = make_set(i)" gives "[1]";
}
