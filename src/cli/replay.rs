//! `kqlc replay`: searches of other languages, run over events as that system stores them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Global;
use super::clock::{instant, now};
use super::files::{Flow, over_inputs};
use super::input::{Paths, Text};
use super::language::{From, Reading};
use super::output::{Exit, Output, complain};
use crate::diagnostic::render::{Format, Renderer, Report};
use crate::ir::{Json, LogSource};
use crate::literal::parse_datetime;
use crate::prove::stored::{Record, cell, identify, list};
use crate::read::{self, Language, Macro, ReadBack};
use crate::replay::{self, Cell, Event, Place, Row, World};
use crate::target::{splunk, store};

/// Arguments of `kqlc replay`.
#[derive(Debug, clap::Args)]
pub struct Replay {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    reading: Reading,
    /// The events as that system stores them, one object a line: the fields in `event`, and where it is kept in `index` or
    /// `logsource`; or sets of such, as `kqlc synth --to TARGET --scenarios` writes them
    #[arg(long, value_name = "FILE")]
    events: PathBuf,
    /// The time that searches are run at, where a set says none; without it, that of the clock
    #[arg(long, value_name = "TIME", value_parser = instant)]
    now: Option<i64>,
}

/// A set of events.
struct Set {
    /// What it is called, if anything.
    name: Option<String>,
    world: World,
}

impl Replay {
    /// Runs the searches, and writes what they find: one object a line, a search and set.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let From::Other(language) = self.reading.from else {
            complain("say with `--from` whose searches these are; what is in KQL, `kqlc run` runs");
            return Exit::Failed;
        };
        let Some(mut options) = self.reading.options() else { return Exit::Failed };
        let sets = match sets(&self.events, language, self.now.unwrap_or_else(now)) {
            Ok(sets) => sets,
            Err(error) => {
                complain(error);
                return Exit::Failed;
            }
        };
        if language == Language::Splunk && options.macros.iter().next().is_none() {
            // Those that `kqlc convert` writes are defined by the site, and stored events say which finds them.
            match splunk::macros() {
                Ok(macros) => {
                    let one = |(name, definition)| Macro { name, arguments: Vec::new(), definition };
                    options.macros = macros.into_iter().map(one).collect();
                }
                Err(error) => {
                    complain(error);
                    return Exit::Failed;
                }
            }
        }
        let mut findings = false;
        let inputs = self.reading.from.find(&self.paths);
        let exit = over_inputs(
            inputs,
            global,
            |text| one_file(text, &read::read(language, &text.file, &options), &sets, global),
            |(lines, told, clean)| {
                findings |= !clean;
                // There is nowhere else to turn to if standard error is closed.
                let _ = write!(io::stderr(), "{told}");
                Flow::from(out.write_all(lines.as_bytes()))
            },
        );
        exit.max(if findings { Exit::Findings } else { Exit::Clean })
    }
}

/// What the searches of a file find, what is wrong with them, and whether nothing is.
fn one_file(text: &Text, searches: &[ReadBack], sets: &[Set], global: Global) -> (String, String, bool) {
    let (mut lines, mut told, mut clean) = (String::new(), String::new(), true);
    let path = text.file.name();
    for (index, search) in searches.iter().enumerate() {
        let Some(query) = &search.query else {
            let report = Report { file: &text.file, query: Some(index), diagnostics: &search.diagnostics };
            told += &Renderer::new(Format::Human, global.color.on_stderr()).render(&report).into_text();
            clean = false;
            continue;
        };
        for set in sets {
            let line = match replay::run(query, &set.world) {
                Ok(answer) => {
                    let rows: Vec<Value> = answer.rows.iter().map(found).collect();
                    json!({"path": path, "query": index, "set": set.name, "rows": rows})
                }
                Err(refusal) => {
                    clean = false;
                    json!({"path": path, "query": index, "set": set.name, "refused": refusal.what})
                }
            };
            lines += &line.to_string();
            lines.push('\n');
        }
    }
    (lines, told, clean)
}

