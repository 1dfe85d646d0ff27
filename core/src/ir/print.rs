//! The text of `kqlc ir`: one line a step, one line a term of a top-level `and` or `or`, two blanks a level.
//!
//! Columns print as `name#id`. The rules of a comparison print where they are not KQL's own: `has~` ignores the case of
//! ASCII letters, `has` does not, `{…}` names any other rule.

use std::fmt::{self, Write};

use super::{
    AggregateCall, Argument, Arrangement, Bound, CaseRule, CastKind, ColumnId, Columns, Computed, Correlation, Expr,
    ExprKind, ForeignStep, Frame, Lacking, NullRule, Op, OptionValue, ParseSegment, Plan, Quantifier, Query,
    RegexDialect, Rest, Schema, SeriesRange, SortKey, SourceKind, Statistics, StringRules, StringTest, TermRule,
    ValueSet,
};
use crate::functions::{Shape, ValueType};
use crate::literal::format_timespan;
use crate::types::Type;

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer { columns: &self.columns, out: f, depth: 0 };
        for (at, shared) in self.shared.iter().enumerate() {
            printer.line(format_args!("shared ${at} {}", shared.name))?;
            printer.nested(|p| p.plan(&shared.plan))?;
        }
        printer.plan(&self.plan)?;
        let schema = self.plan.schema();
        printer.line(format_args!("columns{}", if schema.open { " and more" } else { "" }))?;
        printer.nested(|p| schema.iter().try_for_each(|c| p.line(format_args!("{}{}: {}", c.name, c.id, Shaped(c.ty)))))
    }
}

impl Expr {
    /// The expression on one line, as [`Query`] prints it.
    pub fn display<'a>(&'a self, columns: &'a Columns) -> impl fmt::Display + 'a {
        Shown { expr: self, columns }
    }
}

/// An expression with the names of its columns.
struct Shown<'a> {
    expr: &'a Expr,
    columns: &'a Columns,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_expr(f, self.columns, self.expr)
    }
}

/// A type with its shape.
struct Shaped(ValueType);

impl fmt::Display for Shaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.shape {
            Shape::Any => write!(f, "{}", self.0.ty),
            Shape::Array(ty) if ty == Type::Dynamic || ty == Type::Unknown => f.write_str("dynamic array"),
            Shape::Array(ty) => write!(f, "dynamic array of {ty}"),
            Shape::Bag => f.write_str("dynamic bag"),
            Shape::Scalar(ty) => write!(f, "dynamic {ty}"),
        }
    }
}

struct Printer<'a, 'f> {
    columns: &'a Columns,
    out: &'a mut fmt::Formatter<'f>,
    depth: usize,
}

impl Printer<'_, '_> {
    fn line(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        for _ in 0..self.depth {
            self.out.write_str("  ")?;
        }
        self.out.write_fmt(text)?;
        self.out.write_char('\n')
    }

    fn nested(&mut self, body: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        result
    }

    fn plan(&mut self, plan: &Plan) -> fmt::Result {
        self.source(&plan.source.kind, &plan.source.schema)?;
        plan.steps.iter().try_for_each(|step| self.op(&step.op, &step.schema))
    }

