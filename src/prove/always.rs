//! Rules that find something whatever the events are, because nothing in them can leave one out.
//!
//! A proof has to be able to fail. Mostly that is seen by a set of events in which the rule finds nothing. A rule that
//! lists all events of a table, or counts them in one record, has no such set; what is found in one set has to differ
//! from what is found in another instead, so that a translation that does not look at the events parts from it. That a
//! rule is of this kind is read off its operators, and not guessed from sets in which it happened to find something.

use crate::ir::{JoinKind, Op, Plan, Query, SharedId, SourceKind, Value};

/// How deep plans may nest.
const DEEPEST: usize = 24;

/// Whether a rule gives a record for any events at all.
pub(super) fn finds(query: &Query) -> bool {
    keeps(query, &query.plan, 0)
}

/// Whether a rule reads no events: there is one answer, and nothing that it could hang on.
pub(super) fn is_constant(query: &Query) -> bool {
    let mut constant = true;
    query.each_plan(&mut |plan| {
        constant &= matches!(
            plan.source.kind,
            SourceKind::Unit
                | SourceKind::Rows(_)
                | SourceKind::Range { .. }
                | SourceKind::Input
                | SourceKind::Shared(..)
                | SourceKind::Union(_)
        );
    });
    constant
}

/// Whether a plan gives a record wherever its source has one.
fn keeps(query: &Query, plan: &Plan, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    // One record stands for all there are, and for none.
    let whole = |op: &Op| matches!(op, Op::Summarize { keys, .. } if keys.is_empty());
    let whole = plan.steps.iter().rposition(|step| whole(&step.op));
    let from = whole.map_or(0, |at| at + 1);
    let passes = |op: &Op| match op {
        Op::Extend(_) | Op::Project(..) | Op::Sort(_) | Op::Serialize | Op::Distinct | Op::Render { .. } => true,
        Op::Summarize { keys, .. } => !keys.is_empty(),
        Op::Parse(parse) => !parse.filter,
        Op::Take(count) => count.as_literal().and_then(Value::as_integer).is_some_and(|count| count > 0),
        Op::Join(join) => matches!(join.kind, JoinKind::LeftOuter | JoinKind::FullOuter),
        _ => false,
    };
    let kept = plan.steps[from..].iter().all(|step| passes(&step.op));
    kept && (whole.is_some()
        || match &plan.source.kind {
            SourceKind::Table { .. } | SourceKind::Tables(_) | SourceKind::Unit => true,
            SourceKind::Rows(rows) => !rows.is_empty(),
            SourceKind::Union(union) => {
                !union.inputs.is_empty() && union.inputs.iter().all(|input| keeps(query, input, depth + 1))
            }
            SourceKind::Shared(SharedId(id), _) => {
                query.shared.get(*id as usize).is_some_and(|shared| keeps(query, &shared.plan, depth + 1))
            }
            _ => false,
        })
}
