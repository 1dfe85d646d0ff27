//! Which bytes a file's characters are stored as.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

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
            Self::Utf16Le => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
            Self::Utf16Be => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
            Self::Windows1252 => WINDOWS_1252.decode_without_bom_handling(rest).0.into_owned(),
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
            Self::Windows1252 => {
                let mut bytes = Vec::with_capacity(text.len());
                for character in text.chars() {
                    let mut buffer = [0; 4];
                    let (byte, _, unmappable) = WINDOWS_1252.encode(character.encode_utf8(&mut buffer));
                    if unmappable {
                        return Err(character);
                    }
                    bytes.extend_from_slice(&byte);
                }
                Ok(bytes)
            }
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

#[cfg(test)]
mod tests {
    use super::*;

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
