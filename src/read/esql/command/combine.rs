//! Commands that put records of several places together, or look at all of them.

use pest::iterators::Pair;

use super::{Stage, given, nothing, told};
use crate::diagnostic::code;
use crate::ir::{Column, CompareOp, Expr, ExprKind, ForeignStep, Name, Op, Schema, Value};
use crate::read::esql::grammar::Rule;
use crate::read::esql::text::unquote;
use crate::read::esql::{Lowered, Reader, Text, command_row, name};
use crate::read::pipe::{Pipe, TEXT, computed};
use crate::types::Type;

/// The least and the most branches of a `FORK`.
const BRANCHES: std::ops::RangeInclusive<usize> = 1..=8;

/// `ENRICH`
pub(super) fn enrich(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    let span = reader.span(stage.all);
    let mut arguments = Vec::new();
    let mut on = None;
    let mut made: Vec<(Name, Column)> = Vec::new();
    let pairs: Vec<Pair<'_, Rule>> = reader.parse(Rule::enrich, body, "`ENRICH`")?.collect();
    for pair in pairs {
        let text = body.of(&pair);
        match pair.as_rule() {
            Rule::policy => {
                let policy = if text.text.starts_with('"') {
                    unquote(text.text)
                        .map_err(|_| reader.wrong(&code::ESQL_BAD_LITERAL, text, "the name has an unknown escape"))?
                } else {
                    text.text.to_owned()
                };
                arguments.push(told("policy", Value::string(policy), span));
            }
            Rule::pattern => {
                let field = reader.plain(body, pair)?;
                on = Some(reader.field(pipe, &field.name, field.text)?);
            }
            Rule::enrichment => {
                let mut names = Vec::new();
                for part in pair.into_inner().filter(|part| part.as_rule() == Rule::pattern) {
                    names.push(reader.plain(body, part)?.name);
                }
                let (Some(new), Some(old)) = (names.first(), names.last()) else { continue };
                let column = computed(&mut reader.columns, new, Type::Unknown.into(), span);
                made.push((name(old), column));
            }
            _ => {}
        }
    }
    // Without `ON` the match field of the policy says which field is looked at.
    arguments.push(match on.clone() {
        Some(on) => given("on", on),
        None => nothing("on", span),
    });
    let makes = made.iter().map(|(field, column)| (field.clone(), column.id)).collect();
    let step = ForeignStep { command: command_row("enrich"), arguments, makes };
    let op = Op::Foreign(Box::new(step));
    if made.is_empty() {
        // Any field may be the policy's from here on.
        pipe.push_opening(op, Schema::new([], true), span);
    } else {
        let columns: Vec<Column> = made.into_iter().map(|(_, column)| column).collect();
        pipe.push_making_last(op, &columns, span);
    }
    Ok(())
}

/// `LOOKUP JOIN`
pub(super) fn lookup_join(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    let span = reader.span(stage.all);
    let mut arguments = Vec::new();
    let mut kept: Vec<Column> = Vec::new();
    let pairs: Vec<Pair<'_, Rule>> = reader.parse(Rule::lookup, body, "`LOOKUP JOIN`")?.collect();
    for pair in pairs {
        let text = body.of(&pair);
        match pair.as_rule() {
            Rule::index => {
                let index = text.text.trim_matches('"');
                if index.contains(['*', ',', ':']) {
                    return Err(reader.no_meaning(text, "`LOOKUP JOIN` is read with one index of this cluster"));
                }
                arguments.push(told("index", Value::string(index), span));
            }
            Rule::boolean => {
                let key = reader.record(pipe, body, pair)?;
                let Some(id) = key.as_column() else { return Err(reader.join_condition(&key, text)) };
                let Some(column) = pipe.schema().iter().find(|column| column.id == id).cloned() else { continue };
                arguments.push(given("on", Expr::column(id, column.ty, reader.span(text))));
                kept.push(column);
            }
            _ => {}
        }
    }
    let step = ForeignStep { command: command_row("lookup_join"), arguments, makes: Vec::new() };
    // Any other field may be the index's from here on.
    pipe.push_opening(Op::Foreign(Box::new(step)), Schema::new(kept, true), span);
    Ok(())
}

