//! Queries as Sigma: what each construct becomes, what is refused, and that what is written reads back.

use std::fs;

use kqlc::bind::bind;
use kqlc::ir::pass::simplify;
use kqlc::rule;
use kqlc::schema::{Dialect, Schemas};
use kqlc::source::SourceFile;
use kqlc::syntax::parse;
use kqlc::target::{self, Conversion, Fidelity, Fields, Options, Prefer, RuleInfo};
use proptest::prelude::*;
use serde_yaml::Value;

fn converted(text: &str, rule: Option<&rule::Rule>, options: Options) -> Conversion {
    let parsed = parse(text);
    let bound = bind(&parsed.query.expect("a query that parses"), &Schemas::builtin(Dialect::Sentinel));
    let mut query = bound.query.expect("a query with a result");
    simplify(&mut query);
    let target = target::find("sigma").expect("the target");
    target.convert(&query, &RuleInfo { rule }, &options).expect("data files without a mistake")
}

fn convert(text: &str) -> Conversion {
    converted(text, None, Options::default())
}

fn documents(conversion: &Conversion) -> Vec<Value> {
    let output = conversion.output.as_deref().unwrap_or_else(|| panic!("refused: {:?}", conversion.losses));
    output.split("\n---\n").map(|text| serde_yaml::from_str(text).expect("YAML")).collect()
}

