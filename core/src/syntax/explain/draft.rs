//! A text under repair: mended step by step so that parsing can go on, while every place still leads to the text
//! that the user wrote.

use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;

/// A text with edits applied, and the way back to the original.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    text: String,
    /// The pieces that stand in the original too, in order.
    runs: Vec<Run>,
    /// Where in the original that which this is a draft of begins and ends.
    begin: usize,
    end: usize,
}

/// A piece that the draft has in common with the original.
#[derive(Clone, Copy, Debug)]
struct Run {
    draft: usize,
    original: usize,
    len: usize,
}

impl Draft {
    /// The draft that is the original.
    pub(super) fn new(text: &str) -> Self {
        let runs = vec![Run { draft: 0, original: 0, len: text.len() }];
        Self { text: text.to_owned(), runs, begin: 0, end: text.len() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A part of the draft as a draft of its own.
    pub(super) fn part(&self, span: Span) -> Self {
        let range = span.range();
        let runs = self
            .runs
            .iter()
            .filter_map(|run| {
                let (start, end) = (run.draft.max(range.start), (run.draft + run.len).min(range.end));
                (start < end).then(|| Run {
                    draft: start - range.start,
                    original: run.original + (start - run.draft),
                    len: end - start,
                })
            })
            .collect();
        let (begin, end) = (self.start(range.start), self.behind(range.end));
        Self { text: self.text[range].to_owned(), runs, begin, end }
    }

    /// The draft with more edits, which count in this draft. `None` if they overlap.
    pub(super) fn edited(&self, edits: &[Edit]) -> Option<Self> {
        let mut edits: Vec<&Edit> = edits.iter().collect();
        edits.sort_by_key(|edit| edit.span);
        let mut next = Self {
            text: String::with_capacity(self.text.len() + 16),
            runs: Vec::new(),
            begin: self.begin,
            end: self.end,
        };
        let mut at = 0;
        for edit in edits {
            if (edit.span.start as usize) < at || edit.span.end as usize > self.text.len() {
                return None;
            }
            next.keep(self, Span::new(at, edit.span.start as usize));
            next.text.push_str(&edit.replacement);
            at = edit.span.end as usize;
        }
        next.keep(self, Span::new(at, self.text.len()));
        Some(next)
    }

    fn keep(&mut self, from: &Self, span: Span) {
        let offset = self.text.len();
        let part = from.part(span);
        self.runs.extend(part.runs.iter().map(|run| Run { draft: run.draft + offset, ..*run }));
        self.text.push_str(&part.text);
    }

    /// Where a span of the draft stands in the original.
    pub(super) fn original(&self, span: Span) -> Span {
        let end = self.behind(span.end as usize);
        if span.is_empty() {
            return Span::at(end);
        }
        let start = self.start(span.start as usize);
        Span::new(start, end.max(start))
    }

    /// The place in the original behind what stands before a place of the draft.
    fn behind(&self, offset: usize) -> usize {
        let after = self.runs.partition_point(|run| run.draft < offset);
        match after.checked_sub(1).map(|index| self.runs[index]) {
            Some(run) if offset <= run.draft + run.len => run.original + (offset - run.draft),
            _ => self.runs.get(after).map_or(self.end, |run| run.original),
        }
    }

    fn start(&self, offset: usize) -> usize {
        let after = self.runs.partition_point(|run| run.draft <= offset);
        match after.checked_sub(1).map(|index| self.runs[index]) {
            Some(run) => run.original + (offset - run.draft).min(run.len),
            None => self.begin,
        }
    }

    /// Whether an edit of the draft touches nothing but what stands in the original too.
    fn is_verbatim(&self, span: Span) -> bool {
        let (start, end) = (span.start as usize, span.end as usize);
        self.runs.iter().any(|run| run.draft <= start && end <= run.draft + run.len)
    }

    /// The same finding with every span in the original. A fix that would change what was mended already is dropped.
    pub(super) fn told(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        if diagnostic.fix.as_ref().is_some_and(|fix| !fix.edits.iter().all(|edit| self.is_verbatim(edit.span))) {
            diagnostic.fix = None;
        }
        diagnostic.span = self.original(diagnostic.span);
        for label in &mut diagnostic.related {
            label.span = self.original(label.span);
        }
        for edit in diagnostic.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = self.original(edit.span);
        }
        diagnostic
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_lead_back_through_edits() {
        let draft = Draft::new("T | where a = 1 AND b");
        let draft = draft.edited(&[Edit::replace(Span::new(12, 13), "=="), Edit::insert(0, "| ")]).unwrap();
        assert_eq!(draft.text(), "| T | where a == 1 AND b");
        let and = Span::new(19, 22);
        assert_eq!(and.of(draft.text()), "AND");
        assert_eq!(draft.original(and), Span::new(16, 19));
        assert_eq!(draft.original(Span::new(14, 16)), Span::new(12, 13));
        let again = draft.part(Span::new(12, 22)).edited(&[Edit::replace(Span::new(7, 10), "and")]).unwrap();
        assert_eq!(again.text(), "a == 1 and");
        assert_eq!(again.original(Span::new(7, 10)), Span::new(16, 19));
        assert_eq!(again.original(Span::at(10)), Span::at(19));
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let edits = [Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(1, 3))];
        assert!(Draft::new("abc").edited(&edits).is_none());
    }

    proptest! {
        #[test]
        fn what_was_not_edited_is_found_again(at in 0_usize..20, len in 0_usize..5, new in "[xyz]{0,4}", probe in 0_usize..20) {
            let text = "abcdefghijklmnopqrstuvwxy";
            let draft = Draft::new(text).edited(&[Edit::replace(Span::new(at, at + len), new)]).unwrap();
            let word = &text[probe..=probe];
            if let Some(found) = draft.text().find(word).filter(|_| probe < at || probe >= at + len) {
                // The inserted letters are among x, y and z; the probe never is.
                prop_assert_eq!(draft.original(Span::new(found, found + 1)), Span::new(probe, probe + 1));
            }
        }
    }
}
