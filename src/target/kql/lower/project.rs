//! Projections: of the ways to say which columns there are, the one that names the fewest.

use std::collections::HashSet;

use super::expr::unsupported;
use super::{Lowerer, Refused};
use crate::ir::{Column, ColumnId, Computed, Name, Rest, Schema, Step};
use crate::target::kql::tree::{Expr, Item, Stage};

/// What a projection does with a column.
struct Kept<'a> {
    column: &'a Column,
    value: &'a Computed,
}

impl Lowerer<'_> {
    /// The operators that mean a projection.
    pub(super) fn project(
        &mut self,
        items: &[Computed],
        rest: &Rest,
        input: &Schema,
        step: &Step,
    ) -> Result<Vec<Stage>, Refused> {
        let kept: Vec<Kept<'_>> = step
            .schema
            .iter()
            .map(|column| {
                let value = items.iter().find(|item| item.id == column.id);
                value
                    .map(|value| Kept { column, value })
                    .ok_or_else(|| unsupported(step.span, &format!("`{}` has no value in the projection", column.name)))
            })
            .collect::<Result<_, _>>()?;
        let before = |id: ColumnId| input.iter().find(|c| c.id == id);
        let passed =
            kept.iter().all(|kept| kept.value.is_passed_on() && (before(kept.column.id).is_some() || input.open));
        match rest {
            Rest::KeepOnly(names) if passed => {
                return Ok(vec![Stage::Names("project-keep", names.iter().map(ToString::to_string).collect())]);
            }
            Rest::KeepOnly(_) => {
                return Err(unsupported(step.span, "columns are computed and picked by pattern at once"));
            }
            Rest::Drop if input.open || !passed => return self.plain(items, input, step),
            Rest::Drop | Rest::KeepBut(_) => {}
        }
        let mut stages = Vec::new();
        // What is computed comes first, since it may read what is left out behind it.
        let computed: Vec<Computed> =
            kept.iter().filter(|k| !k.value.is_passed_on()).map(|k| k.value.clone()).collect();
        if !computed.is_empty() {
            let row = self.row(input);
            stages.push(Stage::Items("extend", self.items(&computed, &step.schema, &row)?));
        }
        let here: HashSet<ColumnId> = kept.iter().map(|kept| kept.column.id).collect();
        let named: HashSet<&str> =
            computed.iter().filter_map(|c| step.schema.iter().find(|s| s.id == c.id)).map(|c| &*c.name).collect();
        let gone: Vec<&Column> = input.iter().filter(|c| !here.contains(&c.id) && !named.contains(&*c.name)).collect();
        let renamed: Vec<(&Column, &Name)> = kept
            .iter()
            .filter(|kept| kept.value.is_passed_on())
            .filter_map(|kept| {
                let id = kept.column.id;
                let assumed = input.open.then(|| &self.query.columns[id].name);
                Some((kept.column, before(id).map(|c| &c.name).or(assumed)?))
            })
            .filter(|(after, before)| after.name != **before)
            .collect();
        let patterns: &[Name] = if let Rest::KeepBut(names) = rest { names } else { &[] };
        let old: HashSet<&str> = renamed.iter().map(|(_, before)| &***before).collect();
        let away: Vec<String> = if input.open {
            let unknown = patterns.iter().filter(|name| !old.contains(&***name));
            let known = gone.iter().map(|c| &c.name).filter(|name| !patterns.contains(*name));
            let known = known.filter(|name| !patterns.iter().any(|p| fits(p, name)));
            unknown.chain(known).map(ToString::to_string).collect()
        } else {
            gone.iter().map(|c| c.name.to_string()).collect()
        };
        let order = reordered(&kept, input, &computed);
        // Naming each column is plainer unless that is much longer.
        if *rest == Rest::Drop && kept.len() < 2 * (away.len() + renamed.len() + order.len()) {
            return self.plain(items, input, step);
        }
        if !away.is_empty() {
            stages.push(Stage::Names("project-away", away));
        }
        if !renamed.is_empty() {
            let item = |(after, before): (&Column, &Name)| Item {
                names: vec![after.name.to_string()],
                value: Expr::Name(before.to_string()),
            };
            stages.push(Stage::Items("project-rename", renamed.into_iter().map(item).collect()));
        }
        if !order.is_empty() {
            stages.push(Stage::Names("project-reorder", order));
        }
        Ok(stages)
    }

    /// `project` with everything there is.
    fn plain(&mut self, items: &[Computed], input: &Schema, step: &Step) -> Result<Vec<Stage>, Refused> {
        let row = self.row(input);
        let in_order: Vec<Computed> =
            step.schema.iter().filter_map(|column| items.iter().find(|item| item.id == column.id).cloned()).collect();
        Ok(vec![Stage::Items("project", self.items(&in_order, &step.schema, &row)?)])
    }
}

/// The columns that have to be put in front so that all stand in the order asked for.
fn reordered(kept: &[Kept<'_>], input: &Schema, computed: &[Computed]) -> Vec<String> {
    let fresh: HashSet<ColumnId> = computed.iter().map(|c| c.id).collect();
    let wanted: Vec<ColumnId> = kept.iter().map(|kept| kept.column.id).collect();
    // As they stand without a word: those of the input, then what was added.
    let mut natural: Vec<ColumnId> = input.iter().map(|c| c.id).filter(|id| wanted.contains(id)).collect();
    natural.extend(wanted.iter().copied().filter(|id| fresh.contains(id) || !natural.contains(id)).collect::<Vec<_>>());
    let first = (0..=wanted.len()).find(|at| {
        let front: HashSet<ColumnId> = wanted[..*at].iter().copied().collect();
        natural.iter().filter(|id| !front.contains(id)).eq(wanted[*at..].iter())
    });
    kept[..first.unwrap_or(kept.len())].iter().map(|kept| kept.column.name.to_string()).collect()
}

/// Whether a name fits one in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}
