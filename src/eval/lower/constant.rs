//! Values that are known before any record is read: literals, and expressions over nothing.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr as DfExpr;

use super::relation::Relation;
use super::{Lowering, no_schema};
use crate::eval::arrays::{Cells, DECIMAL_WIDTH, GUID_WIDTH, data_type, decimal_bytes};
use crate::eval::cell::Cell;
use crate::eval::dynamic;
use crate::eval::error::EvalError;
use crate::ir::{Expr, Value};
use crate::source::Span;
use crate::types::Type;

/// The null of a type; `""` for `string`.
pub(super) fn null(ty: Type) -> ScalarValue {
    match ty {
        Type::String => ScalarValue::Utf8View(Some(String::new())),
        other => ScalarValue::try_from(data_type(other)).unwrap_or(ScalarValue::Null),
    }
}

/// A value as DataFusion has it.
pub(super) fn scalar(value: &Value) -> ScalarValue {
    cell_scalar(&Cell::from(value), value.ty())
}

/// A cell of a type as DataFusion has it.
pub(super) fn cell_scalar(cell: &Cell<'_>, ty: Type) -> ScalarValue {
    match (cell, ty) {
        (Cell::Null, ty) => null(ty),
        (cell, Type::Dynamic | Type::Unknown) => match cell {
            Cell::Dynamic(bytes) => ScalarValue::BinaryView(Some(bytes.to_vec())),
            other => ScalarValue::BinaryView(other.to_json().map(|json| dynamic::encode(&json))),
        },
        (Cell::Bool(value), _) => ScalarValue::Boolean(Some(*value)),
        (Cell::Int(value), Type::Int) => ScalarValue::Int32(Some(*value)),
        (Cell::Int(value), Type::Long) => ScalarValue::Int64(Some(i64::from(*value))),
        (Cell::Long(value) | Cell::DateTime(value) | Cell::TimeSpan(value), _) => ScalarValue::Int64(Some(*value)),
        (Cell::Real(value), _) => ScalarValue::Float64(Some(*value)),
        (Cell::Decimal(value), _) => ScalarValue::FixedSizeBinary(DECIMAL_WIDTH, Some(decimal_bytes(*value).to_vec())),
        (Cell::String(text), _) => ScalarValue::Utf8View(Some(text.to_string())),
        (Cell::Guid(value), _) => ScalarValue::FixedSizeBinary(GUID_WIDTH, Some(value.to_be_bytes().to_vec())),
        (Cell::Int(_) | Cell::Dynamic(_), ty) => null(ty),
    }
}

/// A literal.
pub(super) fn literal(value: &Value) -> DfExpr {
    DfExpr::Literal(scalar(value), None)
}

impl Lowering<'_> {
    /// The value of an expression that reads no column.
    pub(super) fn constant(&mut self, expr: &Expr) -> Result<Cell<'static>, EvalError> {
        if let Some(value) = expr.as_literal() {
            return Ok(Cell::from(value));
        }
        let mut reads = None;
        expr.for_each_column(&mut |id| reads = Some(id));
        if let Some(id) = reads {
            let what = format!("`{}` differs from record to record; a constant is needed here", self.columns[id].name);
            return Err(EvalError::Value { what, span: expr.span });
        }
        let unit = Self::unit()?;
        let value = self.expr(&unit, expr)?;
        self.evaluated(value, expr.ty.ty)
    }

    fn evaluated(&self, value: DfExpr, ty: Type) -> Result<Cell<'static>, EvalError> {
        let physical = self.context.create_physical_expr(value, &no_schema())?;
        let batch = datafusion::arrow::array::RecordBatch::try_new_with_options(
            std::sync::Arc::new(datafusion::arrow::datatypes::Schema::empty()),
            Vec::new(),
            &datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(1)),
        )
        .map_err(datafusion::common::DataFusionError::from)?;
        let array = physical.evaluate(&batch)?.into_array(1)?;
        Ok(Cells::new(array.as_ref(), ty)?.get(0).into_owned())
    }

    /// The whole number that an expression over nothing gives, not below 0.
    pub(super) fn count(&mut self, expr: &Expr) -> Result<usize, EvalError> {
        let cell = self.constant(expr)?;
        cell.as_long().and_then(|number| usize::try_from(number).ok()).ok_or_else(|| EvalError::Value {
            what: "a whole number from 0 is needed here".to_owned(),
            span: expr.span,
        })
    }

    /// One record without columns.
    pub(super) fn unit() -> Result<Relation, EvalError> {
        let plan = datafusion::logical_expr::LogicalPlanBuilder::empty(true).build()?;
        Ok(Relation { plan, order: Vec::new(), parts: None })
    }

    /// The text that an expression over nothing gives.
    pub(super) fn constant_text(&mut self, expr: &Expr) -> Result<String, EvalError> {
        Ok(self.constant(expr)?.to_text().into_owned())
    }
}

/// A refusal of a value.
pub(super) fn value_error(what: impl Into<String>, span: Span) -> EvalError {
    EvalError::Value { what: what.into(), span }
}
