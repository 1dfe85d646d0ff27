#![doc = include_str!("../README.md")]

pub mod diagnostic;
pub mod functions;
pub mod ir;
pub mod literal;
pub mod source;
pub mod syntax;
pub mod types;
