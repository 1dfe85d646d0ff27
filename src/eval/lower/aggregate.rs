//! Grouping.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StructArray, new_null_array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, JoinType, NullEquality, ScalarValue};
use datafusion::functions::core::expr_ext::FieldAccessor as _;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder, when};
use datafusion::prelude::lit;

use super::Lowering;
use super::constant::null;
use super::pack::{Word, put_together};
use super::relation::{OrderKey, Parts, Relation, field, reference};
use super::sort_key::{group_key, sort_key};
use super::udf;
use crate::eval::aggregates::{self, Input, KqlAggregate};
use crate::eval::error::EvalError;
use crate::ir::{AggregateCall, ColumnId, Computed, Expr, Schema, Value};
use crate::types::Type;

/// What a call of an aggregate becomes.
struct Lowered {
    /// The expression, named by the field that holds what it gives.
    expr: DfExpr,
    /// That field.
    whole: String,
    aggregate: KqlAggregate,
}

impl Lowered {
    /// The output at a position.
    fn output(&self, index: usize) -> DfExpr {
        let whole = reference(&self.whole);
        if self.aggregate.outputs().len() > 1 { whole.field(index.to_string()) } else { whole }
    }

    /// What it gives for no records, as the field holds it.
    fn of_nothing(&self) -> Result<ScalarValue, EvalError> {
        let outputs = self.aggregate.of_nothing()?;
        let array: ArrayRef = match (self.aggregate.data_type(), outputs.as_slice()) {
            (DataType::Struct(fields), _) => {
                Arc::new(StructArray::try_new(fields, outputs, None).map_err(DataFusionError::from)?)
            }
            (_, [one]) => Arc::clone(one),
            (ty, _) => new_null_array(&ty, 1),
        };
        Ok(ScalarValue::try_from_array(&array, 0)?)
    }
}

/// By what records are grouped.
#[derive(Default)]
struct Group {
    /// The expressions, each named.
    by: Vec<DfExpr>,
    /// The names of those that hold several keys, or texts by number.
    packed: Vec<String>,
    /// The keys that those hold, each named by its field.
    unpacked: Vec<DfExpr>,
}

/// A key that the optimiser does not know for one. It takes the keys of a group for a determinant of whatever they are
/// joined with later, and leaves out parts of orders and groups that are none the less needed.
fn apart(key: DfExpr, relation: &Relation) -> Result<DfExpr, EvalError> {
    let ty = relation.type_of(&key)?;
    let nullable = ty != DataType::Utf8View;
    Ok(udf::apart(key, ty, nullable))
}

/// What the engine says, without what it puts around it.
fn message(error: &DataFusionError) -> String {
    error.strip_backtrace()
}

