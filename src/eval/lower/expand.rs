//! `mv-expand` and `mv-apply`.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryViewBuilder, Int64Builder, ListBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, JoinType, NullEquality, UnnestOptions};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder};

use super::expr::cast_to;
use super::relation::{OrderKey, Parts, Relation, field, reference};
use super::{Lowering, udf};
use crate::eval::dynamic::{self, Shown, View};
use crate::eval::error::EvalError;
use crate::ir::{Json, MvExpand, Schema};
use crate::types::Type;

impl Lowering<'_> {
    pub(super) fn mv_expand(
        &mut self,
        input: Relation,
        node: &MvExpand,
        after: &Schema,
    ) -> Result<Relation, EvalError> {
        match &node.body {
            None => self.expanded(input, node),
            Some(body) => {
                // Each record is a part, known by its rank among those of all parts that there are already.
                let parts = input.parts.clone();
                let whole = Relation { order: input.whole_order(), parts: None, ..input };
                let (ranked, rank) = self.ranked(whole)?;
                let input = Relation { parts, ..ranked };
                let part = self.hide();
                let outer = self.with_fields(input, vec![(part.clone(), reference(&rank))])?;
                let all = LogicalPlanBuilder::from(outer.plan.clone()).project([reference(&part)])?.build()?;
                let inner = self.expanded(outer.clone(), node)?;
                let inner = Relation { parts: Some(Parts { field: part.clone(), all, key: None }), ..inner };
                let inner = self.plan(body, Some(inner))?;
                self.applied(outer, inner, &part, body.schema(), after)
            }
        }
    }

    /// The columns of each record with what the sub-query gave for it.
    fn applied(
        &mut self,
        outer: Relation,
        inner: Relation,
        part: &str,
        body: &Schema,
        after: &Schema,
    ) -> Result<Relation, EvalError> {
        let mut inner_fields = Vec::new();
        let mut outer_fields: Vec<DfExpr> = Vec::new();
        for column in after.iter() {
            let name = field(column.id);
            if body.contains(column.id) {
                inner_fields.push((name, self.column(&inner, column.id)));
            } else if outer.has(&name) {
                outer_fields.push(reference(&name));
            }
        }
        let mut inner = self.projected(inner, inner_fields)?;
        inner.order.insert(0, OrderKey::ascending(part.to_owned()));
        inner.parts = None;
        // Parts that there were before are there again.
        outer_fields.extend(outer.parts.iter().map(|parts| reference(&parts.field)));
        if outer_fields.is_empty() {
            return Ok(inner);
        }
        let mine = self.hide();
        outer_fields.push(reference(part).alias(&mine));
        let columns = LogicalPlanBuilder::from(outer.plan).project(outer_fields)?.build()?;
        let plan = LogicalPlanBuilder::from(inner.plan)
            .join_detailed(
                columns,
                JoinType::Inner,
                (vec![part], vec![mine.as_str()]),
                None,
                NullEquality::NullEqualsNothing,
            )?
            .build()?;
        Ok(Relation { plan, parts: outer.parts, ..inner })
    }

    /// One record an element.
    fn expanded(&mut self, input: Relation, node: &MvExpand) -> Result<Relation, EvalError> {
        let limit = match &node.limit {
            Some(limit) => self.count(limit)?,
            None => usize::MAX,
        };
        let mut values = Vec::with_capacity(node.items.len());
        for item in &node.items {
            let value = self.expr(&input, &item.expr)?;
            values.push(cast_to(value, item.expr.ty.ty, Type::Dynamic));
        }
        // How many records a record gives is decided by all items together, so the positions are expanded too.
        let position = self.hide();
        let pairs = node.pairs;
        let count: udf::Function = Arc::new(move |arrays, rows| Ok(positions(arrays, rows, limit)));
        let list_of = |ty: DataType| DataType::List(Arc::new(Field::new_list_field(ty, true)));
        let mut fields = vec![(
            position.clone(),
            udf::raw("positions", limit.to_string(), list_of(DataType::Int64), false, count, values.clone()),
        )];
        let mut lists = vec![position.clone()];
        for (item, value) in node.items.iter().zip(values) {
            let name = self.hide();
            let function: udf::Function = Arc::new(move |arrays, _| Ok(items(&arrays[0], pairs, limit)));
            let key = format!("{pairs}{limit}");
            fields.push((
                name.clone(),
                udf::raw("items", key, list_of(DataType::BinaryView), true, function, vec![value]),
            ));
            lists.push(name);
            let _ = item;
        }
        let input = self.with_fields(input, fields)?;
        let columns = lists.iter().map(|name| Column::new_unqualified(name.as_str())).collect();
        let plan =
            LogicalPlanBuilder::from(input.plan).unnest_columns_with_options(columns, UnnestOptions::new())?.build()?;
        let mut order = input.order;
        order.push(OrderKey::ascending(position.clone()));
        let expanded = Relation { plan, order, parts: input.parts };
        let mut computed = Vec::new();
        for (item, name) in node.items.iter().zip(&lists[1..]) {
            let to = item.to.unwrap_or(self.columns[item.id].ty.ty);
            computed.push((field(item.id), cast_to(reference(name), Type::Dynamic, to)));
        }
        if let Some(index) = node.index {
            computed.push((field(index), reference(&position)));
        }
        self.with_fields(expanded, computed)
    }
}

/// How many records a dynamic gives.
fn length(view: Option<View<'_>>) -> usize {
    match view.map(View::shown) {
        Some(Shown::Array(items)) => items.len(),
        Some(Shown::Bag(slots)) => slots.len(),
        // Null and any other value give one record.
        _ => 1,
    }
}

fn view(array: &ArrayRef, row: usize) -> Option<View<'_>> {
    let dynamics = array.as_binary_view();
    dynamics.is_valid(row).then(|| View::new(dynamics.value(row)))
}

/// For each row the positions of the records it gives: as many as its longest item has.
fn positions(arrays: &[ArrayRef], rows: usize, limit: usize) -> ArrayRef {
    let mut builder = ListBuilder::new(Int64Builder::new());
    for row in 0..rows {
        let count = arrays.iter().map(|array| length(view(array, row))).max().unwrap_or_default().min(limit);
        for position in 0..i64::try_from(count).unwrap_or(i64::MAX) {
            builder.values().append_value(position);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// For each row the elements of its dynamic: those of an array, the slots of a bag, or the value itself.
fn items(array: &ArrayRef, pairs: bool, limit: usize) -> ArrayRef {
    let mut builder = ListBuilder::new(BinaryViewBuilder::new());
    for row in 0..array.len() {
        let Some(view) = view(array, row) else {
            builder.append(false);
            continue;
        };
        match view.shown() {
            Shown::Array(items) => {
                for item in items.take(limit) {
                    match item.shown() {
                        Shown::Null => builder.values().append_null(),
                        _ => builder.values().append_value(item.bytes()),
                    }
                }
            }
            Shown::Bag(slots) => {
                for (name, value) in slots.take(limit) {
                    let json = if pairs {
                        Json::Array(vec![Json::String(name.into()), value.to_json()])
                    } else {
                        Json::Bag(vec![(name.into(), value.to_json())])
                    };
                    builder.values().append_value(dynamic::encode(&json));
                }
            }
            _ => builder.values().append_value(view.bytes()),
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}
