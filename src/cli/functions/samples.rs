//! Uses of each built-in, as queries: what is asked of a target to learn what it makes of the built-in.
//!
//! A use is put together from the overloads of the catalogue. Which arguments a target can take (columns, values that
//! are written out) is for the target to say, so there are several uses of each overload; many of them do not bind.

use std::iter;

use super::BuiltIn;
use crate::functions::{Accepts, Function, Kind, Operator, Overload, Parameter, Repeat, Requires};
use crate::types::Type;

/// The table that the uses read. Every target knows it, and has a field for each of [`COLUMNS`] that can have one.
const TABLE: &str = "DeviceNetworkEvents";

/// Queries that only shape the columns that are shown.
pub(super) const SHAPING: [&str; 2] =
    ["DeviceNetworkEvents | project DeviceName", "DeviceNetworkEvents | extend x = RemotePort"];

/// Columns of [`TABLE`], or what stands in for one, and a value written out, by type.
const COLUMNS: [(Type, &str, &str); 9] = [
    (Type::String, "InitiatingProcessCommandLine", "'a'"),
    (Type::Long, "InitiatingProcessId", "1"),
    (Type::Int, "RemotePort", "int(1)"),
    (Type::DateTime, "TimeGenerated", "datetime(2024-01-31)"),
    (Type::Dynamic, "AdditionalFields", "dynamic(['a'])"),
    (Type::Bool, "IsInitiatingProcessRemoteSession", "true"),
    (Type::TimeSpan, "(TimeGenerated - InitiatingProcessCreationTime)", "1h"),
    (Type::Real, "_BilledSize", "1.5"),
    (Type::Guid, "toguid(DeviceId)", "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"),
];

/// Words in the names of parameters that say which strings they take: a column, and a value written out.
const STRINGS: [(&str, &str, &str); 9] = [
    ("regex", "InitiatingProcessCommandLine", "'a(b)'"),
    ("pattern", "InitiatingProcessCommandLine", "'a(b)'"),
    ("format", "InitiatingProcessCommandLine", "'yyyy-MM-dd'"),
    ("path", "InitiatingProcessCommandLine", "'$.a'"),
    ("ip", "RemoteIP", "'10.0.0.0/8'"),
    ("subnet", "RemoteIP", "'10.0.0.0/8'"),
    ("url", "RemoteUrl", "'https://example.org'"),
    ("uri", "RemoteUrl", "'https://example.org'"),
    ("timezone", "InitiatingProcessCommandLine", "'Europe/Paris'"),
];

/// The most types of a parameter that are tried.
const MOST_TYPES: usize = 4;

/// A use of a built-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// A query, which may not bind.
    pub(super) query: String,
    /// Whether what the built-in gives decides which records are found. Where it is only shown, a target that shows
    /// records as they are need not say it.
    pub(super) decides: bool,
}

/// A call of a built-in, and where such calls stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// In an expression.
    Value(String),
    /// In an expression over records in an order.
    Window(String),
    /// Over the records of a group.
    Aggregate(String),
    /// Behind `evaluate`.
    Plugin(String),
}

impl Call {
    /// The plainest use, which shows what the call gives: as a column `x`, unless it gives a table.
    pub(super) fn shown(&self) -> Sample {
        let rest = match self {
            Self::Value(call) => format!("extend x = {call}"),
            Self::Window(call) => format!("sort by TimeGenerated asc | extend x = {call}"),
            Self::Aggregate(call) => grouped(call),
            Self::Plugin(call) => format!("evaluate {call}"),
        };
        Sample { query: format!("{TABLE} | {rest}"), decides: false }
    }

    /// Uses in which what the call gives, a value of type `ty`, decides.
    pub(super) fn deciding(&self, ty: Type) -> Vec<Sample> {
        let uses: Vec<String> = match self {
            Self::Value(call) => conditions(call, ty).map(|condition| format!("where {condition}")).collect(),
            Self::Aggregate(call) => {
                conditions("x", ty).map(|condition| format!("{} | where {condition}", grouped(call))).collect()
            }
            Self::Window(call) => {
                let ordered = |condition| format!("sort by TimeGenerated asc | extend x = {call} | where {condition}");
                conditions("x", ty).map(ordered).collect()
            }
            Self::Plugin(_) => Vec::new(),
        };
        uses.into_iter().map(|rest| Sample { query: format!("{TABLE} | {rest}"), decides: true }).collect()
    }
}

