//! How rules write the techniques of MITRE ATT&CK.

/// Whether a text is the identifier of a technique or sub-technique, in capitals: `T1234` or `T1234.001`. Whether there
/// is one of this number is not asked.
pub fn is_technique(id: &str) -> bool {
    let Some(digits) = id.strip_prefix('T') else { return false };
    let (main, sub) = digits.split_once('.').unwrap_or((digits, "001"));
    let number = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    number(main, 4) && number(sub, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_told_from_other_texts() {
        assert!(is_technique("T1059") && is_technique("T1059.001"));
        assert!(!is_technique("T1059.1") && !is_technique("TA0001") && !is_technique("T10590"));
    }
}
