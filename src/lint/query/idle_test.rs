//! Q011.

use crate::diagnostic::Diagnostic;
use crate::ir::satisfiable::{self, Settled};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::nodes::bare;
use crate::syntax::ast::{ExprKind, Literal, LiteralKind, NamedExpr, Names, OperatorKind};

lint! {
    /// ## What it does
    /// Looks for tests that every record passes: `!=` of two values joined by `or`, and a bare `true`.
    ///
    /// ## Why it is bad
    /// A filter that lets everything pass is not the filter that was meant; of two `!=` joined by `or`, `and` was.
    ///
    /// ## Example
    /// ```kql
    /// SecurityEvent
    /// | where AccountType != "Machine" or AccountType != "System"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SecurityEvent
    /// | where AccountType != "Machine" and AccountType != "System"
    /// ```
    ///
    /// ## Fix safety
    /// There is none that keeps the meaning.
    "Q011" "idle-test" Warning, fix: Sometimes, since: "0.1.0",
    summary: "A test always holds.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(query) = context.meaning() {
        for Settled { span, against, .. } in satisfiable::settled(query).into_iter().filter(|settled| settled.holds) {
            let diagnostic = LINT.at(span, "this always holds").label("whatever the value, one of the tests holds");
            let diagnostic = match against {
                Some(against) => diagnostic.related(against, "holds wherever the one before does not"),
                None => diagnostic,
            };
            found.push(diagnostic.help("join them with `and`"));
        }
    }
    for operator in &context.nodes.operators {
        if let OperatorKind::Where(NamedExpr { names: Names::None, expr, .. }) = &operator.kind
            && let ExprKind::Literal(Literal { kind: LiteralKind::Bool, raw, .. }) = &bare(expr).kind
            && raw.eq_ignore_ascii_case("true")
        {
            found.push(LINT.at(operator.span, "`where true` lets everything pass").label("filters nothing"));
        }
    }
}
