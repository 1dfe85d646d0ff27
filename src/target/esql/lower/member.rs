//! Membership: whether a value is one of a list, or holds one of its values.

use super::condition::{complement, folded, is_empty, is_there, literal_match};
use super::{Flow, Lower, Result, refuse};
use crate::ir::{CaseRule, CompareOp, Expr as Ir, Membership, Quantifier, StringTest, Value, ValueSet};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::elastic::lucene;
use crate::target::elastic::tables::StoredType;
use crate::target::esql::tree::Expr;
use crate::target::sets::{Asked, elements, table_of};
use crate::types::Type;

impl Lower<'_> {
    pub(super) fn member(&mut self, flow: &mut Flow, node: &Membership, want: bool, span: Span) -> Result<Expr> {
        let want = want != node.negated;
        if let Some(plan) = table_of(node) {
            return self.member_of_table(flow, node, &plan, want, span);
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
                Asked::Array(item) => self.member_of_array(flow, node, item, want, span)?,
                Asked::Text(one, item) => self.string_match(flow, &one, want, item.span)?,
                Asked::Value(one) => self.comparison(flow, &one, want)?,
            });
        }
        let any = (node.quantifier == Quantifier::Any) == want;
        Ok(if any { Expr::any(parts) } else { Expr::all(parts) })
    }

    fn member_of_values(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        values: &[Value],
        want: bool,
        span: Span,
    ) -> Result<Expr> {
        let slot = Self::slot(flow, &node.subject).cloned();
        let filled = Self::is_filled(flow, &node.subject);
        let keyword = slot.as_ref().is_some_and(|slot| slot.stored == Some(StoredType::Keyword));
        let ty = node.subject.ty.ty;
        let numeric = (ty.is_numeric()
            || matches!(ty, Type::DateTime | Type::TimeSpan)
            || ty != Type::String && values.iter().all(|v| v.ty().is_numeric()))
            && !keyword;
        if node.test == StringTest::Equals && numeric {
            let subject =
                if ty == Type::DateTime { self.time(flow, &node.subject)? } else { self.number(flow, &node.subject)? };
            let mut items = Vec::with_capacity(values.len());
            for value in values {
                let literal = Ir::literal(value.clone(), span);
                let text = value.as_str();
                // `007` is the text of no number.
                let number = text.and_then(|text| text.parse::<i64>().ok().filter(|number| number.to_string() == text));
                items.push(match number {
                    Some(number) if ty != Type::DateTime => Expr::integer(number),
                    _ if text.is_some() => {
                        return refuse(
                            LossKind::UnsupportedExpression,
                            span,
                            "a number is compared with a text that is not the text of a whole number",
                        );
                    }
                    _ => self.value(flow, &literal)?,
                });
            }
            let test = one_of(subject.clone(), items);
            return Ok(if want { test } else { complement(test, &subject, filled) });
        }
        let text = self.text(flow, &node.subject)?;
        let mut texts: Vec<String> = Vec::with_capacity(values.len());
        for value in values {
            match self.text(flow, &Ir::literal(value.clone(), span))? {
                Expr::Text(text) if texts.contains(&text) => {}
                Expr::Text(text) => texts.push(text),
                _ => return refuse(LossKind::UnsupportedExpression, span, "one of the values has no text"),
            }
        }
        self.tell_sigma(node.rules.case, &texts, span);
        let mode = slot.and_then(|slot| slot.values);
        let sensitive = node.rules.case == CaseRule::Sensitive;
        if node.test == StringTest::Equals {
            let asked: Vec<&str> = texts.iter().map(String::as_str).collect();
            self.unheld(flow, &node.subject, &asked, want, span);
            let (subject, fold) = folded(&text, sensitive, mode);
            let has_empty = texts.iter().any(String::is_empty);
            let mut items: Vec<Expr> = Vec::new();
            for item in texts.iter().filter(|t| !t.is_empty()).map(|t| Expr::Text(fold(t))) {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            if has_empty {
                let empty = is_empty(&text);
                if items.is_empty() {
                    return Ok(if want { empty } else { is_there(&text) });
                }
                let test = one_of(subject, items);
                return Ok(if want {
                    Expr::any(vec![empty, test])
                } else {
                    Expr::all(vec![is_there(&text), complement(test, &text, true)])
                });
            }
            let test = one_of(subject, items);
            return Ok(if want { test } else { complement(test, &text, filled) });
        }
        self.part_of_named(mode, &texts, span);
        let all = node.quantifier == Quantifier::All;
        // The empty string is in every text.
        if texts.iter().any(String::is_empty) && !all {
            return Ok(Expr::Bool(want));
        }
        texts.retain(|text| !text.is_empty());
        if all || matches!(node.test, StringTest::Wildcard | StringTest::Glob) {
            let parts: Vec<Expr> = texts
                .iter()
                .map(|needle| literal_match(node.test, node.rules.case, &text, needle, want, filled, mode))
                .collect();
            return Ok(if all == want { Expr::all(parts) } else { Expr::any(parts) });
        }
        if let [needle] = texts.as_slice() {
            return Ok(literal_match(node.test, node.rules.case, &text, needle, want, filled, mode));
        }
        let (subject, fold) = folded(&text, sensitive, mode);
        let needles: Vec<String> = texts.iter().map(|text| fold(text)).collect();
        let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
        let patterns = lucene::needles(node.test, &needles);
        let tests = patterns.into_iter().map(|pattern| Expr::Rlike(Box::new(subject.clone()), pattern)).collect();
        let test = Expr::any(tests);
        Ok(if want { test } else { complement(test, &text, filled) })
    }

    /// One of the values of a field with several.
    fn member_of_array(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        item: &Ir,
        want: bool,
        span: Span,
    ) -> Result<Expr> {
        if node.test != StringTest::Equals || node.rules.case != CaseRule::Sensitive {
            return refuse(
                LossKind::UnsupportedExpression,
                item.span,
                "the values of an array that is computed can only be compared with `in`",
            );
        }
        let array = self.value(flow, item)?;
        if !matches!(array, Expr::Field(_)) {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "this set of values cannot be said; write them out or make them a table",
            );
        }
        let text = self.text(flow, &node.subject)?;
        let test = Expr::call("COALESCE", [Expr::call("MV_CONTAINS", [array, text]), Expr::Bool(false)]);
        Ok(if want { test } else { Expr::Not(Box::new(test)) })
    }
}

fn one_of(subject: Expr, mut items: Vec<Expr>) -> Expr {
    match items.len() {
        0 => Expr::Bool(false),
        1 => Expr::compare(CompareOp::Equal, subject, items.remove(0)),
        _ => Expr::In(Box::new(subject), items),
    }
}
