//! Damaged queries: one slip gives one error, and every error a place that makes sense.

use kqlc::source::SourceFile;
use kqlc::syntax::parse;
use rayon::prelude::*;

use crate::{corpus, index};

/// Errors a damaged query may have on average. Each has one token changed.
const MOST: f64 = 1.05;

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn one_slip_gives_one_error() {
    let (mut queries, mut errors, mut explained) = (0_u32, 0_u32, 0_u32);
    for entry in index(&corpus().join("mutants.jsonl")) {
        let query = entry["query"].as_str().expect("a query");
        let findings = parse(query).diagnostics;
        assert_eq!(findings.is_empty(), entry["ok"].as_bool().expect("a verdict"), "{}: {findings:?}", entry["id"]);
        for finding in &findings {
            assert!(query.get(finding.span.range()).is_some(), "{}: {finding:?}", entry["id"]);
            explained += u32::from(!finding.message.starts_with("unexpected"));
        }
        assert!(findings.is_sorted_by_key(|finding| finding.span.start), "{}", entry["id"]);
        queries += u32::from(!findings.is_empty());
        errors += u32::try_from(findings.len()).expect("few errors");
    }
    let mean = f64::from(errors) / f64::from(queries);
    println!("{queries} damaged queries, {errors} errors, {mean:.3} a query; {explained} say what was expected");
    assert!(mean < MOST, "{mean:.3} errors a damaged query");
    assert!(f64::from(explained) > 0.98 * f64::from(errors), "{explained} of {errors} say what was expected");
}

/// Real queries cut off at every character: each piece is a query or has an error that points into it.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn real_queries_cut_off_anywhere_get_an_answer() {
    let folder = corpus().join("dev");
    let entries = index(&folder.join("index.jsonl"));
    let query = |entry: &serde_json::Value| {
        if let Some(query) = entry["query"].as_str() {
            query.to_owned()
        } else {
            let file = SourceFile::read(&folder.join(entry["file"].as_str().expect("a file name")));
            file.expect("a readable file").text().to_owned()
        }
    };
    // Long ones take a time with the square of their length, and say the same.
    let queries: Vec<String> =
        entries.iter().step_by(7).map(query).filter(|query| query.len() < 1_200).take(50).collect();
    assert_eq!(queries.len(), 50);
    let pieces: usize = queries
        .par_iter()
        .map(|query| {
            let cuts = query.char_indices().map(|(end, _)| &query[..end]);
            let answered = cuts.inspect(|piece| {
                let parsed = parse(piece);
                assert!(parsed.query.is_some() || !parsed.diagnostics.is_empty(), "{piece}");
                for finding in &parsed.diagnostics {
                    assert!(piece.get(finding.span.range()).is_some(), "{piece}: {finding:?}");
                }
            });
            answered.count()
        })
        .sum();
    println!("{pieces} pieces of 50 queries");
}
