//! Lints over published rules: counts by code, and fixes that are safe.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use kqlc::rule;
use kqlc::source::SourceFile;
use kqlc::syntax;

use crate::{corpus, index};

fn check(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
    let output = command.current_dir(folder).args(["check", ".", "--no-config"]).args(arguments).output();
    let output = output.expect("the program runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {told}");
    output
}

/// How many findings of each code there are.
fn counts(output: &Output) -> BTreeMap<(String, String), usize> {
    let text = String::from_utf8_lossy(&output.stdout);
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a JSON object a line");
        for diagnostic in record["diagnostics"].as_array().expect("a list") {
            let word = |key: &str| diagnostic[key].as_str().expect("a text").to_owned();
            *counts.entry((word("code"), word("severity"))).or_default() += 1;
        }
    }
    counts
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn findings_by_code() {
    let found = counts(&check(&corpus().join("dev"), &["--format", "json"]));
    for ((code, severity), count) in &found {
        let name = kqlc::lint::registry::find(code).map_or("", |lint| lint.code.name);
        println!("{count:6} {code} {severity:8} {name}");
    }
    assert!(!found.is_empty());
}

/// The codes that `check` tells of a file outside the corpus proper, each with what its headline says.
fn told(path: &Path) -> Vec<(String, String)> {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
    let output = command.args(["check", "--no-config", "--format", "json"]).arg(path).output();
    let output = output.expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{}", path.display());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let records =
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a JSON object a line"));
    let mut told = Vec::new();
    for record in records {
        for diagnostic in record["diagnostics"].as_array().expect("a list") {
            let word = |key: &str| diagnostic[key].as_str().expect("a text").to_owned();
            told.push((word("code"), word("message")));
        }
    }
    told
}

/// Rules that were published with faults are told of these.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn published_faults_are_found() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        (
            "000-mass-downloads.yaml",
            &[
                ("K0009", "swallows the 7 lines"),
                ("F002", "4g7h"),
                ("F013", "`severity`"),
                ("F040", "`queryFrequency`"),
                ("F041", "`queryPeriod`"),
                ("F042", "`triggerOperator`"),
                ("F043", "`triggerThreshold`"),
            ],
        ),
        ("002-exfiltration-to-cloud-storage.kql", &[("K2001", "`BytesSent`"), ("K2001", "`AccountName`")]),
        (
            "004-low-and-slow-exfiltration.yaml",
            &[
                ("F045", "30d"),
                ("F048", "`queryFrequency`"),
                ("F048", "`queryPeriod`"),
                ("F083", "`alertDescriptionFormat` has 5 placeholders where 3 are allowed"),
                ("F083", "`alertDisplayNameFormat` has 4 placeholders where 3 are allowed"),
            ],
        ),
    ];
    let seeds = corpus().join("../seeds");
    for (name, wanted) in cases {
        let told = told(&seeds.join(name));
        for (code, words) in *wanted {
            assert!(
                told.iter().any(|(c, message)| c == code && message.contains(words)),
                "{name}: {code} {words}: {told:?}"
            );
        }
        // Nothing else is told of them: each finding is one of the faults above.
        let other = told.iter().find(|(c, _)| *c != "F004" && !wanted.iter().any(|(code, _)| code == c));
        assert_eq!(other, None, "{name}");
    }
}

