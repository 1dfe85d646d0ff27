//! Texts that are read as values of another type, and values that are missing.

use super::cond::Cond;
use super::field::Subject;
use super::text::{expression, item};
use super::{Branch, Def, Lower, Result};
use crate::ir::{Expr, ExprKind};
use crate::source::Span;
use crate::target::sigma::rows::Part;
use crate::target::sigma::tree::Value;
use crate::target::{LossKind, written};
use crate::types::Type;

impl<'a> Lower<'a> {
    /// Tells that a text is compared as a number.
    pub(super) fn has_to_be_number(&mut self, subject: &Subject<'a>, span: Span) {
        if subject.read.is_some() {
            let message = format!("`{}` has to be a number there, and is a text in KQL", subject.field);
            self.differs(LossKind::UnmappedField, span, message);
        }
    }

    /// A field whose text, all of it, is one of a pattern.
    pub(super) fn written(
        &mut self,
        subject: &Subject<'a>,
        pattern: &str,
        sensitive: bool,
        span: Span,
    ) -> Result<Cond> {
        if subject.part != Part::Whole {
            let message = "a part of a value cannot be read as another type; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        }
        Ok(expression(subject, sensitive, format!("^{pattern}$")))
    }

    /// A field without a value, as `isnull` has it.
    pub(super) fn absent(
        &mut self,
        branch: &Branch<'a>,
        expr: &Expr,
        subject: &Subject<'a>,
        span: Span,
    ) -> Result<Cond> {
        if let Some(read) = subject.read {
            if let Some(pattern) = written::number(read) {
                return Ok(self.written(subject, pattern, true, span)?.negated());
            }
            let message = "which texts are no value of the type cannot be said in Sigma; use Splunk";
            return self.refuse(LossKind::UnsupportedFunction, span, message);
        }
        let untyped = |ty| matches!(ty, Type::Dynamic | Type::Unknown);
        if untyped(subject.ty) && !untyped(expr.ty.ty) {
            let message = "a text that is no value of the type is null in KQL; here a missing one alone is";
            self.differs(LossKind::Null, span, message);
        } else if untyped(subject.ty) && !is_part(branch, expr) {
            // A part of an object is as it was written there.
            let message = "an empty text is no null in KQL, and may be stored as a missing field";
            self.differs(LossKind::Null, span, message);
        }
        Ok(item(subject, [], Value::Null))
    }
}

/// Whether an expression is a part of an object.
fn is_part(branch: &Branch<'_>, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Access(_) => true,
        ExprKind::Column(id) => matches!(branch.env.get(id), Some(Def::Expr(inner)) if is_part(branch, inner)),
        _ => false,
    }
}
