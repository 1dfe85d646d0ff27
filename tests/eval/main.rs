//! The native evaluator, by whole queries.
#![cfg(feature = "eval")]

mod examples;
mod forms;
mod grammar;
mod mutation;
#[path = "../noise/mod.rs"]
mod noise;
mod operators;
mod prove;
mod random;
mod replay;
mod replay_eql;
mod replay_esql;
