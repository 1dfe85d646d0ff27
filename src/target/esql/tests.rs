//! From KQL to ES|QL, construct by construct.

mod typed;

use super::Esql;
use crate::bind::bind;
use crate::ir::pass::simplify;
use crate::schema::Schemas;
use crate::target::{Conversion, Fidelity, Fields, LossKind, Options, Prefer, RuleInfo, Target as _};

fn converted(text: &str, fields: Fields) -> Conversion {
    let parsed = crate::syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let mut query = bind(&parsed.query.unwrap(), &Schemas::default()).query.unwrap();
    simplify(&mut query);
    Esql.convert(&query, &RuleInfo::default(), &Options { fields, prefer: Prefer::Exact }).unwrap()
}

fn native(text: &str) -> Conversion {
    converted(text, Fields::Native)
}

fn output(text: &str) -> String {
    let conversion = native(text);
    conversion.output.unwrap_or_else(|| panic!("{text} is refused: {:?}", conversion.losses))
}

/// The condition that a predicate over `SecurityEvent` becomes.
fn condition(predicate: &str) -> String {
    let text = output(&format!("SecurityEvent | where {predicate}"));
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("FROM logs-sentinel.securityevent-*"));
    let condition = lines.next().unwrap().trim_start_matches("| WHERE ").to_owned();
    assert_eq!(lines.next(), Some("| LIMIT 10000"));
    condition
}

