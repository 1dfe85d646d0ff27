//! Commands that choose, order and merge records.

use super::source::{plain, told};
use super::{Item, Kind, Stage, bare};
use crate::diagnostic::code;
use crate::functions::Shape;
use crate::ir::{Argument, Column, Expr, ForeignStep, MvExpand, MvItem, Op, Schema, SortKey, Value};
use crate::read::pipe::{Pipe, computed};
use crate::read::splunk::{At, Lowered, Reader, Text, command_row, eval, name, scalar};
use crate::source::Span;
use crate::types::Type;

/// How many records `sort` gives unless told otherwise.
const SORT_LIMIT: i64 = 10_000;
/// How many records `head`, `tail`, `top` and `rare` give unless told otherwise.
const USUAL_LIMIT: i64 = 10;

fn count(value: i64, span: Span) -> Expr {
    Expr::literal(Value::Long(value), span)
}

/// The orders of `sort`, each with the function that makes what is compared.
const ORDERS: &[(&str, &str)] = &[("auto", "order_auto"), ("num", "number"), ("ip", "order_ip"), ("str", "order_str")];

fn order_of(word: &str) -> Option<&'static str> {
    ORDERS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, function)| *function)
}

/// Whether it goes downwards and what is compared, of an order with a sign before it.
fn signed_order(text: Text<'_>) -> Option<(bool, &'static str)> {
    let word = text.text.strip_prefix(['-', '+'])?;
    Some((text.text.starts_with('-'), order_of(word)?))
}

/// The parentheses that follow a piece.
fn group_behind<'t>(items: &[Item<'t>], index: usize) -> Option<Text<'t>> {
    match items.get(index + 1) {
        Some(Item::Group(group)) => Some(*group).filter(|group| group.text.len() > 2),
        _ => None,
    }
}

/// `sort`
pub(super) fn sort(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[("limit", Kind::Count)])?;
    let span = reader.span(stage.all);
    let mut limit = arguments.given.count("limit").and_then(|limit| i64::try_from(limit).ok());
    let mut keys = Vec::new();
    let (mut sign, mut all_descending) = (None, false);
    let last = arguments.items.len().saturating_sub(1);
    for (index, item) in arguments.items.iter().enumerate() {
        let (text, order, field) = match item {
            Item::Comma => continue,
            Item::Call(function, Some(field), text) => {
                let (sign_before, word) = match function.text.strip_prefix('-') {
                    Some(word) => (Some(true), word),
                    None => (sign.take(), function.text),
                };
                sign = sign_before;
                let Some(order) = order_of(word) else {
                    let message = format!("`sort` has no order `{word}`");
                    return Err(reader.wrong(&code::SPL_UNKNOWN_FUNCTION, *text, message));
                };
                (*text, order, plain(*field))
            }
            // `-num(field)`: the sign stands right before the order.
            Item::Word(text) if signed_order(*text).is_some() && group_behind(&arguments.items, index).is_some() => {
                let (Some((descending, order)), Some(group)) =
                    (signed_order(*text), group_behind(&arguments.items, index))
                else {
                    continue;
                };
                sign = Some(descending);
                let inside = group.slice(1, group.text.len() - 1);
                let blank = inside.text.len() - inside.text.trim_start().len();
                (*text, order, plain(inside.slice(blank, blank + inside.text.trim().len())))
            }
            Item::Group(_)
                if index > 0
                    && matches!(arguments.items.get(index - 1), Some(Item::Word(text)) if signed_order(*text).is_some()) =>
            {
                continue;
            }
            Item::Word(text)
                if keys.is_empty()
                    && sign.is_none()
                    && limit.is_none()
                    && text.text.parse::<i64>().is_ok_and(|n| n >= 0) =>
            {
                limit = text.text.parse().ok();
                continue;
            }
            Item::Word(text) if matches!(text.text, "-" | "+") => {
                sign = Some(text.text == "-");
                continue;
            }
            Item::Word(text) if index == last && !keys.is_empty() && matches!(text.text, "d" | "desc") => {
                all_descending = true;
                continue;
            }
            Item::Word(text) => {
                let written = plain(*text);
                let (before, field) = match written.strip_prefix(['-', '+']) {
                    Some(field) if bare(*text) => (Some(written.starts_with('-')), field.to_owned()),
                    _ => (None, written),
                };
                sign = before.or(sign);
                (*text, "order_auto", field)
            }
            _ => return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`sort` takes fields")),
        };
        let at = reader.span(text);
        let value = pipe.value(&mut reader.columns, &field, at);
        let expr = eval::own(scalar(order), vec![value], at);
        keys.push(SortKey { expr, descending: sign.take().unwrap_or(false), nulls_first: false });
    }
    if keys.is_empty() {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.word, "`sort` names no field"));
    }
    if all_descending {
        for key in &mut keys {
            key.descending = !key.descending;
        }
    }
    pipe.push_same(Op::Sort(keys), span);
    let limit = limit.unwrap_or(SORT_LIMIT);
    if limit > 0 {
        pipe.push_same(Op::Take(count(limit, span)), span);
    }
    Ok(())
}

