//! Functions that look at other records of a serialised input.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Numbers the records, from 1 or another start, beginning anew where asked to.
    row_number: [window]
        (starting_index: Long?, restart: Bool?) -> Long
        => "range i from 5 to 5 step 1 | serialize x = row_number() | project x" gives "1";
    /// Adds up a column record by record, beginning anew where asked to.
    row_cumsum: [window]
        (term: Number, restart: Bool?) -> SameAs[0]
        => "range i from 5 to 5 step 1 | serialize x = row_cumsum(i) | project x" gives "5";
    /// Ranks the records by a column, equal values having one rank.
    row_rank: [window, hidden, old("row_rank_dense")]
        (column: NotDynamic, dense: Bool[Constant]?) -> Long;
    /// Ranks the records by a column from 1, equal values having one rank and no rank being left out.
    row_rank_dense: [window]
        (term: NotDynamic, restart: Bool?) -> Long
        => "datatable(v: long)[1, 1, 4] | serialize r = row_rank_dense(v) | summarize x = max(r)" gives "2";
    /// Ranks the records by a column from 1, equal values having the lowest of their places.
    row_rank_min: [window]
        (term: NotDynamic, restart: Bool?) -> Long
        => "datatable(v: long)[1, 1, 4] | serialize r = row_rank_min(v) | summarize x = max(r)" gives "3";
    /// Gives the start of the session each instant belongs to; a session ends by its length, by a gap or where
    /// asked to.
    row_window_session: [window]
        (expr: DateTime, max_distance_from_first: TimeSpan, max_distance_between_neighbors: TimeSpan,
            restart: Bool?) -> SameAs[0]
        => "print t = datetime(2024-01-31) | serialize x = row_window_session(t, 1h, 5m) | project x" gives "2024-01-31T00:00:00.0000000Z";
    /// Gives the value of a column so many records before, or a default.
    prev: [window]
        (column: Scalar[Column], offset: Long?, default_value: Scalar[Constant]?) -> SameAs[0]
        => "range i from 5 to 5 step 1 | serialize x = prev(i, 1, 0) | project x" gives "0";
    /// Gives the value of a column so many records after, or a default.
    next: [window]
        (column: Scalar[Column], offset: Long?, default_value: Scalar[Constant]?) -> SameAs[0]
        => "range i from 5 to 5 step 1 | serialize x = next(i, 1, 0) | project x" gives "0";
}
