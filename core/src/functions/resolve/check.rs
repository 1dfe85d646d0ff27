//! Whether one argument is what its parameter asks for.

use super::fit::{Conversion, common, conversion, takes};
use super::{Argument, Form, Is, Problem};
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
    let passes_for = |other: ValueType| conversion(value, other);
    takes(accepts, value)
        && match accepts {
            Accepts::SameAs(other) => arguments
                .get(usize::from(other))
                .and_then(Argument::value)
                .is_none_or(|other| passes_for(other) == Some(Conversion::None)),
            Accepts::CommonScalar | Accepts::CommonOrderable => {
                common(overload, arguments, parameters, false).is_none_or(|common| passes_for(common).is_some())
            }
            _ => true,
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
