//! The span of time a rule looks at, which stands outside the query.

use super::group::duration;
use super::{Found, Lower, Meaning};
use crate::ir::{ArithmeticOp, Bound, Bounds, CompareOp, Expr, ExprKind, Value};
use crate::literal::format_datetime;
use crate::target::{Loss, LossKind};

/// An instant as date math.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    bound: Bound,
    /// Whether it is cut to the start of its day.
    of_day: bool,
}

impl Moment {
    const fn new(bound: Bound) -> Self {
        Self { bound, of_day: false }
    }

    fn text(self) -> String {
        let day = if self.of_day { "/d" } else { "" };
        let text = match self.bound {
            Bound::Instant(ticks) => return format_datetime(ticks),
            Bound::FromNow(0) => "now".to_owned(),
            Bound::FromNow(ticks) if ticks < 0 => format!("now-{}", duration(-ticks)),
            Bound::FromNow(ticks) => format!("now+{}", duration(ticks)),
        };
        format!("{text}{day}")
    }

    /// Whether it is the earlier one; nothing where that depends on when the rule runs.
    fn before(self, other: Self) -> Option<bool> {
        match (self.bound, other.bound) {
            (Bound::Instant(a), Bound::Instant(b)) | (Bound::FromNow(a), Bound::FromNow(b)) => {
                (self.of_day == other.of_day).then_some(a < b)
            }
            _ => None,
        }
    }
}

/// A span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::target::eql) struct Times {
    from: Option<Moment>,
    to: Option<Moment>,
}

impl Times {
    /// Its start as date math.
    pub(in crate::target::eql) fn start(self) -> Option<String> {
        self.from.map(Moment::text)
    }

    /// Its end as date math; none where that is the instant of the run.
    pub(in crate::target::eql) fn end(self) -> Option<String> {
        self.to.filter(|_| !self.is_until_now()).map(Moment::text)
    }

    /// Whether it ends with the run.
    pub(super) fn is_until_now(self) -> bool {
        self.to.is_none_or(|to| to == Moment::new(Bound::FromNow(0)))
    }

    /// How long it is, where it ends with the run.
    pub(super) fn length(self) -> Option<i64> {
        match (self.from?.bound, self.to.map(|to| to.bound)) {
            (Bound::FromNow(from), None | Some(Bound::FromNow(0))) => from.checked_neg(),
            _ => None,
        }
    }

    /// Narrows it; whether that can be told now.
    pub(super) fn limit(&mut self, bounds: Bounds) -> bool {
        let moment = |bound: Option<(Bound, bool)>| bound.map(|(bound, _)| Moment::new(bound));
        self.narrow(moment(bounds.from), moment(bounds.to))
    }

    fn narrow(&mut self, from: Option<Moment>, to: Option<Moment>) -> bool {
        let later = |old: Option<Moment>, new: Option<Moment>, earlier: bool| match (old, new) {
            (Some(old), Some(new)) if old == new => Some(Some(old)),
            (Some(old), Some(new)) => Some(Some(if old.before(new)? == earlier { old } else { new })),
            (old, new) => Some(old.or(new)),
        };
        match (later(self.from, from, false), later(self.to, to, true)) {
            (Some(from), Some(to)) => {
                *self = Self { from, to };
                true
            }
            _ => false,
        }
    }

    /// The span that holds both.
    pub(super) fn both(self, other: Self) -> Option<Self> {
        let wider = |a: Option<Moment>, b: Option<Moment>, earlier: bool| match (a, b) {
            (Some(a), Some(b)) if a == b => Some(Some(a)),
            (Some(a), Some(b)) => Some(Some(if a.before(b)? == earlier { a } else { b })),
            _ => Some(None),
        };
        Some(Self { from: wider(self.from, other.from, true)?, to: wider(self.to, other.to, false)? })
    }
}

