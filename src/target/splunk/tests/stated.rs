//! What Splunk's documentation states and KQL does otherwise.

use super::*;
use crate::ir::Json;

/// The search, as one is written for Sentinel's own records.
fn spl(text: &str) -> String {
    native(text).output.unwrap_or_else(|| panic!("{text} is refused: {:?}", native(text).losses))
}

/// The kinds of a conversion's losses.
fn lost(text: &str) -> Vec<LossKind> {
    native(text).losses.iter().map(|loss| loss.kind).collect()
}

#[test]
fn a_network_is_a_text_and_no_pattern_for_its_addresses() {
    for (predicate, condition) in [
        (r#"IpAddress == "10.0.0.0/8""#, r#"IpAddress="10.0.0.0/8""#),
        (r#"IpAddress =~ "fe80::/10""#, r#"lower(IpAddress)="fe80::/10""#),
        (r#"IpAddress in ("0.0.0.0/0", "::/0")"#, r#"in(IpAddress, "0.0.0.0/0", "::/0")"#),
        (r#"IpAddress !~ "10.0.0.0/8""#, r#"isnull(IpAddress) OR lower(IpAddress)!="10.0.0.0/8""#),
    ] {
        assert_eq!(pushed(predicate), "", "{predicate}");
        assert_eq!(super::condition(predicate), condition, "{predicate}");
    }
    // With a wildcard, and where no address stands before the stroke, it is no network.
    for (predicate, filter) in [
        (r#"IpAddress contains "10.0.0.0/8""#, r#"IpAddress="*10.0.0.0/8*""#),
        (r#"IpAddress == "1/2""#, r#"IpAddress="1/2""#),
    ] {
        assert_eq!(pushed(predicate), filter, "{predicate}");
    }
}

#[test]
fn a_group_takes_no_field_that_an_event_has_by_itself() {
    let group = |text: &str| behind_head(text).lines().next().unwrap().to_owned();
    // Every event has a host.
    let text = r#"Syslog | extend host = extract("host=(\\S+)", 1, SyslogMessage) | where isnotempty(host)"#;
    assert_eq!(group(text), r#"| rex field=SyslogMessage "host=(?<extracted>\S+)""#);
    let text = r#"Syslog | parse SyslogMessage with * "source=" source " " * | project source"#;
    assert_eq!(group(text), r#"| rex field=SyslogMessage "(?s)source=(?<parsed>.*?) ""#);
    // By CIM it may have a user.
    let text = r#"Syslog | extend user = extract("user=(\\S+)", 1, SyslogMessage) | where isnotempty(user)"#;
    assert!(group(text).contains("(?<user>"), "{}", group(text));
    let siem = converted(text, Options { fields: Fields::Siem, prefer: Prefer::Exact }).output.unwrap();
    assert!(siem.contains("(?<extracted>") && !siem.contains("(?<user>"), "{siem}");
}

#[test]
fn a_group_has_a_name_that_pcre_takes_and_no_other_group_has_one() {
    let long = "AnExtremelyLongNameOfSomeColumnInKql";
    assert!(long.len() > 32);
    let text = format!(r#"Syslog | parse SyslogMessage with * "u=" {long} " " * | project {long}"#);
    assert!(spl(&text).contains(r#""(?s)u=(?<parsed>.*?) ""#), "{}", spl(&text));
    let text = format!(r#"Syslog | extend {long} = extract("u=(.)", 1, SyslogMessage) | where {long} == "a""#);
    assert!(spl(&text).contains(r#""u=(?<extracted>.)""#), "{}", spl(&text));
    // A group that the pattern names is no field of the search.
    let text = r#"Syslog | extend x = extract(@"(?P<Computer>\w+)-(?<n>\d+)", 2, SyslogMessage) | where x == "1""#;
    assert!(spl(text).contains(r#""(\w+)-(?<x>\d+)""#), "{}", spl(text));
    let text = r#"Syslog | where SyslogMessage matches regex @"[(?P<](?P<a>x)\(?P<""#;
    assert!(spl(text).contains(r#""[(?P<](x)\(?P<""#), "{}", spl(text));
}

#[test]
fn the_first_of_an_order_are_those_of_kql() {
    // What is missing comes first where KQL counts upwards, and texts are no numbers.
    for (top, sorted) in [
        ("top 5 by LogonType asc", "| eval has_value=if(isnull(LogonType), 0, 1)\n| sort 5 +has_value, +LogonType"),
        ("top 5 by LogonType", "| sort 5 -LogonType"),
        ("top 5 by LogonType asc nulls last", "| sort 5 +LogonType"),
        ("top 5 by TimeGenerated asc", "| sort 5 +_time"),
        ("top 5 by IpAddress", "| eval sort_key=coalesce(IpAddress, \"\")\n| sort 5 -str(sort_key)"),
        ("where IpAddress != '' | top 5 by IpAddress asc", "| where IpAddress!=\"\"\n| sort 5 +str(IpAddress)"),
    ] {
        let text = behind_head(&format!("SecurityEvent | {top}"));
        assert!(text.starts_with(sorted), "{top}: {text}");
    }
    // An order that is merely shown stays as short as it was.
    let text = behind_head("SecurityEvent | sort by LogonType asc, IpAddress desc");
    assert!(text.starts_with("| sort 0 +LogonType, -IpAddress"), "{text}");
    let text = behind_head("SecurityEvent | sort by LogonType asc | extend n = row_number() | where n < 5");
    assert!(text.contains("| sort 0 +has_value, +LogonType"), "{text}");
}

#[test]
fn the_greatest_of_texts_is_none_of_numbers() {
    let text = behind_head("SecurityEvent | summarize Last = max(IpAddress), First = min(IpAddress) by Computer");
    let stats = "| fillnull value=\"\" Computer IpAddress\n\
                 | stats values(IpAddress) AS Last values(IpAddress) AS First BY Computer\n\
                 | eval Last=mvindex(Last, -1), First=mvindex(First, 0)";
    assert!(text.starts_with(stats), "{text}");
    let text = behind_head("SecurityEvent | summarize max(LogonType), max(TimeGenerated) by Computer");
    assert!(text.contains("max(LogonType)") && text.contains("max(_time)"), "{text}");
    let text = behind_head("SecurityEvent | summarize arg_max(IpAddress, *) by Computer");
    assert!(text.contains("| sort 0 -str(IpAddress)"), "{text}");
    let text = behind_head("SecurityEvent | summarize arg_min(IpAddress, *) by Computer");
    assert!(text.contains("coalesce(IpAddress, \"\")\n| sort 0 +str("), "{text}");
    let both = "SecurityEvent | summarize arg_max(IpAddress, EventID), arg_min(TimeGenerated, EventID) by Computer";
    let text = behind_head(both);
    assert!(text.contains("values(value) AS greatest") && text.contains("greatest=mvindex(greatest, -1)"), "{text}");
}

#[test]
fn numbers_in_the_order_of_their_texts_are_told() {
    let sorted = |of: &str| {
        format!(
            "SecurityEvent | summarize s = make_set({of}) by Computer | where tostring(array_sort_asc(s)) has \"9\""
        )
    };
    assert_eq!(lost(&sorted("Account")), []);
    assert_eq!(lost(&sorted("EventID")), [LossKind::Order]);
}

#[test]
fn the_size_of_a_text_is_that_of_its_bytes() {
    let text = super::condition("string_size(Account) > 5");
    assert!(text.starts_with("coalesce(len(replace(replace(replace(Account,"), "{text}");
    assert_eq!(super::condition("strlen(Account) > 5"), "coalesce(len(Account), 0)>5");
}

#[test]
fn a_count_has_no_name_that_a_key_has() {
    let text = behind_head("SecurityEvent | summarize count = count() by Account | distinct count");
    assert!(text.contains("| stats count AS count2 BY count\n| fields - count2"), "{text}");
    let text = behind_head("SecurityEvent | distinct Account");
    assert!(text.contains("| stats count BY Account\n| fields - count"), "{text}");
}

#[test]
fn a_single_address_is_a_network_of_one() {
    for (kql, spl) in [
        (r#"ipv4_is_in_range(IpAddress, "10.0.0.1")"#, r#"cidrmatch("10.0.0.1/32", IpAddress)"#),
        (r#"ipv4_is_in_range(IpAddress, "10.0.0.0/8")"#, r#"cidrmatch("10.0.0.0/8", IpAddress)"#),
        (r#"ipv4_is_match(IpAddress, "1.2.3.4")"#, r#"cidrmatch("1.2.3.4/32", IpAddress)"#),
        (r#"ipv6_is_in_any_range(IpAddress, "::1")"#, r#"cidrmatch("::1/128", IpAddress)"#),
        (
            r#"ipv4_is_in_any_range(IpAddress, dynamic(["1.2.3.4", "10.0.0.0/8"]))"#,
            r#"cidrmatch("1.2.3.4/32", IpAddress) OR cidrmatch("10.0.0.0/8", IpAddress)"#,
        ),
        (
            "ipv4_is_in_range(IpAddress, WorkstationName)",
            r#"cidrmatch(WorkstationName . if(match(WorkstationName, "/"), "", "/32"), IpAddress)"#,
        ),
    ] {
        assert_eq!(super::condition(kql), spl, "{kql}");
    }
    let text = behind_head(
        "let r = SecurityEvent | summarize make_set(WorkstationName); SecurityEvent | where ipv4_is_in_any_range(IpAddress, toscalar(r))",
    );
    assert!(text.contains(". if(match(") && text.contains(r#""/"), "", "/32"), IpAddress)"#), "{text}");
}

#[test]
fn the_whole_match_is_a_group_with_a_number() {
    for (kql, spl) in [
        (r#"replace_regex(Account, @"a.c", @"<\0>") == "x""#, r#"replace(Account, "(a.c)", "<\1>")="x""#),
        (r#"replace_regex(Account, @"(a)b", @"\1-\0") == "x""#, r#"replace(Account, "((a)b)", "\2-\1")="x""#),
        (r#"replace_regex(Account, @"(a)b", @"\1") == "x""#, r#"replace(Account, "(a)b", "\1")="x""#),
    ] {
        assert_eq!(super::condition(kql), spl, "{kql}");
    }
}

#[test]
fn numbers_have_no_quotes_in_the_text_of_an_array() {
    let text = |of: &str| {
        super::behind_head(&format!(
            "SecurityEvent | summarize s = make_set({of}) by Computer | where tostring(s) == '[4625]' | project Computer"
        ))
    };
    assert!(
        text("EventID").contains(r#"| where coalesce(mv_to_json_array(s, true()), "[]")="[4625]""#),
        "{}",
        text("EventID")
    );
    assert!(text("Account").contains(r#"| where coalesce(mv_to_json_array(s), "[]")="[4625]""#), "{}", text("Account"));
}

#[test]
fn a_truth_value_inside_of_json_is_one_of_splunk() {
    let text = super::behind_head("SigninLogs | where DeviceDetail.isCompliant == true");
    assert!(text.contains(r#"lower(tostring(json_extract(_raw, "DeviceDetail.isCompliant")))="true""#), "{text}");
    let text = super::behind_head("SigninLogs | where DeviceDetail.isCompliant != true");
    let other = r#"isnull(lower(tostring(json_extract(_raw, "DeviceDetail.isCompliant"))))
    OR lower(tostring(json_extract(_raw, "DeviceDetail.isCompliant")))!="true""#;
    assert!(text.contains(other), "{text}");
    let text = super::behind_head("SigninLogs | where tobool(DeviceDetail.isManaged)");
    assert!(text.contains(r#"match(tostring(json_extract(_raw, "DeviceDetail.isManaged")), "(?i)"#), "{text}");
}

#[test]
fn a_text_that_is_as_a_truth_value_is_told() {
    let losses = |text: &str| super::native(text).losses.iter().map(|loss| loss.message.clone()).collect::<Vec<_>>();
    let told =
        |text: &str| losses(text).iter().any(|message| message.starts_with("the texts `true` and `false` count"));
    for test in ["DeviceDetail.a == true", "DeviceDetail.a != false", "parse_json(UserPrincipalName).a == true"] {
        assert!(told(&format!("SigninLogs | where {test}")), "{test}");
    }
    assert!(!told("SigninLogs | where IsInteractive == true"));
    assert!(!told("SigninLogs | where tobool(DeviceDetail.a)"));
}

#[test]
fn the_text_of_a_truth_value_inside_of_json_is_found() {
    let text = super::behind_head("SigninLogs | where tostring(DeviceDetail.a) == 'true'");
    assert!(text.contains(r#"lower(tostring(json_extract(_raw, "DeviceDetail.a")))="true""#), "{text}");
    let text = super::behind_head("SigninLogs | where tostring(DeviceDetail.a) in~ ('True', 'x')");
    assert!(text.contains(r#"in(lower(tostring(json_extract(_raw, "DeviceDetail.a"))), "true", "x")"#), "{text}");
    let text = super::behind_head("SigninLogs | where tostring(DeviceDetail.a) == 'x'");
    assert!(text.contains(r#"json_extract(_raw, "DeviceDetail.a")="x""#), "{text}");
    let told = |text: &str| super::native(text).losses.iter().any(|loss| loss.kind == super::LossKind::Case);
    assert!(told("SigninLogs | where tostring(DeviceDetail.a) == 'true'"));
    assert!(!told("SigninLogs | where tostring(DeviceDetail.a) =~ 'true'"));
}

#[test]
fn other_words_of_the_events_are_read_as_those_of_the_column() {
    let siem = |text: &str| converted(text, Options { fields: Fields::Siem, prefer: Prefer::Exact });
    let users = siem(r#"OfficeActivity | where UserType in ("Admin", "DcAdmin")"#);
    let text = users.output.unwrap();
    for (number, name) in [("0", "Regular"), ("2", "Admin"), ("3", "DcAdmin")] {
        assert!(text.contains(&format!(r#"UserType="{number}", "{name}","#)), "{text}");
    }
    assert!(!users.losses.iter().any(|loss| loss.kind == LossKind::UnmappedField), "{:?}", users.losses);
    for (query, message) in [
        (r#"AzureActivity | where OperationNameValue == "X""#, "own case"),
        (r#"AzureActivity | where ResourceProviderValue == "X""#, "own case"),
        (r#"AzureActivity | where _ResourceId == "x""#, "own case"),
    ] {
        let losses = siem(query).losses;
        assert!(losses.iter().any(|loss| loss.message.contains(message)), "{query}: {losses:?}");
    }
    let status = siem(r#"AzureActivity | where ActivityStatusValue == "Success""#).output.unwrap();
    assert!(status.contains(r#"'status.value'="Succeeded", "Success","#), "{status}");
    // An event of Sentinel is found under the words that Splunk has for it.
    let columns = [("UserType".to_owned(), Json::String("Admin".into()))];
    let given = crate::target::store::Given { table: "OfficeActivity", columns: &columns };
    let data = crate::target::splunk::rows::builtin().unwrap();
    let (stored, _) =
        crate::target::splunk::store::store(data, &given, Fields::Siem, crate::target::store::Empty::Missing);
    assert!(stored.fields.contains(&("UserType".to_owned(), Json::String("2".into()))), "{:?}", stored.fields);
}
