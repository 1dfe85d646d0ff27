//! What the YAML parser's errors mean for someone who writes a rule.

use saphyr_parser::ScanError;

use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;

/// What an error of the parser means: the first row whose words it contains counts.
struct Row {
    /// Words of the parser's message.
    contains: &'static str,
    /// The headline.
    message: &'static str,
    /// What stands beside the place.
    label: &'static str,
    /// What to do.
    help: &'static str,
}

const QUOTE: &str = "put the whole value in quotes, or write it as a block after `|`";
const INDENT: &str = "keys of one mapping begin in the same column; lines of a block are indented further than its key";

const ROWS: &[Row] = &[
    Row {
        contains: "mapping values are not allowed",
        message: "`: ` inside a value without quotes",
        label: "YAML takes this for a key of its own",
        help: QUOTE,
    },
    Row {
        contains: "illegal placement of ':'",
        message: "a key inside a list between brackets",
        label: "the list goes on up to here",
        help: "close the list with `]`, or put the value that begins with `[` in quotes",
    },
    Row {
        contains: "tab",
        message: "a tab indents this line",
        label: "",
        help: "indent with blanks: YAML has no tabs there",
    },
    Row {
        contains: "quoted scalar, found unexpected end",
        message: "this quote is never closed",
        label: "opened here",
        help: "close it, or double it where it is meant as a character: `''` between single quotes, `\\\"` between double",
    },
    Row {
        contains: "quoted scalar, found unexpected document",
        message: "this quote is not closed before the document ends",
        label: "opened here",
        help: "close it, or double it where it is meant as a character",
    },
    Row {
        contains: "indentation in quoted scalar",
        message: "this quoted value goes on in a line that is not indented",
        label: "opened here",
        help: "close the quote, or indent the lines it goes on in",
    },
    Row {
        contains: "trailing content after",
        message: "words behind a closing quote",
        label: "the value has ended before this",
        help: "take the words into the quotes, or write a quote that is meant as a character twice (`''`) or as `\\\"`",
    },
    Row {
        contains: "unknown escape character",
        message: "an escape that YAML does not know",
        label: "in this value",
        help: "write a backslash as `\\\\` between double quotes, or use a block after `|`, where it means itself",
    },
    Row {
        contains: "hexadecimal number",
        message: "an escape without its hexadecimal digits",
        label: "in this value",
        help: "`\\x` takes two digits, `\\u` four and `\\U` eight",
    },
    Row {
        contains: "Unicode character escape",
        message: "an escape for no character",
        label: "in this value",
        help: "write the character itself, or `\\U` with its eight digits",
    },
    Row {
        contains: "block scalar, did not find expected comment or line break",
        message: "words behind a block's `|` or `>`",
        label: "",
        help: "begin the text on the next line, or put the value in quotes",
    },
    Row {
        contains: "indented line in block scalar",
        message: "the first lines of a block are indented differently",
        label: "",
        help: "the first line with text sets the block's indentation: an empty line before it may not be indented further",
    },
    Row {
        contains: "unexpected character",
        message: "a value begins with a character YAML reserves",
        label: "",
        help: QUOTE,
    },
    Row { contains: "unknown anchor", message: "an alias (`*name`) without its anchor", label: "", help: QUOTE },
    Row {
        contains: "flow mapping",
        message: "a mapping between braces is not closed, or lacks a comma",
        label: "",
        help: "a value that begins with `{`, such as `{{Column}}`, needs quotes",
    },
    Row {
        contains: "flow sequence",
        message: "a list between brackets is not closed, or lacks a comma",
        label: "",
        help: "a value that begins with `[` and is no list needs quotes",
    },
    Row {
        contains: "while parsing a node",
        message: "a value is missing here, or begins with a character YAML reserves",
        label: "",
        help: QUOTE,
    },
    Row {
        contains: "simple key expect",
        message: "this line is neither a key nor part of the value above it",
        label: "",
        help: INDENT,
    },
    Row {
        contains: "block mapping",
        message: "this line is neither a key nor part of the value above it",
        label: "",
        help: INDENT,
    },
    Row {
        contains: "block collection",
        message: "this line is neither an item nor a key of what is above it",
        label: "",
        help: INDENT,
    },
    Row { contains: "unprintable", message: "a character that no YAML file may have", label: "", help: "take it out" },
    Row { contains: "byte order mark", message: "a byte order mark inside the file", label: "", help: "take it out" },
    Row {
        contains: "recursion limit",
        message: "brackets nest too deep",
        label: "",
        help: "write the value in quotes",
    },
    Row { contains: "indentation", message: "this line is indented as nothing above it", label: "", help: INDENT },
    Row { contains: "", message: "the file is no well-formed YAML", label: "", help: INDENT },
];

