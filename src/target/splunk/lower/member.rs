//! Membership: whether a value is one of a list, or holds one of its values.

use super::condition::constant;
use super::text::{is_empty, is_filled, lowered, matches, pattern};
use super::{Flow, Lower, Result, refuse};
use crate::ir::{CaseRule, CompareOp, Expr, Membership, Quantifier, StringTest, Value, ValueSet};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::sets::{Asked, elements, table_of};
use crate::target::splunk::tree::{Eval, Operator};
use crate::types::Type;

impl Lower<'_> {
    pub(super) fn member(&mut self, flow: &mut Flow, node: &Membership, want: bool, span: Span) -> Result<Eval> {
        let want = want != node.negated;
        if let Some(plan) = table_of(node) {
            return self.member_of_plan(flow, node, &plan, want, span);
        }
        let ValueSet::List(items) = &node.set else {
            return refuse(LossKind::UnsupportedExpression, span, "the table has no column to compare with");
        };
        let (values, computed) = elements(node, items);
        let mut parts = Vec::with_capacity(computed.len() + 1);
        if !values.is_empty() {
            parts.push(self.member_of_values(flow, node, &values, want, span)?);
        }
        for asked in computed {
            parts.push(match asked {
                Asked::Array(item) => self.member_of_array(flow, node, item, want)?,
                Asked::Text(one, item) => self.string_match(flow, &one, want, item.span)?,
                Asked::Value(one) => self.comparison(flow, &one, want)?,
            });
        }
        let any = (node.quantifier == Quantifier::Any) == want;
        Ok(if any { Eval::any(parts) } else { Eval::all(parts) })
    }

    fn member_of_values(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        values: &[Value],
        want: bool,
        span: Span,
    ) -> Result<Eval> {
        let filled = self.is_filled(flow, &node.subject);
        let numeric = node.subject.ty.ty.is_numeric()
            || matches!(node.subject.ty.ty, Type::DateTime | Type::TimeSpan)
            || node.subject.ty.ty != Type::String && values.iter().all(|v| v.ty().is_numeric());
        if node.test == StringTest::Equals && numeric {
            let val = self.value(flow, &node.subject)?;
            let is_time = node.subject.ty.ty == Type::DateTime;
            let subject = if is_time { self.to_time(val, span)? } else { self.to_number(val, span)? };
            let mut arguments = vec![subject.clone()];
            for value in values {
                let expr = Expr::literal(value.clone(), span);
                let val = self.value(flow, &expr)?;
                arguments.push(if is_time { self.to_time(val, span)? } else { self.to_number(val, span)? });
            }
            let test = one_of(arguments);
            return Ok(if want { test } else { super::text::complement(test, &subject, filled) });
        }
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            let expr = Expr::literal(value.clone(), span);
            match self.text(flow, &expr)? {
                Eval::Text(text) => texts.push(text),
                _ => return refuse(LossKind::UnsupportedExpression, span, "one of the values has no text in SPL"),
            }
        }
        self.tell_sigma(node.rules.case, &texts, span);
        if let Some(multi) = self.multi_subject(flow, &node.subject)? {
            let plain = texts.iter().all(|t| t.chars().all(|c| !"\"\\,[]".contains(c)) && !t.is_empty());
            if node.test == StringTest::Equals || !plain || node.quantifier == Quantifier::All {
                return refuse(LossKind::UnsupportedExpression, span, "the text of a whole array cannot be compared");
            }
            let needles: Vec<&str> = texts.iter().map(String::as_str).collect();
            let find = Eval::call("mvfind", [multi, Eval::Regex(pattern(node.test, node.rules.case, &needles))]);
            return Ok(Eval::call(if want { "isnotnull" } else { "isnull" }, [find]));
        }
        let text = self.text(flow, &node.subject)?;
        let (text, case) = match node.test {
            StringTest::Equals => self.compared_text(text, texts.iter().map(String::as_str), node.rules.case, span),
            _ => (text, node.rules.case),
        };
        let sensitive = case == CaseRule::Sensitive;
        let has_empty = texts.iter().any(String::is_empty);
        let mut filled_texts: Vec<String> = texts.into_iter().filter(|t| !t.is_empty()).collect();
        filled_texts.dedup();
        if node.test == StringTest::Equals {
            let subject = if sensitive { text.clone() } else { lowered(&text) };
            let (spelled, filled_texts): (Vec<String>, Vec<String>) =
                filled_texts.into_iter().partition(|text| super::text::has_spellings(text));
            let mut arguments = vec![subject];
            arguments
                .extend(filled_texts.iter().map(|t| Eval::Text(if sensitive { t.clone() } else { t.to_lowercase() })));
            let spelled: Vec<&str> = spelled.iter().map(String::as_str).collect();
            let pattern = (!spelled.is_empty()).then(|| matches(text.clone(), super::text::whole(case, &spelled)));
            let test = match (arguments.len(), pattern) {
                (1, None) => return Ok(if want { is_empty(&text) } else { is_filled(&text) }),
                (1, Some(pattern)) => pattern,
                (_, None) => one_of(arguments),
                (_, Some(pattern)) => Eval::any(vec![one_of(arguments), pattern]),
            };
            return Ok(match (want, has_empty) {
                (true, true) => Eval::any(vec![is_empty(&text), test]),
                (true, false) => test,
                (false, true) => Eval::all(vec![is_filled(&text), super::text::complement(test, &text, true)]),
                (false, false) => super::text::complement(test, &text, filled),
            });
        }
        // The empty string is in every text.
        if node.quantifier == Quantifier::Any && has_empty {
            return Ok(constant(want));
        }
        if filled_texts.is_empty() {
            return Ok(constant(want));
        }
        if node.quantifier == Quantifier::All {
            let parts: Vec<Eval> = filled_texts
                .iter()
                .map(|needle| self.literal_match(node.test, node.rules.case, &text, needle, want, filled))
                .collect();
            return Ok(if want { Eval::all(parts) } else { Eval::any(parts) });
        }
        if let [needle] = filled_texts.as_slice() {
            return Ok(self.literal_match(node.test, node.rules.case, &text, needle, want, filled));
        }
        let needles: Vec<&str> = filled_texts.iter().map(String::as_str).collect();
        let test = matches(text.clone(), pattern(node.test, node.rules.case, &needles));
        Ok(if want { test } else { super::text::complement(test, &text, filled) })
    }

    /// Whether a value is one of those of an array that is computed.
    fn member_of_array(&mut self, flow: &mut Flow, node: &Membership, item: &Expr, want: bool) -> Result<Eval> {
        let text = self.text(flow, &node.subject)?;
        let array = self.alternatives(flow, item)?;
        let flag = if node.rules.case == CaseRule::Sensitive { "" } else { "(?i)" };
        let flagged = |pattern: Eval| {
            if flag.is_empty() { pattern } else { Eval::operation(Eval::text(flag), Operator::Concat, pattern) }
        };
        if node.test == StringTest::Equals {
            let text = super::text::or_empty(text);
            let find = Eval::call("mvfind", [array, flagged(super::text::pattern_of(StringTest::Equals, &text))]);
            return Ok(Eval::call(if want { "isnotnull" } else { "isnull" }, [find]));
        }
        if node.quantifier == Quantifier::All {
            return refuse(
                LossKind::UnsupportedExpression,
                item.span,
                "that a text holds all values of an array that is computed cannot be said",
            );
        }
        let needles = self.in_field(flow, array, "needles");
        let patterns =
            Eval::call("mvmap", [Eval::field(&needles), super::text::pattern_of(node.test, &Eval::field(&needles))]);
        let text = super::text::or_empty(text);
        let test = Eval::call("match", [text, flagged(Eval::call("mvjoin", [patterns, Eval::text("|")]))]);
        Ok(if want {
            test
        } else {
            Eval::any(vec![Eval::call("isnull", [Eval::Field(needles)]), Eval::Not(Box::new(test))])
        })
    }
}

/// `in(…)`, or a plain comparison with a single value.
fn one_of(mut arguments: Vec<Eval>) -> Eval {
    if arguments.len() == 2 {
        let (Some(value), Some(subject)) = (arguments.pop(), arguments.pop()) else { return constant(false) };
        return Eval::compare(CompareOp::Equal, subject, value);
    }
    Eval::call("in", arguments)
}
