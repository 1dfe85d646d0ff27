//! The tree of an ES|QL query: what the lowering builds and the printer writes. It holds values, never text that is
//! quoted or escaped already.

use crate::ir::CompareOp;

/// A query, or a sub-query of `FROM`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Where the rows come from.
    pub head: Head,
    /// What happens to them, in order.
    pub commands: Vec<Command>,
}

/// What makes a row a document to Elastic's detection rules.
const METADATA: [&str; 3] = ["_id", "_version", "_index"];

impl Query {
    /// The query as a detection rule wants it, where each row is a document of an index: with the fields that tell which
    /// document, by which the rule links its alert and knows one it has told already. Nothing where rows are made by
    /// grouping or come from several sub-queries.
    pub fn of_documents(&self) -> Option<Self> {
        let grouped = |command: &Command| matches!(command, Command::Stats { inline: false, .. });
        let mut query = self.clone();
        let Head::From { metadata, .. } = &mut query.head else { return None };
        if query.commands.iter().any(grouped) {
            return None;
        }
        add_missing(metadata);
        for command in &mut query.commands {
            if let Command::Keep(fields) = command {
                add_missing(fields);
            }
        }
        Some(query)
    }
}

fn add_missing(names: &mut Vec<String>) {
    for name in METADATA {
        if !names.iter().any(|there| there == name) {
            names.push(name.to_owned());
        }
    }
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// `FROM` index patterns, with metadata fields.
    From {
        /// The patterns.
        indices: Vec<String>,
        /// Fields such as `_index`.
        metadata: Vec<String>,
    },
    /// `FROM` sub-queries: the rows of all of them.
    Queries(Vec<Query>),
    /// `ROW`: a single row.
    Row(Vec<(String, Expr)>),
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `WHERE`
    Where(Expr),
    /// `EVAL`: from left to right, each seeing those before it.
    Eval(Vec<(String, Expr)>),
    /// `STATS`, or `INLINE STATS` which keeps the rows.
    Stats {
        /// Whether rows are kept.
        inline: bool,
        /// What is computed, under which name, over the rows that fulfil a condition.
        aggregates: Vec<Aggregate>,
        /// What makes a group: a column, or a name with its value.
        by: Vec<(String, Option<Expr>)>,
    },
    /// `SORT`
    Sort(Vec<SortKey>),
    /// `LIMIT`
    Limit(u64),
    /// `KEEP`
    Keep(Vec<String>),
    /// `DROP`
    Drop(Vec<String>),
    /// `RENAME`: old and new.
    Rename(Vec<(String, String)>),
    /// `MV_EXPAND`
    MvExpand(String),
    /// `GROK`: the column and the pattern.
    Grok(String, String),
    /// `DISSECT`: the column and the pattern.
    Dissect(String, String),
    /// `LOOKUP JOIN`: the lookup index and the columns that must be equal.
    LookupJoin(String, Vec<String>),
}

/// An aggregate with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The column that holds it.
    pub name: String,
    /// What is computed.
    pub value: Expr,
    /// Over which rows.
    pub condition: Option<Expr>,
}

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The value.
    pub value: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

/// Operators between values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
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

impl Operator {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Add, Self::Subtract, Self::Multiply, Self::Divide, Self::Modulo];

    /// The sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }

    /// Whether it binds as tightly as a product.
    pub const fn is_product(self) -> bool {
        matches!(self, Self::Multiply | Self::Divide | Self::Modulo)
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A column.
    Field(String),
    /// A string.
    Text(String),
    /// A number, in digits.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
    /// A stretch of time: how many of which unit.
    Span(i64, &'static str),
    /// `*`, as what `COUNT` counts.
    All,
    /// Several values in one.
    List(Vec<Expr>),
    /// A call.
    Call(String, Vec<Expr>),
    /// A comparison.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// Arithmetic between two operands.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// The number with the sign turned.
    Negate(Box<Expr>),
    /// One of several values.
    In(Box<Expr>, Vec<Expr>),
    /// A pattern with `*` and `?`, whole.
    Like(Box<Expr>, String),
    /// A regular expression of Lucene, whole.
    Rlike(Box<Expr>, String),
    /// Null, or not.
    IsNull(Box<Expr>, bool),
    /// All hold.
    And(Vec<Expr>),
    /// One holds.
    Or(Vec<Expr>),
    /// Does not hold; null stays null.
    Not(Box<Expr>),
    /// A hole of a template: the argument at this position, from 1.
    Hole(usize, HoleKind),
    /// A hole of a template: all arguments, as further ones of the call it stands in.
    Rest(HoleKind),
}

/// What the argument in a hole is needed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HoleKind {
    /// Its own type.
    #[default]
    Plain,
    /// Text.
    Text,
    /// A number.
    Number,
    /// An instant.
    Time,
    /// A stretch of time, in milliseconds.
    Millis,
}

impl Expr {
    /// A column.
    pub fn field(name: impl Into<String>) -> Self {
        Self::Field(name.into())
    }

    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn integer(value: i64) -> Self {
        let number = Self::Number(value.unsigned_abs().to_string());
        if value < 0 { Self::Negate(Box::new(number)) } else { number }
    }

    /// A call.
    pub fn call(name: &str, arguments: impl IntoIterator<Item = Self>) -> Self {
        Self::Call(name.to_owned(), arguments.into_iter().collect())
    }

