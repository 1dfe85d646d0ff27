//! Which aggregate of the catalogue is computed how.

use std::sync::Arc;

use datafusion::common::{Result, not_impl_err, plan_err};

use super::bits::Bitwise;
use super::choose::By;
use super::collect::Collecting;
use super::distinct::Sketching;
use super::moments::{Of, Spread};
use super::percentiles::{Ranking, Reading};
use super::sketch::register_bits;
use super::spec::Spec;
use crate::functions::AggregateId;
use crate::ir::Value;
use crate::types::Type;

/// A call.
pub(super) struct Call<'a> {
    pub(super) function: AggregateId,
    pub(super) arguments: &'a [Type],
    pub(super) outputs: &'a [Type],
    pub(super) literals: &'a [Option<Value>],
}

/// Which arguments are values.
#[derive(Clone, Copy)]
enum Values {
    /// All.
    All,
    /// So many.
    First(usize),
    /// So many, and the predicate after them.
    FirstIf(usize),
}

use Values::{All, First, FirstIf};

/// Decides what is computed.
type Resolve = fn(&Call<'_>) -> Result<Spec>;

/// The aggregates: name, arguments that are values, and how it is computed.
#[rustfmt::skip]
const ROWS: &[(&str, Values, Resolve)] = &[
    ("any", All, |call| Ok(any(call))),
    ("anyif", FirstIf(1), |call| Ok(any(call))),
    ("arg_max", All, |call| choice(call, By::Greatest)),
    ("arg_min", All, |call| choice(call, By::Least)),
    ("argmax", All, |call| choice(call, By::Greatest)),
    ("argmin", All, |call| choice(call, By::Least)),
    ("avg", First(1), mean),
    ("avgif", FirstIf(1), mean),
    ("binary_all_and", First(1), |call| bits(call, Bitwise::And)),
    ("binary_all_or", First(1), |call| bits(call, Bitwise::Or)),
    ("binary_all_xor", First(1), |call| bits(call, Bitwise::Xor)),
    ("buildschema", First(1), |_| Ok(Spec::Shape)),
    ("cnt", First(0), |_| Ok(Spec::Count)),
    ("count", First(0), count),
    ("count_distinct", First(1), |_| Ok(Spec::Distinct)),
    ("count_distinctif", FirstIf(1), |_| Ok(Spec::Distinct)),
    ("countif", FirstIf(0), |_| Ok(Spec::Count)),
    ("covariance", First(2), |call| spread(call, Spread { pair: true, population: false, root: false })),
    ("covarianceif", FirstIf(2), |call| spread(call, Spread { pair: true, population: false, root: false })),
    ("covariancep", First(2), |call| spread(call, Spread { pair: true, population: true, root: false })),
    ("covariancepif", FirstIf(2), |call| spread(call, Spread { pair: true, population: true, root: false })),
    ("dcount", First(1), |call| sketch(call, 1, false)),
    ("dcountif", FirstIf(1), |call| sketch(call, 2, false)),
    ("hll", First(1), |call| sketch(call, 1, true)),
    ("hll_if", FirstIf(1), |call| sketch(call, 2, true)),
    ("hll_merge", First(1), |_| Ok(Spec::Sketch(Sketching { bits: MOST_BITS, merging: true, sketch: true }))),
    ("make_bag", First(1), |call| Ok(Spec::Bag(collecting(call, 1, LIMIT)?))),
    ("make_bag_if", FirstIf(1), |call| Ok(Spec::Bag(collecting(call, 2, LIMIT)?))),
    ("make_dictionary", First(1), |call| Ok(Spec::Bag(collecting(call, 1, LIMIT)?))),
    ("make_list", First(1), |call| Ok(Spec::List(collecting(call, 1, LIMIT)?))),
    ("make_list_if", FirstIf(1), |call| Ok(Spec::List(collecting(call, 2, LIMIT)?))),
    ("make_list_with_nulls", First(1), |_| Ok(Spec::List(Collecting { limit: LIMIT, nulls: true }))),
    ("make_set", First(1), |call| Ok(Spec::Set(collecting(call, 1, LIMIT)?))),
    ("make_set_if", FirstIf(1), |call| Ok(Spec::Set(collecting(call, 2, LIMIT)?))),
    ("makelist", First(1), |call| Ok(Spec::List(collecting(call, 1, OLD_LIMIT)?))),
    ("makeset", First(1), |call| Ok(Spec::Set(collecting(call, 1, OLD_LIMIT)?))),
    ("max", First(1), |call| extreme(call, true)),
    ("maxif", FirstIf(1), |call| extreme(call, true)),
    ("merge_tdigest", First(1), |_| Ok(Spec::Digests)),
    ("min", First(1), |call| extreme(call, false)),
    ("minif", FirstIf(1), |call| extreme(call, false)),
    ("percentile", First(1), |call| Ok(Spec::Ranked(ranking(call, false, Reading::Columns(percents(call, 1)?))?))),
    ("percentiles", First(1), |call| Ok(Spec::Ranked(ranking(call, false, Reading::Columns(percents(call, 1)?))?))),
    ("percentiles_array", First(1), |call| Ok(Spec::Ranked(ranking(call, false, Reading::Array(percents(call, 1)?))?))),
    ("percentilesw", First(2), |call| Ok(Spec::Ranked(ranking(call, true, Reading::Columns(percents(call, 2)?))?))),
    ("percentilesw_array", First(2), |call| Ok(Spec::Ranked(ranking(call, true, Reading::Array(percents(call, 2)?))?))),
    ("percentilew", First(2), |call| Ok(Spec::Ranked(ranking(call, true, Reading::Columns(percents(call, 2)?))?))),
    ("stdev", First(1), |call| spread(call, Spread { pair: false, population: false, root: true })),
    ("stdevif", FirstIf(1), |call| spread(call, Spread { pair: false, population: false, root: true })),
    ("stdevp", First(1), |call| spread(call, Spread { pair: false, population: true, root: true })),
    ("sum", First(1), sum),
    ("sumif", FirstIf(1), sum),
    ("take_any", All, |call| Ok(any(call))),
    ("take_anyif", FirstIf(1), |call| Ok(any(call))),
    ("tdigest", All, |call| Ok(Spec::Ranked(ranking(call, call.arguments.len() > 1, Reading::Digest)?))),
    ("tdigest_merge", First(1), |_| Ok(Spec::Digests)),
    ("variance", First(1), |call| spread(call, Spread { pair: false, population: false, root: false })),
    ("varianceif", FirstIf(1), |call| spread(call, Spread { pair: false, population: false, root: false })),
    ("variancep", First(1), |call| spread(call, Spread { pair: false, population: true, root: false })),
    ("variancepif", FirstIf(1), |call| spread(call, Spread { pair: false, population: true, root: false })),
];

/// Aggregates of the catalogue that are refused: `passthrough` is internal to Kusto, and no page says what it does with
/// several values.
#[cfg(test)]
pub(super) const REFUSED: &[&str] = &["passthrough"];

/// How many values are collected where the call does not say, and at most.
const LIMIT: usize = 1_048_576;
/// The same for the old names.
const OLD_LIMIT: usize = 128;
/// Register bits of a merged sketch before it has met one: more than any has.
const MOST_BITS: u8 = 18;

/// How many arguments are values, which one is the predicate, and what is computed.
pub(super) fn resolve(call: &Call<'_>) -> Result<(usize, Option<usize>, Spec)> {
    let Some((_, values, spec)) = ROWS.iter().find(|(name, ..)| *name == call.function.name()) else {
        return not_impl_err!("the aggregate {}", call.function);
    };
    let (values, predicate) = match *values {
        All => (call.arguments.len(), None),
        First(count) => (count, None),
        FirstIf(count) => (count, Some(count)),
    };
    let wanted = predicate.map_or(values, |position| position + 1);
    if call.arguments.len() < wanted
        || call.outputs.is_empty()
        || (values == 0 && matches!(call.function.name(), "take_any" | "any"))
    {
        return plan_err!("{} has {} arguments", call.function, call.arguments.len());
    }
    Ok((values, predicate, spec(call)?))
}

impl Call<'_> {
    fn first(&self) -> Type {
        self.arguments.first().copied().unwrap_or(Type::Unknown)
    }

    /// Refuses values of this type.
    fn refuse<T>(&self, ty: Type) -> Result<T> {
        if matches!(ty, Type::Dynamic | Type::Unknown) {
            not_impl_err!("{} over values whose type is {ty}; convert them first, as with tolong()", self.function)
        } else {
            not_impl_err!("{} over values of type {ty}", self.function)
        }
    }

    /// The value of an option, where it is given.
    fn option(&self, position: usize) -> Result<Option<&Value>> {
        if position >= self.arguments.len() {
            return Ok(None);
        }
        if let Some(Some(value)) = self.literals.get(position) {
            Ok(Some(value))
        } else {
            plan_err!("argument {} of {} has to be a constant", position + 1, self.function)
        }
    }
}

