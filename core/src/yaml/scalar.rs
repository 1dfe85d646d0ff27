//! From the bytes of a scalar to its value and the map between the two.
//!
//! The YAML parser gives values without a way back, so every style is decoded here from the file's own text, by the
//! rules of YAML 1.2 (folding: section 6.5, block scalars: 8.1, quoted: 7.3) and of JSON (RFC 8259, section 7). Line breaks
//! are LF, CRLF and CR; U+0085, U+2028 and U+2029, which YAML 1.1 took for breaks too, are characters like others.

use std::ops::Range;

use crate::source::{Span, TextMap};

use super::ScalarStyle;

/// A decoded scalar.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The value.
    pub text: String,
    /// From offsets in the value to offsets in the file.
    pub map: TextMap,
    /// Offsets in the value of the blanks that stand for a line break of the file.
    pub(crate) folds: Vec<usize>,
    /// The scalar's words in the file.
    pub(crate) span: Span,
    /// How the scalar is laid out, to write another value in its place.
    pub(crate) layout: Layout,
}

/// How a scalar is laid out in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// No more than its words.
    Plain,
    /// Between quotes; the span is what stands between them.
    Quoted(Span),
    /// A block after `|` or `>`.
    Block(Block),
}

/// The parts of a block scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The `|` or `>`.
    pub(crate) indicator: usize,
    /// Whether the header says how deep the block is indented.
    pub(crate) explicit_indent: bool,
    /// What happens to the final line breaks.
    pub(crate) chomping: Chomping,
    /// Columns the content is indented by.
    pub(crate) indent: usize,
    /// Columns the collection it stands in is indented by; -1 outside any.
    pub(crate) parent_indent: i32,
    /// The line break behind the header; empty at the end of the file.
    pub(crate) header_break: Span,
    /// The lines that make up the value, line breaks included.
    pub(crate) body: Span,
}

/// What happens to the final line breaks of a block scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chomping {
    /// `-`: none is kept.
    Strip,
    /// No indicator: the first is kept.
    Clip,
    /// `+`: all are kept.
    Keep,
}

/// Decodes the scalar that begins at `range.start`. Only a plain scalar needs `range.end`; the others say themselves
/// where they end. `None` where the text is no scalar of that style.
pub(crate) fn decode(source: &str, style: ScalarStyle, range: Range<usize>, parent_indent: i32) -> Option<Decoded> {
    let out = Output::new(source);
    match style {
        ScalarStyle::Plain => Some(plain(out, range)),
        ScalarStyle::SingleQuoted => quoted(out, range.start, b'\''),
        ScalarStyle::DoubleQuoted => quoted(out, range.start, b'"'),
        ScalarStyle::Json => json(out, range.start),
        ScalarStyle::Literal => block(out, range.start, false, parent_indent),
        ScalarStyle::Folded => block(out, range.start, true, parent_indent),
    }
}

/// The value as it grows, with its map.
struct Output<'a> {
    source: &'a str,
    text: String,
    map: crate::source::TextMapBuilder,
    folds: Vec<usize>,
    /// Where in the file the run that is open would go on.
    next: Option<usize>,
}

impl<'a> Output<'a> {
    fn new(source: &'a str) -> Self {
        Self { source, text: String::new(), map: TextMap::builder(), folds: Vec::new(), next: None }
    }

    fn bytes(&self) -> &'a [u8] {
        self.source.as_bytes()
    }

    /// Takes over words of the file as they are.
    fn verbatim(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        if self.next != Some(range.start) {
            self.map.verbatim(self.text.len(), range.start);
        }
        self.next = Some(range.end);
        self.text.push_str(&self.source[range]);
    }

    /// Puts a character for the escape that begins at `at`.
    fn escape(&mut self, at: usize, character: char) {
        self.map.escape(self.text.len(), at);
        self.next = None;
        self.text.push(character);
    }

    /// Puts a line feed for the line break at `at`, whichever kind that is.
    fn newline(&mut self, at: usize) {
        if self.bytes().get(at) == Some(&b'\n') {
            self.verbatim(at..at + 1);
        } else {
            self.escape(at, '\n');
        }
    }

    /// Folds line breaks: the first at `first`, further ones in `more`.
    fn fold(&mut self, first: usize, more: &[usize]) {
        if more.is_empty() {
            self.folds.push(self.text.len());
            self.escape(first, ' ');
        }
        for &at in more {
            self.newline(at);
        }
    }

    fn finish(self, span: Span, file_end: usize, layout: Layout) -> Decoded {
        let map = self.map.finish(self.text.len(), file_end);
        Decoded { text: self.text, map, folds: self.folds, span, layout }
    }
}

const fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Where the line that `at` lies on ends, before its line break.
fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |found| at + found)
}

/// Behind the line break at `at`, if there is one.
fn after_break(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => at + 2,
        Some([b'\r' | b'\n', ..]) => at + 1,
        _ => at,
    }
}

/// Behind blanks.
fn after_blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|&&byte| is_blank(byte)).count()
}

/// The line breaks of empty lines from `at` on, and where the next line's first word stands.
fn empty_lines(bytes: &[u8], mut at: usize) -> (Vec<usize>, usize) {
    let mut breaks = Vec::new();
    loop {
        at = after_blanks(bytes, at);
        if !bytes.get(at).copied().is_some_and(is_break) {
            return (breaks, at);
        }
        breaks.push(at);
        at = after_break(bytes, at);
    }
}

/// Takes over blanks, or folds the line break they lead to. Returns where reading goes on.
fn blanks_or_fold(out: &mut Output<'_>, at: usize) -> usize {
    let bytes = out.bytes();
    let end = after_blanks(bytes, at);
    if !bytes.get(end).copied().is_some_and(is_break) {
        out.verbatim(at..end);
        return end;
    }
    let (more, next) = empty_lines(bytes, after_break(bytes, end));
    out.fold(end, &more);
    next
}

fn plain(mut out: Output<'_>, range: Range<usize>) -> Decoded {
    let bytes = out.bytes();
    let mut at = range.start;
    while at < range.end {
        if is_blank(bytes[at]) || is_break(bytes[at]) {
            at = blanks_or_fold(&mut out, at).min(range.end);
        } else {
            let end = at + bytes[at..range.end].iter().take_while(|&&b| !is_blank(b) && !is_break(b)).count();
            out.verbatim(at..end);
            at = end;
        }
    }
    let span = Span::from(range);
    out.finish(span, span.end as usize, Layout::Plain)
}

/// YAML's escapes of one letter (section 5.7).
const YAML_ESCAPES: &[(u8, char)] = &[
    (b'0', '\0'),
    (b'a', '\x07'),
    (b'b', '\x08'),
    (b't', '\t'),
    (b'\t', '\t'),
    (b'n', '\n'),
    (b'v', '\x0B'),
    (b'f', '\x0C'),
    (b'r', '\r'),
    (b'e', '\x1B'),
    (b' ', ' '),
    (b'"', '"'),
    (b'/', '/'),
    (b'\\', '\\'),
    (b'N', '\u{85}'),
    (b'_', '\u{A0}'),
    (b'L', '\u{2028}'),
    (b'P', '\u{2029}'),
];

/// JSON's escapes of one letter.
const JSON_ESCAPES: &[(u8, char)] = &[
    (b'"', '"'),
    (b'\\', '\\'),
    (b'/', '/'),
    (b'b', '\x08'),
    (b'f', '\x0C'),
    (b'n', '\n'),
    (b'r', '\r'),
    (b't', '\t'),
];

/// The number that `digits` hexadecimal digits at `at` stand for.
fn hex(source: &str, at: usize, digits: usize) -> Option<u32> {
    let text = source.get(at..at + digits)?;
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(text, 16).ok())?
}

fn lookup(escapes: &[(u8, char)], letter: u8) -> Option<char> {
    escapes.iter().find(|(byte, _)| *byte == letter).map(|&(_, character)| character)
}

fn quoted(mut out: Output<'_>, start: usize, quote: u8) -> Option<Decoded> {
    let (bytes, source) = (out.bytes(), out.source);
    if bytes.get(start) != Some(&quote) {
        return None;
    }
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => {
                out.escape(at, '\'');
                at += 2;
            }
            byte if byte == quote => break,
            b'\\' if quote == b'"' => {
                let letter = *bytes.get(at + 1)?;
                if is_break(letter) {
                    let (more, next) = empty_lines(bytes, after_break(bytes, at + 1));
                    for line_break in more {
                        out.newline(line_break);
                    }
                    at = next;
                    continue;
                }
                let digits = match letter {
                    b'x' => 2,
                    b'u' => 4,
                    b'U' => 8,
                    _ => 0,
                };
                let character = match digits {
                    0 => lookup(YAML_ESCAPES, letter)?,
                    _ => char::from_u32(hex(source, at + 2, digits)?)?,
                };
                out.escape(at, character);
                at += 2 + digits;
            }
            byte if is_blank(byte) || is_break(byte) => at = blanks_or_fold(&mut out, at),
            _ => {
                let len = bytes[at..].iter().take_while(|&&b| b != quote && b != b'\\' && !is_blank(b) && !is_break(b));
                // A backslash means nothing between single quotes.
                let len = len.count().max(1);
                out.verbatim(at..at + len);
                at += len;
            }
        }
    }
    let inner = Span::new(start + 1, at);
    Some(out.finish(Span::new(start, at + 1), at, Layout::Quoted(inner)))
}

