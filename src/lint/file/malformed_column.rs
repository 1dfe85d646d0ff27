//! F077.

use super::shared::{graded, is_column_name, settled};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `columnName` in `entityMappings` that is no name: an expression, a placeholder, a name with blanks, an empty
    /// text.
    ///
    /// ## Why it is bad
    /// The service takes the name of a column of the result and nothing else.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: FullName
    ///         columnName: "{{UserPrincipalName}}"
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: FullName
    ///         columnName: UserPrincipalName
    /// ```
    "F077" "malformed-column-name" Error, fix: None, since: "0.1.0",
    summary: "This cannot be the name of a column.",
    check: Rule(check)
}

/// In characters.
const MOST: usize = 500;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let mappings = context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value);
    for field in mappings.flat_map(|mapping| &mapping.field_mappings).flat_map(|fields| &fields.value) {
        let Some(column) = settled(context, field.column_name.as_ref()) else { continue };
        if !is_column_name(&column.value) || column.value.chars().count() > MOST {
            found.push(graded(
                context,
                LINT.at(column.span, format!("`{}` cannot be the name of a column", column.value))
                    .label("letters, digits and `_`, not beginning with a digit")
                    .help("make the column in the query, with `extend`, and name it here"),
            ));
        }
    }
}
