//! Whole rules: what is made of them.

use super::*;
use crate::schema::{Dialect, Schemas};

const NOW: i64 = 638_513_712_000_000_000;

fn made(text: &str) -> Synthesis {
    let parsed = crate::syntax::parse(text);
    let bound = crate::bind::bind(&parsed.query.unwrap(), &Schemas::builtin(Dialect::Sentinel));
    assert!(!bound.has_errors(), "{:?}", bound.diagnostics);
    let mut query = bound.query.unwrap();
    crate::ir::pass::simplify(&mut query);
    synthesise(&query, 0, NOW, &Invariants::microsoft())
}

fn column<'a>(scenario: &'a Scenario, table: &str, column: &str) -> Vec<&'a serde_json::Value> {
    let tables = scenario.tables.iter().filter(|(name, _)| **name == *table);
    tables.flat_map(|(_, events)| events).filter_map(|event| event.get(column)).collect()
}

#[test]
fn a_filter_is_met() {
    let made = made(
        "SecurityEvent | where EventID == 4688 and NewProcessName endswith '\\\\cmd.exe' and CommandLine has 'whoami' \
         and CommandLine !contains 'quiet'",
    );
    assert_eq!(made.unsolved, []);
    let base = &made.scenarios[0];
    assert_eq!((base.expects, base.events()), (Expectation::Fires, 1));
    assert_eq!(column(base, "SecurityEvent", "EventID"), [&serde_json::json!(4688)]);
    let events: usize = made.scenarios.iter().map(Scenario::events).sum();
    assert!(events >= 200, "{events}");
}

#[test]
fn a_group_has_as_many_records_as_it_needs() {
    let made = made(
        "SigninLogs | where ResultType == '50126' | summarize n = count(), u = dcount(UserPrincipalName) by IPAddress \
         | where n > 5 and u >= 3",
    );
    assert_eq!(made.unsolved, []);
    let base = &made.scenarios[0];
    assert_eq!(base.events(), 6);
    let addresses = column(base, "SigninLogs", "IPAddress");
    assert!(addresses.iter().all(|address| *address == addresses[0]));
    let fewer = made.scenarios.iter().find(|scenario| scenario.probe == Probe::Threshold).unwrap();
    assert_eq!((fewer.events(), fewer.expects), (5, Expectation::Silent));
}

