//! Lints: what is wrong with a rule file beyond its syntax, each with its reason and, where one is safe, its fix.
//!
//! A lint is one file with one static [`Lint`] in it: its code, name, level, documentation and check are one thing.
//! It states what it needs by the kind of its check ([`Check`]): the text of the file, a rule, a syntax tree, or what
//! other files of the run hold. [`Linter`] runs those that are selected; [`fix`] applies what they propose.

mod context;
mod declare;
pub mod doc;
mod file;
pub mod fix;
mod ignores;
mod known;
mod nodes;
mod pack;
mod portability;
mod query;
pub mod registry;
mod run;
mod select;
pub mod settings;
mod visit;
pub mod vocabulary;

pub use context::{Base, Intent, QueryView, Subject};
pub use declare::{Category, Check, FixAvailability, Level, Lint};
pub use nodes::Nodes;
pub use pack::{Claim, Pack, Taken};
pub use run::{Checked, Finding, Linter};
pub use select::{Selection, Selector, UnknownSelector};
