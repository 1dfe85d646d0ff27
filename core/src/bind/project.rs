//! `extend`, `distinct` and the operators of the `project` family.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::Binder;
use super::aggregate::values;
use super::projection::{Projection, Style};
use crate::diagnostic::{Diagnostic, code};
use crate::ir::{Column, ColumnId, Computed, Expr, Name, Op, Origin, Plan, Rest, Schema};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, SortOrder};
use crate::types::Type;

impl<'a> Binder<'a> {
    pub(super) fn extend(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let input = plan.schema().clone();
        let (values, row) = self.with_row(input, |b| {
            let values: Vec<_> = items.iter().map(|item| (item, b.value(&item.expr))).collect();
            let mut projection = Projection::of(&b.row.clone().unwrap_or_default());
            for (item, value) in values {
                b.project(&mut projection, item, value, Style::Extend, None, None);
            }
            projection
        });
        let _ = row;
        plan.push(Op::Extend(values.computed), values.schema, span);
        plan
    }

    pub(super) fn serialize(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let (projection, _) = self.over(&plan, |b| {
            let values: Vec<_> = items.iter().map(|item| (item, b.value(&item.expr))).collect();
            let mut projection = Projection::of(&b.row.clone().unwrap_or_default());
            for (item, value) in values {
                b.project(&mut projection, item, value, Style::Plain, None, None);
            }
            projection
        });
        plan.push(Op::Extend(projection.computed), projection.schema, span);
        plan
    }

    pub(super) fn project_plain(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let (projection, _) = self.over(&plan, |b| {
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            for item in items {
                let value = b.value(&item.expr);
                b.project(&mut projection, item, value, Style::Plain, None, None);
            }
            projection
        });
        plan.push(Op::Project(projection.computed, Rest::Drop), projection.schema, span);
        plan
    }

    pub(super) fn distinct(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let ((projection, all), _) = self.over(&plan, |b| {
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            let mut all = false;
            for item in items {
                if matches!(item.expr.kind, Ast::Star) {
                    all = true;
                    let row = b.row.clone().unwrap_or_default();
                    for column in row.iter() {
                        b.check_not_dynamic(column.ty, item.span, "`distinct`");
                        let expr = Expr::column(column.id, column.ty, item.span);
                        b.add_column(&mut projection, &column.name, None, (expr, Some(column.id)), true, item.span);
                    }
                } else {
                    let value = b.value(&item.expr);
                    for expr in values(&value) {
                        b.check_not_dynamic(expr.ty, item.expr.span, "`distinct`");
                    }
                    b.project(&mut projection, item, value, Style::Plain, None, None);
                }
            }
            (projection, all)
        });
        let rest = if all { Rest::KeepBut(Vec::new()) } else { Rest::Drop };
        plan.push(Op::Project(projection.computed, rest), projection.schema, span);
        plan.push_same(Op::Distinct, span);
        plan
    }

    /// The columns that a list of names means, wildcards included.
    pub(super) fn listed(&mut self, row: &Schema, names: &'a [ast::Name]) -> (HashSet<ColumnId>, Vec<Name>) {
        let (mut listed, mut open) = (HashSet::new(), Vec::new());
        for name in names {
            open.push(name.text.as_ref().into());
            let found: Vec<ColumnId> = matching(row, name).map(|c| c.id).collect();
            if found.is_empty() && !row.open {
                self.with_row(row.clone(), |b| b.unknown_name(&name.text, name.span));
            }
            listed.extend(found);
        }
        (listed, open)
    }

    pub(super) fn project_away(&mut self, mut plan: Plan, names: &'a [ast::Name], span: Span) -> Plan {
        let row = plan.schema().clone();
        let (away, rest) = self.listed(&row, names);
        let kept: Vec<Column> = row.iter().filter(|c| !away.contains(&c.id)).cloned().collect();
        let rest = if row.open { Rest::KeepBut(rest) } else { Rest::Drop };
        plan.push(Op::Project(pass(&kept, span), rest), Schema::new(kept, row.open), span);
        plan
    }

    pub(super) fn project_keep(&mut self, mut plan: Plan, names: &'a [ast::Name], span: Span) -> Plan {
        let row = plan.schema().clone();
        let (listed, rest) = self.listed(&row, names);
        let mut kept: Vec<Column> = row.iter().filter(|c| listed.contains(&c.id)).cloned().collect();
        if row.open {
            for name in names.iter().filter(|name| !name.is_wildcard() && row.get(&name.text).is_none()) {
                let id = self.columns.add(name.text.as_ref(), Type::Unknown, Origin::Assumed, name.span);
                kept.push(Column { id, name: name.text.as_ref().into(), ty: Type::Unknown.into() });
            }
        }
        let rest = if row.open { Rest::KeepOnly(rest) } else { Rest::Drop };
        plan.push(Op::Project(pass(&kept, span), rest), Schema::new(kept, row.open), span);
        plan
    }

