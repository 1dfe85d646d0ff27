//! Q001.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::schema::matches_wildcard;
use crate::source::Span;
use crate::syntax::ast::StatementKind;

lint! {
    /// ## What it does
    /// Looks for `let` statements whose name is read nowhere behind them.
    ///
    /// ## Why it is bad
    /// What is declared and not read is often a list or a threshold that the rule was meant to use: the filter that
    /// read it was lost, and the rule finds more than it says.
    ///
    /// ## Example
    /// ```kql
    /// let allowed = dynamic(["svc-backup"]);
    /// SigninLogs
    /// | where ResultType == "50126"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// let allowed = dynamic(["svc-backup"]);
    /// SigninLogs
    /// | where ResultType == "50126"
    /// | where UserPrincipalName !in (allowed)
    /// ```
    ///
    /// ## Fix safety
    /// What the `let` says may be what the rule lacks, so it is taken out only on demand.
    "Q001" "unused-let" Warning, fix: Always, since: "0.1.0",
    summary: "A `let` that nothing reads.",
    check: Query(check)
}

/// The variables are few, so each looks through all names.
fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let nodes = context.nodes;
    // Where nothing is asked for, nothing can be read; that is told by itself.
    if !context.query.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Expr(_))) {
        return;
    }
    for (node, scope) in &nodes.lets {
        let name = &node.name;
        let read = nodes.names.iter().any(|read| {
            scope.start <= read.span.start
                && read.span.end <= scope.end
                && (read.text == name.text || read.is_wildcard() && matches_wildcard(&read.text, &name.text))
        });
        // `table("name")` reads it, too.
        if read || nodes.exprs.iter().any(|expr| string(expr) == Some(&name.text)) {
            continue;
        }
        // Between the word and the name stand blanks and comments alone.
        let start = context.view.text[..name.span.start as usize].rfind("let");
        let after = &context.view.text[scope.start as usize..];
        let blanks = after.len() - after.trim_start().len();
        let semicolon = after[blanks..].starts_with(';');
        let end = if semicolon { scope.start as usize + blanks + 1 } else { scope.start as usize };
        let mut diagnostic =
            LINT.at(name.span, format!("nothing reads `{}`", name.text)).label("declared here and never read");
        if let Some(start) = start {
            diagnostic =
                diagnostic.fix("take the `let` out", Applicability::Unsafe, vec![Edit::delete(Span::new(start, end))]);
        }
        found.push(diagnostic);
    }
}
