//! Expressions.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryViewBuilder};
use datafusion::logical_expr::{BinaryExpr, Expr as DfExpr, Operator, cast as df_cast, when};
use datafusion::prelude::lit;

use super::Lowering;
use super::constant::{literal, null};
use super::relation::{OrderKey, Relation, field, reference};
use super::udf;
use crate::eval::arrays::data_type;
use crate::eval::cell::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::eval::error::EvalError;
use crate::eval::kernels::compare::compare as order_of;
use crate::eval::kernels::{arithmetic, bags, cast};
use crate::functions::ValueType;
use crate::ir::{
    Access, Arithmetic, Between, Case, CastKind, ColumnId, Compare, CompareOp, Expr, ExprKind, Name, NullRule, Plan,
};
use crate::types::Type;

impl Lowering<'_> {
    /// The value of a column in a relation; null where the relation does not have it, which happens to columns that
    /// only an open schema promised.
    pub(super) fn column(&self, input: &Relation, id: ColumnId) -> DfExpr {
        let name = field(id);
        match &input.parts {
            _ if input.has(&name) => reference(&name),
            Some(parts) if parts.key == Some(id) => reference(&parts.field),
            _ => lit(null(self.columns[id].ty.ty)),
        }
    }

    /// An expression over the records of a relation.
    pub(super) fn expr(&mut self, input: &Relation, expr: &Expr) -> Result<DfExpr, EvalError> {
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || self.expression(input, expr, false))
    }

    /// An expression of which only matters whether it is true: false may stand for null.
    pub(super) fn condition(&mut self, input: &Relation, expr: &Expr) -> Result<DfExpr, EvalError> {
        let lowered = stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || self.expression(input, expr, true))?;
        Ok(convert(lowered, expr.ty.ty, Type::Bool))
    }

    fn expression(&mut self, input: &Relation, expr: &Expr, truth: bool) -> Result<DfExpr, EvalError> {
        Ok(match &expr.kind {
            ExprKind::Literal(value) => literal(value),
            ExprKind::Column(id) => self.column(input, *id),
            ExprKind::Row(columns, _) => self.row(input, columns),
            ExprKind::And(operands) => self.chain(input, operands, Operator::And, truth)?,
            ExprKind::Or(operands) => self.chain(input, operands, Operator::Or, truth)?,
            ExprKind::Not(operand) => DfExpr::Not(Box::new(self.boolean(input, operand)?)),
            ExprKind::Compare(compare) => self.compare(input, compare, truth)?,
            ExprKind::Match(node) => self.string_match(input, node)?,
            ExprKind::Regex(node) => self.regex(input, node)?,
            ExprKind::Member(node) => self.member(input, node, truth)?,
            ExprKind::Between(node) => self.between(input, node, truth)?,
            ExprKind::AnyColumn(node) => self.any_column(input, node)?,
            ExprKind::Arithmetic(node) => self.arithmetic(input, node)?,
            ExprKind::Negate(operand) => {
                let ty = operand.ty.ty;
                let operand = self.expr(input, operand)?;
                let result = expr.ty.ty;
                let negate: udf::RowFunction = Arc::new(move |cells| arithmetic::negate(&cells[0]));
                udf::rows("negate", String::new(), result, true, negate, vec![(operand, ty)])
            }
            ExprKind::Call(function, arguments) => self.call(input, *function, arguments, expr)?,
            ExprKind::Cast(node) => {
                let from = node.operand.ty.ty;
                let operand = self.expr(input, &node.operand)?;
                match node.kind {
                    CastKind::Widen => convert(operand, from, expr.ty.ty),
                    CastKind::Kql => cast_to(operand, from, expr.ty.ty),
                }
            }
            ExprKind::Access(node) => self.access(input, node)?,
            ExprKind::Item(of, index) => {
                let of = self.expr(input, of)?;
                let index = i64::from(*index);
                let item: udf::RowFunction = Arc::new(move |cells| match &cells[0] {
                    Cell::Dynamic(bytes) => View::new(bytes).element(index).map_or(Cell::Null, shown),
                    _ => Cell::Null,
                });
                let item = udf::rows("item", index.to_string(), Type::Dynamic, true, item, vec![(of, Type::Dynamic)]);
                cast_to(item, Type::Dynamic, expr.ty.ty)
            }
            ExprKind::Case(node) => self.case(input, node, expr.ty)?,
            ExprKind::ToScalar(plan) => self.first_value(plan, expr.ty.ty)?,
            ExprKind::Parameter(name) => {
                return Err(EvalError::unsupported(format!("nothing is given for the parameter `{name}`"), expr.span));
            }
            ExprKind::Unknown(name, _) => {
                return Err(EvalError::unsupported(format!("nothing here knows the function `{name}`"), expr.span));
            }
            ExprKind::Foreign(..) | ExprKind::Loose(_) => {
                return Err(EvalError::unsupported("this function of another language is not run here", expr.span));
            }
        })
    }

    /// An operand that must be true or false; a dynamic is converted.
    fn boolean(&mut self, input: &Relation, expr: &Expr) -> Result<DfExpr, EvalError> {
        let value = self.expr(input, expr)?;
        Ok(cast_to(value, expr.ty.ty, Type::Bool))
    }

    /// A chain of `and` or `or` as a balanced tree, so that a long one is not a deep one.
    fn chain(&mut self, input: &Relation, operands: &[Expr], op: Operator, truth: bool) -> Result<DfExpr, EvalError> {
        let (mut terms, operands) = match op {
            Operator::Or => self.tests_together(input, operands),
            _ => (Vec::new(), operands.iter().collect()),
        };
        for operand in operands {
            terms.push(if truth { self.condition(input, operand)? } else { self.boolean(input, operand)? });
        }
        Ok(balanced(terms, op).unwrap_or_else(|| lit(op == Operator::And)))
    }

    fn compare(&mut self, input: &Relation, node: &Compare, truth: bool) -> Result<DfExpr, EvalError> {
        let left = (self.expr(input, &node.left)?, node.left.ty.ty);
        let right = (self.expr(input, &node.right)?, node.right.ty.ty);
        let known = node.left.as_literal().is_some_and(|value| !value.is_null())
            || node.right.as_literal().is_some_and(|value| !value.is_null());
        Ok(comparison(node.op, node.nulls, left, right, truth, known))
    }

    fn between(&mut self, input: &Relation, node: &Between, truth: bool) -> Result<DfExpr, EvalError> {
        let truth = truth && !node.negated;
        let mut bounds = Vec::with_capacity(2);
        for (op, bound) in [(CompareOp::GreaterOrEqual, &node.low), (CompareOp::LessOrEqual, &node.high)] {
            let subject = (self.expr(input, &node.subject)?, node.subject.ty.ty);
            let bound = (self.expr(input, bound)?, bound.ty.ty);
            bounds.push(comparison(op, node.nulls, subject, bound, truth, false));
        }
        let within = balanced(bounds, Operator::And).unwrap_or_else(|| lit(true));
        Ok(if node.negated { DfExpr::Not(Box::new(within)) } else { within })
    }

    fn arithmetic(&mut self, input: &Relation, node: &Arithmetic) -> Result<DfExpr, EvalError> {
        let mut value = self.expr(input, &node.first)?;
        let mut ty = node.first.ty.ty;
        for step in &node.rest {
            let operand = self.expr(input, &step.operand)?;
            let (op, result) = (step.op, step.ty.ty);
            let types = (ty, step.operand.ty.ty);
            let function: udf::Function = Arc::new(move |arrays, _| {
                arithmetic::binary_arrays(op, (&arrays[0], types.0), (&arrays[1], types.1), result)
            });
            value = udf::arrays(op.sign(), format!("{types:?}"), result, function, vec![value, operand]);
            ty = result;
        }
        Ok(value)
    }

    fn access(&mut self, input: &Relation, node: &Access) -> Result<DfExpr, EvalError> {
        let base = self.expr(input, &node.base)?;
        let base = convert(base, node.base.ty.ty, Type::Dynamic);
        let literals: Option<Vec<Cell<'static>>> =
            node.path.iter().map(|part| part.as_literal().map(Cell::from)).collect();
        if let Some(path) = literals {
            let key = format!("{path:?}");
            let function: udf::Function = Arc::new(move |arrays, _| Ok(reached(&arrays[0], &path)));
            return Ok(udf::arrays("access", key, Type::Dynamic, function, vec![base]));
        }
        let mut arguments = vec![(base, Type::Dynamic)];
        for part in &node.path {
            arguments.push((self.expr(input, part)?, part.ty.ty));
        }
        let function: udf::RowFunction = Arc::new(|cells| match &cells[0] {
            Cell::Dynamic(bytes) => {
                let reached = cells[1..].iter().try_fold(View::new(bytes), |view, part| inside(view, part));
                reached.map_or(Cell::Null, |view| shown(view))
            }
            _ => Cell::Null,
        });
        Ok(udf::rows("access", format!("{}", arguments.len()), Type::Dynamic, true, function, arguments))
    }

    fn case(&mut self, input: &Relation, node: &Case, ty: ValueType) -> Result<DfExpr, EvalError> {
        let otherwise = self.expr(input, &node.otherwise)?;
        let otherwise = cast_to(otherwise, node.otherwise.ty.ty, ty.ty);
        let mut arms = Vec::with_capacity(node.arms.len());
        for (condition, value) in &node.arms {
            let condition = self.condition(input, condition)?;
            let lowered = self.expr(input, value)?;
            arms.push((condition, cast_to(lowered, value.ty.ty, ty.ty)));
        }
        let mut arms = arms.into_iter();
        let Some((condition, value)) = arms.next() else { return Ok(otherwise) };
        let mut builder = when(condition, value);
        for (condition, value) in arms {
            builder = builder.when(condition, value);
        }
        Ok(builder.otherwise(otherwise)?)
    }

    /// The first column of the first record of a plan.
    fn first_value(&mut self, plan: &Arc<Plan>, ty: Type) -> Result<DfExpr, EvalError> {
        let relation = self.plan(plan, None)?;
        let order = relation.whole_order();
        let Some(first) = plan.schema().at(0).cloned() else { return Ok(lit(null(ty))) };
        let value = self.column(&relation, first.id).alias("value");
        let mut builder = datafusion::logical_expr::LogicalPlanBuilder::from(relation.plan);
        if !order.is_empty() {
            builder = builder.sort(order.iter().map(OrderKey::sort))?;
        }
        let batches = self.execute(builder.limit(0, Some(1))?.project([value])?.build()?)?;
        let found = batches.iter().find(|batch| batch.num_rows() > 0);
        let cell = match found {
            Some(batch) => crate::eval::arrays::Cells::new(batch.column(0).as_ref(), first.ty.ty)?.get(0).into_owned(),
            None => Cell::Null,
        };
        Ok(DfExpr::Literal(super::constant::cell_scalar(&cast::cast(&cell, ty), ty), None))
    }

    /// A bag of columns; those that are null or empty stay out, as `pack_all` leaves them to its argument.
    fn row(&mut self, input: &Relation, columns: &[(Name, ColumnId)]) -> DfExpr {
        let arguments: Vec<(DfExpr, Type)> =
            columns.iter().map(|(_, id)| (self.column(input, *id), self.columns[*id].ty.ty)).collect();
        let names: Vec<Name> = columns.iter().map(|(name, _)| name.clone()).collect();
        let key = format!("{names:?}");
        let function: udf::RowFunction = Arc::new(move |cells| bags::record(&names, cells));
        udf::rows("row", key, Type::Dynamic, false, function, arguments)
    }
}

