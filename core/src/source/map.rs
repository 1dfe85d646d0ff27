//! From offsets in an extracted text (a YAML scalar's value) to offsets in the file it came from.

use super::Span;

/// Maps offsets of an extracted text to offsets of the decoded file.
///
/// The map is a sorted list of runs; inside a run both sides advance byte by byte. A run may also stand for an
/// escape (`\n` in a double-quoted scalar: two bytes of file for one of text): its inner offsets map to its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMap {
    runs: Vec<Run>,
    /// Length of the extracted text.
    text_len: u32,
    /// Where the extracted text ends in the file.
    file_end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    text: u32,
    file: u32,
    /// `false` when the run is one escape, whose bytes do not correspond one to one.
    verbatim: bool,
}

impl TextMap {
    /// The map of a text that stands in the file as it is, `len` bytes from `file_start`.
    pub fn verbatim(file_start: usize, len: usize) -> Self {
        let mut map = Builder::new();
        map.verbatim(0, file_start);
        map.finish(len, file_start + len)
    }

    /// Starts an empty map.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The offset in the file of an offset in the text. The end of the text maps to the end of the scalar.
    pub fn offset(&self, text_offset: usize) -> usize {
        let offset = text_offset as u32;
        if offset >= self.text_len {
            return self.file_end as usize;
        }
        let index = self.runs.partition_point(|run| run.text <= offset);
        match index.checked_sub(1).map(|i| self.runs[i]) {
            None => self.file_end as usize,
            Some(run) if run.verbatim => (run.file + (offset - run.text)) as usize,
            Some(run) => run.file as usize,
        }
    }

    /// The place in the file just behind the text's byte before `text_offset`, so that an end stays on its line.
    fn end_offset(&self, text_offset: usize) -> usize {
        let offset = (text_offset as u32).min(self.text_len);
        if offset == 0 {
            return self.offset(0);
        }
        let index = self.runs.partition_point(|run| run.text < offset);
        match index.checked_sub(1).map(|i| self.runs[i]) {
            None => self.file_end as usize,
            Some(run) if run.verbatim => (run.file + (offset - run.text)) as usize,
            Some(_) => self.runs.get(index).map_or(self.file_end, |next| next.file) as usize,
        }
    }

    /// The span in the file of a span in the text.
    pub fn span(&self, span: Span) -> Span {
        let start = self.offset(span.start as usize);
        if span.is_empty() {
            return Span::at(start);
        }
        Span::new(start, self.end_offset(span.end as usize).max(start))
    }

    /// The map of a part of the text, for a query that is one of several.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let first = self.runs.partition_point(|run| run.text as usize <= start).saturating_sub(1);
        for run in self.runs.iter().skip(first).take_while(|run| (run.text as usize) < end.max(start + 1)) {
            let skip = (start as u32).saturating_sub(run.text);
            let file = if run.verbatim { run.file + skip } else { run.file };
            runs.push(Run { text: (run.text + skip).saturating_sub(start as u32), file, verbatim: run.verbatim });
        }
        Self { runs, text_len: (end - start) as u32, file_end: self.end_offset(end) as u32 }
    }
}

/// Builds a [`TextMap`] from left to right.
#[derive(Debug, Default)]
pub struct Builder {
    runs: Vec<Run>,
}

impl Builder {
    fn new() -> Self {
        Self::default()
    }

    /// From `text` on, text and file advance together, the file from `file`.
    pub fn verbatim(&mut self, text: usize, file: usize) {
        self.push(Run { text: text as u32, file: file as u32, verbatim: true });
    }

    /// From `text` on stands what one escape (or a folded line break) at `file` gave.
    pub fn escape(&mut self, text: usize, file: usize) {
        self.push(Run { text: text as u32, file: file as u32, verbatim: false });
    }

    fn push(&mut self, run: Run) {
        if self.runs.last().is_some_and(|last| last.text == run.text) {
            self.runs.pop();
        }
        self.runs.push(run);
    }

    /// The finished map of a text of `text_len` bytes that ends at `file_end` in the file.
    pub fn finish(self, text_len: usize, file_end: usize) -> TextMap {
        TextMap { runs: self.runs, text_len: text_len as u32, file_end: file_end as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbatim_text_is_shifted() {
        let map = TextMap::verbatim(10, 5);
        assert_eq!(map.offset(0), 10);
        assert_eq!(map.offset(5), 15);
        assert_eq!(map.span(Span::new(1, 3)), Span::new(11, 13));
    }

    #[test]
    fn an_escape_maps_to_its_start_and_ends_behind_itself() {
        // file: "a\nb" within quotes at 0: a at 1, the escape at 2..4, b at 4.
        let mut builder = TextMap::builder();
        builder.verbatim(0, 1);
        builder.escape(1, 2);
        builder.verbatim(2, 4);
        let map = builder.finish(3, 5);
        assert_eq!(map.offset(1), 2);
        assert_eq!(map.offset(2), 4);
        assert_eq!(map.span(Span::new(1, 2)), Span::new(2, 4));
        assert_eq!(map.span(Span::new(0, 3)), Span::new(1, 5));
        assert_eq!(map.offset(3), 5);
    }

    #[test]
    fn an_end_at_a_line_break_stays_on_its_line() {
        // Two lines of a block scalar with two blanks of indentation: "ab\ncd" from file offset 2.
        let mut builder = TextMap::builder();
        builder.verbatim(0, 2);
        builder.verbatim(3, 7);
        let map = builder.finish(5, 9);
        assert_eq!(map.span(Span::new(0, 3)), Span::new(2, 5));
        assert_eq!(map.span(Span::new(3, 5)), Span::new(7, 9));
    }

    #[test]
    fn a_slice_counts_from_its_own_start() {
        let mut builder = TextMap::builder();
        builder.verbatim(0, 2);
        builder.verbatim(3, 7);
        let map = builder.finish(5, 9).slice(1, 4);
        assert_eq!(map.offset(0), 3);
        assert_eq!(map.offset(2), 7);
        assert_eq!(map.span(Span::new(2, 3)), Span::new(7, 8));
    }
}
