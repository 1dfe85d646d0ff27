//! The events that a rule is proven on: those of its tests, and those of a folder.

use serde_json::{Map, Value};

use super::Prove;
use crate::bind::bind;
use crate::cli::data::with_tables;
use crate::cli::input::{Text, tests_of};
use crate::cli::test::TestFile;
use crate::eval::output::json_rows;
use crate::eval::sources::{OnError, Sources};
use crate::eval::{Catalog as _, Engine};
use crate::literal::parse_datetime;
use crate::prove::{Record, Scenario};
use crate::schema::Schemas;
use crate::syntax;

/// The columns that hold the time of an event.
const TIME_COLUMNS: &[&str] = &["TimeGenerated", "Timestamp"];

/// All sets of events there are for a rule.
pub(super) struct Events {
    pub(super) scenarios: Vec<Scenario>,
}

impl Events {
    /// Those of a file.
    pub(super) fn of(prove: &Prove, text: &Text, schemas: &Schemas, engine: &Engine) -> Result<Self, String> {
        let mut scenarios = Vec::new();
        let path = std::path::Path::new(text.file.name());
        if let Some(tests) = tests_of(path) {
            for test in TestFile::read(&tests)?.tests {
                let sources = test.sources(&tests)?;
                let mut scenario = Scenario { name: test.name.clone(), now: test.instant()?, ..Scenario::default() };
                for table in sources.names() {
                    let records = records(&sources, &table, schemas, engine)?;
                    scenario.tables.insert(table, records);
                }
                scenario.watchlists = test.watchlists()?;
                scenarios.push(scenario);
            }
        }
        if let Some(folder) = &prove.events {
            let mut sources = Sources::new(OnError::Fail);
            sources.add_folder(folder).map_err(|error| error.told())?;
            let mut scenario = Scenario { name: folder.display().to_string(), ..Scenario::default() };
            for table in sources.names() {
                let records = records(&sources, &table, schemas, engine)?;
                scenario.tables.insert(table, records);
            }
            let times = scenario.tables.values().flatten().filter_map(time_of);
            scenario.now = prove.now.or_else(|| times.max()).unwrap_or_default();
            scenarios.push(scenario);
        }
        Ok(Self { scenarios })
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