/// The number that stands alone behind a command, or in its option `limit`.
fn how_many(reader: &Reader<'_>, stage: &Stage<'_>) -> Lowered<i64> {
    let arguments = reader.arguments(
        stage,
        &[("limit", Kind::Count), ("keeplast", Kind::Only("false")), ("null", Kind::Only("false"))],
    )?;
    if let Some(limit) = arguments.given.count("limit") {
        return Ok(i64::try_from(limit).unwrap_or(i64::MAX));
    }
    match arguments.items.as_slice() {
        [] => Ok(USUAL_LIMIT),
        [Item::Word(text)] if text.text.parse::<u32>().is_ok() => Ok(text.text.parse().unwrap_or(USUAL_LIMIT)),
        _ => Err(reader.no_meaning(stage.body, format!("`{}` is read with a number alone", stage.name))),
    }
}

/// `head`
pub(super) fn head(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let limit = how_many(reader, stage)?;
    let span = reader.span(stage.all);
    pipe.push_same(Op::Take(count(limit, span)), span);
    Ok(())
}

/// `tail`
pub(super) fn tail(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let limit = how_many(reader, stage)?;
    let span = reader.span(stage.all);
    let arguments = vec![(Some(name("count")), Argument::Scalar(count(limit, span)))];
    let step = ForeignStep { command: command_row("tail"), arguments, makes: Vec::new() };
    pipe.push_same(Op::Foreign(Box::new(step)), span);
    Ok(())
}

/// `reverse`
pub(super) fn reverse(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    if !stage.body.text.is_empty() {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`reverse` takes nothing"));
    }
    let step = ForeignStep { command: command_row("reverse"), arguments: Vec::new(), makes: Vec::new() };
    pipe.push_same(Op::Foreign(Box::new(step)), reader.span(stage.all));
    Ok(())
}

impl Reader<'_> {
    /// Keeps the first records of each combination of values; records without one are dropped.
    pub(in crate::read::splunk) fn keep_first(&mut self, pipe: &mut Pipe, fields: &[&str], most: u64, span: Span) {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.dedup_step(pipe, fields, most, Vec::new(), span);
    }

    fn dedup_step(&mut self, pipe: &mut Pipe, fields: &[&str], most: i64, flags: Vec<&str>, span: Span) {
        let mut arguments = vec![(Some(name("count")), Argument::Scalar(count(most, span)))];
        for field in fields {
            let value = pipe.value(&mut self.columns, field, span);
            arguments.push((Some(name("field")), Argument::Scalar(value)));
        }
        for flag in flags {
            arguments.push((Some(name(flag)), Argument::Scalar(Expr::literal(Value::Bool(true), span))));
        }
        let step = ForeignStep { command: command_row("dedup"), arguments, makes: Vec::new() };
        pipe.push_same(Op::Foreign(Box::new(step)), span);
    }
}

/// `dedup`
pub(super) fn dedup(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [("keepevents", Kind::Only("false")), ("keepempty", Kind::Truth), ("consecutive", Kind::Truth)];
    let arguments = reader.arguments(stage, &options)?;
    let span = reader.span(stage.all);
    let mut items = arguments.items.as_slice();
    let mut most = 1;
    if let [Item::Word(text), rest @ ..] = items
        && let Ok(number) = text.text.parse::<i64>()
        && number > 0
    {
        most = number;
        items = rest;
    }
    if let Some(at) = items.iter().position(|item| item.is("sortby")) {
        if let Some(Item::Word(first)) = items.get(at + 1) {
            let body = stage.body;
            let offset = first.text.as_ptr() as usize - body.text.as_ptr() as usize;
            let sorted =
                Stage { name: "sort", body: body.slice(offset, body.text.len()), word: stage.word, all: stage.all };
            sort_wholly(reader, pipe, &sorted)?;
        }
        items = &items[..at];
    }
    let named = reader.some_fields(stage, items)?;
    let fields: Vec<&str> = named.iter().map(|(field, _)| field.as_str()).collect();
    let flags = ["keepempty", "consecutive"].into_iter().filter(|flag| arguments.given.truth(flag) == Some(true));
    reader.dedup_step(pipe, &fields, most, flags.collect(), span);
    Ok(())
}

