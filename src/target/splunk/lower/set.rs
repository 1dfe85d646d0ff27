//! Values out of another table: keys to compare with, terms to look for, and single values.

use super::join::{without_distinct, without_partner};
use super::stream::THIS;
use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{CaseRule, CompareOp, Expr, Membership, Plan, Quantifier, StringTest};
use crate::source::Span;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Aggregate, Command, Eval, Head, Operator, Stats};
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind};

impl Lower<'_> {
    /// `x in (table)`.
    pub(super) fn member_of_plan(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        plan: &Plan,
        want: bool,
        span: Span,
    ) -> Result<Eval> {
        if node.test != StringTest::Equals && node.quantifier == Quantifier::Any {
            return self.terms_of_plan(flow, node, plan, want, span);
        }
        if node.test != StringTest::Equals {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "terms that come from a table cannot be looked for in a text; write them out, or make the table a lookup with wildcards",
            );
        }
        let Some(column) = plan.schema().at(0).cloned() else {
            return refuse(LossKind::UnsupportedExpression, span, "the table has no column to compare with");
        };
        let plan = without_distinct(plan);
        let usage = Usage::of_deciding([column.id]);
        let mut other = self.decisively(|lower| lower.side(&plan, usage))?;
        let insensitive = node.rules.case != CaseRule::Sensitive;
        let subject = self.value(flow, &node.subject)?;
        let other_val = self.column(&mut other, column.id, column_span(&plan));
        let texts = node.subject.ty.ty == crate::types::Type::String;
        let convert = |lower: &mut Self, val: Val| -> Result<Eval> {
            let value = match val.repr {
                Repr::Object(_) | Repr::Json => lower.to_text(val, span)?,
                Repr::TimeText => lower.to_time(val, span)?,
                _ => lower.whole_value(&val),
            };
            Ok(if insensitive && texts { super::text::lowered(&value) } else { value })
        };
        let left_value = convert(self, subject)?;
        let right_value = convert(self, other_val)?;
        // Both sides get a column of their own for the comparison.
        let left_id = node.subject.as_column().filter(|_| matches!(left_value, Eval::Field(_)));
        let left_id = if let Some(id) = left_id {
            id
        } else {
            let field = self.helper("member_key");
            flow.push(Command::Eval(vec![(field.clone(), left_value)]));
            let id = column.id;
            flow.slots.insert(id, Slot::new(Val::new(Eval::Field(field), Repr::Text)));
            id
        };
        let slot = Slot {
            filled: other.slots.get(&column.id).is_some_and(|s| s.filled),
            ..Slot::new(Val::new(right_value, Repr::Text))
        };
        other.slots.insert(column.id, slot);
        let partners = self.with_partners(flow, other, &[(left_id, column.id)], None, span)?;
        if left_id == column.id {
            flow.slots.remove(&column.id);
        }
        Ok(if want {
            Eval::compare(CompareOp::Greater, Eval::Field(partners), Eval::integer(0))
        } else {
            without_partner(&partners)
        })
    }

    /// `x has_any (table)`: the needles as one pattern, on every row.
    fn terms_of_plan(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        plan: &Plan,
        want: bool,
        span: Span,
    ) -> Result<Eval> {
        let Some(column) = plan.schema().at(0).cloned() else {
            return refuse(LossKind::UnsupportedExpression, span, "the table has no column to compare with");
        };
        let plan = without_distinct(plan);
        let mut other = self.decisively(|lower| lower.side(&plan, Usage::of_deciding([column.id])))?;
        let val = self.column(&mut other, column.id, column_span(&plan));
        // Of an array each element is looked for.
        let elements = val.repr == Repr::Multi;
        let needle = if elements { val.expr } else { super::text::or_empty(self.to_text(val, span)?) };
        let needle = self.in_field(&mut other, needle, "needle");
        if elements {
            other.push(Command::MvExpand(needle.clone(), None));
        }
        let needle = Eval::Field(needle);
        let pattern = self.helper("pattern");
        let value = super::text::pattern_of(node.test, &needle);
        other.push(Command::Eval(vec![(pattern.clone(), value)]));
        let values = Aggregate { function: "values".into(), argument: Some(Eval::field(&pattern)) };
        other.push(Command::Stats { kind: Stats::Groups, aggregates: vec![(values, pattern.clone())], by: Vec::new() });
        let joined = Eval::call("mvjoin", [Eval::field(&pattern), Eval::text("|")]);
        let flagged = if node.rules.case == CaseRule::Sensitive {
            joined
        } else {
            Eval::operation(Eval::text("(?i)"), Operator::Concat, joined)
        };
        other.push(Command::Eval(vec![(pattern.clone(), flagged)]));
        self.on_every_row(flow, other, &pattern, span);
        // The empty text is found in every other, one that is missing included.
        let text = super::text::or_empty(self.text(flow, &node.subject)?);
        let test = Eval::call("match", [text, Eval::field(&pattern)]);
        Ok(if want {
            test
        } else {
            // Without a needle nothing is found, so that every row stays.
            Eval::any(vec![Eval::call("isnull", [Eval::field(&pattern)]), Eval::Not(Box::new(test))])
        })
    }

    /// Puts the one value of another search on every row, in the field it has there.
    fn on_every_row(&mut self, flow: &mut Flow, mut other: Flow, field: &str, span: Span) {
        let of_nothing = of_nothing(&other, field);
        if self.can_pair(flow, &other) && of_nothing != OfNothing::Unknown {
            let names = self.own_names(&mut other);
            let value = Eval::field(names.get(field).map_or(field, String::as_str));
            let side = self.helper("side");
            self.share(flow, other, &side, vec![(field.to_owned(), value)]);
            let first = Aggregate { function: "first".into(), argument: Some(Eval::field(field)) };
            flow.push(Command::Stats {
                kind: Stats::Rows,
                aggregates: vec![(first, field.to_owned())],
                by: Vec::new(),
            });
            if of_nothing == OfNothing::Zero {
                flow.push(Command::FillNull { value: "0".to_owned(), fields: vec![field.to_owned()] });
            }
            flow.push(Command::Where(Eval::compare(CompareOp::Equal, Eval::field(&side), Eval::text(THIS))));
            flow.push(Command::Fields { keep: false, fields: vec![side] });
            flow.narrowed = true;
            return;
        }
        let key = self.helper("every_row");
        other.push(Command::Head(1));
        other.push(Command::Eval(vec![(key.clone(), Eval::integer(1))]));
        other.push(Command::Table(vec![key.clone(), field.to_owned()]));
        // A lookup is read in no time.
        if matches!(other.head, Head::Events { .. } | Head::Several(_)) {
            self.ledger.losses.push(Loss::approximate(
                LossKind::RowCap,
                span,
                "the search for this value is ended after 60 seconds, with what it has found by then",
            ));
        }
        flow.push(Command::Eval(vec![(key.clone(), Eval::integer(1))]));
        flow.push(Command::Join { left: true, by: vec![key.clone()], search: Box::new(other.search()) });
        flow.push(Command::Fields { keep: false, fields: vec![key] });
    }

    /// `toscalar(…)`: the one value on every row.
    pub(super) fn to_scalar(&mut self, flow: &mut Flow, plan: &Plan, expr: &Expr) -> Result<Val> {
        let Some(column) = plan.schema().at(0).cloned() else {
            return refuse(LossKind::UnsupportedExpression, expr.span, "the table has no column");
        };
        let mut other = self.decisively(|lower| lower.side(plan, Usage::of_deciding([column.id])))?;
        let val = self.column(&mut other, column.id, expr.span);
        let name = self.helper("scalar");
        let value = self.whole_value(&val);
        other.push(Command::Eval(vec![(name.clone(), value)]));
        self.on_every_row(flow, other, &name, expr.span);
        let repr = match val.repr {
            Repr::Object(_) => Repr::Json,
            repr => repr,
        };
        Ok(Val::new(Eval::Field(name), repr))
    }
}

