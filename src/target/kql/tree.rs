//! The tree of a KQL query: what the lowering builds and the printer writes. It holds names and values, never text that
//! is quoted or escaped already.

use crate::ir::{ArithmeticOp, JoinKind, Value};
use crate::types::Type;

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Parameters that whoever runs the query gives.
    pub parameters: Vec<(String, Type)>,
    /// Tables that several places read, evaluated once where so stated.
    pub tables: Vec<Let>,
    /// What it gives.
    pub pipe: Pipe,
}

/// A table under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name.
    pub name: String,
    /// Whether it is evaluated once, however often it is read.
    pub once: bool,
    /// The table.
    pub pipe: Pipe,
}

/// Where records come from, and what happens to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipe {
    /// Where they come from.
    pub head: Head,
    /// What happens to them, in order.
    pub stages: Vec<Stage>,
}

/// Where records come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// The records that are handed in: nothing is written.
    Input,
    /// A table, or the name of a [`Let`].
    Table(String),
    /// Names that `*` stands for parts of; they stand in a `union` alone.
    Pattern(String),
    /// A function that gives records.
    Call(String, Vec<Argument>),
    /// `union`
    Union {
        /// The column that names the source of a record.
        source: Option<String>,
        /// Whether columns are kept that all have, and no others.
        inner: bool,
        /// Whether tables may be missing.
        fuzzy: bool,
        /// The tables.
        inputs: Vec<Pipe>,
    },
    /// `print`
    Print(Vec<Item>),
    /// `range`
    Range(String, Box<[Expr; 3]>),
    /// `datatable`
    Rows(Vec<(String, Type)>, Vec<Vec<Value>>),
    /// `externaldata`
    External(Vec<(String, Type)>, Vec<Expr>, Vec<(String, OptionValue)>),
    /// `evaluate` of a plugin that takes no records.
    Evaluate(Plugin),
}

/// What an option is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// A value.
    Value(Value),
    /// A word.
    Word(String),
}

/// Something computed, under one name, several or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The names.
    pub names: Vec<String>,
    /// What it is.
    pub value: Expr,
}

/// What is given to a function, by name or by place.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The name.
    pub name: Option<String>,
    /// The value.
    pub value: Expr,
}

/// A call of a plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// The columns it is said to give.
    pub gives: Option<Vec<(String, Type)>>,
}

/// What records are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The value.
    pub value: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

/// A part of a pattern of `parse`.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// `*`
    Skip,
    /// A text.
    Text(String),
    /// A column.
    Column(String, Type),
}

/// A level of `top-nested`.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// How many.
    pub count: Option<Expr>,
    /// Of what.
    pub of: Item,
    /// What stands for the others.
    pub others: Option<Expr>,
    /// The measure.
    pub by: Item,
    /// Whether the greatest come first.
    pub descending: bool,
}

/// A step of `scan`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// Its name.
    pub name: String,
    /// Whether it may be passed over.
    pub optional: bool,
    /// Which of its records are given, where not all are.
    pub output: Option<&'static str>,
    /// Which records fit.
    pub condition: Expr,
    /// What is assigned.
    pub assignments: Vec<(String, Expr)>,
}

/// `scan`
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The column that holds the number of the run.
    pub match_id: Option<String>,
    /// What the records are sorted by.
    pub order: Vec<SortKey>,
    /// What parts them.
    pub partition: Vec<Expr>,
    /// Columns that steps assign.
    pub declared: Vec<(String, Type, Option<Expr>)>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// `make-series`
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The aggregates, with what stands in empty bins.
    pub items: Vec<(Item, Option<Expr>)>,
    /// The axis.
    pub axis: Item,
    /// First bin, end and width.
    pub range: (Option<Expr>, Option<Expr>, Expr),
    /// Whether the end is included, as in `range(…)`.
    pub in_range: bool,
    /// The groups.
    pub keys: Vec<Item>,
    /// Whether there is always a series.
    pub non_empty: bool,
}

/// `mv-expand` and `mv-apply`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expand {
    /// What is expanded, and to which type.
    pub items: Vec<(Item, Option<Type>)>,
    /// The column that holds the position.
    pub index: Option<String>,
    /// Whether bags give arrays of key and value.
    pub pairs: bool,
    /// How many at most.
    pub limit: Option<Expr>,
    /// What happens to the elements of a record.
    pub body: Option<Pipe>,
}

