//! Plugins: their arguments are collected, the plugin runs, and what it gives stands in the plan from then on.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, UInt64Array};
use datafusion::arrow::compute::{concat, take};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::Expr as DfExpr;

use super::constant::value_error;
use super::relation::{OrderKey, Parts, Relation, field};
use super::{Collected, Lowering};
use crate::eval::arrays::{Cells, from_cells};
use crate::eval::cell::Cell;
use crate::eval::error::EvalError;
use crate::eval::kernels::cast::cast;
use crate::eval::plugins::{self, Call, Column, Fault, Given, Table};
use crate::ir::{Argument, Evaluate, Expr, Name, OptionValue, Plan, Schema, Source, Step, Value};
use crate::source::Span;
use crate::types::Type;

/// An argument before the records are at hand.
enum Prepared {
    Field(String, Type),
    Ready(Given),
}

impl Lowering<'_> {
    /// `evaluate` over records.
    pub(super) fn evaluate(
        &mut self,
        input: Relation,
        node: &Evaluate,
        before: &Schema,
        step: &Step,
    ) -> Result<Relation, EvalError> {
        self.evaluated_plugin(input, node, before, &step.schema, step.span)
    }

    /// `evaluate` of a plugin that takes no records.
    pub(super) fn evaluate_source(&mut self, node: &Evaluate, source: &Source) -> Result<Relation, EvalError> {
        let unit = Self::unit()?;
        self.evaluated_plugin(unit, node, &Schema::default(), &source.schema, source.span)
    }

    fn evaluated_plugin(
        &mut self,
        input: Relation,
        node: &Evaluate,
        before: &Schema,
        after: &Schema,
        span: Span,
    ) -> Result<Relation, EvalError> {
        let (given, parts, by_data) = match (plugins::find(&node.name), &*node.name) {
            (Some(plugin), _) => {
                let (calls, parts) = self.plugin_calls(input, node, before, span)?;
                let run = |call: &Call| (plugin.run)(call).map_err(|fault| fault_error(fault, node, span));
                let given: Vec<Table> = calls.iter().map(run).collect::<Result<_, _>>()?;
                let (given, parts) = one_below_the_other(given, parts, span)?;
                (given, parts, plugin.by_data && node.declared.is_none())
            }
            (None, plugins::PIVOT) if input.parts.is_some() => {
                let what = "`evaluate pivot` inside a sub-query over parts of the records is not run here";
                return Err(EvalError::unsupported(what, span));
            }
            (None, plugins::PIVOT) => (self.pivot(input, node, before, span)?, None, node.declared.is_none()),
            (None, name) => {
                let why = plugins::refusal(name).unwrap_or_default();
                return Err(EvalError::unsupported(format!("`evaluate {name}` is not run here: {why}"), span));
            }
        };
        // Before its columns are known the rest of the query cannot be bound.
        let known = !after.open
            && (!by_data
                || given.columns.len() == after.len()
                    && given
                        .columns
                        .iter()
                        .zip(after.iter())
                        .all(|(there, column)| there.name == column.name && there.ty == column.ty.ty));
        if !known {
            let columns = given.columns.iter().map(|column| (column.name.to_string(), column.ty)).collect();
            return Err(EvalError::Columns { span, columns });
        }
        self.plugin_table(&given, parts, node, after, span)
    }

    /// `reduce`, which is called as a plugin is: over the records, or over those of each part.
    pub(super) fn reduce(
        &mut self,
        input: Relation,
        by: &Expr,
        options: &[(Name, OptionValue)],
        before: &Schema,
        step: &Step,
    ) -> Result<Relation, EvalError> {
        let mut arguments = vec![(None, Argument::Scalar(by.clone()))];
        for name in ["threshold", "characters"] {
            let value = match options.iter().find(|(option, _)| **option == *name) {
                None => Value::Null(Type::Dynamic),
                Some((_, OptionValue::Value(value))) => value.clone(),
                Some((_, OptionValue::Word(_))) => {
                    return Err(value_error(format!("`{name}` of `reduce` is a constant"), step.span));
                }
            };
            arguments.push((None, Argument::Scalar(Expr::literal(value, step.span))));
        }
        let node = Evaluate { plugin: None, name: "reduce".into(), arguments, aggregates: Vec::new(), declared: None };
        // Beside the columns of the groups there are others only where `kind=source` keeps the records.
        let source = step.schema.len() > plugins::GROUP_COLUMNS;
        let (calls, parts) = self.plugin_calls(input, &node, before, step.span)?;
        let run = |call: &Call| plugins::reduce(call, source).map_err(|fault| fault_error(fault, &node, step.span));
        let given: Vec<Table> = calls.iter().map(run).collect::<Result<_, _>>()?;
        let (given, parts) = one_below_the_other(given, parts, step.span)?;
        self.plugin_table(&given, parts, &node, &step.schema, step.span)
    }

    /// What a plugin gave, under the columns of its schema: by their names where columns are declared, by their places
    /// otherwise.
    fn plugin_table(
        &mut self,
        given: &Table,
        parts: Option<InParts>,
        node: &Evaluate,
        after: &Schema,
        span: Span,
    ) -> Result<Relation, EvalError> {
        let mut fields: Vec<(String, ArrayRef)> = Vec::new();
        for (index, column) in after.iter().enumerate() {
            let found = match &node.declared {
                Some(_) => given.column(&column.name),
                None => given.columns.get(index),
            };
            let found =
                found.ok_or_else(|| value_error(format!("`{}` gives no column `{}`", node.name, column.name), span))?;
            fields.push((field(column.id), in_type(found, column.ty.ty)?));
        }
        let parts = parts.map(|(parts, values)| {
            fields.push((parts.field.clone(), values));
            parts
        });
        self.table(fields, given.rows, parts)
    }

    /// The calls of a plugin: one, or one for each part, with the values that say the parts.
    fn plugin_calls(
        &mut self,
        input: Relation,
        node: &Evaluate,
        before: &Schema,
        span: Span,
    ) -> Result<(Vec<Call>, Option<InParts>), EvalError> {
        let mut fields: Vec<(String, DfExpr)> =
            before.iter().map(|column| (field(column.id), self.column(&input, column.id))).collect();
        let mut prepared = Vec::with_capacity(node.arguments.len());
        for (name, argument) in &node.arguments {
            let (called, one) = match argument {
                Argument::Plan(plan) => ("".into(), Prepared::Ready(Given::Table(self.plugin_records(plan)?))),
                Argument::Scalar(expr) => {
                    let mut reads = Vec::new();
                    expr.for_each_column(&mut |id| reads.push(id));
                    let called = expr.as_column().map_or_else(|| "".into(), |id| self.columns[id].name.clone());
                    let ours = reads.iter().all(|id| before.iter().any(|column| column.id == *id));
                    let one = if reads.is_empty() {
                        Prepared::Ready(Given::Value(self.constant(expr)?))
                    } else if ours {
                        let hidden = self.hide();
                        fields.push((hidden.clone(), self.expr(&input, expr)?));
                        Prepared::Field(hidden, expr.ty.ty)
                    } else {
                        // A column of a table given before.
                        let column = prepared.iter().find_map(|(_, _, one)| match one {
                            Prepared::Ready(Given::Table(table)) => table.column(&called).cloned(),
                            _ => None,
                        });
                        let column = column.ok_or_else(|| value_error("a column is needed here", expr.span))?;
                        Prepared::Ready(Given::Column(column))
                    };
                    (called, one)
                }
            };
            prepared.push((name.clone(), called, one));
        }
        let input = self.projected(input, fields)?;
        let collected = self.collect(&input)?;
        let (pieces, parts) = match input.parts {
            None => (vec![collected.batch], None),
            Some(parts) => {
                let all = self.ordered(parts.all.clone(), &[OrderKey::ascending(parts.field.clone())])?;
                let values = Arc::clone(all.column(0));
                (pieces(&collected, &parts.field, &values)?, Some((parts, values)))
            }
        };
        let declared: Option<Vec<(Name, Type)>> = node
            .declared
            .as_ref()
            .map(|declared| declared.iter().map(|column| (column.name.clone(), column.ty.ty)).collect());
        let call = |batch: &RecordBatch| {
            let arguments = prepared.iter().map(|(name, called, one)| {
                let given = match one {
                    Prepared::Ready(given) => given.clone(),
                    Prepared::Field(hidden, ty) => {
                        let array = batch.column_by_name(hidden).map(Arc::clone);
                        let array = array.ok_or_else(|| value_error("an argument is not there", span))?;
                        Given::Column(Column { name: called.clone(), ty: *ty, array })
                    }
                };
                Ok(plugins::Argument { name: name.clone(), given })
            });
            Ok(Call {
                arguments: arguments.collect::<Result<_, EvalError>>()?,
                input: records(before, batch, span)?,
                declared: declared.clone(),
            })
        };
        Ok((pieces.iter().map(call).collect::<Result<_, EvalError>>()?, parts))
    }

    /// The records of a plan that is given to a plugin.
    fn plugin_records(&mut self, plan: &Plan) -> Result<Table, EvalError> {
        let relation = self.own(plan)?;
        let schema = plan.schema();
        let fields = schema.iter().map(|column| (field(column.id), self.column(&relation, column.id))).collect();
        let relation = self.projected(relation, fields)?;
        let batch = self.collect(&relation)?.batch;
        records(schema, &batch, plan.source.span)
    }
}