    pub(super) fn project_rename(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let ((columns, renamed), _) = self.over(&plan, |b| {
            let mut renames: Vec<(Name, ColumnId)> = Vec::new();
            let mut declared: HashSet<Name> = HashSet::new();
            let mut old = Vec::new();
            for item in items {
                let ast::Names::One(name) = &item.names else {
                    let _ = b.scalar(&item.expr);
                    b.report(
                        Diagnostic::new(&code::RENAME_EXPECTED, item.span, "`project-rename` takes `New = Old`")
                            .label("no new name"),
                    );
                    continue;
                };
                let value = b.scalar(&item.expr);
                let Some(id) = b.check_column(&value) else { continue };
                let new: Name = name.text.as_ref().into();
                let taken = b
                    .row
                    .as_ref()
                    .and_then(|row| row.get(&new))
                    .is_some_and(|c| c.id != id && !renames.iter().any(|(_, renamed)| *renamed == c.id));
                if taken || !declared.insert(new.clone()) {
                    let message = format!("a column `{new}` is declared already");
                    b.simple(&code::DUPLICATE_COLUMN, name.span, message);
                    continue;
                }
                old.push(b.column_name(id));
                renames.push((new, id));
            }
            let row = b.row.clone().unwrap_or_default();
            let columns: Vec<Column> = row
                .iter()
                .map(|c| match renames.iter().find(|(_, id)| *id == c.id) {
                    Some((name, _)) => Column { name: name.clone(), ..c.clone() },
                    None => c.clone(),
                })
                .collect();
            (Schema::new(columns, row.open), old)
        });
        let all: Vec<Column> = columns.iter().cloned().collect();
        let rest = if columns.open { Rest::KeepBut(renamed) } else { Rest::Drop };
        plan.push(Op::Project(pass(&all, span), rest), columns, span);
        plan
    }

    pub(super) fn project_reorder(&mut self, mut plan: Plan, items: &'a [ast::ReorderItem], span: Span) -> Plan {
        let row = plan.schema().clone();
        let mut order: Vec<Column> = Vec::with_capacity(row.len());
        let mut placed = HashSet::new();
        let mut assumed = Vec::new();
        for item in items {
            let mut found: Vec<Column> = matching(&row, &item.name).cloned().collect();
            if found.is_empty() {
                if row.open && !item.name.is_wildcard() {
                    let name: Name = item.name.text.as_ref().into();
                    let id = self.columns.add(name.clone(), Type::Unknown, Origin::Assumed, item.name.span);
                    found.push(Column { id, name, ty: Type::Unknown.into() });
                    assumed.extend(found.iter().cloned());
                } else if !row.open {
                    self.with_row(row.clone(), |b| b.unknown_name(&item.name.text, item.name.span));
                }
            }
            if let Some(by) = item.order.filter(|_| found.len() > 1) {
                sort_names(&mut found, by);
            }
            order.extend(found.into_iter().filter(|c| placed.insert(c.id)));
        }
        order.extend(row.iter().filter(|c| placed.insert(c.id)).cloned());
        let rest = if row.open { Rest::KeepBut(Vec::new()) } else { Rest::Drop };
        plan.push(Op::Project(pass(&order, span), rest), Schema::new(order, row.open), span);
        plan
    }

    pub(super) fn project_by_names(&mut self, mut plan: Plan, items: &'a [ast::Expr], span: Span) -> Plan {
        let ((columns, open), _) = self.over(&plan, |b| {
            let row = b.row.clone().unwrap_or_default();
            let mut columns: Vec<Column> = Vec::new();
            let mut placed = HashSet::new();
            for item in items {
                let names: Vec<String> = match &item.kind {
                    Ast::Name(name) if !b.scope.contains_key(&*name.text) => vec![name.text.to_string()],
                    _ => {
                        let value = b.scalar(item);
                        let elements = value.as_literal().and_then(crate::ir::Value::elements);
                        let texts = elements.unwrap_or_else(|| value.as_literal().cloned().into_iter().collect());
                        texts.iter().filter_map(|text| text.as_str().map(ToOwned::to_owned)).collect()
                    }
                };
                for name in names {
                    let fits = row.iter().filter(|c| crate::schema::matches_wildcard(&name, &c.name));
                    columns.extend(fits.filter(|c| placed.insert(c.id)).cloned());
                }
            }
            (columns, row.open)
        });
        plan.push(Op::Project(pass(&columns, span), Rest::Drop), Schema::new(columns, open), span);
        plan
    }
}

/// The columns passed on as they are.
pub(super) fn pass(columns: &[Column], span: Span) -> Vec<Computed> {
    columns.iter().map(|c| Computed { id: c.id, expr: Expr::column(c.id, c.ty, span) }).collect()
}

/// The columns that a name means, wildcards included.
fn matching<'s>(row: &'s Schema, name: &'s ast::Name) -> impl Iterator<Item = &'s Column> {
    let exact = if name.is_wildcard() { None } else { row.get(&name.text) };
    let fits = row.iter().filter(|c| name.is_wildcard() && crate::schema::matches_wildcard(&name.text, &c.name));
    exact.into_iter().chain(fits)
}

/// Sorts columns by name without regard to case; `granny` reads digits as numbers.
fn sort_names(columns: &mut [Column], order: SortOrder) {
    let key = |column: &Column| {
        let lower = column.name.to_lowercase();
        match order {
            SortOrder::Asc | SortOrder::Desc => lower,
            SortOrder::GrannyAsc | SortOrder::GrannyDesc => {
                let mut key = String::new();
                let mut digits = String::new();
                for c in lower.chars().chain(['\0']) {
                    if c.is_ascii_digit() {
                        digits.push(c);
                    } else {
                        if !digits.is_empty() {
                            let _ = write!(key, "{:0>20}", digits.trim_start_matches('0'));
                            digits.clear();
                        }
                        key.push(c);
                    }
                }
                key
            }
        }
    };
    columns.sort_by_key(key);
    if matches!(order, SortOrder::Desc | SortOrder::GrannyDesc) {
        columns.reverse();
    }
}
