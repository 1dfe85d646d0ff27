//! Which bytes a file's characters are stored as.

/// The characters of the bytes 80 to 9F in Windows code page 1252; all others are those of Unicode. The five bytes that
/// Windows itself leaves open are control characters, as the WHATWG has it (<https://encoding.spec.whatwg.org/index-windows-1252.txt>).
const CODE_PAGE_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}',
    '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}',
    '\u{17e}', '\u{178}',
];

/// How a file stores its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8 {
        /// Whether the file begins with `EF BB BF`.
        bom: bool,
    },
    /// UTF-16, little-endian, with its byte order mark.
    Utf16Le,
    /// UTF-16, big-endian, with its byte order mark.
    Utf16Be,
    /// Windows code page 1252: what a file is read as that is no valid UTF-8.
    Windows1252,
}

impl Encoding {
    /// The encoding of `bytes`, by their byte order mark, else by whether they are valid UTF-8.
    pub fn detect(bytes: &[u8]) -> Self {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8 { bom: true },
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            _ if std::str::from_utf8(bytes).is_ok() => Self::Utf8 { bom: false },
            _ => Self::Windows1252,
        }
    }

    /// Length in bytes of the byte order mark.
    pub const fn mark_len(self) -> usize {
        match self {
            Self::Utf8 { bom: true } => 3,
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf8 { bom: false } | Self::Windows1252 => 0,
        }
    }

    /// The text, without its byte order mark. Bytes that fit no character become U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        let rest = &bytes[self.mark_len().min(bytes.len())..];
        match self {
            Self::Utf8 { .. } => String::from_utf8_lossy(rest).into_owned(),
            Self::Utf16Le => utf16(rest, u16::from_le_bytes),
            Self::Utf16Be => utf16(rest, u16::from_be_bytes),
            Self::Windows1252 => rest.iter().map(|&byte| of_code_page_1252(byte)).collect(),
        }
    }

    /// The bytes that store `text`, byte order mark included. Inverse of [`decode`](Self::decode) where every
    /// character has a form in the encoding; one that has none is the error.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        match self {
            Self::Utf8 { bom } => {
                let mut bytes = if bom { vec![0xEF, 0xBB, 0xBF] } else { Vec::new() };
                bytes.extend_from_slice(text.as_bytes());
                Ok(bytes)
            }
            Self::Utf16Le => {
                Ok([0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect())
            }
            Self::Utf16Be => {
                Ok([0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect())
            }
            Self::Windows1252 => text.chars().map(|c| to_code_page_1252(c).ok_or(c)).collect(),
        }
    }

    /// How many bytes of the file `text` takes, without a byte order mark.
    pub fn stored_len(self, text: &str) -> usize {
        match self {
            Self::Utf8 { .. } => text.len(),
            Self::Utf16Le | Self::Utf16Be => 2 * text.chars().map(char::len_utf16).sum::<usize>(),
            Self::Windows1252 => text.chars().count(),
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, odd) = bytes.as_chunks();
    let characters = char::decode_utf16(units.iter().map(|&bytes| unit(bytes)));
    let mut text: String = characters.map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

fn of_code_page_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => CODE_PAGE_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn to_code_page_1252(character: char) -> Option<u8> {
    let own = CODE_PAGE_1252.iter().position(|&known| known == character);
    match own {
        Some(at) => u8::try_from(at + 0x80).ok(),
        None => u8::try_from(character).ok().filter(|byte| !(0x80..=0x9F).contains(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_code_page_1252_has_a_character_of_its_own() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = Encoding::Windows1252.decode(&bytes);
        assert_eq!(Encoding::Windows1252.encode(&text).as_deref(), Ok(bytes.as_slice()));
        assert_eq!(text.chars().nth(0x80), Some('\u{20ac}'));
        assert_eq!(text.chars().nth(0xE9), Some('\u{e9}'));
        // None of these is in it, though the second has a number below 256.
        for character in ['\u{3b1}', '\u{80}'] {
            assert_eq!(Encoding::Windows1252.encode(character.encode_utf8(&mut [0; 4])), Err(character));
        }
    }

    #[test]
    fn what_is_no_utf_16_is_told_apart() {
        assert_eq!(Encoding::Utf16Le.decode(b"\xFF\xFEa\0\x3D\xD8b\0c"), "a\u{fffd}b\u{fffd}");
        assert_eq!(Encoding::Utf16Be.decode(b"\xFE\xFF\xD8\x3D\xDE\x00"), "\u{1f600}");
    }

    #[test]
    fn every_encoding_gives_back_its_bytes() {
        let samples: [&[u8]; 5] =
            [b"plain", b"\xEF\xBB\xBFwith mark \xC3\xA9", b"\xFF\xFEa\0b\0", b"\xFE\xFF\0a\0b", b"dash \x96 and \xE9"];
        for bytes in samples {
            let encoding = Encoding::detect(bytes);
            let text = encoding.decode(bytes);
            assert_eq!(encoding.encode(&text).as_deref(), Ok(bytes), "{encoding:?}");
            assert_eq!(encoding.stored_len(&text) + encoding.mark_len(), bytes.len(), "{encoding:?}");
        }
    }

    #[test]
    fn a_stray_byte_makes_it_code_page_1252() {
        assert_eq!(Encoding::detect(b"a \x96 b"), Encoding::Windows1252);
        assert_eq!(Encoding::Windows1252.decode(b"\x96"), "\u{2013}");
    }
}
