//! What the plugins of `evaluate` compute: each a function from records at hand to records, in files by subject.
//!
//! To add a plugin: write its function and add its row to [`PLUGINS`]. A test holds that every plugin of the catalogue
//! runs or stands in `REFUSED` with the reason.

mod activity;
mod address;
mod cohort;
mod columns;
mod distinct;
mod lookup;
mod mining;
mod near;
mod polygons;
mod rolling;
mod sequence;
mod similar;
mod sketch;
#[cfg(test)]
mod testing;
mod timeline;
mod unpack;

use datafusion::arrow::array::{ArrayRef, UInt64Array, UInt64Builder};
use datafusion::arrow::compute::take;
use datafusion::common::DataFusionError;

use super::arrays::{Cells, from_cells};
use super::cell::Cell;
use crate::ir::Name;
use crate::types::Type;

pub use distinct::Groups;
pub use similar::{GROUP_COLUMNS, reduce};

/// A column of records at hand.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name; empty for a computed value.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its values.
    pub array: ArrayRef,
}

impl Column {
    /// A column of cells.
    ///
    /// # Errors
    /// As [`from_cells`].
    pub fn new<'c>(
        name: impl Into<Name>,
        ty: Type,
        cells: impl IntoIterator<Item = Cell<'c>>,
    ) -> Result<Self, DataFusionError> {
        Ok(Self { name: name.into(), ty, array: from_cells(ty, cells)? })
    }

    /// Its values, one by one.
    ///
    /// # Errors
    /// As [`Cells::new`].
    pub fn cells(&self) -> Result<Cells<'_>, DataFusionError> {
        Cells::new(self.array.as_ref(), self.ty)
    }

    /// The values of these rows, null (`""` for strings) where there is none.
    ///
    /// # Errors
    /// As [`from_cells`].
    pub fn rows(&self, rows: &[Option<usize>]) -> Result<Self, DataFusionError> {
        let array = if self.ty == Type::String && rows.contains(&None) {
            let cells = self.cells()?;
            from_cells(self.ty, rows.iter().map(|row| row.map_or(Cell::Null, |row| cells.get(row))))?
        } else {
            let mut indices = UInt64Builder::with_capacity(rows.len());
            for row in rows {
                indices.append_option(row.map(|row| row as u64));
            }
            take(self.array.as_ref(), &indices.finish(), None)?
        };
        Ok(Self { name: self.name.clone(), ty: self.ty, array })
    }
}

/// Records at hand.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Their columns.
    pub columns: Vec<Column>,
    /// How many they are.
    pub rows: usize,
}

impl Table {
    /// These rows.
    ///
    /// # Errors
    /// As [`Column::rows`].
    pub fn take(&self, rows: &[usize]) -> Result<Self, DataFusionError> {
        let indices = UInt64Array::from_iter_values(rows.iter().map(|row| *row as u64));
        let columns = self.columns.iter().map(|column| {
            let array = take(column.array.as_ref(), &indices, None)?;
            Ok(Column { name: column.name.clone(), ty: column.ty, array })
        });
        Ok(Self { columns: columns.collect::<Result<_, DataFusionError>>()?, rows: rows.len() })
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }
}

/// What is given to a plugin.
#[derive(Clone, Debug)]
pub enum Given {
    /// A value that differs from record to record: a column, or what was computed for each.
    Column(Column),
    /// A constant.
    Value(Cell<'static>),
    /// Records.
    Table(Table),
}

/// An argument.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name written before it.
    pub name: Option<Name>,
    /// What it is.
    pub given: Given,
}

/// A call of a plugin.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The records it works on.
    pub input: Table,
    /// What is given to it.
    pub arguments: Vec<Argument>,
    /// The columns the query says it gives, if it says so.
    pub declared: Option<Vec<(Name, Type)>>,
}

/// Why a plugin gives nothing.
#[derive(Debug)]
pub enum Fault {
    /// Something the query gives cannot be used.
    Value {
        /// What is wrong.
        what: String,
        /// The argument it is about, if it is about one.
        argument: Option<usize>,
    },
    /// The engine below failed.
    Engine(DataFusionError),
}

