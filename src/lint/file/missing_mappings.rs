//! F070.

use super::shared::has_key;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for analytic rules without `entityMappings`.
    ///
    /// ## Why it is bad
    /// Alerts without entities cannot be correlated or investigated by account, host or address. Off by default: some rules have
    /// none to map.
    ///
    /// ## Example
    /// ```yaml without=entityMappings
    /// name: Sign-in from a new country
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
    "F070" "missing-entity-mappings" Off, fix: None, since: "0.1.0",
    summary: "The rule maps no entity.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.intent.is_analytic()
        && !has_key(context, "entityMappings")
        && !has_key(context, "sentinelEntitiesMappings")
    {
        found.push(LINT.at(context.head(), "the rule maps no entity").label("add `entityMappings`"));
    }
}
