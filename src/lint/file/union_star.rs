//! F063.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::{ExprKind, OperatorKind};

lint! {
    /// ## What it does
    /// Looks for `union *` in analytic rules.
    ///
    /// ## Why it is bad
    /// The service refuses the rule, since every run would read the whole workspace.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   union * | where Account == "root"
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   union SecurityEvent, Syslog | where Account == "root"
    /// ```
    "F063" "union-star" Error, fix: None, since: "0.1.0",
    summary: "The rule reads every table.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.intent.is_some_and(crate::lint::Intent::is_analytic) {
        return;
    }
    walk(context.query, &mut |part| {
        let Part::Operator { operator, .. } = part else { return };
        let OperatorKind::Union(items) = &operator.kind else { return };
        for item in items {
            let everything = match &item.kind {
                ExprKind::Star => true,
                ExprKind::Name(name) => name.is_wildcard() && &*name.text == "*",
                _ => false,
            };
            if everything {
                found.push(
                    LINT.at(operator.keyword.to(item.span), "every run reads every table")
                        .label("refused by the service")
                        .help("name the tables"),
                );
            }
        }
    });
}
