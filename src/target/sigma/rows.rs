//! The data of the target, read once: `target.yaml`, `tables.yaml` and `functions.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::tree::LogSource;
use crate::target::{Capabilities, DataError, DataFile, LossRow};

const TARGET: DataFile<'_> =
    DataFile { name: "targets/sigma/target.yaml", text: include_str!("../../../targets/sigma/target.yaml") };
const TABLES: DataFile<'_> =
    DataFile { name: "targets/sigma/tables.yaml", text: include_str!("../../../targets/sigma/tables.yaml") };
const FUNCTIONS: DataFile<'_> =
    DataFile { name: "targets/sigma/functions.yaml", text: include_str!("../../../targets/sigma/functions.yaml") };

/// All data of the target.
#[derive(Debug)]
pub struct Data {
    /// `target.yaml`
    pub target: TargetFile,
    /// Tables, by name.
    pub tables: BTreeMap<String, Table>,
    /// `functions.yaml`
    pub functions: FunctionsFile,
}

/// `target.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// What every target states.
    pub capabilities: Capabilities,
    /// The `status` of a converted rule.
    pub status: String,
    /// The log source of tables under Sentinel's own names.
    pub native: Native,
    /// Severities, in lower case, and their levels.
    pub levels: BTreeMap<String, String>,
    /// Tactics and their tags.
    pub tactics: BTreeMap<String, String>,
    /// Extensions of names of files that are found on Windows alone.
    pub windows_extensions: Vec<String>,
    /// The columns that hold the time of an event.
    pub time_columns: Vec<String>,
    /// Tables that hold what is known rather than events; `*` at the end stands for anything.
    pub reference_tables: Vec<String>,
}

/// The log source of tables under Sentinel's own names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Native {
    /// `product`
    pub product: String,
    /// `definition`; `{table}` is the table.
    pub definition: String,
}

/// A table of Sentinel among Sigma's log sources.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The log source, unless it is like another table's.
    #[serde(default)]
    pub logsource: Option<LogSource>,
    /// Whether that is a guess, or narrower or wider than the table.
    #[serde(default)]
    pub guess: bool,
    /// Where the names are from.
    #[serde(default)]
    pub evidence: String,
    /// Values of a column that choose another log source.
    #[serde(default)]
    pub choose: BTreeMap<String, BTreeMap<String, LogSource>>,
    /// The table whose rows hold here too.
    #[serde(default)]
    pub like: Option<String>,
    /// Whether columns without a row have the same name in Sigma.
    #[serde(default)]
    pub verbatim: bool,
    /// Columns.
    #[serde(default, rename = "fields")]
    field_rows: BTreeMap<String, FieldRow>,
    /// Columns, as read.
    #[serde(skip)]
    pub fields: BTreeMap<String, Field>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum FieldRow {
    Name(String),
    Full(Field),
}

/// A field of Sigma.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What the column's value is of the field's.
    #[serde(default, rename = "as")]
    pub part: Part,
    /// Whether that is a guess.
    #[serde(default)]
    pub guess: bool,
    /// Beginnings of values that are written in another way there.
    #[serde(default)]
    pub prefixes: BTreeMap<String, String>,
}

/// What a column's value is of the field's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// What stands behind the last separator of a path.
    BaseName,
    /// What stands behind the domain and a backslash.
    Account,
    /// A beginning, up to a backslash or to the end.
    Ancestor,
}

/// `functions.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionsFile {
    /// Functions that give bool.
    pub predicates: BTreeMap<String, Predicate>,
    /// Functions that a test looks through.
    pub values: BTreeMap<String, Wrap>,
    /// Aggregates.
    pub aggregates: BTreeMap<String, AggregateRow>,
}

/// What a predicate is rewritten to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicate {
    /// Empty or missing.
    Empty,
    /// Neither.
    NotEmpty,
    /// An address in a network.
    InRange,
    /// An address in one of several networks.
    InAnyRange,
    /// An address in a private network.
    Private,
}

/// What a function makes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrap {
    /// Nothing that a test could see.
    Same,
    /// Small letters.
    Lower,
    /// Capital letters.
    Upper,
    /// What its JSON text holds.
    Json,
}

