//! `targets/elastic/tables.yaml`: where Sentinel's tables are in Elasticsearch, and what ECS calls their columns.

use std::collections::BTreeMap;
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
    /// How the pipeline changes values.
    pub values: Option<Values>,
    /// The type there, where it is not that of the column.
    #[serde(rename = "type")]
    pub ty: Option<StoredType>,
    /// Whether it is an object whose parts are fields below that name, with these names where they differ.
    #[serde(default)]
    pub object: bool,
}

/// How a pipeline changes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Values {
    /// Lower case, blanks become hyphens.
    LowerDashed,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
}

impl Values {
    /// A value as the pipeline stores it.
    pub fn apply(self, text: &str) -> String {
        match self {
            Self::LowerDashed => text.to_lowercase().replace(' ', "-"),
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
        }
    }
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
        Ok(tables)
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
                note: row.guess.then(|| {
                    (
                        LossKind::UnmappedField,
                        format!("that `{name}` of {table_name} is `{}` is a guess", row.name).into(),
                    )
                }),
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
    fn mistakes_are_told_with_file_and_line() {
        let read = |text: &str| Tables::read(DataFile { name: "t", text }).unwrap_err().to_string();
        let head = "native_index: x\ntime_columns: []\nobject_arrays: []\ntext_arrays: []\ntables:\n";
        let orphan = format!("{head}  A:\n    index: a\n    like: B\n");
        assert!(read(&orphan).starts_with("t:8: there is no table `B`"));
        let misspelt = format!("{head}  A:\n    indices: a\n");
        assert!(read(&misspelt).contains("unknown field"));
    }
}
