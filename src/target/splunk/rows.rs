//! The data of the target, read once: `functions.yaml`, `tables.yaml` and `target.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::template;
use super::tree::Eval;
use crate::target::data::Cases;
use crate::target::{Capabilities, DataError, DataFile, Fields, LossRow};

/// The files built in.
const TARGET: DataFile<'_> =
    DataFile { name: "targets/splunk/target.yaml", text: include_str!("../../../targets/splunk/target.yaml") };
const FUNCTIONS: DataFile<'_> =
    DataFile { name: "targets/splunk/functions.yaml", text: include_str!("../../../targets/splunk/functions.yaml") };
const TABLES: DataFile<'_> =
    DataFile { name: "targets/splunk/tables.yaml", text: include_str!("../../../targets/splunk/tables.yaml") };

/// All data of the target.
#[derive(Debug)]
pub struct Data {
    /// `target.yaml`
    pub target: TargetFile,
    /// Renderings of scalar functions, by name.
    pub functions: BTreeMap<String, Vec<FunctionCase>>,
    /// Renderings of aggregates, by name.
    pub aggregates: BTreeMap<String, AggregateRow>,
    /// Tables, by name.
    pub tables: BTreeMap<String, Table>,
}

/// `target.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// What every target states.
    pub capabilities: Capabilities,
    /// How Sentinel's own tables are found when fields keep their names; `{table}` is the table.
    pub native_search: String,
    /// The field that holds the name of such a table.
    pub native_table: String,
    /// The columns that hold the time of an event, which Splunk calls `_time`.
    pub time_columns: Vec<String>,
    /// The fields that an event has without bringing them.
    pub default_fields: Vec<String>,
    /// Columns and slots of dynamic values that hold an array wherever they hold anything.
    pub arrays: Vec<String>,
    /// Those of them whose elements are objects.
    pub objects: Vec<String>,
    /// How other columns of type `datetime` are written in events, for `strptime`.
    pub time_format: String,
}

/// One way to render a call.
#[derive(Debug)]
pub struct FunctionCase {
    /// How many arguments it is for; any number without it.
    pub arguments: Option<usize>,
    /// The arguments that must be literals, from 1.
    pub literals: Vec<usize>,
    /// What it renders to, where it holds if it is a condition.
    pub emit: Emit,
    /// Where a condition is false: neither true nor null.
    pub negated: Option<Eval>,
    /// How the value is represented, where its type does not tell.
    pub gives: Option<Gives>,
    /// What differs.
    pub loss: Option<LossRow>,
}

/// What a call renders to.
#[derive(Debug)]
pub enum Emit {
    /// A template.
    Template(Eval),
    /// What the Rust rewrite of this name makes of it.
    Rewrite(Rewrite),
}

/// Rewrites: what changes structure or depends on the values of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rewrite {
    /// The number of an array's elements.
    ArrayLength,
    /// Strings one behind the other, null as empty.
    Concat,
    /// Strings one behind the other with a delimiter.
    ConcatDelimited,
    /// A value inside JSON text.
    ParseJson,
    /// A value inside JSON text by a `JSONPath`.
    ExtractJson,
    /// A group of a regular expression: a `rex` stage.
    Extract,
    /// What is in one array and in none of the others.
    SetDifference,
    /// An array in order.
    SortArray,
    /// Values in even steps.
    Range,
    /// All matches of a group.
    ExtractAll,
    /// The value of the row before.
    Previous,
    /// The number of the row.
    RowNumber,
    /// Multiples of a size.
    Bin,
    /// Boundaries crossed.
    DatetimeDiff,
    /// A moved instant.
    DatetimeAdd,
    /// A formatted instant.
    FormatDatetime,
    /// A part of a string.
    Substring,
    /// All matches of a regular expression replaced.
    ReplaceRegex,
    /// A literal replaced.
    ReplaceString,
    /// Matches at the ends taken off.
    Trim,
    /// An array of parts.
    Split,
    /// A bag.
    Pack,
    /// A bag of all columns.
    PackAll,
    /// An array.
    PackArray,
    /// Whether an address lies in one of several ranges.
    InAnyRange,
    /// Place of an address.
    GeoInfo,
    /// The first argument that is not null.
    Coalesce,
    /// The address in a log of when it arrived.
    Column,
    /// Whether a needle occurs as an address.
    HasIpv4,
    /// Where an array holds a value.
    Contains,
    /// What a URL is made of.
    ParseUrl,
}

/// How a value is represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// Text.
    Text,
    /// A number.
    Number,
    /// JSON text.
    Json,
    /// A multivalue field.
    Multi,
    /// An instant.
    Time,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CaseText {
    arguments: Option<usize>,
    #[serde(default)]
    literals: Vec<usize>,
    emit: Option<String>,
    rewrite: Option<Rewrite>,
    negated: Option<String>,
    gives: Option<Gives>,
    loss: Option<LossRow>,
}

