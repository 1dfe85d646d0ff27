//! Q002.

use crate::diagnostic::Diagnostic;
use crate::ir::pass::prune;
use crate::ir::{ColumnId, Expr, ExprKind, Op, Query};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::source::Span;
use std::collections::HashSet;

lint! {
    /// ## What it does
    /// Looks for columns that `extend` computes, that nothing reads, and that the result does not hold.
    ///
    /// ## Why it is bad
    /// It costs time for each record, and it is often the trace of a filter or of a key that was lost.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | extend Country = tostring(LocationDetails.countryOrRegion)
    /// | summarize Count = count() by UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | extend Country = tostring(LocationDetails.countryOrRegion)
    /// | summarize Count = count() by UserPrincipalName, Country
    /// ```
    "Q002" "unused-column" Warning, fix: None, since: "0.1.0",
    summary: "A column is computed and never used.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(query) = context.meaning() else { return };
    let mut pruned = query.clone();
    prune(&mut pruned);
    let mut kept = HashSet::new();
    let plans = |query: &mut Query, f: &mut dyn FnMut(ColumnId)| {
        for plan in query.shared.iter_mut().map(|shared| &mut shared.plan).chain([&mut query.plan]) {
            plan.fold_plans(&mut |plan| {
                for step in &plan.steps {
                    if let Op::Extend(items) = &step.op {
                        // Of several values of one function some may be named for the others' sake.
                        let single = |expr: &Expr| !matches!(expr.kind, ExprKind::Item(..));
                        let own = items.iter().filter(|item| !item.is_passed_on() && single(&item.expr));
                        own.for_each(|item| f(item.id));
                    }
                }
            });
        }
    };
    plans(&mut pruned, &mut |id| {
        kept.insert(id);
    });
    // A table that is read twice is bound twice: a column of it is unused only if it is so in both.
    let spot = |id: ColumnId| query.columns[id].span;
    let used: HashSet<_> = kept.iter().map(|&id| spot(id)).collect();
    let mut told = HashSet::new();
    plans(&mut query.clone(), &mut |id| {
        let span = spot(id);
        if !used.contains(&span) && told.insert(span) {
            let name = &query.columns[id].name;
            // The words of a column that the query does not name are those of its expression.
            if context.words(span).starts_with(&**name) {
                let span = Span { start: span.start, end: span.start + name.len() as u32 };
                found.push(
                    LINT.at(span, format!("`{name}` is computed and never used"))
                        .label("nothing reads it, and the result does not hold it"),
                );
            }
        }
    });
}
