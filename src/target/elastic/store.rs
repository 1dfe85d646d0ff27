//! Events of Sentinel as Elastic's integrations store them.

use super::tables::{StoredType, Tables};
use crate::ir::Json;
use crate::literal::{TICKS_PER_SECOND, format_guid, format_timespan};
use crate::target::Fields as Names;
use crate::target::store::{Conflict, Fields, Given, INGESTED, Stored, is_empty, object_in, parts};
use crate::types::Type;

/// Ticks in a millisecond: finer is no instant here.
const TICKS_PER_MILLI: i64 = TICKS_PER_SECOND / 1000;

/// The event as it stands in its index. An empty string is not there at all, inside an object or array neither.
pub(in crate::target) fn store(tables: &Tables, event: &Given<'_>, names: Names) -> (Stored, Vec<Conflict>) {
    let table = tables.table(event.table, names);
    let mut fields = Fields::default();
    for (column, value) in event.columns {
        if column == INGESTED {
            fields.set("event.ingested", typed(value.clone(), None));
            continue;
        }
        let ty = type_of(value);
        let place = tables.place(column, ty, event.table, names);
        if is_empty(value) {
            fields.missing(place.field, column);
            continue;
        }
        let object = match value {
            Json::Array(_) | Json::Bag(_) => Some(value.clone()),
            Json::String(text) => object_in(text),
            _ => None,
        };
        let mut inner = Vec::new();
        if let Some(object) = &object {
            parts(&place.field, object, true, "", &mut inner);
        }
        if !matches!(value, Json::Array(_) | Json::Bag(_)) {
            let value = match (place.values, value) {
                (Some(values), Json::String(text)) => Json::String(values.apply(text).into()),
                _ => value.clone(),
            };
            // The pipeline drops what is no address, as `-`.
            if matches!((place.ty, &value), (Some(StoredType::Ip), Json::String(text)) if !StoredType::Ip.holds(text)) {
                fields.unheld(place.field.clone(), column);
            } else {
                fields.add(place.field.clone(), typed(value, place.ty), column);
            }
        }
        for (name, value) in inner {
            let value = typed(value, None);
            let way = name.strip_prefix(&place.field).and_then(|way| way.strip_prefix('.'));
            let name = way.map_or_else(|| name.clone(), |way| tables.below(&place.field, way).field);
            if !is_empty(&value) && !matches!(&value, Json::Array(items) if items.is_empty()) {
                fields.add(name, value, column);
            }
        }
    }
    let index = table.map_or_else(|| tables.native(event.table), |table| table.index.clone());
    let index = index.split(',').next().unwrap_or_default().trim().replace('*', "default");
    if let Some(table) = table {
        // A data stream has the dataset of its name in each of its documents.
        if let (true, Some(name)) = (table.only.is_empty(), dataset(&table.index)) {
            fields.always("data_stream.dataset", Json::String(name.into()));
        }
        for (field, value) in &table.only {
            fields.always(field, Json::String(value.as_str().into()));
        }
        if let Some(category) = &table.category {
            fields.always("event.category", Json::String(category.as_str().into()));
        }
    }
    let conflicts = fields.conflicts();
    (Stored { index, log_source: None, fields: fields.into_fields() }, conflicts)
}

/// The dataset of the first of the data streams that a pattern is for: what stands between the type and the namespace
/// (<https://www.elastic.co/docs/manage-data/data-store/data-streams>).
fn dataset(indices: &str) -> Option<&str> {
    let first = indices.split(',').next()?.trim().strip_prefix("logs-")?.trim_end_matches('*');
    Some(first.strip_suffix('-').unwrap_or(first))
}

const fn type_of(value: &Json) -> Type {
    match value {
        Json::String(_) => Type::String,
        Json::DateTime(_) => Type::DateTime,
        Json::Long(_) => Type::Long,
        _ => Type::Dynamic,
    }
}

