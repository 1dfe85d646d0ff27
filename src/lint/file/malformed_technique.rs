//! F025.

use super::shared::{graded, replace};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::attack::technique;

lint! {
    /// ## What it does
    /// Looks for entries of `relevantTechniques` that are not `T` and four digits, with `.` and three digits for a
    /// sub-technique.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// relevantTechniques:
    ///   - T10178
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// relevantTechniques:
    ///   - T1078
    /// ```
    ///
    /// ## Fix safety
    /// Where a well-formed number is followed by words, or a sub-technique lacks its zeros, the fix keeps the number.
    "F025" "malformed-technique" Error, fix: Sometimes, since: "0.1.0",
    summary: "This is not the number of a technique.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let rule = context.rule;
    for item in rule.relevant_techniques.iter().chain(&rule.sub_techniques).flat_map(|list| &list.value) {
        if technique(&item.value).is_some() {
            continue;
        }
        let diagnostic = graded(
            context,
            LINT.at(item.span, format!("`{}` is not the number of a technique", item.value))
                .label("`T`, four digits, and for a sub-technique `.` and three more"),
        );
        found.push(match mended(&item.value) {
            Some(number) => diagnostic.fix(
                format!("write `{number}`"),
                Applicability::Safe,
                vec![replace(context.source(), item.span, &number)],
            ),
            None => diagnostic,
        });
    }
}

/// The number that can only have been meant.
fn mended(text: &str) -> Option<String> {
    let words = text.trim();
    let number = words.split([' ', '-', ':', '\t']).next().unwrap_or("");
    let (head, sub) = number.split_once('.').map_or((number, None), |(head, sub)| (head, Some(sub)));
    let padded = match sub {
        Some(sub) if (1..3).contains(&sub.len()) => format!("{head}.{sub:0>3}"),
        _ => number.to_owned(),
    };
    technique(&padded)?;
    Some(padded.to_uppercase())
}
