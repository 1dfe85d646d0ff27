//! Sets of events that both sides are run over.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::stored::Record;
use crate::ir::{
    Bound, Column, ColumnId, Computed, Expr, ExprKind, JoinKind, Op, Plan, Query, Rest, SourceKind, Value as Literal,
};
use crate::literal::{TICKS_PER_MINUTE, parse_datetime};
use crate::schema::Schemas;
use crate::source::Span;
use crate::target::LossKind;
use crate::types::Type;

/// A set of events, with the instant at which the rule is run over them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// What it shows.
    pub name: String,
    /// The instant, in ticks.
    pub now: i64,
    /// The events of each table, in the order in which they came in.
    pub tables: BTreeMap<String, Vec<Record>>,
    /// The items of watchlists.
    pub watchlists: BTreeMap<String, Vec<Record>>,
    /// In which ways an approximate translation may part from the rule on it.
    pub covers: BTreeSet<LossKind>,
    /// The condition that it was made for, if one: a loss of meaning elsewhere does not excuse what happens here.
    pub about: Option<Span>,
    /// What else speaks of the values that were changed for it, and may differ there as well: other conditions, and keys
    /// and lists that they are to be in.
    pub also: Vec<Span>,
}

impl Scenario {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.tables.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The tables that a query reads, and the watchlists.
pub(super) fn read_by(query: &Query, names: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut tables, mut lists) = (BTreeSet::new(), BTreeSet::new());
    query.each_plan(&mut |plan| match &plan.source.kind {
        SourceKind::Table { name, .. } => {
            tables.insert(name.to_string());
        }
        SourceKind::Tables(pattern) => {
            let fits = |name: &&String| {
                let mut parts = pattern.split('*');
                let head = parts.next().unwrap_or_default();
                name.starts_with(head) && parts.next_back().is_none_or(|tail| name.ends_with(tail))
            };
            tables.extend(names.iter().filter(fits).cloned());
        }
        SourceKind::Call(call) => {
            for (_, argument) in &call.arguments {
                if let crate::ir::Argument::Scalar(expr) = argument
                    && let Some(alias) = expr.as_literal().and_then(crate::ir::Value::as_str)
                {
                    lists.insert(alias.to_owned());
                }
            }
        }
        _ => {}
    });
    (tables, lists)
}

/// The columns of its tables that a query names; without any, or where it takes them all, every one.
pub(super) fn columns_read(query: &Query) -> Option<HashSet<String>> {
    let mut ids: HashSet<ColumnId> = HashSet::new();
    let mut all = false;
    query.each_plan(&mut |plan| {
        for step in &plan.steps {
            step.op.columns(&mut |id| {
                ids.insert(*id);
            });
            step.op.expressions(&mut |expr| {
                expr.walk(&mut |expr| all |= matches!(expr.kind, ExprKind::Row(..) | ExprKind::AnyColumn(_)));
                expr.for_each_column(&mut |id| {
                    ids.insert(id);
                });
            });
        }
    });
    if all || !is_narrowed(query, &query.plan) {
        return None;
    }
    Some(ids.into_iter().map(|id| query.columns[id].name.to_string()).collect())
}

/// Whether a plan names all columns that it gives: it leaves those of its tables out, and no join behind that brings
/// others with it.
fn is_narrowed(query: &Query, plan: &Plan) -> bool {
    let narrows = |op: &Op| matches!(op, Op::Project(..) | Op::Summarize { .. } | Op::Distinct);
    let last = plan.steps.iter().rposition(|step| narrows(&step.op));
    let from = match (last, &plan.source.kind) {
        (Some(at), _) => at + 1,
        (None, SourceKind::Shared(id, _)) => match query.shared.get(id.0 as usize) {
            Some(shared) if is_narrowed(query, &shared.plan) => 0,
            _ => return false,
        },
        (None, _) => return false,
    };
    plan.steps[from..].iter().all(|step| match &step.op {
        Op::Join(join) if !matches!(join.kind, JoinKind::LeftSemi | JoinKind::LeftAnti) => {
            is_narrowed(query, &join.right)
        }
        _ => true,
    })
}

