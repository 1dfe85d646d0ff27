//! Rows for the elements of an array of objects.
//!
//! Such an array is stored as fields: each part of each element has one, with the position of the element in its name. So a
//! record becomes a row for each of the first positions, of which those are kept at which there is anything.

use super::plan::word;
use super::{Flow, Lower, Result, Slot, refuse};
use crate::ir::{Access, ColumnId, CompareOp, Expr as Ir, ExprKind, Op, Value};
use crate::source::Span;
use crate::target::esql::tree::{Command, Expr};
use crate::target::filled::values_filled_by;
use crate::target::ledger::Accounts as _;
use crate::target::{Loss, LossKind};

/// How many elements are looked at.
const MOST: i64 = 8;

/// An element at the position of a row.
#[derive(Clone, Debug)]
pub(in crate::target::esql) struct Element {
    /// The parts that are read of it, by the way to each, with the columns that hold them.
    parts: Vec<(String, String)>,
}

/// Where a part is in an element: the column that holds the element, and the way from there.
fn way(access: &Access) -> Option<(ColumnId, Option<String>)> {
    let mut base = &access.base;
    loop {
        base = match &base.kind {
            ExprKind::Call(function, arguments)
                if matches!(function.name(), "parse_json" | "todynamic" | "parsejson" | "tostring") =>
            {
                arguments.first()?
            }
            ExprKind::Cast(cast) => &cast.operand,
            _ => break,
        };
    }
    let (id, before) = match &base.kind {
        ExprKind::Column(id) => (*id, Some(String::new())),
        ExprKind::Access(inner) => way(inner)?,
        _ => return None,
    };
    let mut path = before;
    for part in &access.path {
        let step = match part.as_literal() {
            Some(Value::String(name)) if !name.is_empty() => Some(name.to_string()),
            Some(value) => value.as_integer().filter(|at| *at >= 0).map(|at| at.to_string()),
            None => None,
        };
        path = path.zip(step).map(|(path, step)| if path.is_empty() { step } else { format!("{path}.{step}") });
    }
    Some((id, path))
}

