//! Q023.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::types::Type;

lint! {
    /// ## What it does
    /// Looks for `strcat` with a single argument.
    ///
    /// ## Why it is bad
    /// There is nothing to join: an argument was lost, or the call is left over.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | extend Account = strcat(UserPrincipalName)
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | extend Account = tostring(UserPrincipalName)
    /// ```
    ///
    /// ## Fix safety
    /// A column that is not named here gets another name.
    "Q023" "lone-concatenation" Warning, fix: Always, since: "0.1.0",
    summary: "A concatenation of one text.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for (call, span) in &context.nodes.calls {
        if &*call.name.text != "strcat" {
            continue;
        }
        if let [argument] = call.arguments.as_slice() {
            let is_string = string(&argument.expr).is_some() || context.nodes.type_of(&argument.expr) == Type::String;
            let words = context.words(argument.span);
            let instead = if is_string { words.to_owned() } else { format!("tostring({words})") };
            found.push(LINT.at(*span, "there is nothing to join").label("one argument").fix(
                "write the argument alone",
                Applicability::Unsafe,
                vec![Edit::replace(*span, instead)],
            ));
        }
    }
}
