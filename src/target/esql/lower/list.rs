//! Arrays that a query makes, and JSON that it reads out of texts.
//!
//! An array is a field of several values, which is missing where it has none; what KQL shows of an array as a text is its
//! JSON (<https://learn.microsoft.com/kusto/query/tostring-function>).

use super::{Flow, Lower, Result};
use crate::ir::{Expr as Ir, ExprKind, Json, Value};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::esql::tree::Expr;
use crate::target::ledger::Accounts as _;
use crate::types::Type;

/// An array that a function makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::target::esql) struct List {
    /// The type of its elements.
    pub(super) ty: Type,
    /// The text of what has no values there.
    pub(super) missing: &'static str,
}

impl List {
    /// Whether KQL's array is there whatever it is made of.
    pub(super) const fn is_never_missing(self) -> bool {
        !self.missing.is_empty()
    }
}

/// The array that an expression makes; nothing of one that is merely read.
pub(super) fn list(expr: &Ir) -> Option<List> {
    if let Some(Value::Dynamic(json)) = expr.as_literal() {
        let Json::Array(items) = json.as_ref() else { return None };
        let texts = items.iter().all(|item| matches!(item, Json::String(_)));
        return Some(List { ty: if texts { Type::String } else { Type::Dynamic }, missing: "[]" });
    }
    let ExprKind::Call(function, arguments) = &expr.kind else { return None };
    match function.name() {
        "pack_array" => {
            let first = arguments.first()?.ty.ty;
            let ty = if arguments.iter().all(|argument| argument.ty.ty == first) { first } else { Type::Dynamic };
            Some(List { ty, missing: "[]" })
        }
        // An empty text has one part, which is empty.
        "split" => {
            let first = arguments.get(2).is_none_or(|at| at.as_literal().and_then(Value::as_integer) == Some(0));
            Some(List { ty: Type::String, missing: if first { r#"[""]"# } else { "[]" } })
        }
        "array_concat" | "set_union" => {
            let lists: Vec<Option<List>> = arguments.iter().map(list).collect();
            let ty = lists.first().copied().flatten().map_or(Type::Dynamic, |list| list.ty);
            let same = lists.iter().all(|list| list.is_some_and(|list| list.ty == ty));
            let there = lists.iter().zip(arguments).all(|(list, argument)| list.is_some() && is_filled(argument));
            Some(List { ty: if same { ty } else { Type::Dynamic }, missing: if there { "[]" } else { "" } })
        }
        _ => None,
    }
}

/// Whether an array that is made has an element in any case.
fn is_filled(expr: &Ir) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => value.elements().is_some_and(|items| !items.is_empty()),
        ExprKind::Call(function, arguments) => match function.name() {
            "split" => arguments.len() == 2,
            "array_concat" | "set_union" => arguments.iter().all(is_filled),
            _ => false,
        },
        _ => false,
    }
}

/// The text that an expression reads JSON out of, all of which is its value.
pub(super) fn json_of_text(expr: &Ir) -> Option<&Ir> {
    match &expr.kind {
        ExprKind::Call(function, arguments) if matches!(function.name(), "parse_json" | "parsejson" | "todynamic") => {
            arguments.first().filter(|text| text.ty.ty == Type::String)
        }
        ExprKind::Cast(node) if expr.ty.ty == Type::Dynamic && node.operand.ty.ty == Type::String => {
            Some(&node.operand)
        }
        _ => None,
    }
}

impl Lower<'_> {
    /// The array that a function made, here or in a column.
    pub(super) fn list_of(flow: &Flow, expr: &Ir) -> Option<List> {
        list(expr).or_else(|| flow.slots.get(&expr.as_column()?)?.made)
    }

    /// An array to be put behind another, with the one part that an empty text has.
    pub(super) fn listed(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        let value = self.value(flow, expr)?;
        Ok(match (value, &expr.kind) {
            (Expr::Call(name, parts), ExprKind::Call(_, arguments))
                if name == "SPLIT" && arguments.first().is_some_and(|text| !Self::is_filled(flow, text)) =>
            {
                let mut parts = parts;
                if let Some(text) = parts.first_mut() {
                    *text = Expr::call("COALESCE", [text.clone(), Expr::text("")]);
                }
                Expr::Call(name, parts)
            }
            (value, _) => value,
        })
    }

    /// The text of what a text holds as JSON: a quoted text without its quotes, nothing for null.
    pub(super) fn json_in_text(&mut self, flow: &mut Flow, text: &Ir, span: Span) -> Result<Expr> {
        let message = "JSON in a text is taken as it is written there, but for quotes round all of it; escaped letters, blanks and the forms of numbers stay";
        self.lose(LossKind::Null, span, message);
        let text = self.text(flow, text)?;
        let pattern = Expr::text(r#"(?s)^"(.*)"$|^null$"#);
        Ok(Expr::call("REPLACE", [text, pattern, Expr::text("$1")]))
    }
}
