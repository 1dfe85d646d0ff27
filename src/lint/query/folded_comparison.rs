//! Q015.

use super::shared::{call_of_one, string};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{BinaryOp, ExprKind};

lint! {
    /// ## What it does
    /// Looks for `tolower(x) == "a"` and `toupper(x) == "A"`.
    ///
    /// ## Why it is bad
    /// Every record is folded before it is compared, and the index of terms is of no use. `=~` compares without regard
    /// to case and uses it.
    ///
    /// ## Example
    /// ```kql
    /// DeviceProcessEvents
    /// | where tolower(FileName) == "powershell.exe"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// DeviceProcessEvents
    /// | where FileName =~ "powershell.exe"
    /// ```
    ///
    /// ## Fix safety
    /// `tolower` folds letters beyond ASCII too: it makes `k` of the Kelvin sign, which `=~` need not.
    "Q015" "folded-comparison" Warning, fix: Always, since: "0.1.0",
    summary: "A text is folded to be compared.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        let ExprKind::Binary(node) = &expr.kind else { continue };
        let sign = match node.op {
            BinaryOp::Equal => "=~",
            BinaryOp::NotEqual => "!~",
            _ => continue,
        };
        let Some((function, argument)) = call_of_one(&node.left, &["tolower", "toupper"]) else { continue };
        let Some(text) = string(&node.right) else { continue };
        let lower = function == "tolower";
        let stray = |c: char| if lower { c.is_ascii_uppercase() } else { c.is_ascii_lowercase() };
        if text.is_ascii() && !text.contains(stray) {
            found.push(
                LINT.at(expr.span, format!("`{function}` and a comparison do what `{sign}` does alone"))
                    .label("folds the text of every record")
                    .fix(
                        format!("compare with `{sign}`"),
                        Applicability::Unsafe,
                        vec![
                            Edit::replace(node.left.span, context.words(argument.span)),
                            Edit::replace(node.op_span, sign),
                        ],
                    ),
            );
        }
    }
}
