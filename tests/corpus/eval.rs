//! Whatever a real query asks for is run or refused by name, and gives the same at any number of partitions.

use std::collections::BTreeMap;

use kqlc::bind::{Learned, bind_learned};
use kqlc::schema::{Dialect, Schemas};
use kqlc::source::SourceFile;
use kqlc::syntax::split_queries;

use crate::noise::{Outcome, Pair};
use crate::{corpus, index};

/// Nothing fails inside the engine, and answers do not depend on how work is cut.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn queries_run_or_are_refused_by_name() {
    let folder = corpus().join("dev");
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let pair = Pair::new();
    let only = std::env::var("KQLC_ONLY").unwrap_or_default();
    let (mut ran, mut refused, mut rows) = (0, 0, 0);
    let mut reasons = BTreeMap::<String, usize>::new();
    let mut faults = Vec::new();
    for entry in index(&folder.join("index.jsonl")) {
        let name = entry["file"].as_str().expect("a file name");
        if !name.contains(&only) {
            continue;
        }
        let text = match entry["query"].as_str() {
            Some(query) => query.to_owned(),
            None => SourceFile::read(&folder.join(name)).expect("a readable file").text().to_owned(),
        };
        for (_, parsed) in split_queries(&text) {
            let Some(tree) = parsed.query.as_ref().filter(|_| parsed.is_ok()) else { continue };
            let bound = bind_learned(tree, &schemas, &Learned::new());
            if bound.has_errors() || bound.query.is_none() {
                continue;
            }
            if !only.is_empty() {
                println!("{name}");
            }
            match pair.run(tree, &text, &schemas, 0) {
                Outcome::Same(answer) => {
                    ran += 1;
                    rows += usize::from(!answer.is_empty());
                }
                Outcome::Refused(reason) => {
                    refused += 1;
                    *reasons.entry(reason).or_default() += 1;
                }
                Outcome::Fault(what) => faults.push(format!("{name}: {what}")),
            }
        }
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    println!("{ran} run, {rows} of them with rows; {refused} refused");
    for (reason, count) in &reasons {
        println!("  {count} {reason}");
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
