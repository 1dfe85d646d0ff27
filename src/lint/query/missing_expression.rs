//! Q005.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::Severity;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::StatementKind;

lint! {
    /// ## What it does
    /// Looks for queries that have statements and no expression to evaluate.
    ///
    /// ## Why it is bad
    /// There is nothing to run: the service refuses the query.
    ///
    /// ## Example
    /// ```kql
    /// let failed = SigninLogs | where ResultType != "0";
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// let failed = SigninLogs | where ResultType != "0";
    /// failed
    /// ```
    "Q005" "missing-expression" Error, fix: None, since: "0.1.0",
    summary: "The query declares names and asks for nothing.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let asks = |kind: &StatementKind| matches!(kind, StatementKind::Expr(_));
    let statements = &context.query.statements;
    if let Some(last) = statements.last()
        && !statements.iter().any(|statement| asks(&statement.kind))
    {
        let mut diagnostic = LINT
            .at(last.span, "the query ends without asking for anything")
            .label("the last statement")
            .help("add the table or the name whose records are wanted, as the last line");
        // A file of queries may hold declarations to copy from.
        if context.rule.is_none() {
            diagnostic.severity = Severity::Warning;
        }
        found.push(diagnostic);
    }
}
