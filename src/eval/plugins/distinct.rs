//! Which records have equal values.

use std::collections::HashMap;

use datafusion::arrow::array::{Array as _, ArrayRef};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::DataFusionError;

/// Records by the combination of values they have in some columns, numbered in the order in which combinations come
/// first.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// The group of each record.
    pub of: Vec<usize>,
    /// The first record of each group.
    pub firsts: Vec<usize>,
}

impl Groups {
    /// The groups of so many records by these columns; without columns all are one group.
    ///
    /// # Errors
    /// A column of a type that has no order.
    pub fn new(columns: &[ArrayRef], rows: usize) -> Result<Self, DataFusionError> {
        if columns.is_empty() {
            return Ok(Self { of: vec![0; rows], firsts: (rows > 0).then_some(0).into_iter().collect() });
        }
        let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let converter = RowConverter::new(fields)?;
        let keys = converter.convert_columns(columns)?;
        let mut known: HashMap<&[u8], usize> = HashMap::new();
        let owned: Vec<_> = keys.iter().collect();
        let mut groups = Self::default();
        for (row, key) in owned.iter().enumerate() {
            let next = known.len();
            let group = *known.entry(key.as_ref()).or_insert(next);
            if group == next {
                groups.firsts.push(row);
            }
            groups.of.push(group);
        }
        Ok(groups)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::arrays::from_cells;
    use crate::eval::cell::Cell;
    use crate::types::Type;

    #[test]
    fn groups_are_numbered_as_they_come() {
        let first = from_cells(Type::String, ["b", "a", "b", "b"].map(Cell::string)).unwrap();
        let second = from_cells(Type::Long, [Cell::Long(1), Cell::Null, Cell::Long(1), Cell::Null]).unwrap();
        let groups = Groups::new(&[first, second], 4).unwrap();
        assert_eq!((groups.of, groups.firsts), (vec![0, 1, 0, 2], vec![0, 1, 3]));
    }

    #[test]
    fn without_columns_all_are_one_group() {
        assert_eq!(Groups::new(&[], 2).unwrap().firsts, [0]);
        assert!(Groups::new(&[], 0).unwrap().is_empty());
    }
}
