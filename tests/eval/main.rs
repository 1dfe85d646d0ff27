//! The native evaluator, by whole queries.
#![cfg(feature = "eval")]

mod examples;
mod forms;
mod grammar;
mod losses;
mod mutation;
#[path = "../noise/mod.rs"]
mod noise;
mod operators;
mod prove;
mod random;
