//! Events of Sentinel as another system stores them, and what such events are to the interpreter that runs its searches.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::ir::Json;
use crate::literal::{format_datetime, format_guid, format_timespan, parse_datetime, parse_guid, parse_timespan};
use crate::replay::{Cell, Event, Lookup, Place};
use crate::schema::Schemas;
use crate::target::store::{Conflict, Empty, Given, Stored, of_json};
use crate::target::{DataError, Fields, Target};
use crate::types::Type;

/// An event, by the names of its columns; or a row of a list.
pub type Record = Map<String, Value>;

/// The number of an event that stands for a row of a list, and for nothing that is found.
pub const LISTED: u32 = u32::MAX;

/// The column of the time at which an event came in, which no table lists.
pub use crate::target::store::INGESTED;

/// A system that events are stored in.
#[derive(Clone, Copy)]
pub struct Store<'a> {
    /// The system.
    pub target: &'a dyn Target,
    /// Whose names fields bear.
    pub fields: Fields,
    /// What becomes of empty strings.
    pub empty: Empty,
    /// What is known of tables.
    pub schemas: &'a Schemas,
}

impl Store<'_> {
    /// An event as it is stored, once for each kind of events it belongs to, and what of it cannot be stored. Columns
    /// that are not `wanted` are left out.
    ///
    /// # Errors
    /// What is wrong with the target's data files.
    pub fn keep(
        &self,
        table: &str,
        record: &Record,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(Vec<Stored>, Vec<Conflict>), DataError> {
        let mut columns = typed(record, table, self.schemas);
        columns.retain(|(name, _)| wanted(name));
        self.target.store(&Given { table, columns: &columns }, self.fields, self.empty)
    }
}

/// A stored event for the interpreter, under a number.
pub fn event(id: u32, stored: Stored) -> Event {
    let place = Place { index: stored.index.into(), log_source: stored.log_source };
    let fields = stored.fields.iter().map(|(name, value)| (Arc::from(name.as_str()), cell(value))).collect();
    Event { id, place, fields }
}

/// Gives an event of Elastic the id that every document has there beside its fields, and which a query may ask for: by
/// the number of the event, and which of its documents it is.
pub fn identify(event: &mut Event, document: usize, system: &str) {
    if matches!(system, "eql" | "esql") && !event.fields.iter().any(|(name, _)| &**name == "_id") {
        event.fields.push((Arc::from("_id"), Cell::text(format!("{}-{document}", event.id))));
    }
}

/// A list for the interpreter: as a lookup table, and as the events of an index for whom lists are such.
pub fn list(alias: &str, items: &[Record]) -> (Lookup, Vec<Event>) {
    let cells = |item: &Record| -> Vec<(Arc<str>, Cell)> {
        item.iter().map(|(name, value)| (Arc::from(name.as_str()), cell(&of_json(value)))).collect()
    };
    let rows: Vec<_> = items.iter().map(cells).collect();
    let index: Arc<str> = crate::target::esql::index_of(alias).into();
    let place = Place { index, log_source: None };
    let events = rows.iter().map(|row| Event { id: LISTED, place: place.clone(), fields: row.clone() }).collect();
    (Lookup { name: alias.into(), rows }, events)
}

/// A value without a declared type.
pub fn cell(value: &Json) -> Cell {
    match value {
        Json::Null => Cell::Null,
        Json::Bool(value) => Cell::Bool(*value),
        Json::Long(value) => Cell::Long(*value),
        Json::Real(value) => Cell::Real(*value),
        Json::String(text) => Cell::Text(text.clone()),
        Json::DateTime(ticks) => Cell::Time(*ticks),
        Json::TimeSpan(ticks) => Cell::Span(*ticks),
        Json::Guid(value) => Cell::text(format_guid(*value)),
        Json::Array(items) => Cell::many(items.iter().map(cell).collect()),
        Json::Bag(slots) => Cell::Bag(slots.iter().map(|(name, value)| (name.clone(), cell(value))).collect()),
    }
}

/// A stored value as JSON: instants, spans and GUIDs as their texts, and so numbers that JSON has none of.
pub fn json(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::from(*value),
        Json::Long(value) => Value::from(*value),
        Json::Real(value) if value.is_finite() => Value::from(*value),
        Json::Real(value) => Value::from(value.to_string()),
        Json::String(text) => Value::from(&**text),
        Json::DateTime(ticks) => Value::from(format_datetime(*ticks)),
        Json::TimeSpan(ticks) => Value::from(format_timespan(*ticks)),
        Json::Guid(value) => Value::from(format_guid(*value)),
        Json::Array(items) => items.iter().map(json).collect(),
        Json::Bag(slots) => Value::Object(slots.iter().map(|(name, value)| (name.to_string(), json(value))).collect()),
    }
}

/// The columns of an event as their types have them; nulls are left out, and strings that are not there are empty.
fn typed(record: &Record, table: &str, schemas: &Schemas) -> Vec<(String, Json)> {
    let declared = schemas.table(table);
    let mut columns = Vec::with_capacity(record.len());
    for (name, value) in record {
        let known = declared.as_ref().and_then(|table| table.column(name)).map(|column| column.ty);
        let own = if name == INGESTED { Type::DateTime } else { Type::Unknown };
        let ty = known.unwrap_or(own);
        if let Some(value) = of_type(value, ty) {
            columns.push((name.clone(), value));
        }
    }
    for column in declared.iter().flat_map(|table| &table.columns) {
        if column.ty == Type::String && !columns.iter().any(|(name, _)| *name == column.name) {
            columns.push((column.name.to_string(), Json::String("".into())));
        }
    }
    columns
}

/// A value of JSON as the value of a type; nothing for null.
fn of_type(value: &Value, ty: Type) -> Option<Json> {
    let json = of_json(value);
    Some(match (ty, json) {
        (Type::String, Json::Null) => Json::String("".into()),
        (_, Json::Null) => return None,
        (Type::DateTime, Json::String(text)) => Json::DateTime(parse_datetime(&text)?),
        (Type::TimeSpan, Json::String(text)) => Json::TimeSpan(parse_timespan(&text)?),
        (Type::Guid, Json::String(text)) => Json::Guid(parse_guid(&text)?),
        (Type::Int | Type::Long, Json::String(text)) => Json::Long(text.trim().parse().ok()?),
        (Type::Real | Type::Decimal, Json::String(text)) => Json::Real(text.trim().parse().ok()?),
        #[expect(clippy::cast_precision_loss, reason = "a real holds the nearest")]
        (Type::Real | Type::Decimal, Json::Long(number)) => Json::Real(number as f64),
        (Type::Bool, Json::String(text)) => Json::Bool(text.eq_ignore_ascii_case("true") || &*text == "1"),
        (Type::Dynamic, Json::String(text)) => {
            serde_json::from_str(&text).map_or(Json::String(text), |value: Value| of_json(&value))
        }
        (Type::String, Json::Long(_) | Json::Real(_) | Json::Bool(_) | Json::Array(_) | Json::Bag(_)) => {
            Json::String(value.to_string().into())
        }
        (_, json) => json,
    })
}
