//! Whatever the style, the query is what other libraries read, each of its characters is found in the file, and it can be
//! replaced in place.

use proptest::prelude::*;

use super::{json, query, read, yaml};
use crate::rule::{QueryText, ReplaceError, ScalarStyle, replace_query};
use crate::source::SourceFile;

/// Text of lines as queries have them.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => "[a-zA-Z0-9_]{1,8}",
        2 => prop::sample::select(vec!["|", "==", "\"a b\"", "'x'", "//", "#", ": ", "\\", "é", "😀", "{{A}}", "\u{A0}", "- ", "\t", "%", "---"])
            .prop_map(str::to_owned),
    ];
    let line = prop::collection::vec(word, 0..5).prop_map(|words| words.join(" "));
    let line =
        (prop::sample::select(vec!["", "", "", " ", "   "]), line).prop_map(|(indent, line)| format!("{indent}{line}"));
    (prop::collection::vec(line, 0..8), 0..3_usize).prop_map(|(lines, breaks)| lines.join("\n") + &"\n".repeat(breaks))
}

/// What libyaml reads as the query.
fn by_libyaml(text: &str) -> Option<String> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    value.get("query")?.as_str().map(str::to_owned)
}

/// Checks that each character of the query is found in the file, or an escape or a line break in its place.
fn check_map(file: &SourceFile, query: &QueryText) -> Result<(), TestCaseError> {
    let mut before = 0;
    for (offset, character) in query.text.char_indices() {
        let at = query.map.offset(offset);
        prop_assert!(file.text().is_char_boundary(at) && at >= before);
        before = at;
        let there = file.text()[at..].chars().next().unwrap();
        let escape = match query.style {
            ScalarStyle::DoubleQuoted | ScalarStyle::Json => there == '\\',
            _ => false,
        };
        let line_break = matches!(there, '\r' | '\n') && (character == '\n' || query.folds.contains(&offset));
        let folded_blank = matches!(there, ' ' | '\t') && query.folds.contains(&offset);
        prop_assert!(
            there == character || escape || line_break || folded_blank,
            "{:?} for {:?} at {} in {:?}",
            there,
            character,
            offset,
            file.text()
        );
    }
    prop_assert!(query.map.offset(query.text.len()) <= file.text().len());
    Ok(())
}

