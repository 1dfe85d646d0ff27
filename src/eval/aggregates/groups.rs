//! One state a group: what most aggregates are made of.

use std::fmt::Debug;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, BinaryBuilder, BooleanArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::codec::{Reader, Writer};
use crate::eval::arrays::{CellBuilder, Cells, data_type, field};
use crate::types::Type;

/// The accumulator of an aggregate, for any number of groups.
pub(super) trait Groups: GroupsAccumulator + Sync + Debug {}

impl<T: GroupsAccumulator + Sync + Debug> Groups for T {}

/// What an aggregate remembers of one group.
///
/// The order of updates and merges must not matter to what [`State::finish`] gives: where it would, the rank of the
/// records decides.
pub(super) trait State: Debug + Send + Sync + Sized + 'static {
    /// What is the same in all groups.
    type Config: Clone + Debug + Send + Sync + 'static;

    /// The state of no records.
    fn new(config: &Self::Config) -> Self;

    /// Takes in a record; gives by how many bytes the state has grown on the heap.
    fn update(&mut self, config: &Self::Config, inputs: &[Cells<'_>], row: usize) -> usize;

    /// Takes in the state of other records of the same group; gives by how many bytes this one has grown.
    fn merge(&mut self, config: &Self::Config, other: Self) -> usize;

    /// Writes it.
    fn encode(&self, into: &mut Writer);

    /// Reads it.
    fn decode(config: &Self::Config, from: &mut Reader<'_>) -> Result<Self>;

    /// Appends the value, one cell an output.
    fn finish(self, config: &Self::Config, outputs: &mut [CellBuilder]) -> Result<()>;

    /// Bytes on the heap.
    fn heap(&self) -> usize {
        0
    }
}

/// The rows that pass the filter, each with its group.
pub(super) fn rows<'a>(
    groups: &'a [usize],
    filter: Option<&'a BooleanArray>,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    groups
        .iter()
        .copied()
        .enumerate()
        .filter(move |(row, _)| filter.is_none_or(|filter| filter.is_valid(*row) && filter.value(*row)))
}

/// The arrays as cells of the types.
pub(super) fn cells<'a>(values: &'a [ArrayRef], types: &[Type]) -> Result<Vec<Cells<'a>>> {
    values.iter().zip(types).map(|(array, ty)| Cells::new(array.as_ref(), *ty)).collect()
}

/// The Arrow type of outputs of these types: the plain type where there is one, otherwise a struct.
pub(super) fn output_type(outputs: &[Type]) -> DataType {
    match outputs {
        [ty] => data_type(*ty),
        _ => DataType::Struct(output_fields(outputs)),
    }
}

fn output_fields(outputs: &[Type]) -> Fields {
    outputs.iter().enumerate().map(|(position, ty)| field(&position.to_string(), *ty)).collect()
}

/// The array of outputs; see [`output_type`].
pub(super) fn assemble(outputs: &[Type], mut arrays: Vec<ArrayRef>, len: usize) -> Result<ArrayRef> {
    match (outputs, arrays.pop()) {
        ([_], Some(only)) => Ok(only),
        (_, last) => {
            arrays.extend(last);
            Ok(Arc::new(StructArray::try_new_with_length(output_fields(outputs), arrays, None, len)?))
        }
    }
}

/// The fields of a state that is written as bytes.
pub(super) fn binary_state(name: &str) -> Vec<FieldRef> {
    vec![Arc::new(Field::new(name, DataType::Binary, false))]
}

/// Writes states, each by itself.
pub(super) fn encode_states<S>(states: &[S], encode: impl Fn(&S, &mut Writer)) -> ArrayRef {
    let mut builder = BinaryBuilder::with_capacity(states.len(), states.len() * 16);
    let mut writer = Writer::default();
    for state in states {
        writer.0.clear();
        encode(state, &mut writer);
        builder.append_value(&writer.0);
    }
    Arc::new(builder.finish())
}

/// The state of each record by itself, by way of an accumulator that has not seen any.
pub(super) fn to_states(
    mut fresh: impl GroupsAccumulator,
    values: &[ArrayRef],
    filter: Option<&BooleanArray>,
) -> Result<Vec<ArrayRef>> {
    let count = values.first().map(Array::len).or(filter.map(Array::len)).unwrap_or_default();
    let groups: Vec<usize> = (0..count).collect();
    fresh.update_batch(values, &groups, filter, count)?;
    fresh.state(EmitTo::All)
}

/// An accumulator that keeps one [`State`] a group.
#[derive(Debug)]
pub(super) struct PerGroup<S: State> {
    config: S::Config,
    inputs: Arc<[Type]>,
    outputs: Arc<[Type]>,
    states: Vec<S>,
    heap: usize,
}

impl<S: State> PerGroup<S> {
    pub(super) const fn new(config: S::Config, inputs: Arc<[Type]>, outputs: Arc<[Type]>) -> Self {
        Self { config, inputs, outputs, states: Vec::new(), heap: 0 }
    }

    fn resize(&mut self, total: usize) {
        let config = &self.config;
        self.states.resize_with(total.max(self.states.len()), || S::new(config));
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<S> {
        let emitted = emit_to.take_needed(&mut self.states);
        let heap: usize = emitted.iter().map(State::heap).sum();
        self.heap = self.heap.saturating_sub(heap);
        emitted
    }
}

impl<S: State> GroupsAccumulator for PerGroup<S> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.resize(total_num_groups);
        let cells = cells(values, &self.inputs)?;
        for (row, group) in rows(group_indices, opt_filter) {
            self.heap += self.states[group].update(&self.config, &cells, row);
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let states = self.emit(emit_to);
        let len = states.len();
        let mut builders: Vec<CellBuilder> = self.outputs.iter().map(|ty| CellBuilder::new(*ty, len)).collect();
        for state in states {
            state.finish(&self.config, &mut builders)?;
        }
        assemble(&self.outputs, builders.iter_mut().map(CellBuilder::finish).collect(), len)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let states = self.emit(emit_to);
        Ok(vec![encode_states(&states, State::encode)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let encoded = values[0].as_binary::<i32>();
        for (row, &group) in group_indices.iter().enumerate() {
            let other = S::decode(&self.config, &mut Reader(encoded.value(row)))?;
            self.heap += self.states[group].merge(&self.config, other);
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let fresh = Self::new(self.config.clone(), self.inputs.clone(), self.outputs.clone());
        to_states(fresh, values, opt_filter)
    }

    fn size(&self) -> usize {
        self.states.capacity() * size_of::<S>() + self.heap
    }
}
