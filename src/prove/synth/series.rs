//! Series: a record in each bin, and one bin that stands out.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::model::{Fields, Input, Row, Tag, Term};
use super::solver::{Outcome, Solver, Stuck};
use super::want::Want;
use crate::ir::{CompareOp, Expr, MakeSeries, Plan, SeriesRange, Value};
use crate::literal::TICKS_PER_DAY;
use crate::source::Span;

/// The most bins that are filled.
const BINS: i64 = 400;
/// How many records stand out, where records are counted.
const MANY: usize = 60;
/// A value that stands out, and one that does not.
const HIGH: i64 = 2_000_000_000;
const LOW: i64 = 1000;

impl<'q> Solver<'q> {
    /// A record of a series: `row` is one of the records in the bin that stands out.
    pub(super) fn series(
        &mut self,
        plan: &'q Plan,
        at: usize,
        series: &'q MakeSeries,
        row: &Row<'q>,
        input: &Input<'q>,
    ) -> Outcome<Row<'q>> {
        let span = plan.steps[at].span;
        let mut terms: HashMap<_, _> =
            series.keys.iter().map(|key| (key.id, Term::Expr(&key.expr, row.clone()))).collect();
        terms.insert(series.axis_id, Term::Expr(&series.axis, row.clone()));
        self.axes.insert(series.axis_id);
        let mut summed: Option<&'q Expr> = None;
        for item in &series.items {
            let call = item.aggregates.first();
            let argument = call.and_then(|call| call.arguments.first());
            match (call.map(|call| call.function.name()), argument) {
                (Some("sum" | "avg" | "max" | "min"), Some(argument)) => {
                    summed = Some(argument);
                    self.axes.insert(item.id);
                    terms.insert(item.id, Term::Expr(argument, row.clone()));
                }
                _ => {
                    terms.insert(item.id, Term::Opaque);
                }
            }
        }
        let made = Rc::new(Fields { terms, ..Fields::default() });
        let Some((from, to, step)) = self.bins(&series.range) else {
            self.note(Stuck::Unknown(span, "the bins of the series are not known".to_owned()));
            return Ok(made);
        };
        let count = ((to - from) / step).clamp(1, BINS);
        // The last bin stands out; where there are more bins than are filled, the first ones are empty.
        self.place(series, summed, row, (to - step, to - 1), HIGH, span)?;
        let trusting = std::mem::replace(&mut self.trusting, true);
        let tags = self.state.tags.clone();
        self.state.tags.push(Tag::Background(span));
        let mut outcome = Ok(());
        let more = if summed.is_some() { 0 } else { MANY };
        let background = (2..=count).map(|back| (to - back * step, LOW + back % 7));
        let standing_out = (0..more).map(|_| (to - step, HIGH));
        for (start, value) in standing_out.chain(background) {
            outcome = self.produce(plan, at, input).and_then(|other| {
                for key in &series.keys {
                    self.alike(&key.expr, row, &key.expr, &other, span)?;
                }
                self.place(series, summed, &other, (start, start + step - 1), value, span)
            });
            if outcome.is_err() {
                break;
            }
        }
        self.state.tags = tags;
        self.trusting = trusting;
        outcome.map(|()| made)
    }

    /// From, to and step of a series, in ticks.
    fn bins(&self, range: &SeriesRange) -> Option<(i64, i64, i64)> {
        let none = Rc::new(Fields::default());
        let ticks = |expr: &Expr| match self.evaluate(expr, &none)? {
            Value::DateTime(ticks) | Value::TimeSpan(ticks) => Some(ticks),
            _ => None,
        };
        let (from, to, step) = match range {
            SeriesRange::FromTo { from, to, step } => {
                let to = to.as_ref().map_or(Some(self.now), ticks)?;
                (from.as_ref().map_or(Some(to - 7 * TICKS_PER_DAY), ticks)?, to, ticks(step)?)
            }
            SeriesRange::InRange(from, to, step) => (ticks(from)?, ticks(to)?, ticks(step)?),
        };
        (step > 0 && to > from).then_some((from, to.min(self.now), step))
    }

    /// Puts a record into a bin, with a value.
    fn place(
        &mut self,
        series: &'q MakeSeries,
        summed: Option<&'q Expr>,
        row: &Row<'q>,
        (low, high): (i64, i64),
        value: i64,
        span: Span,
    ) -> Outcome {
        self.ask(&series.axis, row, Want::Order(CompareOp::GreaterOrEqual, Value::DateTime(low)), span)?;
        self.ask(&series.axis, row, Want::Order(CompareOp::LessOrEqual, Value::DateTime(high)), span)?;
        if let Some(summed) = summed {
            let values: Arc<[Value]> = Arc::new([Value::Long(value)]);
            // What a rule asks of the value itself goes first.
            self.gently(|solver| solver.ask(summed, row, Want::Among { values, fold: false, negated: false }, span));
        }
        Ok(())
    }
}
