//! From KQL to EQL, construct by construct.

use super::Eql;
use crate::bind::bind;
use crate::ir::pass::simplify;
use crate::schema::{Dialect, Schemas};
use crate::target::{Conversion, Fidelity, Fields, LossKind, Options, Prefer, RuleInfo, Target as _};

fn native(text: &str) -> Conversion {
    let parsed = crate::syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let mut query = bind(&parsed.query.unwrap(), &Schemas::default()).query.unwrap();
    simplify(&mut query);
    let options = Options { fields: Fields::Native, prefer: Prefer::Exact };
    Eql.convert(&query, &RuleInfo::default(), &options).unwrap()
}

fn condition(predicate: &str) -> String {
    let conversion = native(&format!("SecurityEvent | where {predicate}"));
    let text = conversion.output.unwrap_or_else(|| panic!("{predicate} is refused: {:?}", conversion.losses));
    let (head, query) = text.split_once('\n').unwrap();
    assert_eq!(head, "// index: logs-sentinel.securityevent-*");
    query.trim_start_matches("any where ").to_owned()
}

#[test]
fn predicates_keep_case_and_null_rules() {
    for (kql, eql) in [
        (r#"Account == "x""#, r#"Account == "x""#),
        (r#"Account != "x""#, r#"Account != "x""#),
        (r#"Account =~ "x""#, r#"Account in~ ("x")"#),
        (r#"Account !in~ ("x", "y")"#, r#"not (Account in~ ("x", "y"))"#),
        ("EventID > 2", "EventID > 2"),
        ("not(EventID > 2)", "EventID <= 2"),
        (r#"Account contains "ab""#, r#"Account like~ "*ab*""#),
        (r#"Account contains_cs "a*b""#, r#"Account regex """.*a\*b.*""""#),
        (r#"Account has "svc""#, r#"Account regex~ "(.*[^a-zA-Z0-9])?svc([^a-zA-Z0-9].*)?""#),
        (r#"tolower(Account) == "x""#, r#"Account in~ ("x")"#),
        ("isempty(Account)", r#"Account == null or Account == """#),
        ("isnotempty(Account)", r#"Account != null and Account != """#),
    ] {
        assert_eq!(condition(kql), eql, "{kql}");
    }
}

#[test]
fn a_threshold_is_a_repeated_event_and_its_window_slides() {
    let conversion = native(
        "SigninLogs | where ResultType != '0' | summarize count() by UserPrincipalName, bin(TimeGenerated, 5m) | where count_ > 50",
    );
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::WindowKind));
    let text = conversion.output.unwrap();
    assert!(text.contains("sequence by UserPrincipalName with maxspan=5m") && text.ends_with("with runs=51"), "{text}");
}

#[test]
fn aggregates_that_decide_are_refused_and_lead_to_esql() {
    for text in [
        "SigninLogs | summarize dcount(IPAddress) by UserPrincipalName | where dcount_IPAddress > 5",
        "SigninLogs | summarize count() by UserPrincipalName | where count_ < 5",
        "SigninLogs | summarize count() by UserPrincipalName | where count_ > 500",
        "SigninLogs | join kind=leftanti AuditLogs on CorrelationId",
        "SigninLogs | where UserPrincipalName == UserId",
    ] {
        let conversion = native(text);
        assert_eq!(conversion.fidelity, Fidelity::Refused, "{text}");
        assert!(conversion.losses.iter().any(|loss| loss.message.contains("ES|QL")), "{text}: {:?}", conversion.losses);
    }
}

#[test]
fn what_is_only_shown_does_not_stop_a_conversion() {
    let conversion = native("SigninLogs | where AppId == 'x' | summarize count() by UserPrincipalName");
    assert_eq!(conversion.fidelity, Fidelity::Events);
    assert!(!conversion.losses.is_empty());
}

#[test]
fn tables_put_together_are_told_apart() {
    let text = native("union (SigninLogs | where AppId == 'x'), (AuditLogs | where Identity == 'y')").output.unwrap();
    assert!(
        text.contains(r#"(Type == "SigninLogs" and AppId == "x") or (Type == "AuditLogs" and Identity == "y")"#),
        "{text}"
    );
}

#[test]
fn events_with_equal_keys_are_a_sample_and_in_order_a_sequence() {
    let joined = "SecurityEvent | where EventID == 4720 | join kind=inner (SigninLogs | where AppId == 'x') on $left.Account == $right.Identity";
    let sample = native(joined);
    assert_eq!(sample.fidelity, Fidelity::Approximate);
    assert!(sample.losses.iter().any(|loss| loss.kind == LossKind::RowCap), "{:?}", sample.losses);
    let text = sample.output.unwrap();
    assert!(
        text.ends_with(
            "sample\n  [any where Type == \"SecurityEvent\" and EventID == 4720] by Account\n  [any where Type == \"SigninLogs\" and AppId == \"x\"] by Identity"
        ),
        "{text}"
    );
    let text = native(&format!("{joined} | where TimeGenerated1 - TimeGenerated between (0s .. 10m)")).output.unwrap();
    assert!(text.contains("sequence with maxspan=10m\n  [any where Type == \"SecurityEvent\""), "{text}");
    let text = native(&format!("{joined} | where TimeGenerated1 between (TimeGenerated .. TimeGenerated + 1h)"));
    assert!(text.output.as_deref().unwrap().contains("sequence with maxspan=1h\n"), "{text:?}");
    let text = native(&format!("{joined} | where TimeGenerated > TimeGenerated1")).output.unwrap();
    assert!(text.contains("sequence\n  [any where Type == \"SigninLogs\""), "{text}");
}

#[test]
fn lists_kept_elsewhere_are_exceptions_of_the_rule() {
    let list = "let ips = externaldata(ip: string) [@'https://x.example/ips.txt'];";
    for (operator, words) in [("in", "is not in list"), ("!in", "is in list")] {
        let conversion = native(&format!("{list} SigninLogs | where AppId == 'x' and IPAddress {operator} (ips)"));
        assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::Lookup), "{:?}", conversion.losses);
        let text = conversion.output.unwrap();
        assert!(text.contains(&format!("// exception: IPAddress {words} ips.txt\n")), "{text}");
    }
    let conversion = native(&format!("{list} SigninLogs | where AppId == 'x' or IPAddress in (ips)"));
    assert_eq!(conversion.fidelity, Fidelity::Refused);
}

#[test]
fn a_test_of_a_chosen_value_is_one_for_each_choice() {
    let text = native(
        "SigninLogs | extend where_from = iff(IPAddress startswith '10.', 'private', 'public') | where where_from == 'public'",
    );
    assert!(text.output.as_deref().unwrap().ends_with("any where not (IPAddress like~ \"10.*\")"), "{text:?}");
}

#[test]
fn times_are_the_rules_and_a_second_span_narrows_the_first() {
    let text =
        native("SigninLogs | where TimeGenerated > ago(7d) | where TimeGenerated < ago(1d) | where AppId == 'x'");
    let text = text.output.unwrap();
    assert!(text.contains("// from: now-7d\n// to: now-1d\n"), "{text}");
    let text = native("SomeLog_CL | where TimeGenerated > startofday(ago(1d)) | where AppId == 'x'").output.unwrap();
    assert!(text.contains("// from: now-1d/d\n"), "{text}");
}

#[test]
fn conditions_on_keys_are_conditions_on_the_events() {
    let text = native("SigninLogs | summarize count() by AppId | where AppId == 'x'").output.unwrap();
    assert!(text.ends_with("any where AppId == \"x\""), "{text}");
}

#[test]
fn addresses_are_compared_as_a_whole_or_by_their_network() {
    let siem = |predicate: &str| {
        let parsed = crate::syntax::parse(&format!("CommonSecurityLog | where {predicate}"));
        let mut query = bind(&parsed.query.unwrap(), &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        simplify(&mut query);
        let conversion = Eql.convert(&query, &RuleInfo::default(), &Options::default()).unwrap();
        conversion.output.map(|text| text.lines().last().unwrap_or_default().to_owned())
    };
    for (predicate, eql) in [
        ("isnotempty(DestinationIP)", Some("any where destination.ip != null")),
        (r#"DestinationIP != """#, Some("any where destination.ip != null")),
        (
            r#"DestinationIP in ("", "1.1.1.1")"#,
            Some(r#"any where destination.ip == null or destination.ip == "1.1.1.1""#),
        ),
        (r#"DestinationIP =~ "1.1.1.1""#, Some(r#"any where destination.ip == "1.1.1.1""#)),
        (r#"DestinationIP has "1.1.1.1""#, Some(r#"any where destination.ip == "1.1.1.1""#)),
        (r#"DestinationIP startswith "10.""#, Some(r#"any where cidrMatch(destination.ip, "10.0.0.0/8")"#)),
        (r#"DestinationIP == "x""#, Some("any where false")),
        (r#"DestinationIP startswith "10""#, None),
        (r#"DestinationIP contains "1.1.1.1""#, None),
        (r#"DestinationIP matches regex "^1""#, None),
    ] {
        assert_eq!(siem(predicate).as_deref(), eql, "{predicate}");
    }
}

#[test]
fn a_text_that_is_read_as_a_value_is_found_however_it_is_written() {
    for (kql, eql) in [
        ("toint(Account) == 2", r#"Account regex " *[+]?0*2 *""#),
        ("toint(Account) != 2", r#"not (Account regex " *[+]?0*2 *")"#),
        ("isnull(tolong(Account))", r#"not (Account regex " *[-+]?[0-9]+ *")"#),
        ("isnotnull(tolong(Account))", r#"Account regex " *[-+]?[0-9]+ *""#),
        ("tobool(Account)", r#"Account regex~ " *(true|[-+]?0*[1-9][0-9]*) *""#),
        ("tobool(Account) == false", r#"Account regex~ " *(false|[-+]?0+) *""#),
        ("tobool(EventID)", "EventID != null and EventID != 0"),
        ("EventID != long(null)", "EventID != null"),
    ] {
        assert_eq!(condition(kql), eql, "{kql}");
    }
    let converted = |predicate: &str| native(&format!("SigninLogs | where {predicate}"));
    // That of a missing text is 0.
    assert_eq!(converted("isnotnull(strlen(UserId))").output, converted("true").output);
    for (number, truth) in [
        ("not(tolong(IsInteractive) > 0)", "IsInteractive == false"),
        ("toint(IsInteractive) == 1", "IsInteractive == true"),
        ("isnull(tolong(IsInteractive))", "isnull(IsInteractive)"),
    ] {
        assert_eq!(converted(number).output, converted(truth).output, "{number}");
    }
    for predicate in ["isnull(DeviceDetail.a)", "isnotnull(toint(DeviceDetail.a))", "toint(UserId) > 2"] {
        assert_eq!(converted(predicate).fidelity, Fidelity::Approximate, "{predicate}");
    }
}

#[test]
fn a_text_that_is_missing_has_no_characters() {
    for (kql, eql) in [
        ("strlen(Account) == 0", "Account == null or length(Account) == 0"),
        ("strlen(Account) < 3", "Account == null or length(Account) < 3"),
        ("strlen(Account) != 0", "length(Account) != 0"),
        ("strlen(Account) between (0 .. 3)", "Account == null or (length(Account) >= 0 and length(Account) <= 3)"),
        ("strlen(Account) !between (1 .. 3)", "Account == null or length(Account) < 1 or length(Account) > 3"),
    ] {
        assert_eq!(condition(kql), eql, "{kql}");
    }
}
