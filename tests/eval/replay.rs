//! What the rule pack comes to in other languages, read back and run.

use std::collections::BTreeSet;

use kqlc::read::{Language, Macro, Options, read};
use kqlc::replay::{World, run};
use kqlc::source::SourceFile;

/// The searches of Splunk in the record of what the pack comes to.
fn searches() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("snapshots/convert").expect("the record").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a record");
        let Some((_, rest)) = text.split_once("=== splunk: ") else { continue };
        let section = rest.split("\n=== ").next().unwrap_or_default();
        let lines = section.lines().skip(1).skip_while(|line| line.starts_with("  ") || line.is_empty());
        let search: Vec<&str> = lines.collect();
        if !search.is_empty() {
            found.push((entry.path().display().to_string(), search.join("\n")));
        }
    }
    found
}

#[test]
fn every_search_of_the_pack_runs_or_is_refused_for_a_reason() {
    let mut refused = BTreeSet::new();
    let mut run_count = 0;
    let all = searches();
    for (path, search) in &all {
        let file = SourceFile::from_text(path.clone(), search.clone());
        // Where the events are is for each to say.
        let names: BTreeSet<&str> = search.split('`').skip(1).step_by(2).collect();
        let define =
            |name: &str| Macro { name: name.to_owned(), arguments: Vec::new(), definition: "index=*".to_owned() };
        let options = Options { macros: names.into_iter().map(define).collect() };
        for detection in read(Language::Splunk, &file, &options) {
            let query = detection.query.unwrap_or_else(|| panic!("{path}: {:?}", detection.diagnostics));
            match run(&query, &World::default()) {
                Ok(_) => run_count += 1,
                Err(refusal) => {
                    refused.insert(refusal.what);
                }
            }
        }
    }
    println!("{run_count} of {} run; {refused:#?}", all.len());
    assert!(all.len() > 20 && run_count * 10 >= all.len() * 8, "{run_count} of {} run: {refused:#?}", all.len());
}
