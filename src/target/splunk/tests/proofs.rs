//! What proofs over real rules found to be said otherwise, or not told.

use super::{Fidelity, Fields, LossKind, Options, Prefer, behind_head, condition, converted, native};

#[test]
fn two_tables_that_are_found_by_one_search_are_told() {
    let options = Options { fields: Fields::Siem, prefer: Prefer::Exact };
    let told = |text: &str| {
        converted(text, options).losses.iter().any(|loss| loss.message.contains("are found by the same search"))
    };
    assert!(told("DeviceNetworkEvents | join kind=inner CommonSecurityLog on $left.RemoteIP == $right.DestinationIP"));
    assert!(!told("DeviceNetworkEvents | join kind=inner DeviceNetworkEvents on RemoteIP"));
    assert!(!told("EmailEvents | join kind=inner EmailUrlInfo on NetworkMessageId"));
}

#[test]
fn columns_that_no_table_lists_are_shown_and_told() {
    for (kql, spl) in [
        ("project Level, extra_s", "| table Level, extra_s"),
        ("project Level, New = extra_s", "| rename extra_s AS New\n| table Level, New"),
        ("project-rename New = extra_s | project Level, New", "| rename extra_s AS New\n| table Level, New"),
    ] {
        let conversion = native(&format!("AzureDiagnostics | {kql}"));
        let told = conversion.losses.iter().filter(|loss| loss.message.contains("`extra_s`")).count();
        assert_eq!(told, 1, "{kql}: {:?}", conversion.losses);
        assert!(conversion.output.as_deref().unwrap().ends_with(spl), "{:?}", conversion.output);
    }
}

#[test]
fn another_column_of_the_events_time_keeps_it_when_the_time_is_computed() {
    let text = native(
        "DeviceEvents | summarize n = dcount(ActionType), arg_max(Timestamp, *) by DeviceName, bin(TimeGenerated, 15m)",
    )
    .output
    .unwrap();
    assert!(text.contains("| eval _time_before=_time"), "{text}");
    assert!(text.contains("| eval Timestamp=_time_before"), "{text}");
}

#[test]
fn the_time_of_an_event_stands_where_a_table_has_none() {
    let union =
        "union (DeviceEvents | project TimeGenerated, DeviceName), (DeviceInfo | project Timestamp, DeviceName)";
    for (rest, fidelity) in
        [("", Fidelity::Events), (" | where TimeGenerated > datetime(2024-01-01)", Fidelity::Approximate)]
    {
        let conversion = native(&format!("{union}{rest}"));
        assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::Null), "{:?}", conversion.losses);
        assert_eq!(conversion.fidelity, fidelity, "{:?}", conversion.losses);
    }
}

#[test]
fn what_a_join_carries_is_taken_before_its_key_gets_a_name() {
    let text = native(
        "SecurityEvent | where EventID == 4727 | project Created = TimeGenerated, Sid = TargetSid \
         | join kind=inner (SecurityEvent | where EventID == 4728 | project Group = TargetSid, Sid = MemberSid) on Sid",
    )
    .output
    .unwrap();
    let (pair, key) = (text.find("eval pair=json_object").unwrap(), text.find("TargetSid=MemberSid").unwrap());
    assert!(pair < key, "{text}");
    let text = native(
        "SecurityEvent | join kind=leftanti (SecurityEvent | where EventID == 1 | project Account, Computer) \
         on $left.Account == $right.Computer, $left.Computer == $right.Account",
    )
    .output
    .unwrap();
    assert!(text.contains("| eval Account=Account_key\n"), "{text}");
}

#[test]
fn a_second_name_leaves_the_first() {
    let text = behind_head("SecurityEvent | where EventID == 1 | extend AccountCustomEntity = Account");
    assert!(text.ends_with("| eval AccountCustomEntity=Account"), "{text}");
}

