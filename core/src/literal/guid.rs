//! GUIDs as 128-bit numbers, most significant digit first.

/// Reads 32 hexadecimal digits, with hyphens after the 8th, 12th, 16th and 20th or none at all, bare or in braces.
pub fn parse_guid(text: &str) -> Option<u128> {
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let hyphens: Vec<usize> = text.bytes().enumerate().filter(|(_, b)| *b == b'-').map(|(i, _)| i).collect();
    if !hyphens.is_empty() && hyphens != [8, 13, 18, 23] {
        return None;
    }
    let mut value = 0u128;
    let mut digits = 0;
    for c in text.chars().filter(|c| *c != '-') {
        value = (value << 4) | u128::from(c.to_digit(16)?);
        digits += 1;
        if digits > 32 {
            return None;
        }
    }
    (digits == 32).then_some(value)
}

/// The form `8-4-4-4-12` in lower case.
pub fn format_guid(value: u128) -> String {
    let hex = format!("{value:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_round_trip() {
        let text = "74be27de-1e4e-49d9-b579-fe0b331d3642";
        let value = parse_guid(text).unwrap();
        assert_eq!(format_guid(value), text);
        assert_eq!(parse_guid("74BE27DE1E4E49D9B579FE0B331D3642"), Some(value));
        assert_eq!(parse_guid("{74be27de-1e4e-49d9-b579-fe0b331d3642}"), Some(value));
    }

    #[test]
    fn what_is_no_guid_is_refused() {
        for text in [
            "",
            "74be27de",
            "74be27de-1e4e-49d9-b579-fe0b331d364",
            "74be27de-1e4e-49d9-b579-fe0b331d36422",
            "74be27de1-e4e-49d9-b579-fe0b331d3642",
            "zzbe27de-1e4e-49d9-b579-fe0b331d3642",
        ] {
            assert_eq!(parse_guid(text), None, "{text}");
        }
    }
}
