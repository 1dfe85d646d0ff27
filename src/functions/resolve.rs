//! Which overload a call means, what it gives, and what is wrong with its arguments.

mod check;

use std::ops::Range;

use super::row::{Accepts, Computed, Function, Overload, Part, Repeat, Requires, Returns, Shape, ValueType};
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

impl Mismatch {
    /// The code of Microsoft's analyser for the same finding in the call of a function.
    pub const fn official(&self) -> &'static str {
        match self {
            Self::Count { min, max } if *min == *max => "KS119",
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

/// [`resolve`] for an operator, whose operands must all fit before any overload is considered.
///
/// # Errors
///
/// Says what is wrong where none fits.
pub fn resolve_operator(overloads: &[Overload], operands: &[Argument<'_>]) -> Result<Resolved, Mismatch> {
    settle(overloads, operands, &candidates(overloads, operands, true))
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

/// The fewest and the most arguments an overload takes.
fn counts(overload: &Overload) -> (usize, usize) {
    overload.parameters.iter().fold((0, 0), |(min, max), parameter| {
        let (low, high) = parameter.repeat.range();
        (min + low, max + high)
    })
}

/// The fewest and the most arguments any overload takes.
fn counts_of_all(overloads: &[Overload]) -> (usize, usize) {
    let all = overloads.iter().map(counts);
    all.reduce(|(min, max), (low, high)| (min.min(low), max.max(high))).unwrap_or((0, 0))
}

fn check_count(overload: &Overload, given: usize) -> Result<(), Mismatch> {
    let (min, max) = counts(overload);
    if !(min..=max).contains(&given) {
        return Err(Mismatch::Count { min, max });
    }
    let in_turn = block(overload).len();
    if in_turn > 1 && !(given - (overload.parameters.len() - in_turn)).is_multiple_of(in_turn) {
        return Err(Mismatch::IncompleteBlock);
    }
    Ok(())
}

/// The positions of the parameters that repeat in turn.
fn block(overload: &Overload) -> Range<usize> {
    let in_turn = |parameter: &super::Parameter| matches!(parameter.repeat, Repeat::InTurn(..));
    let start = overload.parameters.iter().position(in_turn).unwrap_or(0);
    start..start + overload.parameters.iter().filter(|parameter| in_turn(parameter)).count()
}

/// Which parameter each argument belongs to. Arguments past the most an overload takes get a position that no
/// parameter has.
fn layout(overload: &Overload, arguments: &[Argument<'_>]) -> Vec<usize> {
    let block = block(overload);
    if !block.is_empty() {
        return layout_in_turn(overload, arguments.len(), block);
    }
    let last = overload.parameters.len().saturating_sub(1);
    let most = counts(overload).1;
    let (mut current, mut times) = (0, 0);
    let mut positions = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.iter().enumerate() {
        if index >= most {
            positions.push(usize::MAX);
            continue;
        }
        if current < last && times >= overload.parameters[current].repeat.range().1 {
            (current, times) = (current + 1, 0);
        }
        let parameter = &overload.parameters[current];
        let skippable = |parameter: &super::Parameter| matches!(parameter.repeat, Repeat::Times(0, _));
        let settled = times < parameter.repeat.range().0 || (times == 0 && !skippable(parameter)) || current == last;
        if !settled {
            // The argument may belong to the parameter that goes on repeating or to one after it; the better fit wins.
            let fits = |position| fit(overload, arguments, &positions, position, argument);
            let here = fits(current);
            for next in current + 1..=last {
                let there = fits(next);
                if here >= there && here != Fit::None {
                    break;
                }
                if there != Fit::None {
                    (current, times) = (next, 0);
                    break;
                }
                if !skippable(&overload.parameters[next]) {
                    break;
                }
            }
        }
        positions.push(current);
        times += 1;
    }
    positions
}

/// [`layout`] where parameters repeat in turn, as the keys and values of `bag_pack` do.
fn layout_in_turn(overload: &Overload, given: usize, block: Range<usize>) -> Vec<usize> {
    let after = overload.parameters.len() - block.end;
    let least = overload.parameters[block.start].repeat.range().0 * block.len();
    let repeated = given.saturating_sub(block.start + after).max(least).next_multiple_of(block.len());
    let place = |index: usize| {
        if index < block.start {
            index
        } else if index < block.start + repeated {
            block.start + (index - block.start) % block.len()
        } else {
            block.end + (index - block.start - repeated)
        }
    };
    (0..given)
        .map(place)
        .map(|position| if position < overload.parameters.len() { position } else { usize::MAX })
        .collect()
}

/// The overloads that fit best. More than one where they fit equally well, none where `all_must_fit` and none does.
///
/// The order of decisions is the official analyser's: the number of arguments, then how many of them fit, then the
/// worst fit, then the best.
fn candidates(overloads: &[Overload], arguments: &[Argument<'_>], all_must_fit: bool) -> Vec<usize> {
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
    let Some((_, best)) = scored.iter().max_by_key(|(_, score)| *score) else { return Vec::new() };
    let mut first = scored.iter().filter(|(_, score)| score == best);
    match (first.next(), first.next()) {
        (Some(&(only, _)), None) => vec![only],
        _ => scored.into_iter().map(|(index, _)| index).collect(),
    }
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
enum Fit {
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
fn fit(
    overload: &Overload,
    arguments: &[Argument<'_>],
    parameters: &[usize],
    position: usize,
    argument: &Argument<'_>,
) -> Fit {
    let Some(parameter) = overload.parameters.get(position) else { return Fit::None };
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
    let (accepts, kind) = match parameter.accepts {
        Accepts::Anything => return Fit::Unknown,
        Accepts::TypeLiteral | Accepts::Tabular => return Fit::None,
        Accepts::Only(types) => return fit_only(types, value),
        Accepts::SameAs(other) => {
            let place = parameters.get(usize::from(other)).copied().unwrap_or(usize::MAX);
            return if place == position { Fit::None } else { fit(overload, arguments, parameters, place, argument) };
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
        Accepts::Scalar => (true, Fit::Scalar),
        Accepts::Integer => (value.ty.is_integer(), Fit::Integer),
        Accepts::Number => (value.ty.is_numeric(), Fit::Number),
        Accepts::NumberOrBool => (value.ty.is_numeric() || value.ty == Type::Bool, Fit::Number),
        Accepts::RealOrDecimal => (matches!(value.ty, Type::Real | Type::Decimal), Fit::OneOfMany),
        Accepts::Summable => (value.ty.is_summable(), Fit::Summable),
        Accepts::Orderable => (value.ty.is_orderable(), Fit::Orderable),
        Accepts::StringOrDynamic => (matches!(value.ty, Type::String | Type::Dynamic), Fit::OneOfMany),
        Accepts::StringOrArray => (value.ty == Type::String || value.can_be_array_of(Type::String), Fit::OneOfMany),
        Accepts::IntegerOrArray => (value.ty.is_integer() || value.can_be_array_of(Type::Long), Fit::OneOfMany),
        Accepts::Array => (value.can_be_array(), Fit::OneOfMany),
        Accepts::Bag => (value.can_be_bag(), Fit::OneOfMany),
        Accepts::NotDynamic => (value.ty != Type::Dynamic, Fit::NotType),
        Accepts::NotBool => (value.ty != Type::Bool, Fit::NotType),
        Accepts::NotRealOrBool => (!matches!(value.ty, Type::Real | Type::Bool), Fit::NotType),
    };
    if accepts { kind } else { Fit::None }
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
enum Conversion {
    None,
    Widening,
}

/// What it takes to pass `from` where `to` is asked for; nothing where it cannot be.
///
/// A `dynamic` of unknown shape passes for a `string`, as it does in the official analyser.
fn conversion(from: ValueType, to: ValueType) -> Option<Conversion> {
    if from.ty == to.ty || from.ty == Type::Unknown || to.ty == Type::Unknown {
        Some(Conversion::None)
    } else if from.ty.widens_to(to.ty) || (to.ty == Type::String && from == Type::Dynamic.into()) {
        Some(Conversion::Widening)
    } else {
        None
    }
}

/// The type that all arguments whose parameters ask for a common type have after widening.
fn common(
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
    let scalars = || arguments.iter().filter_map(|argument| argument.value());
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
