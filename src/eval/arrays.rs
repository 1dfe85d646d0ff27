//! How KQL's types stand in Arrow arrays, and the way from an array to [`Cell`]s and back.
//!
//! | KQL | Arrow | |
//! |---|---|---|
//! | `bool` | Boolean | |
//! | `int` | Int32 | |
//! | `long` | Int64 | |
//! | `real` | Float64 | |
//! | `decimal` | FixedSizeBinary(17) | mantissa, big-endian, then scale; without trailing zeros, so that equal numbers are equal bytes |
//! | `datetime`, `timespan` | Int64 | ticks of 100 ns |
//! | `string` | Utf8View | never null |
//! | `guid` | FixedSizeBinary(16) | big-endian |
//! | `dynamic`, unknown | BinaryView | [`super::dynamic`] |

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray as _, BinaryViewArray, BinaryViewBuilder, BooleanArray, BooleanBuilder,
    FixedSizeBinaryArray, FixedSizeBinaryBuilder, Float64Array, Float64Builder, Int32Array, Int32Builder, Int64Array,
    Int64Builder, StringViewArray, StringViewBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Int64Type};
use datafusion::common::{DataFusionError, Result, internal_err};

use super::cell::Cell;
use crate::literal::Decimal;
use crate::types::Type;

/// Bytes of a `decimal`.
pub const DECIMAL_WIDTH: i32 = 17;
/// Bytes of a `guid`.
pub const GUID_WIDTH: i32 = 16;
/// The metadata key under which a field states its KQL type.
pub const KQL_TYPE: &str = "kql";

/// The Arrow type that holds a KQL type.
pub const fn data_type(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long | Type::DateTime | Type::TimeSpan => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::Decimal => DataType::FixedSizeBinary(DECIMAL_WIDTH),
        Type::String => DataType::Utf8View,
        Type::Guid => DataType::FixedSizeBinary(GUID_WIDTH),
        Type::Dynamic | Type::Unknown => DataType::BinaryView,
    }
}

/// A field that holds a KQL type, and says which.
pub fn field(name: &str, ty: Type) -> Field {
    Field::new(name, data_type(ty), ty != Type::String)
        .with_metadata([(KQL_TYPE.to_owned(), ty.name().to_owned())].into())
}

/// The bytes of a decimal.
pub fn decimal_bytes(value: Decimal) -> [u8; 17] {
    let mut bytes = [0; 17];
    bytes[..16].copy_from_slice(&value.mantissa().to_be_bytes());
    bytes[16] = value.scale();
    bytes
}

fn decimal_of(bytes: &[u8]) -> Decimal {
    let mantissa = bytes.get(..16).and_then(|b| b.try_into().ok()).map(i128::from_be_bytes).unwrap_or_default();
    Decimal::new(mantissa, bytes.get(16).copied().unwrap_or_default())
}

