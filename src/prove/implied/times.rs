//! What is known of instants: how far one may be behind another.
//!
//! Each fact is of the form `a <= b + n ticks`. One follows from others if a chain of them leads to it, the shortest of
//! which is looked for (difference constraints; Bellman and Ford). Instants are whole ticks, so `<` is `<=` of a tick less.

use std::collections::HashMap;

use super::Variable;
use crate::ir::{ArithmeticOp, Bound, CompareOp, Expr, ExprKind, Value};
use crate::types::Type;

/// An instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Point {
    /// That of the run.
    Now,
    /// The first there is.
    Epoch,
    /// What a column holds.
    Column(Variable),
    /// One cut to a step of so many ticks.
    Cut(Box<Self>, i64),
}

/// So many ticks behind an instant.
type Place = (Point, i64);

/// `left <= right + ticks`, for points by their numbers.
#[derive(Clone, Copy, Debug)]
struct Edge {
    left: usize,
    right: usize,
    ticks: i64,
}

/// The facts.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    points: HashMap<Point, usize>,
    edges: Vec<Edge>,
}

impl Times {
    fn number(&mut self, point: &Point) -> usize {
        if let Some(known) = self.points.get(point) {
            return *known;
        }
        let number = self.points.len();
        self.points.insert(point.clone(), number);
        if let Point::Cut(of, step) = point {
            let of = self.number(of);
            self.edges.push(Edge { left: number, right: of, ticks: 0 });
            self.edges.push(Edge { left: of, right: number, ticks: step - 1 });
        }
        number
    }

    fn add(&mut self, (left, a): &Place, (right, b): &Place, less: i64) {
        // left + a <= right + b - less
        let (left, right) = (self.number(left), self.number(right));
        self.edges.push(Edge { left, right, ticks: b.saturating_sub(*a).saturating_sub(less) });
    }

    /// Whether it is certain that `left + a <= right + b - less`.
    fn follows(&mut self, (left, a): &Place, (right, b): &Place, less: i64) -> bool {
        let wanted = b.saturating_sub(*a).saturating_sub(less);
        let (left, right) = (self.number(left), self.number(right));
        self.least(left, right).is_some_and(|ticks| ticks <= wanted)
    }

