//! Which table a column is of that nothing lists: its field may be known all the same, as that of a custom log is. And which
//! are of none, since they are named where `project` has left all others out.

use std::collections::{BTreeSet, HashMap};

use crate::ir::{ColumnId, Name, Op, Plan, Query, Rest, SourceKind};
use crate::target::ledger::refuse;
use crate::target::{Loss, LossKind};

/// The table of each column that no schema lists; nothing for one that is of no table.
pub(in crate::target) type Unlisted = HashMap<ColumnId, Option<Name>>;

/// How deep plans may nest.
const DEEPEST: usize = 24;

/// Refuses a query that names a column of no table: whatever field it were read from, it would be a guess.
pub(in crate::target) fn homeless(query: &Query, unlisted: &Unlisted) -> Result<(), Box<Loss>> {
    let Some(id) = unlisted.iter().filter(|(_, table)| table.is_none()).map(|(id, _)| *id).min() else { return Ok(()) };
    let info = &query.columns[id];
    let name = &info.name;
    let message = format!("nothing here knows where the column `{name}` is from: a `project` before it leaves it out");
    refuse(LossKind::UnresolvedName, info.span, message)
}

/// Finds the table of each column that no schema lists: that which the steps that name it read.
pub(in crate::target) fn unlisted(query: &Query) -> Unlisted {
    let mut found = Unlisted::new();
    for plan in query.plans() {
        Walk { query, found: &mut found }.plan(plan, BTreeSet::new(), 0);
    }
    found
}

struct Walk<'a> {
    query: &'a Query,
    found: &'a mut Unlisted,
}

impl Walk<'_> {
    /// Goes through a plan of whose records the columns `above` are, too.
    fn plan(&mut self, plan: &Plan, above: BTreeSet<ColumnId>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let (mut named, mut lost, mut projected) = (BTreeSet::new(), BTreeSet::new(), false);
        for step in &plan.steps {
            let mut here = BTreeSet::new();
            // What plans inside name is of their tables, and settled before.
            step.op.expressions(&mut |expr| {
                expr.plans(&mut |inner| self.plan(inner, BTreeSet::new(), depth + 1));
                expr.for_each_column(&mut |id| {
                    here.insert(id);
                });
            });
            match &step.op {
                Op::Join(join) => {
                    here.extend(join.keys.iter().map(|(left, _)| *left));
                    self.plan(&join.right, join.keys.iter().map(|(_, right)| *right).collect(), depth + 1);
                }
                op => op.plans(&mut |inner| self.plan(inner, BTreeSet::new(), depth + 1)),
            }
            here.retain(|id| self.is_unlisted(*id) && !named.contains(id));
            if projected {
                lost.append(&mut here);
            } else {
                named.append(&mut here);
            }
            projected |= matches!(step.op, Op::Project(_, Rest::Drop));
        }
        let shown = above.into_iter().chain(plan.schema().iter().map(|column| column.id));
        let shown = shown.filter(|id| self.is_unlisted(*id) && !named.contains(id)).collect::<Vec<_>>();
        if projected {
            lost.extend(shown);
        } else {
            named.extend(shown);
        }
        for id in lost {
            self.found.entry(id).or_insert(None);
        }
        match &plan.source.kind {
            SourceKind::Table { name, .. } => {
                for id in named {
                    self.found.entry(id).or_insert_with(|| Some(name.clone()));
                }
            }
            SourceKind::Shared(id, _) => {
                if let Some(shared) = self.query.shared.get(id.0 as usize) {
                    self.plan(&shared.plan, named, depth + 1);
                }
            }
            kind => kind.plans(&mut |inner| self.plan(inner, BTreeSet::new(), depth + 1)),
        }
    }

    fn is_unlisted(&self, id: ColumnId) -> bool {
        self.query.columns[id].is_unlisted()
    }
}