/// `count(x)` counts records whatever `x` holds, as its page's worked case has it; over a condition no source says
/// whether it counts records or those for which it holds.
fn count(call: &Call<'_>) -> Result<Spec> {
    if call.arguments.first() == Some(&Type::Bool) {
        return not_impl_err!("count() over a condition; countif() says what is meant");
    }
    Ok(Spec::Count)
}

fn sum(call: &Call<'_>) -> Result<Spec> {
    Ok(match call.first() {
        ty @ (Type::Int | Type::Long | Type::DateTime | Type::TimeSpan) => Spec::SumLong(ty),
        Type::Real => Spec::Reals(Of::Sum),
        Type::Decimal => Spec::Decimals(Of::Sum),
        ty => return call.refuse(ty),
    })
}

fn mean(call: &Call<'_>) -> Result<Spec> {
    Ok(match call.first() {
        ty @ (Type::Int | Type::Long | Type::DateTime | Type::TimeSpan) => Spec::MeanLong(ty),
        Type::Real => Spec::Reals(Of::Mean),
        Type::Decimal => Spec::Decimals(Of::Mean),
        ty => return call.refuse(ty),
    })
}

fn extreme(call: &Call<'_>, greatest: bool) -> Result<Spec> {
    let ty = call.first();
    if ty.is_orderable() { Ok(Spec::Extreme(ty, greatest)) } else { call.refuse(ty) }
}