/// The columns that a query names in expressions.
pub(super) fn columns_named(query: &Query) -> HashSet<String> {
    let mut found = HashSet::new();
    query.each_plan(&mut |plan| {
        for step in &plan.steps {
            if let Op::Window(window) = &step.op {
                found.insert(query.columns[window.column].name.to_string());
            }
            if let Op::Join(join) = &step.op {
                let keys = join.keys.iter().flat_map(|(left, right)| [*left, *right]);
                found.extend(keys.map(|id| query.columns[id].name.to_string()));
            }
            let starred = starred(&step.op);
            step.op.expressions(&mut |expr| {
                expr.walk(&mut |expr| {
                    if let ExprKind::Column(id) = &expr.kind
                        && !starred.contains(&std::ptr::from_ref(expr))
                    {
                        found.insert(query.columns[*id].name.to_string());
                    }
                });
            });
        }
    });
    found
}

/// The columns that a `*` of an aggregate such as `arg_max(TimeGenerated, *)` stands for: several of the same words; and
/// those that are merely put in another order.
fn starred(op: &Op) -> HashSet<*const Expr> {
    let mut found = HashSet::new();
    match op {
        Op::Summarize { aggregates, .. } => {
            for call in aggregates {
                let mut columns: HashMap<Span, Vec<*const Expr>> = HashMap::new();
                for argument in call.arguments.iter().filter(|argument| argument.as_column().is_some()) {
                    columns.entry(argument.span).or_default().push(argument);
                }
                found.extend(columns.into_values().filter(|same| same.len() > 1).flatten());
            }
        }
        Op::Project(items, Rest::KeepBut(_) | Rest::KeepOnly(_)) => {
            found.extend(items.iter().filter(|item| item.is_passed_on()).map(|item| std::ptr::from_ref(&item.expr)));
        }
        _ => {}
    }
    found
}

/// The bounds in time that a query puts on each of its tables by itself, where they are the same for all: from which
/// instant on (and whether it counts), up to which. Tables that are `listed` give values of lists, and no events.
pub(super) fn window(query: &Query, now: i64, listed: &BTreeSet<String>) -> impl Fn(i64) -> bool + use<> {
    let mut all: Vec<Option<crate::ir::Bounds>> = Vec::new();
    query.each_plan(&mut |plan| {
        let counts = match &plan.source.kind {
            SourceKind::Table { name, .. } => !listed.contains(&**name),
            SourceKind::Tables(_) => true,
            _ => false,
        };
        if counts {
            let bounds = plan.steps.iter().find_map(|step| match &step.op {
                Op::Window(window) => Some(window.bounds),
                _ => None,
            });
            all.push(bounds);
        }
    });
    let instant = move |bound: Bound| match bound {
        Bound::Instant(at) => at,
        Bound::FromNow(ticks) => now.saturating_add(ticks),
    };
    let from: Option<Vec<(i64, bool)>> =
        all.iter().map(|bounds| bounds.as_ref()?.from.map(|(bound, with)| (instant(bound), with))).collect();
    let to: Option<Vec<(i64, bool)>> =
        all.iter().map(|bounds| bounds.as_ref()?.to.map(|(bound, with)| (instant(bound), with))).collect();
    // What reaches back furthest is what has to be searched.
    let from = from.and_then(|all| all.into_iter().min_by_key(|(at, with)| (*at, !with)));
    let to = to.and_then(|all| all.into_iter().max());
    move |at| {
        from.is_none_or(|(from, with)| at > from || with && at == from)
            && to.is_none_or(|(to, with)| at < to || with && at == to)
    }
}

/// The instants at which the windows of a query begin and end.
pub(super) fn edges(query: &Query, now: i64) -> HashSet<i64> {
    let mut found = HashSet::new();
    query.each_plan(&mut |plan| {
        for step in &plan.steps {
            if let Op::Window(window) = &step.op {
                found.extend([window.bounds.from, window.bounds.to].into_iter().flatten().map(
                    |(bound, _)| match bound {
                        Bound::Instant(at) => at,
                        Bound::FromNow(ticks) => now.saturating_add(ticks),
                    },
                ));
            }
        }
    });
    found
}

