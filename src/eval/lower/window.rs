//! Functions that look at other records of a serialised set: `prev`, `row_number`, `row_cumsum`…
//!
//! The records are collected in order, each function computes its column over all of them, and what was collected
//! stands in the plan from then on.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::relation::{Relation, field};
use super::{Collected, Lowering};
use crate::eval::error::EvalError;
use crate::eval::kernels::window;
use crate::functions::FunctionId;
use crate::ir::{Computed, Expr, ExprKind};
use crate::types::Type;

impl Lowering<'_> {
    /// The expressions with each call of such a function replaced by a column that holds what it gives.
    pub(super) fn with_windows(
        &mut self,
        mut input: Relation,
        computed: &[Computed],
    ) -> Result<(Relation, Vec<Computed>), EvalError> {
        let mut computed = computed.to_vec();
        // An inner call is computed before the call it stands in; each round takes those that have none inside.
        loop {
            let mut calls: Vec<(FunctionId, Vec<Expr>, Computed)> = Vec::new();
            for item in &mut computed {
                self.take_windows(&mut item.expr, &mut calls);
            }
            if calls.is_empty() {
                return Ok((input, computed));
            }
            input = self.evaluated_windows(input, &calls)?;
        }
    }

    /// Takes out the calls that have no other such call inside; tells whether there are any.
    fn take_windows(&mut self, expr: &mut Expr, calls: &mut Vec<(FunctionId, Vec<Expr>, Computed)>) -> bool {
        let mut inside = false;
        expr.operands_mut(&mut |operand| inside |= self.take_windows(operand, calls));
        let ExprKind::Call(function, arguments) = &expr.kind else { return inside };
        if !function.row().window {
            return inside;
        }
        if !inside {
            let id = self.new_column(expr.ty, expr.span);
            let column = Expr::column(id, expr.ty, expr.span);
            calls.push((*function, arguments.clone(), Computed { id, expr: expr.clone() }));
            *expr = column;
        }
        true
    }

    fn evaluated_windows(
        &mut self,
        input: Relation,
        calls: &[(FunctionId, Vec<Expr>, Computed)],
    ) -> Result<Relation, EvalError> {
        // Arguments first, as fields of their own.
        let mut fields = Vec::new();
        let mut names: Vec<Vec<(String, Type)>> = Vec::new();
        for (_, arguments, _) in calls {
            let mut of_call = Vec::new();
            for argument in arguments {
                let name = self.hide();
                fields.push((name.clone(), self.expr(&input, argument)?));
                of_call.push((name, argument.ty.ty));
            }
            names.push(of_call);
        }
        let input = self.with_fields(input, fields)?;
        let Collected { batch, starts } = self.collect(&input)?;
        let mut fields: Vec<(String, ArrayRef)> = batch
            .schema()
            .fields()
            .iter()
            .zip(batch.columns())
            .filter(|(there, _)| names.iter().flatten().all(|(name, _)| name != there.name()))
            .map(|(there, array)| (there.name().clone(), Arc::clone(array)))
            .collect();
        for ((function, _, computed), arguments) in calls.iter().zip(&names) {
            let arrays: Vec<ArrayRef> =
                arguments.iter().filter_map(|(name, _)| batch.column_by_name(name).map(Arc::clone)).collect();
            let types: Vec<Type> = arguments.iter().map(|(_, ty)| *ty).collect();
            let rows = window::Rows { count: batch.num_rows(), starts: &starts };
            let value = window::evaluate(function.name(), &arrays, &types, rows)?;
            fields.push((field(computed.id), value));
        }
        self.table(fields, batch.num_rows(), input.parts)
    }
}
