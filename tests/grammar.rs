//! What the grammar takes and refuses, form by form.
//!
//! `tests/fixtures/grammar.txt` holds a query a line behind `ok` or `no`: the verdict of Microsoft's parser
//! (`@kusto/language-service-next` 12.4.1) on it. A form that is not in the list is not known to be right.

use std::fmt::Write as _;

use kqlc::syntax;

fn cases() -> Vec<(bool, String)> {
    let text = std::fs::read_to_string("tests/fixtures/grammar.txt").expect("the list is there");
    text.lines()
        .map(|line| match line.split_once(' ') {
            Some(("ok", query)) => (true, query.to_owned()),
            Some(("no", query)) => (false, query.to_owned()),
            _ => panic!("neither `ok` nor `no`: {line}"),
        })
        .collect()
}

#[test]
fn every_form_is_judged_as_the_official_parser_judges_it() {
    let cases = cases();
    assert!(cases.len() > 600 && cases.iter().any(|(ok, _)| *ok) && cases.iter().any(|(ok, _)| !*ok));
    let mut wrong = String::new();
    for (ok, query) in &cases {
        let parsed = syntax::parse(query);
        if parsed.is_ok() != *ok {
            let _ = writeln!(wrong, "{} {query}: {:?}", if *ok { "ok" } else { "no" }, parsed.diagnostics);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn an_error_points_into_the_text() {
    for (_, query) in cases() {
        for diagnostic in syntax::parse(&query).diagnostics {
            let span = diagnostic.span;
            assert!(query.get(span.range()).is_some(), "{query}: {span:?}");
        }
    }
}

#[test]
fn a_tree_covers_its_text() {
    for (_, query) in cases().into_iter().filter(|(ok, _)| *ok) {
        let tree = syntax::parse(&query).query.expect("what parses has a tree");
        let mut end = 0;
        for statement in &tree.statements {
            assert!(statement.span.start as usize >= end, "{query}");
            end = statement.span.end as usize;
            assert_eq!(statement.span.of(&query).trim(), statement.span.of(&query), "{query}");
        }
    }
}
