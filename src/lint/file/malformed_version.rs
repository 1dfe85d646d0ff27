//! F116.

use super::shared::{graded, replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for a `version` that is not of the form `1.0.3`, or longer than 20 characters.
    ///
    /// ## Why it is bad
    /// The service and the public repository's checks refuse it. `1.0` without quotes is a number for YAML, too.
    ///
    /// ## Example
    /// ```yaml
    /// version: 1.0
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// version: 1.0.0
    /// ```
    ///
    /// ## Fix safety
    /// Numbers that are missing are zero, and a leading `v` says nothing. Other texts are left to a person.
    "F116" "malformed-version" Error, fix: Sometimes, since: "0.1.0",
    summary: "The version is not three numbers with dots between.",
    check: Rule(check)
}

/// In characters.
const MOST: usize = 20;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(version) = settled(context, context.rule.version.as_ref()) else { return };
    let text = version.value.as_str();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() <= MOST && text.split('.').count() == 3 && text.split('.').all(number) {
        return;
    }
    let diagnostic = graded(
        context,
        LINT.at(version.span, format!("the version is `{text}`")).label("three numbers with dots between are due"),
    );
    let bare = text.trim().trim_start_matches(['v', 'V']);
    let mut parts: Vec<&str> = bare.split('.').collect();
    let numbers = parts.len() <= 3 && parts.iter().all(|part| number(part)) && bare.len() <= MOST - 4;
    parts.resize(parts.len().max(3), "0");
    let whole = parts.join(".");
    found.push(if numbers {
        diagnostic.fix(
            format!("write `{whole}`"),
            Applicability::Safe,
            vec![replace(context.source(), version.span, &whole)],
        )
    } else {
        diagnostic
    });
}
