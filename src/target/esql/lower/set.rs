//! Values out of another table: keys to compare with, terms to look for, and single values.
//!
//! The other table becomes a branch of the `FROM`; `INLINE STATS` carries over to the rows what is asked of it, and a
//! condition reads that as it reads any column. So a set may stand anywhere in a condition, negated or not.

use super::aggregate::of_side;
use super::beside::Other;
use super::join::reference;
use super::rewrite::at_least_one;
use super::value::lowered;
use super::{Flow, Lower, Result, refuse};
use crate::ir::{CaseRule, ColumnId, CompareOp, Expr as Ir, Membership, Plan, Quantifier, StringTest, ValueSet};
use crate::source::Span;
use crate::target::esql::tree::{Aggregate, Command, Expr};
use crate::target::ledger::Accounts as _;
use crate::target::sets::written_out;
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind};
use crate::types::Type;

/// What may not stand before a term, or behind it, in a pattern of `REPLACE`.
const BEFORE: &str = "(?<![A-Za-z0-9])";
const BEHIND: &str = "(?![A-Za-z0-9])";

/// True where a pattern of `REPLACE` is found in a text; null where either is.
///
/// Each match gets a character more, so that the text changes exactly where there is one, and be it an empty one.
pub(super) fn found(text: Expr, pattern: Expr, want: bool) -> Expr {
    let changed = Expr::call("REPLACE", [text.clone(), pattern, Expr::text("$0_")]);
    Expr::compare(if want { CompareOp::NotEqual } else { CompareOp::Equal }, changed, text)
}

