//! Q039.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{BinaryOp, ExprKind, StringTest};

lint! {
    /// ## What it does
    /// Looks for `has` and its kin with a needle of fewer than three characters.
    ///
    /// ## Why it is bad
    /// The index holds terms of three characters and more: a shorter one is looked for in every text.
    ///
    /// ## Example
    /// ```kql
    /// SecurityEvent
    /// | where CommandLine has "ps"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SecurityEvent
    /// | where CommandLine has "powershell"
    /// ```
    "Q039" "short-needle" Off, fix: None, since: "0.1.0",
    summary: "`has` looks for a term too short for the index.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        if let ExprKind::Binary(node) = &expr.kind
            && let BinaryOp::String(op) = node.op
            && op.test == StringTest::Has
            && string(&node.right).is_some_and(|text| (1..3).contains(&text.chars().count()))
        {
            found.push(LINT.at(node.right.span, "the index holds no term as short as this").label("reads every text"));
        }
    }
}
