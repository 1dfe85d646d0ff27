//! What EQL has built in: functions, and events that belong together.
//!
//! A field that is not there is null, and so is what a function makes of null. A `~` behind a name stands for the
//! function that takes letters of either case for the same. Sources are the function, pipe and syntax references of
//! Elasticsearch.

use super::super::{ColumnId, Plan};
use super::ForeignKind::{Aggregate, Command, Scalar};
use super::ForeignType::{Any, Count, Text, Truth};
use super::{ForeignFunction, ForeignKind, ForeignType, Origin};
use crate::source::Span;

/// As many arguments as one likes.
const MANY: usize = usize::MAX;

const fn row(
    kind: ForeignKind,
    name: &'static str,
    arity: (usize, usize),
    returns: ForeignType,
    doc: &'static str,
) -> ForeignFunction {
    ForeignFunction { name, origin: Origin::Eql, kind, arity, returns, doc }
}

pub(super) static ROWS: &[ForeignFunction] = &[
    // Numbers. Whole ones stay whole.
    row(Scalar, "add", (2, 2), Any, "The sum of two numbers."),
    row(Scalar, "subtract", (2, 2), Any, "The difference of two numbers."),
    row(Scalar, "multiply", (2, 2), Any, "The product of two numbers."),
    row(Scalar, "divide", (2, 2), Any, "The quotient of two numbers; between whole ones cut towards zero."),
    row(Scalar, "modulo", (2, 2), Any, "What is left after division, with the sign of the dividend."),
    row(
        Scalar,
        "number",
        (1, 2),
        Any,
        "The number that a text says, blanks around it aside: in a base of 2 to 36, 10 unless given, or 16 behind `0x`.",
    ),
    // Texts. Positions count from 0.
    row(
        Scalar,
        "between",
        (3, 4),
        Text,
        "What stands between two texts, the shortest such unless the fourth argument is true; empty where they are not there.",
    ),
    row(Scalar, "between~", (3, 4), Text, "What stands between two texts, letter case aside."),
    row(Scalar, "concat", (1, MANY), Text, "The texts of the values, joined."),
    row(Scalar, "endsWith", (2, 2), Truth, "Whether a text ends with another."),
    row(Scalar, "endsWith~", (2, 2), Truth, "Whether a text ends with another, letter case aside."),
    row(
        Scalar,
        "indexOf",
        (2, 3),
        Count,
        "The first position of a text in another, at or behind a third argument; null where there is none.",
    ),
    row(Scalar, "indexOf~", (2, 3), Count, "The first position of a text in another, letter case aside."),
    row(Scalar, "length", (1, 1), Count, "How many UTF-16 code units a text has."),
    row(Scalar, "startsWith", (2, 2), Truth, "Whether a text begins with another."),
    row(Scalar, "startsWith~", (2, 2), Truth, "Whether a text begins with another, letter case aside."),
    row(Scalar, "string", (1, 1), Text, "The text of a value."),
    row(Scalar, "stringContains", (2, 2), Truth, "Whether a text holds another; the empty text is held by none."),
    row(Scalar, "stringContains~", (2, 2), Truth, "Whether a text holds another, letter case aside."),
    row(
        Scalar,
        "substring",
        (2, 3),
        Text,
        "The text from a position up to another, excluded, or to the end; negative positions count from the end.",
    ),
    // Addresses.
    row(Scalar, "cidrMatch", (2, MANY), Truth, "Whether an address lies in one of the subnets."),
    // Rules that count.
    row(Aggregate, "count", (0, 0), Count, "How many events there are."),
    // Pipes.
    row(Command, "tail", (1, 1), Any, "The last records, so many as the argument says, in their order."),
];

/// Events that belong together: one record for each group of them, in the order of their first events, with the keys
/// they share.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// How the events stand to each other.
    pub arrangement: Arrangement,
    /// Which events, in order.
    pub stages: Vec<Stage>,
    /// The columns that hold the shared keys.
    pub keys: Vec<ColumnId>,
}

/// How events that belong together stand to each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrangement {
    /// One after the other, by time and then by the tiebreaker: EQL's `sequence`.
    ///
    /// For each value of the keys there is a state machine with one pending sequence a stage. An event moves on the
    /// sequence that waits for it; a newer sequence takes the place of an older one in the same stage; a sequence that
    /// cannot take its event for its span or for `until` is given up. An event may move on several sequences, each in
    /// another stage.
    Sequence {
        /// The most ticks from the first event to the last.
        maxspan: Option<i64>,
        /// The event that ends a sequence if it comes before the next that is waited for.
        until: Option<Box<Stage>>,
    },
    /// In any order, each event once: EQL's `sample`. Of each value of the keys there is one record.
    Sample,
}

/// An event among those that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The events of which one is meant.
    pub events: Plan,
    /// The column that holds their time.
    pub time: ColumnId,
    /// The column that orders events of the same time.
    pub tiebreaker: Option<ColumnId>,
    /// What must be the same in all stages, in this order. A field of several values stands for each.
    pub keys: Vec<StageKey>,
    /// How many events in succession, as if the stage were written so often.
    pub runs: u32,
    /// Whether there must be no such event: between its neighbours, or within the span before the last event or behind
    /// the first where it has but one neighbour. Where both ends are open, the sequence is dropped for a pair of such
    /// events within the span alone.
    pub missing: bool,
    /// Its words.
    pub span: Span,
}

/// A key of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageKey {
    /// The column.
    pub column: ColumnId,
    /// Whether an event without it counts, its key being null; else it is passed over.
    pub optional: bool,
}

impl Correlation {
    /// Every stage, that of `until` last.
    pub fn all_stages(&self) -> impl Iterator<Item = &Stage> {
        let until = match &self.arrangement {
            Arrangement::Sequence { until, .. } => until.as_deref(),
            Arrangement::Sample => None,
        };
        self.stages.iter().chain(until)
    }

    /// Every stage for change, that of `until` last.
    pub fn all_stages_mut(&mut self) -> impl Iterator<Item = &mut Stage> {
        let until = match &mut self.arrangement {
            Arrangement::Sequence { until, .. } => until.as_deref_mut(),
            Arrangement::Sample => None,
        };
        self.stages.iter_mut().chain(until)
    }
}