/// The operands as one balanced tree.
pub(super) fn balanced(mut terms: Vec<DfExpr>, op: Operator) -> Option<DfExpr> {
    while terms.len() > 1 {
        let mut next = Vec::with_capacity(terms.len().div_ceil(2));
        let mut pairs = terms.into_iter();
        while let Some(left) = pairs.next() {
            next.push(match pairs.next() {
                Some(right) => binary(left, op, right),
                None => left,
            });
        }
        terms = next;
    }
    terms.pop()
}

fn binary(left: DfExpr, op: Operator, right: DfExpr) -> DfExpr {
    DfExpr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

/// What a path leads to; JSON's null is null there.
fn inside<'a>(view: View<'a>, part: &Cell<'_>) -> Option<View<'a>> {
    match part {
        Cell::String(name) => view.slot(name),
        Cell::Dynamic(bytes) => match View::new(bytes).shown() {
            Shown::String(name) => view.slot(name),
            Shown::Long(index) => view.element(index),
            _ => None,
        },
        other => view.element(other.as_long()?),
    }
}

/// A value inside a dynamic as a cell; JSON's null is null.
fn shown(view: View<'_>) -> Cell<'static> {
    match view.shown() {
        Shown::Null => Cell::Null,
        _ => Cell::Dynamic(std::borrow::Cow::Owned(view.bytes().to_vec())),
    }
}

/// What a path of constants leads to in each dynamic of an array.
fn reached(array: &ArrayRef, path: &[Cell<'static>]) -> ArrayRef {
    let dynamics = array.as_binary_view();
    let mut builder = BinaryViewBuilder::with_capacity(dynamics.len());
    for row in 0..dynamics.len() {
        let value = dynamics.is_valid(row).then(|| View::new(dynamics.value(row)));
        let value = value.and_then(|view| path.iter().try_fold(view, inside));
        match value.filter(|view| !matches!(view.shown(), Shown::Null)) {
            Some(view) => builder.append_value(view.bytes()),
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}

/// A number in a wider type, or a scalar in a dynamic: nothing is lost.
pub(super) fn convert(value: DfExpr, from: Type, to: Type) -> DfExpr {
    let (source, target) = (data_type(from), data_type(to));
    if source == target && (from == to || from != Type::Decimal) {
        return value;
    }
    match (from, to) {
        (Type::Int, Type::Long | Type::Real) | (Type::Long, Type::Real) => df_cast(value, target),
        _ => cast_to(value, from, to),
    }
}

/// KQL's conversion: what cannot be converted gives null.
pub(super) fn cast_to(value: DfExpr, from: Type, to: Type) -> DfExpr {
    if from == to || to == Type::Unknown && from == Type::Dynamic || from == Type::Unknown && to == Type::Dynamic {
        return value;
    }
    if matches!((from, to), (Type::Int, Type::Long | Type::Real) | (Type::Long, Type::Real)) {
        return df_cast(value, data_type(to));
    }
    let function: udf::RowFunction = match to {
        Type::Dynamic | Type::Unknown => {
            Arc::new(|cells| cells[0].to_json().map_or(Cell::Null, |json| Cell::dynamic(&json)))
        }
        to => Arc::new(move |cells| cast::cast(&cells[0], to).into_owned()),
    };
    udf::rows("cast", format!("{from} to {to}"), to, true, function, vec![(value, from)])
}

/// A comparison by the rules for nulls. `known` says that one side is never null.
fn comparison(
    op: CompareOp,
    nulls: NullRule,
    (left, left_type): (DfExpr, Type),
    (right, right_type): (DfExpr, Type),
    truth: bool,
    known: bool,
) -> DfExpr {
    let native = native_type(op, left_type, right_type);
    let Some(ty) = native else {
        let function: udf::RowFunction = Arc::new(move |cells| compare_cells(op, nulls, &cells[0], &cells[1]).into());
        let key = format!("{nulls:?}{left_type}{right_type}");
        return udf::rows(op.sign(), key, Type::Bool, false, function, vec![(left, left_type), (right, right_type)]);
    };
    let (left, right) = (convert(left, left_type, ty), convert(right, right_type, ty));
    if ty == Type::String && nulls == NullRule::AbsentFails {
        let there = balanced(
            vec![left.clone().not_eq(lit(null(Type::String))), right.clone().not_eq(lit(null(Type::String)))],
            Operator::And,
        );
        let compared = binary(left, operator(op), right);
        return there.map_or(compared.clone(), |there| there.and(compared));
    }
    if ty == Type::String {
        return binary(left, operator(op), right);
    }
    match (nulls, op) {
        (NullRule::Propagate, _) => binary(left, operator(op), right),
        (NullRule::AbsentFails, _) => {
            let compared = binary(left, operator(op), right);
            if truth { compared } else { compared.is_true() }
        }
        (NullRule::KqlEquality | NullRule::KqlMatch | NullRule::Value, CompareOp::Equal)
            if truth && nulls != NullRule::Value =>
        {
            binary(left, Operator::Eq, right)
        }
        (NullRule::Value, CompareOp::Equal) => binary(left, Operator::IsNotDistinctFrom, right),
        (NullRule::Value, CompareOp::NotEqual) => binary(left, Operator::IsDistinctFrom, right),
        (NullRule::KqlMatch, CompareOp::Equal) => binary(left, Operator::Eq, right).is_true(),
        (NullRule::KqlMatch, CompareOp::NotEqual) => binary(left, Operator::Eq, right).is_not_true(),
        (NullRule::KqlEquality, CompareOp::Equal | CompareOp::NotEqual) => {
            let distinct = if op == CompareOp::Equal { Operator::IsNotDistinctFrom } else { Operator::IsDistinctFrom };
            let compared = binary(left.clone(), distinct, right.clone());
            if known || truth && op == CompareOp::NotEqual {
                compared
            } else {
                let both = left.is_null().and(right.is_null());
                let null = lit(datafusion::common::ScalarValue::Boolean(None));
                when(both, null).otherwise(compared.clone()).unwrap_or(compared)
            }
        }
        (_, op) => binary(left, operator(op), right),
    }
}

/// The type in which Arrow compares two types just as KQL does, if there is one. Reals are not: Arrow has an order for
/// NaN.
fn native_type(op: CompareOp, left: Type, right: Type) -> Option<Type> {
    let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    match (left, right) {
        (Type::Int | Type::Long, Type::Int | Type::Long) => Some(if left == right { left } else { Type::Long }),
        (Type::DateTime, Type::DateTime) | (Type::TimeSpan, Type::TimeSpan) => Some(left),
        (Type::Bool, Type::Bool) | (Type::Guid, Type::Guid) if equality => Some(left),
        (Type::String, Type::String) => Some(left),
        _ => None,
    }
}

const fn operator(op: CompareOp) -> Operator {
    match op {
        CompareOp::Equal => Operator::Eq,
        CompareOp::NotEqual => Operator::NotEq,
        CompareOp::Less => Operator::Lt,
        CompareOp::LessOrEqual => Operator::LtEq,
        CompareOp::Greater => Operator::Gt,
        CompareOp::GreaterOrEqual => Operator::GtEq,
    }
}

/// A comparison of two cells of any types.
pub(super) fn compare_cells(op: CompareOp, nulls: NullRule, left: &Cell<'_>, right: &Cell<'_>) -> Option<bool> {
    let missing = (absent(left), absent(right));
    if missing.0 || missing.1 {
        let both = missing.0 && missing.1;
        let equal = op == CompareOp::Equal;
        return match (nulls, op) {
            (NullRule::KqlEquality, CompareOp::Equal | CompareOp::NotEqual) => (!both).then_some(!equal),
            (NullRule::KqlMatch, CompareOp::Equal | CompareOp::NotEqual) => Some(!equal),
            (NullRule::Value, CompareOp::Equal | CompareOp::NotEqual) => Some(both == equal),
            (NullRule::AbsentFails | NullRule::Value, _) => Some(false),
            _ => None,
        };
    }
    let order = order_of(left, right);
    Some(match op {
        CompareOp::Equal => order == Some(Ordering::Equal),
        CompareOp::NotEqual => order != Some(Ordering::Equal),
        CompareOp::Less => order == Some(Ordering::Less),
        CompareOp::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        CompareOp::Greater => order == Some(Ordering::Greater),
        CompareOp::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

/// Whether a cell is null, JSON's null included.
fn absent(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Dynamic(bytes) => matches!(View::new(bytes).shown(), Shown::Null),
        _ => false,
    }
}
