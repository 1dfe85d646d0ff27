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
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// How many mistakes one part is mended for.
const MAX_ROUNDS: usize = 16;
/// A part longer than this is not parsed again and again; its first mistake is told.
const MAX_MENDED: usize = 64 * 1024;

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
    for part in cut(scan, whole) {
        if found.len() < MAX_FINDINGS {
            tell(draft, part, found, 0);
        }
    }
}

/// Tells the mistakes of one part.
fn tell(whole: &Draft, part: Part, found: &mut Vec<Diagnostic>, rounds: usize) {
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
                found.extend(findings.map(|finding| draft.told(finding.shifted(start))));
                return;
            }
            inner.len()
        }
        Err(error) => match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        },
    };
    let may_mend = inner.len() <= MAX_MENDED && rounds < MAX_ROUNDS;
    let fault = Fault::new(&draft, part, start + failed);
    let finding = hints::explain(&fault, may_mend);
    let mended = finding.fix.as_ref().and_then(|fix| fault.mended(&fix.edits));
    found.push(draft.told(finding));
    if let Some((draft, part)) = mended {
        for next in cut(&scan::scan(draft.text()), part) {
            tell(&draft, next, found, rounds + 1);
        }
    }
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