impl Fault {
    /// A fault of the data, or of the call as a whole.
    pub fn new(what: impl Into<String>) -> Self {
        Self::Value { what: what.into(), argument: None }
    }

    /// A fault of an argument.
    pub fn of(argument: usize, what: impl Into<String>) -> Self {
        Self::Value { what: what.into(), argument: Some(argument) }
    }
}

impl From<DataFusionError> for Fault {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(error)
    }
}

/// What a plugin gives.
pub type Outcome = Result<Table, Fault>;

impl Call {
    /// A column.
    fn column(&self, index: usize) -> Result<&Column, Fault> {
        match self.arguments.get(index).map(|argument| &argument.given) {
            Some(Given::Column(column)) => Ok(column),
            _ => Err(Fault::of(index, "a column is needed here")),
        }
    }

    /// A table.
    fn table(&self, index: usize) -> Result<&Table, Fault> {
        match self.arguments.get(index).map(|argument| &argument.given) {
            Some(Given::Table(table)) => Ok(table),
            _ => Err(Fault::of(index, "a table is needed here")),
        }
    }

    /// A constant.
    fn value(&self, index: usize) -> Result<&Cell<'static>, Fault> {
        match self.arguments.get(index).map(|argument| &argument.given) {
            Some(Given::Value(cell)) => Ok(cell),
            _ => Err(Fault::of(index, "a constant is needed here")),
        }
    }

    /// A whole number, or the ticks of a time.
    fn long(&self, index: usize) -> Result<i64, Fault> {
        self.value(index)?.as_long().ok_or_else(|| Fault::of(index, "a whole number or a time is needed here"))
    }

    /// A number of things.
    fn count(&self, index: usize) -> Result<usize, Fault> {
        let number = self.long(index)?;
        usize::try_from(number).map_err(|_| Fault::of(index, "a number from 0 is needed here"))
    }

    /// What an argument is for each record.
    fn cells(&self, index: usize) -> Result<Vec<Cell<'_>>, Fault> {
        Ok(match self.arguments.get(index).map(|argument| &argument.given) {
            Some(Given::Column(column)) => {
                let cells = column.cells()?;
                (0..cells.len()).map(|row| cells.get(row)).collect()
            }
            Some(Given::Value(cell)) => vec![cell.clone(); self.input.rows],
            _ => return Err(Fault::of(index, "a value is needed here")),
        })
    }

    /// The columns among the arguments from this one on.
    fn dimensions(&self, from: usize) -> Result<Vec<&Column>, Fault> {
        (from..self.arguments.len()).map(|index| self.column(index)).collect()
    }
}

/// A plugin.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// Its name in the catalogue.
    pub name: &'static str,
    /// What it computes.
    pub run: fn(&Call) -> Outcome,
    /// Whether its columns depend on the data, where the query declares none.
    pub by_data: bool,
}

const fn plugin(name: &'static str, run: fn(&Call) -> Outcome) -> Plugin {
    Plugin { name, run, by_data: false }
}

/// The plugins that run; `pivot`, which takes an aggregate, is lowered as an operator of its own.
pub const PLUGINS: &[Plugin] = &[
    plugin("active_users_count", activity::active_users_count),
    plugin("activity_counts_metrics", activity::activity_counts_metrics),
    plugin("activity_engagement", activity::activity_engagement),
    plugin("activity_metrics", activity::activity_metrics),
    plugin("autocluster", mining::autocluster),
    Plugin { name: "bag_unpack", run: unpack::bag_unpack, by_data: true },
    plugin("basket", mining::basket),
    plugin("dcount_intersect", sketch::dcount_intersect),
    plugin("geo_polygon_lookup", polygons::geo_polygon_lookup),
    plugin("identity", near::identity),
    plugin("ipv4_lookup", lookup::ipv4_lookup),
    plugin("ipv6_lookup", lookup::ipv6_lookup),
    plugin("narrow", columns::narrow),
    plugin("new_activity_metrics", cohort::new_activity_metrics),
    plugin("rolling_percentile", rolling::rolling_percentile),
    plugin("rows_near", near::rows_near),
    plugin("sequence_detect", sequence::sequence_detect),
    plugin("sliding_window_counts", activity::sliding_window_counts),
];

