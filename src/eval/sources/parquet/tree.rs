//! Nested columns as dynamics.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryViewBuilder};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};

use super::convert;
use crate::eval::arrays::Cells;
use crate::eval::dynamic;
use crate::ir::Json;
use crate::types::Type;

/// How deep a type may nest.
const MAX_DEPTH: usize = 64;

/// An array whose leaves have been converted.
pub(super) enum Tree {
    Leaf(ArrayRef, Type),
    Struct(Vec<(Arc<str>, Tree)>, Option<NullBuffer>),
    List(Box<Tree>, Vec<usize>, Option<NullBuffer>),
    Map(Box<Tree>, Box<Tree>, Vec<usize>, Option<NullBuffer>),
}

impl Tree {
    /// Whether all leaves of a type are read.
    pub(super) fn fits(of: &DataType) -> bool {
        fn within(of: &DataType, depth: usize) -> bool {
            depth < MAX_DEPTH
                && match of {
                    DataType::Struct(fields) => fields.iter().all(|field| within(field.data_type(), depth + 1)),
                    DataType::List(item) | DataType::LargeList(item) | DataType::Map(item, _) => {
                        within(item.data_type(), depth + 1)
                    }
                    leaf => convert::natural(leaf).is_some(),
                }
        }
        within(of, 0)
    }

    /// The tree of an array.
    pub(super) fn of(array: &ArrayRef) -> Result<Self> {
        let nulls = array.nulls().cloned();
        Ok(match array.data_type() {
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                let slots = fields
                    .iter()
                    .zip(columns)
                    .map(|(field, column)| Ok((field.name().as_str().into(), Self::of(column)?)));
                Self::Struct(slots.collect::<Result<_>>()?, nulls)
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let offsets = list.offsets().iter().filter_map(|at| usize::try_from(*at).ok()).collect();
                Self::List(Box::new(Self::of(list.values())?), offsets, nulls)
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let offsets = list.offsets().iter().filter_map(|at| usize::try_from(*at).ok()).collect();
                Self::List(Box::new(Self::of(list.values())?), offsets, nulls)
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let offsets = map.offsets().iter().filter_map(|at| usize::try_from(*at).ok()).collect();
                Self::Map(Box::new(Self::of(map.keys())?), Box::new(Self::of(map.values())?), offsets, nulls)
            }
            leaf => {
                let ty = convert::natural(leaf)
                    .ok_or_else(|| DataFusionError::NotImplemented(format!("{leaf} is not read")))?;
                Self::Leaf(convert::converted(array, ty)?, ty)
            }
        })
    }

    /// The rows as dynamics.
    pub(super) fn encoded(&self, rows: usize) -> Result<ArrayRef> {
        let mut builder = BinaryViewBuilder::with_capacity(rows);
        for row in 0..rows {
            match self.json(row)? {
                Json::Null => builder.append_null(),
                json => builder.append_value(dynamic::encode(&json)),
            }
        }
        Ok(Arc::new(builder.finish()))
    }

    fn json(&self, row: usize) -> Result<Json> {
        let absent = |nulls: &Option<NullBuffer>| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        let range = |offsets: &[usize]| {
            offsets.get(row).copied().unwrap_or_default()..offsets.get(row + 1).copied().unwrap_or_default()
        };
        Ok(match self {
            Self::Leaf(array, ty) => {
                let cell = Cells::new(array.as_ref(), *ty)?.get(row);
                // A dynamic holds no decimal: its text does not lose digits.
                cell.to_json().unwrap_or_else(|| {
                    if cell.is_null() { Json::Null } else { Json::String(cell.to_text().as_ref().into()) }
                })
            }
            Self::Struct(_, nulls) | Self::List(_, _, nulls) | Self::Map(_, _, _, nulls) if absent(nulls) => Json::Null,
            Self::Struct(slots, _) => Json::Bag(
                slots.iter().map(|(name, tree)| Ok((Arc::clone(name), tree.json(row)?))).collect::<Result<_>>()?,
            ),
            Self::List(items, offsets, _) => {
                Json::Array(range(offsets).map(|at| items.json(at)).collect::<Result<_>>()?)
            }
            Self::Map(keys, values, offsets, _) => Json::Bag(
                range(offsets)
                    .map(|at| {
                        let name = match keys.json(at)? {
                            Json::String(text) => text.as_ref().into(),
                            other => dynamic::text(&dynamic::encode(&other)).as_ref().into(),
                        };
                        Ok((name, values.json(at)?))
                    })
                    .collect::<Result<_>>()?,
            ),
        })
    }
}
