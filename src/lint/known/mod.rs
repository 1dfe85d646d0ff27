//! What the schema of rules takes for known: tactics, techniques, entities and their identifiers.

pub(super) mod attack;
pub(super) mod entity;

/// Whether a text is a GUID, 8-4-4-4-12 hexadecimal digits, as Sentinel wants it: without braces.
pub(super) fn is_guid(text: &str) -> bool {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(
            |(at, byte)| {
                if DASHES.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
            },
        )
}

/// The only one of some words that is the same but for case, blanks, `-` and `_`.
pub(super) fn same_letters<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    fn letters(text: &str) -> String {
        text.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
    }
    let wanted = letters(text);
    words.into_iter().find(|word| letters(word) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_have_their_dashes_and_digits() {
        assert!(is_guid("0b6e1f1c-3c4d-4e5f-8a9b-0c1d2e3f4a5b"));
        for text in ["", "0b6e1f1c3c4d4e5f8a9b0c1d2e3f4a5b", "{0b6e1f1c-3c4d-4e5f-8a9b-0c1d2e3f4a5b}"] {
            assert!(!is_guid(text), "{text}");
        }
        assert!(!is_guid("0b6e1f1c-3c4d-4e5f-8a9b-0c1d2e3f4a5g"));
    }

    #[test]
    fn letters_count_and_how_they_are_put_does_not() {
        assert_eq!(same_letters("Initial access", ["InitialAccess", "Impact"]), Some("InitialAccess"));
        assert_eq!(same_letters("command-and_control", ["CommandAndControl"]), Some("CommandAndControl"));
        assert_eq!(same_letters("InitialAcces", ["InitialAccess"]), None);
    }
}
