//! Operators, one after the other; some of the IR's steps belong together.

use std::collections::HashMap;

use super::aggregate::belongs_to;
use super::expr::unsupported;
use super::plan::options;
use super::{Lowerer, Refused, Row, refuse};
use crate::functions;
use crate::ir::{
    Bound, Column, Columns, Computed, Join, MakeSeries, MvExpand, Op, Origin, Parse, ParseKind, ParseSegment, Plan,
    Rest, Scan as IrScan, ScanOutput, Schema, SeriesRange, SortKey as IrSortKey, SourceKind, Step, TopNestedLevel,
    Value, Window,
};
use crate::target::LossKind;
use crate::target::kql::tree::{Expand, Expr, Item, Level, Pipe, Scan, ScanStep, Segment, Series, SortKey, Stage};

impl Lowerer<'_> {
    /// The operators of a plan, behind its head.
    pub(super) fn stages(&mut self, plan: &Plan, pipe: &mut Pipe) {
        // `print` has taken the first projection.
        let mut at = usize::from(matches!(plan.source.kind, SourceKind::Unit) && !plan.steps.is_empty());
        while at < plan.steps.len() {
            let result = self.stage(plan, at);
            at += match self.kept(result) {
                Some((stages, count)) => {
                    pipe.stages.extend(stages);
                    count
                }
                None => 1,
            };
        }
    }

    /// The operators of the step at a place, and how many steps they stand for.
    fn stage(&mut self, plan: &Plan, at: usize) -> Result<(Vec<Stage>, usize), Refused> {
        let step = &plan.steps[at];
        let next = plan.steps.get(at + 1).filter(|next| next.span == step.span);
        let input = plan.input_schema(at);
        let seen = with_assumed(input, &step.schema, &self.query.columns);
        let row = self.row(&seen);
        let one = |stage: Stage| (vec![stage], 1);
        Ok(match &step.op {
            Op::Filter(condition) => one(Stage::Where(self.expr(condition, &row)?)),
            Op::Window(window) => one(Stage::Where(self.window(window, input, step)?)),
            Op::Extend(items) => {
                let mut named = self.items(items, &step.schema, &row)?;
                // A column by itself would add nothing.
                for item in &mut named {
                    if let (true, Expr::Name(name)) = (item.names.is_empty(), &item.value) {
                        item.names.push(name.clone());
                    }
                }
                one(Stage::Items("extend", named))
            }
            Op::Project(items, rest) => return self.projection(items, rest, plan, at),
            Op::Summarize { keys, aggregates } => {
                // Windows may have moved in front of the projection that belongs to the grouping.
                let windows = plan.steps[at + 1..].iter().take_while(|next| matches!(next.op, Op::Window(_))).count();
                let behind = plan.steps.get(at + 1 + windows).filter(|next| belongs_to(next, step.span));
                match behind.map(|next| (&next.op, &next.schema)) {
                    Some((Op::Project(results, _), schema)) => {
                        let mut stages =
                            vec![self.summarize(keys, aggregates, &seen, step, Some((results, schema)))?];
                        for moved in &plan.steps[at + 1..=at + windows] {
                            let Op::Window(window) = &moved.op else { continue };
                            let result = results.iter().find(|result| result.expr.as_column() == Some(window.column));
                            let column = result.map_or(window.column, |result| result.id);
                            let window = Window { column, ..window.clone() };
                            stages.push(Stage::Where(self.window(&window, schema, moved)?));
                        }
                        (stages, 2 + windows)
                    }
                    _ => one(self.summarize(keys, aggregates, &seen, step, None)?),
                }
            }
            Op::Distinct => one(Stage::DistinctAll),
            Op::Sort(keys) => {
                if let (Some(Op::Take(count)), [key]) = (next.map(|next| &next.op), keys.as_slice()) {
                    let key = self.sort_keys(std::slice::from_ref(key), &row)?.remove(0);
                    (vec![Stage::Top(self.expr(count, &row)?, key)], 2)
                } else {
                    one(Stage::Sort(self.sort_keys(keys, &row)?))
                }
            }
            Op::Serialize => one(Stage::Word("serialize")),
            Op::Take(count) => one(Stage::Counted("take", self.expr(count, &row)?)),
            Op::Sample(count) => one(Stage::Counted("sample", self.expr(count, &row)?)),
            Op::SampleDistinct(count, of) => {
                let of = Expr::Name(self.column_name(*of, input, step.span)?);
                one(Stage::SampleDistinct(self.expr(count, &row)?, of))
            }
            Op::Join(join) => return self.join(join, plan, at),
            Op::MvExpand(node) => one(self.expand(node, input, step)?),
            Op::MakeSeries(node) => one(self.make_series(node, &seen, step)?),
            Op::Parse(node) => one(self.parse(node, &row, step)?),
            Op::ParseKv(node) => {
                let keys = node.keys.iter().map(|(name, id)| (name.to_string(), self.query.columns[*id].ty.ty));
                let keys = keys.collect();
                one(Stage::ParseKv(self.expr(&node.subject, &row)?, keys, options(&node.options)))
            }
            Op::Scan(node) => one(self.scan(node, &seen)?),
            Op::Partition(node) => {
                let by = self.expr(&node.by, &row)?;
                let outer = self.outer.clone();
                if let (Some(id), Expr::Name(name)) = (node.by.as_column(), &by) {
                    self.outer.insert(id, name.clone());
                }
                let body = self.pipe(&node.body);
                self.outer = outer;
                one(Stage::Partition(by, body))
            }
            Op::TopNested(levels) => one(self.top_nested(levels, &seen, step)?),
            Op::TopHitters { count, of, by, .. } => {
                let of = self.item(of, &step.schema, &row)?;
                let by = by.as_ref().map(|by| self.expr(by, &row)).transpose()?;
                one(Stage::TopHitters(self.expr(count, &row)?, of, by))
            }
            Op::Reduce { by, options: set } => {
                let source = step.schema.len() > 3;
                one(Stage::Reduce(self.expr(by, &row)?, source, options(set)))
            }
            Op::Evaluate(node) => one(Stage::Evaluate(self.plugin(node, &row)?)),
            Op::GetSchema => one(Stage::GetSchema(step.schema.len() == 1)),
            Op::Invoke(call) => {
                let (name, arguments) = self.invoked(call, &row)?;
                one(Stage::Invoke(name, arguments))
            }
            Op::Fork(branches) => {
                let branches = branches.iter().map(|branch| (branch.name.to_string(), self.pipe(&branch.plan)));
                one(Stage::Fork(branches.collect()))
            }
            Op::Consume => one(Stage::Word("consume")),
            Op::Render { chart } => one(Stage::Render(chart.to_string())),
            Op::Statistics(_) => {
                let message = "what makes a group is judged otherwise in KQL".to_owned();
                return Err(refuse(LossKind::UnsupportedOperator, step.span, message));
            }
            Op::Foreign(node) => {
                let message = format!("`{}` has no counterpart in KQL", node.command);
                return Err(refuse(LossKind::UnsupportedOperator, step.span, message));
            }
            Op::Opaque(name) => {
                let message = format!("what `{name}` means is not modelled here, so that it cannot be written anew");
                return Err(refuse(LossKind::UnsupportedOperator, step.span, message));
            }
        })
    }

    /// A projection; with the operator behind it where both are one.
    fn projection(
        &mut self,
        items: &[Computed],
        rest: &Rest,
        plan: &Plan,
        at: usize,
    ) -> Result<(Vec<Stage>, usize), Refused> {
        let step = &plan.steps[at];
        let input = plan.input_schema(at);
        let seen = with_assumed(input, &step.schema, &self.query.columns);
        let next = plan.steps.get(at + 1).filter(|next| next.span == step.span);
        match next.map(|next| &next.op) {
            Some(Op::Distinct) => {
                if *rest == Rest::KeepBut(Vec::new()) && items.iter().all(Computed::is_passed_on) {
                    return Ok((vec![Stage::DistinctAll], 2));
                }
                // Kusto's own `distinct` takes no names.
                let row = self.row(&seen);
                let mut columns = self.items(items, &step.schema, &row)?;
                if columns.iter().all(|item| item.names.is_empty()) {
                    return Ok((vec![Stage::Items("distinct", columns)], 2));
                }
                for item in &mut columns {
                    unname(item);
                }
                if columns.iter().all(|item| item.names.is_empty()) {
                    return Ok((vec![Stage::Items("distinct", columns)], 2));
                }
            }
            Some(Op::SampleDistinct(count, _)) if items.len() == 1 => {
                let row = self.row(&seen);
                let count = self.expr(count, &row)?;
                let item = self.item(&items[0], &step.schema, &row)?;
                if item.names.is_empty() {
                    return Ok((vec![Stage::SampleDistinct(count, item.value)], 2));
                }
            }
            _ => {}
        }
        Ok((self.project(items, rest, input, step)?, 1))
    }

    fn window(&mut self, window: &Window, input: &Schema, step: &Step) -> Result<Expr, Refused> {
        let column = Expr::Name(self.column_name(window.column, input, step.span)?);
        let bounds = window.bounds;
        if let (Some((from, true)), Some((to, true))) = (bounds.from, bounds.to) {
            return Ok(Expr::Between(false, Box::new([column, instant(from), instant(to)])));
        }
        let test = |bound: Option<(Bound, bool)>, strict, loose| {
            bound.map(|(bound, included)| {
                let op = if included { loose } else { strict };
                Expr::Compare(op, Box::new([column.clone(), instant(bound)]))
            })
        };
        let mut terms: Vec<Expr> =
            [test(bounds.from, ">", ">="), test(bounds.to, "<", "<=")].into_iter().flatten().collect();
        match terms.len() {
            0 => Ok(Expr::call("isnotnull", vec![column])),
            1 => Ok(terms.remove(0)),
            _ => Ok(Expr::And(terms)),
        }
    }

    fn sort_keys(&mut self, keys: &[IrSortKey], row: &Row<'_>) -> Result<Vec<SortKey>, Refused> {
        let key = |key: &IrSortKey| {
            let value = self.expr(&key.expr, row)?;
            Ok(SortKey { value, descending: key.descending, nulls_first: key.nulls_first })
        };
        keys.iter().map(key).collect()
    }

    fn join(&mut self, join: &Join, plan: &Plan, at: usize) -> Result<(Vec<Stage>, usize), Refused> {
        let step = &plan.steps[at];
        let input = plan.input_schema(at);
        let mut on = Vec::with_capacity(join.keys.len());
        for (left, right) in &join.keys {
            on.push((
                self.column_name(*left, &with_assumed(input, &step.schema, &self.query.columns), step.span)?,
                self.column_name(
                    *right,
                    &with_assumed(join.right.schema(), &step.schema, &self.query.columns),
                    step.span,
                )?,
            ));
        }
        let right = self.pipe(&join.right);
        let stage = Stage::Join { kind: join.kind, lookup: join.lookup, right, on };
        // `lookup` leaves out the keys of the right by itself.
        let next = plan.steps.get(at + 1).filter(|next| join.lookup && next.span == step.span);
        let both = next
            .is_some_and(|next| matches!(&next.op, Op::Project(items, _) if items.iter().all(Computed::is_passed_on)));
        if join.lookup && !both {
            return Err(unsupported(step.span, "`lookup` leaves out the keys of the other side"));
        }
        Ok((vec![stage], if both { 2 } else { 1 }))
    }

    fn expand(&mut self, node: &MvExpand, input: &Schema, step: &Step) -> Result<Stage, Refused> {
        // What is expanded is called as the records behind it have it, or those that go into the body.
        let inside = node.body.as_ref().map_or(&step.schema, |body| &body.source.schema);
        let seen = with_assumed(input, inside, &self.query.columns);
        let row = self.row(&seen);
        let mut items = Vec::with_capacity(node.items.len());
        for item in &node.items {
            let name = self.column_name(item.id, inside, step.span)?;
            let value = self.expr(&item.expr, &row)?;
            // A column that a body does not hand on is named, or it would be taken for the column itself.
            let own = matches!(&value, Expr::Name(text) if *text == name)
                && (node.body.is_none() || !item.expr.as_column().is_some_and(|id| step.schema.contains(id)));
            items.push((Item { names: if own { Vec::new() } else { vec![name] }, value }, item.to));
        }
        let index = node.index.map(|id| self.column_name(id, inside, step.span)).transpose()?;
        let limit = node.limit.as_ref().map(|limit| self.expr(limit, &row)).transpose()?;
        let body = match &node.body {
            Some(body) => {
                let outer = self.outer.clone();
                let pipe = self.pipe(body);
                self.outer = outer;
                if pipe.stages.is_empty() {
                    return Err(unsupported(step.span, "nothing happens to the elements of the records"));
                }
                Some(pipe)
            }
            None => None,
        };
        Ok(Stage::Expand(Box::new(Expand { items, index, pairs: node.pairs, limit, body })))
    }

    fn make_series(&mut self, node: &MakeSeries, seen: &Schema, step: &Step) -> Result<Stage, Refused> {
        let row = self.row(seen);
        let keys = self.keys(&node.keys, &step.schema, &row)?;
        let mut items = Vec::with_capacity(node.items.len());
        for item in &node.items {
            let over = Row { outer: self.outer.clone(), ..Row::with_aggregates(seen, &item.aggregates) };
            let value = self.expr(&item.expr, &over)?;
            let name = self.column_name(item.id, &step.schema, item.expr.span)?;
            let default = item.default.as_ref().map(|default| self.expr(default, &row)).transpose()?;
            items.push((Item { names: vec![name], value }, default));
        }
        let axis = self.expr(&node.axis, &row)?;
        let name = self.column_name(node.axis_id, &step.schema, node.axis.span)?;
        let own = matches!(&axis, Expr::Name(text) if *text == name);
        let axis = Item { names: if own { Vec::new() } else { vec![name] }, value: axis };
        let (range, in_range) = match &node.range {
            SeriesRange::FromTo { from, to, step } => {
                let from = from.as_ref().map(|bound| self.expr(bound, &row)).transpose()?;
                let to = to.as_ref().map(|bound| self.expr(bound, &row)).transpose()?;
                ((from, to, self.expr(step, &row)?), false)
            }
            SeriesRange::InRange(from, to, step) => {
                ((Some(self.expr(from, &row)?), Some(self.expr(to, &row)?), self.expr(step, &row)?), true)
            }
        };
        Ok(Stage::Series(Box::new(Series { items, axis, range, in_range, keys, non_empty: node.non_empty })))
    }

    fn parse(&mut self, node: &Parse, row: &Row<'_>, step: &Step) -> Result<Stage, Refused> {
        let mut segments = Vec::with_capacity(node.segments.len());
        for segment in &node.segments {
            segments.push(match segment {
                ParseSegment::Skip => Segment::Skip,
                ParseSegment::Text(text) => Segment::Text(text.to_string()),
                ParseSegment::Column(id, ty) => Segment::Column(self.column_name(*id, &step.schema, step.span)?, *ty),
            });
        }
        let kind = match node.kind {
            ParseKind::Simple => None,
            ParseKind::Relaxed => Some("relaxed"),
            ParseKind::Regex => Some("regex"),
        };
        let subject = self.expr(&node.subject, row)?;
        Ok(Stage::Parse { filter: node.filter, kind, flags: node.flags.to_string(), subject, segments })
    }

    fn scan(&mut self, node: &IrScan, seen: &Schema) -> Result<Stage, Refused> {
        let mut row = self.row(seen);
        let order = self.sort_keys(&node.order, &row)?;
        let mut partition = Vec::with_capacity(node.partition.len());
        for key in &node.partition {
            partition.push(self.expr(key, &row)?);
        }
        let mut declared = Vec::with_capacity(node.declared.len());
        for (id, initial) in &node.declared {
            let info = &self.query.columns[*id];
            let initial = initial.as_ref().map(|value| self.expr(value, &row)).transpose()?;
            declared.push((info.name.to_string(), info.ty.ty, initial));
        }
        for (id, _) in &node.declared {
            row.outer.insert(*id, self.query.columns[*id].name.to_string());
        }
        let mut records = HashMap::new();
        for step in &node.steps {
            for (twin, column) in &step.state {
                let name = match row.outer.get(column) {
                    Some(name) => name.clone(),
                    None => self.column_name(*column, seen, crate::source::Span::default())?,
                };
                records.insert(*twin, (step.name.to_string(), name));
            }
        }
        row.records = records;
        let mut steps = Vec::with_capacity(node.steps.len());
        for step in &node.steps {
            let condition = self.expr(&step.condition, &row)?;
            let mut assignments = Vec::with_capacity(step.assignments.len());
            for (id, value) in &step.assignments {
                assignments.push((self.query.columns[*id].name.to_string(), self.expr(value, &row)?));
            }
            let output = match step.output {
                ScanOutput::All => None,
                ScanOutput::Last => Some("last"),
                ScanOutput::None => Some("none"),
            };
            let name = step.name.to_string();
            steps.push(ScanStep { name, optional: step.optional, output, condition, assignments });
        }
        let match_id = node.match_id.map(|id| self.query.columns[id].name.to_string());
        Ok(Stage::Scan(Box::new(Scan { match_id, order, partition, declared, steps })))
    }

    fn top_nested(&mut self, levels: &[TopNestedLevel], seen: &Schema, step: &Step) -> Result<Stage, Refused> {
        let row = self.row(seen);
        let mut out = Vec::with_capacity(levels.len());
        for level in levels {
            let count = level.count.as_ref().map(|count| self.expr(count, &row)).transpose()?;
            let of = self.item(&level.of, &step.schema, &row)?;
            let others = level.others.as_ref().map(|others| self.expr(others, &row)).transpose()?;
            let over = Row { outer: self.outer.clone(), ..Row::with_aggregates(seen, &level.aggregates) };
            let value = self.expr(&level.by.expr, &over)?;
            let name = self.column_name(level.by.id, &step.schema, level.by.expr.span)?;
            let by = Item { names: vec![name], value };
            out.push(Level { count, of, others, by, descending: level.descending });
        }
        Ok(Stage::TopNested(out))
    }
}