impl Lower<'_> {
    /// Whether a term says nothing but over which time events are looked for; the rule says that then.
    pub(super) fn limits_time(&mut self, found: &mut Found, term: &Expr) -> bool {
        if found.members.len() != 1 {
            return false;
        }
        let (from, to) = match &term.kind {
            ExprKind::Compare(node) => {
                let (time, moment, op) = if self.is_time(&node.left) || is_arrival(&node.left) {
                    (&node.left, &node.right, node.op)
                } else {
                    (&node.right, &node.left, node.op.mirrored())
                };
                let (true, Some(moment)) = (self.is_time(time) || is_arrival(time), self.moment(moment)) else {
                    return false;
                };
                match op {
                    CompareOp::Greater | CompareOp::GreaterOrEqual => (Some(moment), None),
                    CompareOp::Less | CompareOp::LessOrEqual => (None, Some(moment)),
                    _ => return false,
                }
            }
            ExprKind::Between(node) if !node.negated && (self.is_time(&node.subject) || is_arrival(&node.subject)) => {
                let (Some(low), Some(high)) = (self.moment(&node.low), self.moment(&node.high)) else { return false };
                (Some(low), Some(high))
            }
            _ => return false,
        };
        if reads_arrival(term) {
            self.losses.push(Loss::approximate(
                LossKind::UnmappedField,
                term.span,
                "the rule has to look at the times of arrival, `timestamp_override: event.ingested`, which the pipeline has to set",
            ));
        }
        found.times.narrow(from, to)
    }

    /// Whether an expression is the time of the event.
    pub(super) fn is_time(&self, expr: &Expr) -> bool {
        let Some(id) = expr.as_column() else { return false };
        match self.columns.get(&id) {
            Some(Meaning::Field(place)) => place.field == "@timestamp",
            Some(Meaning::Computed(inner)) => self.is_time(inner),
            Some(_) => false,
            None => self.tables.is_time(&self.query.columns[id].name),
        }
    }

    /// The instant that an expression is.
    fn moment(&self, expr: &Expr) -> Option<Moment> {
        let span = |expr: &Expr| match self.literal(expr) {
            Ok(Value::TimeSpan(ticks)) => Some(ticks),
            _ => None,
        };
        let moved = |moment: Moment, ticks: i64| {
            let bound = match moment.bound {
                Bound::Instant(at) => Bound::Instant(at.checked_add(ticks)?),
                Bound::FromNow(at) => Bound::FromNow(at.checked_add(ticks)?),
            };
            (!moment.of_day).then_some(Moment::new(bound))
        };
        match &expr.kind {
            ExprKind::Literal(Value::DateTime(ticks)) => Some(Moment::new(Bound::Instant(*ticks))),
            ExprKind::Column(id) => match self.columns.get(id)? {
                Meaning::Computed(inner) => self.moment(inner),
                _ => None,
            },
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("now", []) => Some(Moment::new(Bound::FromNow(0))),
                ("now", [offset]) => Some(Moment::new(Bound::FromNow(span(offset)?))),
                ("ago", [offset]) => Some(Moment::new(Bound::FromNow(span(offset)?.checked_neg()?))),
                ("startofday", [inner]) => {
                    let moment = self.moment(inner)?;
                    matches!(moment.bound, Bound::FromNow(_)).then_some(Moment { of_day: true, ..moment })
                }
                _ => None,
            },
            ExprKind::Arithmetic(node) => {
                let mut moment = self.moment(&node.first)?;
                for step in &node.rest {
                    let ticks = span(&step.operand)?;
                    moment = match step.op {
                        ArithmeticOp::Add => moved(moment, ticks)?,
                        ArithmeticOp::Subtract => moved(moment, ticks.checked_neg()?)?,
                        _ => return None,
                    };
                }
                Some(moment)
            }
            _ => None,
        }
    }
}

/// Whether an expression is when the record arrived.
fn is_arrival(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call(function, _) if function.name() == "ingestion_time")
}

fn reads_arrival(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |e| found |= is_arrival(e));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::TICKS_PER_DAY;

    fn ago(days: i64) -> Moment {
        Moment::new(Bound::FromNow(-days * TICKS_PER_DAY))
    }

    #[test]
    fn spans_narrow_to_what_both_allow_and_widen_to_what_one_does() {
        let mut times = Times::default();
        assert!(times.narrow(Some(ago(14)), None) && times.narrow(Some(ago(7)), Some(ago(1))));
        assert_eq!((times.start().as_deref(), times.end().as_deref()), (Some("now-7d"), Some("now-1d")));
        let other = Times { from: Some(ago(30)), to: None };
        assert_eq!(times.both(other), Some(Times { from: Some(ago(30)), to: None }));
        let instant = Some(Moment::new(Bound::Instant(0)));
        assert!(!times.narrow(instant, None));
    }
}
