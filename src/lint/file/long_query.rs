//! F061.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for queries of more than 10,000 characters in analytic rules.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. Long lists belong in a watchlist, repeated parts in a function of the workspace.
    ///
    /// ## Example
    /// ```yaml repeat=10001 more
    /// query: x
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    "F061" "long-query" Error, fix: None, since: "0.1.0",
    summary: "The query is longer than the service takes.",
    check: Rule(check)
}

/// In characters.
const MOST: usize = 10_000;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(query) = context.rule.query.as_ref().filter(|_| context.intent.is_analytic()) else { return };
    let characters = query.text.chars().count();
    if characters > MOST {
        found.push(
            LINT.at(query.key, format!("the query has {characters} characters where {MOST} are allowed"))
                .label("too long")
                .help("keep long lists in a watchlist, and shared parts in a function of the workspace"),
        );
    }
}
