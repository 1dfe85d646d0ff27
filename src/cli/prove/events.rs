//! The events that a rule is proven on: those of its tests, those of a folder, and those made of the rule itself.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::bind::bind;
use crate::cli::clock::instant;
use crate::cli::data::with_tables;
use crate::cli::input::tests_of;
use crate::cli::test::TestFile;
use crate::eval::output::json_rows;
use crate::eval::sources::{OnError, Sources};
use crate::eval::{Catalog as _, Engine};
use crate::ir::Query;
use crate::literal::parse_datetime;
use crate::prove::{Record, Scenario, made};
use crate::schema::Schemas;
use crate::syntax;
use crate::target::LossKind;

/// The columns that hold the time of an event.
const TIME_COLUMNS: &[&str] = &["TimeGenerated", "Timestamp"];
/// The instant at which rules run over events made of them, if nothing says another: 2024-05-14T10:00:00Z.
const NOW: i64 = 638_512_776_000_000_000;

/// What tests that people wrote show besides what they are about, and no probe says of itself.
const WRITTEN: &[LossKind] = &[LossKind::WindowKind, LossKind::Order];

/// Which events rules are proven on.
#[derive(Clone, Debug, clap::Args)]
pub struct EventOptions {
    /// A folder with a file or folder of events a table, named as the table, besides the rule's own tests
    #[arg(long, value_name = "DIR")]
    pub events: Option<PathBuf>,
    /// The time at which rules run, over the events of --events (that of the latest event without it) and over made ones
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub now: Option<i64>,
    /// Which events are made of a rule; the same for the same number
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// At most how many events are made of a rule
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub count: usize,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self { events: None, now: None, seed: 0, count: 10_000 }
    }
}

impl EventOptions {
    /// All sets of events there are for a query of a file.
    ///
    /// # Errors
    /// What is wrong with tests or events, for people.
    pub fn scenarios(
        &self,
        path: &Path,
        query: &Query,
        schemas: &Schemas,
        engine: &Engine,
    ) -> Result<Vec<Scenario>, String> {
        let mut scenarios = Vec::new();
        if let Some(tests) = tests_of(path) {
            for test in TestFile::read(&tests)?.tests {
                let sources = test.sources(&tests)?;
                let mut scenario = Scenario { name: test.name.clone(), now: test.instant()?, ..Scenario::default() };
                scenario.covers = WRITTEN.iter().copied().collect();
                for table in sources.names() {
                    let records = records(&sources, &table, schemas, engine)?;
                    scenario.tables.insert(table, records);
                }
                scenario.watchlists = test.watchlists()?;
                scenarios.push(scenario);
            }
        }
        if let Some(folder) = &self.events {
            let mut sources = Sources::new(OnError::Fail);
            sources.add_folder(folder).map_err(|error| error.told())?;
            let mut scenario = Scenario { name: folder.display().to_string(), ..Scenario::default() };
            for table in sources.names() {
                let records = records(&sources, &table, schemas, engine)?;
                scenario.tables.insert(table, records);
            }
            let times = scenario.tables.values().flatten().filter_map(time_of);
            scenario.now = self.now.or_else(|| times.max()).unwrap_or_default();
            scenarios.push(scenario);
        }
        scenarios.extend(made(query, self.seed, self.now.unwrap_or(NOW), self.count));
        Ok(scenarios)
    }
}

fn time_of(record: &Record) -> Option<i64> {
    TIME_COLUMNS.iter().find_map(|name| parse_datetime(record.get(*name)?.as_str()?))
}

/// The events of a table, whatever format its files have.
fn records(sources: &Sources, table: &str, schemas: &Schemas, engine: &Engine) -> Result<Vec<Record>, String> {
    let query = format!("['{}']", table.replace('\'', "\\'"));
    let schemas = with_tables(schemas, sources, &query)?;
    let tree = syntax::parse(&query).query.ok_or_else(|| format!("`{table}` is no name of a table"))?;
    let plan = bind(&tree, &schemas).query.ok_or_else(|| format!("`{table}` is no name of a table"))?;
    let answer = engine.run(&plan, sources).map_err(|error| error.told())?;
    let rows = json_rows(&answer).map_err(|error| error.to_string())?;
    let record = |row: Vec<Value>| -> Record {
        let columns = answer.columns.iter().map(|(name, _)| name.to_string());
        let filled = |(_, value): &(String, Value)| !value.is_null() && value.as_str() != Some("");
        columns.zip(row).filter(filled).collect::<Map<String, Value>>()
    };
    Ok(rows.into_iter().map(record).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_instant_is_the_one_that_is_said() {
        assert_eq!(parse_datetime("2024-05-14T10:00:00Z"), Some(NOW));
    }
}
