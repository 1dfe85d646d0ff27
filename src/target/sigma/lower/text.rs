//! Tests of text: the same test on a field of which the column is the whole or a part.

use super::cond::Cond;
use super::field::Subject;
use super::{Lower, Result};
use crate::ir::StringTest;
use crate::source::Span;
use crate::target::sigma::print::escaped;
use crate::target::sigma::rows::{Part, Wrap};
use crate::target::sigma::tree::{Item, Modifier, Value};
use crate::target::{LossKind, Prefer};
use crate::types::Type;

/// What parts terms, before and behind one.
const BEFORE: &str = "(^|[^A-Za-z0-9])";
const BEHIND: &str = "($|[^A-Za-z0-9])";
/// The rest of the last part of a path.
const REST: &str = r"[^\\/]*$";

/// A test of a field, as far as its records have it.
pub(super) fn item(subject: &Subject<'_>, modifiers: impl Into<Vec<Modifier>>, value: Value) -> Cond {
    if subject.missing {
        return match value {
            Value::Null => Cond::Always,
            Value::Text(text) if text.is_empty() => Cond::Always,
            _ => Cond::Never,
        };
    }
    Cond::Item(Item { field: subject.field.clone(), modifiers: modifiers.into(), values: vec![value] })
}

/// Missing, null, or the empty string where the type has one.
pub(super) fn empty(subject: &Subject<'_>) -> Cond {
    let null = item(subject, [], Value::Null);
    if matches!(subject.ty, Type::String | Type::Dynamic | Type::Unknown) {
        Cond::or([item(subject, [], Value::Text(String::new())), null])
    } else {
        null
    }
}

impl<'a> Lower<'a> {
    /// The test of a field for one needle.
    pub(super) fn text(
        &mut self,
        subject: &Subject<'a>,
        test: StringTest,
        sensitive: bool,
        needle: &str,
        span: Span,
    ) -> Result<Cond> {
        let mut sensitive = sensitive;
        if let Some(wrap) = subject.wrap {
            let same = if wrap == Wrap::Lower { needle.to_lowercase() } else { needle.to_uppercase() };
            if sensitive && same != needle {
                return Ok(Cond::Never);
            }
            sensitive = false;
        }
        if needle.is_empty() {
            return Ok(if test == StringTest::Equals { empty(subject) } else { Cond::Always });
        }
        if sensitive && self.options.prefer == Prefer::Idiomatic {
            sensitive = false;
            self.differs(
                LossKind::Case,
                span,
                "letters are compared without case, as Sigma does where nothing else is said",
            );
        }
        let needle = &*respelt(subject, needle);
        match subject.part {
            Part::Whole => Ok(self.whole(subject, test, sensitive, needle, span)),
            Part::BaseName => self.last_part(subject, test, sensitive, needle, span, &['\\', '/']),
            Part::Account => self.last_part(subject, test, sensitive, needle, span, &['\\']),
            Part::Ancestor => Ok(self.ancestor(subject, test, sensitive, needle, span)),
        }
    }

    fn whole(&mut self, subject: &Subject<'a>, test: StringTest, sensitive: bool, needle: &str, span: Span) -> Cond {
        let text = Value::Text(needle.to_owned());
        let plain = |modifier: Option<Modifier>, value: Value| {
            let cased = sensitive.then_some(Modifier::Cased);
            item(subject, modifier.into_iter().chain(cased).collect::<Vec<_>>(), value)
        };
        match test {
            StringTest::Equals => plain(None, text),
            StringTest::Contains => plain(Some(Modifier::Contains), text),
            StringTest::StartsWith => plain(Some(Modifier::StartsWith), text),
            StringTest::EndsWith => plain(Some(Modifier::EndsWith), text),
            StringTest::Wildcard => {
                plain(None, Value::Pattern(needle.split('*').map(escaped).collect::<Vec<_>>().join("*")))
            }
            StringTest::Glob => plain(None, Value::Pattern(needle.to_owned())),
            StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix => {
                let (before, behind) = guards(test, needle);
                if !before && !behind {
                    return plain(Some(Modifier::Contains), text);
                }
                if self.options.prefer == Prefer::Idiomatic {
                    let message =
                        format!("`{needle}` is also found inside a longer word, where KQL wants a term of its own");
                    self.differs(LossKind::Term, span, message);
                    return plain(Some(Modifier::Contains), text);
                }
                let pattern = format!(
                    "{}{}{}",
                    if before { BEFORE } else { "" },
                    literal_pattern(needle),
                    if behind { BEHIND } else { "" }
                );
                expression(subject, sensitive, pattern)
            }
        }
    }

