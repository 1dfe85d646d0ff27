//! F050.

use super::shared::{replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::TriggerOperator;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for a `triggerOperator` that is none of `gt`, `lt`, `eq`, `ne` and their long forms, such as `GreaterThan`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. The words are told apart by case.
    ///
    /// ## Example
    /// ```yaml
    /// triggerOperator: GT
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// triggerOperator: gt
    /// ```
    ///
    /// ## Fix safety
    /// Safe where the word is right but for its case, or is a comparison sign.
    "F050" "unknown-trigger-operator" Error, fix: Sometimes, since: "0.1.0",
    summary: "The service knows no such comparison.",
    check: Rule(check)
}

/// What people write who think of another language.
const SIGNS: &[(&str, &str)] = &[(">", "gt"), ("<", "lt"), ("=", "eq"), ("==", "eq"), ("!=", "ne"), ("<>", "ne")];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(operator) = settled(context, context.rule.trigger_operator.as_ref()) else { return };
    if TriggerOperator::parse(&operator.value).is_some() {
        return;
    }
    let spellings = || TriggerOperator::SPELLINGS.iter().map(|&(spelling, _)| spelling);
    let same = spellings().find(|spelling| spelling.eq_ignore_ascii_case(operator.value.trim()));
    let sign = SIGNS.iter().find(|(sign, _)| *sign == operator.value.trim()).map(|&(_, word)| word);
    let diagnostic = LINT
        .at(operator.span, format!("there is no comparison `{}`", operator.value))
        .label("`gt`, `lt`, `eq` or `ne` is due");
    let (word, applicability) = match same.or(sign) {
        Some(word) => (Some(word), Applicability::Safe),
        None => (nearest(&operator.value, spellings()), Applicability::Unsafe),
    };
    found.push(match word {
        Some(word) => diagnostic.fix(
            format!("write `{word}`"),
            applicability,
            vec![replace(context.source(), operator.span, word)],
        ),
        None => diagnostic,
    });
}
