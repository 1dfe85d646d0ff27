//! Events of Sentinel as Splunk has them: found by the table's search, under CIM's names.

use serde_json::{Map, Value};

use super::lower::clean;
use super::rows::{Data, FieldRow};
use crate::ir::Json;
use crate::literal::{TICKS_PER_SECOND, format_guid, format_timespan};
use crate::target::Fields as Names;
use crate::target::store::{Conflict, Empty, Fields, Given, INGESTED, Stored, object_in, parts};

/// Ticks from 0001-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// A word of a table's search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// A macro, which a site defines: the field that stands for what it finds.
    Macro(String),
    /// A field and the value it has to have.
    Field(String, String),
}

/// The field by which a macro is taken to find its events.
fn marker_field(name: &str) -> String {
    format!("found_by_{name}")
}

/// What a table's search asks for: macros in backticks, `field=value`, `field IN (a, b)` (of which the first).
fn markers(search: &str) -> Vec<Marker> {
    let mut found = Vec::new();
    let mut rest = search.trim();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('`') {
            let end = inner.find('`').unwrap_or(inner.len());
            found.push(Marker::Macro(inner[..end].to_owned()));
            rest = inner.get(end + 1..).unwrap_or_default().trim_start();
            continue;
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let field = rest[..end].to_owned();
        rest = rest[end..].trim_start();
        let value;
        if let Some(list) = rest.strip_prefix("IN (") {
            let end = list.find(')').unwrap_or(list.len());
            value = list[..end].split(',').next().unwrap_or_default().trim();
            rest = list.get(end + 1..).unwrap_or_default().trim_start();
        } else if let Some(text) = rest.strip_prefix('=') {
            if let Some(quoted) = text.strip_prefix('"') {
                let end = quoted.find('"').unwrap_or(quoted.len());
                value = &quoted[..end];
                rest = quoted.get(end + 1..).unwrap_or_default().trim_start();
            } else {
                let end = text.find(char::is_whitespace).unwrap_or(text.len());
                value = &text[..end];
                rest = text[end..].trim_start();
            }
        } else {
            // A bare word is searched for in the text of the event, which no table asks for.
            continue;
        }
        found.push(Marker::Field(field, value.to_owned()));
    }
    found
}

/// Every macro that tables are found by, with a definition that asks for the field which stands for it.
pub(super) fn macros(data: &Data) -> Vec<(String, String)> {
    let searches = data.tables.values().map(|table| table.search.as_str()).chain([data.target.native_search.as_str()]);
    let mut found: Vec<(String, String)> = Vec::new();
    for marker in searches.flat_map(markers) {
        if let Marker::Macro(name) = marker
            && !found.iter().any(|(known, _)| *known == name)
        {
            let definition = format!("{}=1", marker_field(&name));
            found.push((name, definition));
        }
    }
    found
}

/// The event as a search finds it.
pub(super) fn store(data: &Data, event: &Given<'_>, names: Names, empty: Empty) -> (Stored, Vec<Conflict>) {
    let table = data.tables.get(event.table).filter(|_| names == Names::Siem);
    let mut fields = Fields::default();
    let mut raw = Map::new();
    let mut whole = None;
    for (column, value) in event.columns {
        if data.target.time_columns.contains(column) {
            let seconds = match value {
                Json::DateTime(ticks) => seconds_since_1970(*ticks),
                other => other.clone(),
            };
            fields.set("_time", seconds);
            continue;
        }
        if column == INGESTED {
            // The time of indexing has no fractions of a second.
            if let Json::DateTime(ticks) = value {
                fields.set("_indextime", Json::Long((ticks - UNIX_EPOCH).div_euclid(TICKS_PER_SECOND)));
            }
            continue;
        }
        let row = table.and_then(|table| table.fields.get(column));
        let field = table.and_then(|table| table.field(column)).unwrap_or_else(|| clean(column));
        let is_empty = matches!(value, Json::String(text) if text.is_empty());
        if is_empty && table.is_none_or(|table| table.null.is_none()) {
            fields.missing(field.as_str(), column);
        }
        if is_empty && empty == Empty::Missing {
            // A record that is written out whole has null there.
            if let Some(null) = table.and_then(|table| table.null.as_deref()) {
                into_object(&mut raw, &field, Value::Null);
                fields.add(field, Json::String(null.into()), column);
            }
            continue;
        }
        // What is an object of the event is the text of one in Sentinel, where the column is a string.
        let object = match value {
            Json::String(text) if row.is_some_and(FieldRow::is_object) => object_in(text),
            _ => None,
        };
        let word = match value {
            Json::String(text) => row.into_iter().flat_map(FieldRow::words).find(|(value, _)| *value == &**text),
            _ => None,
        };
        let word = word.map(|(_, word)| Json::String(word.into()));
        let value = word.as_ref().or(object.as_ref()).unwrap_or(value);
        let json = super::json_value(value);
        if field == "_raw" {
            whole = Some(json.as_str().map_or_else(|| json.to_string(), str::to_owned));
            continue;
        }
        into_object(&mut raw, &field, json);
        match value {
            Json::Array(_) | Json::Bag(_) => {
                let mut inner = Vec::new();
                parts(&field, value, false, "{}", &mut inner);
                for (name, value) in inner {
                    fields.add(name, as_read(value), column);
                }
                // A mapped column that is no object of the event is a field that holds JSON text.
                if row.is_some_and(|row| !FieldRow::is_object(row)) {
                    fields.add(field, Json::String(super::json_text(value).into()), column);
                }
            }
            scalar => fields.add(field, as_read(scalar.clone()), column),
        }
    }
    let search =
        table.map_or_else(|| data.target.native_search.replace("{table}", event.table), |table| table.search.clone());
    let mut several: Vec<(String, Vec<Json>)> = Vec::new();
    for marker in markers(&search) {
        let (field, value) = match marker {
            Marker::Macro(name) => (marker_field(&name), "1".to_owned()),
            Marker::Field(field, value) => (field, value),
        };
        match several.iter_mut().find(|(name, _)| *name == field) {
            Some((_, values)) => values.push(Json::String(value.into())),
            None => several.push((field, vec![Json::String(value.into())])),
        }
    }
    for (field, mut values) in several {
        let value = if values.len() == 1 { values.remove(0) } else { Json::Array(values) };
        if let Json::String(text) = &value {
            into_object(&mut raw, &field, Value::String(text.to_string()));
        }
        fields.always(&field, value);
    }
    fields.set("_raw", Json::String(whole.unwrap_or_else(|| Value::Object(raw).to_string()).into()));
    let conflicts = fields.conflicts();
    (Stored { index: event.table.to_owned(), log_source: None, fields: fields.into_fields() }, conflicts)
}

