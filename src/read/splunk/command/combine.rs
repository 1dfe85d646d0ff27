//! Commands that put the records of several searches together.

use super::{Item, Kind, Stage};
use crate::diagnostic::code;
use crate::ir::{Argument, Column, ColumnId, Expr, ForeignStep, Join, JoinKind, Op, Schema, Value};
use crate::read::pipe::Pipe;
use crate::read::splunk::{Lowered, MAX_UNIONS, Reader, Text, command_row, eval, name};
use crate::source::Span;
use crate::types::Type;

impl Reader<'_> {
    /// The records of several plans, columns of one name put together.
    pub(in crate::read::splunk) fn union(&mut self, pipes: Vec<Pipe>, text: Text<'_>) -> Lowered<Pipe> {
        if pipes.iter().any(|pipe| pipe.unions() >= MAX_UNIONS) {
            let message = format!("more than {MAX_UNIONS} times what came before is put together with more");
            return Err(self.wrong(&code::SPL_TOO_LARGE, text, message));
        }
        let span = self.span(text);
        Ok(Pipe::put_together(pipes, &mut self.columns, span))
    }

    /// The subsearches among arguments; other arguments are an error.
    fn subsearches(&mut self, stage: &Stage<'_>, items: &[Item<'_>]) -> Lowered<Vec<Pipe>> {
        let mut pipes = Vec::new();
        for item in items {
            match item {
                Item::Subsearch(text) => pipes.push(self.subsearch(*text)?),
                Item::Comma => {}
                Item::Word(text) | Item::Group(text) | Item::Call(.., text) => {
                    return Err(self.no_meaning(*text, format!("`{}` is read with subsearches alone", stage.name)));
                }
            }
        }
        if pipes.is_empty() {
            let message = format!("`{}` needs a subsearch in brackets", stage.name);
            return Err(self.wrong(&code::READ_SYNTAX, stage.word, message));
        }
        Ok(pipes)
    }
}

/// How long a subsearch may run, which says nothing of what it gives.
const RUNNING: [(&str, Kind); 3] =
    [("maxtime", Kind::Count), ("timeout", Kind::Count), ("extendtimerange", Kind::Only("false"))];

/// `multisearch` and `union` at the start
pub(super) fn multisearch(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let arguments = reader.arguments(stage, &RUNNING)?;
    let pipes = reader.subsearches(stage, &arguments.items)?;
    reader.union(pipes, stage.all)
}

/// `union` behind a pipe
pub(super) fn union_with(reader: &mut Reader<'_>, pipe: Pipe, stage: &Stage<'_>) -> Lowered<Pipe> {
    let arguments = reader.arguments(stage, &RUNNING)?;
    let mut pipes = reader.subsearches(stage, &arguments.items)?;
    pipes.insert(0, pipe);
    reader.union(pipes, stage.all)
}

/// `append`
pub(super) fn append(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    *pipe = union_with(reader, pipe.clone(), stage)?;
    Ok(())
}

/// `appendpipe`: what the commands in brackets make of the records so far comes behind them.
pub(super) fn appendpipe(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[("run_in_preview", Kind::Truth)])?;
    let [Item::Subsearch(inner)] = arguments.items.as_slice() else {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`appendpipe` takes commands in brackets"));
    };
    reader.spend(pipe.plan.weight(), stage.word)?;
    let mut copy = pipe.clone();
    copy.plan = pipe.plan.twin(&mut reader.columns);
    let more = reader.pipeline(*inner, Some(copy))?;
    *pipe = reader.union(vec![pipe.clone(), more], stage.all)?;
    Ok(())
}

/// `join`
pub(super) fn join(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [
        ("type", Kind::OneOf(&["inner", "outer", "left"])),
        ("max", Kind::Count),
        ("overwrite", Kind::Truth),
        ("usetime", Kind::Only("false")),
    ];
    let arguments = reader.arguments(stage, &options)?;
    let mut fields = Vec::new();
    let mut inner: Option<Text<'_>> = None;
    for item in &arguments.items {
        match item {
            Item::Subsearch(text) if inner.is_none() => inner = Some(*text),
            other => fields.extend(reader.field_list(std::slice::from_ref(other))?),
        }
    }
    let Some(inner) = inner else {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.word, "`join` needs a subsearch in brackets"));
    };
    let span = reader.span(stage.all);
    let given = &arguments.given;
    let outer = matches!(given.text("type"), Some("outer" | "left"));
    let max = given.count("max").unwrap_or(1);
    let overwrite = given.truth("overwrite").unwrap_or(true);
    let right = reader.subsearch(inner)?;
    let mut by: Vec<(String, Span)> = fields.into_iter().map(|(field, text)| (field, reader.span(text))).collect();
    if by.is_empty() && !pipe.schema().open && !right.schema().open {
        let left = pipe.names();
        by.extend(right.names().iter().filter(|known| left.contains(known)).map(|known| (known.to_string(), span)));
    }
    if by.is_empty() || right.schema().open {
        open_join(reader, pipe, right, &by, (outer, max, overwrite), span);
    } else {
        closed_join(reader, pipe, right, &by, (outer, max, overwrite), span);
    }
    Ok(())
}

