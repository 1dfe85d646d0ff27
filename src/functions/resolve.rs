//! Which overload a call means, what it gives, and what is wrong with its arguments.

use super::row::{Accepts, Computed, Function, Overload, Part, Shape, ValueType};
use crate::types::Type;

/// An argument of a call, as far as the choice of an overload depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument<'a> {
    /// What it is.
    pub is: Is,
    /// What kind of expression it is.
    pub form: Form,
    /// The value of a literal string.
    pub text: Option<&'a str>,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// A scalar of this type.
    Scalar(ValueType),
    /// A tabular expression.
    Tabular,
    /// `*`.
    Star,
    /// `typeof(…)` of this type.
    TypeLiteral(Type),
}

/// What kind of expression an argument is; each kind but the last two includes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Depends on the record, in another way than being a column.
    Computed,
    /// Does not depend on the record.
    Constant,
    /// A literal, a signed number included.
    Literal,
    /// The name of a column.
    Column,
    /// A call of an aggregate.
    Aggregate,
}

impl<'a> Argument<'a> {
    /// A computed scalar.
    pub fn computed(ty: impl Into<ValueType>) -> Self {
        Self { is: Is::Scalar(ty.into()), form: Form::Computed, text: None }
    }

    /// A scalar that does not depend on the record.
    pub fn constant(ty: impl Into<ValueType>) -> Self {
        Self { form: Form::Constant, ..Self::computed(ty) }
    }

    /// A literal that is no string.
    pub fn literal(ty: impl Into<ValueType>) -> Self {
        Self { form: Form::Literal, ..Self::computed(ty) }
    }

    /// A literal string.
    pub fn string(text: &'a str) -> Self {
        Self { text: Some(text), ..Self::literal(Type::String) }
    }

    /// A column.
    pub fn column(ty: impl Into<ValueType>) -> Self {
        Self { form: Form::Column, ..Self::computed(ty) }
    }

    /// `*`.
    pub const fn star() -> Self {
        Self { is: Is::Star, form: Form::Computed, text: None }
    }

    /// A tabular expression.
    pub const fn tabular() -> Self {
        Self { is: Is::Tabular, form: Form::Computed, text: None }
    }

    /// `typeof(…)`.
    pub const fn type_literal(ty: Type) -> Self {
        Self { is: Is::TypeLiteral(ty), form: Form::Literal, text: None }
    }
}

/// A call that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The position of the overload in its row.
    pub overload: usize,
    /// For each argument the position of its parameter in the overload.
    pub parameters: Vec<usize>,
    /// What the call gives.
    pub output: Output,
}

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A scalar.
    Scalar(ValueType),
    /// Several columns at once: suffix of the name, and type.
    Columns(&'static [(&'static str, Type)]),
    /// A table.
    Table(&'static [Part]),
    /// What only the caller can work out, knowing the expressions and the input's columns.
    Computed(Computed),
}

/// What is wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Too few or too many arguments (`KS119`, `KS120`).
    Count {
        /// The fewest it takes.
        min: usize,
        /// The most it takes.
        max: usize,
    },
    /// Repeated arguments come in blocks, and the last block is not whole.
    IncompleteBlock,
    /// The arguments that need a common type have none.
    NoCommonType,
    /// No overload takes arguments of these types.
    NoOverload,
    /// One argument does not fit its parameter.
    Argument {
        /// The position of the argument.
        index: usize,
        /// Why.
        problem: Problem,
    },
}

/// Why an argument does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Its type is none of those accepted.
    Type(Accepts),
    /// `*` does not stand here.
    Star,
    /// It must be a literal.
    NotLiteral,
    /// It must not be empty.
    Empty,
    /// It is none of the values allowed.
    NotAmong(&'static [&'static str]),
    /// It must not depend on the record.
    NotConstant,
    /// It must be a column.
    NotColumn,
    /// It must be an aggregate.
    NotAggregate,
}

impl Mismatch {
    /// The code of Microsoft's analyser for the same finding.
    pub const fn official(&self) -> &'static str {
        "KS142"
    }
}

/// Picks the overload of `function` that fits `arguments` best and says what the call gives.
///
/// # Errors
///
/// Says what is wrong where none fits.
pub fn resolve(function: &Function, arguments: &[Argument<'_>]) -> Result<Resolved, Mismatch> {
    resolve_overloads(function.overloads, arguments)
}

/// [`resolve`] for a bare list of overloads, such as an operator's.
pub fn resolve_overloads(overloads: &[Overload], arguments: &[Argument<'_>]) -> Result<Resolved, Mismatch> {
    let _ = (overloads, arguments, Shape::Any);
    Err(Mismatch::NoOverload)
}
