//! Predicates in one form: nested `and` and `or` taken up, equal terms once, negations moved into the test they negate
//! where its null rule lets the two forms agree on nulls too.

use crate::ir::{CaseRule, Compare, CompareOp, Expr, ExprKind, NullRule, Op, Plan, StringMatch, StringTest, Value};
use crate::types::Type;

/// Puts the predicates of a plan, and of those inside it, into one form.
pub fn normalise(plan: &mut Plan) {
    plan.fold_plans(&mut |plan| {
        plan.fold_exprs(&mut simplify);
        for step in &mut plan.steps {
            if let Op::Filter(condition) = &mut step.op {
                filtered(condition);
            }
        }
    });
}

/// What holds wherever an expression stands.
fn simplify(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::And(operands) => {
            take_up(operands, |kind| match kind {
                ExprKind::And(inner) => Ok(inner),
                other => Err(other),
            });
            once(operands);
        }
        ExprKind::Or(operands) => {
            take_up(operands, |kind| match kind {
                ExprKind::Or(inner) => Ok(inner),
                other => Err(other),
            });
            once(operands);
        }
        ExprKind::Not(operand) => {
            if let Some(kind) = complement(operand) {
                expr.kind = kind;
            }
        }
        ExprKind::Compare(node) => as_truth(node),
        ExprKind::Match(node) => {
            if let Some(kind) = truth_of_text(node) {
                expr.kind = kind;
            }
        }
        _ => {}
    }
    if let ExprKind::And(operands) | ExprKind::Or(operands) = &mut expr.kind
        && operands.len() == 1
        && let Some(only) = operands.pop()
    {
        *expr = only;
    }
}

/// `x == 1` and `x == 0` of a boolean as `x == true` and `x == false`: systems that do not take one for the other have no
/// such comparison.
fn as_truth(node: &mut Compare) {
    if !matches!(node.op, CompareOp::Equal | CompareOp::NotEqual) {
        return;
    }
    let of = |one: &Expr, other: &Expr| match other.as_literal().and_then(Value::as_integer) {
        Some(number @ (0 | 1)) if one.ty.ty == Type::Bool => Some(Value::Bool(number == 1)),
        _ => None,
    };
    if let Some(value) = of(&node.left, &node.right) {
        node.right = Expr::literal(value, node.right.span);
    } else if let Some(value) = of(&node.right, &node.left) {
        node.left = Expr::literal(value, node.left.span);
    }
}

/// `tostring(x) == "True"` of a boolean as `x == true`: systems write what is true otherwise, or have no text of it.
fn truth_of_text(node: &mut StringMatch) -> Option<ExprKind> {
    let needle = node.needle.as_literal().and_then(Value::as_str)?;
    let is = |word: &str| match node.rules.case {
        CaseRule::Sensitive => needle == word,
        CaseRule::AsciiInsensitive | CaseRule::UnicodeInsensitive => needle.eq_ignore_ascii_case(word),
    };
    let value = is("True") || (is("False").then_some(false)?);
    let ExprKind::Cast(cast) = &mut node.subject.kind else { return None };
    let whole =
        node.test == StringTest::Equals && matches!(node.rules.nulls, NullRule::KqlEquality | NullRule::KqlMatch);
    if !whole || node.subject.ty.ty != Type::String || cast.operand.ty.ty != Type::Bool {
        return None;
    }
    let left = std::mem::replace(&mut cast.operand, Expr::literal(Value::Null(Type::Bool), node.needle.span));
    Some(ExprKind::Compare(Box::new(Compare {
        op: if node.negated { CompareOp::NotEqual } else { CompareOp::Equal },
        left,
        right: Expr::literal(Value::Bool(value), node.needle.span),
        // The text of null is empty, and so no truth value's.
        nulls: NullRule::KqlEquality,
    })))
}

/// What holds where null counts as false: `x == true` is `x` there.
fn filtered(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::And(operands) | ExprKind::Or(operands) => operands.iter_mut().for_each(filtered),
        ExprKind::Compare(node) => {
            if let Some(kind) = truth(node) {
                expr.kind = kind;
            }
        }
        _ => {}
    }
}

