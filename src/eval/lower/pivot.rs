//! `pivot`.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::Lowering;
use super::constant::value_error;
use super::relation::{Relation, field};
use crate::eval::arrays::{Cells, from_cells};
use crate::eval::error::EvalError;
use crate::eval::kernels::cast::cast;
use crate::eval::plugins::{Column, Groups, Table};
use crate::functions;
use crate::ir::{AggregateCall, Argument, ColumnId, Evaluate, Expr, Origin, Schema};
use crate::source::Span;
use crate::types::Type;

/// What a call of `pivot` says.
struct Pivot {
    /// The column whose values become columns.
    column: Expr,
    /// What their cells hold.
    value: Expr,
    aggregates: Vec<AggregateCall>,
    /// The columns that stay.
    kept: Vec<ColumnId>,
}

impl Lowering<'_> {
    /// `pivot(column[, aggregate][, kept…])`: one record for each combination of the kept columns (all others, where
    /// none are named), with a column for each value of the pivot column, in the order in which the values come first;
    /// where a combination has no such records, it holds what the aggregate gives for none. Of declared columns, one
    /// that no value is named by holds that too.
    pub(super) fn pivot(
        &mut self,
        input: Relation,
        node: &Evaluate,
        before: &Schema,
        span: Span,
    ) -> Result<Table, EvalError> {
        let pivot = self.pivot_of(node, before, span)?;
        let key_name = self.hide();
        let mut fields = vec![(key_name.clone(), self.expr(&input, &pivot.column)?)];
        for id in &pivot.kept {
            fields.push((field(*id), self.column(&input, *id)));
        }
        let (foldings, arguments) = self.foldings(&input, &pivot.aggregates)?;
        fields.extend(arguments);
        let input = self.projected(input, fields)?;
        let batch = self.collect(&input)?.batch;
        let rows = batch.num_rows();
        let missing = || EvalError::Source("a column of `pivot` is not there".to_owned());
        let key = batch.column_by_name(&key_name).ok_or_else(missing)?;
        let keys = Cells::new(key.as_ref(), pivot.column.ty.ty)?;
        let mut kept: Vec<ArrayRef> = Vec::new();
        for id in &pivot.kept {
            kept.push(Arc::clone(batch.column_by_name(&field(*id)).ok_or_else(missing)?));
        }
        let records = Groups::new(&kept, rows)?;
        let values = Groups::new(std::slice::from_ref(key), rows)?;
        // Values of one text make one column.
        let mut names: Vec<String> = Vec::new();
        let mut place: Vec<usize> = Vec::new();
        for row in &values.firsts {
            let name = keys.get(*row).to_text().into_owned();
            if name.is_empty() {
                let what = "a value that is null or empty names no column; leave such records out before `pivot`";
                return Err(value_error(what, pivot.column.span));
            }
            let known = names.iter().position(|there| *there == name);
            place.push(known.unwrap_or(names.len()));
            if known.is_none() {
                names.push(name);
            }
        }
        // The cells that have records, and one that has none.
        let mut known: HashMap<(usize, usize), usize> = HashMap::new();
        let mut cells = Vec::with_capacity(rows);
        for (record, value) in records.of.iter().zip(&values.of) {
            let next = known.len();
            cells.push(*known.entry((*record, place[*value])).or_insert(next));
        }
        let count = known.len() + 1;
        let mut outputs: Vec<(ColumnId, ArrayRef)> = Vec::new();
        for folding in &foldings {
            outputs.extend(folding.fold(&batch, &cells, count)?);
        }
        let ty = pivot.value.ty.ty;
        let array = self.over_columns(&outputs, &pivot.value, ty, count)?;
        let computed = Cells::new(array.as_ref(), ty)?;
        let cell = |record: usize, value: Option<usize>| {
            let at = value.and_then(|value| known.get(&(record, value)).copied());
            computed.get(at.unwrap_or(count - 1))
        };
        let firsts: Vec<Option<usize>> = records.firsts.iter().map(|row| Some(*row)).collect();
        let mut columns = Vec::new();
        for (id, array) in pivot.kept.iter().zip(&kept) {
            let info = &self.columns[*id];
            let column = Column { name: info.name.clone(), ty: info.ty.ty, array: Arc::clone(array) };
            columns.push(column.rows(&firsts)?);
        }
        let kept_names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
        let mut add = |name: &str, to: Type, value: Option<usize>| -> Result<(), EvalError> {
            let values = (0..records.len()).map(|record| cast(&cell(record, value), to).into_owned());
            columns.push(Column { name: name.into(), ty: to, array: from_cells(to, values)? });
            Ok(())
        };
        match &node.declared {
            Some(declared) => {
                for column in declared.iter().filter(|column| !kept_names.contains(&column.name)) {
                    let value = names.iter().position(|name| **name == *column.name);
                    add(&column.name, column.ty.ty, value)?;
                }
            }
            None => {
                for (value, name) in names.iter().enumerate() {
                    if kept_names.iter().any(|kept| **kept == *name) {
                        let what = format!("a value of the pivot column bears the name of the column `{name}`");
                        return Err(value_error(what, pivot.column.span));
                    }
                    add(name, ty, Some(value))?;
                }
            }
        }
        Ok(Table { columns, rows: records.len() })
    }

    fn pivot_of(&mut self, node: &Evaluate, before: &Schema, span: Span) -> Result<Pivot, EvalError> {
        let mut scalars = Vec::new();
        for (_, argument) in &node.arguments {
            match argument {
                Argument::Scalar(expr) => scalars.push(expr),
                Argument::Plan(_) => return Err(value_error("`pivot` takes no table", span)),
            }
        }
        let mut scalars = scalars.into_iter();
        let column = scalars.next().cloned().ok_or_else(|| value_error("`pivot` needs a column", span))?;
        let (value, aggregates) = if let Some(value) = scalars.next() {
            (value.clone(), node.aggregates.clone())
        } else {
            let function = functions::aggregate("count")
                .ok_or_else(|| EvalError::unsupported("`count` is not in the catalogue", span))?;
            let id = self.columns.add("count_", Type::Long, Origin::Computed, span);
            let call = AggregateCall { function, arguments: Vec::new(), open: false, outputs: vec![id], span };
            (Expr::column(id, Type::Long.into(), span), vec![call])
        };
        let mut kept = Vec::new();
        for named in scalars {
            kept.push(named.as_column().ok_or_else(|| value_error("a column is needed here", named.span))?);
        }
        if kept.is_empty() {
            let mut away: Vec<ColumnId> = column.as_column().into_iter().collect();
            away.extend(aggregates.iter().flat_map(|call| &call.arguments).filter_map(Expr::as_column));
            kept = before.iter().map(|column| column.id).filter(|id| !away.contains(id)).collect();
        }
        Ok(Pivot { column, value, aggregates, kept })
    }
}