const MANY_TABLES: &str = "it gives several tables";
const NETWORK: &str = "nothing is fetched from the network";
const SCRIPT: &str = "no scripts are run";
const MODEL: &str = "no language model is asked";
const GEOMETRY: &str = "lines at a distance are not looked up";
const INTERNAL: &str = "it is internal to the service";

/// The plugins that do not run, and why.
const REFUSED: &[(&str, &str)] = &[
    ("ai_chat_completion", MODEL),
    ("ai_chat_completion_prompt", MODEL),
    ("ai_embed_text", MODEL),
    ("ai_embeddings", MODEL),
    ("azure_digital_twins_query_request", NETWORK),
    ("cosmosdb_sql_request", NETWORK),
    ("csharp", SCRIPT),
    ("dax_request", NETWORK),
    ("diffpatterns", "its algorithm samples the records and is not documented in full"),
    ("estimate_rows_count", "how it estimates is not documented"),
    ("execute_query", NETWORK),
    ("execute_show_command", NETWORK),
    ("external_datatable", INTERNAL),
    ("funnel_sequence", MANY_TABLES),
    ("funnel_sequence_completion", "within which time a state must follow is documented in two ways"),
    ("geo_line_lookup", GEOMETRY),
    ("http_request", NETWORK),
    ("http_request_post", NETWORK),
    ("identity_v3", INTERNAL),
    ("infer_storage_schema", NETWORK),
    ("infer_storage_schema_with_suggestions", NETWORK),
    ("mysql_request", NETWORK),
    ("postgresql_request", NETWORK),
    ("preview", MANY_TABLES),
    ("python", SCRIPT),
    ("r", SCRIPT),
    ("session_count", "where it counts a session that spans several bins is not documented"),
    ("sql_request", NETWORK),
];

/// The plugins whose answers follow a reading of our own, since how Kusto comes to its is documented in part.
pub const OWN_READINGS: &[&str] = &["autocluster"];

/// `pivot`, which is no row of [`PLUGINS`].
pub const PIVOT: &str = "pivot";

/// The plugin of this name, if it runs.
pub fn find(name: &str) -> Option<&'static Plugin> {
    PLUGINS.iter().find(|plugin| plugin.name == name)
}

/// Why a plugin does not run; nothing where it does.
pub fn refusal(name: &str) -> Option<&'static str> {
    if name == PIVOT || find(name).is_some() {
        return None;
    }
    let row = REFUSED.iter().find(|(refused, _)| *refused == name);
    Some(row.map_or("nothing here knows this plugin", |(_, why)| why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plugin_of_the_catalogue_runs_or_is_refused_for_a_reason() {
        for plugin in crate::functions::plugins() {
            let name = plugin.name();
            let places = [name == PIVOT, find(name).is_some(), REFUSED.iter().any(|(refused, _)| *refused == name)];
            assert_eq!(places.iter().filter(|place| **place).count(), 1, "{name}");
        }
    }

    #[test]
    fn no_row_names_a_plugin_that_is_not_in_the_catalogue() {
        let names = PLUGINS.iter().map(|plugin| plugin.name).chain(REFUSED.iter().map(|(name, _)| *name));
        for name in names {
            assert!(crate::functions::plugin(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_read_our_own_way_runs() {
        assert!(OWN_READINGS.iter().all(|name| find(name).is_some()));
    }

    #[test]
    fn a_row_that_is_not_there_is_null_or_empty() {
        let column = Column::new("a", Type::String, [Cell::string("x")]).unwrap();
        let taken = column.rows(&[Some(0), None]).unwrap();
        assert_eq!(taken.cells().unwrap().get(1).to_text(), "");
        let column = Column::new("a", Type::Long, [Cell::Long(1)]).unwrap();
        assert!(column.rows(&[None]).unwrap().cells().unwrap().get(0).is_null());
    }
}