/// The columns of an input, and those that only an open one may have, under the names they were looked up by.
fn with_assumed(input: &Schema, output: &Schema, columns: &Columns) -> Schema {
    let mut seen = input.clone();
    if input.open {
        for column in output.iter().filter(|c| !input.contains(c.id)) {
            let info = &columns[column.id];
            if info.origin == Origin::Assumed && seen.get(&info.name).is_none() {
                seen.push(Column { name: info.name.clone(), ..column.clone() });
            }
        }
    }
    seen
}

/// An instant.
fn instant(bound: Bound) -> Expr {
    match bound {
        Bound::Instant(ticks) => Expr::Value(Value::DateTime(ticks)),
        Bound::FromNow(0) => Expr::call("now", Vec::new()),
        Bound::FromNow(ticks) if ticks < 0 => {
            Expr::call("ago", vec![Expr::Value(Value::TimeSpan(ticks.saturating_neg()))])
        }
        Bound::FromNow(ticks) => Expr::call("now", vec![Expr::Value(Value::TimeSpan(ticks))]),
    }
}

/// Takes a name away that a call has by itself.
fn unname(item: &mut Item) {
    let Expr::Call(function, arguments) = &item.value else { return };
    let like_first = functions::scalar(function).is_some_and(|id| id.row().naming == functions::Naming::FirstArgument);
    if let (true, [name], Some(Expr::Name(first))) =
        (like_first, item.names.as_slice(), arguments.first().map(|argument| &argument.value))
        && name == first
    {
        item.names.clear();
    }
}
