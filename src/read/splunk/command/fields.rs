//! Commands that choose, name and compute fields.

use super::{Item, Kind, Stage};
use crate::diagnostic::code;
use crate::ir::{
    Argument, Column, Expr, ExprKind, ForeignAggregate, ForeignStep, Frame, Lacking, Name, Op, Rest, Schema,
    SourceKind, Statistics, Value,
};
use crate::read::pipe::{Pipe, computed};
use crate::read::splunk::grammar::Rule;
use crate::read::splunk::text::{field_name, fill, fit, fits, number, unquote};
use crate::read::splunk::time::is_span;
use crate::read::splunk::{At, ForeignKind, Lowered, Reader, Text, built_in, command_row, eval, name, scalar};
use crate::source::Span;
use crate::types::Type;

/// `where`
pub(super) fn filter(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let condition = reader.condition(pipe, stage.body)?;
    let span = reader.span(stage.all);
    pipe.push_same(Op::Filter(condition), span);
    Ok(())
}

/// `eval`
pub(super) fn eval(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    reader.assignments(pipe, stage.body)
}

/// `fieldformat`: how a field is shown, which is no part of the records. What it would show still has to make sense.
pub(super) fn fieldformat(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let mut shown = pipe.clone();
    reader.assignments(&mut shown, stage.body)?;
    let span = reader.span(stage.all);
    pipe.push_same(Op::Render { chart: name(stage.name) }, span);
    Ok(())
}

/// `rename`
pub(super) fn rename(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    for renaming in reader.parse(Rule::renames, body, "`rename`")? {
        if renaming.as_rule() != Rule::renaming {
            continue;
        }
        let text = body.of(&renaming);
        let mut parts = renaming.into_inner().filter(|part| part.as_rule() != Rule::as_word);
        let (Some(from), Some(to)) = (parts.next(), parts.next()) else { continue };
        let (from, to) = (field_name(from.as_str()).into_owned(), field_name(to.as_str()).into_owned());
        if from.matches('*').count() != to.matches('*').count() {
            let message = format!("`{from}` and `{to}` do not have as many `*`");
            return Err(reader.wrong(&code::READ_SYNTAX, text, message));
        }
        let span = reader.span(text);
        if from.contains('*') {
            rename_fitting(pipe, &from, &to, span);
        } else if pipe.field(&mut reader.columns, &from, span).is_some() {
            rename_all(pipe, |known| (known == from).then(|| to.clone()), span);
        }
    }
    Ok(())
}

/// Renames the known fields for which there is a new name; one that already bears it is gone.
fn rename_all(pipe: &mut Pipe, new: impl Fn(&str) -> Option<String>, span: Span) {
    let renamed: Vec<(Column, Option<Name>)> = pipe
        .schema()
        .iter()
        .map(|column| {
            let to = new(&column.name).filter(|to| **to != *column.name).map(Name::from);
            (column.clone(), to)
        })
        .collect();
    let taken: Vec<Name> = renamed.iter().filter_map(|(_, to)| to.clone()).collect();
    if taken.is_empty() {
        return;
    }
    let mut gone: Vec<Name> = taken.clone();
    let mut kept: Vec<Column> = Vec::new();
    for (column, to) in renamed {
        match to {
            Some(to) => {
                gone.push(column.name.clone());
                kept.retain(|known| known.name != to);
                kept.push(Column { name: to, ..column });
            }
            None if taken.contains(&column.name) => {}
            None => kept.push(column),
        }
    }
    pipe.project(kept, Rest::KeepBut(gone), span);
}

/// Renames by a pattern, also fields that are not known yet.
fn rename_fitting(pipe: &mut Pipe, from: &str, to: &str, span: Span) {
    let new = |known: &str| fit(from, known).map(|stars| fill(to, &stars));
    if !pipe.schema().open {
        rename_all(pipe, new, span);
        return;
    }
    let literal = |text: &str| Argument::Scalar(Expr::literal(Value::string(text), span));
    let mut kept: Vec<Column> = Vec::new();
    for column in pipe.schema().iter() {
        match new(&column.name) {
            Some(to) => {
                kept.retain(|known| *known.name != *to);
                kept.push(Column { name: to.into(), ..column.clone() });
            }
            // A field that is not known may take its place.
            None if fits(to, &column.name) && !column.name.starts_with('_') => {}
            None if kept.iter().any(|known| known.name == column.name) => {}
            None => kept.push(column.clone()),
        }
    }
    let arguments = vec![(Some(name("from")), literal(from)), (Some(name("to")), literal(to))];
    let step = ForeignStep { command: command_row("rename"), arguments, makes: Vec::new() };
    pipe.push_opening(Op::Foreign(Box::new(step)), Schema::new(kept, true), span);
}

