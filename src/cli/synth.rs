//! `kqlc synth`: events made of a rule.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Global;
use super::clock::{instant, now};
use super::input::Paths;
use super::output::{Exit, Output, complain, hint};
use super::queries::{Content, Query};
use super::replace;
use super::schemas::SchemaOptions;
use crate::diagnostic::Severity;
use crate::diagnostic::render::{Format, Renderer, Report};
use crate::ir::pass;
use crate::prove::synth::{Event, Expectation, Invariants, Scenario, Synthesis, synthesise};

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
    /// Write files into a folder: one a table, and what stands for watchlists and addresses in folders of their own
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
        let mut all: Vec<(usize, Scenario)> = Vec::new();
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
                all.extend(self.enough(made.scenarios).into_iter().map(|scenario| (index, scenario)));
            }
        }
        match &self.out {
            Some(folder) => write_folder(folder, &all)?,
            None => {
                for line in all.iter().flat_map(|(query, scenario)| self.lines(*query, scenario)) {
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

    fn lines(&self, query: usize, scenario: &Scenario) -> Vec<String> {
        if self.scenarios {
            return vec![described(query, scenario).to_string()];
        }
        let mut lines = Vec::new();
        for (name, events) in &scenario.tables {
            for event in events {
                let mut event = event.clone();
                event.insert("Type".to_owned(), serde_json::Value::from(&**name));
                lines.push(serde_json::Value::Object(event).to_string());
            }
        }
        lines
    }
}

/// A scenario as an object.
fn described(query: usize, scenario: &Scenario) -> serde_json::Value {
    let list = |places: &[(crate::ir::Name, Vec<Event>)]| -> serde_json::Map<String, serde_json::Value> {
        places
            .iter()
            .map(|(name, events)| (name.to_string(), events.iter().cloned().map(serde_json::Value::Object).collect()))
            .collect()
    };
    let expects = match scenario.expects {
        Expectation::Fires => "fires",
        Expectation::Silent => "silent",
        Expectation::Unknown => "unknown",
    };
    serde_json::json!({
        "query": query,
        "name": scenario.name,
        "probe": scenario.probe.word(),
        "expects": expects,
        "atom": scenario.atom.map(|span| [span.start, span.end]),
        "tables": list(&scenario.tables),
        "watchlists": list(&scenario.watchlists),
        "externals": list(&scenario.externals),
    })
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

/// The lists of a scenario that go into one folder.
type List = fn(&Scenario) -> &[(crate::ir::Name, Vec<Event>)];

/// Writes a file a table.
fn write_folder(folder: &Path, scenarios: &[(usize, Scenario)]) -> Result<(), String> {
    let places: [(&str, List); 3] = [
        ("", |scenario| &scenario.tables),
        ("watchlists", |scenario| &scenario.watchlists),
        ("externals", |scenario| &scenario.externals),
    ];
    for (below, list) in places {
        let mut files: Vec<(String, String)> = Vec::new();
        for (name, events) in scenarios.iter().flat_map(|(_, scenario)| list(scenario)) {
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
