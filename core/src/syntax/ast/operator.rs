//! Tabular operators.

use super::{
    Call, ColumnDeclaration, Expr, FunctionParameter, InlineExternalTable, Literal, Name, NamedExpr, RowSchema,
    Statement, TypeName, TypeOf,
};
use crate::source::Span;

/// A tabular operator with what it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    /// Which one.
    pub kind: OperatorKind,
    /// Its word, as it is written (`order`, `filter`, `mvexpand`…).
    pub keyword: Span,
    /// Options of the form `name = value` behind the word, hints included.
    pub parameters: Vec<Parameter>,
    /// All of it.
    pub span: Span,
}

/// `kind = inner`, `hint.strategy = shuffle`, `with_itemindex = i`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name, with its dots.
    pub name: Name,
    /// The value: a literal, a name (also for words such as `inner`), or several names.
    pub value: ParameterValue,
    /// All of it.
    pub span: Span,
}

/// What an option is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    /// A literal, a path or a call.
    Expr(Expr),
    /// A word or the name of a column.
    Name(Name),
    /// Names of columns.
    Names(Vec<Name>),
}

/// The tabular operators.
#[derive(Clone, Debug, PartialEq)]
pub enum OperatorKind {
    /// `as a`
    As(Name),
    /// `assert-schema (a: long)`
    AssertSchema(RowSchema),
    /// `consume`
    Consume,
    /// `count`, `count as n`
    Count {
        /// The name of the result.
        name: Option<Name>,
    },
    /// `distinct a, b`, `distinct *`
    Distinct(Vec<NamedExpr>),
    /// `evaluate plugin(…) : (a: long)`
    Evaluate {
        /// The plugin and what it is given.
        call: Call,
        /// The columns it gives.
        schema: Option<RowSchema>,
    },
    /// `__executeAndCache`
    ExecuteAndCache,
    /// `extend a = b`
    Extend(Vec<NamedExpr>),
    /// `facet by a, b with (…)`
    Facet {
        /// The columns.
        by: Vec<Expr>,
        /// What is done with each.
        with: Option<Expr>,
    },
    /// `find in (A, B) where p project a, pack(*)`
    Find(Find),
    /// `fork a = (…) (…)`
    Fork(Vec<ForkBranch>),
    /// `getschema`
    GetSchema,
    /// `graph-mark-components`
    GraphMarkComponents,
    /// `graph-match (a)-[e]->(b) where p project c`
    GraphMatch(GraphMatch),
    /// `graph-shortest-paths …`
    GraphShortestPaths(GraphMatch),
    /// `graph-to-table nodes as N, edges as E`
    GraphToTable(Vec<GraphOutput>),
    /// `graph-where-edges p`
    GraphWhereEdges(Expr),
    /// `graph-where-nodes p`
    GraphWhereNodes(Expr),
    /// `inline_external_table (…) kind = … dataformat = … (…)`
    InlineExternalTable(Box<InlineExternalTable>),
    /// `invoke f(a)`
    Invoke(Expr),
    /// `join kind = inner (T) on a`
    Join(Join),
    /// `lookup (T) on a`
    Lookup(Join),
    /// `macro-expand G as a (…)`
    MacroExpand {
        /// The group.
        group: Expr,
        /// The name of one of it.
        name: Option<Name>,
        /// What is done with each.
        statements: Vec<Statement>,
    },
    /// `make-graph a --> b with T on c`
    MakeGraph(MakeGraph),
    /// `make-series n = count() on t from a to b step c by d`
    MakeSeries(MakeSeries),
    /// `mv-apply a on (…)`
    MvApply {
        /// What is expanded.
        items: Vec<MvItem>,
        /// `limit n`
        limit: Option<Expr>,
        /// `id guid(…)`
        id: Option<Expr>,
        /// What is done with the rows of each.
        body: Expr,
    },
    /// `mv-expand a to typeof(string) limit 10`
    MvExpand {
        /// What is expanded.
        items: Vec<MvItem>,
        /// `limit n`
        limit: Option<Expr>,
    },
    /// `parse a with "x" b`
    Parse(Parse),
    /// `parse-where a with "x" b`
    ParseWhere(Parse),
    /// `parse-kv a as (b: string) with (pair_delimiter = ";")`
    ParseKv {
        /// What is parsed.
        expr: Expr,
        /// The keys.
        schema: RowSchema,
        /// `with (…)`
        properties: Vec<Parameter>,
    },
    /// `partition by a (…)`
    Partition(Partition),
    /// `__partitionby a id guid(…) (…)`
    PartitionBy {
        /// The column.
        by: Expr,
        /// `id guid(…)`
        id: Option<Expr>,
        /// What is done with each part.
        body: Expr,
    },
    /// `print a = 1`
    Print(Vec<NamedExpr>),
    /// `project a, b = c`
    Project(Vec<NamedExpr>),
    /// `project-away a, b*`
    ProjectAway(Vec<Name>),
    /// `project-by-names a, b`
    ProjectByNames(Vec<Expr>),
    /// `project-keep a, b*`
    ProjectKeep(Vec<Name>),
    /// `project-rename a = b`
    ProjectRename(Vec<NamedExpr>),
    /// `project-reorder a, b* desc`
    ProjectReorder(Vec<ReorderItem>),
    /// `range a from 1 to 9 step 1`
    Range {
        /// The column.
        name: Name,
        /// First value.
        from: Expr,
        /// Last value, included.
        to: Expr,
        /// Distance.
        step: Expr,
    },
    /// `reduce by a with threshold = 0.1`
    Reduce {
        /// What is looked at.
        by: NamedExpr,
        /// `with …`
        properties: Vec<Parameter>,
    },
    /// `render timechart with (title = "x")`
    Render {
        /// The kind of chart.
        chart: Name,
        /// `with (…)`, and the older form without parentheses.
        properties: Vec<Parameter>,
    },
    /// `sample 10`
    Sample(NamedExpr),
    /// `sample-distinct 10 of a`
    SampleDistinct {
        /// How many.
        count: NamedExpr,
        /// Of what.
        of: NamedExpr,
    },
    /// `scan with (step s: p => a = b;)`
    Scan(Scan),
    /// `search in (A) "x"`
    Search(Search),
    /// `serialize a = b`
    Serialize(Vec<NamedExpr>),
    /// `sort by a asc`
    Sort(Vec<SortItem>),
    /// `summarize n = count() by a`
    Summarize(Summarize),
    /// `take 10`
    Take(NamedExpr),
    /// `top 10 by a`
    Top {
        /// How many.
        count: NamedExpr,
        /// By what.
        by: SortItem,
    },
    /// `top-hitters 10 of a by b`
    TopHitters {
        /// How many.
        count: NamedExpr,
        /// Of what.
        of: NamedExpr,
        /// By what.
        by: Option<NamedExpr>,
    },
    /// `top-nested 3 of a by count(), top-nested …`
    TopNested(Vec<TopNestedLevel>),
    /// `union kind = inner A, (B | where c)`
    Union(Vec<Expr>),
    /// `where p`
    Where(NamedExpr),
}

