//! Nodes of the IR that every reader puts together alike.

use crate::functions::ValueType;
use crate::ir::{CompareOp, Expr, ExprKind, ForeignId, Value};
use crate::source::Span;
use crate::types::Type;

/// No value.
pub(super) fn null(span: Span) -> Expr {
    Expr::literal(Value::Null(Type::Dynamic), span)
}

/// The opposite of a condition.
pub(super) fn not(expr: Expr, span: Span) -> Expr {
    Expr::new(ExprKind::Not(Box::new(expr)), Type::Bool, span)
}

/// A call of a built-in of the language that is read.
pub(super) fn own(row: ForeignId, arguments: Vec<Expr>, span: Span) -> Expr {
    let ty = row.row().returns.value_type();
    Expr::new(ExprKind::Foreign(row, arguments), ty, span)
}

/// A call of a built-in of KQL that means the same.
pub(super) fn kql(name: &str, arguments: Vec<Expr>, ty: impl Into<ValueType>, span: Span) -> Expr {
    match crate::functions::scalar(name) {
        Some(id) => Expr::new(ExprKind::Call(id, arguments), ty, span),
        None => unreachable!("KQL has `{name}`"),
    }
}

/// The comparison of a sign that a grammar takes for one.
pub(super) fn comparison(sign: &str) -> CompareOp {
    match CompareOp::of_sign(sign) {
        Some(op) => op,
        None => unreachable!("a grammar has no comparison `{sign}`"),
    }
}
