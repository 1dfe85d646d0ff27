//! KQL: grammar, tree, printer.

pub mod ast;
mod explain;
mod grammar;
mod lower;
mod parse;
pub mod print;
pub mod scan;
pub mod string;
pub mod token;

pub use explain::operator_shapes;
pub use parse::{Parsed, parse, split_queries};
