//! F071.

use super::shared::{graded, replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::entity::{ENTITIES, entity};
use crate::lint::known::same_letters;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for an `entityType` that the service does not know. Types are told apart by case.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Ip
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    ///
    /// ## Fix safety
    /// Safe where only the case is wrong; another name that is near is a guess.
    "F071" "unknown-entity-type" Error, fix: Sometimes, since: "0.1.0",
    summary: "There is no entity of this type.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for mapping in context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value) {
        let Some(name) = settled(context, mapping.entity_type.as_ref()).filter(|name| entity(&name.value).is_none())
        else {
            continue;
        };
        let names = || ENTITIES.iter().map(|entity| entity.name);
        let diagnostic = graded(
            context,
            LINT.at(name.span, format!("there is no entity of type `{}`", name.value)).label("unknown type"),
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
            None => diagnostic,
        });
    }
}
