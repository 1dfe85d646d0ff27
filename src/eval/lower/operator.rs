//! Operators that keep, order, cut and split records.

use std::sync::Arc;

use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder};
use datafusion::prelude::lit;

use super::constant::value_error;
use super::relation::{OrderKey, Parts, Relation, field, reference};
use super::sort_key::sort_key;
use super::{Lowering, udf};
use crate::eval::arrays::from_cells;
use crate::eval::cell::Cell;
use crate::eval::error::EvalError;
use crate::eval::kernels::parse::{KeyValues, Pattern};
use crate::ir::{
    Bound, Branch, ColumnId, Expr, Json, Parse, ParseKv, ParseSegment, Partition, Plan, Schema, SortKey, SourceKind,
    Window,
};
use crate::source::Span;
use crate::types::Type;

impl Lowering<'_> {
    pub(super) fn time_window(&mut self, input: Relation, window: &Window) -> Result<Relation, EvalError> {
        let column = self.column(&input, window.column);
        let instant = |bound: Bound| match bound {
            Bound::Instant(ticks) => ticks,
            Bound::FromNow(ticks) => self.options.now.saturating_add(ticks),
        };
        let mut condition = None;
        let mut add = |term: DfExpr| {
            condition = Some(match condition.take() {
                Some(before) => DfExpr::and(before, term),
                None => term,
            });
        };
        if let Some((from, included)) = window.bounds.from {
            let from = lit(instant(from));
            add(if included { column.clone().gt_eq(from) } else { column.clone().gt(from) });
        }
        if let Some((to, included)) = window.bounds.to {
            let to = lit(instant(to));
            add(if included { column.clone().lt_eq(to) } else { column.clone().lt(to) });
        }
        let condition = condition.unwrap_or_else(|| column.is_not_null());
        let plan = LogicalPlanBuilder::from(input.plan).filter(condition)?.build()?;
        Ok(Relation { plan, ..input })
    }

    pub(super) fn sort(&mut self, input: Relation, keys: &[SortKey]) -> Result<Relation, EvalError> {
        let mut fields = Vec::new();
        let mut order = Vec::new();
        for key in keys {
            let ty = key.expr.ty.ty;
            let value = self.expr(&input, &key.expr)?;
            let value = sort_key(value, ty, key.descending, key.nulls_first);
            let name = if let DfExpr::Column(column) = &value {
                column.name.clone()
            } else {
                let name = self.hide();
                fields.push((name.clone(), value));
                name
            };
            order.push(OrderKey { field: name, descending: key.descending, nulls_first: key.nulls_first });
        }
        let input = if fields.is_empty() { input } else { self.with_fields(input, fields)? };
        for key in &input.order {
            if order.iter().all(|there| there.field != key.field) {
                order.push(key.clone());
            }
        }
        Ok(Relation { order, ..input })
    }

    pub(super) fn take(&mut self, input: Relation, count: &Expr) -> Result<Relation, EvalError> {
        let count = self.count(count)?;
        if input.parts.is_some() {
            return self.first_of_parts(input, count);
        }
        let order = input.sort();
        let mut plan = LogicalPlanBuilder::from(input.plan);
        if !order.is_empty() {
            plan = plan.sort_with_limit(order, Some(count))?;
        }
        let plan = plan.limit(0, Some(count))?.build()?;
        Ok(Relation { plan, order: input.order, parts: None })
    }

    /// The first records of each part.
    fn first_of_parts(&mut self, input: Relation, count: usize) -> Result<Relation, EvalError> {
        let order = input.order.clone();
        let (mut ranked, rank) = self.ranked(input)?;
        let last = i64::try_from(count).unwrap_or(i64::MAX);
        ranked.plan = LogicalPlanBuilder::from(ranked.plan).filter(reference(&rank).lt_eq(lit(last)))?.build()?;
        Ok(Relation { order, ..ranked })
    }

    /// `sample`: any records will do, so the first do.
    pub(super) fn sample(&mut self, input: Relation, count: &Expr) -> Result<Relation, EvalError> {
        self.take(input, count)
    }

    /// `sample-distinct`: any values will do, so those that come first do.
    pub(super) fn sample_distinct(
        &mut self,
        input: Relation,
        count: &Expr,
        id: ColumnId,
        before: &Schema,
    ) -> Result<Relation, EvalError> {
        let columns = before.iter().filter(|column| column.id == id).cloned();
        let input = self.distinct(input, &Schema::new(columns, false))?;
        self.take(input, count)
    }

    /// `consume`: reads the records, gives none.
    pub(super) fn consume(&mut self, input: Relation) -> Result<Relation, EvalError> {
        self.collect(&input)?;
        let plan = LogicalPlanBuilder::from(input.plan).limit(0, Some(0))?.build()?;
        Ok(Relation { plan, ..input })
    }

    /// `fork`: its one branch; an answer is one table, so several are refused.
    pub(super) fn fork(&mut self, input: Relation, branches: &[Branch], span: Span) -> Result<Relation, EvalError> {
        match branches {
            [branch] => self.plan(&branch.plan, Some(input)),
            _ => Err(EvalError::unsupported("several result tables are not given here", span)),
        }
    }

    /// `getschema`: the columns of the input as records.
    pub(super) fn get_schema(&mut self, before: &Schema, after: &Schema) -> Result<Relation, EvalError> {
        let rows: Vec<[Cell<'static>; 4]> = before
            .iter()
            .zip(0i64..)
            .map(|(column, ordinal)| {
                let ty = column.ty.ty;
                [
                    Cell::from(column.name.to_string()),
                    Cell::Int(i32::try_from(ordinal).unwrap_or(i32::MAX)),
                    Cell::from(dotnet_name(ty).to_owned()),
                    Cell::from(ty.name().to_owned()),
                ]
            })
            .collect();
        let mut fields = Vec::new();
        for (index, column) in after.iter().enumerate() {
            let cells = rows.iter().filter_map(|row| row.get(index).cloned());
            fields.push((field(column.id), from_cells(column.ty.ty, cells)?));
        }
        self.table(fields, rows.len(), None)
    }

    pub(super) fn parse(&mut self, input: Relation, parse: &Parse) -> Result<Relation, EvalError> {
        let pattern = Pattern::new(parse)
            .map_err(|error| value_error(format!("the pattern cannot be matched: {error}"), parse.subject.span))?;
        let subject = self.expr(&input, &parse.subject)?;
        let subject = super::expr::cast_to(subject, parse.subject.ty.ty, Type::String);
        let outputs: Vec<(ColumnId, Type)> = parse
            .segments
            .iter()
            .filter_map(|segment| match segment {
                ParseSegment::Column(id, ty) => Some((*id, *ty)),
                _ => None,
            })
            .collect();
        let key = format!("{:?}{}{:?}", parse.kind, parse.flags, parse.segments);
        let found: udf::RowFunction = Arc::new(move |cells| {
            let text = cells[0].to_text();
            match pattern.extract(&text) {
                Some(values) => Cell::dynamic(&Json::Array(values.iter().map(held).collect())),
                None => Cell::Null,
            }
        });
        let found = udf::rows("parse", key, Type::Dynamic, false, found, vec![(subject, Type::String)]);
        let whole = self.hide();
        let mut input = self.with_fields(input, vec![(whole.clone(), found)])?;
        if parse.filter {
            let plan = LogicalPlanBuilder::from(input.plan).filter(reference(&whole).is_not_null())?.build()?;
            input = Relation { plan, ..input };
        }
        self.take_apart(input, &whole, &outputs)
    }

    pub(super) fn parse_kv(&mut self, input: Relation, parse: &ParseKv) -> Result<Relation, EvalError> {
        let outputs: Vec<(ColumnId, Type)> = parse.keys.iter().map(|(_, id)| (*id, self.columns[*id].ty.ty)).collect();
        let types: Vec<Type> = outputs.iter().map(|(_, ty)| *ty).collect();
        let reader = KeyValues::new(parse, &types)
            .map_err(|error| value_error(format!("keys and values cannot be read so: {error}"), parse.subject.span))?;
        let subject = self.expr(&input, &parse.subject)?;
        let subject = super::expr::cast_to(subject, parse.subject.ty.ty, Type::String);
        let key = format!("{:?}{:?}", parse.keys, parse.options);
        let found: udf::RowFunction = Arc::new(move |cells| {
            let text = cells[0].to_text();
            let values = reader.extract(&text);
            Cell::dynamic(&Json::Array(values.iter().map(held).collect()))
        });
        let found = udf::rows("parse_kv", key, Type::Dynamic, false, found, vec![(subject, Type::String)]);
        let whole = self.hide();
        let input = self.with_fields(input, vec![(whole.clone(), found)])?;
        self.take_apart(input, &whole, &outputs)
    }

    /// Columns from the elements of an array that holds a value for each.
    pub(super) fn take_apart(
        &mut self,
        input: Relation,
        whole: &str,
        outputs: &[(ColumnId, Type)],
    ) -> Result<Relation, EvalError> {
        let mut fields = Vec::new();
        for ((id, ty), index) in outputs.iter().zip(0i64..) {
            let item: udf::RowFunction = Arc::new(move |cells| match &cells[0] {
                Cell::Dynamic(bytes) => {
                    let view = crate::eval::dynamic::View::new(bytes).element(index);
                    view.map_or(Cell::Null, |view| Cell::Dynamic(view.bytes().to_vec().into()))
                }
                _ => Cell::Null,
            });
            let arguments = vec![(reference(whole), Type::Dynamic)];
            let item = udf::rows("item", index.to_string(), Type::Dynamic, true, item, arguments);
            fields.push((field(*id), super::expr::cast_to(item, Type::Dynamic, *ty)));
        }
        self.with_fields(input, fields)
    }

    pub(super) fn partition(
        &mut self,
        input: Relation,
        partition: &Partition,
        span: Span,
    ) -> Result<Relation, EvalError> {
        if input.parts.is_some() {
            return Err(EvalError::unsupported("a `partition` inside another sub-query is not run here", span));
        }
        let (input, _) = self.ranked(input)?;
        let part = self.hide();
        let by = self.expr(&input, &partition.by)?;
        let input = self.with_fields(input, vec![(part.clone(), by)])?;
        let all = LogicalPlanBuilder::from(input.plan.clone()).project([reference(&part)])?.distinct()?.build()?;
        let outer = if matches!(partition.body.source.kind, SourceKind::Input) {
            let parts = Some(Parts { field: part.clone(), all, key: None });
            self.plan(&partition.body, Some(Relation { parts, ..input }))?
        } else {
            let key = partition.by.as_column();
            self.of_own(&partition.body, Parts { field: part.clone(), all, key }, span)?
        };
        let fields = partition.columns.iter().map(|(id, of)| (field(*id), self.column(&outer, *of))).collect();
        let mut outer = self.projected(outer, fields)?;
        outer.order.insert(0, OrderKey::ascending(part));
        outer.parts = None;
        Ok(outer)
    }

    /// A `partition` whose sub-query reads a table of its own: all of that table for each part. As the page of the operator
    /// says, of the records that were parted it can refer to the key alone.
    fn of_own(&mut self, body: &Plan, parts: Parts, span: Span) -> Result<Relation, EvalError> {
        if parts.key.is_some_and(|key| is_named_within(body, key)) {
            let what = "a sub-query within that of a `partition` which refers to the key is not run here";
            return Err(EvalError::unsupported(what, span));
        }
        let table = self.source(&body.source, None)?;
        let plan = LogicalPlanBuilder::from(table.plan).cross_join(parts.all.clone())?.build()?;
        let mut relation = Relation { plan, parts: Some(parts), ..table };
        for (index, step) in body.steps.iter().enumerate() {
            relation = self.step(relation, step, body.input_schema(index))?;
        }
        Ok(relation)
    }
}

