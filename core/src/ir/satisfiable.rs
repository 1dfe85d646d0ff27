//! Whether the tests of a query can hold together.
//!
//! Tests of one column against literals are gathered along a plan: a column keeps its id as long as it keeps its
//! value, so what an earlier filter has let pass still binds. What is not understood is taken to be satisfiable:
//! whatever is reported can never hold, or never fail.

use std::collections::HashMap;

use super::{
    CaseRule, ColumnId, Compare, CompareOp, Expr, ExprKind, Join, JoinKind, Op, Plan, Quantifier, Query, StringTest,
    Value, ValueSet,
};
use crate::source::Span;

/// A test whose outcome does not depend on the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The test.
    pub span: Span,
    /// Whether it always holds; else it never does.
    pub holds: bool,
    /// The test that it contradicts, or that it together with makes up everything.
    pub against: Option<Span>,
}

/// The tests of a query that can never hold, or never fail. Where a test is reached in several ways, as in the body of
/// a function that is called twice, it is reported only if it is settled in all of them.
pub fn settled(query: &Query) -> Vec<Settled> {
    let mut seen = Seen::default();
    for plan in query.plans() {
        seen.plan(plan);
    }
    let mut settled: Vec<Settled> = seen
        .tests
        .into_iter()
        .filter(|(_, (times, found))| *times == found.len())
        .filter_map(|(_, (_, found))| found.first().copied())
        .collect();
    settled.sort_by_key(|settled| settled.span);
    settled
}

/// The tests met so far: how often, and how often they were settled.
#[derive(Default)]
struct Seen {
    tests: HashMap<Span, (usize, Vec<Settled>)>,
}

impl Seen {
    fn plan(&mut self, plan: &Plan) {
        plan.source.kind.plans(&mut |plan| self.plan(plan));
        plan.source.kind.expressions(&mut |expr| self.inside(expr));
        let mut facts = Facts::default();
        for step in &plan.steps {
            step.op.plans(&mut |plan| self.plan(plan));
            step.op.expressions(&mut |expr| self.inside(expr));
            match &step.op {
                Op::Filter(condition) => {
                    self.test(condition, &mut facts);
                }
                // Records without a partner come with nulls in place of what the left side has let pass.
                Op::Join(Join { kind: JoinKind::RightOuter | JoinKind::FullOuter, .. }) => facts = Facts::default(),
                _ => {}
            }
        }
    }

    /// The plans inside an expression.
    fn inside(&mut self, expr: &Expr) {
        expr.operands(&mut |operand| self.inside(operand));
        expr.plan(&mut |plan| self.plan(plan));
    }

    /// Takes a test that a record has to pass; false if none can.
    fn test(&mut self, expr: &Expr, facts: &mut Facts) -> bool {
        match &expr.kind {
            // All are looked at, so that each test is counted as often as it is reached.
            ExprKind::And(operands) => {
                let mut all = true;
                for operand in operands {
                    all &= self.test(operand, facts);
                }
                all
            }
            ExprKind::Or(operands) => {
                if let Some(against) = everything(operands) {
                    self.note(expr.span, Some(Settled { span: expr.span, holds: true, against: Some(against) }));
                    return true;
                }
                self.note(expr.span, None);
                let mut any = false;
                for operand in operands {
                    any |= self.test(operand, &mut facts.clone());
                }
                any
            }
            _ => {
                let clash = Test::of(expr).and_then(|test| facts.add(&test, expr.span));
                let settled = clash.map(|against| Settled {
                    span: expr.span,
                    holds: false,
                    against: Some(against).filter(|against| *against != expr.span),
                });
                self.note(expr.span, settled);
                settled.is_none()
            }
        }
    }

    fn note(&mut self, span: Span, settled: Option<Settled>) {
        let (times, found) = self.tests.entry(span).or_default();
        *times += 1;
        found.extend(settled);
    }
}

/// Of tests of which one has to hold: the last that is needed so that one always does.
fn everything(operands: &[Expr]) -> Option<Span> {
    let mut facts = Facts::default();
    for operand in operands {
        // That all fail is as much as that their complements hold together, and null passes each of these.
        let Some(test) = Test::of(operand).filter(|test| test.negated) else { continue };
        if facts.add(&Test { negated: false, ..test }, operand.span).is_some() {
            return Some(operand.span);
        }
    }
    None
}

