//! What `check --fix` makes of published rules gives what they gave.

use std::collections::BTreeMap;

use crate::rerun::{Judge, Verdict, check};
use crate::{corpus, index};

/// Of how many changed files one is looked at, unless `KQLC_EVERY` says otherwise: all of them take two minutes of a
/// processor in a build with optimisation, and ten times that without.
const EVERY: usize = 20;

/// Queries of those that a safe fix changes, at the least, and which give records.
const EXERCISED: usize = 5;

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn what_is_fixed_gives_what_it_gave() {
    let folder = corpus().join("dev");
    let copy = tempfile::tempdir().expect("a folder");
    let only = std::env::var("KQLC_ONLY").unwrap_or_default();
    let names: Vec<String> = index(&folder.join("index.jsonl"))
        .iter()
        .map(|entry| entry["file"].as_str().expect("a file name").to_owned())
        .filter(|name| name.contains(&only))
        .collect();
    for name in &names {
        let to = copy.path().join(name);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::write(to, std::fs::read(folder.join(name)).expect("a readable file")).expect("a writable file");
    }
    check(copy.path(), &["--fix", "--quiet"]);
    let judge = Judge::new();
    let every = std::env::var("KQLC_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(EVERY);
    let (mut changed, mut untouched, mut mended, mut silent, mut exercised) = (0, 0, 0, 0, 0);
    let (mut reasons, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for name in &names {
        let before = std::fs::read(folder.join(name)).expect("a readable file");
        let after = std::fs::read(copy.path().join(name)).expect("a readable file");
        if before == after {
            continue;
        }
        changed += 1;
        if only.is_empty() && changed % every != 0 {
            continue;
        }
        for verdict in judge.file(name, &before, &after) {
            match verdict {
                Verdict::Untouched => untouched += 1,
                Verdict::NoResult => mended += 1,
                Verdict::Same(0) => silent += 1,
                Verdict::Same(_) => exercised += 1,
                Verdict::NotRun(reason) => *reasons.entry(reason).or_default() += 1,
                Verdict::Differs(how) => wrong.push(format!("{name}: {how}")),
            }
        }
    }
    let not_run: usize = reasons.values().sum();
    println!(
        "{changed} files changed, one in {every} looked at; of their queries {untouched} are as they were, {mended} had no result before,"
    );
    println!("{exercised} give the same records, {silent} no records before and after, {not_run} are not run:");
    for (reason, count) in &reasons {
        println!("  {count} {reason}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(exercised >= EXERCISED || !only.is_empty() || every != EVERY, "{exercised}");
}
