//! Comparisons of strings: case, terms, wildcards.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::ir::{CaseRule, StringRules, StringTest, TermRule};

/// Splunk's breakers of both kinds, but for line breaks and blanks: at each a term ends.
const BREAKERS: &str = "[]<>(){}|!;,'\"*&?+/:=@.-$#%\\_";

/// What is looked for, prepared for many subjects.
#[derive(Debug)]
pub(super) struct Needle {
    test: StringTest,
    rules: StringRules,
    /// The text under the case rule.
    text: String,
    /// Finds the text, where it may stand anywhere.
    finder: Finder<'static>,
    /// The parts of a pattern.
    pattern: Vec<Part>,
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    This(char),
    One,
    Any,
}

impl Needle {
    pub(super) fn new(test: StringTest, rules: StringRules, text: &str) -> Self {
        let text = folded(rules.case, text).into_owned();
        let pattern = match test {
            StringTest::Wildcard if text.contains('*') => wildcard(&text),
            StringTest::Glob => glob(&text),
            _ => Vec::new(),
        };
        Self { test, rules, finder: Finder::new(&text).into_owned(), text, pattern }
    }

    /// Whether it is found in a text.
    pub(super) fn found_in(&self, subject: &str) -> bool {
        self.found_in_folded(&folded(self.rules.case, subject))
    }

    /// Whether it is found in a text that the case rule was put on already.
    pub(super) fn found_in_folded(&self, subject: &str) -> bool {
        let needle = self.text.as_str();
        match self.test {
            StringTest::Equals => subject == needle,
            StringTest::Contains => self.finder.find(subject.as_bytes()).is_some(),
            StringTest::StartsWith => subject.starts_with(needle),
            StringTest::EndsWith => subject.ends_with(needle),
            StringTest::HasTerm => self.has(subject, true, true),
            StringTest::HasPrefix => self.has(subject, true, false),
            StringTest::HasSuffix => self.has(subject, false, true),
            StringTest::Wildcard if self.pattern.is_empty() => subject == needle,
            StringTest::Wildcard | StringTest::Glob => fits(&self.pattern, subject),
        }
    }

    /// The text, under the case rule.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text that a subject must equal, where that is all.
    pub(super) fn exactly(&self) -> Option<&str> {
        match self.test {
            StringTest::Equals => Some(&self.text),
            StringTest::Wildcard if self.pattern.is_empty() => Some(&self.text),
            _ => None,
        }
    }

    /// Whether it occurs with the ends asked for at the border of a term, where they belong to one.
    fn has(&self, subject: &str, start: bool, end: bool) -> bool {
        let needle = self.text.as_str();
        let inside = |c: char| within_term(self.rules.terms, c);
        let (Some(first), Some(last)) = (needle.chars().next(), needle.chars().next_back()) else { return true };
        let (start, end) = (start && inside(first), end && inside(last));
        let mut from = 0;
        while let Some(at) = self.finder.find(&subject.as_bytes()[from..]).map(|at| from + at) {
            let before = subject[..at].chars().next_back();
            let after = subject[at + needle.len()..].chars().next();
            if !(start && before.is_some_and(inside) || end && after.is_some_and(inside)) {
                return true;
            }
            from = at + first.len_utf8();
        }
        false
    }
}

/// Whether a character belongs to a term rather than parting two.
fn within_term(rule: TermRule, c: char) -> bool {
    match rule {
        TermRule::KqlAlphanumeric => c.is_alphanumeric(),
        TermRule::Splunk => !(c.is_whitespace() || BREAKERS.contains(c)),
        TermRule::UnicodeWords => c.is_alphanumeric() || c == '_',
    }
}

/// The text under a case rule.
pub(super) fn folded(case: CaseRule, text: &str) -> Cow<'_, str> {
    match case {
        CaseRule::Sensitive => Cow::Borrowed(text),
        CaseRule::AsciiInsensitive if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Cow::Owned(text.to_ascii_lowercase())
        }
        CaseRule::AsciiInsensitive => Cow::Borrowed(text),
        CaseRule::UnicodeInsensitive if text.is_ascii() => folded(CaseRule::AsciiInsensitive, text),
        CaseRule::UnicodeInsensitive => Cow::Owned(text.chars().map(fold).collect()),
    }
}

/// Unicode's simple folding: one character for one. Through upper case to lower case, which joins such as `ſ` and `s`;
/// the dotless `ı` alone would be joined with more than it should.
fn fold(c: char) -> char {
    fn only(mut chars: impl Iterator<Item = char>, c: char) -> char {
        match (chars.next(), chars.next()) {
            (Some(one), None) => one,
            _ => c,
        }
    }
    if c == 'ı' {
        return c;
    }
    let upper = only(c.to_uppercase(), c);
    only(upper.to_lowercase(), upper)
}

/// `*` for anything.
fn wildcard(text: &str) -> Vec<Part> {
    text.chars().map(|c| if c == '*' { Part::Any } else { Part::This(c) }).collect()
}

