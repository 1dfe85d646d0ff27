//! The document that the printer builds, and how it becomes lines.
//!
//! It is flat: the words of the query, and for each boundary between two of them what may go there. Groups are pairs
//! of boundaries rather than nested values, so nothing here recurses, and every question (does this group fit on the
//! line?) is answered from running sums: the work grows with the text, however deep or long it is.
//!
//! As in Wadler's and Oppen's printers, a group is set on one line if it fits with what must follow it, and all of its
//! own breaks become line breaks otherwise. Comments force the break they stand at, and with it every group round it.

use super::tokens::{Comment, Token};
use super::{INDENT, WIDTH};
use crate::source::Span;

/// What goes between two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sep {
    /// Nothing.
    None,
    /// A blank.
    Space,
    /// A blank, or a line break where its group is broken.
    Line,
    /// Nothing, or a line break where its group is broken.
    Soft,
    /// A blank, or a line break where its group is broken and the next item no longer fits.
    Fill,
    /// A line break.
    Hard,
    /// A line break, and a blank line where the author had one.
    Paragraph,
}

impl Sep {
    /// The blanks it takes on one line.
    const fn width(self) -> usize {
        match self {
            Self::None | Self::Soft => 0,
            _ => 1,
        }
    }

    const fn is_hard(self) -> bool {
        matches!(self, Self::Hard | Self::Paragraph)
    }

    const fn may_break(self) -> bool {
        !matches!(self, Self::None | Self::Space)
    }
}

/// Whether the lines of a broken group stand further in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// They do not.
    Plain,
    /// They do.
    Indent,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    /// Its first word.
    first: usize,
    /// One past its last word.
    end: usize,
    shape: Shape,
}

/// Words, and what goes between them. Boundary `i` is the one before word `i`.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
    comments: Vec<Comment>,
    seps: Vec<Sep>,
    /// Groups in the order they were opened: outer before inner.
    groups: Vec<Group>,
    /// Steps inwards at a boundary, before its comments.
    inwards: Vec<u8>,
    /// Steps outwards at a boundary, behind its comments.
    outwards: Vec<u8>,
}

impl<'a> Document<'a> {
    /// A document in which every boundary has what goes there when nothing is said.
    pub(super) fn new(text: &'a str, tokens: Vec<Token>, comments: Vec<Comment>) -> Self {
        let mut document = Self {
            text,
            seps: vec![Sep::None; tokens.len() + 1],
            groups: Vec::new(),
            inwards: vec![0; tokens.len() + 1],
            outwards: vec![0; tokens.len() + 1],
            tokens,
            comments,
        };
        for at in 1..document.tokens.len() {
            document.seps[at] = document.default_sep(at);
        }
        document
    }

