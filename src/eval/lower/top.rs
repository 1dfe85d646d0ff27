//! `top-nested` and `top-hitters`.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use datafusion::arrow::compute::take;
use datafusion::common::DataFusionError;

use super::hand::Folding;
use super::relation::{Relation, field};
use super::{Collected, Lowering};
use crate::eval::arrays::{Cells, from_cells};
use crate::eval::cell::Cell;
use crate::eval::error::EvalError;
use crate::eval::kernels::cast::cast;
use crate::eval::kernels::compare::compare;
use crate::eval::plugins::Groups;
use crate::functions;
use crate::ir::{AggregateCall, ColumnId, Computed, Expr, SortKey, TopNestedLevel};
use crate::source::Span;
use crate::types::Type;

/// A node of the tree that `top-nested` makes; its records are those that bear its number.
#[derive(Clone, Debug)]
struct Node {
    /// Whether it holds those that did not make it to the top of some level, which no further level parts.
    others: bool,
    /// The value and the measure of each level so far.
    values: Vec<(Cell<'static>, Cell<'static>)>,
    /// A record of it, by which its part is known.
    first: usize,
}

/// A level, ready to run.
struct Level {
    count: Option<usize>,
    others: Option<Cell<'static>>,
    /// The combination of values each record has: its number.
    groups: Groups,
    key: ArrayRef,
    key_type: Type,
    foldings: Vec<Folding>,
    measure: Expr,
    measure_type: Type,
    descending: bool,
}

/// Which record bears no node's number any more.
const NOWHERE: usize = usize::MAX;

