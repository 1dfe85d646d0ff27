//! Q014.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::ExprKind;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

lint! {
    /// ## What it does
    /// Looks for lists of `in`, `has_any` and their like that hold the same literal twice.
    ///
    /// ## Why it is bad
    /// The second serves nothing. It is often a slip: another item was meant.
    ///
    /// ## Example
    /// ```kql
    /// SecurityEvent
    /// | where EventID in (4624, 4625, 4624)
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SecurityEvent
    /// | where EventID in (4624, 4625)
    /// ```
    "Q014" "repeated-item" Warning, fix: None, since: "0.1.0",
    summary: "A list holds an item twice.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        let ExprKind::In(node) = &expr.kind else { continue };
        let mut first = HashMap::new();
        for item in &node.items {
            let ExprKind::Literal(literal) = &item.kind else { continue };
            let value: (&str, bool) = match string(item) {
                Some(text) => (text, true),
                None => (&literal.raw, false),
            };
            match first.entry(value) {
                Entry::Vacant(entry) => {
                    entry.insert(item.span);
                }
                Entry::Occupied(entry) => found.push(
                    LINT.at(item.span, format!("the list holds {} already", context.words(item.span)))
                        .label("once more")
                        .related(*entry.get(), "the first time"),
                ),
            }
        }
    }
}
