//! Plans, step by step.

use std::collections::HashSet;

use super::list::list;
use super::value::{instant, now_plus};
use super::{DEPTH, Flow, Lower, Result, Slot, refuse};
use crate::ir::{
    Argument, Bound, ColumnId, CompareOp, Computed, Expr as Ir, ExprKind, MvExpand, Op, Parse, ParseKind, ParseSegment,
    Plan, Rest, Schema, SortKey as Key, SourceCall, Step, Value, Window,
};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::esql::tree::{Command, Expr, Head, SortKey};
use crate::target::filled::filled_by;
use crate::target::ledger::Accounts as _;
use crate::target::sets::reads_table;
use crate::target::usage::{PlanUsage, Usage};
use crate::types::Type;

impl Lower<'_> {
    /// A plan, of whose result `end` matters.
    pub(super) fn plan(&mut self, plan: &Plan, end: Usage) -> Result<Flow> {
        let usage = PlanUsage::of(plan, end);
        self.depth += 1;
        if self.depth > DEPTH {
            return refuse(
                LossKind::UnsupportedOperator,
                plan.source.span,
                "the query nests tables in each other too deep",
            );
        }
        let mut flow = self.source(&plan.source, &usage.source)?;
        for (index, step) in plan.steps.iter().enumerate() {
            let listed = index > 0 && matches!(plan.steps[index - 1].op, Op::Project(_, Rest::Drop));
            if matches!(step.op, Op::Distinct) && step.schema.open && !listed {
                return refuse(
                    LossKind::UnsupportedOperator,
                    step.span,
                    "`distinct *` needs all columns of the table, which are not known here",
                );
            }
            let mut asks = false;
            step.op.expressions(&mut |expr| asks |= reads_table(expr));
            if asks {
                let side = self.side_of();
                self.opened_up(&mut flow, &side, step.span)?;
            }
            self.step(&mut flow, step, plan.input_schema(index), &usage.after[index])?;
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn step(&mut self, flow: &mut Flow, step: &Step, input: &Schema, after: &Usage) -> Result<()> {
        let unsupported = |message: &str| refuse(LossKind::UnsupportedOperator, step.span, message);
        match &step.op {
            Op::Filter(condition) => self.filter(flow, condition)?,
            Op::Window(window) => self.window(flow, window, step.span),
            Op::Extend(items) => self.compute(flow, items, &step.schema, after)?,
            Op::Project(items, rest) => self.project(flow, items, rest, step, input, after)?,
            Op::Summarize { keys, aggregates } => {
                self.summarize(flow, keys, aggregates, &step.schema, after)?;
            }
            Op::Distinct => self.distinct(flow, &step.schema),
            Op::Sort(keys) => self.sort(flow, keys)?,
            Op::Serialize | Op::Render { .. } => {}
            Op::Take(count) | Op::Sample(count) => self.take(flow, count, step.span)?,
            Op::SampleDistinct(count, _) => {
                self.distinct(flow, &step.schema);
                self.take(flow, count, step.span)?;
            }
            Op::Join(join) => self.join(flow, join, &step.schema, after, step.span)?,
            Op::MvExpand(expand) => self.mv_expand(flow, expand, step, after)?,
            Op::Parse(parse) => self.parse(flow, parse, after, step.span)?,
            Op::MakeSeries(_) => {
                return unsupported(
                    "ES|QL has no series in a cell, so `make-series` and what works on series cannot be said; count per bin with `summarize … by bin()`",
                );
            }
            Op::Invoke(call) => self.invoke(flow, call, &step.schema, input, after, step.span)?,
            Op::TopHitters { .. } => {
                return unsupported("`top-hitters` has no counterpart; use `summarize count() by` and `top`");
            }
            Op::ParseKv(_) => {
                return unsupported("`parse-kv` has no counterpart that keeps its rules; use `extract` for each key");
            }
            Op::Scan(_) => {
                return unsupported(
                    "`scan` has no counterpart; an order of events by key within a time is a sequence of EQL",
                );
            }
            Op::Partition(_) => {
                return unsupported("`partition` has no counterpart; group with `summarize … by` instead");
            }
            Op::TopNested(_) => return unsupported("`top-nested` has no counterpart; use `summarize` and `top`"),
            Op::Reduce { .. } => {
                return unsupported("`reduce` finds patterns in a way of its own that no other engine repeats");
            }
            Op::Evaluate(evaluate) => {
                let message = format!(
                    "the plugin `{}` has no counterpart in ES|QL; what it gives depends on the data",
                    evaluate.name
                );
                return refuse(LossKind::UnsupportedOperator, step.span, message);
            }
            Op::GetSchema => return unsupported("ES|QL has no schema to show"),
            Op::Fork(_) => return unsupported("a query gives one result; split it in several"),
            Op::Statistics(_) | Op::Foreign(_) => {
                return unsupported("a command of another language is read, not written");
            }
            Op::Consume => return unsupported("a rule that gives no rows can find nothing"),
            Op::Opaque(name) => {
                let message = format!("`{name}` works on graphs, which Elasticsearch does not have");
                return refuse(LossKind::UnsupportedOperator, step.span, message);
            }
        }
        Ok(())
    }

    /// A function whose body is not at hand, over the records: a lookup index that has to be made there.
    fn invoke(
        &mut self,
        flow: &mut Flow,
        call: &SourceCall,
        schema: &Schema,
        input: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let mut keys = Vec::new();
        for (_, argument) in &call.arguments {
            let Argument::Scalar(expr) = argument else { continue };
            // `FileProfile("SHA1")` names the column in a string.
            let named = expr.as_literal().and_then(Value::as_str).and_then(|name| input.get(name)).map(|c| c.id);
            if let Some(id) = expr.as_column().or(named) {
                let value = self.column(flow, id, expr.span);
                keys.push((self.query.columns[id].name.to_string(), value));
            }
        }
        if keys.is_empty() {
            let message = format!("the function `{}` is not at hand; put its body into the query", call.name);
            return refuse(LossKind::UnsupportedOperator, span, message);
        }
        let computed: Vec<(String, Expr)> =
            keys.iter().filter(|(name, value)| *value != Expr::field(name)).cloned().collect();
        if !computed.is_empty() {
            flow.push(Command::Eval(computed));
        }
        let index = super::source::index_of(&call.name);
        let names: Vec<String> = keys.into_iter().map(|(name, _)| name).collect();
        let message = format!(
            "what `{}` adds has to be there as the lookup index `{index}`, by `{}`",
            call.name,
            names.join("`, `")
        );
        self.ledger.losses.push(crate::target::Loss::approximate(LossKind::Lookup, span, message));
        flow.push(Command::LookupJoin(index, names));
        flow.pool = None;
        for column in schema.iter().filter(|c| input.iter().all(|i| i.id != c.id) && after.live.contains(&c.id)) {
            flow.slots.insert(column.id, Slot::new(Expr::field(column.name.as_ref())));
        }
        Ok(())
    }

    pub(super) fn filter(&mut self, flow: &mut Flow, condition: &Ir) -> Result<()> {
        let terms: Vec<&Ir> = match &condition.kind {
            ExprKind::And(terms) => terms.iter().collect(),
            _ => vec![condition],
        };
        let mut conditions = Vec::with_capacity(terms.len());
        for term in &terms {
            // What is asked of another table comes last, so that the branches of a `FROM` are small.
            if reads_table(term) {
                flow.push(Command::Where(Expr::all(std::mem::take(&mut conditions))));
            }
            conditions.push(self.condition(flow, term, true)?);
        }
        for term in terms {
            fill(flow, term);
        }
        flow.push(Command::Where(Expr::all(conditions)));
        Ok(())
    }

    fn window(&mut self, flow: &mut Flow, window: &Window, span: Span) {
        let time = self.column(flow, window.column, span);
        let mut conditions = Vec::new();
        let mut bound = |bound: Option<(Bound, bool)>, strict: CompareOp, loose: CompareOp| {
            if let Some((bound, included)) = bound {
                let value = match bound {
                    Bound::Instant(ticks) => instant(ticks),
                    Bound::FromNow(ticks) => now_plus(ticks),
                };
                conditions.push(Expr::compare(if included { loose } else { strict }, time.clone(), value));
            }
        };
        bound(window.bounds.from, CompareOp::Greater, CompareOp::GreaterOrEqual);
        bound(window.bounds.to, CompareOp::Less, CompareOp::LessOrEqual);
        flow.push(Command::Where(Expr::all(conditions)));
    }

    fn take(&mut self, flow: &mut Flow, count: &Ir, span: Span) -> Result<()> {
        let count = count.as_literal().and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok());
        let Some(count) = count else {
            return refuse(LossKind::UnsupportedOperator, span, "the number of rows has to be written out");
        };
        let limit = self.data.target.row_limit;
        if count > limit {
            self.ledger.losses.push(crate::target::Loss::shown(
                LossKind::RowCap,
                span,
                format!("a query gives at most {limit} rows"),
            ));
        }
        flow.push(Command::Limit(count.min(limit)));
        Ok(())
    }

    /// Computes columns, in an order in which none overwrites what another still reads.
    pub(super) fn compute(
        &mut self,
        flow: &mut Flow,
        items: &[Computed],
        schema: &Schema,
        after: &Usage,
    ) -> Result<()> {
        let mut values = Vec::new();
        let mut aliases = Vec::new();
        for item in items {
            if !after.live.contains(&item.id) || item.is_passed_on() {
                continue;
            }
            let name = schema
                .iter()
                .find(|c| c.id == item.id)
                .map_or_else(|| self.query.columns[item.id].name.clone(), |c| c.name.clone());
            if let Some(of) = item.expr.as_column() {
                self.column(flow, of, item.expr.span);
                if let Some(slot) = flow.slots.get(&of).cloned() {
                    aliases.push((item.id, Slot { note: None, ..slot }));
                    continue;
                }
            }
            let deciding = after.deciding.contains(&item.id);
            let mut attempt = flow.clone();
            let value = self.shown_or(deciding, &name, |lower| lower.value(&mut attempt, &item.expr))?;
            match value {
                Some(expr) => {
                    *flow = attempt;
                    // What is an array to KQL is missing there where it has no values.
                    let made = list(&item.expr);
                    let filled = made.is_none() && Self::is_filled(flow, &item.expr);
                    // A part of an object of the events stays one: its own parts are fields too.
                    let of_event = !flow.closed
                        && item.expr.ty.ty == Type::Dynamic
                        && matches!(expr, Expr::Field(_))
                        && is_of_event(flow, &item.expr);
                    let note = if of_event { self.text_note(flow, &item.expr) } else { None };
                    let listed = Self::is_list(flow, &item.expr);
                    values.push((item.id, name, Slot { of_event, filled, listed, made, note, ..Slot::new(expr) }));
                }
                None => aliases.push((item.id, Slot::new(Expr::Null))),
            }
        }
        // An alias reads a column that an assignment may take over: both count as read.
        let mut live = after.live.clone();
        for (id, slot) in aliases {
            flow.slots.insert(id, slot);
            live.insert(id);
        }
        let mut assignments: Vec<(String, Expr)> = Vec::new();
        let mut pending = values;
        while !pending.is_empty() {
            let at = (0..pending.len())
                .find(|&at| {
                    !pending
                        .iter()
                        .enumerate()
                        .any(|(other, (_, _, slot))| other != at && slot.expr.reads(&pending[at].1))
                })
                .unwrap_or(0);
            let (id, name, slot) = pending.remove(at);
            if matches!(slot.expr, Expr::Text(_) | Expr::Number(_) | Expr::Field(_) | Expr::Bool(_) | Expr::Null) {
                flow.slots.insert(id, slot);
                live.insert(id);
                continue;
            }
            let mut column = self.name_for(flow, id, &name, &live);
            while pending.iter().any(|(_, _, s)| s.expr.reads(&column))
                || assignments.iter().any(|(given, _)| *given == column)
            {
                column.push('_');
            }
            assignments.push((column.clone(), slot.expr));
            flow.slots.insert(id, Slot { expr: Expr::Field(column), ..slot });
            live.insert(id);
        }
        if !assignments.is_empty() {
            flow.push(Command::Eval(assignments));
        }
        Ok(())
    }

    fn project(
        &mut self,
        flow: &mut Flow,
        items: &[Computed],
        rest: &Rest,
        step: &Step,
        input: &Schema,
        after: &Usage,
    ) -> Result<()> {
        self.compute(flow, items, &step.schema, after)?;
        for column in step.schema.iter() {
            if !flow.slots.contains_key(&column.id) && after.live.contains(&column.id) {
                self.column(flow, column.id, step.span);
            }
        }
        let kept: HashSet<ColumnId> = step.schema.iter().map(|c| c.id).collect();
        let drops = input.iter().any(|c| !kept.contains(&c.id));
        let opened = input.open && *rest == Rest::Drop;
        flow.narrowed |= drops || opened || *rest == Rest::Drop;
        flow.slots.retain(|id, _| kept.contains(id));
        Ok(())
    }

    fn distinct(&mut self, flow: &mut Flow, schema: &Schema) {
        let mut by = Vec::new();
        let mut slots = Vec::new();
        for column in schema.iter() {
            let span = self.query.columns[column.id].span;
            self.merged(flow, &Ir::column(column.id, column.ty, span));
            let value = self.column(flow, column.id, span);
            let old = flow.slots.get(&column.id).cloned();
            let filled = old.as_ref().is_some_and(|slot| slot.filled);
            match value {
                Expr::Field(name) => {
                    slots.push((
                        column.id,
                        Slot { of_event: false, filled, ..old.unwrap_or_else(|| Slot::new(Expr::field(&name))) },
                    ));
                    if !by.iter().any(|(given, _): &(String, _)| *given == name) {
                        by.push((name, None));
                    }
                }
                value => {
                    let name = column.name.to_string();
                    by.push((name.clone(), Some(value)));
                    slots.push((column.id, Slot { filled, ..Slot::new(Expr::Field(name)) }));
                }
            }
        }
        flow.push(Command::Stats { inline: false, aggregates: Vec::new(), by });
        flow.unique = Some(schema.iter().map(|c| c.id).collect());
        flow.slots = slots.into_iter().collect();
        flow.closed = true;
        flow.narrowed = true;
        flow.pool = None;
    }

    fn sort(&mut self, flow: &mut Flow, keys: &[Key]) -> Result<()> {
        let mut sorted = Vec::with_capacity(keys.len());
        for key in keys {
            let mark = self.ledger.losses.len();
            let value = match self.at(false, |lower| lower.value(flow, &key.expr)) {
                Ok(value) => value,
                Err(loss) => {
                    self.ledger.losses.truncate(mark);
                    return Err(loss);
                }
            };
            sorted.push(SortKey { value, descending: key.descending, nulls_first: key.nulls_first });
        }
        flow.push(Command::Sort(sorted));
        Ok(())
    }

    fn mv_expand(&mut self, flow: &mut Flow, expand: &MvExpand, step: &Step, after: &Usage) -> Result<()> {
        let unsupported = |message: &str| refuse(LossKind::UnsupportedOperator, step.span, message);
        if expand.body.is_some() {
            return unsupported(
                "`mv-apply` works on the elements of each record, which ES|QL cannot; use `mv-expand` and filters",
            );
        }
        if expand.index.is_some() {
            return unsupported("MV_EXPAND does not tell the position of an element");
        }
        let [item] = expand.items.as_slice() else {
            return unsupported("MV_EXPAND takes one column; several in parallel cannot be said");
        };
        if let ExprKind::Call(function, arguments) = &item.expr.kind
            && matches!(function.name(), "parse_json" | "parsejson" | "todynamic")
            && let Some(text) = arguments.first().filter(|text| text.ty.ty == Type::String)
        {
            let of_event = text.as_column().is_some_and(|id| flow.slots.get(&id).is_some_and(|slot| slot.of_event));
            if !of_event || !self.opened(item.id) {
                return unsupported("an array that a text holds has no values in Elasticsearch");
            }
            let Expr::Field(field) = self.value(flow, text)? else {
                return unsupported("an array that a text holds has no values in Elasticsearch");
            };
            if let Some(id) = text.as_column() {
                let message = super::value::object_note(&self.query.columns[id].name);
                self.lose(LossKind::UnmappedField, text.span, message);
            }
            return self.expand_objects(flow, item.id, &field, step.span);
        }
        if Self::slot(flow, &item.expr).and_then(|slot| slot.elements).is_some_and(|elements| elements.repeat) {
            return unsupported("a list holds equal values once there, so that a row for each would be missing");
        }
        let dynamic_of_table = matches!(item.expr.kind, ExprKind::Column(_) | ExprKind::Access(_))
            && item.to.is_none()
            && after.live.contains(&item.id);
        let value = self.value(flow, &item.expr)?;
        if dynamic_of_table
            && let Expr::Field(field) = &value
            && !flow.closed
            && self.opened(item.id)
        {
            if self.ledger.is_helper(field) {
                return unsupported(
                    "the objects that an element of an array of objects holds have no rows of their own in Elasticsearch",
                );
            }
            return self.expand_objects(flow, item.id, field, step.span);
        }
        let wanted = self.query.columns[item.id].name.to_string();
        let name = self.name_for(flow, item.id, &wanted, &after.live);
        if value != Expr::field(&name) {
            flow.push(Command::Eval(vec![(name.clone(), value)]));
        }
        if !flow.closed {
            self.lose(LossKind::Null, step.span, "an array is taken to be stored as a field with several values: equal elements come once, and objects have no rows");
        }
        flow.push(Command::MvExpand(name.clone()));
        flow.slots.insert(item.id, Slot::new(Expr::Field(name)));
        flow.unique = None;
        Ok(())
    }

    /// Whether parts of a column's value are read anywhere.
    pub(super) fn opened(&self, id: ColumnId) -> bool {
        let mut found = false;
        let mut look = |e: &Ir| {
            if let ExprKind::Access(node) = &e.kind {
                let mut base = &node.base;
                while let ExprKind::Call(_, arguments) = &base.kind {
                    let Some(first) = arguments.first() else { break };
                    base = first;
                }
                found |= base.as_column() == Some(id);
            }
        };
        self.query.plan.walk(&mut look);
        for shared in &self.query.shared {
            shared.plan.walk(&mut look);
        }
        found
    }

    /// What is to be told of JSON that Sentinel keeps as text, once it is read as an object.
    fn text_note(&self, flow: &Flow, expr: &Ir) -> Option<(LossKind, std::sync::Arc<str>)> {
        let ExprKind::Call(function, arguments) = &expr.kind else { return None };
        let id = arguments.first().filter(|a| a.ty.ty == Type::String).and_then(Ir::as_column)?;
        let json = matches!(function.name(), "parse_json" | "parsejson" | "todynamic")
            && flow.slots.get(&id).is_some_and(|slot| slot.of_event);
        json.then(|| (LossKind::UnmappedField, super::value::object_note(&self.query.columns[id].name).into()))
    }

    fn parse(&mut self, flow: &mut Flow, parse: &Parse, after: &Usage, span: Span) -> Result<()> {
        let text = self.text(flow, &parse.subject)?;
        let subject = self.in_column(flow, text, "subject");
        let regex = parse.kind == ParseKind::Regex;
        let swapped = regex && parse.flags.contains('U');
        let (least, most) = if swapped { (".*", ".*?") } else { (".*?", ".*") };
        // Oniguruma's `m` is Kusto's `s`.
        let mut pattern = match (regex, parse.flags.contains('i'), parse.flags.contains('s')) {
            (false, ..) | (true, false, true) => "(?m)",
            (true, true, true) => "(?im)",
            (true, true, false) => "(?i)",
            (true, false, false) => "",
        }
        .to_owned();
        let last = parse.segments.len().saturating_sub(1);
        let mut outputs = Vec::new();
        for (at, segment) in parse.segments.iter().enumerate() {
            match segment {
                ParseSegment::Skip if at == 0 || at == last => {}
                ParseSegment::Skip => pattern.push_str(least),
                ParseSegment::Text(text) => {
                    // A match may begin anywhere.
                    let text = if regex { self.parsed_regex(parse, text, span) } else { regex::escape(text) };
                    pattern.push_str(&text);
                    if at == last && !regex {
                        pattern.push_str("\\z");
                    }
                }
                ParseSegment::Column(id, ty) => {
                    if at == 0 && !regex {
                        pattern.push_str("\\A");
                    }
                    let name = self.helper(&word(&self.query.columns[*id].name));
                    let inner = match ty {
                        Type::Int | Type::Long => r"[+-]?\d+",
                        Type::Real | Type::Decimal => r"[+-]?\d+(?:\.\d+)?",
                        _ if regex => most,
                        _ if at == last => ".*",
                        _ => ".*?",
                    };
                    pattern.extend(["(?<", &name, ">", inner, ")"]);
                    if at == last && !regex {
                        pattern.push_str("\\z");
                    }
                    outputs.push((*id, *ty, name));
                }
            }
        }
        if outputs.is_empty() || (!parse.filter && !outputs.iter().any(|(id, ..)| after.live.contains(id))) {
            if parse.filter {
                return refuse(
                    LossKind::UnsupportedOperator,
                    span,
                    "`parse-where` without columns cannot be said; use `matches regex`",
                );
            }
            return Ok(());
        }
        flow.push(Command::Grok(subject, pattern));
        if parse.filter {
            let found = outputs.iter().map(|(_, _, name)| Expr::field(name).is_not_null()).collect();
            flow.push(Command::Where(Expr::all(found)));
        }
        for (id, ty, name) in outputs {
            let column = Expr::Field(name);
            let value = match ty {
                Type::Int | Type::Long => Expr::call("TO_LONG", [column]),
                Type::Real | Type::Decimal => Expr::call("TO_DOUBLE", [column]),
                Type::DateTime => Expr::call("TO_DATETIME", [column]),
                Type::Bool => Expr::call("TO_BOOLEAN", [column]),
                Type::TimeSpan => {
                    return refuse(
                        LossKind::UnsupportedOperator,
                        parse.subject.span,
                        "a time span cannot be read from text",
                    );
                }
                _ => column,
            };
            flow.slots.insert(id, Slot::new(value));
        }
        Ok(())
    }
}

