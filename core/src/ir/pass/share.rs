//! Sharing: groups that a query asks for in several places are made once.
//!
//! A variable that stands for a table is put in wherever it is read, so a query that reads one three times has three
//! plans that differ in the ids of their columns alone. Only what ends in groups is shared: those are held in memory.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::ir::{ColumnId, ExprKind, Name, Op, Plan, Query, Shared, SharedId, Source, SourceKind, Step};

/// The most plans that are made.
const MOST: usize = 64;

/// The query with what occurs more than once made a plan that its places read.
pub fn share(query: &Query) -> Cow<'_, Query> {
    if !has_plans(&query.plan) {
        return Cow::Borrowed(query);
    }
    let mut query = query.clone();
    let first = query.shared.len();
    // What is made later is read by what was made before, and by the query.
    let mut made: Vec<Plan> = Vec::new();
    while made.len() < MOST {
        let Some(head) = most_repeated(made.iter().chain([&query.plan])) else { break };
        let Ok(number) = u32::try_from(first + made.len()) else { break };
        let mut own: Option<Plan> = None;
        for plan in made.iter_mut().chain([&mut query.plan]) {
            plan.fold_plans(&mut |plan| replace(plan, &head, SharedId(number), &mut own));
        }
        let Some(own) = own else { break };
        made.push(own);
    }
    // A plan refers to earlier ones alone.
    let last = first + made.len();
    let turned = |plan: &mut Plan| {
        if let SourceKind::Shared(id, _) = &mut plan.source.kind
            && let Some(made) = (id.0 as usize).checked_sub(first)
            && let Ok(number) = u32::try_from(last - 1 - made)
        {
            id.0 = number;
        }
    };
    for plan in made.iter_mut().chain([&mut query.plan]) {
        plan.fold_plans(&mut |plan| turned(plan));
    }
    query.shared.extend(made.into_iter().rev().map(|plan| Shared { name: Name::from("groups"), plan }));
    Cow::Owned(query)
}

/// Whether there are plans within a plan.
fn has_plans(plan: &Plan) -> bool {
    let mut found = false;
    plan.source.kind.plans(&mut |_| found = true);
    plan.steps.iter().for_each(|step| step.op.plans(&mut |_| found = true));
    plan.walk(&mut |expr| expr.plan(&mut |_| found = true));
    found
}

/// The largest beginning that several plans have.
fn most_repeated<'p>(plans: impl Iterator<Item = &'p Plan>) -> Option<Plan> {
    let mut heads: Vec<(Plan, usize)> = Vec::new();
    for plan in plans {
        plan.clone().fold_plans(&mut |plan| {
            for length in lengths(plan) {
                let head = canonical(plan, length);
                match heads.iter_mut().find(|(there, _)| *there == head) {
                    Some((_, count)) => *count += 1,
                    None => heads.push((head, 1)),
                }
            }
        });
    }
    let repeated = heads.into_iter().filter(|(_, count)| *count > 1).map(|(head, _)| head);
    repeated.max_by_key(Plan::weight)
}

/// Lets a plan that begins so read what is shared; the first such beginning becomes that.
fn replace(plan: &mut Plan, head: &Plan, id: SharedId, own: &mut Option<Plan>) {
    let length = head.steps.len();
    if !lengths(plan).any(|at| at == length) || canonical(plan, length) != *head {
        return;
    }
    let rest: Vec<Step> = plan.steps.split_off(length);
    let schema = plan.schema().clone();
    let place =
        Plan { source: Source { kind: SourceKind::Unit, schema: schema.clone(), span: plan.source.span }, steps: rest };
    let mine = std::mem::replace(plan, place);
    let theirs = own.get_or_insert(mine).schema();
    let pairs = schema.iter().zip(theirs.iter()).map(|(mine, theirs)| (mine.id, theirs.id)).collect();
    plan.source.kind = SourceKind::Shared(id, pairs);
}

