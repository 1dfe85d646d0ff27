//! Lists kept outside the query: a value list, which the rule's exceptions compare with.
//!
//! An exception leaves events out. A field that has to be in a list is an exception for what is not in it.

use super::{Found, Lower, Result};
use crate::ir::{Argument, CaseRule, Computed, Expr, ExprKind, Membership, Op, Plan, SourceKind, StringTest, Value, ValueSet};
use crate::source::Span;
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
        let Some(name) = reference(plan) else { return Ok(None) };
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

    pub(super) fn except(found: &mut Found, field: &str, list: &str, negated: bool) {
        let is = if negated { "is in list" } else { "is not in list" };
        found.exceptions.push(format!("{field} {is} {list}"));
    }
}

/// The plan that a membership takes its values from.
pub(super) fn table_of(node: &Membership) -> Option<&Plan> {
    match &node.set {
        ValueSet::Plan(plan) => Some(plan),
        ValueSet::List(items) => match items.as_slice() {
            [only] => match &only.kind {
                ExprKind::ToScalar(plan) => Some(plan),
                _ => None,
            },
            _ => None,
        },
    }
}

/// The name of the list that a plan reads, where it is data kept outside: a watchlist, or data from an address.
pub(super) fn reference(plan: &Plan) -> Option<String> {
    let shapes = |op: &Op| match op {
        Op::Filter(_) | Op::Distinct | Op::MvExpand(_) | Op::Sort(_) | Op::Parse(_) => true,
        Op::Extend(_) | Op::Project(..) | Op::Summarize { .. } => true,
        _ => false,
    };
    if !plan.steps.iter().all(|step| shapes(&step.op)) {
        return None;
    }
    let text = |expr: &Expr| expr.as_literal().and_then(Value::as_str).map(str::to_owned);
    match &plan.source.kind {
        SourceKind::Call(call) if &*call.name == "_GetWatchlist" => match call.arguments.first() {
            Some((_, Argument::Scalar(alias))) => text(alias),
            _ => None,
        },
        SourceKind::External(external) => {
            let address = external.addresses.iter().find_map(text)?;
            let path = address.split(['?', '#']).next().unwrap_or(&address).trim_end_matches('/');
            Some(path.rsplit('/').next().unwrap_or(path).to_owned())
        }
        _ => None,
    }
}

/// The expression that a plan's only column has, where its steps merely choose and rename.
pub(super) fn only_column(plan: &Plan) -> Option<crate::ir::ColumnId> {
    if let Some(Op::Summarize { keys, aggregates }) = plan.steps.last().map(|step| &step.op)
        && let ([], [call]) = (keys.as_slice(), aggregates.as_slice())
        && matches!(call.function.name(), "make_set" | "makeset" | "make_list" | "makelist")
    {
        return call.arguments.first().and_then(Expr::as_column);
    }
    let [column] = plan.schema().iter().map(|c| c.id).collect::<Vec<_>>()[..] else { return None };
    let found = plan.steps.iter().rev().find_map(|step| match &step.op {
        Op::Project(items, _) | Op::Extend(items) => {
            items.iter().find(|item| item.id == column).map(|item: &Computed| item.id)
        }
        _ => None,
    });
    found.or(Some(column))
}
