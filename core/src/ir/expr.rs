//! Expressions: what a value is, with every rule that decides it.

use std::sync::Arc;

use super::{ColumnId, ForeignId, Name, Plan, Value};
use crate::functions::{FunctionId, ValueType};
use crate::source::Span;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: ValueType,
    /// The words it stands for.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A value.
    Literal(Value),
    /// The value of a column in the record at hand.
    Column(ColumnId),
    /// A value that is given when the query is run; only its name is known.
    Parameter(Name),
    /// The record at hand as a bag of its named columns, and of those that an open schema adds.
    Row(Vec<(Name, ColumnId)>, bool),
    /// All hold. Three-valued (Kleene): false wins over null, null over true.
    And(Vec<Expr>),
    /// One holds. Three-valued (Kleene): true wins over null, null over false.
    Or(Vec<Expr>),
    /// Does not hold; null stays null.
    Not(Box<Expr>),
    /// A comparison.
    Compare(Box<Compare>),
    /// A comparison of strings.
    Match(Box<StringMatch>),
    /// A search with a regular expression.
    Regex(Box<RegexMatch>),
    /// A comparison with each value of a set.
    Member(Box<Membership>),
    /// Within a range.
    Between(Box<Between>),
    /// A test of every column.
    AnyColumn(Box<AnyColumn>),
    /// Arithmetic, from left to right.
    Arithmetic(Box<Arithmetic>),
    /// The number or time span with the sign turned.
    Negate(Box<Expr>),
    /// A call of a built-in.
    Call(FunctionId, Vec<Expr>),
    /// A call of a function that nothing here knows.
    Unknown(Name, Vec<Expr>),
    /// A call of a function that another language has built in.
    Foreign(ForeignId, Vec<Expr>),
    /// A comparison that the values decide: as numbers where both look like numbers, else as texts, by case and code
    /// point. Splunk's `where`, where fields have no types; a field of several values passes where one of them does.
    Loose(Box<Compare>),
    /// A conversion.
    Cast(Box<Cast>),
    /// A value inside a dynamic.
    Access(Box<Access>),
    /// One of the values of an expression that gives several (`series_fit_line`), by position.
    Item(Box<Expr>, u16),
    /// The value of the first arm that holds.
    Case(Box<Case>),
    /// The first column of the first record; null where there is none. The plan refers to nothing outside itself.
    ToScalar(Arc<Plan>),
}

/// What a comparison gives when an operand is null (or, where a language tells them apart, missing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NullRule {
    /// KQL's `==` and `!=`: null differs from every value, so `==` is false and `!=` true; two nulls give null.
    KqlEquality,
    /// KQL's string operators and `in`: with one null side the positive form is false, the negated one true.
    KqlMatch,
    /// Null in, null out; also negated. KQL's `<`, SQL, ES|QL.
    Propagate,
    /// False, negated or not: the operator wants the field to be there. SPL's `search f=x` and `f!=x`.
    AbsentFails,
    /// Null is a value like any other, equal to itself alone. EQL's `== null`.
    Value,
}

/// Which letters count as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseRule {
    /// None but itself.
    Sensitive,
    /// `A` to `Z` and `a` to `z`.
    AsciiInsensitive,
    /// All that Unicode's simple case folding joins.
    UnicodeInsensitive,
}

/// Where a term ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TermRule {
    /// A term is a run of alphanumeric characters; all else parts terms, `_` included. A needle that has other
    /// characters in it must occur with each alphanumeric end of it at a term's border.
    KqlAlphanumeric,
    /// Splunk's major and minor breakers.
    Splunk,
    /// Elasticsearch's standard analyser, Unicode word boundaries.
    UnicodeWords,
}

/// The rules a comparison of strings goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StringRules {
    /// Case.
    pub case: CaseRule,
    /// Terms; matters to the term tests alone.
    pub terms: TermRule,
    /// Nulls.
    pub nulls: NullRule,
}

impl StringRules {
    /// `==` between strings in KQL.
    pub const KQL_EQUALITY: Self =
        Self { case: CaseRule::Sensitive, terms: TermRule::KqlAlphanumeric, nulls: NullRule::KqlEquality };
    /// KQL's string operators whose names end in `_cs`.
    pub const KQL_SENSITIVE: Self =
        Self { case: CaseRule::Sensitive, terms: TermRule::KqlAlphanumeric, nulls: NullRule::KqlMatch };
    /// KQL's other string operators.
    pub const KQL_INSENSITIVE: Self =
        Self { case: CaseRule::AsciiInsensitive, terms: TermRule::KqlAlphanumeric, nulls: NullRule::KqlMatch };
}

/// What a comparison of strings looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StringTest {
    /// The whole string.
    Equals,
    /// A part of it.
    Contains,
    /// Its beginning.
    StartsWith,
    /// Its end.
    EndsWith,
    /// A whole term.
    HasTerm,
    /// The beginning of a term.
    HasPrefix,
    /// The end of a term.
    HasSuffix,
    /// The whole string, where `*` in the needle stands for anything.
    Wildcard,
    /// The whole string, where `*` stands for anything and `?` for one character; a backslash takes their meaning away.
    Glob,
}

impl StringTest {
    /// Whether it looks for a part of a text, so that an empty needle is found in every text.
    pub const fn is_for_part(self) -> bool {
        !matches!(self, Self::Equals | Self::Wildcard | Self::Glob)
    }
}

