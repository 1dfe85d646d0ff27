//! F087.

use super::shared::{graded, replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::same_letters;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for an `alertProperty` in `alertDynamicProperties` that the service does not know, and for items without it or
    /// without `value`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDynamicProperties:
    ///     - alertProperty: productName
    ///       value: Product
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDynamicProperties:
    ///     - alertProperty: ProductName
    ///       value: Product
    /// ```
    ///
    /// ## Fix safety
    /// Safe where only the case is wrong; another name that is near is a guess.
    "F087" "unknown-alert-property" Error, fix: Sometimes, since: "0.1.0",
    summary: "Alerts have no such property to set.",
    check: Rule(check)
}

pub(in crate::lint) const PROPERTIES: &[&str] = &[
    "AlertLink",
    "ConfidenceLevel",
    "ConfidenceScore",
    "ExtendedLinks",
    "ProductComponentName",
    "ProductName",
    "ProviderName",
    "RemediationSteps",
    "Techniques",
];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let override_ = context.rule.alert_details_override.iter();
    for property in override_.flat_map(|field| &field.value.dynamic_properties).flat_map(|field| &field.value) {
        let Some(name) = settled(context, property.alert_property.as_ref()) else {
            if property.alert_property.is_none() {
                found.push(LINT.at(property.span, "the property has no `alertProperty`").label("add `alertProperty`"));
            }
            continue;
        };
        if property.value.is_none() {
            found.push(LINT.at(name.span, "the property has no `value`").label("add `value`, the name of a column"));
        }
        if PROPERTIES.contains(&name.value.as_str()) {
            continue;
        }
        let diagnostic =
            graded(context, LINT.at(name.span, format!("alerts have no property `{}`", name.value)).label("unknown"));
        let (known, applicability) = match same_letters(&name.value, PROPERTIES.iter().copied()) {
            Some(known) => (Some(known), Applicability::Safe),
            None => (nearest(&name.value, PROPERTIES.iter().copied()), Applicability::Unsafe),
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