impl Lowering<'_> {
    /// `top-nested`: the records in groups, of which the greatest stay, each in groups again. Where a level names the
    /// others, what is left of a group is one record of that name; where only a deeper level does, what is left has no
    /// value at this level. Ties go to the group that comes first.
    pub(super) fn top_nested(&mut self, input: Relation, levels: &[TopNestedLevel]) -> Result<Relation, EvalError> {
        let mut fields = Vec::new();
        let mut prepared: Vec<(String, Vec<Folding>)> = Vec::new();
        for level in levels {
            let key = self.hide();
            fields.push((key.clone(), self.expr(&input, &level.of.expr)?));
            let (foldings, mut arguments) = self.foldings(&input, &level.aggregates)?;
            fields.append(&mut arguments);
            prepared.push((key, foldings));
        }
        let parts = input.parts.clone();
        let input = self.projected(input, fields)?;
        let Collected { batch, starts } = self.collect(&input)?;
        let mut ready = Vec::with_capacity(levels.len());
        for (level, (key, foldings)) in levels.iter().zip(prepared) {
            ready.push(self.level(level, &key, foldings, &batch)?);
        }
        let (mut nodes, mut of_record) = roots(&starts, batch.num_rows());
        for (depth, level) in ready.iter().enumerate() {
            let named_below = ready.iter().skip(depth + 1).any(|level| level.others.is_some());
            (nodes, of_record) = self.descend(level, &batch, &nodes, &of_record, named_below)?;
        }
        self.leaves(levels, &nodes, &batch, parts)
    }

    fn level(
        &mut self,
        level: &TopNestedLevel,
        key: &str,
        foldings: Vec<Folding>,
        batch: &RecordBatch,
    ) -> Result<Level, EvalError> {
        let array = batch.column_by_name(key).map(Arc::clone);
        let key = array.ok_or_else(|| EvalError::Source("a column of `top-nested` is not there".to_owned()))?;
        let key_type = level.of.expr.ty.ty;
        Ok(Level {
            count: level.count.as_ref().map(|count| self.count(count)).transpose()?,
            others: match &level.others {
                Some(others) => Some(cast(&self.constant(others)?, key_type).into_owned()),
                None => None,
            },
            groups: Groups::new(std::slice::from_ref(&key), batch.num_rows())?,
            key,
            key_type,
            foldings,
            measure: level.by.expr.clone(),
            measure_type: self.columns[level.by.id].ty.ty,
            descending: level.descending,
        })
    }

    /// What a level says of groups: `groups` has the group of each record, [`NOWHERE`] for one that counts in none.
    fn measures(
        &mut self,
        level: &Level,
        batch: &RecordBatch,
        groups: &[usize],
        count: usize,
    ) -> Result<Vec<Cell<'static>>, EvalError> {
        // Records that count in no group make one of their own, which nobody asks about.
        let groups: Vec<usize> = groups.iter().map(|group| (*group).min(count)).collect();
        let mut outputs: Vec<(ColumnId, ArrayRef)> = Vec::new();
        for folding in &level.foldings {
            outputs.extend(folding.fold(batch, &groups, count + 1)?);
        }
        let array = self.over_columns(&outputs, &level.measure, level.measure_type, count + 1)?;
        let cells = Cells::new(array.as_ref(), level.measure_type)?;
        Ok((0..count).map(|group| cells.get(group).into_owned()).collect())
    }

    /// The nodes of the next level, and the node of each record.
    fn descend(
        &mut self,
        level: &Level,
        batch: &RecordBatch,
        nodes: &[Node],
        of_record: &[usize],
        named_below: bool,
    ) -> Result<(Vec<Node>, Vec<usize>), EvalError> {
        // The groups of each node, in the order in which they come.
        let mut known: HashMap<(usize, usize), usize> = HashMap::new();
        let mut groups: Vec<Vec<(usize, usize)>> = vec![Vec::new(); nodes.len()];
        let mut of_group = vec![NOWHERE; of_record.len()];
        for (row, node) in of_record.iter().enumerate() {
            if let Some(true) = nodes.get(*node).map(|node| !node.others) {
                let next = known.len();
                let group = *known.entry((*node, level.groups.of[row])).or_insert(next);
                if group == next {
                    groups[*node].push((group, row));
                }
                of_group[row] = group;
            }
        }
        let measures = self.measures(level, batch, &of_group, known.len())?;
        let keys = Cells::new(level.key.as_ref(), level.key_type)?;
        let mut next = Vec::new();
        let mut of_next: Vec<usize> = vec![NOWHERE; known.len()];
        // The nodes of those left over, by the nodes they are left over from; their measures come last.
        let mut rest: HashMap<usize, usize> = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            let mut ranked = std::mem::take(&mut groups[index]);
            ranked.sort_by(|(a, _), (b, _)| {
                let order = by_measure(&measures[*a], &measures[*b]);
                if level.descending { order.reverse() } else { order }
            });
            let count = level.count.unwrap_or(ranked.len()).min(ranked.len());
            for (group, row) in ranked.drain(..count) {
                of_next[group] = next.len();
                let value = (keys.get(row).into_owned(), measures[group].clone());
                next.push(node.with(value, false, row));
            }
            let left = node.others || !ranked.is_empty();
            if left && (node.others || level.others.is_some() || named_below) {
                rest.insert(index, next.len());
                let first = ranked.first().map_or(node.first, |(_, row)| *row);
                next.push(node.with((level.others.clone().unwrap_or_default(), Cell::Null), true, first));
            }
        }
        let of_record: Vec<usize> = of_record
            .iter()
            .zip(&of_group)
            .map(|(node, group)| match of_next.get(*group) {
                Some(next) if *next != NOWHERE => *next,
                _ => rest.get(node).copied().unwrap_or(NOWHERE),
            })
            .collect();
        if level.others.is_some() && !rest.is_empty() {
            let of_rest: Vec<usize> = of_record
                .iter()
                .map(|node| if next.get(*node).is_some_and(|node| node.others) { *node } else { NOWHERE })
                .collect();
            let measures = self.measures(level, batch, &of_rest, next.len())?;
            for (node, measure) in next.iter_mut().zip(measures) {
                if node.others
                    && let Some((_, of_others)) = node.values.last_mut()
                {
                    *of_others = measure;
                }
            }
        }
        Ok((next, of_record))
    }

    /// One record for each node of the last level.
    fn leaves(
        &mut self,
        levels: &[TopNestedLevel],
        nodes: &[Node],
        batch: &RecordBatch,
        parts: Option<super::relation::Parts>,
    ) -> Result<Relation, EvalError> {
        let mut fields = Vec::new();
        for (depth, level) in levels.iter().enumerate() {
            let values = || nodes.iter().map(|node| node.values.get(depth).cloned().unwrap_or_default());
            let (key, measure) = (level.of.expr.ty.ty, self.columns[level.by.id].ty.ty);
            fields.push((field(level.of.id), from_cells(key, values().map(|(value, _)| value))?));
            fields.push((field(level.by.id), from_cells(measure, values().map(|(_, measure)| measure))?));
        }
        if let Some(parts) = &parts
            && let Some(array) = batch.column_by_name(&parts.field)
        {
            let firsts = UInt64Array::from_iter_values(nodes.iter().map(|node| node.first as u64));
            fields.push((parts.field.clone(), take(array, &firsts, None).map_err(DataFusionError::from)?));
        }
        self.table(fields, nodes.len(), parts)
    }

    /// `top-hitters`: as `summarize`, then `top`, which is what the documentation says it equals; the approximation it
    /// allows itself is not made.
    pub(super) fn top_hitters(
        &mut self,
        input: Relation,
        count: &Expr,
        of: &Computed,
        by: Option<&Expr>,
        measure: ColumnId,
        span: Span,
    ) -> Result<Relation, EvalError> {
        let name = if by.is_some() { "sum" } else { "count" };
        let function = functions::aggregate(name)
            .ok_or_else(|| EvalError::unsupported(format!("`{name}` is not in the catalogue"), span))?;
        let call = AggregateCall {
            function,
            arguments: by.cloned().into_iter().collect(),
            open: false,
            outputs: vec![measure],
            span,
        };
        let grouped = self.summarize(input, std::slice::from_ref(of), &[call])?;
        let ty = self.columns[measure].ty;
        let key = SortKey { expr: Expr::column(measure, ty, span), descending: true, nulls_first: false };
        let sorted = self.sort(grouped, &[key])?;
        self.take(sorted, count)
    }
}

impl Node {
    fn with(&self, value: (Cell<'static>, Cell<'static>), others: bool, first: usize) -> Self {
        let values = self.values.iter().cloned().chain(std::iter::once(value)).collect();
        Self { others, values, first }
    }
}

/// A node for each part, and the node of each record.
fn roots(starts: &[usize], rows: usize) -> (Vec<Node>, Vec<usize>) {
    let root = |first: &usize| Node { others: false, values: Vec::new(), first: *first };
    let nodes: Vec<Node> = starts.iter().map(root).collect();
    let of_record = (0..rows).map(|row| starts.partition_point(|start| *start <= row).saturating_sub(1)).collect();
    (nodes, of_record)
}

/// The order of measures: null is lowest, NaN next to it.
fn by_measure(left: &Cell<'_>, right: &Cell<'_>) -> Ordering {
    let class = |cell: &Cell<'_>| match cell {
        Cell::Null => 0,
        Cell::Real(value) if value.is_nan() => 1,
        _ => 2,
    };
    class(left).cmp(&class(right)).then_with(|| compare(left, right).unwrap_or(Ordering::Equal))
}
