//! `binary_all_and`, `binary_all_or`, `binary_all_xor`.

use datafusion::common::Result;

use super::codec::{Reader, Writer};
use super::groups::State;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;

/// How bits are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bitwise {
    /// Those set in every value.
    And,
    /// Those set in at least one.
    Or,
    /// Those set in an odd number of values.
    Xor,
}

/// The state: the bits so far; null without values.
#[derive(Debug)]
pub(super) struct Bits(Option<i64>);

impl Bits {
    fn take(&mut self, how: Bitwise, value: Option<i64>) {
        self.0 = match (self.0, value) {
            (Some(a), Some(b)) => Some(match how {
                Bitwise::And => a & b,
                Bitwise::Or => a | b,
                Bitwise::Xor => a ^ b,
            }),
            (own, value) => own.or(value),
        };
    }
}

impl State for Bits {
    type Config = Bitwise;

    fn new(_: &Bitwise) -> Self {
        Self(None)
    }

    fn update(&mut self, how: &Bitwise, inputs: &[Cells<'_>], row: usize) -> usize {
        self.take(*how, inputs[0].get(row).as_long());
        0
    }

    fn merge(&mut self, how: &Bitwise, other: Self) -> usize {
        self.take(*how, other.0);
        0
    }

    fn encode(&self, into: &mut Writer) {
        into.cell(&Cell::from(self.0));
    }

    fn decode(_: &Bitwise, from: &mut Reader<'_>) -> Result<Self> {
        Ok(Self(from.cell()?.as_long()))
    }

    fn finish(self, _: &Bitwise, outputs: &mut [CellBuilder]) -> Result<()> {
        outputs[0].push(&Cell::from(self.0))
    }
}
