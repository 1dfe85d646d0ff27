//! Calls of aggregates, and what `summarize` makes of them.

use std::collections::HashSet;

use super::call::{Given, scalars};
use super::projection::{Projection, Style};
use super::{Binder, TupleItem, Value};
use crate::functions::{AggregateId, Computed as Rule, Output, ValueType};
use crate::ir::{AggregateCall, ColumnId, Computed, Expr, ExprKind, Name, Op, Origin, Plan, Rest, Schema};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, Names};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// A call of an aggregate. It joins the aggregates met so far; what stands in its place is its output.
    pub(super) fn aggregate(&mut self, id: AggregateId, call: &'a ast::Call, span: Span) -> Value {
        // Its arguments are values of one record each.
        let outer = self.aggregates.take();
        let given: Vec<Given> = call.arguments.iter().map(|argument| self.given(&argument.expr, false)).collect();
        let output = self.output(id.row(), call, &given);
        self.aggregates = outer;
        match output {
            Output::Scalar(ty) => {
                let out = self.aggregate_output(id, &call_name(id), ty, None, span);
                self.collect(id, scalars(given), false, vec![out], span);
                Value::Scalar(Expr::column(out, ty, span))
            }
            Output::Computed(rule) => self.several(id, rule, call, given, span),
            Output::Columns(_) | Output::Table(_) => {
                let out = self.aggregate_output(id, &call_name(id), Type::Unknown.into(), None, span);
                self.collect(id, scalars(given), false, vec![out], span);
                Value::Scalar(Expr::column(out, Type::Unknown.into(), span))
            }
        }
    }

    fn collect(&mut self, function: AggregateId, arguments: Vec<Expr>, open: bool, outputs: Vec<ColumnId>, span: Span) {
        if let Some(calls) = &mut self.aggregates {
            calls.push(AggregateCall { function, arguments, open, outputs, span });
        }
    }

    /// The column of an output: a twin where it holds values of a column.
    fn aggregate_output(
        &mut self,
        id: AggregateId,
        name: &str,
        ty: ValueType,
        of: Option<ColumnId>,
        span: Span,
    ) -> ColumnId {
        match of {
            Some(column) if self.columns[column].ty == ty => self.columns.twin(column),
            _ if name.is_empty() => self.columns.add(id.name(), ty, Origin::Computed, span),
            _ => self.columns.add(name, ty, Origin::Computed, span),
        }
    }

    /// An aggregate that gives several columns.
    fn several(&mut self, id: AggregateId, rule: Rule, call: &'a ast::Call, given: Vec<Given>, span: Span) -> Value {
        if matches!(rule, Rule::Percentiles | Rule::PercentilesArray) {
            return self.percentiles(id, rule, call, given, span);
        }
        let mut arguments = Vec::new();
        let mut items: Vec<(Name, ValueType, Option<ColumnId>)> = Vec::new();
        let mut open = false;
        let first_name = call.arguments.first().and_then(|a| self.argument_name(a)).unwrap_or_default();
        let mut seen = HashSet::new();
        for (position, (argument, given)) in call.arguments.iter().zip(given).enumerate() {
            match given {
                Given::Star => {
                    let row = self.row.clone().unwrap_or_default();
                    open = row.open;
                    for column in row.iter().filter(|c| !seen.contains(&c.id)) {
                        arguments.push(Expr::column(column.id, column.ty, argument.span));
                        let name = match rule {
                            Rule::Any => format!("any_{}", column.name).into(),
                            Rule::ArgMaxPrefixed => format!("max_{first_name}_{}", column.name).into(),
                            Rule::ArgMinPrefixed => format!("min_{first_name}_{}", column.name).into(),
                            _ => column.name.clone(),
                        };
                        items.push((name, column.ty, Some(column.id)));
                    }
                }
                Given::Scalar(expr) => {
                    let own = self.argument_name(argument).filter(|name| !name.is_empty());
                    let name = item_name(rule, own.as_deref(), &first_name, position);
                    let of = expr.as_column().filter(|_| matches!(argument.names, Names::None));
                    seen.extend(of);
                    items.push((name.into(), expr.ty, of));
                    arguments.push(expr);
                }
                Given::Type(..) | Given::Table(_) => {}
            }
        }
        let outputs: Vec<ColumnId> =
            items.iter().map(|(name, ty, of)| self.aggregate_output(id, name, *ty, *of, span)).collect();
        self.collect(id, arguments, open, outputs.clone(), span);
        let items = items.into_iter().zip(outputs);
        Value::Tuple(
            items.map(|((name, ty, of), out)| TupleItem { name, expr: Expr::column(out, ty, span), of }).collect(),
        )
    }

    fn percentiles(
        &mut self,
        id: AggregateId,
        rule: Rule,
        call: &'a ast::Call,
        given: Vec<Given>,
        span: Span,
    ) -> Value {
        let name = call.arguments.first().and_then(|a| self.argument_name(a)).unwrap_or_default();
        if rule == Rule::PercentilesArray {
            let name = format!("percentiles_{name}");
            let out = self.aggregate_output(id, &name, Type::Dynamic.into(), None, span);
            self.collect(id, scalars(given), false, vec![out], span);
            let expr = Expr::column(out, Type::Dynamic.into(), span);
            return Value::Tuple(vec![TupleItem { name: name.into(), expr, of: None }]);
        }
        let first = given.first().and_then(|given| given.argument().value()).map_or(Type::Unknown, |value| value.ty);
        let ty: ValueType = if first == Type::Decimal { Type::Real } else { first.promoted() }.into();
        // A weighted percentile has its weight as second argument.
        let skip = if id.name().starts_with("percentilesw") { 2 } else { 1 };
        let names: Vec<Name> = given
            .iter()
            .zip(&call.arguments)
            .skip(skip)
            .map(|(given, argument)| {
                let literal = match given {
                    Given::Scalar(expr) => expr.as_literal().map(ToString::to_string),
                    _ => None,
                };
                let literal = match &argument.expr.kind {
                    Ast::Literal(literal) => Some(literal.raw.to_string()),
                    _ => literal,
                };
                let text = literal.unwrap_or_default();
                let text: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
                format!("percentile_{name}_{text}").into()
            })
            .collect();
        let outputs: Vec<ColumnId> = names.iter().map(|name| self.aggregate_output(id, name, ty, None, span)).collect();
        self.collect(id, scalars(given), false, outputs.clone(), span);
        let items = names.into_iter().zip(outputs);
        Value::Tuple(items.map(|(name, out)| TupleItem { name, expr: Expr::column(out, ty, span), of: None }).collect())
    }

    /// `summarize`.
    pub(super) fn summarize(&mut self, mut plan: Plan, node: &'a ast::Summarize, span: Span) -> Plan {
        let input = plan.schema().clone();
        let ((keys, results, calls), row) = self.with_row(input, |b| {
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            for key in node.by.iter().flatten() {
                let value = b.value(&key.expr);
                for expr in values(&value) {
                    b.check_not_dynamic(expr.ty, key.expr.span, "`by`");
                }
                b.project(&mut projection, key, value, Style::Plain, None, None);
            }
            if let Some(bin) = &node.bin {
                let _ = b.scalar(bin);
            }
            let keys = std::mem::take(&mut projection.computed);
            projection.skip_all();
            let ((), calls) = b.with_aggregates(|b| {
                for item in &node.aggregates {
                    let value = b.value(&item.expr);
                    b.project(&mut projection, item, value, Style::Summarize, None, None);
                }
            });
            (keys, projection, calls)
        });
        let _ = row;
        self.grouped(&mut plan, keys, &results.schema, results.computed, calls, span);
        plan
    }

    /// Appends the grouping, and what is computed from its aggregates.
    pub(super) fn grouped(
        &mut self,
        plan: &mut Plan,
        keys: Vec<Computed>,
        schema: &Schema,
        results: Vec<Computed>,
        aggregates: Vec<AggregateCall>,
        span: Span,
    ) {
        let outputs: Vec<ColumnId> = aggregates.iter().flat_map(|call| call.outputs.iter().copied()).collect();
        // An output goes by the name the query gives it.
        for column in schema.iter().filter(|c| outputs.contains(&c.id)) {
            if self.columns[column.id].origin == Origin::Computed {
                self.columns.rename(column.id, column.name.clone());
            }
        }
        // Where every result is an output, each once, they are the columns.
        let mut direct = HashSet::new();
        let plain = results.len() == outputs.len()
            && results.iter().all(|r| r.expr.as_column().is_some_and(|id| outputs.contains(&id) && direct.insert(id)));
        let names: std::collections::HashMap<ColumnId, ColumnId> =
            results.iter().filter_map(|r| Some((r.expr.as_column()?, r.id))).collect();
        if plain {
            let mut aggregates = aggregates;
            for output in aggregates.iter_mut().flat_map(|call| &mut call.outputs) {
                *output = names[output];
            }
            plan.push(Op::Summarize { keys, aggregates }, schema.clone(), span);
            return;
        }
        let key_ids: HashSet<ColumnId> = keys.iter().map(|key| key.id).collect();
        let mut inner = Schema::new(schema.iter().filter(|c| key_ids.contains(&c.id)).cloned(), schema.open);
        for id in outputs {
            let info = &self.columns[id];
            inner.push(crate::ir::Column { id, name: info.name.clone(), ty: info.ty });
        }
        let passed = keys
            .iter()
            .map(|key| Computed { id: key.id, expr: Expr::column(key.id, self.columns[key.id].ty, key.expr.span) });
        let all: Vec<Computed> = passed.chain(results).collect();
        plan.push(Op::Summarize { keys, aggregates }, inner, span);
        plan.push(Op::Project(all, Rest::KeepBut(Vec::new())), schema.clone(), span);
    }
}

