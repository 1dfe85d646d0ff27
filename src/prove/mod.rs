//! Proofs that translations find the same events, and the events that they are tried on.

#[cfg(feature = "eval")]
mod always;
#[cfg(feature = "eval")]
mod arrays;
#[cfg(feature = "eval")]
mod atoms;
#[cfg(feature = "eval")]
mod compare;
#[cfg(feature = "eval")]
mod implied;
#[cfg(feature = "eval")]
mod lists;
#[cfg(feature = "eval")]
mod made;
#[cfg(feature = "eval")]
mod proof;
#[cfg(feature = "eval")]
mod rule_side;
#[cfg(feature = "eval")]
mod scenario;
pub mod stored;
pub mod synth;
#[cfg(feature = "eval")]
mod told;
#[cfg(feature = "eval")]
mod translation;

#[cfg(feature = "eval")]
pub use self::made::made;
#[cfg(feature = "eval")]
pub use self::proof::{Case, Difference, Given, Proof, Verdict};
#[cfg(feature = "eval")]
pub use self::scenario::Scenario;
pub use self::stored::Record;
