//! Writes the tree: one operator a line, quoting, escapes and parentheses where the language needs them.

use std::fmt::Write as _;

use super::tree::{
    Argument, Binding, Expand, Expr, Head, Item, Level, OptionValue, Pipe, Plugin, Scan, Script, Segment, Series,
    SortKey, Stage,
};
use crate::ir::{ArithmeticOp, Value};
use crate::literal::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
    format_datetime,
};
use crate::types::Type;
use crate::words::{self, WordClass};

/// From which length on lists are broken into lines.
const WIDE: usize = 110;

impl Script {
    /// The text.
    pub fn print(&self) -> String {
        let mut out = String::new();
        if !self.parameters.is_empty() {
            let _ = writeln!(out, "declare query_parameters({});", columns(&self.parameters));
        }
        for table in &self.tables {
            let _ = write!(out, "let {} = ", name(&table.name));
            if table.once {
                let _ = writeln!(out, "materialize(\n    {});", pipe(&table.pipe, 1));
            } else {
                let _ = writeln!(out, "{};", pipe(&table.pipe, 1));
            }
        }
        out.push_str(&pipe(&self.pipe, 0));
        out
    }
}

/// A pipe, whose lines behind the first begin at a depth.
fn pipe(p: &Pipe, depth: usize) -> String {
    let indent = "    ".repeat(depth);
    let mut out = head(&p.head, depth);
    for (at, stage) in p.stages.iter().enumerate() {
        if at == 0 && p.head == Head::Input {
            out.push_str(&print_stage(stage, depth));
        } else {
            let _ = write!(out, "\n{indent}| {}", print_stage(stage, depth));
        }
    }
    out
}

/// A pipe where one operand is due: a name as it is, all else in parentheses.
fn operand(p: &Pipe, depth: usize) -> String {
    match &p.head {
        Head::Table(table) if p.stages.is_empty() => name(table),
        Head::Pattern(pattern) if p.stages.is_empty() => pattern.clone(),
        _ => enclosed(p, depth),
    }
}

fn enclosed(p: &Pipe, depth: usize) -> String {
    let indent = "    ".repeat(depth + 1);
    format!("(\n{indent}{})", pipe(p, depth + 1))
}

fn head(h: &Head, depth: usize) -> String {
    match h {
        Head::Input => String::new(),
        Head::Table(table) => name(table),
        Head::Pattern(pattern) => format!("union {pattern}"),
        Head::Call(function, arguments) => call(function, arguments, depth),
        Head::Union { source, inner, fuzzy, inputs } => {
            let mut out = String::from("union");
            if *inner {
                out.push_str(" kind=inner");
            }
            if *fuzzy {
                out.push_str(" isfuzzy=true");
            }
            if let Some(source) = source {
                let _ = write!(out, " withsource={}", name(source));
            }
            let inputs: Vec<String> = inputs.iter().map(|input| operand(input, depth)).collect();
            let _ = write!(out, " {}", inputs.join(", "));
            out
        }
        Head::Print(items) => format!("print {}", listed(&items_text(items, depth), depth)),
        Head::Range(column, bounds) => {
            let [from, to, step] = bounds.as_ref();
            let [from, to, step] = [from, to, step].map(|bound| expr(bound, depth));
            format!("range {} from {from} to {to} step {step}", name(column))
        }
        Head::Rows(schema, rows) => {
            let rows: Vec<String> =
                rows.iter().map(|row| row.iter().map(literal).collect::<Vec<_>>().join(", ")).collect();
            format!("datatable({}) [{}]", columns(schema), listed(&rows, depth))
        }
        Head::External(schema, addresses, options) => {
            let addresses: Vec<String> = addresses.iter().map(|address| expr(address, depth)).collect();
            let with = if options.is_empty() { String::new() } else { format!(" with ({})", option_list(options)) };
            format!("externaldata({}) [{}]{with}", columns(schema), listed(&addresses, depth))
        }
        Head::Evaluate(plugin) => evaluate(plugin, depth),
    }
}

