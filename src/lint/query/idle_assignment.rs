//! Q022.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{ExprKind, Names, OperatorKind};

lint! {
    /// ## What it does
    /// Looks for `extend x = x` and `project-rename x = x`.
    ///
    /// ## Why it is bad
    /// It changes nothing: another column was meant, or the line is left over.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | extend UserPrincipalName = UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | extend Account = UserPrincipalName
    /// ```
    "Q022" "idle-assignment" Warning, fix: None, since: "0.1.0",
    summary: "A column is given its own value.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for operator in &context.nodes.operators {
        let (OperatorKind::Extend(items) | OperatorKind::ProjectRename(items)) = &operator.kind else { continue };
        for item in items {
            if let (Names::One(name), ExprKind::Name(read)) = (&item.names, &item.expr.kind)
                && name.text == read.text
            {
                found.push(
                    LINT.at(item.span, format!("`{}` is given its own value", name.text)).label("changes nothing"),
                );
            }
        }
    }
}
