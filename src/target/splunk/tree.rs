//! The tree of a Splunk search: what the lowering builds and the printer writes. It holds values, never text that is
//! quoted or escaped already.

use crate::ir::CompareOp;

/// A whole search, or a sub-search.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Where the events come from.
    pub head: Head,
    /// What happens to them, in order.
    pub commands: Vec<Command>,
}

/// Where events come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// The implied `search` at the start.
    Events {
        /// What the events have to fulfil.
        filter: Filter,
        /// The start of the time range, as a time modifier.
        earliest: Option<String>,
        /// The end of the time range, as a time modifier.
        latest: Option<String>,
    },
    /// `multisearch`: the events of several streaming searches, without a cap.
    Several(Vec<Search>),
    /// `inputlookup`: the rows of a lookup.
    Lookup(String),
    /// `makeresults`: rows written out, as JSON text; one empty row without it.
    Rows(Option<String>),
}

/// A condition of the search language: case-blind, `*` is a wildcard, a field that is missing fulfils nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// A search macro, by name.
    Macro(String),
    /// A word of raw search language from a data file: `tag=process`, `sourcetype="x"`.
    Raw(String),
    /// A field is compared with a value.
    Field(String, CompareOp, Pattern),
    /// A field has one of these values.
    In(String, Vec<Pattern>),
    /// All hold.
    And(Vec<Filter>),
    /// One holds.
    Or(Vec<Filter>),
    /// Does not hold, or the field is missing.
    Not(Box<Filter>),
}

/// A value of the search language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Whether anything may stand before the text.
    pub open_start: bool,
    /// The text, without a wildcard of its own.
    pub text: String,
    /// Whether anything may stand behind it.
    pub open_end: bool,
}

impl Pattern {
    /// This text and nothing else.
    pub fn exact(text: impl Into<String>) -> Self {
        Self { open_start: false, text: text.into(), open_end: false }
    }

    /// Whether a value fits it. The search language folds the case of both.
    pub fn fits(&self, value: &str) -> bool {
        let (text, value) = (self.text.to_lowercase(), value.to_lowercase());
        match (self.open_start, self.open_end) {
            (true, true) => value.contains(&text),
            (true, false) => value.ends_with(&text),
            (false, true) => value.starts_with(&text),
            (false, false) => value == text,
        }
    }
}

/// The sign of a comparison.
pub const fn comparison_sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "=",
        other => other.sign(),
    }
}

/// An expression of `eval` and `where`.
#[derive(Clone, Debug, PartialEq)]
pub enum Eval {
    /// A field.
    Field(String),
    /// A string.
    Text(String),
    /// A regular expression in PCRE, as an argument of `match` or `replace`.
    Regex(String),
    /// A number, in digits.
    Number(String),
    /// A call.
    Call(String, Vec<Eval>),
    /// A comparison.
    Compare(CompareOp, Box<Eval>, Box<Eval>),
    /// Arithmetic or `.` from left to right: the first operand, then operators with theirs.
    Chain(Box<Eval>, Vec<(Operator, Eval)>),
    /// The number with the sign turned.
    Negate(Box<Eval>),
    /// All hold.
    And(Vec<Eval>),
    /// One holds.
    Or(Vec<Eval>),
    /// Does not hold. Only ever put around what cannot be null.
    Not(Box<Eval>),
    /// A hole of a template: the argument at this position, from 1.
    Hole(usize, HoleKind),
    /// A hole of a template: all arguments, as further ones of the call it stands in.
    Rest(HoleKind),
}

/// What the argument in a hole is needed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HoleKind {
    /// Whatever represents its own type.
    #[default]
    Plain,
    /// Text.
    Text,
    /// A number.
    Number,
    /// JSON text.
    Json,
    /// A multivalue field.
    Multi,
    /// A multivalue field, where what is no array counts otherwise than in KQL.
    Array,
    /// A field, not an expression.
    Field,
    /// The words of a string literal as a regular expression that matches them.
    Regex,
}

