//! Pieces of a text, and the texts that they make up.

use super::want::Want;
use crate::ir::{StringTest, Value};

/// The pieces that a text must have.
#[derive(Default)]
pub(super) struct Pieces<'a> {
    start: &'a str,
    end: &'a str,
    inside: Vec<(&'a str, &'a Want)>,
    needed: bool,
}

impl<'a> Pieces<'a> {
    /// The pieces that are wanted; of lists the item at a turn.
    pub(super) fn of(wants: &'a [Want], turn: usize) -> Self {
        let mut pieces = Self::default();
        for want in wants {
            let (test, needle) = match want {
                Want::Text { test, needle, negated: false, .. } => (*test, &**needle),
                Want::Any { test, needles, negated: false, .. } if !needles.is_empty() => {
                    (*test, &*needles[turn % needles.len()])
                }
                _ => continue,
            };
            pieces.needed = true;
            match test {
                StringTest::StartsWith => {
                    if needle.len() > pieces.start.len() {
                        pieces.start = needle;
                    }
                }
                StringTest::EndsWith => {
                    if needle.len() > pieces.end.len() {
                        pieces.end = needle;
                    }
                }
                StringTest::Equals => pieces.start = needle,
                StringTest::Wildcard | StringTest::Glob => {
                    let mut parts = needle.split('*');
                    let first = parts.next().unwrap_or_default();
                    let mut rest: Vec<&str> = parts.collect();
                    if first.len() > pieces.start.len() {
                        pieces.start = first;
                    }
                    let last = rest.pop().unwrap_or_default();
                    if last.len() > pieces.end.len() {
                        pieces.end = last;
                    }
                    pieces.inside.extend(rest.into_iter().filter(|part| !part.is_empty()).map(|part| (part, want)));
                }
                _ => pieces.inside.push((needle, want)),
            }
        }
        pieces
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        !self.needed
    }

    /// The pieces put together; what is there already is not put in again.
    pub(super) fn joined(&self, joint: &str, salt: Option<&str>) -> String {
        // Longer pieces first: they may hold shorter ones.
        let mut order: Vec<usize> = (0..self.inside.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.inside[*at].0.len()));
        let mut kept: Vec<usize> = Vec::new();
        let whole = |kept: &[usize]| {
            let mut text = self.start.to_owned();
            let mut inner: Vec<usize> = kept.to_vec();
            inner.sort_unstable();
            for at in inner {
                if !text.is_empty() {
                    text.push_str(joint);
                }
                text.push_str(self.inside[at].0);
            }
            if let Some(salt) = salt {
                if !text.is_empty() {
                    text.push_str(joint);
                }
                text.push_str(salt);
            }
            if !self.end.is_empty() {
                // An end that is there need not come twice.
                if !(kept.is_empty() && salt.is_none() && text.ends_with(self.end)) {
                    if !text.is_empty() && (salt.is_some() || !kept.is_empty()) {
                        text.push_str(joint);
                    }
                    text.push_str(self.end);
                }
            }
            text
        };
        for at in order {
            if !self.inside[at].1.holds(&Value::string(whole(&kept))) {
                kept.push(at);
            }
        }
        whole(&kept)
    }
}
