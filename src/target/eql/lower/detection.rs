//! Rules of Kibana in the place of a query: those that count, that look for new values, or for indicators.

use super::super::filter;
use super::super::tree::{self, Condition};
use super::{Found, Lower, Lowered, Result};
use crate::ir::{Computed, Expr, Join, JoinKind, Op, Plan, Query, Step};
use crate::source::Span;
use crate::target::elastic::tables::Tables;
use crate::target::{Detection, DetectionKind, Loss, LossKind, Losses, Options};

/// The most fields that a rule which counts groups by.
const MOST_FIELDS: usize = 5;
/// The most fields whose values a rule for new values takes together.
const MOST_TERMS: usize = 3;
/// How the names of the indices begin in which Elastic's integrations keep indicators.
const INDICATORS: &str = "logs-ti_";

/// The rule that says what a query means, if there is one; `lowered` is what became of the query as such.
pub(in crate::target::eql) fn detection(
    query: &Query,
    tables: &Tables,
    options: Options,
    lowered: &Result<(Lowered, Losses), Losses>,
) -> Option<Detection> {
    let lower = || Lower::new(query, tables, options);
    let counted = match lowered {
        Ok((lowered, losses)) => counting(lowered, losses),
        // A rule counts further than a sequence.
        Err(losses) if losses.has(LossKind::UnsupportedAggregate) => {
            let mut lower = Lower { most_runs: i64::MAX, ..lower() };
            let lowered = lower.lowered();
            lowered.ok().and_then(|lowered| counting(&lowered, &lower.losses))
        }
        Err(_) => None,
    };
    counted.or_else(|| new_terms(lower())).or_else(|| indicators(lower()))
}

/// A count over the whole span of time: no sequence, so that nothing slides.
fn counting(lowered: &Lowered, losses: &Losses) -> Option<Detection> {
    let tree::Query::Sequence { by, items, .. } = &lowered.query else { return None };
    let [item] = items.as_slice() else { return None };
    if !lowered.counts || by.len() > MOST_FIELDS {
        return None;
    }
    let kind = DetectionKind::Threshold { query: filter::query(&item.event)?, fields: by.clone(), value: item.runs? };
    let keyed = !by.is_empty();
    let mut losses = losses.clone().into_sorted();
    let at = losses.iter().position(|loss| loss.kind == LossKind::WindowKind)?;
    let span = losses.remove(at).span;
    if keyed {
        let message = "events without a key are left out, where the query makes a group of them";
        losses.insert(at, Loss::approximate(LossKind::Null, span, message));
    }
    Some(Detection {
        kind,
        losses,
        indices: lowered.indices.clone(),
        from: lowered.times.start(),
        to: lowered.times.end(),
        exceptions: lowered.exceptions.clone(),
    })
}

/// Events without a partner among the earlier ones of their own kind: their keys are new.
fn new_terms(mut lower: Lower<'_>) -> Option<Detection> {
    let (join, span, events, known) = sides(&mut lower, |join| join.kind == JoinKind::LeftAnti)?;
    let (event, other) = (events.members.first()?, known.members.first()?);
    let same = event.category == other.category
        && events.indices == known.indices
        && same_terms(&event.conditions, &other.conditions);
    let fields = keys(&mut lower, &join, span)?;
    let history = known.times.start()?;
    // The time before the run's own, without a gap and without a part of it.
    let adjacent = events.times.is_until_now() && events.times.start() == known.times.end();
    let fields: Vec<String> =
        fields.into_iter().map(|(left, right)| (left == right).then_some(left)).collect::<Option<_>>()?;
    if !same || !adjacent || fields.is_empty() || fields.len() > MOST_TERMS {
        return None;
    }
    let query = filter::query(&event.clone().event())?;
    let message = "one alert is raised for each new value, on its first event, where KQL gives a row for each event; events without a key are left out";
    lower.losses.push(Loss::approximate(LossKind::RowCap, span, message));
    Some(finished(events, DetectionKind::NewTerms { query, fields, history }, lower.losses))
}

