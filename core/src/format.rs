//! Formatting files: `kqlc fmt` without the command line.
//!
//! A query is printed in the one layout ([`crate::syntax::print`]), and before anything else sees the result it is
//! parsed again and compared: same tree, same comments. A query that does not parse is left alone, and so is the file
//! it stands in.

use crate::diagnostic::{Diagnostic, code};
use crate::rule::{QueryText, ReplaceError, ScalarStyle, folded_comment, read, replace_query};
use crate::source::SourceFile;
use crate::syntax::ast::Query;
use crate::syntax::{self, Parsed, print};

/// Formats one query, `query` being the tree of `text`.
///
/// Line breaks come out in the form that most of the text has.
///
/// # Errors
/// A diagnostic where the printed text would not read as the same query. That is a fault of the printer, not of the
/// query.
pub fn format_query(query: &Query, text: &str) -> Result<String, Box<Diagnostic>> {
    let printed = print::print_with(query, text, line_break(text));
    if printed == text || same(query, text, &printed) {
        return Ok(printed);
    }
    Err(Box::new(
        Diagnostic::new(&code::FORMAT_UNFAITHFUL, query.span, "the query would not be the same after formatting")
            .note("it is left as it is; this is a fault of kqlc, and worth a report"),
    ))
}

/// Whether `printed` has the tree and the comments of `query`.
fn same(query: &Query, text: &str, printed: &str) -> bool {
    let Parsed { query: Some(again), .. } = syntax::parse(printed) else { return false };
    let comments = |query: &Query, text: &str| -> Vec<String> {
        query.comments.iter().map(|comment| comment.of(text).trim_end().to_owned()).collect()
    };
    comments(query, text) == comments(&again, printed) && query.clone().without_spans() == again.without_spans()
}

/// The form of line break that most lines of a text end with; LF where there is none.
fn line_break(text: &str) -> &'static str {
    let line_feeds = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let pairs = text.matches("\r\n").count();
    if line_feeds == 0 && text.contains('\r') {
        "\r"
    } else if pairs * 2 > line_feeds {
        "\r\n"
    } else {
        "\n"
    }
}

