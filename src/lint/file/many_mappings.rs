//! F074.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `entityMappings` with more than ten items.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: A}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: B}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: C}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: D}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: E}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: F}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: G}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: H}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: I}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: J}]}
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: K}]}
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// entityMappings:
    ///   - {entityType: IP, fieldMappings: [{identifier: Address, columnName: A}]}
    /// ```
    "F074" "too-many-entity-mappings" Error, fix: None, since: "0.1.0",
    summary: "The rule maps no entity, or more than ten.",
    check: Rule(check)
}

const MOST: usize = 10;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(mappings) = &context.rule.entity_mappings else { return };
    if let Some(first) = mappings.value.get(MOST) {
        let head = first.entity_type.as_ref().map_or(mappings.key, |name| name.span);
        found.push(graded(
            context,
            LINT.at(head, format!("the rule has {} mappings where {MOST} are allowed", mappings.value.len()))
                .label("the first one too many"),
        ));
    }
}
