//! Proofs that translations find the same events.

pub mod synth;
