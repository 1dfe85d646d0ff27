#![doc = include_str!("../README.md")]

pub mod bind;
pub mod cli;
pub mod diagnostic;
pub mod functions;
pub mod ir;
pub mod literal;
pub mod rule;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod types;
