//! What to say about a text that the grammar does not take.
//!
//! pest tells how far it got and which rules it tried there, no more. What a person needs is made here, in passes:
//! is it KQL at all; are there characters that only look like KQL's; are strings and brackets closed; then each
//! statement and stage by itself, because one mistake must not hide the next. For a part that does not parse, the
//! [`hints`] are asked in turn. A hint that offers a change is believed only if the grammar gets further with it;
//! the change is then made in a [`Draft`](draft::Draft) and parsing goes on behind it, so that one slip is told once and
//! several are told each. Where no hint fits, [`expected`] says what was due, in the words of KQL.

mod brackets;
mod draft;
mod expected;
mod fault;
mod foreign;
mod hints;
mod lexical;
mod part;

use pest::error::{Error, InputLocation};

use super::grammar::Rule;
use super::scan::{self, Scan};
use super::token;
use crate::diagnostic::{Diagnostic, Fix};
use crate::source::Span;

/// Findings of one query; what comes after is most likely told already.
const MAX_FINDINGS: usize = 50;

/// The findings about a text that `Rule::query` failed on with `error`: at least one, in the order of the text.
pub(super) fn diagnose(text: &str, scan: &Scan, error: &Error<Rule>) -> Vec<Diagnostic> {
    if let Some(finding) = foreign::language(text) {
        return vec![finding];
    }
    let mut found = Vec::new();
    let mut draft = draft::Draft::new(text);
    let mut rescanned = None;
    for pass in [lexical::look_alikes, lexical::block_comments, lexical::symbols, brackets::strings] {
        let findings = pass(draft.text(), rescanned.as_ref().unwrap_or(scan));
        let unmended = findings.iter().any(|finding| finding.fix.is_none());
        let edits: Vec<_> = findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(edits).collect();
        found.extend(findings.into_iter().map(|finding| draft.told(finding)));
        if unmended {
            // With a string out of place nothing behind it is to be trusted.
            return in_order(text, found);
        }
        if !edits.is_empty() {
            let Some(next) = draft.edited(&edits) else { return in_order(text, found) };
            draft = next;
            rescanned = Some(scan::scan(draft.text()));
        }
    }
    let scan = rescanned.as_ref().unwrap_or(scan);
    match brackets::brackets(draft.text(), scan) {
        Some(finding) => found.push(draft.told(finding)),
        None if scan.too_deep.is_none() => part::parts(&draft, scan, &mut found),
        None => {}
    }
    if found.is_empty() {
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        found.push(fault::Fault::of_whole(&draft, at).unexplained());
    }
    in_order(text, found)
}

fn edits(fix: &Fix) -> impl Iterator<Item = crate::diagnostic::Edit> {
    fix.edits.iter().cloned()
}

fn in_order(text: &str, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for finding in found.iter_mut().filter(|finding| finding.span.is_empty()) {
        // What ended a draft may be followed by something in the text that was written.
        let rest = &text[finding.span.start as usize..];
        if let Some(token) = token::tokens(rest).first() {
            let start = finding.span.start as usize + token.span.start as usize;
            finding.span = place(start, token.span.len());
        }
    }
    found.sort_by_key(|finding| finding.span);
    found.dedup_by_key(|finding| finding.span.start);
    found.truncate(MAX_FINDINGS);
    found
}

/// The tabular operators, and how each is written, in the order of their names.
pub fn operator_shapes() -> impl Iterator<Item = (&'static str, &'static str)> {
    expected::shapes()
}

/// The span of `len` bytes at a place.
const fn place(offset: usize, len: usize) -> Span {
    Span::new(offset, offset + len)
}
