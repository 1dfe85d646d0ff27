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

#[test]
fn what_is_looked_for_has_all_that_is_in_it() {
    for (wanted, rest, follows) in [
        ("Identity contains '.'", "| where Identity has_any ('a.b', 'c.d.e')", true),
        ("Identity contains '.'", "| where Identity has_any ('a.b', 'c')", false),
        ("Identity has 'Admins'", "| where Identity endswith ' Project Admins'", true),
        ("Identity has 'Project'", "| where Identity endswith 'Project Admins'", false),
        ("Identity contains 'ab'", "| where Identity contains 'b'", false),
        ("Identity contains 'a-'", "| where Identity has 'a'", false),
        ("Identity startswith 'ab'", "| where Identity startswith 'abc'", true),
        ("Identity startswith 'ab'", "| where Identity contains 'abc'", false),
        ("Identity contains_cs 'AB'", "| where Identity contains 'ABC'", false),
        ("Identity contains_cs 'AB'", "| where Identity contains_cs 'ABC'", true),
        ("strlen(Identity) < 3", "| where Identity in ('a', 'bc')", true),
        ("strlen(Identity) < 3", "| where Identity in ('a', 'bcd')", false),
        ("strlen(Identity) < 3", "| where Identity has 'a'", false),
        ("Identity !in ('c')", "| where Identity in~ ('a', 'b')", false),
        ("Identity !in ('c')", "| where Identity in ('a', 'b')", true),
    ] {
        let text = format!("SigninLogs | where «{wanted}» {rest}");
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}

#[test]
fn a_text_is_never_null_and_has_the_empty_one_in_it() {
    for (wanted, follows) in [
        ("Identity contains ''", true),
        ("Identity !contains ''", false),
        ("Identity == Identity", true),
        ("isnotempty(Identity)", false),
        ("isnotnull(DeviceDetail)", false),
        ("DeviceDetail == DeviceDetail", false),
        ("Identity == AppId", false),
    ] {
        let text = format!("SigninLogs | where ResultType == '0' and «{wanted}»");
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}

#[test]
fn a_number_that_is_asked_for_is_there() {
    for (rest, follows) in [("> 1024", true), ("!between (1 .. 5)", true), ("!in (1, 2)", false), ("!= 1", false)] {
        let text = format!("CommonSecurityLog | where «isnotempty(DestinationPort)» | where DestinationPort {rest}");
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}

#[test]
fn in_an_arm_what_stands_beside_it_counts() {
    for (condition, follows) in [
        ("(«isnotempty(Identity)» and Identity == 'a') or AppId == 'b'", true),
        ("(«isnotempty(Identity)» and Identity != 'a') or AppId == 'b'", false),
        ("«isnotempty(Identity)» or Identity == 'a'", false),
        ("not(«isnotempty(Identity)» and Identity == 'a')", false),
        ("Identity == 'a' and («isnotempty(Identity)» or AppId == 'b')", true),
    ] {
        let text = format!("SigninLogs | where {condition}");
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
    for (beside, rest, follows) in [
        ("and Identity == 'a'", "", true),
        ("and AppId == 'b'", "", false),
        // What a group is asked for afterwards is not asked of its records.
        ("and AppId == 'b'", "| where Identity == 'a'", false),
    ] {
        let text = format!("SigninLogs | summarize n = countif(«isnotempty(Identity)» {beside}) by Identity {rest}");
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}

#[test]
fn one_of_several_texts_is_not_empty() {
    let made = "| extend A = iff(isnotempty(Identity), Identity, AppId) \
        | extend A = iff(isempty(A) and isnotempty(UserId), UserId, A)";
    for (asked, made, follows) in [
        ("isnotempty(Identity) or isnotempty(AppId) or isnotempty(UserId)", made, true),
        ("isnotempty(Identity) or isnotempty(AppId) or isnotempty(Location)", made, false),
        ("isnotempty(Identity) and isnotempty(Location)", made, true),
        ("Identity == 'x'", made, true),
        ("Identity != 'x'", made, false),
        ("isnotempty(AppId)", "| extend A = iff(ResultType == '0', AppId, Identity)", false),
    ] {
        let text = format!(
            "SigninLogs | where {asked} {made} | join kind=inner (AuditLogs | where «isnotempty(Id)») on $left.A == $right.Id"
        );
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}

#[test]
fn what_stands_in_a_list_is_what_is_looked_up_there() {
    for (inner, condition, rest, follows) in [
        ("«isnotempty(Identity)»", "Identity !in (known)", "| where isnotempty(Identity)", true),
        ("«isnotempty(Identity)»", "Identity in (known)", "| where isnotempty(Identity)", true),
        ("«isnotempty(Identity)»", "not(Identity in (known))", "| where isnotempty(Identity)", true),
        ("«isnotempty(Identity)»", "Identity !in (known)", "", false),
        ("«isnotempty(Identity)»", "AppId !in (known)", "| where isnotempty(Identity)", false),
        ("«isnotempty(Identity)»", "(Identity !in (known) or AppId == 'x')", "| where isnotempty(Identity)", false),
        ("«ResultType == '0'»", "Identity !in (known)", "| where ResultType == '0'", false),
        ("«isnotempty(Identity)»", "not(Identity has_any (known))", "| where isnotempty(Identity)", false),
    ] {
        let text = format!(
            "let known = SigninLogs | where {inner} | distinct Identity; AuditLogs | project Identity, AppId = Category, \
             ResultType | where {condition} {rest}"
        );
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
    let left = "SigninLogs | join kind=leftanti (AuditLogs | where «isnotempty(Identity)») on Identity";
    assert!(found(left).is_empty());
    assert!(!found(&format!("{left} | where Identity has 'a'")).is_empty());
}

#[test]
fn a_group_has_a_record() {
    let join = "| join kind=leftouter (SigninLogs | summarize n = dcount(AppId) by Identity) on Identity";
    for (text, follows) in [
        ("SigninLogs | summarize n = count() by Identity | where «n > 0»", true),
        ("SigninLogs | summarize n = count() by Identity | where «n >= 1»", true),
        ("SigninLogs | summarize n = count() by Identity | where «n > 1»", false),
        ("SigninLogs | summarize n = count() | where «n > 0»", false),
        ("SigninLogs | summarize n = countif(AppId == 'x') by Identity | where «n > 0»", false),
        ("SigninLogs | summarize n = dcount(RiskLevel) by Identity | where «n != 0»", true),
        ("SigninLogs | summarize n = dcount(CreatedDateTime) by Identity | where «n != 0»", false),
        (&format!("AuditLogs {join} | where «n != 0»"), true),
        (&format!("AuditLogs {join} | where «n > 0»"), false),
    ] {
        assert_eq!(!found(text).is_empty(), follows, "{text}");
    }
}

#[test]
fn the_text_of_an_object_has_what_its_parts_must_have() {
    for (wanted, rest, follows) in [
        ("has '0-1'", "| extend r = parse_json(RawEventData) | where tostring(r.AppId) == '0-1'", true),
        ("has '0-1'", "| where RawEventData.AppId == '0-1'", true),
        ("has '0-1'", "| where RawEventData.AppId has_any ('0-1', 'x 0-1')", true),
        ("has '0-1'", "| where RawEventData.AppId has_any ('0-1', 'x')", false),
        ("has '0-1'", "| where RawEventData.AppId contains '0-1'", false),
        ("has_cs 'a'", "| where RawEventData.AppId =~ 'a'", false),
        ("has '0-1'", "| where RawEventData.AppId != '0-1'", false),
        ("contains 'a b'", "| where RawEventData.AppId startswith 'a b'", true),
        ("contains 'x\"y'", "| where RawEventData.AppId == 'x\"y'", false),
        ("has 'AppId'", "| where RawEventData.AppId == '0-1'", true),
        ("has 'AppId'", "| where isnotempty(RawEventData.AppId)", true),
        ("has 'AppId'", "| where isempty(RawEventData.AppId)", false),
        ("has 'AppId'", "| where isnotempty(RawEventData.ClientAppId)", false),
        ("has 'AppId'", "| where RawEventData.AppId == '0-1' or isnotempty(RawEventData.UserId)", false),
        ("has 'AppId'", "| where RawEventData.AppId == '0-1' or RawEventData has 'x'", false),
        ("has 'AppId'", "| where tostring(parse_json(tostring(RawEventData.AppId)).x) == '1'", true),
        ("!has 'AppId'", "| where isnotempty(RawEventData.AppId)", false),
    ] {
        let text = format!("CloudAppEvents | where «RawEventData {wanted}» {rest}");
        assert_eq!(!found(&text).is_empty(), follows, "{text}");
    }
}
