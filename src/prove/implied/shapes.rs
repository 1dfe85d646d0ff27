//! What expressions look at, and whether two are the same.

use crate::ir::{CaseRule, ColumnId, Expr, ExprKind, Membership, Plan, StringTest, ValueSet};
use crate::source::Span;

/// The lists that a filter asks for the very value of a record in, with what asks.
pub(super) fn lists_in<'q>(condition: &'q Expr, found: &mut Vec<(&'q Plan, &'q Membership)>) {
    match &condition.kind {
        ExprKind::And(operands) => operands.iter().for_each(|operand| lists_in(operand, found)),
        ExprKind::Not(operand) => lists_in(operand, found),
        ExprKind::Member(node) if node.test == StringTest::Equals && node.rules.case == CaseRule::Sensitive => {
            found.extend(plan_of(node).map(|plan| (plan, &**node)));
        }
        _ => {}
    }
}

pub(super) fn plan_of(node: &Membership) -> Option<&Plan> {
    match &node.set {
        ValueSet::Plan(plan) => Some(plan),
        ValueSet::List(_) => None,
    }
}

/// Whether an expression looks at other records, or at chance.
pub(super) fn looks_around(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Call(function, _) => {
            let row = function.row();
            found |= row.window || !row.deterministic && !matches!(function.name(), "now" | "ago");
        }
        ExprKind::Unknown(..) | ExprKind::Foreign(..) | ExprKind::Parameter(_) => found = true,
        _ => {}
    });
    found
}

/// Whether an expression depends on more than the operands it shows.
pub(super) fn is_opaque(expr: &Expr) -> bool {
    let mut plan = false;
    expr.plan(&mut |_| plan = true);
    plan || matches!(
        expr.kind,
        ExprKind::Row(..)
            | ExprKind::AnyColumn(_)
            | ExprKind::Parameter(_)
            | ExprKind::Unknown(..)
            | ExprKind::Foreign(..)
    )
}

/// An expression without its places in the text and with one column in the place of all, and which these were.
pub(super) fn shape(expr: &Expr, column: ColumnId) -> Option<(Expr, Vec<ColumnId>)> {
    fn blank(expr: &mut Expr, column: ColumnId, columns: &mut Vec<ColumnId>) -> Option<()> {
        if is_opaque(expr) {
            return None;
        }
        expr.span = Span::default();
        if let ExprKind::Column(id) = &mut expr.kind {
            columns.push(std::mem::replace(id, column));
        }
        let mut whole = Some(());
        expr.operands_mut(&mut |operand| whole = whole.and_then(|()| blank(operand, column, columns)));
        whole
    }
    if looks_around(expr) {
        return None;
    }
    let mut expr = expr.clone();
    let mut columns = Vec::new();
    blank(&mut expr, column, &mut columns)?;
    Some((expr, columns))
}
