//! Passes: each makes a query simpler to work with and keeps its meaning.

mod constants;
mod normalise;
mod prune;
mod share;
mod trace;
mod window;

pub use constants::{constant, fold_constants};
pub use normalise::normalise;
pub use prune::prune;
pub use share::share;
pub use trace::{EVENT, Mixed, SCOPE, Traced, numbers, trace};
pub use window::lift_windows;

use super::Query;

/// The passes in the order that lets each build on those before it: constants, predicates, windows.
///
/// Pruning is left to whoever reads a plan's columns from storage: it takes columns out of sources that a reader of the
/// IR may want to see.
pub fn simplify(query: &mut Query) {
    for plan in query.shared.iter_mut().map(|shared| &mut shared.plan).chain([&mut query.plan]) {
        fold_constants(plan);
        normalise(plan);
    }
    lift_windows(query);
}