/// A file with the query in a block, and the value it should have.
fn block(text: &str, indent: usize, header: &str, line_break: &str) -> String {
    let columns = " ".repeat(indent);
    let mut file = format!("name: é{line_break}query: {header}{line_break}");
    for line in text.split('\n') {
        if !line.is_empty() {
            file += &columns;
            file += line;
        }
        file += line_break;
    }
    file + "version: 1.0.0" + line_break
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn a_block_is_read_as_written(
        text in text(),
        indent in 1..9_usize,
        chomping in prop::sample::select(vec!["", "-", "+"]),
        line_break in prop::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let file = yaml(&block(&text, indent, &format!("|{indent}{chomping}"), line_break));
        let document = read(&file);
        let query = query(&document).ok_or_else(|| TestCaseError::fail(format!("{:?} in {:?}", document.diagnostics, file.text())))?;
        let content = text.trim_end_matches('\n');
        let expected = match chomping {
            "-" => content.to_owned(),
            "+" => format!("{text}\n"),
            _ if content.is_empty() => String::new(),
            _ => format!("{content}\n"),
        };
        prop_assert_eq!(&query.text, &expected);
        prop_assert_eq!(by_libyaml(file.text()), Some(expected));
        check_map(&file, query)?;
    }

    #[test]
    fn a_file_that_another_library_wrote_is_read_back(text in text(), mark in prop::sample::select(vec![0, 1, 2])) {
        let value = serde_yaml::to_string(&std::collections::BTreeMap::from([("name", "é"), ("query", &text)])).unwrap();
        let bytes = match mark {
            0 => value.clone().into_bytes(),
            1 => [b"\xEF\xBB\xBF", value.as_bytes()].concat(),
            _ => [0xFF, 0xFE].into_iter().chain(value.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        };
        let file = SourceFile::from_bytes("rule.yaml", bytes);
        let document = read(&file);
        let query = query(&document).ok_or_else(|| TestCaseError::fail(format!("{:?} in {value:?}", document.diagnostics)))?;
        prop_assert_eq!(&query.text, &text);
        check_map(&file, query)?;
    }

    /// Any scalar that both libraries read has one value.
    #[test]
    fn scalars_are_read_as_libyaml_reads_them(
        header in prop::sample::select(vec!["|", ">", "|-", ">-", "|+", ">+", ">2", "|2", "|1-", ">1+", "\"", "'", "", "&a >", "!!str |", "&a \"", "&a !!str "]),
        body in "[ab\"'\\\\n:# \t\n\r>|,-]{0,24}",
        indent in prop::sample::select(vec![" ", "  ", "   "]),
        tail in prop::sample::select(vec!["\nversion: 1\n", "\n", ""]),
    ) {
        let quote = header.trim_start_matches("&a ").trim_start_matches("!!str ");
        let closing = if matches!(quote, "\"" | "'") { quote } else { "" };
        let start = if header.ends_with(['|', '>', '-', '+', '1', '2']) { format!("\n{indent}") } else { String::new() };
        let body = body.replace('\n', &format!("\n{indent}"));
        let text = format!("name: é\nquery: {header}{start}{body}{closing}{tail}");
        let file = yaml(&text);
        let document = read(&file);
        if let (Some(query), Some(expected)) = (query(&document), by_libyaml(&text)) {
            prop_assert_eq!(&query.text, &expected, "{:?}", text);
            check_map(&file, query)?;
        }
    }

    #[test]
    fn a_json_string_is_read_as_serde_reads_it(text in any::<String>(), pretty in any::<bool>()) {
        let value = serde_json::json!({"name": "é", "query": text});
        let written = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let file = json(&written);
        let document = read(&file);
        let query = query(&document).unwrap();
        prop_assert_eq!(&query.text, &text);
        check_map(&file, query)?;
        let other = text.chars().rev().collect::<String>();
        let changed = replace_query(&file, query, &other).unwrap();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&changed).unwrap(), serde_json::json!({"name": "é", "query": other}));
    }

    #[test]
    fn nothing_makes_reading_panic(text in "[ab01\"'\\\\:#\\[\\]{},&*!|>%@`?~ \t\n\r\u{85}\u{FEFF}\0é-]{0,60}", head in prop::sample::select(vec!["", "query: ", "- ", "name: a\nquery: "])) {
        let text = format!("{head}{text}");
        for file in [yaml(&text), json(&text)] {
            let document = read(&file);
            prop_assert!(!document.rules.is_empty() || document.diagnostics.len() == 1 || document.diagnostics.iter().any(|d| d.code.id == "K0007"));
            for span in document.diagnostics.iter().map(|diagnostic| diagnostic.span) {
                prop_assert!(file.text().get(span.range()).is_some(), "{:?}", span);
            }
        }
    }

    #[test]
    fn a_literal_block_takes_any_query(
        old in text(),
        new in text(),
        indent in 1..9_usize,
        header in prop::sample::select(vec!["|", "|-", "|+", "| # why"]),
        line_break in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let file = yaml(&block(&format!("T\n{old}"), indent, header, line_break));
        let document = read(&file);
        let query = query(&document).unwrap();
        let changed = replace_query(&file, query, &new).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let changed = yaml(&changed);
        let read_back = read(&changed);
        let content = new.trim_end_matches('\n');
        let got = &super::query(&read_back).unwrap().text;
        prop_assert_eq!(got.trim_end_matches('\n'), content);
        if !content.is_empty() {
            let breaks = got.len() - content.len();
            prop_assert_eq!(breaks, match header { "|-" => 0, "|+" => (new.len() - content.len()).max(1), _ => 1 });
        }
        prop_assert_eq!(by_libyaml(changed.text()), Some(got.clone()));
        let head = file.text().find(": |").unwrap() + 3;
        prop_assert_eq!(&changed.text()[..head], &file.text()[..head]);
        let tail = format!("version: 1.0.0{line_break}");
        prop_assert!(changed.text().ends_with(&tail));
        prop_assert!(line_break == "\n" || !changed.text().replace("\r\n", "").contains('\n'));
    }

    #[test]
    fn quoted_queries_take_any_text_they_can_hold(new in text()) {
        for quote in ["\"", "'"] {
            let file = yaml(&format!("name: a\nquery: {quote}T{quote} # why\nversion: 1.0.0\n"));
            let document = read(&file);
            match replace_query(&file, query(&document).unwrap(), &new) {
                Ok(changed) => {
                    prop_assert_eq!(by_libyaml(&changed), Some(new.clone()));
                    prop_assert!(changed.ends_with(" # why\nversion: 1.0.0\n"));
                }
                Err(error) => prop_assert!(quote == "'" && new.contains('\n'), "{} for {:?}", error, new),
            }
        }
    }
}

#[test]
fn styles_that_cannot_hold_a_query_say_so() {
    let texts = ["query: T | take 5\nname: a\n", "query: >\n  T\n  | take 5\nname: a\n", "query: 'T'\nname: a\n"];
    for text in texts {
        let file = yaml(text);
        let document = read(&file);
        let error = replace_query(&file, query(&document).unwrap(), "T\n| take 6\n").unwrap_err();
        assert!(matches!(error, ReplaceError::Style(_)), "{text}: {error}");
        assert!(error.to_string().contains("`|`"), "{error}");
        assert_eq!(replace_query(&file, query(&document).unwrap(), &query(&document).unwrap().text).unwrap(), text);
    }
    let file = yaml("a: &q T\nname: a\nquery: *q\n");
    let document = read(&file);
    assert_eq!(replace_query(&file, query(&document).unwrap(), "U"), Err(ReplaceError::Alias));
    let file = yaml("name: a\nquery: |\n  T\n");
    let document = read(&file);
    let error = replace_query(&file, query(&document).unwrap(), "T // \u{7}\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the query has the character U+0007, which a `|` block cannot hold; write it in double quotes with an escape"
    );
}
