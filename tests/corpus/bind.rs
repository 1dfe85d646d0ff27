//! Result columns are those that the official analyser derives, and errors are found where it finds them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kqlc::bind::{Bound, bind};
use kqlc::diagnostic::Severity;
use kqlc::schema::{Dialect, Schemas};
use kqlc::source::SourceFile;
use kqlc::syntax::split_queries;

use crate::{corpus, index};

/// Columns as names and types.
type Columns = Vec<(String, String)>;

/// The columns a query gives; nothing where it gives none.
fn columns(bound: &Bound) -> Columns {
    let schema = bound.query.as_ref().map(|query| query.plan.schema().clone()).unwrap_or_default();
    schema.iter().map(|c| (c.name.to_string(), c.ty.ty.name().to_owned())).collect()
}

/// Result schemas agree in 98 of 100 queries, no sound query gets an error, and nine of ten faulty ones do.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn schemas_are_those_of_the_official_analyser() {
    let folder = corpus().join("dev");
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let (mut sound, mut same, mut names, mut faulty, mut found) = (0, 0, 0, 0, 0);
    let mut time = [Duration::ZERO; 2];
    let mut slowest = Vec::new();
    let mut codes = BTreeMap::<String, usize>::new();
    let (mut wrong, mut false_errors, mut missed) = (Vec::new(), Vec::new(), Vec::new());
    for entry in index(&folder.join("index.jsonl")) {
        let Some(official) = entry["schema"].as_object() else { continue };
        let name = entry["file"].as_str().expect("a file name");
        let text = match entry["query"].as_str() {
            Some(query) => query.to_owned(),
            None => SourceFile::read(&folder.join(name)).expect("a readable file").text().to_owned(),
        };
        let errors = official["errors"].as_array().expect("a list of errors");
        let start = Instant::now();
        let parsed = split_queries(&text);
        time[0] += start.elapsed();
        let start = Instant::now();
        let bounds: Vec<Bound> =
            parsed.iter().filter_map(|(_, parsed)| parsed.query.as_ref()).map(|q| bind(q, &schemas)).collect();
        time[1] += start.elapsed();
        slowest.push((start.elapsed(), name.to_owned()));
        let wrongs: Vec<String> = bounds
            .iter()
            .flat_map(|bound| &bound.diagnostics)
            .filter(|d| d.severity == Severity::Error)
            .map(|d| format!("{} {:?} {} ({})", d.code.id, d.span, d.message, d.span.of(&text)))
            .collect();
        let parses = parsed.iter().all(|(_, parsed)| parsed.is_ok());
        let got = bounds.last().map(columns).unwrap_or_default();
        if let (Some(want), true) = (official["columns"].as_array(), errors.is_empty()) {
            sound += 1;
            let want: Columns = want
                .iter()
                .map(|c| (c[0].as_str().unwrap_or_default().to_owned(), c[1].as_str().unwrap_or_default().to_owned()))
                .collect();
            if !wrongs.is_empty() || !parses {
                false_errors.push(format!("{name}: {}", wrongs.first().cloned().unwrap_or_else(|| "syntax".into())));
                for error in wrongs {
                    *codes.entry(error[..5].to_owned()).or_default() += 1;
                }
            }
            if got == want {
                same += 1;
            } else {
                names += usize::from(got.iter().map(|c| &c.0).eq(want.iter().map(|c| &c.0)));
                let odd = got.iter().zip(&want).position(|(g, w)| g != w);
                let odd = if let Some(at) = odd {
                    format!("column {at}: {:?} for {:?}", got[at], want[at])
                } else {
                    let rest = want.get(got.len()).or_else(|| got.get(want.len()));
                    format!("{} columns for {}: {rest:?}", got.len(), want.len())
                };
                wrong.push(format!("{name}: {odd}"));
            }
        } else if !errors.iter().any(|e| matches!(e["code"].as_str(), Some("KS204" | "KS211"))) {
            faulty += 1;
            // Of a query without a result, `schema` tells that it has none.
            let asks = bounds.last().is_some_and(|bound| bound.query.is_some());
            if wrongs.is_empty() && parses && asks {
                missed.push(format!("{name}: {}", errors.first().map_or_else(String::new, ToString::to_string)));
            } else {
                found += 1;
            }
        }
    }
    for (title, list) in [("schema", &wrong), ("false error", &false_errors), ("missed", &missed)] {
        for line in list {
            println!("{title}: {line}");
        }
    }
    slowest.sort();
    for (time, name) in slowest.iter().rev().take(5) {
        println!("slow: {time:?} {name}");
    }
    println!("median: {:?}", slowest[slowest.len() / 2].0);
    println!("{codes:?}");
    println!("parsing {:?}, binding {:?}", time[0], time[1]);
    println!("{same} of {sound} schemas agree, {names} more in names; {} false errors", false_errors.len());
    println!("{found} of {faulty} faulty queries found");
    assert!(100 * same >= 98 * sound && false_errors.is_empty() && 10 * found >= 9 * faulty);
    // `docs/schema-differences.md` tells of these and of no other.
    let told = |line: &&String| ["DestinationPort", "DurationMs"].iter().any(|column| line.contains(column));
    assert_eq!((wrong.len(), wrong.iter().filter(told).count()), (3, 3), "{wrong:?}");
    let told =
        |line: &&String| ["'bag_unpack' expects 2 arguments", "A value of type bool"].iter().any(|m| line.contains(m));
    assert_eq!((missed.len(), missed.iter().filter(told).count()), (4, 4), "{missed:?}");
}

/// The rules that started the project bind; the third names columns that its table does not have.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn seed_rules_bind() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let folder = corpus().join("../seeds");
    for (file, unknown) in [
        ("000-mass-downloads.yaml", &[][..]),
        ("001-time-series-anomaly.yaml", &[]),
        ("002-exfiltration-to-cloud-storage.kql", &["BytesSent", "AccountName"]),
        ("003-judgement-panda.yaml", &[]),
        ("004-low-and-slow-exfiltration.yaml", &[]),
    ] {
        let source = SourceFile::read(&folder.join(file)).expect("a readable file");
        let document = kqlc::rule::read(&source);
        let rule = document.rules.first().and_then(|rule| rule.query.as_ref()).map(|query| query.text.clone());
        let text = rule.unwrap_or_else(|| source.text().to_owned());
        let parsed = kqlc::syntax::parse(&text);
        let bound = bind(&parsed.query.expect("a query that parses"), &schemas);
        let errors: Vec<&str> = bound
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .inspect(|d| println!("{file}: {} {} ({})", d.code.id, d.message, d.span.of(&text)))
            .map(|d| d.span.of(&text))
            .collect();
        let found: std::collections::BTreeSet<&str> = errors.into_iter().collect();
        assert_eq!(found, unknown.iter().copied().collect(), "{file}");
    }
}
