//! `make-series`.

use super::Binder;
use super::projection::{Projection, Style};
use super::table::option_word;
use crate::ir::{Column, Expr, MakeSeries, Op, Plan, SeriesItem, SeriesRange};
use crate::syntax::ast::{self, SeriesRange as Written};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// `make-series`.
    pub(super) fn make_series(&mut self, mut plan: Plan, node: &'a ast::MakeSeries, op: &'a ast::Operator) -> Plan {
        let ((series, schema), _) = self.over(&plan, |b| {
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            for key in &node.by {
                let value = b.value(&key.expr);
                b.project(&mut projection, key, value, Style::Plain, None, None);
            }
            let keys = std::mem::take(&mut projection.computed);
            let mut items = Vec::with_capacity(node.aggregates.len());
            for item in &node.aggregates {
                let (value, aggregates) = b.with_aggregates(|b| b.scalar(&item.expr.expr));
                let default = item.default.as_ref().map(|default| {
                    let default = b.scalar(&default.expr);
                    b.check_assignable(&default, value.ty.ty, default.span);
                    default
                });
                let name = b.result_name_of_aggregate(&item.expr);
                let before = projection.computed.len();
                let named = b.with_name(&item.expr, name);
                let array = Expr { ty: Type::Dynamic.into(), ..value.clone() };
                b.project(
                    &mut projection,
                    &named,
                    super::Value::Scalar(array),
                    Style::Summarize,
                    Some(Type::Dynamic.into()),
                    None,
                );
                if let Some(computed) = projection.computed.get(before) {
                    items.push(SeriesItem { id: computed.id, expr: value, aggregates, default });
                }
            }
            let axis = b.scalar(&node.on.expr);
            let before = projection.computed.len();
            let values = Expr { ty: Type::Dynamic.into(), ..axis.clone() };
            let name = b.argument_name(&node.on);
            let named = b.with_name(&node.on, name);
            b.project(
                &mut projection,
                &named,
                super::Value::Scalar(values),
                Style::Plain,
                Some(Type::Dynamic.into()),
                None,
            );
            let axis_id = projection.computed.get(before).map(|computed| computed.id);
            let range = b.series_range(&node.range, &axis);
            let axis_id = axis_id
                .unwrap_or_else(|| b.columns.add("axis", Type::Dynamic, crate::ir::Origin::Computed, node.on.span));
            let non_empty = option_word(&op.parameters, "kind") == Some("nonempty");
            // Arrays are no longer the values of one record.
            let columns: Vec<Column> = projection.schema.iter().cloned().collect();
            let schema = crate::ir::Schema::new(columns, projection.schema.open);
            (MakeSeries { items, axis, axis_id, range, keys, non_empty }, schema)
        });
        plan.push(Op::MakeSeries(Box::new(series)), schema, op.span);
        plan
    }

    /// The name of the column of an aggregate, which may have none of its own.
    fn result_name_of_aggregate(&mut self, item: &'a ast::NamedExpr) -> Option<String> {
        let saved = self.aggregates.replace(Vec::new());
        let name = self.argument_name(item);
        self.aggregates = saved;
        name
    }

    /// The expression under a name that it is known to have, so that the value cannot be taken for the column itself.
    fn with_name(&self, item: &ast::NamedExpr, name: Option<String>) -> ast::NamedExpr {
        let names = match (&item.names, name.filter(|name| !name.is_empty())) {
            (ast::Names::None, Some(name)) if self.result_name(&item.expr).is_some() || !name.is_empty() => {
                ast::Names::One(ast::Name { text: name.into(), form: ast::NameForm::Bare, span: item.span })
            }
            (names, _) => names.clone(),
        };
        ast::NamedExpr { names, expr: item.expr.clone(), span: item.span }
    }

    fn series_range(&mut self, range: &'a Written, axis: &Expr) -> SeriesRange {
        match range {
            Written::FromTo { from, to, step } => {
                let mut bound = |bound: &'a ast::Expr| {
                    let value = self.scalar(bound);
                    self.check_assignable(&value, axis.ty.ty, value.span);
                    value
                };
                let (from, to) = (from.as_ref().map(&mut bound), to.as_ref().map(&mut bound));
                SeriesRange::FromTo { from, to, step: self.scalar(step) }
            }
            Written::InRange(arguments) => {
                let mut values: Vec<Expr> = arguments.iter().map(|argument| self.scalar(&argument.expr)).collect();
                if values.len() != 3 {
                    self.wrong_count("range", 3, values.len(), axis.span);
                    values.resize_with(3, || Self::unknown_value(axis.span));
                }
                let mut values = values.into_iter();
                match (values.next(), values.next(), values.next()) {
                    (Some(from), Some(to), Some(step)) => SeriesRange::InRange(from, to, step),
                    _ => SeriesRange::FromTo { from: None, to: None, step: Self::unknown_value(axis.span) },
                }
            }
        }
    }
}
