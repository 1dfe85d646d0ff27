//! Events of Sentinel under Sigma's names.

use std::collections::BTreeMap;

use super::rows::{Data, Field, Part, Table};
use super::tree;
use crate::ir::{Json, LogSource};
use crate::target::Fields as Names;
use crate::target::store::{Conflict, Empty, Fields, Given, Stored, object_in, parts};

/// The folder and the domain of what is known by its last part alone.
const FOLDER: &str = r"C:\Folder\";
const DOMAIN: &str = "DOMAIN";
/// Where Sigma's readers look for the time of an event.
const TIME: &str = "@timestamp";

/// The event, once for each log source that it belongs to.
pub(super) fn store(data: &Data, event: &Given<'_>, names: Names, empty: Empty) -> (Vec<Stored>, Vec<Conflict>) {
    let row = data.tables.get(event.table).filter(|_| names == Names::Siem);
    let mut fields = Fields::default();
    for (column, value) in event.columns {
        if data.target.time_columns.contains(column) {
            fields.set(TIME, value.clone());
        }
        match row.and_then(|row| row.fields.get(column)) {
            Some(field) => mapped(&mut fields, event, row, (column, value), field, empty),
            None => whole(&mut fields, column, value, column, empty),
        }
    }
    let mut sources = vec![source(data, row, event.table)];
    for (column, choices) in row.iter().flat_map(|row| &row.choose) {
        let value = event.columns.iter().find(|(name, _)| name == column).map(|(_, value)| value);
        if let Some(Json::String(text)) = value
            && let Some(chosen) = choices.get(&**text)
        {
            let chosen = of_tree(chosen);
            if !sources.contains(&chosen) {
                sources.push(chosen);
            }
        }
    }
    let conflicts = fields.conflicts();
    let fields = fields.into_fields();
    let index = event.table.to_owned();
    let stored = |source| Stored { index: index.clone(), log_source: Some(source), fields: fields.clone() };
    (sources.into_iter().map(stored).collect(), conflicts)
}

fn source(data: &Data, row: Option<&Table>, table: &str) -> LogSource {
    match row.and_then(|row| row.logsource.as_ref()) {
        Some(source) => of_tree(source),
        None => LogSource {
            category: None,
            product: Some(data.target.native.product.as_str().into()),
            service: Some(table.to_lowercase().into()),
        },
    }
}

fn of_tree(source: &tree::LogSource) -> LogSource {
    let part = |part: &Option<String>| part.as_deref().map(Into::into);
    LogSource { category: part(&source.category), product: part(&source.product), service: part(&source.service) }
}

/// A value under a field's name; an object also under the names of its parts.
fn whole(fields: &mut Fields, field: &str, value: &Json, column: &str, empty: Empty) {
    let object = match value {
        Json::String(text) => {
            if !text.is_empty() || empty == Empty::Kept {
                fields.add(field, value.clone(), column);
            }
            object_in(text)
        }
        Json::Array(_) | Json::Bag(_) => Some(value.clone()),
        scalar => {
            fields.add(field, scalar.clone(), column);
            None
        }
    };
    if let Some(object) = object {
        let mut inner = Vec::new();
        parts(field, &object, true, "", &mut inner);
        texts(field, &object, &mut inner);
        for (name, value) in inner {
            fields.add(name, value, column);
        }
    }
}

/// The text of an object, and of each inside of it, where there is no field of that name.
fn texts(field: &str, object: &Json, into: &mut Vec<(String, Json)>) {
    let parts: Vec<(String, &Json)> = match object {
        Json::Bag(slots) => slots.iter().map(|(slot, part)| (format!("{field}.{slot}"), part)).collect(),
        Json::Array(items) => items.iter().enumerate().map(|(at, part)| (format!("{field}.{at}"), part)).collect(),
        _ => return,
    };
    if !into.iter().any(|(name, _)| name == field) {
        into.push((field.to_owned(), Json::String(json_text(object).into())));
    }
    for (field, part) in parts {
        texts(&field, part, into);
    }
}

fn json_text(json: &Json) -> String {
    crate::target::splunk::json_text(json)
}

