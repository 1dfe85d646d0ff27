//! Lints of the query.
