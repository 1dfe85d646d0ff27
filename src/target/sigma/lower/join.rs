//! Joins: events that must be found together.

use super::cond::Cond;
use super::{Branch, Def, Flow, Lower, Pattern, Result, Side};
use crate::ir::{
    ArithmeticOp, ColumnId, CompareOp, Expr, ExprKind, Join, JoinKind, Membership, Plan, Schema, SourceKind,
    Value as Literal,
};
use crate::literal::TICKS_PER_SECOND;
use crate::source::Span;
use crate::target::LossKind;
use crate::target::sigma::rows::Part;
use crate::target::sigma::tree::Value;

/// The side that comes first and the one after it, and how far apart they may be, in seconds.
type Relation = (Option<(usize, usize)>, Option<u64>);

/// What holds several sides together.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Expressions with equal values, one a side.
    pub(super) keys: Vec<Vec<Expr>>,
    /// The words of the join.
    pub(super) span: Span,
    /// How far apart the events may be, in seconds.
    pub(super) within: Option<u64>,
    /// The side that comes first, and the one that comes after it.
    pub(super) order: Option<(usize, usize)>,
}

impl<'a> Lower<'a> {
    pub(super) fn join(&mut self, left: Flow<'a>, join: &'a Join, schema: &Schema, span: Span) -> Result<Flow<'a>> {
        let word = if join.lookup { "lookup" } else { "join" };
        let right = &*join.right;
        if matches!(join.kind, JoinKind::LeftOuter) {
            return Ok(self.beside(left, right, word, span));
        }
        if matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi | JoinKind::LeftAnti)
            && let Some(source) = self.reference(right, &join.keys)
        {
            let keys: Vec<ColumnId> = join.keys.iter().map(|(left, _)| *left).collect();
            let negated = join.kind == JoinKind::LeftAnti;
            return self.listed(left, &keys, &source, negated, right.schema(), span);
        }
        if left.iter().flat_map(|pattern| &pattern.sides).any(|side| side.reference.is_some())
            && matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::RightSemi)
        {
            let name = left.iter().flat_map(|pattern| &pattern.sides).find_map(|side| side.reference.clone());
            let list = List::Named(name.unwrap_or_default(), None);
            let keys: Vec<ColumnId> = join.keys.iter().map(|(_, right)| *right).collect();
            let flow = self.plan(right)?;
            return self.listed(flow, &keys, &list, false, schema, span);
        }
        match join.kind {
            JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi | JoinKind::RightSemi => {}
            JoinKind::LeftAnti | JoinKind::RightAnti => {
                let message = "that no such event was found cannot be said in Sigma; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedOperator, span, message);
            }
            _ => {
                let message = format!(
                    "Sigma cannot keep what has no partner in a `{word} kind={}`; use ES|QL or Splunk",
                    join.kind.name()
                );
                return self.refuse(LossKind::UnsupportedOperator, span, message);
            }
        }
        let right_flow = self.plan(right)?;
        let keys = join.keys.iter().map(|(l, r)| {
            let column = |id: ColumnId| Expr::column(id, self.query.columns[id].ty, span);
            (column(*l), column(*r))
        });
        let keys: Vec<(Expr, Expr)> = keys.collect();
        let ids = |schema: &Schema| schema.iter().map(|column| column.id).collect();
        self.linked(left, ids(schema), right_flow, ids(right.schema()), keys, span)
    }

    /// A join that only adds columns to events that are found anyway.
    fn beside(&mut self, mut left: Flow<'a>, right: &Plan, word: &str, span: Span) -> Flow<'a> {
        let message =
            format!("the columns that the {word} adds are not shown; it does not decide which events are found");
        self.shown(LossKind::Null, span, message);
        for side in left.iter_mut().flat_map(|pattern| &mut pattern.sides) {
            side.per_event = false;
            for branch in &mut side.branches {
                for column in right.schema().iter() {
                    let what = format!("`{}`, which the {word} adds,", column.name);
                    branch.env.insert(column.id, Def::Opaque(what));
                }
            }
        }
        left
    }

    /// A list that a side of a join is, where it is no log source.
    fn reference(&self, right: &Plan, keys: &[(ColumnId, ColumnId)]) -> Option<List> {
        if let Some(name) = self.list_name(right) {
            let values = match keys {
                [(_, key)] => Some(Box::new((right.clone(), *key))),
                _ => None,
            };
            return Some(List::Named(name, values));
        }
        let SourceKind::Rows(rows) = &right.source.kind else { return None };
        let [(_, key)] = keys else { return None };
        let position = right.source.schema.iter().position(|column| column.id == *key)?;
        let keeps =
            right.steps.iter().all(|step| matches!(step.op, crate::ir::Op::Distinct | crate::ir::Op::Project(..)));
        keeps.then(|| List::Written(rows.iter().filter_map(|row| row.get(position).cloned()).collect()))
    }

    /// Keeps the events whose key is in a list, or is not.
    fn listed(
        &mut self,
        mut left: Flow<'a>,
        keys: &[ColumnId],
        list: &List,
        negated: bool,
        of_list: &Schema,
        span: Span,
    ) -> Result<Flow<'a>> {
        let [key] = keys else {
            let message = "a Sigma placeholder is a list of single values, not of pairs; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedOperator, span, message);
        };
        let key = Expr::column(*key, self.query.columns[*key].ty, span);
        for pattern in &mut left {
            let at = pattern.sides.iter().position(|side| key.as_column().is_some_and(|id| side.columns.contains(&id)));
            let side = &mut pattern.sides[at.unwrap_or_default()];
            side.per_event = false;
            for branch in &mut side.branches {
                let subject = self.subject(branch, &key)?;
                let cond = match list {
                    List::Named(..) if subject.part != Part::Whole => {
                        let message = format!(
                            "a list of parts of `{}` cannot be given for a placeholder; use ES|QL or Splunk",
                            subject.field
                        );
                        return self.refuse(LossKind::UnsupportedOperator, span, message);
                    }
                    List::Named(name, values) => {
                        let values = values.as_deref().map(|(plan, key)| (plan, *key));
                        self.placeholder(&subject, name, values, span)
                    }
                    List::Written(values) => {
                        let mut conds = Vec::new();
                        for value in values {
                            conds.push(match value {
                                Literal::String(text) => {
                                    self.text(&subject, crate::ir::StringTest::Equals, true, text, span)?
                                }
                                value => match value.as_integer() {
                                    Some(number) => super::text::item(&subject, [], Value::Integer(number)),
                                    None => {
                                        return self.refuse(
                                            LossKind::UnsupportedOperator,
                                            span,
                                            "a list of such values cannot be said in Sigma",
                                        );
                                    }
                                },
                            });
                        }
                        Cond::or(conds)
                    }
                };
                branch.conds.push(cond.negated_if(negated));
                for column in of_list.iter() {
                    let what = format!("`{}`, which is not of the event but of the list,", column.name);
                    branch.env.insert(column.id, Def::Opaque(what));
                }
            }
        }
        Ok(left)
    }

    /// `x in (query over events)`: events for which the other query finds one with an equal value.
    pub(super) fn semi_join(
        &mut self,
        pattern: &mut Pattern<'a>,
        at: usize,
        node: &'a Membership,
        plan: &'a Plan,
        span: Span,
    ) -> Result<()> {
        if node.negated {
            let message = "that another query does not find a value cannot be said in Sigma; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        }
        let Some(column) = plan.schema().at(0).cloned() else {
            return self.refuse(LossKind::UnsupportedExpression, span, "the other query gives no column");
        };
        if pattern.sides.len() > 1 || at > 0 {
            let message = "a correlation of a correlation with other keys cannot be said in Sigma; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        }
        let right = self.plan(plan)?;
        let left = std::mem::replace(pattern, Pattern { sides: Vec::new(), link: None });
        let key = (node.subject.clone(), Expr::column(column.id, column.ty, span));
        let ids = plan.schema().iter().map(|column| column.id).collect();
        // Whatever is not of the other query is of this one.
        let mut flow = self.linked(vec![left], Vec::new(), right, ids, vec![key], span)?;
        if let Some(linked) = flow.pop() {
            *pattern = linked;
        }
        Ok(())
    }

    fn linked(
        &mut self,
        mut left: Flow<'a>,
        left_ids: Vec<ColumnId>,
        mut right: Flow<'a>,
        right_ids: Vec<ColumnId>,
        keys: Vec<(Expr, Expr)>,
        span: Span,
    ) -> Result<Flow<'a>> {
        let (Some(mut pattern), Some(mut other), true, true) =
            (left.pop(), right.pop(), left.is_empty(), right.is_empty())
        else {
            let message = "a join of several correlations cannot be said in Sigma; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedOperator, span, message);
        };
        if other.sides.len() != 1 {
            let message = "a join whose right side is a join cannot be said in Sigma; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedOperator, span, message);
        }
        if let [only] = pattern.sides.as_mut_slice() {
            only.columns = left_ids.into_iter().collect();
        }
        let mut side = other.sides.remove(0);
        side.columns = right_ids.into_iter().collect();
        let sides = pattern.sides.len();
        let mut link = pattern.link.take().unwrap_or(Link { keys: Vec::new(), span, within: None, order: None });
        let first = link.keys.is_empty();
        let mut matched = 0;
        for (l, r) in keys {
            let of = l.as_column().and_then(|id| pattern.sides.iter().position(|side| side.columns.contains(&id)));
            let bins = (key_bin(&pattern.sides[of.unwrap_or_default()], &l), key_bin(&side, &r));
            if let (Some(width), Some(_)) = bins {
                link.within = Some(link.within.map_or(width, |within| within.min(width)));
                continue;
            }
            matched += 1;
            if first {
                link.keys.push(vec![l, r]);
                continue;
            }
            let same = link.keys.iter_mut().find(|row| {
                row.len() == sides
                    && row.iter().any(|key| key.as_column().is_some() && key.as_column() == l.as_column())
            });
            if let Some(row) = same {
                row.push(r);
            } else {
                let message = "a join of several sides by different keys cannot be said in Sigma; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedOperator, span, message);
            }
        }
        if matched == 0 || link.keys.iter().any(|row| row.len() != sides + 1) {
            let message = "events can be put together in Sigma by equal values of fields alone; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedOperator, span, message);
        }
        if let Some(capped) = pattern.sides.iter().chain([&side]).find_map(|side| side.capped) {
            let message = "all events that fit are looked for a partner, also those that were left out here";
            self.differs(LossKind::RowCap, capped, message);
        }
        link.span = span;
        pattern.sides.push(side);
        pattern.link = Some(link);
        Ok(vec![pattern])
    }

    /// A test that reads columns of two sides: which comes first, and how far apart they may be.
    pub(super) fn between_sides(&mut self, pattern: &mut Pattern<'a>, condition: &Expr) -> Result<()> {
        if let Some((order, within)) = self.time_relation(pattern, condition) {
            let Some(link) = &mut pattern.link else { return Ok(()) };
            if let (Some(a), Some(b)) = (link.order, order)
                && a != b
            {
                let message = "one order of the events is all that a correlation can ask for";
                return self.refuse(LossKind::UnsupportedExpression, condition.span, message);
            }
            link.order = link.order.or(order);
            link.within = match (link.within, within) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            Ok(())
        } else {
            let message = "a test between events of two sides of a join cannot be said in Sigma, but for their order and distance in time; use ES|QL or Splunk";
            self.refuse(LossKind::UnsupportedExpression, condition.span, message)
        }
    }

    fn time_relation(&self, pattern: &Pattern<'a>, condition: &Expr) -> Option<Relation> {
        let side = |expr: &Expr| -> Option<usize> {
            let id = expr.as_column()?;
            let at = pattern.sides.iter().position(|side| side.columns.contains(&id))?;
            self.is_time(pattern.sides[at].branches.first()?, id, 0).then_some(at)
        };
        // `later - earlier`
        let distance = |expr: &Expr| -> Option<(usize, usize)> {
            let ExprKind::Arithmetic(node) = &expr.kind else { return None };
            let [step] = node.rest.as_slice() else { return None };
            let pair = (side(&step.operand)?, side(&node.first)?);
            (step.op == ArithmeticOp::Subtract && pair.0 != pair.1).then_some(pair)
        };
        let span = |expr: &Expr| match expr.as_literal() {
            Some(Literal::TimeSpan(ticks)) => u64::try_from(ticks / TICKS_PER_SECOND).ok(),
            _ => None,
        };
        match &condition.kind {
            ExprKind::Compare(node) => {
                let (l, r) = (side(&node.left), side(&node.right));
                if let (Some(l), Some(r)) = (l, r) {
                    return match node.op {
                        CompareOp::Greater | CompareOp::GreaterOrEqual if l != r => Some((Some((r, l)), None)),
                        CompareOp::Less | CompareOp::LessOrEqual if l != r => Some((Some((l, r)), None)),
                        _ => None,
                    };
                }
                let (pair, bound, op) = match (distance(&node.left), distance(&node.right)) {
                    (Some(pair), None) => (pair, span(&node.right)?, node.op),
                    (None, Some(pair)) => (pair, span(&node.left)?, node.op.mirrored()),
                    _ => return None,
                };
                match op {
                    // Alone it lets the later one come first by any distance: only together with an order it bounds.
                    CompareOp::Less | CompareOp::LessOrEqual
                        if bound > 0 && pattern.link.as_ref().is_some_and(|link| link.order == Some(pair)) =>
                    {
                        Some((None, Some(bound)))
                    }
                    CompareOp::Greater | CompareOp::GreaterOrEqual if bound == 0 => Some((Some(pair), None)),
                    _ => None,
                }
            }
            ExprKind::Between(node) if !node.negated => {
                let pair = distance(&node.subject)?;
                let (low, high) = (span(&node.low)?, span(&node.high)?);
                (low == 0 && high > 0).then_some((Some(pair), Some(high)))
            }
            _ => None,
        }
    }

    fn is_time(&self, branch: &Branch<'a>, id: ColumnId, depth: usize) -> bool {
        match branch.env.get(&id) {
            Some(Def::Same(other)) if depth < super::DEPTH => self.is_time(branch, *other, depth + 1),
            Some(Def::Expr(expr)) if depth < super::DEPTH => {
                expr.as_column().is_some_and(|other| self.is_time(branch, other, depth + 1))
            }
            None => self.data.target.time_columns.iter().any(|name| **name == *self.query.columns[id].name),
            _ => false,
        }
    }
}

/// The plan that gives the values of a list, and the column that holds them.
type ValuesOf = (Plan, ColumnId);

/// A list that events are compared with.
enum List {
    /// It is kept elsewhere.
    Named(String, Option<Box<ValuesOf>>),
    /// It is written out in the query.
    Written(Vec<Literal>),
}

/// The width of the bins of time that a key is.
fn key_bin(side: &Side<'_>, key: &Expr) -> Option<u64> {
    let id = key.as_column()?;
    match side.branches.first()?.env.get(&id)? {
        Def::Opaque(what) if what == super::aggregate::BIN => side.group.as_ref()?.bin,
        Def::Expr(expr) => super::aggregate::bin(expr).map(|(seconds, _)| seconds),
        _ => None,
    }
}
