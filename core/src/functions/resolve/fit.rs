//! How well arguments fit overloads, and which overload fits best.

use std::cmp::Ordering;

use super::layout::{counts, counts_of_all, layout};
use super::{Argument, Is};
use crate::functions::row::{Accepts, Overload, Requires, Shape, ValueType};
use crate::types::Type;

/// The overloads that fit best. More than one where they fit equally well, none where `all_must_fit` and none does.
///
/// The order of decisions is the official analyser's: the number of arguments, then how many of them fit, then the
/// worst fit, then the best.
pub(super) fn candidates(overloads: &[Overload], arguments: &[Argument<'_>], all_must_fit: bool) -> Vec<usize> {
    if overloads.len() <= 1 {
        return (0..overloads.len()).collect();
    }
    let takes = |count: usize| {
        let fits = move |&index: &usize| {
            let (min, max) = counts(&overloads[index]);
            (min..=max).contains(&count)
        };
        (0..overloads.len()).filter(fits).collect::<Vec<_>>()
    };
    let mut left = takes(arguments.len());
    if left.is_empty() {
        left = takes(counts_of_all(overloads).1);
    }
    if left.len() < 2 {
        return left;
    }
    let scored = left.iter().map(|&index| (index, Score::new(&overloads[index], arguments)));
    let scored: Vec<(usize, Score)> = scored.collect();
    let most = scored.iter().map(|(_, score)| score.fitting).max().unwrap_or(0);
    let most = if all_must_fit { arguments.len() } else { most };
    let scored: Vec<_> = scored.into_iter().filter(|(_, score)| score.fitting == most).collect();
    let Some((&first, others)) = scored.split_first() else { return Vec::new() };
    let mut best = first;
    for &other in others {
        match other.1.cmp(&best.1) {
            Ordering::Greater => best = other,
            // A tie anywhere on the way leaves the choice open, even where a later overload would be better.
            Ordering::Equal => return scored.into_iter().map(|(index, _)| index).collect(),
            Ordering::Less => {}
        }
    }
    vec![best.0]
}

/// How well an overload fits; the fields are compared in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    worst: Fit,
    best: Fit,
    fitting: usize,
}

impl Score {
    fn new(overload: &Overload, arguments: &[Argument<'_>]) -> Self {
        let parameters = layout(overload, arguments);
        let fits = || {
            let pairs = parameters.iter().zip(arguments);
            pairs.map(|(&position, argument)| fit(overload, arguments, &parameters, position, argument))
        };
        Self {
            worst: fits().min().unwrap_or(Fit::Exact),
            best: fits().max().unwrap_or(Fit::None),
            fitting: fits().filter(|fit| *fit != Fit::None).count(),
        }
    }
}

/// How well an argument fits a parameter, from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    None,
    Unknown,
    Dynamic,
    Promoted,
    NotType,
    OneOfMany,
    Scalar,
    Summable,
    Orderable,
    Number,
    Integer,
    Tabular,
    Exact,
}

/// How well `argument` fits the parameter at `position`.
pub(super) fn fit(
    overload: &Overload,
    arguments: &[Argument<'_>],
    parameters: &[usize],
    position: usize,
    argument: &Argument<'_>,
) -> Fit {
    // An argument too many says nothing about which overload is meant.
    let Some(parameter) = overload.parameters.get(position) else { return Fit::Exact };
    let star_allowed = matches!(parameter.requires, Requires::Star | Requires::ExpressionOrStar);
    let value = match argument.is {
        Is::Star => return if star_allowed { Fit::Exact } else { Fit::None },
        _ if parameter.requires == Requires::Star => return Fit::None,
        Is::Scalar(value) if value.ty == Type::Unknown => return Fit::Unknown,
        Is::Tabular => return if parameter.accepts == Accepts::Tabular { Fit::Tabular } else { Fit::None },
        Is::TypeLiteral(_) if parameter.accepts == Accepts::TypeLiteral => return Fit::Exact,
        Is::TypeLiteral(_) => return if parameter.accepts == Accepts::Scalar { Fit::Scalar } else { Fit::None },
        Is::Scalar(value) => value,
    };
    if parameter.default_marker.is_some() && parameter.default_marker == argument.text {
        return Fit::Exact;
    }
    let kind = match parameter.accepts {
        Accepts::Anything => return Fit::Unknown,
        Accepts::TypeLiteral | Accepts::Tabular => return Fit::None,
        Accepts::Only(types) => return fit_only(types, value),
        Accepts::SameAs(other) => {
            return match parameters.get(usize::from(other)) {
                Some(&place) if place != position => fit(overload, arguments, parameters, place, argument),
                _ => Fit::None,
            };
        }
        Accepts::CommonScalar | Accepts::CommonScalarOrDynamic | Accepts::CommonOrderable => {
            let Some(common) = common(overload, arguments, parameters, false) else { return Fit::None };
            return match conversion(value, common) {
                Some(Conversion::None) => Fit::Exact,
                Some(Conversion::Widening) => Fit::Promoted,
                None if common.ty == Type::Dynamic => Fit::Dynamic,
                None if parameter.accepts == Accepts::CommonScalarOrDynamic && value.ty == Type::Dynamic => Fit::Exact,
                None => Fit::None,
            };
        }
        Accepts::NotDynamic | Accepts::NotBool | Accepts::NotRealOrBool => Fit::NotType,
        Accepts::RealOrDecimal
        | Accepts::StringOrDynamic
        | Accepts::StringOrArray
        | Accepts::IntegerOrArray
        | Accepts::Array
        | Accepts::Bag => Fit::OneOfMany,
        Accepts::Scalar => Fit::Scalar,
        Accepts::Summable => Fit::Summable,
        Accepts::Orderable => Fit::Orderable,
        Accepts::Number | Accepts::NumberOrBool => Fit::Number,
        Accepts::Integer => Fit::Integer,
    };
    if takes(parameter.accepts, value) { kind } else { Fit::None }
}

/// Whether a scalar is of an accepted type, as far as that does not depend on other arguments.
pub(super) fn takes(accepts: Accepts, value: ValueType) -> bool {
    match accepts {
        Accepts::Anything
        | Accepts::Scalar
        | Accepts::SameAs(_)
        | Accepts::CommonScalar
        | Accepts::CommonScalarOrDynamic => true,
        Accepts::TypeLiteral | Accepts::Tabular => false,
        Accepts::Only(types) => types.iter().any(|&ty| conversion(value, ty.into()).is_some()),
        Accepts::Integer => value.ty.is_integer(),
        Accepts::Number => value.ty.is_numeric(),
        Accepts::NumberOrBool => value.ty.is_numeric() || value.ty == Type::Bool,
        Accepts::RealOrDecimal => matches!(value.ty, Type::Real | Type::Decimal),
        Accepts::Summable => value.ty.is_summable(),
        Accepts::Orderable | Accepts::CommonOrderable => value.ty.is_orderable(),
        Accepts::StringOrDynamic => matches!(value.ty, Type::String | Type::Dynamic),
        Accepts::StringOrArray => value.ty == Type::String || value.can_be_array_of(Type::String),
        Accepts::IntegerOrArray => value.ty.is_integer() || value.can_be_array_of(Type::Long),
        Accepts::Array => value.can_be_array(),
        Accepts::Bag => value.can_be_bag(),
        Accepts::NotDynamic => value.ty != Type::Dynamic,
        Accepts::NotBool => value.ty != Type::Bool,
        Accepts::NotRealOrBool => !matches!(value.ty, Type::Real | Type::Bool),
    }
}

fn fit_only(types: &[Type], value: ValueType) -> Fit {
    let best = types.iter().filter_map(|&ty| conversion(value, ty.into())).min();
    match best {
        Some(Conversion::None) if types.len() == 1 => Fit::Exact,
        Some(Conversion::None) => Fit::OneOfMany,
        Some(Conversion::Widening) => Fit::Promoted,
        None => Fit::None,
    }
}

/// What it takes to make a value of one type one of another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Conversion {
    None,
    Widening,
}

