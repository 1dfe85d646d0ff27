//! Joins.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{JoinType, NullEquality};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr as DfExpr, ExprFunctionExt as _, LogicalPlanBuilder, when};
use datafusion::prelude::{cast, lit};

use super::Lowering;
use super::constant::null;
use super::expr::convert;
use super::relation::{Relation, field, reference};
use super::sort_key::group_key;
use crate::eval::error::EvalError;
use crate::ir::{Join, JoinKind, Schema};
use crate::types::Type;

impl Lowering<'_> {
    pub(super) fn join(
        &mut self,
        left: Relation,
        join: &Join,
        before: &Schema,
        after: &Schema,
    ) -> Result<Relation, EvalError> {
        let right = self.own(&join.right)?;
        if left.parts.is_some()
            && matches!(
                join.kind,
                JoinKind::RightOuter | JoinKind::FullOuter | JoinKind::RightSemi | JoinKind::RightAnti
            )
        {
            let what = format!("a `{}` join inside a sub-query is not run here", join.kind.name());
            return Err(EvalError::unsupported(what, join.right.source.span));
        }
        // Keys stand in fields of their own: of one type, and there whatever the sides' columns become.
        let (mut left_fields, mut right_fields) = (Vec::new(), Vec::new());
        let mut keys = (Vec::new(), Vec::new());
        for (a, b) in &join.keys {
            let (x, y) = (self.columns[*a].ty.ty, self.columns[*b].ty.ty);
            let common = common_type(x, y);
            let (name_a, name_b) = (self.hide(), self.hide());
            let key = |column: DfExpr, ty: Type| group_key(convert(column, ty, common), common);
            left_fields.push((name_a.clone(), key(self.column(&left, *a), x)));
            right_fields.push((name_b.clone(), key(self.column(&right, *b), y)));
            keys.0.push(name_a);
            keys.1.push(name_b);
        }
        let mut left = self.with_fields(left, left_fields)?;
        let mut right = self.with_fields(right, right_fields)?;
        if join.kind == JoinKind::InnerUnique {
            left = self.first_of_each_key(left, &keys.0)?;
        }
        let kind = match join.kind {
            JoinKind::InnerUnique | JoinKind::Inner => JoinType::Inner,
            JoinKind::LeftOuter => JoinType::Left,
            JoinKind::RightOuter => JoinType::Right,
            JoinKind::FullOuter => JoinType::Full,
            JoinKind::LeftSemi => JoinType::LeftSemi,
            JoinKind::RightSemi => JoinType::RightSemi,
            JoinKind::LeftAnti => JoinType::LeftAnti,
            JoinKind::RightAnti => JoinType::RightAnti,
        };
        // A side that a join can leave out is marked, since null is also a value.
        let (mark_left, mark_right) = (self.hide(), self.hide());
        left = self.with_fields(left, vec![(mark_left.clone(), lit(true))])?;
        right = self.with_fields(right, vec![(mark_right.clone(), lit(true))])?;
        let order: Vec<_> = match join.kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => left.order.clone(),
            JoinKind::RightSemi | JoinKind::RightAnti => right.order.clone(),
            JoinKind::RightOuter => right.order.iter().chain(&left.order).cloned().collect(),
            _ => left.order.iter().chain(&right.order).cloned().collect(),
        };
        let plan = LogicalPlanBuilder::from(left.plan)
            .join_detailed(right.plan, kind, keys, None, NullEquality::NullEqualsNothing)?
            .build()?;
        let parts = if join.kind.gives_left() { left.parts } else { right.parts };
        let joined = Relation { plan, order, parts };
        // A string that a join left out is empty.
        let mut fields = Vec::new();
        for column in after.iter() {
            let name = field(column.id);
            if !joined.has(&name) {
                continue;
            }
            let of_left = before.contains(column.id);
            let can_miss = match join.kind {
                JoinKind::LeftOuter => !of_left,
                JoinKind::RightOuter => of_left,
                JoinKind::FullOuter => true,
                _ => false,
            };
            let value = reference(&name);
            let value = if can_miss && column.ty.ty == Type::String {
                let mark = if of_left { &mark_left } else { &mark_right };
                when(reference(mark).is_true(), value).otherwise(lit(null(Type::String)))?
            } else {
                value
            };
            fields.push((name, value));
        }
        self.projected(joined, fields)
    }

    /// One record of each combination of keys: the one that is asked for, or the last where there are fewer.
    fn first_of_each_key(&mut self, input: Relation, keys: &[String]) -> Result<Relation, EvalError> {
        // Without an order there is one record at most, or one for each part.
        if input.order.is_empty() {
            return Ok(input);
        }
        let number = self.hide();
        let order = input.sort();
        let mut by: Vec<DfExpr> = keys.iter().map(|key| reference(key)).collect();
        by.extend(input.parts.iter().map(|parts| reference(&parts.field)));
        let fields: Vec<DfExpr> = input.plan.schema().fields().iter().map(|there| reference(there.name())).collect();
        let row_number = datafusion::functions_window::expr_fn::row_number()
            .partition_by(by.clone())
            .order_by(order)
            .build()?
            .alias(&number);
        let mut plan = LogicalPlanBuilder::from(input.plan).window([row_number])?;
        let mut wanted = reference(&number).eq(lit(self.options.of_key.saturating_add(1) as u64));
        if self.options.of_key > 0 {
            let all = self.hide();
            let count = DfExpr::from(WindowFunction::new(count_udaf(), vec![lit(1i64)]));
            plan = plan.window([count.partition_by(by).build()?.alias(&all)])?;
            let all = cast(reference(&all), DataType::UInt64);
            let fewer = all.clone().lt_eq(lit(self.options.of_key as u64));
            wanted = wanted.or(fewer.and(reference(&number).eq(all)));
        }
        let plan = plan.filter(wanted)?.project(fields)?.build()?;
        Ok(Relation { plan, order: input.order, parts: input.parts })
    }
}

/// The type in which two keys are compared.
fn common_type(left: Type, right: Type) -> Type {
    match (left, right) {
        (Type::Int, Type::Long) | (Type::Long, Type::Int) => Type::Long,
        (Type::Unknown, other) | (other, Type::Unknown) => other,
        (left, _) => left,
    }
}
