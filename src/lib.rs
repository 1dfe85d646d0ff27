#![doc = include_str!("../README.md")]

pub mod cli;
pub mod diagnostic;
pub mod rule;
pub mod source;
pub mod syntax;
