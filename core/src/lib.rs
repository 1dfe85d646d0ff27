//! What kqlc knows of KQL and of rule files: everything up to the plan that a query means.
//!
//! The package `kqlc` makes these modules its own and adds what is done with a plan. They are apart so that a build can
//! work on both at once; who uses them as a library wants `kqlc`.

pub mod bind;
pub mod diagnostic;
pub mod format;
pub mod functions;
pub mod ir;
pub mod literal;
pub mod peg;
pub mod rule;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod types;
pub mod words;
pub mod yaml;
