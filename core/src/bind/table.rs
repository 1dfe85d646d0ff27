//! Tabular expressions.

use std::rc::Rc;

use super::call::Given;
use super::scope::Local;
use super::{Binder, Either, deep};
use crate::diagnostic::{Diagnostic, code};
use crate::functions;
use crate::ir::{
    Argument, Column, Expr, External, Name, Op, OptionValue, Origin, Plan, Rest, Schema, Shared, SharedId, SourceCall,
    SourceKind, Value,
};
use crate::schema::{Function, Returns, Table};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, ParameterValue, PathMember, WrapperKind};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// Whether an expression gives records. A name that a column of the record at hand bears is a column.
    pub(super) fn is_tabular(&self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            Ast::Pipe(_)
            | Ast::Operator(_)
            | Ast::DataTable(_)
            | Ast::ExternalData(_)
            | Ast::ContextualDataTable(_)
            | Ast::MaterializedViewCombine(_)
            | Ast::DataScope(_) => true,
            Ast::Wrapper(wrapper) => wrapper.kind != WrapperKind::ToScalar,
            Ast::Paren(inner) => self.is_tabular(inner),
            Ast::Name(name) => {
                let text = &*name.text;
                let is_column = self.row.iter().chain(&self.right).any(|row| row.get(text).is_some());
                !is_column && self.names_table(text)
            }
            Ast::Call(call) => match self.scope.get(&*call.name.text) {
                Some(Local::Function(function)) => function.tabular,
                Some(_) => false,
                None if &*call.name.text == "materialize" || is_entity(&call.name.text) => true,
                None if functions::scalar(&call.name.text).is_some() => false,
                None => {
                    let function = self.schemas.function(&call.name.text);
                    function.is_some_and(|function| !matches!(function.returns, Returns::Scalar(_)))
                }
            },
            // `database("D").T`, `workspace("W").T`
            Ast::Path(path) => match &path.base.kind {
                Ast::Call(call) => is_place(&call.name.text),
                Ast::Path(_) => self.is_tabular(&path.base),
                Ast::Name(name) => matches!(self.scope.get(&*name.text), Some(Local::Opaque)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a name stands for records, columns apart.
    fn names_table(&self, text: &str) -> bool {
        match self.scope.get(text) {
            Some(Local::Table(..) | Local::Shared(_)) => true,
            Some(Local::Function(function)) => function.tabular,
            Some(_) => false,
            None => {
                self.schemas.table(text).is_some()
                    || self.schemas.function(text).is_some_and(|f| !matches!(f.returns, Returns::Scalar(_)))
            }
        }
    }

    /// A statement's expression, or a variable's: a name that nothing knows is a table here.
    pub(super) fn either(&mut self, expr: &'a ast::Expr) -> Either {
        if self.is_tabular(expr) {
            return Either::Table(self.table(expr));
        }
        match &expr.kind {
            Ast::Paren(inner) => self.either(inner),
            Ast::Name(name)
                if !self.scope.contains_key(&*name.text)
                    && !matches!(name.form, ast::NameForm::Braced)
                    && self.row.as_ref().is_none_or(|row| row.get(&name.text).is_none()) =>
            {
                Either::Table(self.table(expr))
            }
            Ast::Call(call)
                if !self.scope.contains_key(&*call.name.text)
                    && functions::scalar(&call.name.text).is_none()
                    && functions::aggregate(&call.name.text).is_none()
                    && self.schemas.function(&call.name.text).is_none() =>
            {
                Either::Table(self.table(expr))
            }
            _ => match self.scalar_either(expr) {
                Some(either) => either,
                None => Either::Scalar(self.scalar(expr)),
            },
        }
    }

    /// A call of one of the query's own functions gives what its body gives for these arguments.
    fn scalar_either(&mut self, expr: &'a ast::Expr) -> Option<Either> {
        let Ast::Call(call) = &expr.kind else { return None };
        match self.scope.get(&*call.name.text).cloned()? {
            Local::Function(function) => {
                let result = self.expand(&function, &call.arguments, None, expr.span);
                Some(result.unwrap_or_else(|| Either::Scalar(Self::unknown_value(expr.span))))
            }
            _ => None,
        }
    }

    /// Records of one column, one record, from a scalar.
    pub(super) fn scalar_plan(&mut self, value: Expr) -> Plan {
        let (ty, span) = (value.ty, value.span);
        let mut plan = Plan::new(SourceKind::Unit, Schema::default(), span);
        let id = self.columns.add("print_0", ty, Origin::Computed, span);
        let schema = Schema::new([Column { id, name: "print_0".into(), ty }], false);
        plan.push(Op::Project(vec![crate::ir::Computed { id, expr: value }], Rest::Drop), schema, span);
        plan
    }

    /// A tabular expression; an error, and an open table, where it is none.
    pub(super) fn table(&mut self, expr: &'a ast::Expr) -> Plan {
        deep(|| self.table_inner(expr))
    }

    fn table_inner(&mut self, expr: &'a ast::Expr) -> Plan {
        let span = expr.span;
        match &expr.kind {
            Ast::Name(name) => self.named_table(name),
            Ast::Paren(inner) => self.table(inner),
            Ast::Pipe(pipe) => {
                let fuzzy = self.fuzzy;
                if pipe.stages.first().is_some_and(is_fuzzy_union) {
                    self.fuzzy = true;
                }
                let plan = self.table(&pipe.source);
                self.fuzzy = fuzzy;
                self.stages(plan, &pipe.stages)
            }
            Ast::Operator(op) => self.first_operator(op),
            Ast::Call(call) => self.table_call(call, span),
            Ast::Wrapper(wrapper) => match wrapper.kind {
                WrapperKind::Materialize => self.materialize(&wrapper.expr, span),
                WrapperKind::ToTable => self.without_row(|b| b.table(&wrapper.expr)),
                WrapperKind::ToScalar => self.no_table(expr),
            },
            Ast::DataTable(node) => self.data_table(node, span),
            Ast::ExternalData(node) => {
                let columns = self.declared_columns(&node.schema);
                let addresses = node.sources.iter().map(|source| self.scalar(source)).collect();
                let options = self.options(&node.properties);
                let kind = SourceKind::External(External { addresses, options });
                Plan::new(kind, Schema::new(columns, false), span)
            }
            Ast::ContextualDataTable(node) => {
                let columns = self.declared_columns(&node.schema);
                Plan::new(SourceKind::Input, Schema::new(columns, false), span)
            }
            Ast::MaterializedViewCombine(node) => {
                let _ = self.table(&node.base);
                let plan = self.table(&node.delta);
                self.stage(plan, &node.aggregations)
            }
            Ast::DataScope(node) => self.table(&node.table),
            Ast::Path(path) => self.place(path, span),
            Ast::Star => {
                self.simple(&code::STAR_MISPLACED, span, "`*` means nothing here");
                Self::open_table("*", span)
            }
            _ => self.no_table(expr),
        }
    }

    /// `database("D").T`, `workspace("W").T`: a table elsewhere, of which nothing is known but its name, and what a user
    /// says of a table of that name.
    fn place(&mut self, path: &'a ast::Path, span: Span) -> Plan {
        match &path.member {
            PathMember::Name(name) => {
                // The tables of a workspace are much the same everywhere; elsewhere the name says nothing by itself.
                let workspace = matches!(&path.base.kind, Ast::Call(call) if &*call.name.text == "workspace");
                let known = self.schemas.own_table(&name.text);
                match known.or_else(|| self.schemas.table(&name.text).filter(|_| workspace)) {
                    Some(table) => self.known_table(&table, span),
                    None => Self::open_table(&name.text, span),
                }
            }
            PathMember::Call(call) => {
                let arguments = self.call_arguments(call);
                let kind = SourceKind::Call(SourceCall { name: call.name.text.as_ref().into(), arguments });
                Plan::new(kind, Schema::new([], true), span)
            }
            PathMember::At(_) | PathMember::Bracketed(_) => Self::open_table("", span),
        }
    }

    fn no_table(&mut self, expr: &'a ast::Expr) -> Plan {
        let value = self.scalar(expr);
        if value.ty.ty != Type::Unknown {
            self.report(
                Diagnostic::new(&code::TABLE_EXPECTED, expr.span, "a table is due here")
                    .label(format!("this is a {}", value.ty.ty)),
            );
        }
        Self::open_table("", expr.span)
    }

    /// A table of which nothing is known.
    pub(super) fn open_table(name: &str, span: Span) -> Plan {
        let kind = SourceKind::Table { name: name.into(), known: false };
        Plan::new(kind, Schema::new([], true), span)
    }

    /// A table of the schemas.
    pub(super) fn known_table(&mut self, table: &Table, span: Span) -> Plan {
        let name: Name = table.name.as_ref().into();
        let schema = self.table_schema(table, &name, span);
        Plan::new(SourceKind::Table { name, known: true }, schema, span)
    }

    fn table_schema(&mut self, table: &Table, name: &Name, span: Span) -> Schema {
        let columns = table.columns.iter().map(|column| {
            let column_name: Name = column.name.as_ref().into();
            let id = self.columns.add(column_name.clone(), column.ty, Origin::Table(name.clone()), span);
            Column { id, name: column_name, ty: column.ty.into() }
        });
        Schema::new(columns.collect::<Vec<_>>(), table.open)
    }

    fn named_table(&mut self, name: &'a ast::Name) -> Plan {
        let (text, span) = (&*name.text, name.span);
        if let Some(local) = self.scope.get(text).cloned() {
            return self.local_table(text, local, span);
        }
        if let Some(function) = self.schemas.function(text) {
            return self.stored(&function, Vec::new(), None, span);
        }
        if let Some(table) = self.schemas.table(text) {
            return self.known_table(&table, span);
        }
        if name.is_wildcard() {
            return self.wildcard(text, span).into_iter().next().unwrap_or_else(|| Self::open_table(text, span));
        }
        let braced = matches!(name.form, ast::NameForm::Braced);
        if !braced && !self.fuzzy && self.unknown.insert(text.into()) {
            let mut diagnostic =
                Diagnostic::new(&code::UNKNOWN_TABLE, span, format!("`{text}` is no table that is known here"))
                    .label("unknown table")
                    .note("its columns are taken as they come, their types unknown");
            let locals = self.scope.iter().filter(|(_, local)| is_table(local)).map(|(name, _)| &**name);
            let near = crate::schema::nearest(text, locals).map(ToOwned::to_owned);
            if let Some(near) = near.or_else(|| self.schemas.nearest_table(text).map(|n| n.to_string())) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.report(diagnostic);
        }
        Self::open_table(text, span)
    }

    /// The tables whose names fit a pattern.
    pub(super) fn wildcard(&mut self, pattern: &str, span: Span) -> Vec<Plan> {
        let mut plans: Vec<Plan> =
            self.schemas.tables_matching(pattern).iter().map(|table| self.known_table(table, span)).collect();
        let mut views: Vec<(Name, Rc<super::Function<'a>>)> = self
            .scope
            .iter()
            .filter_map(|(name, local)| match local {
                Local::Function(f)
                    if f.declaration.view.is_some() && crate::schema::matches_wildcard(pattern, name) =>
                {
                    Some((name.clone(), f.clone()))
                }
                _ => None,
            })
            .collect();
        views.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, function) in views {
            if let Some(Either::Table(plan)) = self.expand(&function, &[], None, span) {
                plans.push(plan);
            }
        }
        plans
    }

    fn local_table(&mut self, text: &str, local: Local<'a>, span: Span) -> Plan {
        match local {
            Local::Table(plan, weight) => {
                if !self.spend(weight.saturating_mul(super::TABLE_FACTOR), span) {
                    return Self::open_table(text, span);
                }
                plan.twin(&mut self.columns)
            }
            Local::Shared(id) => self.shared_table(id, span),
            Local::Function(function) => match self.expand(&function, &[], None, span) {
                Some(Either::Table(plan)) => plan,
                Some(Either::Scalar(value)) => self.scalar_as_table(&value, span),
                None => Self::open_table(text, span),
            },
            Local::Opaque => Self::open_table(text, span),
            Local::Scalar(value, _) => self.scalar_as_table(&value, span),
            Local::Column(_, ty) => {
                let value = Expr { ty, ..Self::unknown_value(span) };
                self.scalar_as_table(&value, span)
            }
            Local::Record(schema) => Plan::new(SourceKind::Input, schema, span),
        }
    }

    fn scalar_as_table(&mut self, value: &Expr, span: Span) -> Plan {
        if value.ty.ty != Type::Unknown {
            self.report(
                Diagnostic::new(&code::TABLE_EXPECTED, span, "a table is due here")
                    .label(format!("this stands for a {}", value.ty.ty)),
            );
        }
        Self::open_table("", span)
    }

    /// A reading of a shared plan, with columns of its own.
    pub(super) fn shared_table(&mut self, id: SharedId, span: Span) -> Plan {
        let original = self.shared[id.0 as usize].plan.schema().clone();
        let mut pairs = Vec::with_capacity(original.len());
        let columns: Vec<Column> = original
            .iter()
            .map(|column| {
                let twin = self.columns.twin(column.id);
                pairs.push((twin, column.id));
                Column { id: twin, ..column.clone() }
            })
            .collect();
        Plan::new(SourceKind::Shared(id, pairs), Schema::new(columns, original.open), span)
    }

    /// Puts a plan aside to be evaluated once, and reads it.
    pub(super) fn share(&mut self, plan: Plan, name: &str, span: Span) -> Plan {
        let id = SharedId(self.shared.len() as u32);
        self.shared.push(Shared { name: name.into(), plan });
        self.shared_table(id, span)
    }

    fn materialize(&mut self, expr: &'a ast::Expr, span: Span) -> Plan {
        let plan = self.without_row(|b| b.table(expr));
        self.share(plan, "", span)
    }

    fn table_call(&mut self, call: &'a ast::Call, span: Span) -> Plan {
        let name = &*call.name.text;
        if let Some(local) = self.scope.get(name).cloned() {
            return match local {
                Local::Function(function) => match self.expand(&function, &call.arguments, None, span) {
                    Some(Either::Table(plan)) => plan,
                    Some(Either::Scalar(value)) => self.scalar_as_table(&value, span),
                    None => Self::open_table(name, span),
                },
                local => self.local_table(name, local, span),
            };
        }
        if name == "materialize"
            && let [argument] = call.arguments.as_slice()
        {
            return self.materialize(&argument.expr, span);
        }
        if is_entity(name) {
            let given: Vec<Given> = call.arguments.iter().map(|argument| self.given(&argument.expr, false)).collect();
            let text = match given.first() {
                Some(Given::Scalar(expr)) => expr.as_literal().and_then(Value::as_str),
                _ => None,
            };
            return match text {
                Some(text) if name == "table" => match self.schemas.table(text) {
                    Some(table) => self.known_table(&table, span),
                    None => Self::open_table(text, span),
                },
                text => Self::open_table(text.unwrap_or_default(), span),
            };
        }
        if let Some(function) = self.schemas.function(name) {
            let arguments = self.call_arguments(call);
            return self.stored(&function, arguments, None, span);
        }
        if functions::scalar(name).is_some() || functions::aggregate(name).is_some() {
            let value = match self.call(call, span) {
                super::Value::Scalar(value) => value,
                super::Value::Tuple(_) => Self::unknown_value(span),
            };
            return self.scalar_as_table(&value, span);
        }
        self.unknown_function(name, call.name.span, true);
        let arguments = self.call_arguments(call);
        let kind = SourceKind::Call(SourceCall { name: name.into(), arguments });
        Plan::new(kind, Schema::new([], true), span)
    }

    /// The arguments of a function whose body is not at hand.
    pub(super) fn call_arguments(&mut self, call: &'a ast::Call) -> Vec<(Option<Name>, Argument)> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            let name = match &argument.names {
                ast::Names::One(name) => Some(name.text.as_ref().into()),
                _ => None,
            };
            let given = if self.is_tabular(&argument.expr) {
                Argument::Plan(Box::new(self.without_row(|b| b.table(&argument.expr))))
            } else {
                Argument::Scalar(self.scalar(&argument.expr))
            };
            arguments.push((name, given));
        }
        arguments
    }

    /// A call of a stored function; `piped` is the table that `invoke` hands in.
    pub(super) fn stored(
        &mut self,
        function: &Function,
        arguments: Vec<(Option<Name>, Argument)>,
        piped: Option<Plan>,
        span: Span,
    ) -> Plan {
        let name: Name = function.name.as_ref().into();
        let call = SourceCall { name: name.clone(), arguments };
        let mut returned = match &function.returns {
            Returns::Table(table) | Returns::Input(table) => self.table_schema(table, &name, span),
            Returns::Scalar(_) => Schema::new([], true),
        };
        self.add_watchlist(&call, &mut returned, span);
        match (piped, &function.returns) {
            (Some(mut plan), Returns::Input(_)) => {
                let mut schema = plan.schema().clone();
                for column in returned.iter() {
                    if schema.get(&column.name).is_none() {
                        schema.push(column.clone());
                    }
                }
                schema.open |= returned.open;
                plan.push(Op::Invoke(call), schema, span);
                plan
            }
            (Some(mut plan), _) => {
                plan.push(Op::Invoke(call), returned, span);
                plan
            }
            (None, _) => Plan::new(SourceKind::Call(call), returned, span),
        }
    }

    /// The columns of a watchlist's own, where its file is at hand.
    fn add_watchlist(&mut self, call: &SourceCall, returned: &mut Schema, span: Span) {
        let Some((_, Argument::Scalar(alias))) = call.arguments.first().filter(|_| call.is_watchlist()) else {
            return;
        };
        let alias = alias.as_literal().cloned().or_else(|| crate::ir::pass::constant(alias.clone()));
        let listed = alias.as_ref().and_then(Value::as_str).and_then(|alias| self.schemas.watchlist(alias));
        for column in listed.iter().flat_map(|columns| columns.iter()) {
            if returned.get(&column.name).is_none() {
                let name: Name = column.name.as_ref().into();
                let id = self.columns.add(name.clone(), column.ty, Origin::Table(call.name.clone()), span);
                returned.push(Column { id, name, ty: column.ty.into() });
            }
        }
    }

    fn data_table(&mut self, node: &'a ast::DataTable, span: Span) -> Plan {
        let columns = self.declared_columns(&node.schema);
        let width = columns.len();
        let mut rows = Vec::new();
        let mut row = Vec::with_capacity(width);
        for (index, cell) in node.values.iter().enumerate() {
            let value = self.scalar(cell);
            let ty = columns.get(index % width.max(1)).map_or(Type::Unknown, |c| c.ty.ty);
            self.check_assignable(&value, ty, cell.span);
            let value = if let Some(value) = value.as_literal() {
                value.clone()
            } else {
                let folded = crate::ir::pass::constant(value);
                folded.unwrap_or_else(|| {
                    self.simple(&code::LITERAL_EXPECTED, cell.span, "a cell of a `datatable` is written out");
                    Value::Null(ty)
                })
            };
            row.push(value);
            if row.len() == width {
                rows.push(std::mem::replace(&mut row, Vec::with_capacity(width)));
            }
        }
        if !row.is_empty() {
            let message = format!("{} values do not make rows of {width} columns", node.values.len());
            self.simple(&code::DATATABLE_CELLS, node.values_span, message);
        }
        Plan::new(SourceKind::Rows(rows), Schema::new(columns, false), span)
    }

    /// The columns of a row schema, each declared once.
    pub(super) fn declared_columns(&mut self, schema: &ast::RowSchema) -> Vec<Column> {
        let mut seen = std::collections::HashSet::new();
        let mut columns = Vec::with_capacity(schema.columns.len());
        for declaration in &schema.columns {
            let ty = self.named_type(&declaration.ty);
            let name: Name = declaration.name.text.as_ref().into();
            if !seen.insert(name.clone()) {
                let message = format!("a column `{name}` is declared already");
                self.simple(&code::DUPLICATE_COLUMN, declaration.name.span, message);
                continue;
            }
            let id = self.columns.add(name.clone(), ty, Origin::Computed, declaration.span);
            columns.push(Column { id, name, ty: ty.into() });
        }
        columns
    }

    /// Options of the form `name = value`.
    pub(super) fn options(&mut self, parameters: &'a [ast::Parameter]) -> Vec<(Name, OptionValue)> {
        let mut options = Vec::with_capacity(parameters.len());
        for parameter in parameters {
            let value = match &parameter.value {
                ParameterValue::Name(name) => OptionValue::Word(name.text.as_ref().into()),
                ParameterValue::Expr(expr) => {
                    let value = self.without_row(|b| match &expr.kind {
                        Ast::Literal(literal) => b.literal(literal).as_literal().cloned(),
                        Ast::Name(name) if b.scope.contains_key(&*name.text) => b.name(name).as_literal().cloned(),
                        _ => None,
                    });
                    value.map_or_else(
                        || OptionValue::Word(self.result_name(expr).unwrap_or_default().into()),
                        OptionValue::Value,
                    )
                }
                ParameterValue::Names(names) => {
                    let names: Vec<&str> = names.iter().map(|name| &*name.text).collect();
                    OptionValue::Word(names.join(",").into())
                }
            };
            options.push((parameter.name.text.as_ref().into(), value));
        }
        options
    }
}