impl Reader<'_> {
    fn join_condition(&self, key: &Expr, text: Text<'_>) -> Box<crate::diagnostic::Diagnostic> {
        match &key.kind {
            ExprKind::Compare(node) if node.op == CompareOp::Equal => {
                self.no_meaning(text, "a join of columns with different names is not read")
            }
            _ => self.no_meaning(text, "a join on anything but columns that both sides have is not read"),
        }
    }
}

/// `CHANGE_POINT`
pub(super) fn change_point(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    let span = reader.span(stage.all);
    let (mut before, mut on, mut names) = (None, None, Vec::new());
    let (mut at_key, mut at_names) = (false, false);
    let pairs: Vec<Pair<'_, Rule>> = reader.parse(Rule::change_point, body, "`CHANGE_POINT`")?.collect();
    for pair in pairs {
        let text = body.of(&pair);
        match pair.as_rule() {
            Rule::on_word => at_key = true,
            Rule::as_word => at_names = true,
            Rule::name => {
                let written = reader.name(body, pair)?;
                if at_names {
                    names.push(written);
                } else if at_key {
                    on = Some(reader.field(pipe, &written, text)?);
                } else {
                    before = Some(reader.field(pipe, &written, text)?);
                }
            }
            _ => {}
        }
    }
    let Some(value) = before else { return Err(reader.wrong(&code::READ_SYNTAX, body, "a column is missing")) };
    let key = match on {
        Some(key) => key,
        None => reader.field(pipe, "@timestamp", stage.word)?,
    };
    let mut names = names.into_iter();
    let kind = names.next().unwrap_or_else(|| "type".to_owned());
    let probability = names.next().unwrap_or_else(|| "pvalue".to_owned());
    let columns = [
        computed(&mut reader.columns, &kind, TEXT, span),
        computed(&mut reader.columns, &probability, Type::Real.into(), span),
    ];
    let makes = vec![(name("type"), columns[0].id), (name("pvalue"), columns[1].id)];
    let arguments = vec![given("value", value), given("key", key)];
    let step = ForeignStep { command: command_row("change_point"), arguments, makes };
    pipe.push_making_last(Op::Foreign(Box::new(step)), &columns, span);
    Ok(())
}

/// `FORK`: what each branch makes of the records, put together; a column says which branch a record is from.
pub(super) fn fork(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    if std::mem::replace(&mut reader.forked, true) {
        return Err(reader.no_meaning(stage.word, "a query has one `FORK` at most"));
    }
    let branches: Vec<Text<'_>> = reader
        .parse(Rule::fork, body, "`FORK`")?
        .filter(|pair| pair.as_rule() == Rule::branch)
        .map(|pair| body.of(&pair))
        .collect();
    if !BRANCHES.contains(&branches.len()) {
        let message = format!("`FORK` has at most {} branches", BRANCHES.end());
        return Err(reader.no_meaning(stage.word, message));
    }
    let span = reader.span(stage.all);
    let (mut pipes, mut names) = (Vec::new(), Vec::new());
    for (at, branch) in branches.into_iter().enumerate() {
        reader.spend(pipe.plan.weight(), stage.word)?;
        let mut copy = pipe.clone();
        copy.plan = pipe.plan.twin(&mut reader.columns);
        let inner = branch.slice(1, branch.text.len() - 1);
        let mut made = reader.pipeline(inner, Some(copy))?;
        reader.limited(&mut made, inner);
        pipes.push(made);
        names.push(name(&format!("fork{}", at + 1)));
    }
    let column = computed(&mut reader.columns, "_fork", TEXT, span);
    *pipe = reader.union(pipes, Some((column, names)), span);
    Ok(())
}
