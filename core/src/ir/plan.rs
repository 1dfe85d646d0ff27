//! Plans: where records come from and what happens to them, step by step.

use super::{Column, ColumnId, Columns, Correlation, Expr, ForeignStep, Name, Schema, Statistics, Value};
use crate::functions::{AggregateId, PluginId};
use crate::source::Span;
use crate::types::Type;

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Every column that occurs in it.
    pub columns: Columns,
    /// Plans that several places read; each refers to earlier ones alone.
    pub shared: Vec<Shared>,
    /// What it gives.
    pub plan: Plan,
}

impl Query {
    /// The shared plans in their order, and then the one that gives the answer; not those inside of them.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.shared.iter().map(|shared| &shared.plan).chain([&self.plan])
    }

    /// Hands every plan to `f`, also those inside others and in expressions.
    pub fn each_plan<'q>(&'q self, f: &mut dyn FnMut(&'q Plan)) {
        self.plans().for_each(|plan| plan.each(&|_| false, f));
    }
}

/// A plan that several places read (`materialize`, `as`): evaluated once.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The name the query gives it.
    pub name: Name,
    /// The plan.
    pub plan: Plan,
}

/// Which shared plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SharedId(pub u32);

/// Records and what happens to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where the records come from.
    pub source: Source,
    /// What happens to them, in order.
    pub steps: Vec<Step>,
}

/// Where records come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// The columns it gives.
    pub schema: Schema,
    /// Its words.
    pub span: Span,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub op: Op,
    /// The columns of the records it gives.
    pub schema: Schema,
    /// The words of the operator it comes from.
    pub span: Span,
}

/// The kinds of sources.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// A table.
    Table {
        /// Its name.
        name: Name,
        /// Whether the schemas at hand know it.
        known: bool,
    },
    /// Every table whose name fits; `*` stands for anything.
    Tables(Name),
    /// Events of a kind, wherever they are kept: Sigma's log sources.
    LogSource(LogSource),
    /// One record without columns.
    Unit,
    /// The records that the step this plan belongs to hands in.
    Input,
    /// A plan that others read too; each column is a twin of one of its.
    Shared(SharedId, Vec<(ColumnId, ColumnId)>),
    /// Records written out, row by row.
    Rows(Vec<Vec<Value>>),
    /// Data from an address.
    External(External),
    /// Numbers or instants in even steps, last value included.
    Range {
        /// The first.
        from: Box<Expr>,
        /// The last.
        to: Box<Expr>,
        /// The distance.
        step: Box<Expr>,
    },
    /// The records of several plans, one plan after the other, in no particular order.
    Union(Union),
    /// The result of a function whose body is not at hand: a watchlist, a parser, a saved function.
    Call(SourceCall),
    /// The result of a plugin that takes no records.
    Evaluate(Evaluate),
    /// What a command of another language gives.
    Foreign(Box<ForeignStep>),
    /// Events that belong together, one record a group.
    Correlated(Box<Correlation>),
}

/// A kind of events, by Sigma's taxonomy; what is not stated may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LogSource {
    /// A group of products or events: `firewall`, `process_creation`.
    pub category: Option<Name>,
    /// A product: `windows`.
    pub product: Option<Name>,
    /// A subset of a product's logs: `security`.
    pub service: Option<Name>,
}

/// Data from an address.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    /// Where the data is.
    pub addresses: Vec<Expr>,
    /// `format`, `ignoreFirstRecord`…
    pub options: Vec<(Name, OptionValue)>,
}

/// What an option is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// A value.
    Value(Value),
    /// A word.
    Word(Name),
}

/// Several plans put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// The plans.
    pub inputs: Vec<Plan>,
    /// Where the columns of the result come from.
    pub columns: Vec<UnionColumn>,
    /// The column that says which input a record is from, with the name of each input.
    pub source: Option<(ColumnId, Vec<Name>)>,
    /// Whether inputs that do not exist are passed over.
    pub fuzzy: bool,
}

/// A column of a union.
#[derive(Clone, Debug, PartialEq)]
pub struct UnionColumn {
    /// The column of the result.
    pub id: ColumnId,
    /// The column of each input; null (`""` for strings) where an input has none.
    pub from: Vec<Option<ColumnId>>,
}

/// A call of a function whose body is not at hand.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceCall {
    /// The function.
    pub name: Name,
    /// What is given to it.
    pub arguments: Vec<(Option<Name>, Argument)>,
}

