//! Calls of scalar functions.

use super::operand::{argument, is_unknown};
use super::scope::Local;
use super::{Binder, Either, TupleItem, Value};
use crate::diagnostic::{Diagnostic, code};
use crate::functions::resolve::{Argument, Mismatch, Problem, best_guess, resolve};
use crate::functions::{self, Accepts, Computed, Function, FunctionId, Output, ValueType};
use crate::ir::{Case, Cast, CastKind, Expr, ExprKind, Plan};
use crate::schema::Returns;
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast};
use crate::types::Type;

/// What is given to a built-in.
pub(super) enum Given {
    /// A scalar.
    Scalar(Expr),
    /// `*`.
    Star,
    /// `typeof(…)`.
    Type(Type, Span),
    /// A table.
    Table(Plan),
}

impl Given {
    pub(super) fn argument(&self) -> Argument<'_> {
        match self {
            Self::Scalar(expr) => argument(expr),
            Self::Star => Argument::star(),
            Self::Type(ty, _) => Argument::type_literal(*ty),
            Self::Table(_) => Argument::tabular(),
        }
    }
}

/// The conversions, with what each converts to.
const CONVERSIONS: &[(&str, Type)] = &[
    ("tobool", Type::Bool),
    ("toboolean", Type::Bool),
    ("toint", Type::Int),
    ("tolong", Type::Long),
    ("toreal", Type::Real),
    ("todouble", Type::Real),
    ("todecimal", Type::Decimal),
    ("todatetime", Type::DateTime),
    ("totimespan", Type::TimeSpan),
    ("totime", Type::TimeSpan),
    ("tostring", Type::String),
    ("toguid", Type::Guid),
];

impl<'a> Binder<'a> {
    /// A call in the place of a scalar.
    pub(super) fn call(&mut self, call: &'a ast::Call, span: Span) -> Value {
        let name = &*call.name.text;
        if let Some(local) = self.scope.get(name).cloned() {
            return Value::Scalar(self.call_local(local, call, span));
        }
        if let Some(id) = self.aggregates.is_some().then(|| functions::aggregate(name)).flatten() {
            return self.aggregate(id, call, span);
        }
        if let Some(id) = functions::scalar(name) {
            return self.built_in(id, call, span);
        }
        if let Some(function) = self.schemas.function(name) {
            let arguments = self.loose_arguments(call);
            let ty = if let Returns::Scalar(ty) = function.returns {
                ty
            } else {
                self.report(
                    Diagnostic::new(&code::SCALAR_EXPECTED, span, "a scalar is due here")
                        .label(format!("`{name}` gives a table")),
                );
                Type::Unknown
            };
            return Value::Scalar(Expr::new(ExprKind::Unknown(name.into(), arguments), ty, span));
        }
        if functions::aggregate(name).is_some() {
            self.report(
                Diagnostic::new(
                    &code::AGGREGATE_MISPLACED,
                    call.name.span,
                    format!("the aggregate `{name}` cannot stand here"),
                )
                .help("aggregates stand in `summarize`, `make-series` and `top-nested`, and not inside each other"),
            );
            let saved = self.aggregates.take();
            let arguments = self.loose_arguments(call);
            self.aggregates = saved;
            return Value::Scalar(Expr::new(ExprKind::Unknown(name.into(), arguments), Type::Unknown, span));
        }
        self.unknown_function(name, call.name.span, false);
        let arguments = self.loose_arguments(call);
        Value::Scalar(Expr::new(ExprKind::Unknown(name.into(), arguments), Type::Unknown, span))
    }

    fn call_local(&mut self, local: Local<'a>, call: &'a ast::Call, span: Span) -> Expr {
        match local {
            Local::Function(function) => match self.expand(&function, &call.arguments, None, span) {
                Some(Either::Scalar(value)) => Expr { span, ..value },
                Some(Either::Table(plan)) => {
                    self.report(
                        Diagnostic::new(&code::SCALAR_EXPECTED, span, "a scalar is due here")
                            .label(format!("`{}` gives a table", call.name.text))
                            .help(format!("`toscalar({}(…))` takes its first value", call.name.text)),
                    );
                    let ty = plan.schema().at(0).map_or(Type::Unknown.into(), |c| c.ty);
                    Expr { ty, ..Self::unknown_value(span) }
                }
                None => Self::unknown_value(span),
            },
            Local::Opaque => {
                let _ = self.loose_arguments(call);
                Self::unknown_value(span)
            }
            _ => {
                let message = format!("`{}` is no function", call.name.text);
                self.report(Diagnostic::new(&code::UNKNOWN_FUNCTION, call.name.span, message));
                let _ = self.loose_arguments(call);
                Self::unknown_value(span)
            }
        }
    }