/// The query as a translation that says it shows more records has it: without the last limit on their number (`take`,
/// `sample-distinct`), if it ends
/// with one, and with all left records of joins that keep one for each key, where the translation says so of them. Nothing
/// where there is neither.
pub(super) fn uncapped(query: &Query, said: &dyn Fn(Span) -> bool) -> Option<Query> {
    let mut whole = query.clone();
    let mut changed = false;
    let last = query.plan.steps.iter().rposition(|step| {
        !matches!(step.op, Op::Project(..) | Op::Extend(_) | Op::Sort(_) | Op::Serialize | Op::Render { .. })
    });
    match last.map(|last| (last, &query.plan.steps[last].op)) {
        Some((last, Op::Take(_))) => {
            whole.plan.steps.remove(last);
            changed = true;
        }
        // Any of the values may be taken, and all of them are those that differ.
        Some((last, Op::SampleDistinct(_, of))) => {
            let step = &mut whole.plan.steps[last];
            let ty = query.columns[*of].ty;
            let value = Computed { id: *of, expr: Expr::column(*of, ty, step.span) };
            let keys = vec![value];
            step.op = Op::Summarize { keys, aggregates: Vec::new() };
            changed = true;
        }
        _ => {}
    }
    let mut keep_all = |plan: &mut Plan| {
        for step in &mut plan.steps {
            if let Op::Join(join) = &mut step.op
                && join.kind == JoinKind::InnerUnique
                && said(step.span)
            {
                join.kind = JoinKind::Inner;
                changed = true;
            }
        }
    };
    whole.plan.fold_plans(&mut keep_all);
    whole.shared.iter_mut().for_each(|shared| shared.plan.fold_plans(&mut keep_all));
    changed.then_some(whole)
}

/// The query without the joins that keep what has no partner on the left; nothing where there are none. What they add is
/// null.
pub(super) fn without_outer_joins(query: &Query) -> Option<Query> {
    let mut bare = query.clone();
    let mut found = false;
    let mut without = |plan: &mut Plan| {
        for step in &mut plan.steps {
            if let Op::Join(join) = &step.op
                && join.kind == JoinKind::LeftOuter
            {
                let null = |column: &Column| Computed {
                    id: column.id,
                    expr: Expr::literal(Literal::Null(column.ty.ty), step.span),
                };
                step.op = Op::Extend(join.right.schema().iter().map(null).collect());
                found = true;
            }
        }
    };
    for shared in &mut bare.shared {
        shared.plan.fold_plans(&mut without);
    }
    bare.plan.fold_plans(&mut without);
    found.then_some(bare)
}

/// Whether a query has a join that takes any one record of those with the same key.
pub(super) fn takes_one_of_key(query: &Query) -> bool {
    let mut found = false;
    query.each_plan(&mut |plan| {
        let unique = |op: &Op| matches!(op, Op::Join(join) if join.kind == JoinKind::InnerUnique);
        found |= plan.steps.iter().any(|step| unique(&step.op));
    });
    found
}

/// The texts that a query compares with.
pub(super) fn texts(query: &Query) -> Vec<String> {
    fn gather(value: &crate::ir::Value, into: &mut Vec<String>) {
        if let Some(text) = value.as_str() {
            into.push(text.to_owned());
        }
        for element in value.elements().into_iter().flatten() {
            gather(&element, into);
        }
    }
    let mut found = Vec::new();
    query.each_plan(&mut |plan| {
        for step in &plan.steps {
            step.op.expressions(&mut |expr| {
                expr.walk(&mut |expr| {
                    if let ExprKind::Literal(value) = &expr.kind {
                        gather(value, &mut found);
                    }
                });
            });
        }
    });
    found
}

/// The columns that may say when an event happened.
const TIMES: [&str; 2] = ["TimeGenerated", "Timestamp"];