/// An array seen as the cells of a KQL type.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'a> {
    /// `bool`
    Bool(&'a BooleanArray),
    /// `int`
    Int(&'a Int32Array),
    /// `long`
    Long(&'a Int64Array),
    /// `datetime`
    DateTime(&'a Int64Array),
    /// `timespan`
    TimeSpan(&'a Int64Array),
    /// `real`
    Real(&'a Float64Array),
    /// `decimal`
    Decimal(&'a FixedSizeBinaryArray),
    /// `string`
    String(&'a StringViewArray),
    /// `guid`
    Guid(&'a FixedSizeBinaryArray),
    /// `dynamic`
    Dynamic(&'a BinaryViewArray),
}

impl<'a> Cells<'a> {
    /// The cells of an array that holds values of this type.
    ///
    /// # Errors
    /// An array of another Arrow type than [`data_type`] gives: a fault of the lowering.
    pub fn new(array: &'a dyn Array, ty: Type) -> Result<Self> {
        if *array.data_type() != data_type(ty) {
            return internal_err!("a column of {ty} is {}", array.data_type());
        }
        Ok(match ty {
            Type::Bool => Self::Bool(array.as_boolean()),
            Type::Int => Self::Int(array.as_primitive::<Int32Type>()),
            Type::Long => Self::Long(array.as_primitive::<Int64Type>()),
            Type::DateTime => Self::DateTime(array.as_primitive::<Int64Type>()),
            Type::TimeSpan => Self::TimeSpan(array.as_primitive::<Int64Type>()),
            Type::Real => Self::Real(array.as_primitive::<Float64Type>()),
            Type::Decimal => Self::Decimal(array.as_fixed_size_binary()),
            Type::String => Self::String(array.as_string_view()),
            Type::Guid => Self::Guid(array.as_fixed_size_binary()),
            Type::Dynamic | Type::Unknown => Self::Dynamic(array.as_binary_view()),
        })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Bool(array) => array.len(),
            Self::Int(array) => array.len(),
            Self::Long(array) | Self::DateTime(array) | Self::TimeSpan(array) => array.len(),
            Self::Real(array) => array.len(),
            Self::Decimal(array) | Self::Guid(array) => array.len(),
            Self::String(array) => array.len(),
            Self::Dynamic(array) => array.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell of a row.
    ///
    /// # Panics
    /// Where the array has no such row.
    pub fn get(&self, row: usize) -> Cell<'a> {
        match self {
            Self::Bool(array) if array.is_valid(row) => Cell::Bool(array.value(row)),
            Self::Int(array) if array.is_valid(row) => Cell::Int(array.value(row)),
            Self::Long(array) if array.is_valid(row) => Cell::Long(array.value(row)),
            Self::DateTime(array) if array.is_valid(row) => Cell::DateTime(array.value(row)),
            Self::TimeSpan(array) if array.is_valid(row) => Cell::TimeSpan(array.value(row)),
            Self::Real(array) if array.is_valid(row) => Cell::Real(array.value(row)),
            Self::Decimal(array) if array.is_valid(row) => Cell::Decimal(decimal_of(array.value(row))),
            Self::String(array) => Cell::String(Cow::Borrowed(if array.is_valid(row) { array.value(row) } else { "" })),
            Self::Guid(array) if array.is_valid(row) => {
                Cell::Guid(array.value(row).try_into().map(u128::from_be_bytes).unwrap_or_default())
            }
            Self::Dynamic(array) if array.is_valid(row) => Cell::Dynamic(Cow::Borrowed(array.value(row))),
            _ => Cell::Null,
        }
    }
}

/// Builds an array of a KQL type, cell by cell.
#[derive(Debug)]
pub enum CellBuilder {
    /// `bool`
    Bool(BooleanBuilder),
    /// `int`
    Int(Int32Builder),
    /// `long`, `datetime`, `timespan`
    Long(Int64Builder),
    /// `real`
    Real(Float64Builder),
    /// `decimal`
    Decimal(FixedSizeBinaryBuilder),
    /// `string`
    String(StringViewBuilder),
    /// `guid`
    Guid(FixedSizeBinaryBuilder),
    /// `dynamic`
    Dynamic(BinaryViewBuilder),
}

impl CellBuilder {
    /// A builder with room for so many cells.
    pub fn new(ty: Type, capacity: usize) -> Self {
        match ty {
            Type::Bool => Self::Bool(BooleanBuilder::with_capacity(capacity)),
            Type::Int => Self::Int(Int32Builder::with_capacity(capacity)),
            Type::Long | Type::DateTime | Type::TimeSpan => Self::Long(Int64Builder::with_capacity(capacity)),
            Type::Real => Self::Real(Float64Builder::with_capacity(capacity)),
            Type::Decimal => Self::Decimal(FixedSizeBinaryBuilder::with_capacity(capacity, DECIMAL_WIDTH)),
            Type::String => Self::String(StringViewBuilder::with_capacity(capacity)),
            Type::Guid => Self::Guid(FixedSizeBinaryBuilder::with_capacity(capacity, GUID_WIDTH)),
            Type::Dynamic | Type::Unknown => Self::Dynamic(BinaryViewBuilder::with_capacity(capacity)),
        }
    }

    /// Appends a cell. Numbers widen to the type of the array, scalars become dynamics that hold them; a cell that
    /// fits in no way is null (`""` for strings), which is what a failed conversion gives.
    ///
    /// # Errors
    /// A fixed-width cell of the wrong width: a fault of this module.
    pub fn push(&mut self, cell: &Cell<'_>) -> Result<()> {
        match self {
            Self::Bool(builder) => builder.append_option(cell.as_bool()),
            Self::Int(builder) => builder.append_option(cell.as_long().and_then(|value| value.try_into().ok())),
            Self::Long(builder) => builder.append_option(cell.as_long()),
            Self::Real(builder) => builder.append_option(cell.as_real()),
            Self::Decimal(builder) => match cell {
                Cell::Decimal(value) => builder.append_value(decimal_bytes(*value))?,
                Cell::Int(_) | Cell::Long(_) => {
                    builder.append_value(decimal_bytes(Decimal::from(cell.as_long().unwrap_or_default())))?;
                }
                _ => builder.append_null(),
            },
            Self::String(builder) => match cell {
                Cell::String(text) => builder.append_value(text),
                Cell::Dynamic(_) => builder.append_value(cell.to_text()),
                _ => builder.append_value(""),
            },
            Self::Guid(builder) => match cell {
                Cell::Guid(value) => builder.append_value(value.to_be_bytes())?,
                _ => builder.append_null(),
            },
            Self::Dynamic(builder) => match cell {
                Cell::Dynamic(bytes) => builder.append_value(bytes),
                other => match other.to_json() {
                    Some(json) => builder.append_value(super::dynamic::encode(&json)),
                    None => builder.append_null(),
                },
            },
        }
        Ok(())
    }

    /// The array of what was appended.
    pub fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int(builder) => Arc::new(builder.finish()),
            Self::Long(builder) => Arc::new(builder.finish()),
            Self::Real(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder) | Self::Guid(builder) => Arc::new(builder.finish()),
            Self::String(builder) => Arc::new(builder.finish()),
            Self::Dynamic(builder) => Arc::new(builder.finish()),
        }
    }
}

/// An array of a KQL type from cells.
///
/// # Errors
/// As [`CellBuilder::push`].
pub fn from_cells<'a>(ty: Type, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<ArrayRef, DataFusionError> {
    let cells = cells.into_iter();
    let mut builder = CellBuilder::new(ty, cells.size_hint().0);
    for cell in cells {
        builder.push(&cell)?;
    }
    Ok(builder.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Json;

    #[test]
    fn every_type_goes_into_an_array_and_comes_back() {
        let decimal: Decimal = "12.50".parse().unwrap();
        for (ty, cell) in [
            (Type::Bool, Cell::Bool(true)),
            (Type::Int, Cell::Int(-1)),
            (Type::Long, Cell::Long(i64::MIN)),
            (Type::Real, Cell::Real(0.5)),
            (Type::Decimal, Cell::Decimal(decimal)),
            (Type::DateTime, Cell::DateTime(1)),
            (Type::TimeSpan, Cell::TimeSpan(-1)),
            (Type::String, Cell::string("é")),
            (Type::Guid, Cell::Guid(u128::MAX)),
            (Type::Dynamic, Cell::dynamic(&Json::Array(vec![Json::Null]))),
        ] {
            let array = from_cells(ty, [cell.clone(), Cell::Null]).unwrap();
            let cells = Cells::new(array.as_ref(), ty).unwrap();
            assert_eq!(format!("{:?}", cells.get(0)), format!("{cell:?}"));
            assert_eq!(cells.get(1).is_null(), ty != Type::String, "{ty}");
        }
    }

    #[test]
    fn an_array_of_another_type_is_refused() {
        let array = from_cells(Type::Long, [Cell::Long(1)]).unwrap();
        assert!(Cells::new(array.as_ref(), Type::String).is_err());
    }
}