/// Sorts without a limit.
fn sort_wholly(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    sort(reader, pipe, stage)?;
    if matches!(pipe.plan.steps.last().map(|step| &step.op), Some(Op::Take(_))) {
        pipe.plan.steps.pop();
    }
    Ok(())
}

/// `top` and `rare`
pub(super) fn top(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [
        ("limit", Kind::Count),
        ("countfield", Kind::Text),
        ("percentfield", Kind::Text),
        ("showcount", Kind::Truth),
        ("showperc", Kind::Truth),
        ("useother", Kind::Only("false")),
    ];
    let arguments = reader.arguments(stage, &options)?;
    let span = reader.span(stage.all);
    let given = &arguments.given;
    let mut items = arguments.items.as_slice();
    let mut limit = given.count("limit").and_then(|limit| i64::try_from(limit).ok()).unwrap_or(USUAL_LIMIT);
    if let [Item::Word(text), rest @ ..] = items
        && let Ok(number) = text.text.parse::<i64>()
        && number >= 0
    {
        limit = number;
        items = rest;
    }
    let cut = items.iter().position(|item| item.is("by")).unwrap_or(items.len());
    let named = reader.some_fields(stage, &items[..cut])?;
    let by = reader.field_list(items.get(cut + 1..).unwrap_or_default())?;
    let mut told_all = vec![(Some(name("limit")), Argument::Scalar(count(limit, span)))];
    let mut kept: Vec<Column> = Vec::new();
    for (key, fields) in [("by", by), ("field", named)] {
        for (field, text) in fields {
            let at = reader.span(text);
            let value = pipe.value(&mut reader.columns, &field, at);
            match pipe.field(&mut reader.columns, &field, at) {
                Some(column) => kept.push(column),
                None => reader.no_field(&field, at),
            }
            told_all.push((Some(name(key)), Argument::Scalar(value)));
        }
    }
    let mut makes = Vec::new();
    for (what, shown, ty) in [("count", "showcount", Type::Long), ("percent", "showperc", Type::Real)] {
        if given.truth(shown) == Some(false) {
            continue;
        }
        let called = given.text(&format!("{what}field")).unwrap_or(what);
        let column = computed(&mut reader.columns, called, ty.into(), span);
        makes.push((name(what), column.id));
        kept.push(column);
    }
    let step = ForeignStep { command: command_row(stage.name), arguments: told_all, makes };
    pipe.push_closed(Op::Foreign(Box::new(step)), kept, span);
    Ok(())
}

/// `mvexpand`
pub(super) fn mvexpand(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[("limit", Kind::Count)])?;
    let (field, _) = reader.one_field(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let limit = arguments.given.count("limit").and_then(|limit| i64::try_from(limit).ok()).filter(|limit| *limit > 0);
    let Some(old) = pipe.field(&mut reader.columns, &field, span) else {
        return Ok(());
    };
    let expr = Expr::column(old.id, old.ty, span);
    let element = match old.ty.shape {
        Shape::Array(ty) => ty,
        _ => Type::Unknown,
    };
    let column = computed(&mut reader.columns, &field, element.into(), span);
    let node = MvExpand {
        items: vec![MvItem { id: column.id, expr, to: None }],
        index: None,
        pairs: false,
        limit: limit.map(|limit| count(limit, span)),
        body: None,
    };
    pipe.push_making(Op::MvExpand(node), [column], span);
    Ok(())
}