/// How an aggregate is rendered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AggregateRow {
    /// The function of `stats`.
    pub stats: Option<String>,
    /// The rewrite that is more than a function of `stats`.
    pub rewrite: Option<AggregateRewrite>,
    /// The position of the predicate, from 1.
    pub condition: Option<usize>,
    /// Whether the empty string counts as a value.
    #[serde(default)]
    pub counts_empty: bool,
    /// What it gives where there is nothing to aggregate, if not null.
    pub default: Option<i64>,
    /// How the value is represented, where its type does not tell.
    pub gives: Option<Gives>,
    /// The position of the most values kept, from 1.
    pub limit: Option<usize>,
    #[serde(default)]
    /// What differs.
    pub loss: Option<LossRow>,
}

/// Aggregates that pick records or have parameters in their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AggregateRewrite {
    /// The record with the greatest value.
    ArgMax,
    /// The record with the least value.
    ArgMin,
    /// Any record.
    TakeAny,
    /// A percentile, or several.
    Percentile,
    /// Bags merged into one.
    Bag,
}

/// What Log Analytics adds to every record, beside names that begin with `_`, so that no other copy of it has them
/// (<https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns>).
const ADDED: &[&str] = &["SourceSystem", "TenantId", "Type"];

/// A table of Sentinel in Splunk.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What finds its events, in the search language.
    pub search: String,
    /// Whether that is a guess.
    #[serde(default)]
    pub guess: bool,
    /// The sources of the names, by the tags of the facts.
    #[serde(default)]
    pub evidence: String,
    /// The table whose fields hold here too.
    pub like: Option<String>,
    /// What stands before the names of columns that have no row: the events hold the record of Sentinel itself, as an
    /// object below that name.
    pub record: Option<String>,
    /// What the search reads where the event's JSON has null.
    pub null: Option<String>,
    /// The field of each column.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldRow>,
}

impl Table {
    /// The field of a column: by its row, otherwise in the record that the event holds.
    pub fn field(&self, column: &str) -> Option<String> {
        let added = column.starts_with('_') || ADDED.contains(&column);
        let recorded = || self.record.as_ref().filter(|_| !added).map(|record| format!("{record}.{column}"));
        self.fields.get(column).map(|row| row.name().to_owned()).or_else(recorded)
    }
}

/// A field.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum FieldRow {
    /// Its name.
    Name(String),
    /// Its name and what else there is to say.
    Full {
        /// Its name.
        name: String,
        /// Whether no source confirms it.
        #[serde(default)]
        guess: bool,
        /// What more there is to tell of it: where its values have another form.
        note: Option<String>,
        /// What the events have for values of the column.
        #[serde(default)]
        words: BTreeMap<String, String>,
        /// Whether it is an object inside the event's JSON, whose parts are fields.
        #[serde(default)]
        object: bool,
    },
}