/// What nobody can know of a workspace is no error: where the official analyser finds an error in a name or a type, so
/// may we; where it finds nothing but unknown tables and functions, we find no error at all.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn what_the_workspace_may_hold_is_no_error() {
    let folder = corpus().join("dev");
    let output = check(&folder, &["--format", "json", "--select", "query"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let mut errors = BTreeMap::<String, Vec<String>>::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a JSON object a line");
        for diagnostic in record["diagnostics"].as_array().expect("a list") {
            let code = diagnostic["code"].as_str().expect("a text");
            if code.starts_with("K2") && diagnostic["severity"] == "error" {
                let path = record["path"].as_str().expect("a path").trim_start_matches("./").to_owned();
                errors.entry(path).or_default().push(format!("{code} {}", diagnostic["message"]));
            }
        }
    }
    let (mut looked_at, mut wrong) = (0, Vec::new());
    for entry in index(&folder.join("index.jsonl")) {
        let Some(official) = entry["schema"]["errors"].as_array() else { continue };
        looked_at += 1;
        let unknown = |error: &serde_json::Value| matches!(error["code"].as_str(), Some("KS204" | "KS211"));
        let name = entry["file"].as_str().expect("a file name");
        if let (true, Some(errors)) = (official.iter().all(unknown), errors.get(name)) {
            wrong.push(format!("{name}: {errors:?}"));
        }
    }
    println!("{looked_at} queries that the official analyser has seen");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(looked_at > 1000);
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn fixes_are_safe() {
    let source = corpus().join("dev");
    let copy = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = index(&source.join("index.jsonl"))
        .iter()
        .map(|entry| entry["file"].as_str().expect("a file name").to_owned())
        .collect();
    for name in &names {
        let to = copy.path().join(name);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::write(to, std::fs::read(source.join(name)).expect("a readable file")).expect("a writable file");
    }
    let before = counts(&check(&source, &["--format", "json"]));
    check(copy.path(), &["--fix"]);
    let again = check(copy.path(), &["--diff", "-q"]);
    assert!(again.stdout.is_empty(), "left to fix: {}", String::from_utf8_lossy(&again.stdout));
    let after = counts(&check(copy.path(), &["--format", "json"]));
    // A query that parses only after its fix is then bound and linted for the first time. That the others keep their
    // meaning, and with it what is wrong with it, is what `safe_fixes_keep_the_meaning` says.
    let of_meaning = |code: &str| code.starts_with('Q') || code.starts_with("K2");
    for ((code, severity), count) in after.iter().filter(|((code, _), _)| !of_meaning(code)) {
        let first = before.get(&(code.clone(), severity.clone())).copied().unwrap_or(0);
        assert!(first >= *count, "{code}: {first} findings before the fixes, {count} after");
    }

    let (mut changed, mut queries_changed) = (0, 0);
    for name in &names {
        let read = |folder: &Path| SourceFile::read(&folder.join(name)).expect("a readable file");
        let (old, new) = (read(&source), read(copy.path()));
        if old.text() == new.text() {
            continue;
        }
        changed += 1;
        assert_eq!(old.encoding(), new.encoding(), "{name}");
        let breaks = |file: &SourceFile| file.text().matches("\r\n").count() > 0;
        assert_eq!(breaks(&old), breaks(&new), "{name}: other line ends");
        if rule::kind_of(name) == Some(rule::FileKind::Query) {
            continue;
        }
        let (old, new) = (rule::read(&old), rule::read(&new));
        assert_eq!(old.rules.len(), new.rules.len(), "{name}");
        for (old, new) in old.rules.iter().zip(&new.rules) {
            let text = |rule: &rule::Rule| rule.query.as_ref().map(|query| query.text.clone());
            let (old, new) = (text(old), text(new));
            if old != new {
                queries_changed += 1;
                let sound = |text: &Option<String>| text.as_ref().is_some_and(|text| syntax::parse(text).is_ok());
                assert!(sound(&new) || !sound(&old), "{name}: the query no longer parses");
            }
        }
    }
    println!("{changed} files changed, {queries_changed} of them in the query");
    assert!(changed > 0);
}

/// What a query means, as text.
fn meaning(text: &str) -> Option<String> {
    let parsed = syntax::parse(text);
    let bound = kqlc::bind::bind(&parsed.query?, &kqlc::schema::Schemas::builtin(kqlc::schema::Dialect::Sentinel));
    let mut query = bound.query.filter(|_| !bound.diagnostics.iter().any(|d| d.code.id == "K2001"))?;
    kqlc::ir::pass::simplify(&mut query);
    let mut text = query.to_string();
    // Old names of one meaning with the new ones are what the fixes are about.
    for function in kqlc::functions::scalars().map(kqlc::functions::FunctionId::row) {
        if let [new] = function.replaced_by {
            let old = regex::Regex::new(&format!(r"\b{}\(", function.name)).expect("a pattern");
            text = old.replace_all(&text, format!("{new}(")).into_owned();
        }
    }
    Some(text)
}

/// Safe fixes leave the meaning of every query as it was.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn safe_fixes_keep_the_meaning() {
    let source = corpus().join("dev");
    let copy = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = index(&source.join("index.jsonl"))
        .iter()
        .map(|entry| entry["file"].as_str().expect("a file name").to_owned())
        .collect();
    for name in &names {
        let to = copy.path().join(name);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::write(to, std::fs::read(source.join(name)).expect("a readable file")).expect("a writable file");
    }
    check(copy.path(), &["--fix", "--select", "query"]);
    let mut compared = 0;
    for name in &names {
        let queries = |folder: &Path| {
            let file = SourceFile::read(&folder.join(name)).expect("a readable file");
            if rule::kind_of(name) == Some(rule::FileKind::Query) {
                return syntax::split_queries(file.text())
                    .into_iter()
                    .map(|(span, _)| span.of(file.text()).to_owned())
                    .collect();
            }
            let rules = rule::read(&file).rules;
            rules.iter().filter_map(|rule| Some(rule.query.as_ref()?.text.clone())).collect::<Vec<String>>()
        };
        let (old, new) = (queries(&source), queries(copy.path()));
        // Once its syntax is mended a file of queries may be cut otherwise: then nothing can be set side by side.
        if old.len() != new.len() {
            continue;
        }
        // A query that was folded and is no more has other lines: that fix is not of this kind.
        let touched = |old: &str, new: &str| old != new && old.matches('\n').count() == new.matches('\n').count();
        for (old, new) in old.iter().zip(&new).filter(|(old, new)| touched(old, new)) {
            // What did not parse had no meaning that a fix of its syntax could keep.
            if let Some(before) = meaning(old) {
                assert_eq!(Some(before), meaning(new), "{name}");
                compared += 1;
            }
        }
    }
    println!("{compared} queries changed, and mean what they meant");
    assert!(compared > 50);
}
