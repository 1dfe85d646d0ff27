//! Q050.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::functions;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for calls of built-ins under names that KQL has replaced.
    ///
    /// ## Why it is bad
    /// Old names are not documented any more, and some of them do less: `makelist` and `makeset` stop at 128 values.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where notempty(UserPrincipalName)
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where isnotempty(UserPrincipalName)
    /// ```
    ///
    /// ## Fix safety
    /// Safe where the two names mean the same and name their column alike; `makelist` and `makeset` keep fewer values
    /// than what replaces them. Where the query has a function of its own by the new name, there is no fix.
    "Q050" "old-function" Warning, fix: Sometimes, since: "0.1.0",
    summary: "A function goes by an old name.",
    check: Query(check)
}

/// Old names that mean exactly what the new ones mean.
const SAME: &[&str] = &[
    "arraylength",
    "base64_decodestring",
    "base64_encodestring",
    "columnifexists",
    "extractall",
    "make_string",
    "notempty",
    "notnull",
    "pack",
    "pack_dictionary",
    "parsejson",
    "parseurl",
    "parseurlquery",
    "to_utf8",
];

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for (call, _) in &context.nodes.calls {
        let name = &*call.name.text;
        let row = functions::scalar(name).map(functions::FunctionId::row);
        let Some(old) = row.or_else(|| functions::aggregate(name).map(functions::AggregateId::row)) else { continue };
        let [first, others @ ..] = old.replaced_by else { continue };
        let declared = |name: &str| context.nodes.lets.iter().any(|(own, _)| &*own.name.text == name);
        if declared(name) {
            continue;
        }
        let new = functions::scalar(first).map(functions::FunctionId::row);
        let same = SAME.contains(&name) && new.is_some_and(|new| new.naming == old.naming);
        let applicability = if same { Applicability::Safe } else { Applicability::Unsafe };
        let mut diagnostic =
            LINT.at(call.name.span, format!("`{name}` is an old name")).label(format!("`{first}` now"));
        if matches!(name, "makelist" | "makeset") {
            diagnostic = diagnostic.note(format!("`{name}` keeps 128 values at most, `{first}` 1,048,576"));
        }
        if others.is_empty() && declared(first) {
            diagnostic = diagnostic.note(format!("the query declares a `{first}` of its own, which would be called"));
        } else if others.is_empty() {
            diagnostic =
                diagnostic.fix(format!("write `{first}`"), applicability, vec![Edit::replace(call.name.span, *first)]);
        } else {
            diagnostic = diagnostic.help(format!("write `{}`, whichever is meant", old.replaced_by.join("` or `")));
        }
        found.push(diagnostic);
    }
}
