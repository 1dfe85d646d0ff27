//! `make-series`: aggregates by bins of an axis, then an array a group.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::compute::{partition, take};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder};

use super::constant::value_error;
use super::expr::convert;
use super::relation::{Relation, field, reference};
use super::{Collected, Lowering, udf};
use crate::eval::arrays::{Cells, from_cells};
use crate::eval::cell::Cell;
use crate::eval::error::EvalError;
use crate::eval::kernels::arithmetic;
use crate::eval::kernels::bin::{bin, bin_at};
use crate::eval::kernels::compare::compare;
use crate::ir::{ArithmeticOp, ColumnId, Json, MakeSeries, SeriesRange};
use crate::source::Span;
use crate::types::Type;

/// The most points a series has.
const POINTS: usize = 1_048_576;

/// The bins of a series.
struct Bins {
    /// The beginning of the first bin, on which the others are aligned; that of each series' first record without it.
    from: Option<Cell<'static>>,
    /// The end.
    to: Option<Cell<'static>>,
    /// Whether a bin may begin at the end.
    closed: bool,
    step: Cell<'static>,
    ty: Type,
}

impl Lowering<'_> {
    pub(super) fn make_series(
        &mut self,
        input: Relation,
        node: &MakeSeries,
        span: Span,
    ) -> Result<Relation, EvalError> {
        let bins = self.bins(node, span)?;
        let ty = bins.ty;
        // Records outside have no bin.
        let axis = self.expr(&input, &node.axis)?;
        let axis = convert(axis, node.axis.ty.ty, ty);
        let bin_id = self.new_column(ty, span);
        let (from, to, step, closed) = (bins.from.clone(), bins.to.clone(), bins.step.clone(), bins.closed);
        let key = format!("{from:?}{to:?}{step:?}{closed}");
        let start: udf::RowFunction =
            Arc::new(move |cells| bin_of(&cells[0], from.as_ref(), to.as_ref(), &step, closed));
        let start = udf::rows("series_bin", key, ty, true, start, vec![(axis, ty)]);
        let binned = self.with_fields(input, vec![(field(bin_id), start)])?;
        let plan = LogicalPlanBuilder::from(binned.plan).filter(reference(&field(bin_id)).is_not_null())?.build()?;
        let binned = Relation { plan, ..binned };
        let mut keys: Vec<(ColumnId, DfExpr, Type)> = Vec::new();
        for key in &node.keys {
            keys.push((key.id, self.expr(&binned, &key.expr)?, key.expr.ty.ty));
        }
        let key_ids: Vec<(ColumnId, Type)> = keys.iter().map(|(id, _, ty)| (*id, *ty)).collect();
        keys.push((bin_id, reference(&field(bin_id)), ty));
        let calls: Vec<_> = node.items.iter().flat_map(|item| item.aggregates.iter().cloned()).collect();
        let grouped = self.grouped(binned, &keys, &calls)?;
        // The value of each item in each bin.
        let mut values = Vec::new();
        let mut names = Vec::new();
        for item in &node.items {
            let name = self.hide();
            values.push((name.clone(), self.expr(&grouped, &item.expr)?));
            names.push((name, item.expr.ty.ty));
        }
        let grouped = self.with_fields(grouped, values)?;
        let collected = self.collect(&grouped)?;
        let mut defaults = Vec::new();
        for item in &node.items {
            defaults.push(match &item.default {
                Some(default) => self.constant(default)?.to_json().unwrap_or(Json::Null),
                None => zero(item.expr.ty.ty),
            });
        }
        self.assembled(&grouped, &collected, node, &bins, bin_id, &key_ids, &names, &defaults, span)
    }

    fn bins(&mut self, node: &MakeSeries, span: Span) -> Result<Bins, EvalError> {
        let ty = node.axis.ty.ty;
        let constant = |lowering: &mut Self, expr: &crate::ir::Expr| lowering.constant(expr);
        let bins = match &node.range {
            SeriesRange::FromTo { from, to, step } => Bins {
                from: from.as_ref().map(|from| constant(self, from)).transpose()?,
                to: to.as_ref().map(|to| constant(self, to)).transpose()?,
                closed: false,
                step: constant(self, step)?,
                ty,
            },
            SeriesRange::InRange(from, to, step) => {
                let (from, to, step) = (constant(self, from)?, constant(self, to)?, constant(self, step)?);
                // This old form aligns as `bin` does.
                let from = bin(&from, &step);
                Bins { from: Some(from), to: Some(to), closed: true, step, ty }
            }
        };
        let next = arithmetic::binary(ArithmeticOp::Add, &start_of(ty), &bins.step, ty);
        if compare(&next, &start_of(ty)) != Some(std::cmp::Ordering::Greater) {
            return Err(value_error("the step of a series must be greater than nothing", span));
        }
        Ok(bins)
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and what it needs has no name of its own")]
    fn assembled(
        &mut self,
        grouped: &Relation,
        collected: &Collected,
        node: &MakeSeries,
        bins: &Bins,
        bin_id: ColumnId,
        keys: &[(ColumnId, Type)],
        names: &[(String, Type)],
        defaults: &[Json],
        span: Span,
    ) -> Result<Relation, EvalError> {
        let batch = &collected.batch;
        let rows = batch.num_rows();
        let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
        let mut by: Vec<ArrayRef> =
            keys.iter().filter_map(|(id, _)| batch.column_by_name(&field(*id)).map(Arc::clone)).collect();
        by.extend(grouped.parts.iter().filter_map(|parts| batch.column_by_name(&parts.field).map(Arc::clone)));
        if rows > 0 {
            groups = if by.is_empty() {
                std::iter::once(0..rows).collect()
            } else {
                partition(&by).map_err(datafusion::common::DataFusionError::from)?.ranges()
            };
        }
        let missing = || EvalError::Source("a column of a series is not there".to_owned());
        let axis = batch.column_by_name(&field(bin_id)).ok_or_else(missing)?;
        let axis = Cells::new(axis.as_ref(), bins.ty)?;
        let mut values = Vec::new();
        for (name, ty) in names {
            values.push(Cells::new(batch.column_by_name(name).ok_or_else(missing)?.as_ref(), *ty)?);
        }
        let mut axes = Vec::new();
        let mut arrays: Vec<Vec<Json>> = vec![Vec::new(); values.len()];
        let mut firsts = Vec::new();
        let none = (groups.is_empty() && node.non_empty && keys.is_empty()).then_some(0..0);
        for group in groups.iter().cloned().chain(none) {
            let points = bins.points(group.clone().map(|row| axis.get(row)), span)?;
            let mut row = group.start;
            let mut series: Vec<Vec<Json>> = vec![Vec::with_capacity(points.len()); values.len()];
            for point in &points {
                let here = row < group.end && compare(&axis.get(row), point) == Some(std::cmp::Ordering::Equal);
                for ((value, default), of) in values.iter().zip(defaults).zip(&mut series) {
                    of.push(if here { value.get(row).to_json().unwrap_or(Json::Null) } else { default.clone() });
                }
                row += usize::from(here);
            }
            axes.push(Json::Array(points.iter().map(|point| point.to_json().unwrap_or(Json::Null)).collect()));
            for (array, of) in arrays.iter_mut().zip(series) {
                array.push(Json::Array(of));
            }
            firsts.push(group.start as u64);
        }
        let count = axes.len();
        let rows_of_groups = UInt64Array::from(firsts);
        let mut fields = Vec::new();
        if rows > 0 {
            let kept = keys.iter().map(|(id, _)| field(*id)).chain(grouped.parts.iter().map(|p| p.field.clone()));
            for name in kept {
                let array = batch.column_by_name(&name).ok_or_else(missing)?;
                let array = take(array, &rows_of_groups, None).map_err(datafusion::common::DataFusionError::from)?;
                fields.push((name, array));
            }
        } else {
            for (id, ty) in keys {
                fields.push((field(*id), from_cells(*ty, [])?));
            }
            if let Some(parts) = &grouped.parts {
                let ty = grouped.type_of(&reference(&parts.field))?;
                fields.push((parts.field.clone(), datafusion::arrow::array::new_empty_array(&ty)));
            }
        }
        for (item, array) in node.items.iter().zip(arrays) {
            fields.push((field(item.id), from_cells(Type::Dynamic, array.iter().map(Cell::dynamic))?));
        }
        fields.push((field(node.axis_id), from_cells(Type::Dynamic, axes.iter().map(Cell::dynamic))?));
        self.table(fields, count, grouped.parts.clone())
    }
}

