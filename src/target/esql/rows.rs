//! The data of the target, read once: `functions.yaml` and `target.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::template;
use super::tree::Expr;
use crate::target::data::Cases;
use crate::target::{Capabilities, DataError, DataFile, LossRow};

/// The files built in.
const TARGET: DataFile<'_> =
    DataFile { name: "targets/esql/target.yaml", text: include_str!("../../../targets/esql/target.yaml") };
const FUNCTIONS: DataFile<'_> =
    DataFile { name: "targets/esql/functions.yaml", text: include_str!("../../../targets/esql/functions.yaml") };

/// All data of the target.
#[derive(Debug)]
pub struct Data {
    /// `target.yaml`
    pub target: TargetFile,
    /// Renderings of scalar functions, by name.
    pub functions: BTreeMap<String, Vec<FunctionCase>>,
    /// Renderings of aggregates, by name.
    pub aggregates: BTreeMap<String, AggregateRow>,
}

/// `target.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// What every target states.
    pub capabilities: Capabilities,
    /// The most rows a query gives.
    pub row_limit: u64,
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
    pub negated: Option<Expr>,
    /// What differs.
    pub loss: Option<LossRow>,
    /// What differs where the function is neither true nor false in KQL: told where that counts.
    pub unknown: Option<LossRow>,
}

/// What a call renders to.
#[derive(Debug)]
pub enum Emit {
    /// A template.
    Template(Expr),
    /// What the Rust rewrite of this name makes of it.
    Rewrite(Rewrite),
}

/// Rewrites: what changes structure or depends on the values of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rewrite {
    /// Strings one behind the other, null as empty.
    Concat,
    /// Strings one behind the other with a delimiter.
    ConcatDelimited,
    /// A part of a string.
    Substring,
    /// A literal replaced.
    ReplaceString,
    /// All matches of a regular expression replaced.
    ReplaceRegex,
    /// A group of a regular expression: a `GROK` stage.
    Extract,
    /// Several values of a text.
    Split,
    /// Matches at the ends taken off.
    Trim,
    /// The first argument that is not null.
    Coalesce,
    /// The argument itself.
    Pass,
    /// The column of a name, should there be one.
    Column,
    /// Multiples of a size.
    Bin,
    /// An instant before the query is run.
    Ago,
    /// A part of an instant.
    DatetimePart,
    /// Boundaries crossed.
    DatetimeDiff,
    /// A moved instant.
    DatetimeAdd,
    /// A formatted instant.
    FormatDatetime,
    /// Whether an address lies in one of several ranges.
    InAnyRange,
    /// A field with several values.
    PackArray,
    /// Arrays one behind the other.
    Append,
    /// When the record arrived.
    IngestionTime,
    /// Named here so that what it is refused for can be told.
    Unsupported,
}

/// How an aggregate is rendered.
#[derive(Debug)]
pub struct AggregateRow {
    /// What it renders to.
    pub emit: AggregateEmit,
    /// The position of the predicate, from 1.
    pub condition: Option<usize>,
    /// The position of the argument that says how many values are kept, from 1: what is rendered keeps all.
    pub limit: Option<usize>,
    /// Whether the empty string counts as a value.
    pub counts_empty: bool,
    /// What differs.
    pub loss: Option<LossRow>,
}

/// What an aggregate renders to.
#[derive(Debug)]
pub enum AggregateEmit {
    /// A template.
    Template(Expr),
    /// The record with the greatest value.
    ArgMax,
    /// The record with the least value.
    ArgMin,
    /// Any record.
    TakeAny,
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
    loss: Option<LossRow>,
    unknown: Option<LossRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AggregateText {
    emit: Option<String>,
    rewrite: Option<AggregateRewrite>,
    condition: Option<usize>,
    limit: Option<usize>,
    #[serde(default)]
    counts_empty: bool,
    loss: Option<LossRow>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AggregateRewrite {
    ArgMax,
    ArgMin,
    TakeAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FunctionsFile {
    functions: BTreeMap<String, Cases<CaseText>>,
    aggregates: BTreeMap<String, AggregateText>,
}

/// The data built in, read at the first call.
///
/// # Errors
/// What is wrong with a file; a test sees to it that nothing is.
pub fn builtin() -> Result<&'static Data, DataError> {
    static DATA: LazyLock<Result<Data, DataError>> =
        LazyLock::new(|| Data::read(TARGET.current()?, FUNCTIONS.current()?));
    DATA.as_ref().map_err(Clone::clone)
}

impl Data {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// The first mistake, with file and line.
    pub fn read(target: DataFile<'_>, functions: DataFile<'_>) -> Result<Self, DataError> {
        let file: FunctionsFile = functions.read()?;
        let mut rows = BTreeMap::new();
        for (name, cases) in file.functions {
            let cases: Result<_, _> = cases.into_iter().map(function_case).collect();
            let cases = cases.map_err(|message| functions.error_at_key(&["functions", &name], message))?;
            rows.insert(name, cases);
        }
        let mut aggregates = BTreeMap::new();
        for (name, row) in file.aggregates {
            let row = aggregate(row).map_err(|message| functions.error_at_key(&["aggregates", &name], message))?;
            aggregates.insert(name, row);
        }
        Ok(Self { target: target.read()?, functions: rows, aggregates })
    }
}

fn aggregate(row: AggregateText) -> Result<AggregateRow, String> {
    let emit = match (row.emit, row.rewrite) {
        (Some(text), None) => AggregateEmit::Template(template::parse(&text)?),
        (None, Some(AggregateRewrite::ArgMax)) => AggregateEmit::ArgMax,
        (None, Some(AggregateRewrite::ArgMin)) => AggregateEmit::ArgMin,
        (None, Some(AggregateRewrite::TakeAny)) => AggregateEmit::TakeAny,
        _ => return Err("either `emit` or `rewrite` is due".to_owned()),
    };
    if row.condition == Some(0) || row.limit == Some(0) {
        return Err("arguments are counted from 1".to_owned());
    }
    let AggregateText { condition, limit, counts_empty, loss, .. } = row;
    Ok(AggregateRow { emit, condition, limit, counts_empty, loss })
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
    let CaseText { arguments, literals, loss, unknown, .. } = case;
    Ok(FunctionCase { arguments, literals, emit, negated, loss, unknown })
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
    fn mistakes_are_told_with_file_and_line() {
        let target = "capabilities: {title: a, description: b, extension: c, limits: [d]}\nrow_limit: 1\n";
        let read = |functions: &str| {
            let file = |name, text| DataFile { name, text };
            Data::read(file("t", target), file("f", functions)).unwrap_err().to_string()
        };
        assert!(read("functions:\n  tolower: LOWER($1\naggregates: {}\n").starts_with("f:2: in the template"));
        assert!(read("functions: {}\naggregates:\n  count:\n    condition: 1\n").starts_with("f:3: either"));
        assert!(
            read("functions:\n  abs: {emit: ABS($1), loss: {kind: odd, message: x}}\naggregates: {}\n")
                .starts_with("f:2: functions: unknown variant `odd`")
        );
    }
}
