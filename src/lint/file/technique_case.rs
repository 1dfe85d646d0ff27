//! F026.

use super::shared::{graded, replace};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::technique;

lint! {
    /// ## What it does
    /// Looks for techniques such as `t1574`.
    ///
    /// ## Why it is bad
    /// The service and the public repository's checks want a capital letter.
    ///
    /// ## Example
    /// ```yaml
    /// relevantTechniques:
    ///   - t1078
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// relevantTechniques:
    ///   - T1078
    /// ```
    ///
    /// ## Fix safety
    /// The technique stays the same.
    "F026" "lower-case-technique" Error, fix: Always, since: "0.1.0",
    summary: "The number of a technique begins with a small `t`.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let rule = context.rule;
    for item in rule.relevant_techniques.iter().chain(&rule.sub_techniques).flat_map(|list| &list.value) {
        if item.value.starts_with('t') && technique(&item.value).is_some() {
            let number = item.value.to_uppercase();
            found.push(graded(context, LINT.at(item.span, format!("the technique is written `{number}`"))).fix(
                format!("write `{number}`"),
                Applicability::Safe,
                vec![replace(context.source(), item.span, &number)],
            ));
        }
    }
}
