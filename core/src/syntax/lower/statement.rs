//! Statements.

use pest::iterators::Pair;

use super::super::ast::{
    Body, Expr, ExprKind, FunctionDeclaration, FunctionParameter, Let, LetValue, ParameterType, Pattern, PatternCase,
    PatternDeclaration, Statement, StatementKind,
};
use super::{Children, DECLARED_TYPES, Lower, Place, Rule, is_name, span};

impl Lower {
    pub(super) fn statement(&self, pair: Pair<'_, Rule>) -> Statement {
        let span = span(&pair);
        let inner = pair.into_inner().next().expect("a statement is of some kind");
        Statement { kind: self.statement_kind(inner), span }
    }

    fn statement_kind(&self, pair: Pair<'_, Rule>) -> StatementKind {
        let rule = pair.as_rule();
        if rule == Rule::pipeline {
            return StatementKind::Expr(self.pipeline(pair));
        }
        let mut children = Children::of(pair);
        match rule {
            Rule::let_statement => {
                let name = self.name(children.need(), Place::Reference);
                StatementKind::Let(Let { name, value: self.let_value(children.need()) })
            }
            Rule::set_statement => {
                let name = self.name(children.need(), Place::Reference);
                StatementKind::Set { name, value: children.next().map(|value| self.expr(value)) }
            }
            Rule::alias_statement => {
                let name = self.name(children.need(), Place::Reference);
                StatementKind::Alias { name, expr: self.expr(children.need()) }
            }
            Rule::declare_parameters => StatementKind::QueryParameters(self.function_parameters(children.need())),
            Rule::declare_pattern => {
                let name = self.name(children.need(), Place::Reference);
                let declaration = children.next().map(|declaration| self.pattern_declaration(declaration));
                StatementKind::Pattern(Pattern { name, declaration })
            }
            _ => {
                let entities = children
                    .one_if(|rule| rule != Rule::with_properties)
                    .into_iter()
                    .chain(std::iter::from_fn(|| children.one_if(|rule| rule != Rule::with_properties)))
                    .map(|entity| self.entity(entity))
                    .collect();
                StatementKind::Restrict { entities, properties: self.with_properties(&mut children) }
            }
        }
    }

    fn let_value(&self, pair: Pair<'_, Rule>) -> LetValue {
        match pair.as_rule() {
            Rule::function_declaration => LetValue::Function(self.function_declaration(pair)),
            Rule::materialize => LetValue::Expr(self.primary(pair)),
            Rule::entity_group => LetValue::Expr(self.entity_group(pair)),
            _ => LetValue::Expr(self.pipeline(pair)),
        }
    }

    pub(super) fn entity_group(&self, pair: Pair<'_, Rule>) -> Expr {
        let span = span(&pair);
        Expr { kind: ExprKind::EntityGroup(pair.into_inner().map(|item| self.expr(item)).collect()), span }
    }

    fn function_declaration(&self, pair: Pair<'_, Rule>) -> FunctionDeclaration {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let view = children.one(Rule::view).map(|word| self::span(&word));
        let parameters = self.function_parameters(children.need());
        FunctionDeclaration { view, parameters, body: self.body(children.need()), span }
    }

    pub(super) fn function_parameters(&self, pair: Pair<'_, Rule>) -> Vec<FunctionParameter> {
        pair.into_inner().map(|parameter| self.function_parameter(parameter)).collect()
    }

    fn function_parameter(&self, pair: Pair<'_, Rule>) -> FunctionParameter {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let name = self.name(children.need(), Place::Given);
        let ty = children.need();
        let ty = match ty.as_rule() {
            Rule::parameter_schema => ParameterType::Tabular(self.row_schema(ty)),
            _ => ParameterType::Scalar(self.type_name(&ty, DECLARED_TYPES)),
        };
        let default = children.next().map(|default| {
            let value = default.into_inner().next().expect("a default is a literal or a word");
            if is_name(value.as_rule()) {
                let name = self.name(value, Place::Reference);
                Expr { span: name.span, kind: ExprKind::Name(name) }
            } else {
                self.literal_expr(value)
            }
        });
        FunctionParameter { name, ty, default, span }
    }

    pub(super) fn body(&self, pair: Pair<'_, Rule>) -> Body {
        let mut body = Body { statements: Vec::new(), result: None, span: span(&pair) };
        for child in pair.into_inner() {
            if child.as_rule() == Rule::pipeline {
                body.result = Some(self.pipeline(child));
            } else {
                body.statements.push(self.statement(child));
            }
        }
        body
    }

    fn pattern_declaration(&self, pair: Pair<'_, Rule>) -> PatternDeclaration {
        let mut children = Children::of(pair);
        let parameters = children.every(Rule::column).map(|column| self.column(column)).collect();
        let path = children
            .one(Rule::pattern_path)
            .map(|path| self.column(path.into_inner().next().expect("a pattern's path is a column")));
        let cases = children
            .map(|case| {
                let mut parts = Children::of(case);
                let arguments: Vec<_> = parts.need().into_inner().map(|argument| self.expr(argument)).collect();
                let path = parts
                    .one(Rule::pattern_path_value)
                    .map(|value| self.literal(value.into_inner().next().expect("a pattern's path value is a literal")));
                PatternCase { arguments, path, body: self.body(parts.need()) }
            })
            .collect();
        PatternDeclaration { parameters, path, cases }
    }
}
