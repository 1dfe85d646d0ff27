//! Regular expressions: those of Kusto in PCRE.

use super::text::matches;
use super::{Flow, Lower, Result, refuse};
use crate::ir::{CaseRule, NullRule, RegexDialect, RegexMatch, Value};
use crate::source::Span;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::Eval;
use crate::target::{LossKind, Prefer};

impl Lower<'_> {
    pub(super) fn regex(&mut self, flow: &mut Flow, node: &RegexMatch, want: bool, span: Span) -> Result<Eval> {
        let want = want != node.negated;
        if node.dialect != RegexDialect::Kusto || node.nulls != NullRule::KqlMatch {
            return refuse(LossKind::UnsupportedExpression, span, "this pattern is of another language than KQL");
        }
        let Some(source) = node.pattern.as_literal().and_then(Value::as_str) else {
            self.lose(
                LossKind::RegexDialect,
                node.pattern.span,
                "the pattern is computed; what PCRE reads otherwise in it cannot be told",
            );
            let text = super::text::or_empty(self.text(flow, &node.subject)?);
            let pattern = super::text::or_empty(self.text(flow, &node.pattern)?);
            let test = Eval::call("match", [text, pattern]);
            return Ok(if want { test } else { Eval::Not(Box::new(test)) });
        };
        let mut pattern = self.pcre(source, node.pattern.span);
        if node.case != CaseRule::Sensitive {
            pattern.insert_str(0, "(?i)");
        }
        let text = self.text(flow, &node.subject)?;
        // A missing field is an empty string, which a pattern may well match.
        let matches_empty = regex::Regex::new(source).is_ok_and(|regex| regex.is_match(""));
        let filled = self.is_filled(flow, &node.subject);
        let subject = if matches_empty && !filled { super::text::or_empty(text.clone()) } else { text.clone() };
        let test = matches(subject, pattern);
        Ok(match (want, matches_empty) {
            (true, _) => test,
            (false, true) => Eval::Not(Box::new(test)),
            (false, false) => super::text::complement(test, &text, filled),
        })
    }

    /// A pattern of Kusto's in PCRE.
    pub(super) fn pcre(&mut self, source: &str, span: Span) -> String {
        let mut out = String::with_capacity(source.len());
        let mut chars = source.chars().peekable();
        let mut in_class = false;
        let mut odd = source.contains("(?x") || source.contains("(?m") && source.contains('$');
        while let Some(c) = chars.next() {
            match c {
                // The two ends of a word, which PCRE takes for the signs themselves.
                '\\' if !in_class && matches!(chars.peek(), Some('<' | '>')) => {
                    out.push_str(if chars.next() == Some('<') { r"\b(?=\w)" } else { r"\b(?<=\w)" });
                }
                // `rex` makes a field of every group that has a name, and none but the one that is asked for is wanted.
                '(' if !in_class => {
                    out.push(c);
                    let rest: String = chars.clone().take("?P<".len() + 1).collect();
                    let name = ["?P<", "?<"].iter().find_map(|open| rest.strip_prefix(open));
                    if name.is_some_and(|name| !name.starts_with(['=', '!'])) {
                        chars.by_ref().find(|c| *c == '>');
                    }
                }
                // Blanks before a number of times count for nothing; PCRE takes such braces for text.
                '{' if !in_class => {
                    let inside: String = chars.clone().take_while(|c| *c != '}').collect();
                    let times: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
                    out.push(c);
                    if times.starts_with(|c: char| c.is_ascii_digit())
                        && times.chars().all(|c| c.is_ascii_digit() || c == ',')
                    {
                        out.push_str(&times);
                        chars.by_ref().take(inside.chars().count()).for_each(drop);
                    }
                }
                '\\' => {
                    out.push(c);
                    if let Some(next) = chars.next() {
                        odd |= matches!(next, 'C' | 'K' | 'R' | 'h' | 'G');
                        out.push(next);
                    }
                }
                '[' if in_class => {
                    // A class inside a class; PCRE has only the named ones.
                    odd |= chars.peek() != Some(&':');
                    out.push(c);
                }
                '[' => {
                    in_class = true;
                    out.push(c);
                    for wanted in ['^', ']'] {
                        if chars.peek() == Some(&wanted) {
                            out.push(wanted);
                            chars.next();
                        }
                    }
                }
                ']' => {
                    in_class = false;
                    out.push(c);
                }
                '&' | '~' | '-' if in_class && chars.peek() == Some(&c) => {
                    odd = true;
                    out.push(c);
                }
                // `$` of PCRE also matches before a line break at the end.
                '$' if !in_class && self.options.prefer == Prefer::Exact && !source.contains("(?m") => {
                    out.push_str("\\z");
                }
                c => out.push(c),
            }
        }
        if odd {
            self.lose(
                LossKind::RegexDialect,
                span,
                "the pattern uses what PCRE writes or reads otherwise: class operations, flags or escapes of its own",
            );
        } else if self.options.prefer == Prefer::Idiomatic && source.contains('$') {
            self.lose(LossKind::RegexDialect, span, "`$` also matches before a line break at the end of the text");
        }
        out
    }
}
