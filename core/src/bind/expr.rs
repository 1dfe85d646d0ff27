//! Scalar expressions.

use std::sync::Arc;

use super::scope::Local;
use super::{Binder, Either, TupleItem, Value, deep};
use crate::diagnostic::{Diagnostic, code};
use crate::functions::{self, Operator, Shape, ValueType};
use crate::ir::{Access, Expr, ExprKind, Value as Literal};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, PathMember, Sign, WrapperKind};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// A scalar; the first of several values.
    pub(super) fn scalar(&mut self, expr: &'a ast::Expr) -> Expr {
        match self.value(expr) {
            Value::Scalar(expr) => expr,
            Value::Tuple(items) => match items.into_iter().next() {
                Some(item) => item.expr,
                None => Self::unknown_value(expr.span),
            },
        }
    }

    /// A scalar, or the values of a function that gives several.
    pub(super) fn value(&mut self, expr: &'a ast::Expr) -> Value {
        deep(|| match &expr.kind {
            Ast::Call(call) => self.call(call, expr.span),
            Ast::Paren(inner) => self.value(inner),
            _ => Value::Scalar(self.single(expr)),
        })
    }

    fn single(&mut self, expr: &'a ast::Expr) -> Expr {
        let span = expr.span;
        match &expr.kind {
            Ast::Name(name) => self.name(name),
            Ast::Literal(literal) => self.literal(literal),
            Ast::Dynamic(json) => self.dynamic(json, span),
            Ast::Call(_) | Ast::Paren(_) => self.scalar(expr),
            Ast::Path(path) => self.path(path, span),
            Ast::Index(index) => self.index(&index.base, &index.index, span),
            Ast::Unary(unary) => self.unary(unary, span),
            Ast::Binary(binary) => self.binary(binary, span),
            Ast::Chain(chain) => self.chain(chain, span),
            Ast::Logical(logical) => self.logical(logical, span),
            Ast::In(node) => self.member(node, span),
            Ast::Between(node) => self.between(node, span),
            Ast::Wrapper(wrapper) if wrapper.kind == WrapperKind::ToScalar => self.first_value(&wrapper.expr, span),
            Ast::Star => {
                self.simple(&code::STAR_MISPLACED, span, "`*` means nothing here");
                Self::unknown_value(span)
            }
            Ast::Bracketed(inner) => {
                if let Ast::Literal(ast::Literal { kind: ast::LiteralKind::String(text), .. }) = &inner.kind {
                    let name = ast::Name { text: text.value.clone(), form: ast::NameForm::Bracketed, span };
                    self.name(&name)
                } else {
                    let _ = self.scalar(inner);
                    self.simple(&code::LITERAL_EXPECTED, span, "a name in brackets is a string");
                    Self::unknown_value(span)
                }
            }
            Ast::TypeOf(_) | Ast::At | Ast::EntityGroup(_) => Self::unknown_value(span),
            Ast::Wrapper(_)
            | Ast::Pipe(_)
            | Ast::Operator(_)
            | Ast::DataTable(_)
            | Ast::ExternalData(_)
            | Ast::ContextualDataTable(_)
            | Ast::MaterializedViewCombine(_)
            | Ast::DataScope(_) => {
                let plan = self.without_row(|b| b.table(expr));
                self.report(
                    Diagnostic::new(&code::SCALAR_EXPECTED, span, "a scalar is due here")
                        .label("this is a table")
                        .help("`toscalar(…)` takes the first value of a table"),
                );
                let ty = plan.schema().at(0).map_or(Type::Unknown.into(), |c| c.ty);
                Expr { ty, ..Self::unknown_value(span) }
            }
        }
    }

    /// `toscalar(a)`: the first column of the first record.
    fn first_value(&mut self, expr: &'a ast::Expr, span: Span) -> Expr {
        match self.without_row(|b| b.either(expr)) {
            Either::Scalar(value) => Expr { span, ..value },
            Either::Table(plan) => {
                let ty = plan.schema().at(0).map_or(Type::Unknown.into(), |c| c.ty);
                Expr::new(ExprKind::ToScalar(Arc::new(plan)), ty, span)
            }
        }
    }

    /// What a name stands for as a scalar.
    pub(super) fn name(&mut self, name: &ast::Name) -> Expr {
        let (text, span) = (&*name.text, name.span);
        if matches!(name.form, ast::NameForm::Braced) {
            return Expr::new(ExprKind::Parameter(text.into()), Type::Unknown, span);
        }
        let column = |row: &Option<crate::ir::Schema>| {
            row.as_ref().and_then(|row| row.get(text)).map(|c| Expr::column(c.id, c.ty, span))
        };
        if self.aggregates.is_none() {
            if let Some(found) = column(&self.row).or_else(|| column(&self.right)) {
                return found;
            }
            // Where all tables are read, whatever one of them has is a column.
            let any = self.all && self.row.as_ref().is_some_and(|row| row.open);
            if any && !self.tables_with_column(text).is_empty() {
                return self.assume_column(text, span);
            }
        }
        if let Some(local) = self.scope.get(text).cloned() {
            return self.local(text, local, span);
        }
        if self.aggregates.is_some()
            && let Some(found) = column(&self.row)
        {
            self.report(
                Diagnostic::new(
                    &code::COLUMN_OUTSIDE_AGGREGATE,
                    span,
                    format!("`{text}` has many values in a group, and one is due here"),
                )
                .label("a column outside any aggregate")
                .help("put it behind `by`, or take one value with `take_any(…)`"),
            );
            return found;
        }
        // Where the columns are not known, one may well have the name of a table, such as `Operation`, or of a function.
        if self.row.as_ref().is_some_and(|row| row.open) {
            return self.assume_column(text, span);
        }
        if self.schemas.function(text).is_some() || self.schemas.table(text).is_some() {
            self.report(Diagnostic::new(&code::SCALAR_EXPECTED, span, "a scalar is due here").label("this is a table"));
            return Self::unknown_value(span);
        }
        if functions::scalar(text).is_some() {
            self.report(
                Diagnostic::new(&code::UNKNOWN_NAME, span, format!("`{text}` is a function, and is not called"))
                    .label("no column, but a function")
                    .help(format!("write `{text}(…)`")),
            );
            return Self::unknown_value(span);
        }
        self.unknown_name(text, span)
    }

    fn local(&mut self, text: &str, local: Local<'a>, span: Span) -> Expr {
        match local {
            Local::Scalar(value, weight) => {
                if weight > 1 && !self.spend(weight, span) {
                    return Self::unknown_value(span);
                }
                Expr { span, ..value.as_ref().clone() }
            }
            Local::Column(id, ty) => Expr::column(id, ty, span),
            Local::Function(function) if !function.tabular => match self.expand(&function, &[], None, span) {
                Some(Either::Scalar(value)) => Expr { span, ..value },
                _ => Self::unknown_value(span),
            },
            Local::Opaque => Self::unknown_value(span),
            Local::Table(..) | Local::Shared(_) | Local::Function(_) | Local::Record(_) => {
                self.report(
                    Diagnostic::new(&code::SCALAR_EXPECTED, span, "a scalar is due here")
                        .label(format!("`{text}` stands for a table"))
                        .help(format!("`toscalar({text})` takes its first value")),
                );
                Self::unknown_value(span)
            }
        }
    }

    /// Whether an expression stands for a record whose columns a dot selects: `$left`, `$right`, a step of `scan`.
    pub(super) fn is_record(&self, expr: &ast::Expr) -> bool {
        self.record(expr).is_some()
    }

    fn record(&self, expr: &ast::Expr) -> Option<&crate::ir::Schema> {
        let Ast::Name(name) = &expr.kind else { return None };
        match &*name.text {
            "$left" if self.right.is_some() => self.row.as_ref(),
            "$right" => self.right.as_ref(),
            text => match self.scope.get(text) {
                Some(Local::Record(schema)) if self.row.as_ref().is_none_or(|row| row.get(text).is_none()) => {
                    Some(schema)
                }
                _ => None,
            },
        }
    }

    fn path(&mut self, path: &'a ast::Path, span: Span) -> Expr {
        let member = match &path.member {
            PathMember::Name(name) => name,
            PathMember::Bracketed(index) => return self.index(&path.base, index, span),
            PathMember::Call(_) | PathMember::At(_) => {
                let _ = self.scalar(&path.base);
                return Self::unknown_value(span);
            }
        };
        if let Some(schema) = self.record(&path.base) {
            let (found, open) = (schema.get(&member.text).cloned(), schema.open);
            return match found {
                Some(column) => Expr::column(column.id, column.ty, span),
                None if open => self.assume_beside(&path.base, &member.text, span),
                None => self.unknown_name(&member.text, member.span),
            };
        }
        let base = self.scalar(&path.base);
        let key = Expr::literal(Literal::string(member.text.as_ref()), member.span);
        if !matches!(base.ty.ty, Type::Dynamic | Type::Unknown) {
            return self.no_members(&base, &member.text, member.span, span);
        }
        let ty = if base.ty.ty == Type::Unknown { Type::Unknown } else { Type::Dynamic };
        access(base, key, ty.into(), span)
    }

    /// A column that an open side of a join may have.
    fn assume_beside(&mut self, base: &ast::Expr, name: &str, span: Span) -> Expr {
        let is_right = matches!(&base.kind, Ast::Name(name) if &*name.text == "$right");
        if is_right {
            std::mem::swap(&mut self.row, &mut self.right);
        }
        let column = self.assume_column(name, span);
        if is_right {
            std::mem::swap(&mut self.row, &mut self.right);
        }
        column
    }

    fn no_members(&mut self, base: &Expr, name: &str, at: Span, span: Span) -> Expr {
        self.report(
            Diagnostic::new(&code::UNKNOWN_NAME, at, format!("a value of type {} has no member `{name}`", base.ty.ty))
                .related(base.span, format!("this is {}", base.ty.ty))
                .help("`parse_json(…)` makes a dynamic of a string"),
        );
        Self::unknown_value(span)
    }

    /// What an index leads to. Of a function that gives several values it picks one of them, as the documentation's
    /// `array_sort_desc(timestamps, commands)[1]` does.
    fn index(&mut self, base: &'a ast::Expr, index: &'a ast::Expr, span: Span) -> Expr {
        let base = match self.value(base) {
            Value::Tuple(items) if items.len() > 1 => all_of(items),
            Value::Tuple(items) => items.into_iter().next().map(|item| item.expr),
            Value::Scalar(expr) => Some(expr),
        };
        let base = base.unwrap_or_else(|| Self::unknown_value(span));
        let index = self.scalar(index);
        let ty = match base.ty {
            ValueType { ty: Type::Unknown, .. } => Type::Unknown.into(),
            ValueType { ty: Type::Dynamic, shape } => {
                let wanted: &[Type] = match shape {
                    Shape::Array(_) => &[Type::Long, Type::Int, Type::Dynamic],
                    Shape::Bag => &[Type::String, Type::Dynamic],
                    _ => &[Type::String, Type::Long, Type::Int, Type::Dynamic],
                };
                self.check_type(&index, wanted, index.span);
                match shape {
                    Shape::Array(ty) if ty != Type::Dynamic => ValueType::dynamic(Shape::Scalar(ty)),
                    _ => Type::Dynamic.into(),
                }
            }
            _ => {
                self.report(
                    Diagnostic::new(
                        &code::UNKNOWN_NAME,
                        span,
                        format!("a value of type {} has no elements", base.ty.ty),
                    )
                    .related(base.span, format!("this is {}", base.ty.ty)),
                );
                return Self::unknown_value(span);
            }
        };
        access(base, index, ty, span)
    }

    fn unary(&mut self, unary: &'a ast::Unary, span: Span) -> Expr {
        let operand = self.scalar(&unary.operand);
        let op = if unary.op == Sign::Minus { Operator::Negate } else { Operator::Plus };
        let ty = self.operator_type(op, &[&operand], span);
        if unary.op == Sign::Plus {
            return Expr { ty, span, ..operand };
        }
        let negated = match operand.as_literal() {
            Some(Literal::Long(value)) => Some(Literal::Long(value.wrapping_neg())),
            Some(Literal::Int(value)) => Some(Literal::Int(value.wrapping_neg())),
            Some(Literal::Real(value)) => Some(Literal::Real(-value)),
            Some(Literal::Decimal(value)) => Some(Literal::Decimal(value.negated())),
            Some(Literal::TimeSpan(value)) => Some(Literal::TimeSpan(value.wrapping_neg())),
            _ => None,
        };
        match negated {
            Some(value) => Expr { ty, ..Expr::literal(value, span) },
            None => Expr::new(ExprKind::Negate(Box::new(operand)), ty, span),
        }
    }
}

/// The call behind several values, as the array of them.
fn all_of(items: Vec<TupleItem>) -> Option<Expr> {
    match items.into_iter().next()?.expr.kind {
        ExprKind::Item(call, _) => Some(Expr { ty: Type::Dynamic.into(), ..*call }),
        _ => None,
    }
}

/// A value inside a dynamic; a chain of them is one node.
fn access(base: Expr, key: Expr, ty: ValueType, span: Span) -> Expr {
    let mut node = match base.kind {
        ExprKind::Access(node) => *node,
        kind => Access { base: Expr { kind, ..base }, path: Vec::new() },
    };
    node.path.push(key);
    Expr::new(ExprKind::Access(Box::new(node)), ty, span)
}