/// The column by which a query looks at the time of its events: that of a window, or else one that it names.
pub(super) fn time_column(query: &Query) -> &'static str {
    let (mut windows, mut named) = ([0; 2], [0; 2]);
    let count = |counts: &mut [usize; 2], id: ColumnId| {
        for (count, time) in counts.iter_mut().zip(TIMES) {
            *count += usize::from(*query.columns[id].name == *time);
        }
    };
    query.each_plan(&mut |plan| {
        for step in &plan.steps {
            if let Op::Window(window) = &step.op {
                count(&mut windows, window.column);
            }
            step.op.expressions(&mut |expr| expr.for_each_column(&mut |id| count(&mut named, id)));
        }
    });
    let [generated, stamped] = if windows == [0, 0] { named } else { windows };
    TIMES[usize::from(stamped > generated)]
}

/// How an instant is written, to the tick.
const INSTANT: &str = "2024-05-14T09:00:00.0000000Z";

/// An event as every system has it: it has a time, and one alone, and no instant is finer than so many ticks. `time` is
/// the column that says it, if the rule looks at one. Of tables that have no such column it is the time at which the
/// event came in, shortly before the rule is run.
pub(super) fn settled(
    record: &Record,
    table: &str,
    schemas: &Schemas,
    grain: i64,
    time: &str,
    now: i64,
) -> Option<Record> {
    let mut record = record.clone();
    let known = |name: &&&str| record.get(**name).and_then(Value::as_str).and_then(parse_datetime).is_some();
    if let Some(from) = [&time, &TIMES[0], &TIMES[1]].into_iter().find(known) {
        let instant = record.get(*from).cloned().unwrap_or_default();
        for name in TIMES {
            if let Some(other) = record.get_mut(name) {
                other.clone_from(&instant);
            }
        }
    } else if TIMES.iter().any(|name| record.contains_key(*name) || has_column(schemas, table, name)) {
        return None;
    } else {
        record.insert(TIMES[0].to_owned(), Value::from(crate::literal::format_datetime(now - TICKS_PER_MINUTE)));
    }
    // A text that is written as instants are may be read as one.
    let known = schemas.table(table);
    for (name, value) in &mut record {
        let column = known.as_ref().and_then(|table| table.column(name));
        coarsen(value, grain, column.is_some_and(|column| column.ty == Type::DateTime));
    }
    Some(record)
}

