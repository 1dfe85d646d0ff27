//! `targets/elastic/tables.yaml`: where Sentinel's tables are in Elasticsearch, and what ECS calls their columns.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::ir::{ColumnInfo, Expr, Name};
use crate::target::{DataError, DataFile, Fields, LossKind};
use crate::types::Type;

/// The file built in.
const TABLES: DataFile<'_> =
    DataFile { name: "targets/elastic/tables.yaml", text: include_str!("../../../targets/elastic/tables.yaml") };

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    /// Where Sentinel's own tables are when fields keep their names; `{table}` is the table in lower case.
    pub native_index: String,
    /// The columns that hold the time of an event, `@timestamp` in Elasticsearch.
    pub time_columns: Vec<String>,
    /// Columns and slots that hold an array of objects, of which nothing is stored under the name itself.
    pub object_arrays: Vec<String>,
    /// Columns that hold an array of texts: a field with several values.
    pub text_arrays: Vec<String>,
    /// The tables.
    pub tables: BTreeMap<String, Table>,
    /// Objects with parts of other names, by their fields.
    #[serde(skip)]
    objects: BTreeMap<String, Object>,
}

/// A table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The index pattern.
    pub index: String,
    /// What tells its records from others in the index: fields and their values.
    #[serde(default, rename = "where")]
    pub only: Vec<(String, String)>,
    /// The category of ECS that all its records have, for EQL.
    pub category: Option<String>,
    /// Whether where it is is a guess.
    #[serde(default)]
    pub guess: bool,
    /// The sources of the names, by the tags of the facts.
    #[serde(default)]
    pub evidence: String,
    /// The table whose rows for columns count where it has none of its own.
    pub like: Option<String>,
    /// The columns.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldRow>,
}

/// A column.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum FieldRow {
    /// Its name in Elasticsearch.
    Name(String),
    /// Its name and what else there is to say.
    Full(FieldDetails),
}

/// What there is to say of a column.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDetails {
    /// The name in Elasticsearch.
    pub name: String,
    /// Whether no source confirms it.
    #[serde(default)]
    pub guess: bool,
    /// What more there is to tell of it: where the field has no value, or one of another form.
    pub note: Option<String>,
    /// How the pipeline changes values.
    pub values: Option<Values>,
    /// The type there, where it is not that of the column.
    #[serde(rename = "type")]
    pub ty: Option<StoredType>,
    /// Whether it is an object whose parts are fields below that name.
    #[serde(default)]
    pub object: bool,
    /// What the pipeline calls the parts of the object, at any depth. Without it they keep their names.
    pub parts: Option<BTreeMap<String, String>>,
    /// Whether elements of arrays within the object have no positions: the same part of all is one field of several values.
    #[serde(default)]
    pub merged: bool,
    /// Whether the object is one field of the type `flattened`, whose parts are none.
    #[serde(default)]
    pub flattened: bool,
}

/// An object whose parts are not simply fields under their own names.
#[derive(Clone, Debug)]
struct Object {
    /// The column.
    column: String,
    /// What is said of it.
    details: FieldDetails,
}

/// What a part of an object is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::target) struct Part {
    /// The name of the field.
    pub(in crate::target) field: String,
    /// What is to be told of it.
    pub(in crate::target) note: Option<String>,
}

/// How a pipeline changes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Values {
    /// Lower case, blanks become hyphens.
    LowerDashed,
    /// As before, but for the actions that the pipeline of Defender's device tables gives names of ECS.
    DeviceAction,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// As they are, but for the operations of Microsoft 365 that have names of ECS.
    OfficeOperation,
    /// The number of each kind of user in the audit log of Microsoft 365.
    OfficeUserType,
}

/// What the pipeline of elastic/integrations calls actions of Defender's device tables (`pipeline_device.yml`).
const DEVICE_ACTIONS: &[(&str, &str)] = &[
    ("filecreated", "creation"),
    ("filedeleted", "deletion"),
    ("filemodified", "modification"),
    ("filerenamed", "rename"),
    ("imageloaded", "load"),
    ("processcreated", "start"),
    ("registrykeycreated", "creation"),
    ("registryvalueset", "modification"),
];

/// What the pipeline of elastic/integrations calls operations of Microsoft 365
/// (`packages/o365/data_stream/audit/elasticsearch/ingest_pipeline/default.yml`).
const OFFICE_OPERATIONS: &[(&str, &str)] = &[
    ("Add user.", "added-user-account"),
    ("Delete user.", "deleted-user-account"),
    ("MemberAdded", "added-users-to-group"),
    ("TeamCreated", "added-group-account-to"),
    ("Update user.", "modified-user-account"),
];

