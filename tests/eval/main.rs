//! The native evaluator, by whole queries.
#![cfg(feature = "eval")]

mod constructs;
mod examples;
mod fixes;
mod forms;
mod grammar;
mod groups;
mod losses;
mod mutation;
#[path = "../noise/mod.rs"]
mod noise;
mod operators;
#[path = "../pages/mod.rs"]
mod pages;
mod prove;
mod random;
mod replay;
mod replay_eql;
mod replay_esql;
#[path = "../rerun/mod.rs"]
mod rerun;
