//! Every published query that parses is formatted: again to the same text, with the same tree and comments.

use kqlc::format::{format_rules, format_text};
use kqlc::rule::{self, FileKind, ScalarStyle};
use kqlc::source::SourceFile;
use kqlc::syntax::ast::Query;
use kqlc::syntax::split_queries;

use crate::{corpus, index};

/// The trees of a text without their spans, and its comments without blanks behind them.
fn content(text: &str) -> (Vec<Query>, Vec<String>) {
    let (mut trees, mut comments) = (Vec::new(), Vec::new());
    for (span, parsed) in split_queries(text) {
        let text = span.of(text);
        let query = parsed.query.expect("a text that is formatted parses");
        comments.extend(query.comments.iter().map(|comment| comment.of(text).trim_end().to_owned()));
        trees.push(query.without_spans());
    }
    (trees, comments)
}

#[track_caller]
fn holds(name: &str, text: &str, formatted: &str) {
    assert_eq!(format_text(formatted).as_deref(), Ok(formatted), "{name}: formatting again changes it");
    let ((trees, comments), (again, kept)) = (content(text), content(formatted));
    assert_eq!(comments, kept, "{name}: other comments");
    assert!(trees == again, "{name}: another tree");
    assert_eq!(text.ends_with('\n'), formatted.ends_with('\n'), "{name}: the end");
    let in_strings = text.contains("```") || text.contains("~~~");
    assert!(in_strings || formatted.lines().all(|line| line.trim_end() == line), "{name}: blanks at the end of a line");
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn every_query_is_formatted_and_stays_the_same() {
    let folder = corpus().join("dev");
    let (mut queries, mut rules, mut in_place, mut refused, mut changed) = (0, 0, 0, 0, 0);
    for entry in index(&folder.join("index.jsonl")) {
        let name = entry["file"].as_str().expect("a file name");
        let file = SourceFile::read(&folder.join(name)).expect("a readable file");
        // What Microsoft's parser takes, as a whole or cut at blank lines.
        let official = &entry["official"];
        let parses = official["ok"] == true || official["split_ok"].as_u64().is_some_and(|queries| queries > 1);
        if rule::kind_of(name) != Some(FileKind::Yaml) {
            match format_text(file.text()) {
                Ok(formatted) => {
                    holds(name, file.text(), &formatted);
                    queries += 1;
                    changed += usize::from(formatted != file.text());
                }
                Err(errors) => {
                    assert!(!parses, "{name}: {errors:?}");
                    refused += 1;
                }
            }
            continue;
        }
        rules += 1;
        let before = rule::read(&file);
        let query = before.rules[0].query.as_ref().expect("a rule of the corpus has a query");
        match format_rules(&file) {
            Ok(formatted) => {
                let written = SourceFile::from_text(name, formatted);
                let after = rule::read(&written);
                let rewritten = after.rules[0].query.as_ref().expect("the query is still there");
                holds(name, &query.text, &rewritten.text);
                // Outside the scalar, byte for byte the same.
                let (span, new) = (query.span, rewritten.span);
                assert_eq!(file.text()[..span.start as usize], written.text()[..new.start as usize], "{name}");
                assert_eq!(file.text()[span.end as usize..], written.text()[new.end as usize..], "{name}");
                in_place += 1;
            }
            Err(errors) => {
                assert!(query.style != ScalarStyle::Literal || !parses, "{name}: {errors:?}");
                refused += 1;
            }
        }
    }
    println!(
        "{queries} query files ({changed} changed), {in_place} of {rules} rules in place, {refused} left alone for errors"
    );
    assert!(queries > 1000 && in_place > 200);
}