/// Events with a partner among the indicators.
fn indicators(mut lower: Lower<'_>) -> Option<Detection> {
    let together = |join: &Join| matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi);
    let (join, span, left, right) = sides(&mut lower, together)?;
    let mut mapping = keys(&mut lower, &join, span)?;
    let kept = |found: &Found| found.indices.iter().all(|index| index.starts_with(INDICATORS));
    let (events, known) = match (kept(&left), kept(&right)) {
        (false, true) => (left, right),
        (true, false) if join.kind != JoinKind::LeftSemi => {
            mapping = mapping.into_iter().map(|(left, right)| (right, left)).collect();
            (right, left)
        }
        _ => return None,
    };
    let query = filter::query(&events.members.first()?.clone().event())?;
    let mut indicator_query = filter::query(&known.members.first()?.clone().event())?;
    if let Some(start) = known.times.start() {
        let end = known.times.end().unwrap_or_else(|| "now".to_owned());
        indicator_query = format!("@timestamp:[{start} TO {end}] AND {indicator_query}");
    }
    let message = "one alert is raised for each event, whatever number of indicators fits it, where KQL gives a row for each pair; events without a key are left out";
    lower.losses.push(Loss::approximate(LossKind::RowCap, span, message));
    let kind = DetectionKind::ThreatMatch { query, indicators: known.indices.clone(), indicator_query, mapping };
    Some(finished(events, kind, lower.losses))
}

fn finished(found: Found, kind: DetectionKind, losses: Losses) -> Detection {
    let Found { indices, times, exceptions, .. } = found;
    Detection { kind, losses: losses.into_sorted(), indices, from: times.start(), to: times.end(), exceptions }
}

/// The two sides of the one join that decides which events are found; what follows it shapes what is shown.
fn sides(lower: &mut Lower<'_>, wanted: impl Fn(&Join) -> bool) -> Option<(Join, Span, Found, Found)> {
    let plan = &lower.query.plan;
    let at = plan.steps.iter().position(|step| matches!(&step.op, Op::Join(join) if wanted(join)))?;
    let Op::Join(join) = &plan.steps[at].op else { return None };
    let (join, span) = (join.clone(), plan.steps[at].span);
    let shown = |step: &Step| {
        matches!(
            step.op,
            Op::Extend(_) | Op::Project(..) | Op::Distinct | Op::Sort(_) | Op::Serialize | Op::Render { .. }
        )
    };
    if !plan.steps[at + 1..].iter().all(shown) {
        return None;
    }
    let left = Plan { source: plan.source.clone(), steps: plan.steps[..at].to_vec() };
    let left = simple(lower, &left)?;
    let right = simple(lower, &join.right)?;
    for step in &lower.query.plan.steps[at + 1..] {
        let (Op::Extend(items) | Op::Project(items, _)) = &step.op else { continue };
        lower.computed(items);
    }
    Some((join, span, left, right))
}

/// Events of one kind, neither counted nor brought together with others.
fn simple(lower: &mut Lower<'_>, plan: &Plan) -> Option<Found> {
    let (plan, spans) = any_state(plan);
    let found = lower.plan(&plan).ok()?;
    for span in spans {
        let message = "each record counts in every state it was in, where KQL takes the latest of each key alone";
        lower.losses.push(Loss::approximate(LossKind::RowCap, span, message));
    }
    let alone = found.members.len() == 1 && found.threshold.is_none() && found.link.is_none();
    (alone && found.capped.is_none() && found.exceptions.is_empty()).then_some(found)
}

/// The plan with every record of a group where it takes the latest (`arg_max`), and the words that did so.
fn any_state(plan: &Plan) -> (Plan, Vec<Span>) {
    let mut plan = plan.clone();
    let mut spans = Vec::new();
    for step in &mut plan.steps {
        let Op::Summarize { keys, aggregates } = &step.op else { continue };
        let latest = aggregates
            .iter()
            .all(|call| call.function.name() == "arg_max" && call.outputs.len() == call.arguments.len());
        if !latest || aggregates.is_empty() {
            continue;
        }
        let taken = aggregates.iter().flat_map(|call| call.outputs.iter().zip(&call.arguments));
        let items = keys.iter().cloned().chain(taken.map(|(id, expr)| Computed { id: *id, expr: expr.clone() }));
        step.op = Op::Extend(items.collect());
        spans.push(step.span);
    }
    (plan, spans)
}

/// The fields of both sides that are equal.
fn keys(lower: &mut Lower<'_>, join: &Join, span: Span) -> Option<Vec<(String, String)>> {
    let mut field = |id| {
        let expr = Expr::column(id, lower.query.columns[id].ty, span);
        let key: Result<String> = lower.key(&expr);
        key.ok()
    };
    join.keys.iter().map(|(left, right)| Some((field(*left)?, field(*right)?))).collect()
}

/// Whether the same conditions are asked for, in whatever order.
fn same_terms(left: &[Condition], right: &[Condition]) -> bool {
    let terms = |conditions: &[Condition]| match Condition::all(conditions.to_vec()) {
        Condition::And(terms) => terms,
        Condition::Constant(true) => Vec::new(),
        term => vec![term],
    };
    let (left, right) = (terms(left), terms(right));
    left.len() == right.len() && left.iter().all(|term| right.contains(term))
}
