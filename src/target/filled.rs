//! What a predicate says of the columns it reads.

use crate::ir::{ColumnId, CompareOp, Expr, ExprKind, StringTest, Value, ValueSet};
use crate::types::Type;

/// The columns that a predicate which holds leaves neither null nor empty.
pub(super) fn filled_by(term: &Expr, found: &mut Vec<ColumnId>) {
    match &term.kind {
        ExprKind::And(terms) => terms.iter().for_each(|term| filled_by(term, found)),
        ExprKind::Match(node) if !node.negated => {
            let needle = node.needle.as_literal().and_then(Value::as_str);
            if needle.is_some_and(|n| !n.is_empty()) {
                found.extend(node.subject.as_column());
            }
        }
        ExprKind::Match(node)
            if node.test == StringTest::Equals && node.needle.as_literal().and_then(Value::as_str) == Some("") =>
        {
            found.extend(node.subject.as_column());
        }
        ExprKind::Member(node) if !node.negated => {
            if let ValueSet::List(items) = &node.set {
                let filled = |value: &Value| match value {
                    Value::String(text) => !text.is_empty(),
                    value => !value.is_null() && !matches!(value, Value::Dynamic(_)),
                };
                let all = items.iter().all(|item| {
                    item.as_literal().is_some_and(|v| v.elements().map_or_else(|| filled(v), |e| e.iter().all(filled)))
                });
                if all {
                    found.extend(node.subject.as_column());
                }
            }
        }
        ExprKind::Compare(node) if node.op != CompareOp::NotEqual => {
            if node.right.as_literal().is_some_and(|v| !v.is_null()) {
                found.extend(node.left.as_column());
            }
            if node.left.as_literal().is_some_and(|v| !v.is_null()) {
                found.extend(node.right.as_column());
            }
        }
        ExprKind::Between(node) if !node.negated => found.extend(node.subject.as_column()),
        ExprKind::Call(function, arguments) if matches!(function.name(), "isnotempty" | "notempty") => {
            found.extend(arguments.first().and_then(Expr::as_column));
        }
        ExprKind::Call(function, arguments) if matches!(function.name(), "isnotnull" | "notnull") => {
            let argument = arguments.first().filter(|a| a.ty.ty != Type::String);
            found.extend(argument.and_then(Expr::as_column));
        }
        _ => {}
    }
}
