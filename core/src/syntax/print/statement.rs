//! Statements, functions and whole queries.

use super::Printer;
use super::expr::hugs;
use super::layout::{Sep, Shape};
use crate::source::Span;
use crate::syntax::ast::{
    Body, FunctionDeclaration, FunctionParameter, Let, LetValue, ParameterType, Pattern, PatternDeclaration, Query,
    Statement, StatementKind,
};

impl Printer<'_> {
    pub(super) fn query(&mut self, query: &Query) {
        for directive in &query.directives {
            let next = self.last(*directive) + 1;
            self.before(*directive, Sep::Paragraph);
            self.set(next, Sep::Paragraph);
        }
        self.statements(&query.statements);
    }

    pub(super) fn statements(&mut self, statements: &[Statement]) {
        for (index, statement) in statements.iter().enumerate() {
            if index > 0 {
                self.before(statement.span, Sep::Paragraph);
            }
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let (first, last) = (self.first(statement.span), self.last(statement.span));
        match &statement.kind {
            StatementKind::Let(binding) => self.binding(first, last, binding),
            StatementKind::Set { name, value } => {
                self.name(name);
                if let Some(value) = value {
                    self.assign(self.first(value.span), Sep::Space);
                    self.expr(value);
                }
            }
            StatementKind::Alias { name, expr } => {
                self.spaced_to(first, name.span);
                self.name(name);
                self.assign(self.first(expr.span), Sep::Space);
                self.expr(expr);
            }
            StatementKind::QueryParameters(parameters) => {
                let open = (first..last).find(|&token| self.word(token) == "(");
                if let Some(open) = open {
                    self.set(open, Sep::Space);
                    self.function_parameters(open, last, parameters);
                }
            }
            StatementKind::Pattern(pattern) => self.pattern(last, pattern),
            StatementKind::Restrict { entities, properties } => {
                if let [start, .., end] | [start @ end] = &entities[..] {
                    let (open, close) = (self.first(start.span).saturating_sub(1), self.last(end.span) + 1);
                    self.spaced(first, open);
                    self.list_between(open, close, entities);
                    self.properties(close, last, properties);
                }
            }
            StatementKind::Expr(expr) => self.expr(expr),
        }
    }

    fn binding(&mut self, first: usize, last: usize, binding: &Let) {
        self.name(&binding.name);
        match &binding.value {
            LetValue::Function(function) => {
                self.assign(self.first(function.span), Sep::Space);
                self.function(function);
            }
            LetValue::Expr(expr) => {
                let value = self.first(expr.span);
                self.assign(value, Sep::Space);
                if hugs(expr) {
                    self.expr(expr);
                } else {
                    self.group(first, last, Shape::Indent);
                    self.set(value, Sep::Line);
                    self.expr_with(expr, Shape::Plain);
                }
            }
        }
    }

    fn function(&mut self, function: &FunctionDeclaration) {
        let body = self.first(function.body.span);
        let open = function.view.map_or(self.first(function.span), |view| self.last(view) + 1);
        if function.view.is_some() {
            self.set(open, Sep::Space);
        }
        self.function_parameters(open, body.saturating_sub(1), &function.parameters);
        self.set(body, Sep::Space);
        self.body(&function.body);
    }

    pub(super) fn function_parameters(&mut self, open: usize, close: usize, parameters: &[FunctionParameter]) {
        let spans: Vec<Span> = parameters.iter().map(|parameter| parameter.span).collect();
        self.brackets(open, close, Sep::Soft);
        self.items(&spans, Sep::Line);
        for parameter in parameters {
            self.name(&parameter.name);
            match &parameter.ty {
                ParameterType::Scalar(ty) => self.typed(self.first(ty.span)),
                ParameterType::Tabular(schema) => {
                    self.typed(self.first(schema.span));
                    self.schema(schema);
                }
            }
            if let Some(default) = &parameter.default {
                self.assign(self.first(default.span), Sep::Space);
                self.expr(default);
            }
        }
    }

    fn body(&mut self, body: &Body) {
        self.brackets(self.first(body.span), self.last(body.span), Sep::Line);
        self.statements(&body.statements);
        let Some(result) = &body.result else { return };
        if body.statements.is_empty() {
            self.block(result);
        } else {
            self.before(result.span, Sep::Paragraph);
            self.expr_with(result, Shape::Plain);
        }
    }

    fn pattern(&mut self, last: usize, pattern: &Pattern) {
        self.name(&pattern.name);
        let Some(PatternDeclaration { parameters, path, cases }) = &pattern.declaration else { return };
        let equals = self.last(pattern.name.span) + 1;
        self.set(equals, Sep::Space);
        self.set(equals + 1, Sep::Space);
        let mut close = equals + 2;
        if let Some(end) = parameters.last() {
            close = self.last(end.span) + 1;
        }
        let spans: Vec<Span> = parameters.iter().map(|parameter| parameter.span).collect();
        self.brackets(equals + 1, close, Sep::Soft);
        self.items(&spans, Sep::Line);
        for column in parameters.iter().chain(path) {
            self.column(column);
        }
        let Some(case) = cases.first() else { return };
        let start = case.arguments.first().map_or(case.body.span, |argument| argument.span);
        let open = self.first(start).saturating_sub(2);
        self.set(open, Sep::Space);
        self.brackets(open, last, Sep::Hard);
        for (index, case) in cases.iter().enumerate() {
            if let [start, .., end] | [start @ end] = &case.arguments[..] {
                let from = self.first(start.span).saturating_sub(1);
                if index > 0 {
                    self.set(from, Sep::Hard);
                }
                self.list_between(from, self.last(end.span) + 1, &case.arguments);
                if let Some(path) = &case.path {
                    for token in self.last(end.span) + 2..=self.first(path.span) {
                        self.set(token, Sep::None);
                    }
                }
            }
            self.assign(self.first(case.body.span), Sep::Space);
            self.body(&case.body);
        }
    }
}