/// What a field holds where a search finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfNothing {
    /// Nothing.
    Null,
    /// 0, as a count or a sum.
    Zero,
    /// What is computed of such a number, or several values.
    Unknown,
}

/// What a field of a search holds where the search finds no events.
fn of_nothing(flow: &Flow, field: &str) -> OfNothing {
    let last = flow.commands.iter().rposition(|c| matches!(c, Command::Stats { kind: Stats::Groups, .. }));
    let Some(Command::Stats { aggregates, by, .. }) = last.and_then(|at| flow.commands.get(at)) else {
        return OfNothing::Null;
    };
    let several =
        |name: &str| aggregates.iter().any(|(a, n)| n == name && matches!(a.function.as_str(), "values" | "list"));
    if !by.is_empty() {
        return if several(field) { OfNothing::Unknown } else { OfNothing::Null };
    }
    let counts = |a: &Aggregate| matches!(a.function.as_str(), "count" | "dc");
    let mut zero: Vec<&str> = aggregates.iter().filter(|(a, _)| counts(a)).map(|(_, name)| name.as_str()).collect();
    let mut computed: Vec<&str> = Vec::new();
    let mut sets: Vec<&str> = aggregates.iter().map(|(_, n)| n.as_str()).filter(|name| several(name)).collect();
    for command in &flow.commands[last.unwrap_or_default()..] {
        match command {
            Command::FillNull { value, fields } if value == "0" => zero.extend(fields.iter().map(String::as_str)),
            Command::Eval(items) => {
                for (name, value) in items {
                    let reads = |names: &[&str]| names.iter().any(|field| value.reads(field));
                    let same = matches!(value, Eval::Field(old) if zero.contains(&old.as_str()));
                    let joined = matches!(value, Eval::Call(function, _) if function == "mvjoin")
                        || matches!(value, Eval::Chain(..));
                    if same {
                        zero.push(name);
                    } else if reads(&zero) || reads(&computed) || !joined && reads(&sets) {
                        computed.push(name);
                    } else {
                        sets.retain(|set| set != name);
                    }
                }
            }
            _ => {}
        }
    }
    if computed.contains(&field) || sets.contains(&field) {
        OfNothing::Unknown
    } else if zero.contains(&field) {
        OfNothing::Zero
    } else {
        OfNothing::Null
    }
}

fn column_span(plan: &Plan) -> Span {
    plan.source.span
}
