//! Queries whose syntax is right and whose meaning is not: the fixtures under `tests/fixtures/meaning_errors`, each with
//! its full rendering as a snapshot, and what must hold of them whatever the snapshots say.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use kqlc::bind::bind;
use kqlc::diagnostic::{Diagnostic, code};
use kqlc::schema::{Dialect, Schemas};
use kqlc::syntax::parse;

mod faulty;

use faulty::{Case, cases, fixtures, rendered, settings};

/// The folder of the fixtures.
const FOLDER: &str = "meaning_errors";

/// What is found in the meaning of a query; its errors of syntax, if it has any.
fn findings(query: &str) -> Vec<Diagnostic> {
    let parsed = parse(query);
    match parsed.query.as_ref().filter(|_| parsed.is_ok()) {
        Some(tree) => bind(tree, &Schemas::builtin(Dialect::Sentinel)).diagnostics,
        None => parsed.diagnostics,
    }
}

#[test]
fn findings_underline_the_marked_words_and_quote_the_official_codes() {
    let (mut count, mut wrong) = (0, String::new());
    for case in fixtures(FOLDER).iter().flat_map(|file| cases(file)) {
        let findings = findings(&case.query);
        let spans: Vec<_> = findings.iter().map(|finding| finding.span).collect();
        let official: Vec<&str> = findings.iter().map(|finding| finding.official.unwrap_or("-")).collect();
        let shown = rendered(&case.query, &findings);
        let of_meaning = findings.iter().all(|finding| finding.code.id.starts_with("K2"));
        if spans != case.marked || official != case.official || spans.is_empty() || !of_meaning {
            let _ = writeln!(wrong, "{}: marked {:?}, codes {:?}\n{shown}", case.name, case.marked, case.official);
        }
        for code in official.into_iter().filter(|code| *code != "-") {
            assert!(shown.contains(code), "{}: {code} is not quoted", case.name);
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 40, "{count} queries");
}

#[test]
fn every_kind_of_error_has_a_query() {
    let queries = fixtures(FOLDER).iter().flat_map(|file| cases(file)).map(|case| case.query).collect::<Vec<_>>();
    let found: BTreeSet<&str> =
        queries.iter().flat_map(|query| findings(query)).map(|finding| finding.code.id).collect();
    let without: Vec<&str> = code::ALL
        .iter()
        .map(|code| code.id)
        .filter(|id| id.starts_with("K2") && !found.contains(id))
        // A query that doubles beyond bounds is no reading matter, and of one that asks for nothing `schema` tells.
        .filter(|id| !["K2021", "K2031"].contains(id))
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn renderings_as_they_look() {
    for file in fixtures(FOLDER) {
        let group = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let rendered = |case: &Case| format!("## {}\n\n{}", case.name, rendered(&case.query, &findings(&case.query)));
        let text = cases(&file).iter().map(rendered).collect::<Vec<_>>().concat();
        settings("meaning").bind(|| insta::assert_snapshot!(group, text));
    }
}