    /// The scalar arguments of a call that nothing is known of.
    fn loose_arguments(&mut self, call: &'a ast::Call) -> Vec<Expr> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            if let Given::Scalar(expr) = self.given(&argument.expr, false) {
                arguments.push(expr);
            }
        }
        arguments
    }

    /// An argument of a built-in.
    pub(super) fn given(&mut self, expr: &'a ast::Expr, tables: bool) -> Given {
        match &expr.kind {
            Ast::Star => Given::Star,
            Ast::TypeOf(ty) => Given::Type(self.type_of(ty).unwrap_or(Type::Unknown), expr.span),
            // A name that only the schemas know as a table may be a column of an open one.
            Ast::Name(name) if !self.scope.contains_key(&*name.text) && !tables => Given::Scalar(self.scalar(expr)),
            _ if self.is_tabular(expr) => Given::Table(self.without_row(|b| b.table(expr))),
            _ => Given::Scalar(self.scalar(expr)),
        }
    }

    /// The scalar type that `typeof(…)` names; nothing for a row of columns.
    pub(super) fn type_of(&mut self, ty: &ast::TypeOf) -> Option<Type> {
        match &ty.kind {
            ast::TypeOfKind::Scalar(name) => Some(self.named_type(name)),
            ast::TypeOfKind::Row(_) => None,
        }
    }

    fn built_in(&mut self, id: FunctionId, call: &'a ast::Call, span: Span) -> Value {
        let row = id.row();
        if let Some(value) = self.by_name(id, call, span) {
            return value;
        }
        let given: Vec<Given> = call.arguments.iter().map(|argument| self.given(&argument.expr, false)).collect();
        let output = self.output(row, call, &given);
        match output {
            Output::Scalar(ty) => {
                let mut arguments = scalars(given);
                if row.name == "bag_pack_columns" {
                    arguments = vec![self.named_columns(&arguments, span)];
                }
                Value::Scalar(node(id, arguments, ty, span))
            }
            Output::Columns(columns) => {
                let first =
                    call.arguments.first().and_then(|argument| self.argument_name(argument)).unwrap_or_default();
                let base = Expr::new(ExprKind::Call(id, scalars(given)), Type::Unknown, span);
                let prefix = format!("{}_{first}", row.name);
                Value::Tuple(tuple(&base, columns.iter().map(|(suffix, ty)| (format!("{prefix}_{suffix}"), *ty))))
            }
            Output::Computed(Computed::ArraySort) => {
                let arrays = given.iter().filter(|given| !is_flag(given)).count();
                let names: Vec<String> = (1..)
                    .zip(&call.arguments)
                    .take(arrays)
                    .map(|(position, argument)| match self.argument_name(argument).filter(|name| !name.is_empty()) {
                        Some(name) => format!("{name}_sorted"),
                        None => format!("array{position}_sorted"),
                    })
                    .collect();
                let base = Expr::new(ExprKind::Call(id, scalars(given)), Type::Unknown, span);
                Value::Tuple(tuple(&base, names.into_iter().map(|name| (name, Type::Dynamic))))
            }
            Output::Computed(_) | Output::Table(_) => {
                Value::Scalar(Expr::new(ExprKind::Call(id, scalars(given)), Type::Unknown, span))
            }
        }
    }

    /// Columns with the names they have in the record at hand, as one bag. What is no column has been reported before.
    fn named_columns(&self, arguments: &[Expr], span: Span) -> Expr {
        let ids = arguments.iter().filter_map(Expr::as_column);
        let columns = ids.map(|id| (self.column_name(id), id)).collect();
        Expr::new(ExprKind::Row(columns, false), Type::Dynamic, span)
    }

    /// What a call of a built-in gives; an error where its arguments do not fit.
    pub(super) fn output(&mut self, row: &'static Function, call: &ast::Call, given: &[Given]) -> Output {
        let arguments: Vec<Argument<'_>> = given.iter().map(Given::argument).collect();
        match resolve(row, &arguments) {
            Ok(resolved) => resolved.output,
            Err(Mismatch::NoOverload | Mismatch::NoCommonType) if arguments.iter().any(is_unknown) => {
                best_guess(row.overloads, &arguments)
            }
            Err(mismatch) => {
                let diagnostic = mismatch_report(row, call, &arguments, &mismatch);
                self.report(diagnostic);
                best_guess(row.overloads, &arguments)
            }
        }
    }

    /// Built-ins that depend on the columns at hand, not on values.
    fn by_name(&mut self, id: FunctionId, call: &'a ast::Call, span: Span) -> Option<Value> {
        match id.name() {
            "column_ifexists" | "columnifexists" => {
                let [name, default] = call.arguments.as_slice() else { return None };
                let name = self.scalar(&name.expr);
                let default = self.scalar(&default.expr);
                let text = name.as_literal()?.as_str()?;
                let row = self.row.as_ref()?;
                match row.get(text) {
                    Some(column) => Some(Value::Scalar(Expr::column(column.id, column.ty, span))),
                    None if row.open => {
                        let ty = default.ty;
                        Some(Value::Scalar(Expr::new(ExprKind::Call(id, vec![name, default]), ty, span)))
                    }
                    None => Some(Value::Scalar(Expr { span, ..default })),
                }
            }
            "bin_auto" => {
                let [value] = call.arguments.as_slice() else { return None };
                let (size, start) = (self.bins.0.clone()?, self.bins.1.clone());
                let value = self.scalar(&value.expr);
                // A number may widen with the size of its bins; only an instant or a span of time stays what it is.
                if !matches!(value.ty.ty, Type::DateTime | Type::TimeSpan) {
                    return None;
                }
                let id = functions::scalar(if start.is_some() { "bin_at" } else { "bin" })?;
                let ty = value.ty;
                let arguments = [Some(value), Some(size), start].into_iter().flatten().collect();
                Some(Value::Scalar(Expr::new(ExprKind::Call(id, arguments), ty, span)))
            }
            "pack_all" => {
                let row = self.row.as_ref()?;
                let columns = row.iter().map(|c| (c.name.clone(), c.id)).collect();
                let open = row.open;
                let mut arguments = vec![Expr::new(ExprKind::Row(columns, open), Type::Dynamic, span)];
                for argument in &call.arguments {
                    arguments.push(self.scalar(&argument.expr));
                }
                let ty = ValueType::dynamic(functions::Shape::Bag);
                Some(Value::Scalar(Expr::new(ExprKind::Call(id, arguments), ty, span)))
            }
            "estimate_data_size" if matches!(call.arguments.as_slice(), [only] if matches!(only.expr.kind, Ast::Star)) =>
            {
                let row = self.row.as_ref().filter(|row| !row.open)?;
                let columns = row.iter().map(|column| Expr::column(column.id, column.ty, span)).collect();
                Some(Value::Scalar(Expr::new(ExprKind::Call(id, columns), Type::Long, span)))
            }
            "pack_array" if matches!(call.arguments.as_slice(), [only] if matches!(only.expr.kind, Ast::Star)) => {
                let row = self.row.as_ref()?;
                let ty = ValueType::dynamic(functions::Shape::Array(Type::Dynamic));
                let kind = if row.open {
                    // Which columns there are is known only when the query runs.
                    ExprKind::Unknown("pack_array".into(), Vec::new())
                } else {
                    ExprKind::Call(id, row.iter().map(|c| Expr::column(c.id, c.ty, span)).collect())
                };
                Some(Value::Scalar(Expr::new(kind, ty, span)))
            }
            _ => None,
        }
    }
}