/// `makemv`
pub(super) fn makemv(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options =
        [("delim", Kind::Text), ("tokenizer", Kind::Text), ("allowempty", Kind::Truth), ("setsv", Kind::Only("false"))];
    let arguments = reader.arguments(stage, &options)?;
    let (field, _) = reader.one_field(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let given = &arguments.given;
    let value = pipe.value(&mut reader.columns, &field, span);
    let text = |text: &str| Expr::literal(Value::string(text), span);
    let call = if let Some(pattern) = given.text("tokenizer") {
        eval::own(scalar("makemv_tokens"), vec![value, text(pattern)], span)
    } else {
        let empty = Expr::literal(Value::Bool(given.truth("allowempty").unwrap_or(false)), span);
        eval::own(scalar("makemv"), vec![value, text(given.text("delim").unwrap_or(" ")), empty], span)
    };
    pipe.set(&mut reader.columns, &field, call, span);
    Ok(())
}

/// `nomv`
pub(super) fn nomv(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[])?;
    let (field, _) = reader.one_field(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let value = pipe.value(&mut reader.columns, &field, span);
    let call = eval::own(scalar("nomv"), vec![value], span);
    pipe.set(&mut reader.columns, &field, call, span);
    Ok(())
}

/// `mvcombine`
pub(super) fn mvcombine(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[("delim", Kind::Text)])?;
    let (field, _) = reader.one_field(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let value = pipe.value(&mut reader.columns, &field, span);
    let column = computed(&mut reader.columns, &field, value.ty, span);
    let mut told_all = vec![(Some(name("field")), Argument::Scalar(value))];
    told_all.extend(arguments.given.text("delim").map(|delim| told("delim", delim, span)));
    let step =
        ForeignStep { command: command_row("mvcombine"), arguments: told_all, makes: vec![(name("field"), column.id)] };
    pipe.push_making(Op::Foreign(Box::new(step)), [column], span);
    Ok(())
}

/// `transaction`
pub(super) fn transaction(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [
        ("maxspan", Kind::Text),
        ("maxpause", Kind::Text),
        ("maxevents", Kind::Count),
        ("startswith", Kind::Text),
        ("endswith", Kind::Text),
        ("keepevicted", Kind::Truth),
        ("keeporphans", Kind::Truth),
        ("connected", Kind::Truth),
        ("mvlist", Kind::Truth),
    ];
    let arguments = reader.arguments(stage, &options)?;
    let span = reader.span(stage.all);
    let given = &arguments.given;
    let mut told_all = Vec::new();
    let mut kept = Vec::new();
    for (field, text) in reader.field_list(&arguments.items)? {
        let at = reader.span(text);
        let value = pipe.value(&mut reader.columns, &field, at);
        kept.extend(pipe.field(&mut reader.columns, &field, at));
        told_all.push((Some(name("field")), Argument::Scalar(value)));
    }
    for key in ["maxspan", "maxpause", "maxevents", "keepevicted", "keeporphans", "connected", "mvlist"] {
        told_all.extend(given.text(key).map(|value| told(key, value, span)));
    }
    for key in ["startswith", "endswith"] {
        let Some(value) = given.text(key) else { continue };
        let value = value.to_owned();
        let condition = match value.strip_prefix("eval(").and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => reader.condition(pipe, Text { text: inner, at: At::Made(span) })?,
            None => reader.search_condition(pipe, Text { text: &value, at: At::Made(span) })?,
        };
        told_all.push((Some(name(key)), Argument::Scalar(condition)));
    }
    let mut makes = Vec::new();
    for (field, ty) in [("duration", Type::Real), ("eventcount", Type::Long)] {
        let column = computed(&mut reader.columns, field, ty.into(), span);
        makes.push((name(field), column.id));
        kept.push(column);
    }
    let step = ForeignStep { command: command_row("transaction"), arguments: told_all, makes };
    // Every other field holds the values of all events from here on.
    pipe.push_opening(Op::Foreign(Box::new(step)), Schema::new(kept, true), span);
    Ok(())
}

/// `outputlookup`
pub(super) fn outputlookup(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [
        ("append", Kind::Truth),
        ("create_empty", Kind::Truth),
        ("override_if_empty", Kind::Truth),
        ("max", Kind::Count),
        ("key_field", Kind::Text),
        ("createinapp", Kind::Truth),
        ("create_context", Kind::Text),
        ("output_format", Kind::Text),
    ];
    let arguments = reader.arguments(stage, &options)?;
    let (table, _) = reader.one_field(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let mut told_all = vec![told("table", &table, span)];
    for (key, _) in options {
        told_all.extend(arguments.given.text(key).map(|value| told(key, value, span)));
    }
    let step = ForeignStep { command: command_row("outputlookup"), arguments: told_all, makes: Vec::new() };
    pipe.push_same(Op::Foreign(Box::new(step)), span);
    Ok(())
}

/// `collect`, `sendalert` and others that pass the records on as they are.
#[expect(clippy::unnecessary_wraps, reason = "it stands in the table of commands")]
pub(super) fn side_effect(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let span = reader.span(stage.all);
    let arguments = vec![told("command", stage.name, span), told("arguments", stage.body.text, span)];
    let step = ForeignStep { command: command_row("sideeffect"), arguments, makes: Vec::new() };
    pipe.push_same(Op::Foreign(Box::new(step)), span);
    Ok(())
}
