//! Constant folding: what can be computed from literals alone, is.
//!
//! Only what has one meaning in every language is folded: arithmetic that neither overflows nor divides by zero,
//! comparisons of values of one type, boolean connectives. Null operands stay as they are, for the node's null rule to
//! decide.

use crate::ir::{
    Access, Arithmetic, ArithmeticOp, Compare, CompareOp, Expr, ExprKind, Json, Membership, Plan, Value, ValueSet,
};
use crate::types::Type;

/// Folds the constants of a plan and of those inside it.
pub fn fold_constants(plan: &mut Plan) {
    plan.fold_plans(&mut |plan| plan.fold_exprs(&mut fold));
}

/// The value of an expression that depends on nothing; `None` where it is not made of literals.
pub fn constant(mut expr: Expr) -> Option<Value> {
    expr.fold(&mut fold);
    match expr.kind {
        ExprKind::Literal(value) => Some(value),
        _ => None,
    }
}

fn fold(expr: &mut Expr) {
    let folded = match &mut expr.kind {
        ExprKind::Negate(operand) => operand.as_literal().and_then(negate),
        ExprKind::Not(operand) => operand.as_literal().and_then(Value::as_bool).map(|value| Value::Bool(!value)),
        ExprKind::And(operands) => connective(operands, true),
        ExprKind::Or(operands) => connective(operands, false),
        ExprKind::Arithmetic(node) => arithmetic(node),
        ExprKind::Compare(node) => compare(node),
        ExprKind::Access(node) => access(node),
        ExprKind::Call(function, arguments) => call(function.name(), arguments),
        ExprKind::Cast(node) => cast(&node.operand, expr.ty.ty),
        ExprKind::Member(node) => {
            flatten(node);
            None
        }
        _ => None,
    };
    if let Some(value) = folded {
        expr.kind = ExprKind::Literal(value);
        return;
    }
    // A connective of one operand is that operand.
    if let ExprKind::And(operands) | ExprKind::Or(operands) = &mut expr.kind
        && operands.len() == 1
        && let Some(only) = operands.pop()
    {
        *expr = only;
    }
}

fn negate(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Int(value) => Value::Int(value.checked_neg()?),
        Value::Long(value) => Value::Long(value.checked_neg()?),
        Value::Real(value) => Value::Real(-value),
        Value::Decimal(value) => Value::Decimal(value.negated()),
        Value::TimeSpan(value) => Value::TimeSpan(value.checked_neg()?),
        _ => return None,
    })
}

/// Drops the operands that decide nothing (`true` of an `and`, `false` of an `or`); one of the other value decides all.
fn connective(operands: &mut Vec<Expr>, neutral: bool) -> Option<Value> {
    if operands.iter().any(|o| o.as_literal().and_then(Value::as_bool) == Some(!neutral)) {
        return Some(Value::Bool(!neutral));
    }
    operands.retain(|o| o.as_literal().and_then(Value::as_bool) != Some(neutral));
    operands.is_empty().then_some(Value::Bool(neutral))
}

/// Folds a chain as far from the left as there are literals.
fn arithmetic(node: &mut Arithmetic) -> Option<Value> {
    let mut done = 0;
    let mut value = node.first.as_literal()?.clone();
    for step in &node.rest {
        let next = step.operand.as_literal().and_then(|operand| apply(step.op, &value, operand));
        let Some(next) = next.filter(|next| next.ty() == step.ty.ty) else { break };
        value = next;
        done += 1;
    }
    if done == node.rest.len() {
        return Some(value);
    }
    if done > 0 {
        let span = node.first.span.to(node.rest[done - 1].operand.span);
        node.first = Expr { ty: node.rest[done - 1].ty, ..Expr::literal(value, span) };
        node.rest.drain(..done);
    }
    None
}

fn apply(op: ArithmeticOp, left: &Value, right: &Value) -> Option<Value> {
    use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
    use Value::{DateTime, Long, Real, TimeSpan};
    let in_years = |ticks: i64| (0..=crate::literal::MAX_DATETIME).contains(&ticks).then_some(DateTime(ticks));
    match (op, left, right) {
        (Add, TimeSpan(a), TimeSpan(b)) => a.checked_add(*b).map(TimeSpan),
        (Subtract, TimeSpan(a), TimeSpan(b)) => a.checked_sub(*b).map(TimeSpan),
        (Add, DateTime(a), TimeSpan(b)) | (Add, TimeSpan(b), DateTime(a)) => a.checked_add(*b).and_then(in_years),
        (Subtract, DateTime(a), TimeSpan(b)) => a.checked_sub(*b).and_then(in_years),
        (Subtract, DateTime(a), DateTime(b)) => a.checked_sub(*b).map(TimeSpan),
        (Multiply, TimeSpan(span), n) | (Multiply, n, TimeSpan(span)) if n.as_integer().is_some() => {
            span.checked_mul(n.as_integer()?).map(TimeSpan)
        }
        (Divide, TimeSpan(span), n) if n.as_integer().is_some_and(|n| n != 0) => {
            span.checked_div(n.as_integer()?).map(TimeSpan)
        }
        #[expect(clippy::cast_precision_loss, reason = "the quotient of two spans is a real")]
        (Divide, TimeSpan(a), TimeSpan(b)) if *b != 0 => Some(Real(*a as f64 / *b as f64)),
        (_, Real(a), Real(b)) => real(op, *a, *b).map(Real),
        #[expect(clippy::cast_precision_loss, reason = "a long that meets a real becomes one")]
        (_, Real(a), b) => real(op, *a, b.as_integer()? as f64).map(Real),
        #[expect(clippy::cast_precision_loss, reason = "a long that meets a real becomes one")]
        (_, a, Real(b)) => real(op, a.as_integer()? as f64, *b).map(Real),
        _ => {
            let (a, b) = (left.as_integer()?, right.as_integer()?);
            let value = match op {
                Add => a.checked_add(b),
                Subtract => a.checked_sub(b),
                Multiply => a.checked_mul(b),
                Divide => a.checked_div(b),
                Modulo => a.checked_rem_euclid(b),
            };
            value.map(Long)
        }
    }
}

