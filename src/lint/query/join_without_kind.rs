//! Q031.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::OperatorKind;

lint! {
    /// ## What it does
    /// Looks for `join` without `kind`.
    ///
    /// ## Why it is bad
    /// It is `innerunique` then: of the records on the left one is kept for each key, whichever comes first. Who knows
    /// other languages expects every pair.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | join (AADNonInteractiveUserSignInLogs) on UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | join kind=inner (AADNonInteractiveUserSignInLogs) on UserPrincipalName
    /// ```
    ///
    /// ## Fix safety
    /// The kind written is the one that it has.
    "Q031" "join-without-kind" Warning, fix: Always, since: "0.1.0",
    summary: "A `join` does not say of which kind it is.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for operator in &context.nodes.operators {
        if matches!(operator.kind, OperatorKind::Join(_))
            && !operator.parameters.iter().any(|parameter| &*parameter.name.text == "kind")
        {
            found.push(
                LINT.at(operator.keyword, "the kind of join is not given, so it is `innerunique`")
                    .label("keeps one record a key of the left side")
                    .help("write `kind=inner` for every pair, or `kind=innerunique` if one is enough")
                    .fix(
                        "write the kind out that it has",
                        Applicability::Safe,
                        vec![Edit::insert(operator.keyword.end as usize, " kind=innerunique")],
                    ),
            );
        }
    }
}
