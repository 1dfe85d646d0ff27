//! Where a run finds its tables.

use std::sync::Arc;

use datafusion::catalog::TableProvider;

use super::error::EvalError;
use crate::ir::External;
use crate::types::Type;

/// The column that every table has besides its own: the position of a record in the table's input, ascending, unique.
pub const ORDINAL: &str = "$ordinal";

/// The column by which a table of events says when each was ingested: what `ingestion_time()` gives. Kusto has it under
/// this name too, unseen.
pub const INGESTION_TIME: &str = "$IngestionTime";

/// The tables of a run.
///
/// A provider's columns bear the names of the table's and have the Arrow types of [`super::arrays`]; the last is
/// [`ORDINAL`].
pub trait Catalog: Send + Sync {
    /// The table of this name, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read.
    fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError>;

    /// The names of all tables.
    fn names(&self) -> Vec<String>;

    /// The watchlist of this alias, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read.
    fn watchlist(&self, alias: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError>;

    /// The data of one address of an `externaldata`, with these columns, if a file stands for it.
    ///
    /// # Errors
    /// A file that cannot be read, or an option that is not understood.
    fn external(
        &self,
        address: &str,
        columns: &[(&str, Type)],
        source: &External,
    ) -> Result<Option<Arc<dyn TableProvider>>, EvalError>;
}

/// A catalog without tables: for queries that bring their own data.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTables;

impl Catalog for NoTables {
    fn table(&self, _: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        Ok(None)
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    fn watchlist(&self, _: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        Ok(None)
    }

    fn external(&self, _: &str, _: &[(&str, Type)], _: &External) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        Ok(None)
    }
}
