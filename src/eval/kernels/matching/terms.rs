//! Where terms end.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::ir::TermRule;

/// Splunk's breakers, major and minor, of one character. (`--` and the `%`-codes among the major ones hold characters that
/// are breakers themselves.)
const SPLUNK_BREAKERS: &str = "[]<>(){}|!;,'\"*\n\r \t&?+/:=@.-$#%\\_";

/// Whether a character can be part of a term.
pub(super) fn is_of_term(rule: TermRule, c: char) -> bool {
    match rule {
        TermRule::KqlAlphanumeric | TermRule::UnicodeWords => c.is_alphanumeric(),
        TermRule::Splunk => !SPLUNK_BREAKERS.contains(c),
    }
}

/// Whether a term can begin or end between two characters of a text, the first of which ends at this byte. The text is
/// UTF-8, the place a border of characters.
pub(super) fn is_border(rule: TermRule, text: &[u8], at: usize) -> bool {
    if rule == TermRule::UnicodeWords {
        return std::str::from_utf8(text)
            .is_ok_and(|text| at == text.len() || text.split_word_bound_indices().any(|(start, _)| start == at));
    }
    !(before(text, at).is_some_and(|c| is_of_term(rule, c)) && after(text, at).is_some_and(|c| is_of_term(rule, c)))
}

fn before(text: &[u8], at: usize) -> Option<char> {
    let last = *text.get(at.checked_sub(1)?)?;
    if last.is_ascii() {
        return Some(char::from(last));
    }
    let start = (0..at).rev().take(4).find(|i| !is_continuation(text[*i]))?;
    std::str::from_utf8(&text[start..at]).ok()?.chars().next_back()
}

fn after(text: &[u8], at: usize) -> Option<char> {
    let first = *text.get(at)?;
    if first.is_ascii() {
        return Some(char::from(first));
    }
    let end = (at + 1..text.len()).take(3).find(|i| !is_continuation(text[*i])).unwrap_or(text.len().min(at + 4));
    std::str::from_utf8(&text[at..end]).ok()?.chars().next()
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn borders(rule: TermRule, text: &str) -> Vec<usize> {
        let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        places.filter(|at| is_border(rule, text.as_bytes(), *at)).collect()
    }

    #[test]
    fn kql_terms_are_runs_of_letters_and_digits() {
        assert_eq!(borders(TermRule::KqlAlphanumeric, "ab_c1 é"), [0, 2, 3, 5, 6, 8]);
        assert_eq!(borders(TermRule::KqlAlphanumeric, "née"), [0, 4]);
        assert_eq!(borders(TermRule::KqlAlphanumeric, ""), [0]);
    }

    #[test]
    fn splunk_terms_end_at_its_breakers_alone() {
        assert_eq!(borders(TermRule::Splunk, "a^b_c"), [0, 3, 4, 5]);
    }

    #[test]
    fn unicode_words_keep_points_between_digits() {
        assert_eq!(borders(TermRule::UnicodeWords, "10.1 a_b"), [0, 4, 5, 8]);
    }
}
