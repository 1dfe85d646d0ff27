//! Q003.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `let` statements whose name is that of a known table.
    ///
    /// ## Why it is bad
    /// Whoever reads the query below takes the name for the table. Once the `let` is moved or removed, the query still
    /// runs, over other records.
    ///
    /// ## Example
    /// ```kql
    /// let SigninLogs = SigninLogs | where ResultType == "0";
    /// SigninLogs
    /// | summarize Count = count() by UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// let Successes = SigninLogs | where ResultType == "0";
    /// Successes
    /// | summarize Count = count() by UserPrincipalName
    /// ```
    "Q003" "hidden-table" Warning, fix: None, since: "0.1.0",
    summary: "A `let` hides a table.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for (node, _) in &context.nodes.lets {
        let name = &node.name;
        if context.schemas.table(&name.text).is_some() {
            found.push(
                LINT.at(name.span, format!("`{}` is the name of a table", name.text))
                    .label("hides the table from here on")
                    .help("give it a name of its own"),
            );
        }
    }
}
