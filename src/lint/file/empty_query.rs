//! F060.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `query` without a statement in it.
    ///
    /// ## Why it is bad
    /// There is nothing to run.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   // to do
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    "F060" "empty-query" Error, fix: None, since: "0.1.0",
    summary: "The query is empty, or only comments.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(query), Some(view)) = (&context.rule.query, context.query) else { return };
    let nothing = view.text.trim().is_empty()
        || view.parsed.query.as_ref().is_some_and(|tree| tree.statements.is_empty()) && !view.folded;
    if nothing {
        found.push(LINT.at(query.key, "the query is empty").label("there is nothing to run"));
    }
}