/// A text that a column may hold.
#[derive(Clone, Debug)]
struct Text {
    value: std::sync::Arc<str>,
    exact: bool,
}

impl Text {
    /// The texts that are both, if there are any.
    fn meet(&self, other: &Self) -> Option<Self> {
        let exact = if self.exact { self } else { other };
        let same = if self.exact && other.exact {
            self.value == other.value
        } else {
            self.value.eq_ignore_ascii_case(&other.value)
        };
        same.then(|| exact.clone())
    }

    /// Whether all that is this is also the other.
    fn within(&self, other: &Self) -> bool {
        if other.exact {
            self.exact && self.value == other.value
        } else {
            self.value.eq_ignore_ascii_case(&other.value)
        }
    }
}

/// A test of a column against literals.
struct Test {
    column: ColumnId,
    negated: bool,
    values: Values,
}

/// What a test lets pass, before it is negated.
enum Values {
    Texts(Vec<Text>),
    /// A part of a text: where, what, and whether case counts.
    Part(StringTest, std::sync::Arc<str>, bool),
    /// From and to, both included.
    Range(Scale, i64, i64),
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Itself.
    Number,
    /// Ticks since the first instant.
    Instant,
    /// Ticks from the instant of the query.
    FromNow,
    /// Ticks.
    Span,
}

