//! F062.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::{ExprKind, OperatorKind};

lint! {
    /// ## What it does
    /// Looks for `search *` in analytic rules.
    ///
    /// ## Why it is bad
    /// The service refuses the rule, since every run would read the whole workspace.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   search * | where Account == "root"
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SecurityEvent | where Account == "root"
    /// ```
    "F062" "search-star" Error, fix: None, since: "0.1.0",
    summary: "The rule searches every table.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.intent.is_some_and(crate::lint::Intent::is_analytic) {
        return;
    }
    walk(context.query, &mut |part| {
        let Part::Operator { operator, piped: false } = part else { return };
        let OperatorKind::Search(search) = &operator.kind else { return };
        let everything = matches!(search.predicate.kind, ExprKind::Star);
        if everything && search.sources.is_empty() {
            found.push(
                LINT.at(operator.keyword.to(search.predicate.span), "every run searches every table")
                    .label("refused by the service")
                    .help("name the tables"),
            );
        }
    });
}