fn print_stage(stage: &Stage, depth: usize) -> String {
    match stage {
        Stage::Where(condition) => format!("where {}", broken(condition, depth)),
        Stage::Items(word, items) => format!("{word} {}", listed(&items_text(items, depth), depth)),
        Stage::Names(word, names) => {
            let names: Vec<String> = names.iter().map(|text| pattern(text)).collect();
            format!("{word} {}", listed(&names, depth))
        }
        Stage::DistinctAll => "distinct *".to_owned(),
        Stage::Summarize(aggregates, keys) => {
            let mut out = String::from("summarize");
            let aggregates = listed(&items_text(aggregates, depth), depth);
            if !aggregates.is_empty() {
                let _ = write!(out, " {aggregates}");
            }
            if !keys.is_empty() {
                let keys = listed(&items_text(keys, depth), depth);
                let gap = if out.len() + keys.len() > WIDE {
                    format!("\n{}    ", "    ".repeat(depth))
                } else {
                    " ".to_owned()
                };
                let _ = write!(out, "{gap}by {keys}");
            }
            out
        }
        Stage::Sort(keys) => format!("sort by {}", sort_keys(keys, depth)),
        Stage::Top(count, key) => format!("top {} by {}", expr(count, depth), sort_key(key, depth)),
        Stage::Counted(word, count) => format!("{word} {}", expr(count, depth)),
        Stage::Word(word) => (*word).to_owned(),
        Stage::SampleDistinct(count, of) => format!("sample-distinct {} of {}", expr(count, depth), expr(of, depth)),
        Stage::TopHitters(count, of, by) => {
            let by = by.as_ref().map(|by| format!(" by {}", expr(by, depth))).unwrap_or_default();
            format!("top-hitters {} of {}{by}", expr(count, depth), item(of, depth))
        }
        Stage::TopNested(levels) => {
            let levels: Vec<String> = levels.iter().map(|one| level(one, depth)).collect();
            levels.join(&format!(",\n{}    ", "    ".repeat(depth)))
        }
        Stage::Join { kind, lookup, right, on } => {
            let word = if *lookup { "lookup" } else { "join" };
            let on: Vec<String> = on
                .iter()
                .map(|(left, right)| {
                    if left == right {
                        name(left)
                    } else {
                        format!("$left.{} == $right.{}", member(left), member(right))
                    }
                })
                .collect();
            let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
            format!("{word} kind={} {}{on}", kind.name(), operand(right, depth))
        }
        Stage::Expand(node) => expand(node, depth),
        Stage::Series(node) => series(node, depth),
        Stage::Parse { filter, kind, flags, subject, segments } => {
            let mut out = String::from(if *filter { "parse-where" } else { "parse" });
            if let Some(kind) = kind {
                let _ = write!(out, " kind={kind}");
            }
            if !flags.is_empty() {
                let _ = write!(out, " flags={flags}");
            }
            let segments: Vec<String> = segments
                .iter()
                .map(|segment| match segment {
                    Segment::Skip => "*".to_owned(),
                    Segment::Text(text) => string(text),
                    Segment::Column(column, Type::String) => name(column),
                    Segment::Column(column, ty) => format!("{}:{ty}", name(column)),
                })
                .collect();
            let _ = write!(out, " {} with {}", expr(subject, depth), segments.join(" "));
            out
        }
        Stage::ParseKv(subject, keys, options) => {
            let with = if options.is_empty() { String::new() } else { format!(" with ({})", option_list(options)) };
            format!("parse-kv {} as ({}){with}", expr(subject, depth), columns(keys))
        }
        Stage::Scan(node) => scan(node, depth),
        Stage::Partition(by, body) => {
            let by = expr(by, depth);
            if body.head == Head::Input {
                format!("partition by {by} {}", enclosed(body, depth))
            } else {
                let indent = "    ".repeat(depth + 1);
                format!("partition by {by} {{\n{indent}{}}}", pipe(body, depth + 1))
            }
        }
        Stage::Reduce(by, source, options) => {
            let kind = if *source { "kind=source " } else { "" };
            let with = if options.is_empty() { String::new() } else { format!(" with {}", option_list(options)) };
            format!("reduce {kind}by {}{with}", expr(by, depth))
        }
        Stage::Evaluate(plugin) => evaluate(plugin, depth),
        Stage::Invoke(function, arguments) => format!("invoke {}", call(function, arguments, depth)),
        Stage::GetSchema(csl) => if *csl { "getschema kind=csl" } else { "getschema" }.to_owned(),
        Stage::Fork(branches) => {
            let branches: Vec<String> =
                branches.iter().map(|(label, body)| format!("{}={}", name(label), enclosed(body, depth))).collect();
            format!("fork {}", branches.join(" "))
        }
        Stage::Render(chart) => format!("render {chart}"),
    }
}

