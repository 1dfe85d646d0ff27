//! Q021.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{ExprKind, InOp};

lint! {
    /// ## What it does
    /// Looks for `in`, `!in`, `in~` and `!in~` with one literal in the list.
    ///
    /// ## Why it is bad
    /// A comparison says the same in fewer signs.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where ResultType in ("50126")
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where ResultType == "50126"
    /// ```
    ///
    /// ## Fix safety
    /// With a null on the left the two differ in what they give, though not in which records pass.
    "Q021" "list-of-one" Off, fix: Sometimes, since: "0.1.0",
    summary: "A list of one item.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        let ExprKind::In(node) = &expr.kind else { continue };
        let ([item], Some(sign)) = (node.items.as_slice(), sign(node.op)) else { continue };
        if matches!(item.kind, ExprKind::Literal(_)) {
            let words = context.words(item.span);
            found.push(
                LINT.at(node.items_span, "the list holds one item").label(format!("`{sign}` says the same")).fix(
                    format!("compare with `{sign}`"),
                    Applicability::Unsafe,
                    vec![Edit::replace(node.op_span, sign), Edit::replace(node.items_span, words)],
                ),
            );
        }
    }
}

const fn sign(op: InOp) -> Option<&'static str> {
    match op {
        InOp::In => Some("=="),
        InOp::NotIn => Some("!="),
        InOp::InIgnoreCase => Some("=~"),
        InOp::NotInIgnoreCase => Some("!~"),
        InOp::HasAny | InOp::HasAll => None,
    }
}