/// `*` for anything, `?` for one character; a backslash takes their meaning away, and its own.
fn glob(text: &str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' if chars.peek().is_some_and(|next| matches!(next, '*' | '?' | '\\')) => {
                Part::This(chars.next().unwrap_or(c))
            }
            c => Part::This(c),
        });
    }
    parts
}

/// Whether a whole text fits; on a mismatch the last `*` takes one character more.
fn fits(pattern: &[Part], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut star: Option<(usize, &str)> = None;
    loop {
        match (pattern.get(at), rest.chars().next()) {
            (Some(Part::Any), _) => {
                at += 1;
                star = Some((at, rest));
                continue;
            }
            (None, None) => return true,
            (Some(Part::One), Some(c)) => {
                at += 1;
                rest = &rest[c.len_utf8()..];
                continue;
            }
            (Some(Part::This(wanted)), Some(c)) if *wanted == c => {
                at += 1;
                rest = &rest[c.len_utf8()..];
                continue;
            }
            _ => {}
        }
        let Some((behind, from)) = star else { return false };
        let Some(skipped) = from.chars().next() else { return false };
        rest = &from[skipped.len_utf8()..];
        at = behind;
        star = Some((behind, rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::NullRule;
    use proptest::prelude::*;

    fn found(test: StringTest, case: CaseRule, terms: TermRule, subject: &str, needle: &str) -> bool {
        Needle::new(test, StringRules { case, terms, nulls: NullRule::AbsentFails }, needle).found_in(subject)
    }

    #[test]
    fn case_is_folded_by_its_rule() {
        use CaseRule::{AsciiInsensitive, Sensitive, UnicodeInsensitive};
        for (case, a, b, same) in [
            (Sensitive, "A", "a", false),
            (AsciiInsensitive, "A", "a", true),
            (AsciiInsensitive, "Ä", "ä", false),
            (UnicodeInsensitive, "Ä", "ä", true),
            (UnicodeInsensitive, "ſ\u{212a}", "sk", true),
            (UnicodeInsensitive, "ı", "i", false),
            (UnicodeInsensitive, "ß", "ẞ", true),
            (UnicodeInsensitive, "ß", "ss", false),
        ] {
            assert_eq!(found(StringTest::Equals, case, TermRule::Splunk, a, b), same, "{a} {b}");
        }
    }

    #[test]
    fn terms_end_where_their_rule_says() {
        use TermRule::{KqlAlphanumeric, Splunk};
        for (terms, subject, needle, has) in [
            (KqlAlphanumeric, "a_admin-b", "admin", true),
            (KqlAlphanumeric, "admins", "admin", false),
            (KqlAlphanumeric, "xadmin admin", "admin", true),
            (KqlAlphanumeric, "a.exe", ".exe", true),
            (KqlAlphanumeric, "aéb", "a", false),
            (Splunk, "user=admin,x", "admin", true),
            (Splunk, "a_admin", "admin", true),
            (Splunk, "adm~in", "adm", false),
            (Splunk, "", "admin", false),
            (Splunk, "failed login now", "failed login", true),
            (Splunk, "failed logins", "failed login", false),
        ] {
            assert_eq!(
                found(StringTest::HasTerm, CaseRule::Sensitive, terms, subject, needle),
                has,
                "{subject} {needle}"
            );
        }
        assert!(found(StringTest::HasPrefix, CaseRule::Sensitive, Splunk, "a=admins", "admin"));
        assert!(!found(StringTest::HasPrefix, CaseRule::Sensitive, Splunk, "xadmins", "admin"));
        assert!(found(StringTest::HasSuffix, CaseRule::Sensitive, Splunk, "xadmin", "admin"));
    }

    #[test]
    fn patterns_fit_whole_texts() {
        for (test, pattern, text, fits) in [
            (StringTest::Wildcard, "a*c", "abbc", true),
            (StringTest::Wildcard, "a?c", "abc", false),
            (StringTest::Wildcard, "*", "", true),
            (StringTest::Wildcard, r"c:\*", r"c:\x", true),
            (StringTest::Glob, "a?c", "aéc", true),
            (StringTest::Glob, r"a\*c", "a*c", true),
            (StringTest::Glob, r"a\*c", "abc", false),
            (StringTest::Glob, r"a\\*", r"a\x", true),
            (StringTest::Glob, r"a\b", r"a\b", true),
            (StringTest::Glob, "*ab*ab", "xababab", true),
            (StringTest::Glob, "", "", true),
            (StringTest::Glob, "", "a", false),
        ] {
            assert_eq!(found(test, CaseRule::Sensitive, TermRule::Splunk, text, pattern), fits, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_glob_is_the_regular_expression_it_stands_for(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let regex = format!("^(?s:{})$", pattern.replace('*', ".*").replace('?', "."));
            let expected = regex::Regex::new(&regex).unwrap().is_match(&text);
            prop_assert_eq!(found(StringTest::Glob, CaseRule::Sensitive, TermRule::Splunk, &text, &pattern), expected);
        }
    }
}
