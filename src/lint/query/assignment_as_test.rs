//! Q004.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::source::Span;
use crate::syntax::ast::{NamedExpr, Names, OperatorKind};

lint! {
    /// ## What it does
    /// Looks for `where` with a single `=`.
    ///
    /// ## Why it is bad
    /// The parser reads it as a name for the test, which filters by the right side alone or fails: the comparison that
    /// was meant never takes place.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where IsInteractive = true
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where IsInteractive == true
    /// ```
    ///
    /// ## Fix safety
    /// What is found changes: the comparison takes place.
    "Q004" "assignment-as-test" Error, fix: Always, since: "0.1.0",
    summary: "`where` has `=` in the place of `==`.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for operator in &context.nodes.operators {
        let OperatorKind::Where(NamedExpr { names: Names::One(name), expr, .. }) = &operator.kind else { continue };
        let between = Span { start: name.span.end, end: expr.span.start };
        let Some(at) = context.words(between).find('=') else { continue };
        let sign = Span::new(name.span.end as usize + at, name.span.end as usize + at + 1);
        found.push(
            LINT.at(sign, format!("`=` gives the test the name `{}` and compares nothing", name.text))
                .label("a comparison is written `==`")
                .fix("write `==`", Applicability::Unsafe, vec![Edit::replace(sign, "==")]),
        );
    }
}
