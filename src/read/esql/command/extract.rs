//! `DISSECT` and `GROK`: columns from texts.

use pest::iterators::Pair;

use super::{Stage, given, told};
use crate::diagnostic::code;
use crate::ir::{Argument, Column, Expr, ForeignStep, Name, Op, Value};
use crate::read::esql::build::single;
use crate::read::esql::grammar::Rule;
use crate::read::esql::{Lowered, Reader, Text, command_row, name};
use crate::read::pipe::{Pipe, TEXT, computed};
use crate::types::Type;

/// `DISSECT`
pub(super) fn dissect(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let body = stage.body;
    let (subject, patterns) = reader.extraction(pipe, stage, Rule::dissect)?;
    let span = reader.span(stage.all);
    let mut patterns = patterns.into_iter();
    let Some((pattern, text)) = patterns.next() else {
        return Err(reader.wrong(&code::READ_SYNTAX, body, "`DISSECT` needs a pattern"));
    };
    let separator = patterns.next().map_or_else(String::new, |(separator, _)| separator);
    let mut fields: Vec<(String, Type)> = Vec::new();
    for key in keys(&pattern).map_err(|message| reader.wrong(&code::ESQL_PATTERN, text, message))? {
        if fields.iter().all(|(known, _)| *known != key) {
            fields.push((key, Type::String));
        }
    }
    let arguments = vec![
        given("text", subject),
        told("pattern", Value::string(pattern), span),
        told("append_separator", Value::string(separator), span),
    ];
    reader.make(pipe, "dissect", arguments, &fields, stage)
}

/// `GROK`
pub(super) fn grok(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let (subject, patterns) = reader.extraction(pipe, stage, Rule::grok)?;
    let span = reader.span(stage.all);
    let mut arguments = vec![given("text", subject)];
    let mut fields: Vec<(String, Type)> = Vec::new();
    for (pattern, text) in patterns {
        for (field, ty) in groups(&pattern).map_err(|message| reader.wrong(&code::ESQL_PATTERN, text, message))? {
            // A name that occurs twice has several values.
            match fields.iter_mut().find(|(known, _)| *known == field) {
                Some((_, known)) => *known = Type::Unknown,
                None => fields.push((field, ty)),
            }
        }
        arguments.push(told("pattern", Value::string(pattern), span));
    }
    reader.make(pipe, "grok", arguments, &fields, stage)
}

impl Reader<'_> {
    /// The text and the strings behind it.
    fn extraction<'t>(
        &mut self,
        pipe: &mut Pipe,
        stage: &Stage<'t>,
        rule: Rule,
    ) -> Lowered<(Expr, Vec<(String, Text<'t>)>)> {
        let body = stage.body;
        let (mut subject, mut strings) = (None, Vec::new());
        let pairs: Vec<Pair<'_, Rule>> = self.parse(rule, body, &format!("`{}`", stage.title))?.collect();
        for pair in pairs {
            let text = body.of(&pair);
            match pair.as_rule() {
                Rule::primary => subject = Some(self.record(pipe, body, pair)?),
                Rule::string => strings.push((self.string(body, &pair)?, text)),
                _ => {}
            }
        }
        match subject {
            Some(subject) => Ok((single(subject), strings)),
            None => Err(self.wrong(&code::READ_SYNTAX, stage.word, "a text is missing")),
        }
    }

    /// Appends a command that makes columns.
    fn make(
        &mut self,
        pipe: &mut Pipe,
        command: &str,
        arguments: Vec<(Option<Name>, Argument)>,
        fields: &[(String, Type)],
        stage: &Stage<'_>,
    ) -> Lowered<()> {
        let span = self.span(stage.all);
        if fields.is_empty() {
            let message = format!("the pattern of `{}` names no column", stage.title);
            return Err(self.wrong(&code::ESQL_PATTERN, stage.all, message));
        }
        let made: Vec<Column> = fields
            .iter()
            .map(|(field, ty)| {
                let ty = if *ty == Type::String { TEXT } else { (*ty).into() };
                computed(&mut self.columns, field, ty, span)
            })
            .collect();
        let makes = made.iter().map(|column| (column.name.clone(), column.id)).collect();
        let step = ForeignStep { command: command_row(command), arguments, makes };
        pipe.push_making_last(Op::Foreign(Box::new(step)), &made, span);
        Ok(())
    }
}