/// Operators between values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `.`: strings one behind the other.
    Concat,
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
    pub const ALL: [Self; 6] = [Self::Concat, Self::Add, Self::Subtract, Self::Multiply, Self::Divide, Self::Modulo];

    /// The sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Concat => ".",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }

    /// How tightly it binds among operators; the greater the tighter.
    pub const fn binding(self) -> u8 {
        match self {
            Self::Concat | Self::Add | Self::Subtract => 1,
            Self::Multiply | Self::Divide | Self::Modulo => 2,
        }
    }
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `where`
    Where(Eval),
    /// `eval`: assignments from left to right, each seeing those before it.
    Eval(Vec<(String, Eval)>),
    /// `rex`: named groups of a pattern become fields where it matches.
    Rex {
        /// The field searched.
        field: String,
        /// The pattern.
        pattern: String,
        /// Whether all matches are taken, not the first alone.
        all: bool,
    },
    /// `stats`, `eventstats` and `streamstats`.
    Stats {
        /// Which of them.
        kind: Stats,
        /// What is computed, and the fields that hold it.
        aggregates: Vec<(Aggregate, String)>,
        /// The fields that make a group.
        by: Vec<String>,
    },
    /// `fillnull`
    FillNull {
        /// What takes the place of a null.
        value: String,
        /// In which fields.
        fields: Vec<String>,
    },
    /// `rename`: old and new.
    Rename(Vec<(String, String)>),
    /// `fields`: keeps these, or takes them out.
    Fields {
        /// Whether they are kept.
        keep: bool,
        /// Which.
        fields: Vec<String>,
    },
    /// `table`
    Table(Vec<String>),
    /// `sort`: how many rows (0 for all) by which fields, descending or not.
    Sort {
        /// How many; 0 for all.
        count: u64,
        /// Each with whether it is descending, and how it is compared.
        keys: Vec<SortField>,
    },
    /// `head`
    Head(u64),
    /// `dedup`
    Dedup(Vec<String>),
    /// `mvexpand`, at most so many values a row.
    MvExpand(String, Option<u64>),
    /// `join`
    Join {
        /// Whether rows without a partner stay.
        left: bool,
        /// The fields that must be equal.
        by: Vec<String>,
        /// The other side.
        search: Box<Search>,
    },
    /// `append`
    Append(Box<Search>),
    /// `lookup`
    Lookup {
        /// The lookup.
        name: String,
        /// Its field and the event's for each key.
        keys: Vec<(String, String)>,
        /// Its field and the event's for each output.
        outputs: Vec<(String, String)>,
    },
    /// `iplocation`
    IpLocation {
        /// What stands before the names of its fields.
        prefix: String,
        /// The field that holds the address.
        field: String,
    },
    /// `fieldformat`: how a field is shown.
    FieldFormat(String, Eval),
    /// A search macro, by name.
    Macro(String),
}

/// The commands that compute aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stats {
    /// One row a group.
    Groups,
    /// The aggregates of its group on each row.
    Rows,
    /// The aggregates of the rows up to it, on each row.
    Running,
    /// The values of the row before it, on each row.
    Previous,
}

/// An aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Its name: `dc`, `sum`, `count`.
    pub function: String,
    /// What is aggregated; nothing for `count`.
    pub argument: Option<Eval>,
}

/// A field to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortField {
    /// The field.
    pub field: String,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether its values are texts, also those that look like numbers or addresses.
    pub text: bool,
}

impl Eval {
    /// A field.
    pub fn field(name: impl Into<String>) -> Self {
        Self::Field(name.into())
    }

    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn integer(value: i64) -> Self {
        if value < 0 {
            Self::Negate(Box::new(Self::Number(value.unsigned_abs().to_string())))
        } else {
            Self::Number(value.to_string())
        }
    }

    /// A call.
    pub fn call(name: &str, arguments: impl IntoIterator<Item = Self>) -> Self {
        Self::Call(name.to_owned(), arguments.into_iter().collect())
    }

    /// A comparison.
    pub fn compare(op: CompareOp, left: Self, right: Self) -> Self {
        Self::Compare(op, Box::new(left), Box::new(right))
    }

