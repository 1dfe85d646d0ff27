//! Plugins.

use super::Lowering;
use super::relation::Relation;
use crate::eval::error::EvalError;
use crate::ir::{ColumnId, Evaluate, Expr, Computed, Schema, Scan, Source, Step, TopNestedLevel};

impl Lowering<'_> {
    pub(super) fn evaluate(&mut self, _: Relation, node: &Evaluate, _: &Schema, step: &Step) -> Result<Relation, EvalError> {
        Err(EvalError::unsupported(format!("`evaluate {}` is not run here", node.name), step.span))
    }
    pub(super) fn evaluate_source(&mut self, node: &Evaluate, source: &Source) -> Result<Relation, EvalError> {
        Err(EvalError::unsupported(format!("`evaluate {}` is not run here", node.name), source.span))
    }
    pub(super) fn scan(&mut self, _: Relation, _: &Scan, step: &Step) -> Result<Relation, EvalError> {
        Err(EvalError::unsupported("not run here", step.span))
    }
    pub(super) fn top_nested(&mut self, _: Relation, _: &[TopNestedLevel], step: &Step) -> Result<Relation, EvalError> {
        Err(EvalError::unsupported("not run here", step.span))
    }
    pub(super) fn top_hitters(&mut self, _: Relation, count: &Expr, _: &Computed, _: Option<&Expr>, _: ColumnId) -> Result<Relation, EvalError> {
        Err(EvalError::unsupported("not run here", count.span))
    }
}