fn expand(node: &Expand, depth: usize) -> String {
    let mut out = String::from(if node.body.is_some() { "mv-apply" } else { "mv-expand" });
    if node.pairs {
        out.push_str(" bagexpansion=array");
    }
    if let Some(index) = &node.index {
        let _ = write!(out, " with_itemindex={}", name(index));
    }
    let items: Vec<String> = node
        .items
        .iter()
        .map(|(one, to)| {
            let to = to.map(|ty| format!(" to typeof({ty})")).unwrap_or_default();
            format!("{}{to}", item(one, depth))
        })
        .collect();
    let _ = write!(out, " {}", listed(&items, depth));
    if let Some(limit) = &node.limit {
        let _ = write!(out, " limit {}", expr(limit, depth));
    }
    if let Some(body) = &node.body {
        let _ = write!(out, " on {}", enclosed(body, depth));
    }
    out
}

fn series(node: &Series, depth: usize) -> String {
    let kind = if node.non_empty { " kind=nonempty" } else { "" };
    let items: Vec<String> = node
        .items
        .iter()
        .map(|(one, default)| {
            let default = default.as_ref().map(|value| format!(" default={}", expr(value, depth))).unwrap_or_default();
            format!("{}{default}", item(one, depth))
        })
        .collect();
    let mut out = format!("make-series{kind} {} on {}", listed(&items, depth), item(&node.axis, depth));
    let (from, to, step) = &node.range;
    if node.in_range {
        let bounds: Vec<String> = from.iter().chain(to).chain([step]).map(|bound| expr(bound, depth)).collect();
        let _ = write!(out, " in range({})", bounds.join(", "));
    } else {
        for (word, bound) in [("from", from), ("to", to)] {
            if let Some(bound) = bound {
                let _ = write!(out, " {word} {}", expr(bound, depth));
            }
        }
        let _ = write!(out, " step {}", expr(step, depth));
    }
    if !node.keys.is_empty() {
        let _ = write!(out, " by {}", listed(&items_text(&node.keys, depth), depth));
    }
    out
}

fn scan(node: &Scan, depth: usize) -> String {
    let mut out = String::from("scan");
    if let Some(id) = &node.match_id {
        let _ = write!(out, " with_match_id={}", name(id));
    }
    if !node.order.is_empty() {
        let _ = write!(out, " order by {}", sort_keys(&node.order, depth));
    }
    if !node.partition.is_empty() {
        let keys: Vec<String> = node.partition.iter().map(|key| expr(key, depth)).collect();
        let _ = write!(out, " partition by {}", keys.join(", "));
    }
    if !node.declared.is_empty() {
        let declared: Vec<String> = node
            .declared
            .iter()
            .map(|(column, ty, initial)| {
                let initial = initial.as_ref().map(|value| format!(" = {}", expr(value, depth))).unwrap_or_default();
                format!("{}:{ty}{initial}", name(column))
            })
            .collect();
        let _ = write!(out, " declare ({})", declared.join(", "));
    }
    out.push_str(" with (");
    let indent = "    ".repeat(depth + 1);
    for step in &node.steps {
        let _ = write!(out, "\n{indent}step {}", name(&step.name));
        if step.optional {
            out.push_str(" optional");
        }
        if let Some(output) = step.output {
            let _ = write!(out, " output={output}");
        }
        let _ = write!(out, ": {}", expr(&step.condition, depth + 1));
        if !step.assignments.is_empty() {
            let assigned: Vec<String> = step
                .assignments
                .iter()
                .map(|(column, value)| format!("{} = {}", name(column), expr(value, depth + 1)))
                .collect();
            let _ = write!(out, " => {}", assigned.join(", "));
        }
        out.push(';');
    }
    out.push(')');
    out
}

