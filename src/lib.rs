#![doc = include_str!("../README.md")]

pub mod bind;
pub mod cli;
pub mod diagnostic;
#[cfg(feature = "eval")]
pub mod eval;
pub mod format;
pub mod functions;
pub mod ir;
pub mod lint;
pub mod literal;
pub mod naturalise;
pub mod package;
mod peg;
#[cfg(feature = "events")]
pub mod prove;
pub mod read;
#[cfg(feature = "events")]
pub mod replay;
pub mod rule;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod target;
pub mod types;
pub mod words;
pub mod yaml;
