//! Events made of published rules: for how many all of it is steered, and how many fire on them.

use std::collections::BTreeMap;

use kqlc::bind::bind;
use kqlc::ir::{Query, pass};
use kqlc::prove::synth::{Invariants, Scenario, Synthesis, base};
use kqlc::schema::{Dialect, Schemas};
use kqlc::source::SourceFile;
use kqlc::syntax::{ast, split_queries};

use crate::{corpus, index};

/// 2024-05-15 12:00, in ticks.
const NOW: i64 = 638_513_712_000_000_000;

/// One query in so many is looked at: making events takes a while in a build that is not optimised.
const EVERY: usize = 10;

/// Every so many queries of the corpus that can be bound, with its tree, its plan and its text.
fn queries(mut each: impl FnMut(&str, &ast::Query, Query, &str)) {
    let folder = corpus().join("dev");
    let schemas = Schemas::builtin(Dialect::Sentinel);
    for entry in index(&folder.join("index.jsonl")).into_iter().step_by(EVERY) {
        let name = entry["file"].as_str().expect("a file name");
        let text = match entry["query"].as_str() {
            Some(query) => query.to_owned(),
            None => SourceFile::read(&folder.join(name)).expect("a readable file").text().to_owned(),
        };
        for (_, parsed) in split_queries(&text) {
            let Some(tree) = parsed.query.as_ref().filter(|_| parsed.is_ok()) else { continue };
            let bound = bind(tree, &schemas);
            if let Some(mut query) = bound.query.clone().filter(|_| !bound.has_errors()) {
                pass::simplify(&mut query);
                each(name, tree, query, &text);
            }
        }
    }
}

fn made(query: &Query) -> (Synthesis, Option<Scenario>) {
    let mut made = base(query, 0, NOW, &Invariants::microsoft());
    let first = (!made.scenarios.is_empty()).then(|| made.scenarios.remove(0));
    (made, first)
}

/// For most rules everything is steered, and what is not is told.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn most_rules_are_steered_in_full() {
    let (mut all, mut whole, mut reasons) = (0, 0, BTreeMap::<String, usize>::new());
    queries(|_, _, query, _| {
        let (made, first) = made(&query);
        all += 1;
        if first.is_some() && made.unsolved.is_empty() {
            whole += 1;
        }
        for (_, what) in made.unsolved {
            *reasons.entry(what).or_default() += 1;
        }
    });
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    println!("{whole} of {all} queries are steered in full");
    for (reason, count) in reasons.iter().take(40) {
        println!("  {count} {reason}");
    }
    assert!(whole * 100 >= all * 75, "{whole} of {all}");
}

#[cfg(feature = "eval")]
mod run {
    use kqlc::eval::sources::{OnError, Sources};
    use kqlc::eval::{Engine, EvalError, Options};
    use kqlc::schema::{Column, Table};

    use super::*;

    fn lines(events: &[kqlc::prove::synth::Event]) -> Vec<u8> {
        let lines = events.iter().map(|event| format!("{}\n", serde_json::Value::Object(event.clone())));
        lines.collect::<String>().into_bytes()
    }

    /// How many records a query gives over the events of a scenario; none where it is not run.
    fn rows(tree: &ast::Query, schemas: &Schemas, scenario: &Scenario, engine: &Engine) -> Option<usize> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut sources = Sources::new(OnError::default());
        for (name, events) in &scenario.tables {
            sources.add_inline(name, &folder.path().join(format!("{name}.ndjson")), lines(events));
        }
        for (name, events) in &scenario.watchlists {
            sources.add_inline_watchlist(name, &folder.path().join("list.ndjson"), lines(events));
        }
        let mut known = schemas.clone();
        for (name, _) in &scenario.tables {
            let declared = schemas.table(name);
            let columns: Vec<_> =
                declared.iter().flat_map(|table| &table.columns).map(|column| (&*column.name, column.ty)).collect();
            if let Some(columns) = sources.columns(name, &columns).expect("columns") {
                let open = declared.as_ref().is_some_and(|table| table.open);
                let columns = columns.into_iter().map(|(name, ty)| Column::new(name, ty)).collect();
                known.insert(Table { name: name.to_string().into(), columns, open });
            }
        }
        known.present(scenario.tables.iter().map(|(name, _)| name.to_string().into()));
        let bound = bind(tree, &known);
        let query = bound.query.as_ref().filter(|_| !bound.has_errors())?;
        match engine.run(query, &sources) {
            Ok(answer) => Some(answer.len()),
            Err(EvalError::Unsupported { .. } | EvalError::Value { .. } | EvalError::Columns { .. }) => None,
            Err(EvalError::Missing { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Most rules that are run fire on the events made for them.
    #[test]
    #[ignore = "needs KQLC_CORPUS"]
    fn most_rules_fire_on_their_events() {
        let engine = Engine::new(Options { partitions: 1, threads: Some(1), ..Options::at(NOW) }).expect("an engine");
        let schemas = Schemas::builtin(Dialect::Sentinel);
        let (mut ran, mut fired) = (0, 0);
        queries(|name, tree, query, _| {
            let (_, Some(first)) = made(&query) else { return };
            let Some(rows) = rows(tree, &schemas, &first, &engine) else { return };
            ran += 1;
            if rows > 0 {
                fired += 1;
            } else {
                println!("silent: {name}");
            }
        });
        println!("{fired} of {ran} queries fire");
        assert!(fired * 100 >= ran * 75, "{fired} of {ran}");
    }
}