/// `fields`: keeps (`+`) or drops (`-`) fields; what begins with `_` stays unless it is named.
pub(super) fn fields(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let mut body = stage.body;
    let mut drops = false;
    if let Some(sign) = body.text.chars().next().filter(|sign| matches!(sign, '+' | '-')) {
        drops = sign == '-';
        body = body.slice(1, body.text.len()).trimmed();
    }
    let inner = Stage { name: stage.name, word: stage.word, body, all: stage.all };
    let arguments = reader.arguments(&inner, &[])?;
    let named = reader.some_fields(&inner, &arguments.items)?;
    let span = reader.span(stage.all);
    if drops {
        let patterns: Vec<Name> = named.iter().map(|(field, _)| Name::from(field.as_str())).collect();
        let kept = pipe.schema().iter().filter(|column| !patterns.iter().any(|pattern| fits(pattern, &column.name)));
        let kept = kept.cloned().collect();
        pipe.project(kept, Rest::KeepBut(patterns), span);
        return Ok(());
    }
    let mut kept = chosen(reader, pipe, &named);
    for column in pipe.schema().iter().filter(|column| column.name.starts_with('_')) {
        if kept.iter().all(|known: &Column| known.name != column.name) {
            kept.push(column.clone());
        }
    }
    let mut rest: Vec<Name> = vec!["_*".into()];
    rest.extend(named.iter().filter(|(field, _)| field.contains('*')).map(|(field, _)| Name::from(field.as_str())));
    pipe.project(kept, Rest::KeepOnly(rest), span);
    Ok(())
}

/// The known fields of a list, patterns filled, in its order.
fn chosen(reader: &mut Reader<'_>, pipe: &mut Pipe, named: &[(String, Text<'_>)]) -> Vec<Column> {
    let mut kept: Vec<Column> = Vec::new();
    for (field, text) in named {
        let found: Vec<Column> = if field.contains('*') {
            pipe.schema().iter().filter(|column| fits(field, &column.name)).cloned().collect()
        } else {
            let span = reader.span(*text);
            pipe.field(&mut reader.columns, field, span).into_iter().collect()
        };
        for column in found {
            if kept.iter().all(|known| known.name != column.name) {
                kept.push(column);
            }
        }
    }
    kept
}

/// `table`: these fields and no others, in this order.
pub(super) fn table(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[])?;
    let named = reader.some_fields(stage, &arguments.items)?;
    let kept = chosen(reader, pipe, &named);
    let patterns: Vec<Name> =
        named.iter().filter(|(field, _)| field.contains('*')).map(|(field, _)| Name::from(field.as_str())).collect();
    let rest = if patterns.is_empty() { Rest::Drop } else { Rest::KeepOnly(patterns) };
    pipe.project(kept, rest, reader.span(stage.all));
    Ok(())
}

/// `fillnull`
pub(super) fn fillnull(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[("value", Kind::Text)])?;
    let span = reader.span(stage.all);
    let fill = eval::number_or_text(arguments.given.text("value").unwrap_or("0"));
    let fill = Expr::literal(fill, span);
    let named = reader.field_list(&arguments.items)?;
    let mut fields: Vec<String> = Vec::new();
    for (field, text) in &named {
        if field.contains('*') {
            fields.extend(reader.fitting(pipe, field, *text)?.into_iter().map(|(known, _)| known));
        } else {
            fields.push(field.clone());
        }
    }
    if named.is_empty() {
        fields = pipe.names().iter().map(ToString::to_string).collect();
    }
    for field in fields {
        let value = pipe.value(&mut reader.columns, &field, span);
        let filled = eval::kql("coalesce", vec![value, fill.clone()], Type::Unknown, span);
        pipe.set(&mut reader.columns, &field, filled, span);
    }
    if named.is_empty() && pipe.schema().open {
        let arguments = vec![(Some(name("value")), Argument::Scalar(fill))];
        let step = ForeignStep { command: command_row("fillnull"), arguments, makes: Vec::new() };
        let schema = pipe.schema().clone();
        pipe.push_opening(Op::Foreign(Box::new(step)), schema, span);
    }
    Ok(())
}

/// `filldown`: a field that is not there has the value it had last.
pub(super) fn filldown(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[])?;
    let named = reader.some_fields(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let Some(last) = built_in(ForeignKind::Aggregate, "last") else { unreachable!("there is a row for `last`") };
    let (mut aggregates, mut outputs) = (Vec::new(), Vec::new());
    for (field, text) in named {
        let fields: Vec<String> = if field.contains('*') {
            reader.fitting(pipe, &field, text)?.into_iter().map(|(known, _)| known).collect()
        } else {
            vec![field]
        };
        for field in fields {
            let value = pipe.value(&mut reader.columns, &field, span);
            let column = computed(&mut reader.columns, &field, value.ty, span);
            aggregates.push(ForeignAggregate { function: last, arguments: vec![value], output: column.id, span });
            outputs.push(column);
        }
    }
    let frame = Frame::Running { current: true, window: None, global: false };
    let node = Statistics { keys: Vec::new(), aggregates, lacking: Lacking::NoGroup, frame };
    pipe.push_making(Op::Statistics(Box::new(node)), outputs, span);
    Ok(())
}

