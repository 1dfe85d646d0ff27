//! The query of a rule, and what folding does to it.

use std::ops::Range;

use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::{Span, TextMap};

use crate::yaml::scalar::Layout;
use crate::yaml::{Entry, ScalarStyle};

/// The query of a rule: its text and the way from there into the file.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryText {
    /// The value, exactly as YAML or JSON gives it.
    pub text: String,
    /// From offsets in [`text`](Self::text) to offsets in the decoded file.
    pub map: TextMap,
    /// How the scalar is written.
    pub style: ScalarStyle,
    /// The scalar in the decoded file: quotes or block header included.
    pub span: Span,
    /// The key.
    pub key: Span,
    /// Offsets in [`text`](Self::text) of the blanks that stand for a line break of the file.
    pub folds: Vec<usize>,
    /// The alias the query is read through, if it is one; the text then stands elsewhere in the file.
    pub alias: Option<Span>,
    pub(super) layout: Layout,
}

impl QueryText {
    /// Reads the query of a `query:` entry. `None` where the value is no scalar.
    pub(super) fn read(source: &str, entry: &Entry) -> Option<Self> {
        let style = entry.value.as_scalar()?.style;
        let decoded = entry.value.decode(source)?;
        Some(Self {
            text: decoded.text,
            map: decoded.map,
            style,
            span: decoded.span,
            key: entry.key.span,
            folds: decoded.folds,
            alias: entry.value.alias,
            layout: decoded.layout,
        })
    }
}

/// Finds the first comment of a query that swallows the lines behind it because folding made one line of them.
///
/// Folding (a `>` block, or a quoted or plain scalar over several lines) turns line breaks into blanks, and a comment
/// of KQL runs to the end of its line. `None` where no comment reaches past a folded line break.
pub fn folded_comment(source: &str, query: &QueryText) -> Option<Diagnostic> {
    if query.folds.is_empty() {
        return None;
    }
    let (comment, first_fold) = comments(&query.text).find_map(|comment| {
        let next = query.folds.partition_point(|&fold| fold < comment.start);
        let fold = *query.folds.get(next).filter(|fold| comment.contains(fold))?;
        (!query.text[fold..comment.end].trim().is_empty()).then_some((comment, fold))
    })?;
    let words = query.text[comment.start..first_fold].trim_end();
    let span = query.map.span(Span::new(comment.start, comment.start + words.len()));
    let lost = query.map.span(Span::new(first_fold + 1, comment.start + query.text[comment.clone()].trim_end().len()));
    let lines = 1 + query.folds.iter().filter(|&&fold| fold > first_fold && comment.contains(&fold)).count();
    let lines = if lines == 1 { "the line".to_owned() } else { format!("the {lines} lines") };
    let diagnostic = Diagnostic::new(
        &code::QUERY_FOLDED,
        span,
        format!("the query is folded, so the comment `{}` swallows {lines} behind it", shortened(words)),
    )
    .label("for Kusto the line goes on behind this comment");
    let lost_start = Span::new(lost.start as usize, lost.start as usize + first_line_len(source, lost));
    let diagnostic = diagnostic.related(lost_start, "from here on all is part of the comment");
    Some(match query.layout {
        Layout::Block(block) => diagnostic
            .note("a `>` block turns its line breaks into blanks; a comment runs to the end of its line")
            .help("write `|` in place of `>` to keep the lines")
            .fix(
                "keep the query's lines: `|` in place of `>`",
                Applicability::Safe,
                vec![Edit::replace(Span::new(block.indicator, block.indicator + 1), "|")],
            ),
        _ => diagnostic
            .note("a value over several lines, with quotes or without, has its line breaks turned into blanks; a comment runs to the end of its line")
            .help("write the query as a block after `|`"),
    })
}

fn first_line_len(source: &str, span: Span) -> usize {
    span.of(source).split(['\n', '\r']).next().unwrap_or("").trim_end().len()
}

/// The words, cut where they are too long for a headline.
fn shortened(words: &str) -> String {
    const MOST: usize = 50;
    match words.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &words[..end]),
        None => words.to_owned(),
    }
}

/// The comments of a query, from `//` to the end of the line. String literals are passed over.
fn comments(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            match bytes[at] {
                b'/' if bytes.get(at + 1) == Some(&b'/') => {
                    let start = at;
                    at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found);
                    return Some(start..at);
                }
                b'"' | b'\'' => at = after_string(bytes, at),
                b'`' | b'~' if bytes[at..].starts_with(&[bytes[at]; 3]) => at = after_fence(bytes, at),
                _ => at += 1,
            }
        }
        None
    })
}

/// Behind the string literal that opens at `at`; a string ends with its line at the latest.
fn after_string(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let verbatim = at > 0 && bytes[at - 1] == b'@';
    let mut at = at + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => return at,
            b'\\' if !verbatim => at += 2,
            _ if byte == quote && verbatim && bytes.get(at + 1) == Some(&quote) => at += 2,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Behind the multi-line string literal that opens with three of the byte at `at`.
fn after_fence(bytes: &[u8], at: usize) -> usize {
    let fence = [bytes[at]; 3];
    memchr::memmem::find(&bytes[at + 3..], &fence).map_or(bytes.len(), |found| at + 6 + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        comments(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn comments_are_told_from_strings() {
        assert_eq!(found("T // a\n| x // b"), ["// a", "// b"]);
        assert_eq!(found(r#"T | where u == "http://x" // c"#), ["// c"]);
        assert_eq!(found(r#"print "\"//", '//' //d"#), ["//d"]);
        assert_eq!(found(r#"print @"\" // e"#), ["// e"]);
        assert_eq!(found("print ```//\n//``` // f"), ["// f"]);
        assert_eq!(found("print \"unclosed //\n// g"), ["// g"]);
        assert!(found("print '\\").is_empty());
    }
}
