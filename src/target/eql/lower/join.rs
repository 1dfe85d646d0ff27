//! Events that have to be found together: samples by key, and sequences where their order counts.

use super::super::tree::{Item, Query};
use super::group::duration;
use super::{Found, Lower, Meaning, Member, Result, refuse};
use crate::ir::{
    ArithmeticOp, ColumnId, CompareOp, Expr, ExprKind, Join, JoinKind, Plan, SourceKind, StringTest, Value,
};
use crate::source::Span;
use crate::target::sets::table_of;
use crate::target::{Loss, LossKind};

/// The first event and the one that follows it, and how far apart they may be, in ticks.
type Relation = (Option<(usize, usize)>, Option<i64>);

/// What holds several events together.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The fields of each event that have to be equal, one list an event.
    keys: Vec<Vec<String>>,
    /// The first event and the one that follows it, where their order counts.
    order: Option<(usize, usize)>,
    /// How far apart they may be, in ticks.
    within: Option<i64>,
}

impl Link {
    /// The query for these events.
    pub(super) fn query(self, members: Vec<Member>) -> Query {
        let shared = self.keys.windows(2).all(|pair| pair[0] == pair[1]);
        let by = if shared { self.keys.first().cloned().unwrap_or_default() } else { Vec::new() };
        let mut items: Vec<Item> = members
            .into_iter()
            .zip(self.keys)
            .map(|(member, keys)| Item {
                event: member.event(),
                missing: false,
                runs: None,
                by: if shared { Vec::new() } else { keys },
            })
            .collect();
        match self.order {
            None => Query::Sample { by, items },
            Some((first, second)) => {
                if first > second {
                    items.reverse();
                }
                Query::Sequence { by, maxspan: self.within.map(duration), items }
            }
        }
    }
}