fn level(one: &Level, depth: usize) -> String {
    let mut out = String::from("top-nested");
    if let Some(count) = &one.count {
        let _ = write!(out, " {}", expr(count, depth));
    }
    let _ = write!(out, " of {}", item(&one.of, depth));
    if let Some(others) = &one.others {
        let _ = write!(out, " with others={}", expr(others, depth));
    }
    let order = if one.descending { "desc" } else { "asc" };
    let _ = write!(out, " by {} {order}", item(&one.by, depth));
    out
}

fn evaluate(plugin: &Plugin, depth: usize) -> String {
    let gives = plugin.gives.as_ref().map(|schema| format!(" : ({})", columns(schema))).unwrap_or_default();
    format!("evaluate {}{gives}", call(&plugin.name, &plugin.arguments, depth))
}

fn call(function: &str, arguments: &[Argument], depth: usize) -> String {
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| match &argument.name {
            Some(own) => format!("{}={}", name(own), expr(&argument.value, depth)),
            None => expr(&argument.value, depth),
        })
        .collect();
    format!("{}({})", name(function), arguments.join(", "))
}

fn items_text(items: &[Item], depth: usize) -> Vec<String> {
    items.iter().map(|one| item(one, depth)).collect()
}

fn item(one: &Item, depth: usize) -> String {
    let value = expr(&one.value, depth);
    match one.names.as_slice() {
        [] => value,
        [only] => format!("{} = {value}", name(only)),
        several => {
            let names: Vec<String> = several.iter().map(|text| name(text)).collect();
            format!("({}) = {value}", names.join(", "))
        }
    }
}

fn sort_keys(keys: &[SortKey], depth: usize) -> String {
    keys.iter().map(|key| sort_key(key, depth)).collect::<Vec<_>>().join(", ")
}

fn sort_key(key: &SortKey, depth: usize) -> String {
    let order = if key.descending { "desc" } else { "asc" };
    let nulls = match (key.descending, key.nulls_first) {
        (true, false) | (false, true) => "",
        (true, true) => " nulls first",
        (false, false) => " nulls last",
    };
    format!("{} {order}{nulls}", expr(&key.value, depth))
}

fn columns(schema: &[(String, Type)]) -> String {
    let columns = schema.iter().map(|(column, ty)| format!("{}:{ty}", name(column)));
    columns.collect::<Vec<_>>().join(", ")
}

fn option_list(options: &[(String, OptionValue)]) -> String {
    let options = options.iter().map(|(key, value)| match value {
        OptionValue::Value(value) => format!("{key}={}", literal(value)),
        OptionValue::Word(word) => format!("{key}={word}"),
    });
    options.collect::<Vec<_>>().join(", ")
}

/// Items parted by commas, each on a line of its own where they are long.
fn listed(items: &[String], depth: usize) -> String {
    let wide = items.iter().map(|item| item.len() + 2).sum::<usize>() > WIDE;
    let glue = if wide { format!(",\n{}    ", "    ".repeat(depth)) } else { ", ".to_owned() };
    items.join(&glue)
}

