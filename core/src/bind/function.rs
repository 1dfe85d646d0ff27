//! Functions that the query declares.

use std::rc::Rc;

use super::scope::{Constant, Function, Local};
use super::{Binder, Either};
use crate::diagnostic::{Diagnostic, code};
use crate::ir::{Name, Plan};
use crate::source::Span;
use crate::syntax::ast::{self, Names, ParameterType};

impl<'a> Binder<'a> {
    /// Binds the body of a function with what it is given; `piped` is the table that `invoke` hands in.
    pub(super) fn expand(
        &mut self,
        function: &Function<'a>,
        arguments: &'a [ast::NamedExpr],
        piped: Option<Plan>,
        span: Span,
    ) -> Option<Either> {
        match &function.constant {
            Some(Constant::Scalar(value, weight)) if piped.is_none() && arguments.is_empty() => {
                return self.spend(*weight, span).then(|| Either::Scalar(value.clone()));
            }
            Some(Constant::Table(plan, weight)) if piped.is_none() && arguments.is_empty() => {
                let nodes = weight.saturating_mul(super::TABLE_FACTOR);
                return self.spend(nodes, span).then(|| Either::Table(plan.twin(&mut self.columns)));
            }
            _ => {}
        }
        if !self.spend(super::CALL_WEIGHT, span) {
            return None;
        }
        let locals = self.arguments(function, arguments, piped, span);
        let caller = std::mem::replace(&mut self.scope, function.scope.clone());
        for (name, local) in locals {
            self.scope.insert_mut(name, local);
        }
        self.muted += 1;
        let unnamed = std::mem::replace(&mut self.unnamed, 1);
        let before = self.columns.len();
        let result = self.without_row(|b| super::deep(|| b.body(&function.declaration.body)));
        let nodes = self.columns.len() - before;
        self.unnamed = unnamed;
        self.muted -= 1;
        self.scope = caller;
        self.spend(nodes, span).then_some(result).flatten()
    }

    /// What each parameter stands for in a call.
    fn arguments(
        &mut self,
        function: &Function<'a>,
        arguments: &'a [ast::NamedExpr],
        piped: Option<Plan>,
        span: Span,
    ) -> Vec<(Name, Local<'a>)> {
        let parameters = &function.declaration.parameters;
        let mut given: Vec<Option<Local<'a>>> = vec![None; parameters.len()];
        let mut next = 0;
        if let Some(plan) = piped {
            let weight = plan.weight();
            match given.first_mut() {
                Some(first) => *first = Some(Local::Table(Rc::new(plan), weight)),
                None => self.wrong_count(&function.name, parameters.len(), 1, span),
            }
            next = 1;
        }
        let mut superfluous = 0;
        for argument in arguments {
            let index = if let Names::One(name) = &argument.names {
                let found = parameters.iter().position(|p| p.name.text == name.text);
                if found.is_none() {
                    let message = format!("`{}` has no parameter `{}`", function.name, name.text);
                    self.report(Diagnostic::new(&code::WRONG_ARGUMENT, name.span, message));
                }
                found
            } else {
                next += 1;
                Some(next - 1)
            };
            let parameter = index.and_then(|index| parameters.get(index));
            if parameter.is_none() && matches!(argument.names, Names::None) {
                superfluous += 1;
            }
            let tabular = parameter
                .map_or_else(|| self.is_tabular(&argument.expr), |p| matches!(p.ty, ParameterType::Tabular(_)));
            let local = if tabular {
                let plan = self.without_row(|b| b.table(&argument.expr));
                let weight = plan.weight();
                Local::Table(Rc::new(plan), weight)
            } else {
                let value = self.scalar(&argument.expr);
                if let Some(ParameterType::Scalar(ty)) = parameter.map(|p| &p.ty) {
                    let ty = crate::types::Type::parse(&ty.text).unwrap_or(crate::types::Type::Unknown);
                    self.check_assignable(&value, ty, argument.expr.span);
                }
                Self::scalar_local(value)
            };
            if let Some(slot) = index.and_then(|index| given.get_mut(index)) {
                *slot = Some(local);
            }
        }
        let missing = parameters.iter().zip(&given).filter(|(p, given)| given.is_none() && p.default.is_none()).count();
        if missing + superfluous > 0 {
            let count = arguments.len();
            self.wrong_count(&function.name, parameters.len(), count, span);
        }
        let mut locals = Vec::with_capacity(parameters.len());
        for (parameter, given) in parameters.iter().zip(given) {
            let local = match (given, &parameter.default) {
                (Some(local), _) => local,
                (None, Some(default)) => {
                    let value = self.without_row(|b| b.scalar(default));
                    Self::scalar_local(value)
                }
                (None, None) => {
                    self.muted += 1;
                    let local = self.parameter_local(parameter);
                    self.muted -= 1;
                    local
                }
            };
            locals.push((parameter.name.text.as_ref().into(), local));
        }
        locals
    }

    pub(super) fn wrong_count(&mut self, name: &str, takes: usize, given: usize, span: Span) {
        let (takes, given) = (count(takes), count(given));
        self.report(
            Diagnostic::new(&code::ARGUMENT_COUNT, span, format!("`{name}` takes {takes}, and is given {given}"))
                .label("wrong number of arguments"),
        );
    }
}

/// A number of arguments in words.
fn count(n: usize) -> String {
    match n {
        0 => "no argument".into(),
        1 => "1 argument".into(),
        n => format!("{n} arguments"),
    }
}
