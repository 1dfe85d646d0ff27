//! Q012.

use super::shared::{call_of_one, string};
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, InOp, StringTest};

lint! {
    /// ## What it does
    /// Looks for `tolower(x) == "A"`, `toupper(x) == "a"` and the same with `!=`, `in`, `startswith_cs` and their like.
    ///
    /// ## Why it is bad
    /// The folded text has no letter of that case, so the test can never hold, or always does.
    ///
    /// ## Example
    /// ```kql
    /// DeviceProcessEvents
    /// | where tolower(FileName) == "PowerShell.exe"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// DeviceProcessEvents
    /// | where FileName =~ "PowerShell.exe"
    /// ```
    "Q012" "case-mismatch" Error, fix: None, since: "0.1.0",
    summary: "A folded text is compared with one that has the other case.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        match &expr.kind {
            ExprKind::Binary(node) if exact(node.op) => {
                test(&node.left, &node.right, found);
                if matches!(node.op, BinaryOp::Equal | BinaryOp::NotEqual) {
                    test(&node.right, &node.left, found);
                }
            }
            ExprKind::In(node) if matches!(node.op, InOp::In | InOp::NotIn) => {
                node.items.iter().for_each(|item| test(&node.left, item, found));
            }
            _ => {}
        }
    }
}

/// Whether an operator counts case.
fn exact(op: BinaryOp) -> bool {
    match op {
        BinaryOp::Equal | BinaryOp::NotEqual => true,
        BinaryOp::String(op) => op.case_sensitive && op.test != StringTest::MatchesRegex && op.test != StringTest::Like,
        _ => false,
    }
}

fn test(folded: &Expr, needle: &Expr, found: &mut Vec<Diagnostic>) {
    let Some((function, _)) = call_of_one(folded, &["tolower", "toupper"]) else { return };
    let Some(text) = string(needle) else { return };
    let lower = function == "tolower";
    let stray = text.chars().find(|c| if lower { c.is_ascii_uppercase() } else { c.is_ascii_lowercase() });
    if let Some(stray) = stray {
        found.push(
            LINT.at(needle.span, format!("what `{function}` gives never holds `{stray}`"))
                .label("can never be equal")
                .help(if lower {
                    "write the text in lower case, or compare with `=~` or `in~`"
                } else {
                    "write the text in upper case, or compare with `=~` or `in~`"
                }),
        );
    }
}
