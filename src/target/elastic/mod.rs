//! What EQL and ES|QL have in common: where tables are in Elasticsearch, Lucene's regular expressions, and how strings
//! and names are quoted.

pub(super) mod lucene;
pub(super) mod network;
pub(super) mod quote;
pub(super) mod store;
pub mod tables;
pub(super) mod unlisted;

#[cfg(test)]
mod tests;
