//! From tree to IR: every name resolved, every expression typed, every meaning explicit.
//!
//! [`bind`] never fails: what is wrong is reported, and what stands in its place is typed unknown, so that one mistake
//! does not bring others after it. Variables and functions of the query are put in where they are used, up to a bound.

mod aggregate;
mod call;
mod expand;
mod expr;
mod function;
mod join;
mod literal;
mod name;
mod nest;
mod operand;
mod operator;
mod parse;
mod project;
mod projection;
mod report;
mod scan;
mod scope;
mod search;
mod series;
mod table;
mod union;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use self::scope::{Constant, Function, Local, Scope};
use crate::diagnostic::{Diagnostic, code};
use crate::functions::ValueType;
use crate::ir::{AggregateCall, Columns, Expr, ExprKind, Name, Plan, Query, Schema, Shared, SourceKind};
use crate::schema::Schemas;
use crate::source::Span;
use crate::syntax::ast::{self, LetValue, StatementKind};
use crate::types::Type;

/// How many nodes variables and functions may put in altogether.
const EXPANSION_LIMIT: usize = 200_000;
/// What each node of a table counts for: its columns are copied too.
const TABLE_FACTOR: usize = 4;
/// What a call of a function counts for, its body apart: binding it again is dearer than a copy.
const CALL_WEIGHT: usize = 64;

/// A bound query.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What the query means; nothing where it has no expression, only declarations.
    pub query: Option<Query>,
    /// What was found wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Bound {
    /// Whether a finding is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == crate::diagnostic::Severity::Error)
    }
}

/// The columns that plugins were found to give, where the data decides them: by the words of the operator.
pub type Learned = HashMap<Span, Vec<(Name, Type)>>;

/// Binds a query against the tables and functions in force.
pub fn bind(query: &ast::Query, schemas: &Schemas) -> Bound {
    bind_learned(query, schemas, &Learned::new())
}

/// Binds a query of whose plugins it is known what they give.
pub fn bind_learned(query: &ast::Query, schemas: &Schemas, learned: &Learned) -> Bound {
    let mut binder = Binder::new(schemas, learned);
    let plan = binder.statements(&query.statements);
    let mut diagnostics = binder.diagnostics;
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    diagnostics.dedup();
    let query = plan.map(|plan| Query { columns: binder.columns, shared: binder.shared, plan });
    Bound { query, diagnostics }
}

/// A value, or several at once.
enum Value {
    /// One.
    Scalar(Expr),
    /// The values of a function that gives several columns.
    Tuple(Vec<TupleItem>),
}

/// One of several values.
struct TupleItem {
    /// The column's name; empty where the operator has none for it.
    name: Name,
    /// The value.
    expr: Expr,
    /// The column it was computed from, if it was one.
    of: Option<crate::ir::ColumnId>,
}

/// A result of an expression whose kind the text does not tell.
enum Either {
    /// A scalar.
    Scalar(Expr),
    /// Records.
    Table(Plan),
}

struct Binder<'a> {
    schemas: &'a Schemas,
    learned: &'a Learned,
    columns: Columns,
    shared: Vec<Shared>,
    diagnostics: Vec<Diagnostic>,
    scope: Scope<'a>,
    /// The columns of the record at hand, those assumed of an open schema included.
    row: Option<Schema>,
    /// The columns of the right side, in the condition of a join.
    right: Option<Schema>,
    /// The aggregates met so far, where aggregates may stand.
    aggregates: Option<Vec<AggregateCall>>,
    /// Whether unknown tables are passed over (`isfuzzy`).
    fuzzy: bool,
    /// The nodes put in so far.
    expanded: usize,
    /// Whether [`EXPANSION_LIMIT`] has been reported.
    exhausted: bool,
    /// How many calls of the query's own functions are open: their bodies were checked where they are declared.
    muted: usize,
    /// The number of the next column without a name.
    unnamed: u32,
    /// The tables and functions reported as unknown.
    unknown: HashSet<Box<str>>,
    /// Whether the query reads every table.
    all: bool,
    /// The operators behind the one at hand: a name that it does not know may be made by one of them.
    ahead: &'a [ast::Operator],
    /// The tables that have a column of a name, as far as that was asked: looking through all of them is dear.
    homes: HashMap<Box<str>, Rc<[crate::schema::Name]>>,
    /// How large the bins of `bin_auto` are, and where one of them starts, as the query's options have it.
    bins: (Option<Expr>, Option<Expr>),
}

/// The option that states the size of the bins of `bin_auto`.
const BIN_SIZE: &str = "query_bin_auto_size";
/// The option that states where one of them starts.
const BIN_START: &str = "query_bin_auto_at";

