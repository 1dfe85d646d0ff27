//! The native evaluator: runs a plan over tables of events, by Kusto's own rules.
//!
//! The plan is lowered to Apache DataFusion, which reads, filters, sorts, groups and joins; what KQL means by its own
//! operators, functions and aggregates is written here, over Arrow arrays. DataFusion is named in this module alone.

pub mod aggregates;
pub mod arrays;
pub mod catalog;
pub mod cell;
pub mod dynamic;
mod engine;
mod error;
mod interrupt;
pub mod kernels;
mod lower;
pub mod output;
pub mod plugins;
pub mod sources;
mod support;

pub use catalog::Catalog;
pub use cell::Cell;
pub use engine::{Answer, Engine, Options};
pub use error::EvalError;
pub use interrupt::Interrupt;