/// A condition, its terms on lines of their own where they are long.
fn broken(condition: &Expr, depth: usize) -> String {
    let text = expr(condition, depth);
    let (terms, word, at_least) = match condition {
        Expr::And(terms) => (terms, "and", Binding::Compare),
        Expr::Or(terms) => (terms, "or", Binding::And),
        _ => return text,
    };
    if text.len() <= WIDE {
        return text;
    }
    let indent = "    ".repeat(depth + 1);
    let terms: Vec<String> = terms
        .iter()
        .map(|term| {
            let inner = broken(term, depth + 1);
            if binding(term) < at_least { format!("({inner})") } else { inner }
        })
        .collect();
    terms.join(&format!("\n{indent}{word} "))
}

fn binding(e: &Expr) -> Binding {
    match e {
        Expr::Or(_) => Binding::Or,
        Expr::And(_) => Binding::And,
        Expr::Compare(..) | Expr::In(..) | Expr::Between(..) => Binding::Compare,
        Expr::Arithmetic(_, rest) if rest.iter().all(|(op, _)| is_product(*op)) => Binding::Product,
        Expr::Arithmetic(..) => Binding::Sum,
        Expr::Negate(_) => Binding::Sign,
        Expr::Value(value) if is_negative(value) => Binding::Sign,
        _ => Binding::Atom,
    }
}

const fn is_product(op: ArithmeticOp) -> bool {
    matches!(op, ArithmeticOp::Multiply | ArithmeticOp::Divide | ArithmeticOp::Modulo)
}

/// Whether the literal begins with a sign.
fn is_negative(value: &Value) -> bool {
    match value {
        Value::Long(value) => *value < 0 && *value != i64::MIN,
        Value::Real(value) => value.is_finite() && value.is_sign_negative(),
        _ => false,
    }
}

fn wrapped(e: &Expr, at_least: Binding, depth: usize) -> String {
    let text = expr(e, depth);
    if binding(e) < at_least { format!("({text})") } else { text }
}

fn expr(e: &Expr, depth: usize) -> String {
    match e {
        Expr::Name(text) => name(text),
        Expr::Parameter(text) => format!("{{{text}}}"),
        Expr::Value(value) => literal(value),
        Expr::Star => "*".to_owned(),
        Expr::TypeOf(ty) => format!("typeof({ty})"),
        Expr::And(terms) => chain(terms, " and ", Binding::Compare, depth),
        Expr::Or(terms) => chain(terms, " or ", Binding::And, depth),
        Expr::Compare(op, sides) => {
            let [left, right] = sides.as_ref();
            format!("{} {op} {}", wrapped(left, Binding::Sum, depth), wrapped(right, Binding::Sum, depth))
        }
        Expr::In(op, subject, items) => {
            let items: Vec<String> = items
                .iter()
                .map(|one| match one {
                    // The list is in parentheses already.
                    Expr::Table(table) => pipe(table, depth + 1),
                    other => expr(other, depth),
                })
                .collect();
            let items = listed(&items, depth);
            format!("{} {op} ({items})", wrapped(subject, Binding::Sum, depth))
        }
        Expr::Between(negated, parts) => {
            let [subject, low, high] = parts.as_ref();
            let op = if *negated { "!between" } else { "between" };
            let subject = wrapped(subject, Binding::Sum, depth);
            format!("{subject} {op} ({} .. {})", expr(low, depth), expr(high, depth))
        }
        Expr::Paren(inner) => format!("({})", expr(inner, depth)),
        Expr::Arithmetic(first, rest) => arithmetic(first, rest, depth),
        Expr::Negate(inner) => format!("-{}", wrapped(inner, Binding::Atom, depth)),
        Expr::Call(function, arguments) => call(function, arguments, depth),
        Expr::Member(base, slot) => format!("{}.{}", base_text(base, depth), member(slot)),
        Expr::Index(base, key) => format!("{}[{}]", base_text(base, depth), expr(key, depth)),
        Expr::Table(table) => operand(table, depth),
        Expr::ToScalar(table) => {
            if table.stages.is_empty() {
                format!("toscalar({})", pipe(table, depth + 1))
            } else {
                format!("toscalar{}", enclosed(table, depth))
            }
        }
    }
}

