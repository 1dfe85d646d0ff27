//! `docs/coverage.md`: what share of real rules each target takes, and every reason for which it refuses more than one
//! in a hundred. The page is written by `KQLC_UPDATE=1`, and held against the corpus without.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::{corpus, index};

const PAGE: &str = "docs/coverage.md";
const FIDELITIES: [&str; 4] = ["exact", "events", "approximate", "refused"];
const TARGETS: [(&str, &str); 4] =
    [("sigma", "Sigma"), ("splunk", "Splunk SPL"), ("eql", "Elastic EQL"), ("esql", "Elastic ES|QL")];

/// What became of the rules in one target.
#[derive(Default)]
struct Outcome {
    rules: usize,
    fidelity: BTreeMap<String, usize>,
    /// Each reason with the rules it refuses.
    reasons: BTreeMap<(String, String), usize>,
}

fn outcome(target: &str, fields: &str) -> Outcome {
    let folder = corpus().join("dev");
    let files: Vec<_> = index(&folder.join("index.jsonl"))
        .iter()
        .filter(|entry| entry["official"]["ok"] == true)
        .map(|entry| folder.join(entry["file"].as_str().expect("a file name")))
        .collect();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"))
        .args(["convert", "--to", target, "--fields", fields, "--format", "json"])
        .args(&files)
        .output()
        .expect("a run");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut outcome = Outcome::default();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).expect("JSON");
        outcome.rules += 1;
        *outcome.fidelity.entry(record["fidelity"].as_str().expect("a word").to_owned()).or_default() += 1;
        let losses = record["losses"].as_array().expect("a list");
        let reasons: BTreeSet<(String, String)> = losses
            .iter()
            .filter(|loss| loss["fidelity"] == "refused")
            .map(|loss| (loss["kind"].as_str().unwrap().to_owned(), loss["message"].as_str().unwrap().to_owned()))
            .collect();
        assert!(record["fidelity"] != "refused" || !reasons.is_empty(), "a refusal without a reason: {line}");
        for reason in reasons {
            *outcome.reasons.entry(reason).or_default() += 1;
        }
    }
    outcome
}

fn share(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}

fn page() -> String {
    let mut page = String::from(
        "# What each target takes\n\nMeasured over published rules and hunting queries that KQL's own parser takes. This page is written by\n`KQLC_UPDATE=1 cargo test --test corpus coverage -- --ignored`, and the same test holds it to what is so.\n\n",
    );
    let outcomes: Vec<_> =
        TARGETS.iter().map(|(target, title)| (title, outcome(target, "siem"), outcome(target, "native"))).collect();
    page.push_str(
        "| target | fields | rules | exact | events | approximate | refused |\n|---|---|---:|---:|---:|---:|---:|\n",
    );
    for (title, siem, native) in &outcomes {
        for (fields, outcome) in [("of the SIEM", siem), ("Sentinel's", native)] {
            let shares: Vec<String> = FIDELITIES
                .iter()
                .map(|word| share(outcome.fidelity.get(*word).copied().unwrap_or_default(), outcome.rules))
                .collect();
            let _ = writeln!(
                page,
                "| {} | {fields} | {} | {} |",
                title.replace('|', "\\|"),
                outcome.rules,
                shares.join(" | ")
            );
        }
    }
    page.push_str("\nBelow is every reason for which a target refuses more than one rule in a hundred.\n");
    for (title, siem, _) in &outcomes {
        let mut common: Vec<_> = siem.reasons.iter().filter(|(_, count)| **count * 100 > siem.rules).collect();
        common.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), (*reason).clone()));
        let _ = write!(page, "\n## {title}\n\n");
        if common.is_empty() {
            page.push_str("None.\n");
            continue;
        }
        page.push_str("| rules | kind | why |\n|---:|---|---|\n");
        for ((kind, message), count) in common {
            let _ = writeln!(page, "| {} | {kind} | {} |", share(*count, siem.rules), message.replace('|', "\\|"));
        }
    }
    page
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn coverage_is_as_the_page_says() {
    let page = page();
    if std::env::var_os("KQLC_UPDATE").is_some() {
        fs::write(PAGE, page).expect("the page can be written");
        return;
    }
    let there = fs::read_to_string(PAGE).expect("the page is readable");
    same(&there, &page);
}

fn same(there: &str, page: &str) {
    let changed: Vec<(&str, &str)> = there.lines().zip(page.lines()).filter(|(a, b)| a != b).collect();
    assert!(
        there == page,
        "docs/coverage.md is out of date; write it with KQLC_UPDATE=1. First changes:\n{:#?}",
        &changed[..changed.len().min(5)]
    );
}
