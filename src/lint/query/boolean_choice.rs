//! Q020.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::nodes::bare;
use crate::syntax::ast::{Expr, ExprKind, Literal, LiteralKind};

lint! {
    /// ## What it does
    /// Looks for `iff(c, true, false)` and `iff(c, false, true)`.
    ///
    /// ## Why it is bad
    /// The condition is the value already, or `not` of it.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | extend Failed = iff(ResultType != "0", true, false)
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | extend Failed = ResultType != "0"
    /// ```
    "Q020" "boolean-choice" Warning, fix: None, since: "0.1.0",
    summary: "A choice between `true` and `false`.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for (call, span) in &context.nodes.calls {
        if !matches!(&*call.name.text, "iff" | "iif" | "case") {
            continue;
        }
        if let [_, yes, no] = call.arguments.as_slice()
            && let (Some(yes), Some(no)) = (truth(&yes.expr), truth(&no.expr))
            && yes != no
        {
            let instead = if yes { "the condition itself" } else { "`not` of the condition" };
            found.push(
                LINT.at(*span, format!("`{}` chooses between `true` and `false`", call.name.text))
                    .label(format!("the value is {instead}"))
                    .note("where the condition can be null, the choice makes `false` of it"),
            );
        }
    }
}

fn truth(expr: &Expr) -> Option<bool> {
    match &bare(expr).kind {
        ExprKind::Literal(Literal { kind: LiteralKind::Bool, raw, .. }) => raw.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}