/// A column that has a row: its value put into the field that holds it.
fn mapped(
    fields: &mut Fields,
    event: &Given<'_>,
    row: Option<&Table>,
    (column, value): (&str, &Json),
    field: &Field,
    empty: Empty,
) {
    let text = match value {
        Json::String(text) if field.part != Part::Whole || !field.prefixes.is_empty() => text.to_string(),
        _ => return whole(fields, &field.name, value, column, empty),
    };
    // The column that holds all of the field decides what stands before the last part.
    let others = |part: Part| {
        let row = row?;
        let found = row.fields.iter().find(|(_, other)| other.name == field.name && other.part == part);
        let (name, other) = found?;
        event.columns.iter().find(|(column, _)| column == name).and_then(|(_, value)| match value {
            Json::String(text) if !text.is_empty() => Some((name, rewritten(text, &other.prefixes))),
            _ => None,
        })
    };
    let value = match field.part {
        Part::Whole => rewritten(&text, &field.prefixes),
        _ if text.is_empty() && others(Part::Whole).is_none() && others(Part::Ancestor).is_none() => text,
        Part::BaseName => match (others(Part::Whole), others(Part::Ancestor)) {
            (Some((column_of_whole, whole)), _) => {
                let last = whole.rsplit(['\\', '/']).next().unwrap_or_default();
                if last != text {
                    fields.torn(&field.name, column, column_of_whole);
                }
                whole
            }
            (None, Some((_, ancestor))) if text.is_empty() => ancestor,
            (None, Some((_, ancestor))) => format!("{ancestor}\\{text}"),
            (None, None) => format!("{FOLDER}{text}"),
        },
        Part::Account => format!("{DOMAIN}\\{text}"),
        Part::Ancestor => {
            let own = rewritten(&text, &field.prefixes);
            let leaf = row
                .and_then(|row| {
                    row.fields.iter().find(|(_, other)| other.name == field.name && other.part == Part::BaseName)
                })
                .and_then(|(name, _)| event.columns.iter().find(|(column, _)| column == name))
                .and_then(|(_, value)| if let Json::String(text) = value { Some(text) } else { None });
            match leaf {
                Some(leaf) if !leaf.is_empty() => format!("{own}\\{leaf}"),
                _ => own,
            }
        }
    };
    whole(fields, &field.name, &Json::String(value.into()), column, empty);
}

/// A value with its beginning as it is written in Sigma.
fn rewritten(text: &str, prefixes: &BTreeMap<String, String>) -> String {
    for (long, short) in prefixes {
        if text.get(..long.len()).is_some_and(|head| head.eq_ignore_ascii_case(long)) {
            return format!("{short}{}", &text[long.len()..]);
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::rows::builtin;
    use super::*;

    fn stored(table: &str, columns: &[(&str, &str)]) -> (Vec<Stored>, Vec<Conflict>) {
        let columns: Vec<(String, Json)> =
            columns.iter().map(|(name, text)| ((*name).to_owned(), Json::String((*text).into()))).collect();
        store(builtin().unwrap(), &Given { table, columns: &columns }, Names::Siem, Empty::Missing)
    }

    fn field(stored: &Stored, name: &str) -> String {
        stored.fields.iter().find(|(field, _)| field == name).map_or(String::new(), |(_, value)| value.to_string())
    }

    #[test]
    fn parts_of_a_value_make_one_field() {
        let (events, conflicts) = stored("DeviceProcessEvents", &[("FileName", "a.exe"), ("AccountName", "eve")]);
        assert_eq!(field(&events[0], "Image"), r#""C:\\Folder\\a.exe""#);
        assert_eq!(field(&events[0], "User"), r#""DOMAIN\\eve""#);
        assert!(conflicts.is_empty());
        let both = [("FileName", "a.exe"), ("FolderPath", r"D:\a.exe")];
        assert_eq!(field(&stored("DeviceProcessEvents", &both).0[0], "Image"), r#""D:\\a.exe""#);
        let value = [("RegistryKey", r"HKEY_LOCAL_MACHINE\Software\Run"), ("RegistryValueName", "x")];
        let (events, conflicts) = stored("DeviceRegistryEvents", &value);
        assert_eq!(field(&events[0], "TargetObject"), r#""HKLM\\Software\\Run\\x""#);
        assert!(conflicts.is_empty());
    }

    #[test]
    fn a_value_may_choose_a_further_log_source() {
        let (events, _) = stored("DeviceFileEvents", &[("ActionType", "FileDeleted")]);
        let categories: Vec<_> = events.iter().map(|event| event.log_source.clone().unwrap().category).collect();
        assert_eq!(categories, [Some("file_event".into()), Some("file_delete".into())]);
    }

    #[test]
    fn objects_are_there_as_text_and_by_their_parts() {
        let (events, _) = stored("AuditLogs", &[("TargetResources", r#"[{"displayName":"x"}]"#)]);
        assert_eq!(field(&events[0], "TargetResources.0.displayName"), r#""x""#);
        assert!(field(&events[0], "TargetResources").contains("displayName"));
    }
}
