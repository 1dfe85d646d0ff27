//! Q013.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::types::Type;

lint! {
    /// ## What it does
    /// Looks for `isnull` and `isnotnull` of a string.
    ///
    /// ## Why it is bad
    /// A string without a value is empty, not null: `isnull` of it never holds, and `isnotnull` always does.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where isnotnull(UserPrincipalName)
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where isnotempty(UserPrincipalName)
    /// ```
    ///
    /// ## Fix safety
    /// What is found changes: empty strings are told apart, which they were not.
    "Q013" "null-test-of-string" Warning, fix: Always, since: "0.1.0",
    summary: "A string is never null.",
    check: Query(check)
}

const BETTER: &[(&str, &str)] = &[("isnull", "isempty"), ("isnotnull", "isnotempty"), ("notnull", "isnotempty")];

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for (call, span) in &context.nodes.calls {
        let Some((_, better)) = BETTER.iter().find(|(name, _)| *name == &*call.name.text) else { continue };
        let [argument] = call.arguments.as_slice() else { continue };
        if context.nodes.type_of(&argument.expr) == Type::String {
            let outcome = if *better == "isempty" { "never" } else { "always" };
            found.push(
                LINT.at(*span, format!("a string is never null, so this {outcome} holds"))
                    .label(format!("`{}` is a string", context.words(argument.expr.span)))
                    .fix(
                        format!("write `{better}`"),
                        Applicability::Unsafe,
                        vec![Edit::replace(call.name.span, *better)],
                    ),
            );
        }
    }
}