/// Formats a text of one query, or of several parted by blank lines.
///
/// What stands between two queries (blank lines, blocks of comments) keeps its lines.
///
/// # Errors
/// Why nothing is changed: the syntax errors, or what [`format_query`] says. Spans count in `text`.
pub fn format_text(text: &str) -> Result<String, Vec<Diagnostic>> {
    let queries = syntax::split_queries(text);
    let mut out = String::with_capacity(text.len() * 5 / 4);
    let mut errors = Vec::new();
    let mut end = 0;
    for (span, parsed) in &queries {
        let start = span.start as usize;
        out.push_str(&without_trailing_blanks(&text[end..start]));
        end = span.end as usize;
        match formatted(parsed, span.of(text)) {
            Ok(printed) => out.push_str(&printed),
            Err(found) => errors.extend(found.into_iter().map(|diagnostic| diagnostic.shifted(start))),
        }
    }
    out.push_str(&without_trailing_blanks(&text[end..]));
    if queries.len() > 1 {
        // The blank lines at the end of the file belong to no query.
        let content = out.trim_end_matches(['\n', '\r']).len();
        if content < out.len() {
            out.truncate(content);
            out.push_str(line_break(text));
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

/// The text of a query in the one layout, or its diagnostics.
fn formatted(parsed: &Parsed, text: &str) -> Result<String, Vec<Diagnostic>> {
    match &parsed.query {
        Some(query) if parsed.is_ok() => format_query(query, text).map_err(|diagnostic| vec![*diagnostic]),
        _ => Err(parsed.diagnostics.clone()),
    }
}

fn without_trailing_blanks(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let content = line.trim_end_matches(['\n', '\r']);
        [content.trim_end(), &line[content.len()..]].concat()
    });
    lines.collect()
}

/// Formats the queries of a rule file. Not a byte outside the queries' scalars changes.
///
/// # Errors
/// Why nothing is changed: the faults of the file, the syntax errors of its queries, or that a query is written in a
/// way that cannot take lines (folded, plain). Spans count in the decoded file.
pub fn format_rules(file: &SourceFile) -> Result<String, Vec<Diagnostic>> {
    let document = read(file);
    let mut errors: Vec<Diagnostic> = Vec::new();
    if document.rules.is_empty() {
        return Err(document.diagnostics);
    }
    let mut changes: Vec<(usize, String)> = Vec::new();
    for (index, query) in
        document.rules.iter().enumerate().filter_map(|(index, rule)| Some((index, rule.query.as_ref()?)))
    {
        // What folding has left of a query may parse and mean something else.
        if let Some(folded) = folded_comment(file.text(), query) {
            errors.push(folded);
            continue;
        }
        match formatted(&syntax::parse(&query.text), &query.text) {
            Ok(printed) => {
                let printed = with_final_breaks_of(&query.text, printed);
                if printed != query.text {
                    changes.push((index, printed));
                }
            }
            Err(found) => errors.extend(found.into_iter().map(|diagnostic| diagnostic.mapped(&query.map))),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    // From the last to the first, so that the places of those before stay right; and two rules that share a query
    // through an alias change it once.
    let mut current = SourceFile::from_text(file.name(), file.text());
    for (index, printed) in changes.into_iter().rev() {
        let document = read(&current);
        let Some(query) = document.rules.get(index).and_then(|rule| rule.query.as_ref()) else { continue };
        if query.text == printed {
            continue;
        }
        match replace_query(&current, query, &printed) {
            Ok(text) => current = SourceFile::from_text(file.name(), text),
            Err(error) => errors.push(not_in_place(query, &error)),
        }
    }
    if errors.is_empty() { Ok(current.text().to_owned()) } else { Err(errors) }
}

/// `printed` with as many line breaks at its end as `text` has there: how many a block scalar ends with is the file's
/// affair.
fn with_final_breaks_of(text: &str, mut printed: String) -> String {
    printed.truncate(printed.trim_end_matches(['\n', '\r']).len());
    let content = text.trim_end().len();
    printed.extend(text[content..].chars().filter(|c| matches!(c, '\n' | '\r')));
    printed
}

fn not_in_place(query: &QueryText, error: &ReplaceError) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::FORMAT_NOT_IN_PLACE, query.key, "this query cannot be formatted in place");
    let diagnostic = diagnostic.label(match query.style {
        ScalarStyle::Folded => "folded: its line breaks are blanks to Kusto",
        ScalarStyle::Plain => "without quotes or a block",
        ScalarStyle::SingleQuoted => "between single quotes",
        _ => "",
    });
    diagnostic.note(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(query: &str) -> SourceFile {
        SourceFile::from_text("rule.yaml", format!("id: 1 # kept\nquery: {query}kind:   NRT\n"))
    }

    #[test]
    fn line_breaks_are_those_of_the_text() {
        assert_eq!(format_text("T|count\r\n").as_deref(), Ok("T\r\n| count\r\n"));
        assert_eq!(format_text("T|\ncount\r\n|count\r\n").as_deref(), Ok("T\r\n| count\r\n| count\r\n"));
        assert_eq!(format_text("T|count").as_deref(), Ok("T\n| count"));
        assert_eq!(format_text("T//c\r|count").as_deref(), Ok("T //c\r| count"));
        assert_eq!(format_text("").as_deref(), Ok(""));
    }

    #[test]
    fn queries_of_a_file_keep_the_lines_between_them() {
        let text = "T|count\n\n\n// about U  \n\nU|count\n\n\n";
        assert_eq!(format_text(text).as_deref(), Ok("T\n| count\n\n\n// about U\n\nU\n| count\n"));
    }

    #[test]
    fn a_fault_leaves_the_file_alone_and_is_told_in_its_place() {
        let errors = format_text("T|count\n\nU|where (\n").unwrap_err();
        assert!(errors.iter().all(|error| error.span.start >= 9), "{errors:?}");
        let file = rule("|\n  T | where\n");
        let errors = format_rules(&file).unwrap_err();
        assert!(errors.iter().all(|error| error.span.start >= 23 && error.span.end < 38), "{errors:?}");
    }

    #[test]
    fn of_a_rule_the_block_alone_changes() {
        let formatted = format_rules(&rule("|\n  T|count\n")).expect("a block can be changed");
        assert_eq!(formatted, "id: 1 # kept\nquery: |\n  T\n  | count\nkind:   NRT\n");
        let formatted = format_rules(&rule("|+\n    T|count\n\n\n")).expect("a block can be changed");
        assert_eq!(formatted, "id: 1 # kept\nquery: |+\n    T\n    | count\n\n\nkind:   NRT\n");
        let formatted = format_rules(&rule("|-\n  T|count\n")).expect("a block can be changed");
        assert_eq!(formatted, "id: 1 # kept\nquery: |-\n  T\n  | count\nkind:   NRT\n");
    }

    #[test]
    fn several_rules_of_a_file_are_all_formatted() {
        let resource = |query: &str| {
            let kind = "Microsoft.SecurityInsights/alertRules";
            format!("{{ \"type\": \"{kind}\", \"kind\": \"NRT\", \"properties\": {{ \"query\": \"{query}\" }} }}")
        };
        let template = |one: &str, two: &str| format!("{{ \"resources\": [{}, {}] }}", resource(one), resource(two));
        let file = SourceFile::from_text("rules.json", template("T|count", "U|where a == 'x'|count"));
        let formatted = format_rules(&file).expect("JSON strings can be changed");
        assert_eq!(formatted, template("T\\n| count", "U\\n| where a == 'x'\\n| count"));
    }

    #[test]
    fn what_cannot_take_lines_is_reported_unless_it_needs_none() {
        for style in ["T|count\n", ">\n  T\n  |count\n", "'T|count'\n"] {
            let errors = format_rules(&rule(style)).unwrap_err();
            assert_eq!(errors.iter().map(|error| error.code.id).collect::<Vec<_>>(), ["K0012"], "{style}");
            assert_eq!(errors[0].span.of("id: 1 # kept\nquery: "), "query", "{style}");
        }
        assert!(format_rules(&rule("T\n")).is_ok());
        let errors = format_rules(&rule(">\n  // c\n  T | count\n")).unwrap_err();
        assert_eq!(errors[0].code.id, "K0009");
    }
}