/// An operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// `where`
    Where(Expr),
    /// An operator whose items are names and values: `extend`, `project`, `distinct`, `project-rename`.
    Items(&'static str, Vec<Item>),
    /// An operator whose items are names, `*` standing for anything: `project-away`, `project-keep`, `project-reorder`.
    Names(&'static str, Vec<String>),
    /// `distinct *`
    DistinctAll,
    /// `summarize`
    Summarize(Vec<Item>, Vec<Item>),
    /// `sort`
    Sort(Vec<SortKey>),
    /// `top`
    Top(Expr, SortKey),
    /// An operator that takes one value: `take`, `sample`.
    Counted(&'static str, Expr),
    /// An operator of one word: `serialize`, `consume`.
    Word(&'static str),
    /// `sample-distinct`
    SampleDistinct(Expr, Expr),
    /// `top-hitters`
    TopHitters(Expr, Item, Option<Expr>),
    /// `top-nested`
    TopNested(Vec<Level>),
    /// `join`, or `lookup` where it is stated: the keys of the left and of the right.
    Join {
        /// Which.
        kind: JoinKind,
        /// Whether it is `lookup`.
        lookup: bool,
        /// The other side.
        right: Pipe,
        /// What has to be equal.
        on: Vec<(String, String)>,
    },
    /// `mv-expand`, or `mv-apply` where there is a body.
    Expand(Box<Expand>),
    /// `make-series`
    Series(Box<Series>),
    /// `parse` or `parse-where`
    Parse {
        /// Whether records that do not fit are dropped.
        filter: bool,
        /// `regex`, `relaxed`, or nothing.
        kind: Option<&'static str>,
        /// The flags of the regular expressions.
        flags: String,
        /// The text.
        subject: Expr,
        /// The pattern.
        segments: Vec<Segment>,
    },
    /// `parse-kv`
    ParseKv(Expr, Vec<(String, Type)>, Vec<(String, OptionValue)>),
    /// `scan`
    Scan(Box<Scan>),
    /// `partition by`
    Partition(Expr, Pipe),
    /// `reduce by`
    Reduce(Expr, bool, Vec<(String, OptionValue)>),
    /// `evaluate`
    Evaluate(Plugin),
    /// `invoke`
    Invoke(String, Vec<Argument>),
    /// `getschema`, by the form that one column holds.
    GetSchema(bool),
    /// `fork`
    Fork(Vec<(String, Pipe)>),
    /// `render`
    Render(String),
}

/// How tightly an expression binds; the greater the tighter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binding {
    /// `or`
    Or,
    /// `and`
    And,
    /// Comparisons.
    Compare,
    /// `+` and `-`
    Sum,
    /// `*`, `/` and `%`
    Product,
    /// A sign.
    Sign,
    /// Calls, names, literals.
    Atom,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A column, or whatever else a name stands for.
    Name(String),
    /// A parameter in braces.
    Parameter(String),
    /// A value.
    Value(Value),
    /// `*`
    Star,
    /// `typeof(…)`
    TypeOf(Type),
    /// All hold.
    And(Vec<Self>),
    /// One holds.
    Or(Vec<Self>),
    /// A comparison, by its operator's text.
    Compare(&'static str, Box<[Self; 2]>),
    /// `in` and its like, by the operator's text.
    In(&'static str, Box<Self>, Vec<Self>),
    /// `between` or `!between`
    Between(bool, Box<[Self; 3]>),
    /// What stands in parentheses of its own, so that it stays apart from the chain around it.
    Paren(Box<Self>),
    /// Arithmetic.
    Arithmetic(Box<Self>, Vec<(ArithmeticOp, Self)>),
    /// The sign turned.
    Negate(Box<Self>),
    /// A call.
    Call(String, Vec<Argument>),
    /// A slot of a bag.
    Member(Box<Self>, String),
    /// A slot or an element, by a computed key.
    Index(Box<Self>, Box<Self>),
    /// A table in parentheses, or the name of one.
    Table(Box<Pipe>),
    /// `toscalar(…)`
    ToScalar(Box<Pipe>),
}

impl Expr {
    /// A call with arguments by place.
    pub fn call(name: impl Into<String>, arguments: Vec<Self>) -> Self {
        let arguments = arguments.into_iter().map(|value| Argument { name: None, value }).collect();
        Self::Call(name.into(), arguments)
    }
}