/// An aggregate over groups, within a window of time, which some targets ask for. The key is one that every target keeps as it
/// is, so that what is told is told of the aggregate.
fn grouped(call: &str) -> String {
    format!("where TimeGenerated > ago(1h) | summarize x = {call} by RemotePort")
}

/// Conditions on a value of a type.
fn conditions(value: &str, ty: Type) -> impl Iterator<Item = String> {
    let forms: &[(&str, &str)] = match ty {
        Type::Bool => &[("", ""), ("", " == true")],
        Type::Int | Type::Long => &[("", " > 3"), ("", " == 3")],
        Type::Real | Type::Decimal => &[("", " > 1.5")],
        Type::DateTime => &[("TimeGenerated > ", ""), ("", " > datetime(2024-01-31)")],
        Type::TimeSpan => &[("", " > 1h")],
        Type::Dynamic => &[
            ("tostring((", ").a) == 'a'"),
            ("tostring((", ")[0]) == 'a'"),
            ("tostring(", ") == 'a'"),
            ("array_length(", ") > 3"),
            ("'a' in (", ")"),
        ],
        // A value that is the same in small letters and in capitals.
        Type::String | Type::Guid | Type::Unknown => &[("", " == '1'")],
    };
    forms.iter().map(move |(before, behind)| format!("{before}{value}{behind}"))
}

/// Calls of a built-in, the plainest first.
pub(super) fn calls(built_in: BuiltIn) -> Vec<Call> {
    match built_in {
        BuiltIn::Function(function) => of_function(function),
        BuiltIn::Operator(operator) => of_operator(operator),
    }
}

/// Whether a text names a column of the table that is read.
pub(super) fn is_column(text: &str) -> bool {
    let columns = COLUMNS.iter().map(|&(_, column, _)| column);
    let name = text.split(['.', '[']).next().unwrap_or_default();
    columns.chain(STRINGS.iter().map(|&(_, column, _)| column)).any(|column| column == name)
}

fn of_function(function: &Function) -> Vec<Call> {
    let mut overloads: Vec<&Overload> = function.overloads.iter().filter(|overload| !overload.hidden).collect();
    if overloads.is_empty() {
        overloads = function.overloads.iter().collect();
    }
    let arguments = overloads.into_iter().flat_map(|overload| operands(overload.parameters, !function.deterministic));
    let call = arguments.map(|arguments| format!("{}({})", function.name, arguments.join(", ")));
    let place = match function.kind {
        Kind::Scalar if function.window => Call::Window,
        Kind::Scalar => Call::Value,
        Kind::Aggregate => Call::Aggregate,
        Kind::Plugin => Call::Plugin,
    };
    call.map(place).collect()
}

fn of_operator(operator: Operator) -> Vec<Call> {
    let symbol = operator.symbol();
    let overloads = operator.row().overloads.iter().filter(|overload| !overload.hidden);
    let operands = overloads.flat_map(|overload| operands(overload.parameters, false));
    let value = operands.map(|operands| match operands.as_slice() {
        [] => symbol.to_owned(),
        [operand] => format!("{symbol}{operand}"),
        [left, right] if !operator.is_list() => format!("({left} {symbol} {right})"),
        [left, low, high] if matches!(operator, Operator::Between | Operator::NotBetween) => {
            format!("({left} {symbol} ({low} .. {high}))")
        }
        [left, items @ ..] => format!("({left} {symbol} ({}))", items.join(", ")),
    });
    value.map(Call::Value).collect()
}

