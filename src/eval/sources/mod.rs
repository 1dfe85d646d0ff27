//! Local files as the tables of a run.
//!
//! [`Sources`] is the [`Catalog`] of `kqlc run` and `kqlc test`. Nothing is ever fetched: a watchlist and the address of
//! an `externaldata` are read from files that the user names for them.

mod condition;
mod external;
mod fault;
mod files;
pub mod find;
mod format;
mod frames;
mod infer;
mod json;
mod parquet;
mod records;
mod scan;
mod separated;
mod sieve;
mod text;
mod value;
mod watchlist;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::datatypes::Field;
use datafusion::catalog::TableProvider;

use self::fault::Faults;
use self::files::{EventFile, Given, unreadable};
use self::format::Compression;
use self::scan::EventTable;
use super::arrays::KQL_TYPE;
use super::catalog::Catalog;
use super::error::EvalError;
use crate::ir::External;
use crate::types::Type;

pub use self::fault::{Fault, OnError, Reason};
pub use self::files::Progress;

/// Columns, each with its type.
pub type Columns = Vec<(String, Type)>;

/// The local files that stand for tables, watchlists and addresses.
#[derive(Debug, Default)]
pub struct Sources {
    on_error: OnError,
    tables: BTreeMap<String, Vec<Given>>,
    watchlists: BTreeMap<String, watchlist::Watchlist>,
    externals: BTreeMap<String, Given>,
    progress: Option<Arc<Progress>>,
    faults: Arc<Faults>,
    opened: Mutex<Opened>,
    /// Whether all of a file is looked at for its columns.
    thorough: AtomicBool,
    /// Whether a file has been looked at in part.
    sampled: AtomicBool,
}

/// The tables that have been looked into.
#[derive(Debug, Default)]
struct Opened {
    tables: HashMap<String, Arc<EventTable>>,
    /// Every file that has been opened, in the order in which faults count them.
    files: Vec<EventFile>,
}

impl Sources {
    /// No files yet.
    pub fn new(on_error: OnError) -> Self {
        Self { on_error, ..Self::default() }
    }

    /// Counts what is read.
    #[must_use]
    pub fn with_progress(mut self, progress: Arc<Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Adds the files that `text` means (see [`find::files`]) to a table.
    ///
    /// # Errors
    /// Where there are none.
    pub fn add_table(&mut self, name: &str, text: &str) -> Result<(), EvalError> {
        let files = find::files(text).map_err(|error| EvalError::Source(error.to_string()))?;
        self.tables.entry(name.to_owned()).or_default().extend(files.into_iter().map(Given::Path));
        Ok(())
    }

    /// Adds the tables of a folder (see [`find::tables`]).
    ///
    /// # Errors
    /// Where there are none.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), EvalError> {
        for (name, files) in find::tables(folder).map_err(|error| EvalError::Source(error.to_string()))? {
            self.tables.entry(name).or_default().extend(files.into_iter().map(Given::Path));
        }
        Ok(())
    }

    /// Adds records to a table: a JSON object a line, from what `label` names.
    pub fn add_inline(&mut self, name: &str, label: &Path, lines: Vec<u8>) {
        self.tables.entry(name.to_owned()).or_default().push(Given::Inline(label.to_owned(), lines.into()));
    }

    /// Lets records stand for a watchlist: a JSON object a line, from what `label` names.
    pub fn add_inline_watchlist(&mut self, alias: &str, label: &Path, lines: Vec<u8>) {
        let given = Given::Inline(label.to_owned(), lines.into());
        self.watchlists.insert(alias.to_owned(), watchlist::Watchlist { given, key: None });
    }

    /// Lets a file stand for a watchlist. `key` names the column by which the watchlist is searched.
    pub fn add_watchlist(&mut self, alias: &str, key: Option<&str>, file: PathBuf) {
        self.watchlists
            .insert(alias.to_owned(), watchlist::Watchlist { given: Given::Path(file), key: key.map(str::to_owned) });
    }

    /// Lets a file stand for an address.
    pub fn add_external(&mut self, address: &str, file: PathBuf) {
        self.externals.insert(address.to_owned(), Given::Path(file));
    }

    /// Lets records stand for what an address gives: a JSON object a line, whatever format it is said to have.
    pub fn add_inline_external(&mut self, address: &str, label: &Path, lines: Vec<u8>) {
        self.externals.insert(address.to_owned(), Given::Inline(label.to_owned(), lines.into()));
    }

    /// From now on looks at all of a file for its columns. Whether that may show more than was seen before.
    pub fn look_closer(&self) -> bool {
        !self.thorough.swap(true, Ordering::Relaxed) && self.sampled.load(Ordering::Relaxed)
    }