impl Lower<'_> {
    pub(super) fn join(&mut self, found: &mut Found, join: &Join, span: Span) -> Result<()> {
        if join.kind == JoinKind::LeftOuter {
            self.shown(span, "the columns that the join adds are not shown; it does not decide which events are found");
            for column in join.right.schema().iter() {
                let reason = "what a join adds to an event has no field in it; use ES|QL";
                self.columns.insert(column.id, Meaning::Lost(reason));
            }
            return Ok(());
        }
        let no_partner = matches!(join.kind, JoinKind::LeftAnti);
        let together =
            matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi | JoinKind::RightSemi);
        if let (true, Some(list), [(left, _)]) =
            (together || no_partner, self.reference(&join.right), join.keys.as_slice())
        {
            let field = self.key(&Expr::column(*left, self.query.columns[*left].ty, span))?;
            self.tell_list(&list, false, span);
            Self::except(found, &field, &list, no_partner);
            for column in join.right.schema().iter() {
                let reason = "what a list adds to an event has no field in it; use ES|QL";
                self.columns.insert(column.id, Meaning::Lost(reason));
            }
            return Ok(());
        }
        if !together {
            let message = format!(
                "EQL has no `{}` join: that an event has no partner cannot be said of a whole span of time; use ES|QL, or a rule of type `new_terms` (package `ndjson` or `toml`) where the event is to be the first of its kind",
                join.kind.name()
            );
            return refuse(LossKind::UnsupportedOperator, span, message);
        }
        let column = |id: ColumnId| Expr::column(id, self.query.columns[id].ty, span);
        let keys: Vec<(Expr, Expr)> = join.keys.iter().map(|(left, right)| (column(*left), column(*right))).collect();
        self.linked(found, &join.right, &keys, span)
    }

    /// `x in (query over events)`, wherever it is a term of its own: the events of both are found together.
    pub(super) fn semi_join(&mut self, found: &mut Found, term: &Expr) -> Result<bool> {
        let ExprKind::Member(node) = &term.kind else { return Ok(false) };
        let Some(plan) = table_of(node) else { return Ok(false) };
        if matches!(plan.source.kind, SourceKind::Rows(_)) {
            return Ok(false);
        }
        let (false, StringTest::Equals, Some(column)) = (node.negated, node.test, plan.schema().at(0).cloned()) else {
            return Ok(false);
        };
        let key = Expr::column(column.id, column.ty, term.span);
        self.linked(found, &plan, &[(node.subject.clone(), key)], term.span)?;
        Ok(true)
    }

    /// Puts the events of another plan beside those at hand.
    fn linked(&mut self, found: &mut Found, plan: &Plan, keys: &[(Expr, Expr)], span: Span) -> Result<()> {
        let before = found.members.len();
        let known: Vec<ColumnId> = self.columns.keys().copied().collect();
        let mut other = self.plan(plan)?;
        let alone = |found: &Found| found.threshold.is_none() && found.exceptions.is_empty();
        if !alone(found) || !alone(&other) || other.link.is_some() {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "events that are counted, excepted or joined by themselves cannot be found together with others in EQL; use ES|QL",
            );
        }
        if let Some(capped) = found.capped.or(other.capped) {
            let message = "all events that fit are looked for a partner, also those that were left out here";
            self.losses.push(Loss::approximate(LossKind::RowCap, capped, message));
        }
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut of = Vec::new();
        for (l, r) in keys {
            let members = self.members_of(l);
            let [member] = members.as_slice() else {
                return refuse(
                    LossKind::UnsupportedOperator,
                    span,
                    "events are found together by fields of each, and here a key is computed; use ES|QL",
                );
            };
            of.push(*member);
            left.push(self.key(l)?);
            right.push(self.key(r)?);
        }
        let mut link = found.link.take().unwrap_or(Link { keys: vec![left.clone()], order: None, within: None });
        let fits = left.is_empty() || of.iter().all(|member| link.keys.get(*member) == Some(&left));
        if !fits || left.is_empty() || link.order.is_some() {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "several events are found together by the same keys alone in EQL; use ES|QL",
            );
        }
        link.keys.push(right);
        found.link = Some(link);
        if found.indices != other.indices {
            found.members.iter_mut().chain(&mut other.members).for_each(Member::keep_apart);
        }
        found.members.append(&mut other.members);
        for index in other.indices {
            if !found.indices.contains(&index) {
                found.indices.push(index);
            }
        }
        let added: Vec<ColumnId> = self.columns.keys().copied().filter(|id| !known.contains(id)).collect();
        for id in added {
            *self.members.entry(id).or_default() += before;
        }
        if found.times != other.times {
            let Some(times) = found.times.both(other.times) else {
                return refuse(
                    LossKind::UnsupportedOperator,
                    span,
                    "the two sides are looked at over times of which none holds the other; use ES|QL",
                );
            };
            found.times = times;
            let message = "both sides are looked for over the longer of their times";
            self.losses.push(Loss::approximate(LossKind::WindowKind, span, message));
        }
        let message = "for each key one event of each side is returned, where KQL gives a row for each pair";
        self.losses.push(Loss::approximate(LossKind::RowCap, span, message));
        self.losses.push(Loss::approximate(LossKind::Null, span, super::WITHOUT_KEY));
        Ok(())
    }

    /// A test that reads several events: which comes first, and how far apart they may be.
    pub(super) fn between_events(&mut self, found: &mut Found, term: &Expr) -> Result<()> {
        let relation = self.relation(found.link.as_ref(), term);
        let (Some((order, within)), Some(link), 2) = (relation, found.link.as_mut(), found.members.len()) else {
            return refuse(
                LossKind::UnsupportedExpression,
                term.span,
                "a test between two events cannot be said in EQL, but for their order and distance in time; use ES|QL",
            );
        };
        if link.order.is_some() && order.is_some() && link.order != order {
            return refuse(LossKind::UnsupportedExpression, term.span, "events come in one order alone");
        }
        link.order = link.order.or(order);
        link.within = match (link.within, within) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let message = "of several events that may begin a sequence the newest counts, and each is used once, where KQL gives a row for each pair";
        self.losses.push(Loss::approximate(LossKind::WindowKind, term.span, message));
        Ok(())
    }

    fn relation(&self, link: Option<&Link>, term: &Expr) -> Option<Relation> {
        let span = |expr: &Expr| match self.literal(expr) {
            Ok(Value::TimeSpan(ticks)) => Some(ticks),
            _ => None,
        };
        match &term.kind {
            ExprKind::Compare(node) => {
                if let (Some((l, left)), Some((r, right))) = (self.shifted(&node.left), self.shifted(&node.right)) {
                    if l == r {
                        return None;
                    }
                    // `l` minus `r` is compared with this.
                    let bound = right.checked_sub(left)?;
                    let (earlier, later, bound) = match node.op {
                        CompareOp::Less | CompareOp::LessOrEqual => (l, r, bound),
                        CompareOp::Greater | CompareOp::GreaterOrEqual => (r, l, bound.checked_neg()?),
                        _ => return None,
                    };
                    return match bound {
                        0 => Some((Some((earlier, later)), None)),
                        // It may come later by so much: only together with the other order that bounds.
                        1.. if link.is_some_and(|link| link.order == Some((later, earlier))) => {
                            Some((None, Some(bound)))
                        }
                        _ => None,
                    };
                }
                let (pair, bound, op) = match (self.distance(&node.left), self.distance(&node.right)) {
                    (Some(pair), None) => (pair, span(&node.right)?, node.op),
                    (None, Some(pair)) => (pair, span(&node.left)?, node.op.mirrored()),
                    _ => return None,
                };
                match op {
                    // Alone it lets the later one come first by any distance: only together with an order it bounds.
                    CompareOp::Less | CompareOp::LessOrEqual
                        if bound > 0 && link.is_some_and(|link| link.order == Some(pair)) =>
                    {
                        Some((None, Some(bound)))
                    }
                    CompareOp::Greater | CompareOp::GreaterOrEqual if bound == 0 => Some((Some(pair), None)),
                    _ => None,
                }
            }
            ExprKind::Between(node) if !node.negated => {
                if let (Some((later, 0)), Some((earlier, 0)), Some((same, within))) =
                    (self.shifted(&node.subject), self.shifted(&node.low), self.shifted(&node.high))
                {
                    let follows = earlier == same && earlier != later && within > 0;
                    return follows.then_some((Some((earlier, later)), Some(within)));
                }
                let pair = self.distance(&node.subject)?;
                let (low, high) = (span(&node.low)?, span(&node.high)?);
                (low == 0 && high > 0).then_some((Some(pair), Some(high)))
            }
            _ => None,
        }
    }

    /// The event whose time an expression is, and by how much it is moved.
    fn shifted(&self, expr: &Expr) -> Option<(usize, i64)> {
        match &expr.kind {
            ExprKind::Column(id) => match self.columns.get(id) {
                Some(Meaning::Computed(inner)) => self.shifted(inner),
                _ if self.is_time(expr) => match self.members_of(expr).as_slice() {
                    [member] => Some((*member, 0)),
                    _ => None,
                },
                _ => None,
            },
            ExprKind::Arithmetic(node) => {
                let (member, mut moved) = self.shifted(&node.first)?;
                for step in &node.rest {
                    let Ok(Value::TimeSpan(ticks)) = self.literal(&step.operand) else { return None };
                    moved = match step.op {
                        ArithmeticOp::Add => moved.checked_add(ticks)?,
                        ArithmeticOp::Subtract => moved.checked_sub(ticks)?,
                        _ => return None,
                    };
                }
                Some((member, moved))
            }
            _ => None,
        }
    }

    /// The events whose times an expression subtracts: the earlier and the later one, as `later - earlier`.
    fn distance(&self, expr: &Expr) -> Option<(usize, usize)> {
        let node = match &expr.kind {
            ExprKind::Column(id) => match self.columns.get(id)? {
                Meaning::Computed(inner) => return self.distance(inner),
                _ => return None,
            },
            ExprKind::Arithmetic(node) => node,
            _ => return None,
        };
        let [step] = node.rest.as_slice() else { return None };
        let time = |expr: &Expr| self.is_time(expr).then(|| self.members_of(expr)).filter(|of| of.len() == 1);
        let (later, earlier) = (time(&node.first)?[0], time(&step.operand)?[0]);
        (step.op == ArithmeticOp::Subtract && earlier != later).then_some((earlier, later))
    }
}
