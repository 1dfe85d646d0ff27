//! Commands that choose, name and compute columns, and those that choose records.

use super::{Stage, Wanted, given, told};
use crate::diagnostic::code;
use crate::ir::foreign::wildcard::fits;
use crate::ir::{Column, Computed, Expr, ForeignStep, Name, Op, Rest, SortKey, Value};
use crate::read::esql::build::{own, several};
use crate::read::esql::expr::Scope;
use crate::read::esql::grammar::Rule;
use crate::read::esql::{Lowered, Reader, Text, command_row, name, scalar};
use crate::read::pipe::{Pipe, TEXT, computed};
use crate::source::Span;
use crate::types::Type;

/// `WHERE`
pub(super) fn filter(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let span = reader.span(stage.all);
    for pair in reader.parse(Rule::condition, stage.body, "`WHERE`")? {
        if pair.as_rule() == Rule::boolean {
            let condition = reader.condition(&mut Scope::record(pipe), stage.body, pair)?;
            pipe.push_same(Op::Filter(condition), span);
        }
    }
    Ok(())
}

/// `EVAL`
pub(super) fn eval(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    reader.assign(pipe, stage)
}

impl Reader<'_> {
    /// Columns set one after the other, each seeing those before; each stands behind all others.
    pub(super) fn assign(&mut self, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
        let body = stage.body;
        for field in self.parse(Rule::fields, body, &format!("`{}`", stage.title))? {
            if field.as_rule() != Rule::field {
                continue;
            }
            let span = self.span(body.of(&field));
            let (mut target, mut value) = (None, None);
            for part in field.into_inner() {
                match part.as_rule() {
                    Rule::name => target = Some(self.name(body, part)?),
                    Rule::boolean => {
                        let words = body.of(&part).text;
                        value = Some((self.record(pipe, body, part)?, words));
                    }
                    _ => {}
                }
            }
            let Some((value, words)) = value else { continue };
            let target = target.unwrap_or_else(|| default_name(words));
            self.set(pipe, &target, value, span);
        }
        Ok(())
    }

    /// Gives a column the value of an expression.
    pub(super) fn set(&mut self, pipe: &mut Pipe, target: &str, mut expr: Expr, span: Span) {
        // KQL's `string` cannot be null, but a column may come to lack its value.
        if expr.ty.ty == Type::String {
            expr.ty = TEXT;
        }
        let column = computed(&mut self.columns, target, expr.ty, span);
        let op = Op::Extend(vec![Computed { id: column.id, expr }]);
        pipe.push_making_last(op, &[column], span);
    }

    fn patterns<'t>(&self, stage: &Stage<'t>) -> Lowered<Vec<Wanted<'t>>> {
        let pairs = self.parse(Rule::patterns, stage.body, &format!("`{}`", stage.title))?;
        pairs.filter(|pair| pair.as_rule() == Rule::pattern).map(|pair| self.wanted(stage.body, pair)).collect()
    }
}

/// The name of a column that is given none: the words of its expression. A name in backquotes is that name.
pub(super) fn default_name(words: &str) -> String {
    let quoted = words.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).filter(|inner| !inner.contains('`'));
    quoted.unwrap_or(words).to_owned()
}

/// `KEEP`: a name comes before a pattern, a pattern before `*`, and of those that are alike the last counts.
pub(super) fn keep(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let wanted = reader.patterns(stage)?;
    for one in wanted.iter().filter(|one| !one.pattern) {
        reader.field(pipe, &one.name, one.text)?;
    }
    let rank = |one: &Wanted<'_>| match (one.pattern, one.name.as_str()) {
        (false, _) => 2,
        (true, "*") => 0,
        (true, _) => 1,
    };
    let mut kept: Vec<(usize, usize, Column)> = Vec::new();
    for (at, column) in pipe.schema().iter().enumerate() {
        let fitting = wanted
            .iter()
            .enumerate()
            .filter(|(_, one)| if one.pattern { fits(&one.name, &column.name) } else { *one.name == *column.name });
        if let Some((place, _)) = fitting.max_by_key(|(place, one)| (rank(one), *place)) {
            kept.push((place, at, column.clone()));
        }
    }
    kept.sort_by_key(|(place, at, _)| (*place, *at));
    let patterns: Vec<Name> = wanted.iter().filter(|one| one.pattern).map(|one| name(&one.name)).collect();
    let rest = if patterns.is_empty() {
        Rest::Drop
    } else if patterns.iter().any(|pattern| &**pattern == "*") {
        Rest::KeepBut(Vec::new())
    } else {
        Rest::KeepOnly(patterns)
    };
    pipe.project(kept.into_iter().map(|(.., column)| column).collect(), rest, reader.span(stage.all));
    Ok(())
}

/// `DROP`
pub(super) fn drop(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let wanted = reader.patterns(stage)?;
    for one in wanted.iter().filter(|one| !one.pattern) {
        reader.field(pipe, &one.name, one.text)?;
        if pipe.schema().open && one.name.contains('*') {
            let message = "a column whose name has a `*` cannot be dropped where any column may be there";
            return Err(reader.no_meaning(one.text, message));
        }
    }
    let goes = |column: &Column| {
        wanted.iter().any(|one| if one.pattern { fits(&one.name, &column.name) } else { *one.name == *column.name })
    };
    let kept = pipe.schema().iter().filter(|column| !goes(column)).cloned().collect();
    let names = wanted.iter().map(|one| name(&one.name)).collect();
    pipe.project(kept, Rest::KeepBut(names), reader.span(stage.all));
    Ok(())
}

