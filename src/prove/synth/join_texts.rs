//! Texts put together: what is wanted of the whole is carried to its parts.

use std::sync::Arc;

use super::ask::unsteered;
use super::model::Row;
use super::solver::{Outcome, Solver, Stuck, Way};
use super::want::{Want, text};
use crate::ir::{Expr, StringTest, Value};
use crate::source::Span;

impl<'q> Solver<'q> {
    /// Texts put together.
    pub(super) fn ask_joined(
        &mut self,
        parts: &'q [Expr],
        delimiter: &str,
        row: &Row<'q>,
        want: Want,
        span: Span,
    ) -> Outcome {
        let known: Vec<Option<String>> =
            parts.iter().map(|part| self.evaluate(part, row).map(|value| text(&value))).collect();
        let open: Vec<usize> = (0..parts.len()).filter(|at| known[*at].is_none()).collect();
        let whole_known = |from: usize, to: usize| -> String {
            known[from..to].iter().map(|part| part.clone().unwrap_or_default()).collect::<Vec<String>>().join(delimiter)
        };
        if let Want::Among { values, fold, negated: false } = &want
            && values.len() == 1
        {
            // The text is cut at what is known between the open parts.
            let target = text(&values[0]);
            let mut rest = target.as_str();
            let mut at = 0;
            let mut taken: Vec<(usize, String)> = Vec::new();
            for (position, part) in open.iter().enumerate() {
                let lead = {
                    let mut lead = whole_known(at, *part);
                    if !delimiter.is_empty() && *part > at {
                        lead.push_str(delimiter);
                    }
                    lead
                };
                let ok =
                    if *fold { rest.to_lowercase().starts_with(&lead.to_lowercase()) } else { rest.starts_with(&lead) };
                if !ok {
                    return Err(Stuck::Conflict(span));
                }
                rest = rest.get(lead.len()..).ok_or(Stuck::Conflict(span))?;
                let next = open.get(position + 1).copied().unwrap_or(parts.len());
                let mut between = whole_known(part + 1, next);
                if !delimiter.is_empty() && *part + 1 < parts.len() {
                    between = format!("{delimiter}{between}");
                    if next < parts.len() && next > part + 1 {
                        between.push_str(delimiter);
                    }
                }
                let end = if next == parts.len() {
                    rest.len().checked_sub(between.len()).ok_or(Stuck::Conflict(span))?
                } else if between.is_empty() {
                    rest.len().min(1)
                } else {
                    rest.find(&between).ok_or(Stuck::Conflict(span))?
                };
                taken.push((*part, rest.get(..end).ok_or(Stuck::Conflict(span))?.to_owned()));
                rest = rest.get(end..).ok_or(Stuck::Conflict(span))?;
                if next < parts.len() {
                    rest = rest.get(between.len()..).ok_or(Stuck::Conflict(span))?;
                }
                at = next;
            }
            for (part, piece) in taken {
                let values: Arc<[Value]> = Arc::new([Value::string(piece)]);
                self.ask(&parts[part], row, Want::Among { values, fold: *fold, negated: false }, span)?;
            }
            return Ok(());
        }
        let constant =
            known.iter().map(|part| part.clone().unwrap_or_default()).collect::<Vec<String>>().join(delimiter);
        let Some(first) = open.first() else {
            return if want.holds(&Value::string(constant)) { Ok(()) } else { Err(Stuck::Conflict(span)) };
        };
        match &want {
            Want::Absent(false) => Ok(()),
            Want::Text { negated: false, test, .. } | Want::Any { negated: false, test, .. } => {
                if want.holds(&Value::string(constant)) {
                    return Ok(());
                }
                let at = if *test == StringTest::EndsWith { open.last().unwrap_or(first) } else { first };
                let at = *at;
                let choice = (Way::Arm, parts[at].span);
                let order: Vec<usize> =
                    std::iter::once(at).chain(open.iter().copied().filter(|other| *other != at)).collect();
                self.choose(choice, order.len(), |solver, which| {
                    solver.ask(&parts[order[which]], row, want.clone(), span)
                })
            }
            Want::Text { negated: true, .. } | Want::Any { negated: true, .. } | Want::Regex { negated: true, .. } => {
                for part in open {
                    self.ask(&parts[part], row, want.clone(), span)?;
                }
                Ok(())
            }
            Want::Regex { negated: false, .. } => self.ask(&parts[*first], row, want, span),
            Want::Among { values, fold, negated: false } => {
                let values = values.clone();
                let fold = *fold;
                self.choose((Way::Case, parts[*first].span), values.len().min(32), |solver, at| {
                    let want = Want::Among { values: Arc::new([values[at].clone()]), fold, negated: false };
                    solver.ask_joined(parts, delimiter, row, want, span)
                })
            }
            Want::Among { negated: true, .. } => Ok(()),
            Want::Length(op, count) => {
                let there = i64::try_from(constant.chars().count()).unwrap_or(0);
                self.ask(&parts[*first], row, Want::Length(*op, count - there), span)
            }
            _ => Err(unsteered(span, "texts that are put together")),
        }
    }
}
