//! What is written in EQL here, read back: every query that a rule of the corpus becomes, as a query and as a rule.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use kqlc::read::{Language, Options, read};
use kqlc::source::SourceFile;

/// The files of rules and queries of the corpus, and the rules of our own.
fn inputs() -> Vec<PathBuf> {
    vec![super::corpus().join("dev"), PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules")]
}

/// Each output of a conversion with its path.
fn converted(arguments: &[&str]) -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_kqlc"))
        .args(["convert", "--to", "eql", "--format", "json"])
        .args(arguments)
        .args(inputs())
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let answers = text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line"));
    answers
        .filter_map(|answer: serde_json::Value| {
            Some((answer["path"].as_str()?.to_owned(), answer["output"].as_str()?.to_owned()))
        })
        .collect()
}

/// Reads every output; gives how many there are and what stood in the way of those that are not read.
fn read_all(outputs: &[(String, String)]) -> BTreeMap<String, usize> {
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for (path, text) in outputs {
        let file = SourceFile::from_text(path, text);
        for detection in read(Language::Eql, &file, &Options::default()) {
            for found in &detection.diagnostics {
                assert!(text.get(found.span.range()).is_some(), "{path}: {found:?} lies outside");
            }
            if detection.query.is_none() {
                let first = detection.diagnostics.first().expect("a word why");
                println!("{path}: {} at `{}`", first.message, first.span.of(text));
                *refused.entry(format!("{} {}", first.code.id, first.message)).or_default() += 1;
            }
        }
    }
    refused
}

#[test]
#[ignore = "needs the corpus"]
fn every_query_written_here_is_read_back() {
    for fields in ["siem", "native"] {
        let outputs = converted(&["--fields", fields]);
        assert!(outputs.len() > 100, "{} outputs", outputs.len());
        let refused = read_all(&outputs);
        println!("{fields}: {} outputs, {refused:?}", outputs.len());
        assert!(refused.is_empty(), "{fields}: {refused:?}");
    }
}

#[test]
#[ignore = "needs the corpus"]
fn every_rule_written_here_is_read_back() {
    for (packaging, fields) in [("ndjson", "siem"), ("toml", "native")] {
        let outputs = converted(&["--package", packaging, "--fields", fields]);
        assert!(outputs.len() > 100, "{} outputs", outputs.len());
        // A rule that counts holds a query in Lucene's syntax.
        let refused =
            read_all(&outputs).into_iter().filter(|(why, _)| !why.contains("`threshold`")).collect::<Vec<_>>();
        println!("{packaging}: {} outputs, {refused:?}", outputs.len());
        assert!(refused.is_empty(), "{packaging}: {refused:?}");
    }
}