fn json(mut out: Output<'_>, start: usize) -> Option<Decoded> {
    let (bytes, source) = (out.bytes(), out.source);
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    loop {
        let special = at + memchr::memchr2(b'"', b'\\', &bytes[at..])?;
        out.verbatim(at..special);
        at = special;
        if bytes[at] == b'"' {
            break;
        }
        let letter = *bytes.get(at + 1)?;
        if letter != b'u' {
            out.escape(at, lookup(JSON_ESCAPES, letter)?);
            at += 2;
            continue;
        }
        let unit = hex(source, at + 2, 4)?;
        let low = bytes.get(at + 6..at + 8).filter(|next| *next == b"\\u").and_then(|_| hex(source, at + 8, 4));
        match (char::from_u32(unit), low) {
            (Some(character), _) => {
                out.escape(at, character);
                at += 6;
            }
            (None, Some(low)) => {
                let mut pair = char::decode_utf16([unit as u16, low as u16]);
                out.escape(at, pair.next()?.ok()?);
                at += 12;
            }
            (None, None) => return None,
        }
    }
    let inner = Span::new(start + 1, at);
    Some(out.finish(Span::new(start, at + 1), at, Layout::Quoted(inner)))
}

/// The header of a block scalar: chomping, the indentation it states, and where it ends.
fn block_header(bytes: &[u8], indicator: usize) -> (Chomping, Option<usize>, usize) {
    let (mut chomping, mut indent, mut at) = (Chomping::Clip, None, indicator + 1);
    loop {
        match bytes.get(at) {
            Some(b'-') => chomping = Chomping::Strip,
            Some(b'+') => chomping = Chomping::Keep,
            Some(digit @ b'1'..=b'9') => indent = Some(usize::from(digit - b'0')),
            _ => return (chomping, indent, at),
        }
        at += 1;
    }
}

/// How deep a block is indented whose header does not say it: as its first line that is not empty.
fn detect_indent(bytes: &[u8], mut at: usize, parent_indent: i32) -> usize {
    let mut indent = usize::try_from(parent_indent + 1).unwrap_or(0);
    loop {
        let spaces = bytes[at..].iter().take_while(|&&byte| byte == b' ').count();
        indent = indent.max(spaces);
        at += spaces;
        if !bytes.get(at).copied().is_some_and(is_break) {
            return indent;
        }
        at = after_break(bytes, at);
    }
}