fn real(op: ArithmeticOp, a: f64, b: f64) -> Option<f64> {
    match op {
        ArithmeticOp::Add => Some(a + b),
        ArithmeticOp::Subtract => Some(a - b),
        ArithmeticOp::Multiply => Some(a * b),
        ArithmeticOp::Divide => Some(a / b),
        // What `%` gives for reals is not documented.
        ArithmeticOp::Modulo => None,
    }
}

fn compare(node: &Compare) -> Option<Value> {
    let (left, right) = (node.left.as_literal()?, node.right.as_literal()?);
    let order = match (left, right) {
        (Value::DateTime(a), Value::DateTime(b)) | (Value::TimeSpan(a), Value::TimeSpan(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => left.as_integer()?.cmp(&right.as_integer()?),
    };
    Some(Value::Bool(match node.op {
        CompareOp::Equal => order.is_eq(),
        CompareOp::NotEqual => order.is_ne(),
        CompareOp::Less => order.is_lt(),
        CompareOp::LessOrEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        CompareOp::GreaterOrEqual => order.is_ge(),
    }))
}

/// The functions that build values out of values, and those that a type alone answers.
fn call(name: &str, arguments: &[Expr]) -> Option<Value> {
    // A string is never null, only empty.
    if let (name @ ("isnull" | "isnotnull" | "notnull"), [argument]) = (name, arguments)
        && argument.ty.ty == Type::String
    {
        return Some(Value::Bool(name != "isnull"));
    }
    let literals: Option<Vec<&Value>> = arguments.iter().map(Expr::as_literal).collect();
    let literals = literals?;
    match name {
        "strcat" => {
            let texts: Option<Vec<&str>> = literals.into_iter().map(Value::as_str).collect();
            Some(Value::string(texts?.concat()))
        }
        "pack_array" => {
            let items: Option<Vec<Json>> = literals.into_iter().map(json).collect();
            Some(Value::Dynamic(Json::Array(items?).into()))
        }
        _ => None,
    }
}

/// A value as an element of an array.
fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::Long((*value).into()),
        Value::Long(value) => Json::Long(*value),
        Value::Real(value) => Json::Real(*value),
        Value::String(text) => Json::String(text.clone()),
        _ => return None,
    })
}

/// A whole number in another of the whole types, where it fits.
fn cast(operand: &Expr, to: Type) -> Option<Value> {
    let number = operand.as_literal()?.as_integer()?;
    match to {
        Type::Long => Some(Value::Long(number)),
        Type::Int => i32::try_from(number).ok().map(Value::Int),
        _ => None,
    }
}

/// The value at a path of literals inside a literal.
fn access(node: &Access) -> Option<Value> {
    let Value::Dynamic(json) = node.base.as_literal()? else { return None };
    let mut at: &Json = json;
    for key in &node.path {
        at = match (at, key.as_literal()?) {
            (Json::Bag(slots), Value::String(name)) => &slots.iter().find(|(slot, _)| slot == name)?.1,
            (Json::Array(items), index) => {
                let index = index.as_integer()?;
                let from_end = if index < 0 { i64::try_from(items.len()).ok()? } else { 0 };
                items.get(usize::try_from(index + from_end).ok()?)?
            }
            _ => return None,
        };
    }
    // It stays a dynamic, whatever is in it.
    Some(match at {
        Json::Null => Value::Null(Type::Dynamic),
        json => Value::Dynamic(json.clone().into()),
    })
}

/// Puts the elements of constant arrays into the list they stand in.
fn flatten(node: &mut Membership) {
    let ValueSet::List(items) = &mut node.set else { return };
    if !items.iter().any(|item| item.as_literal().is_some_and(|value| value.elements().is_some())) {
        return;
    }
    let mut flat = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match item.as_literal().and_then(Value::elements) {
            Some(elements) => flat.extend(elements.into_iter().map(|value| Expr::literal(value, item.span))),
            None => flat.push(item),
        }
    }
    *items = flat;
}
