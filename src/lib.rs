#![doc = include_str!("../README.md")]

pub mod diagnostic;
pub mod literal;
pub mod source;
pub mod syntax;
