//! Forms, each read by its own reader.

use super::*;
use crate::bind::bind;
use crate::ir::pass::simplify;
use crate::schema::{Dialect, Schemas};
use crate::source::SourceFile;
use crate::target::{Options, RuleInfo, find};

const RULE: &str = "\
id: 0145a03e-f80f-47c4-8a2a-37ebafba2e04
name: 'A ''rule'' [of \"ours\"]'
description: |
  First line with a \\ and $x$.
    Second line: '''quoted'''.
severity: High
author: Ada
license: MIT
references: ['https://a.example/?b=c&d=e']
falsepositives: ['none, <b>they</b> say']
queryFrequency: 5h
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
suppressionEnabled: true
suppressionDuration: 3h
tactics: [Exfiltration, CommandAndControl]
relevantTechniques: [T1567.002, T9999]
entityMappings:
  - entityType: Host
    fieldMappings: [{identifier: FullName, columnName: DeviceName}]
  - entityType: IP
    fieldMappings: [{identifier: Address, columnName: RemoteIP}]
alertDetailsOverride: {alertDisplayNameFormat: 'Seen on {{DeviceName}}'}
kind: Scheduled
query: |
  DeviceProcessEvents
  | where TimeGenerated > ago(1h)
  | where ProcessCommandLine has_any (@'a\\b', \"</script>\", 'c')
  | project TimeGenerated, DeviceName, ProcessCommandLine
";

fn packaged(text: &str, target: &str, packaging: Packaging) -> (Conversion, Conversion, About) {
    let file = SourceFile::from_bytes("r.yaml", text.as_bytes().to_vec());
    let document = crate::rule::read(&file);
    let rule = &document.rules[0];
    let query = rule.query.as_ref().unwrap();
    let parsed = crate::syntax::parse(&query.text);
    let mut ir = bind(&parsed.query.unwrap(), &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
    let mut about = About::of_rule(rule, "r", &query.text).unwrap();
    about.uses = Uses::of(&ir);
    simplify(&mut ir);
    about.uses.lookback = Uses::of(&ir).lookback;
    let target = find(target).unwrap();
    let bare = target.convert(&ir, &RuleInfo { rule: Some(rule) }, &Options::default()).unwrap();
    let packager = Packager::new().unwrap();
    let packaged = packager.package(packaging, &about, target, bare.clone()).unwrap();
    (bare, packaged, about)
}

fn output(conversion: &Conversion) -> &str {
    conversion.output.as_deref().unwrap_or_else(|| panic!("refused: {:?}", conversion.losses))
}

/// The values of a stanza, with continued lines put together again.
fn conf(text: &str) -> Vec<(String, String)> {
    let joined = text.replace(" \\\n", "\u{0}");
    let lines = joined.lines().filter(|line| !line.starts_with('#') && line.contains(" = "));
    lines
        .map(|line| {
            let (key, value) = line.split_once(" = ").unwrap();
            (key.to_owned(), value.replace('\u{0}', "\n"))
        })
        .collect()
}

#[test]
fn a_saved_search_carries_schedule_trigger_and_silence() {
    let (bare, conversion, about) = packaged(RULE, "splunk", Packaging::Savedsearch);
    let text = output(&conversion);
    assert_eq!(text.lines().filter(|line| line.starts_with('[')).collect::<Vec<_>>(), ["[A 'rule' of \"ours\"]"]);
    let values = conf(text);
    let value = |key: &str| values.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    assert_eq!(value("search"), Some(output(&bare)));
    assert_eq!(value("description"), about.description.as_deref());
    for (key, want) in [
        ("cron_schedule", "0 */4 * * *"),
        ("dispatch.earliest_time", "-1d"),
        ("relation", "greater than"),
        ("quantity", "0"),
        ("alert.suppress", "1"),
        ("alert.suppress.period", "3h"),
        ("alert.severity", "4"),
        ("action.correlationsearch.annotations", r#"{"mitre_attack":["T1567.002","T9999"]}"#),
    ] {
        assert_eq!(value(key), Some(want), "{key}");
    }
    assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::WindowKind), "five hours are no cron");
    assert!(text.contains("# Author: Ada\n# Licence: MIT\n"));
}

#[test]
fn a_detection_for_escu_reads_back() {
    let (bare, conversion, _) = packaged(RULE, "splunk", Packaging::Escu);
    let read: serde_yaml::Value = serde_yaml::from_str(output(&conversion)).unwrap();
    let search = read["search"].as_str().unwrap();
    assert_eq!(search.strip_suffix("\n| `a_rule_of_ours_filter`"), Some(output(&bare)));
    assert_eq!(read["rba"]["message"], "Seen on $dest$");
    assert_eq!(read["rba"]["risk_objects"][0]["field"], "dest");
    assert_eq!(read["rba"]["risk_objects"][0]["type"], "system");
    assert_eq!(read["rba"]["threat_objects"][0]["type"], "ip_address");
    assert_eq!(read["tags"]["mitre_attack_id"][0], "T1567.002");
    assert_eq!((&read["author"], read["date"].is_null()), (&"Ada".into(), true));
}

#[test]
fn kibanas_rules_carry_the_query_and_the_same_in_both_forms() {
    for target in ["eql", "esql"] {
        let (bare, conversion, _) = packaged(RULE, target, Packaging::Ndjson);
        let line = output(&conversion);
        assert!(!line.contains('\n'));
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(json["query"].as_str(), bare.query());
        for (key, want) in [
            ("type", target),
            ("from", if target == "eql" { "now-1h" } else { "now-1d" }),
            ("interval", "5h"),
            ("license", "MIT"),
            ("severity", "high"),
        ] {
            assert_eq!(json[key], want, "{key}");
        }
        assert_eq!(json["threat"][0]["technique"][0]["id"], "T1567");
        assert_eq!(json["threat"][0]["technique"][0]["subtechnique"][0]["name"], "Exfiltration to Cloud Storage");
        assert_eq!(
            (&json["threat"][1]["tactic"]["name"], &json["tags"][0]),
            (&"Command and Control".into(), &"T9999".into())
        );
        assert_eq!(json["index"].is_array(), target == "eql");

        let (_, conversion, _) = packaged(RULE, target, Packaging::Toml);
        let table: toml::Table = output(&conversion).parse().unwrap();
        let rule = serde_json::to_value(&table["rule"]).unwrap();
        for (key, value) in rule.as_object().unwrap() {
            match (value.as_str(), json[key].as_str()) {
                (Some(a), Some(b)) => assert_eq!(a.trim_end(), b.trim_end(), "{key}"),
                _ if key == "threat" => assert_eq!(value[0]["tactic"], json["threat"][0]["tactic"]),
                _ => assert_eq!(value, &json[key], "{key}"),
            }
        }
    }
}

#[test]
fn a_document_query_of_esql_says_which_document() {
    let (bare, conversion, _) = packaged(RULE, "esql", Packaging::Ndjson);
    let query = bare.query().unwrap();
    assert!(query.contains("METADATA _id, _version, _index"), "{query}");
    assert_eq!(
        query.replace(" METADATA _id, _version, _index", "").replace(", _id, _version, _index", ""),
        output(&bare)
    );
    assert_eq!(conversion.fidelity, bare.fidelity);
    let grouped =
        RULE.replace("| project TimeGenerated, DeviceName, ProcessCommandLine", "| summarize count() by DeviceName");
    let (bare, ..) = packaged(&grouped, "esql", Packaging::Ndjson);
    assert_eq!(bare.query(), bare.output.as_deref());
}

#[test]
fn a_count_over_the_whole_span_becomes_a_rule_that_counts() {
    let rule = RULE.replace(
        "| project TimeGenerated, DeviceName, ProcessCommandLine",
        "| summarize n = count() by DeviceId\n  | where n > 4",
    );
    let (bare, conversion, _) = packaged(&rule, "eql", Packaging::Ndjson);
    assert!(output(&bare).contains("with runs=5"), "{}", output(&bare));
    let json: serde_json::Value = serde_json::from_str(output(&conversion)).unwrap();
    assert_eq!((&json["type"], &json["language"]), (&"threshold".into(), &"lucene".into()));
    assert_eq!(json["threshold"], serde_json::json!({"field": ["host.id"], "value": 5, "cardinality": []}));
    assert!(json["query"].as_str().unwrap().starts_with("event.category:\"process\" AND "), "{json}");
    assert!(bare.losses.iter().any(|loss| loss.kind == LossKind::WindowKind));
    assert!(!conversion.losses.iter().any(|loss| loss.kind == LossKind::WindowKind));
    let (_, conversion, _) = packaged(&rule, "eql", Packaging::Toml);
    let table: toml::Table = output(&conversion).parse().unwrap();
    assert_eq!(table["rule"]["threshold"]["value"].as_integer(), Some(5));
    let binned = rule.replace("by DeviceId", "by DeviceId, bin(TimeGenerated, 5m)");
    let (_, conversion, _) = packaged(&binned, "eql", Packaging::Ndjson);
    assert!(output(&conversion).contains(r#""type":"eql""#), "bins are no rule that counts");
}

#[test]
fn a_threshold_of_rows_is_kept_or_refused() {
    let rule = RULE.replace("triggerThreshold: 0", "triggerThreshold: 5");
    let (_, conversion, _) = packaged(&rule, "splunk", Packaging::Savedsearch);
    assert!(output(&conversion).contains("\nquantity = 5\n"));
    for (target, packaging) in [
        ("splunk", Packaging::Escu),
        ("eql", Packaging::Ndjson),
        ("esql", Packaging::Toml),
        ("sigma", Packaging::Query),
    ] {
        let (_, conversion, _) = packaged(&rule, target, packaging);
        assert_eq!((conversion.fidelity, conversion.output), (Fidelity::Refused, None), "{target} {packaging}");
        assert!(conversion.losses[0].message.contains("greater than 5"));
    }
}

#[test]
fn a_look_back_beyond_the_period_is_told() {
    let rule = RULE.replace("ago(1h)", "ago(7d)");
    let (_, conversion, _) = packaged(&rule, "splunk", Packaging::Savedsearch);
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert!(conversion.losses.iter().any(|loss| loss.message.contains("looks back 7d")), "{:?}", conversion.losses);
    let (_, conversion, _) = packaged(&rule, "eql", Packaging::Ndjson);
    assert!(output(&conversion).contains(r#""from":"now-1d""#));
}

#[test]
fn a_page_shows_everything_and_runs_nothing() {
    let (bare, _, mut about) = packaged(RULE, "splunk", Packaging::Query);
    about.name = "<script>alert(1)</script>".to_owned();
    about.credits.references.push("javascript:alert(1)".to_owned());
    let translation = Translation {
        target: "splunk",
        title: "Splunk SPL",
        fidelity: bare.fidelity,
        output: bare.output.clone(),
        losses: bare.losses.iter().map(Difference::from).collect(),
        files: vec![("x.spl".to_owned(), data_address("a\n"))],
    };
    let page = Packager::new().unwrap().page(&about, &[translation]).unwrap();
    assert!(!page.contains("<script") && !page.contains("href=\"javascript:"), "{page}");
    for words in [
        "&lt;script&gt;alert(1)",
        "Exfiltration to Cloud Storage",
        "<code>DeviceProcessEvents</code>",
        "<code>project</code>",
        "none, &lt;b&gt;they&lt;&#x2f;b&gt; say",
        "download=\"x.spl\"",
        "base64,YQo=",
        "Splunk SPL",
        "MIT",
        "every 5h, over the last 1d",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
}

#[test]
fn every_file_on_disk_may_be_overridden_and_has_its_name_in_the_list() {
    let mut names: Vec<&str> = file_names().collect();
    names.sort_unstable();
    for name in &names {
        assert!(Path::new("targets").join(name).is_file(), "{name}");
    }
    check_files(Path::new("targets/splunk")).unwrap_err();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("splunk")).unwrap();
    check_files(folder.path()).unwrap();
    std::fs::write(folder.path().join("splunk/function.yaml"), "").unwrap();
    assert!(check_files(folder.path()).unwrap_err().to_string().contains("no target reads such a file"));
}

/// The rule with another query, in both forms of Elastic.
fn detection(query: &str) -> (Conversion, serde_json::Value, toml::Table) {
    let at = RULE.find("query: |").unwrap();
    let rule = format!("{}query: |\n  {}\n", &RULE[..at], query.replace('\n', "\n  "));
    let (_, conversion, _) = packaged(&rule, "eql", Packaging::Ndjson);
    let json = serde_json::from_str(output(&conversion)).unwrap();
    let (_, tables, _) = packaged(&rule, "eql", Packaging::Toml);
    assert_eq!((tables.fidelity, &tables.losses), (conversion.fidelity, &conversion.losses));
    let table = output(&tables).parse().unwrap();
    (conversion, json, table)
}

#[test]
fn a_count_beyond_a_sequence_is_a_rule_that_counts() {
    let query =
        "DeviceProcessEvents | where FileName =~ 'net.exe' | summarize n = count() by DeviceId | where n >= 500";
    let (_, json, table) = detection(query);
    assert_eq!(json["threshold"], serde_json::json!({"field": ["host.id"], "value": 500, "cardinality": []}));
    assert_eq!(table["rule"]["threshold"]["value"].as_integer(), Some(500));
}

const NEW: &str = "\
let seen = DeviceProcessEvents | where TimeGenerated between (ago(14d) .. ago(1d))
| where FileName == 'a.exe' | distinct DeviceId, FileName;
DeviceProcessEvents | where TimeGenerated > ago(1d) | where FileName == 'a.exe'
| join kind=leftanti seen on DeviceId, FileName
| project TimeGenerated, DeviceId";

#[test]
fn what_was_not_there_before_is_a_rule_for_new_terms() {
    let (conversion, json, table) = detection(NEW);
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert_eq!(conversion.losses.iter().filter(|loss| loss.kind == LossKind::RowCap).count(), 1);
    assert_eq!((&json["type"], &json["language"]), (&"new_terms".into(), &"lucene".into()));
    assert_eq!(json["new_terms_fields"], serde_json::json!(["host.id", "process.name"]));
    assert_eq!((&json["history_window_start"], &json["from"]), (&"now-14d".into(), &"now-1d".into()));
    let query = json["query"].as_str().unwrap();
    assert!(query.ends_with(r#" AND process.name:"a.exe""#) && !query.contains("timestamp"), "{query}");
    let terms = &table["rule"]["new_terms"];
    assert_eq!((terms["field"].as_str(), terms["value"].as_array().map(Vec::len)), (Some("new_terms_fields"), Some(2)));
    assert_eq!(terms["history_window_start"][0]["value"].as_str(), Some("now-14d"));
    assert_eq!(table["rule"]["type"].as_str(), Some("new_terms"));
}

#[test]
fn another_filter_before_or_behind_is_no_rule_for_new_terms() {
    for query in [
        // What was known is of another kind.
        NEW.replacen("'a.exe'", "'b.exe'", 1),
        // There is a gap between the two stretches of time, or an overlap.
        NEW.replace("ago(1d))", "ago(2d))"),
        NEW.replace("ago(1d))", "now())"),
        // Only some of the events count.
        format!("{NEW} | where DeviceId == 'x'"),
        format!("{NEW} | take 5"),
        // The keys are other columns there.
        NEW.replace("on DeviceId, FileName", "on $left.FileName == $right.DeviceId"),
    ] {
        let at = RULE.find("query: |").unwrap();
        let rule = format!("{}query: |\n  {}\n", &RULE[..at], query.replace('\n', "\n  "));
        let (_, conversion, _) = packaged(&rule, "eql", Packaging::Ndjson);
        assert_eq!(conversion.fidelity, Fidelity::Refused, "{query}");
    }
}

#[test]
fn a_join_with_indicators_is_a_rule_that_matches_them() {
    let query = "\
CommonSecurityLog | where TimeGenerated > ago(1h) | where isnotempty(DestinationIP)
| join kind=inner (
    ThreatIntelligenceIndicator | where TimeGenerated > ago(14d) | where isnotempty(NetworkIP)
    | summarize arg_max(TimeGenerated, Description) by NetworkIP
) on $left.DestinationIP == $right.NetworkIP
| project TimeGenerated, SourceIP, DestinationIP, Description";
    let (conversion, json, table) = detection(query);
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert!(conversion.losses.iter().any(|loss| loss.message.contains("every state")), "{:?}", conversion.losses);
    assert_eq!((&json["type"], &json["from"]), (&"threat_match".into(), &"now-1h".into()));
    assert_eq!(
        json["threat_mapping"],
        serde_json::json!([{"entries": [{"field": "destination.ip", "type": "mapping", "value": "threat.indicator.ip"}]}])
    );
    assert_eq!(json["threat_index"], serde_json::json!(["logs-ti_*"]));
    assert_eq!(json["threat_query"], "@timestamp:[now-14d TO now] AND _exists_:threat.indicator.ip");
    assert_eq!(json["query"], "_exists_:destination.ip");
    let entry = &table["rule"]["threat_mapping"][0]["entries"][0];
    assert_eq!(entry["value"].as_str(), Some("threat.indicator.ip"));
    // The sides the other way round say the same.
    let turned = "\
ThreatIntelligenceIndicator | where TimeGenerated > ago(14d) | where isnotempty(NetworkIP)
| join kind=inner (CommonSecurityLog | where TimeGenerated > ago(1h) | where isnotempty(DestinationIP))
    on $left.NetworkIP == $right.DestinationIP";
    let (_, other, _) = detection(turned);
    assert_eq!((&other["threat_mapping"], &other["query"]), (&json["threat_mapping"], &json["query"]));
    assert_eq!((&other["threat_query"], &other["from"]), (&json["threat_query"], &json["from"]));
}
