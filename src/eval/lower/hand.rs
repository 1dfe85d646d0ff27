//! Expressions and aggregates over records at hand, outside of any plan of DataFusion.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::logical_expr::{EmptyRelation, Expr as DfExpr, LogicalPlan};
use datafusion::physical_expr::PhysicalExpr;

use super::Lowering;
use super::expr::cast_to;
use super::relation::{Relation, field};
use crate::eval::aggregates::KqlAggregate;
use crate::eval::error::EvalError;
use crate::ir::{AggregateCall, ColumnId, Expr};
use crate::types::Type;

/// An expression that is evaluated over arrays, again and again.
pub(super) struct Compiled {
    expr: Arc<dyn PhysicalExpr>,
    schema: SchemaRef,
}

impl Compiled {
    /// Its values over arrays in the order of the fields it was compiled for.
    pub(super) fn evaluate(&self, arrays: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef, EvalError> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(DataFusionError::from)?;
        Ok(self.expr.evaluate(&batch)?.into_array(rows)?)
    }
}

/// The field of an array; a string is never null.
fn array_field(name: &str, ty: &DataType) -> Field {
    Field::new(name, ty.clone(), *ty != DataType::Utf8View)
}

/// An aggregate over records at hand.
pub(super) struct Folding {
    aggregate: KqlAggregate,
    /// The fields of its arguments.
    arguments: Vec<String>,
    outputs: Vec<ColumnId>,
}

impl Folding {
    /// What it gives for each group: `groups` has the group of each record.
    pub(super) fn fold(
        &self,
        batch: &RecordBatch,
        groups: &[usize],
        count: usize,
    ) -> Result<Vec<(ColumnId, ArrayRef)>, EvalError> {
        let arguments: Vec<ArrayRef> =
            self.arguments.iter().filter_map(|name| batch.column_by_name(name).map(Arc::clone)).collect();
        let rank: ArrayRef = Arc::new(Int64Array::from_iter_values((0i64..).take(groups.len())));
        let arrays = self.aggregate.fold(&arguments, Some(&rank), groups, count)?;
        Ok(self.outputs.iter().copied().zip(arrays).collect())
    }
}

/// A field and what goes into it.
type NamedExpr = (String, DfExpr);

impl Lowering<'_> {
    /// Makes an expression ready to be evaluated over arrays of these fields and types; its values are converted to a
    /// type.
    pub(super) fn compiled(
        &mut self,
        fields: &[(String, DataType)],
        expr: &Expr,
        to: Type,
    ) -> Result<Compiled, EvalError> {
        let fields: Vec<Field> = fields.iter().map(|(name, ty)| array_field(name, ty)).collect();
        let schema = Arc::new(ArrowSchema::new(fields));
        let there = Arc::new(DFSchema::try_from(schema.as_ref().clone())?);
        let empty = EmptyRelation { produce_one_row: false, schema: Arc::clone(&there) };
        let records = Relation { plan: LogicalPlan::EmptyRelation(empty), order: Vec::new(), parts: None };
        let lowered = cast_to(self.expr(&records, expr)?, expr.ty.ty, to);
        let expr = self.context.create_physical_expr(lowered, &there)?;
        Ok(Compiled { expr, schema })
    }

    /// The values of an expression over the columns that are at hand.
    pub(super) fn over_columns(
        &mut self,
        columns: &[(ColumnId, ArrayRef)],
        expr: &Expr,
        to: Type,
        rows: usize,
    ) -> Result<ArrayRef, EvalError> {
        let fields: Vec<(String, DataType)> =
            columns.iter().map(|(id, array)| (field(*id), array.data_type().clone())).collect();
        let compiled = self.compiled(&fields, expr, to)?;
        compiled.evaluate(columns.iter().map(|(_, array)| Arc::clone(array)).collect(), rows)
    }

    /// Aggregates that are computed once the records are at hand, and the fields that the records must have for them.
    pub(super) fn foldings(
        &mut self,
        input: &Relation,
        calls: &[AggregateCall],
    ) -> Result<(Vec<Folding>, Vec<NamedExpr>), EvalError> {
        let mut fields = Vec::new();
        let mut foldings = Vec::new();
        for call in calls {
            let aggregate = self.described(call)?;
            let mut arguments = Vec::new();
            for (index, argument) in call.arguments.iter().enumerate() {
                let value = if aggregate.predicate() == Some(index) {
                    self.condition(input, argument)?
                } else {
                    self.expr(input, argument)?
                };
                let name = self.hide();
                fields.push((name.clone(), value));
                arguments.push(name);
            }
            foldings.push(Folding { aggregate, arguments, outputs: call.outputs.clone() });
        }
        Ok((foldings, fields))
    }
}
