//! What follows from the rest of a query, and what does not.

use super::*;
use crate::schema::{Dialect, Schemas};

/// Which of the words in double angle brackets follow from the rest.
fn found(text: &str) -> Vec<String> {
    let (mut plain, mut spans, mut start) = (String::new(), Vec::new(), 0);
    let mut rest = text;
    while let Some(at) = rest.find(['«', '»']) {
        plain.push_str(&rest[..at]);
        if rest[at..].starts_with('«') {
            start = plain.len();
        } else {
            spans.push(plain[start..].to_owned());
        }
        rest = &rest[at + '«'.len_utf8()..];
    }
    plain.push_str(rest);
    let bound = crate::bind::bind(&crate::syntax::parse(&plain).query.unwrap(), &Schemas::builtin(Dialect::Sentinel));
    let mut query = bound.query.unwrap();
    crate::ir::pass::simplify(&mut query);
    let engine = Engine::new(crate::eval::Options::at(0)).unwrap();
    let mut follow = Vec::new();
    for variant in super::super::atoms::variants(&query) {
        let words = variant.span.of(&plain);
        if spans.iter().any(|wanted| wanted == words) && follows(&variant, &engine) {
            follow.push(words.to_owned());
        }
    }
    follow
}

const START: &str = "let B = SigninLogs | where TimeGenerated > ago(1d) | project Before = TimeGenerated, Identity;";

#[test]
fn a_window_follows_from_one_of_a_partner() {
    let join = "| join kind=inner B on Identity";
    for (rest, follows) in [
        (format!("{join} | where TimeGenerated > Before"), true),
        (format!("{join} | where TimeGenerated >= Before"), true),
        (format!("{join} | where TimeGenerated between (Before .. (Before + 1h))"), true),
        (format!("{join} | where bin(TimeGenerated, 1h) >= Before"), true),
        (format!("{join} | where TimeGenerated > Before - 1h"), false),
        (format!("{join} | where TimeGenerated < Before"), false),
        (format!("| take 5 {join} | where TimeGenerated > Before"), false),
        (format!("{join} | take 5 | where TimeGenerated > Before"), false),
        (format!("{join} | where TimeGenerated > Before or Identity == 'a'"), false),
        (format!("{join} | extend Last = prev(Before) | where TimeGenerated > Before"), false),
        ("| join kind=leftanti B on Identity | where TimeGenerated > ago(2d)".to_owned(), false),
        (
            "| join kind=inner (B | summarize Before = min(Before) by Identity) on Identity \
             | where TimeGenerated > Before"
                .to_owned(),
            true,
        ),
        (
            "| join kind=inner (B | summarize Before = avg(Before) by Identity) on Identity \
             | where TimeGenerated > Before"
                .to_owned(),
            false,
        ),
        // Which records a group has decides its value, and with it whether the group counts.
        (
            format!("| summarize TimeGenerated = max(TimeGenerated) by Identity {join} | where TimeGenerated > Before"),
            false,
        ),
        (format!("| summarize by TimeGenerated, Identity {join} | where TimeGenerated > Before"), true),
    ] {
        let text = format!("{START} SigninLogs | where «TimeGenerated > ago(1d)» {rest}");
        // The words of both windows are the same.
        let text = text.replacen("TimeGenerated > ago(1d)", "TimeGenerated > (ago(1d))", 1);
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}

#[test]
fn what_is_asked_of_one_side_of_a_join_need_not_be_asked_of_the_other() {
    for (kind, left, follows) in [
        ("leftanti", "Identity in~ ('a', 'b')", true),
        ("leftsemi", "Identity in~ ('a', 'b')", true),
        ("inner", "Identity in~ ('a', 'b')", true),
        ("leftanti", "Identity in~ ('a', 'b', 'c')", false),
        ("leftanti", "AppId in~ ('a', 'b')", false),
        ("rightouter", "Identity in~ ('a', 'b')", false),
    ] {
        let text = format!(
            "SigninLogs | where {left} | join kind={kind} \
             (AuditLogs | where «Identity in~ ( 'a', 'b')» | distinct Identity) on Identity"
        );
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}

#[test]
fn a_text_that_is_asked_for_is_there() {
    for (rest, follows) in [
        ("| where Identity == 'a'", true),
        ("| where Identity has 'a' or Identity contains 'b'", true),
        ("| extend A = extract('([^.]+)$', 1, tolower(Identity)) | where isnotempty(A)", true),
        ("| where Identity != 'a'", false),
        ("| where Identity has 'a' or AppId == 'b'", false),
        ("| summarize n = countif(Identity == 'a') by AppId | where n > 0", false),
    ] {
        let text = format!("SigninLogs | where «isnotempty(Identity)» {rest}");
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}