/// A record with the events it was made of, by their positions in the set.
fn found(row: &Row) -> Value {
    let mut record = Map::new();
    for (name, value) in row.fields.iter().filter(|(_, value)| !value.is_null()) {
        let mut text = String::new();
        value.write_json(&mut text);
        record.insert(name.to_string(), serde_json::from_str(&text).unwrap_or(Value::String(text)));
    }
    let events: Vec<u32> = row.events.iter().copied().filter(|id| *id != crate::prove::stored::LISTED).collect();
    json!({"events": events, "record": record})
}

/// The sets of a file; events that belong to none are one together.
fn sets(path: &Path, language: Language, now: i64) -> Result<Vec<Set>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut sets = Vec::new();
    let mut loose = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: &str| format!("{}:{}: {what}", path.display(), at + 1);
        let line: Map<String, Value> = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        let Some(given) = line.get("events") else {
            loose.push(event(loose.len(), &line, language).map_err(|what| wrong(&what))?);
            continue;
        };
        let given: Vec<Record> = serde_json::from_value(given.clone()).map_err(|error| wrong(&error.to_string()))?;
        let events = given.iter().enumerate().map(|(id, given)| event(id, given, language));
        let mut events: Vec<Event> = events.collect::<Result<_, _>>().map_err(|what| wrong(&what))?;
        let mut lookups = Vec::new();
        for (alias, items) in line.get("watchlists").and_then(Value::as_object).into_iter().flatten() {
            let items: Vec<Record> =
                serde_json::from_value(items.clone()).map_err(|error| wrong(&error.to_string()))?;
            let (lookup, listed) = list(alias, &items);
            lookups.push(lookup);
            events.extend(listed);
        }
        let now = match line.get("now").and_then(Value::as_str) {
            Some(text) => parse_datetime(text).ok_or_else(|| wrong("`now` is no time"))?,
            None => now,
        };
        let name = line.get("name").and_then(Value::as_str).map(str::to_owned);
        sets.push(Set { name, world: World { now, events, lookups } });
    }
    if !loose.is_empty() {
        sets.push(Set { name: None, world: World { now, events: loose, lookups: Vec::new() } });
    }
    Ok(sets)
}

/// A stored event of an object.
fn event(id: usize, given: &Record, language: Language) -> Result<Event, String> {
    let Some(fields) = given.get("event").and_then(Value::as_object) else {
        return Err("an event has its fields in `event`, and is kept in an `index` or a `logsource`".to_owned());
    };
    let part = |of: &Map<String, Value>, name: &str| of.get(name).and_then(Value::as_str).map(Arc::<str>::from);
    let index = part(given, "index").unwrap_or_default();
    let log_source = given.get("logsource").and_then(Value::as_object).map(|source| LogSource {
        category: part(source, "category"),
        product: part(source, "product"),
        service: part(source, "service"),
    });
    // Splunk names the fields inside of an array so.
    let array = if language == Language::Splunk { "{}" } else { "" };
    let mut flat: Vec<(String, Json)> = Vec::new();
    for (name, value) in fields {
        let value = store::of_json(value);
        match &value {
            Json::Array(items) if items.iter().all(|item| !matches!(item, Json::Array(_) | Json::Bag(_))) => {
                flat.push((name.clone(), value));
            }
            _ => store::parts(name, &value, false, array, &mut flat),
        }
    }
    let fields = flat.iter().map(|(name, value)| (Arc::from(name.as_str()), timed(name, cell(value)))).collect();
    let mut event = Event { id: u32::try_from(id).unwrap_or(u32::MAX), place: Place { index, log_source }, fields };
    identify(&mut event, 0, language.name());
    Ok(event)
}

/// A value; of the field that holds an event's time in Elastic and for Sigma, the instant that its text says.
fn timed(name: &str, value: Cell) -> Cell {
    match value {
        Cell::Text(text) if name == "@timestamp" => parse_datetime(&text).map_or(Cell::Text(text), Cell::Time),
        other => other,
    }
}