    /// The column is what stands behind the last separator.
    fn last_part(
        &mut self,
        subject: &Subject<'a>,
        test: StringTest,
        sensitive: bool,
        needle: &str,
        span: Span,
        separators: &[char],
    ) -> Result<Cond> {
        if needle.contains(separators) {
            return Ok(Cond::Never);
        }
        let account = subject.part == Part::Account;
        let needle_re = literal_pattern(needle);
        let (lead, rest) = if account { (r"(^|\\)", r"[^\\]*$") } else { (r"(^|[\\/])", REST) };
        Ok(match test {
            StringTest::Equals => {
                let extension = needle.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
                let windows =
                    extension.is_some_and(|extension| self.data.target.windows_extensions.contains(&extension));
                let used = if windows { &separators[..1] } else { separators };
                let ends = used.iter().map(|separator| {
                    let cased = sensitive.then_some(Modifier::Cased);
                    let modifiers: Vec<Modifier> = [Modifier::EndsWith].into_iter().chain(cased).collect();
                    item(subject, modifiers, Value::Text(format!("{separator}{needle}")))
                });
                let mut conds: Vec<Cond> = ends.collect();
                if account {
                    conds.insert(0, self.whole(subject, test, sensitive, needle, span));
                }
                Cond::or(conds)
            }
            StringTest::EndsWith => self.whole(subject, test, sensitive, needle, span),
            StringTest::StartsWith => expression(subject, sensitive, format!("{lead}{needle_re}{rest}")),
            StringTest::Contains => expression(subject, sensitive, format!("{needle_re}{rest}")),
            StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix => {
                let (before, behind) = guards(test, needle);
                let stop = if account { r"[^A-Za-z0-9\\]" } else { r"[^A-Za-z0-9\\/]" };
                let behind = if behind { format!("($|{stop}{rest})") } else { rest.to_owned() };
                expression(subject, sensitive, format!("{}{needle_re}{behind}", if before { BEFORE } else { "" }))
            }
            StringTest::Wildcard | StringTest::Glob => {
                let message =
                    "wildcards on a part of a path cannot be said in Sigma; use `startswith`, `endswith` or `contains`";
                return self.refuse(LossKind::UnsupportedExpression, span, message);
            }
        })
    }

    /// The column is a beginning of the field, up to a backslash or all of it. The row is a guess, which tells the rest.
    fn ancestor(&mut self, subject: &Subject<'a>, test: StringTest, sensitive: bool, needle: &str, span: Span) -> Cond {
        match test {
            StringTest::Equals => Cond::or([
                self.whole(subject, StringTest::Equals, sensitive, needle, span),
                self.whole(subject, StringTest::StartsWith, sensitive, &format!("{needle}\\"), span),
            ]),
            StringTest::EndsWith => Cond::or([
                self.whole(subject, StringTest::EndsWith, sensitive, needle, span),
                self.whole(subject, StringTest::Contains, sensitive, &format!("{needle}\\"), span),
            ]),
            test => self.whole(subject, test, sensitive, needle, span),
        }
    }
}

/// A regular expression found in the field.
pub(super) fn expression(subject: &Subject<'_>, sensitive: bool, pattern: String) -> Cond {
    let modifiers: &[Modifier] = if sensitive { &[Modifier::Re] } else { &[Modifier::Re, Modifier::IgnoreCase] };
    item(subject, modifiers, Value::Verbatim(pattern))
}

/// A regular expression that matches a text, and nothing of it taken for anything else. What needs no backslash has
/// none, so that it reads as the same in every dialect.
fn literal_pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '.' | '^' | '$' | '*' | '+' | '?' | '{' | '}' | '[' | ']' | '(' | ')' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Which ends of a needle must be at a term's border.
fn guards(test: StringTest, needle: &str) -> (bool, bool) {
    let first = needle.chars().next().is_some_and(char::is_alphanumeric);
    let last = needle.chars().next_back().is_some_and(char::is_alphanumeric);
    (first && test != StringTest::HasSuffix, last && test != StringTest::HasPrefix)
}

/// The needle with its beginning as the field has it.
fn respelt(subject: &Subject<'_>, needle: &str) -> String {
    for (from, to) in subject.row.iter().flat_map(|row| &row.prefixes) {
        if let Some(head) = needle.get(..from.len())
            && head.eq_ignore_ascii_case(from)
        {
            return format!("{to}{}", &needle[from.len()..]);
        }
    }
    needle.to_owned()
}
