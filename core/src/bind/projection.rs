//! The columns that an operator gives: their names, their order, and which take the place of which.

use std::collections::{HashMap, HashSet};

use super::name::UniqueNames;
use super::{Binder, TupleItem, Value};
use crate::diagnostic::{Diagnostic, code};
use crate::functions::ValueType;
use crate::ir::{Column, ColumnId, Computed, Expr, Name, Origin, Schema};
use crate::source::Span;
use crate::syntax::ast::{self, Names};
use crate::types::Type;

/// Which operator asks for columns; they differ in what happens to a name that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `project`, `distinct`, `by`, `serialize`.
    Plain,
    /// `extend`.
    Extend,
    /// `mv-expand`, `mv-apply`.
    Replace,
    /// The aggregates of `summarize` and `make-series`.
    Summarize,
    /// `print`.
    Print,
}

impl Style {
    const fn replaces(self) -> bool {
        matches!(self, Self::Extend | Self::Replace)
    }
}

/// Columns in the making.
pub(super) struct Projection {
    /// The columns so far.
    pub(super) schema: Schema,
    /// What computes them; those that were there from the start are not in it.
    pub(super) computed: Vec<Computed>,
    /// The columns whose mention adds nothing.
    skipped: HashSet<ColumnId>,
    /// The columns there from the start, which are skipped too.
    start: Option<Schema>,
    declared: HashSet<Name>,
    names: UniqueNames,
    /// Columns passed on under their own id; a second mention needs an id of its own.
    passed: HashSet<ColumnId>,
    /// For each computed column its position in `computed`.
    at: HashMap<ColumnId, usize>,
}

impl Projection {
    /// No columns yet.
    pub(super) fn empty(open: bool) -> Self {
        Self {
            schema: Schema::new([], open),
            computed: Vec::new(),
            skipped: HashSet::new(),
            start: None,
            declared: HashSet::new(),
            names: UniqueNames::default(),
            passed: HashSet::new(),
            at: HashMap::new(),
        }
    }

    /// The columns of the input, to be added to.
    pub(super) fn of(input: &Schema) -> Self {
        Self { schema: input.clone(), start: Some(input.clone()), ..Self::empty(input.open) }
    }

    /// Makes a mention of any column so far add nothing.
    pub(super) fn skip_all(&mut self) {
        self.skipped.extend(self.schema.iter().map(|c| c.id));
    }

    fn is_skipped(&self, id: ColumnId) -> bool {
        self.skipped.contains(&id) || self.start.as_ref().is_some_and(|start| start.contains(id))
    }
}

