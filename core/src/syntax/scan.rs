//! A pass over the raw text before the grammar: comments, nesting, and where a broken text can be cut.
//!
//! pest has neither a depth limit nor recovery. So brackets are counted here, strings and comments stepped over, and
//! the places remembered at which statements (`;`) and stages (`|`) part.

use std::borrow::Cow;

use crate::source::Span;

/// How deep brackets may nest. The official parser has no limit of its own that a person would meet; real rules stay
/// under 20.
pub const MAX_DEPTH: usize = 256;

/// What the scan has found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Comments, `//` included, without their line breaks.
    pub comments: Vec<Span>,
    /// `;` and `|` outside all brackets.
    pub cuts: Vec<Cut>,
    /// Strings without an end.
    pub unterminated: Vec<Unterminated>,
    /// Brackets that do not match, in order of their places.
    pub unbalanced: Vec<Unbalanced>,
    /// Blanks beyond space, tab and line breaks, outside strings and comments; the official lexer skips them.
    pub exotic_blanks: Vec<Span>,
    /// How deep brackets nest.
    pub depth: usize,
    /// The bracket that goes too deep.
    pub too_deep: Option<usize>,
}

/// A place at which a broken text can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where.
    pub offset: usize,
    /// `;` or `|`.
    pub mark: u8,
}

/// A string whose end is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unterminated {
    /// From its opening to the end of the line, or of the text.
    pub span: Span,
    /// The backslash that KQL knows no escape for, where that is what keeps the string from ending.
    pub bad_escape: Option<usize>,
}

/// A bracket without its partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbalanced {
    /// An opening bracket that is never closed.
    Open(usize),
    /// A closing bracket with nothing to close.
    Close(usize),
    /// A closing bracket (second) of another kind than the open one (first).
    Mismatch(usize, usize),
}

impl Scan {
    /// The text as the grammar is to see it: each exotic blank as plain ones of the same length, so that offsets stay.
    pub fn plain<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.exotic_blanks.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut plain = String::with_capacity(text.len());
        let mut at = 0;
        for blank in &self.exotic_blanks {
            plain.push_str(&text[at..blank.start as usize]);
            // One of them may end a comment, so a line break stands for it.
            let ends_line = matches!(blank.of(text), "\u{2028}" | "\u{2029}");
            plain.push(if ends_line { '\n' } else { ' ' });
            plain.extend(std::iter::repeat_n(' ', blank.len() - 1));
            at = blank.end as usize;
        }
        plain.push_str(&text[at..]);
        Cow::Owned(plain)
    }
}

/// Looks over `text`.
pub fn scan(text: &str) -> Scan {
    let mut scanner = Scanner { bytes: text.as_bytes(), text, at: 0, open: Vec::new(), found: Scan::default() };
    scanner.run();
    scanner.found
}

