//! Passes: each makes a query simpler to work with and keeps its meaning.

mod constants;

pub use constants::{constant, fold_constants};
