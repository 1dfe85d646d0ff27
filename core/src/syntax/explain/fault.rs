//! A place at which the grammar gave up, and the words round it.

use super::draft::Draft;
use super::expected;
use super::part::{self, Part};
use crate::diagnostic::{Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::{Kind, Token, tokens};

/// A part of a text that does not parse. All places count in the draft.
#[derive(Debug)]
pub(super) struct Fault<'d> {
    draft: &'d Draft,
    /// The text of the part, with the marks round it.
    pub(super) text: &'d str,
    /// The statement or stage.
    pub(super) part: Part,
    /// The words, the marks among them.
    pub(super) tokens: Vec<Token>,
    /// Which of them is the one that cannot stand there; none if the text ends.
    pub(super) at: usize,
}

impl<'d> Fault<'d> {
    /// The fault of a part that the grammar takes up to `offset`.
    pub(super) fn new(draft: &'d Draft, part: Part, offset: usize) -> Self {
        let tokens = tokens(draft.text());
        let at = tokens.partition_point(|token| token.span.end as usize <= offset);
        Self { draft, text: draft.text(), part, tokens, at }
    }

    /// The fault of a text that cannot be cut.
    pub(super) fn of_whole(draft: &'d Draft, offset: usize) -> Self {
        let inner = Span::new(0, draft.text().len());
        Self::new(draft, Part { inner, lead: None, tail: None }, offset)
    }

