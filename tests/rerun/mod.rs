//! A file before and after its safe fixes: its queries run over events made for them, and have to give the same.

#![allow(clippy::unwrap_used, dead_code, reason = "a helper of tests, not each of which uses all of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use kqlc::bind::{Learned, bind, bind_learned};
use kqlc::cli::input::{Kind, Text};
use kqlc::cli::queries::{Content, Query};
use kqlc::eval::output::json_rows;
use kqlc::eval::sources::{OnError, Sources};
use kqlc::eval::{Engine, EvalError, Options};
use kqlc::ir::{Query as Plan, pass};
use kqlc::prove::synth::{Event, Invariants, Scenario, synthesise};
use kqlc::rule::Rule;
use kqlc::schema::{Column, Dialect, Schemas, Table};
use kqlc::source::SourceFile;
use kqlc::syntax::ast;
use kqlc::types::Type;
use serde_json::Value;

/// 2024-05-15 12:00, in ticks.
const NOW: i64 = 638_513_712_000_000_000;

/// What became of a query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its words are as they were.
    Untouched,
    /// There was no result that could have changed: it did not parse, or names what there is not.
    NoResult,
    /// It is not run, before and after; with the reason.
    NotRun(String),
    /// It gives the same columns and records; how many.
    Same(usize),
    /// It gives something else.
    Differs(String),
}

/// Events of tables and of watchlists, and what addresses give.
#[derive(Clone, Debug, Default, PartialEq)]
struct Events {
    tables: BTreeMap<String, Vec<Event>>,
    watchlists: BTreeMap<String, Vec<Event>>,
    /// What addresses give.
    externals: BTreeMap<String, Vec<Event>>,
}

/// Columns and records.
type Result = (Vec<(String, Type)>, Vec<Vec<Value>>);

impl Events {
    fn add(&mut self, scenario: &Scenario) {
        for (name, events) in &scenario.tables {
            self.tables.entry(name.to_string()).or_default().extend(events.iter().cloned());
        }
        for (name, events) in &scenario.watchlists {
            self.watchlists.entry(name.to_string()).or_default().extend(events.iter().cloned());
        }
        for (address, events) in &scenario.externals {
            self.externals.entry(address.to_string()).or_default().extend(events.iter().cloned());
        }
    }
}

/// What runs queries and sets their results side by side.
pub(crate) struct Judge {
    schemas: Schemas,
    engine: Engine,
}

impl Judge {
    pub(crate) fn new() -> Self {
        let engine = Engine::new(Options { partitions: 1, threads: Some(1), ..Options::at(NOW) }).unwrap();
        Self { schemas: Schemas::builtin(Dialect::Sentinel), engine }
    }

    /// What fixes have made of each query of a file. That a rule looks at the same time, as often, is part of its result.
    pub(crate) fn file(&self, name: &str, before: &[u8], after: &[u8]) -> Vec<Verdict> {
        let (before, after) = (content(name, before), content(name, after));
        if before.queries.len() != after.queries.len() {
            // A file of queries is cut otherwise once its syntax is mended.
            let sound = before.queries.iter().all(|query| query.parsed.is_ok());
            let (was, is) = (before.queries.len(), after.queries.len());
            return vec![if sound { Verdict::Differs(format!("{was} queries, then {is}")) } else { Verdict::NoResult }];
        }
        let mut verdicts: Vec<Verdict> =
            before.queries.iter().zip(&after.queries).map(|(before, after)| self.query(before, after)).collect();
        for (before, after) in before.rules.iter().zip(&after.rules) {
            for ((key, before), (_, after)) in schedule(before).into_iter().zip(schedule(after)) {
                if before.is_some() && before != after {
                    verdicts.push(Verdict::Differs(format!("{key}: {before:?}, then {after:?}")));
                }
            }
        }
        verdicts
    }

    fn query(&self, before: &Query, after: &Query) -> Verdict {
        if before.text == after.text {
            return Verdict::Untouched;
        }
        let sound = |query: &Query| query.parsed.is_ok();
        // What a folded comment has swallowed (`K0009`) is an error of the file: its fix brings back what was written, and claims
        // no more than that.
        let read = sound(before) && before.folded.is_none();
        let (Some(old), Some(new), true) = (&before.parsed.query, &after.parsed.query, read) else {
            return Verdict::NoResult;
        };
        if !sound(after) {
            return Verdict::Differs("it does not parse any more".to_owned());
        }
        let Some(plan) = self.plan(old) else { return Verdict::NoResult };
        let Some(new_plan) = self.plan(new) else { return Verdict::Differs("it has no meaning any more".to_owned()) };
        let mut all = events(&plan);
        // The same plan would have the same events made for it.
        if new_plan.to_string() != plan.to_string() {
            all.extend(events(&new_plan));
        }
        let (mut most, mut reason) = (None, None);
        for events in all {
            match (self.run(old, &events), self.run(new, &events)) {
                (Ok(old), Ok(new)) if old == new => most = most.max(Some(old.1.len())),
                (Err(old), Err(new)) if old == new => reason = Some(old),
                (old, new) => return Verdict::Differs(told(&old, &new)),
            }
        }
        match most {
            Some(records) => Verdict::Same(records),
            None => Verdict::NotRun(reason.unwrap_or_else(|| "no events are made for it".to_owned())),
        }
    }