impl Binder<'_> {
    /// Appends a column, under another name if its own is taken.
    pub(super) fn add_column(
        &mut self,
        projection: &mut Projection,
        name: &Name,
        base: Option<&Name>,
        item: (Expr, Option<ColumnId>),
        replace: bool,
        span: Span,
    ) -> Option<Name> {
        let (expr, of) = item;
        if name.is_empty() || of.is_some_and(|id| projection.is_skipped(id)) {
            return None;
        }
        if replace && let Some(index) = projection.schema.position(name) {
            self.put(projection, Some(index), name.clone(), expr, span);
            return Some(name.clone());
        }
        let schema = projection.schema.clone();
        let unique = projection.names.claim(name, base.unwrap_or(name), &|name| schema.position(name).is_some());
        self.put(projection, None, unique.clone(), expr, span);
        Some(unique)
    }

    /// Adds a column that the query names: twice the same name is an error.
    fn declare_column(
        &mut self,
        projection: &mut Projection,
        name: &Name,
        item: (Expr, Option<ColumnId>),
        replace: bool,
        span: Span,
    ) {
        if projection.declared.contains(name) {
            self.report(
                Diagnostic::new(&code::DUPLICATE_COLUMN, span, format!("a column `{name}` is declared already"))
                    .label("the same name again"),
            );
            return;
        }
        let added = self.add_column(projection, name, None, item, replace, span);
        projection.declared.insert(added.unwrap_or_else(|| name.clone()));
    }

    /// Puts a column at its place, under the id of the column it passes on where that is possible: an id has one type.
    fn put(&mut self, projection: &mut Projection, index: Option<usize>, name: Name, expr: Expr, span: Span) {
        let ty = expr.ty;
        let id = match expr.as_column() {
            Some(id)
                if projection.start.is_none() && self.columns[id].ty.ty == ty.ty && projection.passed.insert(id) =>
            {
                id
            }
            _ => self.columns.add(name.clone(), ty, Origin::Computed, span),
        };
        let column = Column { id, name, ty };
        match index {
            Some(index) => {
                let old = projection.schema.at(index).map(|c| c.id);
                projection.schema.replace(index, column);
                if let Some(at) = old.and_then(|old| projection.at.remove(&old)) {
                    projection.computed[at] = Computed { id, expr };
                    projection.at.insert(id, at);
                    return;
                }
            }
            None => projection.schema.push(column),
        }
        projection.at.insert(id, projection.computed.len());
        projection.computed.push(Computed { id, expr });
    }

    /// Adds what one expression of an operator gives. `ty` overrides the type, `fallback` the name of what has none.
    pub(super) fn project(
        &mut self,
        projection: &mut Projection,
        item: &ast::NamedExpr,
        value: Value,
        style: Style,
        ty: Option<ValueType>,
        fallback: Option<&str>,
    ) {
        let retype = |mut expr: Expr| {
            if let Some(ty) = ty {
                expr.ty = ty;
            }
            expr
        };
        let many = style.replaces();
        match (&item.names, value) {
            (Names::One(name), Value::Scalar(expr)) => {
                let replace = many || expr.as_column().is_some();
                let name_text: Name = name.text.as_ref().into();
                self.declare_column(projection, &name_text, (retype(expr), None), replace, name.span);
            }
            (Names::One(name), Value::Tuple(items)) => {
                let mut items = items.into_iter();
                if let Some(first) = items.next() {
                    let name_text: Name = name.text.as_ref().into();
                    self.declare_column(projection, &name_text, (retype(first.expr), None), true, name.span);
                }
                if style != Style::Print {
                    for TupleItem { name, expr, of } in items {
                        self.add_column(projection, &name, None, (expr, of), false, item.span);
                    }
                }
            }
            (Names::List(names, span), Value::Scalar(expr)) => {
                if let [name] = names.as_slice() {
                    let replace = many || expr.as_column().is_some();
                    let name_text: Name = name.text.as_ref().into();
                    self.declare_column(projection, &name_text, (retype(expr), None), replace, name.span);
                } else if expr.ty.ty != Type::Unknown {
                    self.simple(&code::SEVERAL_NAMES, *span, "the expression has one value, and several names");
                } else {
                    for name in names {
                        let unknown = Self::unknown_value(item.expr.span);
                        let name_text: Name = name.text.as_ref().into();
                        self.declare_column(projection, &name_text, (unknown, None), many, name.span);
                    }
                }
            }
            (Names::List(names, _), Value::Tuple(items)) => {
                if let Some(name) = names.get(items.len()) {
                    self.simple(&code::SEVERAL_NAMES, name.span, "no value is left for this name");
                }
                let mut names = names.iter();
                for TupleItem { name, expr, of } in items {
                    match names.next() {
                        Some(own) => {
                            let own_text: Name = own.text.as_ref().into();
                            self.declare_column(projection, &own_text, (retype(expr), None), many, own.span);
                        }
                        None if style != Style::Print => {
                            self.add_column(projection, &name, None, (expr, of), many, item.span);
                        }
                        None => {}
                    }
                }
            }
            (Names::None, Value::Tuple(items)) => {
                for TupleItem { name, expr, of } in items {
                    self.add_column(projection, &name, None, (expr, of), false, item.span);
                }
            }
            (Names::None, Value::Scalar(expr)) => {
                self.project_unnamed(projection, item, retype(expr), style, fallback);
            }
        }
    }

    fn project_unnamed(
        &mut self,
        projection: &mut Projection,
        item: &ast::NamedExpr,
        expr: Expr,
        style: Style,
        fallback: Option<&str>,
    ) {
        // A column, or a conversion that changes nothing, is a declaration of the column.
        let column = expr.as_column().filter(|_| style != Style::Summarize);
        if let Some((id, name)) = column.map(|id| (id, self.column_name(id))) {
            self.declare_column(projection, &name, (expr, Some(id)), style == Style::Replace, item.span);
            return;
        }
        if let (Style::Print, Some(name)) = (style, fallback) {
            let name: Name = name.into();
            self.add_column(projection, &name, Some(&name), (expr, None), false, item.span);
            return;
        }
        let name = match (self.result_name(&item.expr), fallback) {
            (Some(name), _) if !name.is_empty() => name,
            (_, Some(name)) => name.to_owned(),
            _ => self.next_unnamed(style == Style::Extend),
        };
        let name: Name = name.into();
        self.add_column(projection, &name, None, (expr, None), style.replaces(), item.span);
    }

    /// The name under which the record at hand holds a column.
    pub(super) fn column_name(&self, id: ColumnId) -> Name {
        let own = &self.columns[id].name;
        match &self.row {
            Some(row) if row.get(own).is_none_or(|c| c.id != id) => {
                row.iter().find(|c| c.id == id).map_or_else(|| own.clone(), |c| c.name.clone())
            }
            _ => own.clone(),
        }
    }

    /// `Column1`, `Column2`…: the next that stands for nothing here.
    fn next_unnamed(&mut self, with_row: bool) -> String {
        loop {
            let name = format!("Column{}", self.unnamed);
            self.unnamed += 1;
            let in_row = with_row && self.row.as_ref().is_some_and(|row| row.get(&name).is_some());
            if !in_row && !self.scope.contains_key(name.as_str()) {
                return name;
            }
        }
    }
}
