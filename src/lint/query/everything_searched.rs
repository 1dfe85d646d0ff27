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
    /// Analytic rules may not do so, and everywhere else it is the dearest query there is.
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
            let diagnostic = LINT.at(operator.keyword, "this reads every table").label("names no table");
            found.push(if context.raises_alerts() {
                diagnostic.note("the service refuses it in an analytic rule")
            } else {
                diagnostic.help("name the tables")
            });
        }
    }
}
