//! `tstats`: statistics over the fields of a data model, or over indexed fields.

use super::command::{Kind, Stage};
use super::grammar::Rule;
use super::statistics::Asked;
use super::text::{field_name, unquote};
use super::{Lowered, Reader, Text, command_row, name};
use crate::diagnostic::code;
use crate::functions::ValueType;
use crate::ir::foreign::ForeignType;
use crate::ir::{Argument, Expr, ForeignStep, Frame, Name, Origin, Schema, SourceKind, Value};
use crate::read::pipe::{Pipe, TEXT};
use crate::source::Span;
use crate::types::Type;

/// The fields that the events of every data model have.
const MODEL_FIELDS: &[(&str, ValueType)] = &[
    ("_time", ForeignType::Number.value_type()),
    ("index", TEXT),
    ("host", TEXT),
    ("source", TEXT),
    ("sourcetype", TEXT),
];

/// The options of `tstats`. Of those that only say how it is run, any value will do.
const OPTIONS: &[(&str, Kind)] = &[
    ("summariesonly", Kind::Truth),
    ("allow_old_summaries", Kind::Truth),
    ("fillnull_value", Kind::Text),
    ("prestats", Kind::Only("false")),
    ("append", Kind::Only("false")),
    ("local", Kind::Only("false")),
    ("chunk_size", Kind::Count),
    ("include_reduced_buckets", Kind::Truth),
];

impl Reader<'_> {
    /// The events of a data model, `Model.Object` or `Model`.
    pub(super) fn datamodel(&mut self, model: &str, flags: &[(&str, bool)], span: Span) -> Pipe {
        let text = |text: &str| Argument::Scalar(Expr::literal(Value::string(text), span));
        let (model, object) = model.split_once('.').map_or((model, None), |(model, object)| (model, Some(object)));
        let mut arguments = vec![(Some(name("model")), text(model))];
        arguments.extend(object.map(|object| (Some(name("object")), text(object))));
        for (flag, on) in flags {
            arguments.push((Some(name(flag)), Argument::Scalar(Expr::literal(Value::Bool(*on), span))));
        }
        let table: Name = model.into();
        let fields = MODEL_FIELDS.iter().map(|(field, ty)| {
            let id = self.columns.add(*field, *ty, Origin::Table(table.clone()), span);
            crate::ir::Column { id, name: (*field).into(), ty: *ty }
        });
        let schema = Schema::new(fields.collect::<Vec<_>>(), true);
        let step = ForeignStep { command: command_row("datamodel"), arguments, makes: Vec::new() };
        Pipe::new(SourceKind::Foreign(Box::new(step)), schema, span)
    }
}

/// `mstats`: the same over the points of metric indexes, the names of metrics being fields.
pub(super) fn mstats(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let body = stage.body;
    let span = reader.span(stage.all);
    let pairs = reader.parse(Rule::tstats, body, "`mstats`")?;
    let options: Vec<_> =
        pairs.clone().filter(|pair| pair.as_rule() == Rule::option).map(|pair| reader.given(body, pair)).collect();
    let mut given =
        vec![("prestats", Kind::Only("false")), ("append", Kind::Only("false")), ("chunk_size", Kind::Count)];
    given.push(("span", Kind::Span));
    let given = Reader::check(stage, &options, &given)?;
    let id = reader.columns.add("_time", ForeignType::Number.value_type(), Origin::Table("metrics".into()), span);
    let time = crate::ir::Column { id, name: "_time".into(), ty: ForeignType::Number.value_type() };
    let step = ForeignStep { command: command_row("metrics"), arguments: Vec::new(), makes: Vec::new() };
    let mut pipe = Pipe::new(SourceKind::Foreign(Box::new(step)), Schema::new([time], true), span);
    for pair in pairs.clone() {
        match pair.as_rule() {
            Rule::from_clause => {
                return Err(reader.wrong(&code::READ_SYNTAX, body.of(&pair), "`mstats` has no `from`"));
            }
            Rule::where_clause => {
                if let Some(text) = pair.into_inner().find(|part| part.as_rule() == Rule::where_text) {
                    reader.filter_events(&mut pipe, body.of(&text).trimmed())?;
                }
            }
            _ => {}
        }
    }
    let mut asked = reader.asked(&mut pipe, body, pairs)?;
    let spans = Reader::check(stage, &std::mem::take(&mut asked.by_options), &[("span", Kind::Span)])?;
    asked.options.clear();
    // A span makes a group of each bin of time.
    if let Some(width) = spans.text("span").or(given.text("span")) {
        reader.bin_time(&mut pipe, "_time", width, span);
        asked.by.insert(0, ("_time".to_owned(), span));
    }
    reader.summarise(&mut pipe, asked, Frame::Group, span);
    Ok(pipe)
}