impl SourceCall {
    /// Whether the function reads a watchlist, whose alias is its first argument.
    pub fn is_watchlist(&self) -> bool {
        matches!(&*self.name, "_GetWatchlist" | "_ASIM_GetWatchlistRaw")
    }
}

/// What is given to a function that gives records.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// A scalar.
    Scalar(Expr),
    /// Records.
    Plan(Box<Plan>),
}

/// An expression and the column that holds its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// The column; that of the expression where it is merely passed on.
    pub id: ColumnId,
    /// Its value.
    pub expr: Expr,
}

impl Computed {
    /// Whether the column is merely passed on.
    pub fn is_passed_on(&self) -> bool {
        self.expr.as_column() == Some(self.id)
    }
}

/// What a projection does with columns that only an open schema knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Leaves them out.
    Drop,
    /// Passes them on, but for those that fit one of these names, `*` for anything.
    KeepBut(Vec<Name>),
    /// Passes on those that fit one of these names, `*` for anything.
    KeepOnly(Vec<Name>),
}

/// The operations.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Keeps the records for which it is true; null drops a record.
    Filter(Expr),
    /// Keeps the records of a stretch of time: a filter in a form every target knows.
    Window(Window),
    /// Adds columns, or puts them in the place of those whose names they bear. All see the input alone.
    Extend(Vec<Computed>),
    /// Keeps and computes columns, in the order of the schema. All see the input alone.
    Project(Vec<Computed>, Rest),
    /// One record a group.
    Summarize {
        /// What makes a group; without keys all records are one group, even where there are none.
        keys: Vec<Computed>,
        /// What is said of each.
        aggregates: Vec<AggregateCall>,
    },
    /// Each different record once.
    Distinct,
    /// In this order; what compares equal in any.
    Sort(Vec<SortKey>),
    /// Fixes the order of records as it is.
    Serialize,
    /// The first records; any where there is no order.
    Take(Expr),
    /// Records by chance.
    Sample(Expr),
    /// Values of the column by chance, each once.
    SampleDistinct(Expr, ColumnId),
    /// Records joined with those of another plan.
    Join(Join),
    /// One record an element of a dynamic.
    MvExpand(MvExpand),
    /// Arrays of aggregates over an axis.
    MakeSeries(Box<MakeSeries>),
    /// Columns from a text by a pattern.
    Parse(Parse),
    /// Columns from keys and values in a text.
    ParseKv(ParseKv),
    /// Matching of runs of records.
    Scan(Box<Scan>),
    /// A plan over the records of each value of a column.
    Partition(Partition),
    /// The greatest groups, and in each the greatest again.
    TopNested(Vec<TopNestedLevel>),
    /// The values that occur most, approximately; the columns are the value and the measure.
    TopHitters {
        /// How many.
        count: Expr,
        /// Of what.
        of: Computed,
        /// What is summed up; records are counted without it.
        by: Option<Expr>,
        /// The measure.
        measure: ColumnId,
    },
    /// Groups of similar strings.
    Reduce {
        /// The strings.
        by: Expr,
        /// Options.
        options: Vec<(Name, OptionValue)>,
    },
    /// A plugin over the records.
    Evaluate(Evaluate),
    /// The columns of the input as records.
    GetSchema,
    /// A function whose body is not at hand, over the records.
    Invoke(SourceCall),
    /// Several results, one a branch; none flows on.
    Fork(Vec<Branch>),
    /// Reads the records to the end and gives none.
    Consume,
    /// How the result is shown; the records stay as they are.
    Render {
        /// The kind of chart.
        chart: Name,
    },
    /// Aggregates over groups, by Splunk's rules.
    Statistics(Box<Statistics>),
    /// A command of another language.
    Foreign(Box<ForeignStep>),
    /// An operator that the IR does not model (graphs); its columns are not known.
    Opaque(Name),
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The column that holds the time; a record without it is dropped.
    pub column: ColumnId,
    /// The bounds.
    pub bounds: Bounds,
}

/// The two bounds of a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The lower bound, and whether it is included.
    pub from: Option<(Bound, bool)>,
    /// The upper bound, and whether it is included.
    pub to: Option<(Bound, bool)>,
}

/// A bound in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// An instant, in ticks since 0001-01-01.
    Instant(i64),
    /// So many ticks after the instant the query is run; negative for before.
    FromNow(i64),
}

