//! Q019.

use super::shared::call_of_one;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::ExprKind;

lint! {
    /// ## What it does
    /// Looks for `not(not(…))`.
    ///
    /// ## Why it is bad
    /// It is hard to read, and nothing is gained by it.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where not(not(UserPrincipalName has "admin"))
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where UserPrincipalName has "admin"
    /// ```
    ///
    /// ## Fix safety
    /// A test that is null stays so; what is tested is put in parentheses.
    "Q019" "double-negation" Warning, fix: Always, since: "0.1.0",
    summary: "A negation is negated.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        if let Some((_, inner)) = call_of_one(expr, &["not"])
            && !matches!(expr.kind, ExprKind::Paren(_))
            && let Some((_, innermost)) = call_of_one(inner, &["not"])
        {
            found.push(LINT.at(expr.span, "the two negations cancel out").label("says what is inside").fix(
                "take both out",
                Applicability::Unsafe,
                vec![Edit::replace(expr.span, format!("({})", context.words(innermost.span)))],
            ));
        }
    }
}