/// `find …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// `datascope = all`
    pub data_scope: Option<Name>,
    /// `in (A, B*)`
    pub sources: Vec<Expr>,
    /// The predicate.
    pub predicate: Expr,
    /// `project …`
    pub project: Option<FindProject>,
    /// `__projectAway …`
    pub project_away: Option<FindProject>,
}

/// `project a: long, pack(*)`, or `project-smart`.
#[derive(Clone, Debug, PartialEq)]
pub struct FindProject {
    /// The columns; none for `project-smart`.
    pub columns: Vec<FindColumn>,
    /// The clause.
    pub span: Span,
}

/// A column of `find … project`.
#[derive(Clone, Debug, PartialEq)]
pub enum FindColumn {
    /// `a`, `a: long`
    Column(Name, Option<TypeName>),
    /// `*`
    Star(Span),
    /// `pack(*)`
    Pack(Span),
}

/// `search …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// `datascope = all`
    pub data_scope: Option<Name>,
    /// `in (A, B*)`
    pub sources: Vec<Expr>,
    /// The predicate.
    pub predicate: Expr,
}

/// `a = (where b | count)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ForkBranch {
    /// The name of the result.
    pub name: Option<Name>,
    /// What is done.
    pub body: Expr,
    /// All of it.
    pub span: Span,
}

/// `(T) on a, $left.b == $right.c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The right side.
    pub right: Expr,
    /// On what the rows meet.
    pub condition: JoinCondition,
}

/// On what the rows of a join meet.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    /// Nothing is said.
    None,
    /// `on …`
    On(Vec<Expr>),
    /// `where …`
    Where(Expr),
}

/// `make-series …`.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// The aggregates, each with its `default =`.
    pub aggregates: Vec<MakeSeriesItem>,
    /// The axis.
    pub on: NamedExpr,
    /// Its range.
    pub range: SeriesRange,
    /// The groups.
    pub by: Vec<NamedExpr>,
}

/// `n = count() default = 0`.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeriesItem {
    /// The aggregate.
    pub expr: NamedExpr,
    /// What an empty bin holds.
    pub default: Option<NamedExpr>,
}

/// The range of an axis.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // A query has few of them; a box would only be in the way.
pub enum SeriesRange {
    /// `from a to b step c`
    FromTo {
        /// First bin.
        from: Option<Expr>,
        /// End, excluded.
        to: Option<Expr>,
        /// Width of a bin.
        step: Expr,
    },
    /// `in range(a, b, c)`: the end is included.
    InRange(Vec<NamedExpr>),
}

