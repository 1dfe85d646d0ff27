//! Lists kept outside the query: a value list, which the rule's exceptions compare with.
//!
//! An exception leaves events out. A field that has to be in a list is an exception for what is not in it.

use super::{Found, Lower, Result};
use crate::ir::{CaseRule, Expr, ExprKind, Plan, StringTest};
use crate::source::Span;
use crate::target::sets::{list_name, table_of};
use crate::target::{Loss, LossKind};

impl Lower<'_> {
    /// The field that a term compares with a list kept elsewhere, the list's name, and whether it must not be in it.
    pub(super) fn listed(&mut self, term: &Expr) -> Result<Option<(String, String, bool)>> {
        let (node, turned) = match &term.kind {
            ExprKind::Member(node) => (node, false),
            ExprKind::Not(inner) => match &inner.kind {
                ExprKind::Member(node) => (node, true),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Some(plan) = table_of(node) else { return Ok(None) };
        let Some(name) = self.reference(&plan) else { return Ok(None) };
        if node.test != StringTest::Equals {
            return Ok(None);
        }
        let subject = self.key(&node.subject)?;
        self.tell_list(&name, node.rules.case != CaseRule::Sensitive, term.span);
        Ok(Some((subject, name, node.negated != turned)))
    }

    pub(super) fn tell_list(&mut self, name: &str, insensitive: bool, span: Span) {
        let case = if insensitive { "; letters count with case there" } else { "" };
        let message = format!(
            "the list has to be there as the value list `{name}` of at most 65,536 values, and the rule needs an exception that compares with it{case}"
        );
        self.losses.push(Loss::approximate(LossKind::Lookup, span, message));
    }

    /// The name of the list that a plan reads, where it is data kept outside.
    pub(super) fn reference(&self, plan: &Plan) -> Option<String> {
        list_name(plan, &self.query.shared)
    }

    pub(super) fn except(found: &mut Found, field: &str, list: &str, negated: bool) {
        let is = if negated { "is in list" } else { "is not in list" };
        found.exceptions.push(format!("{field} {is} {list}"));
    }
}
