//! Statements and stages by themselves.

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pair;

use super::super::grammar::{Grammar, Rule};
use super::super::lower;
use super::super::scan::{self, Scan};
use super::draft::Draft;
use super::fault::Fault;
use super::{MAX_FINDINGS, hints};
use crate::diagnostic::{Applicability, Diagnostic, code};
use crate::source::Span;

/// How many mistakes one part is mended for.
const MAX_ROUNDS: usize = 16;
/// A part longer than this is not parsed again and again; its first mistake is told.
const MAX_MENDED: usize = 64 * 1024;

/// So many tokens must be taken behind a mistake before the next is believed to be one of its own.
const SHIFTED: usize = 3;

/// A statement or stage, with the marks round it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The words between the marks.
    pub(super) inner: Span,
    /// `;` or `|` before it.
    pub(super) lead: Option<u8>,
    /// `;` or `|` behind it.
    pub(super) tail: Option<u8>,
}

impl Part {
    /// The rule that takes such a part.
    pub(super) fn rule(self) -> Rule {
        if self.lead == Some(b'|') { Rule::stage_slice } else { Rule::statement_slice }
    }

    /// With its marks.
    fn outer(self) -> Span {
        Span::new(
            self.inner.start as usize - usize::from(self.lead.is_some()),
            self.inner.end as usize + usize::from(self.tail.is_some()),
        )
    }
}

/// The parts of `span` of the scanned text, between marks `lead` and `tail`.
fn cut(scan: &Scan, whole: Part) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut start, mut lead) = (whole.inner.start as usize, whole.lead);
    for cut in scan.cuts.iter().filter(|cut| whole.inner.contains(cut.offset)) {
        parts.push(Part { inner: Span::new(start, cut.offset), lead, tail: Some(cut.mark) });
        (start, lead) = (cut.offset + 1, Some(cut.mark));
    }
    parts.push(Part { inner: Span::new(start, whole.inner.end as usize), lead, tail: whole.tail });
    parts
}

/// Tells the mistakes of every statement and stage.
pub(super) fn parts(draft: &Draft, scan: &Scan, found: &mut Vec<Diagnostic>) {
    let whole = Part { inner: Span::new(0, draft.text().len()), lead: None, tail: None };
    let mut teller = Teller { found, at_tail: false };
    for part in cut(scan, whole) {
        teller.tell(draft, part, None);
    }
}

/// A mistake of the same part that was told before.
#[derive(Clone, Copy)]
struct Before {
    /// How many tokens stand behind it. Unlike its place, this does not change when it is mended.
    behind: usize,
    /// Whether it was mended in the only way there is.
    certain: bool,
    rounds: usize,
}

/// Tells mistakes part by part, each once.
struct Teller<'f> {
    found: &'f mut Vec<Diagnostic>,
    /// Whether the last part's mistake was told at the mark behind it; the next one may begin with its other half.
    at_tail: bool,
}

impl Teller<'_> {
    fn tell(&mut self, whole: &Draft, part: Part, before: Option<Before>) {
        let at_tail = std::mem::take(&mut self.at_tail);
        if self.found.len() >= MAX_FINDINGS {
            return;
        }
        let draft = whole.part(part.outer());
        let start = usize::from(part.lead.is_some());
        let part = Part { inner: Span::new(start, start + part.inner.len()), ..part };
        let inner = part.inner.of(draft.text());
        let failed = match Grammar::parse(part.rule(), inner) {
            Ok(pairs) => {
                let is_empty = pairs.clone().flat_map(Pair::into_inner).count() < 2;
                // Between two `;` there must be something; behind the last there need not.
                if !(is_empty && part.tail.is_some()) {
                    let findings = lower::check_slice(pairs).into_iter();
                    self.found.extend(findings.map(|finding| draft.told(finding.shifted(start))));
                    return;
                }
                inner.len()
            }
            Err(error) => match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            },
        };
        let rounds = before.map_or(0, |before| before.rounds + 1);
        let may_mend = inner.len() <= MAX_MENDED && rounds < MAX_ROUNDS;
        let fault = Fault::new(&draft, part, start + failed);
        let finding = hints::explain(&fault, may_mend);
        let behind = fault.tokens.len() - fault.at.min(fault.tokens.len());
        self.at_tail = fault.at + 1 >= fault.tokens.len() && part.tail.is_some()
            || finding.fix.iter().flat_map(|fix| &fix.edits).any(|edit| edit.span.end > part.inner.end);
        // A guess that did not hold: what follows so close is the same mistake.
        if before.is_some_and(|before| !before.certain && before.behind < behind + SHIFTED) {
            return;
        }
        if at_tail && fault.at <= 1 && is_other_half(&finding) {
            return;
        }
        let mended = match &finding.fix {
            Some(fix) => fault.mended(&fix.edits),
            // In a sub-query the other stages still have their say.
            None if may_mend => fault.without_stage().and_then(|edit| fault.mended(&[edit])),
            None => None,
        };
        let certain = finding.fix.as_ref().is_none_or(|fix| fix.applicability == Applicability::Safe);
        self.found.push(draft.told(finding));
        if let Some((draft, part)) = mended {
            for next in cut(&scan::scan(draft.text()), part) {
                self.tell(&draft, next, Some(Before { behind, certain, rounds }));
            }
        }
    }
}

/// Whether a finding at the beginning of a part may come from what ended the part before too early.
fn is_other_half(finding: &Diagnostic) -> bool {
    *finding.code == code::EMPTY_STAGE
        || *finding.code == code::UNKNOWN_OPERATOR && !finding.label.starts_with("did you mean")
}

/// How far the grammar gets with a part that may by now hold several; `None` if it takes all.
pub(super) fn reach(text: &str, part: Part) -> Option<usize> {
    let scan = scan::scan(text);
    if !scan.unterminated.is_empty() || !scan.unbalanced.is_empty() || scan.too_deep.is_some() {
        return Some(0);
    }
    for part in cut(&scan, part) {
        let start = part.inner.start as usize;
        match Grammar::parse(part.rule(), part.inner.of(text)) {
            Ok(pairs) if part.tail.is_some() && pairs.clone().flat_map(Pair::into_inner).count() < 2 => {
                return Some(part.inner.end as usize);
            }
            Ok(_) => {}
            Err(error) => match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => return Some(start + at),
            },
        }
    }
    None
}
