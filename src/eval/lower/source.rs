//! Where records come from.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder};
use datafusion::prelude::lit;

use super::Lowering;
use super::constant::{null, value_error};
use super::expr::cast_to;
use super::relation::{INGESTED, OrderKey, Relation, field, reference};
use super::udf;
use crate::eval::arrays::{KQL_TYPE, from_cells};
use crate::eval::catalog::{INGESTION_TIME, ORDINAL};
use crate::eval::cell::Cell;
use crate::eval::error::EvalError;
use crate::eval::kernels::arithmetic;
use crate::eval::kernels::compare::compare;
use crate::ir::{
    Argument, ArithmeticOp, ColumnId, Expr, External, Name, Plan, Schema, SharedId, Source, SourceCall, SourceKind,
    Union, Value,
};
use crate::source::Span;
use crate::types::Type;

/// The most records that `range` gives.
const RANGE_LIMIT: usize = 100_000_000;

impl Lowering<'_> {
    pub(super) fn source(&mut self, source: &Source, input: Option<Relation>) -> Result<Relation, EvalError> {
        match &source.kind {
            SourceKind::Table { name, .. } => match self.catalog.table(name)? {
                Some(provider) => self.scan_table(provider, &source.schema),
                None => Err(EvalError::Missing { kind: "table", name: name.to_string(), span: source.span }),
            },
            SourceKind::Tables(pattern) => self.tables(pattern, source),
            SourceKind::Unit => Self::unit(),
            SourceKind::Input => {
                input.ok_or_else(|| EvalError::unsupported("this sub-query has no records handed in", source.span))
            }
            SourceKind::Shared(id, pairs) => self.shared(*id, pairs, source.span),
            SourceKind::Rows(rows) => self.rows(rows, &source.schema),
            SourceKind::External(external) => self.external(external, source),
            SourceKind::Range { from, to, step } => self.range(from, to, step, source),
            SourceKind::Union(union) => self.union(union, input.as_ref(), source.span),
            SourceKind::Call(call) => self.source_call(call, source),
            SourceKind::Evaluate(evaluate) => self.evaluate_source(evaluate, source),
            SourceKind::LogSource(_) | SourceKind::Foreign(_) | SourceKind::Correlated(_) => {
                Err(EvalError::unsupported("this source of another language is not run here", source.span))
            }
        }
    }

    /// The columns of a schema from a provider, by name; those that it does not have are null.
    pub(super) fn scan_table(
        &mut self,
        provider: Arc<dyn TableProvider>,
        schema: &Schema,
    ) -> Result<Relation, EvalError> {
        let there = provider.schema();
        let alias = self.hide();
        let ordinal = self.hide();
        let column = |name: &str| {
            DfExpr::Column(datafusion::common::Column::new(Some(TableReference::bare(alias.as_str())), name))
        };
        let mut exprs = Vec::new();
        for wanted in schema.iter() {
            if let Some((_, found)) = there.column_with_name(&wanted.name) {
                let ty = found.metadata().get(KQL_TYPE).and_then(|name| Type::parse(name)).unwrap_or(wanted.ty.ty);
                let value = cast_to(column(&wanted.name), ty, wanted.ty.ty);
                exprs.push(value.alias(field(wanted.id)));
            }
        }
        if let Some((_, found)) = there.column_with_name(INGESTION_TIME) {
            let ty = found.metadata().get(KQL_TYPE).and_then(|name| Type::parse(name)).unwrap_or(Type::DateTime);
            let value = cast_to(column(INGESTION_TIME), ty, Type::DateTime);
            exprs.push(value.alias(format!("{INGESTED}{}", self.hide())));
        }
        exprs.push(column(ORDINAL).alias(&ordinal));
        let plan =
            LogicalPlanBuilder::scan(alias.as_str(), provider_as_source(provider), None)?.project(exprs)?.build()?;
        Ok(Relation { plan, order: vec![OrderKey::ascending(ordinal)], parts: None })
    }

    /// Every table that fits the pattern, one after the other.
    fn tables(&mut self, pattern: &str, source: &Source) -> Result<Relation, EvalError> {
        let mut inputs = Vec::new();
        for name in self.catalog.names() {
            if fits(pattern, &name)
                && let Some(provider) = self.catalog.table(&name)?
            {
                inputs.push(self.scan_table(provider, &source.schema)?);
            }
        }
        if inputs.is_empty() {
            return Err(EvalError::Missing { kind: "table", name: pattern.to_owned(), span: source.span });
        }
        let columns: Vec<(String, Type)> =
            source.schema.iter().map(|column| (field(column.id), column.ty.ty)).collect();
        let mut united = Vec::new();
        for relation in inputs {
            let fields = columns
                .iter()
                .map(|(name, ty)| (name.clone(), if relation.has(name) { reference(name) } else { lit(null(*ty)) }))
                .collect();
            united.push((relation, fields));
        }
        self.united(united)
    }

    fn shared(&mut self, id: SharedId, pairs: &[(ColumnId, ColumnId)], span: Span) -> Result<Relation, EvalError> {
        let Some((relation, _)) = self.shared.get(id.0 as usize).cloned() else {
            return Err(EvalError::unsupported("this table refers to one that comes after it", span));
        };
        // Each reading has fields of its own, so that two can stand in one plan.
        let mut exprs = Vec::new();
        for (mine, theirs) in pairs {
            exprs.push(self.column(&relation, *theirs).alias(field(*mine)));
        }
        let mut order = Vec::new();
        for key in &relation.order {
            let name = self.hide();
            exprs.push(reference(&key.field).alias(&name));
            order.push(OrderKey { field: name, ..key.clone() });
        }
        let plan = LogicalPlanBuilder::from(relation.plan).project(exprs)?.build()?;
        Ok(Relation { plan, order, parts: None })
    }

    fn rows(&mut self, rows: &[Vec<Value>], schema: &Schema) -> Result<Relation, EvalError> {
        let mut fields = Vec::new();
        for (index, column) in schema.iter().enumerate() {
            let cells = rows.iter().map(|row| row.get(index).map_or(Cell::Null, Cell::from));
            fields.push((field(column.id), from_cells(column.ty.ty, cells)?));
        }
        self.table(fields, rows.len(), None)
    }

    fn external(&mut self, external: &External, source: &Source) -> Result<Relation, EvalError> {
        let columns: Vec<(Name, Type)> =
            source.schema.iter().map(|column| (column.name.clone(), column.ty.ty)).collect();
        let columns: Vec<(&str, Type)> = columns.iter().map(|(name, ty)| (&**name, *ty)).collect();
        let mut inputs = Vec::new();
        for address in &external.addresses {
            let text = self.constant_text(address)?;
            let Some(provider) = self.catalog.external(&text, &columns, external)? else {
                return Err(EvalError::Missing { kind: "address", name: text, span: address.span });
            };
            let relation = self.scan_table(provider, &source.schema)?;
            let fields = source.schema.iter().map(|c| (field(c.id), self.column(&relation, c.id))).collect();
            inputs.push((relation, fields));
        }
        self.united(inputs)
    }

    fn range(&mut self, from: &Expr, to: &Expr, step: &Expr, source: &Source) -> Result<Relation, EvalError> {
        let Some(column) = source.schema.at(0).cloned() else { return Self::unit() };
        let ty = column.ty.ty;
        let (first, last) = (self.constant(from)?, self.constant(to)?);
        let distance = self.constant(step)?;
        let cells = even_steps(&first, &last, &distance, ty, RANGE_LIMIT)
            .ok_or_else(|| value_error("these steps never come to the end", source.span))?;
        let rows = cells.len();
        let array = from_cells(ty, cells)?;
        self.table(vec![(field(column.id), array)], rows, None)
    }

    fn union(&mut self, union: &Union, input: Option<&Relation>, span: Span) -> Result<Relation, EvalError> {
        let mut inputs = Vec::new();
        let mut missing = None;
        for (index, plan) in union.inputs.iter().enumerate() {
            let relation = match self.plan(plan, input.cloned()) {
                Ok(relation) => relation,
                // `isfuzzy` passes over a table that is not there, at the head of an input.
                Err(EvalError::Missing { kind, name, span: at }) if union.fuzzy && at == plan.source.span => {
                    missing = Some(EvalError::Missing { kind, name, span: at });
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut fields = Vec::new();
            for column in &union.columns {
                let ty = self.columns[column.id].ty.ty;
                let value = match column.from.get(index).copied().flatten() {
                    Some(id) => cast_to(self.column(&relation, id), self.columns[id].ty.ty, ty),
                    None => lit(null(ty)),
                };
                fields.push((field(column.id), value));
            }
            if let Some((id, names)) = &union.source {
                let name = names.get(index).map_or("", |name| &**name);
                fields.push((field(*id), super::constant::literal(&Value::string(name))));
            }
            inputs.push((relation, fields));
        }
        match missing {
            Some(missing) if inputs.is_empty() => Err(missing),
            _ if inputs.is_empty() => Err(value_error("a union of nothing", span)),
            _ => self.united(inputs),
        }
    }

    /// Relations one after the other, each projected to the same fields.
    pub(super) fn united(&mut self, inputs: Vec<(Relation, Vec<(String, DfExpr)>)>) -> Result<Relation, EvalError> {
        let (place, rank) = (self.hide(), self.hide());
        // Records know when they were ingested where those of all inputs do.
        let known = inputs.iter().all(|(relation, _)| relation.ingested().count() == 1);
        let ingested = known.then(|| format!("{INGESTED}{}", self.hide()));
        let mut united: Option<LogicalPlanBuilder> = None;
        let mut parts = None;
        for ((relation, fields), index) in inputs.into_iter().zip(0i64..) {
            let (relation, own) = self.ranked(relation)?;
            let mut exprs: Vec<DfExpr> = fields.into_iter().map(|(name, expr)| expr.alias(name)).collect();
            exprs.push(place_of(index, reference(&own)).alias(&place));
            exprs.push(reference(&own).alias(&rank));
            if let (Some(name), Some(time)) = (&ingested, relation.ingested().next()) {
                exprs.push(reference(time).alias(name));
            }
            if let Some(there) = &relation.parts {
                exprs.push(reference(&there.field));
            }
            parts = parts.or(relation.parts);
            let plan = LogicalPlanBuilder::from(relation.plan).project(exprs)?;
            united = Some(match united {
                Some(before) => before.union(plan.build()?)?,
                None => plan,
            });
        }
        let plan = match united {
            Some(plan) => super::unqualified(plan.build()?)?,
            None => Self::unit()?.plan,
        };
        Ok(Relation { plan, order: vec![OrderKey::ascending(place), OrderKey::ascending(rank)], parts })
    }

    /// A function whose body is not at hand: a watchlist, or a saved function, for whose result a table may stand.
    fn source_call(&mut self, call: &SourceCall, source: &Source) -> Result<Relation, EvalError> {
        if call.is_watchlist() {
            let alias = match call.arguments.first() {
                Some((_, Argument::Scalar(alias))) => self.constant_text(alias)?,
                _ => return Err(value_error("a watchlist is called by its alias", source.span)),
            };
            return match self.catalog.watchlist(&alias)? {
                Some(provider) => self.scan_table(provider, &source.schema),
                None => Err(EvalError::Missing { kind: "watchlist", name: alias, span: source.span }),
            };
        }
        match self.catalog.table(&call.name)? {
            Some(provider) if call.arguments.is_empty() => self.scan_table(provider, &source.schema),
            Some(_) => Err(EvalError::unsupported(
                format!("a table stands for `{}`, which cannot heed the arguments of this call", call.name),
                source.span,
            )),
            None => Err(EvalError::Missing { kind: "function", name: call.name.to_string(), span: source.span }),
        }
    }

    /// A plan that must give records of its own, such as the right side of a join.
    pub(super) fn own(&mut self, plan: &Plan) -> Result<Relation, EvalError> {
        self.plan(plan, None)
    }
}

/// The place of an input among others. It is a function of the record's rank, which it does not heed, because the
/// optimiser takes a constant for no part of an order, and then misses it behind a join.
fn place_of(index: i64, rank: DfExpr) -> DfExpr {
    let function: udf::Function = Arc::new(move |arrays, _| {
        let rows = arrays.first().map_or(0, |array| array.len());
        Ok(Arc::new(datafusion::arrow::array::Int64Array::from_value(index, rows)) as _)
    });
    udf::raw("place", index.to_string(), datafusion::arrow::datatypes::DataType::Int64, false, function, vec![rank])
}

/// The values from one to another, the last included where the steps meet it; `None` where they would be too many or
/// never come there.
pub(super) fn even_steps(
    first: &Cell<'_>,
    last: &Cell<'_>,
    step: &Cell<'_>,
    ty: Type,
    limit: usize,
) -> Option<Vec<Cell<'static>>> {
    use std::cmp::Ordering;
    if first.is_null() || last.is_null() || step.is_null() {
        return Some(Vec::new());
    }
    let mut cells = Vec::new();
    let mut at = first.clone().into_owned();
    let next = |at: &Cell<'_>| arithmetic::binary(ArithmeticOp::Add, at, step, ty);
    let direction = compare(&next(&at), &at)?;
    if direction == Ordering::Equal {
        return None;
    }
    while matches!(compare(&at, last), Some(order) if order != direction) {
        if cells.len() == limit {
            return None;
        }
        let following = next(&at);
        cells.push(at);
        if following.is_null() {
            break;
        }
        at = following;
    }
    Some(cells)
}

/// Whether a name fits a pattern in which `*` stands for anything.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let mut rest = name;
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, expected) in [
            ("*", "A", true),
            ("Device*", "DeviceEvents", true),
            ("Device*", "MyDevice", false),
            ("*Events", "DeviceEvents", true),
            ("D*E*s", "DeviceEvents", true),
            ("A", "AB", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
