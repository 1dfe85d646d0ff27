//! Commands that make fields of texts, addresses and lookup tables.

use super::source::{plain, told};
use super::{Item, Kind, Stage};
use crate::diagnostic::code;
use crate::ir::{Argument, Column, Expr, ForeignStep, Name, NullRule, Op, Value};
use crate::read::pipe::{Pipe, computed};
use crate::read::splunk::grammar::Rule;
use crate::read::splunk::text::{field_name, groups, is_quoted, unquote};
use crate::read::splunk::{Lowered, Reader, command_row, eval, name, scalar};
use crate::types::Type;

/// `rex`
pub(super) fn rex(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [("field", Kind::Text), ("max_match", Kind::Count), ("mode", Kind::OneOf(&["sed"]))];
    let arguments = reader.arguments(stage, &options)?;
    let span = reader.span(stage.all);
    let [Item::Word(written)] = arguments.items.as_slice() else {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`rex` takes one pattern, in quotes"));
    };
    let pattern = unquote(written.text).into_owned();
    let field = arguments.given.text("field").unwrap_or("_raw").to_owned();
    let at = reader.span(*written);
    let literal = Expr::literal(Value::string(pattern.as_str()), at);
    if arguments.given.text("mode").is_some() {
        let subject = pipe.value(&mut reader.columns, &field, span);
        let changed = eval::own(scalar("sed"), vec![subject, literal], span);
        pipe.set(&mut reader.columns, &field, changed, span);
        return Ok(());
    }
    let names = groups(&pattern);
    if names.is_empty() {
        return Err(reader.wrong(&code::READ_SYNTAX, *written, "the pattern of `rex` has no named group"));
    }
    let most = arguments.given.count("max_match").unwrap_or(1);
    // All groups see the text as it was, even where one of them bears its name.
    let subject = pipe.value(&mut reader.columns, &field, span);
    let (mut items, mut made) = (Vec::new(), Vec::new());
    for group in names {
        let last = pipe.value(&mut reader.columns, group, span);
        let mut operands = vec![subject.clone(), literal.clone(), Expr::literal(Value::string(group), at), last];
        let function = if most == 1 {
            "rex"
        } else {
            operands.push(Expr::literal(Value::Long(i64::try_from(most).unwrap_or(i64::MAX)), span));
            "rex_all"
        };
        let expr = eval::own(scalar(function), operands, span);
        let column = computed(&mut reader.columns, group, expr.ty, span);
        items.push(crate::ir::Computed { id: column.id, expr });
        made.push(column);
    }
    pipe.push_making(Op::Extend(items), made, span);
    Ok(())
}

/// `regex`
pub(super) fn regex(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let (mut field, mut negated, mut pattern, mut at) = ("_raw".to_owned(), false, String::new(), stage.body);
    for part in reader.parse(Rule::regex_filter, stage.body, "`regex`")? {
        match part.as_rule() {
            Rule::regex_field => field = field_name(part.as_str()).into_owned(),
            Rule::regex_operator => negated = part.as_str() == "!=",
            Rule::quoted | Rule::regex_text => {
                at = stage.body.of(&part);
                pattern = unquote(part.as_str()).into_owned();
            }
            _ => {}
        }
    }
    let span = reader.span(stage.all);
    let subject = pipe.value(&mut reader.columns, &field, span);
    let pattern = Expr::literal(Value::string(pattern), reader.span(at));
    // A record without the field is one that the pattern does not match.
    let condition = eval::regex(subject, pattern, NullRule::KqlMatch, negated, span);
    pipe.push_same(Op::Filter(condition), span);
    Ok(())
}

/// A step of a command over one text, after which any field may be there.
fn opening(
    reader: &mut Reader<'_>,
    pipe: &mut Pipe,
    stage: &Stage<'_>,
    command: &str,
    field: Option<&str>,
    more: Vec<(Option<Name>, Argument)>,
) {
    let span = reader.span(stage.all);
    let mut arguments = Vec::new();
    if let Some(field) = field {
        let value = pipe.value(&mut reader.columns, field, span);
        arguments.push((Some(name("field")), Argument::Scalar(value)));
    }
    arguments.extend(more);
    let step = ForeignStep { command: command_row(command), arguments, makes: Vec::new() };
    let schema = pipe.schema().clone();
    pipe.push_opening(Op::Foreign(Box::new(step)), schema, span);
}

/// `spath`
pub(super) fn spath(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [("input", Kind::Text), ("output", Kind::Text), ("path", Kind::Text)];
    let arguments = reader.arguments(stage, &options)?;
    let given = &arguments.given;
    let mut path = given.text("path").map(str::to_owned);
    for (word, text) in reader.field_list(&arguments.items)? {
        if path.is_some() {
            return Err(reader.wrong(&code::READ_SYNTAX, text, "`spath` takes one path"));
        }
        path = Some(word);
    }
    let input = given.text("input").unwrap_or("_raw").to_owned();
    let Some(path) = path else {
        opening(reader, pipe, stage, "spath", Some(&input), Vec::new());
        return Ok(());
    };
    let span = reader.span(stage.all);
    let output = given.text("output").unwrap_or(&path).to_owned();
    let subject = pipe.value(&mut reader.columns, &input, span);
    let literal = Expr::literal(Value::string(path), span);
    let value = eval::own(scalar("spath"), vec![subject, literal], span);
    pipe.set(&mut reader.columns, &output, value, span);
    Ok(())
}