struct Scanner<'t> {
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
    open: Vec<usize>,
    found: Scan,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' | b'\'' => self.string(byte),
                b'`' | b'~' if self.fence(byte) => self.fenced(byte),
                b'/' if self.bytes.get(self.at + 1) == Some(&b'/') => self.comment(),
                b'(' | b'[' | b'{' => self.opening(),
                b')' | b']' | b'}' => self.closing(byte),
                0x0C | 0xC2.. => self.exotic_blank(),
                b';' | b'|' if self.open.is_empty() => self.found.cuts.push(Cut { offset: self.at, mark: byte }),
                _ => {}
            }
            self.at += 1;
        }
        self.found.unbalanced.extend(self.open.iter().map(|&at| Unbalanced::Open(at)));
        self.found.unbalanced.sort_by_key(|unbalanced| match *unbalanced {
            Unbalanced::Open(at) | Unbalanced::Close(at) | Unbalanced::Mismatch(_, at) => at,
        });
    }

    fn exotic_blank(&mut self) {
        let Some(character) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else { return };
        if matches!(
            character,
            '\u{0C}' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{2000}'
                ..='\u{200B}' | '\u{202F}' | '\u{205F}' | '\u{3000}' | '\u{FEFF}'
        ) {
            self.found.exotic_blanks.push(Span::new(self.at, self.at + character.len_utf8()));
        }
        self.at += character.len_utf8() - 1;
    }

    fn opening(&mut self) {
        self.open.push(self.at);
        self.found.depth = self.found.depth.max(self.open.len());
        if self.open.len() > MAX_DEPTH {
            self.found.too_deep.get_or_insert(self.at);
        }
        // `datetime(…)` and its like hold anything up to the `)`, quotes and slashes included.
        if self.bytes[self.at] == b'('
            && ends_with_typed_keyword(&self.text[..self.at])
            && let Some(end) = memchr::memchr3(b')', b'\n', b'\r', &self.bytes[self.at..])
            && self.bytes[self.at + end] == b')'
        {
            self.at += end - 1;
        }
    }

    fn closing(&mut self, byte: u8) {
        let partner = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        match self.open.last() {
            None => self.found.unbalanced.push(Unbalanced::Close(self.at)),
            Some(&open) if self.bytes[open] == partner => drop(self.open.pop()),
            Some(&open) => {
                // Close what can be closed, so that one slip is told once.
                match self.open.iter().rposition(|&at| self.bytes[at] == partner) {
                    Some(depth) => self.open.truncate(depth),
                    None => drop(self.open.pop()),
                }
                self.found.unbalanced.push(Unbalanced::Mismatch(open, self.at));
            }
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        while let Some(offset) = memchr::memchr3(b'\n', b'\r', 0xE2, &self.bytes[self.at..]) {
            self.at += offset;
            // U+2028 and U+2029 end a line too; other characters of that first byte do not.
            if self.bytes[self.at] != 0xE2
                || matches!(self.bytes.get(self.at + 1..self.at + 3), Some([0x80, 0xA8 | 0xA9]))
            {
                self.found.comments.push(Span::new(start, self.at));
                if self.bytes[self.at] == 0xE2 {
                    self.found.exotic_blanks.push(Span::new(self.at, self.at + 3));
                }
                return;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
        self.found.comments.push(Span::new(start, self.at));
    }

    /// Whether three of `byte` stand here.
    fn fence(&self, byte: u8) -> bool {
        self.bytes[self.at..].starts_with(&[byte; 3])
    }

    fn fenced(&mut self, byte: u8) {
        let start = self.at;
        let fence = [byte; 3];
        if let Some(end) = memchr::memmem::find(&self.bytes[self.at + 3..], &fence) {
            self.at += end + 5;
        } else {
            let span = Span::new(start, self.bytes.len());
            self.found.unterminated.push(Unterminated { span, bad_escape: None });
            self.at = self.bytes.len();
        }
    }

    fn string(&mut self, quote: u8) {
        let start = self.at;
        let verbatim = start > 0 && self.bytes[start - 1] == b'@';
        self.at += 1;
        let mut bad_escape = None;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' | b'\r' => break,
                b'\\' if !verbatim => {
                    if !known_escape(&self.bytes[self.at + 1..]) {
                        bad_escape.get_or_insert(self.at);
                    }
                    self.at += if matches!(self.bytes.get(self.at + 1), None | Some(b'\n' | b'\r')) { 1 } else { 2 };
                    continue;
                }
                _ if byte == quote && verbatim && self.bytes.get(self.at + 1) == Some(&quote) => self.at += 1,
                _ if byte == quote => {
                    if bad_escape.is_some() {
                        let span = Span::new(start, self.at + 1);
                        self.found.unterminated.push(Unterminated { span, bad_escape });
                    }
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(self.bytes.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.found.unterminated.push(Unterminated { span: Span::new(start, self.at), bad_escape });
        // The line break itself is for the main loop.
        self.at -= 1;
    }
}

/// Whether what stands behind a backslash is an escape that KQL knows.
fn known_escape(rest: &[u8]) -> bool {
    let hex = |count: usize| rest.get(1..=count).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    match rest.first() {
        Some(b'\\' | b'\'' | b'"' | b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'0'..=b'7') => true,
        Some(b'u') => hex(4),
        Some(b'U') => hex(8),
        Some(b'x') => hex(2),
        _ => false,
    }
}

/// Whether `text` ends with a word that makes a literal of the parentheses behind it.
fn ends_with_typed_keyword(text: &str) -> bool {
    let bytes = text.as_bytes();
    let start = bytes.iter().rposition(|b| !b.is_ascii_alphanumeric() && *b != b'_').map_or(0, |at| at + 1);
    matches!(
        &text[start..],
        "datetime"
            | "timespan"
            | "long"
            | "int64"
            | "int32"
            | "int"
            | "real"
            | "double"
            | "decimal"
            | "bool"
            | "date"
            | "time"
            | "guid"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Vec<&str> {
        scan(text).comments.iter().map(|span| span.of(text)).collect()
    }

    #[test]
    fn comments_are_found_outside_strings_alone() {
        assert_eq!(comments("a // one\n| b \"// not\" // two"), ["// one", "// two"]);
        assert_eq!(comments("@'it''s // not' //x\r\n```//\n``` //y"), ["//x", "//y"]);
        assert_eq!(comments("//a\u{2028}//b …\nc"), ["//a", "//b …"]);
        assert_eq!(comments("datetime(2020//01)"), [""; 0]);
    }

    #[test]
    fn exotic_blanks_become_plain_ones_outside_strings() {
        let text = "a\u{A0}|\u{3000}where b == \"\u{A0}\" //\u{A0}\u{2028}| c\u{FEFF}";
        let plain = scan(text).plain(text).into_owned();
        assert_eq!(plain, "a  |   where b == \"\u{A0}\" //\u{A0}\n  | c   ");
        assert_eq!(plain.len(), text.len());
    }

    #[test]
    fn cuts_are_outside_brackets() {
        let text = "let a = (b | c); a | d \"|\" // |";
        let cuts: Vec<_> = scan(text).cuts.iter().map(|cut| (cut.offset, char::from(cut.mark))).collect();
        assert_eq!(cuts, [(15, ';'), (19, '|')]);
    }

    #[test]
    fn strings_end_with_their_line() {
        let found = scan("x == \"abc\n| y").unterminated;
        assert_eq!(found, [Unterminated { span: Span::new(5, 9), bad_escape: None }]);
    }

    #[test]
    fn unknown_escapes_are_told() {
        let found = scan(r#"x == "C:\Windows""#).unterminated;
        assert_eq!(found, [Unterminated { span: Span::new(5, 17), bad_escape: Some(8) }]);
        assert!(scan(r"x == 'a\\b' and y == @'C:\W'").unterminated.is_empty());
    }

    #[test]
    fn brackets_are_paired() {
        assert!(scan("f(a[0], {b})").unbalanced.is_empty());
        assert_eq!(scan("f(a").unbalanced, [Unbalanced::Open(1)]);
        assert_eq!(scan("a)").unbalanced, [Unbalanced::Close(1)]);
        assert_eq!(scan("f([a)").unbalanced, [Unbalanced::Mismatch(2, 4)]);
    }

    #[test]
    fn depth_is_limited() {
        assert_eq!(scan(&"(".repeat(MAX_DEPTH)).too_deep, None);
        assert_eq!(scan(&"(".repeat(10_000)).too_deep, Some(MAX_DEPTH));
    }

    #[test]
    fn any_text_is_scanned() {
        for text in ["\"", "'\\", "@\"", "~~~", "```", "\"é\\é", "//", "/", "'\\u12", "h@'"] {
            scan(text);
        }
    }
}