fn chain(terms: &[Expr], word: &str, at_least: Binding, depth: usize) -> String {
    terms.iter().map(|term| wrapped(term, at_least, depth)).collect::<Vec<_>>().join(word)
}

/// From left to right; what was computed so far stands in parentheses where the next operator binds tighter.
fn arithmetic(first: &Expr, rest: &[(ArithmeticOp, Expr)], depth: usize) -> String {
    let mut text = wrapped(first, Binding::Sign, depth);
    let mut so_far = Binding::Sign;
    for (op, operand) in rest {
        let level = if is_product(*op) { Binding::Product } else { Binding::Sum };
        if so_far < level {
            text = format!("({text})");
        }
        let _ = write!(text, " {} {}", op.sign(), wrapped(operand, Binding::Atom, depth));
        so_far = level;
    }
    text
}

/// What a slot is taken of: a literal and a chain need parentheses.
fn base_text(base: &Expr, depth: usize) -> String {
    match base {
        Expr::Value(Value::Dynamic(_)) => expr(base, depth),
        Expr::Value(_) => format!("({})", expr(base, depth)),
        _ => wrapped(base, Binding::Atom, depth),
    }
}

/// The name of a slot behind a dot.
fn member(slot: &str) -> String {
    if is_plain(slot) && words::class(slot) == WordClass::Free {
        slot.to_owned()
    } else {
        format!("[{}]", quoted(slot))
    }
}

/// A name that may hold `*` for anything.
fn pattern(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '*');
    if text.contains('*') && plain { text.to_owned() } else { name(text) }
}

fn name(text: &str) -> String {
    if is_plain(text) && words::class(text) == WordClass::Free {
        text.to_owned()
    } else {
        format!("[{}]", quoted(text))
    }
}

fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A string: in the verbatim form where that saves escapes.
fn string(text: &str) -> String {
    let verbatim = text.contains('\\') && !text.contains('"') && !text.contains(char::is_control);
    if verbatim { format!("@\"{text}\"") } else { quoted(text) }
}

/// A string in double quotes with escapes.
fn quoted(text: &str) -> String {
    Value::string(text).to_string()
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::TimeSpan(ticks) => timespan(*ticks).unwrap_or_else(|| value.to_string()),
        Value::DateTime(ticks) => format!("datetime({})", datetime(*ticks)),
        Value::Long(i64::MIN) => format!("long({})", i64::MIN),
        Value::Null(Type::Unknown) => "dynamic(null)".to_owned(),
        other => other.to_string(),
    }
}

/// A span in one unit, where it is a whole number of one.
fn timespan(ticks: i64) -> Option<String> {
    const UNITS: &[(i64, &str)] = &[
        (TICKS_PER_DAY, "d"),
        (TICKS_PER_HOUR, "h"),
        (TICKS_PER_MINUTE, "m"),
        (TICKS_PER_SECOND, "s"),
        (TICKS_PER_MILLISECOND, "ms"),
        (TICKS_PER_MICROSECOND, "microsecond"),
        (1, "tick"),
    ];
    if ticks == 0 {
        return Some("0s".to_owned());
    }
    if ticks < 0 {
        return None;
    }
    let (per, unit) = UNITS.iter().find(|(per, _)| ticks % per == 0)?;
    Some(format!("{}{unit}", ticks / per))
}

/// An instant, without the parts that are zero.
fn datetime(ticks: i64) -> String {
    let text = format_datetime(ticks);
    let short = match text.strip_suffix(".0000000Z") {
        Some(seconds) => format!("{seconds}Z"),
        None => text,
    };
    match short.strip_suffix("T00:00:00Z") {
        Some(day) => day.to_owned(),
        None => short,
    }
}
