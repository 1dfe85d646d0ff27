//! Commands that give records.

use super::{Item, Kind, Stage};
use crate::diagnostic::code;
use crate::ir::{Argument, Expr, ForeignStep, Origin, Schema, SourceKind, Value};
use crate::read::pipe::Pipe;
use crate::read::splunk::text::unquote;
use crate::read::splunk::{Lowered, Reader, Text, command_row, name};
use crate::source::Span;
use crate::types::Type;

/// `search` at the start
pub(super) fn search(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    reader.event_search(stage.body, stage.all)
}

/// `search` behind a pipe
pub(super) fn search_again(reader: &mut Reader<'_>, mut pipe: Pipe, stage: &Stage<'_>) -> Lowered<Pipe> {
    reader.filter_results(&mut pipe, stage.body)?;
    Ok(pipe)
}

/// A source that is a command of Splunk's, of which no field is known.
fn open_source(command: &str, arguments: Vec<(&str, Value)>, span: Span) -> Pipe {
    let arguments = arguments
        .into_iter()
        .map(|(key, value)| (Some(name(key)), Argument::Scalar(Expr::literal(value, span))))
        .collect();
    let step = ForeignStep { command: command_row(command), arguments, makes: Vec::new() };
    Pipe::new(SourceKind::Foreign(Box::new(step)), Schema::new([], true), span)
}

/// `inputlookup`
pub(super) fn inputlookup(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    lookup_rows(reader, stage).map(|(pipe, _)| pipe)
}

/// `inputlookup append=t` behind a pipe
pub(super) fn inputlookup_too(reader: &mut Reader<'_>, pipe: Pipe, stage: &Stage<'_>) -> Lowered<Pipe> {
    let (rows, appends) = lookup_rows(reader, stage)?;
    if !appends {
        let message = "`inputlookup` behind a pipe needs `append=t`; without it what came before is thrown away";
        return Err(reader.wrong(&code::SPL_COMMAND_PLACE, stage.word, message));
    }
    reader.union(vec![pipe, rows], stage.all)
}