/// The numbers of kinds of users, which the pipeline keeps as the API of the audit log has them, where Sentinel has their
/// names (<https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema>).
const OFFICE_USER_TYPES: &[(&str, &str)] = &[
    ("Regular", "0"),
    ("Reserved", "1"),
    ("Admin", "2"),
    ("DcAdmin", "3"),
    ("System", "4"),
    ("Application", "5"),
    ("ServicePrincipal", "6"),
];

impl Values {
    /// What is told where parts of a value are looked for that may bear another name there.
    pub(in crate::target) fn part_message<T: AsRef<str>>(self, parts: &[T]) -> Option<&'static str> {
        let within = |name: &str| {
            let name = name.to_lowercase();
            parts.is_empty() || parts.iter().any(|part| name.contains(&part.as_ref().to_lowercase()))
        };
        match self {
            Self::DeviceAction => Some(
                "actions have other names there, as `start` for `ProcessCreated`, so that a part of one is not found",
            ),
            Self::OfficeOperation if OFFICE_OPERATIONS.iter().any(|(name, _)| within(name)) => Some(
                "some operations have other names there, as `added-users-to-group` for `MemberAdded`, so that a part of one is not found",
            ),
            Self::OfficeUserType => Some("kinds of users are numbers there, so that a part of a name is not found"),
            _ => None,
        }
    }

    /// Whether values that differ in case alone are different ones there.
    pub(in crate::target) const fn keeps_case(self) -> bool {
        matches!(self, Self::OfficeOperation | Self::OfficeUserType)
    }

    /// A value as the pipeline stores it.
    pub fn apply(self, text: &str) -> String {
        match self {
            Self::LowerDashed => text.to_lowercase().replace(' ', "-"),
            Self::DeviceAction => {
                let plain = text.to_lowercase().replace(' ', "-");
                let named = DEVICE_ACTIONS.iter().find(|(action, _)| *action == plain);
                named.map_or(plain, |(_, name)| (*name).to_owned())
            }
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::OfficeOperation => renamed(OFFICE_OPERATIONS, text),
            Self::OfficeUserType => renamed(OFFICE_USER_TYPES, text),
        }
    }
}

/// What a list calls a value, whose case may be another where a rule asks for it.
fn renamed(names: &[(&str, &str)], text: &str) -> String {
    let lower = text.to_lowercase();
    let named = names.iter().find(|(name, _)| name.to_lowercase() == lower);
    named.map_or_else(|| text.to_owned(), |(_, name)| (*name).to_owned())
}

/// A type of a field that matters to how it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoredType {
    /// A string.
    Keyword,
    /// A whole number.
    Long,
    /// An address.
    Ip,
    /// A text that is searched by its words, and has no whole that EQL could compare.
    Text,
}

impl StoredType {
    /// Whether a field of this type can hold what a text says.
    pub(in crate::target) fn holds(self, text: &str) -> bool {
        match self {
            Self::Keyword | Self::Text => true,
            // `007` is the text of no number.
            Self::Long => text.parse::<i64>().is_ok_and(|number| number.to_string() == text),
            Self::Ip => text.parse::<IpAddr>().is_ok(),
        }
    }

    /// What is told where such a field is compared with a text that it cannot hold.
    pub(in crate::target) fn message(self, text: &str) -> String {
        let kind = if self == Self::Ip { "addresses" } else { "numbers" };
        format!("the field there holds {kind} alone, so that an event with `{text}` is one without a value")
    }
}

/// Where a column is and how it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::target) struct Place {
    /// The field.
    pub(in crate::target) field: String,
    /// How the pipeline changes values.
    pub(in crate::target) values: Option<Values>,
    /// The type there.
    pub(in crate::target) ty: Option<StoredType>,
    /// What has to be told where it is used.
    pub(in crate::target) note: Option<(LossKind, Arc<str>)>,
}

/// The data built in, read at the first call.
///
/// # Errors
/// What is wrong with the file; a test sees to it that nothing is.
pub fn builtin() -> Result<&'static Tables, DataError> {
    static DATA: LazyLock<Result<Tables, DataError>> = LazyLock::new(|| Tables::read(TABLES.current()?));
    DATA.as_ref().map_err(Clone::clone)
}

