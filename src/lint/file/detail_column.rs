//! F082.

use super::shared::{graded, is_column_name};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for values of `customDetails` that are no names: expressions, placeholders, sentences.
    ///
    /// ## Why it is bad
    /// A custom detail shows a column of the result. The service refuses anything else.
    ///
    /// ## Example
    /// ```yaml
    /// customDetails:
    ///   Country: "{{Country}}"
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// customDetails:
    ///   Country: Country
    /// ```
    "F082" "malformed-detail-column" Error, fix: None, since: "0.1.0",
    summary: "The value of a custom detail cannot be the name of a column.",
    check: Rule(check)
}

/// In characters.
const MOST: usize = 500;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for detail in context.rule.custom_details.iter().flat_map(|details| &details.value) {
        if !is_column_name(&detail.value) || detail.value.chars().count() > MOST {
            found.push(graded(
                context,
                LINT.at(detail.span, format!("`{}` cannot be the name of a column", detail.value))
                    .label("letters, digits and `_`, not beginning with a digit")
                    .help("make the column in the query, with `extend`, and name it here"),
            ));
        }
    }
}
