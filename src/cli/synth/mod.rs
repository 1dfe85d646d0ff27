//! `kqlc synth`: events made of a rule.

mod stored;

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use self::stored::{Kept, StoringOptions};
use super::Global;
use super::clock::{instant, now};
use super::convert::known_target;
use super::input::Paths;
use super::output::{Exit, Output, complain, hint};
use super::queries::{Content, Query};
use super::replace;
use super::schemas::SchemaOptions;
use crate::diagnostic::Severity;
use crate::diagnostic::render::{Format, Renderer, Report};
use crate::ir::pass;
use crate::literal::format_datetime;
use crate::prove::stored::Store;
use crate::prove::synth::{Event, Expectation, Invariants, Scenario, Synthesis, synthesise};
use crate::schema::Schemas;
use crate::target::{self, store::Empty};

/// Arguments of `kqlc synth`.
#[derive(Debug, clap::Args)]
pub struct Synth {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// Other values for another number; the same events for the same one
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Stop once there are so many events; the first set, which makes the rule fire, is always written
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// The time that the rule is run at, such as 2024-01-31T10:00:00Z; without it, that of the clock
    #[arg(long, value_name = "TIME", value_parser = instant)]
    now: Option<i64>,
    /// Write events as another system stores them, each with the index or log source that it belongs to
    #[arg(long, value_name = "TARGET", value_parser = known_target)]
    to: Option<&'static str>,
    #[command(flatten)]
    storing: StoringOptions,
    /// Write files into a folder: one a table or index, and what stands for watchlists and addresses in folders of their own
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write one object a set of events, with what it probes and what the rule is believed to do with it
    #[arg(long, conflicts_with = "out")]
    scenarios: bool,
}

impl Synth {
    /// Makes the events and writes them.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        self.prepared(global, out).unwrap_or_else(|error| {
            complain(error);
            Exit::Failed
        })
    }

    fn prepared(&self, global: Global, out: &mut Output<impl io::Write>) -> Result<Exit, String> {
        let Some(schemas) = self.schemas.load() else { return Ok(Exit::Failed) };
        let now = self.now.unwrap_or_else(now);
        let mut exit = Exit::Clean;
        let mut all: Vec<Set> = Vec::new();
        let found = self.paths.find();
        for error in found.errors {
            complain(error);
            exit = Exit::Failed;
        }
        for input in found.inputs {
            let text = match input.read() {
                Ok(text) => text,
                Err(error) => {
                    complain(error);
                    exit = Exit::Failed;
                    continue;
                }
            };
            let content = Content::with_meaning(&text, &schemas);
            if content.queries.is_empty() {
                complain(format_args!("{}: there is no query here", text.file.name()));
                exit = exit.max(Exit::Findings);
            }
            for (index, query) in content.queries.iter().enumerate() {
                let mut wrong: Vec<_> = query.syntax_errors().chain(query.folded.clone()).collect();
                wrong.extend(query.meaning_errors());
                wrong.retain(|diagnostic| diagnostic.severity == Severity::Error);
                let plan = query.bound.as_ref().and_then(|bound| bound.query.clone()).filter(|_| wrong.is_empty());
                let Some(mut plan) = plan else {
                    let report = Report { file: &text.file, query: Some(index), diagnostics: &wrong };
                    let rendered = Renderer::new(Format::Human, global.color.on_stderr()).render(&report).into_text();
                    // There is nowhere else to turn to if standard error is closed.
                    let _ = write!(io::stderr(), "{rendered}");
                    exit = exit.max(Exit::Findings);
                    continue;
                };
                pass::simplify(&mut plan);
                let made = synthesise(&plan, self.seed, now, &Invariants::microsoft());
                if !global.quiet {
                    tell(query, text.file.name(), &made);
                }
                let (mut left_out, read) = (0, stored::columns_read(&plan));
                for scenario in self.enough(made.scenarios) {
                    let kept = self.kept(&scenario, &schemas, &read).map_err(|error| error.to_string())?;
                    left_out += kept.as_ref().map_or(0, |(_, left_out)| *left_out);
                    let (path, kept) = (text.file.name().to_owned(), kept.map(|(kept, _)| kept));
                    all.push(Set { path, query: index, now, scenario, kept });
                }
                if left_out > 0 && !global.quiet {
                    hint(format_args!(
                        "{}: {left_out} events are left out: two of their columns are one field there, and differ",
                        text.file.name()
                    ));
                }
            }
        }
        match &self.out {
            Some(folder) => write_folder(folder, &all)?,
            None => {
                for line in all.iter().flat_map(|set| self.lines(set)) {
                    if writeln!(out, "{line}").is_err() {
                        // The output tells its own errors at the end.
                        break;
                    }
                }
            }
        }
        Ok(exit)
    }

    /// As many scenarios as were asked for.
    fn enough(&self, scenarios: Vec<Scenario>) -> Vec<Scenario> {
        let most = self.count.unwrap_or(usize::MAX);
        let mut count = 0;
        let mut kept = Vec::new();
        for scenario in scenarios {
            if !kept.is_empty() && count >= most {
                break;
            }
            count += scenario.events();
            kept.push(scenario);
        }
        kept
    }

    /// The events of a set as the system that was asked for stores them, and of how many it has none of the kind.
    fn kept(
        &self,
        scenario: &Scenario,
        schemas: &Schemas,
        read: &HashSet<String>,
    ) -> Result<Option<(Vec<Kept>, usize)>, target::DataError> {
        let Some(target) = self.to.and_then(target::find) else { return Ok(None) };
        let empty = if self.storing.keep_empty { Empty::Kept } else { Empty::Missing };
        let store = Store { target, fields: self.storing.fields, empty, schemas };
        stored::events(scenario, &store, read).map(Some)
    }

    fn lines(&self, set: &Set) -> Vec<String> {
        if self.scenarios {
            return vec![set.described().to_string()];
        }
        if let Some(kept) = &set.kept {
            return kept.iter().map(|event| event.object().to_string()).collect();
        }
        let mut lines = Vec::new();
        for (name, events) in &set.scenario.tables {
            for event in events {
                let mut event = event.clone();
                event.insert("Type".to_owned(), serde_json::Value::from(&**name));
                lines.push(serde_json::Value::Object(event).to_string());
            }
        }
        lines
    }
}

