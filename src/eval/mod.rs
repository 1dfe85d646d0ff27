//! The native evaluator: runs a plan over tables of events, by Kusto's own rules.
//!
//! The plan is lowered to Apache DataFusion, which reads, filters, sorts, groups and joins; what KQL means by its own
//! operators, functions and aggregates is written here, over Arrow arrays. DataFusion is named in this module alone.

pub mod aggregates;
pub mod arrays;
pub mod cell;
pub mod dynamic;
pub mod kernels;

pub use cell::Cell;
