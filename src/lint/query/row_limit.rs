//! Q003.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::OperatorKind;

lint! {
    /// ## What it does
    /// Looks for `take`, `limit` and `sample` in analytic rules.
    ///
    /// ## Why it is bad
    /// Which rows are taken is not said and may differ from run to run, so that an alert is missed by chance. It is left over
    /// from trying the query out.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | take 10
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    "Q003" "row-limit-in-rule" Warning, fix: None, since: "0.1.0",
    summary: "A rule takes some rows and leaves the others to chance.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.intent.is_some_and(crate::lint::Intent::is_analytic) {
        return;
    }
    walk(context.query, &mut |part| {
        let Part::Operator { operator, .. } = part else { return };
        if matches!(operator.kind, OperatorKind::Take(_) | OperatorKind::Sample(_)) {
            found.push(
                LINT.at(
                    operator.span,
                    format!("`{}` leaves it to chance which rows raise an alert", context.words(operator.keyword)),
                )
                .label("any rows")
                .help("take it out, or use `top` with an order"),
            );
        }
    });
}