impl FieldRow {
    /// The field's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Full { name, .. } => name,
        }
    }

    /// Whether no source confirms it.
    pub const fn is_guess(&self) -> bool {
        matches!(self, Self::Full { guess: true, .. })
    }

    /// What more there is to tell of it.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Full { note, .. } => note.as_deref(),
            Self::Name(_) => None,
        }
    }

    /// The values of the column that the events have other words for, with those.
    pub fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        let words = match self {
            Self::Full { words, .. } => Some(words),
            Self::Name(_) => None,
        };
        words.into_iter().flatten().map(|(value, word)| (value.as_str(), word.as_str()))
    }

    /// Whether it is an object inside the event's JSON.
    pub const fn is_object(&self) -> bool {
        matches!(self, Self::Full { object: true, .. })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FunctionsFile {
    functions: BTreeMap<String, Cases<CaseText>>,
    aggregates: BTreeMap<String, AggregateRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TablesFile {
    tables: BTreeMap<String, Table>,
}

/// The data built in, read at the first call.
///
/// # Errors
/// What is wrong with a file; a test sees to it that nothing is.
pub fn builtin() -> Result<&'static Data, DataError> {
    static DATA: LazyLock<Result<Data, DataError>> =
        LazyLock::new(|| Data::read(TARGET.current()?, FUNCTIONS.current()?, TABLES.current()?));
    DATA.as_ref().map_err(Clone::clone)
}

impl Data {
    /// Whether events may have a field of that name which no column of theirs is in: one that Splunk gives to all of them
    /// or, where they follow CIM, one of those that tables are mapped to.
    pub fn may_be_there(&self, field: &str, fields: Fields) -> bool {
        self.target.default_fields.iter().any(|name| name == field)
            || fields == Fields::Siem
                && self.tables.values().any(|table| table.fields.values().any(|row| row.name() == field))
    }

    /// Reads and checks the three files.
    ///
    /// # Errors
    /// The first mistake, with file and line.
    pub fn read(target: DataFile<'_>, functions: DataFile<'_>, tables: DataFile<'_>) -> Result<Self, DataError> {
        let target_file: TargetFile = target.read()?;
        let file: FunctionsFile = functions.read()?;
        let mut rows = BTreeMap::new();
        for (name, cases) in file.functions {
            let cases: Result<_, _> = cases.into_iter().map(function_case).collect();
            let cases = cases.map_err(|message| functions.error_at_key(&["functions", &name], message))?;
            rows.insert(name, cases);
        }
        for (name, row) in &file.aggregates {
            if row.stats.is_none() == row.rewrite.is_none() {
                return Err(functions.error_at_key(&["aggregates", name], "either `stats` or `rewrite` is due"));
            }
        }
        let file_tables: TablesFile = tables.read()?;
        let mut resolved = BTreeMap::new();
        for (name, table) in &file_tables.tables {
            let mut table = table.clone();
            if let Some(like) = &table.like {
                let Some(other) = file_tables.tables.get(like) else {
                    let message = format!("there is no table `{like}` to be like");
                    return Err(tables.error_at_key(&["tables", name, "like"], message));
                };
                table.record = table.record.or_else(|| other.record.clone());
                table.null = table.null.or_else(|| other.null.clone());
                for (column, field) in &other.fields {
                    table.fields.entry(column.clone()).or_insert_with(|| field.clone());
                }
            }
            resolved.insert(name.clone(), table);
        }
        Ok(Self { target: target_file, functions: rows, aggregates: file.aggregates, tables: resolved })
    }
}

impl From<String> for CaseText {
    fn from(emit: String) -> Self {
        Self { emit: Some(emit), ..Self::default() }
    }
}

fn function_case(case: CaseText) -> Result<FunctionCase, String> {
    let emit = match (case.emit, case.rewrite) {
        (Some(text), None) => Emit::Template(template::parse(&text)?),
        (None, Some(rewrite)) => Emit::Rewrite(rewrite),
        _ => return Err("either `emit` or `rewrite` is due".to_owned()),
    };
    let negated = case.negated.as_deref().map(template::parse).transpose()?;
    Ok(FunctionCase {
        arguments: case.arguments,
        literals: case.literals,
        emit,
        negated,
        gives: case.gives,
        loss: case.loss,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions;
    use crate::types::Type;

    #[test]
    fn everything_in_the_files_is_known_elsewhere() {
        let data = builtin().unwrap();
        for (name, cases) in &data.functions {
            let id = functions::scalar(name).unwrap_or_else(|| panic!("{name} is no function of KQL"));
            let boolean = id.row().overloads.iter().all(|o| o.returns == functions::Returns::Type(Type::Bool));
            for case in cases {
                let is_template = matches!(case.emit, Emit::Template(_));
                assert!(!boolean || !is_template || case.negated.is_some(), "{name} has no negated form");
            }
        }
        for name in data.aggregates.keys() {
            assert!(functions::aggregate(name).is_some(), "{name} is no aggregate of KQL");
        }
    }

    #[test]
    fn tables_and_columns_are_those_of_sentinel() {
        let schemas = crate::schema::Schemas::default();
        for (name, table) in &builtin().unwrap().tables {
            let known = schemas.table(name).unwrap_or_else(|| panic!("{name} is no table"));
            for column in table.fields.keys() {
                let own = table.like.is_some() || known.open || known.column(column).is_some();
                assert!(own, "{name} has no column {column}");
            }
            assert!(!table.evidence.is_empty() || table.guess || table.like.is_some(), "{name} has no evidence");
        }
    }

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        let target = "capabilities: {title: a, description: b, extension: c, limits: [d]}\nnative_search: x\nnative_table: y\ntime_columns: []\ndefault_fields: []\narrays: []\nobjects: []\ntime_format: x\n";
        let read = |functions: &str, tables: &str| {
            let file = |name, text| DataFile { name, text };
            Data::read(file("t", target), file("f", functions), file("s", tables)).unwrap_err().to_string()
        };
        let (functions, tables) = ("functions: {}\naggregates: {}\n", "tables: {}\n");
        assert!(read("functions:\n  tolower: lower($1\naggregates: {}\n", tables).starts_with("f:2: in the template"));
        assert!(
            read("functions:\n  a:\n    emit: x\n    lost: 1\naggregates: {}\n", tables)
                .starts_with("f:2: functions: unknown field `lost`")
        );
        assert!(read("functions: {}\naggregates:\n  count:\n    default: 0\n", tables).starts_with("f:3: either"));
        assert!(
            read(functions, "tables:\n  A:\n    search: x\n    like: B\n").starts_with("s:4: there is no table `B`")
        );
    }
}
