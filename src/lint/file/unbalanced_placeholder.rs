//! F086.

use super::shared::is_column_name;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::Field;

lint! {
    /// ## What it does
    /// Looks in the texts of `alertDetailsOverride` for braces that make no placeholder: `{Column}`, `{{Column}`, `{{}}`, and for
    /// placeholders that are no name.
    ///
    /// ## Why it is bad
    /// They are shown as they stand, braces and all.
    ///
    /// ## Example
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: "Sign-in of {{User}"
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: "Sign-in of {{User}}"
    /// ```
    "F086" "unbalanced-placeholder" Warning, fix: Sometimes, since: "0.1.0",
    summary: "A placeholder is not written `{{Column}}`.",
    check: Rule(check)
}

/// The texts of alerts that have placeholders.
pub(super) fn formats<'a>(context: &RuleContext<'a>) -> Vec<(&'static str, &'a Field<String>)> {
    let Some(override_) = &context.rule.alert_details_override else { return Vec::new() };
    let texts = [
        ("alertDisplayNameFormat", &override_.value.display_name_format),
        ("alertDescriptionFormat", &override_.value.description_format),
    ];
    texts.into_iter().filter_map(|(key, field)| Some((key, field.as_ref()?))).collect()
}

/// What stands between `{{` and `}}`.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| {
        let inner = rest.split_once("}}")?.0;
        (!inner.contains(['{', '}'])).then_some(inner)
    })
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for (key, field) in formats(context) {
        let text = field.value.as_str();
        if let Some(name) = placeholders(text).find(|name| !is_column_name(name.trim())) {
            found.push(
                LINT.at(field.span, format!("`{{{{{name}}}}}` in `{key}` names no column"))
                    .label("a placeholder holds the name of a column"),
            );
            continue;
        }
        let mut rest = text.to_owned();
        for name in placeholders(text) {
            rest = rest.replacen(&format!("{{{{{name}}}}}"), "", 1);
        }
        // What is left of `{a}` or `{{a}` was meant for a placeholder; other braces may be text.
        let lone = rest.split('{').skip(1).any(|after| {
            let name: &str = after.split('}').next().unwrap_or("");
            after.len() > name.len() && is_column_name(name.trim())
        });
        if lone {
            found.push(
                LINT.at(field.span, format!("a placeholder in `{key}` is not written `{{{{Column}}}}`"))
                    .label("shown as it stands")
                    .help("two braces on either side"),
            );
        }
    }
}
