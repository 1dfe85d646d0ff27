//! What KQL's scalar functions compute: one kernel a function, in files by subject, each with the table of its kernels.
//!
//! Most kernels work value by value on [`Cell`]s; one whose speed matters works on whole arrays. To add one: write the
//! function and add its row to the `KERNELS` of its file. The name is that of the function's row in
//! [`crate::functions`]. A function that has none, and why, stands in the table of `without`.

pub(in crate::eval) mod address;
mod address_ranges;
mod arguments;
pub mod arithmetic;
mod array_sort;
mod arrays;
pub mod bags;
pub mod bin;
mod calendar;
pub mod cast;
mod codecs;
mod columns;
pub mod compare;
mod conditional;
mod convert;
mod datetime;
mod decimal;
mod distributions;
mod documents;
pub mod format_time;
mod geo;
mod hash;
pub mod json_path;
pub mod matching;
mod math;
mod network;
pub mod parse;
mod paths;
mod random;
mod regexes;
mod series;
mod sets;
mod sketches;
mod strings;
mod system;
#[cfg(test)]
mod testing;
mod timezone;
mod units;
pub mod window;
mod without;

pub use without::reason_for_none;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use regex::Regex;

use super::arrays::{Cells, from_cells};
use super::cell::Cell;
use crate::types::Type;

/// What a kernel may know besides its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Env {
    /// The instant of the query, in ticks: what `now()` gives wherever it stands.
    pub now: i64,
    /// The type of the result, as the binder resolved it; matters to `extract` and its like, whose result is converted
    /// to a type that an argument names.
    pub ty: Type,
}

/// A kernel that works value by value.
pub type RowKernel = for<'a> fn(Env, &[Cell<'a>]) -> Cell<'a>;

/// A kernel that works on whole arrays, all of one length, of the Arrow types of [`super::arrays`].
pub type ArrayKernel = fn(Env, &[ArrayRef], &[Type]) -> Result<ArrayRef>;

/// How a kernel works.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Value by value. An argument may be null.
    Row(RowKernel),
    /// Value by value; a null argument gives null (`""` where the result is a string) without a call.
    Strict(RowKernel),
    /// On whole arrays.
    Array(ArrayKernel),
}

/// The kernel of a function.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// The function's name in the catalogue.
    pub name: &'static str,
    /// What it computes.
    pub body: Body,
}

impl Kernel {
    /// A kernel that is given nulls too.
    pub const fn row(name: &'static str, body: RowKernel) -> Self {
        Self { name, body: Body::Row(body) }
    }

    /// A kernel that gives null for null.
    pub const fn strict(name: &'static str, body: RowKernel) -> Self {
        Self { name, body: Body::Strict(body) }
    }

    /// A kernel over arrays.
    pub const fn array(name: &'static str, body: ArrayKernel) -> Self {
        Self { name, body: Body::Array(body) }
    }

    /// What it computes of one record's values.
    ///
    /// # Errors
    /// What the kernel refuses to compute.
    pub fn try_call<'a>(&self, env: Env, args: &[Cell<'a>]) -> Result<Cell<'a>> {
        Ok(match self.body {
            Body::Strict(_) if args.iter().any(Cell::is_null) => match env.ty {
                Type::String => Cell::string(""),
                _ => Cell::Null,
            },
            Body::Row(body) | Body::Strict(body) => body(env, args),
            Body::Array(body) => call_array(body, env, args)?,
        })
    }

    /// [`Kernel::try_call`], with null for what is refused.
    pub fn call<'a>(&self, env: Env, args: &[Cell<'a>]) -> Cell<'a> {
        self.try_call(env, args).unwrap_or_default()
    }
}

fn call_array(body: ArrayKernel, env: Env, args: &[Cell<'_>]) -> Result<Cell<'static>> {
    let types: Vec<Type> = args.iter().map(|cell| cell.ty().unwrap_or(env.ty)).collect();
    let arrays = types.iter().zip(args).map(|(ty, cell)| from_cells(*ty, [cell.clone()]));
    let result = body(env, &arrays.collect::<Result<Vec<_>>>()?, &types)?;
    Ok(Cells::new(result.as_ref(), env.ty)?.get(0).into_owned())
}

/// The tables of all files.
const TABLES: &[&[Kernel]] = &[
    array_sort::KERNELS,
    arrays::KERNELS,
    bags::KERNELS,
    bin::KERNELS,
    codecs::KERNELS,
    conditional::KERNELS,
    convert::KERNELS,
    datetime::KERNELS,
    distributions::KERNELS,
    documents::KERNELS,
    geo::cells::KERNELS,
    geo::covering::KERNELS,
    geo::densify::KERNELS,
    geo::measure::KERNELS,
    geo::overlay::KERNELS,
    geo::wkt::KERNELS,
    hash::KERNELS,
    math::KERNELS,
    network::KERNELS,
    paths::KERNELS,
    regexes::KERNELS,
    series::arithmetic::KERNELS,
    series::decompose::KERNELS,
    series::fill::KERNELS,
    series::filter::KERNELS,
    series::fit_line::KERNELS,
    series::fit_poly::KERNELS,
    series::fourier::KERNELS,
    series::outliers::KERNELS,
    series::periods::KERNELS,
    series::statistics::KERNELS,
    sets::KERNELS,
    sketches::KERNELS,
    strings::KERNELS,
    system::KERNELS,
    units::KERNELS,
];

static BY_NAME: LazyLock<HashMap<&'static str, Kernel>> =
    LazyLock::new(|| TABLES.iter().copied().flatten().map(|kernel| (kernel.name, *kernel)).collect());

/// The kernel of a function of the catalogue.
pub fn find(name: &str) -> Option<Kernel> {
    BY_NAME.get(name).copied()
}

/// What is wrong with the arguments of a function that have to be well-formed, a regular expression say; `constant` gives
/// the text of those that are constants. A query is refused for it before any record is read.
pub fn fault(function: &str, constant: &dyn Fn(usize) -> Option<String>) -> Option<String> {
    regexes::fault(function, constant).or_else(|| documents::fault(function, constant))
}

thread_local! {
    static REGEXES: RefCell<HashMap<String, Option<Rc<Regex>>>> = RefCell::default();
}

/// The compiled form of a pattern, kept for the next record; `None` where it is malformed. Patterns are constants of
/// the query, so there are few.
pub fn regex(pattern: &str) -> Option<Rc<Regex>> {
    REGEXES.with_borrow_mut(|regexes| {
        if let Some(regex) = regexes.get(pattern) {
            return regex.clone();
        }
        let regex = Regex::new(pattern).ok().map(Rc::new);
        regexes.insert(pattern.to_owned(), regex.clone());
        regex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions;

    #[test]
    fn every_function_of_the_catalogue_is_computed_or_refused_for_a_reason() {
        for function in functions::scalars() {
            let row = function.row();
            // Functions of other records have no kernel: lower/window.rs works on whole columns.
            let computed = usize::from(find(row.name).is_some()) + usize::from(row.window);
            let refused = usize::from(reason_for_none(row.name).is_some());
            assert_eq!(computed + refused, 1, "{}: computed {computed}, refused {refused}", row.name);
        }
    }

    #[test]
    fn every_kernel_has_one_row_in_the_catalogue() {
        let mut names: Vec<&str> = TABLES.iter().copied().flatten().map(|kernel| kernel.name).collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            assert_ne!(pair[0], pair[1], "two kernels have one name");
        }
        for name in names {
            assert!(functions::scalar(name).is_some(), "{name} is not in the catalogue");
        }
    }
}