impl Lower<'_> {
    /// A part of the pattern of `parse kind=regex`, which is searched for.
    fn parsed_regex(&mut self, parse: &Parse, text: &str, span: Span) -> String {
        let lines = if parse.flags.contains('m') { "(?m)" } else { "" };
        let swapped = parse.flags.contains('U') && text.contains(['*', '+', '?', '{']);
        super::pattern::oniguruma(&format!("{lines}{text}")).filter(|_| !swapped).unwrap_or_else(|| {
            let message = "the pattern uses what Oniguruma reads otherwise: flags, class operations or parts of groups";
            self.lose(LossKind::RegexDialect, span, message);
            text.to_owned()
        })
    }
}

/// Whether an expression is an object of the events, or a part of one.
fn is_of_event(flow: &Flow, expr: &Ir) -> bool {
    match &expr.kind {
        ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.of_event),
        ExprKind::Cast(node) => is_of_event(flow, &node.operand),
        ExprKind::Access(node) => is_of_event(flow, &node.base),
        ExprKind::Call(_, arguments) => arguments.first().is_some_and(|argument| is_of_event(flow, argument)),
        _ => false,
    }
}

/// A name for a group of a pattern: letters and digits alone.
pub(super) fn word(name: &str) -> String {
    let word: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if word.starts_with(|c: char| c.is_ascii_alphabetic()) { word } else { format!("part{word}") }
}

fn fill(flow: &mut Flow, term: &Ir) {
    let mut found = Vec::new();
    filled_by(term, &mut found);
    for id in found {
        if let Some(slot) = flow.slots.get_mut(&id) {
            slot.filled = true;
        }
    }
}

/// The queries a flow consists of, as branches of a `FROM`.
pub(super) fn branches(flow: Flow, span: Span) -> Result<Vec<crate::target::esql::tree::Query>> {
    match flow.head {
        Head::From { .. } | Head::Row(_) => Ok(vec![flow.query()]),
        Head::Queries(queries) if flow.commands.iter().all(Command::is_row_by_row) && flow.pool.is_none() => {
            let commands = flow.commands;
            Ok(queries
                .into_iter()
                .map(|mut query| {
                    query.commands.extend(commands.iter().cloned());
                    query
                })
                .collect())
        }
        Head::Queries(_) => refuse(
            LossKind::UnsupportedOperator,
            span,
            "sub-queries of FROM cannot be nested, and here a join or an aggregation of several tables is one of several tables again",
        ),
    }
}
