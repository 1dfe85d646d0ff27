//! What the word under the cursor is.

use std::fmt::Write as _;

use super::cursor::{Cursor, Declared};
use super::document::Document;
use super::operators;
use super::query::UnderCursor;
use crate::cli::analysis::Analysis;
use crate::functions::{self, Function, Operator};
use crate::ir::{Column, Origin, Query, Schema, SourceKind};
use crate::lint::{doc, registry};
use crate::schema::{ParameterKind, Returns, Schemas};
use crate::source::Span;
use crate::syntax::token::Kind;

/// How many columns of a table are listed.
const MOST_COLUMNS: usize = 200;

/// What there is to say at an offset of a document, in Markdown, and the words it is about.
pub(super) fn hover(
    document: &Document,
    analysis: &Analysis,
    schemas: &Schemas,
    offset: usize,
) -> Option<(String, Option<Span>)> {
    if let Some((text, span)) = code(&document.text, offset) {
        return Some((text, Some(span)));
    }
    if let Some(query) = UnderCursor::find(document, &analysis.content, offset) {
        let found = word(&query.text, query.at, schemas);
        if let Some((text, span)) = found {
            return Some((text, Some(query.span(span))));
        }
    }
    let at = analysis.findings.iter().map(|finding| &finding.diagnostic);
    let at = at.filter(|found| (found.span.start as usize..=found.span.end as usize).contains(&offset));
    let pages: Vec<String> = at.filter_map(|found| registry::find(found.code.id)).map(doc::markdown).collect();
    (!pages.is_empty()).then(|| (pages.join("\n---\n\n"), None))
}

/// The page of a lint whose code stands in a comment that silences it.
fn code(text: &str, offset: usize) -> Option<(String, Span)> {
    let line_start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line = text[line_start..].split(['\n', '\r']).next().unwrap_or_default();
    let mark = line.find("kqlc:")?;
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let at = offset - line_start;
    let start = line.get(..at)?.rfind(|c| !in_word(c)).map_or(0, |before| before + 1);
    let end = line[at..].find(|c| !in_word(c)).map_or(line.len(), |behind| at + behind);
    let lint = registry::find(line.get(start..end)?).filter(|_| start > mark)?;
    Some((doc::markdown(lint), Span::new(line_start + start, line_start + end)))
}

/// What a word of a query is.
fn word(text: &str, at: usize, schemas: &Schemas) -> Option<(String, Span)> {
    let cursor = Cursor::new(text, at);
    if Cursor::in_comment(text, at) || cursor.in_string(at) {
        return None;
    }
    if let Some(found) = operator(&cursor, at) {
        return Some(found);
    }
    let index = cursor.tokens.iter().position(|token| token.span == cursor.word && token.kind == Kind::Word)?;
    let name = cursor.words(index);
    let stage = cursor.frames.last().map(|frame| cursor.stage_start(frame));
    let is_called = cursor.words(index + 1) == "(";
    let found = tabular(&cursor, index, stage)
        .or_else(|| declared(&cursor, index, name, schemas))
        .or_else(|| if is_called { function(name, schemas) } else { None })
        .or_else(|| if is_called { None } else { column(&cursor, index, name, schemas) })
        .or_else(|| table(name, schemas))
        .or_else(|| function(name, schemas))?;
    Some(match found {
        (text, Some(span)) => (text, span),
        (text, None) => (text, cursor.word),
    })
}

type Found = (String, Option<Span>);

/// An operator of expressions: `has`, `!in~`, `=~`.
fn operator(cursor: &Cursor<'_>, at: usize) -> Option<(String, Span)> {
    let under = cursor.tokens.iter().position(|token| {
        let within = token.span.start as usize <= at && at < token.span.end as usize;
        within && token.kind != Kind::Text
    })?;
    let joined = |from: usize, to: usize| {
        (from..to).all(|index| match (cursor.tokens.get(index), cursor.tokens.get(index + 1)) {
            (Some(one), Some(next)) => one.span.end == next.span.start,
            _ => false,
        })
    };
    // The longest of the runs of tokens that hold the cursor.
    let runs = [(1, 1), (1, 0), (0, 1), (0, 0)];
    for (back, ahead) in runs {
        let Some(from) = under.checked_sub(back) else { continue };
        let to = under + ahead;
        let Some(last) = cursor.tokens.get(to).filter(|_| joined(from, to)) else { continue };
        let span = cursor.tokens[from].span.to(last.span);
        let Some(operator) = Operator::binary(span.of(cursor.text)) else { continue };
        // A word is one only between two operands: `has` may be the name of a column.
        if from > 0 && cursor.words(to + 1) != "=" {
            let mut text = String::new();
            for signature in functions::operator::signatures(operator) {
                let _ = writeln!(text, "{signature}");
            }
            let row = operator.row();
            return Some((fenced(text.trim_end(), row.doc, &row.replaced_by.into_iter().collect::<Vec<_>>()), span));
        }
    }
    None
}

