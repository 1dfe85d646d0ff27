//! Real rules in the other languages: the rules the project is measured by first, and what other people's parsers say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Runs the program; what it wrote, one JSON object a line.
fn kqlc(arguments: &[&str], paths: &[PathBuf]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_kqlc"))
        .args(arguments)
        .args(["--format", "json"])
        .args(paths)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

/// The fidelity of a rule in each language, whose names of fields are one of the two choices.
fn fidelities(path: &Path, fields: &str) -> BTreeMap<String, String> {
    let answers = kqlc(&["convert", "--fields", fields, "--to", "sigma,splunk,eql,esql"], &[path.to_owned()]);
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    answers.iter().map(|answer| (word(&answer["target"]), word(&answer["fidelity"]))).collect()
}

fn seed(name: &str) -> PathBuf {
    super::corpus().parent().expect("the corpus stands beside the seeds").join("seeds").join(name)
}

#[test]
#[ignore = "needs the corpus"]
fn a_filter_is_the_same_events_everywhere() {
    let found = fidelities(&seed("003-judgement-panda.yaml"), "siem");
    assert_eq!(found.len(), 4);
    for (target, fidelity) in found {
        assert!(["exact", "events"].contains(&fidelity.as_str()), "{target}: {fidelity}");
    }
}

#[test]
#[ignore = "needs the corpus"]
fn a_threshold_in_bins_is_exact_where_bins_are_and_approximate_where_a_window_slides() {
    // The rule's folded scalar has to be mended first: a comment swallows what follows it.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rule.yaml");
    let text = std::fs::read(seed("000-mass-downloads.yaml")).expect("the rule");
    std::fs::write(&path, text).expect("a copy");
    assert!(
        fidelities(&path, "siem").values().all(|fidelity| fidelity == "refused"),
        "the rule has to be mended first"
    );
    kqlc(&["check", "--fix"], std::slice::from_ref(&path));
    for fields in ["siem", "native"] {
        let found = fidelities(&path, fields);
        for (target, wanted) in
            [("splunk", "exact"), ("esql", "exact"), ("eql", "approximate"), ("sigma", "approximate")]
        {
            assert_eq!(found[target], wanted, "{target}, {fields}");
        }
    }
}

#[test]
#[ignore = "needs the corpus"]
fn a_union_with_an_unknown_name_goes_into_every_language() {
    let path = seed("002-exfiltration-to-cloud-storage.kql");
    for answer in kqlc(&["convert", "--to", "sigma,splunk,eql,esql"], &[path]) {
        assert_eq!(answer["fidelity"], "approximate", "{answer}");
        let losses = answer["losses"].as_array().expect("losses");
        let told = |loss: &Value| {
            loss["kind"] == "unresolved-name" && loss["message"].as_str().is_some_and(|m| m.contains("BytesSent"))
        };
        assert!(losses.iter().any(told), "{answer}");
    }
}

#[test]
#[ignore = "needs the corpus"]
fn joined_aggregates_go_into_the_piped_languages() {
    let found = fidelities(&seed("004-low-and-slow-exfiltration.yaml"), "siem");
    assert_ne!(found["splunk"], "refused");
    assert_ne!(found["esql"], "refused");
}

#[test]
#[ignore = "needs the corpus"]
fn a_baseline_that_nobody_else_computes_is_refused_with_its_name() {
    let path = seed("001-time-series-anomaly.yaml");
    for answer in kqlc(&["convert", "--to", "sigma,splunk,eql,esql"], &[path]) {
        assert_eq!(answer["fidelity"], "refused", "{answer}");
        let losses = answer["losses"].as_array().expect("losses");
        let named = |loss: &Value| loss["message"].as_str().is_some_and(|m| m.contains("series_decompose_anomalies"));
        assert!(losses.iter().any(named), "{answer}");
    }
}
