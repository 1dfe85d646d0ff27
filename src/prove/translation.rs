//! The right side: the text that was emitted, read back by its own language's rules and run over the events as that
//! system stores them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::scenario::{Scenario, window};
use super::stored::{self, LISTED, Record, Store};
use crate::ir::Query;
use crate::read::{self, Language, Macro};
use crate::replay::{self, Cell, World};
use crate::schema::Schemas;
use crate::source::SourceFile;
use crate::target::store::{Empty, Stored};
use crate::target::{Conversion, DataError, Fields, Target};

/// A record that the translation found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// The fields.
    pub fields: Vec<(Arc<str>, Cell)>,
    /// The numbers of the events it was made of, ascending.
    pub events: Vec<u32>,
}

/// What the emitted text says.
#[derive(Clone, Debug)]
pub(super) struct Translation {
    queries: Vec<Query>,
}

impl Translation {
    /// Reads an emitted text.
    ///
    /// # Errors
    /// That there is no reader, or what the reader has to say.
    pub(super) fn read(target: &dyn Target, conversion: &Conversion) -> Result<Self, String> {
        let name = target.name();
        let Some(language) = Language::ALL.iter().find(|language| language.name() == name) else {
            return Err(format!("{name} is not read back"));
        };
        let Some(text) = &conversion.output else { return Err("there is no translation".to_owned()) };
        let extension = target.capabilities().map_err(|error| error.to_string())?.extension.clone();
        let file = SourceFile::from_text(format!("translation.{extension}"), text.as_str());
        let macros = crate::target::splunk::macros().map_err(|error| error.to_string())?;
        let macros =
            macros.into_iter().map(|(name, definition)| Macro { name, arguments: Vec::new(), definition }).collect();
        let mut queries = Vec::new();
        for found in read::read(*language, &file, &read::Options { macros }) {
            let Some(query) = found.query else {
                let said = found.diagnostics.iter().map(|diagnostic| {
                    let words = diagnostic.span.of(file.text());
                    format!("{} at `{}`", diagnostic.message, words.lines().next().unwrap_or_default())
                });
                return Err(format!("what was emitted is not read back: {}", said.collect::<Vec<_>>().join("; ")));
            };
            queries.push(query);
        }
        Ok(Self { queries })
    }

    /// What it finds.
    ///
    /// # Errors
    /// What is not run.
    pub(super) fn run(&self, world: &World) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        for query in &self.queries {
            let answer = replay::run(query, world).map_err(|refusal| refusal.what)?;
            rows.extend(answer.rows.into_iter().map(|row| {
                let mut events = row.events;
                events.retain(|id| *id != LISTED);
                Row { fields: row.fields, events }
            }));
        }
        Ok(rows)
    }
}

/// How events are stored.
#[derive(Clone, Copy)]
pub(super) struct Storing<'a> {
    pub(super) target: &'a dyn Target,
    pub(super) fields: Fields,
    pub(super) empty: Empty,
    pub(super) schemas: &'a Schemas,
    pub(super) rule: &'a Query,
    /// The columns that matter; all without it.
    pub(super) wanted: Option<&'a HashSet<String>>,
}

impl Storing<'_> {
    /// An event as the target stores it; nothing where it has no such event.
    pub(super) fn stored(&self, table: &str, record: &Record) -> Result<Option<Vec<Stored>>, DataError> {
        // What the rule does not look at decides nothing, and must not stand in the way of what it does.
        let wanted = |name: &str| {
            self.wanted.is_none_or(|wanted| wanted.contains(name)) || matches!(name, "TimeGenerated" | "Timestamp")
        };
        let Self { target, fields, empty, schemas, .. } = *self;
        let (stored, conflicts) = Store { target, fields, empty, schemas }.keep(table, record, wanted)?;
        Ok(conflicts.is_empty().then_some(stored))
    }

    /// All that is there when the translation runs.
    pub(super) fn world(&self, scenario: &Scenario, ids: &BTreeMap<String, Vec<u32>>) -> Result<World, DataError> {
        let mut events = Vec::new();
        // Elastic's EQL and Sigma have no window of their own: whoever runs the rule says how far back it looks.
        let bounded = matches!(self.target.name(), "eql" | "sigma");
        // Every document of Elasticsearch has an id of its own, which a query may ask for.
        let documents = matches!(self.target.name(), "eql" | "esql");
        let inside = window(self.rule, scenario.now);
        for (table, records) in &scenario.tables {
            let numbers = ids.get(table).map(Vec::as_slice).unwrap_or_default();
            for (record, id) in records.iter().zip(numbers) {
                if bounded && time_of(record).is_some_and(|at| !inside(at)) {
                    continue;
                }
                for (at, kept) in self.stored(table, record)?.into_iter().flatten().enumerate() {
                    let mut event = stored::event(*id, kept);
                    if documents {
                        event.fields.push((Arc::from("_id"), Cell::text(format!("{id}-{at}"))));
                    }
                    events.push(event);
                }
            }
        }
        let mut lookups = Vec::new();
        for (alias, items) in &scenario.watchlists {
            let (lookup, listed) = stored::list(alias, items);
            lookups.push(lookup);
            events.extend(listed);
        }
        Ok(World { now: scenario.now, events, lookups })
    }
}

/// When an event happened.
pub(super) fn time_of(record: &Record) -> Option<i64> {
    ["TimeGenerated", "Timestamp"].iter().find_map(|name| crate::literal::parse_datetime(record.get(*name)?.as_str()?))
}
