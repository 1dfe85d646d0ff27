//! Q038.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{BinaryOp, ExprKind, StringTest};

lint! {
    /// ## What it does
    /// Looks for `contains` and `!contains` with a needle of letters and digits.
    ///
    /// ## Why it is bad
    /// `has` finds whole terms by the index, where `contains` reads every text. It finds fewer: `contains "admin"` also
    /// holds for `administrator`.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where UserAgent contains "python"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where UserAgent has "python"
    /// ```
    ///
    /// ## Fix safety
    /// `has` does not find the word inside a longer one.
    "Q038" "contained-word" Off, fix: Always, since: "0.1.0",
    summary: "`contains` looks for a word.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        if let ExprKind::Binary(node) = &expr.kind
            && let BinaryOp::String(op) = node.op
            && op.test == StringTest::Contains
            && string(&node.right).is_some_and(|text| text.len() > 2 && text.bytes().all(|b| b.is_ascii_alphanumeric()))
        {
            let has = match (op.negated, op.case_sensitive) {
                (false, false) => "has",
                (false, true) => "has_cs",
                (true, false) => "!has",
                (true, true) => "!has_cs",
            };
            found.push(
                LINT.at(node.op_span, format!("`{has}` looks for the word by the index"))
                    .label("reads every text")
                    .fix(format!("write `{has}`"), Applicability::Unsafe, vec![Edit::replace(node.op_span, has)]),
            );
        }
    }
}
