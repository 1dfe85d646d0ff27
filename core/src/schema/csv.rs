//! Schemas as CSV: a row a column, `table,column,type` under a header, or an export of `getschema`.
//!
//! Read by hand rather than with a library because a diagnostic needs the place of every field in the file, quoted or
//! not, and libraries give that of a record at best.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use super::user::{self, Declared, check_name, duplicate};
use super::{Column, Name, Table};
use crate::diagnostic::{Diagnostic, code};
use crate::source::{SourceFile, Span};

/// A field: its value and its place, quotes included.
struct Field<'a> {
    value: Cow<'a, str>,
    span: Span,
}

/// What the header may call each part, in lower case without spaces and punctuation, the surest name first.
const TABLE: &[&str] = &["table", "tablename"];
const COLUMN: &[&str] = &["column", "columnname", "name", "field", "fieldname"];
/// `getschema` has the KQL type as `ColumnType` and the .NET one as `DataType`: the former comes first.
const TYPE: &[&str] = &["columntype", "type", "datatype"];

/// The tables that a CSV file declares.
pub(super) fn read(file: &SourceFile) -> Result<Vec<Declared>, Vec<Diagnostic>> {
    let mut records = records(file.text()).map_err(|error| vec![*error])?.into_iter();
    let Some(header) = records.next() else { return Err(vec![user::empty()]) };
    let find =
        |names: &[&str]| names.iter().find_map(|name| header.iter().position(|field| plain(&field.value) == *name));
    let (table_at, column_at, type_at) = (find(TABLE), find(COLUMN), find(TYPE));
    let (Some(column_at), Some(type_at)) = (column_at, type_at) else {
        let missing = if column_at.is_none() { "column" } else { "type" };
        let span = header.first().map_or(Span::at(0), |first| first.span.to(header[header.len() - 1].span));
        let found = Diagnostic::new(&code::SCHEMA_HEADER, span, format!("the header has no field `{missing}`"))
            .help("begin the file with a line such as `table,column,type`");
        return Err(vec![found]);
    };
    let stem = Path::new(file.name()).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();

    let mut errors = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut listed: HashMap<(usize, String), Span> = HashMap::new();
    for record in records {
        let last = record.last().map_or(Span::at(0), |field| field.span);
        let needed = table_at.unwrap_or(0).max(column_at).max(type_at);
        if record.len() <= needed {
            let message = format!("the row has {} where the header has {}", fields(record.len()), fields(header.len()));
            errors.push(Diagnostic::new(&code::CSV_SYNTAX, record[0].span.to(last), message));
            continue;
        }
        let (table, table_span) = match table_at {
            Some(at) => (record[at].value.trim(), record[at].span),
            None => (stem.as_str(), record[column_at].span),
        };
        let (column, column_span) = (record[column_at].value.trim(), record[column_at].span);
        let named = [("table", table, table_span), ("column", column, column_span)];
        let unnamed: Vec<_> = named.into_iter().filter_map(|(what, name, span)| check_name(what, name, span)).collect();
        if !unnamed.is_empty() {
            errors.extend(unnamed);
            continue;
        }
        let place = *places.entry(table.to_owned()).or_insert_with(|| {
            tables.push(Table { name: Name::Owned(table.to_owned()), columns: Vec::new(), open: false });
            tables.len() - 1
        });
        if let Some(&first) = listed.get(&(place, column.to_owned())) {
            errors.push(duplicate(&format!("column `{column}` of `{table}`"), column_span, first));
            continue;
        }
        listed.insert((place, column.to_owned()), column_span);
        match user::parse_type(record[type_at].value.trim(), record[type_at].span) {
            Ok(ty) => tables[place].columns.push(Column::new(column.to_owned(), ty)),
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() { Ok(tables.into_iter().map(Declared::Table).collect()) } else { Err(errors) }
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}

/// A name of a header without what differs between tools.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The records of a text that are not blank.
fn records(text: &str) -> Result<Vec<Vec<Field<'_>>>, Box<Diagnostic>> {
    let first = text.lines().next().unwrap_or("");
    let count = |separator: char| first.matches(separator).count();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|&c| (count(c), c == ',')).unwrap_or(',');
    let mut records = Vec::new();
    let mut record: Vec<Field<'_>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (field, end) = field(text, at, separator)?;
        record.push(field);
        at = end;
        let rest = &text[at..];
        if rest.starts_with(separator) {
            at += 1;
            if at < text.len() {
                continue;
            }
            record.push(Field { value: Cow::Borrowed(""), span: Span::at(at) });
        } else if rest.starts_with("\r\n") {
            at += 2;
        } else if !rest.is_empty() {
            at += 1;
        }
        let record = std::mem::take(&mut record);
        if record.len() > 1 || record.iter().any(|field| !field.value.trim().is_empty()) {
            records.push(record);
        }
    }
    Ok(records)
}

