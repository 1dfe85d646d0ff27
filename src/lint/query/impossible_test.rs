//! Q010.

use crate::diagnostic::Diagnostic;
use crate::ir::satisfiable::{self, Settled};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for tests of a column that no record passes that has passed the tests before: another value of the same
    /// column, a range that ends before it begins.
    ///
    /// ## Why it is bad
    /// A rule with such a filter never fires, and nobody notices. An alternative of an `or` that can never hold is dead
    /// weight, or a slip.
    ///
    /// ## Example
    /// ```kql
    /// SecurityEvent
    /// | where EventID == 4625
    /// | where EventID == 4624
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SecurityEvent
    /// | where EventID in (4624, 4625)
    /// ```
    "Q010" "impossible-test" Warning, fix: None, since: "0.1.0",
    summary: "A test can never hold.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(query) = context.meaning() else { return };
    for Settled { span, against, .. } in satisfiable::settled(query).into_iter().filter(|settled| !settled.holds) {
        let diagnostic = LINT.at(span, "this can never hold");
        found.push(match against {
            Some(against) => diagnostic
                .label("no record that has passed the other test passes this one")
                .related(against, "the other test"),
            None => diagnostic.label("no value passes it"),
        });
    }
}