    /// Looks into a table, and gives its columns: those that are declared, and behind them those that its files have
    /// besides, with the types that fit a sample of them. `None` where there is no such table.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn columns(&self, name: &str, declared: &[(&str, Type)]) -> Result<Option<Columns>, EvalError> {
        let Some(given) = self.tables.get(name) else { return Ok(None) };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files = Vec::with_capacity(given.len());
        let mut found = Vec::with_capacity(given.len());
        for given in given {
            let told = |error| EvalError::Source(unreadable(given.path(), &error));
            let file = EventFile::of(given, None).map_err(told)?;
            let sample = if self.thorough.load(Ordering::Relaxed) { u64::MAX } else { infer::SAMPLE };
            // What is compressed may hold any number of bytes.
            if file.bytes > sample || file.compression != Compression::None {
                self.sampled.store(true, Ordering::Relaxed);
            }
            found.push(infer::columns(&file, sample).map_err(told)?);
            files.push(file);
        }
        let mut columns: Columns = declared.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
        for (name, ty) in infer::merged(found) {
            if !columns.iter().any(|(known, _)| *known == name) {
                columns.push((name, ty));
            }
        }
        if let Some((known, progress)) = opened.tables.remove(name).zip(self.progress.as_ref()) {
            progress.total.fetch_sub(known.files.iter().map(|file| file.bytes).sum(), Ordering::Relaxed);
        }
        let table = self.table_of(&mut opened, name, columns.clone(), files);
        opened.tables.insert(name.to_owned(), table);
        Ok(Some(columns))
    }

    /// The watchlists, by alias.
    pub fn watchlists(&self) -> impl Iterator<Item = &str> {
        self.watchlists.keys().map(String::as_str)
    }

    /// The columns that a watchlist has, with their types.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn watchlist_columns(&self, alias: &str) -> Result<Columns, EvalError> {
        let Some(list) = self.watchlists.get(alias) else { return Ok(Columns::new()) };
        let schema = watchlist::provider(self, alias, list)?.schema();
        let typed = |field: &Field| {
            let ty = field.metadata().get(KQL_TYPE).and_then(|name| Type::parse(name));
            Some((field.name().clone(), ty?))
        };
        Ok(schema.fields().iter().filter_map(|field| typed(field)).collect())
    }

    /// Counts a record of a file that is read at once.
    fn fault(&self, file: &EventFile, offset: u64, reason: Reason) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.files.iter().position(|known| known.path == file.path);
        let number = known.unwrap_or_else(|| {
            opened.files.push(file.clone());
            opened.files.len() - 1
        });
        self.faults.add((u32::try_from(number).unwrap_or(u32::MAX), offset), reason);
    }

    fn table_of(&self, opened: &mut Opened, name: &str, columns: Columns, files: Vec<EventFile>) -> Arc<EventTable> {
        let first_file = u32::try_from(opened.files.len()).unwrap_or(u32::MAX);
        let files: Vec<EventFile> =
            files.into_iter().map(|file| EventFile { progress: self.progress.clone(), ..file }).collect();
        if let Some(progress) = &self.progress {
            progress.total.fetch_add(files.iter().map(|file| file.bytes).sum(), Ordering::Relaxed);
        }
        opened.files.extend(files.iter().cloned());
        Arc::new(EventTable {
            name: name.to_owned(),
            schema: EventTable::schema_of(&columns),
            columns,
            files: files.into(),
            first_file,
            faults: Arc::clone(&self.faults),
            on_error: self.on_error,
        })
    }

    /// The first records that could not be read, in the order of the input.
    pub fn faults(&self) -> Vec<Fault> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let told = |((number, offset), reason): ((u32, u64), Reason)| {
            let file = opened.files.get(number as usize)?;
            // A file that has vanished since leaves the line unknown.
            Some(Fault { path: file.path.clone(), line: file.line_of(offset).unwrap_or_default(), reason })
        };
        self.faults.first().into_iter().filter_map(told).collect()
    }

    /// How many records could not be read, and whether there were more than could be counted.
    pub fn fault_count(&self) -> (usize, bool) {
        self.faults.count()
    }
}

impl Catalog for Sources {
    fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        let known = |sources: &Self| {
            let opened = sources.opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.tables.get(name).cloned()
        };
        if known(self).is_none() {
            self.columns(name, &[])?;
        }
        Ok(known(self).map(|table| table as Arc<dyn TableProvider>))
    }

    fn names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    fn watchlist(&self, alias: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        self.watchlists.get(alias).map(|list| watchlist::provider(self, alias, list)).transpose()
    }

    fn external(
        &self,
        address: &str,
        columns: &[(&str, Type)],
        source: &External,
    ) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        let given = self.externals.get(address);
        given.map(|given| external::provider(self, address, given, columns, source)).transpose()
    }
}

#[cfg(test)]
mod tests;
