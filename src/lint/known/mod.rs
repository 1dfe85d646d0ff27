//! What the schema of rules takes for known: tactics, techniques, entities and their identifiers.

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
}