/// `RENAME`: one after the other; a column that has the new name already is gone.
pub(super) fn rename(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    for renaming in reader.parse(Rule::renames, body, "`RENAME`")? {
        if renaming.as_rule() != Rule::renaming {
            continue;
        }
        let span = reader.span(body.of(&renaming));
        let (mut names, mut backwards) = (Vec::new(), false);
        for part in renaming.into_inner() {
            match part.as_rule() {
                Rule::pattern => names.push(reader.plain(body, part)?),
                Rule::assign => backwards = true,
                _ => {}
            }
        }
        if backwards {
            names.reverse();
        }
        let [old, new] = names.as_slice() else { continue };
        reader.field(pipe, &old.name, old.text)?;
        if old.name == new.name {
            continue;
        }
        let named = |column: &Column, one: &Wanted<'_>| *column.name == *one.name;
        let kept = pipe.schema().iter().filter(|column| !named(column, new)).map(|column| {
            if named(column, old) { Column { name: name(&new.name), ..column.clone() } } else { column.clone() }
        });
        let kept = kept.collect();
        if pipe.schema().open && (old.name.contains('*') || new.name.contains('*')) {
            let message = "a column whose name has a `*` cannot be renamed where any column may be there";
            return Err(reader.no_meaning(old.text, message));
        }
        pipe.project(kept, Rest::KeepBut(vec![name(&old.name), name(&new.name)]), span);
    }
    Ok(())
}

/// `SORT`: of several values the least counts, or the greatest where the order is descending.
pub(super) fn sort(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    let mut keys = Vec::new();
    for pair in reader.parse(Rule::sort, body, "`SORT`")? {
        if pair.as_rule() != Rule::sort_key {
            continue;
        }
        let (mut value, mut descending, mut nulls_first) = (None, false, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::boolean => value = Some(reader.record(pipe, body, part)?),
                Rule::direction => descending = body.of(&part).text.eq_ignore_ascii_case("desc"),
                Rule::nulls => nulls_first = Some(body.of(&part).text.to_ascii_lowercase().ends_with("first")),
                _ => {}
            }
        }
        let Some(mut expr) = value else { continue };
        if several(&expr) {
            let (span, ty) = (expr.span, expr.ty);
            let end = scalar(if descending { "mv_max" } else { "mv_min" });
            expr = Expr { ty, ..own(end, vec![expr], span) };
        }
        keys.push(SortKey { expr, descending, nulls_first: nulls_first.unwrap_or(descending) });
    }
    pipe.push_same(Op::Sort(keys), reader.span(stage.all));
    Ok(())
}

/// `LIMIT`
pub(super) fn limit(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let mut count = None;
    for pair in reader.parse(Rule::limit, stage.body, "`LIMIT`")? {
        let text = stage.body.of(&pair);
        count = match pair.as_rule() {
            Rule::count => match text.text.parse::<i64>() {
                Ok(value) => Some(Expr::literal(Value::Long(value), reader.span(text))),
                Err(_) => return Err(reader.wrong(&code::ESQL_BAD_LITERAL, text, "this number is too great")),
            },
            Rule::parameter => Some(reader.parameter(text)),
            _ => count,
        };
    }
    if let Some(count) = count {
        pipe.push_same(Op::Take(count), reader.span(stage.all));
    }
    Ok(())
}

/// `SAMPLE`
pub(super) fn sample(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let span = reader.span(stage.all);
    for pair in reader.parse(Rule::probability, stage.body, "`SAMPLE`")? {
        let text = stage.body.of(&pair);
        let Ok(probability) = text.text.parse::<f64>() else { continue };
        if !(probability > 0.0 && probability < 1.0) {
            return Err(reader.wrong(&code::READ_SYNTAX, text, "a probability lies between 0 and 1"));
        }
        let arguments = vec![told("probability", Value::Real(probability), span)];
        let step = ForeignStep { command: command_row("sample"), arguments, makes: Vec::new() };
        pipe.push_same(Op::Foreign(Box::new(step)), span);
    }
    Ok(())
}

/// `MV_EXPAND`: a record for each value, in the place of the column.
pub(super) fn mv_expand(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let span = reader.span(stage.all);
    let (field, value) = reader.one_column(pipe, stage)?;
    let column = computed(&mut reader.columns, &field, value.ty, span);
    let makes = vec![(name("field"), column.id)];
    let step = ForeignStep { command: command_row("mv_expand"), arguments: vec![given("field", value)], makes };
    pipe.push_making(Op::Foreign(Box::new(step)), [column], span);
    Ok(())
}

impl Reader<'_> {
    fn one_column(&mut self, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<(String, Expr)> {
        for pair in self.parse(Rule::one_name, stage.body, &format!("`{}`", stage.title))? {
            if pair.as_rule() == Rule::name {
                let text: Text<'_> = stage.body.of(&pair);
                let field = self.name(stage.body, pair)?;
                let value = self.field(pipe, &field, text)?;
                return Ok((field, value));
            }
        }
        Err(self.wrong(&code::READ_SYNTAX, stage.word, "a column is missing"))
    }
}
