#![doc = include_str!("../README.md")]

pub mod cli;
pub mod diagnostic;
pub mod rule;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod types;
