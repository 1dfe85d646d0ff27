//! Published Splunk searches, read into the IR.

use std::collections::BTreeMap;

use kqlc::diagnostic::Severity;
use kqlc::read::{Language, Macros, Options, read};
use kqlc::source::SourceFile;

/// The least share that has to be read, in per cent.
const LEAST: usize = 95;

#[test]
#[ignore = "needs the corpus"]
fn published_searches_are_read() {
    let folder = super::corpus().join("targets");
    let macros = Macros::read(&folder.join("spl-macros.json")).expect("the macros are readable");
    let options = Options { macros };
    let (mut good, mut all) = (0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for entry in super::index(&folder.join("spl.jsonl")) {
        let text = entry["text"].as_str().expect("a text");
        let path = entry["path"].as_str().expect("a path");
        let file = SourceFile::from_text(path, text);
        for detection in read(Language::Splunk, &file, &options) {
            all += 1;
            for found in &detection.diagnostics {
                assert!(text.get(found.span.range()).is_some(), "{path}: {found:?} lies outside");
            }
            let errors = detection.diagnostics.iter().filter(|found| found.severity == Severity::Error);
            if let Some(query) = &detection.query {
                assert_eq!(errors.count(), 0, "{path}: read, and in error");
                assert!(!query.to_string().contains("opaque"), "{path}: not understood");
                good += 1;
            } else {
                let first = errors.map(|found| format!("{} {}", found.code.id, found.message)).next();
                *refused.entry(first.expect("a word why")).or_default() += 1;
            }
        }
    }
    for (message, count) in &refused {
        println!("{count:5} {message}");
    }
    println!("{good} of {all} read");
    assert!(all > 0 && good * 100 >= all * LEAST, "{good} of {all} read");
}