/// An instant as Splunk has it in `_time`.
#[expect(clippy::cast_precision_loss, reason = "Splunk keeps no more")]
fn seconds_since_1970(ticks: i64) -> Json {
    Json::Real((ticks - UNIX_EPOCH) as f64 / TICKS_PER_SECOND as f64)
}

/// A value as it is read out of an event's JSON.
fn as_read(value: Json) -> Json {
    match value {
        Json::Bool(value) => Json::String(if value { "true" } else { "false" }.into()),
        Json::DateTime(ticks) => Json::String(crate::literal::format_datetime(ticks).into()),
        Json::TimeSpan(ticks) => Json::String(format_timespan(ticks).into()),
        Json::Guid(value) => Json::String(format_guid(value).into()),
        Json::Array(items) => Json::Array(items.into_iter().map(as_read).collect()),
        other => other,
    }
}

/// Puts a value into an object at a dotted path.
fn into_object(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        Some((head, rest)) => {
            let inner = object.entry(head).or_insert_with(|| Value::Object(Map::new()));
            match inner {
                Value::Object(inner) => into_object(inner, rest, value),
                // A scalar has no parts; what is inside of it elsewhere is kept under its flat name.
                _ => {
                    object.insert(path.to_owned(), value);
                }
            }
        }
        None => match (object.get_mut(path), value) {
            (Some(Value::Object(known)), Value::Object(more)) => {
                for (name, value) in more {
                    known.entry(name).or_insert(value);
                }
            }
            (_, value) => {
                object.insert(path.to_owned(), value);
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::builtin;
    use super::*;

    #[test]
    fn searches_of_tables_come_apart() {
        let field = |name: &str, value: &str| Marker::Field(name.into(), value.into());
        assert_eq!(
            markers("`m` tag=a tag=b sourcetype=\"x y\""),
            [Marker::Macro("m".into()), field("tag", "a"), field("tag", "b"), field("sourcetype", "x y")]
        );
        assert_eq!(markers("sourcetype IN (one, two)"), [field("sourcetype", "one")]);
        for (name, table) in &builtin().unwrap().tables {
            assert!(!markers(&table.search).is_empty(), "{name}");
        }
    }

    #[test]
    fn an_event_has_its_fields_and_its_text() {
        let columns = [
            ("TimeGenerated".to_owned(), Json::DateTime(0)),
            ("UserPrincipalName".to_owned(), Json::String("a@b".into())),
            ("Status".to_owned(), Json::Bag(vec![("errorCode".into(), Json::Long(5))])),
            ("IsInteractive".to_owned(), Json::Bool(true)),
            ("Location".to_owned(), Json::String("".into())),
        ];
        let given = Given { table: "SigninLogs", columns: &columns };
        let (stored, conflicts) = store(builtin().unwrap(), &given, Names::Siem, Empty::Missing);
        let get =
            |name: &str| stored.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.to_string());
        assert_eq!(get("properties.userPrincipalName").as_deref(), Some("\"a@b\""));
        assert_eq!(get("properties.status.errorCode").as_deref(), Some("5"));
        assert_eq!(get("properties.isInteractive").as_deref(), Some("\"true\""));
        assert_eq!(get("category").as_deref(), Some("\"SignInLogs\""));
        assert_eq!(get("found_by_azure_monitor_aad").as_deref(), Some("\"1\""));
        assert_eq!(get("location"), None);
        assert!(get("_raw").unwrap().contains("errorCode"));
        assert!(conflicts.is_empty());
    }

    #[test]
    fn a_record_lies_in_the_event_with_null_for_what_it_lacks() {
        let columns = [
            ("City".to_owned(), Json::String("".into())),
            ("RawEventData".to_owned(), Json::Bag(vec![("Id".into(), Json::Long(5))])),
            ("TenantId".to_owned(), Json::String("t".into())),
        ];
        let given = Given { table: "CloudAppEvents", columns: &columns };
        let get = |empty, name: &str| {
            let (stored, _) = store(builtin().unwrap(), &given, Names::Siem, empty);
            stored.fields.into_iter().find(|(field, _)| field == name).map(|(_, value)| value.to_string())
        };
        assert_eq!(get(Empty::Missing, "properties.City").as_deref(), Some("\"null\""));
        assert_eq!(get(Empty::Kept, "properties.City").as_deref(), Some("\"\""));
        assert_eq!(get(Empty::Missing, "properties.RawEventData.Id").as_deref(), Some("5"));
        assert_eq!(get(Empty::Missing, "TenantId").as_deref(), Some("\"t\""));
        assert_eq!(get(Empty::Missing, "category").as_deref(), Some("\"AdvancedHunting-CloudAppEvents\""));
    }
}