    /// The least number of ticks for which `left <= right + ticks` is certain.
    fn least(&self, left: usize, right: usize) -> Option<i64> {
        let mut least: Vec<Option<i64>> = vec![None; self.points.len()];
        *least.get_mut(right)? = Some(0);
        for _ in 0..self.points.len() {
            let mut changed = false;
            for edge in &self.edges {
                let Some(way) = least[edge.right].map(|ticks| ticks.saturating_add(edge.ticks)) else { continue };
                if least[edge.left].is_none_or(|known| way < known) {
                    least[edge.left] = Some(way);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        least[left]
    }

    /// Takes in that two columns hold the same.
    pub(super) fn same(&mut self, one: Variable, other: Variable) {
        let (one, other) = ((Point::Column(one), 0), (Point::Column(other), 0));
        self.add(&one, &other, 0);
        self.add(&other, &one, 0);
    }

    /// Takes in what a column is computed to be.
    pub(super) fn define(&mut self, column: Variable, expr: &Expr, instance: u32) {
        if let Some(place) = place(expr, instance) {
            let column = (Point::Column(column), 0);
            self.add(&column, &place, 0);
            self.add(&place, &column, 0);
        }
    }

    /// Takes in that what is said of all values of a column against fixed instants is true of another column, which
    /// holds one of them.
    pub(super) fn one_of(&mut self, column: Variable, of: Variable) {
        let of = self.number(&Point::Column(of));
        for fixed in [Point::Now, Point::Epoch] {
            let fixed_number = self.number(&fixed);
            let (above, below) = (self.least(of, fixed_number), self.least(fixed_number, of));
            let column = (Point::Column(column), 0);
            if let Some(ticks) = above {
                self.add(&column, &(fixed.clone(), ticks), 0);
            }
            if let Some(ticks) = below {
                self.add(&(fixed, 0), &(column.0, ticks), 0);
            }
        }
    }

    /// Takes in a bound of a window: the lower one or the upper one.
    pub(super) fn bound(&mut self, column: Variable, bound: Bound, closed: bool, lower: bool) {
        let (left, right) = sides(column, bound, lower);
        self.add(&left, &right, i64::from(!closed));
    }

    /// Whether a bound of a window is kept anyway.
    pub(super) fn is_bound(&mut self, column: Variable, bound: Bound, closed: bool, lower: bool) -> bool {
        let (left, right) = sides(column, bound, lower);
        self.follows(&left, &right, i64::from(!closed))
    }

    /// Takes in a condition that holds.
    pub(super) fn condition(&mut self, expr: &Expr, instance: u32) {
        for (left, right, less) in facts(expr, instance).unwrap_or_default() {
            self.add(&left, &right, less);
        }
    }

    /// Whether a condition holds for certain.
    pub(super) fn holds(&mut self, expr: &Expr, instance: u32) -> bool {
        facts(expr, instance)
            .is_some_and(|facts| facts.iter().all(|(left, right, less)| self.follows(left, right, *less)))
    }
}

fn sides(column: Variable, bound: Bound, lower: bool) -> (Place, Place) {
    let fixed = match bound {
        Bound::Instant(ticks) => (Point::Epoch, ticks),
        Bound::FromNow(ticks) => (Point::Now, ticks),
    };
    let column = (Point::Column(column), 0);
    if lower { (fixed, column) } else { (column, fixed) }
}

/// A condition between instants as facts, all of which it is made of: `left <= right - less`.
fn facts(expr: &Expr, instance: u32) -> Option<Vec<(Place, Place, i64)>> {
    match &expr.kind {
        ExprKind::Compare(node) => {
            let (left, right) = (place(&node.left, instance)?, place(&node.right, instance)?);
            Some(match node.op {
                CompareOp::Less => vec![(left, right, 1)],
                CompareOp::LessOrEqual => vec![(left, right, 0)],
                CompareOp::Greater => vec![(right, left, 1)],
                CompareOp::GreaterOrEqual => vec![(right, left, 0)],
                CompareOp::Equal => vec![(left.clone(), right.clone(), 0), (right, left, 0)],
                CompareOp::NotEqual => return None,
            })
        }
        ExprKind::Between(node) if !node.negated => {
            let subject = place(&node.subject, instance)?;
            Some(vec![(place(&node.low, instance)?, subject.clone(), 0), (subject, place(&node.high, instance)?, 0)])
        }
        _ => None,
    }
}

/// A number of ticks that is written out.
fn ticks(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Value::TimeSpan(ticks)) => Some(*ticks),
        ExprKind::Negate(inner) => ticks(inner)?.checked_neg(),
        _ => None,
    }
}

/// An expression as an instant, if it is one that can be followed.
fn place(expr: &Expr, instance: u32) -> Option<Place> {
    match &expr.kind {
        ExprKind::Literal(Value::DateTime(ticks)) => Some((Point::Epoch, *ticks)),
        ExprKind::Column(id) if expr.ty.ty == Type::DateTime => Some((Point::Column((instance, *id)), 0)),
        ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
            ("now", []) => Some((Point::Now, 0)),
            ("now", [span]) => Some((Point::Now, ticks(span)?)),
            ("ago", [span]) => Some((Point::Now, ticks(span)?.checked_neg()?)),
            ("bin" | "floor", [of, step]) => {
                let (point, offset) = place(of, instance)?;
                let step = ticks(step).filter(|step| *step > 0)?;
                (offset == 0).then(|| (Point::Cut(Box::new(point), step), 0))
            }
            _ => None,
        },
        ExprKind::Arithmetic(node) => {
            let (point, mut offset) = place(&node.first, instance)?;
            for step in &node.rest {
                let span = ticks(&step.operand)?;
                offset = match step.op {
                    ArithmeticOp::Add => offset.checked_add(span)?,
                    ArithmeticOp::Subtract => offset.checked_sub(span)?,
                    _ => return None,
                };
            }
            Some((point, offset))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Columns;

    #[test]
    fn chains_are_followed() {
        let mut columns = Columns::default();
        let mut column = |name: &str| {
            (0, columns.add(name, Type::DateTime, crate::ir::Origin::Computed, crate::source::Span::default()))
        };
        let (a, b, c) = (column("a"), column("b"), column("c"));
        let mut times = Times::default();
        times.bound(a, Bound::FromNow(-100), false, true);
        times.same(b, c);
        let (pa, pc) = ((Point::Column(a), 0), (Point::Column(c), 0));
        assert!(!times.is_bound(b, Bound::FromNow(-100), false, true));
        // a < c
        times.add(&pa, &pc, 1);
        assert!(times.is_bound(b, Bound::FromNow(-100), false, true));
        assert!(times.is_bound(b, Bound::FromNow(-98), true, true));
        assert!(!times.is_bound(b, Bound::FromNow(-97), true, true));
        assert!(!times.is_bound(b, Bound::FromNow(0), true, false));
    }

    #[test]
    fn one_of_several_keeps_to_their_bounds_and_to_nothing_else() {
        let mut columns = Columns::default();
        let mut column = |name: &str| {
            (0, columns.add(name, Type::DateTime, crate::ir::Origin::Computed, crate::source::Span::default()))
        };
        let (each, least, other) = (column("each"), column("least"), column("other"));
        let mut times = Times::default();
        times.bound(each, Bound::FromNow(-100), true, true);
        times.add(&(Point::Column(each), 0), &(Point::Column(other), 0), 0);
        times.one_of(least, each);
        assert!(times.is_bound(least, Bound::FromNow(-100), true, true));
        assert!(!times.follows(&(Point::Column(least), 0), &(Point::Column(other), 0), 0));
    }
}