impl Lowering<'_> {
    /// `summarize`: one record a group, in the order of the keys.
    pub(super) fn summarize(
        &mut self,
        input: Relation,
        keys: &[Computed],
        calls: &[AggregateCall],
    ) -> Result<Relation, EvalError> {
        let keys: Vec<(ColumnId, DfExpr, Type)> = keys
            .iter()
            .map(|key| Ok((key.id, self.expr(&input, &key.expr)?, key.expr.ty.ty)))
            .collect::<Result<_, EvalError>>()?;
        // Keys have fields of their own first, so that aggregates see the input as it is.
        self.grouped(input, &keys, calls)
    }

    /// `distinct`: each different record of these columns once.
    pub(super) fn distinct(&mut self, input: Relation, schema: &Schema) -> Result<Relation, EvalError> {
        let keys: Vec<_> =
            schema.iter().map(|column| (column.id, self.column(&input, column.id), column.ty.ty)).collect();
        self.grouped(input, &keys, &[])
    }

    /// One record a group. Without keys there is one group, also where there are no records.
    pub(super) fn grouped(
        &mut self,
        input: Relation,
        keys: &[(ColumnId, DfExpr, Type)],
        calls: &[AggregateCall],
    ) -> Result<Relation, EvalError> {
        let (input, lowered) = self.aggregates(input, calls)?;
        let parts = input.parts.clone();
        let no_keys = keys.is_empty();
        let order: Vec<(ColumnId, Type)> = keys.iter().map(|(id, _, ty)| (*id, *ty)).collect();
        let mut group = self.keys(keys);
        if let Some(parts) = &parts {
            group.by.push(reference(&parts.field));
        }
        let exprs: Vec<DfExpr> = lowered.iter().map(|one| one.expr.clone()).collect();
        let plan = LogicalPlanBuilder::from(input.plan).aggregate(group.by, exprs)?.build()?;
        let apart_already = !group.packed.is_empty();
        let plan = if group.packed.is_empty() {
            plan
        } else {
            let mut fields = group.unpacked;
            let there = plan.schema().fields().iter().map(|there| there.name());
            fields.extend(there.filter(|name| !group.packed.contains(name)).map(|name| reference(name)));
            LogicalPlanBuilder::from(plan).project(fields)?.build()?
        };
        let mut relation = Relation { plan, order: Vec::new(), parts };
        // What each call gives goes into its columns.
        let mut fields = Vec::new();
        for (call, one) in calls.iter().zip(&lowered) {
            for (index, id) in call.outputs.iter().enumerate() {
                fields.push((field(*id), one.output(index)));
            }
        }
        if no_keys && let Some(parts) = relation.parts.clone() {
            relation = self.every_part(relation, &parts, &lowered)?;
        }
        let mut kept: Vec<(String, DfExpr)> =
            order.iter().map(|(id, _)| (field(*id), reference(&field(*id)))).collect();
        kept.append(&mut fields);
        if let Some((_, first)) = kept.first_mut().filter(|_| !no_keys && !apart_already) {
            *first = apart(std::mem::replace(first, lit(false)), &relation)?;
        }
        let mut keys = Vec::new();
        for (id, ty) in order {
            let key = sort_key(reference(&field(id)), ty, false, true);
            let name = if let DfExpr::Column(column) = &key {
                column.name.clone()
            } else {
                let name = self.hide();
                kept.push((name.clone(), key));
                name
            };
            keys.push(OrderKey::ascending(name));
        }
        let mut relation = self.projected(relation, kept)?;
        relation.order = keys;
        Ok(relation)
    }

    /// What to group by so that records of equal keys are in one group.
    ///
    /// The texts that stand for numbers are kept to the end. Where memory is limited, what groups are made of has to be able
    /// to go to disk.
    fn keys(&mut self, keys: &[(ColumnId, DfExpr, Type)]) -> Group {
        let types: Vec<Type> = keys.iter().map(|(_, _, ty)| *ty).collect();
        let together = if self.options.memory_limit.is_none() { put_together(&types) } else { Vec::new() };
        let mut group = Group::default();
        for (at, (id, expr, ty)) in keys.iter().enumerate() {
            if !together.iter().any(|places| places.contains(&at)) {
                group.by.push(match group_key(expr.clone(), *ty) {
                    DfExpr::Column(column) if column.name == field(*id) => DfExpr::Column(column),
                    expr => expr.alias(field(*id)),
                });
            }
        }
        for places in together {
            let name = self.hide();
            let keys: Vec<_> = places.iter().filter_map(|at| keys.get(*at)).collect();
            let word = Arc::new(Word::new(name.clone(), keys.iter().map(|(_, _, ty)| *ty)));
            let exprs = keys.iter().map(|(_, expr, ty)| group_key(expr.clone(), *ty)).collect();
            group.by.push(word.pack(exprs).alias(&name));
            let unpacked =
                keys.iter().enumerate().map(|(at, (id, ..))| word.unpack(at, reference(&name)).alias(field(*id)));
            group.unpacked.extend(unpacked);
            group.packed.push(name);
        }
        group
    }

    /// Lowers calls; the relation gets a field of ranks if one of them needs it.
    fn aggregates(&mut self, input: Relation, calls: &[AggregateCall]) -> Result<(Relation, Vec<Lowered>), EvalError> {
        let mut described = Vec::with_capacity(calls.len());
        for call in calls {
            described.push(self.described(call)?);
        }
        let (input, rank) = if described.iter().any(KqlAggregate::needs_rank) {
            let (input, rank) = self.ranked(input)?;
            (input, Some(rank))
        } else {
            (input, None)
        };
        let mut lowered = Vec::with_capacity(calls.len());
        for (call, aggregate) in calls.iter().zip(described) {
            let mut arguments = Vec::new();
            for needed in aggregate.inputs() {
                arguments.push(match (needed, &rank) {
                    (Input::Argument(index), _) => match call.arguments.get(index) {
                        Some(argument) => self.expr(&input, argument)?,
                        None => lit(null(Type::Unknown)),
                    },
                    (Input::Rank, Some(rank)) => reference(rank),
                    (Input::Rank, None) | (Input::One, _) => lit(1i64),
                });
            }
            let filter = match aggregate.predicate().and_then(|index| call.arguments.get(index)) {
                Some(predicate) => Some(Box::new(self.condition(&input, predicate)?)),
                None => None,
            };
            let whole = self.hide();
            let function = AggregateFunction::new_udf(aggregate.udf(), arguments, false, filter, Vec::new(), None);
            let expr = DfExpr::AggregateFunction(function).alias(&whole);
            lowered.push(Lowered { expr, whole, aggregate });
        }
        Ok((input, lowered))
    }

    /// The aggregate that a call means.
    pub(super) fn described(&mut self, call: &AggregateCall) -> Result<KqlAggregate, EvalError> {
        let arguments: Vec<Type> = call.arguments.iter().map(|argument| argument.ty.ty).collect();
        let outputs: Vec<Type> = call.outputs.iter().map(|id| self.columns[*id].ty.ty).collect();
        let literals = self.literals(&call.arguments)?;
        aggregates::aggregate(call.function, &arguments, &outputs, &literals)
            .map_err(|error| EvalError::unsupported(message(&error), call.span))
    }

    /// The values of arguments that are constants: how many, which percentile.
    fn literals(&mut self, arguments: &[Expr]) -> Result<Vec<Option<Value>>, EvalError> {
        let mut literals = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let mut constant = true;
            argument.for_each_column(&mut |_| constant = false);
            literals.push(if constant {
                let cell = self.constant(argument)?;
                Some(cell.to_value(argument.ty.ty))
            } else {
                None
            });
        }
        Ok(literals)
    }

    /// A record for every part: those without records get what the aggregates give for nothing.
    fn every_part(&mut self, grouped: Relation, parts: &Parts, lowered: &[Lowered]) -> Result<Relation, EvalError> {
        let (part, seen) = (self.hide(), self.hide());
        let all =
            LogicalPlanBuilder::from(parts.all.clone()).project([reference(&parts.field).alias(&part)])?.build()?;
        let with_mark = LogicalPlanBuilder::from(grouped.plan.clone());
        let mut exprs: Vec<DfExpr> =
            grouped.plan.schema().fields().iter().map(|there| reference(there.name())).collect();
        exprs.push(lit(true).alias(&seen));
        let grouped_plan = with_mark.project(exprs)?.build()?;
        let joined = LogicalPlanBuilder::from(all).join_detailed(
            grouped_plan,
            JoinType::Left,
            (vec![part.as_str()], vec![parts.field.as_str()]),
            None,
            NullEquality::NullEqualsNull,
        )?;
        let mut fields: Vec<DfExpr> = vec![reference(&part).alias(&parts.field)];
        for one in lowered {
            let default = DfExpr::Literal(one.of_nothing()?, None);
            let value = when(reference(&seen).is_true(), reference(&one.whole)).otherwise(default)?;
            fields.push(value.alias(&one.whole));
        }
        let plan = joined.project(fields)?.build()?;
        Ok(Relation { plan, ..grouped })
    }
}
