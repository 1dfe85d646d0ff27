//! Membership: values that are, or are not, among those of a list or of what a sub-query gives.

use std::sync::Arc;

use super::model::{Input, Row};
use super::solver::{Outcome, Solver, Stuck, Way};
use super::want::{Want, text};
use crate::ir::{CaseRule, Expr, ExprKind, Membership, Plan, Quantifier, StringTest, ValueSet};
use crate::source::Span;

impl<'q> Solver<'q> {
    /// A value in a list, or not in it.
    pub(super) fn member(&mut self, node: &'q Membership, expr: &'q Expr, row: &Row<'q>, holds: bool) -> Outcome {
        let span = expr.span;
        let fold = node.rules.case != CaseRule::Sensitive;
        let negated = node.negated == holds;
        let mut values = Vec::new();
        match &node.set {
            ValueSet::List(list) => {
                for item in list {
                    let Some(value) = self.evaluate(item, row) else {
                        return self.member_of(node, list, row, negated, expr, holds);
                    };
                    match super::locate::elements(&value) {
                        Some(elements) => values.extend(elements),
                        None => values.push(value),
                    }
                }
            }
            ValueSet::Plan(plan) => match super::plan::written(plan) {
                Some(written) => values = written,
                None if negated => {
                    return self.choose((Way::Partner, span), 2, |solver, way| {
                        solver.reject(plan, 0);
                        // A value that is in the list but for what decides there.
                        if way == 1 { solver.listed(node, plan, row, false, span) } else { Ok(()) }
                    });
                }
                None => return self.listed(node, plan, row, true, span),
            },
        }
        if node.test == StringTest::Equals {
            return self.ask(&node.subject, row, Want::Among { values: values.into(), fold, negated }, span);
        }
        let needles: Vec<Arc<str>> = values.iter().map(|value| text(value).into()).collect();
        if node.quantifier == Quantifier::Any {
            return self.ask(
                &node.subject,
                row,
                Want::Any { test: node.test, fold, needles: needles.into(), negated },
                span,
            );
        }
        if negated {
            return self.choose((Way::Arm, span), needles.len(), |solver, at| {
                let needle = needles[at].clone();
                solver.ask(&node.subject, row, Want::Text { test: node.test, fold, needle, negated }, span)
            });
        }
        for needle in needles {
            self.ask(&node.subject, row, Want::Text { test: node.test, fold, needle, negated }, span)?;
        }
        Ok(())
    }

    /// Makes a record of a sub-query that lists a value; `counts` where the sub-query gives it.
    fn listed(
        &mut self,
        node: &'q Membership,
        plan: &'q Arc<Plan>,
        row: &Row<'q>,
        counts: bool,
        span: Span,
    ) -> Outcome {
        let column = plan.schema().at(0).map(|column| column.id);
        let column = column.ok_or_else(|| Stuck::Unknown(span, "a plan without columns".to_owned()))?;
        let made = self.produce(plan, plan.steps.len(), &Input::None)?;
        if counts {
            self.state.inner.push_back_mut((Arc::as_ptr(plan) as usize, made.clone()));
        }
        // A list in one record: of what a group collects, one value is the one that is looked for.
        if let Some((argument, members)) = self.collected(column, &made)
            && let Some(first) = members.first()
        {
            return self.one_of(node, argument, first, row, span);
        }
        if node.test == StringTest::Equals {
            return self.equal_column(&node.subject, row, column, &made, span);
        }
        let found = self.locate_column(column, &made, false);
        let found = found.and_then(|found| found.first().copied());
        let found = found.ok_or_else(|| Stuck::Unknown(span, "the values of a sub-query".to_owned()))?;
        let value = self.fix(found)?;
        let fold = node.rules.case != CaseRule::Sensitive;
        let want = Want::Text { test: node.test, fold, needle: text(&value).into(), negated: false };
        self.ask(&node.subject, row, want, span)
    }

    /// Membership in a set that depends on the record.
    fn member_of(
        &mut self,
        node: &'q Membership,
        list: &'q [Expr],
        row: &Row<'q>,
        negated: bool,
        expr: &'q Expr,
        holds: bool,
    ) -> Outcome {
        let fold = node.rules.case != CaseRule::Sensitive;
        let span = expr.span;
        if let [set] = list
            && let Some((argument, members)) = self.set_of(set, row)?
            && let Some(first) = members.first()
        {
            // What a sub-query collects: one value of it is the one that is looked for.
            if negated {
                return self.choose((Way::Partner, span), 2, |solver, way| match way {
                    1 => solver.one_of(node, argument, first, row, span),
                    _ => Ok(()),
                });
            }
            return self.one_of(node, argument, first, row, span);
        }
        if let [set] = list
            && let Some(value) = self.evaluate(&node.subject, row)
        {
            // A value in what a group collects, or in an array of the event.
            let want = Want::Among { values: Arc::new([value]), fold, negated };
            if let Some((argument, members)) = self.collected_by(set, row) {
                for member in &members {
                    self.ask(argument, member, want.clone(), expr.span)?;
                }
                return Ok(());
            }
            return self.ask(set, row, want, expr.span);
        }
        if !negated && node.test == StringTest::Equals {
            return self.choose((Way::Arm, expr.span), list.len(), |solver, at| {
                solver.equal(&node.subject, row, &list[at], row, expr.span)
            });
        }
        self.wait(expr, row, holds)
    }

    /// Makes a value one that is looked for, which is that of a record.
    fn one_of(&mut self, node: &'q Membership, value: &'q Expr, of: &Row<'q>, row: &Row<'q>, span: Span) -> Outcome {
        if node.test == StringTest::Equals {
            return self.equal(&node.subject, row, value, of, span);
        }
        self.settle(value, of)?;
        let needle = self.evaluate(value, of);
        let needle = needle.ok_or_else(|| Stuck::Unknown(span, "the values of a sub-query".to_owned()))?;
        let fold = node.rules.case != CaseRule::Sensitive;
        let want = Want::Text { test: node.test, fold, needle: text(&needle).into(), negated: false };
        self.ask(&node.subject, row, want, span)
    }

    /// What a single value of a sub-query collects, and of which records.
    fn set_of(&mut self, set: &'q Expr, row: &Row<'q>) -> Outcome<Option<(&'q Expr, Vec<Row<'q>>)>> {
        let (set, _) = self.behind(set, row);
        let ExprKind::ToScalar(plan) = &set.kind else { return Ok(None) };
        let Some(column) = plan.schema().at(0).map(|column| column.id) else { return Ok(None) };
        let made = self.sub_query(plan)?;
        Ok(self.collected(column, &made))
    }

    /// The record of a sub-query that gives a single value: the same one wherever the value is asked for.
    pub(super) fn sub_query(&mut self, plan: &'q Arc<crate::ir::Plan>) -> Outcome<Row<'q>> {
        let place = Arc::as_ptr(plan) as usize;
        if let Some((_, made)) = self.state.inner.iter().find(|(at, _)| *at == place) {
            return Ok(made.clone());
        }
        let made = self.produce(plan, plan.steps.len(), &Input::None)?;
        self.state.inner.push_back_mut((place, made.clone()));
        Ok(made)
    }
}
