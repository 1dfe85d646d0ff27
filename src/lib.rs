#![doc = include_str!("../README.md")]

pub mod diagnostic;
pub mod functions;
pub mod source;
pub mod types;
