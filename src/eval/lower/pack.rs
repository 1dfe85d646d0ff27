//! Several keys of a group in one number, or a few.
//!
//! Groups are looked up for every record, twice for most. With one number for all keys that is one comparison in one place
//! of memory; with texts among several keys it is one in each of several, and of their bytes too.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, Decimal128Array, Int64Array, PrimitiveArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::Expr as DfExpr;

use super::texts::{self, Texts};
use super::udf;
use crate::eval::arrays::{Cells, data_type};
use crate::types::Type;

/// The bits of the widest number that groups can be told apart by.
const WORD: u32 = 128;

/// A number that holds several keys.
#[derive(Debug)]
pub(super) struct Word {
    /// What tells it from others.
    name: String,
    keys: Vec<Key>,
    bits: u32,
}

/// A key in its place.
#[derive(Debug)]
struct Key {
    ty: Type,
    shift: u32,
    bits: u32,
    /// The numbers of its texts, where it is text.
    texts: Texts,
}

/// How many bits the values of a type take, null included; nothing where they take too many.
const fn width(ty: Type) -> Option<u32> {
    match ty {
        Type::Bool => Some(2),
        Type::Int => Some(33),
        Type::Long | Type::DateTime | Type::TimeSpan | Type::Real => Some(65),
        Type::String => Some(texts::BITS),
        Type::Decimal | Type::Guid | Type::Dynamic | Type::Unknown => None,
    }
}

/// Puts keys of these types together, as many into a number as it holds: which keys each number holds, in order. A key that
/// would be alone is left as it is: there is nothing to gain.
pub(super) fn put_together(types: &[Type]) -> Vec<Vec<usize>> {
    let mut words: Vec<(Vec<usize>, u32)> = Vec::new();
    let mut last: Option<(Vec<usize>, u32)> = None;
    for (at, bits) in types.iter().enumerate().filter_map(|(at, ty)| Some((at, width(*ty)?))) {
        match &mut last {
            Some((keys, used)) if *used + bits <= WORD => {
                keys.push(at);
                *used += bits;
            }
            _ => words.extend(last.replace((vec![at], bits))),
        }
    }
    words.extend(last);
    words.into_iter().map(|(keys, _)| keys).filter(|keys| keys.len() > 1).collect()
}

impl Word {
    /// A number for keys of these types, which [`put_together`] says it holds. Its name is no other's.
    pub(super) fn new(name: String, types: impl Iterator<Item = Type>) -> Self {
        let (mut keys, mut shift) = (Vec::new(), 0);
        for ty in types {
            let bits = width(ty).unwrap_or_default();
            keys.push(Key { ty, shift, bits, texts: Texts::default() });
            shift += bits;
        }
        Self { name, keys, bits: shift }
    }

    const fn data_type(&self) -> DataType {
        if self.bits <= 64 { DataType::Int64 } else { DataType::Decimal128(38, 0) }
    }

    /// The number that keys give.
    pub(super) fn pack(self: &Arc<Self>, keys: Vec<DfExpr>) -> DfExpr {
        let word = Arc::clone(self);
        let function: udf::Function = Arc::new(move |arrays, rows| word.packed(arrays, rows));
        udf::raw(PACK, self.name.clone(), self.data_type(), false, function, keys)
    }

    /// The key at a place that a number holds.
    pub(super) fn unpack(self: &Arc<Self>, at: usize, number: DfExpr) -> DfExpr {
        let Some(ty) = self.keys.get(at).map(|key| key.ty) else { return number };
        let word = Arc::clone(self);
        let function: udf::Function = Arc::new(move |arrays, _| word.unpacked(at, &arrays[0]));
        udf::undoing((PACK, &self.name, at), data_type(ty), ty != Type::String, function, number)
    }

    fn packed(&self, arrays: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let mut words = vec![0u128; rows];
        for (key, array) in self.keys.iter().zip(arrays) {
            key.put(array, &mut words)?;
        }
        Ok(if self.bits <= 64 {
            Arc::new(Int64Array::from_iter_values(words.into_iter().map(|word| word as i64)))
        } else {
            let words = Decimal128Array::from_iter_values(words.into_iter().map(u128::cast_signed));
            Arc::new(words.with_data_type(self.data_type()))
        })
    }

    fn unpacked(&self, at: usize, words: &ArrayRef) -> Result<ArrayRef> {
        let Some(key) = self.keys.get(at) else { return internal_err!("a number holds no key {at}") };
        if self.bits <= 64 {
            let words = words.as_primitive::<Int64Type>().values();
            key.get(words.iter().map(|word| u128::from(word.cast_unsigned())))
        } else {
            let words = words.as_primitive::<Decimal128Type>().values();
            key.get(words.iter().map(|word| word.cast_unsigned()))
        }
    }
}

/// The name of the functions that put keys together.
const PACK: &str = "pack";

