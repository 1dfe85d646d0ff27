//! `kqlc synth --to` and `kqlc replay` as processes.
#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on fails")]

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use super::kqlc;

const NOW: &str = "2024-05-14T10:00:00Z";
const RULE: &str = "SecurityEvent | where EventID == 4688 and CommandLine has 'mimikatz'";

/// Runs the program in a folder with files.
fn ran(folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    kqlc().args(arguments).current_dir(folder.path()).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn translations_find_the_sets_that_fire_and_no_others() {
    for (target, search) in [("sigma", "s.yml"), ("splunk", "s.spl"), ("eql", "s.eql"), ("esql", "s.esql")] {
        let folder = folder(&[("rule.kql", RULE)]);
        let made = ran(&folder, &["synth", "--to", target, "--scenarios", "--now", NOW, "rule.kql"]);
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        fs::write(folder.path().join("sets"), &made.stdout).unwrap();
        let converted = lines(&ran(&folder, &["convert", "--to", target, "--format", "json", "rule.kql"]));
        fs::write(folder.path().join(search), converted[0]["output"].as_str().unwrap()).unwrap();
        let found = ran(&folder, &["replay", "--from", target, "--events", "sets", search]);
        assert_eq!(found.status.code(), Some(0), "{target}: {}", String::from_utf8_lossy(&found.stderr));
        let (sets, found) = (lines(&made), lines(&found));
        assert_eq!(sets.len(), found.len(), "{target}");
        let (mut fire, mut silent) = (0, 0);
        for (set, found) in sets.iter().zip(&found) {
            let rows = found["rows"].as_array().unwrap().len();
            match set["expects"].as_str().unwrap() {
                "fires" => {
                    assert!(rows > 0, "{target}: {set}");
                    fire += 1;
                }
                "silent" => {
                    assert_eq!(rows, 0, "{target}: {set}");
                    silent += 1;
                }
                _ => {}
            }
        }
        assert!(fire > 0 && silent > 2, "{target}: {fire} fire, {silent} are silent");
    }
}

#[test]
fn stored_events_have_the_systems_names_and_say_where_they_are_kept() {
    let folder =
        folder(&[("rule.kql", "DeviceProcessEvents | where ProcessCommandLine has 'x' and FileName =~ 'a.exe'")]);
    let first = |target: &str| lines(&ran(&folder, &["synth", "--to", target, "--now", NOW, "rule.kql"])).remove(0);
    let elastic = first("esql");
    assert_eq!(elastic["index"], "logs-m365_defender.event-default");
    assert_eq!(elastic["event"]["process.name"], "a.exe");
    let sigma = first("sigma");
    assert_eq!(sigma["logsource"], json!({"category": "process_creation"}));
    assert!(sigma["event"]["Image"].as_str().unwrap().ends_with("\\a.exe"), "{sigma}");

    let out = ran(&folder, &["synth", "--to", "eql", "--now", NOW, "--out", "events", "rule.kql"]);
    assert_eq!(out.status.code(), Some(0));
    let file = fs::read_to_string(folder.path().join("events/logs-m365_defender.event-default.ndjson")).unwrap();
    let event: Value = serde_json::from_str(file.lines().next().unwrap()).unwrap();
    assert_eq!(event, elastic["event"], "the fields alone");
}

#[test]
fn searches_run_over_events_of_ones_own() {
    let folder = folder(&[
        ("rule.yml", "title: t\nlogsource:\n  product: x\ndetection:\n  a:\n    user.name: Eve\n  condition: a\n"),
        (
            "events",
            concat!(
                r#"{"logsource":{"product":"x"},"event":{"user":{"name":"eve"},"n":[1,2]}}"#,
                "\n",
                r#"{"logsource":{"product":"y"},"event":{"user.name":"eve"}}"#,
                "\n",
                r#"{"logsource":{"product":"x"},"event":{"user.name":"bob"}}"#,
                "\n",
            ),
        ),
        ("wrong", "{\"user\":\"eve\"}\n"),
    ]);
    let found = lines(&ran(&folder, &["replay", "--from", "sigma", "--events", "events", "rule.yml"]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["rows"], json!([{"events": [0], "record": {"user.name": "eve", "n": [1, 2]}}]));

    let wrong = ran(&folder, &["replay", "--from", "sigma", "--events", "wrong", "rule.yml"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("wrong:1:"), "the line is told");
    let kql = ran(&folder, &["replay", "--events", "events", "rule.yml"]);
    assert_eq!(kql.status.code(), Some(2));
}

#[test]
fn what_is_not_read_or_run_is_told() {
    let folder = folder(&[("broken.eql", "process where"), ("events", "{\"index\":\"i\",\"event\":{\"a\":1}}\n")]);
    let output = ran(&folder, &["replay", "--from", "eql", "--events", "events", "broken.eql"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && !output.stderr.is_empty());
}