/// A set of events with what it was made for.
#[derive(Debug)]
struct Set {
    path: String,
    query: usize,
    now: i64,
    scenario: Scenario,
    /// Its events as another system stores them, where that was asked for.
    kept: Option<Vec<Kept>>,
}

impl Set {
    /// As an object.
    fn described(&self) -> serde_json::Value {
        let scenario = &self.scenario;
        let list = |places: &[(crate::ir::Name, Vec<Event>)]| -> serde_json::Value {
            let objects = |events: &[Event]| events.iter().cloned().map(serde_json::Value::Object).collect();
            serde_json::Value::Object(places.iter().map(|(name, all)| (name.to_string(), objects(all))).collect())
        };
        let expects = match scenario.expects {
            Expectation::Fires => "fires",
            Expectation::Silent => "silent",
            Expectation::Unknown => "unknown",
        };
        let (key, events) = match &self.kept {
            None => ("tables", list(&scenario.tables)),
            Some(kept) => ("events", kept.iter().map(Kept::object).collect()),
        };
        serde_json::json!({
            "path": self.path,
            "query": self.query,
            "name": scenario.name,
            "probe": scenario.probe.word(),
            "expects": expects,
            "atom": scenario.atom.map(|span| [span.start, span.end]),
            "now": format_datetime(self.now),
            key: events,
            "watchlists": list(&scenario.watchlists),
            "externals": list(&scenario.externals),
        })
    }

    /// Its events by table, or by the index that keeps them.
    fn places(&self) -> Vec<(&str, Vec<&Event>)> {
        match &self.kept {
            None => by_name(&self.scenario.tables),
            Some(kept) => kept.iter().map(|event| (event.index.as_str(), vec![&event.fields])).collect(),
        }
    }
}

fn by_name(list: &[(crate::ir::Name, Vec<Event>)]) -> Vec<(&str, Vec<&Event>)> {
    list.iter().map(|(name, events)| (&**name, events.iter().collect())).collect()
}

/// Tells what could not be done.
fn tell(query: &Query, file: &str, made: &Synthesis) {
    for span in &made.unsatisfiable {
        hint(format_args!("{file}: `{}` can never hold, so the rule can never fire", span.of(&query.text)));
    }
    for (span, what) in &made.unsolved {
        hint(format_args!("{file}: `{}`: {what}", span.of(&query.text)));
    }
}

/// What of a set goes into one folder.
type List = fn(&Set) -> Vec<(&str, Vec<&Event>)>;

/// Writes a file a table.
fn write_folder(folder: &Path, sets: &[Set]) -> Result<(), String> {
    let places: [(&str, List); 3] = [
        ("", Set::places),
        ("watchlists", |set| by_name(&set.scenario.watchlists)),
        ("externals", |set| by_name(&set.scenario.externals)),
    ];
    for (below, list) in places {
        let mut files: Vec<(String, String)> = Vec::new();
        for (name, events) in sets.iter().flat_map(list) {
            let name = file_name(name);
            let at = files.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                files.push((name, String::new()));
                files.len() - 1
            });
            for event in events {
                files[at].1.push_str(&serde_json::Value::Object(event.clone()).to_string());
                files[at].1.push('\n');
            }
        }
        if files.is_empty() {
            continue;
        }
        let folder = folder.join(below);
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for (name, text) in files {
            let path = folder.join(format!("{name}.ndjson"));
            replace::write(&path, text.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// A name as that of a file: addresses have characters that files cannot.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_names_of_files() {
        assert_eq!(file_name("https://x.example/a?b=c.csv"), "https___x.example_a_b_c.csv");
        assert_eq!(file_name("SecurityEvent"), "SecurityEvent");
    }
}
