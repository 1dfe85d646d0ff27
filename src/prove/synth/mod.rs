//! Events made of a rule: such as make it fire, and such as just fail to, for each of its conditions.
//!
//! A record of the rule's result is followed back to the events it is made of (`plan`), each column of which is an
//! unknown value. What conditions ask is carried to these values, through functions, groups and joins (`goal`, `ask`,
//! `group`), and values are found that satisfy all of it (`candidates`, `pattern`). Then one condition after the
//! other is turned (`probe`).
//!
//! Nothing here decides what a rule means: expectations are what the maker of an event believes, and a proof compares
//! what evaluation says of both sides. What cannot be steered is told by name, and the rest goes on without it.

mod ask;
mod assumed;
mod candidates;
mod evaluate;
mod functions;
mod goal;
mod group;
mod invariants;
mod join_texts;
mod locate;
mod member;
mod model;
mod partners;
mod parts;
mod pattern;
mod pieces;
mod pivot;
mod plan;
mod plausible;
mod probe;
mod reject;
mod render;
mod repair;
mod series;
mod settle;
mod solver;
mod thresholds;
mod turn;
mod variants;
mod want;

pub use invariants::{Invariant, Invariants};
#[cfg(feature = "eval")]
pub(super) use pivot::is_condition;

use crate::ir::{Name, Query, satisfiable};
use crate::source::Span;

/// An event as Sentinel stores it: columns with their values.
pub type Event = serde_json::Map<String, serde_json::Value>;

/// What was made for a rule.
#[derive(Clone, Debug, Default)]
pub struct Synthesis {
    /// Sets of events; the first is one that makes the rule fire.
    pub scenarios: Vec<Scenario>,
    /// Conditions that can never hold: the rule can never fire.
    pub unsatisfiable: Vec<Span>,
    /// What synthesis cannot steer, by name.
    pub unsolved: Vec<(Span, String)>,
}

/// Events that belong together.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What they show, in a few words.
    pub name: String,
    /// What they probe.
    pub probe: Probe,
    /// What the rule is believed to do.
    pub expects: Expectation,
    /// Tables and their events.
    pub tables: Vec<(Name, Vec<Event>)>,
    /// Watchlists, by alias, and their items.
    pub watchlists: Vec<(Name, Vec<Event>)>,
    /// What stands for addresses of `externaldata`.
    pub externals: Vec<(Name, Vec<Event>)>,
    /// The condition that decides here.
    pub atom: Option<Span>,
    /// What else speaks of the values that were changed.
    pub also: Vec<Span>,
}

impl Scenario {
    /// How many events there are.
    pub fn events(&self) -> usize {
        self.tables.iter().map(|(_, events)| events.len()).sum()
    }
}

/// What a rule is believed to do with a set of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expectation {
    /// It gives a record.
    Fires,
    /// It gives none.
    Silent,
    /// It may do either.
    Unknown,
}

/// What a set of events probes; the words are those of losses where one fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Probe {
    /// The rule as a whole.
    Rule,
    /// A value that differs.
    Plain,
    /// Letters in another case.
    Case,
    /// A term with a letter more at its end.
    Term,
    /// A null, or an empty text.
    Null,
    /// Another text for a regular expression.
    Regex,
    /// A tick inside or outside of a stretch of time.
    Window,
    /// A number at a bound.
    Number,
    /// One record fewer than a group needs.
    Threshold,
    /// Another item of a list.
    Item,
    /// Another of several ways: the arm of an `or`, the input of a union.
    Arm,
    /// A partner in a join that is missing, or is there.
    Partner,
    /// Events that have nothing to do with the rule.
    Noise,
}

impl Probe {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Plain => "plain",
            Self::Case => "case",
            Self::Term => "term",
            Self::Null => "null",
            Self::Regex => "regex",
            Self::Window => "window",
            Self::Number => "number",
            Self::Threshold => "threshold",
            Self::Item => "item",
            Self::Arm => "arm",
            Self::Partner => "partner",
            Self::Noise => "noise",
        }
    }
}

/// Makes events for a query that is run at `now`, in ticks; the same for the same seed.
pub fn synthesise(query: &Query, seed: u64, now: i64, invariants: &Invariants) -> Synthesis {
    let unsatisfiable = satisfiable::settled(query).into_iter().filter(|settled| !settled.holds);
    let mut made = probe::scenarios(query, seed, now, invariants);
    made.unsatisfiable = unsatisfiable.map(|settled| settled.span).collect();
    made
}

/// Makes the first scenario alone, that which makes the rule fire.
pub fn base(query: &Query, seed: u64, now: i64, invariants: &Invariants) -> Synthesis {
    probe::base(query, seed, now, invariants)
}

#[cfg(test)]
mod tests;
