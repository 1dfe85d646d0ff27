//! Commands that give records: `FROM` with its sub-queries, and `ROW`.

use pest::iterators::Pair;

use super::Stage;
use crate::diagnostic::code;
use crate::ir::{
    Bound, Bounds, Column, Compare, CompareOp, Expr, ExprKind, Name, NullRule, Op, Origin, Schema, SourceKind, Value,
    Window,
};
use crate::read::elastic::Stretch;
use crate::read::esql::build::{kql, own, single};
use crate::read::esql::grammar::Rule;
use crate::read::esql::text::unquote;
use crate::read::esql::{Lowered, Reader, Text, name, scalar};
use crate::read::pipe::{Pipe, TEXT};
use crate::source::Span;
use crate::types::Type;

/// Fields of a document that are not in it: they are there where `METADATA` names them.
const METADATA: &[(&str, Type)] = &[
    ("_id", Type::String),
    ("_ignored", Type::Unknown),
    ("_index", Type::String),
    ("_index_mode", Type::String),
    ("_score", Type::Real),
    ("_size", Type::Long),
    ("_source", Type::Unknown),
    ("_tier", Type::String),
    ("_tsid", Type::String),
    ("_version", Type::Long),
];

/// The field that holds the time of every document.
const TIMESTAMP: &str = "@timestamp";

/// `FROM`
pub(super) fn from(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let body = stage.body;
    let (mut patterns, mut queries, mut fields) = (Vec::new(), Vec::new(), Vec::new());
    for pair in reader.parse(Rule::from, body, "`FROM`")? {
        match pair.as_rule() {
            Rule::from_item => {
                for item in pair.into_inner() {
                    let text = body.of(&item);
                    if item.as_rule() == Rule::subquery {
                        queries.push(text.slice(1, text.text.len() - 1));
                    } else {
                        patterns.extend(reader.indices(text)?);
                    }
                }
            }
            Rule::metadata | Rule::old_metadata => reader.metadata(body, pair, &mut fields)?,
            _ => {}
        }
    }
    let span = reader.span(stage.all);
    if queries.is_empty() {
        return Ok(reader.indexes(&patterns, &fields, span));
    }
    let mut pipes = Vec::new();
    if !patterns.is_empty() {
        pipes.push(reader.indexes(&patterns, &fields, span));
    }
    for query in queries {
        pipes.push(reader.pipeline(query, None)?);
    }
    // The fields of documents are there in every sub-query, whether it says so or not.
    Ok(reader.union(pipes, None, span))
}

/// `ROW`
pub(super) fn row(reader: &mut Reader<'_>, stage: &Stage<'_>) -> Lowered<Pipe> {
    let span = reader.span(stage.word);
    let mut pipe = Pipe::new(SourceKind::Unit, Schema::default(), span);
    reader.assign(&mut pipe, stage)?;
    Ok(pipe)
}

