//! F017.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for items of `requiredDataConnectors` without `connectorId` or without `dataTypes`.
    ///
    /// ## Why it is bad
    /// Both are required: one says where the data comes from, the other which tables are meant.
    ///
    /// ## Example
    /// ```yaml
    /// requiredDataConnectors:
    ///   - connectorId: AzureActiveDirectory
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// requiredDataConnectors:
    ///   - connectorId: AzureActiveDirectory
    ///     dataTypes:
    ///       - SigninLogs
    /// ```
    "F017" "incomplete-connector" Error, fix: None, since: "0.1.0",
    summary: "A data connector lacks its `connectorId` or its `dataTypes`.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(connectors) = &context.rule.required_data_connectors else { return };
    for connector in &connectors.value {
        let lacking = match (&connector.connector_id, &connector.data_types) {
            (Some(id), _) if id.value.trim().is_empty() => "connectorId",
            (None, _) => "connectorId",
            (Some(_), None) => "dataTypes",
            _ => continue,
        };
        let span = connector.connector_id.as_ref().map_or(connectors.key, |id| id.span);
        found.push(graded(
            context,
            LINT.at(span, format!("the data connector has no `{lacking}`")).label(format!("add `{lacking}`")),
        ));
    }
}
