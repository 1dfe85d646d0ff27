//! Q007.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, LiteralKind, StringTest};

lint! {
    /// ## What it does
    /// Looks for `matches regex` with an expression that has nothing but letters, digits, blanks and `_`, `-`, `/`, `:`, `,`.
    ///
    /// ## Why it is bad
    /// `contains_cs` means the same, says so, and is faster. Mostly `has` is what was meant, which uses the index.
    ///
    /// ## Example
    /// ```kql
    /// SecurityEvent
    /// | where CommandLine matches regex "mimikatz"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SecurityEvent
    /// | where CommandLine contains_cs "mimikatz"
    /// ```
    ///
    /// ## Fix safety
    /// Both look for the text anywhere, with its case.
    "Q007" "literal-regex" Warning, fix: Sometimes, since: "0.1.0",
    summary: "The regular expression is a plain text.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    walk(context.query, &mut |part| {
        let Part::Expr(Expr { kind: ExprKind::Binary(binary), .. }) = part else { return };
        let BinaryOp::String(op) = binary.op else { return };
        let ExprKind::Literal(literal) = &binary.right.kind else { return };
        let LiteralKind::String(text) = &literal.kind else { return };
        let plain =
            text.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/' | ':' | ','));
        if op.test != StringTest::MatchesRegex || op.negated || !plain || text.value.is_empty() {
            return;
        }
        found.push(
            LINT.at(binary.op_span.to(binary.right.span), "the regular expression is a plain text")
                .label("nothing in it needs an expression")
                .fix("write `contains_cs`", Applicability::Safe, vec![Edit::replace(binary.op_span, "contains_cs")]),
        );
    });
}