    fn source(&mut self, source: &SourceKind, schema: &Schema) -> fmt::Result {
        match source {
            SourceKind::Table { name, known } => {
                self.line(format_args!("table {name}{}", if *known { "" } else { " (unknown)" }))
            }
            SourceKind::Tables(pattern) => self.line(format_args!("tables {pattern}")),
            SourceKind::LogSource(kind) => {
                let stated = [("category", &kind.category), ("product", &kind.product), ("service", &kind.service)];
                let stated = stated.iter().filter_map(|(key, value)| Some(format!(" {key}={}", value.as_ref()?)));
                self.line(format_args!("logs{}", stated.collect::<String>()))
            }
            SourceKind::Unit => self.line(format_args!("unit")),
            SourceKind::Input => self.line(format_args!("input")),
            SourceKind::Shared(id, pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(twin, of)| format!("{twin}={of}")).collect();
                self.line(format_args!("shared ${} {}", id.0, pairs.join(" ")))
            }
            SourceKind::Rows(rows) => {
                let names: Vec<String> = schema.iter().map(|c| format!("{}{}: {}", c.name, c.id, c.ty.ty)).collect();
                self.line(format_args!("rows ({})", names.join(", ")))?;
                self.nested(|p| {
                    rows.iter().try_for_each(|row| {
                        let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
                        p.line(format_args!("[{}]", cells.join(", ")))
                    })
                })
            }
            SourceKind::External(external) => {
                let options = options(&external.options);
                let names: Vec<String> = schema.iter().map(|c| format!("{}{}: {}", c.name, c.id, c.ty.ty)).collect();
                self.line(format_args!("external ({}){options}", names.join(", ")))?;
                self.nested(|p| external.addresses.iter().try_for_each(|a| p.expr(a)))
            }
            SourceKind::Range { from, to, step } => {
                let column = schema.iter().next().map(|c| c.id);
                let name = column.map(|id| self.name(id)).unwrap_or_default();
                let (from, to, step) = (self.text(from), self.text(to), self.text(step));
                self.line(format_args!("range {name} from {from} to {to} step {step}"))
            }
            SourceKind::Union(union) => {
                let source = union.source.as_ref();
                let by = source.map(|(id, names)| format!(" source {} of {}", self.name(*id), names.join(", ")));
                let fuzzy = if union.fuzzy { " fuzzy" } else { "" };
                self.line(format_args!("union{}{fuzzy}", by.unwrap_or_default()))?;
                self.nested(|p| {
                    for input in &union.inputs {
                        p.line(format_args!("input"))?;
                        p.nested(|p| p.plan(input))?;
                    }
                    for column in &union.columns {
                        let from: Vec<String> =
                            column.from.iter().map(|id| id.map_or("null".into(), |id| id.to_string())).collect();
                        let name = p.name(column.id);
                        p.line(format_args!("{name} = {}", from.join(", ")))?;
                    }
                    Ok(())
                })
            }
            SourceKind::Call(call) => self.call("call", &call.name, &call.arguments),
            SourceKind::Evaluate(evaluate) => self.call("evaluate", &evaluate.name, &evaluate.arguments),
            SourceKind::Foreign(step) => self.foreign("from", step),
            SourceKind::Correlated(node) => self.correlation(node),
        }
    }

    fn call(&mut self, word: &str, name: &str, arguments: &[(Option<super::Name>, Argument)]) -> fmt::Result {
        self.line(format_args!("{word} {name}"))?;
        self.nested(|p| {
            for (name, argument) in arguments {
                let name = name.as_ref().map(|name| format!("{name} = ")).unwrap_or_default();
                match argument {
                    Argument::Scalar(expr) => {
                        let text = p.text(expr);
                        p.line(format_args!("{name}{text}"))?;
                    }
                    Argument::Plan(plan) => {
                        p.line(format_args!("{name}plan"))?;
                        p.nested(|p| p.plan(plan))?;
                    }
                }
            }
            Ok(())
        })
    }

    fn op(&mut self, op: &Op, schema: &Schema) -> fmt::Result {
        match op {
            Op::Filter(expr) => {
                self.line(format_args!("filter"))?;
                self.nested(|p| p.expr(expr))
            }
            Op::Window(window) => {
                let bound = |bound: Option<(Bound, bool)>, sign: &str| {
                    bound.map(|(bound, included)| {
                        let at = match bound {
                            Bound::Instant(ticks) => super::Value::DateTime(ticks).to_string(),
                            Bound::FromNow(ticks) => format!("now + {}", super::Value::TimeSpan(ticks)),
                        };
                        format!(" {sign}{} {at}", if included { "=" } else { "" })
                    })
                };
                let (from, to) = (bound(window.bounds.from, ">"), bound(window.bounds.to, "<"));
                let name = self.name(window.column);
                self.line(format_args!("window {name}{}{}", from.unwrap_or_default(), to.unwrap_or_default()))
            }
            Op::Extend(items) => {
                self.line(format_args!("extend"))?;
                self.nested(|p| p.computed(items, schema))
            }
            Op::Project(items, rest) => {
                let rest = match rest {
                    Rest::Drop => String::new(),
                    Rest::KeepBut(names) if names.is_empty() => " and the rest".into(),
                    Rest::KeepBut(names) => format!(" and the rest but {}", names.join(", ")),
                    Rest::KeepOnly(names) => format!(" and of the rest {}", names.join(", ")),
                };
                self.line(format_args!("project{rest}"))?;
                self.nested(|p| p.computed(items, schema))
            }
            Op::Summarize { keys, aggregates } => {
                self.line(format_args!("summarize"))?;
                self.nested(|p| {
                    p.aggregates(aggregates)?;
                    if keys.is_empty() {
                        return Ok(());
                    }
                    p.line(format_args!("by"))?;
                    p.nested(|p| p.computed(keys, schema))
                })
            }
            Op::Distinct => self.line(format_args!("distinct")),
            Op::Sort(keys) => {
                self.line(format_args!("sort"))?;
                self.nested(|p| p.sort_keys(keys))
            }
            Op::Serialize => self.line(format_args!("serialize")),
            Op::Take(count) => self.one("take", count),
            Op::Sample(count) => self.one("sample", count),
            Op::SampleDistinct(count, column) => {
                let (count, name) = (self.text(count), self.name(*column));
                self.line(format_args!("sample-distinct {count} of {name}"))
            }
            Op::Join(join) => {
                let word = if join.lookup { "lookup" } else { "join" };
                let keys: Vec<String> =
                    join.keys.iter().map(|(l, r)| format!("{} == {}", self.name(*l), self.name(*r))).collect();
                self.line(format_args!("{word} {} on {}", join.kind.name(), keys.join(" and ")))?;
                self.nested(|p| p.plan(&join.right))
            }
            Op::MvExpand(node) => {
                let word = if node.body.is_some() { "mv-apply" } else { "mv-expand" };
                let pairs = if node.pairs { " as pairs" } else { "" };
                let index = node.index.map(|id| format!(" index {}", self.name(id))).unwrap_or_default();
                let limit = node.limit.as_ref().map(|e| format!(" limit {}", self.text(e))).unwrap_or_default();
                self.line(format_args!("{word}{pairs}{index}{limit}"))?;
                self.nested(|p| {
                    for item in &node.items {
                        let (name, text) = (p.name(item.id), p.text(&item.expr));
                        let to = item.to.map(|ty| format!(" to {ty}")).unwrap_or_default();
                        p.line(format_args!("{name} = {text}{to}"))?;
                    }
                    node.body.iter().try_for_each(|body| p.plan(body))
                })
            }
            Op::MakeSeries(node) => {
                let (axis, axis_id) = (self.text(&node.axis), self.name(node.axis_id));
                let kind = if node.non_empty { " nonempty" } else { "" };
                let range = match &node.range {
                    SeriesRange::FromTo { from, to, step } => {
                        let from = from.as_ref().map(|e| format!(" from {}", self.text(e))).unwrap_or_default();
                        let to = to.as_ref().map(|e| format!(" to {}", self.text(e))).unwrap_or_default();
                        format!("{from}{to} step {}", self.text(step))
                    }
                    SeriesRange::InRange(from, to, step) => {
                        format!(" in {} to {} step {}", self.text(from), self.text(to), self.text(step))
                    }
                };
                self.line(format_args!("make-series{kind} on {axis_id} = {axis}{range}"))?;
                self.nested(|p| {
                    for item in &node.items {
                        p.aggregates(&item.aggregates)?;
                        let (name, text) = (p.name(item.id), p.text(&item.expr));
                        let default = item.default.as_ref().map(|e| format!(" default {}", p.text(e)));
                        p.line(format_args!("{name} = {text}{}", default.unwrap_or_default()))?;
                    }
                    if node.keys.is_empty() {
                        return Ok(());
                    }
                    p.line(format_args!("by"))?;
                    p.nested(|p| p.computed(&node.keys, schema))
                })
            }
            Op::Parse(node) => {
                let word = if node.filter { "parse-where" } else { "parse" };
                let flags = if node.flags.is_empty() { String::new() } else { format!(" flags {}", node.flags) };
                let kind = format!("{:?}", node.kind).to_lowercase();
                let subject = self.text(&node.subject);
                self.line(format_args!("{word} {kind}{flags} {subject}"))?;
                self.nested(|p| {
                    node.segments.iter().try_for_each(|segment| match segment {
                        ParseSegment::Skip => p.line(format_args!("*")),
                        ParseSegment::Text(text) => p.line(format_args!("{}", super::Value::String(text.clone()))),
                        ParseSegment::Column(id, ty) => {
                            let name = p.name(*id);
                            p.line(format_args!("{name}: {ty}"))
                        }
                    })
                })
            }
            Op::ParseKv(node) => {
                let (subject, options) = (self.text(&node.subject), options(&node.options));
                self.line(format_args!("parse-kv {subject}{options}"))?;
                self.nested(|p| {
                    node.keys.iter().try_for_each(|(key, id)| {
                        let name = p.name(*id);
                        p.line(format_args!("{name} = {key}"))
                    })
                })
            }
            Op::Scan(node) => {
                let id = node.match_id.map(|id| format!(" match {}", self.name(id))).unwrap_or_default();
                self.line(format_args!("scan{id}"))?;
                self.nested(|p| {
                    for (id, initial) in &node.declared {
                        let initial = initial.as_ref().map(|e| format!(" = {}", p.text(e))).unwrap_or_default();
                        let name = p.name(*id);
                        p.line(format_args!("declare {name}{initial}"))?;
                    }
                    p.sort_keys(&node.order)?;
                    for key in &node.partition {
                        p.one("partition", key)?;
                    }
                    for step in &node.steps {
                        let optional = if step.optional { " optional" } else { "" };
                        let output = format!("{:?}", step.output).to_lowercase();
                        p.line(format_args!("step {}{optional} output {output}", step.name))?;
                        p.nested(|p| {
                            p.expr(&step.condition)?;
                            step.assignments.iter().try_for_each(|(id, value)| {
                                let (name, text) = (p.name(*id), p.text(value));
                                p.line(format_args!("set {name} = {text}"))
                            })
                        })?;
                    }
                    Ok(())
                })
            }
            Op::Partition(node) => {
                self.one("partition", &node.by)?;
                self.nested(|p| p.plan(&node.body))
            }
            Op::TopNested(levels) => {
                self.line(format_args!("top-nested"))?;
                self.nested(|p| {
                    for level in levels {
                        p.aggregates(&level.aggregates)?;
                        let count = level.count.as_ref().map_or("all".into(), |e| p.text(e));
                        let (of, value) = (p.name(level.of.id), p.text(&level.of.expr));
                        let (by, measure) = (p.name(level.by.id), p.text(&level.by.expr));
                        let others = level.others.as_ref().map(|e| format!(" others {}", p.text(e)));
                        let order = if level.descending { "desc" } else { "asc" };
                        let others = others.unwrap_or_default();
                        p.line(format_args!("{count} of {of} = {value}{others} by {by} = {measure} {order}"))?;
                    }
                    Ok(())
                })
            }
            Op::TopHitters { count, of, by, measure } => {
                let (count, value, measure) = (self.text(count), self.text(&of.expr), self.name(*measure));
                let by = by.as_ref().map(|e| format!(" by {}", self.text(e))).unwrap_or_default();
                self.line(format_args!("top-hitters {count} of {value}{by} as {measure}"))
            }
            Op::Reduce { by, options: all } => {
                let (by, options) = (self.text(by), options(all));
                self.line(format_args!("reduce by {by}{options}"))
            }
            Op::Evaluate(node) => {
                self.aggregates(&node.aggregates)?;
                self.call("evaluate", &node.name, &node.arguments)
            }
            Op::GetSchema => self.line(format_args!("getschema")),
            Op::Invoke(call) => self.call("invoke", &call.name, &call.arguments),
            Op::Fork(branches) => {
                self.line(format_args!("fork"))?;
                self.nested(|p| {
                    branches.iter().try_for_each(|branch| {
                        p.line(format_args!("{}", branch.name))?;
                        p.nested(|p| p.plan(&branch.plan))
                    })
                })
            }
            Op::Consume => self.line(format_args!("consume")),
            Op::Render { chart } => self.line(format_args!("render {chart}")),
            Op::Statistics(node) => self.statistics(node, schema),
            Op::Foreign(step) => self.foreign("step", step),
            Op::Opaque(name) => self.line(format_args!("opaque {name}")),
        }
    }

    fn foreign(&mut self, word: &str, step: &ForeignStep) -> fmt::Result {
        self.call(word, &step.command.to_string(), &step.arguments)?;
        self.nested(|p| {
            step.makes.iter().try_for_each(|(name, id)| {
                let column = p.name(*id);
                p.line(format_args!("{column} from {name}"))
            })
        })
    }

    fn correlation(&mut self, node: &Correlation) -> fmt::Result {
        match &node.arrangement {
            Arrangement::Sequence { maxspan, .. } => {
                let within = maxspan.map(|ticks| format!(" within {}", format_timespan(ticks)));
                self.line(format_args!("sequence{}", within.unwrap_or_default()))?;
            }
            Arrangement::Sample => self.line(format_args!("sample"))?,
        }
        self.nested(|p| {
            for (at, stage) in node.all_stages().enumerate() {
                let word = match stage {
                    _ if at == node.stages.len() => "until",
                    stage if stage.missing => "missing",
                    _ => "event",
                };
                let runs = if stage.runs == 1 { String::new() } else { format!(" {} times", stage.runs) };
                let tie = stage.tiebreaker.map(|id| format!(", {}", p.name(id))).unwrap_or_default();
                let time = p.name(stage.time);
                p.line(format_args!("{word}{runs} at {time}{tie}"))?;
                p.nested(|p| p.plan(&stage.events))?;
                for (key, shared) in stage.keys.iter().zip(&node.keys) {
                    let (shared, own) = (p.name(*shared), p.name(key.column));
                    let optional = if key.optional { " or null" } else { "" };
                    p.line(format_args!("{shared} = {own}{optional}"))?;
                }
            }
            Ok(())
        })
    }

    fn statistics(&mut self, node: &Statistics, schema: &Schema) -> fmt::Result {
        match node.frame {
            Frame::Group => self.line(format_args!("statistics"))?,
            Frame::Each => self.line(format_args!("statistics of each record"))?,
            Frame::Running { current, window, global } => {
                let window = window.map(|count| format!(" over {count}")).unwrap_or_default();
                let current = if current { "" } else { " before it" };
                let global = if global && !node.keys.is_empty() { " of any group" } else { "" };
                self.line(format_args!("statistics running{window}{global}{current}"))?;
            }
        }
        self.nested(|p| {
            for call in &node.aggregates {
                let arguments: Vec<String> = call.arguments.iter().map(|e| p.text(e)).collect();
                let name = p.name(call.output);
                p.line(format_args!("{name} = {}({})", call.function, arguments.join(", ")))?;
            }
            if node.keys.is_empty() {
                return Ok(());
            }
            p.line(match node.lacking {
                Lacking::NoGroup => format_args!("by"),
                Lacking::OwnGroup => format_args!("by, null too"),
            })?;
            p.nested(|p| p.computed(&node.keys, schema))
        })
    }

    fn one(&mut self, word: &str, expr: &Expr) -> fmt::Result {
        let text = self.text(expr);
        self.line(format_args!("{word} {text}"))
    }

    fn sort_keys(&mut self, keys: &[SortKey]) -> fmt::Result {
        keys.iter().try_for_each(|key| {
            let text = self.text(&key.expr);
            let order = if key.descending { "desc" } else { "asc" };
            let nulls = if key.nulls_first { "first" } else { "last" };
            self.line(format_args!("{text} {order} nulls {nulls}"))
        })
    }

    fn aggregates(&mut self, calls: &[AggregateCall]) -> fmt::Result {
        calls.iter().try_for_each(|call| {
            let outputs: Vec<String> = call.outputs.iter().map(|id| self.name(*id)).collect();
            let mut arguments: Vec<String> = call.arguments.iter().map(|e| self.text(e)).collect();
            if call.open {
                arguments.push("*".into());
            }
            self.line(format_args!("{} = {}({})", outputs.join(", "), call.function, arguments.join(", ")))
        })
    }

    /// Names are those of the schema, which a rename may have changed.
    fn computed(&mut self, items: &[Computed], schema: &Schema) -> fmt::Result {
        let names: std::collections::HashMap<ColumnId, &str> = schema.iter().map(|c| (c.id, c.name.as_ref())).collect();
        items.iter().try_for_each(|item| {
            let name = names.get(&item.id).copied().unwrap_or(&self.columns[item.id].name);
            if item.is_passed_on() {
                return self.line(format_args!("{name}{}", item.id));
            }
            let text = self.text(&item.expr);
            self.line(format_args!("{name}{}: {} = {text}", item.id, Shaped(item.expr.ty)))
        })
    }

    /// An expression on lines of its own: a chain with one line a term.
    fn expr(&mut self, expr: &Expr) -> fmt::Result {
        let (word, operands) = match &expr.kind {
            ExprKind::And(operands) => ("and", operands),
            ExprKind::Or(operands) => ("or", operands),
            _ => {
                let text = self.text(expr);
                self.line(format_args!("{text}"))?;
                // A sub-query gets lines of its own behind the expression that reads it.
                return self.nested(|p| p.inner_plans(expr));
            }
        };
        self.line(format_args!("{word}"))?;
        self.nested(|p| operands.iter().try_for_each(|operand| p.expr(operand)))
    }

    fn inner_plans(&mut self, expr: &Expr) -> fmt::Result {
        let mut result = Ok(());
        expr.plan(&mut |plan| {
            if result.is_ok() {
                result = self.plan(plan);
            }
        });
        result
    }

    fn name(&self, id: ColumnId) -> String {
        format!("{}{id}", self.columns[id].name)
    }

    fn text(&self, expr: &Expr) -> String {
        expr.display(self.columns).to_string()
    }
}

