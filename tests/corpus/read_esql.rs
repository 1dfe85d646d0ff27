//! What the program itself says in ES|QL, read back into the IR.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use kqlc::read::{Language, Options, read};
use kqlc::source::SourceFile;
use serde_json::Value;

/// Every query of a conversion has to be read, none excepted.
fn all_are_read(fields: &str, paths: &[PathBuf]) {
    let output = Command::new(env!("CARGO_BIN_EXE_kqlc"))
        .args(["convert", "--to", "esql", "--format", "json", "--fields", fields])
        .args(paths)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (mut all, mut refused) = (0, BTreeMap::<String, Vec<String>>::new());
    for line in text.lines() {
        let answer: Value = serde_json::from_str(line).expect("a JSON object a line");
        let Some(query) = answer["output"].as_str() else { continue };
        let path = answer["path"].as_str().expect("a path");
        all += 1;
        for found in read(Language::Esql, &SourceFile::from_text(path, query), &Options::default()) {
            if found.query.is_none() {
                let first = found.diagnostics.first().expect("a word why");
                refused.entry(format!("{} {}", first.code.id, first.message)).or_default().push(path.to_owned());
            }
        }
    }
    println!("--fields {fields}: {all} queries");
    assert!(all > 0 && refused.is_empty(), "{refused:#?}");
}

#[test]
#[ignore = "needs the corpus"]
fn everything_said_in_esql_is_read_back() {
    for fields in ["siem", "native"] {
        all_are_read(fields, &[super::corpus().join("dev"), PathBuf::from("rules")]);
    }
}