/// A call of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// The aggregate.
    pub function: AggregateId,
    /// What is given to it.
    pub arguments: Vec<Expr>,
    /// Whether a final `*` stands also for the columns an open schema adds.
    pub open: bool,
    /// The columns that hold what it gives: one, but for `arg_max`, `take_any`, `percentiles`.
    pub outputs: Vec<ColumnId>,
    /// Its words.
    pub span: Span,
}

/// What records are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The value.
    pub expr: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

/// The kinds of joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// Every pair, once the left side has one arbitrary record a key: KQL's default.
    InnerUnique,
    /// Every pair.
    Inner,
    /// Every pair, and left records without a partner.
    LeftOuter,
    /// Every pair, and right records without a partner.
    RightOuter,
    /// Every pair, and records of both sides without a partner.
    FullOuter,
    /// Left records with a partner.
    LeftSemi,
    /// Right records with a partner.
    RightSemi,
    /// Left records without a partner.
    LeftAnti,
    /// Right records without a partner.
    RightAnti,
}

impl JoinKind {
    /// The name in KQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InnerUnique => "innerunique",
            Self::Inner => "inner",
            Self::LeftOuter => "leftouter",
            Self::RightOuter => "rightouter",
            Self::FullOuter => "fullouter",
            Self::LeftSemi => "leftsemi",
            Self::RightSemi => "rightsemi",
            Self::LeftAnti => "leftanti",
            Self::RightAnti => "rightanti",
        }
    }

    /// Whether the columns of the left side are in the result.
    pub const fn gives_left(self) -> bool {
        !matches!(self, Self::RightSemi | Self::RightAnti)
    }

    /// Whether the columns of the right side are in the result.
    pub const fn gives_right(self) -> bool {
        !matches!(self, Self::LeftSemi | Self::LeftAnti)
    }
}

/// A join. Null keys have no partner; a side without one gives nulls (`""` for strings).
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Which.
    pub kind: JoinKind,
    /// Whether it was written as `lookup`: the right side is small.
    pub lookup: bool,
    /// The right side.
    pub right: Box<Plan>,
    /// Pairs of a left and a right column that must be equal.
    pub keys: Vec<(ColumnId, ColumnId)>,
}

/// One record an element; the items run in parallel, the shorter padded with null.
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// What is expanded.
    pub items: Vec<MvItem>,
    /// The column that holds the position, from 0.
    pub index: Option<ColumnId>,
    /// Whether a bag gives arrays of key and value; else bags of one slot.
    pub pairs: bool,
    /// The most records one record gives.
    pub limit: Option<Expr>,
    /// What happens to the records of each record (`mv-apply`); a record for which nothing comes out is dropped.
    pub body: Option<Box<Plan>>,
}

/// What `mv-expand` expands.
#[derive(Clone, Debug, PartialEq)]
pub struct MvItem {
    /// The column that holds the element.
    pub id: ColumnId,
    /// What is expanded.
    pub expr: Expr,
    /// What each element is cast to; a failure gives null.
    pub to: Option<Type>,
}

/// Arrays of aggregates over an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// The aggregates.
    pub items: Vec<SeriesItem>,
    /// The value on the axis.
    pub axis: Expr,
    /// The column that holds the axis.
    pub axis_id: ColumnId,
    /// The bins.
    pub range: SeriesRange,
    /// What makes a group.
    pub keys: Vec<Computed>,
    /// Whether no input gives one series of defaults, rather than none.
    pub non_empty: bool,
}

/// An aggregate of `make-series`.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesItem {
    /// The column that holds the array.
    pub id: ColumnId,
    /// What is computed in each bin.
    pub expr: Expr,
    /// The aggregates that the expression refers to by their outputs.
    pub aggregates: Vec<AggregateCall>,
    /// What an empty bin holds; 0 without it.
    pub default: Option<Expr>,
}

/// The bins of an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesRange {
    /// From the first bin, aligned on it, to the end, excluded; each its series' own without it.
    FromTo {
        /// First bin.
        from: Option<Expr>,
        /// End, excluded.
        to: Option<Expr>,
        /// Width.
        step: Expr,
    },
    /// From, to and step; the end is included, bins are aligned as `bin` aligns them.
    InRange(Expr, Expr, Expr),
}