fn options(options: &[(super::Name, OptionValue)]) -> String {
    let mut text = String::new();
    for (name, value) in options {
        let _ = match value {
            OptionValue::Value(value) => write!(text, " {name}={value}"),
            OptionValue::Word(word) => write!(text, " {name}={word}"),
        };
    }
    text
}

const fn test_name(test: StringTest) -> &'static str {
    match test {
        StringTest::Equals => "equals",
        StringTest::Contains => "contains",
        StringTest::StartsWith => "startswith",
        StringTest::EndsWith => "endswith",
        StringTest::HasTerm => "has",
        StringTest::HasPrefix => "hasprefix",
        StringTest::HasSuffix => "hassuffix",
        StringTest::Wildcard => "wildcard",
        StringTest::Glob => "glob",
    }
}

const fn case_mark(case: CaseRule) -> &'static str {
    match case {
        CaseRule::Sensitive => "",
        CaseRule::AsciiInsensitive => "~",
        CaseRule::UnicodeInsensitive => "~~",
    }
}

const fn null_name(nulls: NullRule) -> &'static str {
    match nulls {
        NullRule::KqlEquality => "kql-equality",
        NullRule::KqlMatch => "kql-match",
        NullRule::Propagate => "propagate",
        NullRule::AbsentFails => "absent-fails",
        NullRule::Value => "null-is-a-value",
    }
}