fn kinds(conversion: &Conversion) -> Vec<&'static str> {
    let mut kinds: Vec<&str> = conversion.losses.iter().map(|loss| loss.kind.word()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The lines of the detection of the only rule of a predicate over process starts, one behind the other.
fn detection(predicate: &str) -> String {
    detection_in(&format!("DeviceProcessEvents | where {predicate}"), Options::default())
}

fn detection_in(query: &str, options: Options) -> String {
    let conversion = converted(query, None, options);
    let output = conversion.output.unwrap_or_else(|| panic!("{query}: {:?}", conversion.losses));
    let (_, detection) = output.split_once("detection:\n").expect("a detection");
    detection.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn predicates_become_selections() {
    for (predicate, want) in [
        // Whole values: `==` asks for the case, `=~` does not.
        ("FolderPath == @'C:\\a.exe'", r"selection: Image|cased: 'C:\a.exe' condition: selection"),
        ("FolderPath =~ 'a*?'", r"selection: Image: 'a\*\?' condition: selection"),
        ("FolderPath in~ ('a', 'b')", "selection: Image: - 'a' - 'b' condition: selection"),
        ("FolderPath != 'a'", "filter: Image|cased: 'a' condition: not filter"),
        // A name is the last part of a path.
        ("FileName =~ 'x.exe'", r"selection: Image|endswith: '\x.exe' condition: selection"),
        ("FileName =~ 'x'", r"selection: Image|endswith: - '\x' - '/x' condition: selection"),
        ("FileName startswith 'x'", r"selection: Image|re|i: '(^|[\\/])x[^\\/]*$' condition: selection"),
        ("FileName endswith '.ps1'", "selection: Image|endswith: '.ps1' condition: selection"),
        // Parts of values.
        ("ProcessCommandLine contains 'a'", "selection: CommandLine|contains: 'a' condition: selection"),
        ("ProcessCommandLine startswith_cs 'a'", "selection: CommandLine|startswith|cased: 'a' condition: selection"),
        // Terms: an end that is no letter parts itself.
        ("ProcessCommandLine has '-b '", "selection: CommandLine|contains: '-b ' condition: selection"),
        ("ProcessCommandLine has ' -'", "selection: CommandLine|contains: ' -' condition: selection"),
        (
            "ProcessCommandLine has 'a.b'",
            r"selection: CommandLine|re|i: '(^|[^A-Za-z0-9])a\.b($|[^A-Za-z0-9])' condition: selection",
        ),
        ("ProcessCommandLine hasprefix 'a'", "selection: CommandLine|re|i: '(^|[^A-Za-z0-9])a' condition: selection"),
        (
            "ProcessCommandLine has_all (' -', ' /')",
            "selection: CommandLine|contains|all: - ' -' - ' /' condition: selection",
        ),
        ("ProcessCommandLine matches regex '^a[0-9]+'", "selection: CommandLine|re: '^a[0-9]+' condition: selection"),
        // What is missing is the empty string to KQL.
        ("isempty(ProcessCommandLine)", "selection: - CommandLine: '' - CommandLine: null condition: selection"),
        ("isnotempty(ProcessCommandLine)", "filter: - CommandLine: '' - CommandLine: null condition: not filter"),
        (
            "ProcessCommandLine matches regex 'a*'",
            "selection: - CommandLine|re: 'a*' - CommandLine: '' - CommandLine: null condition: selection",
        ),
        // Numbers; a comparison is false of null either way round.
        ("ProcessId > 5", "selection: ProcessId|gt: 5 condition: selection"),
        ("not(ProcessId > 5)", "selection: ProcessId|lte: 5 condition: selection"),
        ("ProcessId between (5 .. 9)", "selection: ProcessId|gte: 5 ProcessId|lte: 9 condition: selection"),
        ("ProcessId !between (5 .. 9)", "selection: - ProcessId|lt: 5 - ProcessId|gt: 9 condition: selection"),
        // Chains.
        (
            "ProcessId == 1 and not(FolderPath =~ 'a' and ProcessId == 2)",
            "selection: ProcessId: 1 filter: Image: 'a' filter_2: ProcessId: 2 condition: selection and (not filter or not filter_2)",
        ),
        (
            "(ProcessId == 1 and FolderPath =~ 'a') or ProcessId == 2",
            "selection: - ProcessId: 1 Image: 'a' - ProcessId: 2 condition: selection",
        ),
        (
            "ProcessCommandLine contains 'a' and ProcessCommandLine contains 'b'",
            "selection: CommandLine|contains: 'a' selection_2: CommandLine|contains: 'b' condition: selection and selection_2",
        ),
        // Computed columns are looked through.
        (
            "iff(ProcessId == 1, 'x', FolderPath) == 'x'",
            "selection: ProcessId: 1 selection_2: Image|cased: 'x' condition: selection or (selection_2 and not selection)",
        ),
        ("tolower(FolderPath) == 'a'", "selection: Image: 'a' condition: selection"),
    ] {
        assert_eq!(detection(predicate), want, "{predicate}");
    }
}

#[test]
fn the_idiomatic_form_is_looser_and_says_so() {
    let options = Options { prefer: Prefer::Idiomatic, ..Options::default() };
    let query = "DeviceProcessEvents | where ProcessCommandLine has 'a' and FolderPath == 'b'";
    assert_eq!(detection_in(query, options), "selection: CommandLine|contains: 'a' Image: 'b' condition: selection");
    let conversion = converted(query, None, options);
    assert_eq!((conversion.fidelity, kinds(&conversion)), (Fidelity::Approximate, vec!["case", "term"]));
    assert_eq!(convert(query).fidelity, Fidelity::Exact);
}

#[test]
fn a_column_that_is_computed_is_not_part_of_a_rule() {
    for query in ["extend x = acos(0.5)", "extend x = tolower(FileName) | where x == 'a.exe'"] {
        let conversion = convert(&format!("DeviceProcessEvents | where FileName =~ 'a.exe' | {query}"));
        assert_eq!(conversion.fidelity, Fidelity::Events, "{query}: {:?}", conversion.losses);
    }
    let conversion = convert("DeviceProcessEvents | where FileName =~ 'a.exe' | extend x = FileName");
    assert_eq!(conversion.fidelity, Fidelity::Exact, "the same value under two names: {:?}", conversion.losses);
}

#[test]
fn a_test_chooses_the_log_source() {
    let conversion = convert("DeviceFileEvents | where ActionType in ('FileCreated', 'FileDeleted') and FileSize > 1");
    let categories: Vec<String> =
        documents(&conversion).iter().map(|d| d["logsource"]["category"].as_str().unwrap().to_owned()).collect();
    assert_eq!(categories, ["file_event", "file_delete"]);
    assert!(!conversion.output.unwrap().contains("ActionType"));
    // A value without a log source of its own stays a test.
    let conversion = convert("DeviceFileEvents | where ActionType == 'FileModified'");
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert!(conversion.output.unwrap().contains("ActionType|cased: 'FileModified'"));
}

#[test]
fn names_are_those_that_are_asked_for() {
    let query = "DeviceProcessEvents | where ProcessCommandLine contains 'a'";
    let native = converted(query, None, Options { fields: Fields::Native, ..Options::default() });
    let document = &documents(&native)[0];
    assert_eq!(native.fidelity, Fidelity::Exact);
    assert_eq!(document["logsource"]["service"].as_str(), Some("deviceprocessevents"));
    assert_eq!(document["detection"]["selection"]["ProcessCommandLine|contains"].as_str(), Some("a"));
    let unknown = convert("NoSuchTable_CL | where X_s == 'a'");
    assert_eq!((unknown.fidelity, kinds(&unknown)), (Fidelity::Approximate, vec!["unresolved-name"]));
}

#[test]
fn thresholds_become_correlations() {
    let head = "SecurityEvent | where TimeGenerated > ago(1d) | where EventID == 4625";
    for (tail, kind, timespan, condition, field) in [
        (
            "summarize n = count() by TargetUserName, bin(TimeGenerated, 5m) | where n > 10",
            "event_count",
            "5m",
            ("gt", 10),
            None,
        ),
        ("summarize count() by TargetUserName | where 3 <= count_", "event_count", "1d", ("gte", 3), None),
        (
            "summarize n = dcount(Computer) by TargetUserName | where n > 2",
            "value_count",
            "1d",
            ("gt", 2),
            Some("Computer"),
        ),
        (
            "summarize s = make_set(Computer) by TargetUserName | extend n = array_length(s) | where n > 2",
            "value_count",
            "1d",
            ("gt", 2),
            Some("Computer"),
        ),
        ("summarize n = countif(LogonType == 3) by TargetUserName | where n > 2", "event_count", "1d", ("gt", 2), None),
        (
            "summarize n = sum(LogonType) by TargetUserName | where n > 2",
            "value_sum",
            "1d",
            ("gt", 2),
            Some("LogonType"),
        ),
    ] {
        let conversion = convert(&format!("{head} | {tail}"));
        let documents = documents(&conversion);
        assert_eq!(documents.len(), 2, "{tail}");
        let correlation = &documents[1]["correlation"];
        assert_eq!(correlation["type"].as_str(), Some(kind), "{tail}");
        assert_eq!(correlation["timespan"].as_str(), Some(timespan), "{tail}");
        assert_eq!(correlation["condition"][condition.0].as_i64(), Some(condition.1), "{tail}");
        assert_eq!(correlation["condition"]["field"].as_str(), field, "{tail}");
        assert_eq!(correlation["group-by"][0].as_str(), Some("TargetUserName"), "{tail}");
        assert_eq!(correlation["rules"][0], documents[0]["name"], "{tail}");
        assert_eq!(conversion.fidelity, Fidelity::Approximate);
        assert!(kinds(&conversion).contains(&"window-kind"), "{tail}");
    }
    // What is counted are the events that `countif` counts.
    let text =
        convert(&format!("{head} | summarize n = countif(LogonType == 3) by Computer | where n > 2")).output.unwrap();
    assert!(text.contains("LogonType: 3"), "{text}");
    // Without a threshold, and with one that every group passes, the events are the answer.
    for tail in
        ["summarize count(), make_set(Computer) by TargetUserName", "summarize n = count() by Computer | where n > 0"]
    {
        let conversion = convert(&format!("{head} | {tail}"));
        assert_eq!((documents(&conversion).len(), conversion.fidelity), (1, Fidelity::Events), "{tail}");
    }
}

#[test]
fn a_join_by_key_is_a_correlation_in_time() {
    let failed = "SecurityEvent | where TimeGenerated > ago(1h) and EventID == 4625 | project Failed = TimeGenerated, TargetUserName";
    let passed = "SecurityEvent | where TimeGenerated > ago(1h) and EventID == 4624";
    let plain = convert(&format!("{passed} | join kind=inner ({failed}) on TargetUserName"));
    let documents_of = documents(&plain);
    assert_eq!(documents_of[2]["correlation"]["type"].as_str(), Some("temporal"));
    assert_eq!(documents_of[2]["correlation"]["timespan"].as_str(), Some("1h"));
    assert_eq!(documents_of[2]["correlation"]["condition"]["gte"].as_i64(), Some(2));
    let ordered = convert(&format!(
        "{passed} | join kind=inner ({failed}) on TargetUserName | where TimeGenerated - Failed between (0min .. 10min)"
    ));
    let documents_of = documents(&ordered);
    let correlation = &documents_of[2]["correlation"];
    assert_eq!(correlation["type"].as_str(), Some("temporal_ordered"));
    assert_eq!(correlation["timespan"].as_str(), Some("10m"));
    // The failure comes first: it is the second rule of the file.
    assert_eq!(correlation["rules"][0], documents_of[1]["name"]);
    assert_eq!(documents_of[1]["detection"]["selection"]["EventID"].as_i64(), Some(4625));
    let left = convert(&format!("{passed} | join kind=leftouter ({failed}) on TargetUserName"));
    assert_eq!((documents(&left).len(), left.fidelity), (1, Fidelity::Events));
}

#[test]
fn lists_kept_elsewhere_are_placeholders() {
    for query in [
        "SigninLogs | where IPAddress in (_GetWatchlist('bad-ips') | project SearchKey)",
        "let bad = ThreatIntelligenceIndicator | where isnotempty(NetworkIP) | summarize by NetworkIP; SigninLogs | where IPAddress in (bad)",
    ] {
        let conversion = convert(query);
        assert!(kinds(&conversion).contains(&"lookup"), "{query}");
        let text = conversion.output.unwrap();
        assert!(text.contains("IpAddress|expand: '%"), "{text}");
    }
}

#[test]
fn what_cannot_be_said_is_refused_with_a_reason_at_its_words() {
    for (query, kind, words) in [
        ("SigninLogs | join kind=leftanti (AuditLogs) on CorrelationId", "unsupported-operator", "join"),
        ("SecurityEvent | where EventID > LogonType", "unsupported-expression", "EventID > LogonType"),
        ("SecurityEvent | where strlen(CommandLine) > 5", "unsupported-function", "strlen(CommandLine)"),
        (
            "SecurityEvent | where TimeGenerated > datetime(2024-01-01)",
            "unsupported-expression",
            "TimeGenerated > datetime(2024-01-01)",
        ),
        ("SecurityEvent | summarize n = count() by Computer | where n > 5", "unsupported-aggregate", "n > 5"),
        (
            "SecurityEvent | where TimeGenerated > ago(1d) | summarize n = count() by Computer | where n < 5",
            "unsupported-aggregate",
            "n < 5",
        ),
        (
            "SecurityEvent | where TimeGenerated > ago(1d) | summarize n = count(), d = dcount(Account) by Computer | where n > 5 and d > 2",
            "unsupported-aggregate",
            "d > 2",
        ),
        (
            "SecurityEvent | where TimeGenerated > ago(1d) | distinct Account, Computer | summarize n = count() by Computer | where n > 5",
            "unsupported-aggregate",
            "n > 5",
        ),
        (
            "SecurityEvent | summarize arg_max(TimeGenerated, *) by Computer | where EventID == 1",
            "unsupported-expression",
            "EventID",
        ),
        ("search 'a'", "unsupported-source", "search 'a'"),
        ("print 1", "unsupported-source", "print 1"),
    ] {
        let conversion = convert(query);
        assert_eq!((conversion.fidelity, conversion.output.as_deref()), (Fidelity::Refused, None), "{query}");
        let reason = conversion.losses.iter().find(|loss| loss.fidelity == Fidelity::Refused).unwrap();
        assert_eq!(reason.kind.word(), kind, "{query}");
        let at = &query[reason.span.start as usize..reason.span.end as usize];
        assert!(at.starts_with(words), "{query}: {at}");
    }
}

/// A literal as KQL writes it.
fn kql(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// What Sigma reads a value as; nothing where there is a wildcard in it.
fn unescaped(value: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some('*' | '?' | '\\')) => out.extend(chars.next()),
            '*' | '?' => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_literals_are_read_back(text in r#"[\\*?a'"\n\t%#:|\[{}()^$.+é -]{1,12}"#) {
        for (test, key) in [("==", "|cased"), ("contains", "|contains"), ("startswith", "|startswith"), ("endswith", "|endswith")] {
            let conversion = convert(&format!("DeviceProcessEvents | where ProcessCommandLine {test} {}", kql(&text)));
            let value = documents(&conversion)[0]["detection"]["selection"][format!("CommandLine{key}")].clone();
            prop_assert_eq!(value.as_str().and_then(unescaped), Some(text.clone()));
        }
        let conversion = convert(&format!("DeviceProcessEvents | where ProcessCommandLine has {}", kql(&text)));
        let selection = documents(&conversion)[0]["detection"]["selection"].clone();
        if let Some(pattern) = selection["CommandLine|re|i"].as_str() {
            let regex = regex::Regex::new(pattern).unwrap();
            let inside = format!(" {text}-");
            prop_assert!(regex.is_match(&text) && regex.is_match(&inside));
        } else { prop_assert_eq!(selection["CommandLine|contains"].as_str().and_then(unescaped), Some(text)) }
    }
}

#[test]
fn the_rule_pack_in_sigma() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/sigma"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".yaml") && !path.to_string_lossy().ends_with(".test.yaml"));
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let file = SourceFile::read(&path).unwrap();
        let read = rule::read(&file);
        let rule = &read.rules[0];
        let query = &rule.query.as_ref().unwrap().text;
        let conversion = converted(query, Some(rule), Options::default());
        // What must be so however the snapshot was blessed.
        if let Some(output) = &conversion.output {
            let documents = documents(&conversion);
            let last = documents.last().unwrap();
            let name = &rule.name.as_ref().unwrap().value;
            assert!(last["title"].as_str().unwrap().starts_with(name.as_str()));
            assert_eq!(last["related"][0]["id"].as_str(), rule.id.as_ref().map(|id| id.value.as_str()));
            let ids: std::collections::HashSet<&str> = documents.iter().map(|d| d["id"].as_str().unwrap()).collect();
            assert_eq!(ids.len(), documents.len());
            for tag in last["tags"].as_sequence().unwrap() {
                assert!(tag.as_str().unwrap().starts_with("attack."));
            }
            for document in &documents {
                assert!(document.get("detection").is_some() != document.get("correlation").is_some());
            }
            assert_eq!(
                converted(query, Some(rule), Options::default()).output.as_ref(),
                Some(output),
                "the same every time"
            );
        } else {
            assert!(conversion.losses.iter().any(|loss| loss.fidelity == Fidelity::Refused));
        }
        let losses =
            conversion.losses.iter().map(|loss| format!("# {} {}: {}\n", loss.fidelity, loss.kind, loss.message));
        let shown = format!(
            "# {}\n{}{}",
            conversion.fidelity,
            losses.collect::<String>(),
            conversion.output.as_deref().unwrap_or_default()
        );
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        settings.bind(|| insta::assert_snapshot!(stem, shown));
    }
}

