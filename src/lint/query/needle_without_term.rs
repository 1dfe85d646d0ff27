//! Q018.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, InOp, StringTest};

lint! {
    /// ## What it does
    /// Looks for `has` and its kin with a needle that has no letter and no digit in it.
    ///
    /// ## Why it is bad
    /// These operators compare terms: runs of letters and digits. All else parts terms, so a needle of nothing else is
    /// none, and what the engine answers is not documented.
    ///
    /// ## Example
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine has "--"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine contains "--"
    /// ```
    "Q018" "needle-without-term" Warning, fix: None, since: "0.1.0",
    summary: "`has` looks for a text that holds no term.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut test = |needle: &Expr| {
        if string(needle).is_some_and(|text| !text.contains(char::is_alphanumeric)) {
            found.push(
                LINT.at(needle.span, "the needle holds no term")
                    .label("neither letter nor digit")
                    .help("look for it with `contains`"),
            );
        }
    };
    for expr in &context.nodes.exprs {
        match &expr.kind {
            ExprKind::Binary(node) => {
                if let BinaryOp::String(op) = node.op
                    && matches!(op.test, StringTest::Has | StringTest::HasPrefix | StringTest::HasSuffix)
                {
                    test(&node.right);
                }
            }
            ExprKind::In(node) if matches!(node.op, InOp::HasAny | InOp::HasAll) => {
                node.items.iter().for_each(&mut test);
            }
            _ => {}
        }
    }
}