impl Key {
    /// Puts values into words. The lowest bit says that there is a value, where null is none.
    fn put(&self, array: &ArrayRef, words: &mut [u128]) -> Result<()> {
        match Cells::new(array.as_ref(), self.ty)? {
            Cells::Bool(array) => self.set(words, array.iter().map(|value| value.map(u64::from))),
            Cells::Int(array) => {
                self.set(words, array.iter().map(|value| value.map(|value| value.cast_unsigned().into())));
            }
            Cells::Long(array) | Cells::DateTime(array) | Cells::TimeSpan(array) => {
                self.set(words, array.iter().map(|value| value.map(i64::cast_unsigned)));
            }
            Cells::Real(array) => self.set(words, array.iter().map(|value| value.map(f64::to_bits))),
            Cells::String(array) => {
                for (word, number) in words.iter_mut().zip(self.texts.numbers(array)?) {
                    *word |= u128::from(number) << self.shift;
                }
            }
            _ => return internal_err!("a {} is in no number", self.ty),
        }
        Ok(())
    }

    fn set(&self, words: &mut [u128], values: impl Iterator<Item = Option<u64>>) {
        for (word, value) in words.iter_mut().zip(values) {
            *word |= value.map_or(0, |value| u128::from(value) << 1 | 1) << self.shift;
        }
    }

    fn get(&self, words: impl ExactSizeIterator<Item = u128>) -> Result<ArrayRef> {
        let own = words.map(|word| word >> self.shift & ((1 << self.bits) - 1));
        Ok(match self.ty {
            Type::Bool => {
                let values = own.map(|own| (own & 1 == 1).then_some(own >> 1 == 1));
                Arc::new(values.collect::<datafusion::arrow::array::BooleanArray>())
            }
            Type::Int => all::<Int32Type>(own, |value| (value as u32).cast_signed()),
            Type::Long | Type::DateTime | Type::TimeSpan => all::<Int64Type>(own, u64::cast_signed),
            Type::Real => all::<Float64Type>(own, f64::from_bits),
            Type::String => Arc::new(self.texts.texts(own.map(|own| own as u32))),
            _ => return internal_err!("a {} is in no number", self.ty),
        })
    }
}

/// The values of parts of words whose lowest bits say whether there is one.
fn all<T: ArrowPrimitiveType>(own: impl Iterator<Item = u128>, value: impl Fn(u64) -> T::Native) -> ArrayRef {
    let values = own.map(|own| (own & 1 == 1).then(|| value((own >> 1) as u64)));
    Arc::new(values.collect::<PrimitiveArray<T>>())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::Array as _;
    use proptest::prelude::*;

    use super::*;
    use crate::eval::arrays::from_cells;
    use crate::eval::cell::Cell;

    #[test]
    fn keys_fill_numbers() {
        let (text, time, flag, guid) = (Type::String, Type::DateTime, Type::Bool, Type::Guid);
        for (types, expected) in [
            (vec![text, text, time], vec![vec![0, 1, 2]]),
            (vec![time, flag], vec![vec![0, 1]]),
            (vec![guid, text], vec![]),
            (vec![text, guid, text], vec![vec![0, 2]]),
            (vec![text], vec![]),
            (vec![text; 5], vec![vec![0, 1, 2, 3]]),
            (vec![text; 6], vec![vec![0, 1, 2, 3], vec![4, 5]]),
            (vec![time, time], vec![]),
            (vec![time, guid], vec![]),
            (vec![], vec![]),
        ] {
            assert_eq!(put_together(&types), expected, "{types:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(
            rows in prop::collection::vec(
                (any::<Option<i64>>(), "[ab]{0,2}|a long text of [ab]{2}", any::<Option<bool>>(), any::<Option<i32>>()),
                0..50,
            ),
            reals in prop::collection::vec(any::<Option<f64>>(), 50),
        ) {
            let cell = |value: Option<Cell<'static>>| value.unwrap_or(Cell::Null);
            let column = |at: usize| {
                let cells = rows.iter().zip(&reals).map(|(row, real)| match at {
                    0 => cell(row.0.map(Cell::Long)),
                    1 => Cell::string(row.1.as_str()).into_owned(),
                    2 => cell(row.2.map(Cell::Bool)),
                    3 => cell(row.3.map(Cell::Int)),
                    _ => cell(real.map(Cell::Real)),
                });
                let ty = [Type::Long, Type::String, Type::Bool, Type::Int, Type::Real][at];
                (ty, from_cells(ty, cells).unwrap())
            };
            for places in [vec![0, 1, 2], vec![1], vec![2, 1], vec![3, 1, 1], vec![4, 1], vec![3, 3, 1, 2]] {
                let columns: Vec<(Type, ArrayRef)> = places.iter().map(|at| column(*at)).collect();
                let word = Word::new("w".to_owned(), columns.iter().map(|(ty, _)| *ty));
                let arrays: Vec<ArrayRef> = columns.iter().map(|(_, array)| Arc::clone(array)).collect();
                let packed = word.packed(&arrays, rows.len()).unwrap();
                prop_assert_eq!(packed.null_count(), 0);
                for (at, array) in arrays.iter().enumerate() {
                    let back = word.unpacked(at, &packed).unwrap();
                    prop_assert_eq!(back.to_data(), array.to_data());
                }
            }
        }
    }
}
