//! What losses say is true: for each kind an event, or a few, on which an approximate translation parts from the rule as
//! its loss says, and others on which it does not.

#![allow(clippy::unwrap_used, reason = "tests: what fails here fails the test")]

use std::path::Path;

use kqlc::bind::bind;
use kqlc::eval::sources::{OnError, Sources};
use kqlc::ir::{Query, pass};
use kqlc::literal::parse_datetime;
use kqlc::prove::Record;
use kqlc::prove::stored::{Store, event, list};
use kqlc::read::{Language, Macro, read};
use kqlc::replay::{self, World};
use kqlc::schema::{Column, Dialect, Schemas, Table};
use kqlc::source::SourceFile;
use kqlc::syntax::parse;
use kqlc::target::store::Empty;
use kqlc::target::{self, Fidelity, Fields, LossKind, Options, Prefer, RuleInfo};
use kqlc::types::Type;
use serde_json::{Value, json};

const NOW: &str = "2024-05-14T11:00:00Z";

/// What is other than the translation takes it to be.
#[derive(Clone, Copy)]
enum Site {
    /// Nothing.
    AsExpected,
    /// The field bears another name.
    Calls(&'static str, &'static str),
    /// The list does not hold what the watchlist does.
    OutdatedList,
}

/// A rule and its translation, over events on which they part, and over others.
struct Example {
    kind: LossKind,
    target: &'static str,
    prefer: Prefer,
    query: &'static str,
    site: Site,
    /// The events of each table, whose times go without saying.
    parts: Vec<(&'static str, Vec<Value>)>,
    /// How many records the rule finds in them, and how many the translation.
    found: (usize, usize),
    /// Events of which both find the same, and something.
    agrees: Vec<(&'static str, Vec<Value>)>,
}

fn examples() -> Vec<Example> {
    use LossKind as Kind;
    let at = |time: &str, account: &str| json!({"TimeGenerated": time, "EventID": 4625, "Account": account});
    let logons = |events: &[Value]| vec![("SecurityEvent", events.to_vec())];
    let command = |line: &str| logons(&[json!({"CommandLine": line})]);
    let account = |name: &str| logons(&[json!({"Account": name})]);
    let accounts = |names: &[&str]| logons(&names.iter().map(|name| json!({"Account": name})).collect::<Vec<_>>());
    let example = |kind, target, query| Example {
        kind,
        target,
        prefer: Prefer::Exact,
        query,
        site: Site::AsExpected,
        parts: Vec::new(),
        found: (0, 0),
        agrees: Vec::new(),
    };
    vec![
        Example {
            prefer: Prefer::Idiomatic,
            parts: account("ADMIN"),
            found: (0, 1),
            agrees: account("Admin"),
            ..example(Kind::Case, "sigma", "SecurityEvent | where Account == 'Admin'")
        },
        Example {
            prefer: Prefer::Idiomatic,
            parts: command("xcopy /s"),
            found: (0, 1),
            agrees: command("copy /s"),
            ..example(Kind::Term, "sigma", "SecurityEvent | where CommandLine has 'copy'")
        },
        Example {
            prefer: Prefer::Idiomatic,
            parts: command("copy\n"),
            found: (0, 1),
            agrees: command("copy"),
            ..example(Kind::RegexDialect, "splunk", "SecurityEvent | where CommandLine matches regex 'copy$'")
        },
        Example {
            parts: logons(&[at("2024-05-14T09:50:00Z", "a"), at("2024-05-14T10:05:00Z", "a")]),
            found: (0, 1),
            agrees: logons(&[at("2024-05-14T09:10:00Z", "a"), at("2024-05-14T09:20:00Z", "a")]),
            ..example(
                Kind::WindowKind,
                "sigma",
                "SecurityEvent | where EventID == 4625 | summarize n = count() by Account, bin(TimeGenerated, 1h) | where n >= 2",
            )
        },
        Example {
            parts: logons(&(0..5000).map(|n| at("2024-05-14T10:05:00Z", &format!("account {n}"))).collect::<Vec<_>>()),
            found: (0, 1),
            agrees: logons(&(0..3).map(|n| at("2024-05-14T10:05:00Z", &format!("account {n}"))).collect::<Vec<_>>()),
            ..example(
                Kind::Sketch,
                "esql",
                "SecurityEvent | where TimeGenerated > ago(1h) | summarize n = dcount(Account) | where n in (3, 5000)",
            )
        },
        Example {
            parts: logons(&[at("2024-05-14T10:05:00Z", ""), at("2024-05-14T10:06:00Z", "")]),
            found: (1, 0),
            agrees: logons(&[at("2024-05-14T10:05:00Z", "a"), at("2024-05-14T10:06:00Z", "a")]),
            ..example(
                Kind::Null,
                "sigma",
                "SecurityEvent | where TimeGenerated > ago(1h) | summarize n = count() by Account | where n >= 2",
            )
        },
        Example {
            parts: logons(&[
                json!({"Account": "a", "EventID": 4625}),
                json!({"Account": "a", "EventID": 4625}),
                json!({"Account": "a", "EventID": 4624}),
            ]),
            found: (2, 1),
            agrees: logons(&[json!({"Account": "a", "EventID": 4625}), json!({"Account": "a", "EventID": 4624})]),
            ..example(
                Kind::RowCap,
                "eql",
                "SecurityEvent | where EventID == 4625 | join kind=inner (SecurityEvent | where EventID == 4624) on Account",
            )
        },
        Example {
            parts: accounts(&["a", "b", "b"]),
            found: (1, 2),
            agrees: accounts(&["a"]),
            ..example(
                Kind::Order,
                "esql",
                "let first = toscalar(SecurityEvent | project Account); SecurityEvent | where Account == first",
            )
        },
        Example {
            site: Site::Calls("Caller", "identity.name"),
            parts: vec![("AzureActivity", vec![json!({"Caller": "eve"})])],
            found: (1, 0),
            ..example(Kind::UnmappedField, "sigma", "AzureActivity | where Caller == 'eve'")
        },
        Example {
            site: Site::Calls("BytesSent", "bytes_out"),
            parts: vec![("DeviceNetworkEvents", vec![json!({"BytesSent": 9})])],
            found: (1, 0),
            ..example(Kind::UnresolvedName, "splunk", "DeviceNetworkEvents | where BytesSent > 5")
        },
        Example {
            site: Site::OutdatedList,
            parts: account("eve"),
            found: (1, 0),
            ..example(
                Kind::Lookup,
                "splunk",
                "SecurityEvent | where Account in ((_GetWatchlist('vip') | project SearchKey))",
            )
        },
    ]
}

/// The list that rules look into.
fn vip(account: &str) -> Vec<Record> {
    vec![json!({"SearchKey": account}).as_object().unwrap().clone()]
}

fn records(tables: &[(&'static str, Vec<Value>)]) -> Vec<(&'static str, Vec<Record>)> {
    let timed = |event: &Value| {
        let mut record = json!({"TimeGenerated": "2024-05-14T10:30:00Z"}).as_object().unwrap().clone();
        record.extend(event.as_object().unwrap().clone());
        record
    };
    tables.iter().map(|(table, events)| (*table, events.iter().map(timed).collect())).collect()
}

/// A name that nothing knows stands in the way of no translation.
fn bound(query: &str, schemas: &Schemas) -> Query {
    let bound = bind(parse(query).query.as_ref().unwrap(), schemas);
    let mut query = bound.query.unwrap_or_else(|| panic!("{query}: {:?}", bound.diagnostics));
    pass::simplify(&mut query);
    query
}

/// How many records the rule finds.
fn by_the_rule(query: &str, tables: &[(&'static str, Vec<Record>)]) -> usize {
    let lines = |records: &[Record]| {
        let lines: Vec<String> = records.iter().map(|record| format!("{}\n", Value::Object(record.clone()))).collect();
        lines.concat().into_bytes()
    };
    let mut sources = Sources::new(OnError::Fail);
    let mut schemas = Schemas::builtin(Dialect::Sentinel);
    for (table, records) in tables {
        sources.add_inline(table, Path::new("events.ndjson"), lines(records));
        // What the tables do not say is there because the events have it.
        let mut known = schemas.table(table).map_or_else(
            || Table { name: (*table).into(), columns: Vec::new(), open: false },
            |table| Table::clone(&table),
        );
        for (name, value) in records.iter().flatten() {
            if known.column(name).is_none() {
                let ty = if value.is_number() { Type::Long } else { Type::String };
                known.columns.push(Column::new(name.clone(), ty));
            }
        }
        schemas.insert(known);
    }
    sources.add_inline_watchlist("vip", Path::new("vip.ndjson"), lines(&vip("eve")));
    let engine = engine_at(parse_datetime(NOW).unwrap());
    engine.run(&bound(query, &schemas), &sources).unwrap().len()
}

fn engine_at(now: i64) -> kqlc::eval::Engine {
    let options = kqlc::eval::Options { partitions: 1, threads: Some(1), ..kqlc::eval::Options::at(now) };
    kqlc::eval::Engine::new(options).unwrap()
}

/// How many records the translation finds, which has to state the loss.
fn by_the_translation(example: &Example, tables: &[(&'static str, Vec<Record>)], site: Site) -> Result<usize, String> {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let target = target::find(example.target).unwrap();
    let options = Options { prefer: example.prefer, ..Options::default() };
    let conversion = target.convert(&bound(example.query, &schemas), &RuleInfo::default(), &options).unwrap();
    let stated =
        conversion.losses.iter().any(|loss| loss.kind == example.kind && loss.fidelity == Fidelity::Approximate);
    let Some(text) = conversion.output.filter(|_| stated) else {
        return Err(format!("not stated: {:?}", conversion.losses));
    };

    let store = Store { target, fields: Fields::Siem, empty: Empty::Missing, schemas: &schemas };
    let mut world = World { now: parse_datetime(NOW).unwrap(), ..World::default() };
    for (table, records) in tables {
        for record in records {
            let (kept, conflicts) = store.keep(table, record, |_| true).unwrap();
            assert!(conflicts.is_empty(), "{record:?}: {conflicts:?}");
            let id = world.events.last().map_or(0, |event| event.id + 1);
            for mut stored in kept {
                if let Site::Calls(from, to) = site {
                    let field = stored.fields.iter_mut().find(|(name, _)| name == from);
                    to.clone_into(&mut field.unwrap_or_else(|| panic!("no {from} in {record:?}")).0);
                }
                world.events.push(event(id, stored));
            }
        }
    }
    let outdated = matches!(site, Site::OutdatedList);
    let (lookup, listed) = list("vip", &vip(if outdated { "bob" } else { "eve" }));
    world.lookups.push(lookup);
    world.events.extend(listed);
    let macros = target::splunk::macros().unwrap();
    let macros =
        macros.into_iter().map(|(name, definition)| Macro { name, arguments: Vec::new(), definition }).collect();
    let language = Language::ALL.iter().find(|language| language.name() == example.target).unwrap();
    let file = SourceFile::from_text("translation", text);
    let mut found = 0;
    for read in read(*language, &file, &kqlc::read::Options { macros }) {
        let query = read.query.ok_or_else(|| format!("{:?}", read.diagnostics))?;
        found += replay::run(&query, &world).map_err(|refusal| refusal.what)?.rows.len();
    }
    Ok(found)
}

#[test]
fn translations_part_from_rules_where_their_losses_say() {
    let examples = examples();
    let mut wrong = Vec::new();
    for example in &examples {
        let Example { kind, target, query, .. } = example;
        let tables = records(&example.parts);
        let found = (by_the_rule(query, &tables), by_the_translation(example, &tables, example.site));
        let (rule, translation) = example.found;
        if found != (rule, Ok(translation)) || rule == translation {
            wrong.push(format!("{kind} in {target}: {found:?} and not {:?}", example.found));
        }
        // A site that is as expected, or events that are not those the loss is about.
        let other = if example.agrees.is_empty() { tables } else { records(&example.agrees) };
        let found = (by_the_rule(query, &other), by_the_translation(example, &other, Site::AsExpected));
        if Ok(found.0) != found.1 || found.0 == 0 {
            wrong.push(format!("{kind} in {target}: they should agree: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missing: Vec<LossKind> = LossKind::ALL
        .into_iter()
        .filter(|kind| !kind.refuses() && !examples.iter().any(|example| example.kind == *kind))
        .collect();
    assert!(missing.is_empty(), "no event for {missing:?}");
}
