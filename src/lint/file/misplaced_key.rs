//! F122.

use super::misspelt_key::{elsewhere, place};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for keys in rule YAML that stand at another depth than the schema gives them, most often because of a slip of
    /// indentation.
    ///
    /// ## Why it is bad
    /// Nothing reads the key where it stands.
    ///
    /// ## Example
    /// ```yaml
    /// requiredDataConnectors:
    ///   - connectorId: AzureActiveDirectory
    ///     dataTypes: []
    /// dataTypes:
    ///   - SigninLogs
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// requiredDataConnectors:
    ///   - connectorId: AzureActiveDirectory
    ///     dataTypes:
    ///       - SigninLogs
    /// ```
    "F122" "misplaced-key" Warning, fix: None, since: "0.1.0",
    summary: "The key belongs to another part of the rule.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.is_flat() {
        return;
    }
    for unknown in &context.rule.unknown {
        let Some(other) = elsewhere(unknown) else { continue };
        let diagnostic = LINT
            .at(unknown.key, format!("`{}` does not belong here{}", unknown.name, place(unknown)))
            .label("nothing reads it");
        found.push(if other.is_empty() {
            diagnostic.help("move it to the outermost level of the rule")
        } else {
            diagnostic.help(format!("move it into `{other}`"))
        });
    }
}
