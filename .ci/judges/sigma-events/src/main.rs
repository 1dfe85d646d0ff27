//! Sigma rules over events made of their own detection items, as `rsigma-eval` finds them and as kqlc's reader and replay
//! do: `judge-sigma-events RULES.jsonl`, each line with a rule in `text`.
//!
//! Exit 1 where the two disagree beyond the reasons that are named, or nothing was compared.

mod make;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use kqlc::read::{Language, Options, read};
use kqlc::replay::{Cell, Event, Place, World, run};
use kqlc::source::SourceFile;
use rsigma_eval::Engine;
use rsigma_eval::event::JsonEvent;
use serde_json::{Map, Value};

/// Why a rule may be judged otherwise: words that its text holds, and the reason.
const REASONS: &[(&str, &str)] = &[
    ("|re:", "the judge's regular expressions are those of a crate, and Sigma's are PCRE"),
    ("|base64", "events are made of the values as written, and not of what they encode"),
    ("|expand", "a placeholder has no value"),
];

/// Whether each event is found, in the judge's eyes.
fn judged(text: &str, events: &[Map<String, Value>]) -> Option<Vec<bool>> {
    let collection = rsigma_parser::parse_sigma_yaml(text).ok().filter(|read| read.errors.is_empty())?;
    let mut engine = Engine::new();
    engine.add_collection(&collection).ok()?;
    let found = events.iter().map(|event| {
        let event = Value::Object(event.clone());
        !engine.evaluate(&JsonEvent::borrow(&event)).is_empty()
    });
    Some(found.collect())
}

/// Whether each event is found, in ours.
fn ours(text: &str, events: &[Map<String, Value>]) -> Result<Vec<bool>, String> {
    let file = SourceFile::from_text("rule.yml", text);
    let mut out = vec![false; events.len()];
    for found in read(Language::Sigma, &file, &Options::default()) {
        let query = found.query.ok_or_else(|| "not read".to_owned())?;
        let asked = match &query.plan.source.kind {
            kqlc::ir::SourceKind::LogSource(source) => source.clone(),
            _ => return Err("a correlation".to_owned()),
        };
        let kept = (0..).zip(events).map(|(id, event)| Event {
            id,
            place: Place { index: Arc::from("events"), log_source: Some(asked.clone()) },
            fields: event.iter().map(|(name, value)| (Arc::from(name.as_str()), Cell::from(value))).collect(),
        });
        let world = World { events: kept.collect(), ..World::default() };
        let answer = run(&query, &world).map_err(|refusal| refusal.what)?;
        for row in answer.rows {
            for id in row.events {
                out[id as usize] = true;
            }
        }
    }
    Ok(out)
}

fn main() -> ExitCode {
    let path = std::env::args().nth(1).expect("the file of rules");
    let rules = std::fs::read_to_string(path).expect("the file is readable");
    let (mut compared, mut events_seen, mut found_some, mut bad) = (0, 0, 0, 0);
    let (mut apart, mut passed): (BTreeMap<String, u32>, BTreeMap<&str, u32>) = Default::default();
    for line in rules.lines() {
        let rule: Value = serde_json::from_str(line).expect("a JSON object a line");
        let text = rule["text"].as_str().expect("a text");
        let Ok(yaml) = serde_yaml::from_str(text) else { continue };
        let events = make::events(&yaml);
        let Some(theirs) = judged(text, &events) else {
            *apart.entry("the judge does not read it".to_owned()).or_default() += 1;
            continue;
        };
        let mine = match ours(text, &events) {
            Ok(mine) => mine,
            Err(why) => {
                *apart.entry(why).or_default() += 1;
                continue;
            }
        };
        compared += 1;
        events_seen += events.len();
        found_some += usize::from(mine.iter().any(|found| *found));
        let Some(at) = (0..events.len()).find(|at| mine[*at] != theirs[*at]) else { continue };
        if let Some((_, reason)) = REASONS.iter().find(|(word, _)| text.contains(word)) {
            *passed.entry(reason).or_default() += 1;
            continue;
        }
        bad += 1;
        println!("  {}: ours {}, the judge {}: {}", rule["path"], mine[at], theirs[at], Value::Object(events[at].clone()));
    }
    for (reason, count) in &apart {
        println!("{count} not compared: {reason}");
    }
    for (reason, count) in &passed {
        println!("{count} apart: {reason}");
    }
    println!("{compared} rules compared over {events_seen} events, {found_some} find some; disagreements: {bad}");
    if bad > 0 || compared == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
