//! Q024.

use super::shared::{patterns, string};
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use regex_syntax::hir::{Hir, HirKind, Look};

lint! {
    /// ## What it does
    /// Looks for regular expressions that match no text: with something before the beginning of the text or behind its
    /// end, or with a set of characters that holds none.
    ///
    /// ## Why it is bad
    /// A test by such an expression never holds, and an extraction gives nothing.
    ///
    /// ## Example
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine matches regex @"\.exe$\s+-enc"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine matches regex @"\.exe\s+-enc"
    /// ```
    "Q024" "unmatchable-regex" Warning, fix: None, since: "0.1.0",
    summary: "A regular expression matches nothing.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for pattern in patterns(context) {
        let Some(tree) = string(pattern).and_then(|text| regex_syntax::parse(text).ok()) else { continue };
        if never(&tree) {
            found.push(LINT.at(pattern.span, "this matches no text").label("can never match"));
        }
    }
}

/// Whether a pattern matches no text, for a reason that is seen; what is not seen through may match.
fn never(tree: &Hir) -> bool {
    // A set without characters has no shortest match, and neither has what needs one.
    if tree.properties().minimum_len().is_none() {
        return true;
    }
    match tree.kind() {
        HirKind::Concat(parts) => {
            let takes = |part: &Hir| part.properties().minimum_len().is_some_and(|least| least > 0);
            let is = |part: &Hir, look: Look| matches!(part.kind(), HirKind::Look(found) if *found == look);
            let after_end = parts.iter().skip_while(|part| !is(part, Look::End)).any(takes);
            let before_start = parts.iter().rev().skip_while(|part| !is(part, Look::Start)).any(takes);
            after_end || before_start || parts.iter().any(never)
        }
        HirKind::Alternation(branches) => branches.iter().all(never),
        HirKind::Capture(capture) => never(&capture.sub),
        HirKind::Repetition(repetition) => repetition.min > 0 && never(&repetition.sub),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::never;

    #[test]
    fn what_matches_nothing_is_told_from_what_may_match() {
        let never = |pattern: &str| never(&regex_syntax::parse(pattern).unwrap());
        for pattern in ["a$b", "a^b", "(x|a$b$c)y^", r"[^\s\S]", "(?:a$b)+", "a$b|c$d"] {
            assert!(never(pattern), "{pattern}");
            for text in ["", "ab", "a\nb", "x", "ac", "abcd"] {
                assert!(!regex::Regex::new(pattern).unwrap().is_match(text), "{pattern} matches {text:?}");
            }
        }
        for pattern in ["^a$", "a$|b", "(?m)a$\nb", "(a$b)?c", "a*^b", "$^", r"a\b", "", "(?:a$b)*"] {
            assert!(!never(pattern), "{pattern}");
        }
    }
}
