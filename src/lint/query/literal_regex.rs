//! Q017.

use super::shared::{quoted, string};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::{Applicability, Edit};
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::{BinaryOp, ExprKind, StringOp, StringTest};

lint! {
    /// ## What it does
    /// Looks for `matches regex` with a pattern that has nothing of a pattern but an anchor at its ends.
    ///
    /// ## Why it is bad
    /// A string operator says the same, is faster, and can be translated exactly.
    ///
    /// ## Example
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine matches regex "^whoami"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// DeviceProcessEvents
    /// | where ProcessCommandLine startswith_cs "whoami"
    /// ```
    ///
    /// ## Fix safety
    /// A pattern of one text means the same, but the two are told apart where the text is compared with a column that
    /// is not a string.
    "Q017" "literal-regex" Warning, fix: Always, since: "0.1.0",
    summary: "A regular expression that is a plain text.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        let ExprKind::Binary(node) = &expr.kind else { continue };
        if !matches!(node.op, BinaryOp::String(StringOp { test: StringTest::MatchesRegex, .. })) {
            continue;
        }
        let Some((operator, text)) = string(&node.right).and_then(plain) else { continue };
        found.push(
            LINT.at(node.right.span, "the pattern is a plain text").label(format!("`{operator}` says the same")).fix(
                format!("compare with `{operator}`"),
                Applicability::Unsafe,
                vec![Edit::replace(node.op_span, operator), Edit::replace(node.right.span, quoted(&text))],
            ),
        );
    }
}

/// The operator and the text that a pattern stands for, if it is hardly one.
fn plain(pattern: &str) -> Option<(&'static str, String)> {
    let (start, pattern) = pattern.strip_prefix('^').map_or((false, pattern), |rest| (true, rest));
    let ends = pattern.ends_with('$') && !pattern.ends_with("\\$");
    let pattern = if ends { &pattern[..pattern.len() - 1] } else { pattern };
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                c if c.is_ascii_punctuation() && c != '<' && c != '>' => text.push(c),
                _ => return None,
            },
            c if regex_syntax::is_meta_character(c) && !matches!(c, '-' | '&' | '~' | '#') => return None,
            c => text.push(c),
        }
    }
    let operator = match (start, ends) {
        (true, true) => "==",
        (true, false) => "startswith_cs",
        (false, true) => "endswith_cs",
        (false, false) => "contains_cs",
    };
    (!text.is_empty()).then_some((operator, text))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn plain_texts_are_told_from_patterns() {
        for (pattern, operator, text) in [
            ("abc", "contains_cs", "abc"),
            ("^a-b", "startswith_cs", "a-b"),
            (r"\.exe$", "endswith_cs", ".exe"),
            (r"^a\$$", "==", "a$"),
        ] {
            assert_eq!(plain(pattern), Some((operator, text.to_owned())), "{pattern}");
            let regex = regex::Regex::new(pattern).unwrap();
            for (sample, expected) in [(text.to_owned(), true), (format!("x{text}"), !pattern.starts_with('^'))] {
                assert_eq!(regex.is_match(&sample), expected, "{pattern} on {sample}");
            }
        }
        for pattern in ["", "^", "a.c", r"\d", "a|b", "(?i)a", r"a\"] {
            assert_eq!(plain(pattern), None, "{pattern}");
        }
    }
}