    /// The words of a token, counted from the one that cannot stand there.
    pub(super) fn word(&self, offset: isize) -> &'d str {
        self.token(offset).map_or("", |token| token.span.of(self.text))
    }

    pub(super) fn token(&self, offset: isize) -> Option<Token> {
        self.at.checked_add_signed(offset).and_then(|index| self.tokens.get(index)).copied()
    }

    pub(super) fn kind(&self, offset: isize) -> Option<Kind> {
        self.token(offset).map(|token| token.kind)
    }

    /// Where a token stands; at the end, the place behind the last word.
    pub(super) fn span(&self, offset: isize) -> Span {
        self.token(offset)
            .map_or_else(|| Span::at(self.tokens.last().map_or(0, |token| token.span.end as usize)), |token| token.span)
    }

    /// The words of the token of this index.
    pub(super) fn nth(&self, index: usize) -> &'d str {
        self.tokens.get(index).map_or("", |token| token.span.of(self.text))
    }

    /// Whether a token begins a line.
    pub(super) fn begins_line(&self, offset: isize) -> bool {
        let (Some(token), Some(before)) = (self.token(offset), self.token(offset - 1)) else { return true };
        self.text[before.span.end as usize..token.span.start as usize].contains(['\n', '\r'])
    }

    /// Whether a token stands right behind the one before it.
    pub(super) fn adjoins(&self, index: usize) -> bool {
        index > 0 && self.tokens.get(index).is_some_and(|token| self.tokens[index - 1].span.end == token.span.start)
    }

    /// The bracket that is open at a token, by its index.
    pub(super) fn opener(&self, index: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for before in (0..index.min(self.tokens.len())).rev() {
            match self.nth(before) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" if depth == 0 => return Some(before),
                "(" | "[" | "{" => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// The bracket that closes the one of this index.
    pub(super) fn closer(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in open..self.tokens.len() {
            match self.nth(index) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The index of the first word of the stage or statement that the fault is in.
    pub(super) fn stage_start(&self) -> usize {
        let mut index = self.at.min(self.tokens.len());
        let mut depth = 0_usize;
        while index > 0 {
            match self.nth(index - 1) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" if depth == 0 => break,
                "(" | "[" | "{" => depth -= 1,
                "|" | ";" if depth == 0 => break,
                _ => {}
            }
            index -= 1;
        }
        index
    }

    /// The operator whose stage the fault is in, in small letters; empty inside the brackets of an expression.
    pub(super) fn operator(&self) -> String {
        let start = self.stage_start();
        let is_stage = start > 0 && self.nth(start - 1) == "|";
        if is_stage || self.part.rule() == super::super::grammar::Rule::statement_slice || start == 0 {
            return self.dashed(start).of(self.text).to_ascii_lowercase();
        }
        String::new()
    }

    /// A word with what is joined to it by dashes, as in `project-away`.
    pub(super) fn dashed(&self, index: usize) -> Span {
        let Some(first) = self.tokens.get(index) else { return self.span(isize::MAX) };
        let mut span = first.span;
        let mut next = index + 1;
        while first.kind == Kind::Word
            && self.nth(next) == "-"
            && self.adjoins(next)
            && self.adjoins(next + 1)
            && self.tokens[next + 1].kind == Kind::Word
        {
            span = span.to(self.tokens[next + 1].span);
            next += 2;
        }
        span
    }

    /// The index of the first token of the operand that ends with the token of this index.
    pub(super) fn operand_start(&self, last: usize) -> usize {
        let mut index = last;
        loop {
            if matches!(self.nth(index), ")" | "]") {
                match self.opener(index) {
                    Some(open) => index = open,
                    None => return index,
                }
                // `f(…)`, `a[…]`: what is called or indexed belongs to it.
                let callee = index > 0
                    && self.adjoins(index)
                    && (self.tokens[index - 1].kind == Kind::Word || self.nth(index - 1) == "]");
                if callee {
                    index -= 1;
                    continue;
                }
            }
            if index >= 2 && self.nth(index - 1) == "." {
                index -= 2;
                continue;
            }
            return index;
        }
    }

    /// The index of the last token of the operand that begins with the token of this index.
    pub(super) fn operand_end(&self, first: usize) -> usize {
        let mut index = first;
        if matches!(self.nth(index), "(" | "[") {
            index = self.closer(index).unwrap_or(index);
        }
        loop {
            match self.nth(index + 1) {
                "(" | "[" if self.adjoins(index + 1) => match self.closer(index + 1) {
                    Some(close) => index = close,
                    None => return index,
                },
                "." if index + 2 < self.tokens.len() => index += 2,
                _ => return index,
            }
        }
    }

    /// The index of the last token of the comparison that begins with the token of this index.
    pub(super) fn comparison_end(&self, first: usize) -> usize {
        let mut index = first;
        while index < self.tokens.len() {
            match self.nth(index) {
                "(" | "[" | "{" => index = self.closer(index).unwrap_or(index),
                ")" | "]" | "}" | "," | "|" | ";" => break,
                word if matches!(word.to_ascii_lowercase().as_str(), "and" | "or") => break,
                _ if index > first && self.begins_stage(index) => break,
                _ => {}
            }
            index += 1;
        }
        index.saturating_sub(1).max(first)
    }

    /// Whether a token is the name of an operator at the start of a line.
    pub(super) fn begins_stage(&self, index: usize) -> bool {
        let offset = index.cast_signed() - self.at.cast_signed();
        self.begins_line(offset) && expected::is_operator(&self.dashed(index).of(self.text).to_ascii_lowercase())
    }

    /// A change that puts a harmless stage in the place of the faulty one, in a sub-query.
    pub(super) fn without_stage(&self) -> Option<Edit> {
        let start = self.stage_start();
        self.opener(start)?;
        if self.nth(start - 1) != "|" || start >= self.tokens.len() {
            return None;
        }
        let mut end = start;
        while end < self.tokens.len() && !matches!(self.nth(end), ")" | "]" | "}" | "|" | ";") {
            end = match self.nth(end) {
                "(" | "[" | "{" => self.closer(end)?,
                _ => end,
            } + 1;
        }
        (end > start).then(|| Edit::replace(self.tokens[start].span.to(self.tokens[end - 1].span), "count"))
    }

    /// The draft with a change, and where the part stands in it then.
    pub(super) fn mended(&self, edits: &[Edit]) -> Option<(Draft, Part)> {
        let inner = self.part.inner;
        // A change to the marks makes other parts of it all.
        if edits.iter().any(|edit| edit.span.start < inner.start || edit.span.end > inner.end) {
            return None;
        }
        let draft = self.draft.edited(edits)?;
        let behind = self.text.len() - inner.end as usize;
        let inner = Span::new(inner.start as usize, draft.text().len() - behind);
        Some((draft, Part { inner, ..self.part }))
    }

    /// Whether the grammar gets further with a change.
    pub(super) fn helps(&self, edits: &[Edit]) -> bool {
        let Some((draft, part)) = self.mended(edits) else { return true };
        let left = self.text.len() - self.span(0).start as usize;
        part::reach(draft.text(), part).is_none_or(|at| {
            let text = draft.text();
            let next = tokens(&text[at..]).first().map_or(text.len(), |token| at + token.span.start as usize);
            text.len() - next < left
        })
    }

    /// Whether the grammar takes the whole part with a change.
    pub(super) fn heals(&self, edits: &[Edit]) -> bool {
        self.mended(edits).is_some_and(|(draft, part)| part::reach(draft.text(), part).is_none())
    }

    /// Whether the text up to the fault would be whole with these words behind it.
    pub(super) fn could_go_on(&self, words: &str) -> bool {
        let upto = self.at.checked_sub(1).map_or(0, |last| self.tokens[last].span.end as usize);
        let inner = self.part.inner;
        let mut text = self.text[inner.start as usize..upto.max(inner.start as usize)].to_owned();
        text.push(' ');
        text.push_str(words);
        let mut index = self.at;
        while let Some(open) = self.opener(index) {
            text.push_str(match self.nth(open) {
                "(" => ")",
                "[" => "]",
                _ => "}",
            });
            index = open;
        }
        let part = Part { inner: Span::new(0, text.len()), lead: self.part.lead, tail: None };
        part::reach(&text, part).is_none()
    }

    /// What to say where nothing more is known.
    pub(super) fn unexplained(&self) -> Diagnostic {
        let span = self.span(0);
        if span.is_empty() {
            return Diagnostic::new(&code::UNEXPECTED_END, span, "the query ends too early");
        }
        Diagnostic::new(&code::UNEXPECTED, span, format!("unexpected `{}`", shown(span.of(self.text))))
    }
}

/// Words as they are quoted in a sentence: a long string is cut.
pub(super) fn shown(words: &str) -> String {
    const WIDTH: usize = 40;
    let line = words.lines().next().unwrap_or_default();
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < words.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}
