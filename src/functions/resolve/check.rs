//! Whether one argument is what its parameter asks for.

use super::{Argument, Conversion, Form, Is, Problem, common, conversion};
use crate::functions::row::{Accepts, Overload, Parameter, Requires, ValueType};
use crate::types::Type;

/// Checks the argument at `index`.
pub(super) fn argument(
    overload: &Overload,
    arguments: &[Argument<'_>],
    parameters: &[usize],
    index: usize,
) -> Result<(), Problem> {
    let argument = &arguments[index];
    let Some(parameter) = overload.parameters.get(parameters[index]) else { return Ok(()) };
    let star_allowed = matches!(parameter.requires, Requires::Star | Requires::ExpressionOrStar);
    if argument.is == Is::Star {
        return if star_allowed { Ok(()) } else { Err(Problem::Star) };
    }
    if parameter.default_marker.is_some() && parameter.default_marker == argument.text {
        return Ok(());
    }
    let fits = match argument.is {
        Is::Star => true,
        Is::Tabular => matches!(parameter.accepts, Accepts::Tabular | Accepts::Anything),
        Is::TypeLiteral(_) => {
            matches!(parameter.accepts, Accepts::TypeLiteral | Accepts::Scalar | Accepts::Anything)
        }
        Is::Scalar(value) if value.ty == Type::Unknown => true,
        Is::Scalar(value) => scalar(overload, arguments, parameters, parameter.accepts, value),
    };
    if !fits {
        return Err(Problem::Type(parameter.accepts));
    }
    form(parameter, argument)
}

/// Whether a scalar is of an accepted type.
fn scalar(
    overload: &Overload,
    arguments: &[Argument<'_>],
    parameters: &[usize],
    accepts: Accepts,
    value: ValueType,
) -> bool {
    let common = || common(overload, arguments, parameters, false);
    match accepts {
        Accepts::Anything | Accepts::Scalar | Accepts::CommonScalarOrDynamic => true,
        Accepts::TypeLiteral | Accepts::Tabular => false,
        Accepts::Only(types) => types.iter().any(|&ty| conversion(value, ty.into()).is_some()),
        Accepts::Integer => value.ty.is_integer(),
        Accepts::Number => value.ty.is_numeric(),
        Accepts::NumberOrBool => value.ty.is_numeric() || value.ty == Type::Bool,
        Accepts::RealOrDecimal => matches!(value.ty, Type::Real | Type::Decimal),
        Accepts::Summable => value.ty.is_summable(),
        Accepts::Orderable => value.ty.is_orderable(),
        Accepts::StringOrDynamic => matches!(value.ty, Type::String | Type::Dynamic),
        Accepts::StringOrArray => value.ty == Type::String || value.can_be_array_of(Type::String),
        Accepts::IntegerOrArray => value.ty.is_integer() || value.can_be_array_of(Type::Long),
        Accepts::Array => value.can_be_array(),
        Accepts::Bag => value.can_be_bag(),
        Accepts::NotDynamic => value.ty != Type::Dynamic,
        Accepts::NotBool => value.ty != Type::Bool,
        Accepts::NotRealOrBool => !matches!(value.ty, Type::Real | Type::Bool),
        Accepts::SameAs(other) => arguments
            .get(usize::from(other))
            .and_then(Argument::value)
            .is_none_or(|other| conversion(value, other) == Some(Conversion::None)),
        Accepts::CommonScalar => common().is_none_or(|common| conversion(value, common).is_some()),
        Accepts::CommonOrderable => {
            value.ty.is_orderable() && common().is_none_or(|common| conversion(value, common).is_some())
        }
    }
}

/// Whether an argument of a fitting type is the kind of expression that is asked for.
fn form(parameter: &Parameter, argument: &Argument<'_>) -> Result<(), Problem> {
    match parameter.requires {
        Requires::Expression
        | Requires::Star
        | Requires::ExpressionOrStar
        | Requires::Aggregate
        | Requires::OverElementsOfFirst => Ok(()),
        Requires::Literal | Requires::LiteralNotEmpty if argument.form != Form::Literal => Err(Problem::NotLiteral),
        Requires::LiteralNotEmpty if argument.text == Some("") => Err(Problem::Empty),
        Requires::LiteralNotEmpty => Ok(()),
        Requires::Literal => match argument.text {
            Some(text) if !parameter.allows(text) => Err(Problem::NotAmong(parameter.values)),
            _ => Ok(()),
        },
        Requires::Constant if !matches!(argument.form, Form::Constant | Form::Literal) => Err(Problem::NotConstant),
        Requires::Constant => Ok(()),
        Requires::Column | Requires::ColumnOfFirst | Requires::ColumnOfBoth if argument.form != Form::Column => {
            Err(Problem::NotColumn)
        }
        Requires::Column | Requires::ColumnOfFirst | Requires::ColumnOfBoth => Ok(()),
    }
}
