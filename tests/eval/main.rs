//! The native evaluator, by whole queries.
#![cfg(feature = "eval")]

mod examples;
mod forms;
mod grammar;
#[path = "../noise/mod.rs"]
mod noise;
mod operators;
mod random;
