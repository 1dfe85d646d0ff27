//! The catalogue of what KQL has built in: scalar functions, aggregates, plugins and operators, one row each.
//!
//! A row says everything the other stages need to know without knowing the function: its overloads, what it
//! gives, how its result column is called, whether it can be folded. [`resolve()`] picks the overload for given
//! arguments. Names are case-sensitive, as in KQL.

mod aggregate;
mod describe;
mod id;
pub mod operator;
mod plugin;
pub mod resolve;
mod row;
mod rows;
mod scalar;
#[cfg(test)]
mod tests;

pub use describe::signatures;
pub use id::{AggregateId, FunctionId, PluginId, aggregate, aggregates, nearest, plugin, plugins, scalar, scalars};
pub use operator::Operator;
pub use resolve::{Argument, Mismatch, Output, Resolved, resolve};
pub use row::{
    Accepts, Computed, Example, Function, Kind, MANY, Naming, Overload, Parameter, Part, Repeat, Requires, Returns,
    Shape, ValueType,
};

pub use crate::types::Type;