impl Reader<'_> {
    /// The patterns of indexes that a word or a string names.
    fn indices(&self, text: Text<'_>) -> Lowered<Vec<String>> {
        if text.text.contains("::") {
            return Err(self.no_meaning(text, "a part of a data stream such as `::failures` is not read"));
        }
        let quoted = text.text.starts_with('"');
        let whole = if quoted {
            unquote(text.text).map_err(|_| {
                self.wrong(&code::ESQL_BAD_LITERAL, text, "the name of this index has an escape that strings have not")
            })?
        } else {
            text.text.replace('"', "")
        };
        let mut names = Vec::new();
        for item in whole.split(',').map(str::trim) {
            if item.is_empty() {
                return Err(self.wrong(&code::READ_SYNTAX, text, "the name of an index is missing"));
            }
            if item.starts_with('<') || item.starts_with("-<") {
                return Err(self.no_meaning(text, "names of indexes that are computed from the date are not read"));
            }
            names.push(item.to_owned());
        }
        Ok(names)
    }

    fn metadata(&self, body: Text<'_>, pair: Pair<'_, Rule>, fields: &mut Vec<(Name, Type, Span)>) -> Lowered<()> {
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::metadata => self.metadata(body, part, fields)?,
                Rule::index => {
                    let text = body.of(&part);
                    let Some((field, ty)) = METADATA.iter().find(|(field, _)| *field == text.text) else {
                        let message = format!("documents have no metadata field `{}`", text.text);
                        return Err(self.wrong(&code::ESQL_UNKNOWN_COLUMN, text, message));
                    };
                    fields.push((name(field), *ty, self.span(text)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The documents of indexes.
    fn indexes(&mut self, patterns: &[String], fields: &[(Name, Type, Span)], span: Span) -> Pipe {
        let plain = |pattern: &String| !pattern.contains('*') && !pattern.starts_with('-');
        let whole = name(&patterns.join(","));
        let kind = match patterns {
            [one] if plain(one) => SourceKind::Table { name: whole.clone(), known: false },
            _ => SourceKind::Tables(whole.clone()),
        };
        let mut schema = Schema::new([], true);
        for (field, ty, span) in fields {
            let ty = if *ty == Type::String { TEXT } else { (*ty).into() };
            let id = self.columns.add(field.clone(), ty, Origin::Table(whole.clone()), *span);
            schema.push(Column { id, name: field.clone(), ty });
        }
        let mut pipe = Pipe::new(kind, schema, span).with_types(&[(TIMESTAMP, Type::DateTime)]);
        if let Some(Stretch { bounds, timed_by }) = self.stretch {
            self.within(&mut pipe, *bounds, timed_by.as_deref().filter(|field| *field != TIMESTAMP), span);
        }
        pipe
    }

    /// Only the documents of a stretch of time, by a field or, where a document lacks it, by `@timestamp`.
    fn within(&mut self, pipe: &mut Pipe, bounds: Bounds, timed_by: Option<&str>, span: Span) {
        let Some(stamp) = pipe.field(&mut self.columns, TIMESTAMP, span) else { return };
        let Some(first) = timed_by else {
            pipe.push_same(Op::Window(Window { column: stamp.id, bounds }), span);
            return;
        };
        let first = pipe.value(&mut self.columns, first, span);
        let stamp = Expr::column(stamp.id, stamp.ty, span);
        let subject = Expr { ty: Type::DateTime.into(), ..own(scalar("coalesce"), vec![single(first), stamp], span) };
        let bound = |bound: Option<(Bound, bool)>, op: CompareOp| {
            let (bound, _) = bound?;
            let right = match bound {
                Bound::Instant(ticks) => Expr::literal(Value::DateTime(ticks), span),
                Bound::FromNow(ticks) => {
                    let distance = Expr::literal(Value::TimeSpan(ticks), span);
                    let now = kql("now", Vec::new(), Type::DateTime, span);
                    Expr { ty: Type::DateTime.into(), ..own(scalar("add"), vec![now, distance], span) }
                }
            };
            let node = Compare { op, nulls: NullRule::Propagate, left: subject.clone(), right };
            Some(Expr::new(ExprKind::Compare(Box::new(node)), Type::Bool, span))
        };
        let ends = [bound(bounds.from, CompareOp::GreaterOrEqual), bound(bounds.to, CompareOp::LessOrEqual)];
        for end in ends.into_iter().flatten() {
            pipe.push_same(Op::Filter(end), span);
        }
    }

    /// The records of several plans, columns of one name put together; `source` is the column that says which plan a
    /// record is from, with their names.
    pub(super) fn union(&mut self, pipes: Vec<Pipe>, source: Option<(Column, Vec<Name>)>, span: Span) -> Pipe {
        let mut pipe = Pipe::put_together(pipes, &mut self.columns, span);
        let head = &mut pipe.plan.source;
        if let (Some((column, names)), SourceKind::Union(union)) = (source, &mut head.kind) {
            union.source = Some((column.id, names));
            head.schema.push(column);
        }
        pipe
    }
}
