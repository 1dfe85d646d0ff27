//! Functions of the service that a single process can answer.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::common::{Result, internal_err};

use super::{Env, Kernel, random};
use crate::eval::Cell;
use crate::eval::arrays::Cells;
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::array("estimate_data_size", estimate_data_size),
    Kernel::row("new_guid", |_, _| Cell::Guid(random::guid())),
];

/// The bytes that each record's values take: the width of the type, for a string its UTF-8, for a dynamic its encoding
/// here. Kusto's encoding of dynamics is not public; its documentation calls the whole an estimate.
fn estimate_data_size(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let Some(first) = args.first() else { return internal_err!("columns are due") };
    let mut sizes = vec![0i64; first.len()];
    for (array, ty) in args.iter().zip(types) {
        let cells = Cells::new(array.as_ref(), *ty)?;
        for (row, size) in sizes.iter_mut().enumerate() {
            *size += match cells.get(row) {
                Cell::String(text) => i64::try_from(text.len()).unwrap_or(i64::MAX),
                Cell::Dynamic(bytes) => i64::try_from(bytes.len()).unwrap_or(i64::MAX),
                _ => width(*ty),
            };
        }
    }
    Ok(Arc::new(Int64Array::from(sizes)))
}

/// The bytes of a value of a type of fixed width, null or not.
const fn width(ty: Type) -> i64 {
    match ty {
        Type::Bool => 1,
        Type::Int => 4,
        Type::Long | Type::Real | Type::DateTime | Type::TimeSpan => 8,
        Type::Decimal | Type::Guid => 16,
        Type::String | Type::Dynamic | Type::Unknown => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::arrays::from_cells;
    use crate::eval::kernels::find;

    #[test]
    fn records_have_a_size() {
        let numbers = from_cells(Type::Long, [Cell::Long(1), Cell::Null]).unwrap();
        let texts = from_cells(Type::String, ["1234567890", "é"].map(Cell::string)).unwrap();
        let env = Env { now: 0, ty: Type::Long };
        let sizes = estimate_data_size(env, &[numbers, texts], &[Type::Long, Type::String]).unwrap();
        let sizes = Cells::new(sizes.as_ref(), Type::Long).unwrap();
        assert_eq!((sizes.get(0).as_long(), sizes.get(1).as_long()), (Some(18), Some(10)));
        assert!(estimate_data_size(env, &[], &[]).is_err());
    }

    #[test]
    fn guids_differ() {
        let guid = || find("new_guid").unwrap().call(Env { now: 0, ty: Type::Guid }, &[]).to_text().into_owned();
        assert_ne!(guid(), guid());
    }
}
