//! What each target makes of a built-in, found out by asking it: uses of the built-in are converted, and the best
//! that comes of any of them counts.

use std::iter;

use super::BuiltIn;
use super::samples::{self, Sample};
use crate::bind;
use crate::ir::{self, pass::simplify};
use crate::schema::{Dialect, Schemas};
use crate::target::{Fidelity, Loss, LossKind, Options, RuleInfo, Target};

/// What a target makes of a built-in at best.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "support")]
pub(super) enum Support {
    /// The same, for some arguments at least; a call with others may be refused.
    Exact,
    /// The same but for what is told here.
    Approximate {
        /// What differs, a sentence each.
        losses: Vec<String>,
    },
    /// Nothing.
    Unsupported,
}

impl Support {
    /// The word for it.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Approximate { .. } => "approximate",
            Self::Unsupported => "unsupported",
        }
    }
}

/// What each of the targets makes of a built-in, in their order.
pub(super) fn support(built_in: BuiltIn, targets: &[&dyn Target]) -> Vec<Support> {
    let schemas = schemas();
    let mut best = vec![Support::Unsupported; targets.len()];
    let shows: Vec<bool> = targets.iter().map(|target| shows_columns(*target, &schemas)).collect();
    for call in samples::calls(built_in) {
        if best.iter().all(|support| *support == Support::Exact) {
            break;
        }
        let shown = call.shown();
        let Some(query) = bound(&shown.query, &schemas) else { continue };
        let given = query.plan.schema().iter().find(|column| &*column.name == "x").map(|column| column.ty.ty);
        let deciding = given.map(|ty| call.deciding(ty)).unwrap_or_default();
        let deciding = deciding.into_iter().filter_map(|sample| Some((bound(&sample.query, &schemas)?, sample)));
        for (query, sample) in iter::once((query, shown)).chain(deciding) {
            for ((target, shows), best) in targets.iter().zip(&shows).zip(&mut best) {
                if *best != Support::Exact && (sample.decides || *shows) {
                    *best = of_sample(*target, &sample, &query).min(best.clone());
                }
            }
        }
    }
    best
}

/// Whether a target gives the columns that a query shapes, and not whole events.
fn shows_columns(target: &dyn Target, schemas: &Schemas) -> bool {
    samples::SHAPING.iter().all(|text| {
        let query = bound(text, schemas);
        let conversion = query.and_then(|query| target.convert(&query, &RuleInfo::default(), &Options::default()).ok());
        conversion.is_some_and(|conversion| conversion.losses.iter().all(|loss| loss.fidelity != Fidelity::Events))
    })
}

/// The tables that the uses read.
pub(super) const fn schemas() -> Schemas {
    Schemas::builtin(Dialect::Sentinel)
}

/// The IR of a use, where it has a meaning.
pub(super) fn bound(text: &str, schemas: &Schemas) -> Option<ir::Query> {
    let parsed = crate::syntax::parse(text);
    let tree = parsed.query.as_ref().filter(|_| parsed.is_ok())?;
    let bound = bind::bind(tree, schemas);
    let mut query = bound.query.filter(|_| bound.diagnostics.is_empty())?;
    simplify(&mut query);
    Some(query)
}

/// How a target says a use. What it calls the columns is another matter.
fn of_sample(target: &dyn Target, sample: &Sample, query: &ir::Query) -> Support {
    let Ok(conversion) = target.convert(query, &RuleInfo::default(), &Options::default()) else {
        return Support::Unsupported;
    };
    // What is left empty is not said.
    let left_out = conversion.losses.iter().any(|loss| loss.fidelity == Fidelity::Events);
    if conversion.fidelity == Fidelity::Refused || (left_out && !sample.decides) {
        return Support::Unsupported;
    }
    let about_column = |loss: &Loss| {
        matches!(loss.kind, LossKind::UnmappedField | LossKind::UnresolvedName)
            && samples::is_column(loss.span.of(&sample.query))
    };
    let differs = conversion.losses.into_iter();
    let differs = differs.filter(|loss| loss.fidelity == Fidelity::Approximate && !about_column(loss));
    let losses: Vec<String> = differs.map(|loss| loss.message).collect();
    if losses.is_empty() { Support::Exact } else { Support::Approximate { losses } }
}