/// The field that begins at `start`, and where it ends: at a separator, a line break or the end of the text.
fn field(text: &str, start: usize, separator: char) -> Result<(Field<'_>, usize), Box<Diagnostic>> {
    let ends = |c: char| c == separator || c == '\n' || c == '\r';
    let rest = &text[start..];
    if !rest.starts_with('"') {
        let end = start + rest.find(ends).unwrap_or(rest.len());
        return Ok((Field { value: Cow::Borrowed(&text[start..end]), span: Span::new(start, end) }, end));
    }
    let mut value = String::new();
    let mut at = start + 1;
    loop {
        let Some(quote) = memchr::memchr(b'"', &text.as_bytes()[at..]).map(|offset| at + offset) else {
            let message = "a quoted field has no closing quote";
            let error = Diagnostic::new(&code::CSV_SYNTAX, Span::new(start, start + 1), message);
            return Err(Box::new(error.label("opened here")));
        };
        value.push_str(&text[at..quote]);
        at = quote + 1;
        if !text[at..].starts_with('"') {
            break;
        }
        value.push('"');
        at += 1;
    }
    if text[at..].chars().next().is_some_and(|c| !ends(c)) {
        let message = "a quoted field goes on behind its closing quote";
        return Err(Box::new(Diagnostic::new(&code::CSV_SYNTAX, Span::new(at - 1, at), message)));
    }
    Ok((Field { value: Cow::Owned(value), span: Span::new(start, at) }, at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str) -> Vec<Vec<String>> {
        let records = records(text).expect("sound");
        records.into_iter().map(|record| record.into_iter().map(|field| field.value.into_owned()).collect()).collect()
    }

    #[test]
    fn quotes_separators_and_line_breaks() {
        assert_eq!(values("a,b\r\n\"x,\"\"y\"\"\",2\n\n,\n"), [vec!["a", "b"], vec!["x,\"y\"", "2"], vec!["", ""]]);
        assert_eq!(values("a;b\nc,;d"), [["a", "b"], ["c,", "d"]]);
        assert_eq!(values("a\tb\rc\t"), [["a", "b"], ["c", ""]]);
        assert!(values("").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(prop::collection::vec("[a-z\",\n é]{1,6}", 2..4), 1..5)) {
            let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            // The header decides what separates fields, so it is one that leaves no doubt.
            let mut text = String::from("h,h,h,h,h,h,h,h,h,h\n");
            for row in &rows {
                text.push_str(&row.iter().map(quote).collect::<Vec<_>>().join(","));
                text.push('\n');
            }
            prop_assert_eq!(&values(&text)[1..], &rows[..]);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a,;\t\"\r\né]{0,30}") {
            let file = SourceFile::from_text("f.csv", text);
            if let Err(errors) = read(&file) {
                prop_assert!(errors.iter().all(|error| error.span.end as usize <= file.text().len()));
                prop_assert!(!errors.is_empty());
            }
        }
    }
}