/// `tstats`
pub(super) fn tstats(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let body = stage.body;
    let span = reader.span(stage.all);
    let pairs = reader.parse(Rule::tstats, body, "`tstats`")?;
    let mut model: Option<(String, Span)> = None;
    let mut condition: Option<Text<'_>> = None;
    for pair in pairs.clone() {
        match pair.as_rule() {
            Rule::from_clause => {
                let at = body.of(&pair);
                let parts: Vec<_> = pair.into_inner().collect();
                if parts.iter().all(|part| part.as_rule() != Rule::datamodel_word) {
                    let message = "`tstats` reads a data model here or indexed fields, not a namespace of its own";
                    return Err(reader.no_meaning(at, message));
                }
                let named = parts.iter().find(|part| part.as_rule() == Rule::name);
                model = named.map(|part| (unquote(part.as_str()).into_owned(), reader.span(at)));
            }
            Rule::where_clause => {
                let text = pair.into_inner().find(|part| part.as_rule() == Rule::where_text);
                condition = text.map(|text| body.of(&text).trimmed());
            }
            _ => {}
        }
    }
    let options: Vec<_> =
        pairs.clone().filter(|pair| pair.as_rule() == Rule::option).map(|pair| reader.given(body, pair)).collect();
    let given = Reader::check(stage, &options, OPTIONS)?;
    let mut pipe = match &model {
        Some((model, at)) => {
            let flags = ["summariesonly", "allow_old_summaries"].map(|flag| (flag, given.truth(flag)));
            let flags: Vec<_> = flags.iter().filter_map(|(flag, on)| Some((*flag, (*on)?))).collect();
            reader.datamodel(model, &flags, *at)
        }
        None => reader.events(span),
    };
    if let Some(condition) = condition {
        reader.filter_events(&mut pipe, condition)?;
    }
    let Asked { aggregates, outputs, by, by_options, .. } = reader.asked(&mut pipe, body, pairs)?;
    let spans = Reader::check(stage, &by_options, &[("span", Kind::Span)])?;
    for (field, at) in &by {
        if field.contains('*') || field.to_ascii_uppercase().starts_with("PREFIX(") {
            let message = format!("which fields `{field}` stands for is not known");
            return Err(reader.wrong(&code::SPL_OPEN_PATTERN, stage.body, message));
        }
        if field == "_time"
            && let Some(width) = spans.text("span")
        {
            reader.bin_time(&mut pipe, "_time", width, *at);
        } else if let Some(fill) = given.text("fillnull_value") {
            let value = pipe.value(&mut reader.columns, field, *at);
            let fill = Expr::literal(Value::string(fill), *at);
            let filled = super::eval::kql("coalesce", vec![value, fill], Type::Unknown, *at);
            pipe.set(&mut reader.columns, &field_name(field), filled, *at);
        }
    }
    let asked = Asked { aggregates, outputs, over: None, by, options: Vec::new(), by_options: Vec::new() };
    reader.summarise(&mut pipe, asked, Frame::Group, span);
    Ok(pipe)
}