/// A correlation that counts as an aggregate does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AggregateRow {
    /// The type.
    #[serde(rename = "type")]
    pub kind: Count,
    /// The position of the argument that is counted, from 1.
    #[serde(default)]
    pub field: Option<usize>,
    /// The position of the predicate, from 1.
    #[serde(default)]
    pub condition: Option<usize>,
    /// The position of the argument without which an event does not count, from 1.
    #[serde(default)]
    pub filled: Option<usize>,
    /// Whether it gives an array, and what is compared is its length.
    #[serde(default)]
    pub of_array: bool,
    #[serde(default)]
    /// What differs.
    pub loss: Option<LossRow>,
}

/// Types of correlations that aggregates become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Events.
    EventCount,
    /// Different values.
    ValueCount,
    /// The sum.
    ValueSum,
    /// The average.
    ValueAvg,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TablesFile {
    tables: BTreeMap<String, Table>,
}

/// Reads the data.
///
/// # Errors
/// Where a file is broken or says what cannot be.
pub fn read(target: &DataFile<'_>, tables: &DataFile<'_>, functions: &DataFile<'_>) -> Result<Data, DataError> {
    let mut rows: BTreeMap<String, Table> = tables.read::<TablesFile>()?.tables;
    for (name, table) in &mut rows {
        for (column, row) in std::mem::take(&mut table.field_rows) {
            let field = match row {
                FieldRow::Name(name) => Field { name, ..Field::default() },
                FieldRow::Full(field) => field,
            };
            if field.name.is_empty() || field.name.contains('|') {
                return Err(tables.error_at_key(&[name, &column], "a field needs a name without `|`"));
            }
            table.fields.insert(column, field);
        }
    }
    let likes: Vec<(String, String)> =
        rows.iter().filter_map(|(name, table)| Some((name.clone(), table.like.clone()?))).collect();
    for (name, like) in likes {
        let Some(model) = rows.get(&like).filter(|model| model.like.is_none()).cloned() else {
            return Err(tables.error_at_key(&[&name], format!("there is no table `{like}` to be like")));
        };
        if let Some(table) = rows.get_mut(&name) {
            table.logsource = table.logsource.take().or(model.logsource);
            table.verbatim |= model.verbatim;
            for (column, field) in model.fields {
                table.fields.entry(column).or_insert(field);
            }
        }
    }
    if let Some((name, _)) = rows.iter().find(|(_, table)| table.logsource.is_none()) {
        return Err(tables.error_at_key(&[name], "a table needs a `logsource`, or a table to be `like`"));
    }
    let functions_read: FunctionsFile = functions.read()?;
    for (name, row) in &functions_read.aggregates {
        if row.field.is_none() && row.kind != Count::EventCount {
            return Err(functions.error_at_key(&["aggregates", name], "this type of correlation needs a `field`"));
        }
    }
    Ok(Data { target: target.read()?, tables: rows, functions: functions_read })
}

/// The data built in.
///
/// # Errors
/// What is wrong with the files.
pub fn builtin() -> Result<&'static Data, DataError> {
    static DATA: LazyLock<Result<Data, DataError>> =
        LazyLock::new(|| read(&TARGET.current()?, &TABLES.current()?, &FUNCTIONS.current()?));
    DATA.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_name_what_exists() {
        let data = builtin().unwrap();
        let functions = &data.functions;
        for name in functions.predicates.keys().chain(functions.values.keys()) {
            assert!(crate::functions::scalar(name).is_some(), "{name}");
        }
        for name in functions.aggregates.keys() {
            assert!(crate::functions::aggregate(name).is_some(), "{name}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let tables = |text| read(&TARGET, &DataFile { name: "t.yaml", text }, &FUNCTIONS).unwrap_err().to_string();
        assert!(tables("tables:\n  A: {like: B}\n").starts_with("t.yaml:2: there is no table `B`"));
        assert!(tables("tables:\n  A:\n    fields: {}\n").starts_with("t.yaml:2: a table needs a `logsource`"));
        assert!(
            tables("tables:\n  A:\n    logsource: {category: x}\n    fields:\n      B: 'a|b'\n")
                .starts_with("t.yaml:5: ")
        );
        let text = "predicates: {}\nvalues: {}\naggregates:\n  sum: {type: value_sum}\n";
        let error = read(&TARGET, &TABLES, &DataFile { name: "f.yaml", text }).unwrap_err();
        assert_eq!(error.to_string(), "f.yaml:4: this type of correlation needs a `field`");
    }
}
