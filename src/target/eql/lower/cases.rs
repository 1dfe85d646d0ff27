//! Tests of a value that depends on conditions (`iff`, `case`): one condition for each value that passes.

use super::super::tree::{Condition, Operand};
use super::condition::negated;
use super::{Lower, Meaning, Result, refuse};
use crate::ir::{Case, CaseRule, CompareOp, Expr, ExprKind, StringTest, Value};
use crate::target::LossKind;

impl Lower<'_> {
    /// The choice that an expression comes down to.
    pub(super) fn case_of(&self, expr: &Expr) -> Option<Case> {
        match &expr.kind {
            ExprKind::Case(node) => Some(node.as_ref().clone()),
            ExprKind::Column(id) => match self.columns.get(id)? {
                Meaning::Computed(inner) => self.case_of(inner),
                _ => None,
            },
            _ => None,
        }
    }

    /// True where the value that is chosen passes a test.
    pub(super) fn chosen(
        &mut self,
        case: &Case,
        test: &mut dyn FnMut(&mut Self, &Expr) -> Result<Condition>,
    ) -> Result<Condition> {
        let mut parts = Vec::with_capacity(case.arms.len() + 1);
        let mut before: Vec<Condition> = Vec::new();
        for (condition, value) in &case.arms {
            let holds = self.condition(condition, true)?;
            let passes = test(self, value)?;
            let mut all = before.clone();
            all.extend([holds.clone(), passes]);
            parts.push(Condition::all(all));
            if !is_total(&holds) {
                return refuse(
                    LossKind::UnsupportedExpression,
                    condition.span,
                    "where this is not true cannot be told from where it is unknown in EQL; use ES|QL",
                );
            }
            before.push(negated(holds, false));
        }
        before.push(test(self, &case.otherwise)?);
        parts.push(Condition::all(before));
        Ok(Condition::any(parts))
    }
}

/// Whether the negation of a condition holds everywhere the condition does not, missing fields included.
fn is_total(condition: &Condition) -> bool {
    match condition {
        Condition::Compare(Operand::Field(_), CompareOp::Equal | CompareOp::NotEqual, _)
        | Condition::Constant(_)
        | Condition::In(..)
        | Condition::Like(..)
        | Condition::Regex(..)
        | Condition::Missing(..) => true,
        Condition::Compare(..) | Condition::Cidr(..) => false,
        Condition::And(terms) | Condition::Or(terms) => terms.iter().all(is_total),
        Condition::Not(inner) => is_total(inner),
    }
}

/// Whether a literal passes a test; nothing for the tests that look for terms.
pub(super) fn literal_passes(test: StringTest, case: CaseRule, text: &str, needle: &str) -> Option<bool> {
    let fold = |text: &str| if case == CaseRule::Sensitive { text.to_owned() } else { text.to_lowercase() };
    let (text, needle) = (fold(text), fold(needle));
    match test {
        StringTest::Equals => Some(text == needle),
        StringTest::Contains => Some(text.contains(&needle)),
        StringTest::StartsWith => Some(text.starts_with(&needle)),
        StringTest::EndsWith => Some(text.ends_with(&needle)),
        _ => None,
    }
}

/// The text of a literal, if it is a string.
pub(super) fn literal_text(expr: &Expr) -> Option<&str> {
    expr.as_literal().and_then(Value::as_str)
}
