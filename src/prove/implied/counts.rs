//! Counts of groups: a group has a record, so that there is at least one of them.

use std::collections::HashSet;

use crate::ir::{ColumnId, CompareOp, Expr, ExprKind, JoinKind, Op, Query, Value};
use crate::types::Type;

/// Whether a condition on a count holds of every group. A column keeps its number as long as it keeps its value, so that it
/// is a count wherever it goes; but where a group has no partner, it is null.
pub(super) fn always(expr: &Expr, query: &Query) -> bool {
    let ExprKind::Compare(node) = &expr.kind else { return false };
    let (column, op, bound) = match (node.left.as_column(), node.right.as_column()) {
        (Some(column), None) => (column, node.op, &node.right),
        (None, Some(column)) => (column, node.op.mirrored(), &node.left),
        _ => return false,
    };
    let Some(bound) = bound.as_literal().and_then(Value::as_integer) else { return false };
    let (counts, may_be_null) = counts(query);
    let holds = match op {
        // What is not there is not such a number, either.
        CompareOp::NotEqual => bound < 1,
        CompareOp::Greater => bound < 1 && !may_be_null,
        CompareOp::GreaterOrEqual => bound <= 1 && !may_be_null,
        _ => false,
    };
    holds && counts.contains(&column)
}

/// The columns that count the records of a group, or the different texts of them; and whether some may have none.
fn counts(query: &Query) -> (HashSet<ColumnId>, bool) {
    let (mut found, mut outer) = (HashSet::new(), false);
    query.each_plan(&mut |plan| {
        for step in &plan.steps {
            match &step.op {
                Op::Summarize { keys, aggregates } if !keys.is_empty() => {
                    for call in aggregates {
                        let counts = match (call.function.name(), call.arguments.as_slice()) {
                            ("count", []) => true,
                            // A text is never null, and the empty one counts.
                            ("dcount" | "count_distinct", [of, ..]) => of.ty.ty == Type::String,
                            _ => false,
                        };
                        found.extend(call.outputs.iter().copied().filter(|_| counts));
                    }
                }
                Op::Join(join) => {
                    outer |= matches!(join.kind, JoinKind::LeftOuter | JoinKind::RightOuter | JoinKind::FullOuter);
                }
                _ => {}
            }
        }
    });
    (found, outer)
}
