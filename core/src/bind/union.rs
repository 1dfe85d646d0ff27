//! `union`, and whatever else puts the columns of several tables together.

use std::collections::HashMap;

use super::Binder;
use super::name::UniqueNames;
use super::table::{is_fuzzy_union, option_word};
use crate::functions::ValueType;
use crate::ir::{Column, ColumnId, Name, Origin, Plan, Schema, SourceKind, UnionColumn};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// `union`, behind a pipe or not.
    pub(super) fn union(&mut self, piped: Option<Plan>, op: &'a ast::Operator, sources: &'a [ast::Expr]) -> Plan {
        let fuzzy = self.fuzzy;
        self.fuzzy |= is_fuzzy_union(op);
        let mut inputs: Vec<(Name, Plan)> = piped.map(|plan| self.with_label(plan)).into_iter().collect();
        self.without_row(|b| {
            for source in sources {
                b.union_source(source, &mut inputs);
            }
        });
        let is_fuzzy = std::mem::replace(&mut self.fuzzy, fuzzy);
        let source = option_word(&op.parameters, "withsource").or_else(|| option_word(&op.parameters, "with_source"));
        let inner = option_word(&op.parameters, "kind") == Some("inner");
        self.united(inputs, source, inner, is_fuzzy, op.span)
    }

    fn union_source(&mut self, source: &'a ast::Expr, inputs: &mut Vec<(Name, Plan)>) {
        match &source.kind {
            Ast::Name(name) if &*name.text == "*" => inputs.extend(self.all_tables(source.span)),
            Ast::Name(name) if name.is_wildcard() => {
                let plans = self.wildcard(&name.text, name.span);
                if plans.is_empty() {
                    let pattern: Name = name.text.as_ref().into();
                    let kind = SourceKind::Tables(pattern.clone());
                    inputs.push((pattern, Plan::new(kind, Schema::new([], true), name.span)));
                }
                inputs.extend(plans.into_iter().map(|plan| self.with_label(plan)));
            }
            Ast::Star => inputs.extend(self.all_tables(source.span)),
            Ast::Paren(inner) if matches!(&inner.kind, Ast::Name(name) if name.is_wildcard()) => {
                self.union_source(inner, inputs);
            }
            _ => {
                let plan = self.table(source);
                let name = match &source.kind {
                    Ast::Name(name) => name.text.as_ref().into(),
                    _ => self.label(&plan),
                };
                inputs.push((name, plan));
            }
        }
    }

    /// What `withsource` says of records: the name of the table they are from, or the one that `as` gave them.
    pub(super) fn label(&self, plan: &Plan) -> Name {
        match &plan.source.kind {
            SourceKind::Table { name, .. } => name.clone(),
            SourceKind::Call(call) => call.name.clone(),
            SourceKind::Shared(id, _) => self.shared.get(id.0 as usize).map_or_else(Name::default, |s| s.name.clone()),
            _ => Name::default(),
        }
    }

    /// A plan with its label.
    pub(super) fn with_label(&self, plan: Plan) -> (Name, Plan) {
        (self.label(&plan), plan)
    }

    /// Every table. Where it is not known which there are, they are one source, whose columns are looked up as they are
    /// asked for.
    pub(super) fn all_tables(&mut self, span: Span) -> Vec<(Name, Plan)> {
        if self.schemas.knows_present() {
            let plans = self.wildcard("*", span);
            return plans.into_iter().map(|plan| self.with_label(plan)).collect();
        }
        self.all = true;
        vec![("*".into(), Plan::new(SourceKind::Tables("*".into()), Schema::new([], true), span))]
    }

    /// The plan of several plans put together.
    pub(super) fn united(
        &mut self,
        inputs: Vec<(Name, Plan)>,
        source: Option<&str>,
        inner: bool,
        fuzzy: bool,
        span: Span,
    ) -> Plan {
        let open = inputs.iter().any(|(_, plan)| plan.schema().open);
        let schemas: Vec<Schema> = inputs.iter().map(|(_, plan)| plan.schema().clone()).collect();
        let mut groups = by_name_and_type(&schemas);
        if inner {
            groups.retain(|group| group.columns.len() == 1 && group.columns[0].1.iter().all(Option::is_some));
        }
        let mut schema = Schema::new([], open);
        let mut names = UniqueNames::default();
        let mut columns = Vec::new();
        let (labels, plans): (Vec<Name>, Vec<Plan>) = inputs.into_iter().unzip();
        let source = source.map(|name| {
            let id = self.columns.add(name, Type::String, Origin::Computed, span);
            let name: Name = name.into();
            names.take(name.clone());
            schema.push(Column { id, name, ty: Type::String.into() });
            (id, labels)
        });
        for group in groups {
            let several = group.columns.len() > 1;
            for (ty, from) in group.columns {
                let name: Name = if several { format!("{}_{}", group.name, ty.ty).into() } else { group.name.clone() };
                let name = names.claim(&name, &name, &|_| false);
                let id = self.union_column(&name, ty, &from, span);
                schema.push(Column { id, name, ty });
                columns.push(UnionColumn { id, from });
            }
        }
        let union = crate::ir::Union { inputs: plans, columns, source, fuzzy };
        Plan::new(SourceKind::Union(union), schema, span)
    }

    /// A column of a union; it comes from a table where it comes from one alone.
    fn union_column(&mut self, name: &Name, ty: ValueType, from: &[Option<ColumnId>], span: Span) -> ColumnId {
        let mut origins = from.iter().flatten().map(|id| self.columns[*id].clone());
        match (origins.next(), origins.next()) {
            (Some(info), None) if info.name == *name => self.columns.add(name.clone(), ty, info.origin, span),
            _ => self.columns.add(name.clone(), ty, Origin::Computed, span),
        }
    }
}

/// The columns of one name, by type.
struct Group {
    name: Name,
    columns: Vec<(ValueType, Vec<Option<ColumnId>>)>,
}

/// The columns of several schemas by name and then by type, in the order in which they are met.
fn by_name_and_type(schemas: &[Schema]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut index: HashMap<Name, usize> = HashMap::new();
    for (input, schema) in schemas.iter().enumerate() {
        for column in schema.iter() {
            let at = *index.entry(column.name.clone()).or_insert_with(|| {
                groups.push(Group { name: column.name.clone(), columns: Vec::new() });
                groups.len() - 1
            });
            let columns = &mut groups[at].columns;
            let position = columns.iter().position(|(ty, _)| ty.ty == column.ty.ty).unwrap_or_else(|| {
                columns.push((column.ty, vec![None; schemas.len()]));
                columns.len() - 1
            });
            let (ty, from) = &mut columns[position];
            if *ty != column.ty {
                *ty = column.ty.ty.into();
            }
            from[input] = Some(column.id);
        }
    }
    groups
}

/// The names that all schemas have in common, with the first schema's columns.
pub(super) fn common(schemas: &[Schema]) -> Vec<Name> {
    let Some((first, rest)) = schemas.split_first() else { return Vec::new() };
    let shared = |name: &str| rest.iter().all(|schema| schema.get(name).is_some());
    first.iter().filter(|c| shared(&c.name)).map(|c| c.name.clone()).collect()
}