/// A literal as a place on a scale.
fn place(expr: &Expr) -> Option<(Scale, i64)> {
    match &expr.kind {
        ExprKind::Literal(Value::Int(value)) => Some((Scale::Number, i64::from(*value))),
        ExprKind::Literal(Value::Long(value)) => Some((Scale::Number, *value)),
        ExprKind::Literal(Value::DateTime(ticks)) => Some((Scale::Instant, *ticks)),
        ExprKind::Literal(Value::TimeSpan(ticks)) => Some((Scale::Span, *ticks)),
        ExprKind::Negate(inner) => place(inner).and_then(|(scale, value)| Some((scale, value.checked_neg()?))),
        ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
            ("now", []) => Some((Scale::FromNow, 0)),
            ("ago", [span]) => match place(span)? {
                (Scale::Span, ticks) => Some((Scale::FromNow, ticks.checked_neg()?)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn text(expr: &Expr, case: CaseRule) -> Option<Text> {
    let Value::String(value) = expr.as_literal()? else { return None };
    // What counts as the same letter beyond ASCII is not for certain.
    let exact = case == CaseRule::Sensitive;
    (exact || value.is_ascii()).then(|| Text { value: value.clone(), exact })
}

impl Test {
    fn of(expr: &Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Compare(compare) => Self::comparison(compare),
            ExprKind::Match(node) => {
                let column = node.subject.as_column().filter(|_| is_string(&node.subject))?;
                let needle = text(&node.needle, node.rules.case)?;
                let values = match node.test {
                    StringTest::Equals => Values::Texts(vec![needle]),
                    StringTest::Contains | StringTest::StartsWith | StringTest::EndsWith => {
                        Values::Part(node.test, needle.value, needle.exact)
                    }
                    _ => return None,
                };
                Some(Self { column, negated: node.negated, values })
            }
            ExprKind::Member(node) if node.test == StringTest::Equals && node.quantifier == Quantifier::Any => {
                let column = node.subject.as_column().filter(|_| is_string(&node.subject))?;
                let ValueSet::List(items) = &node.set else { return None };
                let texts = items.iter().map(|item| text(item, node.rules.case)).collect::<Option<Vec<_>>>()?;
                Some(Self { column, negated: node.negated, values: Values::Texts(texts) })
            }
            ExprKind::Between(node) if !node.negated => {
                let column = node.subject.as_column()?;
                let ((scale, low), (other, high)) = (place(&node.low)?, place(&node.high)?);
                (scale == other).then_some(Self { column, negated: false, values: Values::Range(scale, low, high) })
            }
            _ => None,
        }
    }

    fn comparison(compare: &Compare) -> Option<Self> {
        let (column, op, literal) = match (compare.left.as_column(), compare.right.as_column()) {
            (Some(column), None) => (column, compare.op, &compare.right),
            (None, Some(column)) => (column, compare.op.mirrored(), &compare.left),
            _ => return None,
        };
        let negated = op == CompareOp::NotEqual;
        if let Some(text) = text(literal, CaseRule::Sensitive) {
            let subject = if compare.left.as_column().is_some() { &compare.left } else { &compare.right };
            let equality = negated || op == CompareOp::Equal;
            return (equality && is_string(subject)).then(|| Self {
                column,
                negated,
                values: Values::Texts(vec![text]),
            });
        }
        // A column that is no whole number may lie between two of them; one that is none of these may be cast.
        let subject = if compare.left.as_column().is_some() { &compare.left } else { &compare.right };
        let whole = matches!(
            subject.ty.ty,
            crate::types::Type::Int
                | crate::types::Type::Long
                | crate::types::Type::DateTime
                | crate::types::Type::TimeSpan
        );
        let (scale, value) = place(literal).filter(|_| whole)?;
        let (low, high) = match op {
            CompareOp::Equal | CompareOp::NotEqual => (value, value),
            CompareOp::Less => (i64::MIN, value.checked_sub(1)?),
            CompareOp::LessOrEqual => (i64::MIN, value),
            CompareOp::Greater => (value.checked_add(1)?, i64::MAX),
            CompareOp::GreaterOrEqual => (value, i64::MAX),
        };
        Some(Self { column, negated, values: Values::Range(scale, low, high) })
    }
}

fn is_string(expr: &Expr) -> bool {
    expr.ty.ty == crate::types::Type::String
}

/// What is known of the columns of the records that have passed so far.
#[derive(Clone, Default)]
struct Facts {
    /// The only texts, and the test that last narrowed them.
    texts: HashMap<ColumnId, (Vec<Text>, Span)>,
    /// The ranges, and the test that last narrowed them.
    ranges: HashMap<ColumnId, Vec<(Scale, i64, i64, Span)>>,
    /// Texts that are excluded, met before the only texts were.
    excluded: HashMap<ColumnId, Vec<(Text, Span)>>,
}

impl Facts {
    /// Adds a test. If nothing is left, the test it clashes with, which may be itself.
    fn add(&mut self, test: &Test, span: Span) -> Option<Span> {
        match &test.values {
            Values::Texts(texts) => {
                if test.negated {
                    let excluded = texts.iter().map(|text| (text.clone(), span));
                    self.excluded.entry(test.column).or_default().extend(excluded);
                    return self.narrow(test.column, span, |known| !texts.iter().any(|text| known.within(text)));
                }
                let mut left = texts.clone();
                let mut against = None;
                if let Some((known, before)) = self.texts.get(&test.column) {
                    left = known.iter().flat_map(|known| texts.iter().filter_map(|text| known.meet(text))).collect();
                    against = Some(*before);
                }
                if left.is_empty() {
                    return Some(against.unwrap_or(span));
                }
                for (text, before) in self.excluded.get(&test.column).into_iter().flatten() {
                    left.retain(|known| !known.within(text));
                    if left.is_empty() {
                        return Some(*before);
                    }
                }
                self.texts.insert(test.column, (left, span));
                None
            }
            Values::Part(part, needle, exact) => {
                let fits = |known: &Text| {
                    if *exact && !known.exact {
                        return None;
                    }
                    let fold = |text: &str| if *exact { text.to_owned() } else { text.to_ascii_lowercase() };
                    let (known, needle) = (fold(&known.value), fold(needle));
                    Some(match part {
                        StringTest::StartsWith => known.starts_with(&needle),
                        StringTest::EndsWith => known.ends_with(&needle),
                        _ => known.contains(&needle),
                    })
                };
                self.narrow(test.column, span, |known| fits(known).is_none_or(|fits| fits != test.negated))
            }
            &Values::Range(scale, low, high) => {
                if low > high {
                    return Some(span);
                }
                let ranges = self.ranges.entry(test.column).or_default();
                let known = ranges.iter_mut().find(|(known, ..)| *known == scale);
                match known {
                    // Of a range only the ends could be cut off, which is not worth it.
                    Some((_, from, to, before)) if test.negated => (from == to && *from == low).then_some(*before),
                    Some((_, from, to, before)) => {
                        if low > *to || high < *from {
                            return Some(*before);
                        }
                        if low > *from || high < *to {
                            (*from, *to, *before) = ((*from).max(low), (*to).min(high), span);
                        }
                        None
                    }
                    None => {
                        if !test.negated {
                            ranges.push((scale, low, high, span));
                        }
                        None
                    }
                }
            }
        }
    }

    /// Keeps those of the only texts that pass.
    fn narrow(&mut self, column: ColumnId, span: Span, passes: impl Fn(&Text) -> bool) -> Option<Span> {
        let (known, before) = self.texts.get_mut(&column)?;
        let left: Vec<Text> = known.iter().filter(|known| passes(known)).cloned().collect();
        if left.is_empty() {
            return Some(*before);
        }
        if left.len() < known.len() {
            (*known, *before) = (left, span);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Dialect, Schemas};

    /// The settled tests of `T | where …`, each with `+` for those that always hold.
    fn of(condition: &str) -> Vec<String> {
        let text = format!("datatable(s: string, n: long, t: datetime, r: real)[] | where {condition}");
        let parsed = crate::syntax::parse(&text);
        let bound = crate::bind::bind(&parsed.query.unwrap(), &Schemas::builtin(Dialect::Sentinel));
        assert!(!bound.has_errors(), "{:?}", bound.diagnostics);
        let settled = settled(&bound.query.unwrap());
        settled.iter().map(|s| format!("{}{}", if s.holds { "+" } else { "" }, s.span.of(&text))).collect()
    }

    #[test]
    fn tests_of_one_column_that_cannot_hold_together_are_found() {
        for (condition, found) in [
            ("s == 'a' and s == 'b'", "s == 'b'"),
            ("s in ('a', 'b') | where s == 'c'", "s == 'c'"),
            ("s =~ 'A' | extend k = 1 | where s !~ 'a'", "s !~ 'a'"),
            ("s != 'a' and s == 'a'", "s == 'a'"),
            ("s == 'abc' and s startswith 'B'", "s startswith 'B'"),
            ("s == 'a' and (s == 'b' or n > 1)", "s == 'b'"),
            ("n > 5 and n < 3", "n < 3"),
            ("n == 5 and n != 5", "n != 5"),
            ("t > ago(1d) | where t < ago(2d)", "t < ago(2d)"),
            ("t between (ago(1d) .. ago(2d))", "t between (ago(1d) .. ago(2d))"),
            ("s != 'a' or s != 'b'", "+s != 'a' or s != 'b'"),
            ("s !in ('a') or s !in ('b', 'c')", "+s !in ('a') or s !in ('b', 'c')"),
        ] {
            assert_eq!(of(condition), [found], "{condition}");
        }
    }

    #[test]
    fn what_may_hold_is_left_alone() {
        for condition in [
            "s == 'a' or s == 'b'",
            "s =~ 'a' and s == 'A'",
            "s has 'a' and s has 'b'",
            "s != 'a' and s != 'b'",
            "s != 'a' or s != 'a'",
            "n > 3 and n < 5",
            "r > 3 and r < 4",
            "n > 3 or n < 5",
            "t > ago(2d) and t < ago(1d)",
            "t > ago(1d) and t < datetime(2020-01-01)",
            "s == 'a' | extend s = 'b' | where s == 'b'",
            "s == 'a' and s startswith 'A'",
            "s contains 'a' and s == 'bab'",
        ] {
            assert_eq!(of(condition), [""; 0], "{condition}");
        }
    }

    #[test]
    fn the_body_of_a_function_is_settled_only_if_every_call_is() {
        let settled = |calls: &str| {
            let text = format!(
                "let T = datatable(s: string)[]; let f = (x: string) {{ T | where s == 'a' | where s == x }}; {calls}"
            );
            let bound =
                crate::bind::bind(&crate::syntax::parse(&text).query.unwrap(), &Schemas::builtin(Dialect::Sentinel));
            super::settled(&bound.query.unwrap()).len()
        };
        assert_eq!(settled("f('b')"), 1);
        assert_eq!(settled("union f('a'), f('b')"), 0);
    }
}