/// A comparison of strings. An operand of another type is compared by its text.
#[derive(Clone, Debug, PartialEq)]
pub struct StringMatch {
    /// What is looked for.
    pub test: StringTest,
    /// By which rules.
    pub rules: StringRules,
    /// Whether it is the complement; see the null rule for nulls.
    pub negated: bool,
    /// Where it is looked for.
    pub subject: Expr,
    /// What.
    pub needle: Expr,
}

/// Whose regular expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegexDialect {
    /// Kusto's: the crate `regex`, no look-around, no back-references.
    Kusto,
    /// PCRE: Splunk.
    Pcre,
    /// Lucene: ES|QL's `rlike`, EQL's `regex`; matches the whole string.
    Lucene,
}

/// A search with a regular expression.
#[derive(Clone, Debug, PartialEq)]
pub struct RegexMatch {
    /// Whose.
    pub dialect: RegexDialect,
    /// Whether the whole string must match.
    pub anchored: bool,
    /// Case, flags in the pattern apart.
    pub case: CaseRule,
    /// Nulls.
    pub nulls: NullRule,
    /// Whether it is the complement.
    pub negated: bool,
    /// Where it is looked for.
    pub subject: Expr,
    /// The pattern.
    pub pattern: Expr,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// Which.
    pub op: CompareOp,
    /// Nulls.
    pub nulls: NullRule,
    /// The left operand.
    pub left: Expr,
    /// The right operand.
    pub right: Expr,
}

/// The comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl CompareOp {
    /// Every one; those with longer signs first, as a reader needs them.
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::LessOrEqual, Self::GreaterOrEqual, Self::Less, Self::Greater];

    /// The comparison that holds exactly when this one does not, nulls apart.
    #[must_use]
    pub const fn complement(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The comparison with the operands in each other's place.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// The comparison of a sign; `=` is `==`, as many languages have it.
    pub fn of_sign(sign: &str) -> Option<Self> {
        let sign = if sign == "=" { "==" } else { sign };
        Self::ALL.into_iter().find(|op| op.sign() == sign)
    }

    /// The sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// A comparison of one value with each of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// How one value is compared.
    pub test: StringTest,
    /// By which rules; for values that are no strings, [`StringTest::Equals`] is `==`.
    pub rules: StringRules,
    /// Whether one must hold, or all.
    pub quantifier: Quantifier,
    /// Whether it is the complement.
    pub negated: bool,
    /// The value.
    pub subject: Expr,
    /// The set.
    pub set: ValueSet,
}

/// How many must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// One.
    Any,
    /// All.
    All,
}

/// The values of a set.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueSet {
    /// Each of these; a dynamic array stands for its elements.
    List(Vec<Expr>),
    /// The first column of a plan that refers to nothing outside itself.
    Plan(Arc<Plan>),
}

/// Within a range, ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// Whether it is the complement.
    pub negated: bool,
    /// Nulls.
    pub nulls: NullRule,
    /// The value.
    pub subject: Expr,
    /// The lower end.
    pub low: Expr,
    /// The upper end.
    pub high: Expr,
}

/// A comparison of every column's text; holds where it holds for one.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyColumn {
    /// The columns.
    pub columns: Vec<ColumnId>,
    /// Whether the columns an open schema adds count too.
    pub open: bool,
    /// What is looked for.
    pub test: StringTest,
    /// By which rules.
    pub rules: StringRules,
    /// Whether it is the complement in each column.
    pub negated: bool,
    /// The needle.
    pub needle: Expr,
}

/// Operands of arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Arithmetic {
    /// The first.
    pub first: Expr,
    /// Each further one with the operator before it.
    pub rest: Vec<ArithmeticStep>,
}

/// An operator, the operand behind it, and the type of the result so far.
#[derive(Clone, Debug, PartialEq)]
pub struct ArithmeticStep {
    /// The operator.
    pub op: ArithmeticOp,
    /// The operand.
    pub operand: Expr,
    /// The type of the value once this step is done.
    pub ty: ValueType,
}

/// The operators of arithmetic; a null operand gives null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`: between integers the quotient is cut towards zero.
    Divide,
    /// `%`: never negative.
    Modulo,
}

impl ArithmeticOp {
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
}

/// A conversion to the type of the expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// How.
    pub kind: CastKind,
    /// What.
    pub operand: Expr,
}

/// How a value is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CastKind {
    /// As KQL's `tolong`, `tostring` and their like: what cannot be converted gives null.
    Kql,
    /// A number to a wider type; loses nothing.
    Widen,
}

/// A value inside a dynamic; a missing slot, an index out of range or another shape gives null.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// The dynamic.
    pub base: Expr,
    /// The way inside: a string names a slot (case-sensitive), an integer counts elements from 0, or from the end
    /// when negative.
    pub path: Vec<Expr>,
}

/// The value of the first arm whose condition is true; null counts as false.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Conditions with their values.
    pub arms: Vec<(Expr, Expr)>,
    /// The value where none holds.
    pub otherwise: Expr,
}

impl Expr {
    /// An expression of a kind.
    pub fn new(kind: ExprKind, ty: impl Into<ValueType>, span: Span) -> Self {
        Self { kind, ty: ty.into(), span }
    }

    /// A value.
    pub fn literal(value: Value, span: Span) -> Self {
        Self { ty: value.ty().into(), kind: ExprKind::Literal(value), span }
    }

    /// A column.
    pub fn column(id: ColumnId, ty: ValueType, span: Span) -> Self {
        Self { kind: ExprKind::Column(id), ty, span }
    }

    /// The value, if it is a literal.
    pub const fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The column, if it is one.
    pub const fn as_column(&self) -> Option<ColumnId> {
        match &self.kind {
            ExprKind::Column(id) => Some(*id),
            _ => None,
        }
    }
}