/// Records in parts: for each record, or for each part, the value that says the part.
type InParts = (Parts, ArrayRef);

/// The records of each part, of all parts in order; those without records have none. Both are in the order of the parts.
fn pieces(collected: &Collected, field: &str, parts: &ArrayRef) -> Result<Vec<RecordBatch>, EvalError> {
    let batch = &collected.batch;
    let value = |array: &ArrayRef, row| ScalarValue::try_from_array(array, row);
    let mut there = collected.starts.iter().copied().filter(|start| *start < batch.num_rows()).peekable();
    let mut pieces = Vec::with_capacity(parts.len());
    for part in 0..parts.len() {
        let own = match (there.peek(), batch.column_by_name(field)) {
            (Some(start), Some(array)) => value(array, *start)? == value(parts, part)?,
            _ => false,
        };
        pieces.push(match there.next_if(|_| own) {
            Some(start) => batch.slice(start, there.peek().unwrap_or(&batch.num_rows()) - start),
            None => batch.slice(0, 0),
        });
    }
    if pieces.is_empty() {
        // What columns there are is asked all the same.
        pieces.push(batch.slice(0, 0));
    }
    Ok(pieces)
}

/// What a plugin gave for one part after the other, as one table, with the part of each record. Columns of one name are
/// one, as in a union of the parts' results; a record whose part has no such column has null there.
fn one_below_the_other(
    mut given: Vec<Table>,
    parts: Option<InParts>,
    span: Span,
) -> Result<(Table, Option<InParts>), EvalError> {
    let Some((parts, values)) = parts else { return Ok((given.pop().unwrap_or_default(), None)) };
    if values.is_empty() {
        given = given.iter().map(|table| table.take(&[])).collect::<Result<_, _>>()?;
    }
    // A table may have a name twice: a column of the input may be called as one that the plugin adds.
    let mut names: Vec<(Name, usize, Type)> = Vec::new();
    for table in &given {
        for (at, column) in table.columns.iter().enumerate() {
            let nth = table.columns[..at].iter().filter(|before| before.name == column.name).count();
            match names.iter().find(|(name, there, _)| *name == column.name && *there == nth) {
                Some((_, _, ty)) if *ty == column.ty => {}
                Some((name, _, ty)) => {
                    let what =
                        format!("`{name}` is {ty} in one part and {} in another, which is not run here", column.ty);
                    return Err(EvalError::unsupported(what, span));
                }
                None => names.push((column.name.clone(), nth, column.ty)),
            }
        }
    }
    let mut columns = Vec::with_capacity(names.len());
    for (name, nth, ty) in names {
        let mut arrays = Vec::with_capacity(given.len());
        for table in &given {
            arrays.push(match table.columns.iter().filter(|column| column.name == name).nth(nth) {
                Some(column) => Arc::clone(&column.array),
                None => from_cells(ty, std::iter::repeat_n(Cell::Null, table.rows))?,
            });
        }
        let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
        columns.push(Column { name, ty, array: concat(&arrays).map_err(DataFusionError::from)? });
    }
    let part = |(part, table): (u64, &Table)| std::iter::repeat_n(part, table.rows);
    let each = UInt64Array::from_iter_values((0..).zip(&given).flat_map(part));
    let values = take(&values, &each, None).map_err(DataFusionError::from)?;
    Ok((Table { columns, rows: each.len() }, Some((parts, values))))
}