/// Whether what is made once for all parts refers to the key: the source of a sub-query, and the plans within its steps.
fn is_named_within(body: &Plan, key: ColumnId) -> bool {
    fn in_plans(expr: &Expr, f: &mut dyn FnMut(&Expr)) {
        expr.operands(&mut |operand| in_plans(operand, f));
        expr.plan(&mut |plan| plan.walk(f));
    }
    let mut found = false;
    let mut look = |expr: &Expr| expr.for_each_column(&mut |id| found |= id == key);
    body.source.kind.expressions(&mut look);
    body.source.kind.plans(&mut |plan| plan.walk(&mut look));
    for step in &body.steps {
        step.op.plans(&mut |plan| plan.walk(&mut look));
        step.op.expressions(&mut |expr| in_plans(expr, &mut look));
    }
    found
}

/// A value as it stands in a dynamic on the way to its column. No dynamic holds a `decimal`; its text is converted back.
fn held(value: &Cell<'_>) -> Json {
    match value {
        Cell::Decimal(value) => Json::String(value.to_string().into()),
        value => value.to_json().unwrap_or(Json::Null),
    }
}

/// The name of the .NET type behind a KQL type, which `getschema` tells.
const fn dotnet_name(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "System.SByte",
        Type::Int => "System.Int32",
        Type::Long => "System.Int64",
        Type::Real => "System.Double",
        Type::Decimal => "System.Data.SqlTypes.SqlDecimal",
        Type::DateTime => "System.DateTime",
        Type::TimeSpan => "System.TimeSpan",
        Type::String => "System.String",
        Type::Guid => "System.Guid",
        Type::Dynamic | Type::Unknown => "System.Object",
    }
}
