//! The native evaluator.