impl Lower<'_> {
    /// Expands an array of objects whose parts are below a field.
    pub(super) fn expand_objects(&mut self, flow: &mut Flow, id: ColumnId, field: &str, span: Span) -> Result<()> {
        let Some(paths) = self.paths(id) else {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "an array of objects has no rows of its own in Elasticsearch, and here the way into its elements is not written out",
            );
        };
        if !self.asked_for(id) {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "an array of objects has no rows of its own in Elasticsearch, and here no condition asks for a part of its elements; test its positions one by one, as `x[0].name`",
            );
        }
        let position = self.helper("position");
        let positions = (0..MOST).map(Expr::integer).collect();
        flow.push(Command::Eval(vec![(position.clone(), Expr::List(positions))]));
        flow.push(Command::MvExpand(position.clone()));
        let mut parts = Vec::with_capacity(paths.len());
        let mut made = Vec::with_capacity(paths.len());
        for path in paths {
            let name = self.helper(&word(&format!("{}_{path}", self.query.columns[id].name)));
            let mut arms = Vec::new();
            let mut told = None;
            for at in 0..MOST {
                let part = self.tables.below(field, &format!("{at}.{path}"));
                told = told.or(part.note);
                arms.push(Expr::compare(CompareOp::Equal, Expr::field(&position), Expr::integer(at)));
                arms.push(Expr::Field(part.field));
            }
            if let Some(message) = told {
                self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
            }
            made.push((name.clone(), Expr::call("CASE", arms)));
            parts.push((path, name));
        }
        let there = parts.iter().map(|(_, name)| Expr::field(name).is_not_null()).collect();
        flow.push(Command::Eval(made));
        flow.push(Command::Where(Expr::any(there)));
        let name = &self.query.columns[id].name;
        let message = format!(
            "the elements are taken to be in fields that are named by their positions, such as `{field}.0`: the first {MOST} are looked at, and each of these fields has to be mapped"
        );
        self.lose(LossKind::RowCap, span, message);
        let note = format!("`{name}` is an object in Elasticsearch, which has no value of its own");
        flow.slots.insert(
            id,
            Slot {
                element: Some(Element { parts }.into()),
                note: Some((LossKind::Null, note.into())),
                ..Slot::new(Expr::Null)
            },
        );
        flow.unique = None;
        Ok(())
    }

    /// The column of a part of an element. Nothing where it is no part of one.
    pub(super) fn part_of_element(flow: &Flow, access: &Access, span: Span) -> Option<Result<Expr>> {
        let (id, path) = way(access)?;
        let element = flow.slots.get(&id)?.element.clone()?;
        let found =
            path.and_then(|path| element.parts.iter().find(|(way, _)| *way == path).map(|(_, name)| name.clone()));
        Some(match found {
            Some(name) => Ok(Expr::Field(name)),
            None => refuse(
                LossKind::UnsupportedExpression,
                span,
                "of an element of an array of objects only the parts that hold values can be read",
            ),
        })
    }

    /// The fields of the parts that the query reads of what is reached by a way, where that is a field itself: an object that
    /// is there has one of them.
    pub(super) fn parts_of(&self, access: &Access, field: &str) -> Vec<Expr> {
        let Some((id, Some(path))) = way(access) else { return Vec::new() };
        let inner = format!("{path}.");
        let mut found = Vec::new();
        let mut look = |expr: &Ir| {
            if let ExprKind::Access(access) = &expr.kind
                && let Some((of, Some(path))) = way(access)
                && of == id
                && let Some(rest) = path.strip_prefix(&inner)
            {
                found.push(self.tables.below(field, rest).field);
            }
        };
        for plan in self.query.plans() {
            plan.walk(&mut look);
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(Expr::Field).collect()
    }

    /// Why an element is no value, if an expression is one.
    pub(super) fn no_element(&self, flow: &Flow, expr: &Ir) -> Result<()> {
        match expr.as_column().and_then(|id| flow.slots.get(&id).map(|slot| (id, slot))) {
            Some((id, slot)) if slot.element.is_some() => {
                let name = &self.query.columns[id].name;
                let message = format!(
                    "`{name}` is an object in Elasticsearch, which has no value of its own; name the part that is meant, as `{name}.part`"
                );
                refuse(LossKind::UnsupportedExpression, expr.span, message)
            }
            _ => Ok(()),
        }
    }

    /// Whether a condition that every row has to fulfil wants a part of an element to be there: of an element without the parts
    /// that are read there is nothing to make a row of.
    fn asked_for(&self, id: ColumnId) -> bool {
        let ids = self.derived(id, is_part);
        let mut asked = false;
        let mut look = |op: &Op| {
            if let Op::Filter(condition) = op {
                asked |= asks(condition, &ids);
            }
        };
        self.query.plans().for_each(|plan| plan.operators(&mut look));
        asked
    }

    /// A column with those that are computed from it, as `is` says of what they are computed to be.
    fn derived(&self, id: ColumnId, is: impl Fn(&Ir, &[ColumnId]) -> bool) -> Vec<ColumnId> {
        let mut ids = vec![id];
        loop {
            let known = ids.len();
            let mut note = |op: &Op| {
                let (Op::Extend(items) | Op::Project(items, _)) = op else { return };
                for item in items {
                    if is(&item.expr, &ids) && !ids.contains(&item.id) {
                        ids.push(item.id);
                    }
                }
            };
            self.query.plans().for_each(|plan| plan.operators(&mut note));
            if ids.len() == known {
                return ids;
            }
        }
    }

    /// The ways from a column to the parts of it that the query reads; nothing where one is computed, or is a list.
    fn paths(&self, id: ColumnId) -> Option<Vec<String>> {
        // Under its other names, too.
        let ids = self.derived(id, |value, ids| value.as_column().is_some_and(|of| ids.contains(&of)));
        let mut paths: Vec<String> = Vec::new();
        let mut all_told = true;
        let mut look = |expr: &Ir| {
            let ExprKind::Access(access) = &expr.kind else { return };
            match way(access) {
                Some((of, Some(path))) if ids.contains(&of) => paths.push(path),
                Some((of, None)) if ids.contains(&of) => all_told = false,
                _ => {}
            }
        };
        self.query.plans().for_each(|plan| plan.walk(&mut look));
        paths.sort_unstable();
        paths.dedup();
        // What is read on is no part with a value.
        let inner = |path: &String| paths.iter().any(|other| other.starts_with(&format!("{path}.")));
        let leaves: Vec<String> = paths.iter().filter(|path| !inner(path)).cloned().collect();
        (all_told && !leaves.is_empty()).then_some(leaves)
    }
}

/// Whether a value is one of these columns, or a part of one, and nothing where that is not there.
fn is_part(value: &Ir, ids: &[ColumnId]) -> bool {
    match &value.kind {
        ExprKind::Column(id) => ids.contains(id),
        ExprKind::Access(access) => way(access).is_some_and(|(of, _)| ids.contains(&of)),
        ExprKind::Cast(cast) => is_part(&cast.operand, ids),
        ExprKind::Call(function, arguments) => {
            matches!(function.name(), "parse_json" | "todynamic" | "parsejson" | "tostring" | "tolower" | "toupper")
                && arguments.first().is_some_and(|argument| is_part(argument, ids))
        }
        _ => false,
    }
}

/// Whether a condition that holds wants one of these to be there.
fn asks(condition: &Ir, ids: &[ColumnId]) -> bool {
    match &condition.kind {
        ExprKind::And(terms) => terms.iter().any(|term| asks(term, ids)),
        ExprKind::Or(terms) => terms.iter().all(|term| asks(term, ids)),
        _ => {
            let mut filled = Vec::new();
            values_filled_by(condition, &mut filled);
            filled.into_iter().any(|value| is_part(value, ids))
        }
    }
}
