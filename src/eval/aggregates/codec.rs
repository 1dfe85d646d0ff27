//! How states of aggregates are written between the partial and the final phase. Numbers are little-endian, texts are
//! preceded by their length.

use std::borrow::Cow;

use datafusion::common::{Result, internal_datafusion_err};

use crate::eval::cell::Cell;
use crate::literal::Decimal;

/// Writes a state.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.byte(u8::from(value));
    }

    pub(super) fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn i128(&mut self, value: i128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn len(&mut self, value: usize) {
        self.u64(value as u64);
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.len(value.len());
        self.0.extend_from_slice(value);
    }

    pub(super) fn cell(&mut self, cell: &Cell<'_>) {
        match cell {
            Cell::Null => self.byte(0),
            Cell::Bool(value) => {
                self.byte(1);
                self.bool(*value);
            }
            Cell::Int(value) => {
                self.byte(2);
                self.i64(i64::from(*value));
            }
            Cell::Long(value) => {
                self.byte(3);
                self.i64(*value);
            }
            Cell::Real(value) => {
                self.byte(4);
                self.u64(value.to_bits());
            }
            Cell::Decimal(value) => {
                self.byte(5);
                self.i128(value.mantissa());
                self.byte(value.scale());
            }
            Cell::DateTime(value) => {
                self.byte(6);
                self.i64(*value);
            }
            Cell::TimeSpan(value) => {
                self.byte(7);
                self.i64(*value);
            }
            Cell::String(text) => {
                self.byte(8);
                self.bytes(text.as_bytes());
            }
            Cell::Guid(value) => {
                self.byte(9);
                self.0.extend_from_slice(&value.to_le_bytes());
            }
            Cell::Dynamic(bytes) => {
                self.byte(10);
                self.bytes(bytes);
            }
        }
    }
}

/// Reads a state that [`Writer`] wrote.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| internal_datafusion_err!("the state of an aggregate is cut off"))?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| internal_datafusion_err!("the state of an aggregate is cut off"))
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn bool(&mut self) -> Result<bool> {
        Ok(self.byte()? != 0)
    }

    pub(super) fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn i128(&mut self) -> Result<i128> {
        Ok(i128::from_le_bytes(self.array()?))
    }

    /// A number of things, each of which takes at least a byte.
    pub(super) fn len(&mut self) -> Result<usize> {
        let len = self.u64()?;
        usize::try_from(len)
            .ok()
            .filter(|len| *len <= self.0.len())
            .ok_or_else(|| internal_datafusion_err!("the state of an aggregate is cut off"))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8]> {
        let len = self.len()?;
        self.take(len)
    }

    fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| internal_datafusion_err!("a text in a state is no UTF-8"))
    }

    pub(super) fn cell(&mut self) -> Result<Cell<'a>> {
        Ok(match self.byte()? {
            0 => Cell::Null,
            1 => Cell::Bool(self.bool()?),
            2 => i32::try_from(self.i64()?).map_or(Cell::Null, Cell::Int),
            3 => Cell::Long(self.i64()?),
            4 => Cell::Real(f64::from_bits(self.u64()?)),
            5 => {
                let mantissa = self.i128()?;
                Cell::Decimal(Decimal::new(mantissa, self.byte()?))
            }
            6 => Cell::DateTime(self.i64()?),
            7 => Cell::TimeSpan(self.i64()?),
            8 => Cell::String(Cow::Borrowed(self.text()?)),
            9 => Cell::Guid(u128::from_le_bytes(self.array()?)),
            10 => Cell::Dynamic(Cow::Borrowed(self.bytes()?)),
            tag => return Err(internal_datafusion_err!("a state of an aggregate has a cell of kind {tag}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Json;

    #[test]
    fn what_was_written_is_read() {
        let cells = [
            Cell::Null,
            Cell::Bool(true),
            Cell::Int(-3),
            Cell::Long(i64::MIN),
            Cell::Real(-0.0),
            Cell::Decimal(Decimal::new(-125, 2)),
            Cell::DateTime(7),
            Cell::TimeSpan(-7),
            Cell::string("é"),
            Cell::Guid(u128::MAX - 1),
            Cell::dynamic(&Json::Array(vec![Json::Null])),
        ];
        let mut writer = Writer::default();
        for cell in &cells {
            writer.cell(cell);
        }
        let mut reader = Reader(&writer.0);
        for cell in &cells {
            assert_eq!(format!("{:?}", reader.cell().unwrap()), format!("{cell:?}"));
        }
        assert!(reader.0.is_empty());
        for end in 0..writer.0.len() {
            let mut reader = Reader(&writer.0[..end]);
            while reader.cell().is_ok() {}
        }
    }
}