fn spread(call: &Call<'_>, spread: Spread) -> Result<Spec> {
    for ty in call.arguments.iter().take(if spread.pair { 2 } else { 1 }) {
        if !ty.is_summable() {
            return call.refuse(*ty);
        }
    }
    Ok(Spec::Spread(spread))
}

fn bits(call: &Call<'_>, how: Bitwise) -> Result<Spec> {
    let ty = call.first();
    if ty.is_integer() { Ok(Spec::Bits(how)) } else { call.refuse(ty) }
}

fn choice(call: &Call<'_>, by: By) -> Result<Spec> {
    let ty = call.first();
    if ty.is_orderable() { Ok(Spec::Choice(by)) } else { call.refuse(ty) }
}

fn any(call: &Call<'_>) -> Spec {
    Spec::Choice(if call.outputs.len() == 1 { By::AnyFilled } else { By::Any })
}

fn sketch(call: &Call<'_>, accuracy: usize, sketch: bool) -> Result<Spec> {
    let level = match call.option(accuracy)? {
        None => 1,
        Some(value) => match value.as_integer() {
            Some(level) => level,
            None => return plan_err!("the accuracy of {} is a number from 0 to 4", call.function),
        },
    };
    if let Some(bits) = register_bits(level) {
        Ok(Spec::Sketch(Sketching { bits, merging: false, sketch }))
    } else {
        plan_err!("the accuracy of {} is a number from 0 to 4, not {level}", call.function)
    }
}

fn collecting(call: &Call<'_>, limit: usize, default: usize) -> Result<Collecting> {
    let limit = match call.option(limit)? {
        None => default,
        Some(value) => match value.as_integer().map(usize::try_from) {
            Some(Ok(limit)) if limit > 0 => limit.min(LIMIT),
            _ => return plan_err!("the maximum size of {} is a whole number above 0", call.function),
        },
    };
    Ok(Collecting { limit, nulls: false })
}

fn ranking(call: &Call<'_>, weighted: bool, reading: Reading) -> Result<Ranking> {
    let ty = match call.first() {
        ty @ (Type::Long | Type::Real | Type::DateTime | Type::TimeSpan) => ty,
        Type::Int => Type::Long,
        Type::Decimal => Type::Real,
        ty => return call.refuse(ty),
    };
    match call.arguments.get(1) {
        Some(weight) if weighted && !weight.is_integer() => call.refuse(*weight),
        _ => Ok(Ranking { ty, weighted, reading }),
    }
}

/// The percentages from an argument on: numbers, or one array of them.
fn percents(call: &Call<'_>, from: usize) -> Result<Arc<[u64]>> {
    let mut percents = Vec::new();
    for position in from..call.arguments.len() {
        let Some(value) = call.option(position)? else { continue };
        let values = value.elements().unwrap_or_else(|| vec![value.clone()]);
        for value in values {
            let number = crate::eval::Cell::from(&value).as_real();
            match number {
                Some(percent) if (0.0..=100.0).contains(&percent) => percents.push(percent.to_bits()),
                _ => return plan_err!("a percentile of {} is a number from 0 to 100", call.function),
            }
        }
    }
    Ok(percents.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::aggregates;

    #[test]
    fn every_aggregate_of_the_catalogue_is_computed_or_refused_by_name() {
        for function in aggregates() {
            let known = ROWS.iter().any(|(name, ..)| *name == function.name());
            assert_ne!(known, REFUSED.contains(&function.name()), "{function}");
        }
        for (name, ..) in ROWS {
            assert!(crate::functions::aggregate(name).is_some(), "{name}");
        }
    }
}
