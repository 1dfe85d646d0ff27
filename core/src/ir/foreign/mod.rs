//! What other languages have built in and KQL has not: one row each, with the meaning their documentation gives it.
//!
//! A node that names such a row is understood; whoever has no way to say or compute it can only refuse it by name.

mod eql;
mod esql;
mod splunk;
pub mod wildcard;

use std::fmt;

pub use self::eql::{Arrangement, Correlation, Stage, StageKey};
use super::{Argument, ColumnId, Computed, Expr, Name};
use crate::functions::{Shape, ValueType};
use crate::source::Span;
use crate::types::Type;

/// Whose built-in it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Splunk's SPL.
    Splunk,
    /// Elastic's EQL.
    Eql,
    /// Elastic's ES|QL.
    Esql,
}

/// What kind of built-in it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForeignKind {
    /// A function of values in one record.
    Scalar,
    /// A function over the records of a group.
    Aggregate,
    /// A function from records to records, or one that gives records.
    Command,
}

/// A built-in of another language.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignFunction {
    /// The name it is called by.
    pub name: &'static str,
    /// Whose it is.
    pub origin: Origin,
    /// Scalar function, aggregate or command.
    pub kind: ForeignKind,
    /// The least and the most arguments.
    pub arity: (usize, usize),
    /// The type of its value; [`Type::Unknown`] where that depends on the arguments, and for commands.
    pub returns: ForeignType,
    /// What it gives, as sentences.
    pub doc: &'static str,
}

/// What a built-in of another language gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForeignType {
    /// A number with a fraction.
    Number,
    /// A whole number.
    Count,
    /// Text.
    Text,
    /// True or false.
    Truth,
    /// A time.
    Time,
    /// A field of several values: an array.
    Many,
    /// That depends.
    Any,
}

impl ForeignType {
    /// The type of the value.
    pub const fn value_type(self) -> ValueType {
        match self {
            Self::Number => ValueType { ty: Type::Real, shape: Shape::Any },
            Self::Count => ValueType { ty: Type::Long, shape: Shape::Any },
            // Unlike a `string`, it can be null.
            Self::Text => ValueType::dynamic(Shape::Scalar(Type::String)),
            Self::Truth => ValueType { ty: Type::Bool, shape: Shape::Any },
            Self::Time => ValueType { ty: Type::DateTime, shape: Shape::Any },
            Self::Many => ValueType::dynamic(Shape::Array(Type::Unknown)),
            Self::Any => ValueType { ty: Type::Unknown, shape: Shape::Any },
        }
    }
}

/// Which built-in of which language.
#[derive(Clone, Copy)]
pub struct ForeignId(&'static ForeignFunction);

impl ForeignId {
    /// The row.
    pub const fn row(self) -> &'static ForeignFunction {
        self.0
    }

    /// The built-in of this name, in the language's own spelling (lower case for SPL and ES|QL).
    pub fn find(origin: Origin, kind: ForeignKind, name: &str) -> Option<Self> {
        Self::all().find(|id| id.0.origin == origin && id.0.kind == kind && id.0.name == name)
    }

    /// Every one of them.
    pub fn all() -> impl Iterator<Item = Self> {
        splunk::ROWS.iter().chain(eql::ROWS).chain(esql::ROWS).map(Self)
    }
}

impl PartialEq for ForeignId {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for ForeignId {}

impl fmt::Display for ForeignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.origin {
            Origin::Splunk => write!(f, "spl:{}", self.0.name),
            Origin::Eql => write!(f, "eql:{}", self.0.name),
            Origin::Esql => write!(f, "esql:{}", self.0.name),
        }
    }
}

impl fmt::Debug for ForeignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A command of another language, over the records of the plan or as its source.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignStep {
    /// Which.
    pub command: ForeignId,
    /// What it is told, by the names the row gives.
    pub arguments: Vec<(Option<Name>, Argument)>,
    /// The columns it makes, under the names by which the command itself knows them.
    pub makes: Vec<(Name, ColumnId)>,
}

/// Aggregates over groups of records, by the rules of Splunk's `stats`, `eventstats` and `streamstats`, and of ES|QL's
/// `STATS` and `INLINE STATS`: a record with several values in a key belongs to the group of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// What makes a group. Without keys all records are one group.
    pub keys: Vec<Computed>,
    /// What is said of each.
    pub aggregates: Vec<ForeignAggregate>,
    /// What becomes of records that lack a key.
    pub lacking: Lacking,
    /// Which records each result is about, and which records come out.
    pub frame: Frame,
}

/// What becomes of a record that lacks a key of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// It belongs to no group: SPL.
    NoGroup,
    /// Null is a key like any other: ES|QL.
    OwnGroup,
}

/// Which records a statistic is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The whole group; one record a group comes out, in no particular order.
    Group,
    /// The whole group; every record comes out with what is said of its group, one without a group as it is.
    Each,
    /// The records of the group up to this one; every record comes out.
    Running {
        /// Whether this record counts.
        current: bool,
        /// How many records at most, the latest ones.
        window: Option<u64>,
        /// Whether the window counts records of any group, of which those of the group are then taken.
        global: bool,
    },
}

/// A call of another language's aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignAggregate {
    /// Which.
    pub function: ForeignId,
    /// What is given to it.
    pub arguments: Vec<Expr>,
    /// The column that holds what it gives.
    pub output: ColumnId,
    /// Its words.
    pub span: Span,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_is_found_by_its_name() {
        let mut seen = HashSet::new();
        for id in ForeignId::all() {
            let row = id.row();
            assert!(seen.insert((id.to_string(), row.kind)), "{id} twice");
            assert_eq!(ForeignId::find(row.origin, row.kind, row.name), Some(id));
            assert!(row.doc.ends_with('.') && row.arity.0 <= row.arity.1, "{}", row.name);
        }
        assert_eq!(ForeignId::find(Origin::Splunk, ForeignKind::Scalar, "frobnicate"), None);
    }
}