    /// A comparison.
    pub fn compare(op: CompareOp, left: Self, right: Self) -> Self {
        Self::Compare(op, Box::new(left), Box::new(right))
    }

    /// Arithmetic.
    pub fn binary(op: Operator, left: Self, right: Self) -> Self {
        Self::Binary(op, Box::new(left), Box::new(right))
    }

    /// `IS NULL`
    #[must_use]
    pub fn is_null(self) -> Self {
        Self::IsNull(Box::new(self), true)
    }

    /// `IS NOT NULL`
    #[must_use]
    pub fn is_not_null(self) -> Self {
        Self::IsNull(Box::new(self), false)
    }

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
                Self::Bool(value) if value == and => {}
                Self::Bool(value) => return Self::Bool(value),
                term if flat.contains(&term) => {}
                term => flat.push(term),
            }
        }
        match flat.len() {
            0 => Self::Bool(and),
            1 => flat.remove(0),
            _ if and => Self::And(flat),
            _ => Self::Or(flat),
        }
    }

    /// Hands each column read to `f`.
    pub fn fields(&self, f: &mut dyn FnMut(&str)) {
        match self {
            Self::Field(name) => f(name),
            Self::Text(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Span(..)
            | Self::All
            | Self::Hole(..)
            | Self::Rest(_) => {}
            Self::Call(_, inner) | Self::List(inner) | Self::And(inner) | Self::Or(inner) => {
                for e in inner {
                    e.fields(f);
                }
            }
            Self::Compare(_, left, right) | Self::Binary(_, left, right) => {
                left.fields(f);
                right.fields(f);
            }
            Self::In(subject, items) => {
                subject.fields(f);
                for e in items {
                    e.fields(f);
                }
            }
            Self::Negate(inner)
            | Self::Not(inner)
            | Self::Like(inner, _)
            | Self::Rlike(inner, _)
            | Self::IsNull(inner, _) => {
                inner.fields(f);
            }
        }
    }

    /// The expression with another in the place of each part for which there is one.
    #[must_use]
    pub fn mapped(&self, f: &mut dyn FnMut(&Self) -> Option<Self>) -> Self {
        if let Some(other) = f(self) {
            return other;
        }
        let mut one = |e: &Self| Box::new(e.mapped(f));
        match self {
            Self::Field(_)
            | Self::Text(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Span(..)
            | Self::All
            | Self::Hole(..)
            | Self::Rest(_) => self.clone(),
            Self::Call(name, inner) => Self::Call(name.clone(), inner.iter().map(|e| e.mapped(f)).collect()),
            Self::List(inner) => Self::List(inner.iter().map(|e| e.mapped(f)).collect()),
            Self::And(inner) => Self::And(inner.iter().map(|e| e.mapped(f)).collect()),
            Self::Or(inner) => Self::Or(inner.iter().map(|e| e.mapped(f)).collect()),
            Self::Compare(op, left, right) => Self::Compare(*op, one(left), one(right)),
            Self::Binary(op, left, right) => Self::Binary(*op, one(left), one(right)),
            Self::In(subject, items) => {
                let subject = one(subject);
                Self::In(subject, items.iter().map(|e| e.mapped(f)).collect())
            }
            Self::Negate(inner) => Self::Negate(one(inner)),
            Self::Not(inner) => Self::Not(one(inner)),
            Self::Like(inner, pattern) => Self::Like(one(inner), pattern.clone()),
            Self::Rlike(inner, pattern) => Self::Rlike(one(inner), pattern.clone()),
            Self::IsNull(inner, is) => Self::IsNull(one(inner), *is),
        }
    }

    /// Whether it reads a column.
    pub fn reads(&self, field: &str) -> bool {
        let mut found = false;
        self.fields(&mut |name| found |= name == field);
        found
    }
}

/// What stands between an opening and the next closing.
fn parts<'a>(text: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(name, _)| name)
}

impl Command {
    /// Whether it looks at one row at a time, so that it may be moved into each sub-query of a `FROM`.
    pub const fn is_row_by_row(&self) -> bool {
        matches!(
            self,
            Self::Where(_)
                | Self::Eval(_)
                | Self::Keep(_)
                | Self::Drop(_)
                | Self::Rename(_)
                | Self::MvExpand(_)
                | Self::Grok(..)
                | Self::Dissect(..)
        )
    }

    /// The columns that a pattern takes from a text.
    pub fn extracted(&self) -> Vec<&str> {
        match self {
            Self::Grok(_, pattern) => parts(pattern, "(?<", '>').collect(),
            Self::Dissect(_, pattern) => parts(pattern, "%{", '}').collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it gives a value to a column of such a name.
    pub fn assigns(&self, named: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Eval(items) => items.iter().any(|(name, _)| named(name)),
            Self::Stats { aggregates, by, .. } => {
                aggregates.iter().any(|a| named(&a.name))
                    || by.iter().any(|(name, value)| value.is_some() && named(name))
            }
            Self::Rename(names) => names.iter().any(|(_, new)| named(new)),
            Self::MvExpand(name) => named(name),
            Self::Grok(..) | Self::Dissect(..) => self.extracted().into_iter().any(named),
            // What columns a lookup has is known to nobody here.
            Self::LookupJoin(..) => true,
            Self::Where(_) | Self::Sort(_) | Self::Limit(_) | Self::Keep(_) | Self::Drop(_) => false,
        }
    }
}
