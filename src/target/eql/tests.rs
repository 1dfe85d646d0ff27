//! From KQL to EQL, construct by construct.

use super::Eql;
use crate::bind::bind;
use crate::ir::pass::simplify;
use crate::schema::Schemas;
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
        "SigninLogs | join kind=inner AuditLogs on CorrelationId",
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