/// Columns from a text by a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// The text.
    pub subject: Expr,
    /// How strict.
    pub kind: ParseKind,
    /// The flags of the regular expression (`U`, `i`, `m`, `s`).
    pub flags: Name,
    /// The pattern.
    pub segments: Vec<ParseSegment>,
    /// Whether records that do not fit are dropped (`parse-where`).
    pub filter: bool,
}

/// How strict `parse` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParseKind {
    /// One value that cannot be converted makes all null.
    Simple,
    /// A value that cannot be converted is null, the others stand.
    Relaxed,
    /// The texts are regular expressions.
    Regex,
}

/// A part of a `parse` pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseSegment {
    /// Anything.
    Skip,
    /// This text.
    Text(Name),
    /// A value of this type.
    Column(ColumnId, Type),
}

/// Columns from keys and values in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseKv {
    /// The text.
    pub subject: Expr,
    /// The keys with their columns.
    pub keys: Vec<(Name, ColumnId)>,
    /// `pair_delimiter`, `kv_delimiter`, `quote`, `escape`, `greedy`, `regex`.
    pub options: Vec<(Name, OptionValue)>,
}

/// Matching of runs of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The column that holds the number of the run.
    pub match_id: Option<ColumnId>,
    /// Columns that steps assign, with what they hold before.
    pub declared: Vec<(ColumnId, Option<Expr>)>,
    /// What the records are sorted by first.
    pub order: Vec<SortKey>,
    /// What parts them.
    pub partition: Vec<Expr>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// A step of `scan`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// Its name.
    pub name: Name,
    /// Whether a run may do without it.
    pub optional: bool,
    /// Which of its records are given.
    pub output: ScanOutput,
    /// Which records fit.
    pub condition: Expr,
    /// What is assigned when one does.
    pub assignments: Vec<(ColumnId, Expr)>,
    /// The columns by which any step reads the last record of this one: the column read, and the column of the records.
    pub state: Vec<(ColumnId, ColumnId)>,
}

/// Which records of a step are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanOutput {
    /// Each.
    All,
    /// The last of a run.
    Last,
    /// None.
    None,
}

/// A plan over the records of each value of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// The column.
    pub by: Expr,
    /// The plan; its source is the part, [`SourceKind::Input`], or it is a query of its own.
    pub body: Box<Plan>,
    /// The columns of the step and the columns of the body they come from.
    pub columns: Vec<(ColumnId, ColumnId)>,
}

/// A level of `top-nested`.
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many; all without it.
    pub count: Option<Expr>,
    /// Of what.
    pub of: Computed,
    /// What stands for the others; they are left out without it.
    pub others: Option<Expr>,
    /// The measure.
    pub by: Computed,
    /// The aggregates that the measure refers to by their outputs.
    pub aggregates: Vec<AggregateCall>,
    /// Whether the greatest come first.
    pub descending: bool,
}

/// A plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluate {
    /// The plugin; without it, one that nothing here knows.
    pub plugin: Option<PluginId>,
    /// Its name.
    pub name: Name,
    /// What is given to it.
    pub arguments: Vec<(Option<Name>, Argument)>,
    /// The aggregates that arguments refer to by their outputs (`pivot`).
    pub aggregates: Vec<AggregateCall>,
    /// The columns the query says it gives.
    pub declared: Option<Vec<Column>>,
}

/// One result of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its name.
    pub name: Name,
    /// What happens to the records.
    pub plan: Plan,
}

impl Plan {
    /// The plan that only reads a source.
    pub const fn new(kind: SourceKind, schema: Schema, span: Span) -> Self {
        Self { source: Source { kind, schema, span }, steps: Vec::new() }
    }

    /// The columns it gives.
    pub fn schema(&self) -> &Schema {
        self.steps.last().map_or(&self.source.schema, |step| &step.schema)
    }

    /// The columns that the step at `index` is given.
    pub fn input_schema(&self, index: usize) -> &Schema {
        index.checked_sub(1).and_then(|i| self.steps.get(i)).map_or(&self.source.schema, |step| &step.schema)
    }

    /// Appends a step.
    pub fn push(&mut self, op: Op, schema: Schema, span: Span) {
        self.steps.push(Step { op, schema, span });
    }

    /// Appends a step that gives the columns it is given.
    pub fn push_same(&mut self, op: Op, span: Span) {
        let schema = self.schema().clone();
        self.push(op, schema, span);
    }
}