impl<'a> Binder<'a> {
    fn new(schemas: &'a Schemas, learned: &'a Learned) -> Self {
        Self {
            schemas,
            learned,
            columns: Columns::default(),
            shared: Vec::new(),
            diagnostics: Vec::new(),
            scope: Scope::new(),
            row: None,
            right: None,
            aggregates: None,
            fuzzy: false,
            expanded: 0,
            exhausted: false,
            muted: 0,
            unnamed: 1,
            unknown: HashSet::new(),
            all: false,
            ahead: &[],
            homes: HashMap::new(),
            bins: (None, None),
        }
    }

    /// Binds statements; the plan of the last that is an expression.
    fn statements(&mut self, statements: &'a [ast::Statement]) -> Option<Plan> {
        let mut result = None;
        for statement in statements {
            match &statement.kind {
                StatementKind::Expr(expr) => result = Some(self.result(expr)),
                _ => self.declare(statement),
            }
        }
        result
    }

    /// The plan of a query's expression; a scalar is a record of one column.
    fn result(&mut self, expr: &'a ast::Expr) -> Plan {
        self.check_bare_name(expr);
        match self.either(expr) {
            Either::Table(plan) => plan,
            Either::Scalar(value) => self.scalar_plan(value),
        }
    }

    /// Declares what a statement other than an expression declares.
    fn declare(&mut self, statement: &'a ast::Statement) {
        match &statement.kind {
            StatementKind::Let(declaration) => self.declare_let(declaration),
            StatementKind::QueryParameters(parameters) => {
                for parameter in parameters {
                    let local = self.parameter_local(parameter);
                    self.scope.insert_mut(parameter.name.text.as_ref().into(), local);
                }
            }
            StatementKind::Alias { name, .. } => {
                self.scope.insert_mut(name.text.as_ref().into(), Local::Opaque);
            }
            StatementKind::Pattern(pattern) => {
                self.scope.insert_mut(pattern.name.text.as_ref().into(), Local::Opaque);
            }
            StatementKind::Set { name, value: Some(value) } if &*name.text == BIN_SIZE => {
                self.bins.0 = Some(self.scalar(value));
            }
            StatementKind::Set { name, value: Some(value) } if &*name.text == BIN_START => {
                self.bins.1 = Some(self.scalar(value));
            }
            StatementKind::Set { .. } | StatementKind::Restrict { .. } | StatementKind::Expr(_) => {}
        }
    }

    fn declare_let(&mut self, declaration: &'a ast::Let) {
        let name: Name = declaration.name.text.as_ref().into();
        let local = match &declaration.value {
            LetValue::Function(function) => self.declare_function(&name, function),
            LetValue::Expr(expr) if matches!(expr.kind, ast::ExprKind::EntityGroup(_)) => Local::Opaque,
            LetValue::Expr(expr) => {
                self.check_bare_name(expr);
                let shared = self.shared.len();
                match self.either(expr) {
                    Either::Scalar(value) => Self::scalar_local(value),
                    // `let x = materialize(…)`: what was shared gets the variable's name.
                    Either::Table(plan) => match &plan.source.kind {
                        SourceKind::Shared(id, _) if plan.steps.is_empty() && id.0 as usize >= shared => {
                            self.shared[id.0 as usize].name = name.clone();
                            Local::Shared(*id)
                        }
                        _ => {
                            let weight = plan.weight();
                            Local::Table(Rc::new(plan), weight)
                        }
                    },
                }
            }
        };
        if self.scope.contains_key(&name) {
            self.report(
                Diagnostic::new(
                    &code::NAME_DECLARED_TWICE,
                    declaration.name.span,
                    format!("`{name}` is declared already"),
                )
                .label("second declaration"),
            );
        }
        self.scope.insert_mut(name, local);
    }

