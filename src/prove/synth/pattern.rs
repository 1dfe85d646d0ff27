//! Texts that match a regular expression.

use std::collections::BTreeMap;

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

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
    let hir = regex_syntax::ParserBuilder::new().build().parse(pattern).ok()?;
    let mut sampler = Sampler { wishes, filled: wishes.fill.is_empty(), out: String::new() };
    sampler.add(&hir)?;
    Some(sampler.out)
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

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in ".{0,30}", variant in 0_usize..9) {
            let _ = sample(&pattern, Wishes { variant, fill: "x", captures: &BTreeMap::new() });
        }
    }
}