impl Bins {
    /// The beginnings of the bins of one series, whose records' bins are given in order.
    fn points<'c>(
        &self,
        mut there: impl Iterator<Item = Cell<'c>>,
        span: Span,
    ) -> Result<Vec<Cell<'static>>, EvalError> {
        let first_there = there.next().map(Cell::into_owned);
        let last_there = there.last().map(Cell::into_owned).or_else(|| first_there.clone());
        let Some(first) = self.from.clone().or(first_there) else { return Ok(Vec::new()) };
        let (last, closed) = match &self.to {
            Some(to) => (to.clone(), self.closed),
            None => match last_there {
                Some(last) => (last, true),
                None => return Ok(Vec::new()),
            },
        };
        let points = super::source::even_steps(&first, &last, &self.step, self.ty, POINTS)
            .ok_or_else(|| value_error(format!("a series has at most {POINTS} points"), span))?;
        let mut points = points;
        if !closed && points.last().is_some_and(|point| compare(point, &last) == Some(std::cmp::Ordering::Equal)) {
            points.pop();
        }
        Ok(points)
    }
}

/// The beginning of the bin of a value; null where it lies outside.
fn bin_of(
    value: &Cell<'_>,
    from: Option<&Cell<'_>>,
    to: Option<&Cell<'_>>,
    step: &Cell<'_>,
    closed: bool,
) -> Cell<'static> {
    use std::cmp::Ordering;
    if let Some(from) = from
        && compare(value, from) == Some(Ordering::Less)
    {
        return Cell::Null;
    }
    if let Some(to) = to {
        match compare(value, to) {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) if closed => {}
            _ => return Cell::Null,
        }
    }
    match from {
        Some(from) => bin_at(value, step, Some(from)),
        None => bin(value, step),
    }
}

/// Where an axis begins.
fn start_of(ty: Type) -> Cell<'static> {
    match ty {
        Type::DateTime => Cell::DateTime(0),
        Type::TimeSpan => Cell::TimeSpan(0),
        Type::Int => Cell::Int(0),
        Type::Real => Cell::Real(0.0),
        _ => Cell::Long(0),
    }
}

/// What a bin without records holds where no default is written.
fn zero(ty: Type) -> Json {
    match ty {
        Type::Real | Type::Decimal => Json::Real(0.0),
        Type::TimeSpan => Json::TimeSpan(0),
        Type::Int | Type::Long => Json::Long(0),
        Type::Bool => Json::Bool(false),
        _ => Json::Null,
    }
}