    /// The text of a word; empty past the end.
    pub(super) fn word(&self, token: usize) -> &'a str {
        self.tokens.get(token).map_or("", |token| token.span.of(self.text))
    }

    fn default_sep(&self, at: usize) -> Sep {
        let (before, after) = (self.word(at - 1), self.word(at));
        if matches!(after, "," | ";" | ")" | "]") || matches!(before, "(" | "[") {
            Sep::None
        } else if matches!(before, "," | ";" | "|")
            || after == "|"
            || self.tokens[at].gap.blank
            || (matches!(before, ")" | "]") && after.starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            Sep::Space
        } else {
            Sep::None
        }
    }

    /// Sets what goes before a word.
    pub(super) fn set(&mut self, token: usize, sep: Sep) {
        if (1..self.tokens.len()).contains(&token) {
            self.seps[token] = sep;
        }
    }

    /// Makes a group of the words from `first` to `last`. Outer groups must be made before inner ones.
    pub(super) fn group(&mut self, first: usize, last: usize, shape: Shape) {
        if first < last && last < self.tokens.len() {
            self.groups.push(Group { first, end: last + 1, shape });
        }
    }

    /// Sets what stands between `open` and `close` further in when the group they are in is broken.
    pub(super) fn inside(&mut self, open: usize, close: usize) {
        if open < close && close < self.tokens.len() {
            self.inwards[open + 1] += 1;
            self.outwards[close] += 1;
        }
    }

    /// Whether a comment stands between two words.
    pub(super) fn has_comment(&self, first: usize, last: usize) -> bool {
        let index = self.comments.partition_point(|comment| comment.before <= first);
        self.comments.get(index).is_some_and(|comment| comment.before <= last)
    }

    /// The width of a word: of its first line, where it has several.
    fn width(&self, span: Span) -> usize {
        let text = span.of(self.text);
        let line = text.split(['\n', '\r']).next().unwrap_or(text);
        if line.is_ascii() { line.len() } else { line.chars().count() }
    }

    /// Puts each comment before the word it will be printed before. One that stands before a comma, a semicolon or a
    /// bracket that closes without a break goes behind it, so that the sign stays with what it ends.
    fn place_comments(&mut self) {
        let mut first = 0;
        while let Some(at) = self.comments.get(first).map(|comment| comment.before) {
            let count = self.comments[first..].partition_point(|comment| comment.before == at);
            let here = &mut self.comments[first..first + count];
            let word = self.tokens.get(at).map_or("", |token| token.span.of(self.text));
            let moves = self.seps[at] == Sep::None
                && match word {
                    "," | ";" => true,
                    ")" | "]" | "}" => here.iter().all(|comment| comment.gap.lines == 0),
                    _ => false,
                };
            if moves {
                for comment in here {
                    comment.before += 1;
                }
            } else {
                first += count;
            }
        }
    }

    /// The lines, without a line break at the end.
    pub(super) fn render(mut self, newline: &str) -> String {
        self.place_comments();
        self.groups.sort_by_key(|group| group.first);
        let count = self.tokens.len();
        let mut commented = vec![false; count + 1];
        for comment in &self.comments {
            commented[comment.before] = true;
        }

        // Running sums: where each word would begin and end if all stood on one line; how many line breaks there
        // must be up to each boundary; the next boundary at which there may be one.
        let (mut starts, mut ends) = (vec![0; count], vec![0; count]);
        let mut hard = vec![0_usize; count + 1];
        let mut column = 0;
        for at in 0..count {
            column += if at == 0 { 0 } else { self.seps[at].width() };
            starts[at] = column;
            column += self.width(self.tokens[at].span);
            ends[at] = column;
            let is_hard = at > 0 && (self.seps[at].is_hard() || commented[at]);
            hard[at + 1] = hard[at] + usize::from(is_hard);
        }
        let mut next_break = vec![count; count + 1];
        for at in (0..count).rev() {
            let breaks = self.seps[at].may_break() || commented[at];
            next_break[at] = if breaks { at } else { next_break[at + 1] };
        }
        let mut closes = vec![0_usize; count + 1];
        for group in &self.groups {
            closes[group.end] += 1;
        }

        let mut out = Writer { text: String::with_capacity(self.text.len() * 5 / 4), newline, column: 0 };
        let mut frames = vec![Frame { indent: 0, broken: true }];
        let mut groups = self.groups.iter().peekable();
        let mut comments = &self.comments[..];
        for at in 0..=count {
            for _ in 0..closes[at].min(frames.len() - 1) {
                frames.pop();
            }
            let Some(frame) = frames.last_mut() else { break };
            let sep = self.seps[at];
            if frame.broken {
                frame.indent += INDENT * usize::from(self.inwards[at]);
            }
            let continued = if sep.may_break() || at == 0 || at == count { 0 } else { INDENT };
            let paragraph = sep == Sep::Paragraph || at == 0 || at == count;
            let (here, later) = comments.split_at(comments.iter().take_while(|comment| comment.before == at).count());
            comments = later;
            for (index, comment) in here.iter().enumerate() {
                if index == 0 && comment.gap.lines == 0 && at > 0 {
                    out.write(" ");
                } else if at > 0 || index > 0 {
                    out.new_line(frame.indent + continued, paragraph && comment.gap.lines > 1);
                }
                out.write(comment.span.of(self.text));
            }
            if frame.broken {
                frame.indent = frame.indent.saturating_sub(INDENT * usize::from(self.outwards[at]));
            }
            let Some(token) = self.tokens.get(at) else { break };

            let breaks = commented[at]
                || match sep {
                    Sep::None | Sep::Space => false,
                    Sep::Line | Sep::Soft => frame.broken,
                    Sep::Fill => {
                        let item = ends[next_break[at + 1] - 1] - starts[at];
                        frame.broken && out.column + 1 + item > WIDTH
                    }
                    Sep::Hard | Sep::Paragraph => true,
                };
            if at == 0 && !commented[0] {
                // The first word begins the text.
            } else if breaks {
                out.new_line(frame.indent + continued, paragraph && token.gap.lines > 1);
            } else if sep.width() == 1 {
                out.write(" ");
            }

            while let Some(group) = groups.next_if(|group| group.first == at) {
                let outer = frames.last().copied().unwrap_or_default();
                let forced = hard[group.end] > hard[group.first + 1];
                let reach = ends[next_break[group.end].max(group.end) - 1] - starts[at];
                let broken = outer.broken && (forced || out.column + reach > WIDTH);
                let step = if broken && group.shape == Shape::Indent { INDENT } else { 0 };
                frames.push(Frame { indent: outer.indent + step, broken });
            }
            out.write(token.span.of(self.text));
        }
        out.text
    }
}

/// A group that is being printed.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    indent: usize,
    broken: bool,
}

struct Writer<'a> {
    text: String,
    newline: &'a str,
    /// Characters on the line so far, its indentation included.
    column: usize,
}

impl Writer<'_> {
    fn write(&mut self, text: &str) {
        self.text.push_str(text);
        match text.rfind(['\n', '\r']) {
            Some(line_break) => self.column = text[line_break + 1..].chars().count(),
            None => self.column += if text.is_ascii() { text.len() } else { text.chars().count() },
        }
    }

    fn new_line(&mut self, indent: usize, blank_line: bool) {
        if blank_line {
            self.text.push_str(self.newline);
        }
        self.text.push_str(self.newline);
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }
}
