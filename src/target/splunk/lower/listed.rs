//! Whether the columns of a plan are those that the query lists: behind `project` and `summarize` there is no other, whatever
//! the events hold. The binder takes any name for a column where a table is unknown, so it has to be seen here.

use super::Lower;
use crate::ir::{JoinKind, Op, Plan, Rest, Source, SourceKind};

impl Lower<'_> {
    /// Whether a plan gives listed columns alone.
    pub(super) fn lists(&self, plan: &Plan) -> bool {
        plan.steps.iter().fold(self.source_lists(&plan.source), |listed, step| self.lists_after(&step.op, listed))
    }

    /// Whether a source gives listed columns alone. A table may have more columns than anybody knows of.
    pub(super) fn source_lists(&self, source: &Source) -> bool {
        match &source.kind {
            SourceKind::Unit | SourceKind::Rows(_) | SourceKind::Range { .. } => true,
            SourceKind::Union(union) => union.inputs.iter().all(|input| self.lists(input)),
            SourceKind::Shared(id, _) => {
                self.query.shared.get(id.0 as usize).is_some_and(|shared| self.lists(&shared.plan))
            }
            _ => false,
        }
    }

    /// Whether listed columns alone are there behind an operator, given whether they were before.
    pub(super) fn lists_after(&self, op: &Op, before: bool) -> bool {
        match op {
            Op::Project(_, rest) => before || *rest == Rest::Drop,
            // `arg_max(…, *)` gives what there is.
            Op::Summarize { aggregates, .. } => before || !aggregates.iter().any(|call| call.open),
            Op::Distinct | Op::SampleDistinct(..) | Op::TopHitters { .. } | Op::TopNested(_) => true,
            Op::Join(join) => match join.kind {
                JoinKind::LeftSemi | JoinKind::LeftAnti => before,
                JoinKind::RightSemi | JoinKind::RightAnti => self.lists(&join.right),
                _ => before && self.lists(&join.right),
            },
            Op::Filter(_)
            | Op::Window(_)
            | Op::Extend(_)
            | Op::Sort(_)
            | Op::Serialize
            | Op::Take(_)
            | Op::Sample(_)
            | Op::MvExpand(_)
            | Op::Parse(_)
            | Op::Render { .. } => before,
            _ => false,
        }
    }
}
