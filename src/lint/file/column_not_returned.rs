//! F140.

use super::shared::{graded, is_column_name};
use super::unbalanced_placeholder::{formats, placeholders};
use crate::diagnostic::Diagnostic;
use crate::ir::{Plan, Query, SourceKind};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::Field;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks in `entityMappings`, `customDetails` and `alertDetailsOverride` for columns that the query does not return.
    /// Where the query reads a table or a function that is not known, so that its columns are not all known either,
    /// nothing is said.
    ///
    /// ## Why it is bad
    /// The service refuses an entity that has no column, and leaves the detail or the placeholder of an alert empty.
    ///
    /// ## Example
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | summarize Count = count() by UserPrincipalName
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | summarize Count = count() by UserPrincipalName, IPAddress
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    "F140" "column-not-returned" Error, fix: None, since: "0.1.0",
    summary: "The query does not return this column.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(bound) = context.query.and_then(|query| query.bound).filter(|bound| !bound.has_errors()) else { return };
    let Some(query) = bound.query.as_ref().filter(|query| is_certain(query)) else { return };
    let schema = query.plan.schema();
    let mut test = |name: &str, field: &Field<String>, what: &str| {
        // What is no name at all is told by other lints.
        if !is_column_name(name) || schema.get(name).is_some() {
            return;
        }
        let mut diagnostic =
            LINT.at(field.span, format!("the query returns no column `{name}`, which {what} refers to"));
        let names: Vec<&str> = schema.iter().map(|column| &*column.name).collect();
        if let Some(near) = names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            diagnostic = diagnostic.help(format!("names count case: it is `{near}`"));
        } else if let Some(near) = nearest(name, names.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if !names.is_empty() {
            let shown = names.iter().take(12).copied().collect::<Vec<_>>().join(", ");
            let more = names.len().saturating_sub(12);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            diagnostic = diagnostic.note(format!("it returns {shown}{more}"));
        }
        found.push(graded(context, diagnostic.label("not among the columns of the result")));
    };
    let rule = context.rule;
    let mappings = rule.entity_mappings.iter().flat_map(|mappings| &mappings.value);
    for field in mappings.flat_map(|mapping| &mapping.field_mappings).flat_map(|fields| &fields.value) {
        if let Some(column) = &field.column_name {
            test(&column.value, column, "an entity");
        }
    }
    for detail in rule.custom_details.iter().flat_map(|details| &details.value) {
        test(&detail.value, detail, "a custom detail");
    }
    for (_, field) in formats(context) {
        for name in placeholders(&field.value) {
            test(name, field, "the text of the alert");
        }
    }
}

/// Whether the columns of the result are known for certain: nothing open in it, and nothing unknown on the way.
fn is_certain(query: &Query) -> bool {
    let known = query.columns.iter().all(|(_, column)| !column.is_unlisted());
    let plans = query.plans();
    known && !query.plan.schema().open && plans.into_iter().all(all_known)
}

fn all_known(plan: &Plan) -> bool {
    let mut known = !matches!(
        plan.source.kind,
        SourceKind::Table { known: false, .. } | SourceKind::Tables(_) | SourceKind::Call(_) | SourceKind::Evaluate(_)
    );
    plan.source.kind.plans(&mut |plan| known &= all_known(plan));
    for step in &plan.steps {
        step.op.plans(&mut |plan| known &= all_known(plan));
    }
    known
}