#[test]
fn a_text_that_is_read_as_a_value_is_found_however_it_is_written() {
    for (predicate, want) in [
        ("toint(ProcessCommandLine) == 2", "selection: CommandLine|re: '^ *[+]?0*2 *$' condition: selection"),
        ("isnull(tolong(ProcessCommandLine))", "filter: CommandLine|re: '^ *[-+]?[0-9]+ *$' condition: not filter"),
        (
            "tobool(ProcessCommandLine)",
            "selection: CommandLine|re|i: '^ *(true|[-+]?0*[1-9][0-9]*) *$' condition: selection",
        ),
    ] {
        assert_eq!(detection(predicate), want, "{predicate}");
    }
    let guid = detection("toguid(ProcessCommandLine) == guid(00000000-0000-0000-0000-000000000001)");
    assert!(guid.contains("|re|i: '^ *[{]?00000000-?0000-?0000-?0000-?000000000001.*$'"), "{guid}");
    let numbers = |predicate: &str| detection_in(&format!("SigninLogs | where {predicate}"), Options::default());
    let truth = numbers("tobool(DurationMs)");
    assert!(truth.contains(": 0") && truth.contains(": null"), "{truth}");
    assert_eq!(numbers("tolong(IsInteractive) > 0"), numbers("IsInteractive"));
    assert_eq!(numbers("isnull(tolong(IsInteractive))"), numbers("isnull(IsInteractive)"));
    assert_eq!(convert("SigninLogs | where isnull(DeviceDetail.a)").fidelity, Fidelity::Exact);
    // Nothing is equal to null.
    assert_eq!(numbers("DurationMs != long(null)"), numbers("isnotnull(DurationMs)"));
    assert!(convert("SigninLogs | where DurationMs == long(null)").output.is_none_or(|text| !text.contains("null")));
    for refused in ["tostring(toguid(UserId)) == 'x'", "isnull(totimespan(UserId))", "toint(FileName) == 2"] {
        let table = if refused.contains("FileName") { "DeviceProcessEvents" } else { "SigninLogs" };
        assert!(convert(&format!("{table} | where {refused}")).output.is_none(), "{refused}");
    }
    for told in ["isnull(DeviceDetail)", "toint(UserId) > 2", "isnull(toint(DeviceDetail.a))"] {
        let conversion = convert(&format!("SigninLogs | where {told}"));
        assert_eq!(conversion.fidelity, Fidelity::Approximate, "{told}");
    }
}
