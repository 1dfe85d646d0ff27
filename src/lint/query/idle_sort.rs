//! Q033.

use super::shared::{calls, passes_order};
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::OperatorKind;

lint! {
    /// ## What it does
    /// Looks for `sort` and `order` before an operator that does not keep the order: `summarize`, `distinct`, `count`,
    /// `join`, `union`, another `sort`.
    ///
    /// ## Why it is bad
    /// All records are sorted for nothing. It may also be that the order was meant to matter, and does not.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | sort by TimeGenerated asc
    /// | summarize Count = count() by UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | summarize Count = count() by UserPrincipalName
    /// | sort by Count desc
    /// ```
    "Q033" "idle-sort" Warning, fix: None, since: "0.1.0",
    summary: "Records are sorted, and then their order is lost.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for pipe in &context.nodes.pipes {
        for (at, sort) in pipe.stages.iter().enumerate() {
            if !matches!(sort.kind, OperatorKind::Sort(_)) {
                continue;
            }
            let next = pipe.stages[at + 1..].iter().find(|stage| !passes_order(context, stage));
            let Some(next) = next else { continue };
            let loses = match next.kind {
                // What these collect may be in the order of the records.
                OperatorKind::Summarize(_) => {
                    !calls(context, next.span, |name| name.starts_with("make") || name.contains("any"))
                }
                OperatorKind::Distinct(_)
                | OperatorKind::Count { .. }
                | OperatorKind::Join(_)
                | OperatorKind::Sort(_) => true,
                _ => false,
            };
            // Operators in between that read neighbours have stopped the search above.
            if loses {
                found.push(
                    LINT.at(sort.keyword, "the order does not reach the result")
                        .label("sorts for nothing")
                        .related(next.keyword, "keeps no order"),
                );
            }
        }
    }
}
