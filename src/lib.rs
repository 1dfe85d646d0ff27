#![doc = include_str!("../README.md")]

pub mod diagnostic;
pub mod rule;
pub mod source;
