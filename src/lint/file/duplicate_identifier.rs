//! F076.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for an `identifier` that stands twice in one mapping.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. Two entities of one type take two mappings.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: SourceIP
    ///       - identifier: Address
    ///         columnName: DestinationIP
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: SourceIP
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: DestinationIP
    /// ```
    "F076" "duplicate-identifier" Error, fix: None, since: "0.1.0",
    summary: "An entity is mapped twice by the same identifier.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for mapping in context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value) {
        let fields = mapping.field_mappings.iter().flat_map(|fields| &fields.value);
        let names: Vec<_> = fields.filter_map(|field| field.identifier.as_ref()).collect();
        for (index, name) in names.iter().enumerate() {
            if let Some(first) = names[..index].iter().find(|first| first.value == name.value) {
                found.push(graded(
                    context,
                    LINT.at(name.span, format!("the identifier `{}` is mapped twice", name.value))
                        .label("again")
                        .related(first.span, "mapped before")
                        .help("a second entity of the same type takes a mapping of its own"),
                ));
            }
        }
    }
}