/// Each step reads the list of the last one twice, and both sides of the join have to have the same list.
#[test]
fn a_list_that_grows_step_by_step_does_not_take_for_ever() {
    let step = |text: String, at: i32| {
        format!("{text} | extend arr = iff(csUriQuery contains 'x{at}', array_concat(arr, pack_array('{at}')), arr)")
    };
    let grown = (0..20).fold(String::new(), step);
    let text = format!(
        "let all = W3CIISLog | extend arr = dynamic([]){grown} | where array_length(arr) > 0; \
         all | summarize n = count() by cIP, key = tostring(arr) | where n > 1 \
         | join kind=inner (all | extend key = tostring(arr)) on cIP, key"
    );
    let begun = std::time::Instant::now();
    made(&text);
    assert!(begun.elapsed() < std::time::Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[test]
fn the_sides_of_a_join_agree() {
    let made = made(
        "SecurityEvent | where EventID == 4720 | project TargetSid, Created = TimeGenerated \
         | join kind=inner (SecurityEvent | where EventID == 4726 | project TargetSid, Deleted = TimeGenerated) on TargetSid \
         | where Deleted - Created between (0min .. 10min)",
    );
    assert_eq!(made.unsolved, []);
    let base = &made.scenarios[0];
    let sids = column(base, "SecurityEvent", "TargetSid");
    assert_eq!((sids.len(), base.expects), (2, Expectation::Fires));
    assert_eq!(sids[0], sids[1]);
}

#[test]
fn dynamics_are_built() {
    let made = made(
        "AuditLogs | where OperationName == 'Add member to role' | mv-expand TargetResources \
         | where TargetResources.type == 'User' | extend p = TargetResources.modifiedProperties \
         | mv-apply q = p on (where q.displayName == 'Role.DisplayName' | extend role = trim('\"', tostring(q.newValue))) \
         | where role has 'Administrator'",
    );
    assert_eq!(made.unsolved, []);
    assert_eq!(made.scenarios[0].expects, Expectation::Fires, "{:?}", made.scenarios[0].tables);
}

#[test]
fn what_cannot_be_steered_is_named() {
    let made = made("SigninLogs | where ResultType == '0' | where hash_md5(UserPrincipalName) == 'x'");
    assert!(made.unsolved.iter().any(|(_, what)| what.contains("hash_md5")), "{:?}", made.unsolved);
    assert_eq!(column(&made.scenarios[0], "SigninLogs", "ResultType"), [&serde_json::json!("0")]);
}

#[test]
fn the_same_seed_makes_the_same_events() {
    let query = "DeviceProcessEvents | where FileName =~ 'cmd.exe' and ProcessCommandLine matches regex '[a-z]{5}'";
    let (one, other) = (made(query), made(query));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    let path = column(&one.scenarios[0], "DeviceProcessEvents", "FolderPath")[0].as_str().unwrap().to_owned();
    assert!(path.ends_with("\\cmd.exe"), "{path}");
}

#[test]
fn a_rule_that_can_never_fire_is_found_out() {
    let made = made("SigninLogs | where ResultType == '0' and ResultType == '1'");
    assert_eq!(made.unsatisfiable.len(), 1);
}

#[test]
fn an_anti_join_is_tried_with_and_without_a_partner() {
    let made = made(
        "SigninLogs | where TimeGenerated > ago(1d) and ResultType == '0' \
         | join kind=leftanti (SigninLogs | where TimeGenerated between (ago(14d) .. ago(1d)) | distinct UserPrincipalName) \
         on UserPrincipalName",
    );
    assert_eq!(made.unsolved, []);
    assert_eq!((made.scenarios[0].events(), made.scenarios[0].expects), (1, Expectation::Fires));
    let with = made.scenarios.iter().find(|scenario| scenario.name == "with a partner").unwrap();
    assert_eq!((with.events(), with.expects), (2, Expectation::Silent));
}

#[test]
fn records_of_one_group_may_be_of_several_kinds() {
    let made = made(
        "SigninLogs | summarize bad = countif(ResultType == '50126'), good = countif(ResultType == '0') by IPAddress \
         | where bad >= 4 and good >= 1",
    );
    assert_eq!(made.unsolved, []);
    let base = &made.scenarios[0];
    assert_eq!((base.events(), base.expects), (5, Expectation::Fires));
}

#[test]
fn parts_of_a_text_are_found_where_a_pattern_looks_for_them() {
    let made = made(
        "Syslog | where SyslogMessage startswith 'Failed password for' \
         | extend Address = extract(@'from (\\d+\\.\\d+\\.\\d+\\.\\d+) port', 1, SyslogMessage) | where isnotempty(Address) \
         | summarize n = count() by Address | where n >= 3",
    );
    assert_eq!(made.unsolved, []);
    let base = &made.scenarios[0];
    assert_eq!((base.events(), base.expects), (3, Expectation::Fires));
}

#[test]
fn both_sides_of_a_union_are_tried() {
    let made = made(
        "union (SigninLogs | where ResultType == '1' | project IPAddress), \
         (AADNonInteractiveUserSignInLogs | where ResultType == '2' | project IPAddress)",
    );
    let of =
        |table: &str| made.scenarios.iter().filter(|scenario| !column(scenario, table, "IPAddress").is_empty()).count();
    assert!(of("SigninLogs") > 0 && of("AADNonInteractiveUserSignInLogs") > 0);
}

#[test]
fn columns_that_nobody_has_listed_are_there() {
    let made = made("MyTable_CL | where Level_s == 'high' and Count_d > 3 | project Level_s, Other_s");
    assert_eq!(made.unsolved, []);
    let base = &made.scenarios[0];
    assert_eq!(column(base, "MyTable_CL", "Level_s"), [&serde_json::json!("high")]);
    assert_eq!(column(base, "MyTable_CL", "Other_s").len(), 1);
}

#[test]
fn a_watchlist_holds_what_is_looked_for() {
    let made =
        made("let list = _GetWatchlist('VIP') | project SearchKey; SigninLogs | where UserPrincipalName in~ (list)");
    assert_eq!(made.unsolved, []);
    let (_, items) = &made.scenarios[0].watchlists[0];
    let users = column(&made.scenarios[0], "SigninLogs", "UserPrincipalName");
    assert_eq!(items[0].get("SearchKey"), users.first().copied());
}

#[test]
fn bounds_in_time_are_tried_by_the_tick() {
    let made = made("SigninLogs | where TimeGenerated > ago(1h)");
    let ticks: Vec<Expectation> = made
        .scenarios
        .iter()
        .filter(|scenario| scenario.probe == Probe::Window)
        .map(|scenario| scenario.expects)
        .collect();
    assert!(ticks.contains(&Expectation::Fires) && ticks.contains(&Expectation::Silent), "{ticks:?}");
}

/// The values of two columns, of each scenario in which a part of the text of this name decides alone.
fn pivots(text: &str, words: &str, columns: [&str; 2]) -> Vec<[String; 2]> {
    let made = made(text);
    let alone = made
        .scenarios
        .iter()
        .filter(|scenario| scenario.name.contains("alone") && scenario.atom.is_some_and(|span| span.of(text) == words));
    let get = |event: &Event, column: &str| event.get(column).map_or_else(String::new, ToString::to_string);
    alone.map(|scenario| columns.map(|column| get(&scenario.tables[0].1[0], column))).collect()
}

#[test]
fn an_atom_of_an_arm_decides_alone() {
    let text = "SecurityEvent | where (Process == 'a.exe' and CommandLine has 'one') \
        or (Process == 'b.exe' and CommandLine has 'two')";
    let found = pivots(text, "CommandLine has 'two'", ["Process", "CommandLine"]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|[process, _]| process == "\"b.exe\""), "{found:?}");
    assert_eq!(found.iter().filter(|[_, command]| command.contains("two")).count(), 1, "{found:?}");
}

#[test]
fn what_one_record_of_a_group_lacks_decides_where_all_cannot_lack_it() {
    let text = "SecurityEvent | where ServiceName !~ 'krbtgt' \
        | summarize n = dcount(ServiceName) by IpAddress | where n >= 40";
    let made = made(text);
    let alone = made.scenarios.iter().find(|scenario| scenario.name.contains("decides fails")).unwrap();
    let names = column(alone, "SecurityEvent", "ServiceName");
    let lacking = names.iter().filter(|name| name.as_str().unwrap().eq_ignore_ascii_case("krbtgt")).count();
    assert_eq!((names.len(), lacking), (40, 1), "{names:?}");
}

#[test]
fn a_window_is_missed_on_either_side() {
    let made = made("SigninLogs | where TimeGenerated between (ago(14d) .. ago(1d))");
    for name in ["before the window", "behind the window"] {
        let missed = made.scenarios.iter().find(|scenario| scenario.name == name).unwrap();
        assert_eq!((missed.events(), missed.expects), (1, Expectation::Silent), "{name}");
    }
}

/// How often a part of the text of this name is what alone decides, and a record of a table fails, or meets, it there.
fn deciding(text: &str, words: &str, table: &str, of: &str) -> Vec<String> {
    let made = made(text);
    let alone = made
        .scenarios
        .iter()
        .filter(|scenario| scenario.name.contains("alone") && scenario.atom.is_some_and(|span| span.of(text) == words));
    alone.flat_map(|scenario| column(scenario, table, of).into_iter().map(ToString::to_string)).collect()
}

#[test]
fn a_list_that_must_not_hold_a_value_nearly_holds_it() {
    for (known, condition) in [
        ("| distinct UserPrincipalName", "UserPrincipalName !in (known)"),
        ("| summarize make_set(UserPrincipalName)", "UserPrincipalName !in (toscalar(known))"),
        ("| distinct UserPrincipalName", "not(UserPrincipalName in (known))"),
    ] {
        let text = format!(
            "let known = AADNonInteractiveUserSignInLogs | where TimeGenerated > ago(30d) | where ResultType == '7' {known}; \
             SigninLogs | where ResultType == '0' | where {condition}"
        );
        let made = made(&text);
        let alone = made.scenarios.iter().find(|scenario| {
            scenario.name == "what alone decides fails"
                && scenario.atom.is_some_and(|at| at.of(&text) == "ResultType == '7'")
        });
        let alone = alone.unwrap_or_else(|| panic!("{text}"));
        let users = |table| column(alone, table, "UserPrincipalName");
        assert_eq!(users("SigninLogs"), users("AADNonInteractiveUserSignInLogs"), "{text}");
        let result = column(alone, "AADNonInteractiveUserSignInLogs", "ResultType");
        assert!(result.iter().all(|result| **result != serde_json::json!("7")), "{text}: {result:?}");
        assert!(made.scenarios.iter().any(|scenario| scenario.name == "before the window"), "{text}");
    }
}

#[test]
fn what_decides_about_the_left_of_a_right_anti_join_has_a_partner() {
    let text = "SigninLogs | where ResultType == '7' | distinct IPAddress \
        | join kind=rightanti (AADNonInteractiveUserSignInLogs | where ResultType == '0') on IPAddress";
    let table = "AADNonInteractiveUserSignInLogs";
    let addresses = deciding(text, "ResultType == '7'", "SigninLogs", "IPAddress");
    assert!(!addresses.is_empty());
    assert_eq!(addresses, deciding(text, "ResultType == '7'", table, "IPAddress"));
    assert_eq!(deciding(text, "ResultType == '0'", table, "ResultType").len(), 1);
}

#[test]
fn a_record_is_counted_or_not_by_one_condition_alone() {
    let text = "SigninLogs | summarize n = countif(ResultType == '5' and AppId == 'x'), m = count() by Identity";
    let mut results = deciding(text, "ResultType == '5'", "SigninLogs", "ResultType");
    let of_app = deciding(text, "ResultType == '5'", "SigninLogs", "AppId");
    assert!(of_app.len() == 2 && of_app.iter().all(|app| app == "\"x\""), "{of_app:?}");
    results.retain(|result| result == "\"5\"");
    assert_eq!(results.len(), 1);
}

#[test]
fn a_value_that_is_carried_decides_nothing() {
    let text = "IdentityInfo | summarize arg_max(TimeGenerated, IsAccountEnabled) by AccountUPN";
    assert!(deciding(text, "IsAccountEnabled", "IdentityInfo", "IsAccountEnabled").is_empty());
    let text = "IdentityInfo | summarize countif(IsAccountEnabled) by AccountUPN";
    assert_eq!(deciding(text, "IsAccountEnabled", "IdentityInfo", "IsAccountEnabled").len(), 2);
}

/// How long before the instant of the run the events of a table are, of the scenarios of a name, in days.
fn ages(made: &Synthesis, name: &str, table: &str) -> Vec<Vec<i64>> {
    let age = |value: &serde_json::Value| {
        (NOW - crate::literal::parse_datetime(value.as_str().unwrap()).unwrap()) / crate::literal::TICKS_PER_DAY
    };
    let named = made.scenarios.iter().filter(|scenario| scenario.name == name);
    named.map(|scenario| column(scenario, table, "TimeGenerated").into_iter().map(age).collect()).collect()
}

#[test]
fn a_group_may_be_older_than_the_window_that_is_searched() {
    let made = made(
        "SigninLogs | where TimeGenerated > ago(14d) | summarize arg_min(TimeGenerated, Identity) by IPAddress \
         | where TimeGenerated > ago(1h)",
    );
    assert_eq!(ages(&made, "a record more outside of the window", "SigninLogs"), [[0, 14]]);
}

#[test]
fn an_event_is_not_what_it_must_not_find() {
    let made = made(
        "SigninLogs | where TimeGenerated between (ago(180d) .. ago(7d)) | distinct IPAddress \
         | join kind=rightanti (SigninLogs | where TimeGenerated > ago(7d)) on IPAddress",
    );
    // It is outside of one window, and of the other as well.
    assert!(ages(&made, "before the window", "SigninLogs").contains(&vec![180]), "{:?}", made.scenarios);
}

#[test]
fn a_word_is_taken_out_of_a_text_that_is_written_out() {
    let text = "IdentityQueryEvents | where '[\"Admins\", \"Backup Operators\"]' contains QueryTarget";
    let made = made(text);
    assert_eq!(made.unsolved, []);
    let target = column(&made.scenarios[0], "IdentityQueryEvents", "QueryTarget");
    assert!(target.iter().all(|word| text.contains(word.as_str().unwrap())) && !target.is_empty(), "{target:?}");
}

#[test]
fn a_part_of_an_instant_is_met() {
    for (condition, of) in [
        ("dayofweek(TimeGenerated + 5h) in (0d, 6d)", "dayofweek"),
        ("hourofday(TimeGenerated) !between (6 .. 18)", "hourofday"),
        ("dayofweek(TimeGenerated + 5h) in (0d, 6d) and hourofday(TimeGenerated + 5h) == 7", "both"),
        ("dayofweek(TimeGenerated) == 6d and hourofday(TimeGenerated) between (6 .. 18)", "between"),
    ] {
        let made = made(&format!("SigninLogs | where TimeGenerated > ago(7d) | where {condition}"));
        assert_eq!((made.unsolved.as_slice(), made.scenarios[0].expects), (&[][..], Expectation::Fires), "{of}");
    }
}

#[test]
fn what_is_read_as_a_number_is_one() {
    let made = made("SigninLogs | where isnotempty(toreal(LocationDetails.latitude))");
    assert_eq!(made.scenarios[0].expects, Expectation::Fires);
    let place = column(&made.scenarios[0], "SigninLogs", "LocationDetails")[0];
    assert!(place["latitude"].to_string().trim_matches('"').parse::<f64>().is_ok(), "{place}");
}

#[test]
fn more_records_than_there_may_be_have_few_different_values() {
    let made = made(
        "SigninLogs | summarize n = count(), apps = make_set(AppDisplayName) by IPAddress \
         | where array_length(apps) between (2 .. 5) and n <= 20",
    );
    let many = made.scenarios.iter().filter(|scenario| scenario.events() > 20);
    let few = |scenario: &Scenario| {
        let apps: std::collections::BTreeSet<String> =
            column(scenario, "SigninLogs", "AppDisplayName").into_iter().map(ToString::to_string).collect();
        (2..=5).contains(&apps.len())
    };
    assert!(many.into_iter().any(few));
}

#[test]
fn an_event_before_the_window_takes_the_other_with_it() {
    for apart in
        ["Deleted - Created between (0min .. 10min)", "datetime_diff('minute', Deleted, Created) between (1 .. 10)"]
    {
        let made = made(&format!(
            "SecurityEvent | where EventID == 4720 | project TargetSid, Created = TimeGenerated | join kind=inner \
             (SecurityEvent | where TimeGenerated > ago(30d) | where EventID == 4726 | project TargetSid, Deleted = TimeGenerated) \
             on TargetSid | where {apart}"
        ));
        assert_eq!(ages(&made, "before the window", "SecurityEvent"), [[30, 30]], "{apart}");
    }
}

#[test]
fn records_that_multiply_are_given_up() {
    let made = made(
        "SigninLogs | summarize n = count() by UserPrincipalName, IPAddress | where n > 200 \
         | summarize addresses = count() by UserPrincipalName | where addresses > 200",
    );
    assert!(made.unsolved[0].1.contains("more than 30000 records"), "{:?}", made.unsolved);
}

#[test]
fn what_has_parts_is_an_object() {
    let made = made(
        "SigninLogs | where isnotempty(LocationDetails.geoCoordinates) \
         | extend Latitude = toreal(LocationDetails.geoCoordinates.latitude) | summarize count() by Latitude",
    );
    let places = column(&made.scenarios[0], "SigninLogs", "LocationDetails");
    assert!(places.iter().all(|place| place["geoCoordinates"]["latitude"].is_string()), "{places:?}");
}