impl Lower<'_> {
    /// True where a value is, or is not, among those of a table's column.
    pub(super) fn member_of_table(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        plan: &Plan,
        want: bool,
        span: Span,
    ) -> Result<Expr> {
        if let Some(values) = written_out(plan) {
            let items = values.into_iter().map(|value| Ir::literal(value, span)).collect();
            let list = Membership { set: ValueSet::List(items), negated: false, ..node.clone() };
            return self.member(flow, &list, want, span);
        }
        let Some(column) = plan.schema().at(0).map(|c| c.id) else {
            return refuse(LossKind::UnsupportedExpression, span, "the table has no column to compare with");
        };
        if node.quantifier == Quantifier::All {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "that all terms of another table are there cannot be said; write them out",
            );
        }
        if node.test == StringTest::Equals {
            self.key_of_table(flow, node, plan, column, want, span)
        } else {
            self.term_of_table(flow, node, plan, column, want, span)
        }
    }

    /// A key is compared with those of a table: its partners there are counted.
    fn key_of_table(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        plan: &Plan,
        column: ColumnId,
        want: bool,
        span: Span,
    ) -> Result<Expr> {
        let insensitive = node.rules.case != CaseRule::Sensitive;
        let fold = |value: Expr| if insensitive { lowered(value) } else { value };
        let mut left = fold(self.text_or_value(flow, &node.subject)?);
        let name = self.helper("key");
        if let Some(index) = reference(plan) {
            flow.push(Command::Eval(vec![(name.clone(), left)]));
            let listed = self.helper("listed");
            let message = format!(
                "the list has to be there as the lookup index `{index}`, filtered as the query does, with `{name}` as its key{} and `{listed}: true` in each row",
                if insensitive { " in lower case" } else { "" }
            );
            self.ledger.losses.push(Loss::approximate(LossKind::Lookup, span, message));
            flow.push(Command::LookupJoin(index, vec![name]));
            let listed = Expr::field(listed);
            flow.narrowed = true;
            flow.pool = None;
            return Ok(if want { listed.is_not_null() } else { listed.is_null() });
        }
        let mut right = self.plan(plan, Usage::of_deciding([column]))?;
        let right_value = self.column(&mut right, column, span);
        let right_value = if right.slots.get(&column).is_some_and(|s| s.stored.is_some()) {
            Expr::call("TO_STRING", [right_value])
        } else {
            right_value
        };
        let (side, label) = (self.side_of(), self.helper("other"));
        if self.query.columns[column].ty.ty == Type::Dynamic {
            // A list of nothing is null there, and would be a partner of every row without a key.
            right.push(Command::Where(right_value.clone().is_not_null()));
            let elements = right.slots.get(&column).and_then(|slot| slot.elements).map(|elements| elements.ty);
            if elements != Some(Type::String) {
                self.lose(LossKind::Null, span, "an empty text in the list is not found: lists hold none there");
            } else if !Self::is_filled(flow, &node.subject) {
                // A list that an aggregate makes of texts holds the empty one, which the missing ones of it are.
                left = Expr::call("COALESCE", [left, Expr::text("")]);
            }
        }
        let later = &flow.commands[flow.pool.unwrap_or_default()..];
        if flow.pool.is_some() && later.iter().any(|command| command.assigns(&|name| left.reads(name))) {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "sub-queries of FROM cannot be nested, and here a further set of keys is compared with what is taken from a text",
            );
        }
        let mut late = Vec::new();
        if flow.pool.is_some() {
            late.push((name.clone(), left));
        } else {
            flow.push(Command::Eval(vec![(name.clone(), left)]));
        }
        let keys = vec![(name.clone(), fold(right_value))];
        let other = Other { label: &label, columns: Vec::new(), keys, late };
        self.put_beside(flow, right, &side, other, span)?;
        let partners = self.helper("partners");
        let aggregate = Aggregate {
            name: partners.clone(),
            value: Expr::call("COUNT", [Expr::All]),
            condition: Some(of_side(&side, &label)),
        };
        let at = flow.pool.unwrap_or_default();
        flow.commands.insert(at, Command::Stats { inline: true, aggregates: vec![aggregate], by: vec![(name, None)] });
        flow.pool = Some(at + 1);
        flow.narrowed = true;
        Ok(if want {
            at_least_one(&partners)
        } else {
            Expr::compare(CompareOp::Equal, Expr::field(&partners), Expr::integer(0))
        })
    }

    /// Terms of a table are looked for in a text: all of them make one pattern.
    fn term_of_table(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        plan: &Plan,
        column: ColumnId,
        want: bool,
        span: Span,
    ) -> Result<Expr> {
        let mut right = self.plan(plan, Usage::of_deciding([column]))?;
        let needle = self.column(&mut right, column, span);
        let needle = if self.query.columns[column].ty.ty == Type::String
            && right.slots.get(&column).is_none_or(|slot| slot.stored.is_none())
        {
            needle
        } else {
            Expr::call("TO_STRING", [needle])
        };
        // An empty text is a term as well, which every text has.
        let needle = if self.query.columns[column].ty.ty == Type::String
            && right.slots.get(&column).is_none_or(|slot| !slot.filled)
        {
            Expr::call("COALESCE", [needle, Expr::text("")])
        } else {
            needle
        };
        let needle = Expr::Field(self.in_column(&mut right, needle, "term"));
        if self.query.columns[column].ty.ty == Type::Dynamic
            && let Expr::Field(term) = &needle
        {
            // Of a list each element is a term.
            right.push(Command::MvExpand(term.clone()));
        }
        let collect = |pattern: &str| {
            let all = Expr::call("MV_CONCAT", [Expr::call("VALUES", [Expr::field(pattern)]), Expr::text("|")]);
            if node.rules.case == CaseRule::Sensitive { all } else { Expr::call("CONCAT", [Expr::text("(?i)"), all]) }
        };
        let pattern = self.on_every_row(flow, right, "pattern", pattern_of(node.test, &needle), collect, span)?;
        let text = self.text(flow, &node.subject)?;
        // A missing text is the empty one, in which an empty term is found.
        let filled = Self::is_filled(flow, &node.subject);
        let text = if filled { text } else { Expr::call("COALESCE", [text, Expr::text("")]) };
        let test = found(text, pattern.clone(), want);
        // Without a term nothing is found.
        Ok(if want { test } else { Expr::any(vec![pattern.is_null(), test]) })
    }

    /// A single value out of another table.
    pub(super) fn scalar_of_table(&mut self, flow: &mut Flow, plan: &Plan, span: Span) -> Result<Expr> {
        let Some(column) = plan.schema().at(0).map(|c| c.id) else {
            return refuse(LossKind::UnsupportedExpression, span, "the table gives no column");
        };
        let mut right = self.plan(plan, Usage::of_deciding([column]))?;
        let value = self.column(&mut right, column, span);
        let single = right.unique.as_ref().is_some_and(Vec::is_empty)
            || matches!(right.commands.last(), Some(Command::Limit(1)));
        if !single {
            self.lose(
                LossKind::Order,
                span,
                "of several rows KQL takes the value of the first one, here the greatest value is taken",
            );
        }
        let several = self.query.columns[column].ty.ty == Type::Dynamic;
        let greatest = |label: &str| Expr::call(if several { "VALUES" } else { "MAX" }, [Expr::field(label)]);
        self.on_every_row(flow, right, "scalar", value, greatest, span)
    }

    /// Gives every row what `collect` makes of a value of the other table's rows.
    fn on_every_row(
        &mut self,
        flow: &mut Flow,
        right: Flow,
        wanted: &str,
        value: Expr,
        collect: impl Fn(&str) -> Expr,
        span: Span,
    ) -> Result<Expr> {
        let (side, label) = (self.side_of(), self.helper(wanted));
        let columns = vec![(label.clone(), value)];
        let other = Other { label: &label, columns, keys: Vec::new(), late: Vec::new() };
        self.put_beside(flow, right, &side, other, span)?;
        let aggregate =
            Aggregate { name: label.clone(), value: collect(&label), condition: Some(of_side(&side, &label)) };
        let at = flow.pool.unwrap_or_default();
        flow.commands.insert(at, Command::Stats { inline: true, aggregates: vec![aggregate], by: Vec::new() });
        flow.pool = Some(at + 1);
        flow.narrowed = true;
        Ok(Expr::Field(label))
    }

    fn text_or_value(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        if matches!(expr.ty.ty, Type::String | Type::Dynamic | Type::Unknown) {
            self.text(flow, expr)
        } else {
            self.value(flow, expr)
        }
    }
}

/// The expression that gives the pattern of a term which is itself a value.
fn pattern_of(test: StringTest, needle: &Expr) -> Expr {
    let escaped = Expr::call("REPLACE", [needle.clone(), Expr::text("([^A-Za-z0-9])"), Expr::text(r"\\$1")]);
    let guard = |end: &str, guard: &str| {
        let is_term = Expr::Rlike(Box::new(needle.clone()), end.to_owned());
        Expr::call("CASE", [is_term, Expr::text(guard), Expr::text("")])
    };
    let mut parts = Vec::new();
    match test {
        StringTest::HasTerm | StringTest::HasPrefix => parts.push(guard("[A-Za-z0-9].*", BEFORE)),
        StringTest::StartsWith => parts.push(Expr::text(r"\A")),
        _ => {}
    }
    parts.push(escaped);
    match test {
        StringTest::HasTerm | StringTest::HasSuffix => parts.push(guard(".*[A-Za-z0-9]", BEHIND)),
        StringTest::EndsWith => parts.push(Expr::text(r"\z")),
        _ => {}
    }
    if parts.len() == 1 { parts.remove(0) } else { Expr::Call("CONCAT".into(), parts) }
}
