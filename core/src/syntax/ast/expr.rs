//! Expressions, tabular ones included: in KQL a name may be either.

use super::{Json, Literal, Name, Operator, Parameter, RowSchema, Statement, TypeOf};
use crate::source::Span;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its words.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A name: a column, a table, a variable. Wildcards stand in `union`, `find` and `search in` alone.
    Name(Name),
    /// A literal.
    Literal(Literal),
    /// `dynamic(…)`
    Dynamic(Box<Json>),
    /// `typeof(…)`
    TypeOf(TypeOf),
    /// `*`
    Star,
    /// `@`
    At,
    /// `f(a, b)`
    Call(Call),
    /// `a.b`, `a.['b']`, `a.f(x)`
    Path(Box<Path>),
    /// `a[b]`
    Index(Box<Index>),
    /// `-a`, `+a`
    Unary(Box<Unary>),
    /// One operator between two operands that does not chain: comparisons and string operators.
    Binary(Box<Binary>),
    /// `a + b - c`, `a * b / c`
    Chain(Box<Chain>),
    /// `a and b and c`, `a or b or c`
    Logical(Logical),
    /// `a in (b, c)`, `a has_any (b)`
    In(Box<In>),
    /// `a between (b .. c)`
    Between(Box<Between>),
    /// `(a)`
    Paren(Box<Expr>),
    /// `[a]` at the start of a path.
    Bracketed(Box<Expr>),
    /// `a | where b | count`
    Pipe(Box<Pipe>),
    /// An operator with nothing piped into it: `union A, B`, `print 1`; at the start of a sub-query, any.
    Operator(Box<Operator>),
    /// `toscalar(a)`, `totable(a)`, `materialize(a)`
    Wrapper(Box<Wrapper>),
    /// `datatable(a: long) [1, 2]`
    DataTable(Box<DataTable>),
    /// `externaldata(a: string) ["https://…"] with (format = "csv")`
    ExternalData(Box<ExternalData>),
    /// `__contextual_datatable guid(…) (a: long)`: written by Kusto's own tools.
    ContextualDataTable(Box<ContextualDataTable>),
    /// `materialized-view-combine ("v") base (…) delta (…) aggregations (…)`
    MaterializedViewCombine(Box<MaterializedViewCombine>),
    /// `T datascope = hotcache`
    DataScope(Box<DataScope>),
    /// `entity_group [a, b]`
    EntityGroup(Vec<Expr>),
}

/// `f(a, b)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// What is given to it.
    pub arguments: Vec<NamedExpr>,
    /// The arguments with their parentheses.
    pub arguments_span: Span,
}

/// `a.b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// What stands before the dot.
    pub base: Expr,
    /// A name, a call, `@`, or an expression in brackets (`a.[b]`, as [`ExprKind::Index`] once was written).
    pub member: PathMember,
}

/// What stands behind a dot.
#[derive(Clone, Debug, PartialEq)]
pub enum PathMember {
    /// `a.b`, `a.['b']`
    Name(Name),
    /// `a.f(x)`
    Call(Call),
    /// `a.@`
    At(Span),
    /// `a.[b]`
    Bracketed(Expr),
}

/// `a[b]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// What stands before the bracket.
    pub base: Expr,
    /// What stands in it.
    pub index: Expr,
}

/// `-a`.
#[derive(Clone, Debug, PartialEq)]
pub struct Unary {
    /// The sign.
    pub op: Sign,
    /// The operand.
    pub operand: Expr,
}

/// A sign before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// Two operands and an operator that does not chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// Its word or sign.
    pub op_span: Span,
    /// The left operand; `*` stands for any column.
    pub left: Expr,
    /// The right operand.
    pub right: Expr,
}

/// Operands of one level of arithmetic, from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The first operand.
    pub first: Expr,
    /// Each further one with the operator before it: all of `+ -`, or all of `* / %`.
    pub rest: Vec<ChainLink>,
}

/// An operator of a chain and the operand behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainLink {
    /// The operator.
    pub op: ArithmeticOp,
    /// Its sign.
    pub op_span: Span,
    /// The operand.
    pub operand: Expr,
}

/// The operators of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// `a and b and c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Logical {
    /// Which of the two.
    pub op: LogicalOp,
    /// Two operands or more.
    pub operands: Vec<Expr>,
}

/// `and`, `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogicalOp {
    /// `and`
    And,
    /// `or`
    Or,
}

/// `a in (b, c)`.
#[derive(Clone, Debug, PartialEq)]
pub struct In {
    /// The operator.
    pub op: InOp,
    /// Its word.
    pub op_span: Span,
    /// The left operand.
    pub left: Expr,
    /// The list; a tabular expression stands alone in it.
    pub items: Vec<Expr>,
    /// The list with its parentheses.
    pub items_span: Span,
}