#[test]
fn comparisons_keep_the_null_rules() {
    for (kql, esql) in [
        (r#"Account == "x""#, r#"Account == "x""#),
        (r#"Account != "x""#, r#"Account IS NULL OR Account != "x""#),
        (r#"Account == """#, r#"Account IS NULL OR Account == """#),
        (r#"Account != """#, r#"Account != """#),
        (r#"Account =~ "X""#, r#"TO_LOWER(Account) == "x""#),
        ("EventID > 2", "EventID > 2"),
        ("not(EventID > 2)", "EventID <= 2"),
        ("EventID != 2", "EventID IS NULL OR EventID != 2"),
        (r#"Account !in ("a", "b")"#, r#"Account IS NULL OR NOT (Account IN ("a", "b"))"#),
        ("isempty(Account)", r#"Account IS NULL OR Account == """#),
        ("not(isempty(Account))", r#"Account != """#),
        ("EventID in (1, 2)", "EventID IN (1, 2)"),
    ] {
        assert_eq!(condition(kql), esql, "{kql}");
    }
}

#[test]
fn string_operators_keep_case_and_terms() {
    for (kql, esql) in [
        (r#"Account contains "A*b""#, r#"TO_LOWER(Account) LIKE """*a\*b*""""#),
        (r#"Account contains_cs "Ab""#, r#"Account LIKE "*Ab*""#),
        (r#"Account startswith "Ab""#, r#"STARTS_WITH(TO_LOWER(Account), "ab")"#),
        (r#"Account endswith_cs "Ab""#, r#"ENDS_WITH(Account, "Ab")"#),
        (r#"Account has "svc""#, r#"TO_LOWER(Account) RLIKE "(.*[^a-zA-Z0-9])?svc([^a-zA-Z0-9].*)?""#),
        (r#"Account has_any ("a", "b")"#, r#"TO_LOWER(Account) RLIKE "(.*[^a-zA-Z0-9])?(a|b)([^a-zA-Z0-9].*)?""#),
        (r#"Account matches regex "^a\\d+$""#, r#"Account RLIKE "a[0-9]+""#),
    ] {
        assert_eq!(condition(kql), esql, "{kql}");
    }
}

#[test]
fn every_query_states_its_row_limit() {
    assert!(output("SecurityEvent").ends_with("\n| LIMIT 10000"));
    assert!(output("SecurityEvent | take 5").ends_with("\n| LIMIT 5"));
}

#[test]
fn groups_and_thresholds() {
    let text = output(
        "SigninLogs | where TimeGenerated > ago(1d) | summarize n = count(), u = dcountif(IPAddress, ResultType == '0') by UserPrincipalName, bin(TimeGenerated, 5m) | where n > 10",
    );
    for line in ["| WHERE @timestamp > NOW() - 1 day", "| WHERE n > 10"] {
        assert!(text.lines().any(|l| l == line), "{line} is not in {text}");
    }
    assert!(text.contains("DATE_TRUNC(5 minutes, @timestamp)"), "{text}");
    assert!(text.contains("WHERE ResultType == \"0\""), "{text}");
}

#[test]
fn a_set_of_keys_out_of_another_table_is_a_count_of_partners() {
    for (operator, test) in [("in", "> 0"), ("!in", "== 0")] {
        let text = output(&format!("SigninLogs | where UserPrincipalName {operator} (AuditLogs | project Identity)"));
        assert!(text.contains("INLINE STATS partners = COUNT(*) WHERE side == \"other\" BY key"), "{text}");
        assert!(text.contains(&format!("WHERE partners {test}")), "{text}");
        assert!(text.contains("WHERE side == \"rows\""), "{text}");
    }
}

#[test]
fn guesses_and_names_without_a_place_are_told() {
    let conversion = converted("SecurityEvent | where Computer == 'x' and EventID == 4624", Fields::Siem);
    let text = conversion.output.unwrap();
    assert!(text.contains(r#"winlog.computer_name == "x""#) && text.contains(r#"event.code == "4624""#), "{text}");
    let guessed = converted("DeviceNetworkEvents | where RemoteUrl has 'x'", Fields::Siem);
    assert_eq!(guessed.fidelity, Fidelity::Approximate);
    assert!(guessed.losses.iter().any(|loss| loss.kind == LossKind::UnmappedField));
    assert_eq!(native("DeviceNetworkEvents | where RemoteUrl has 'x'").fidelity, Fidelity::Exact);
}

#[test]
fn a_list_elsewhere_is_a_lookup_and_told() {
    let conversion =
        native("let l = _GetWatchlist('VIP') | project SearchKey; SigninLogs | where UserPrincipalName in (l)");
    assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::Lookup));
    assert!(conversion.output.unwrap().contains("LOOKUP JOIN vip ON key"));
}

#[test]
fn partners_that_are_not_unique_are_joined_pair_by_pair() {
    let conversion = native(
        "SecurityEvent | where EventID == 1 | join kind=inner (SigninLogs | where AppId == 'x' | project Identity, Later = TimeGenerated) \
         on $left.Account == $right.Identity | where Later > TimeGenerated",
    );
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{:?}", conversion.losses);
    let text = conversion.output.unwrap();
    for part in [
        "FROM logs-sentinel.signinlogs-* METADATA _id",
        "MV_EXPAND partner",
        "| DISSECT partner ",
        "TO_DATETIME(TimeGenerated_right)",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let text = output(
        "SecurityEvent | join kind=inner (SigninLogs | project Account = Identity, IPAddress) on Account | project Account, IPAddress",
    );
    assert!(text.contains("| RENAME IPAddress_right AS IPAddress\n| KEEP Account, IPAddress\n"), "{text}");
}

#[test]
fn the_default_join_takes_one_record_of_each_key() {
    let text = output(
        "SecurityEvent | join (SigninLogs | summarize n = count() by Account = Identity) on Account | where n > 2",
    );
    assert!(text.contains("INLINE STATS chosen = MIN(_id) BY Account"), "{text}");
    let text =
        output("SecurityEvent | join kind=inner (SigninLogs | summarize n = count() by Account = Identity) on Account");
    assert!(!text.contains("chosen"), "{text}");
}

#[test]
fn the_record_with_the_greatest_value_comes_whole() {
    let conversion = native("SigninLogs | summarize arg_max(TimeGenerated, AppId, IPAddress) by Identity");
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{:?}", conversion.losses);
    let text = conversion.output.unwrap();
    assert!(text.contains("INLINE STATS chosen = MAX(@timestamp) BY Identity"), "{text}");
    assert!(text.contains("WHERE _id == "), "{text}");
}

#[test]
fn terms_of_a_table_make_one_pattern() {
    let conversion = native(
        "let words = externaldata(word: string) [@'https://x.example/words.txt']; \
         SecurityEvent | where EventID == 1 or CommandLine has_any (words)",
    );
    assert!(conversion.losses.iter().all(|loss| loss.kind == LossKind::Lookup), "{:?}", conversion.losses);
    let text = conversion.output.unwrap();
    assert!(text.contains("REPLACE(COALESCE(CommandLine, \"\"), pattern, \"$0_\") != COALESCE("), "{text}");
    assert!(text.contains("MV_CONCAT(VALUES(pattern), \"|\")"), "{text}");
}

#[test]
fn patterns_that_lucene_cannot_say_are_searched_with_those_of_java() {
    assert_eq!(
        condition(r"CommandLine matches regex @'a\b.?b'"),
        r#"REPLACE(COALESCE(CommandLine, ""), """a\b[^\n]?b""", "$0_") != COALESCE(CommandLine, "")"#
    );
}

#[test]
fn elements_of_lists_are_taken_by_position() {
    let text = output("SecurityEvent | where tostring(split(Account, '/')[-1]) == 'x'");
    assert!(text.contains("MV_SLICE(SPLIT(Account, \"/\"), -1, -1)"), "{text}");
}

#[test]
fn rows_written_out_become_one_row_that_is_expanded() {
    let text = output("datatable(a: string, n: long) ['x', 1, 'y', 2] | where n > 1");
    assert!(text.starts_with("ROW `row` = [0, 1]") || text.starts_with("ROW row = [0, 1]"), "{text}");
    assert!(text.contains("a = CASE(row == 0, \"x\", row == 1, \"y\")"), "{text}");
}

#[test]
fn events_that_are_shown_whole_tell_what_is_stored_in_another_case() {
    let conversion = converted("DeviceNetworkEvents | where RemotePort == 445", Fields::Siem);
    assert_eq!(conversion.fidelity, Fidelity::Events);
    let told: Vec<_> = conversion.losses.iter().filter(|loss| loss.kind == LossKind::Case).collect();
    assert!(told.iter().any(|loss| loss.message.contains("`host.name`")), "{:?}", conversion.losses);
    let fields = ["Timestamp", "TimeGenerated"].map(|column| conversion.outside.field(column));
    assert_eq!(fields, [Some("@timestamp"); 2], "two columns that are one field");
}

#[test]
fn lists_tell_what_they_hold_more_and_what_is_in_another_case() {
    for (list, told) in [
        ("make_set(DeviceName, 20)", &[LossKind::Case, LossKind::RowCap][..]),
        ("make_set(DeviceName)", &[LossKind::Case]),
        ("make_list(RemotePort, 20)", &[LossKind::Order, LossKind::RowCap]),
        ("make_set(RemotePort)", &[]),
    ] {
        let text = format!("DeviceNetworkEvents | summarize List = {list} by DeviceId");
        let conversion = converted(&text, Fields::Siem);
        let kinds = [LossKind::Case, LossKind::Order, LossKind::RowCap];
        let found: Vec<_> =
            kinds.into_iter().filter(|kind| conversion.losses.iter().any(|loss| loss.kind == *kind)).collect();
        assert_eq!(found, told, "{list}: {:?}", conversion.losses);
    }
}

#[test]
fn booleans_are_compared_with_booleans() {
    for (kql, esql) in
        [("IsAnonymousProxy == 1", "IsAnonymousProxy"), ("IsAnonymousProxy == 0", "IsAnonymousProxy == false")]
    {
        let text = output(&format!("CloudAppEvents | where {kql}"));
        assert!(text.contains(esql) && !text.contains("== 1") && !text.contains("== 0"), "{text}");
    }
}

#[test]
fn the_text_of_a_boolean_is_that_of_kql() {
    for (kql, esql) in [
        ("IsAnonymousProxy == 'True'", r#"CASE(IsAnonymousProxy, "True", NOT IsAnonymousProxy, "False") == "True""#),
        ("IsAnonymousProxy in ('True')", r#"CASE(IsAnonymousProxy, "True", NOT IsAnonymousProxy, "False") == "True""#),
        ("ActionType == tostring(true)", r#"COALESCE("True", "")"#),
    ] {
        let text = output(&format!("CloudAppEvents | where {kql}"));
        assert!(text.contains(esql), "{text}");
    }
}

#[test]
fn texts_are_numbers_where_they_are_the_text_of_one() {
    assert_eq!(condition("EventID in ('10014', '4624')"), "EventID IN (10014, 4624)");
    assert_eq!(condition("Account in (1, 2)"), r#"Account IN ("1", "2")"#);
    let refused = native("SecurityEvent | where EventID in ('010014')");
    assert!(refused.output.is_none(), "{:?}", refused.output);
}

#[test]
fn a_list_of_nothing_has_no_partner() {
    let conversion = native(
        "SigninLogs | where UserPrincipalName in ((SecurityEvent | where EventID == 1 | summarize make_list(Account)))",
    );
    assert!(!conversion.losses.iter().any(|loss| loss.kind == LossKind::Null), "{:?}", conversion.losses);
    let text = conversion.output.unwrap();
    assert!(text.contains("| WHERE list_Account IS NOT NULL"), "{text}");
    // The empty name is one as well.
    let empty = ["VALUES(COALESCE(Account, \"\"))", "COALESCE(UserPrincipalName, \"\")"];
    assert!(empty.iter().all(|words| text.contains(words)), "{text}");
}

#[test]
fn a_key_of_the_right_side_is_read_before_it_is_overwritten() {
    let text = output(
        "SecurityEvent | where EventID == 4720 | join kind=inner (SecurityEvent | where EventID == 4732 \
         | project Sid = TargetSid, MemberSid) on $left.TargetSid == $right.MemberSid | project Account, Sid",
    );
    let partner = text.find("TO_STRING(TargetSid)").unwrap();
    assert!(partner < text.find("TargetSid = MemberSid").unwrap(), "{text}");
    let swapped = output(
        "SecurityEvent | join kind=inner (SigninLogs | project A = UserId, B = Identity) \
         on $left.Account == $right.A, $left.Computer == $right.B",
    );
    assert!(swapped.contains("Account = UserId") && swapped.contains("Computer = Identity"), "{swapped}");
    let text = output(
        "SecurityEvent | join kind=leftsemi (SecurityEvent | where EventID == 1) \
         on $left.Account == $right.Computer, $left.Computer == $right.Account",
    );
    assert!(text.contains("Account_key = Computer") && text.contains("Account = Account_key"), "{text}");
}

#[test]
fn a_key_of_several_columns_is_passed_over_whole() {
    let text = output(
        "SecurityEvent | join kind=inner (SigninLogs | summarize n = count() by IPAddress, UserId) \
         on $left.Account == $right.UserId | project Account, n",
    );
    assert!(text.contains(r#"DISSECT partner "%{}␟%{}␟%{n_right}""#), "{text}");
}

#[test]
fn without_a_partner_there_is_no_key_of_one() {
    let text = output(
        "SecurityEvent | join kind=leftouter (SigninLogs | project UserId, Identity) on $left.Account == $right.UserId \
         | project Account, UserId",
    );
    assert!(text.contains("UserId = CASE(partners > 0, Account, null)"), "{text}");
    let inner = output(
        "SecurityEvent | join kind=inner (SigninLogs | project UserId, Identity) on $left.Account == $right.UserId \
         | project Account, UserId",
    );
    assert!(!inner.contains("CASE("), "{inner}");
}

#[test]
fn keys_of_one_case_are_told() {
    let join = |right: &str| {
        let text = format!("DeviceEvents | join kind=leftsemi ({right}) on $left.DeviceName == $right.Name");
        let conversion = converted(&text, Fields::Siem);
        assert!(
            conversion.losses.iter().any(|loss| loss.kind == LossKind::Case
                && loss.fidelity == Fidelity::Approximate
                && loss.message.contains("partners")),
            "{:?}",
            conversion.losses
        );
        conversion.output.unwrap()
    };
    let both = join("DeviceProcessEvents | project Name = DeviceName");
    assert!(both.contains("BY host.name") && !both.contains("TO_LOWER"), "{both}");
    let one = join("NoTableHere | project Name = tostring(Host)");
    assert!(one.contains("host.name = TO_LOWER("), "{one}");
}

#[test]
fn the_terms_of_a_list_are_each_one() {
    let text = output("SecurityEvent | where not(Account has_any ((SigninLogs | summarize make_set(Identity))))");
    assert!(text.contains("| MV_EXPAND term"), "{text}");
    assert!(text.contains(r#"REPLACE(COALESCE(Account, ""), pattern"#) && !text.contains("Account IS NULL"), "{text}");
}

#[test]
fn addresses_with_a_prefix_are_networks() {
    assert_eq!(condition("ipv4_is_match(IpAddress, '10.0.0.0/8')"), r#"CIDR_MATCH(TO_IP(IpAddress), "10.0.0.0/8")"#);
    assert_eq!(condition("ipv4_is_match(IpAddress, '10.1.2.3')"), r#"CIDR_MATCH(TO_IP(IpAddress), "10.1.2.3/32")"#);
    assert_eq!(
        condition("not(ipv4_is_match(IpAddress, '10.0.0.0/8'))"),
        r#"CIDR_MATCH(TO_IP(IpAddress), "0.0.0.0/0") AND NOT CIDR_MATCH(TO_IP(IpAddress), "10.0.0.0/8")"#
    );
}

#[test]
fn an_alias_of_a_field_is_shown() {
    let text = output("SecurityEvent | extend Who = Account, When = TimeGenerated");
    assert!(text.contains("Who = Account") && text.contains("When = @timestamp"), "{text}");
}

#[test]
fn an_object_is_shown_by_its_parts() {
    let text = output("SigninLogs | project UserId, DeviceDetail, A = DeviceDetail.browser");
    assert!(text.contains("KEEP UserId, DeviceDetail.*, A"), "{text}");
    let text = output("SecurityEvent | project Account, Name = tostring(split(Account, '/')[1])");
    assert!(text.contains("KEEP Account, Name"), "{text}");
    let whole = output("SigninLogs | project UserId, DeviceDetail");
    assert!(whole.contains("KEEP UserId, DeviceDetail\n"), "{whole}");
}

#[test]
fn what_a_join_carried_has_no_parts() {
    let conversion = native(
        "EmailUrlInfo | join kind=inner EmailEvents on NetworkMessageId \
         | extend Auth = parse_json(AuthenticationDetails) | where Auth.SPF == 'fail'",
    );
    assert!(conversion.output.is_none(), "{:?}", conversion.output);
}

#[test]
fn an_empty_text_of_unknown_type_is_told() {
    let told = |text: &str| {
        let conversion = native(text);
        conversion.losses.iter().any(|loss| loss.kind == LossKind::Null && loss.message.contains("missing field"))
    };
    assert!(told("SigninLogs | where isnotnull(DeviceDetail.browser)"));
    assert!(!told("SigninLogs | where isnotnull(CreatedDateTime)"));
    assert!(told("NoTable | join kind=inner (NoOther) on $left.A == $right.B"));
    assert!(!told("SecurityEvent | join kind=inner (SigninLogs) on $left.Account == $right.Identity"));
}

#[test]
fn the_text_of_a_list_is_json() {
    let text = |of: &str| {
        output(&format!("SecurityEvent | summarize s = make_set({of}) by Computer | extend t = tostring(s)"))
    };
    let texts = text("Account");
    assert!(texts.contains(r#"t = COALESCE(CONCAT("[\"", MV_CONCAT(s, "\",\""), "\"]"), "[]")"#), "{texts}");
    let numbers = text("EventID");
    assert!(numbers.contains(r#"t = COALESCE(CONCAT("[", MV_CONCAT(TO_STRING(s), ","), "]"), "[]")"#), "{numbers}");
    assert!(condition("pack_array(Account, Computer) has 'x'").contains("MV_CONCAT(MV_APPEND("));
    assert!(condition("Account == tostring(dynamic([1, 'a']))").contains(r#"[1,"a"]"#));
    let unknown = native("SigninLogs | summarize s = make_set(DeviceDetail.os) by UserId | extend t = tostring(s)");
    assert!(unknown.losses.iter().any(|loss| loss.message.contains("taken for texts")), "{:?}", unknown.losses);
}

#[test]
fn a_group_without_the_value_gives_a_record_all_the_same() {
    let text = output("SigninLogs | summarize arg_max(CreatedDateTime, AppId) by Identity");
    assert!(text.contains("WHERE CreatedDateTime == chosen OR chosen IS NULL"), "{text}");
    assert!(!output("SigninLogs | summarize arg_max(TimeGenerated, AppId) by Identity").contains("chosen IS NULL"));
}

#[test]
fn two_fields_are_compared_in_one_case() {
    let conversion = converted("DeviceLogonEvents | where AccountDomain == DeviceName", Fields::Siem);
    assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::Case && loss.fidelity == Fidelity::Approximate));
    let text = conversion.output.unwrap();
    assert!(text.contains("TO_LOWER(user.domain)") && !text.contains("TO_LOWER(host.name)"), "{text}");
}

#[test]
fn columns_that_may_be_there_are_read() {
    let text = output("NoTableHere | project A = column_ifexists('a_s', ''), B = column_ifexists('b_s', 'none')");
    assert!(text.contains("a_s AS A") && text.contains(r#"B = COALESCE(b_s, "none")"#), "{text}");
}

#[test]
fn what_is_no_guid_is_null() {
    let text = output("SecurityEvent | project g = toguid(Account)");
    assert!(
        text.contains(r#"g = CASE(Account RLIKE "[0-9A-Fa-f]{8}-"#) && text.contains("TO_LOWER(Account), null)"),
        "{text}"
    );
}

#[test]
fn what_has_no_rows_there_is_refused() {
    for text in [
        "SecurityEvent | summarize l = make_list(Account) by Computer | where array_length(l) > 2",
        "NoTableHere | where p has 'x' | extend q = tostring(p.q)",
        "SecurityEvent | summarize l = make_list(Account) by Computer | mv-expand l | summarize count() by Computer",
        "SecurityEvent | mv-expand x = parse_json(EventData) | summarize count() by tostring(x)",
        "search * | where TimeGenerated > ago(1d) | summarize count() by $table",
    ] {
        assert!(native(text).output.is_none(), "{text}: {:?}", native(text).output);
    }
    output(
        "SecurityEvent | summarize l = make_set(Account) by Computer | mv-expand l | summarize count() by tostring(l)",
    );
    let union = |fields| converted("union AzureDiagnostics, StorageBlobLogs | where OperationName == 'x'", fields);
    assert!(union(Fields::Siem).output.is_none() && union(Fields::Native).output.is_some());
}

#[test]
fn a_set_that_is_narrowed_by_another_stands_beside_it() {
    let text = output(
        "let a = SecurityEvent | where EventID == 1 | distinct Account; \
         let b = SigninLogs | where UserPrincipalName in (a) | distinct AppDisplayName; \
         OfficeActivity | where Operation has_any (b)",
    );
    // One `FROM`, and what narrows the inner set lets all other rows pass.
    assert_eq!(text.matches("(FROM ").count(), 3, "{text}");
    assert!(text.contains(r#"| WHERE side != "inner""#), "{text}");
    assert!(text.contains(r#"side = CASE(side == "inner", "pattern", side)"#), "{text}");
    assert!(text.contains("| KEEP AppDisplayName, key, side)"), "{text}");
}

#[test]
fn groups_of_an_inner_flow_that_are_counted_are_one_row_each() {
    let text = output(
        "let a = SecurityEvent | where EventID == 1 | distinct Account; \
         let b = SigninLogs | where UserPrincipalName in (a) | distinct AppDisplayName, UserPrincipalName \
             | summarize N = count() by AppDisplayName | where N > 2 | project AppDisplayName; \
         OfficeActivity | where Operation has_any (b)",
    );
    assert!(text.contains(r#"chosen = MIN(_id) WHERE side == "inner" BY AppDisplayName, UserPrincipalName"#), "{text}");
    assert!(text.contains(r#"N2 = COUNT(*) WHERE side == "inner""#), "{text}");
    assert!(text.contains(r#"| WHERE side != "inner" OR N2 > 2"#), "{text}");
}

#[test]
fn a_table_is_joined_with_groups_of_joined_rows() {
    let text = output(
        "SecurityEvent | join kind=inner SigninLogs on $left.Account == $right.UserPrincipalName \
         | summarize N = count() by Account, Other = AppDisplayName \
         | join kind=leftanti (OfficeActivity | where Operation == 'x') on $left.Other == $right.UserId \
         | where N > 3",
    );
    // The rows of the third table go through the grouping as groups of their own.
    let groups = text.lines().position(|line| line.starts_with("| STATS N")).unwrap();
    let by = text.lines().skip(groups).find(|line| line.contains("BY ")).unwrap();
    assert!(by.ends_with("side, AppDisplayName_key"), "{text}");
    let after: Vec<&str> = text.lines().skip(groups).collect();
    assert!(after.iter().any(|line| line.starts_with("| INLINE STATS partners")), "{text}");
    // A count of all rows is one row also where there are none, which no group is.
    let refused = native(
        "SecurityEvent | join kind=inner SigninLogs on $left.Account == $right.UserPrincipalName | summarize N = count() \
         | extend Account = 'x' | join kind=inner OfficeActivity on $left.Account == $right.UserId",
    );
    assert!(refused.output.is_none(), "{:?}", refused.output);
}

#[test]
fn rows_written_out_stand_beside_tables() {
    let text = output(
        "let l = datatable(A: string, B: string)['x', '1', 'y', '2']; \
         SecurityEvent | join kind=inner l on $left.Account == $right.A | project Account, B",
    );
    assert!(text.contains("\n  (ROW ") && text.contains("| MV_EXPAND row"), "{text}");
}

#[test]
fn more_branches_than_there_may_be_are_refused() {
    let tables = |count| (0..count).map(|at| format!("(T{at} | where A == {at})")).collect::<Vec<_>>().join(", ");
    assert!(native(&format!("union {}", tables(8))).output.is_some());
    assert!(native(&format!("union {}", tables(9))).output.is_none());
}

#[test]
fn named_columns_of_a_table_nobody_knows_have_combinations() {
    assert!(output("Some_CL | distinct A_s, B_s").contains("| STATS BY A_s, B_s"));
    assert!(native("Some_CL | where A_s == 'x' | distinct *").output.is_none());
}

#[test]
fn keys_that_a_pipeline_folds_are_told() {
    let told = |kql: &str| {
        let conversion = converted(kql, Fields::Siem);
        assert!(conversion.output.is_some(), "{:?}", conversion.losses);
        let of_case =
            |loss: &&crate::target::Loss| loss.kind == LossKind::Case && loss.fidelity == Fidelity::Approximate;
        conversion.losses.iter().filter(of_case).count()
    };
    assert_eq!(told("DeviceProcessEvents | summarize count() by DeviceName"), 1);
    assert_eq!(told("DeviceProcessEvents | distinct DeviceName"), 1);
    assert_eq!(told("DeviceProcessEvents | summarize arg_max(Timestamp, FileName) by DeviceName"), 1);
    assert_eq!(told("DeviceProcessEvents | summarize count() by tolower(DeviceName)"), 0);
    assert_eq!(told("DeviceProcessEvents | summarize count() by DeviceId"), 0);
}

#[test]
fn an_empty_text_that_is_computed_is_the_key_that_a_missing_one_is() {
    let text = output(
        "SecurityEvent | join kind=leftsemi (SigninLogs | extend K = tostring(split(AppDisplayName, ' ')[1])) \
         on $left.Account == $right.K",
    );
    assert!(text.contains(r#"COALESCE(Account, "")"#) && text.contains(r#"COALESCE(K, "")"#), "{text}");
    let text = output("SecurityEvent | join kind=leftsemi SigninLogs on $left.Account == $right.UserPrincipalName");
    assert!(!text.contains("COALESCE"), "{text}");
}

#[test]
fn spans_that_are_computed_move_the_time_of_the_run() {
    let text = output("SecurityEvent | where TimeGenerated > ago(max_of(1h, 2h))");
    assert!(text.contains("TO_DATETIME(TO_LONG(NOW()) - GREATEST(3600000, 7200000))"), "{text}");
    let text = output("Some_CL | summarize count() by bin(When_t, 1h)");
    assert!(text.contains("DATE_TRUNC(1 hour, TO_DATETIME(When_t))"), "{text}");
}

#[test]
fn the_old_replace_has_the_text_last() {
    for kql in ["replace('a+', 'b', Account)", "replace_regex(Account, 'a+', 'b')"] {
        assert_eq!(condition(&format!("{kql} == 'x'")), r#"REPLACE(Account, "a+", "b") == "x""#);
    }
}

#[test]
fn elements_of_an_array_of_objects_are_at_positions() {
    let text = output(
        "AuditLogs | mv-expand Target = TargetResources | where Target.displayName == 'x' \
         | project Name = tostring(Target.displayName), Kind = tostring(Target.type)",
    );
    assert!(text.contains("position = [0, 1, 2, 3, 4, 5, 6, 7]") && text.contains("| MV_EXPAND position"), "{text}");
    assert!(text.contains("CASE(position == 0, TargetResources.`0`.displayName, position == 1,"), "{text}");
    assert!(text.contains("IS NOT NULL OR "), "{text}");
    let refused =
        native("AuditLogs | mv-expand Target = TargetResources | where Target.displayName == 'x' and Target has 'y'");
    assert!(refused.output.is_none(), "{:?}", refused.output);
    // An element without the parts that are read would be a row as well.
    let refused =
        native("AuditLogs | mv-expand Target = TargetResources | project Name = tostring(Target.displayName)");
    assert!(refused.output.is_none(), "{:?}", refused.output);
}

#[test]
fn a_list_of_texts_has_the_text_of_its_elements() {
    let text = output("IdentityInfo | where AssignedRoles has 'Global Administrator'");
    assert!(text.contains(r#"MV_CONCAT(AssignedRoles, "\",\"")"#) && text.contains("RLIKE"), "{text}");
    assert!(output("IdentityInfo | where isnotempty(AssignedRoles)").contains("WHERE AssignedRoles IS NOT NULL"));
}

#[test]
fn an_object_is_there_where_a_part_of_it_is() {
    for (test, expected) in [
        ("isnotnull(DeviceDetail.a)", "WHERE DeviceDetail.a.b IS NOT NULL AND"),
        ("isnotempty(DeviceDetail.a)", "WHERE DeviceDetail.a.b IS NOT NULL AND"),
        ("isempty(DeviceDetail.a)", "WHERE DeviceDetail.a.b IS NULL AND"),
        ("not(isnotempty(DeviceDetail.a))", "WHERE DeviceDetail.a.b IS NULL AND"),
    ] {
        let text = output(&format!("SigninLogs | where {test} and DeviceDetail.a.b == 1"));
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_time_of_advanced_hunting_is_the_one_that_is_stored() {
    let conversion = native("CloudAuditEvents | where Timestamp > ago(1d)");
    assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::UnresolvedName));
    assert!(conversion.output.unwrap().contains("TO_DATETIME(@timestamp) >"));
}

#[test]
fn a_custom_log_has_the_fields_that_are_known_of_it() {
    let query = "Okta_CL | where eventType_s == 'x' and actor_alternateId_s == 'y' and other_s == 'z'";
    let conversion = converted(query, Fields::Siem);
    let told = |words: &str| conversion.losses.iter().any(|loss| loss.message.contains(words));
    assert!(told("the columns of `Okta_CL`, whose records are in") && told("`other_s`") && !told("`eventType_s`"));
    let text = conversion.output.unwrap();
    for field in ["event.action", "okta.actor.alternate_id", "other_s"] {
        assert!(text.contains(field), "{text}");
    }
    // Also where the records are named first, and a join reads them.
    let joined = converted(
        "let failed = Okta_CL | where outcome_reason_s == 'x'; SigninLogs | join kind=inner (failed | where eventType_s == 'y') \
         on $left.UserPrincipalName == $right.actor_alternateId_s",
        Fields::Siem,
    );
    let text = joined.output.unwrap();
    assert!(text.contains("okta.outcome.reason") && text.contains("okta.actor.alternate_id"), "{text}");
}

#[test]
fn what_a_time_span_is_added_to_is_an_instant() {
    let conversion = native("TeamsData | where Removed < Added + 1h");
    assert!(conversion.losses.iter().any(|loss| loss.message.contains("taken for an instant")));
    let text = conversion.output.unwrap();
    assert!(text.contains("TO_DATETIME(Removed) < TO_DATETIME(Added) + 1 hour"), "{text}");
}

#[test]
fn no_element_is_null() {
    let text = output(
        "DeviceEvents | extend x = tolower(FileName) | where not(set_has_element(dynamic(['a', 'b']), x)) | project x",
    );
    assert!(text.contains("x IS NULL OR NOT MV_CONTAINS"), "{text}");
}

#[test]
fn an_empty_term_of_a_table_is_one_that_every_text_has() {
    let text = output("SecurityEvent | where CommandLine has_any ((SigninLogs | project AppDisplayName))");
    assert!(text.contains(r#"COALESCE(AppDisplayName, "")"#), "{text}");
}

#[test]
fn a_stored_list_that_is_missing_has_no_text() {
    let text = output("IdentityInfo | where AssignedRoles != ''");
    assert!(text.contains(r#""\"]"), "") != """#), "{text}");
}

#[test]
fn the_text_of_a_list_stays_one_over_a_join() {
    let text = output(
        "let lists = SecurityEvent | summarize Names = make_set(Account) by Computer; \
         SigninLogs | join kind=inner lists on $left.AppDisplayName == $right.Computer | summarize count() by tostring(Names)",
    );
    assert!(text.contains("MV_CONCAT(Names_right"), "{text}");
}

#[test]
fn what_a_projection_leaves_out_is_not_read() {
    let query = "SecurityEvent | project Computer | join kind=leftouter IdentityInfo on $left.Computer == $right.AccountName \
                 | where EmailAddress == 'x'";
    let refused = native(query);
    assert!(refused.output.is_none() && refused.losses.iter().any(|loss| loss.message.contains("`EmailAddress`")));
    let kept = native("SecurityEvent | where Other == 'x' | project Computer, Other | where Other != 'y'");
    assert!(kept.output.is_some(), "{:?}", kept.losses);
}
