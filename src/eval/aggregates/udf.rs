//! The aggregates as DataFusion wants them.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, new_empty_array};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility};

use super::groups::{Groups, output_type};
use super::spec::Spec;
use crate::eval::arrays::data_type;
use crate::types::Type;

/// An aggregate with everything that decides what it computes. Its name tells calls apart that differ only in that, since
/// DataFusion takes calls of one name over the same arguments for the same.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct KqlUdaf {
    name: String,
    spec: Spec,
    inputs: Arc<[Type]>,
    outputs: Arc<[Type]>,
    signature: Signature,
}

impl KqlUdaf {
    pub(super) fn new(function: &str, spec: Spec, inputs: Arc<[Type]>, outputs: Arc<[Type]>) -> Self {
        let types: Vec<&str> = inputs.iter().map(|ty| ty.name()).collect();
        let name = format!("kql.{function}<{spec:?}>({})", types.join(", "));
        let signature = Signature::any(inputs.len(), Volatility::Immutable);
        Self { name, spec, inputs, outputs, signature }
    }

    fn groups(&self) -> Box<dyn Groups> {
        self.spec.accumulator(self.inputs.clone(), self.outputs.clone())
    }
}

impl AggregateUDFImpl for KqlUdaf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(output_type(&self.outputs))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(self.spec.state_fields(args.name))
    }

    fn accumulator(&self, _acc_args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Ungrouped::new(self.groups(), &self.inputs)?))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(self.groups())
    }

    fn order_sensitivity(&self) -> datafusion::logical_expr::utils::AggregateOrderSensitivity {
        // Where order matters, the rank says it.
        datafusion::logical_expr::utils::AggregateOrderSensitivity::Insensitive
    }
}

/// The accumulator of a single group.
#[derive(Debug)]
struct Ungrouped {
    groups: Box<dyn Groups>,
    /// The group of each record: always the first.
    first: Vec<usize>,
}

impl Ungrouped {
    fn new(mut groups: Box<dyn Groups>, inputs: &[Type]) -> Result<Self> {
        let nothing: Vec<ArrayRef> = inputs.iter().map(|ty| new_empty_array(&data_type(*ty))).collect();
        groups.update_batch(&nothing, &[], None, 1)?;
        Ok(Self { groups, first: Vec::new() })
    }

    fn first(&mut self, arrays: &[ArrayRef]) -> usize {
        let count = arrays.first().map_or(0, |array| array.len());
        self.first.resize(count.max(self.first.len()), 0);
        count
    }
}

impl Accumulator for Ungrouped {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let count = self.first(values);
        self.groups.update_batch(values, &self.first[..count], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.groups.evaluate(EmitTo::All)?, 0)
    }

    fn size(&self) -> usize {
        self.groups.size() + self.first.capacity() * size_of::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.groups.state(EmitTo::All)?.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let count = self.first(states);
        self.groups.merge_batch(states, &self.first[..count], 1)
    }
}