/// The word or string that an option is set to.
pub(super) fn option_word<'p>(parameters: &'p [ast::Parameter], name: &str) -> Option<&'p str> {
    let parameter = parameters.iter().find(|p| &*p.name.text == name)?;
    match &parameter.value {
        ParameterValue::Name(name) => Some(&name.text),
        ParameterValue::Names(names) => names.first().map(|name| &*name.text),
        ParameterValue::Expr(expr) => match &expr.kind {
            Ast::Name(name) => Some(&name.text),
            Ast::Literal(literal) => match &literal.kind {
                ast::LiteralKind::String(text) => Some(&text.value),
                _ => Some(&literal.raw),
            },
            _ => None,
        },
    }
}

/// Whether an operator is a union that passes over tables that do not exist.
pub(super) fn is_fuzzy_union(op: &ast::Operator) -> bool {
    matches!(op.kind, ast::OperatorKind::Union(_))
        && option_word(&op.parameters, "isfuzzy").is_some_and(|word| word.eq_ignore_ascii_case("true"))
}

/// Functions that give the table of a name.
fn is_entity(name: &str) -> bool {
    matches!(name, "table" | "external_table" | "materialized_view" | "stored_query_result" | "entity_group" | "graph")
}

/// Functions that give a place where tables are.
fn is_place(name: &str) -> bool {
    matches!(name, "database" | "cluster" | "workspace" | "app" | "resource" | "arg" | "adx")
}

const fn is_table(local: &Local<'_>) -> bool {
    matches!(local, Local::Table(..) | Local::Shared(_) | Local::Function(_))
}
