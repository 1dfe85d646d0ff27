//! What the tests of kernels share.

use super::{Env, find};
use crate::bind::bind;
use crate::eval::Cell;
use crate::ir::Op;
use crate::schema::{Dialect, Schemas};
use crate::types::Type;

/// What a function gives for a record's values.
///
/// # Panics
/// Where the function has no kernel.
pub(super) fn call<'a>(name: &str, ty: Type, args: &[Cell<'a>]) -> Cell<'a> {
    let kernel = find(name).unwrap_or_else(|| panic!("`{name}` has no kernel"));
    kernel.call(Env { now: 0, ty }, args)
}

/// Holds that functions give values of these texts; the text of null is empty.
///
/// # Panics
/// Where one does not.
pub(super) fn calls(ty: Type, cases: &[(&str, Vec<Cell<'_>>, &str)]) {
    for (name, args, expected) in cases {
        let given = call(name, ty, args);
        assert_eq!(given.to_text(), *expected, "{name}{args:?} gives {given:?}");
    }
}

/// The last step of a query.
///
/// # Panics
/// Where the query cannot be bound.
pub(super) fn bound_step(query: &str) -> Op {
    let parsed = crate::syntax::parse(query);
    let tree = parsed.query.unwrap_or_else(|| panic!("{query}: {:?}", parsed.diagnostics));
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let bound = bind(&tree, &schemas);
    let steps = bound.query.map(|query| query.plan.steps).unwrap_or_default();
    steps.last().map(|step| step.op.clone()).unwrap_or_else(|| panic!("{query}: {:?}", bound.diagnostics))
}