impl Tables {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// The first mistake, with file and line.
    pub fn read(file: DataFile<'_>) -> Result<Self, DataError> {
        let mut tables: Self = file.read()?;
        let all = tables.tables.clone();
        for (name, table) in &mut tables.tables {
            let Some(like) = &table.like else { continue };
            let Some(other) = all.get(like) else {
                return Err(
                    file.error_at_key(&["tables", name, "like"], format!("there is no table `{like}` to be like"))
                );
            };
            for (column, field) in &other.fields {
                table.fields.entry(column.clone()).or_insert_with(|| field.clone());
            }
        }
        for (column, row) in tables.tables.values().flat_map(|table| &table.fields) {
            if let FieldRow::Full(details) = row
                && (details.parts.is_some() || details.merged || details.flattened)
            {
                let object = Object { column: column.clone(), details: details.clone() };
                tables.objects.insert(details.name.clone(), object);
            }
        }
        Ok(tables)
    }

    /// The field of what is one step below another in an object: a part by its name, or an element by its position.
    pub(in crate::target) fn part(&self, field: &str, step: &str) -> Part {
        let plain = |note| Part { field: format!("{field}.{step}"), note };
        let within = |name: &str| field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let Some((name, object)) = self.objects.iter().find(|(name, _)| within(name)) else { return plain(None) };
        let (column, details) = (&object.column, &object.details);
        if details.flattened {
            return plain(Some(format!(
                "`{name}` is one field of the type `flattened`: what is in `{column}` has to be mapped as fields of its own"
            )));
        }
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            let note = format!("elements of arrays in `{name}` have no positions there, all of them are one field");
            return plain(details.merged.then_some(note));
        }
        let Some(parts) = &details.parts else { return plain(None) };
        match parts.get(step) {
            Some(part) => Part { field: format!("{field}.{part}"), note: None },
            None => plain(Some(format!("that `{step}` in `{column}` is `{field}.{step}` is a guess"))),
        }
    }

    /// The field that a way with dots leads to from another.
    pub(in crate::target) fn below(&self, field: &str, way: &str) -> Part {
        let mut part = Part { field: field.to_owned(), note: None };
        for step in way.split('.') {
            let next = self.part(&part.field, step);
            part = Part { note: part.note.or(next.note), ..next };
        }
        part
    }

    /// The row of a table under a choice of names.
    pub(in crate::target) fn table(&self, name: &str, fields: Fields) -> Option<&Table> {
        if fields == Fields::Siem { self.tables.get(name) } else { None }
    }

    /// The index pattern of a table that keeps its names.
    pub(crate) fn native(&self, name: &str) -> String {
        self.native_index.replace("{table}", &name.to_lowercase())
    }

    /// Whether a column holds the time of the event.
    pub(in crate::target) fn is_time(&self, column: &str) -> bool {
        self.time_columns.iter().any(|time| time == column)
    }

    /// Whether the pipeline changes the case of a column's values.
    pub(in crate::target) fn folds(&self, table: &str, column: &str, fields: Fields) -> bool {
        let row = self.table(table, fields).and_then(|table| table.fields.get(column));
        matches!(row, Some(FieldRow::Full(row)) if row.values.is_some())
    }

    /// Why a value that is reached by a path is none of its own, if it is so.
    pub(in crate::target) fn no_value(&self, path: &[Expr]) -> Option<String> {
        let name = path.last()?.as_literal()?.as_str()?;
        self.object_arrays.iter().any(|array| array == name).then(|| {
            format!(
                "`{name}` holds objects, and only their parts are fields in Elasticsearch; name the part that is meant"
            )
        })
    }

    /// What is to be told of where a table is.
    pub(in crate::target) fn table_note(&self, name: &str, known: bool, fields: Fields) -> Option<(LossKind, String)> {
        if !known {
            let message = match self.table(name, fields) {
                None => format!(
                    "nothing here knows a table `{name}`; its records are taken to be in the index of that name"
                ),
                Some(table) => {
                    format!("nothing here knows the columns of `{name}`, whose records are in `{}`", table.index)
                }
            };
            return Some((LossKind::UnresolvedName, message));
        }
        if fields == Fields::Native {
            return None;
        }
        match self.tables.get(name) {
            None => Some((
                LossKind::UnmappedField,
                format!("the table `{name}` has no known place in ECS; it is read under Sentinel's own names"),
            )),
            Some(table) if table.guess => Some((
                LossKind::UnmappedField,
                format!("where the records of `{name}` are in Elasticsearch is a guess"),
            )),
            Some(_) => None,
        }
    }

    /// Where a column is that no schema lists, if a row says it of its table.
    pub(in crate::target) fn unlisted_place(
        &self,
        column: &ColumnInfo,
        table: Option<&Name>,
        fields: Fields,
    ) -> Option<Place> {
        let table = table?;
        let row = self.table(table, fields)?;
        let listed = row.fields.contains_key(&*column.name);
        listed.then(|| self.place(&column.name, column.ty.ty, table, fields))
    }

    /// Where a column of a table is.
    pub(in crate::target) fn place(&self, name: &str, ty: Type, table_name: &str, fields: Fields) -> Place {
        let plain = |field: &str| Place { field: field.to_owned(), values: None, ty: None, note: None };
        if self.is_time(name) {
            return plain("@timestamp");
        }
        let Some(table) = self.table(table_name, fields) else { return plain(name) };
        let note = |text: String| Some((LossKind::UnmappedField, text.into()));
        match table.fields.get(name) {
            None => Place {
                note: note(format!(
                    "the column `{name}` of {table_name} has no known field in ECS; it keeps Sentinel's name"
                )),
                ..plain(name)
            },
            Some(FieldRow::Name(field)) => Place { ty: stored_ip(field, ty), ..plain(field) },
            Some(FieldRow::Full(row)) => Place {
                field: row.name.clone(),
                values: row.values,
                ty: row.ty.or_else(|| stored_ip(&row.name, ty)),
                note: match &row.note {
                    _ if row.guess => note(format!("that `{name}` of {table_name} is `{}` is a guess", row.name)),
                    Some(more) => note(format!("`{name}` of {table_name} is `{}` there, {more}", row.name)),
                    None => None,
                },
            },
        }
    }
}

