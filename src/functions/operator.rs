//! The operators of expressions.

use super::resolve::{Argument, Mismatch, Resolved, resolve_overloads};
use super::row::Overload;

/// An operator, by meaning: case rule and negation included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// `a == b`
    Equal,
}

/// What the catalogue knows of an operator.
#[derive(Debug, PartialEq)]
pub struct OperatorRow {
    /// The operator.
    pub id: Operator,
    /// How KQL writes it.
    pub symbol: &'static str,
    /// The ways it can be applied.
    pub overloads: &'static [Overload],
}

impl Operator {
    /// Picks the overload for the operands.
    pub fn resolve(self, operands: &[Argument<'_>]) -> Result<Resolved, Mismatch> {
        let _ = self;
        resolve_overloads(&[], operands)
    }
}