/// The operators that take a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InOp {
    /// `in`
    In,
    /// `!in`
    NotIn,
    /// `in~`
    InIgnoreCase,
    /// `!in~`
    NotInIgnoreCase,
    /// `has_any`
    HasAny,
    /// `has_all`
    HasAll,
}

/// `a between (b .. c)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// Whether it is `!between`.
    pub negated: bool,
    /// Its word.
    pub op_span: Span,
    /// The left operand.
    pub left: Expr,
    /// The lower bound, included.
    pub low: Expr,
    /// The upper bound, included.
    pub high: Expr,
}

/// `a | where b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipe {
    /// What flows in.
    pub source: Expr,
    /// The operators behind each `|`, at least one.
    pub stages: Vec<Operator>,
}

/// `toscalar(a)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrapper {
    /// Which one.
    pub kind: WrapperKind,
    /// Its word.
    pub keyword: Span,
    /// `kind = nooptimization`.
    pub parameters: Vec<Parameter>,
    /// What is wrapped.
    pub expr: Expr,
}

/// The words that wrap a tabular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrapperKind {
    /// `toscalar`
    ToScalar,
    /// `totable`
    ToTable,
    /// `materialize`, right behind `let x =`
    Materialize,
}

/// `datatable(a: long) [1, 2]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataTable {
    /// Options.
    pub parameters: Vec<Parameter>,
    /// The columns.
    pub schema: RowSchema,
    /// The cells, row by row.
    pub values: Vec<Expr>,
    /// The cells with their brackets.
    pub values_span: Span,
}

/// `externaldata(a: string) ["https://…"]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalData {
    /// Options.
    pub parameters: Vec<Parameter>,
    /// The columns.
    pub schema: RowSchema,
    /// Where the data is.
    pub sources: Vec<Expr>,
    /// `with (format = "csv")`
    pub properties: Vec<Parameter>,
}

/// `__contextual_datatable guid(…) (a: long)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextualDataTable {
    /// Which context.
    pub id: Expr,
    /// The columns.
    pub schema: RowSchema,
}

/// `materialized-view-combine (…) base (…) delta (…) aggregations (…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct MaterializedViewCombine {
    /// The view.
    pub view: Expr,
    /// Its rows so far.
    pub base: Expr,
    /// The rows to add.
    pub delta: Expr,
    /// How they combine.
    pub aggregations: Operator,
}

/// `inline_external_table (…) kind = …`.
#[derive(Clone, Debug, PartialEq)]
pub struct InlineExternalTable {
    /// The columns.
    pub schema: Option<RowSchema>,
    /// `storage`, `delta`…
    pub kind: Name,
    /// `partition by (a: long = b)`
    pub partitions: Vec<NamedExpr>,
    /// What stands in `pathformat = (…)`.
    pub path_format: Option<Span>,
    /// `dataformat = parquet`
    pub data_format: Option<Name>,
    /// Where the data is.
    pub sources: Vec<Expr>,
    /// `with (…)`
    pub properties: Vec<Parameter>,
}

/// `T datascope = hotcache`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataScope {
    /// The table.
    pub table: Expr,
    /// `hotcache` or `all`.
    pub scope: Name,
}

/// An expression that may be given a name: `a = b`, `(a, b) = f(c)`, `b`.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedExpr {
    /// The names before `=`.
    pub names: Names,
    /// The expression.
    pub expr: Expr,
    /// Both.
    pub span: Span,
}

/// The names before `=`.
#[derive(Clone, Debug, PartialEq)]
pub enum Names {
    /// None.
    None,
    /// `a =`
    One(Name),
    /// `(a, b) =`
    List(Vec<Name>, Span),
}

impl NamedExpr {
    /// An expression without a name.
    pub fn unnamed(expr: Expr) -> Self {
        Self { names: Names::None, span: expr.span, expr }
    }
}

/// Operators between two operands that do not chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `==`
    Equal,
    /// `!=`, `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// A string operator.
    String(StringOp),
}

/// The string operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StringOp {
    /// What is compared.
    pub test: StringTest,
    /// Whether case counts.
    pub case_sensitive: bool,
    /// Whether it is the complement.
    pub negated: bool,
}

/// What a string operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StringTest {
    /// `=~`, `!~`: the whole strings.
    Equal,
    /// `has`, and its short form `:`.
    Has,
    /// `hasprefix`
    HasPrefix,
    /// `hassuffix`
    HasSuffix,
    /// `contains`
    Contains,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `like`, with `*` for anything; obsolete.
    Like,
    /// `matches regex`
    MatchesRegex,
    /// `:` in `search`: a term, or a pattern with `*`.
    Search,
}

/// A body in braces: statements, then the expression that is its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// `let` and `declare query_parameters`.
    pub statements: Vec<Statement>,
    /// The value.
    pub result: Option<Expr>,
    /// The body with its braces.
    pub span: Span,
}
