//! Findings that several places report, and the checks behind them.

use super::Binder;
use crate::diagnostic::{Code, Diagnostic, NoteKind, code};
use crate::functions::{self, ValueType};
use crate::ir::{ColumnId, Expr, ExprKind as Kind, Origin, Plan};
use crate::schema::nearest;
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, OperatorKind};
use crate::types::Type;

impl Binder<'_> {
    /// A column of an open schema that nobody lists; it joins the record at hand.
    pub(super) fn assume_column(&mut self, name: &str, span: Span) -> Expr {
        let (id, ty) = self.assume(name, span);
        Expr::column(id, ty, span)
    }

    /// The id and type of a column of an open schema that nobody lists; it joins the record at hand.
    pub(super) fn assume(&mut self, name: &str, span: Span) -> (ColumnId, ValueType) {
        let ty: ValueType = self.assumed_type(name).into();
        let id = self.columns.add(name, ty, Origin::Assumed, span);
        if let Some(row) = &mut self.row {
            row.push(crate::ir::Column { id, name: name.into(), ty });
        }
        (id, ty)
    }

    /// The tables that have a column of this name.
    pub(super) fn tables_with_column(&mut self, name: &str) -> std::rc::Rc<[crate::schema::Name]> {
        if let Some(tables) = self.homes.get(name) {
            return tables.clone();
        }
        let tables: std::rc::Rc<[crate::schema::Name]> = self.schemas.tables_with_column(name).into();
        self.homes.insert(name.into(), tables.clone());
        tables
    }

    /// The type of a column where the query reads all tables and no unknown one: that of the first table that has it.
    fn assumed_type(&mut self, name: &str) -> Type {
        if !self.all || !self.unknown.is_empty() {
            return Type::Unknown;
        }
        let tables = self.tables_with_column(name);
        let first = tables.first().and_then(|table| Some(self.schemas.table(table)?.column(name)?.ty));
        first.unwrap_or(Type::Unknown)
    }

    /// Holds that records have the columns that an `assert-schema` states, as far as they are known. Microsoft does not
    /// document the operator, so nothing is made of the order of the columns.
    pub(super) fn assert_schema(&mut self, plan: &Plan, asserted: &ast::RowSchema) {
        let mut diagnostic = None;
        let mut add = |span, what: String| {
            let message = "the records here have other columns than are asserted";
            let said =
                diagnostic.take().unwrap_or_else(|| Diagnostic::new(&code::OTHER_SCHEMA, asserted.span, message));
            diagnostic = Some(said.related(span, what));
        };
        let schema = plan.schema();
        for column in &asserted.columns {
            let (name, ty) = (&column.name.text, self.named_type(&column.ty));
            match schema.get(name) {
                None if schema.open => {}
                None => add(column.span, format!("there is no column `{name}`")),
                Some(there) if [there.ty.ty, ty].contains(&Type::Unknown) || there.ty.ty == ty => {}
                Some(there) => add(column.span, format!("`{name}` is of type {}", there.ty.ty)),
            }
        }
        if asserted.star.is_none() {
            for there in schema.iter() {
                if asserted.columns.iter().all(|column| *column.name.text != *there.name) {
                    add(asserted.span, format!("there is a column `{}` besides", there.name));
                }
            }
        }
        if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
        }
    }

    /// Reports a name that stands for nothing, with the nearest in sight; the expression stands for the name as written.
    pub(super) fn unknown_name(&mut self, name: &str, span: Span) -> Expr {
        let mut diagnostic =
            Diagnostic::new(&code::UNKNOWN_NAME, span, format!("`{name}` is no column, variable or function here"))
                .label("unknown name");
        if self.muted == 0
            && let Some((made, same)) = self.made_ahead(name, span)
        {
            diagnostic = diagnostic.related(made, "it is made here");
            diagnostic = if same {
                diagnostic
                    .help("what one operator makes is seen by those behind it: give it an `extend` of its own before")
            } else {
                diagnostic.help("an operator sees what those before it have made: move this one behind the other")
            };
        } else if self.muted == 0 {
            let columns = self.row.iter().chain(&self.right).flat_map(crate::ir::Schema::iter).map(|c| &*c.name);
            let locals = self.scope.keys().map(|name| &**name);
            if let Some(near) = nearest(name, columns.chain(locals)) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            } else if let Some(row) = self.row.as_ref().filter(|row| !row.is_empty()) {
                let names: Vec<&str> = row.iter().take(12).map(|c| &*c.name).collect();
                let more = row.len().saturating_sub(names.len());
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                diagnostic = diagnostic.note(format!("the columns here are {}{more}", names.join(", ")));
            }
            // Looking through all tables is dear: only where nothing near is in sight.
            let tables = if diagnostic.notes.iter().any(|note| note.kind == NoteKind::Help) {
                [].into()
            } else {
                self.tables_with_column(name)
            };
            if let [first, ..] = tables.as_ref() {
                let others = tables.len() - 1;
                let others = if others == 0 { String::new() } else { format!(" and {others} other tables") };
                diagnostic = diagnostic.note(format!("`{first}`{others} have such a column"));
            }
        }
        self.report(diagnostic);
        let id = self.columns.add(name, Type::Unknown, Origin::Unresolved, span);
        Expr::column(id, Type::Unknown.into(), span)
    }

    /// Where the operator at hand, or one behind it, makes a column of this name; and whether it is the one at hand.
    fn made_ahead(&self, name: &str, span: Span) -> Option<(Span, bool)> {
        let makes = |item: &ast::NamedExpr| match &item.names {
            ast::Names::One(made) if *made.text == *name => Some(made.span),
            ast::Names::List(names, _) => names.iter().find(|made| *made.text == *name).map(|made| made.span),
            _ => None,
        };
        self.ahead.iter().find_map(|op| {
            let (OperatorKind::Extend(items) | OperatorKind::Project(items) | OperatorKind::Serialize(items)) =
                &op.kind
            else {
                return None;
            };
            let made = items.iter().find_map(makes)?;
            let same = op.span.start <= span.start && span.end <= op.span.end;
            Some((made, same))
        })
    }

    /// Reports a name that stands alone and for nothing: nothing says that it is meant as a table.
    pub(super) fn check_bare_name(&mut self, expr: &ast::Expr) {
        let ExprKind::Name(name) = &expr.kind else { return };
        let text = &*name.text;
        let known = self.scope.contains_key(text)
            || matches!(name.form, ast::NameForm::Braced)
            || name.is_wildcard()
            || self.schemas.table(text).is_some()
            || self.schemas.function(text).is_some();
        if !known && self.unknown.insert(text.into()) {
            let mut diagnostic = Diagnostic::new(
                &code::UNKNOWN_NAME,
                name.span,
                format!("`{text}` is no table, variable or function here"),
            )
            .label("unknown name");
            let near = nearest(text, self.scope.keys().map(|name| &**name)).map(ToOwned::to_owned);
            if let Some(near) = near.or_else(|| self.schemas.nearest_table(text).map(|n| n.to_string())) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.report(diagnostic);
        }
    }

    /// Reports a function that nothing knows; once a name where it may be one of the workspace's own.
    pub(super) fn unknown_function(&mut self, name: &str, span: Span, tabular: bool) {
        if tabular && !self.unknown.insert(name.into()) {
            return;
        }
        let mut diagnostic =
            Diagnostic::new(&code::UNKNOWN_FUNCTION, span, format!("`{name}` is no function that is known here"))
                .label("unknown function");
        let aggregate = functions::aggregate(name).is_some();
        let own: Vec<crate::ir::Name> = self.scope.keys().cloned().collect();
        let aggregates = functions::aggregates().map(functions::AggregateId::name);
        let aggregates = aggregates.filter(|_| self.aggregates.is_some());
        let known = functions::scalars().map(functions::FunctionId::name).chain(aggregates);
        let near = functions::nearest(name, known).map(ToOwned::to_owned);
        let near = near.or_else(|| nearest(name, own.iter().map(|name| &**name)).map(ToOwned::to_owned));
        if tabular {
            diagnostic = diagnostic.note("its columns are taken as they come, their types unknown");
            if let Some(near) = self.schemas.nearest_function(name) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
        } else if aggregate || near.is_some() {
            diagnostic.severity = crate::diagnostic::Severity::Error;
            diagnostic = match near.filter(|_| !aggregate) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("an aggregate stands in `summarize`, `make-series` or `top-nested`"),
            };
        } else {
            diagnostic = diagnostic.note("a function saved in the workspace may have that name");
        }
        self.report(diagnostic);
    }

    /// Reports a value of the wrong type. What is unknown has been reported, or cannot be judged.
    pub(super) fn check_type(&mut self, expr: &Expr, wanted: &[Type], span: Span) -> bool {
        let ty = expr.ty.ty;
        if ty == Type::Unknown || wanted.contains(&ty) {
            return true;
        }
        let names: Vec<&str> = wanted.iter().map(|ty| ty.name()).collect();
        let mut diagnostic =
            Diagnostic::new(&code::WRONG_TYPE, span, format!("a value of type {} is due here", names.join(" or ")))
                .label(format!("this is {ty}"));
        if ty == Type::Dynamic {
            diagnostic = diagnostic.help(format!("cast it, with `to{}(…)`", wanted[0].name()));
        }
        self.report(diagnostic);
        false
    }

    /// Reports a value that cannot be given to something of a type.
    pub(super) fn check_assignable(&mut self, expr: &Expr, ty: Type, span: Span) {
        let is = expr.ty.ty;
        let fits = ty == Type::Unknown || is == ty || is.widens_to(ty) || ty.widens_to(is) || ty == Type::Dynamic;
        if !fits {
            self.check_type(expr, &[ty], span);
        }
    }

    /// Reports a value that is not of type `int` or `long`.
    pub(super) fn check_integer(&mut self, expr: &Expr) {
        self.check_type(expr, &[Type::Long, Type::Int, Type::Dynamic], expr.span);
    }

    /// Reports a dynamic where only a typed value can stand.
    pub(super) fn check_not_dynamic(&mut self, ty: ValueType, span: Span, place: &str) -> bool {
        if ty.ty != Type::Dynamic {
            return true;
        }
        self.report(
            Diagnostic::new(&code::DYNAMIC_NEEDS_CAST, span, format!("a dynamic value cannot stand in {place}"))
                .label("this is dynamic")
                .help("cast it, with `tostring(…)`, `tolong(…)` or their like"),
        );
        false
    }

    /// The column that an expression is; an error where it is none.
    pub(super) fn check_column(&mut self, expr: &Expr) -> Option<ColumnId> {
        if let Kind::Column(id) = expr.kind {
            return Some(id);
        }
        if expr.ty.ty != Type::Unknown {
            self.simple(&code::COLUMN_EXPECTED, expr.span, "the name of a column is due here");
        }
        None
    }

    /// Reports a finding with nothing but a headline.
    pub(super) fn simple(&mut self, code: &'static Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::new(code, span, message));
    }
}