/// A tabular operator, at the beginning of its stage.
fn tabular(cursor: &Cursor<'_>, index: usize, stage: Option<usize>) -> Option<Found> {
    let stage = stage.filter(|stage| index >= *stage && index - stage <= 4)?;
    let name = cursor.operator(stage);
    let begins = stage > 0 && cursor.words(stage - 1) == "|" || operators::FIRST.contains(&name);
    let operator = operators::find(name).filter(|_| begins)?;
    let start = cursor.tokens[stage].span.start as usize;
    let span = Span::new(start, start + name.len());
    let within = cursor.tokens[index].span.end <= span.end;
    within.then(|| (fenced(operator.shape, operator.doc, &[]), Some(span)))
}

/// What the query itself gives a name to.
fn declared(cursor: &Cursor<'_>, index: usize, name: &str, schemas: &Schemas) -> Option<Found> {
    let at = cursor.tokens[index].span;
    let own = Cursor::all_declarations(cursor.text).into_iter().find(|declared| declared.span == at);
    let found = own.or_else(|| {
        // A slot of a dynamic and a column of a join's side are none of these.
        let is_member = index > 0 && cursor.words(index - 1) == ".";
        cursor.declared().into_iter().rev().find(|declared| declared.name == name && !is_member)
    })?;
    let text = about(cursor, &found, schemas);
    Some((text, None))
}

/// What is known of something that the query declares.
fn about(cursor: &Cursor<'_>, declared: &Declared, schemas: &Schemas) -> String {
    let words = declared.whole.of(cursor.text);
    if declared.parameter {
        return fenced(words, "A parameter.", &[]);
    }
    let value = words.split_once('=').map_or("", |(_, value)| value.trim_start());
    let is_function = value.starts_with('(') && value.contains('{') || value.starts_with("view");
    if is_function {
        let head = words.split('{').next().unwrap_or(words).trim_end();
        return fenced(head, "A function of this query.", &[]);
    }
    // As the statements behind the declaration see it.
    let behind = Cursor::new(cursor.text, declared.whole.end as usize);
    let as_value = format!("print Value = ({value})");
    let scalar = behind.expression(&as_value, schemas);
    let scalar = scalar.as_ref().and_then(|query| query.plan.schema().at(0).map(|column| column.ty.ty));
    let first = words.lines().next().unwrap_or_default();
    match behind.expression(value, schemas) {
        Some(query) if is_tabular(&query) => {
            let head = format!("let {} = …", declared.name);
            format!("{}\n\n{}", fenced(&head, "Records of this query.", &[]), list(query.plan.schema()))
        }
        _ => match scalar {
            Some(ty) => fenced(first, &format!("A value of the type `{ty}`."), &[]),
            None => fenced(first, "", &[]),
        },
    }
}

/// Whether a query gives records, rather than a single value.
fn is_tabular(query: &Query) -> bool {
    !matches!(query.plan.source.kind, SourceKind::Unit) || query.plan.schema().len() > 1
}

/// A column of the records at the cursor, or of those that its stage gives.
fn column(cursor: &Cursor<'_>, index: usize, name: &str, schemas: &Schemas) -> Option<Found> {
    if index > 0 && cursor.words(index - 1) == "." {
        return match cursor.words(index.saturating_sub(2)) {
            "$right" => one(&cursor.right_row(schemas)?, name),
            "$left" => one(&cursor.row(schemas)?, name),
            _ => None,
        };
    }
    let before = cursor.row(schemas);
    // What stands before `=` is what the stage makes.
    let given = cursor.words(index + 1) == "=";
    let first = if given { None } else { before.as_ref().and_then(|query| one(query, name)) };
    first.or_else(|| one(&cursor.row_after(schemas)?, name)).or_else(|| one(before.as_ref()?, name))
}

fn one(query: &Query, name: &str) -> Option<Found> {
    let column = query.plan.schema().get(name)?;
    Some((of_column(query, column), None))
}

fn of_column(query: &Query, column: &Column) -> String {
    let about = match &query.columns[column.id].origin {
        Origin::Table(table) => format!("A column of `{table}`."),
        Origin::Computed => "A column that this query computes.".to_owned(),
        Origin::Assumed | Origin::Unresolved => "A column that no schema at hand lists.".to_owned(),
    };
    fenced(&format!("{}: {}", column.name, column.ty.ty), &about, &[])
}

/// A table, or a stored function that gives one.
fn table(name: &str, schemas: &Schemas) -> Option<Found> {
    let table = schemas.table(name)?;
    let rows: Vec<String> = table.columns.iter().map(|column| format!("{}: {}", column.name, column.ty)).collect();
    let more = if table.open { "Records may have further columns." } else { "" };
    Some((format!("{}\n\n{}", fenced(name, more, &[]), listed(&rows)), None))
}

