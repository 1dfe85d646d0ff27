//! The typed relational IR: what a query means, whichever language it was written in.
//!
//! A [`Plan`] is a [`Source`] of records and the [`Step`]s they pass, in order; only joins, unions and sub-queries
//! nest. Every step states the [`Schema`] it gives. A column is known by its [`ColumnId`] wherever it goes, so that a
//! rename changes nothing but a schema; what it is called and where it came from stands in [`Columns`].
//!
//! Expressions state their meaning in full: case rule, term rule and null rule are part of the node. Chains (`and`,
//! `or`, arithmetic, dynamic paths) are flat, so no walk recurses once a term.

mod expr;
pub mod foreign;
mod operator;
pub mod pass;
mod plan;
mod print;
pub mod satisfiable;
mod schema;
mod value;
mod visit;

pub use expr::{
    Access, AnyColumn, Arithmetic, ArithmeticOp, ArithmeticStep, Between, Case, CaseRule, Cast, CastKind, Compare,
    CompareOp, Expr, ExprKind, Membership, NullRule, Quantifier, RegexDialect, RegexMatch, StringMatch, StringRules,
    StringTest, TermRule, ValueSet,
};
pub use foreign::{
    Arrangement, Correlation, ForeignAggregate, ForeignId, ForeignKind, ForeignStep, Frame, Lacking, Stage, StageKey,
    Statistics,
};
pub use plan::{
    AggregateCall, Argument, Bound, Bounds, Branch, Computed, Evaluate, External, Join, JoinKind, LogSource,
    MakeSeries, MvExpand, MvItem, Op, OptionValue, Parse, ParseKind, ParseKv, ParseSegment, Partition, Plan, Query,
    Rest, Scan, ScanOutput, ScanStep, SeriesItem, SeriesRange, Shared, SharedId, SortKey, Source, SourceCall,
    SourceKind, Step, TopNestedLevel, Union, UnionColumn, Window,
};
pub use schema::{Column, ColumnId, ColumnInfo, Columns, Name, Origin, Schema};
pub use value::{Json, Value};
