//! A watchlist, from a file.
//!
//! In Sentinel every column of a watchlist's items is a `string`, `WatchlistItem` holds the whole item, and `SearchKey` the
//! column that was chosen for searching.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;

use super::Sources;
use super::fault::{Fault, OnError, Reason};
use super::files::{EventFile, Given, Layout, unreadable};
use super::frames::{Frames, Framing, Item, Lines, Objects};
use super::infer::column_name;
use super::separated::{Separated, Separator, fields};
use crate::eval::arrays::{field, from_cells};
use crate::eval::catalog::ORDINAL;
use crate::eval::cell::Cell;
use crate::eval::dynamic;
use crate::eval::error::EvalError;
use crate::ir::Json;
use crate::types::Type;

/// The column by which a watchlist is searched.
const SEARCH_KEY: &str = "SearchKey";
/// The column that holds the whole item.
const WATCHLIST_ITEM: &str = "WatchlistItem";

/// A file that stands for a watchlist.
#[derive(Clone, Debug)]
pub(super) struct Watchlist {
    pub(super) given: Given,
    /// The column by which it is searched.
    pub(super) key: Option<String>,
}

/// The items of a file: each a list of names and texts.
type Row = Vec<(Arc<str>, String)>;

pub(super) fn provider(sources: &Sources, alias: &str, list: &Watchlist) -> Result<Arc<dyn TableProvider>, EvalError> {
    let told = |error| EvalError::Source(unreadable(list.given.path(), &error));
    let file = EventFile::of(&list.given, None).map_err(told)?;
    let items = match file.layout {
        Layout::Lines => of_objects(sources, &file, Lines)?,
        Layout::Objects => of_objects(sources, &file, Objects)?,
        Layout::Separated(separator) => of_fields(sources, &file, separator)?,
        Layout::Parquet => {
            return Err(EvalError::Source(format!(
                "{}: a watchlist is read from CSV or JSON",
                list.given.path().display()
            )));
        }
    };
    let mut names: Vec<Arc<str>> = Vec::new();
    for (name, _) in items.iter().flatten() {
        if !names.contains(name) {
            names.push(Arc::clone(name));
        }
    }
    if let Some(key) = &list.key
        && !items.is_empty()
        && !names.iter().any(|name| **name == **key)
    {
        return Err(EvalError::Source(format!(
            "{}: the watchlist `{alias}` has no column `{key}`",
            list.given.path().display()
        )));
    }
    Ok(table(&names, &items, list.key.as_deref())?)
}

fn of_objects(sources: &Sources, file: &EventFile, framing: impl Framing) -> Result<Vec<Row>, EvalError> {
    let mut items = Vec::new();
    each_record(sources, file, framing, |text| {
        let Some(Json::Bag(slots)) = dynamic::parse(text) else { return Err(Reason::Json("no item")) };
        let text_of = |json: &Json| dynamic::text(&dynamic::encode(json)).into_owned();
        items.push(slots.iter().map(|(name, value)| (Arc::clone(name), text_of(value))).collect());
        Ok(())
    })?;
    Ok(items)
}

fn of_fields(sources: &Sources, file: &EventFile, separator: Separator) -> Result<Vec<Row>, EvalError> {
    let mut items = Vec::new();
    let mut header: Option<Vec<Arc<str>>> = None;
    each_record(sources, file, Separated(separator), |text| {
        let values = fields(text, separator);
        let Some(names) = &header else {
            header = Some(values.iter().map(|name| Arc::from(column_name(name))).collect());
            return Ok(());
        };
        if values.len() != names.len() {
            return Err(Reason::Width { found: values.len(), expected: names.len() });
        }
        items.push(names.iter().cloned().zip(values.into_iter().map(std::borrow::Cow::into_owned)).collect());
        Ok(())
    })?;
    Ok(items)
}

/// Hands every record to `each`. One that cannot be read is treated as everywhere; there is no null of an item.
fn each_record(
    sources: &Sources,
    file: &EventFile,
    mut framing: impl Framing,
    mut each: impl FnMut(&str) -> Result<(), Reason>,
) -> Result<(), EvalError> {
    let told = |error| EvalError::Source(unreadable(&file.path, &error));
    let mut frames = Frames::whole(file.open().map_err(told)?);
    while let Some(item) = frames.next(&mut framing).map_err(told)? {
        let (offset, taken) = match item {
            Item::Record(offset, bytes) => {
                (offset, std::str::from_utf8(bytes).map_err(|_| Reason::Utf8).and_then(&mut each))
            }
            Item::Fault(offset, reason) => (offset, Err(reason)),
        };
        match taken {
            Ok(()) => {}
            Err(reason) if sources.on_error == OnError::Fail => {
                let line = file.line_of(offset).map_err(told)?;
                return Err(EvalError::Source(Fault { path: file.path.clone(), line, reason }.to_string()));
            }
            Err(reason) => sources.fault(file, offset, reason),
        }
    }
    Ok(())
}

fn table(names: &[Arc<str>], items: &[Row], key: Option<&str>) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let rows: Vec<HashMap<&str, &str>> =
        items.iter().map(|item| item.iter().map(|(name, value)| (&**name, value.as_str())).collect()).collect();
    let column = |name: &str| {
        from_cells(Type::String, rows.iter().map(|row| Cell::string(row.get(name).copied().unwrap_or_default())))
    };
    let mut fields: Vec<Field> = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for name in names {
        fields.push(field(name, Type::String));
        arrays.push(column(name)?);
    }
    let taken = |name: &str| names.iter().any(|known| **known == *name);
    if let Some(key) = key.filter(|_| !taken(SEARCH_KEY)) {
        fields.push(field(SEARCH_KEY, Type::String));
        arrays.push(column(key)?);
    }
    if !taken(WATCHLIST_ITEM) {
        let bag = |item: &Row| {
            Json::Bag(
                item.iter().map(|(name, value)| (Arc::clone(name), Json::String(value.as_str().into()))).collect(),
            )
        };
        fields.push(field(WATCHLIST_ITEM, Type::Dynamic));
        arrays.push(from_cells(Type::Dynamic, items.iter().map(|item| Cell::dynamic(&bag(item))))?);
    }
    fields.push(Field::new(ORDINAL, DataType::Int64, false));
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    arrays.push(Arc::new(Int64Array::from_iter_values(0..count)));
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