/// The conversions of `convert`, and whether they take a time format.
const CONVERSIONS: &[(&str, &str, bool)] = &[
    ("auto", "convert_auto", false),
    ("ctime", "convert_ctime", true),
    ("mktime", "convert_mktime", true),
    ("dur2sec", "convert_dur2sec", false),
    ("mstime", "convert_mstime", false),
    ("memk", "convert_memk", false),
    ("num", "convert_num", false),
    ("rmcomma", "convert_rmcomma", false),
    ("rmunit", "convert_rmunit", false),
];

/// `convert`
pub(super) fn convert(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[("timeformat", Kind::Text)])?;
    let format = arguments.given.text("timeformat").unwrap_or("%m/%d/%Y %H:%M:%S").to_owned();
    let span = reader.span(stage.all);
    let mut items = arguments.items.iter().filter(|item| !matches!(item, Item::Comma)).peekable();
    while let Some(item) = items.next() {
        let Item::Call(function, field, text) = item else {
            return Err(reader.wrong(
                &code::READ_SYNTAX,
                stage.body,
                "`convert` takes conversions such as `ctime(field)`",
            ));
        };
        let Some((_, row, timed)) = CONVERSIONS.iter().find(|(known, ..)| function.text.eq_ignore_ascii_case(known))
        else {
            let message = format!("unknown conversion `{}`", function.text);
            return Err(reader.wrong(&code::SPL_UNKNOWN_FUNCTION, *function, message));
        };
        let Some(field) = field else {
            return Err(reader.wrong(&code::SPL_ARGUMENT_COUNT, *text, format!("`{}` needs a field", function.text)));
        };
        let mut alias = None;
        if items.peek().is_some_and(|item| item.is("as")) {
            items.next();
            match items.next() {
                Some(Item::Word(word)) => alias = Some(field_name(word.text).into_owned()),
                _ => return Err(reader.wrong(&code::READ_SYNTAX, *text, "a name is due behind `as`")),
            }
        }
        let field = field_name(field.text).into_owned();
        let fields: Vec<(String, Vec<String>)> =
            if field.contains('*') { reader.fitting(pipe, &field, *text)? } else { vec![(field, Vec::new())] };
        for (field, stars) in fields {
            // A field that no record has stays so.
            let Some(column) = pipe.field(&mut reader.columns, &field, span) else { continue };
            let mut operands = vec![Expr::column(column.id, column.ty, span)];
            if *timed {
                operands.push(Expr::literal(Value::string(format.as_str()), span));
            }
            let stars: Vec<&str> = stars.iter().map(String::as_str).collect();
            let target = alias.as_ref().map_or(field.clone(), |alias| fill(alias, &stars));
            let value = eval::own(scalar(row), operands, span);
            pipe.set(&mut reader.columns, &target, value, span);
        }
    }
    Ok(())
}

/// `replace "a*" WITH b, … IN field, …`
pub(super) fn replace(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[])?;
    let span = reader.span(stage.all);
    let items: Vec<&Item<'_>> = arguments.items.iter().filter(|item| !matches!(item, Item::Comma)).collect();
    let cut = items.iter().position(|item| item.is("in")).unwrap_or(items.len());
    let (pairs, named) = items.split_at(cut);
    let mut changes = Vec::new();
    for pair in pairs.chunks(3) {
        match pair {
            [Item::Word(from), with, Item::Word(to)] if with.is("with") => {
                changes.push((unquote(from.text).into_owned(), unquote(to.text).into_owned()));
            }
            _ => return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`replace` takes `OLD WITH NEW`")),
        }
    }
    let mut fields: Vec<String> = Vec::new();
    for item in named.iter().skip(1) {
        fields.extend(reader.field_list(std::slice::from_ref(*item))?.into_iter().map(|(field, _)| field));
    }
    if fields.is_empty() {
        fields = reader.fitting(pipe, "*", stage.body)?.into_iter().map(|(known, _)| known).collect();
    }
    for field in fields {
        for (from, to) in &changes {
            let value = pipe.value(&mut reader.columns, &field, span);
            let text = |text: &str| Expr::literal(Value::string(text), span);
            let replaced = eval::own(scalar("replace_wild"), vec![value, text(from), text(to)], span);
            pipe.set(&mut reader.columns, &field, replaced, span);
        }
    }
    Ok(())
}

