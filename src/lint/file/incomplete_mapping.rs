//! F079.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for items of `entityMappings` without `entityType` or `fieldMappings`, and for items of those without `identifier`
    /// or `columnName`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: FullName
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
    "F079" "incomplete-entity-mapping" Error, fix: None, since: "0.1.0",
    summary: "A mapping lacks a key that it must have.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let source = context.source();
    let mut lacks = |span: Span, key: &str| {
        let line = span.of(source).lines().next().unwrap_or("").trim_end().len();
        let head = Span::new(span.start as usize, span.start as usize + line);
        found.push(graded(context, LINT.at(head, format!("the mapping has no `{key}`")).label(format!("add `{key}`"))));
    };
    for mapping in context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value) {
        if mapping.entity_type.as_ref().is_none_or(|name| name.value.trim().is_empty()) {
            lacks(mapping.span, "entityType");
        }
        match &mapping.field_mappings {
            None => lacks(mapping.span, "fieldMappings"),
            Some(fields) if fields.value.is_empty() => lacks(fields.key, "identifier"),
            Some(_) => {}
        }
        for field in mapping.field_mappings.iter().flat_map(|fields| &fields.value) {
            if field.identifier.is_none() {
                lacks(field.span, "identifier");
            }
            if field.column_name.is_none() {
                lacks(field.span, "columnName");
            }
        }
    }
}