/// What it takes to pass `from` where `to` is asked for; nothing where it cannot be.
///
/// A `dynamic` of unknown shape passes for a `string`, as it does in the official analyser.
pub(super) fn conversion(from: ValueType, to: ValueType) -> Option<Conversion> {
    if from.ty == to.ty || from.ty == Type::Unknown || to.ty == Type::Unknown {
        Some(Conversion::None)
    } else if from.ty.widens_to(to.ty) || (to.ty == Type::String && from == Type::Dynamic.into()) {
        Some(Conversion::Widening)
    } else {
        None
    }
}

/// The type that all arguments whose parameters ask for a common type have after widening.
pub(super) fn common(
    overload: &Overload,
    arguments: &[Argument<'_>],
    parameters: &[usize],
    ignore_dynamic: bool,
) -> Option<ValueType> {
    let mut found: Option<ValueType> = None;
    for (argument, &position) in arguments.iter().zip(parameters) {
        let (Some(parameter), Is::Scalar(value)) = (overload.parameters.get(position), argument.is) else { continue };
        if ignore_dynamic && value.ty == Type::Dynamic {
            continue;
        }
        let or_dynamic = match parameter.accepts {
            Accepts::CommonScalar => false,
            Accepts::CommonOrderable if value.ty.is_orderable() || value.ty == Type::Unknown => false,
            Accepts::CommonScalarOrDynamic => true,
            _ => continue,
        };
        found = Some(match found {
            None => value,
            Some(before) => common_of(before, value, or_dynamic)?,
        });
    }
    if found.is_none() && ignore_dynamic {
        return common(overload, arguments, parameters, false);
    }
    found
}

/// The common type of two values, `dynamic` at worst where `or_dynamic`.
pub fn common_of(a: ValueType, b: ValueType, or_dynamic: bool) -> Option<ValueType> {
    let plain = ValueType::from(Type::Dynamic);
    if a == b {
        return Some(a);
    }
    if a.ty == Type::Unknown || b.ty == Type::Unknown {
        return Some(Type::Unknown.into());
    }
    if a == plain || b == plain {
        return Some(plain);
    }
    if let Some(wider) = a.ty.widest(b.ty).filter(|ty| *ty != Type::Dynamic) {
        return Some(wider.into());
    }
    match (a.shape, b.shape) {
        (Shape::Array(_), Shape::Array(_)) => Some(ValueType::dynamic(Shape::Array(Type::Dynamic))),
        (Shape::Scalar(a), Shape::Scalar(b)) if a.widest(b).is_some() => {
            a.widest(b).map(|ty| ValueType::dynamic(Shape::Scalar(ty)))
        }
        (Shape::Scalar(inner), Shape::Any) if inner.widest(b.ty).is_some() => {
            inner.widest(b.ty).map(|ty| ValueType::dynamic(Shape::Scalar(ty)))
        }
        (Shape::Any, Shape::Scalar(inner)) if inner.widest(a.ty).is_some() => {
            inner.widest(a.ty).map(|ty| ValueType::dynamic(Shape::Scalar(ty)))
        }
        _ if a.ty == Type::Dynamic && b.ty == Type::Dynamic => Some(plain),
        _ => or_dynamic.then_some(plain),
    }
}
