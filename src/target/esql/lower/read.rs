//! Texts, and what has no type before it is there, read as values of a type.

use super::value::lowered;
use super::{Flow, Lower, Result};
use crate::ir::{CompareOp, Expr as Ir, ExprKind, Value};
use crate::target::elastic::tables::StoredType;
use crate::target::esql::tree::Expr;
use crate::target::written;
use crate::types::Type;

/// Whether a value is true or false by what a text says.
pub(super) fn reads_truth(expr: &Ir) -> bool {
    matches!(&expr.kind, ExprKind::Cast(node) if expr.ty.ty == Type::Bool
        && matches!(node.operand.ty.ty, Type::String | Type::Dynamic))
}

/// What a comparison by size compares with a number, where its own type is known only once it is there.
pub(super) fn ordered_dynamic(expr: &Ir) -> Option<&Ir> {
    let ExprKind::Compare(node) = &expr.kind else { return None };
    let ordered = !matches!(node.op, CompareOp::Equal | CompareOp::NotEqual);
    let dynamic = |a: &Ir, b: &Ir| a.ty.ty == Type::Dynamic && b.as_literal().is_some_and(|b| b.ty().is_numeric());
    match (&node.left, &node.right) {
        (left, right) if ordered && dynamic(left, right) => Some(left),
        (left, right) if ordered && dynamic(right, left) => Some(right),
        _ => None,
    }
}

/// A text as a whole number, null where it is written as none: `TO_LONG` rounds what has a fraction.
pub(super) fn whole_number(text: Expr, ty: Type) -> Expr {
    let read = if ty == Type::Int { "TO_INTEGER" } else { "TO_LONG" };
    let is_whole = Expr::Rlike(Box::new(text.clone()), written::WHOLE.to_owned());
    Expr::call("CASE", [is_whole, Expr::call(read, [text])])
}

impl Lower<'_> {
    /// Whether a text that is read as a number is known to be a whole one.
    pub(super) fn is_whole(flow: &Flow, text: &Ir) -> bool {
        let digits = |pattern: &str| {
            pattern.matches('(').count() == 1 && [r"(\d+)", "([0-9]+)"].iter().any(|group| pattern.contains(group))
        };
        let found = |function: &str, arguments: &[Ir]| {
            let literal = |at: usize| arguments.get(at).and_then(Ir::as_literal);
            function == "extract"
                && literal(0).and_then(Value::as_str).is_some_and(digits)
                && literal(1).and_then(Value::as_integer) == Some(1)
        };
        Self::slot(flow, text).is_some_and(|slot| slot.stored == Some(StoredType::Long))
            || matches!(&text.kind, ExprKind::Call(function, arguments) if found(function.name(), arguments))
    }

    /// Where a text is read as true, or as false: `TO_BOOLEAN` takes any but `true` for false.
    pub(super) fn word_of_truth(&mut self, flow: &mut Flow, text: &Ir, want: bool) -> Result<Expr> {
        let text = self.text(flow, text)?;
        let words = if want { ["true", "1"] } else { ["false", "0"] };
        Ok(Expr::In(Box::new(lowered(Expr::call("TRIM", [text]))), words.map(Expr::text).to_vec()))
    }
}