/// After how many steps a plan has groups that may be shared.
fn lengths(plan: &Plan) -> impl Iterator<Item = usize> {
    let groups = |step: &Step| matches!(step.op, Op::Summarize { .. } | Op::Distinct);
    let fit = plan.steps.iter().position(|step| !is_pure(&step.op)).unwrap_or(plan.steps.len());
    let fit = if is_own(&plan.source) { fit } else { 0 };
    let ends: Vec<usize> = (0..fit).filter(|at| groups(&plan.steps[*at])).map(|at| at + 1).collect();
    ends.into_iter()
}

/// Whether a source depends on nothing but the query.
fn is_own(source: &Source) -> bool {
    let mut own = !matches!(source.kind, SourceKind::Input | SourceKind::Evaluate(_) | SourceKind::Foreign(_));
    source.kind.plans(&mut |plan| own &= is_whole(plan));
    source.kind.expressions(&mut |expr| own &= is_repeatable(expr));
    own
}

/// Whether an operator gives the same for the same records.
fn is_pure(op: &Op) -> bool {
    let mut pure = !matches!(op, Op::Evaluate(_) | Op::Foreign(_) | Op::Opaque(_) | Op::Invoke(_));
    op.plans(&mut |plan| pure &= is_whole(plan));
    op.expressions(&mut |expr| pure &= is_repeatable(expr));
    pure
}

fn is_whole(plan: &Plan) -> bool {
    let body = matches!(plan.source.kind, SourceKind::Input);
    (body || is_own(&plan.source)) && plan.steps.iter().all(|step| is_pure(&step.op))
}

/// Whether an expression gives the same in every evaluation.
fn is_repeatable(expr: &crate::ir::Expr) -> bool {
    let mut repeatable = true;
    expr.walk(&mut |inner| {
        repeatable &= match &inner.kind {
            ExprKind::Call(function, _) => {
                function.row().deterministic || matches!(function.name(), "now" | "ago") || function.row().window
            }
            ExprKind::Unknown(..) | ExprKind::Foreign(..) => false,
            _ => true,
        };
    });
    repeatable
}

/// The beginning of a plan, with its columns numbered in the order in which they come up.
fn canonical(plan: &Plan, length: usize) -> Plan {
    let mut head = Plan { source: plan.source.clone(), steps: plan.steps[..length].to_vec() };
    let mut numbers: HashMap<ColumnId, ColumnId> = HashMap::new();
    head.rename(&mut |id| {
        let number = ColumnId::numbered(numbers.len());
        *numbers.entry(id).or_insert(number)
    });
    head
}

#[cfg(test)]
mod tests {
    use crate::bind::bind;
    use crate::ir::pass::share;
    use crate::ir::{Query, SourceKind};
    use crate::schema::{Dialect, Schemas};

    fn shared(text: &str) -> Query {
        let tree = crate::syntax::parse(text).query.unwrap();
        let query = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        share(&query).into_owned()
    }

    #[test]
    fn groups_that_are_read_twice_are_made_once() {
        for (text, count) in [
            ("let g = T | summarize n = count() by a; g | join g on a", 1),
            ("let g = T | summarize n = count() by a; let m = toscalar(g | summarize max(n)); g | where n == m", 1),
            // Groups of groups: what only they read is theirs alone.
            ("let g = T | summarize n = count() by a; let h = g | summarize m = count() by n; h | union h", 1),
            ("let g = T | summarize n = count() by a; g | where n > 1", 0),
            ("let g = T | where a == 1; g | join g on a", 0),
            ("let g = T | extend r = rand() | summarize n = count() by a, r; g | join g on a", 0),
            ("let f = (x: long) { T | where a == x | summarize n = count() by a }; f(1) | union f(2)", 0),
            ("let f = (x: long) { T | where a == x | summarize n = count() by a }; f(1) | union f(1)", 1),
        ] {
            let query = shared(&format!("let T = datatable(a: long)[1, 2]; {text}"));
            assert_eq!(query.shared.len(), count, "{text}\n{query}");
        }
        let query =
            shared("let g = datatable(a: long)[1] | distinct a; let h = g | summarize n = count(); h | union h, g");
        assert_eq!(query.shared.len(), 2);
        assert!(matches!(query.shared[1].plan.source.kind, SourceKind::Shared(id, _) if id.0 == 0), "{query}");
    }
}
