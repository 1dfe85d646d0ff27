//! Places as editors count them, and changes of a part of a text.

use serde_json::Value;

use super::protocol::{Position, Range};
use crate::source::Span;

/// How columns are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Columns {
    /// In bytes.
    Utf8,
    /// In units of UTF-16, which every client knows.
    #[default]
    Utf16,
}

impl Columns {
    /// The way that costs nothing here where the client offers it, UTF-16 where it does not.
    pub(super) fn agreed(offered: &[Value]) -> Self {
        if offered.iter().any(|kind| kind == Self::Utf8.kind()) { Self::Utf8 } else { Self::Utf16 }
    }

    /// Its name in the protocol: a `PositionEncodingKind`.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
        }
    }
}

/// The lines of a text. A line ends with LF, CRLF or a lone CR.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
    columns: Columns,
}

impl Lines {
    /// Those of `text`.
    pub(super) fn of(text: &str, columns: Columns) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
        let ends = ends.filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        Self { starts: std::iter::once(0).chain(ends.map(|at| at + 1)).collect(), columns }
    }

    /// The offset of a place. A column past the end of its line is that end, a line past the last the end of the text.
    pub(super) fn offset(&self, text: &str, position: Position) -> usize {
        let Some(&start) = self.starts.get(position.line as usize) else { return text.len() };
        let end = self.starts.get(position.line as usize + 1).copied().unwrap_or(text.len());
        let line = text[start..end].trim_end_matches(['\n', '\r']);
        let mut left = position.character as usize;
        for (at, c) in line.char_indices() {
            let width = self.columns.width(c);
            // A place within a character is the one before it.
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + line.len()
    }

    /// The place of an offset.
    pub(super) fn position(&self, text: &str, offset: usize) -> Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let column = text[self.starts[line]..offset].chars().map(|c| self.columns.width(c)).sum::<usize>();
        Position::new(line as u32, column as u32)
    }

    /// The places of a span.
    pub(super) fn range(&self, text: &str, span: Span) -> Range {
        Range::new(self.position(text, span.start as usize), self.position(text, span.end as usize))
    }

    /// The span between two places.
    pub(super) fn span(&self, text: &str, range: Range) -> Span {
        let (start, end) = (self.offset(text, range.start), self.offset(text, range.end));
        Span::new(start.min(end), start.max(end))
    }
}

/// The least stretch of `before` in whose place other words give `after`; `None` where both are the same.
pub(super) fn difference(before: &str, after: &str) -> Option<(Span, String)> {
    if before == after {
        return None;
    }
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum::<usize>()
    };
    let mut start = same(&mut before.chars(), &mut after.chars());
    // No editor has a place between the two characters of a line break.
    start -= usize::from(before[..start].ends_with('\r'));
    let (left, right) = (&before[start..], &after[start..]);
    let mut end = same(&mut left.chars().rev(), &mut right.chars().rev());
    end -= usize::from(left[left.len() - end..].starts_with('\n'));
    let span = Span::new(start, before.len() - end);
    Some((span, right[..right.len() - end].to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back(text: &str, columns: Columns) {
        let lines = Lines::of(text, columns);
        for (at, c) in text.char_indices() {
            // Between the two characters of a line break is no place of its own.
            if c != '\n' && c != '\r' {
                assert_eq!(lines.offset(text, lines.position(text, at)), at, "{text:?} {at}");
            }
        }
    }

    #[test]
    fn columns_are_counted_as_agreed() {
        let text = "a\u{1F600}b\r\nc\u{e9}d\re";
        let utf16 = Lines::of(text, Columns::Utf16);
        assert_eq!(utf16.position(text, 5), Position::new(0, 3));
        assert_eq!(utf16.offset(text, Position::new(0, 2)), 1, "within a pair of units");
        assert_eq!(utf16.offset(text, Position::new(0, 99)), 6);
        assert_eq!(utf16.position(text, 11), Position::new(1, 2));
        assert_eq!(utf16.position(text, 13), Position::new(2, 0));
        assert_eq!(utf16.offset(text, Position::new(9, 0)), text.len());
        let utf8 = Lines::of(text, Columns::Utf8);
        assert_eq!(utf8.position(text, 5), Position::new(0, 5));
        assert_eq!(utf8.position(text, 11), Position::new(1, 3));
    }

    #[test]
    fn utf_8_is_taken_where_it_is_offered() {
        let kinds = [Value::from("utf-16"), Value::from("utf-8")];
        assert_eq!(Columns::agreed(&kinds), Columns::Utf8);
        assert_eq!(Columns::agreed(&kinds[..1]), Columns::Utf16);
        assert_eq!(Columns::agreed(&[]), Columns::Utf16);
    }

    proptest! {
        #[test]
        fn places_lead_back(text in "[a\u{e9}\u{1F600}\n\r ]{0,30}") {
            there_and_back(&text, Columns::Utf8);
            there_and_back(&text, Columns::Utf16);
        }

        #[test]
        fn a_difference_makes_one_text_of_the_other(before in "[ab\r\n\u{e9}]{0,12}", after in "[ab\r\n\u{e9}]{0,12}") {
            if let Some((span, _)) = difference(&before, &after) {
                for at in [span.start as usize, span.end as usize] {
                    prop_assert!(!(before[..at].ends_with('\r') && before[at..].starts_with('\n')));
                }
            }
            let made = match difference(&before, &after) {
                None => before.clone(),
                Some((span, text)) => [&before[..span.start as usize], &text, &before[span.end as usize..]].concat(),
            };
            prop_assert_eq!(made, after);
        }
    }
}
