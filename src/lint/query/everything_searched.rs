//! Q030.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::source::Span;
use crate::syntax::ast::{ExprKind, OperatorKind};
use std::collections::HashSet;

lint! {
    /// ## What it does
    /// Looks for `search` without `in` and for `union *`.
    ///
    /// ## Why it is bad
    /// There is no dearer query. Analytic rules may not read every table at all, which `search-star` and `union-star`
    /// tell.
    ///
    /// ## Example
    /// ```kql
    /// search "mimikatz"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// search in (SecurityEvent, DeviceProcessEvents) "mimikatz"
    /// ```
    "Q030" "everything-searched" Warning, fix: None, since: "0.1.0",
    summary: "The query reads every table.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    // There it is an error of its own.
    if context.raises_alerts() {
        return;
    }
    // With something piped into it, `search` reads that alone.
    let piped: HashSet<Span> =
        context.nodes.pipes.iter().flat_map(|pipe| &pipe.stages).map(|stage| stage.span).collect();
    for operator in &context.nodes.operators {
        let all = match &operator.kind {
            OperatorKind::Search(search) => search.sources.is_empty() && !piped.contains(&operator.span),
            OperatorKind::Union(sources) => {
                sources.iter().any(|source| matches!(&source.kind, ExprKind::Name(name) if &*name.text == "*"))
            }
            _ => false,
        };
        if all {
            found.push(
                LINT.at(operator.keyword, "this reads every table").label("names no table").help("name the tables"),
            );
        }
    }
}
