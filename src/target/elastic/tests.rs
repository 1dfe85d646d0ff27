//! What fields can hold and are called, as translations to ES|QL and EQL say it.
//!
//! Sources: the field definitions and ingest pipelines of elastic/integrations, the field types of ECS, and what
//! Elasticsearch's verifiers of both languages refuse.

use crate::bind::bind;
use crate::ir::pass::simplify;
use crate::schema::{Dialect, Schemas};
use crate::target::eql::Eql;
use crate::target::esql::Esql;
use crate::target::{Conversion, Fidelity, LossKind, Options, RuleInfo, Target};

fn converted(target: &dyn Target, text: &str) -> Conversion {
    let parsed = crate::syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let mut query = bind(&parsed.query.unwrap(), &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
    simplify(&mut query);
    target.convert(&query, &RuleInfo::default(), &Options::default()).unwrap()
}

/// The condition, without what tells the table.
fn esql(text: &str) -> String {
    let conversion = converted(&Esql, text);
    let output = conversion.output.unwrap_or_else(|| panic!("{text} is refused: {:?}", conversion.losses));
    let (_, condition) = output.rsplit_once("| WHERE ").unwrap_or_default();
    let lines: Vec<&str> = condition.lines().take_while(|line| !line.starts_with('|')).map(str::trim).collect();
    lines.join(" ")
}

fn eql(text: &str) -> String {
    let conversion = converted(&Eql, text);
    let output = conversion.output.unwrap_or_else(|| panic!("{text} is refused: {:?}", conversion.losses));
    output.lines().last().unwrap_or_default().trim().trim_start_matches("any where ").to_owned()
}

/// The losses that one of the targets tells of a kind, the words they are about left out.
fn told(target: &dyn Target, text: &str, kind: LossKind) -> Vec<String> {
    let losses = converted(target, text).losses;
    losses.into_iter().filter(|loss| loss.kind == kind).map(|loss| loss.message).collect()
}

#[test]
fn texts_are_compared_with_numbers_as_texts() {
    let ports = r#"SecurityEvent | where IpPort in ("0", "445")"#;
    assert_eq!(esql(ports), r#"TO_STRING(source.port) IN ("0", "445")"#);
    assert_eq!(eql(ports), "source.port in (0, 445)");
    assert_eq!(eql(r#"SecurityEvent | where IpPort != "0""#), "source.port != 0");
    assert_eq!(eql("SecurityEvent | where isempty(IpPort)"), "source.port == null");
    assert_eq!(esql("SecurityEvent | where KeyLength == 0"), r#"winlog.event_data.KeyLength == "0""#);
    assert_eq!(eql("SecurityEvent | where KeyLength == 0"), r#"winlog.event_data.KeyLength == "0""#);
    assert_eq!(converted(&Eql, r#"SecurityEvent | where IpPort startswith "44""#).fidelity, Fidelity::Refused);
    assert_eq!(esql(r#"CommonSecurityLog | where LogSeverity == "High""#), r#"cef.severity == "High""#);
}

#[test]
fn truths_are_compared_with_texts_as_texts() {
    let field = "aws.cloudtrail.user_identity.session_context.mfa_authenticated";
    let query = "AWSCloudTrail | where SessionMfaAuthenticated == false";
    assert_eq!(esql(query), format!("TO_BOOLEAN({field}) == false"));
    assert_eq!(eql(query), format!(r#"{field} == "false""#));
    assert_eq!(eql("AWSCloudTrail | where SessionMfaAuthenticated"), format!(r#"{field} == "true""#));
    assert_eq!(esql("AWSCloudTrail | where ReadOnly == true"), "aws.cloudtrail.read_only == true");
}

#[test]
fn addresses_are_no_texts() {
    let beginning = r#"AADUserRiskEvents | where IpAddress startswith "10.""#;
    let field = "azure.identityprotection.properties.ip_address";
    assert_eq!(esql(beginning), format!(r#"STARTS_WITH(TO_LOWER(TO_STRING({field})), "10.")"#));
    assert_eq!(eql(beginning), format!(r#"cidrMatch({field}, "10.0.0.0/8")"#));
}

#[test]
fn what_a_field_cannot_hold_is_told() {
    for (condition, tells) in [
        (r#"IpAddress != "-""#, true),
        (r#"IpAddress !in ("-", "::1")"#, true),
        (r#"IpAddress == "-""#, true),
        (r#"IpPort == "-""#, true),
        (r#"IpAddress != "::1""#, false),
        (r#"IpPort != "0""#, false),
        (r#"IpAddress != """#, false),
    ] {
        let query = format!("SecurityEvent | where {condition}");
        for target in [&Esql as &dyn Target, &Eql] {
            let losses = told(target, &query, LossKind::Null);
            assert_eq!(losses.len(), usize::from(tells), "{condition}: {losses:?}");
        }
    }
    // Whatever is no address is left out by the other condition.
    let asked = r#"SecurityEvent | where isnotempty(IpAddress) | where IpAddress != "-""#;
    assert!(told(&Esql, asked, LossKind::Null).is_empty());
}

#[test]
fn texts_that_are_searched_by_words_are_not_compared_in_eql() {
    for condition in [r#"SyslogMessage has "x""#, r#"SyslogMessage == "x""#, r#"SyslogMessage matches regex "x+""#] {
        let query = format!("Syslog | where {condition}");
        let conversion = converted(&Eql, &query);
        assert_eq!(conversion.fidelity, Fidelity::Refused, "{condition}");
        assert!(conversion.losses[0].message.contains("`message`"), "{:?}", conversion.losses);
        assert!(esql(&query).contains("message"), "{condition}");
    }
    assert_eq!(eql("Syslog | where isnotempty(SyslogMessage)"), "message != null");
}

#[test]
fn parts_of_objects_are_called_as_the_pipeline_calls_them() {
    for (query, field) in [
        ("AuditLogs | where TargetResources[0].displayName == 'x'", "target_resources.`0`.display_name"),
        (
            "AuditLogs | where tostring(TargetResources[0].modifiedProperties[1].newValue) has 'x'",
            "target_resources.`0`.modified_properties.`1`.new_value",
        ),
        ("AuditLogs | where InitiatedBy.user.userPrincipalName == 'x'", "initiated_by.user.userPrincipalName"),
        ("SigninLogs | where Status.errorCode == 50126", "properties.status.error_code"),
        ("SigninLogs | where DeviceDetail.isCompliant == true", "properties.device_detail.is_compliant"),
    ] {
        let conversion = converted(&Esql, query);
        assert!(!conversion.losses.iter().any(|loss| loss.kind == LossKind::UnmappedField), "{:?}", conversion.losses);
        let text = conversion.output.unwrap();
        assert!(text.contains(field), "{text}");
        let text = eql(query).replace('`', "");
        assert!(text.contains(&field.replace('`', "")), "{text}");
    }
    for (query, words) in [
        ("SigninLogs | where Status.failureReason == 'x'", "is a guess"),
        ("AuditLogs | where AdditionalDetails[0].value == 'x'", "no positions"),
        ("CloudAppEvents | where RawEventData.Operation == 'x'", "flattened"),
    ] {
        for target in [&Esql as &dyn Target, &Eql] {
            let losses = told(target, query, LossKind::UnmappedField);
            assert!(matches!(losses.as_slice(), [one] if one.contains(words)), "{query}: {losses:?}");
        }
    }
    let expanded = converted(&Esql, "AuditLogs | mv-expand TargetResources | where TargetResources.displayName == 'x'");
    assert!(expanded.output.unwrap().contains("target_resources.`7`.display_name"));
}

#[test]
fn an_address_of_ipv6_is_in_no_range_of_ipv4_nor_out_of_it() {
    let all = |inner: &str| format!(r#"CIDR_MATCH(TO_IP(TO_STRING(destination.ip)), "0.0.0.0/0") AND NOT {inner}"#);
    let one = r#"CIDR_MATCH(TO_IP(TO_STRING(destination.ip)), "10.1.0.0/16")"#;
    for range in
        ["ipv4_is_in_range(DestinationIP, '10.1.0.0/16')", "ipv4_is_in_any_range(DestinationIP, '10.1.0.0/16')"]
    {
        let query = format!("CommonSecurityLog | where not({range})");
        assert_eq!(esql(&query), all(one), "{range}");
        let guard = r#"cidrMatch(destination.ip, "0.0.0.0/0") and not cidrMatch(destination.ip, "10.1.0.0/16")"#;
        assert_eq!(eql(&query).replace(['(', ')'], ""), guard.replace(['(', ')'], ""), "{range}");
    }
    assert!(esql("CommonSecurityLog | where ipv4_is_private(DestinationIP) == false").contains(r#""0.0.0.0/0")"#));
    let value = converted(&Esql, "CommonSecurityLog | extend inside = ipv4_is_in_range(DestinationIP, '10.1.0.0/16')");
    assert!(value.output.unwrap().contains(&format!("CASE({one}, true, {}, false)", all(one))));
    assert!(
        !esql("CommonSecurityLog | where not(ipv6_is_in_range(DestinationIP, '10.1.0.0/16'))").contains("0.0.0.0/0")
    );
    // Without the length of its prefix Elasticsearch takes no network.
    let single = "CommonSecurityLog | where ipv4_is_in_range(DestinationIP, '10.1.2.3')";
    assert!(esql(single).ends_with(r#""10.1.2.3/32")"#) && eql(single).ends_with(r#""10.1.2.3/32")"#));
}

#[test]
fn a_sum_of_nothing_is_no_null() {
    let query = "CommonSecurityLog | summarize bytes = sumif(DestinationPort, SourcePort > 3) by DeviceVendor";
    let text = converted(&Esql, query).output.unwrap();
    assert!(text.contains("COALESCE(SUM(destination.port), 0) WHERE source.port > 3"), "{text}");
}

#[test]
fn what_an_aggregate_gives_of_addresses_has_one_type() {
    let query = "SigninLogs | summarize dcount(IPAddress), make_set(IPAddress), take_any(IPAddress) by UserPrincipalName \
                 | where IPAddress startswith '10.'";
    let text = converted(&Esql, query).output.unwrap();
    for part in [
        r#"COUNT_DISTINCT(COALESCE(TO_STRING(source.ip), ""), 40000)"#,
        r#"VALUES(COALESCE(TO_STRING(source.ip), ""))"#,
        "IPAddress = MIN(source.ip)",
        r#"STARTS_WITH(TO_LOWER(TO_STRING(IPAddress)), "10.")"#,
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn actions_have_the_names_that_the_pipeline_gives_them() {
    for (table, action, name) in [
        ("DeviceProcessEvents", "ProcessCreated", "start"),
        ("DeviceFileEvents", "FileCreated", "creation"),
        ("DeviceRegistryEvents", "RegistryValueSet", "modification"),
        ("DeviceImageLoadEvents", "ImageLoaded", "load"),
        ("DeviceRegistryEvents", "RegistryKeyDeleted", "registrykeydeleted"),
        ("DeviceNetworkEvents", "ConnectionSuccess", "connectionsuccess"),
    ] {
        let query = format!("{table} | where ActionType == '{action}'");
        assert_eq!(esql(&query), format!("event.action == \"{name}\""), "{table}");
        assert!(eql(&query).contains(&format!("event.action == \"{name}\"")), "{table}");
        assert!(told(&Esql, &query, LossKind::UnmappedField).is_empty(), "{table}");
    }
    for part in ["startswith 'File'", "has_any ('FileCreated', 'FileDeleted')", "matches regex '^File'"] {
        let query = format!("DeviceFileEvents | where ActionType {part}");
        assert_eq!(told(&Esql, &query, LossKind::UnmappedField).len(), 1, "{part}");
    }
}

#[test]
fn no_number_is_read_in_an_address() {
    for condition in
        ["isnull(toint(RemoteIP))", "isnotnull(todouble(RemoteIP))", "tobool(RemoteIP)", "toint(RemoteIP) > 3"]
    {
        let conversion = converted(&Eql, &format!("DeviceNetworkEvents | where {condition}"));
        assert_eq!(conversion.output, None, "{condition}");
    }
}

#[test]
fn values_that_the_pipeline_renames_are_asked_for_by_their_new_names() {
    let operations = r#"OfficeActivity | where Operation in~ ("memberadded", "Set-Mailbox")"#;
    assert_eq!(eql(operations), r#"event.action in~ ("added-users-to-group", "Set-Mailbox")"#);
    assert_eq!(esql(operations), r#"TO_LOWER(event.action) IN ("added-users-to-group", "set-mailbox")"#);
    let operation = r#"OfficeActivity | where Operation == "TeamCreated""#;
    assert_eq!(eql(operation), r#"event.action == "added-group-account-to""#);
    assert_eq!(esql(operation), r#"event.action == "added-group-account-to""#);
    let users = r#"OfficeActivity | where UserType in ("Admin", "DcAdmin")"#;
    assert_eq!(eql(users), r#"o365.audit.UserType in ("2", "3")"#);
    assert_eq!(esql(users), r#"o365.audit.UserType IN ("2", "3")"#);
    for target in [&Eql as &dyn Target, &Esql] {
        for (condition, tells) in [
            (r#"Operation has "Member""#, true),
            (r#"Operation matches regex "^Member.*""#, true),
            (r#"Operation has "InboxRule""#, false),
            (r#"UserType has "Admin""#, true),
            (r#"Operation == "MemberAdded""#, false),
        ] {
            let losses = told(target, &format!("OfficeActivity | where {condition}"), LossKind::UnmappedField);
            assert_eq!(losses.iter().any(|message| message.contains("not found")), tells, "{condition}: {losses:?}");
        }
        // Their case is kept, so that there is none to tell of.
        let grouped = converted(target, "OfficeActivity | summarize count() by Operation");
        assert!(!grouped.losses.iter().any(|loss| loss.message.contains("case")), "{:?}", grouped.losses);
    }
}

#[test]
fn fields_hold_what_came_where_their_counterparts_in_ecs_do_not() {
    for (query, condition) in [
        (r#"AzureActivity | where ActivityStatusValue == "Start""#, r#"azure.activitylogs.result_type == "Start""#),
        (r#"OfficeActivity | where ResultStatus == "Succeeded""#, r#"o365.audit.ResultStatus == "Succeeded""#),
        (r#"OfficeActivity | where TeamName == "x""#, r#"group.name == "x""#),
        (r#"Syslog | where HostName == "x""#, r#"host.hostname == "x""#),
    ] {
        assert_eq!((eql(query), esql(query)), (condition.to_owned(), condition.to_owned()));
        for target in [&Eql as &dyn Target, &Esql] {
            assert_eq!(told(target, query, LossKind::UnmappedField), [""; 0], "{query}");
        }
    }
    // The case is the event's own.
    let operation = r#"AzureActivity | where OperationNameValue =~ "Microsoft.Compute/virtualMachines/write""#;
    assert_eq!(eql(operation), r#"azure.activitylogs.operation_name in~ ("Microsoft.Compute/virtualMachines/write")"#);
}

#[test]
fn what_a_field_lacks_or_has_in_another_form_is_told() {
    for (query, message) in [
        ("AzureActivity | where Caller == 'x'", "an application that calls has none"),
        ("AzureActivity | where _ResourceId has 'x'", "mostly upper"),
        ("OfficeActivity | where OfficeObjectId has 'x'", "`url.original`"),
        ("SecurityEvent | where ProcessName has 'x'", "`process.executable` in events of logons"),
        ("AWSCloudTrail | where UserIdentityUserName == 'x'", "name of a role"),
        ("AWSCloudTrail | where RequestParameters has 'x'", "not as JSON"),
        ("W3CIISLog | where csUserAgent has 'x'", "decoded"),
        ("W3CIISLog | where csUriQuery has 'x'", "decoded"),
        ("WindowsEvent | where EventData.Image has 'x'", "is a guess"),
        // No field holds the same.
        ("AzureActivity | where ResourceProviderValue == 'x'", "has no known field"),
        ("SecurityEvent | where PrivilegeList has 'x'", "has no known field"),
    ] {
        for target in [&Eql as &dyn Target, &Esql] {
            let losses = told(target, query, LossKind::UnmappedField);
            assert!(losses.iter().any(|loss| loss.contains(message)), "{query}: {losses:?}");
        }
    }
    for target in [&Eql as &dyn Target, &Esql] {
        let known = told(target, "WindowsEvent | where EventData.LogonType == '3'", LossKind::UnmappedField);
        assert!(known.is_empty(), "{known:?}");
    }
}