/// `xmlkv`
pub(super) fn xmlkv(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[])?;
    let field = match reader.field_list(&arguments.items)?.as_slice() {
        [] => "_raw".to_owned(),
        [(field, _)] => field.clone(),
        [_, (_, text), ..] => return Err(reader.wrong(&code::READ_SYNTAX, *text, "`xmlkv` is about one field")),
    };
    opening(reader, pipe, stage, "xmlkv", Some(&field), Vec::new());
    Ok(())
}

/// `fromjson`
pub(super) fn fromjson(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[("prefix", Kind::Text)])?;
    let (field, _) = reader.one_field(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let more = arguments.given.text("prefix").map(|prefix| told("prefix", prefix, span)).into_iter().collect();
    opening(reader, pipe, stage, "fromjson", Some(&field), more);
    Ok(())
}

/// `multikv` without options
pub(super) fn multikv(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    nothing_more(reader, stage)?;
    opening(reader, pipe, stage, "multikv", Some("_raw"), Vec::new());
    Ok(())
}

/// `extract`, `kv` without options
pub(super) fn extract(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    nothing_more(reader, stage)?;
    opening(reader, pipe, stage, "extract_kv", Some("_raw"), Vec::new());
    Ok(())
}

fn nothing_more(reader: &Reader<'_>, stage: &Stage<'_>) -> Lowered<()> {
    let arguments = reader.arguments(stage, &[])?;
    if arguments.items.is_empty() {
        return Ok(());
    }
    Err(reader.no_meaning(stage.body, format!("`{}` is read without arguments alone", stage.name)))
}

/// What `iplocation` gives, and what more with `allfields`.
const PLACE: &[&str] = &["City", "Country", "Region", "lat", "lon"];
const MORE_PLACE: &[&str] = &["Continent", "MetroCode", "Timezone"];

/// `iplocation`
pub(super) fn iplocation(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let options = [("prefix", Kind::Text), ("allfields", Kind::Truth), ("lang", Kind::Only("en"))];
    let arguments = reader.arguments(stage, &options)?;
    let (field, _) = reader.one_field(stage, &arguments.items)?;
    let span = reader.span(stage.all);
    let prefix = arguments.given.text("prefix").unwrap_or_default();
    let more: &[&str] = if arguments.given.truth("allfields") == Some(true) { MORE_PLACE } else { &[] };
    let value = pipe.value(&mut reader.columns, &field, span);
    let (mut makes, mut made) = (Vec::new(), Vec::new());
    for field in PLACE.iter().chain(more) {
        let ty = if matches!(*field, "lat" | "lon") { Type::Real } else { Type::Unknown };
        let column = computed(&mut reader.columns, &format!("{prefix}{field}"), ty.into(), span);
        makes.push((name(field), column.id));
        made.push(column);
    }
    let arguments = vec![(Some(name("field")), Argument::Scalar(value))];
    let step = ForeignStep { command: command_row("iplocation"), arguments, makes };
    pipe.push_making(Op::Foreign(Box::new(step)), made, span);
    Ok(())
}

/// `lookup`
pub(super) fn lookup(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    // These say how the table is read, not what comes of it.
    let options = [("local", Kind::Truth), ("update", Kind::Truth)];
    let arguments = reader.arguments(stage, &options)?;
    let span = reader.span(stage.all);
    let mut items = arguments.items.iter().filter(|item| !matches!(item, Item::Comma)).peekable();
    let Some(Item::Word(table)) = items.next() else {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.word, "`lookup` names no table"));
    };
    let mut told_all = vec![told("table", &plain(*table), span)];
    let (mut makes, mut made): (Vec<(Name, _)>, Vec<Column>) = (Vec::new(), Vec::new());
    let (mut outputs, mut only_new, mut matches) = (false, false, 0);
    while let Some(item) = items.next() {
        let Item::Word(word) = item else {
            return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`lookup` takes fields"));
        };
        let keyword = !is_quoted(word.text);
        if keyword && (item.is("output") || item.is("outputnew")) {
            outputs = true;
            only_new = item.is("outputnew");
            continue;
        }
        let theirs = field_name(word.text).into_owned();
        let mut ours = theirs.clone();
        if items.peek().is_some_and(|item| item.is("as")) {
            items.next();
            match items.next() {
                Some(Item::Word(word)) => ours = field_name(word.text).into_owned(),
                _ => return Err(reader.wrong(&code::READ_SYNTAX, *word, "a name is due behind `as`")),
            }
        }
        if outputs {
            let column = computed(&mut reader.columns, &ours, Type::Unknown.into(), span);
            if only_new && let Some(old) = pipe.field(&mut reader.columns, &ours, span) {
                let old = Expr::column(old.id, old.ty, span);
                told_all.push((Some(format!("unless {theirs}").into()), Argument::Scalar(old)));
            }
            makes.push((theirs.into(), column.id));
            made.push(column);
        } else {
            matches += 1;
            let value = pipe.value(&mut reader.columns, &ours, span);
            told_all.push((Some(format!("match {theirs}").into()), Argument::Scalar(value)));
        }
    }
    if matches == 0 {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`lookup` names no field to look up by"));
    }
    let step = Op::Foreign(Box::new(ForeignStep { command: command_row("lookup"), arguments: told_all, makes }));
    if outputs {
        pipe.push_making(step, made, span);
    } else {
        // All other fields of the table come.
        let schema = pipe.schema().clone();
        pipe.push_opening(step, schema, span);
    }
    Ok(())
}