/// A function: of the catalogue, or stored in the workspace.
fn function(name: &str, schemas: &Schemas) -> Option<Found> {
    let row = functions::scalar(name).map(functions::FunctionId::row);
    let row = row.or_else(|| functions::aggregate(name).map(functions::AggregateId::row));
    let row = row.or_else(|| functions::plugin(name).map(functions::PluginId::row));
    if let Some(row) = row {
        return Some((built_in(row), None));
    }
    let stored = schemas.function(name)?;
    let parameters: Vec<String> = stored
        .parameters
        .iter()
        .map(|parameter| {
            let kind = match parameter.kind {
                ParameterKind::Scalar(ty) => ty.to_string(),
                ParameterKind::Table => "table".to_owned(),
                ParameterKind::Column => "column".to_owned(),
            };
            let text = format!("{}: {kind}", parameter.name);
            if parameter.optional { format!("[{text}]") } else { text }
        })
        .collect();
    let head = format!("{name}({})", parameters.join(", "));
    Some(match &stored.returns {
        Returns::Scalar(ty) => (fenced(&format!("{head} -> {ty}"), "A stored function.", &[]), None),
        Returns::Table(table) | Returns::Input(table) => {
            let rows: Vec<_> = table.columns.iter().map(|column| format!("{}: {}", column.name, column.ty)).collect();
            (format!("{}\n\n{}", fenced(&head, "A stored function that gives records.", &[]), listed(&rows)), None)
        }
    })
}

/// The page of a built-in function.
pub(super) fn built_in(row: &'static Function) -> String {
    let signatures: Vec<String> = functions::signatures(row).collect();
    fenced(&signatures.join("\n"), row.doc, row.replaced_by)
}

fn fenced(code: &str, doc: &str, replaced_by: &[&str]) -> String {
    let mut text = format!("```kql\n{code}\n```");
    if !doc.is_empty() {
        let _ = write!(text, "\n\n{doc}");
    }
    if !replaced_by.is_empty() {
        let names: Vec<String> = replaced_by.iter().map(|name| format!("`{name}`")).collect();
        let _ = write!(text, "\n\nAn old name: write {} instead.", names.join(" or "));
    }
    text
}

fn list(schema: &Schema) -> String {
    listed(&schema.iter().map(|column| format!("{}: {}", column.name, column.ty.ty)).collect::<Vec<_>>())
}

fn listed(rows: &[String]) -> String {
    let mut text = format!("```kql\n{}", rows[..rows.len().min(MOST_COLUMNS)].join("\n"));
    if rows.len() > MOST_COLUMNS {
        let _ = write!(text, "\n// and {} more", rows.len() - MOST_COLUMNS);
    }
    text.push_str("\n```");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Dialect;

    fn said(marked: &str) -> String {
        let at = marked.find('§').unwrap();
        word(&marked.replace('§', ""), at, &Schemas::builtin(Dialect::Sentinel)).map_or(String::new(), |found| found.0)
    }

    #[test]
    fn columns_are_told_with_their_type_and_table() {
        let text = said("SigninLogs | where Result§Type == '0'");
        assert!(text.contains("ResultType: string") && text.contains("`SigninLogs`"), "{text}");
        assert!(said("SigninLogs | extend Fo§o = 1").contains("Foo: long"));
        assert!(said("SigninLogs | extend Foo = 1 | where (Fo§o == ").contains("Foo: long"));
        let text = said("SigninLogs | join kind=inner (AuditLogs) on $left.CorrelationId == $right.Corre§lationId");
        assert!(text.contains("`AuditLogs`"), "{text}");
    }

    #[test]
    fn functions_and_operators_are_told_with_their_ways() {
        assert!(said("T | extend a = str§len(b)").contains("strlen(string: string or dynamic) -> long"));
        assert!(said("T | summarize dcou§nt(a)").contains("dcount("));
        assert!(said("T | mv-exp§and a").contains("mv-expand NAME"));
        assert!(said("T | where a !ha§s 'x'").contains("!has"));
        assert!(said("T | where a in§~ ('x')").contains("in~"));
        assert!(said("T | where a =§~ 'x'").contains("=~"));
        assert!(said("T | evaluate bag_un§pack(a)").contains("evaluate bag_unpack"));
        assert_eq!(said("T | where a == 'str§len'"), "");
        assert_eq!(said("T // str§len"), "");
    }

    #[test]
    fn what_the_query_declares_is_told_with_its_type() {
        assert!(said("let a§b = 1h; T | where x > ab").contains("`timespan`"));
        assert!(said("let ab = 1h; T | where x > a§b").contains("`timespan`"));
        assert!(said("let t = SigninLogs | project AppId; t§ | take 1").contains("AppId: string"));
        assert!(said("let f = (x: long) { x§ + 1 }; T").contains("A parameter"));
        assert!(said("let f = (x: long) { x + 1 }; T | where f§(1) > 2").contains("let f = (x: long)"));
    }

    #[test]
    fn tables_are_told_with_their_columns() {
        assert!(said("Signin§Logs | take 1").contains("UserPrincipalName: string"));
    }

    #[test]
    fn codes_in_comments_lead_to_their_page() {
        let text = "id: 1 # kqlc: ignore[F002, Q001]";
        let (page, span) = code(text, 23).unwrap();
        assert!(page.starts_with("# malformed-id") && span.of(text) == "F002", "{page}");
        assert_eq!(code(text, 1), None);
    }
}
