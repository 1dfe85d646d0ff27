//! The names of result columns that the query does not name itself.

use std::collections::HashMap;

use super::Binder;
use crate::functions::{self, Naming};
use crate::ir::Name;
use crate::syntax::ast::{self, ExprKind, LiteralKind, PathMember};

/// Names that are taken, and how far numbering of each has come.
#[derive(Default)]
pub(super) struct UniqueNames(HashMap<Name, u32>);

impl UniqueNames {
    /// The name, or with the first free number behind `base` where it is taken. Names in `also` are taken too.
    pub(super) fn claim(&mut self, name: &Name, base: &Name, also: &dyn Fn(&str) -> bool) -> Name {
        let Some(last) = self.0.get(name).copied().or_else(|| also(name).then_some(0)) else {
            self.0.insert(name.clone(), 0);
            return name.clone();
        };
        let mut number = last;
        loop {
            number += 1;
            let candidate: Name = format!("{base}{number}").into();
            if !self.0.contains_key(&candidate) && !also(&candidate) {
                self.0.insert(name.clone(), number);
                self.0.insert(candidate.clone(), 0);
                return candidate;
            }
        }
    }

    /// Marks a name as taken.
    pub(super) fn take(&mut self, name: Name) {
        self.0.entry(name).or_insert(0);
    }
}

impl Binder<'_> {
    /// The name that an expression gives the column of its value; `None` where the operator has to number it.
    pub(super) fn result_name(&self, expr: &ast::Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Name(name) => Some(name.text.to_string()),
            ExprKind::Paren(inner) => self.result_name(inner),
            ExprKind::Path(path) => {
                let right = match &path.member {
                    PathMember::Name(name) => Some(name.text.to_string()),
                    PathMember::Call(call) => self.call_name(call),
                    PathMember::Bracketed(index) => literal_name(index),
                    PathMember::At(_) => None,
                };
                self.path_name(&path.base, right)
            }
            ExprKind::Index(index) => self.path_name(&index.base, literal_name(&index.index)),
            ExprKind::Call(call) => self.call_name(call),
            _ => None,
        }
    }

    fn path_name(&self, base: &ast::Expr, right: Option<String>) -> Option<String> {
        if self.is_record(base) {
            return right;
        }
        match self.result_name(base).filter(|left| !left.trim().is_empty()) {
            Some(left) => Some(format!("{left}_{}", right.unwrap_or_default())),
            None => right,
        }
    }

    /// The name of the column that a call gives.
    pub(super) fn call_name(&self, call: &ast::Call) -> Option<String> {
        if self.scope.contains_key(&*call.name.text) {
            return None;
        }
        let naming = self.row_of(&call.name.text)?.naming;
        let first = || call.arguments.first().and_then(|argument| self.argument_name(argument));
        match naming {
            Naming::None => None,
            Naming::FirstArgument => first(),
            Naming::OnlyArgument => (call.arguments.len() == 1).then(first).flatten(),
            Naming::PrefixAndFirst(prefix) => Some(format!("{prefix}_{}", first().unwrap_or_default())),
            Naming::Fixed(name) => Some(name.to_owned()),
            Naming::ColumnInFirst => match &call.arguments.first()?.expr.kind {
                ExprKind::Literal(literal) => match &literal.kind {
                    LiteralKind::String(text) => {
                        let row = self.row.as_ref()?;
                        row.get(&text.value).map(|_| text.value.to_string())
                    }
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// The name of an argument, which may be given one with `=`.
    pub(super) fn argument_name(&self, argument: &ast::NamedExpr) -> Option<String> {
        match &argument.names {
            ast::Names::One(name) => Some(name.text.to_string()),
            _ => self.result_name(&argument.expr),
        }
    }

    /// The row of the catalogue that a call means here.
    pub(super) fn row_of(&self, name: &str) -> Option<&'static functions::Function> {
        if self.aggregates.is_some()
            && let Some(id) = functions::aggregate(name)
        {
            return Some(id.row());
        }
        functions::scalar(name).map(functions::FunctionId::row)
    }
}

/// The text of a literal in brackets.
fn literal_name(index: &ast::Expr) -> Option<String> {
    match &index.kind {
        ExprKind::Literal(literal) => match &literal.kind {
            LiteralKind::String(text) => Some(text.value.to_string()),
            LiteralKind::Long | LiteralKind::Int => Some(literal.raw.to_string()),
            _ => None,
        },
        ExprKind::Paren(inner) => literal_name(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_names_are_numbered_without_a_gap_taken_twice() {
        let mut names = UniqueNames::default();
        let mut claim = |name: &str| names.claim(&name.into(), &name.into(), &|other| other == "b");
        assert_eq!(["a", "a", "a", "a1", "b"].map(&mut claim).map(|n| n.to_string()), ["a", "a1", "a2", "a11", "b1"]);
    }
}
