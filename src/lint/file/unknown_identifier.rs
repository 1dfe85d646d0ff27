//! F072.

use super::shared::{graded, replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::entity::entity;
use crate::lint::known::same_letters;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for an `identifier` that the entity's type does not have. Identifiers are told apart by case, and not alike
    /// everywhere: an account has a `Sid`, a security group a `SID`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - entityType: URL
    ///     fieldMappings:
    ///       - identifier: URL
    ///         columnName: Link
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// entityMappings:
    ///   - entityType: URL
    ///     fieldMappings:
    ///       - identifier: Url
    ///         columnName: Link
    /// ```
    ///
    /// ## Fix safety
    /// Safe where only the case is wrong; another name that is near is a guess.
    "F072" "unknown-identifier" Error, fix: Sometimes, since: "0.1.0",
    summary: "The entity has no such identifier.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for mapping in context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value) {
        let Some(entity) = mapping.entity_type.as_ref().and_then(|name| entity(&name.value)) else { continue };
        for field in mapping.field_mappings.iter().flat_map(|fields| &fields.value) {
            let Some(name) = settled(context, field.identifier.as_ref()) else { continue };
            if entity.identifiers.contains(&name.value.as_str()) {
                continue;
            }
            let names = || entity.identifiers.iter().copied();
            let diagnostic = graded(
                context,
                LINT.at(name.span, format!("`{}` has no identifier `{}`", entity.name, name.value))
                    .label("unknown identifier"),
            );
            let (known, applicability) = match same_letters(&name.value, names()) {
                Some(known) => (Some(known), Applicability::Safe),
                None => (nearest(&name.value, names()), Applicability::Unsafe),
            };
            found.push(match known {
                Some(known) => diagnostic.fix(
                    format!("write `{known}`"),
                    applicability,
                    vec![replace(context.source(), name.span, known)],
                ),
                None => diagnostic.help(format!("it has {}", entity.identifiers.join(", "))),
            });
        }
    }
}
