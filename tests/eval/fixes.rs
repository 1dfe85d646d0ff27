//! A fix that claims to keep the meaning keeps the result: what a query gave before, it gives after.
//!
//! The events are made for the query as it was and as it is. A fix that never touched a query that gives anything would be
//! proven by nothing, so each lint has to be seen at work.

#![allow(clippy::unwrap_used, reason = "tests: what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kqlc::lint::{Lint, registry};

use crate::pages::blocks;
use crate::rerun::{Judge, Verdict, check};

/// What the fixes of a lint have done to queries.
#[derive(Debug, Default)]
struct Tally {
    /// Files they were applied to.
    applied: usize,
    /// Queries they left as they were.
    untouched: usize,
    /// Queries they changed, and which gave something.
    exercised: usize,
    /// Queries they changed, of which nothing can be said: they gave nothing, or are not run.
    silent: Vec<String>,
    /// Queries that had no result before.
    mended: usize,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lints that have a fix they call safe, by their source.
fn lints_with_a_safe_fix() -> BTreeSet<&'static str> {
    let safe = |lint: &&&Lint| {
        let text = std::fs::read_to_string(root().join(lint.file)).unwrap();
        text.contains("Applicability::Safe")
    };
    registry::ALL.iter().filter(safe).map(|lint| lint.code.id).collect()
}

/// Old ways of writing what the rules of the project write in the new way.
const OLD: &[(&str, &[(&str, &str)])] = &[
    ("Q031", &[("join kind=innerunique ", "join ")]),
    (
        "Q050",
        &[
            ("isnotempty(", "notempty("),
            ("isnotnull(", "notnull("),
            ("bag_pack(", "pack("),
            ("parse_json(", "parsejson("),
        ],
    ),
    ("Q051", &[("| where ", "| filter "), (" != ", " <> "), (" contains_cs ", " containscs ")]),
    ("F064", &[("\nquery: |", "\nquery: >")]),
    ("F134", &[("\n", "\r\n")]),
];

/// The files that fixes are tried on, each in a folder of its own, with a word about where it comes from.
fn files() -> Vec<(String, String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut add = |place: String, markdown: &str| {
        for block in blocks(markdown) {
            if !matches!(block.language.as_str(), "yaml" | "kql" | "json") || block.options.contains_key("fixed") {
                continue;
            }
            let place = format!("{place}:{} ({})", block.line, block.heading);
            files.extend(block.files().into_iter().take(1).map(|(name, bytes)| (place.clone(), name, bytes)));
        }
    };
    for lint in registry::ALL {
        add(lint.code.id.to_owned(), &kqlc::lint::doc::body(lint));
    }
    for page in sorted(&root().join("tests/lint")) {
        add(page.file_name().unwrap().to_string_lossy().into_owned(), &std::fs::read_to_string(&page).unwrap());
    }
    let is_rule = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml")
    };
    // Making events takes a while in a build that is not optimised.
    for rule in sorted(&root().join("rules")).into_iter().filter(is_rule).step_by(2) {
        let name = rule.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&rule).unwrap();
        for (code, ways) in OLD {
            let old = ways.iter().fold(text.clone(), |text, (new, old)| text.replace(new, old));
            if old != text {
                files.push((format!("{name}, as {code} finds it"), name.clone(), old.into_bytes()));
            }
        }
    }
    files
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The codes whose safe fixes each file is offered, by the number of its folder.
fn offered(folder: &Path) -> BTreeMap<usize, BTreeSet<String>> {
    let output = check(folder, &["--format", "json", "--select", "all", "--ignore", "F003"]);
    let mut offered: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(output).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = Path::new(record["path"].as_str().unwrap()).parent().unwrap().to_owned();
        let number = path.file_name().unwrap().to_string_lossy().parse().unwrap();
        for found in record["diagnostics"].as_array().unwrap() {
            if found["fix"]["applicability"] == "safe" {
                offered.entry(number).or_default().insert(found["code"].as_str().unwrap().to_owned());
            }
        }
    }
    offered
}

#[test]
fn what_is_fixed_gives_what_it_gave() {
    let files = files();
    let folder = tempfile::tempdir().unwrap();
    let write = |part: &str, number: usize| {
        let (_, name, bytes) = &files[number];
        let to = folder.path().join(part).join(number.to_string());
        std::fs::create_dir_all(&to).unwrap();
        std::fs::write(to.join(name), bytes).unwrap();
        to.join(name)
    };
    for number in 0..files.len() {
        write("all", number);
    }
    let mut by_code: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, codes) in offered(&folder.path().join("all")) {
        for code in codes {
            by_code.entry(code).or_default().push(number);
        }
    }
    let judge = Judge::new();
    let (mut tallies, mut wrong) = (BTreeMap::<&str, Tally>::new(), Vec::new());
    for (code, numbers) in &by_code {
        let tally = tallies.entry(code).or_default();
        let paths: Vec<PathBuf> = numbers.iter().map(|number| write(code, *number)).collect();
        let select = match code.as_str() {
            // Faults of syntax are no lints: they are told, and mended, whatever is selected.
            code if code.starts_with('K') => "F001",
            // A comment is idle only where the lint that it names has looked.
            "F099" => "all",
            code => code,
        };
        check(&folder.path().join(code), &["--fix", "--quiet", "--select", select]);
        for (number, path) in numbers.iter().zip(paths) {
            let (place, name, before) = &files[*number];
            let after = std::fs::read(path).unwrap();
            tally.applied += usize::from(after != *before);
            for verdict in judge.file(name, before, &after) {
                match verdict {
                    Verdict::Untouched => tally.untouched += 1,
                    Verdict::NoResult => tally.mended += 1,
                    Verdict::Same(0) => tally.silent.push(format!("{place}: no records")),
                    Verdict::Same(_) => tally.exercised += 1,
                    Verdict::NotRun(reason) => tally.silent.push(format!("{place}: {reason}")),
                    Verdict::Differs(how) => wrong.push(format!("{code}, {place}: {how}")),
                }
            }
        }
    }
    for (code, tally) in &tallies {
        println!("{code}: {tally:?}");
    }
    assert!(wrong.is_empty(), "fixes that change the result:\n{}", wrong.join("\n"));
    let unproven = |code: &&&str| {
        tallies.get(**code).is_none_or(|tally| {
            let touched = tally.exercised + tally.silent.len() + tally.mended > 0;
            tally.applied == 0 || if touched { tally.exercised == 0 } else { tally.untouched == 0 }
        })
    };
    let codes = lints_with_a_safe_fix();
    let unproven: Vec<&&str> = codes.iter().filter(unproven).collect();
    assert!(unproven.is_empty(), "lints whose safe fix was never seen at work: {unproven:?}");
    assert!(codes.len() > 20, "{codes:?}");
}

#[test]
fn what_an_address_gives_is_made_as_well() {
    let query = |text: &str| {
        format!("externaldata(Name: string)[@'https://a.example/list.csv'] with (format='csv') | where Name == {text}")
    };
    let verdicts = Judge::new().file("q.kql", query("'x'").as_bytes(), query("\"x\"").as_bytes());
    assert!(matches!(verdicts.as_slice(), [Verdict::Same(1..)]), "{verdicts:?}");
}