    /// What a query means; nothing where it names what there is not, or asks for nothing.
    fn plan(&self, tree: &ast::Query) -> Option<Plan> {
        let bound = bind(tree, &self.schemas);
        let sound = !bound.has_errors();
        let mut plan = bound.query.filter(|_| sound)?;
        pass::simplify(&mut plan);
        Some(plan)
    }

    /// Runs a query over events; why not, where it is not run.
    fn run(&self, tree: &ast::Query, events: &Events) -> std::result::Result<Result, String> {
        let mut sources = Sources::new(OnError::Fail);
        let mut known = self.schemas.clone();
        for (name, events) in &events.tables {
            sources.add_inline(name, Path::new(name), lines(events));
            let declared = self.schemas.table(name);
            let columns: Vec<_> =
                declared.iter().flat_map(|table| &table.columns).map(|column| (&*column.name, column.ty)).collect();
            let columns = sources.columns(name, &columns).unwrap().unwrap();
            let columns = columns.into_iter().map(|(name, ty)| Column::new(name, ty)).collect();
            let open = declared.as_ref().is_none_or(|table| table.open);
            known.insert(Table { name: name.clone().into(), columns, open });
        }
        for (name, events) in &events.watchlists {
            sources.add_inline_watchlist(name, Path::new(name), lines(events));
        }
        for (address, events) in &events.externals {
            sources.add_inline_external(address, Path::new(address), lines(events));
        }
        known.present(events.tables.keys().map(|name| name.clone().into()));
        let mut learned = Learned::new();
        for _ in 0..20 {
            let bound = bind_learned(tree, &known, &learned);
            let Some(query) = bound.query.filter(|_| !bound.diagnostics.iter().any(|d| d.code.id == "K2001")) else {
                return Err("it names what there is not".to_owned());
            };
            match self.engine.run(&query, &sources) {
                Ok(answer) => {
                    let columns = answer.columns.iter().map(|(name, ty)| (name.to_string(), *ty)).collect();
                    return Ok((columns, json_rows(&answer).unwrap()));
                }
                Err(EvalError::Columns { span, columns }) => {
                    learned.insert(span, columns.into_iter().map(|(name, ty)| (name.into(), ty)).collect());
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("the columns of a plugin never settle".to_owned())
    }
}

/// How many scenarios are put together: joins of all with all grow with the square.
const TOGETHER: usize = 20;

/// Events made for a query: such as make it fire, and those of several scenarios together.
fn events(query: &Plan) -> Vec<Events> {
    let scenarios = synthesise(query, 0, NOW, &Invariants::microsoft()).scenarios;
    let (mut first, mut all) = (Events::default(), Events::default());
    for (at, scenario) in scenarios.iter().take(TOGETHER).enumerate() {
        if at == 0 {
            first.add(scenario);
        }
        all.add(scenario);
    }
    vec![first, all]
}

fn content(name: &str, bytes: &[u8]) -> Content {
    let kind = Kind::of_ending(Path::new(name)).unwrap();
    Content::of(&Text { file: SourceFile::from_bytes(name, bytes.to_vec()), kind, path: None })
}

/// When a rule runs, what time it looks at, and when it tells, as far as that can be read.
fn schedule(rule: &Rule) -> [(&'static str, Option<i64>); 4] {
    let ticks = |field: &Option<kqlc::rule::Field<kqlc::rule::Duration>>| field.as_ref().map(|field| field.value.ticks);
    [
        ("queryFrequency", ticks(&rule.query_frequency)),
        ("queryPeriod", ticks(&rule.query_period)),
        ("suppressionDuration", ticks(&rule.suppression_duration)),
        ("triggerThreshold", rule.trigger_threshold.as_ref().map(|field| field.value)),
    ]
}

fn lines(events: &[Event]) -> Vec<u8> {
    let lines = events.iter().map(|event| format!("{}\n", Value::Object(event.clone())));
    lines.collect::<String>().into_bytes()
}

/// How two results differ.
fn told(old: &std::result::Result<Result, String>, new: &std::result::Result<Result, String>) -> String {
    match (old, new) {
        (Ok((old, _)), Ok((new, _))) if old != new => format!("columns {old:?}, then {new:?}"),
        (Ok((_, old)), Ok((_, new))) => {
            let at = old.iter().zip(new).take_while(|(old, new)| old == new).count();
            let counts = format!("{} and {} records", old.len(), new.len());
            format!("{counts}, first apart at {at}: {:?}, then {:?}", old.get(at), new.get(at))
        }
        (old, new) => {
            let brief = |result: &std::result::Result<Result, String>| match result {
                Ok((_, records)) => format!("{} records", records.len()),
                Err(error) => error.clone(),
            };
            format!("{}, then {}", brief(old), brief(new))
        }
    }
}

/// `kqlc check` of a path with some options, on its own settings.
pub(crate) fn check(path: &Path, options: &[&str]) -> Vec<u8> {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
    let output = command.arg("check").arg(path).arg("--no-config").args(options).output().unwrap();
    assert_ne!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