/// A join with a subsearch of which all fields are known.
fn closed_join(
    reader: &mut Reader<'_>,
    pipe: &mut Pipe,
    mut right: Pipe,
    by: &[(String, Span)],
    (outer, max, overwrite): (bool, u64, bool),
    span: Span,
) {
    let (left_keys, left_columns) = reader.keys(pipe, by);
    if left_columns.iter().any(|column| !pipe.schema().contains(column.id)) {
        // A key that no record has: a column of nulls, which has no partner.
        for (key, column) in left_keys.into_iter().zip(&left_columns) {
            if !pipe.schema().contains(column.id) {
                pipe.set(&mut reader.columns, &column.name, key.expr, span);
            }
        }
    }
    let (_, right_columns) = reader.keys(&mut right, by);
    for column in &right_columns {
        if !right.schema().contains(column.id) {
            right.set(&mut reader.columns, &column.name, eval::null(span), span);
        }
    }
    if max > 0 {
        let fields: Vec<&str> = by.iter().map(|(field, _)| field.as_str()).collect();
        reader.keep_first(&mut right, &fields, max, span);
    }
    let mut keys: Vec<(ColumnId, ColumnId)> = Vec::new();
    for (field, at) in by {
        if let (Some(left), Some(right)) =
            (pipe.field(&mut reader.columns, field, *at), right.field(&mut reader.columns, field, *at))
        {
            keys.push((left.id, right.id));
        }
    }
    // Where both sides have a field, that of the subsearch counts, if it is there.
    let mut made = Vec::new();
    let mut merged = Vec::new();
    for column in right.schema().iter().filter(|column| keys.iter().all(|(_, id)| *id != column.id)) {
        match pipe.field(&mut reader.columns, &column.name, span) {
            Some(left) => merged.push((left, column.clone())),
            None => made.push(column.clone()),
        }
    }
    let kind = if outer { JoinKind::LeftOuter } else { JoinKind::Inner };
    let node = Join { kind, lookup: false, right: Box::new(right.plan), keys };
    // The columns that both have stand side by side until they are merged.
    let mut schema = pipe.schema().clone();
    let hidden: Vec<Column> = merged
        .iter()
        .map(|(_, column)| Column { name: format!("{} of the subsearch", column.name).into(), ..column.clone() })
        .collect();
    for column in made.into_iter().chain(hidden.iter().cloned()) {
        schema.push(column);
    }
    pipe.push_with(Op::Join(node), schema, span);
    for (left, column) in &merged {
        let value = |column: &Column| Expr::column(column.id, column.ty, span);
        let (first, second) = if overwrite { (column, left) } else { (left, column) };
        let ty = if left.ty == column.ty { left.ty } else { Type::Unknown.into() };
        let both = eval::kql("coalesce", vec![value(first), value(second)], ty, span);
        pipe.set(&mut reader.columns, &left.name, both, span);
    }
    if !hidden.is_empty() {
        let kept: Vec<Column> =
            pipe.schema().iter().filter(|column| hidden.iter().all(|hid| hid.name != column.name)).cloned().collect();
        pipe.project(kept, crate::ir::Rest::KeepBut(Vec::new()), span);
    }
}

/// A join with a subsearch that may give any field.
fn open_join(
    reader: &mut Reader<'_>,
    pipe: &mut Pipe,
    right: Pipe,
    by: &[(String, Span)],
    (outer, max, overwrite): (bool, u64, bool),
    span: Span,
) {
    let literal = |value: Value| Argument::Scalar(Expr::literal(value, span));
    let mut arguments = vec![(Some(name("subsearch")), Argument::Plan(Box::new(right.plan)))];
    let mut kept = Vec::new();
    for (field, at) in by {
        let value = pipe.value(&mut reader.columns, field, *at);
        kept.extend(pipe.field(&mut reader.columns, field, *at));
        arguments.push((Some(name("field")), Argument::Scalar(value)));
    }
    arguments.push((Some(name("outer")), literal(Value::Bool(outer))));
    arguments.push((Some(name("max")), literal(Value::Long(i64::try_from(max).unwrap_or(i64::MAX)))));
    arguments.push((Some(name("overwrite")), literal(Value::Bool(overwrite))));
    let step = ForeignStep { command: command_row("join"), arguments, makes: Vec::new() };
    // Any other field may be that of either side.
    pipe.push_opening(Op::Foreign(Box::new(step)), Schema::new(kept, true), span);
}
