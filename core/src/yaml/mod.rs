//! YAML as a located tree: every node knows its place in the file, every scalar the way from its value back to the bytes.
//!
//! JSON text is read into the same tree by [`rule`](crate::rule), which alone meets it.

mod error;
mod node;
mod parse;
pub(crate) mod scalar;

pub use node::{Entry, Node, NodeKind, Scalar, ScalarStyle};
pub(crate) use parse::{MAX_DEPTH, too_deep};
pub use parse::{read, read_all};
pub use scalar::Decoded;