/// `foreach`: the commands in brackets once for each field.
pub(super) fn foreach(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [
        ("mode", Kind::Only("multifield")),
        ("fieldstr", Kind::Text),
        ("matchstr", Kind::Text),
        ("matchseg1", Kind::Text),
        ("matchseg2", Kind::Text),
        ("matchseg3", Kind::Text),
    ];
    let arguments = reader.arguments(stage, &options)?;
    let mut template: Option<Text<'_>> = None;
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for item in &arguments.items {
        if let Item::Subsearch(text) = item {
            template = Some(*text);
            continue;
        }
        for (field, text) in reader.field_list(std::slice::from_ref(item))? {
            if field.contains('*') {
                fields.extend(reader.fitting(pipe, &field, text)?);
            } else {
                fields.push((field, Vec::new()));
            }
        }
    }
    let Some(template) = template else {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.word, "`foreach` needs commands in brackets"));
    };
    let span = reader.span(template);
    let word = |key: &str, usual: &str| arguments.given.text(key).unwrap_or(usual).to_owned();
    let (field_word, match_word) = (word("fieldstr", "<<FIELD>>"), word("matchstr", "<<MATCHSTR>>"));
    for (field, stars) in fields {
        let mut text = template.text.replace(&field_word, &field).replace(&match_word, &stars.concat());
        for (index, star) in stars.iter().enumerate() {
            let usual = format!("<<MATCHSEG{}>>", index + 1);
            text = text.replace(&word(&format!("matchseg{}", index + 1), &usual), star);
        }
        let made = Text { text: &text, at: At::Made(span) };
        // Taken out rather than copied: after an error nothing of it is used.
        let empty = Pipe::new(SourceKind::Unit, Schema::default(), span);
        *pipe = reader.pipeline(made, Some(std::mem::replace(pipe, empty)))?;
    }
    Ok(())
}

/// `addtotals`
pub(super) fn addtotals(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [
        ("row", Kind::Only("true")),
        ("col", Kind::Only("false")),
        ("fieldname", Kind::Text),
        ("labelfield", Kind::Text),
        ("label", Kind::Text),
    ];
    let arguments = reader.arguments(stage, &options)?;
    let span = reader.span(stage.all);
    let mut named = Vec::new();
    for (field, text) in reader.field_list(&arguments.items)? {
        if field.contains('*') {
            named.extend(reader.fitting(pipe, &field, text)?.into_iter().map(|(known, _)| known));
        } else {
            named.push(field);
        }
    }
    if named.is_empty() {
        let all = reader.fitting(pipe, "*", stage.word)?.into_iter().map(|(known, _)| known);
        named.extend(all.filter(|known| !known.starts_with('_')));
    }
    let operands = named.iter().map(|field| pipe.value(&mut reader.columns, field, span)).collect();
    let target = arguments.given.text("fieldname").unwrap_or("Total").to_owned();
    let total = Expr::new(ExprKind::Foreign(scalar("sum"), operands), Type::Real, span);
    pipe.set(&mut reader.columns, &target, total, span);
    Ok(())
}

/// `bin`, `bucket`
pub(super) fn bin(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [("span", Kind::Text), ("aligntime", Kind::Text)];
    let arguments = reader.arguments(stage, &options)?;
    let named = reader.some_fields(stage, &arguments.items)?;
    let (field, target) = match named.as_slice() {
        [(field, _)] => (field, field),
        [(field, _), (word, _), (target, _)] if word.eq_ignore_ascii_case("as") => (field, target),
        _ => return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`bin` is about one field")),
    };
    let Some(width) = arguments.given.text("span") else {
        let message = "without `span` the width of the bins depends on the records that there are";
        return Err(reader.no_meaning(stage.all, message));
    };
    reader.bin(pipe, field, target, width, arguments.given.text("aligntime"), stage.all)
}

impl Reader<'_> {
    /// Cuts a field down to bins of a width.
    pub(in crate::read::splunk) fn bin(
        &mut self,
        pipe: &mut Pipe,
        field: &str,
        target: &str,
        width: &str,
        align: Option<&str>,
        text: Text<'_>,
    ) -> Lowered<()> {
        let span = self.span(text);
        let value = pipe.value(&mut self.columns, field, span);
        let literal = |text: &str| Expr::literal(Value::string(text), span);
        let call = if is_span(width) || field == "_time" {
            match align {
                None => eval::own(scalar("bin_time"), vec![value, literal(width)], span),
                Some(align) => eval::own(scalar("bin_time_from"), vec![value, literal(width), literal(align)], span),
            }
        } else if number(width).is_some_and(|width| width > 0.0) {
            let width = Expr::literal(eval::number_or_text(width), span);
            eval::own(scalar("bin_span"), vec![value, width], span)
        } else {
            return Err(self.no_meaning(text, format!("bins of `{width}` cannot be said here")));
        };
        pipe.set(&mut self.columns, target, call, span);
        Ok(())
    }
}
