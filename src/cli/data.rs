//! The options that say which files of events there are.

use std::path::PathBuf;

use crate::eval::Catalog as _;
use crate::eval::sources::{OnError, Sources};
use crate::schema::{Column, Schemas, Table};

/// The files that stand for tables, watchlists and addresses.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct DataOptions {
    /// The events of a table: a file, a folder or a pattern; may be given several times, also for one table
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    table: Vec<(String, String)>,
    /// A folder with a file or folder a table, named as the table
    #[arg(long, value_name = "DIR")]
    events: Vec<PathBuf>,
    /// A watchlist, as CSV or JSON; NAME:COLUMN=FILE names the column that is its search key
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    watchlist: Vec<(String, String)>,
    /// The file that stands for an address of `externaldata`; nothing is fetched
    #[arg(long, value_name = "URL=FILE", value_parser = addressed)]
    external: Vec<(String, String)>,
    /// What is done about a record that cannot be read
    #[arg(long, value_enum, default_value_t)]
    on_error: OnError,
}

fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.to_owned())),
        _ => Err("write it as NAME=FILE".to_owned()),
    }
}

/// Addresses have equals signs of their own: the last parts the file from it.
fn addressed(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.to_owned())),
        _ => Err("write it as URL=FILE".to_owned()),
    }
}

impl DataOptions {
    /// The sources.
    ///
    /// # Errors
    /// What is wrong with a path, for people.
    pub(super) fn sources(&self) -> Result<Sources, String> {
        let mut sources = Sources::new(self.on_error);
        for (name, files) in &self.table {
            sources.add_table(name, files).map_err(|error| error.told())?;
        }
        for folder in &self.events {
            sources.add_folder(folder).map_err(|error| error.told())?;
        }
        for (name, file) in &self.watchlist {
            let (alias, key) = name.split_once(':').map_or((name.as_str(), None), |(alias, key)| (alias, Some(key)));
            sources.add_watchlist(alias, key, file.into());
        }
        for (address, file) in &self.external {
            sources.add_external(address, file.into());
        }
        Ok(sources)
    }
}

/// The schemas in force with the tables of the sources that a query may read, and with the knowledge that there are no
/// others.
///
/// # Errors
/// A file that cannot be read, for people.
pub(super) fn with_tables(schemas: &Schemas, sources: &Sources, query: &str) -> Result<Schemas, String> {
    let mut known = schemas.clone();
    let names = sources.names();
    let wildcard = ["*", "search", "find"].iter().any(|word| query.contains(word));
    for name in &names {
        // Looking into a file costs time, so it is done for those alone that the query can mean.
        if !wildcard && !query.contains(name.as_str()) {
            continue;
        }
        let declared = schemas.table(name);
        let columns: Vec<_> =
            declared.iter().flat_map(|table| &table.columns).map(|column| (&*column.name, column.ty)).collect();
        if let Some(columns) = sources.columns(name, &columns).map_err(|error| error.told())? {
            let open = declared.as_ref().is_some_and(|table| table.open);
            let columns = columns.into_iter().map(|(name, ty)| Column::new(name, ty)).collect();
            known.insert(Table { name: name.clone().into(), columns, open });
        }
    }
    for alias in sources.watchlists().filter(|alias| query.contains(alias)) {
        let columns = sources.watchlist_columns(alias).map_err(|error| error.told())?;
        known.insert_watchlist(alias.to_owned().into(), columns.into_iter().map(|(name, ty)| Column::new(name, ty)));
    }
    known.present(names.into_iter().map(Into::into));
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_parted_by_the_right_sign() {
        let pair = |name: &str, file: &str| Ok((name.to_owned(), file.to_owned()));
        assert_eq!(named("T=a=b.csv"), pair("T", "a=b.csv"));
        assert_eq!(addressed("https://x/y?a=b=c.csv"), pair("https://x/y?a=b", "c.csv"));
        for text in ["T", "=f", "T="] {
            assert!(named(text).is_err() && addressed(text).is_err(), "{text}");
        }
    }
}