fn lookup_rows(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<(Pipe, bool)> {
    // What follows `where` is a search expression.
    let lower = stage.body.text.to_ascii_lowercase();
    let cut = lower.find(" where ");
    let (head, condition) = match cut {
        Some(at) => {
            (stage.body.slice(0, at), Some(stage.body.slice(at + " where ".len(), stage.body.text.len()).trimmed()))
        }
        None => (stage.body, None),
    };
    let short = Stage { name: stage.name, word: stage.word, body: head.trimmed(), all: stage.all };
    let options = [("append", Kind::Truth), ("start", Kind::Count), ("max", Kind::Count), ("strict", Kind::Truth)];
    let arguments = reader.arguments(&short, &options)?;
    let (table, _) = reader.one_field(&short, &arguments.items)?;
    let mut told = vec![("table", Value::string(table))];
    for key in ["start", "max"] {
        if let Some(count) = arguments.given.count(key).and_then(|count| i64::try_from(count).ok()) {
            told.push((key, Value::Long(count)));
        }
    }
    let span = reader.span(stage.all);
    let mut pipe = open_source("inputlookup", told, span);
    if let Some(condition) = condition {
        reader.filter_results(&mut pipe, condition)?;
    }
    Ok((pipe, arguments.given.truth("append").unwrap_or(false)))
}

/// `makeresults`: so many empty records, or those written out as JSON.
pub(super) fn makeresults(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let options = [
        ("count", Kind::Count),
        ("annotate", Kind::Only("false")),
        ("format", Kind::OneOf(&["json"])),
        ("data", Kind::Text),
    ];
    let arguments = reader.arguments(stage, &options)?;
    if let Some(Item::Word(text) | Item::Group(text) | Item::Subsearch(text)) = arguments.items.first() {
        return Err(reader.wrong(&code::READ_SYNTAX, *text, "`makeresults` takes options alone"));
    }
    let span = reader.span(stage.all);
    match (arguments.given.text("format"), arguments.given.text("data")) {
        (None, None) => {}
        (Some(_), Some(data)) => {
            let Ok(records) = serde_json::from_str::<Vec<serde_json::Map<String, serde_json::Value>>>(data) else {
                let message = "the data of `makeresults` is an array of objects, as JSON";
                return Err(reader.wrong(&code::READ_SYNTAX, stage.body, message));
            };
            return Ok(written_out(reader, &records, span));
        }
        _ => {
            let message = "`makeresults` takes `format` and `data` together";
            return Err(reader.wrong(&code::READ_SYNTAX, stage.body, message));
        }
    }
    let count = arguments.given.count("count").and_then(|count| i64::try_from(count).ok()).unwrap_or(1);
    let mut pipe = open_source("makeresults", vec![("count", Value::Long(count))], span);
    let id = reader.columns.add("_time", Type::Real, Origin::Computed, span);
    let column = crate::ir::Column { id, name: "_time".into(), ty: Type::Real.into() };
    if let SourceKind::Foreign(step) = &mut pipe.plan.source.kind {
        step.makes.push((name("_time"), id));
    }
    pipe.plan.source.schema = Schema::new([column], false);
    Ok(pipe)
}

/// Records that the search itself holds. What is no single value is the text of it.
fn written_out(reader: &mut Reader<'_>, records: &[serde_json::Map<String, serde_json::Value>], span: Span) -> Pipe {
    use serde_json::Value as Json;
    let mut columns: Vec<crate::ir::Column> = Vec::new();
    for field in records.iter().flat_map(serde_json::Map::keys) {
        if !columns.iter().any(|column| *column.name == **field) {
            let id = reader.columns.add(field.as_str(), Type::Unknown, Origin::Computed, span);
            columns.push(crate::ir::Column { id, name: field.as_str().into(), ty: Type::Unknown.into() });
        }
    }
    let value = |json: Option<&Json>| match json {
        None | Some(Json::Null) => Value::Null(Type::Unknown),
        Some(Json::String(text)) => Value::string(text.as_str()),
        Some(Json::Number(number)) => match number.as_i64() {
            Some(whole) => Value::Long(whole),
            None => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        Some(other) => Value::string(other.to_string()),
    };
    let rows = records.iter().map(|record| columns.iter().map(|column| value(record.get(&*column.name))).collect());
    Pipe::new(SourceKind::Rows(rows.collect()), Schema::new(columns, false), span)
}

/// `from datamodel X.Y`, `from lookup X`
pub(super) fn from(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let body = stage.body.text.replace(':', " ");
    let mut words = body.splitn(2, char::is_whitespace);
    let kind = words.next().unwrap_or_default().to_ascii_lowercase();
    let named = unquote(words.next().unwrap_or_default().trim()).into_owned();
    let span = reader.span(stage.all);
    if named.is_empty() || named.contains(char::is_whitespace) {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`from` takes a kind of data set and its name"));
    }
    match kind.as_str() {
        "datamodel" => Ok(reader.datamodel(&named, &[("bare", true)], span)),
        "lookup" => Ok(open_source("inputlookup", vec![("table", Value::string(named))], span)),
        _ => Err(reader.no_meaning(stage.body, format!("what the {kind} `{named}` holds is not known"))),
    }
}

/// `datamodel X Y search`
pub(super) fn datamodel(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let options =
        [("summariesonly", Kind::Truth), ("allow_old_summaries", Kind::Truth), ("strict_fields", Kind::Truth)];
    let arguments = reader.arguments(stage, &options)?;
    let words = reader.field_list(&arguments.items)?;
    let words: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    let span = reader.span(stage.all);
    let flags: Vec<(&str, bool)> = ["summariesonly", "allow_old_summaries"]
        .into_iter()
        .filter_map(|flag| Some((flag, arguments.given.truth(flag)?)))
        .collect();
    match words.as_slice() {
        [model, object, "search"] => Ok(reader.datamodel(&format!("{model}.{object}"), &flags, span)),
        [model, object, "flat"] => {
            let flags: Vec<_> = flags.into_iter().chain([("bare", true)]).collect();
            Ok(reader.datamodel(&format!("{model}.{object}"), &flags, span))
        }
        _ => Err(reader.no_meaning(stage.body, "`datamodel` gives events only as `datamodel MODEL OBJECT search`")),
    }
}

/// `rest`
pub(super) fn rest(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let options = [("splunk_server", Kind::Text), ("count", Kind::Count), ("timeout", Kind::Count)];
    let arguments = reader.arguments(stage, &options)?;
    let (path, _) = reader.one_field(stage, &arguments.items)?;
    let mut told = vec![("path", Value::string(path))];
    if let Some(server) = arguments.given.text("splunk_server") {
        told.push(("splunk_server", Value::string(server)));
    }
    if let Some(count) = arguments.given.count("count").and_then(|count| i64::try_from(count).ok()) {
        told.push(("count", Value::Long(count)));
    }
    let span = reader.span(stage.all);
    Ok(open_source("rest", told, span))
}

/// Literal text as an argument of a command.
pub(super) fn told(key: &str, value: &str, span: Span) -> (Option<crate::ir::Name>, Argument) {
    (Some(name(key)), Argument::Scalar(Expr::literal(Value::string(value), span)))
}

/// The text of a word without its quotes.
pub(super) fn plain(text: Text<'_>) -> String {
    unquote(text.text).into_owned()
}