/// The scalars among the arguments; a type is a string that names it.
pub(super) fn scalars(given: Vec<Given>) -> Vec<Expr> {
    given
        .into_iter()
        .filter_map(|given| match given {
            Given::Scalar(expr) => Some(expr),
            Given::Type(ty, span) => Some(Expr::literal(crate::ir::Value::string(ty.name()), span)),
            Given::Star | Given::Table(_) => None,
        })
        .collect()
}

/// Whether an argument of `array_sort_asc` is the flag behind the arrays.
fn is_flag(given: &Given) -> bool {
    matches!(given, Given::Scalar(expr) if expr.ty.ty == Type::Bool)
}

/// The values of a call that gives several.
fn tuple(base: &Expr, columns: impl Iterator<Item = (String, Type)>) -> Vec<TupleItem> {
    (0..)
        .zip(columns)
        .map(|(index, (name, ty))| TupleItem {
            name: name.into(),
            expr: Expr::new(ExprKind::Item(Box::new(base.clone()), index), ty, base.span),
            of: None,
        })
        .collect()
}

/// The node of a call, by its meaning where the IR has a node for it.
fn node(id: FunctionId, mut arguments: Vec<Expr>, ty: ValueType, span: Span) -> Expr {
    let name = id.name();
    if let (Some((_, to)), [_]) = (CONVERSIONS.iter().find(|(conversion, _)| *conversion == name), arguments.as_slice())
        && let Some(operand) = arguments.pop()
    {
        return if operand.ty.ty == *to {
            Expr { span, ..operand }
        } else {
            Expr::new(ExprKind::Cast(Box::new(Cast { kind: CastKind::Kql, operand })), ty, span)
        };
    }
    match (name, arguments.len()) {
        ("not", 1) => {
            if let Some(operand) = arguments.pop() {
                return Expr::new(ExprKind::Not(Box::new(operand)), ty, span);
            }
        }
        ("iff" | "iif" | "case", n) if n >= 3 && n % 2 == 1 => {
            if let Some(otherwise) = arguments.pop() {
                let mut arms = Vec::with_capacity(arguments.len() / 2);
                let mut rest = arguments.into_iter();
                while let (Some(condition), Some(value)) = (rest.next(), rest.next()) {
                    arms.push((condition, value));
                }
                return Expr::new(ExprKind::Case(Box::new(Case { arms, otherwise })), ty, span);
            }
            return Expr::new(ExprKind::Call(id, Vec::new()), ty, span);
        }
        _ => {}
    }
    Expr::new(ExprKind::Call(id, arguments), ty, span)
}