#[test]
fn a_text_that_is_missing_has_one_part_and_is_never_null() {
    assert_eq!(condition("array_length(split(Account, '/')) > 1"), r#"coalesce(mvcount(split(Account, "/")), 1)>1"#);
    assert_eq!(behind_head("SecurityEvent | where isnotnull(Account) and EventID == 1"), "");
    let text = behind_head("SecurityEvent | summarize s = make_set(Account) by Computer | project t = tostring(s)");
    assert!(text.contains(r#"coalesce(mv_to_json_array(s), "[]")"#), "{text}");
}

#[test]
fn objects_that_nobody_lists_are_parts_of_the_event() {
    for (kql, spl) in [
        ("Props.a.b == 'x'", r#"json_extract(_raw, "Props.a.b")="x""#),
        ("parse_json(Props).a == 'x'", r#"json_extract(spath(_raw, "Props"), "a")="x""#),
        ("set_has_element(Props, 'a')", r#"isnotnull(mvfind(json_array_to_mv(json_extract(_raw, "Props")), "^a\z"))"#),
        ("array_length(Props) > 1", r#"mvcount(json_array_to_mv(json_extract(_raw, "Props")))>1"#),
    ] {
        let output = native(&format!("NoSuchTable | where {kql}")).output.unwrap();
        assert!(output.ends_with(&format!("| where {spl}")), "{output}");
    }
    for part in ["Props.a == 'x'", "set_has_element(Props, 'x')"] {
        let output = native(&format!("NoSuchTable | where Props has 'y' | where {part}")).output.unwrap();
        assert!(output.contains(r#"| where match(json_extract(_raw, "Props"), "(?i)"#), "{output}");
    }
    let output = native("NoSuchTable | where Props.a == 'x' | project Props, n = strlen(Name)").output.unwrap();
    assert!(output.ends_with("Props=json_extract(_raw, \"Props\")\n| table Props, n"), "{output}");
    let output = native("NoSuchTable | mv-expand Props | where tostring(Props) == 'x'").output.unwrap();
    assert!(output.contains(r#"json_array_to_mv(json_extract(_raw, "Props"))"#), "{output}");
}

#[test]
fn a_column_nobody_lists_is_compared_with_an_instant_as_one() {
    let output = native("NoSuchTable | where CreationTime > ago(1d) and Other between (datetime(2024-01-01) .. now())");
    let output = output.output.unwrap();
    assert!(output.contains(r#"strptime(CreationTime, "%Y-%m-%dT%H:%M:%S.%7N%Z")>now()-86400"#), "{output}");
    assert!(output.contains("strptime(Other, "), "{output}");
}

#[test]
fn a_time_is_read_in_the_form_in_which_it_was_written() {
    let text = "SecurityEvent | where todatetime(format_datetime(TimeGenerated, 'MM/dd/yyyy HH:mm')) > ago(1h)";
    let output = native(text).output.unwrap();
    assert!(output.contains(r#"strptime(strftime(_time, "%m/%d/%Y %H:%M"), "%m/%d/%Y %H:%M")>now()-3600"#), "{output}");
}

#[test]
fn ends_of_words_and_numbers_of_times_are_those_of_kql() {
    for (pattern, pcre) in
        [(r"\<\w{ 3,5 }\>", r"\b(?=\w)\w{3,5}\b(?<=\w)"), (r"[<{ 3}]x{2}", r"[<{ 3}]x{2}"), (r"a\{ 3}", r"a\{ 3}")]
    {
        let output = condition(&format!("Account matches regex @'{pattern}'"));
        assert!(output.contains(pcre), "{pattern}: {output}");
    }
}

#[test]
fn the_place_of_an_element_of_a_set_is_told() {
    let told = |kql: &str| {
        let conversion = native(&format!("OfficeActivity | summarize {kql} by UserId"));
        conversion.losses.iter().any(|loss| loss.message.contains("which element of a set"))
    };
    assert!(told("First = tostring(make_set(ClientIP)[0])"));
    assert!(!told("First = tostring(make_list(ClientIP)[0])") && !told("All = make_set(ClientIP)"));
}

#[test]
fn a_column_of_a_union_has_no_field_that_another_table_fills() {
    let output = native("AADNonInteractiveUserSignInLogs | union SigninLogs").output.unwrap();
    let column = "TokenProtectionStatusDetails";
    assert!(output.contains(&format!("| rename {column} AS {column}_string")), "{output}");
}

#[test]
fn texts_are_compared_with_numbers_of_a_list_by_their_texts() {
    assert_eq!(condition("Account in (1, 2)"), r#"in(Account, "1", "2")"#);
}

#[test]
fn a_row_without_matches_or_elements_stays_where_kql_keeps_it() {
    let expanded = |kql: &str| native(&format!("SecurityEvent | {kql}")).output.unwrap();
    let matches = "extend m = extract_all('(a+)', CommandLine) | mv-expand m to typeof(string) | project m";
    assert!(expanded(matches).ends_with("| mvexpand m\n| table m"), "{}", expanded(matches));
    let all = expanded("mv-apply x = parse_json(CommandLine) on (summarize n = count(), s = make_set(tostring(x.a)))");
    assert!(
        !all.contains("| where ") && all.contains("count(eval(if(isnotnull(x) OR isnull(CommandLine), 1, null())))"),
        "{all}"
    );
    let some = expanded("mv-apply x = parse_json(CommandLine) on (where x.a == 1 | summarize n = count())");
    assert!(some.contains("| where isnotnull(x) OR isnull(CommandLine)"), "{some}");
}

#[test]
fn what_a_text_holds_as_json_is_told_from_the_text() {
    for (kql, spl) in [
        ("isnull(d)", r#"isnull(CommandLine) OR match(CommandLine, "^(?:\s*null\s*)?\z")"#),
        ("isnotnull(d)", r#"match(CommandLine, "^(?!(?:\s*null\s*)?\z)")"#),
        ("isempty(d)", r#"isnull(CommandLine) OR match(CommandLine, "^(?:\s*(?:null|\"\")\s*)?\z")"#),
    ] {
        let conversion = native(&format!("SecurityEvent | extend d = parse_json(CommandLine) | where {kql}"));
        assert!(conversion.output.as_deref().unwrap().contains(&format!("| where {spl}\n")), "{:?}", conversion.output);
        assert_eq!(conversion.fidelity, Fidelity::Exact);
    }
    let text = r#"if(match(CommandLine, "^\s*(?:null|\"(?:[^\"\\\\]|\\\\.)*\")\s*\z"), json_extract("[" . CommandLine . "]", "{0}"), CommandLine)"#;
    for kql in ["tostring(parse_json(CommandLine)) == 'x'", "tostring(todynamic(CommandLine)) has 'x'"] {
        let output = condition(kql);
        assert!(output.contains(text), "{kql}: {output}");
    }
    assert!(!condition("tostring(parse_json(CommandLine).a) == 'x'").contains("{0}"));
}

#[test]
fn no_length_and_no_element_has_what_is_no_array() {
    for (kql, spl) in [
        (
            "array_length(TargetResources) == 0",
            "if(isnotnull(json_extract(_raw, \"TargetResources\")), coalesce(mvcount(",
        ),
        ("array_length(TargetResources) >= 2", "| where mvcount(json_array_to_mv("),
        (
            "array_length(InitiatedBy.a) == 0",
            r#"if(match(json_extract(_raw, "InitiatedBy.a"), "^\s*\[") AND json_valid("#,
        ),
        (
            "not(set_has_element(TargetResources, 'x'))",
            "isnotnull(json_extract(_raw, \"TargetResources\"))\n    AND isnull(mvfind(",
        ),
        ("'x' in (InitiatedBy.a)", r#"mvfind(if(match(json_extract(_raw, "InitiatedBy.a"), "^\s*\[")"#),
    ] {
        let output = native(&format!("AuditLogs | where {kql}")).output.unwrap();
        assert!(output.contains(spl), "{kql}: {output}");
    }
    let output = native("AuditLogs | summarize s = make_set(Identity) by Category | where array_length(s) == 0");
    assert!(output.output.unwrap().contains("coalesce(mvcount(s), 0)=0"));
}

#[test]
fn an_array_is_null_where_kql_has_none_and_no_text_is_empty() {
    let output = |kql: &str| native(&format!("SecurityEvent | {kql}")).output.unwrap();
    let matches = output("where isempty(extract_all('(a+)', CommandLine))");
    assert!(matches.ends_with("| where isnull(extracted)"), "{matches}");
    let text = output("project t = tostring(extract_all('(a+)', CommandLine))");
    assert!(text.contains("t=mv_to_json_array(extracted)"), "{text}");
    let parts = output("where isnull(split(CommandLine, ' '))");
    assert!(parts.ends_with("| where false()"), "{parts}");
    let set = native("SecurityEvent | where set_union(parse_json(CommandLine), dynamic(['x'])) has 'x'");
    assert!(set.losses.iter().any(|loss| loss.message.contains("no array is left out")), "{:?}", set.losses);
}

#[test]
fn texts_that_hold_json_have_no_parts() {
    let parts = |kql: &str| native(&format!("AuditLogs | {kql}"));
    let quoted = parts("mv-expand x = InitiatedBy.GroupMembership | where x.a == 'x' | project Identity");
    assert!(quoted.output.as_deref().unwrap().contains(".GroupMembership\"), true())"), "{:?}", quoted.output);
    let told =
        |conversion: &super::Conversion| conversion.losses.iter().any(|loss| loss.message.contains("holds JSON"));
    assert!(!told(&quoted));
    assert!(told(&parts("mv-expand x = InitiatedBy.GroupMembership | where x.a == 'x' | project x")));
    assert!(told(&parts("summarize f = take_any(InitiatedBy.a) by Identity | where f.b == 'x'")));
    assert!(!told(&parts("mv-expand x = TargetResources | where x.a == 'x' | project x")));
    assert!(!told(&parts("extend e = InitiatedBy.a | where e.b == 'x'")));
    assert!(!told(&parts("extend j = parse_json(Identity) | where j.b == 'x' | project j")));
}

#[test]
fn casts_read_no_more_and_no_less_than_kqls() {
    assert_eq!(condition("tobool(Account)"), r#"match(Account, "(?i)^\s*(?:true|[+-]?0*[1-9]\d*)\s*\z")"#);
    assert_eq!(condition("not(tobool(Account))"), r#"match(Account, "(?i)^\s*(?:false|[+-]?0+)\s*\z")"#);
    assert!(condition("toguid(Account) == guid(null)").contains("substr(Account, 1, 36)"));
    assert_eq!(condition("substring(Account, -3) == 'abc'"), r#"if(len(Account)>=3, substr(Account, -3), "")="abc""#);
    assert!(
        behind_head("SecurityEvent | where hash_md5(Account) == 'x'").contains(r#"if(Account!="", md5(Account), "")"#)
    );
    let output = behind_head("SecurityEvent | parse kind=regex CommandLine with 'a+' b | project b");
    assert!(output.contains(r#""^.*?a+(?<b>.*)""#), "{output}");
}

#[test]
fn a_single_value_is_its_own_element() {
    let conversion = native("SecurityEvent | mv-expand x = parse_json(CommandLine) | where tostring(x) == 'a'");
    let output = conversion.output.unwrap();
    assert!(
        output.contains(r#"if(match(CommandLine, "^\s*\[") AND json_valid(CommandLine), json_array_to_mv(CommandLine), CommandLine)"#),
        "{output}"
    );
    assert!(conversion.losses.iter().any(|loss| loss.message.contains("is a bag")));
}

#[test]
fn elements_and_empty_texts_of_a_table_are_needles() {
    let output =
        native("SecurityEvent | where Account has_any ((SigninLogs | summarize make_set(Identity)))").output.unwrap();
    assert!(output.contains("| mvexpand "), "{output}");
    let output =
        native("SecurityEvent | where Account has_any ((SigninLogs | project tostring(Status.a)))").output.unwrap();
    assert!(output.contains(r#"needle=coalesce(Status_a, "")"#), "{output}");
}

#[test]
fn a_group_is_not_named_like_the_field_that_holds_the_table() {
    let output = behind_head("SecurityEvent | extend Type = extract('a(.)', 1, Account) | where Type == 'x'");
    assert!(output.contains("(?<extracted>"), "{output}");
}

#[test]
fn a_division_by_what_may_be_zero_is_told() {
    let told = |text: &str| native(text).losses.iter().any(|loss| loss.kind == LossKind::Null);
    assert!(told("SecurityEvent | summarize a = count(), b = dcount(Account) | extend r = todouble(a) / b"));
    assert!(!told("SecurityEvent | summarize a = count() | extend r = a / 2.5"));
    assert!(!told("SecurityEvent | summarize a = count() | extend r = a / 2"));
}

#[test]
fn columns_nobody_lists_are_those_of_the_side_that_may_have_them() {
    let text = native(
        "NoSuchTable | summarize n = count() by Id | where n > 2 | join kind=inner (NoSuchTable) on Id | project n, User",
    )
    .output
    .unwrap();
    assert!(text.contains(r#"pair=json_object("User", User)"#), "{text}");
    assert!(text.contains(r#"User=json_extract(pair, "User")"#), "{text}");
}

#[test]
fn columns_nobody_lists_are_not_those_of_a_table_joined_later() {
    let text = native(
        "NoSuchTable | where Label == 'x' | project Name | join kind=inner IdentityInfo on $left.Name == $right.AccountDisplayName \
         | project Name, Mail",
    )
    .output
    .unwrap();
    assert!(text.contains(r#"pair=json_object("Mail", Mail)"#), "{text}");
    let text = native(
        "SecurityEvent | project Account, Computer | join kind=inner (NoSuchTable | project Computer, Level) on Computer \
         | join kind=inner (NoSuchTable2 | project Account, Id) on Account | project Account, Level, Id",
    )
    .output
    .unwrap();
    assert!(text.contains(r#"pair=json_object("Level", Level)"#), "{text}");
    assert!(text.contains(r#"pair2=json_object("Id", Id)"#), "{text}");
}

#[test]
fn a_text_that_holds_json_inside_of_json_has_parts_of_its_own() {
    for (kql, spl) in [
        ("DeviceDetail.a.c", r#"json_extract(_raw, "DeviceDetail.a.c")"#),
        ("parse_json(tostring(DeviceDetail.a)).c", r#"json_extract(json_extract(_raw, "DeviceDetail.a"), "c")"#),
        (
            "parse_json(tostring(DeviceDetail.a))[0].b.c",
            r#"json_extract(json_extract(_raw, "DeviceDetail.a"), "{0}.b.c")"#,
        ),
        (
            "parse_json(tostring(DeviceDetail.a.b))['c.d']",
            r#"json_extract_exact(json_extract(_raw, "DeviceDetail.a.b"), "c.d")"#,
        ),
    ] {
        let output = native(&format!("SigninLogs | where tostring({kql}) == 'x'")).output.unwrap();
        assert!(output.ends_with(&format!("| where {spl}=\"x\"")), "{output}");
    }
    let output = native("SigninLogs | extend p = parse_json(tostring(DeviceDetail.a)) | where tostring(p.c) == 'x'");
    let output = output.output.unwrap();
    assert!(output.ends_with(r#"| where json_extract(p, "c")="x""#), "{output}");
}

#[test]
fn an_instant_in_an_array_is_its_text() {
    const TEXT: &str = r#"strftime(_time, "%Y-%m-%dT%H:%M:%S.%7NZ")"#;
    for kql in ["make_set(TimeGenerated)", "make_list(TimeGenerated)", "make_set_if(TimeGenerated, EventID == 1)"] {
        let output = native(&format!("SecurityEvent | summarize t = {kql} by Account")).output.unwrap();
        assert!(output.contains(TEXT), "{output}");
    }
    let output =
        native("SecurityEvent | mv-expand t = range(TimeGenerated, now(), 1h) to typeof(datetime) | where t > ago(1h)")
            .output
            .unwrap();
    assert!(output.contains(r#"t=mvmap(instants, strftime(instants, "%Y-%m-%dT%H:%M:%S.%7NZ"))"#), "{output}");
    assert!(output.contains("strptime(t, "), "{output}");
    let output = native("SecurityEvent | mv-expand n = range(1, 5, 2) to typeof(long)").output.unwrap();
    assert!(output.contains("n=mvrange(1, 5+2/2, 2)"), "{output}");
}

#[test]
fn a_name_that_a_union_parts_by_type_is_no_column() {
    let refused = |text: &str| {
        let conversion = native(text);
        conversion.fidelity == Fidelity::Refused
            && conversion.losses.iter().any(|loss| loss.message.contains("with several types"))
    };
    let union = "union ApiManagementGatewayLogs, SQLSecurityAuditEvents, AzureDiagnostics";
    assert!(refused(&format!("{union} | where ClientTlsVersion == '1.0'")));
    assert!(refused("search in (ApiManagementGatewayLogs, SQLSecurityAuditEvents) ClientTlsVersion has '1.0'"));
    assert!(!refused(&format!("{union} | where ClientTlsVersion_string == '1.0'")));
    assert!(!refused(&format!("{union} | where TlsVersion == '1.0'")));
    assert!(!refused(&format!("{union} | where Other == '1.0'")));
    assert!(!refused(&format!("{union} | invoke Unified() | where ClientTlsVersion == '1.0'")));
    assert!(!refused("union (NoSuchTable | project Name), (SigninLogs | project Name = AppId) | where Name == 'x'"));
}

#[test]
fn a_number_with_other_spellings_is_compared_as_text() {
    for (kql, spl) in [
        ("== '1.10'", r#"| where match(UserPrincipalName, "^1\.10\z")"#),
        ("=~ '1e3'", r#"| where match(UserPrincipalName, "(?i)^1e3\z")"#),
        ("in ('011', 'x')", r#"UserPrincipalName="x" OR match(UserPrincipalName, "^011\z")"#),
        ("== '10'", "UserPrincipalName=10"),
        ("== '10.0.0.1'", r#"UserPrincipalName="10.0.0.1""#),
    ] {
        let output = native(&format!("SigninLogs | where UserPrincipalName {kql}")).output.unwrap();
        assert!(output.contains(spl), "{kql}: {output}");
    }
}

#[test]
fn the_parts_of_an_empty_text_are_put_together_with_others() {
    for kql in ["array_concat", "set_union", "set_difference"] {
        let output = native(&format!(
            "SigninLogs | project v = {kql}(split(UserPrincipalName, ','), split(AppDisplayName, ','))"
        ));
        let output = output.output.unwrap();
        for name in ["UserPrincipalName", "AppDisplayName"] {
            assert!(output.contains(&format!(r#"coalesce(split({name}, ","), "")"#)), "{output}");
        }
    }
}

#[test]
fn a_row_without_an_array_is_told_to_be_left_out() {
    let told = |text: &str| native(text).losses.iter().any(|loss| loss.message.contains("a row without an array"));
    assert!(told("SigninLogs | mv-expand x = bag_keys(DeviceDetail) | project x"));
    assert!(told("SigninLogs | extend k = bag_keys(DeviceDetail) | mv-expand x = k | project x"));
    assert!(!told("SigninLogs | mv-expand x = split(UserPrincipalName, ',') | project x"));
    assert!(!told("SigninLogs | summarize s = make_set(UserPrincipalName) by AppId | mv-expand s | project s"));
}

#[test]
fn a_sigma_whose_lower_case_goes_by_its_place_is_told() {
    let told = |text: &str| native(text).losses.iter().any(|loss| loss.message.contains("sigma"));
    assert!(told("SigninLogs | extend v = UserPrincipalName contains 'Σ'"));
    assert!(told("SigninLogs | extend v = UserPrincipalName in~ ('aς', 'x')"));
    assert!(!told("SigninLogs | extend v = UserPrincipalName == 'Σ'"));
}