/// The scalars of a value.
pub(super) fn values(value: &Value) -> Vec<&Expr> {
    match value {
        Value::Scalar(expr) => vec![expr],
        Value::Tuple(items) => items.iter().map(|item| &item.expr).collect(),
    }
}

/// The name of a column that a call of an aggregate gives.
fn call_name(id: AggregateId) -> String {
    format!("{}_", id.name())
}

/// The name of one of several outputs.
fn item_name(rule: Rule, own: Option<&str>, first: &str, position: usize) -> String {
    let prefix = if matches!(rule, Rule::ArgMin | Rule::ArgMinPrefixed) { "min" } else { "max" };
    match (rule, own, position) {
        (Rule::TakeAny | Rule::ArgMax | Rule::ArgMin, Some(own), _) => own.to_owned(),
        (Rule::TakeAny, None, _) => format!("any_arg{}", position + 1),
        (Rule::Any, own, _) => format!("any_{}", own.map_or_else(|| format!("arg{}", position + 1), ToOwned::to_owned)),
        (Rule::ArgMax | Rule::ArgMin, None, 0) => format!("{prefix}_"),
        (Rule::ArgMax | Rule::ArgMin, None, _) => format!("{prefix}_{first}_arg{position}"),
        (Rule::ArgMaxPrefixed | Rule::ArgMinPrefixed, own, 0) => format!("{prefix}_{}", own.unwrap_or_default()),
        (_, own, _) => format!("{prefix}_{first}_{}", own.unwrap_or_default()),
    }
}

/// Whether an expression is nothing but a column.
pub(super) fn is_column(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column(_))
}