/// A finding about arguments that do not fit.
pub(super) fn mismatch_report(
    row: &Function,
    call: &ast::Call,
    arguments: &[Argument<'_>],
    mismatch: &Mismatch,
) -> Diagnostic {
    let name = row.name;
    let usage = format!("`{name}` {}", first_sentence(row.doc));
    let span = call.name.span.to(call.arguments_span);
    let typed = |index: usize| arguments.get(index).and_then(Argument::value).map_or("something else", |v| v.ty.name());
    let at = |index: usize| call.arguments.get(index).map_or(span, |argument| argument.span);
    match mismatch {
        Mismatch::Count { min, max } => {
            let takes = match (min, max) {
                (min, max) if min == max => format!("{min}"),
                (min, max) => format!("{min} to {max}"),
            };
            let given = arguments.len();
            Diagnostic::new(
                &code::ARGUMENT_COUNT,
                span,
                format!("`{name}` takes {takes} arguments, and is given {given}"),
            )
            .label("wrong number of arguments")
        }
        Mismatch::IncompleteBlock => Diagnostic::new(
            &code::ARGUMENT_COUNT,
            span,
            format!("the last arguments of `{name}` do not make a whole group"),
        )
        .label("an argument is missing, or one too many"),
        Mismatch::NoCommonType => {
            let types: Vec<&str> = (0..arguments.len()).map(typed).collect();
            Diagnostic::new(&code::WRONG_ARGUMENT, span, format!("the arguments of `{name}` have no type in common"))
                .label(types.join(", "))
                .help("cast them to one type")
        }
        Mismatch::NoOverload => {
            let types: Vec<&str> = (0..arguments.len()).map(typed).collect();
            Diagnostic::new(&code::WRONG_ARGUMENT, span, format!("`{name}` does not take ({})", types.join(", ")))
        }
        Mismatch::Argument { index, problem } => {
            let (index, is) = (*index, typed(*index));
            let (code, message) = match problem {
                Problem::Type(Accepts::NotDynamic) => {
                    (&code::DYNAMIC_NEEDS_CAST, format!("`{name}` does not take a value of type {is} here"))
                }
                Problem::Type(Accepts::Only(types)) => {
                    let types: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
                    (
                        &code::WRONG_ARGUMENT,
                        format!("`{name}` takes a {} here, and is given a {is}", types.join(" or ")),
                    )
                }
                Problem::Type(_) => {
                    (&code::WRONG_ARGUMENT, format!("`{name}` does not take a value of type {is} here"))
                }
                Problem::Star => (&code::STAR_MISPLACED, format!("`{name}` does not take `*` here")),
                Problem::NotLiteral => (&code::LITERAL_EXPECTED, format!("`{name}` takes a literal here")),
                Problem::Empty => (&code::WRONG_ARGUMENT, format!("`{name}` takes no empty string here")),
                Problem::NotAmong(values) => {
                    (&code::WRONG_ARGUMENT, format!("`{name}` takes one of {} here", values.join(", ")))
                }
                Problem::NotConstant => {
                    (&code::LITERAL_EXPECTED, format!("`{name}` takes a value here that does not depend on the record"))
                }
                Problem::NotColumn => (&code::COLUMN_EXPECTED, format!("`{name}` takes the name of a column here")),
                Problem::NotAggregate => (&code::WRONG_ARGUMENT, format!("`{name}` takes an aggregate here")),
            };
            let diagnostic = Diagnostic::new(code, at(index), message);
            if is == "dynamic" {
                diagnostic.help("cast it, with `tostring(…)`, `tolong(…)` or their like")
            } else {
                diagnostic
            }
        }
    }
    .note(usage)
    .official(mismatch.official())
}

/// The first sentence of a text, beginning small, without its full stop.
fn first_sentence(doc: &str) -> String {
    let sentence = doc.split_once(". ").map_or(doc, |(first, _)| first).trim_end_matches('.');
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
