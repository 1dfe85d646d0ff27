//! F078.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::entity::LEGACY_COLUMNS;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for `AccountCustomEntity`, `HostCustomEntity` and their kin in the query of an analytic rule where no
    /// `entityMappings` item names the column.
    ///
    /// ## Why it is bad
    /// Such columns were once turned into entities by their names. They no longer are; the public repository's checks refuse the
    /// rule. A mention in a comment counts, too.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | extend AccountCustomEntity = UserPrincipalName
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: FullName
    ///         columnName: UserPrincipalName
    /// ```
    "F078" "legacy-entity-column" Error, fix: None, since: "0.1.0",
    summary: "The query makes a column for an entity in the old way, and no mapping takes it up.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(query) = context.rule.query.as_ref().filter(|_| context.intent.is_analytic()) else { return };
    let mappings = context.rule.entity_mappings.iter().flat_map(|mappings| &mappings.value);
    let columns: Vec<&str> = mappings
        .flat_map(|mapping| &mapping.field_mappings)
        .flat_map(|fields| &fields.value)
        .filter_map(|field| field.column_name.as_ref())
        .map(|column| column.value.as_str())
        .collect();
    for (column, entity) in LEGACY_COLUMNS {
        let Some(at) = query.text.find(column).filter(|_| !columns.contains(column)) else { continue };
        found.push(
            LINT.at(query.map.span(Span::new(at, at + column.len())), format!("no mapping takes up `{column}`"))
                .label("no longer turned into an entity by its name")
                .help(format!("map it to an `{entity}` in `entityMappings`, or take it out of the query")),
        );
    }
}
