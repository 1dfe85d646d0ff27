#![doc = include_str!("../README.md")]

pub mod cli;
#[cfg(feature = "eval")]
pub mod eval;
pub mod lint;
pub mod naturalise;
pub mod package;
#[cfg(feature = "events")]
pub mod prove;
pub mod read;
#[cfg(feature = "events")]
pub mod replay;
pub mod target;

#[doc(inline)]
pub use kqlc_core::{
    bind, diagnostic, format, functions, ir, literal, rule, schema, source, syntax, types, words, yaml,
};

// For the tables of the grammars.
use kqlc_core::peg;

/// Tests of a grammar hold its table to pest's own interpreter, as those of `core` do.
#[cfg(test)]
#[path = "../core/src/peg/judge.rs"]
mod judge;