    /// Two operands of an operator; a chain of operators of the same strength stays flat.
    pub fn operation(left: Self, op: Operator, right: Self) -> Self {
        match left {
            Self::Chain(first, mut rest)
                if rest.iter().all(|(o, _)| {
                    o.binding() == op.binding() && (*o == Operator::Concat) == (op == Operator::Concat)
                }) =>
            {
                rest.push((op, right));
                Self::Chain(first, rest)
            }
            first => Self::Chain(Box::new(first), vec![(op, right)]),
        }
    }

    /// All of these; one alone stands for itself.
    pub fn all(terms: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms {
            match term {
                Self::And(inner) => flat.extend(inner),
                Self::Call(name, arguments) if name == "true" && arguments.is_empty() => {}
                term => flat.push(term),
            }
        }
        match flat.len() {
            0 => Self::call("true", []),
            1 => flat.remove(0),
            _ => Self::And(flat),
        }
    }

    /// One of these; one alone stands for itself.
    pub fn any(terms: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms {
            match term {
                Self::Or(inner) => flat.extend(inner),
                Self::Call(name, arguments) if name == "false" && arguments.is_empty() => {}
                term => flat.push(term),
            }
        }
        match flat.len() {
            0 => Self::call("false", []),
            1 => flat.remove(0),
            _ => Self::Or(flat),
        }
    }

    /// Hands each field read to `f`.
    pub fn fields(&self, f: &mut dyn FnMut(&str)) {
        match self {
            Self::Field(name) => f(name),
            Self::Text(_) | Self::Regex(_) | Self::Number(_) | Self::Hole(..) | Self::Rest(_) => {}
            Self::Call(_, inner) | Self::And(inner) | Self::Or(inner) => {
                for e in inner {
                    e.fields(f);
                }
            }
            Self::Compare(_, left, right) => {
                left.fields(f);
                right.fields(f);
            }
            Self::Chain(first, rest) => {
                first.fields(f);
                for (_, operand) in rest {
                    operand.fields(f);
                }
            }
            Self::Negate(inner) | Self::Not(inner) => inner.fields(f),
        }
    }

    /// Reads another field in the place of one.
    pub fn rename_field(&mut self, old: &str, new: &str) {
        match self {
            Self::Field(name) => {
                if name == old {
                    new.clone_into(name);
                }
            }
            Self::Text(_) | Self::Regex(_) | Self::Number(_) | Self::Hole(..) | Self::Rest(_) => {}
            Self::Call(_, inner) | Self::And(inner) | Self::Or(inner) => {
                for e in inner {
                    e.rename_field(old, new);
                }
            }
            Self::Compare(_, left, right) => {
                left.rename_field(old, new);
                right.rename_field(old, new);
            }
            Self::Chain(first, rest) => {
                first.rename_field(old, new);
                for (_, operand) in rest {
                    operand.rename_field(old, new);
                }
            }
            Self::Negate(inner) | Self::Not(inner) => inner.rename_field(old, new),
        }
    }

    /// Whether it reads a field.
    pub fn reads(&self, field: &str) -> bool {
        let mut found = false;
        self.fields(&mut |name| found |= name == field);
        found
    }
}

impl Command {
    /// Whether it works on each event by itself, as the branches of `multisearch` have to.
    pub const fn is_streaming(&self) -> bool {
        matches!(
            self,
            Self::Where(_)
                | Self::Eval(_)
                | Self::Rex { .. }
                | Self::FillNull { .. }
                | Self::Rename(_)
                | Self::Fields { .. }
                | Self::MvExpand(..)
                | Self::Lookup { .. }
                | Self::IpLocation { .. }
        )
    }

    /// Whether it neither adds nor takes away rows, so that a filter may move across it.
    pub const fn keeps_rows(&self) -> bool {
        matches!(
            self,
            Self::Where(_) | Self::Eval(_) | Self::Rex { .. } | Self::Lookup { .. } | Self::IpLocation { .. }
        )
    }
}

impl Search {
    /// Whether every part streams, so that it can be a branch of `multisearch`.
    pub fn is_streaming(&self) -> bool {
        matches!(self.head, Head::Events { .. }) && self.commands.iter().all(Command::is_streaming)
    }
}
