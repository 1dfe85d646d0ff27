//! Texts that match a regular expression.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use regex::Regex;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

/// A pattern as it was read, and as it is run.
type Known = (Option<Rc<Hir>>, Option<Regex>);

/// How many patterns are kept.
const KEPT: usize = 4000;

thread_local! {
    /// Patterns met before: reading one takes longer than all else that is done with it.
    static KNOWN: RefCell<HashMap<String, Known>> = RefCell::new(HashMap::new());
}

fn known<T>(pattern: &str, of: impl Fn(&Known) -> Option<T>) -> Option<T> {
    KNOWN.with_borrow_mut(|all| {
        if let Some(known) = all.get(pattern) {
            return of(known);
        }
        if all.len() > KEPT {
            all.clear();
        }
        let hir = regex_syntax::ParserBuilder::new().build().parse(pattern).ok().map(Rc::new);
        let known = (hir, Regex::new(pattern).ok());
        let found = of(&known);
        all.insert(pattern.to_owned(), known);
        found
    })
}

/// A pattern that can be run.
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    known(pattern, |(_, regex)| regex.clone())
}

fn read(pattern: &str) -> Option<Rc<Hir>> {
    known(pattern, |(hir, _)| hir.clone())
}

/// Characters in the order in which they are taken where a class leaves a choice.
const LIKED: &str = "ae1io2nrtsA0 .-_/\\:@=,;'\"b3c4d5f6g7h8j9kZ(){}[]<>|&%$#!?+*~^`\t\n";

/// How a text is made of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes<'a> {
    /// Which of the texts.
    pub(super) variant: usize,
    /// A text that is to stand where the pattern lets anything stand.
    pub(super) fill: &'a str,
    /// What groups are to capture.
    pub(super) captures: &'a BTreeMap<usize, String>,
}

/// A text that matches, for a pattern that is read; whoever asks tests it.
pub(super) fn sample(pattern: &str, wishes: Wishes<'_>) -> Option<String> {
    let hir = read(pattern)?;
    let mut sampler = Sampler { wishes, filled: wishes.fill.is_empty(), out: String::new() };
    sampler.add(&hir)?;
    Some(sampler.out)
}

/// The pattern of a group of a pattern.
pub(super) fn group(pattern: &str, index: usize) -> Option<String> {
    let hir = read(pattern)?;
    find(&hir, index).map(|sub| format!("^(?:{sub})$"))
}

fn find(hir: &Hir, index: usize) -> Option<&Hir> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.index as usize == index => Some(&capture.sub),
        HirKind::Capture(capture) => find(&capture.sub, index),
        HirKind::Repetition(repetition) => find(&repetition.sub, index),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(|part| find(part, index)),
        _ => None,
    }
}

struct Sampler<'a> {
    wishes: Wishes<'a>,
    filled: bool,
    out: String,
}

/// The longest text that a pattern is given.
const LONGEST: usize = 4000;

impl Sampler<'_> {
    fn add(&mut self, hir: &Hir) -> Option<()> {
        if self.out.len() > LONGEST {
            return None;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.out.push_str(std::str::from_utf8(&literal.0).ok()?),
            HirKind::Class(class) => self.out.push(pick(&unicode(class)?, self.wishes.variant)?),
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(u32::MAX);
                if !self.filled
                    && most > 1
                    && let HirKind::Class(class) = repetition.sub.kind()
                    && let Some(class) = unicode(class)
                    && self.wishes.fill.chars().all(|c| contains(&class, c))
                {
                    self.filled = true;
                    self.out.push_str(self.wishes.fill);
                    let there = u32::try_from(self.wishes.fill.chars().count()).ok()?;
                    for _ in there..repetition.min {
                        self.add(&repetition.sub)?;
                    }
                    return Some(());
                }
                let more = match (repetition.min, self.wishes.variant % 3) {
                    (0, 0) => 0,
                    (0, _) => 1,
                    (_, 2) => 2,
                    _ => 0,
                };
                for _ in 0..repetition.min.saturating_add(more).min(most) {
                    self.add(&repetition.sub)?;
                }
            }
            HirKind::Capture(capture) => match self.wishes.captures.get(&(capture.index as usize)) {
                Some(text) => self.out.push_str(text),
                None => self.add(&capture.sub)?,
            },
            HirKind::Concat(parts) => {
                for part in parts {
                    self.add(part)?;
                }
            }
            HirKind::Alternation(arms) => self.add(arms.get(self.wishes.variant % arms.len())?)?,
        }
        Some(())
    }
}

fn unicode(class: &Class) -> Option<ClassUnicode> {
    match class {
        Class::Unicode(class) => Some(class.clone()),
        Class::Bytes(class) => class.to_unicode_class(),
    }
}

fn contains(class: &ClassUnicode, c: char) -> bool {
    class.iter().any(|range| (range.start()..=range.end()).contains(&c))
}

fn pick(class: &ClassUnicode, variant: usize) -> Option<char> {
    let liked: Vec<char> = LIKED.chars().filter(|c| contains(class, *c)).collect();
    // Of a class with letters all variants take letters or digits.
    let liked_count = liked.iter().filter(|c| c.is_alphanumeric()).count();
    let end = if liked_count > 0 { liked_count.min(12) } else { liked.len() };
    let alphanumeric: Vec<char> = liked.iter().copied().filter(|c| liked_count == 0 || c.is_alphanumeric()).collect();
    match alphanumeric.get(variant % end.max(1)) {
        Some(c) => Some(*c),
        None => class.iter().next().map(regex_syntax::hir::ClassUnicodeRange::start),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, fill: &str) -> bool {
        let regex = regex::Regex::new(pattern).unwrap();
        (0..4).all(|variant| {
            let text = sample(pattern, Wishes { variant, fill, captures: &BTreeMap::new() }).unwrap();
            regex.is_match(&text)
        })
    }

    #[test]
    fn samples_match() {
        for pattern in [
            r"^[A-Za-z0-9+/]{20,}={0,2}$",
            r"(?i)\bpowershell(\.exe)?\s+-e(nc)?\s",
            r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}",
            r"^\\\\[^\\]+\\(C|ADMIN)\$",
            r"[^\x00-\x7F]",
            "a|b|c",
        ] {
            assert!(matches(pattern, ""), "{pattern}");
        }
        assert!(matches("a.*b", "needle"));
    }

    #[test]
    fn groups_capture_what_is_wished() {
        let captures = BTreeMap::from([(1, "Paris".to_owned())]);
        let text = sample(r"city=([^;]+);", Wishes { variant: 0, fill: "", captures: &captures });
        assert_eq!(text.as_deref(), Some("city=Paris;"));
    }

    #[test]
    fn a_group_has_a_pattern_of_its_own() {
        let inner = group(r"id=(\d+);(x|y)", 1).unwrap();
        let regex = regex::Regex::new(&inner).unwrap();
        assert!(regex.is_match("42") && !regex.is_match("a"));
        assert_eq!(group("a", 1), None);
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in ".{0,30}", variant in 0_usize..9) {
            let _ = sample(&pattern, Wishes { variant, fill: "x", captures: &BTreeMap::new() });
        }
    }
}
