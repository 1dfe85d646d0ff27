//! F073.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::entity::{Required, entity};

lint! {
    /// ## What it does
    /// Looks for mappings without any of the identifiers that the entity's type needs: a `Host` by its `DnsDomain` alone, a
    /// `FileHash` without its `Algorithm`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule, since it could not tell one such entity from another.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Host
    ///     fieldMappings:
    ///       - identifier: DnsDomain
    ///         columnName: Domain
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Host
    ///     fieldMappings:
    ///       - identifier: HostName
    ///         columnName: Computer
    ///       - identifier: DnsDomain
    ///         columnName: Domain
    /// ```
    "F073" "weak-entity-mapping" Error, fix: None, since: "0.1.0",
    summary: "The mapping has nothing that identifies the entity.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for mapping in context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value) {
        let Some(name) = &mapping.entity_type else { continue };
        let (Some(entity), Some(fields)) = (entity(&name.value), &mapping.field_mappings) else { continue };
        let mapped: Vec<&str> =
            fields.value.iter().filter_map(|field| field.identifier.as_ref()).map(|name| name.value.as_str()).collect();
        // What is misspelt may be what is missing, and is told already.
        if mapped.len() < fields.value.len() || mapped.iter().any(|name| !entity.identifiers.contains(name)) {
            continue;
        }
        let (satisfied, words) = match entity.required {
            Required::One(names) => {
                (names.iter().any(|name| mapped.contains(name)), format!("one of {}", names.join(", ")))
            }
            Required::All(names) => (names.iter().all(|name| mapped.contains(name)), names.join(" and ")),
        };
        if !satisfied {
            found.push(graded(
                context,
                LINT.at(name.span, format!("nothing here identifies the `{}`", entity.name))
                    .label(format!("needs {words}")),
            ));
        }
    }
}