/// `x == true` and `x != false` as `x`. The negative forms stay: `x == false` keeps no null, but `x != true` does.
fn truth(node: &mut Compare) -> Option<ExprKind> {
    let of = |expr: &Expr| expr.as_literal().and_then(Value::as_bool);
    let (value, other) = match (of(&node.left), of(&node.right)) {
        (Some(value), None) => (value, &mut node.right),
        (None, Some(value)) => (value, &mut node.left),
        _ => return None,
    };
    if other.ty.ty != Type::Bool || !value || node.op != CompareOp::Equal {
        return None;
    }
    Some(std::mem::replace(&mut other.kind, ExprKind::Literal(Value::Bool(true))))
}

/// Puts the operands of nested chains of the same kind in the place of the chain.
fn take_up(operands: &mut Vec<Expr>, inner: impl Fn(ExprKind) -> Result<Vec<Expr>, ExprKind>) {
    let mut flat = Vec::with_capacity(operands.len());
    for operand in operands.drain(..) {
        match inner(operand.kind) {
            Ok(inner) => flat.extend(inner),
            Err(kind) => flat.push(Expr { kind, ..operand }),
        }
    }
    *operands = flat;
}

/// Drops terms that repeat an earlier one. Long chains are left alone: comparing each with each would be quadratic.
fn once(operands: &mut Vec<Expr>) {
    const LONG: usize = 64;
    if operands.len() > LONG {
        return;
    }
    let mut kept: Vec<Expr> = Vec::with_capacity(operands.len());
    for operand in operands.drain(..) {
        if !kept.iter().any(|other| same(other, &operand)) {
            kept.push(operand);
        }
    }
    *operands = kept;
}

/// Whether two expressions are the same but for where they stand.
fn same(a: &Expr, b: &Expr) -> bool {
    fn bare(expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        expr.fold(&mut |expr| expr.span = crate::source::Span::at(0));
        expr
    }
    std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind) && bare(a) == bare(b)
}

/// The test that holds exactly where this one does not, nulls included; nothing where there is none.
fn complement(operand: &mut Expr) -> Option<ExprKind> {
    // The negated form turns every answer that is not null, and leaves null null: so does `not`.
    let exact = |nulls: NullRule| matches!(nulls, NullRule::KqlEquality | NullRule::KqlMatch | NullRule::Propagate);
    match &mut operand.kind {
        ExprKind::Not(_)
        | ExprKind::Match(_)
        | ExprKind::Regex(_)
        | ExprKind::Member(_)
        | ExprKind::Between(_)
        | ExprKind::Compare(_) => {}
        _ => return None,
    }
    match std::mem::replace(&mut operand.kind, ExprKind::Literal(Value::Null(Type::Bool))) {
        ExprKind::Not(inner) => Some(inner.kind),
        ExprKind::Match(mut node) if exact(node.rules.nulls) => {
            node.negated = !node.negated;
            Some(ExprKind::Match(node))
        }
        ExprKind::Regex(mut node) if exact(node.nulls) => {
            node.negated = !node.negated;
            Some(ExprKind::Regex(node))
        }
        ExprKind::Member(mut node) if exact(node.rules.nulls) => {
            node.negated = !node.negated;
            Some(ExprKind::Member(node))
        }
        ExprKind::Between(mut node) if exact(node.nulls) => {
            node.negated = !node.negated;
            Some(ExprKind::Between(node))
        }
        ExprKind::Compare(mut node)
            if node.nulls == NullRule::KqlEquality && matches!(node.op, CompareOp::Equal | CompareOp::NotEqual)
                || node.nulls == NullRule::Propagate && not_real(&node) =>
        {
            node.op = node.op.complement();
            Some(ExprKind::Compare(node))
        }
        kind => {
            operand.kind = kind;
            None
        }
    }
}

/// Whether neither side can be NaN, of which neither `<` nor `>=` holds.
fn not_real(node: &Compare) -> bool {
    let certain = |ty: Type| !matches!(ty, Type::Real | Type::Dynamic | Type::Unknown);
    matches!(node.op, CompareOp::Equal | CompareOp::NotEqual) || certain(node.left.ty.ty) && certain(node.right.ty.ty)
}
