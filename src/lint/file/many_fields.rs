//! F075.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `fieldMappings` with more than three items.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. The three strongest identifiers are enough.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: Name
    ///         columnName: UserName
    ///       - identifier: UPNSuffix
    ///         columnName: Suffix
    ///       - identifier: AadUserId
    ///         columnName: UserId
    ///       - identifier: DisplayName
    ///         columnName: UserDisplayName
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: Name
    ///         columnName: UserName
    ///       - identifier: UPNSuffix
    ///         columnName: Suffix
    ///       - identifier: AadUserId
    ///         columnName: UserId
    /// ```
    "F075" "too-many-field-mappings" Error, fix: None, since: "0.1.0",
    summary: "An entity is mapped by more than three identifiers.",
    check: Rule(check)
}

const MOST: usize = 3;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for mapping in context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value) {
        let Some(fields) = &mapping.field_mappings else { continue };
        let Some(first) = fields.value.get(MOST) else { continue };
        let head = first.identifier.as_ref().map_or(fields.key, |name| name.span);
        found.push(graded(
            context,
            LINT.at(head, format!("the entity has {} identifiers where {MOST} are allowed", fields.value.len()))
                .label("the first one too many"),
        ));
    }
}