/// Records at hand under the columns of a schema.
fn records(schema: &Schema, batch: &RecordBatch, span: Span) -> Result<Table, EvalError> {
    let columns = schema.iter().map(|column| {
        let array = batch.column_by_name(&field(column.id)).map(Arc::clone);
        let array = array.ok_or_else(|| value_error(format!("the column `{}` is not there", column.name), span))?;
        Ok(Column { name: column.name.clone(), ty: column.ty.ty, array })
    });
    Ok(Table { columns: columns.collect::<Result<_, EvalError>>()?, rows: batch.num_rows() })
}

/// The values of a column in a type.
fn in_type(column: &Column, ty: Type) -> Result<ArrayRef, EvalError> {
    let same =
        column.ty == ty || matches!((column.ty, ty), (Type::Dynamic, Type::Unknown) | (Type::Unknown, Type::Dynamic));
    if same {
        return Ok(Arc::clone(&column.array));
    }
    let cells = Cells::new(column.array.as_ref(), column.ty)?;
    Ok(from_cells(ty, (0..cells.len()).map(|row| cast(&cells.get(row), ty).into_owned()))?)
}

fn fault_error(fault: Fault, node: &Evaluate, span: Span) -> EvalError {
    match fault {
        Fault::Value { what, argument } => {
            let argument = argument.and_then(|index| node.arguments.get(index));
            let at = match argument {
                Some((_, Argument::Scalar(expr))) => expr.span,
                Some((_, Argument::Plan(plan))) => plan.source.span,
                None => span,
            };
            value_error(what, at)
        }
        Fault::Engine(error) => EvalError::Engine(error),
    }
}
