//! What rules find: for each line of standard input, `{"text", "sets"}`, a line `{"found"}` or `{"refused"}`.
//!
//! A set is a list of stored events, `{"logsource", "event"}`, each of which is looked at by rules of its log source alone.
//! `found` has a list a set: `{"event"}`, the position of an event that a rule finds, or of one at which a correlation
//! fires, then with the values of its group. Rules that correlations refer to find nothing by themselves.

use std::collections::HashSet;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use rsigma_eval::event::JsonEvent;
use rsigma_eval::{CorrelationConfig, CorrelationEngine, TimestampFallback};
use rsigma_parser::{LogSource, SigmaCollection};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Question {
    text: String,
    sets: Vec<Vec<Stored>>,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    logsource: Kind,
    event: Value,
}

#[derive(Default, Deserialize)]
struct Kind {
    category: Option<String>,
    product: Option<String>,
    service: Option<String>,
}

#[derive(Serialize)]
struct Found {
    event: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Vec<(String, String)>>,
}

/// The rules that are there for correlations alone, by what results call them.
fn silent(rules: &SigmaCollection) -> HashSet<String> {
    let referred: HashSet<&str> =
        rules.correlations.iter().flat_map(|correlation| &correlation.rules).map(String::as_str).collect();
    let named = |name: &Option<String>| name.as_deref().is_some_and(|name| referred.contains(name));
    rules.rules.iter().filter(|rule| named(&rule.id) || named(&rule.name)).map(|rule| rule.title.clone()).collect()
}

fn find(rules: &SigmaCollection, set: &[Stored]) -> Result<Vec<Found>, String> {
    let config = CorrelationConfig { timestamp_fallback: TimestampFallback::Skip, ..CorrelationConfig::default() };
    let mut engine = CorrelationEngine::new(config);
    engine.add_collection(rules).map_err(|error| error.to_string())?;
    let silent = silent(rules);
    let mut found: Vec<Found> = Vec::new();
    for (position, stored) in set.iter().enumerate() {
        let event = JsonEvent::borrow(&stored.event);
        let kind = LogSource {
            category: stored.logsource.category.clone(),
            product: stored.logsource.product.clone(),
            service: stored.logsource.service.clone(),
            ..LogSource::default()
        };
        let detections = engine.engine().evaluate_with_logsource(&event, &kind);
        for result in engine.correlate_detections(&event, detections) {
            let group = match result.as_correlation() {
                Some(correlation) => Some(correlation.group_key.clone()),
                None if silent.contains(&result.header.rule_title) => continue,
                None => None,
            };
            if !found.iter().any(|known| known.event == position && known.group == group) {
                found.push(Found { event: position, group });
            }
        }
    }
    Ok(found)
}

fn of(question: &Question) -> Result<Vec<Vec<Found>>, String> {
    let rules = rsigma_parser::parse_sigma_yaml(&question.text).map_err(|error| error.to_string())?;
    if !rules.errors.is_empty() {
        return Err(rules.errors.join("; "));
    }
    question.sets.iter().map(|set| find(&rules, set)).collect()
}

pub(crate) fn answer() -> ExitCode {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is readable");
        let question: Question = serde_json::from_str(&line).expect("a question a line");
        let answer = match of(&question) {
            Ok(found) => serde_json::json!({ "found": found }),
            Err(why) => serde_json::json!({ "refused": why }),
        };
        writeln!(out, "{answer}").expect("standard output is open");
    }
    ExitCode::SUCCESS
}
