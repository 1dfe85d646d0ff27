//! Which overload a call means, what it gives, and what is wrong with its arguments.

mod check;
mod fit;
mod layout;
#[cfg(test)]
mod tests;

pub use fit::common_of;
use fit::{candidates, common};
use layout::{check_count, counts_of_all, layout};

use super::row::{Accepts, Computed, Function, Overload, Part, Returns, Shape, ValueType};
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

    /// Its type, where it is a scalar.
    pub const fn value(&self) -> Option<ValueType> {
        match self.is {
            Is::Scalar(value) => Some(value),
            _ => None,
        }
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

/// No overload without repeated parameters takes more arguments than this, and every one with them can take more.
const MOST_FIXED: usize = 8;

impl Mismatch {
    /// The code of Microsoft's analyser for the same finding in the call of a function.
    pub const fn official(&self) -> &'static str {
        match self {
            Self::Count { max, .. } if *max <= MOST_FIXED => "KS119",
            Self::Count { .. } => "KS120",
            Self::IncompleteBlock => "KS121",
            Self::NoCommonType => "KS232",
            Self::NoOverload => "KS127",
            Self::Argument { problem, .. } => problem.official(),
        }
    }
}

impl Problem {
    /// The code of Microsoft's analyser for the same finding.
    pub const fn official(self) -> &'static str {
        match self {
            Self::Type(accepts) => match accepts {
                Accepts::Only(_) | Accepts::TypeLiteral => "KS107",
                Accepts::Scalar | Accepts::Anything => "KS108",
                Accepts::Tabular => "KS111",
                Accepts::NotDynamic | Accepts::NotBool | Accepts::NotRealOrBool => "KS116",
                Accepts::Integer => "KS134",
                Accepts::RealOrDecimal => "KS135",
                Accepts::IntegerOrArray => "KS136",
                Accepts::Number | Accepts::NumberOrBool => "KS137",
                Accepts::Summable => "KS138",
                Accepts::Orderable | Accepts::CommonOrderable => "KS206",
                Accepts::StringOrArray => "KS233",
                Accepts::Array => "KS234",
                Accepts::Bag => "KS235",
                Accepts::StringOrDynamic
                | Accepts::SameAs(_)
                | Accepts::CommonScalar
                | Accepts::CommonScalarOrDynamic => "KS141",
            },
            Self::Star => "KS191",
            Self::NotLiteral => "KS131",
            Self::Empty => "KS133",
            Self::NotAmong(_) => "KS140",
            Self::NotConstant => "KS129",
            Self::NotColumn => "KS109",
            Self::NotAggregate => "KS123",
        }
    }
}

/// Picks the overload of `function` that fits `arguments` best and says what the call gives.
///
/// # Errors
///
/// Says what is wrong where none fits.
pub fn resolve(function: &Function, arguments: &[Argument<'_>]) -> Result<Resolved, Mismatch> {
    settle(function.overloads, arguments, &candidates(function.overloads, arguments, false))
}

/// [`resolve`] for an operator. With `all_must_fit` an overload is considered only if all operands fit it, so that
/// the finding is about the operator rather than one operand.
///
/// # Errors
///
/// Says what is wrong where none fits.
pub fn resolve_operator(
    overloads: &[Overload],
    operands: &[Argument<'_>],
    all_must_fit: bool,
) -> Result<Resolved, Mismatch> {
    settle(overloads, operands, &candidates(overloads, operands, all_must_fit))
}

/// What a call that does not fit gives all the same, so that one error does not bring others after it: what all the
/// overloads that come closest agree on, otherwise nothing known.
pub fn best_guess(overloads: &[Overload], arguments: &[Argument<'_>]) -> Output {
    let mut outputs = candidates(overloads, arguments, false).into_iter().map(|index| {
        let overload = &overloads[index];
        output(overload, arguments, &layout(overload, arguments))
    });
    match outputs.next() {
        Some(first) if outputs.all(|other| other == first) => first,
        _ => Output::Scalar(Type::Unknown.into()),
    }
}

/// Checks the arguments against the overload where exactly one is left.
fn settle(overloads: &[Overload], arguments: &[Argument<'_>], candidates: &[usize]) -> Result<Resolved, Mismatch> {
    let &[index] = candidates else {
        let (min, max) = counts_of_all(overloads);
        return Err(if (min..=max).contains(&arguments.len()) {
            Mismatch::NoOverload
        } else {
            Mismatch::Count { min, max }
        });
    };
    let overload = &overloads[index];
    check_count(overload, arguments.len())?;
    let parameters = layout(overload, arguments);
    let asks_for_common = |&position: &usize| overload.parameters[position].accepts.is_common();
    if parameters.iter().any(asks_for_common) && common(overload, arguments, &parameters, false).is_none() {
        return Err(Mismatch::NoCommonType);
    }
    for index in 0..arguments.len() {
        check::argument(overload, arguments, &parameters, index)
            .map_err(|problem| Mismatch::Argument { index, problem })?;
    }
    let output = output(overload, arguments, &parameters);
    Ok(Resolved { overload: index, parameters, output })
}

/// What a call of this overload gives.
fn output(overload: &Overload, arguments: &[Argument<'_>], parameters: &[usize]) -> Output {
    let of = |position: u8| {
        let index = parameters.iter().position(|&parameter| parameter == usize::from(position))?;
        Some(arguments[index].is)
    };
    let value = |position: u8| match of(position) {
        Some(Is::Scalar(value)) => value,
        _ => Type::Unknown.into(),
    };
    let scalars = || arguments.iter().filter_map(Argument::value);
    Output::Scalar(match overload.returns {
        Returns::Type(ty) => ty.into(),
        Returns::Dynamic(shape) => ValueType::dynamic(shape),
        Returns::SameAs(position) => value(position),
        Returns::Promoted => {
            let value = value(0);
            ValueType { ty: value.ty.promoted(), ..value }
        }
        Returns::ArrayOfFirst => ValueType::dynamic(Shape::Array(match value(0).ty {
            Type::Unknown => Type::Dynamic,
            ty => ty,
        })),
        Returns::Widest => {
            let numbers = scalars().map(|value| value.ty).filter(|ty| ty.is_numeric() || *ty == Type::Unknown);
            let widest = numbers.reduce(|widest, ty| if widest.widens_to(ty) { ty } else { widest });
            widest.unwrap_or(Type::Unknown).promoted().into()
        }
        Returns::Common => common(overload, arguments, parameters, false).unwrap_or(Type::Unknown.into()),
        Returns::CommonNotDynamic => common(overload, arguments, parameters, true).unwrap_or(Type::Unknown.into()),
        Returns::Named(position) => match of(position) {
            Some(Is::TypeLiteral(ty)) => ty.into(),
            _ => Type::Unknown.into(),
        },
        Returns::Columns(columns) => return Output::Columns(columns),
        Returns::Table(parts) => return Output::Table(parts),
        Returns::Computed(rule) => return Output::Computed(rule),
    })
}