/// Arguments for parameters: one column among values written out, at each place in turn; then columns throughout; each
/// first with what must be given alone. Of the types that a parameter takes, the first few are tried. What gives another
/// value each time is also tried without a column; of what does not, nothing would be left but its value.
fn operands(parameters: &[Parameter], without_column: bool) -> Vec<Vec<String>> {
    let needed: Vec<&Parameter> = parameters.iter().filter(|parameter| parameter.repeat.range().0 > 0).collect();
    let mut selections = vec![in_turn(&needed)];
    if needed.len() < parameters.len() {
        selections.push(in_turn(&parameters.iter().collect::<Vec<_>>()));
    }
    let mut lists = Vec::new();
    for selection in selections {
        // The one place of a column, past the end where there is none; nothing where all are columns.
        let columns = (0..selection.len() + usize::from(without_column)).map(Some).chain([None]);
        for (column, choice) in columns.flat_map(|column| (0..MOST_TYPES).map(move |choice| (column, choice))) {
            let is_column = |at| column.is_none_or(|column| column == at);
            let arguments =
                selection.iter().enumerate().map(|(at, parameter)| argument(parameter, is_column(at), choice));
            let list: Vec<String> = arguments.collect();
            if !lists.contains(&list) {
                lists.push(list);
            }
        }
    }
    lists
}

/// The parameters, each as often as it has to be given; those that are repeated in turn, in turn.
fn in_turn<'p>(parameters: &[&'p Parameter]) -> Vec<&'p Parameter> {
    let mut given = Vec::new();
    let mut rest = parameters;
    while let [first, behind @ ..] = rest {
        let turn = rest.iter().take_while(|parameter| matches!(parameter.repeat, Repeat::InTurn(..))).count();
        if turn == 0 {
            given.extend(iter::repeat_n(*first, first.repeat.range().0.max(1)));
            rest = behind;
        } else {
            let (block, behind) = rest.split_at(turn);
            given.extend(block.iter().copied().cycle().take(turn * first.repeat.range().0.max(1)));
            rest = behind;
        }
    }
    given
}

/// An argument: a column, or a value written out.
fn argument(parameter: &Parameter, column: bool, choice: usize) -> String {
    let column = match parameter.requires {
        Requires::Star => return "*".to_owned(),
        Requires::Aggregate => return "count()".to_owned(),
        Requires::Literal | Requires::LiteralNotEmpty | Requires::Constant => false,
        Requires::Column | Requires::ColumnOfFirst | Requires::ColumnOfBoth => true,
        Requires::Expression | Requires::ExpressionOrStar | Requires::OverElementsOfFirst => column,
    };
    // The values allowed are spread over the choices.
    let value = parameter.values.get(choice * parameter.values.len() / MOST_TYPES);
    if let (Some(value), false) = (value, column) {
        return format!("'{value}'");
    }
    let types = types(parameter.accepts);
    let Some(&ty) = types.get(choice).or(types.last()) else {
        return if parameter.accepts == Accepts::Tabular { "SigninLogs".to_owned() } else { "typeof(long)".to_owned() };
    };
    let name = parameter.name.to_lowercase();
    let special = STRINGS.iter().filter(|_| ty == Type::String).find(|(word, ..)| name.contains(word));
    let special = special.map(|&(_, column, value)| (column, value));
    let by_type = || COLUMNS.iter().find(|(known, ..)| *known == ty).map(|&(_, column, value)| (column, value));
    match special.or_else(by_type) {
        Some((name, value)) => if column { name } else { value }.to_owned(),
        None => format!("{ty}(null)"),
    }
}

/// The types that are tried for what a parameter accepts; none where it takes no value.
const fn types(accepts: Accepts) -> &'static [Type] {
    match accepts {
        Accepts::Only(types) => types,
        Accepts::TypeLiteral | Accepts::Tabular => &[],
        Accepts::Anything
        | Accepts::Scalar
        | Accepts::NotBool
        | Accepts::NotDynamic
        | Accepts::NotRealOrBool
        | Accepts::SameAs(_)
        | Accepts::CommonScalar
        | Accepts::CommonScalarOrDynamic => &[Type::String, Type::Long, Type::Dynamic, Type::DateTime],
        Accepts::Integer => &[Type::Long, Type::Int],
        Accepts::Number | Accepts::NumberOrBool => &[Type::Long, Type::Int, Type::Real],
        Accepts::RealOrDecimal => &[Type::Real],
        Accepts::Summable | Accepts::Orderable | Accepts::CommonOrderable => {
            &[Type::Long, Type::DateTime, Type::TimeSpan]
        }
        Accepts::StringOrDynamic => &[Type::String, Type::Dynamic],
        Accepts::StringOrArray => &[Type::String, Type::Dynamic],
        Accepts::IntegerOrArray => &[Type::Long, Type::Dynamic],
        Accepts::Array | Accepts::Bag => &[Type::Dynamic],
    }
}
