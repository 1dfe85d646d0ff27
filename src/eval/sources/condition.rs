//! Conditions that a scan tests itself.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::prep_null_mask_filter;
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result, internal_err};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::physical_expr::PhysicalExpr;

use crate::eval::catalog::ORDINAL;
use crate::types::Type;

/// A condition on some columns of a table.
#[derive(Debug)]
pub(super) struct Condition {
    /// The columns.
    pub(super) columns: Vec<(String, Type)>,
    /// The filters that it is made of.
    pub(super) filters: Vec<Expr>,
    schema: SchemaRef,
    expr: Arc<dyn PhysicalExpr>,
}

impl Condition {
    /// The conditions that filters are together: those on the same columns in one, and first those on columns that are
    /// read fast.
    pub(super) fn all(
        filters: &[Expr],
        columns: &[(String, Type)],
        schema: &Schema,
        session: &dyn Session,
    ) -> Result<Vec<Self>> {
        let mut groups: Vec<(BTreeSet<usize>, Vec<Expr>)> = Vec::new();
        for filter in filters.iter().flat_map(split_conjunction) {
            let names = filter.column_refs();
            let places: BTreeSet<usize> =
                (0..columns.len()).filter(|at| names.iter().any(|name| name.name == columns[*at].0)).collect();
            match groups.iter_mut().find(|(there, _)| *there == places) {
                Some((_, filters)) => filters.push(filter.clone()),
                None => groups.push((places, vec![filter.clone()])),
            }
        }
        let cost = |place: &usize| match schema.field(*place).data_type() {
            DataType::BinaryView => 100,
            DataType::Utf8View => 10,
            _ => 1usize,
        };
        groups.sort_by_key(|(places, _)| places.iter().map(cost).sum::<usize>());
        let mut conditions: Vec<Self> = Vec::with_capacity(groups.len());
        for (places, filters) in groups {
            let places: Vec<usize> = places.into_iter().collect();
            let schema = Arc::new(schema.project(&places)?);
            let known = DFSchema::try_from(Arc::clone(&schema))?;
            if let Some(filter) = conjunction(filters.iter().cloned()) {
                let expr = session.create_physical_expr(filter, &known)?;
                let columns = places.iter().filter_map(|place| columns.get(*place).cloned()).collect();
                conditions.push(Self { columns, filters, schema, expr });
            }
        }
        Ok(conditions)
    }

    /// Whether a filter can be a condition: whether it is about columns alone.
    pub(super) fn can_be(filter: &Expr) -> bool {
        let names = filter.column_refs();
        !names.is_empty() && names.iter().all(|column| column.name != ORDINAL)
    }

    /// Which records fulfil it, of whose columns these are the values.
    pub(super) fn test(&self, arrays: Vec<ArrayRef>, rows: usize) -> Result<BooleanBuffer> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?;
        let result = self.expr.evaluate(&batch)?.into_array(rows)?;
        let Some(result) = result.as_boolean_opt() else {
            return internal_err!("a condition gives {}", result.data_type());
        };
        Ok(trues(result))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

/// Where an array is true; null is not.
fn trues(array: &BooleanArray) -> BooleanBuffer {
    if array.nulls().is_some() { prep_null_mask_filter(array).values().clone() } else { array.values().clone() }
}

/// How many records were tested, and how many fulfilled all conditions.
#[derive(Debug, Default)]
pub(super) struct Passed {
    tested: AtomicU64,
    passed: AtomicU64,
}

impl Passed {
    /// Takes note of some records.
    pub(super) fn note(&self, tested: usize, passed: usize) {
        self.tested.fetch_add(tested as u64, Ordering::Relaxed);
        self.passed.fetch_add(passed as u64, Ordering::Relaxed);
    }

    /// Whether so many pass that it does not pay to test them before the rest of them is read. It changes no answer.
    pub(super) fn are_many(&self) -> bool {
        self.passed.load(Ordering::Relaxed) * 4 > self.tested.load(Ordering::Relaxed)
    }
}