/// ECS types every field whose last word is `ip` as an address.
fn stored_ip(field: &str, ty: Type) -> Option<StoredType> {
    (matches!(ty, Type::String | Type::Unknown) && field.rsplit('.').next() == Some("ip")).then_some(StoredType::Ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_are_those_of_sentinel() {
        let schemas = crate::schema::Schemas::default();
        for (name, table) in &builtin().unwrap().tables {
            // A custom log is whatever its workspace makes of it.
            if name.ends_with("_CL") {
                continue;
            }
            let known = schemas.table(name).unwrap_or_else(|| panic!("{name} is no table"));
            for column in table.fields.keys() {
                let own = table.like.is_some() || known.open || known.column(column).is_some();
                assert!(own, "{name} has no column {column}");
            }
            assert!(!table.evidence.is_empty() || table.guess, "{name} has no evidence");
            assert!(!table.index.is_empty(), "{name}");
        }
    }

    #[test]
    fn parts_of_objects_have_the_names_that_the_pipeline_gives_them() {
        let part = |field: &str, way: &str| builtin().unwrap().below(field, way);
        let resources = "azure.auditlogs.properties.target_resources";
        for (field, way, name, known) in [
            (resources, "0.displayName", "0.display_name", true),
            (resources, "1.modifiedProperties.2.newValue", "1.modified_properties.2.new_value", true),
            (resources, "0.groupType", "0.groupType", false),
            ("azure.auditlogs.properties.initiated_by", "user.userPrincipalName", "user.userPrincipalName", true),
            ("azure.auditlogs.properties.additional_details", "0.value", "0.value", false),
            ("azure.signinlogs.properties.status", "errorCode", "error_code", true),
            ("azure.signinlogs.properties.device_detail", "isCompliant", "is_compliant", true),
            ("m365_defender.event.raw_event_data", "Operation", "Operation", false),
            ("winlog.event_data", "LogonType", "LogonType", true),
            // The pipelines of Sysmon and PowerShell move most of theirs elsewhere.
            ("winlog.event_data", "AnyName", "AnyName", false),
            ("TargetResources", "0.displayName", "0.displayName", true),
        ] {
            let found = part(field, way);
            assert_eq!((found.field, found.note.is_none()), (format!("{field}.{name}"), known), "{field}.{way}");
        }
    }

    #[test]
    fn a_field_holds_what_its_type_can() {
        for (ty, text, holds) in [
            (StoredType::Ip, "10.0.0.1", true),
            (StoredType::Ip, "::1", true),
            (StoredType::Ip, "-", false),
            (StoredType::Long, "443", true),
            (StoredType::Long, "007", false),
            (StoredType::Long, "-", false),
            (StoredType::Keyword, "-", true),
        ] {
            assert_eq!(ty.holds(text), holds, "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        let read = |text: &str| Tables::read(DataFile { name: "t", text }).unwrap_err().to_string();
        let head = "native_index: x\ntime_columns: []\nobject_arrays: []\ntext_arrays: []\ntables:\n";
        let orphan = format!("{head}  A:\n    index: a\n    like: B\n");
        assert!(read(&orphan).starts_with("t:8: there is no table `B`"));
        let misspelt = format!("{head}  A:\n    indices: a\n");
        assert!(read(&misspelt).contains("unknown field"));
    }
}