/// `a = b to typeof(string)`.
#[derive(Clone, Debug, PartialEq)]
pub struct MvItem {
    /// What is expanded; missing only in `mv-apply to typeof(…)`, written by Kusto's own tools.
    pub expr: Option<NamedExpr>,
    /// What the elements become.
    pub to: Option<TypeOf>,
    /// All of it.
    pub span: Span,
}

/// `a with "x" b: long *`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// What is parsed.
    pub expr: Expr,
    /// The pattern.
    pub pattern: Vec<ParseSegment>,
}

/// A part of a `parse` pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseSegment {
    /// `*`
    Star(Span),
    /// `"x"`
    Text(Literal),
    /// `a`
    Column(Name),
    /// `a: long`
    TypedColumn(ColumnDeclaration),
}

/// `partition by a (…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// The column.
    pub by: Expr,
    /// `in f(…)`, `in dynamic(…)`
    pub scope: Option<Expr>,
    /// What is done with each part.
    pub body: PartitionBody,
}

/// What `partition` does with each part.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBody {
    /// `(where a | count)`: the part flows in.
    SubQuery(Expr),
    /// `{ T | where a == toscalar(b) }`: a query of its own.
    Query(Expr),
}

/// `a* asc`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReorderItem {
    /// The columns.
    pub name: Name,
    /// How those that match are sorted.
    pub order: Option<SortOrder>,
    /// All of it.
    pub span: Span,
}

/// `a desc nulls last`.
#[derive(Clone, Debug, PartialEq)]
pub struct SortItem {
    /// By what.
    pub expr: NamedExpr,
    /// Which way.
    pub order: Option<SortOrder>,
    /// Where nulls go.
    pub nulls: Option<NullsOrder>,
    /// All of it.
    pub span: Span,
}

/// Which way rows or names are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
    /// `granny-asc`: digits as numbers.
    GrannyAsc,
    /// `granny-desc`
    GrannyDesc,
}

/// Where nulls are sorted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NullsOrder {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

/// `scan …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// `order by …`
    pub order_by: Vec<SortItem>,
    /// `partition by …`
    pub partition_by: Vec<Expr>,
    /// `declare (…)`
    pub declare: Vec<FunctionParameter>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// `step s1 optional output = last: p => a = b;`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// The name.
    pub name: Name,
    /// Whether it is `optional`.
    pub optional: bool,
    /// `all`, `last` or `none`.
    pub output: Option<Name>,
    /// The predicate.
    pub condition: Expr,
    /// What is remembered.
    pub assignments: Vec<ScanAssignment>,
    /// All of it.
    pub span: Span,
}

/// `a = b`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanAssignment {
    /// The column.
    pub name: Name,
    /// Its value.
    pub expr: Expr,
}

/// `summarize …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Summarize {
    /// The aggregates.
    pub aggregates: Vec<NamedExpr>,
    /// The groups; `None` without `by`.
    pub by: Option<Vec<NamedExpr>>,
    /// `bin = 1h`, an old form.
    pub bin: Option<Expr>,
}

/// `top-nested 3 of a with others = "x" by count()`.
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many; all when missing.
    pub count: Option<NamedExpr>,
    /// Of what.
    pub of: NamedExpr,
    /// `with others = …`
    pub others: Option<Expr>,
    /// By what.
    pub by: SortItem,
    /// All of it.
    pub span: Span,
}

/// `graph-match …`.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphMatch {
    /// The patterns.
    pub patterns: Vec<Vec<GraphElement>>,
    /// `where …`
    pub predicate: Option<Expr>,
    /// `project …`
    pub project: Option<Vec<NamedExpr>>,
}

/// A part of a graph pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphElement {
    /// `(a)`
    Node {
        /// The name.
        name: Option<Name>,
        /// All of it.
        span: Span,
    },
    /// `-[e*1..3]->`, `--`
    Edge {
        /// Which way it points.
        direction: EdgeDirection,
        /// The name.
        name: Option<Name>,
        /// How often it may repeat.
        range: Option<Box<(Expr, Expr)>>,
        /// All of it.
        span: Span,
    },
}

/// Which way an edge points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeDirection {
    /// `-->`
    Forward,
    /// `<--`
    Backward,
    /// `--`
    Any,
}

/// `nodes as N with_node_id = i`.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOutput {
    /// Whether it is `nodes` (or `edges`).
    pub nodes: bool,
    /// `as N`
    pub name: Option<Name>,
    /// `with_node_id = i`…
    pub parameters: Vec<Parameter>,
    /// All of it.
    pub span: Span,
}

/// `make-graph …`.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeGraph {
    /// The column an edge starts from.
    pub source: Name,
    /// Whether edges point.
    pub directed: bool,
    /// The column an edge goes to.
    pub target: Name,
    /// `with_node_id = i`
    pub node_id: Option<Name>,
    /// `with T on a, U on b`
    pub tables: Vec<(Expr, Name)>,
    /// `partitioned-by a (…)`
    pub partitioned_by: Option<(Expr, Expr)>,
}
