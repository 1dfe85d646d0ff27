//! Q002.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::OperatorKind;

lint! {
    /// ## What it does
    /// Looks for `join` without `kind`.
    ///
    /// ## Why it is bad
    /// Without a kind it is `innerunique`: of the rows of the left side that have the same key, one is kept, and which one is not
    /// said. An alert may then show another event than the one that matters, and counts behind it are too low.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | join (AuditLogs) on CorrelationId
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | join kind=inner (AuditLogs) on CorrelationId
    /// ```
    "Q002" "join-without-kind" Warning, fix: None, since: "0.1.0",
    summary: "A `join` without `kind` drops rows of its left side.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    walk(context.query, &mut |part| {
        let Part::Operator { operator, .. } = part else { return };
        let has_kind = operator.parameters.iter().any(|parameter| &*parameter.name.text == "kind");
        if matches!(operator.kind, OperatorKind::Join(_)) && !has_kind {
            found.push(
                LINT.at(operator.keyword, "this `join` keeps one row of the left side for each key")
                    .label("`kind=innerunique` unless another is given")
                    .help("write `kind=inner` to keep all rows, or `kind=innerunique` if one is meant"),
            );
        }
    });
}