    fn scalar_local(value: Expr) -> Local<'a> {
        let weight = value.weight();
        Local::Scalar(Rc::new(value), weight)
    }

    /// What a parameter stands for while nothing is given for it.
    fn parameter_local(&mut self, parameter: &'a ast::FunctionParameter) -> Local<'a> {
        let name: Name = parameter.name.text.as_ref().into();
        match &parameter.ty {
            ast::ParameterType::Scalar(ty) => {
                let ty = self.named_type(ty);
                if let Some(default) = &parameter.default {
                    let value = self.without_row(|b| b.scalar(default));
                    self.check_assignable(&value, ty, default.span);
                }
                Self::scalar_local(Expr::new(ExprKind::Parameter(name), ty, parameter.span))
            }
            ast::ParameterType::Tabular(row) => {
                let open = row.star.is_some() || row.columns.is_empty();
                let columns = self.declared_columns(row);
                let schema = Schema::new(columns, open);
                let kind = SourceKind::Table { name, known: true };
                let weight = schema.len() + 1;
                Local::Table(Rc::new(Plan::new(kind, schema, parameter.span)), weight)
            }
        }
    }

    /// Declares a function, and binds its body once with nothing given, so that what is wrong in it is found here.
    fn declare_function(&mut self, name: &Name, declaration: &'a ast::FunctionDeclaration) -> Local<'a> {
        let outer = self.scope.clone();
        let unnamed = std::mem::replace(&mut self.unnamed, 1);
        let mut seen = HashSet::new();
        for parameter in &declaration.parameters {
            if !seen.insert(&parameter.name.text) {
                let message = format!("`{}` is declared already", parameter.name.text);
                self.report(Diagnostic::new(&code::NAME_DECLARED_TWICE, parameter.name.span, message));
            }
            let local = self.parameter_local(parameter);
            self.scope.insert_mut(parameter.name.text.as_ref().into(), local);
        }
        let body = self.body(&declaration.body);
        self.scope = outer.clone();
        self.unnamed = unnamed;
        let tabular = matches!(body, Some(Either::Table(_)));
        let constant = body.filter(|_| declaration.parameters.is_empty()).map(|body| match body {
            Either::Scalar(value) => {
                let weight = value.weight();
                Constant::Scalar(value, weight)
            }
            Either::Table(plan) => {
                let weight = plan.weight();
                Constant::Table(plan, weight)
            }
        });
        Local::Function(Rc::new(Function { name: name.clone(), declaration, scope: outer, tabular, constant }))
    }

    /// Binds the body of a function with the names in force.
    fn body(&mut self, body: &'a ast::Body) -> Option<Either> {
        for statement in &body.statements {
            if matches!(statement.kind, StatementKind::Expr(_)) {
                let _ = self.statements(std::slice::from_ref(statement));
            } else {
                self.declare(statement);
            }
        }
        body.result.as_ref().map(|result| self.either(result))
    }

    /// Reports a finding, unless it lies in the body of a function that is merely called.
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.muted == 0 {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Counts nodes that a variable or function puts in; false once there are too many.
    fn spend(&mut self, nodes: usize, span: Span) -> bool {
        self.expanded = self.expanded.saturating_add(nodes);
        if self.expanded <= EXPANSION_LIMIT {
            return true;
        }
        if !self.exhausted {
            self.exhausted = true;
            self.diagnostics.push(
                Diagnostic::new(
                    &code::QUERY_TOO_LARGE,
                    span,
                    "the query grows too large once its variables and functions are put in",
                )
                .label("the bound is passed here")
                .note(format!("every mention counts; {EXPANSION_LIMIT} nodes are the bound"))
                .help("evaluate a table that is mentioned often once, with `materialize`"),
            );
        }
        false
    }

    /// Binds something that sees no columns around it.
    fn without_row<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let saved = (self.row.take(), self.right.take(), self.aggregates.take());
        let result = f(self);
        (self.row, self.right, self.aggregates) = saved;
        result
    }

    /// Binds something that sees the columns of a record and no aggregates; gives the columns, those assumed included.
    fn with_row<R>(&mut self, row: Schema, f: impl FnOnce(&mut Self) -> R) -> (R, Schema) {
        let saved = (self.row.replace(row), self.right.take(), self.aggregates.take());
        let result = f(self);
        let row = self.row.take().unwrap_or_default();
        (self.row, self.right, self.aggregates) = saved;
        (result, row)
    }

    /// Binds something in which aggregates may stand; gives those it calls.
    fn with_aggregates<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> (R, Vec<AggregateCall>) {
        let saved = self.aggregates.replace(Vec::new());
        let result = f(self);
        let calls = std::mem::replace(&mut self.aggregates, saved).unwrap_or_default();
        (result, calls)
    }

    /// The type of a name such as `long`.
    fn named_type(&mut self, name: &ast::TypeName) -> Type {
        Type::parse(&name.text).unwrap_or_else(|| {
            let mut diagnostic =
                Diagnostic::new(&code::UNKNOWN_TYPE, name.span, format!("`{}` is no type", name.text)).label("no type");
            if let Some(near) = crate::functions::nearest(&name.text, Type::ALL.map(Type::name)) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.report(diagnostic);
            Type::Unknown
        })
    }

    /// An expression that stands for something that could not be bound.
    fn unknown_value(span: Span) -> Expr {
        Expr::new(ExprKind::Literal(crate::ir::Value::Null(Type::Unknown)), ValueType::from(Type::Unknown), span)
    }
}

/// Runs something that may nest deeply on a stack that grows.
fn deep<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, f)
}

#[cfg(test)]
mod tests;
