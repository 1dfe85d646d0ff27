//! What an aggregate computes, apart from the types of its values.

use std::fmt::Debug;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};

use super::bits::{Bits, Bitwise};
use super::choose::{By, Choice};
use super::collect::{Bag, Collecting, List, Set};
use super::counts::{Adding, Totals};
use super::decimals::DecimalTotal;
use super::distinct::{Counted, Distinct, Sketching};
use super::extremes::{Extreme, Extremes, has_key};
use super::groups::{Groups, PerGroup, State, binary_state};
use super::moments::{LongMean, Moments, Of, RealTotal, Spread};
use super::percentiles::{Merged, Ranked, Ranking};
use super::shape::Shape;
use crate::types::Type;

/// One row for each way of computing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Spec {
    /// Counts records.
    Count,
    /// Adds whole numbers, or times.
    SumLong(Type),
    /// Adds reals, or gives their mean.
    Reals(Of),
    /// Adds decimals, or gives their mean.
    Decimals(Of),
    /// The mean of whole numbers, or times.
    MeanLong(Type),
    /// The greatest value, or the smallest.
    Extreme(Type, bool),
    /// Variance and its relatives.
    Spread(Spread),
    /// Counts distinct values exactly.
    Distinct,
    /// Sketches of distinct values.
    Sketch(Sketching),
    /// Collects into an array.
    List(Collecting),
    /// Collects into an array, each value once.
    Set(Collecting),
    /// Merges bags.
    Bag(Collecting),
    /// Values of one record.
    Choice(By),
    /// Percentiles, digests.
    Ranked(Ranking),
    /// Merges digests.
    Digests,
    /// Puts bits together.
    Bits(Bitwise),
    /// The schema of dynamics.
    Shape,
}

impl Spec {
    /// Whether the rank of records is needed, as last input.
    pub(super) const fn needs_rank(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Bag(_) | Self::Choice(_))
    }

    /// The fields of what is handed from the partial to the final phase.
    pub(super) fn state_fields(&self, name: &str) -> Vec<FieldRef> {
        let name = format!("{name}[state]");
        match self {
            Self::Count | Self::SumLong(_) => vec![Arc::new(Field::new(name, DataType::Int64, false))],
            Self::Extreme(ty, _) if has_key(*ty) => vec![Arc::new(Field::new(name, DataType::Int64, true))],
            _ => binary_state(&name),
        }
    }

    /// A new accumulator for values of these types.
    pub(super) fn accumulator(&self, inputs: Arc<[Type]>, outputs: Arc<[Type]>) -> Box<dyn Groups> {
        fn states<S: State>(config: &S::Config, inputs: Arc<[Type]>, outputs: Arc<[Type]>) -> Box<dyn Groups> {
            Box::new(PerGroup::<S>::new(config.clone(), inputs, outputs))
        }
        match self {
            Self::Count => Box::new(Totals::new(Adding::One)),
            Self::SumLong(ty) => Box::new(Totals::new(Adding::Values(*ty))),
            Self::Reals(of) => states::<RealTotal>(of, inputs, outputs),
            Self::Decimals(of) => states::<DecimalTotal>(of, inputs, outputs),
            Self::MeanLong(ty) => states::<LongMean>(ty, inputs, outputs),
            Self::Extreme(ty, greatest) if has_key(*ty) => Box::new(Extremes::new(*ty, *greatest)),
            Self::Extreme(_, greatest) => states::<Extreme>(greatest, inputs, outputs),
            Self::Spread(spread) => states::<Moments>(spread, inputs, outputs),
            Self::Distinct => states::<Distinct>(&(), inputs, outputs),
            Self::Sketch(sketching) => states::<Counted>(sketching, inputs, outputs),
            Self::List(collecting) => states::<List>(collecting, inputs, outputs),
            Self::Set(collecting) => states::<Set>(collecting, inputs, outputs),
            Self::Bag(collecting) => states::<Bag>(collecting, inputs, outputs),
            Self::Choice(by) => Box::new(Choice::new(*by, inputs, outputs)),
            Self::Ranked(ranking) => states::<Ranked>(ranking, inputs, outputs),
            Self::Digests => states::<Merged>(&(), inputs, outputs),
            Self::Bits(how) => states::<Bits>(how, inputs, outputs),
            Self::Shape => states::<Shape>(&(), inputs, outputs),
        }
    }
}