/// A value as a field of a type holds it.
fn typed(value: Json, ty: Option<StoredType>) -> Json {
    match (ty, value) {
        (Some(StoredType::Keyword), Json::Long(number)) => Json::String(number.to_string().into()),
        (Some(StoredType::Keyword), Json::Bool(value)) => Json::String(value.to_string().into()),
        (Some(StoredType::Long), Json::String(text)) => {
            text.parse().map_or_else(|_| Json::String(text.clone()), Json::Long)
        }
        (_, Json::DateTime(ticks)) => Json::DateTime(ticks.div_euclid(TICKS_PER_MILLI) * TICKS_PER_MILLI),
        (_, Json::TimeSpan(ticks)) => Json::String(format_timespan(ticks).into()),
        (_, Json::Guid(value)) => Json::String(format_guid(value).into()),
        (_, Json::Array(items)) => {
            let items = items.into_iter().filter(|item| !is_empty(item));
            Json::Array(items.map(|item| typed(item, None)).collect())
        }
        (_, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::{FieldRow, builtin};
    use super::*;

    /// The columns of a table whose rows say that they are objects.
    fn objects(tables: &Tables) -> impl Iterator<Item = (&str, &str)> {
        tables.tables.iter().flat_map(|(name, table)| {
            let object = |row: &FieldRow| matches!(row, FieldRow::Full(details) if details.object);
            table
                .fields
                .iter()
                .filter(move |(_, row)| object(row))
                .map(move |(column, _)| (name.as_str(), column.as_str()))
        })
    }

    #[test]
    fn values_are_as_the_pipeline_makes_them() {
        let columns = [
            ("TimeGenerated".to_owned(), Json::DateTime(10_001)),
            ("ActionType".to_owned(), Json::String("Process Created".into())),
            ("ProcessCommandLine".to_owned(), Json::String("A b".into())),
        ];
        let given = Given { table: "DeviceProcessEvents", columns: &columns };
        let (stored, conflicts) = store(builtin().unwrap(), &given, Names::Siem);
        let get = |name: &str| stored.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        assert_eq!(stored.index, "logs-m365_defender.event-default");
        assert_eq!(get("@timestamp"), Some(Json::DateTime(10_000)));
        assert_eq!(get("event.action"), Some(Json::String("process-created".into())));
        assert_eq!(get("process.command_line"), Some(Json::String("A b".into())));
        assert_eq!(get("event.category"), Some(Json::String("process".into())));
        assert!(conflicts.is_empty());
    }

    #[test]
    fn a_data_stream_names_its_dataset_in_each_document() {
        let stored = |table| store(builtin().unwrap(), &Given { table, columns: &[] }, Names::Siem).0.fields;
        let named = ("data_stream.dataset".to_owned(), Json::String("azure.auditlogs".into()));
        assert!(stored("AuditLogs").contains(&named));
        assert_eq!(dataset("logs-system.security*, winlogbeat-*"), Some("system.security"));
        assert_eq!(dataset("winlogbeat-*"), None);
    }

    #[test]
    fn a_field_holds_what_its_type_can() {
        let text = |text: &str| Json::String(text.into());
        for (table, column, value, stored) in [
            ("SecurityEvent", "IpAddress", text("-"), None),
            ("SecurityEvent", "IpAddress", text("10.0.0.1"), Some(text("10.0.0.1"))),
            ("SecurityEvent", "IpPort", text("445"), Some(Json::Long(445))),
            ("SecurityEvent", "KeyLength", Json::Long(0), Some(text("0"))),
            ("AWSCloudTrail", "SessionMfaAuthenticated", Json::Bool(false), Some(text("false"))),
        ] {
            let columns = [(column.to_owned(), value)];
            let (found, conflicts) = store(builtin().unwrap(), &Given { table, columns: &columns }, Names::Siem);
            assert_eq!(conflicts.is_empty(), stored.is_some(), "{column}");
            let mut fields = found.fields.into_iter().filter(|(name, _)| name != "data_stream.dataset");
            assert_eq!(fields.next().map(|(_, value)| value), stored, "{column}");
        }
        let resources = object_in(r#"[{"displayName":"x","modifiedProperties":[{"newValue":"y"}]}]"#).unwrap();
        let columns = [("TargetResources".to_owned(), resources)];
        let (found, _) = store(builtin().unwrap(), &Given { table: "AuditLogs", columns: &columns }, Names::Siem);
        for (name, value) in [("0.display_name", "x"), ("0.modified_properties.0.new_value", "y")] {
            let name = format!("azure.auditlogs.properties.target_resources.{name}");
            assert!(found.fields.contains(&(name, text(value))), "{:?}", found.fields);
        }
    }

    #[test]
    fn a_code_is_a_keyword_and_an_object_its_parts() {
        let columns = [("EventID".to_owned(), Json::Long(4625))];
        let (stored, _) = store(builtin().unwrap(), &Given { table: "SecurityEvent", columns: &columns }, Names::Siem);
        assert_eq!(stored.fields[0], ("event.code".to_owned(), Json::String("4625".into())));
        for (given, kept) in [(vec!["", "x"], Some("x")), (vec![""], None)] {
            let array = Json::Array(given.into_iter().map(|text| Json::String(text.into())).collect());
            let columns = [("AlertIds".to_owned(), array)];
            let given = Given { table: "SecurityIncident", columns: &columns };
            let (stored, _) = store(builtin().unwrap(), &given, Names::Siem);
            let kept = kept.map(|text| Json::Array(vec![Json::String(text.into())]));
            assert_eq!(stored.fields.iter().find(|(name, _)| name == "AlertIds").map(|(_, value)| value.clone()), kept);
        }
        let (table, column) = objects(builtin().unwrap()).next().unwrap();
        let bag = Json::Bag(vec![("a".into(), Json::Long(1)), ("b".into(), Json::String("".into()))]);
        let columns = [(column.to_owned(), bag)];
        let (stored, _) = store(builtin().unwrap(), &Given { table, columns: &columns }, Names::Siem);
        assert!(
            stored.fields.iter().any(|(name, value)| name.rsplit('.').next() == Some("a") && *value == Json::Long(1))
        );
        assert!(!stored.fields.iter().any(|(name, _)| name.rsplit('.').next() == Some("b")), "{:?}", stored.fields);
    }
}