/// The keys of a pattern of `DISSECT`, those that are passed over left out.
fn keys(pattern: &str) -> Result<Vec<String>, String> {
    let mut keys = Vec::new();
    let mut rest = pattern;
    while let Some(start) = rest.find("%{") {
        let inner = &rest[start + 2..];
        let Some(end) = inner.find('}') else { return Err("a `%{` has no `}`".to_owned()) };
        let mut key = &inner[..end];
        rest = &inner[end + 1..];
        key = key.strip_suffix("->").unwrap_or(key);
        if key.starts_with(['*', '&']) {
            return Err("keys whose names stand in the text are not supported by ES|QL".to_owned());
        }
        if key.is_empty() || key.starts_with('?') {
            continue;
        }
        if let Some(appended) = key.strip_prefix('+') {
            key = match appended.split_once('/') {
                Some((name, order)) if order.bytes().all(|b| b.is_ascii_digit()) && !order.is_empty() => name,
                Some(_) => return Err(format!("what stands behind `/` in `{key}` is no number")),
                None => appended,
            };
        }
        keys.push(key.to_owned());
    }
    if keys.is_empty() { Err("the pattern has no `%{key}`".to_owned()) } else { Ok(keys) }
}

/// The named groups of a pattern of `GROK`, with the types that they are converted to.
fn groups(pattern: &str) -> Result<Vec<(String, Type)>, String> {
    let mut groups = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some(escaped) = rest.strip_prefix('\\') {
            rest = escaped.get(escaped.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            continue;
        }
        if let Some(inner) = rest.strip_prefix("%{") {
            let Some(end) = inner.find('}') else { return Err("a `%{` has no `}`".to_owned()) };
            let mut parts = inner[..end].splitn(3, ':');
            let syntax = parts.next().unwrap_or_default();
            if syntax.is_empty() {
                return Err("a `%{}` names no pattern".to_owned());
            }
            if let Some(field) = parts.next() {
                let ty = match parts.next() {
                    None | Some("string") => Type::String,
                    Some("int" | "long") => Type::Long,
                    Some("float" | "double") => Type::Real,
                    Some("boolean") => Type::Bool,
                    Some(other) => return Err(format!("`{other}` is no type of a pattern")),
                };
                groups.push((field.to_owned(), ty));
            }
            rest = &inner[end + 1..];
            continue;
        }
        if let Some(inner) = rest.strip_prefix("(?<").filter(|inner| !inner.starts_with(['=', '!'])) {
            let Some(end) = inner.find('>') else { return Err("a `(?<` has no `>`".to_owned()) };
            groups.push((name(&inner[..end]).to_string(), Type::String));
            rest = &inner[end + 1..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
    }
    if groups.is_empty() { Err("the pattern names no column".to_owned()) } else { Ok(groups) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_dissect_are_found() {
        assert_eq!(keys("%{a} - %{+b/2}%{?c}%{} %{d->}").unwrap(), ["a", "b", "d"]);
        assert!(keys("no key").is_err() && keys("%{open").is_err() && keys("%{*a}=%{&a}").is_err());
        assert!(keys("%{+a/x}").is_err());
    }

    #[test]
    fn groups_of_grok_have_names_and_types() {
        let found = groups(r"%{IP:ip} %{NUMBER:n:int} %{WORD} (?<Esql.x>[^&]+) \(?<no>(?<=a)(?<!b)").unwrap();
        let plain: Vec<(&str, Type)> = found.iter().map(|(name, ty)| (name.as_str(), *ty)).collect();
        assert_eq!(plain, [("ip", Type::String), ("n", Type::Long), ("Esql.x", Type::String)]);
        assert!(groups("%{IP:ip:ip}").is_err() && groups("abc").is_err() && groups("%{IP:a").is_err());
    }
}