/// Makes instants no finer than so many ticks, those inside of objects too. What is not known to be one is taken for one
/// where it is written as instants are.
fn coarsen(value: &mut Value, grain: i64, is_instant: bool) {
    match value {
        Value::String(text) if is_instant || text.len() == INSTANT.len() && text.ends_with('Z') => {
            if let Some(ticks) = parse_datetime(text).filter(|ticks| ticks % grain != 0) {
                *text = crate::literal::format_datetime(ticks.div_euclid(grain) * grain);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| coarsen(item, grain, false)),
        Value::Object(slots) => slots.values_mut().for_each(|slot| coarsen(slot, grain, false)),
        _ => {}
    }
}

fn has_column(schemas: &Schemas, table: &str, column: &str) -> bool {
    schemas.table(table).is_some_and(|table| table.column(column).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bind::bind;
    use crate::schema::Dialect;

    fn query(text: &str) -> Query {
        let tree = crate::syntax::parse(text).query.unwrap();
        let mut query = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        crate::ir::pass::simplify(&mut query);
        query
    }

    #[test]
    fn the_time_is_the_column_of_the_window() {
        for (text, column) in [
            ("DeviceEvents | where Timestamp > ago(1d)", "Timestamp"),
            ("DeviceEvents | where TimeGenerated > ago(1d) | extend t = Timestamp", "TimeGenerated"),
            ("DeviceEvents | project Timestamp", "Timestamp"),
            ("DeviceEvents", "TimeGenerated"),
        ] {
            assert_eq!(time_column(&query(text)), column, "{text}");
        }
    }

    #[test]
    fn any_values_may_be_sampled() {
        let whole = uncapped(&query("SigninLogs | sample-distinct 2 of Identity"), &|_| true).unwrap();
        let last = &whole.plan.steps.last().unwrap();
        assert!(matches!(&last.op, Op::Summarize { keys, aggregates } if keys.len() == 1 && aggregates.is_empty()));
        assert_eq!(last.schema.len(), 1);
        assert!(uncapped(&query("SigninLogs | distinct Identity"), &|_| true).is_none());
    }

    #[test]
    fn what_a_star_stands_for_is_not_named() {
        let named =
            columns_named(&query("SigninLogs | summarize arg_max(TimeGenerated, *), take_any(AppId) by Identity"));
        for (name, is_named) in [("TimeGenerated", true), ("AppId", true), ("Identity", true), ("ResultType", false)] {
            assert_eq!(named.contains(name), is_named, "{name}");
        }
    }

    #[test]
    fn an_event_has_one_time() {
        let schemas = Schemas::builtin(Dialect::Sentinel);
        let now = parse_datetime("2024-05-14T10:00:00Z").unwrap();
        let settled = |table: &str, record: Value| {
            settled(record.as_object().unwrap(), table, &schemas, 1, "Timestamp", now).map(Value::Object)
        };
        let settled_to = |grain, table: &str, record: Value| {
            let record = super::settled(record.as_object().unwrap(), table, &schemas, grain, "Timestamp", now);
            Value::Object(record.unwrap())
        };
        let (one, other) = ("2024-05-14T09:00:00Z", "2024-05-14T08:00:00Z");
        let both = settled("DeviceEvents", json!({"TimeGenerated": one, "Timestamp": other}));
        assert_eq!(both, Some(json!({"TimeGenerated": other, "Timestamp": other})));
        assert_eq!(settled("DeviceEvents", json!({"TimeGenerated": null})), None, "it has a time, and none here");
        let without = settled("NoTimeHere", json!({"a": 1})).unwrap();
        let written =
            settled_to(10_000, "DeviceEvents", json!({"Timestamp": one, "Said": "2024-05-14T09:00:00.0000001Z"}));
        assert_eq!(written["Said"], json!("2024-05-14T09:00:00.0000000Z"), "as fine as instants are kept");
        assert_eq!(without["TimeGenerated"], json!("2024-05-14T09:59:00.0000000Z"), "the time of its arrival");
        let inside = json!({"Timestamp": one, "d": {"list": ["2024-05-14T09:00:00.0000001Z"]}});
        let inside = settled_to(10_000, "DeviceEvents", inside);
        assert_eq!(inside["d"]["list"][0], json!("2024-05-14T09:00:00.0000000Z"), "inside of objects as well");
    }

    #[test]
    fn what_a_join_brings_is_read() {
        let read = |text: &str| columns_read(&query(text)).map(|names| names.contains("Account"));
        let summed = "SigninLogs | summarize count() by IPAddress";
        assert_eq!(read(summed), Some(false));
        for (right, all) in [
            ("(SecurityEvent)", true),
            ("(SecurityEvent | where EventID == 1)", true),
            ("(SecurityEvent | project IpAddress)", false),
        ] {
            let of = |kind: &str, on: &str| read(&format!("{summed} | join kind={kind} {right} on {on}"));
            assert_eq!(of("inner", "$left.IPAddress == $right.IpAddress").is_none(), all, "{right}");
            assert!(of("leftsemi", "$left.IPAddress == $right.IpAddress").is_some(), "{right}");
            let behind = format!("{summed} | join {right} on $left.IPAddress == $right.IpAddress | project count_");
            assert!(read(&behind).is_some(), "{right}");
        }
    }

    #[test]
    fn outer_joins_can_be_left_out() {
        let text = "SecurityEvent | join kind=leftouter (SigninLogs | project Identity, IPAddress) on \
            $left.Account == $right.Identity | project Account, IPAddress";
        let bare = without_outer_joins(&query(text)).unwrap();
        assert!(!bare.plan.steps.iter().any(|step| matches!(step.op, Op::Join(_))));
        assert!(without_outer_joins(&query("SecurityEvent")).is_none());
    }
}
