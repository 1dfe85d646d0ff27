//! The right side: the text that was emitted, read back by its own language's rules and run over the events as that
//! system stores them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::lists::Lists;
use super::scenario::{Scenario, window};
use super::stored::{self, INGESTED, LISTED, Record, Store};
use crate::ir::Query;
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, parse_datetime};
use crate::read::{self, Language, Macro};
use crate::replay::{self, Cell, World};
use crate::schema::Schemas;
use crate::source::SourceFile;
use crate::target::store::{Conflict, Empty, Stored};
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
    /// The span of time that the translation says its rule has to look at, as date math.
    span: (Option<String>, Option<String>),
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
        Ok(Self { queries, span: (conversion.outside.from.clone(), conversion.outside.to.clone()) })
    }

    /// Whether an instant lies in the span of time that the translation states beside its text.
    ///
    /// # Errors
    /// What of it is not read.
    pub(super) fn spans(&self, now: i64) -> Result<impl Fn(i64) -> bool + use<>, String> {
        let read = |said: &Option<String>| -> Result<Option<i64>, String> {
            let Some(said) = said else { return Ok(None) };
            instant(said, now).map(Some).ok_or_else(|| format!("the instant `{said}` is not read"))
        };
        let (from, to) = (read(&self.span.0)?, read(&self.span.1)?);
        Ok(move |at| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to))
    }

    /// What it finds in a set of events, and with the values that lists hold there.
    ///
    /// # Errors
    /// What is not run.
    pub(super) fn run(&self, world: &World, lists: &Lists, scenario: usize) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        for query in &self.queries {
            let mut query = Cow::Borrowed(query);
            if !lists.is_empty() {
                lists.fill(scenario, query.to_mut());
            }
            let answer = replay::run(&query, world).map_err(|refusal| refusal.what)?;
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
        let wanted = |name: &str| self.wants(name);
        let Self { target, fields, empty, schemas, .. } = *self;
        let (stored, conflicts) = Store { target, fields, empty, schemas }.keep(table, record, wanted)?;
        Ok(conflicts.is_empty().then_some(stored))
    }

    /// The event as it can be there: of two columns that are one field and differ, one that the rule does not name takes
    /// the value of the other, or none where that is no value of its own (a path takes no name). Nothing where it names both.
    pub(super) fn storable(
        &self,
        table: &str,
        mut record: Record,
        named: &HashSet<String>,
    ) -> Result<Option<Record>, DataError> {
        let wanted = |name: &str| self.wants(name);
        let Self { target, fields, empty, schemas, .. } = *self;
        // Each turn settles at least one column.
        for _ in 0..4 {
            let (_, conflicts) = Store { target, fields, empty, schemas }.keep(table, &record, wanted)?;
            if conflicts.is_empty() {
                return Ok(Some(record));
            }
            for Conflict { columns: (one, other), always, is_part, .. } in conflicts {
                if let Some(value) = always.filter(|_| !named.contains(&one)) {
                    record.insert(one, stored::json(&value));
                    continue;
                }
                let gives_way = [(&one, &other), (&other, &one)].into_iter().find(|(_, gives)| !named.contains(*gives));
                let Some((keeps, gives)) = gives_way.filter(|_| one != other) else { return Ok(None) };
                match record.get(keeps).filter(|_| !is_part).cloned() {
                    Some(value) => record.insert(gives.clone(), value),
                    None => record.remove(gives),
                };
            }
        }
        Ok(None)
    }

    /// Whether a column matters.
    fn wants(&self, name: &str) -> bool {
        self.wanted.is_none_or(|wanted| wanted.contains(name))
            || matches!(name, "TimeGenerated" | "Timestamp" | INGESTED)
    }

    /// All that is there when the translation runs.
    pub(super) fn world(
        &self,
        scenario: &Scenario,
        ids: &BTreeMap<String, Vec<u32>>,
        listed: &BTreeSet<String>,
        spans: &dyn Fn(i64) -> bool,
    ) -> Result<World, DataError> {
        let mut events = Vec::new();
        // Sigma has no window at all: whoever runs the rule says how far back it looks.
        let bounded = self.target.name() == "sigma";
        let window = window(self.rule, scenario.now, listed);
        let inside = |at| if bounded { window(at) } else { spans(at) };
        for (table, records) in &scenario.tables {
            let numbers = ids.get(table).map(Vec::as_slice).unwrap_or_default();
            for (record, id) in records.iter().zip(numbers) {
                if time_of(record).is_some_and(|at| !inside(at)) {
                    continue;
                }
                for (at, kept) in self.stored(table, record)?.into_iter().flatten().enumerate() {
                    let mut event = stored::event(*id, kept);
                    stored::identify(&mut event, at, self.target.name());
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

/// An instant of Elasticsearch's date math: `now-1d`, `now-1d/d`, or one that is written out.
fn instant(text: &str, now: i64) -> Option<i64> {
    let Some(rest) = text.strip_prefix("now") else { return parse_datetime(text) };
    let (rest, of_day) = rest.strip_suffix("/d").map_or((rest, false), |rest| (rest, true));
    let moved = if rest.is_empty() {
        0
    } else {
        let back = rest.starts_with('-');
        let amount = rest.get(1..rest.len() - 1)?.parse::<i64>().ok()?;
        let unit = match rest.chars().next_back()? {
            's' => TICKS_PER_SECOND,
            'm' => TICKS_PER_MINUTE,
            'h' => TICKS_PER_HOUR,
            'd' => TICKS_PER_DAY,
            _ => return None,
        };
        amount.checked_mul(if back { -unit } else { unit })?
    };
    let at = now.checked_add(moved)?;
    Some(if of_day { at.div_euclid(TICKS_PER_DAY) * TICKS_PER_DAY } else { at })
}

/// When an event happened.
pub(super) fn time_of(record: &Record) -> Option<i64> {
    ["TimeGenerated", "Timestamp"].iter().find_map(|name| parse_datetime(record.get(*name)?.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_math_is_read() {
        let now = parse_datetime("2024-05-14T10:00:00Z").unwrap();
        for (text, instant_of) in [
            ("now", "2024-05-14T10:00:00Z"),
            ("now-1d", "2024-05-13T10:00:00Z"),
            ("now-90m", "2024-05-14T08:30:00Z"),
            ("now-1d/d", "2024-05-13T00:00:00Z"),
            ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ] {
            assert_eq!(instant(text, now), parse_datetime(instant_of), "{text}");
        }
        assert_eq!(instant("now-1y", now), None);
    }

    #[test]
    fn a_path_gives_way_to_the_name_that_a_rule_asks_for() {
        let schemas = Schemas::default();
        let tree = crate::syntax::parse("DeviceProcessEvents | where FileName =~ 'a.exe'").query.unwrap();
        let rule = crate::bind::bind(&tree, &schemas).query.unwrap();
        let target = crate::target::registry::find("sigma").unwrap();
        let storing = Storing {
            target,
            fields: Fields::Siem,
            empty: Empty::Missing,
            schemas: &schemas,
            rule: &rule,
            wanted: None,
        };
        let event = serde_json::json!({"FileName": "a.exe", "FolderPath": "C:\\b.exe", "TimeGenerated": "2024-05-14T10:00:00Z"});
        let named = ["FileName".to_owned()].into();
        let kept =
            storing.storable("DeviceProcessEvents", event.as_object().unwrap().clone(), &named).unwrap().unwrap();
        assert_eq!((kept.get("FileName"), kept.get("FolderPath")), (Some(&"a.exe".into()), None));
    }
}