fn rule_marks(rules: StringRules, usual: NullRule) -> String {
    let mut marks = String::from(case_mark(rules.case));
    let terms = match rules.terms {
        TermRule::KqlAlphanumeric => "",
        TermRule::Splunk => "{splunk terms}",
        TermRule::UnicodeWords => "{unicode words}",
    };
    marks.push_str(terms);
    if rules.nulls != usual {
        let _ = write!(marks, "{{{}}}", null_name(rules.nulls));
    }
    marks
}

fn null_mark(nulls: NullRule, usual: NullRule) -> String {
    if nulls == usual { String::new() } else { format!("{{{}}}", null_name(nulls)) }
}

fn write_list(f: &mut fmt::Formatter<'_>, columns: &Columns, items: &[Expr]) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write_expr(f, columns, item)?;
    }
    Ok(())
}

fn write_expr(f: &mut fmt::Formatter<'_>, columns: &Columns, expr: &Expr) -> fmt::Result {
    let show = |expr| Shown { expr, columns };
    let not = |negated: bool| if negated { "!" } else { "" };
    match &expr.kind {
        ExprKind::Literal(value) => write!(f, "{value}"),
        ExprKind::Column(id) => write!(f, "{}{id}", columns[*id].name),
        ExprKind::Parameter(name) => write!(f, "parameter {name}"),
        ExprKind::Row(all, open) => {
            f.write_str("row{")?;
            for (at, (name, id)) in all.iter().enumerate() {
                write!(f, "{}{name}{id}", if at > 0 { ", " } else { "" })?;
            }
            f.write_str(if *open { ", …}" } else { "}" })
        }
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            f.write_str(if matches!(expr.kind, ExprKind::And(_)) { "and(" } else { "or(" })?;
            write_list(f, columns, operands)?;
            f.write_str(")")
        }
        ExprKind::Not(operand) => write!(f, "not({})", show(operand)),
        ExprKind::Compare(node) => {
            let usual = match node.op {
                super::CompareOp::Equal | super::CompareOp::NotEqual => NullRule::KqlEquality,
                _ => NullRule::Propagate,
            };
            let mark = null_mark(node.nulls, usual);
            write!(f, "({} {}{mark} {})", show(&node.left), node.op.sign(), show(&node.right))
        }
        ExprKind::Match(node) => {
            let usual = if node.test == StringTest::Equals && node.rules.case == CaseRule::Sensitive {
                NullRule::KqlEquality
            } else {
                NullRule::KqlMatch
            };
            let (not, name, marks) = (not(node.negated), test_name(node.test), rule_marks(node.rules, usual));
            write!(f, "{not}{name}{marks}({}, {})", show(&node.subject), show(&node.needle))
        }
        ExprKind::Regex(node) => {
            let dialect = match node.dialect {
                RegexDialect::Kusto => "",
                RegexDialect::Pcre => "{pcre}",
                RegexDialect::Lucene => "{lucene}",
            };
            let anchored = if node.anchored { "{whole}" } else { "" };
            let (case, nulls) = (case_mark(node.case), null_mark(node.nulls, NullRule::KqlMatch));
            let not = not(node.negated);
            write!(f, "{not}regex{case}{dialect}{anchored}{nulls}({}, {})", show(&node.subject), show(&node.pattern))
        }
        ExprKind::Member(node) => {
            let word = match node.quantifier {
                Quantifier::Any => "any",
                Quantifier::All => "all",
            };
            let (not, name) = (not(node.negated), test_name(node.test));
            let marks = rule_marks(node.rules, NullRule::KqlMatch);
            write!(f, "{not}{name}-{word}{marks}({}, ", show(&node.subject))?;
            match &node.set {
                ValueSet::List(items) => {
                    f.write_str("[")?;
                    write_list(f, columns, items)?;
                    f.write_str("])")
                }
                ValueSet::Plan(_) => f.write_str("plan)"),
            }
        }
        ExprKind::Between(node) => {
            let (not, mark) = (not(node.negated), null_mark(node.nulls, NullRule::Propagate));
            write!(f, "{not}between{mark}({}, {}, {})", show(&node.subject), show(&node.low), show(&node.high))
        }
        ExprKind::AnyColumn(node) => {
            let (not, name) = (not(node.negated), test_name(node.test));
            let marks = rule_marks(node.rules, NullRule::KqlMatch);
            write!(f, "{not}{name}{marks}(any of ")?;
            for (at, id) in node.columns.iter().enumerate() {
                write!(f, "{}{id}", if at > 0 { " " } else { "" })?;
            }
            write!(f, "{}, {})", if node.open { "…" } else { "" }, show(&node.needle))
        }
        ExprKind::Arithmetic(node) => {
            write!(f, "({}", show(&node.first))?;
            for step in &node.rest {
                write!(f, " {} {}", step.op.sign(), show(&step.operand))?;
            }
            f.write_str(")")
        }
        ExprKind::Negate(operand) => write!(f, "-({})", show(operand)),
        ExprKind::Call(function, arguments) => {
            write!(f, "{function}(")?;
            write_list(f, columns, arguments)?;
            f.write_str(")")
        }
        ExprKind::Foreign(function, arguments) => {
            write!(f, "{function}(")?;
            write_list(f, columns, arguments)?;
            f.write_str(")")
        }
        ExprKind::Loose(node) => {
            let mark = null_mark(node.nulls, NullRule::Propagate);
            write!(f, "({} {}{{loose}}{mark} {})", show(&node.left), node.op.sign(), show(&node.right))
        }
        ExprKind::Unknown(name, arguments) => {
            write!(f, "?{name}(")?;
            write_list(f, columns, arguments)?;
            f.write_str(")")
        }
        ExprKind::Cast(node) => {
            let word = match node.kind {
                CastKind::Kql => "to",
                CastKind::Widen => "widen-to-",
            };
            write!(f, "{word}{}({})", expr.ty.ty, show(&node.operand))
        }
        ExprKind::Access(node) => {
            write!(f, "{}", show(&node.base))?;
            node.path.iter().try_for_each(|item| write!(f, "[{}]", show(item)))
        }
        ExprKind::Item(operand, index) => write!(f, "{}.{index}", show(operand)),
        ExprKind::Case(node) => {
            f.write_str("case(")?;
            for (condition, value) in &node.arms {
                write!(f, "{}: {}, ", show(condition), show(value))?;
            }
            write!(f, "else {})", show(&node.otherwise))
        }
        ExprKind::ToScalar(_) => f.write_str("toscalar(plan)"),
    }
}
