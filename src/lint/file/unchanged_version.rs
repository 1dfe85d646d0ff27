//! F117.

use super::shared::replace;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::{Base, RuleContext};
use crate::lint::declare::lint;
use crate::rule::Rule;
use crate::syntax::token::tokens;

lint! {
    /// ## What it does
    /// Looks for a rule whose query is another than at a git revision, and whose `version` is not a higher one. It runs
    /// with `kqlc check --base REVISION` alone: `--base origin/main` in a pull request. Layout and comments of the query
    /// do not count.
    ///
    /// ## Why it is bad
    /// Who has installed the rule is offered an update only where the version is higher, and goes on with the old query.
    ///
    /// ## Example
    /// ```yaml base
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | project TimeGenerated, UserPrincipalName, IPAddress, Location
    /// version: 1.0.0
    /// ```
    ///
    /// ## Use instead
    /// ```yaml base
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | project TimeGenerated, UserPrincipalName, IPAddress, Location
    /// version: 1.0.1
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the last number is raised by one, and the change may deserve a new first or second number.
    "F117" "unchanged-version" Warning, fix: Sometimes, since: "0.1.0",
    summary: "The query has changed and the version has not been raised.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(base) = context.subject.base else { return };
    let Some(before) = earlier(base, context) else { return };
    let (Some(now), Some(then)) = (&context.rule.query, &before.query) else { return };
    let (Some(version), Some(old)) = (&context.rule.version, &before.version) else { return };
    if same_words(&now.text, &then.text) {
        return;
    }
    // Whether other texts are higher nobody can tell; that they are no versions is told by another lint.
    let (Some(new_parts), Some(old_parts)) = (parts(&version.value), parts(&old.value)) else { return };
    if new_parts > old_parts {
        return;
    }
    let next = format!("{}.{}.{}", old_parts[0], old_parts[1], old_parts[2].saturating_add(1));
    let diagnostic = LINT
        .at(
            version.span,
            format!("the query has changed since `{}`, and the version is still {}", base.revision, version.value),
        )
        .label(format!("it was {} there", old.value));
    found.push(if context.is_flat() {
        let edit = replace(context.source(), version.span, &next);
        diagnostic.fix(format!("write `{next}`"), Applicability::Unsafe, vec![edit])
    } else {
        diagnostic
    });
}

/// What the rule was: that of the same `id`, or the only one of a file that holds one.
fn earlier<'a>(base: &'a Base, context: &RuleContext<'_>) -> Option<&'a Rule> {
    let id = context.rule.id.as_ref().map(|id| id.value.as_str());
    let same =
        |rule: &&Rule| rule.id.as_ref().is_some_and(|old| id.is_some_and(|id| old.value.eq_ignore_ascii_case(id)));
    base.rules.iter().find(same).or(match (base.rules.as_slice(), context.subject.rules) {
        ([only], [_]) => Some(only),
        _ => None,
    })
}

/// Whether two queries are the same but for layout and comments.
fn same_words(one: &str, other: &str) -> bool {
    let words = |text: &str| tokens(text).iter().map(|token| token.span.of(text).to_owned()).collect::<Vec<_>>();
    one == other || words(one) == words(other)
}

/// The three numbers of a version.
fn parts(version: &str) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> = version.trim().split('.').map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}
