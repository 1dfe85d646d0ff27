//! What a predicate says of the columns it reads.

use crate::ir::{ColumnId, CompareOp, Expr, ExprKind, StringTest, Value, ValueSet};
use crate::types::Type;

/// The columns that a predicate which holds leaves neither null nor empty.
pub(super) fn filled_by(term: &Expr, found: &mut Vec<ColumnId>) {
    let mut filled = Vec::new();
    values_filled_by(term, &mut filled);
    found.extend(filled.into_iter().filter_map(Expr::as_column));
}

/// The values that a predicate which holds leaves neither null nor empty.
pub(super) fn values_filled_by<'e>(term: &'e Expr, found: &mut Vec<&'e Expr>) {
    match &term.kind {
        ExprKind::And(terms) => terms.iter().for_each(|term| values_filled_by(term, found)),
        ExprKind::Match(node) if !node.negated => {
            let needle = node.needle.as_literal().and_then(Value::as_str);
            if needle.is_some_and(|n| !n.is_empty()) {
                found.push(&node.subject);
            }
        }
        ExprKind::Match(node)
            if node.test == StringTest::Equals && node.needle.as_literal().and_then(Value::as_str) == Some("") =>
        {
            found.push(&node.subject);
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
                    found.push(&node.subject);
                }
            }
        }
        ExprKind::Compare(node) if node.op != CompareOp::NotEqual => {
            if node.right.as_literal().is_some_and(|v| !v.is_null()) {
                found.push(&node.left);
            }
            if node.left.as_literal().is_some_and(|v| !v.is_null()) {
                found.push(&node.right);
            }
        }
        ExprKind::Between(node) if !node.negated => found.push(&node.subject),
        ExprKind::Call(function, arguments) if matches!(function.name(), "isnotempty" | "notempty") => {
            found.extend(arguments.first());
        }
        ExprKind::Call(function, arguments) if matches!(function.name(), "isnotnull" | "notnull") => {
            let argument = arguments.first().filter(|a| a.ty.ty != Type::String);
            found.extend(argument);
        }
        _ => {}
    }
}
