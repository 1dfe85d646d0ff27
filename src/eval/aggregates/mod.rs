//! What KQL's aggregates compute: accumulators that give the same bytes however the records are split and ordered.
//!
//! [`aggregate`] makes a [`KqlAggregate`] of a call. In a plan it is an aggregate of DataFusion; outside of one,
//! [`KqlAggregate::fold`] computes it over arrays at hand. Where a result depends on the order of records, or any record
//! would do, the *rank* decides: a column of unique whole numbers that say the place of each record. Of equals the lowest
//! rank wins, lists are in the order of ranks, sets in the order in which their values come first.
//!
//! To add an aggregate: write its state in a file here, add it to `Spec` in `spec`, and add its row to the table of
//! `table`. A test holds that every row of the catalogue is in that table or refused by name.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "numbers are taken apart into their bits, or estimates are made of them; where an exact value may not fit, it is converted with a check"
)]
#![cfg_attr(test, allow(clippy::float_cmp, reason = "sums are held to the bit"))]

mod bits;
mod choose;
mod codec;
mod collect;
mod counts;
mod decimals;
pub(in crate::eval) mod digest;
mod distinct;
mod exact;
mod extremes;
mod groups;
mod moments;
mod percentiles;
mod shape;
pub(in crate::eval) mod sketch;
mod spec;
mod table;
#[cfg(test)]
mod tests;
mod udf;

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, new_empty_array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::{AggregateUDF, EmitTo};

use crate::eval::arrays::data_type;
use crate::functions::AggregateId;
use crate::ir::Value;
use crate::types::Type;
use spec::Spec;

/// What is handed to an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The value of an argument of the call.
    Argument(usize),
    /// The rank of the record.
    Rank,
    /// Any value that is never null; its type does not matter.
    One,
}

/// A call of an aggregate, ready to be computed.
#[derive(Clone, Debug)]
pub struct KqlAggregate {
    function: AggregateId,
    spec: Spec,
    arguments: Vec<usize>,
    predicate: Option<usize>,
    inputs: Arc<[Type]>,
    outputs: Arc<[Type]>,
}

/// Makes a call of an aggregate computable.
///
/// `arguments` and `outputs` are the types of the arguments and of the columns that it gives; `literals` has the values of
/// the arguments that are constant.
///
/// # Errors
/// An aggregate, or one over values of such a type, that is not computed; an option such as the accuracy of `dcount` that
/// is not constant or has no meaning.
pub fn aggregate(
    function: AggregateId,
    arguments: &[Type],
    outputs: &[Type],
    literals: &[Option<Value>],
) -> Result<KqlAggregate> {
    let call = table::Call { function, arguments, outputs, literals };
    let (values, predicate, spec) = table::resolve(&call)?;
    let mut inputs: Vec<Type> = arguments.iter().take(values).copied().collect();
    if spec.needs_rank() {
        inputs.push(Type::Long);
    }
    Ok(KqlAggregate {
        function,
        spec,
        arguments: (0..values).collect(),
        predicate,
        inputs: inputs.into(),
        outputs: outputs.into(),
    })
}

impl KqlAggregate {
    /// What it must be handed in a plan, in this order.
    pub fn inputs(&self) -> Vec<Input> {
        if self.spec == Spec::Count {
            return vec![Input::One];
        }
        let arguments = self.arguments.iter().map(|position| Input::Argument(*position));
        arguments.chain(self.needs_rank().then_some(Input::Rank)).collect()
    }

    /// The argument that says which records count: the filter of the call in a plan.
    pub const fn predicate(&self) -> Option<usize> {
        self.predicate
    }

    /// Whether it is handed the rank of records.
    pub const fn needs_rank(&self) -> bool {
        self.spec.needs_rank()
    }

    /// The Arrow type of what it gives: that of its output, or where there are several, a struct of them with the fields
    /// `0`, `1`…
    pub fn data_type(&self) -> DataType {
        groups::output_type(&self.outputs)
    }

    /// The aggregate for a plan.
    pub fn udf(&self) -> Arc<AggregateUDF> {
        if self.spec == Spec::Count {
            // DataFusion's own counts from statistics where it can.
            return count_udaf();
        }
        let udaf =
            udf::KqlUdaf::new(self.function.name(), self.spec.clone(), self.inputs.clone(), self.outputs.clone());
        Arc::new(AggregateUDF::new_from_impl(udaf))
    }

    /// Computes it over records at hand: `arguments` are the columns of the arguments, `groups` has the group of each
    /// record, all below `count`. The rank is needed where [`KqlAggregate::needs_rank`] says so. Gives one array an
    /// output, with a value for each group; a group without records has the value of no records.
    ///
    /// # Errors
    /// Columns of other types than the call was resolved for.
    pub fn fold(
        &self,
        arguments: &[ArrayRef],
        rank: Option<&ArrayRef>,
        groups: &[usize],
        count: usize,
    ) -> Result<Vec<ArrayRef>> {
        let mut values = Vec::with_capacity(self.inputs.len());
        for input in self.inputs().into_iter().filter(|input| *input != Input::One) {
            let column = match input {
                Input::Argument(position) => arguments.get(position),
                Input::Rank | Input::One => rank,
            };
            match column {
                Some(column) => values.push(column.clone()),
                None => return internal_err!("{} is not handed {input:?}", self.function),
            }
        }
        let filter = match self.predicate {
            Some(position) => match arguments.get(position).map(|column| column.as_boolean_opt()) {
                Some(Some(filter)) => Some(filter),
                _ => return internal_err!("the predicate of {} is no boolean", self.function),
            },
            None => None,
        };
        let mut accumulator = self.spec.accumulator(self.inputs.clone(), self.outputs.clone());
        accumulator.update_batch(&values, groups, filter, count)?;
        let result = accumulator.evaluate(EmitTo::All)?;
        Ok(match result.as_struct_opt() {
            Some(several) => several.columns().to_vec(),
            None => vec![result],
        })
    }

    /// What it gives where there are no records: one array an output, of one value.
    ///
    /// # Errors
    /// As [`KqlAggregate::fold`].
    pub fn of_nothing(&self) -> Result<Vec<ArrayRef>> {
        let width = self.arguments.len().max(self.predicate.map_or(0, |position| position + 1));
        let empty = |position: usize| {
            let ty = if self.predicate == Some(position) { Type::Bool } else { self.inputs[position] };
            new_empty_array(&data_type(ty))
        };
        let arguments: Vec<ArrayRef> = (0..width).map(empty).collect();
        let rank = new_empty_array(&DataType::Int64);
        self.fold(&arguments, Some(&rank), &[], 1)
    }

    /// The types of its outputs.
    pub fn outputs(&self) -> &[Type] {
        &self.outputs
    }
}
