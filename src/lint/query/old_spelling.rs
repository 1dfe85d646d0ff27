//! Q051.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::source::Span;
use crate::syntax::ast::{ExprKind, OperatorKind};

lint! {
    /// ## What it does
    /// Looks for `<>`, `containscs`, `notcontains`, `notcontainscs` and `filter`.
    ///
    /// ## Why it is bad
    /// They are not documented any more, and other tools do not read them.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | filter ResultType <> "0"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where ResultType != "0"
    /// ```
    ///
    /// ## Fix safety
    /// The two mean the same.
    "Q051" "old-spelling" Warning, fix: Always, since: "0.1.0",
    summary: "An operator goes by an old name.",
    check: Query(check)
}

const OPERATORS: &[(&str, &str)] =
    &[("<>", "!="), ("containscs", "contains_cs"), ("notcontains", "!contains"), ("notcontainscs", "!contains_cs")];

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut tell = |span: Span, new: &'static str| {
        found.push(
            LINT.at(span, format!("`{}` is an old name", context.words(span))).label(format!("`{new}` now")).fix(
                format!("write `{new}`"),
                Applicability::Safe,
                vec![Edit::replace(span, new)],
            ),
        );
    };
    for expr in &context.nodes.exprs {
        if let ExprKind::Binary(node) = &expr.kind
            && let Some((_, new)) = OPERATORS.iter().find(|(old, _)| *old == context.words(node.op_span))
        {
            tell(node.op_span, new);
        }
    }
    for operator in &context.nodes.operators {
        if matches!(operator.kind, OperatorKind::Where(_)) && context.words(operator.keyword) == "filter" {
            tell(operator.keyword, "where");
        }
    }
}
