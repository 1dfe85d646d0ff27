//! Q006.

use crate::diagnostic::Diagnostic;
use crate::functions;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::nodes::bare;
use crate::syntax::ast::{ExprKind, LetValue, WrapperKind};
use std::collections::HashSet;

lint! {
    /// ## What it does
    /// Looks for the name of a `let` that holds a value, where a column of the same name is read.
    ///
    /// ## Why it is bad
    /// Where both have a name, KQL reads the column. A comparison with the value that was declared is then a comparison of
    /// the column with itself.
    ///
    /// ## Example
    /// ```kql
    /// let AppId = "00000002-0000-0ff1-ce00-000000000000";
    /// SigninLogs
    /// | where ResourceIdentity == AppId
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// let exchange = "00000002-0000-0ff1-ce00-000000000000";
    /// SigninLogs
    /// | where ResourceIdentity == exchange
    /// ```
    "Q006" "hidden-let" Warning, fix: None, since: "0.1.0",
    summary: "A column hides a `let` of the same name.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let values: Vec<_> = context.nodes.lets.iter().filter(|(node, _)| is_value(&node.value)).collect();
    let Some(query) = context.meaning().filter(|_| !values.is_empty()) else { return };
    let mut told = HashSet::new();
    for plan in query.plans() {
        plan.walk(&mut |expr| {
            let Some(id) = expr.as_column() else { return };
            if query.columns[id].is_unlisted() {
                return;
            }
            let hidden = values.iter().find(|(node, scope)| {
                let within = scope.start <= expr.span.start && expr.span.end <= scope.end;
                within && context.words(expr.span) == &*node.name.text
            });
            if let Some((node, _)) = hidden.filter(|_| told.insert(expr.span)) {
                found.push(
                    LINT.at(expr.span, format!("this is the column `{0}`, and not the `let`", node.name.text))
                        .label("a column of this name comes first")
                        .related(node.name.span, "the `let`")
                        .help("give the `let` a name that no column has"),
                );
            }
        });
    }
    found.sort_by_key(|found| found.span);
}

/// Whether a `let` holds a single value, as far as its words tell.
fn is_value(value: &LetValue) -> bool {
    let LetValue::Expr(expr) = value else { return false };
    match &bare(expr).kind {
        ExprKind::Literal(_) | ExprKind::Dynamic(_) | ExprKind::Unary(_) | ExprKind::Binary(_) | ExprKind::Chain(_) => {
            true
        }
        ExprKind::Call(call) => functions::scalar(&call.name.text).is_some(),
        ExprKind::Wrapper(wrapper) => wrapper.kind == WrapperKind::ToScalar,
        _ => false,
    }
}
