//! Texts brought to a form in which letters that count as the same are the same bytes.

use std::borrow::Cow;

use crate::ir::CaseRule;

/// The form of a text under a rule.
pub(super) fn fold(case: CaseRule, text: &str) -> Cow<'_, str> {
    match case {
        CaseRule::Sensitive => Cow::Borrowed(text),
        CaseRule::AsciiInsensitive => {
            if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Cow::Owned(text.to_ascii_lowercase())
            } else {
                Cow::Borrowed(text)
            }
        }
        CaseRule::UnicodeInsensitive => Cow::Owned(text.chars().map(fold_char).collect()),
    }
}

/// What [`fold`] gives, behind what is there; ASCII letters may be left for [`finish`].
pub(super) fn append(case: CaseRule, text: &str, into: &mut Vec<u8>) {
    if case == CaseRule::UnicodeInsensitive && !text.is_ascii() {
        let mut buffer = [0; 4];
        for c in text.chars() {
            into.extend_from_slice(fold_char(c).encode_utf8(&mut buffer).as_bytes());
        }
    } else {
        into.extend_from_slice(text.as_bytes());
    }
}

/// Completes what [`append`] wrote, all texts at once.
pub(super) fn finish(case: CaseRule, texts: &mut [u8]) {
    if case != CaseRule::Sensitive {
        texts.make_ascii_lowercase();
    }
}

/// A letter's form under Unicode's simple case folding: `ς` and `Σ` become `σ`, the Kelvin sign becomes `k`.
///
/// Lower case of upper case is that form, but for the dotless `ı`, which folds to itself.
fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if c == 'ı' {
        return c;
    }
    let upper = single(c.to_uppercase()).unwrap_or(c);
    single(upper.to_lowercase()).unwrap_or(c)
}

/// The one letter of a mapping; simple folding does without mappings to several.
fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Some(letter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_count_as_the_same_become_the_same() {
        assert_eq!(fold(CaseRule::Sensitive, "AbÉ"), "AbÉ");
        assert_eq!(fold(CaseRule::AsciiInsensitive, "AbÉ"), "abÉ");
        assert_eq!(fold(CaseRule::UnicodeInsensitive, "AbÉ"), "abé");
        assert_eq!(fold(CaseRule::UnicodeInsensitive, "ΣΑς"), "σασ");
        assert_eq!(fold(CaseRule::UnicodeInsensitive, "\u{212a}ſßẞı"), "ksßßı");
    }

    #[test]
    fn both_ways_agree() {
        for case in [CaseRule::Sensitive, CaseRule::AsciiInsensitive, CaseRule::UnicodeInsensitive] {
            for text in ["", "PowerShell.EXE", "ÉCOLE ΣΑς", "İstanbul"] {
                let mut bytes = Vec::new();
                append(case, text, &mut bytes);
                finish(case, &mut bytes);
                assert_eq!(bytes, fold(case, text).as_bytes());
            }
        }
    }
}
