//! Published searches and rules, run over events that are made of what they look for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kqlc::ir::{ExprKind, LogSource, Query, SourceKind, Value};
use kqlc::read::{Language, Macros, Options, read};
use kqlc::replay::{Cell, Event, Place, World, run};
use kqlc::source::SourceFile;

/// How many events each is run over, and how long that may take at most on average in this build.
const EVENTS: u32 = 500;
const MOST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 200 } else { 10 });

/// Events whose fields are those of the query, with the values it compares with.
fn events(query: &Query) -> Vec<Event> {
    let mut values: Vec<Cell> = vec![
        Cell::Null,
        Cell::from("x"),
        Cell::from(1),
        Cell::from(""),
        Cell::from(-2.5),
        Cell::from(i64::MIN),
        Cell::from(f64::MAX),
        Cell::from(true),
        Cell::Time(i64::MAX),
        Cell::Span(i64::MIN),
        Cell::List(vec![Cell::from("x"), Cell::from(7)]),
        Cell::List(Vec::new()),
        Cell::Bag(vec![("k".into(), Cell::from("x"))]),
        Cell::from(r#"{"a":[{"b":1},{"b":"é"}],"c":null}"#),
    ];
    let mut log_source = LogSource::default();
    if let SourceKind::LogSource(asked) = &query.plan.source.kind {
        log_source = asked.clone();
    }
    query.plan.walk(&mut |expr| {
        if let ExprKind::Literal(value @ (Value::String(_) | Value::Long(_))) = &expr.kind {
            values.push(Cell::from(value));
        }
    });
    let names: Vec<Arc<str>> = query.columns.iter().map(|(_, info)| info.name.clone()).take(60).collect();
    let mut seed = 7_u64;
    let mut next = move |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most.max(1)
    };
    let event = |id: u32| {
        let mut fields: Vec<(Arc<str>, Cell)> = Vec::new();
        for name in &names {
            let cell = match &**name {
                "_time" => Cell::from(1_706_690_000 + i64::from(id)),
                "@timestamp" => Cell::Time(638_422_000_000_000_000 + i64::from(id) * 10_000_000),
                _ => values[next(values.len())].clone(),
            };
            if !cell.is_null() && fields.iter().all(|(known, _)| known != name) {
                fields.push((name.clone(), cell));
            }
        }
        Event { id, place: Place { index: "main".into(), log_source: Some(log_source.clone()) }, fields }
    };
    (0..EVENTS).map(event).collect()
}

fn all_run(language: Language, index: &str, options: &Options) {
    let folder = super::corpus().join("targets");
    let (mut good, mut found, mut refused_count) = (0_u32, 0_u32, 0_u32);
    let mut refused: BTreeMap<String, u32> = BTreeMap::new();
    let mut times: Vec<(Duration, String)> = Vec::new();
    for entry in super::index(&folder.join(index)) {
        let text = entry["text"].as_str().expect("a text");
        let path = entry["path"].as_str().expect("a path");
        let file = SourceFile::from_text(path, text);
        for query in read(language, &file, options).into_iter().filter_map(|detection| detection.query) {
            let world = World { now: 638_422_970_000_000_000, events: events(&query), lookups: Vec::new() };
            let start = Instant::now();
            match run(&query, &world) {
                Ok(answer) => {
                    good += 1;
                    found += u32::from(!answer.rows.is_empty());
                }
                Err(refusal) => {
                    assert!(text.get(refusal.span.range()).is_some(), "{path}: {refusal:?} lies outside");
                    refused_count += 1;
                    *refused.entry(refusal.what).or_default() += 1;
                }
            }
            times.push((start.elapsed(), path.to_owned()));
        }
    }
    for (what, count) in &refused {
        println!("{count:5} {what}");
    }
    times.sort();
    let sum: Duration = times.iter().map(|(time, _)| *time).sum();
    let mean = sum / u32::try_from(times.len()).expect("not so many");
    println!(
        "{good} run ({found} find something), {refused_count} refused; mean {mean:?}, slowest {:?}",
        &times[times.len() - 3..]
    );
    assert!(good > 0 && mean < MOST, "a mean of {mean:?}");
}

#[test]
#[ignore = "needs the corpus"]
fn published_searches_run_or_are_refused_by_name() {
    let macros = Macros::read(&super::corpus().join("targets/spl-macros.json")).expect("the macros are readable");
    all_run(Language::Splunk, "spl.jsonl", &Options { macros });
}

#[test]
#[ignore = "needs the corpus"]
fn published_rules_run_or_are_refused_by_name() {
    all_run(Language::Sigma, "sigma.jsonl", &Options::default());
}
