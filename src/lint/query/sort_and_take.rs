//! Q034.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{Operator, OperatorKind};

lint! {
    /// ## What it does
    /// Looks for `sort by` with `take` right behind it.
    ///
    /// ## Why it is bad
    /// `top` says the same, and more plainly.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | sort by TimeGenerated desc
    /// | take 5
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | top 5 by TimeGenerated desc
    /// ```
    "Q034" "sort-and-take" Off, fix: None, since: "0.1.0",
    summary: "`sort` and `take` in the place of `top`.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for pipe in &context.nodes.pipes {
        for pair in pipe.stages.windows(2) {
            if let [
                Operator { kind: OperatorKind::Sort(keys), span, .. },
                Operator { kind: OperatorKind::Take(count), .. },
            ] = pair
                && let [key] = keys.as_slice()
            {
                let top = format!("top {} by {}", context.words(count.expr.span), context.words(key.span));
                found.push(LINT.at(*span, "`sort` and `take` do what `top` does").label(format!("write `{top}`")));
            }
        }
    }
}
