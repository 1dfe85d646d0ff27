//! The tree of an EQL query: what the lowering builds and the printer writes.

use crate::ir::CompareOp;

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Events that fulfil a condition.
    Events(Event),
    /// Events with equal keys, in any order.
    Sample {
        /// The fields that are equal in all of them.
        by: Vec<String>,
        /// The events.
        items: Vec<Item>,
    },
    /// Events in an order.
    Sequence {
        /// The fields that are equal in all of them.
        by: Vec<String>,
        /// The longest time from the first to the last, as the language writes it.
        maxspan: Option<String>,
        /// The events.
        items: Vec<Item>,
    },
}

/// Events of a category.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `event.category`; any without it.
    pub category: Option<String>,
    /// What they fulfil.
    pub condition: Condition,
}

/// A member of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The event.
    pub event: Event,
    /// Whether it must not occur.
    pub missing: bool,
    /// How often in succession.
    pub runs: Option<u64>,
    /// The fields of this member's keys, where they differ between members.
    pub by: Vec<String>,
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A number, in digits.
    Number(String),
    /// `true` or `false`
    Bool(bool),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `true` or `false`.
    Constant(bool),
    /// A field or the length of one is compared with a value.
    Compare(Operand, CompareOp, Value),
    /// A field has one of these values; letters may count without case.
    In(String, Vec<Value>, bool),
    /// A field matches a pattern with `*` and `?`; letters may count without case.
    Like(String, Vec<String>, bool),
    /// A field matches a regular expression of Lucene, whole; letters may count without case.
    Regex(String, Vec<String>, bool),
    /// A field is in one of these networks.
    Cidr(String, Vec<String>),
    /// A field is missing, or not.
    Missing(String, bool),
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// Does not hold.
    Not(Box<Condition>),
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A field.
    Field(String),
    /// The length of a field.
    Length(String),
}

impl Condition {
    /// All of these; one alone stands for itself.
    pub fn all(terms: Vec<Self>) -> Self {
        Self::joined(terms, true)
    }

    /// One of these; one alone stands for itself.
    pub fn any(terms: Vec<Self>) -> Self {
        Self::joined(terms, false)
    }

    fn joined(terms: Vec<Self>, and: bool) -> Self {
        let mut flat: Vec<Self> = Vec::with_capacity(terms.len());
        for term in terms {
            match term {
                Self::And(inner) if and => flat.extend(inner),
                Self::Or(inner) if !and => flat.extend(inner),
                Self::Constant(value) if value == and => {}
                Self::Constant(value) => return Self::Constant(value),
                term if flat.contains(&term) => {}
                term => flat.push(term),
            }
        }
        match flat.len() {
            0 => Self::Constant(and),
            1 => flat.remove(0),
            _ if and => Self::And(flat),
            _ => Self::Or(flat),
        }
    }
}