/// The parser's error in the reader's words. `at` is the byte it was found at.
pub(crate) fn explain(source: &str, error: &ScanError, at: usize) -> Diagnostic {
    if let Some(brace) = unquoted_placeholder(source, at) {
        return Diagnostic::new(&code::YAML_SYNTAX, brace, "a value that begins with `{{` has no quotes")
            .label("YAML takes this for the opening of a mapping")
            .help("put the whole value in single quotes");
    }
    let row = ROWS.iter().find(|row| error.info().contains(row.contains)).unwrap_or(&ROWS[ROWS.len() - 1]);
    let diagnostic = Diagnostic::new(&code::YAML_SYNTAX, word_at(source, at), row.message).label(row.label);
    if let Some(tab) = indenting_tab(source, at).filter(|_| row.contains != "tab") {
        return diagnostic
            .related(tab, "this line is indented with a tab, which YAML does not allow")
            .help("indent with blanks");
    }
    if let Some((key, offset)) = block_above(source, at).filter(|_| row.help == INDENT || begins_line(source, at)) {
        let mut diagnostic = diagnostic.label("this ends the block above it");
        "this line is indented less than the block above it".clone_into(&mut diagnostic.message);
        return diagnostic
            .related(
                Span::new(offset, offset + key.len()),
                "the block begins here; its first line sets how deep the others must be",
            )
            .help("indent the line like the others of its block");
    }
    if let Some(escape) = unknown_escape(source, at).filter(|_| row.contains.contains("escape character")) {
        return Diagnostic { span: escape, ..diagnostic }.label("").help(row.help);
    }
    if row.contains.is_empty() {
        return diagnostic.note(format!("the YAML parser says: {}", error.info())).help(row.help);
    }
    diagnostic.help(row.help)
}

/// Whether `at` is where the first word of its line stands.
fn begins_line(source: &str, at: usize) -> bool {
    let (start, _) = line_of(source, at);
    source[start..at].trim().is_empty()
}

/// The first escape that YAML does not know in the double-quoted scalar that opens at `at`.
fn unknown_escape(source: &str, at: usize) -> Option<Span> {
    let bytes = source.as_bytes();
    let mut at = at + 1;
    while let Some(found) = memchr::memchr2(b'\\', b'"', bytes.get(at..)?) {
        at += found;
        if bytes[at] == b'"' {
            return None;
        }
        let letter = source[at + 1..].chars().next()?;
        if !"0abt\tnvfre \"/\\N_LPxuU\n\r".contains(letter) {
            return Some(Span::new(at, at + 1 + letter.len_utf8()));
        }
        at += 1 + letter.len_utf8();
    }
    None
}

/// The word at a place, or the place where there is none.
fn word_at(source: &str, at: usize) -> Span {
    let rest = &source[at..];
    let first = rest.chars().next().filter(|c| !c.is_whitespace());
    let len = match first {
        None => 0,
        Some(c) if c.is_alphanumeric() => rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()),
        Some(c) => c.len_utf8(),
    };
    Span::new(at, at + len)
}

/// Start and words of the line that `at` lies on.
fn line_of(source: &str, at: usize) -> (usize, &str) {
    let start = source[..at].rfind(['\n', '\r']).map_or(0, |found| found + 1);
    (start, source[start..].split(['\n', '\r']).next().unwrap_or(""))
}

/// The tab in the indentation of the line of an error, or of the line before.
fn indenting_tab(source: &str, at: usize) -> Option<Span> {
    let (start, line) = line_of(source, at);
    let before = start.checked_sub(1).map(|end| line_of(source, end));
    [Some((start, line)), before].into_iter().flatten().find_map(|(start, line)| {
        let indentation = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let tab = indentation.find('\t')?;
        (!line.trim().is_empty()).then(|| Span::new(start + tab, start + tab + 1))
    })
}

/// The `{{` that a value without quotes begins with, on the line of an error or on the one before.
fn unquoted_placeholder(source: &str, at: usize) -> Option<Span> {
    let (start, line) = line_of(source, at);
    let before = start.checked_sub(1).map(|end| line_of(source, end));
    [Some((start, line)), before].into_iter().flatten().find_map(|(start, line)| {
        let (key, value) = line.split_once(':')?;
        let bare = key.trim_start_matches([' ', '-']).bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let brace = start + key.len() + 1 + (value.len() - value.trim_start().len());
        (bare && value.trim_start().starts_with("{{")).then(|| Span::new(brace, brace + 2))
    })
}

/// The nearest line above `at` that opens a block (`key: |`), with its offset, if only deeper lines follow it.
fn block_above(source: &str, at: usize) -> Option<(&str, usize)> {
    let (mut start, line) = line_of(source, at);
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(line);
    for _ in 0..2000 {
        let (above, line) = line_of(source, start.checked_sub(1)?);
        start = above;
        let words = line.trim_end();
        if words.trim().is_empty() {
            continue;
        }
        let opens = [": |", ": >", ": |-", ": >-", ": |+", ": >+"].iter().any(|end| words.ends_with(end));
        if opens && depth(line) <= own {
            return Some((words.trim_start(), above + depth(line)));
        }
        if depth(line) <= own {
            return None;
        }
    }
    None
}
