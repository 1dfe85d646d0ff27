//! `STATS` and `INLINE STATS`.

use pest::iterators::Pair;

use super::Stage;
use super::fields::default_name;
use crate::diagnostic::code;
use crate::ir::{Column, Computed, Expr, Frame, Lacking, Op, Rest, Schema, Statistics};
use crate::read::esql::expr::{Groups, Place, Scope};
use crate::read::esql::grammar::Rule;
use crate::read::esql::{Lowered, Reader, Text};
use crate::read::pipe::{Pipe, TEXT, computed};
use crate::types::Type;

/// A column of the result, and what it is computed from.
struct Asked<'t> {
    name: String,
    value: Expr,
    text: Text<'t>,
}

/// `STATS`
pub(super) fn stats(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    reader.statistics(pipe, stage, Frame::Group)
}

/// `INLINE STATS`
pub(super) fn inline_stats(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    reader.statistics(pipe, stage, Frame::Each)
}

impl Reader<'_> {
    fn statistics(&mut self, pipe: &mut Pipe, stage: &Stage<'_>, frame: Frame) -> Lowered<()> {
        let body = stage.body;
        let span = self.span(stage.all);
        let pairs: Vec<_> = self.parse(Rule::stats, body, &format!("`{}`", stage.title))?.collect();
        let (keys, asked): (Vec<_>, Vec<_>) = pairs
            .into_iter()
            .filter(|pair| matches!(pair.as_rule(), Rule::field | Rule::aggregate))
            .partition(|pair| {
                // What stands behind BY is a field, before it an aggregate with a field in it.
                pair.as_rule() == Rule::field
            });
        if keys.is_empty() && asked.is_empty() {
            return Err(self.wrong(&code::READ_SYNTAX, stage.word, format!("`{}` asks for nothing", stage.title)));
        }
        let (keys, key_columns) = self.keys(pipe, body, keys, frame)?;
        let mut groups = Groups { keys: key_columns.clone(), ..Groups::default() };
        let mut results: Vec<Asked<'_>> = Vec::new();
        for pair in asked {
            results.push(self.asked(pipe, body, pair, &mut groups)?);
        }
        let named = results.iter().map(|asked| (asked.name.as_str(), asked.text));
        let mut seen: Vec<&str> = key_columns.iter().map(|key| &*key.name).collect();
        for (name, text) in named {
            if seen.contains(&name) {
                let message = format!("two columns of the result are called `{name}`");
                return Err(self.no_meaning(text, message));
            }
            seen.push(name);
        }
        let Groups { calls, outputs, .. } = groups;
        // What is an aggregate and nothing else has its final name at once; the others are computed afterwards.
        let mut bare: Vec<Column> = Vec::new();
        for (at, output) in outputs.iter().enumerate() {
            let whole = results.iter().find(|asked| asked.value.as_column() == Some(output.id));
            let title = whole.map_or_else(|| format!("{} ({at})", output.name), |asked| asked.name.clone());
            if whole.is_some() {
                self.columns.rename(output.id, title.as_str().into());
            }
            bare.push(Column { name: title.into(), ..output.clone() });
        }
        let node = Statistics { keys, aggregates: calls, lacking: Lacking::OwnGroup, frame };
        let op = Op::Statistics(Box::new(node));
        let before: Vec<Column> = pipe.schema().iter().cloned().collect();
        if frame == Frame::Group {
            let columns: Vec<Column> = bare.iter().chain(&key_columns).cloned().collect();
            pipe.push_closed(op, columns, span);
        } else {
            let others = before.iter().filter(|c| bare.iter().all(|made| made.name != c.name)).cloned();
            let schema = Schema::new(others.chain(bare.iter().cloned()), pipe.schema().open);
            pipe.push_with(op, schema, span);
        }
        let mut last: Vec<Column> = Vec::new();
        let mut computed_later = Vec::new();
        for asked in results {
            let known = bare.iter().find(|column| asked.value.as_column() == Some(column.id));
            // One aggregate may be asked for under one name only, a key under several.
            if let Some(column) = known {
                last.push(column.clone());
                continue;
            }
            let mut expr = asked.value;
            if expr.ty.ty == Type::String {
                expr.ty = TEXT;
            }
            let words = self.span(asked.text);
            let column = computed(&mut self.columns, &asked.name, expr.ty, words);
            computed_later.push(Computed { id: column.id, expr });
            last.push(column);
        }
        last.extend(key_columns.iter().cloned());
        let kept: Vec<Column> = if frame == Frame::Group {
            Vec::new()
        } else {
            before.into_iter().filter(|c| last.iter().all(|made| made.name != c.name)).collect()
        };
        let order: Vec<Column> = kept.into_iter().chain(last.iter().cloned()).collect();
        if !computed_later.is_empty() {
            let made: Vec<Column> =
                last.iter().filter(|c| computed_later.iter().any(|one| one.id == c.id)).cloned().collect();
            pipe.push_making_last(Op::Extend(computed_later), &made, span);
        }
        if !pipe.schema().iter().map(|c| c.id).eq(order.iter().map(|c| c.id)) {
            pipe.project(order, Rest::KeepBut(Vec::new()), span);
        }
        Ok(())
    }

    /// What makes a group. The keys of `INLINE STATS` are columns of the records.
    fn keys(
        &mut self,
        pipe: &mut Pipe,
        body: Text<'_>,
        pairs: Vec<Pair<'_, Rule>>,
        frame: Frame,
    ) -> Lowered<(Vec<Computed>, Vec<Column>)> {
        let (mut keys, mut columns): (Vec<Computed>, Vec<Column>) = (Vec::new(), Vec::new());
        for pair in pairs {
            let text = body.of(&pair);
            let span = self.span(text);
            let Some((target, words, mut expr)) = self.named(&mut Scope::record(pipe), body, pair)? else { continue };
            if expr.ty.ty == Type::String {
                expr.ty = TEXT;
            }
            let passed = expr.as_column().and_then(|id| pipe.schema().iter().find(|c| c.id == id).cloned());
            let column = match passed {
                Some(column) if target.as_ref().is_none_or(|target| **target == *column.name) => column,
                _ => {
                    let title = target.unwrap_or_else(|| default_name(words.text));
                    computed(&mut self.columns, &title, expr.ty, span)
                }
            };
            if let Some(at) = columns.iter().position(|known| known.name == column.name) {
                // The same key twice is one key.
                if columns[at].id == column.id {
                    continue;
                }
                let message = format!("two columns of the result are called `{}`", column.name);
                return Err(self.no_meaning(text, message));
            }
            if frame == Frame::Each && expr.as_column() != Some(column.id) {
                let op = Op::Extend(vec![Computed { id: column.id, expr }]);
                pipe.push_making_last(op, std::slice::from_ref(&column), span);
                expr = Expr::column(column.id, column.ty, span);
            }
            keys.push(Computed { id: column.id, expr });
            columns.push(column);
        }
        Ok((keys, columns))
    }

    /// A field: its name if it has one, the words of the expression, and the expression.
    fn named<'t>(
        &mut self,
        scope: &mut Scope<'_>,
        body: Text<'t>,
        pair: Pair<'_, Rule>,
    ) -> Lowered<Option<(Option<String>, Text<'t>, Expr)>> {
        let (mut target, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => target = Some(self.name(body, part)?),
                Rule::boolean => {
                    let words = body.of(&part);
                    value = Some((words, self.expression(scope, body, part)?));
                }
                _ => {}
            }
        }
        Ok(value.map(|(words, expr)| (target, words, expr)))
    }

    /// An expression over groups.
    fn asked<'t>(
        &mut self,
        pipe: &mut Pipe,
        body: Text<'t>,
        pair: Pair<'_, Rule>,
        groups: &mut Groups,
    ) -> Lowered<Asked<'t>> {
        let text = body.of(&pair);
        let (mut field, mut condition) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::field => field = Some(part),
                Rule::boolean => condition = Some(self.condition(&mut Scope::record(pipe), body, part)?),
                _ => {}
            }
        }
        let Some(field) = field else {
            return Err(self.wrong(&code::READ_SYNTAX, text, "an aggregate is missing"));
        };
        let filtered = condition.is_some();
        groups.condition = condition;
        let first = groups.calls.len();
        let mut scope = Scope { pipe, place: Place::Groups(std::mem::take(groups)) };
        let named = self.named(&mut scope, body, field)?;
        if let Some(read) = scope.groups() {
            *groups = std::mem::take(read);
        }
        let Some((target, words, value)) = named else {
            return Err(self.wrong(&code::READ_SYNTAX, text, "an aggregate is missing"));
        };
        if filtered && groups.calls.len() == first {
            let message = "`WHERE` stands behind an aggregate, and there is none";
            return Err(self.wrong(&code::ESQL_AGGREGATE_PLACE, text, message));
        }
        let name = target.unwrap_or_else(|| default_name(if filtered { text.text } else { words.text }));
        Ok(Asked { name, value, text })
    }
}
