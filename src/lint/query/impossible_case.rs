//! Q006.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, LiteralKind};

lint! {
    /// ## What it does
    /// Looks for `tolower(x) == "A"` and `toupper(x) == "a"`: what the function gives can never equal a text with letters of the
    /// other case.
    ///
    /// ## Why it is bad
    /// The comparison never holds, so that the rule is blind where it looks most careful.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where tolower(AppDisplayName) == "Azure Portal"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where AppDisplayName =~ "Azure Portal"
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the comparison begins to hold.
    "Q006" "impossible-case" Warning, fix: Sometimes, since: "0.1.0",
    summary: "A text in one case is compared with a text that has another.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    walk(context.query, &mut |part| {
        let Part::Expr(Expr { kind: ExprKind::Binary(binary), .. }) = part else { return };
        let sign = match binary.op {
            BinaryOp::Equal => "=~",
            BinaryOp::NotEqual => "!~",
            _ => return,
        };
        let (ExprKind::Call(call), ExprKind::Literal(literal)) = (&binary.left.kind, &binary.right.kind) else {
            return;
        };
        let LiteralKind::String(text) = &literal.kind else { return };
        let ([argument], name) = (call.arguments.as_slice(), &*call.name.text) else { return };
        let impossible = match name {
            "tolower" => text.value.chars().any(|c| c.is_ascii_uppercase()),
            "toupper" => text.value.chars().any(|c| c.is_ascii_lowercase()),
            _ => return,
        };
        if !impossible {
            return;
        }
        let outcome = if sign == "=~" { "never holds" } else { "always holds" };
        let edits =
            vec![Edit::replace(binary.left.span, context.words(argument.span)), Edit::replace(binary.op_span, sign)];
        found.push(
            LINT.at(
                binary.left.span.to(binary.right.span),
                format!("`{name}` gives no text such as {}", context.words(binary.right.span)),
            )
            .label(outcome)
            .fix(format!("compare with `{sign}`, which takes any case"), Applicability::Unsafe, edits),
        );
    });
}