fn block(mut out: Output<'_>, indicator: usize, folded: bool, parent_indent: i32) -> Option<Decoded> {
    let bytes = out.bytes();
    if bytes.get(indicator) != Some(if folded { &b'>' } else { &b'|' }) {
        return None;
    }
    let (chomping, stated, header_end) = block_header(bytes, indicator);
    let header_line_end = line_end(bytes, header_end);
    let body_start = after_break(bytes, header_line_end);
    let parent = usize::try_from(parent_indent).unwrap_or(0);
    let indent = stated.map_or_else(|| detect_indent(bytes, body_start, parent_indent), |columns| parent + columns);

    let mut at = body_start;
    // The line break behind the last line with content, those of empty lines since, and where that line ended.
    let (mut pending, mut empty, mut content_end) = (None, Vec::new(), body_start);
    let mut after_indented = false;
    loop {
        let spaces = bytes[at..].iter().take(indent).take_while(|&&byte| byte == b' ').count();
        let first = at + spaces;
        match bytes.get(first) {
            Some(&byte) if is_break(byte) => {
                empty.push(first);
                at = after_break(bytes, first);
                continue;
            }
            Some(_) if spaces == indent => {}
            _ => break,
        }
        // Folding spares lines that begin with a blank, and the line breaks around them.
        let indented = is_blank(bytes[first]);
        match pending {
            Some(line_break) if folded && !after_indented && !indented => out.fold(line_break, &empty),
            _ => {
                for line_break in pending.into_iter().chain(empty.iter().copied()) {
                    out.newline(line_break);
                }
            }
        }
        empty.clear();
        after_indented = indented;
        let end = line_end(bytes, first);
        out.verbatim(first..end);
        at = after_break(bytes, end);
        content_end = at;
        pending = (at > end).then_some(end);
        if pending.is_none() {
            break;
        }
    }
    let last_text = pending.unwrap_or(content_end);
    let body_end = match chomping {
        Chomping::Strip | Chomping::Clip => content_end,
        Chomping::Keep => empty.last().map_or(content_end, |&line_break| after_break(bytes, line_break)),
    };
    if chomping != Chomping::Strip
        && let Some(line_break) = pending
    {
        out.newline(line_break);
    }
    if chomping == Chomping::Keep {
        for line_break in empty {
            out.newline(line_break);
        }
    }
    let layout = Block {
        indicator,
        explicit_indent: stated.is_some(),
        chomping,
        indent,
        parent_indent,
        header_break: Span::new(header_line_end, body_start),
        body: Span::new(body_start, body_end),
    };
    // The break behind the last line belongs to the block, but pointing at the block should not reach the next key.
    let span_end = if last_text > body_start { last_text } else { header_end };
    // So is the end of the text the end of its last line: what is put there stays inside the block.
    Some(out.finish(Span::new(indicator, span_end), last_text, Layout::Block(layout)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str, style: ScalarStyle, parent_indent: i32) -> String {
        let decoded = decode(source, style, 0..source.len(), parent_indent).unwrap();
        for (offset, character) in decoded.text.char_indices() {
            let at = decoded.map.offset(offset);
            let there = source[at..].chars().next();
            if character.is_alphanumeric() && there != Some('\\') {
                assert_eq!(there, Some(character), "{source:?} at {offset}");
            }
        }
        decoded.text
    }

    #[test]
    fn literal_blocks_keep_their_breaks() {
        assert_eq!(value("|\n  a\n\n   b\n\nc: d", ScalarStyle::Literal, 0), "a\n\n b\n");
        assert_eq!(value("|-\n  a\n\n", ScalarStyle::Literal, 0), "a");
        assert_eq!(value("|+\n  a\n\nb: c", ScalarStyle::Literal, 0), "a\n\n");
        assert_eq!(value("|4-\n      a\n", ScalarStyle::Literal, 0), "  a");
        assert_eq!(value("|-4 # why\n      a\n", ScalarStyle::Literal, 0), "  a");
        assert_eq!(value("|\r\n  a\r\n  b\r\n", ScalarStyle::Literal, 0), "a\nb\n");
        assert_eq!(value("|\n  a", ScalarStyle::Literal, 0), "a");
        assert_eq!(value("|\n \n\n  a\n", ScalarStyle::Literal, 0), "\n\na\n");
        assert_eq!(value("|\nb: c", ScalarStyle::Literal, 0), "");
    }

    #[test]
    fn the_end_of_a_block_is_the_end_of_its_last_line() {
        for source in ["|\n  ab\nc: d", "|-\n  ab\nc: d", "|+\n  ab\n\nc: d", ">\n  ab\n"] {
            let style = if source.starts_with('|') { ScalarStyle::Literal } else { ScalarStyle::Folded };
            let decoded = decode(source, style, 0..source.len(), 0).unwrap();
            assert_eq!(decoded.map.offset(decoded.text.len()), source.find("ab").unwrap() + 2, "{source:?}");
        }
    }

    #[test]
    fn folded_blocks_fold_lines_that_are_not_indented_further() {
        assert_eq!(value(">\n  a\n  b\n\n  c\n", ScalarStyle::Folded, 0), "a b\nc\n");
        assert_eq!(value(">\n  a\n    b\n  c\n", ScalarStyle::Folded, 0), "a\n  b\nc\n");
    }

    #[test]
    fn quoted_scalars_unescape_and_fold() {
        assert_eq!(value("'it''s \\ a\n  b\n\n  c'", ScalarStyle::SingleQuoted, 0), "it's \\ a b\nc");
        assert_eq!(
            value("\"a\\n\\x41\\u00e9\\U0001F600\\\n   b \\\n  c\"", ScalarStyle::DoubleQuoted, 0),
            "a\nAé😀b c"
        );
        assert_eq!(value("\"a \t\n  b\"", ScalarStyle::DoubleQuoted, 0), "a b");
    }

    #[test]
    fn json_strings_unescape() {
        assert_eq!(value(r#""a\/b\u00e9\ud83d\ude00\n\"""#, ScalarStyle::Json, -1), "a/bé😀\n\"");
        assert!(decode(r#""\ud83d""#, ScalarStyle::Json, 0..8, -1).is_none());
        assert!(decode(r#""\ud83dA""#, ScalarStyle::Json, 0..14, -1).is_none());
    }

    #[test]
    fn plain_scalars_fold() {
        assert_eq!(value("a b  \n   c\n\n d", ScalarStyle::Plain, 0), "a b c\nd");
    }

    #[test]
    fn a_fold_is_known_as_one() {
        let decoded = decode(">\n  a\n  b c\n", ScalarStyle::Folded, 0..12, 0).unwrap();
        assert_eq!(decoded.folds, [1]);
        assert_eq!(decoded.map.offset(1), 5);
    }
}
