//! The query under the cursor: its text, the way back into the document, and the place of the cursor in it.

use super::document::Document;
use crate::cli::input::Kind;
use crate::cli::queries::Content;
use crate::source::{Span, TextMap};

/// The query under the cursor.
#[derive(Debug)]
pub(super) struct UnderCursor {
    /// Its text.
    pub(super) text: String,
    /// From offsets in the text to offsets in the document.
    pub(super) map: TextMap,
    /// Where the cursor stands in the text, in bytes.
    pub(super) at: usize,
}

impl UnderCursor {
    /// The query at an offset of a document; `None` where there is none.
    pub(super) fn find(document: &Document, content: &Content, offset: usize) -> Option<Self> {
        if document.kind == Kind::Query {
            let map = TextMap::verbatim(0, document.text.len());
            return Some(Self { text: document.text.clone(), map, at: offset });
        }
        let source = &document.text;
        let found = content.queries.iter().find(|query| {
            let whole = query.map.span(Span::new(0, query.text.len()));
            let (start, end) = (whole.start as usize, whole.end as usize);
            // Blanks at the end of a block are not in the text, and there people write on. At the beginning of a line
            // they begin another key.
            let behind = || {
                let between = source.get(end..offset).unwrap_or("x");
                let column = source[..offset].rsplit(['\n', '\r']).next().unwrap_or_default().len();
                between.trim().is_empty() && column > 0
            };
            start <= offset && (offset < end || behind())
        });
        match found {
            Some(query) => {
                let mut text = query.text.clone();
                let at = inverse(&query.map, &text, offset);
                if at == text.len() && !text.is_empty() && !text.ends_with('\n') {
                    // The cursor stands behind blanks that the block has lost; a word must not run into the one before.
                    let end = query.map.offset(text.len());
                    let lost = source.get(end..offset).unwrap_or_default();
                    if !lost.is_empty() {
                        text.push('\n');
                        let at = text.len();
                        return Some(Self { text, map: query.map.clone(), at });
                    }
                }
                Some(Self { text, map: query.map.clone(), at })
            }
            None if content.queries.is_empty() => Self::in_block(source, offset),
            None => None,
        }
    }

    /// The query of a block in YAML that cannot be read: the lines below `query: |` that are indented deeper.
    fn in_block(source: &str, offset: usize) -> Option<Self> {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in source.split_inclusive('\n') {
            lines.push((start, line));
            start += line.len();
        }
        let current = lines.iter().rposition(|(start, _)| *start <= offset)?;
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let is_key = |line: &str| {
            let line = line.trim();
            line.strip_prefix("query:").is_some_and(|rest| rest.trim_start().starts_with(['|', '>']))
        };
        let head = lines[..=current].iter().rposition(|(_, line)| is_key(line)).filter(|head| *head < current)?;
        let outer = indent(lines[head].1);
        let inside = |line: &str| line.trim().is_empty() || indent(line) > outer;
        if !lines[head + 1..=current].iter().all(|(_, line)| inside(line)) {
            return None;
        }
        let block: Vec<_> = lines[head + 1..].iter().take_while(|(_, line)| inside(line)).collect();
        let depth = block.iter().filter(|(_, line)| !line.trim().is_empty()).map(|(_, line)| indent(line)).min()?;
        let mut builder = TextMap::builder();
        let (mut text, mut at, mut end) = (String::new(), 0, offset);
        for (start, line) in block {
            let skip = depth.min(indent(line)).min(line.trim_end_matches(['\n', '\r']).len());
            if *start <= offset {
                at = text.len() + offset.saturating_sub(start + skip).min(line.len() - skip);
            }
            builder.verbatim(text.len(), start + skip);
            text.push_str(&line[skip..]);
            end = start + line.len();
        }
        let map = builder.finish(text.len(), end);
        Some(Self { text, map, at })
    }

    /// The span in the document of a span in the text.
    pub(super) fn span(&self, span: Span) -> Span {
        self.map.span(span)
    }
}

/// The offset in a text of an offset in the file: the first that does not lie before it. The end of a text and the line
/// break before it may stand at the same place of the file.
fn inverse(map: &TextMap, text: &str, offset: usize) -> usize {
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if map.offset(middle) < offset {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while !text.is_char_boundary(low) {
        low -= 1;
    }
    low
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::cli::input::Text;
    use crate::cli::lsp::position::Columns;
    use crate::schema::{Dialect, Schemas};

    /// The text around the cursor, which `§` stands for.
    fn around(marked: &str) -> Option<(String, String)> {
        let offset = marked.find('§').unwrap();
        let text = marked.replace('§', "");
        let document = Document::new("file:///a.yaml".to_owned(), "yaml", 1, text, Columns::Utf16);
        let schemas = Schemas::builtin(Dialect::Sentinel);
        let content = Content::with_meaning(&Text { file: document.file(), kind: document.kind, path: None }, &schemas);
        let found = UnderCursor::find(&document, &content, offset)?;
        let (before, behind) = found.text.split_at(found.at);
        Some((before.to_owned(), behind.to_owned()))
    }

    fn pair(before: &str, behind: &str) -> (String, String) {
        (before.to_owned(), behind.to_owned())
    }

    #[test]
    fn the_cursor_is_found_in_every_kind_of_scalar() {
        assert_eq!(around("id: 1\nquery: |\n    T\n    | wh§ere\nname: x\n").unwrap(), pair("T\n| wh", "ere\n"));
        assert_eq!(around("id: 1\r\nquery: |\r\n  T\r\n  | wh§ere\r\n").unwrap(), pair("T\n| wh", "ere\n"));
        assert_eq!(around("query: >-\n  T\n  | wh§ere\nname: x\n").unwrap(), pair("T | wh", "ere"));
        assert_eq!(around("query: 'T | whe''§ x'\n").unwrap(), pair("T | whe'", " x"));
        assert_eq!(around("query: \"T\\n| \u{1F600}§x\"\n").unwrap(), pair("T\n| \u{1F600}", "x"));
        assert_eq!(around("query: |\n  T\nna§me: x\n"), None);
        assert_eq!(around("na§me: x\nquery: T\n"), None);
    }

    #[test]
    fn blanks_at_the_end_of_a_block_belong_to_it() {
        assert_eq!(around("query: |\n  T\n  § ").unwrap(), pair("T\n", " "));
        assert_eq!(around("query: |-\n  T\n  §\nname: x\n").unwrap(), pair("T\n", ""));
        assert_eq!(around("query: |\n  T\n§"), None);
    }

    #[test]
    fn a_block_is_found_in_yaml_that_cannot_be_read() {
        let found = around("id: [\nquery: |\n  T\n  | whe§re\nname: x\n").unwrap();
        assert_eq!(found, ("T\n| whe".to_owned(), "re\n".to_owned()));
        assert_eq!(around("id: [\nquery: |\n  T\nname§: x\n"), None);
    }
}
