//! Q052.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::OperatorKind;

lint! {
    /// ## What it does
    /// Looks for `mvexpand`.
    ///
    /// ## Why it is bad
    /// It stops at 128 records for each one it expands, unless it is given a limit; `mv-expand` does not.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | mvexpand ConditionalAccessPolicies
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | mv-expand ConditionalAccessPolicies
    /// ```
    ///
    /// ## Fix safety
    /// Records come out that were cut off.
    "Q052" "old-expansion" Warning, fix: Always, since: "0.1.0",
    summary: "`mvexpand` gives fewer records than `mv-expand`.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for operator in &context.nodes.operators {
        if matches!(operator.kind, OperatorKind::MvExpand { .. }) && context.words(operator.keyword) == "mvexpand" {
            found.push(
                LINT.at(operator.keyword, "`mvexpand` stops at 128 records for each one").label("an old form").fix(
                    "write `mv-expand`",
                    Applicability::Unsafe,
                    vec![Edit::replace(operator.keyword, "mv-expand")],
                ),
            );
        }
    }
}
