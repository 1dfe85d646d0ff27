//! F016.

use super::shared::has_key;
use crate::diagnostic::Diagnostic;
use crate::lint::Intent;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for scheduled rules without `requiredDataConnectors`. An empty list is fine.
    ///
    /// ## Why it is bad
    /// The public repository's checks demand the key, and the portal cannot tell users whether they have the data.
    ///
    /// ## Example
    /// ```yaml without=requiredDataConnectors
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// requiredDataConnectors:
    ///   - connectorId: AzureActiveDirectory
    ///     dataTypes:
    ///       - SigninLogs
    /// ```
    "F016" "missing-connectors" Error, fix: Sometimes, since: "0.1.0",
    summary: "The scheduled rule does not say which data connectors it needs.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.intent == Intent::Scheduled && context.is_flat() && !has_key(context, "requiredDataConnectors") {
        found.push(
            LINT.at(context.head(), "the rule has no `requiredDataConnectors`")
                .label("add `requiredDataConnectors`")
                .help("write `requiredDataConnectors: []` if it needs none"),
        );
    }
}
