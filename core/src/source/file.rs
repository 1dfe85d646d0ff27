//! A file that has been read: its name, its decoded text, and where lines begin.

use std::cell::OnceCell;
use std::path::Path;

use super::{Encoding, Span};

/// The largest file that is read, in bytes. Real rule files stay under 200 kB.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system said no.
    #[error("{path}: {error}")]
    Io {
        /// The path as it was given.
        path: String,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// More than [`MAX_FILE_BYTES`].
    #[error("{path}: {bytes} bytes are more than a rule or query file may have ({MAX_FILE_BYTES})")]
    TooLarge {
        /// The path as it was given.
        path: String,
        /// The size of the file.
        bytes: u64,
    },
}

/// A decoded file.
#[derive(Debug)]
pub struct SourceFile {
    name: String,
    text: String,
    encoding: Encoding,
    line_starts: OnceCell<Vec<u32>>,
}

/// A place in a file, as people and editors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Location {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Offset in bytes of the stored file, byte order mark included.
    pub offset: usize,
}

impl SourceFile {
    /// A file of the given name that holds `bytes`.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let encoding = Encoding::detect(&bytes);
        let text = match encoding {
            // Valid already: detection has checked it, so nothing is copied.
            Encoding::Utf8 { bom: false } => {
                String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
            }
            _ => encoding.decode(&bytes),
        };
        Self { name: name.into(), text, encoding, line_starts: OnceCell::new() }
    }

    /// A file of the given name that holds `text` in UTF-8.
    pub fn from_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        let encoding = Encoding::Utf8 { bom: false };
        Self { name: name.into(), text: text.into(), encoding, line_starts: OnceCell::new() }
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// What the operating system says, or that the file is larger than [`MAX_FILE_BYTES`].
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let name = path.to_string_lossy().into_owned();
        let io = |error| ReadError::Io { path: name.clone(), error };
        let bytes = path.metadata().map_err(io)?.len();
        if bytes > MAX_FILE_BYTES {
            return Err(ReadError::TooLarge { path: name, bytes });
        }
        let bytes = std::fs::read(path).map_err(io)?;
        Ok(Self::from_bytes(name, bytes))
    }

    /// The file's name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The decoded text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the file stores its text.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Offsets in [`text`](Self::text) at which lines begin. A line ends with LF, CRLF or a lone CR.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
                if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') {
                    continue;
                }
                starts.push(at as u32 + 1);
            }
            starts
        })
    }

    /// The place of an offset in [`text`](Self::text).
    pub fn location(&self, offset: usize) -> Location {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start as usize <= offset);
        let start = starts[line - 1] as usize;
        Location { line, column: self.text[start..offset].chars().count() + 1, offset: self.stored_offset(offset) }
    }

    fn stored_offset(&self, offset: usize) -> usize {
        match self.encoding {
            Encoding::Utf8 { .. } => self.encoding.mark_len() + offset,
            encoding => encoding.mark_len() + encoding.stored_len(&self.text[..offset]),
        }
    }

    /// The text of a line, from 1, without its line break.
    pub fn line(&self, line: usize) -> &str {
        let starts = self.line_starts();
        let Some(&start) = line.checked_sub(1).and_then(|index| starts.get(index)) else { return "" };
        let end = starts.get(line).map_or(self.text.len(), |&next| next as usize);
        self.text[start as usize..end].trim_end_matches(['\r', '\n'])
    }

    /// How many lines the file has.
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    /// The words at a span.
    pub fn slice(&self, span: Span) -> &str {
        span.of(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(bytes: &[u8], offset: usize) -> (usize, usize, usize) {
        let place = SourceFile::from_bytes("f", bytes.to_vec()).location(offset);
        (place.line, place.column, place.offset)
    }

    #[test]
    fn lines_end_with_any_line_break() {
        assert_eq!(location(b"a\nb\r\nc\rd", 2), (2, 1, 2));
        assert_eq!(location(b"a\nb\r\nc\rd", 5), (3, 1, 5));
        assert_eq!(location(b"a\nb\r\nc\rd", 7), (4, 1, 7));
    }

    #[test]
    fn columns_count_characters_and_offsets_count_bytes_of_the_file() {
        assert_eq!(location("é=1".as_bytes(), 2), (1, 2, 2));
        assert_eq!(location(b"\xEF\xBB\xBFab", 1), (1, 2, 4));
        assert_eq!(location(b"\xFF\xFEa\0b\0", 1), (1, 2, 4));
        assert_eq!(location(b"\x96b", 3), (1, 2, 1));
    }

    #[test]
    fn an_offset_past_the_end_or_inside_a_character_is_clamped() {
        assert_eq!(location("é".as_bytes(), 1), (1, 1, 0));
        assert_eq!(location(b"ab", 9), (1, 3, 2));
    }

    #[test]
    fn lines_come_without_their_breaks() {
        let file = SourceFile::from_text("f", "one\r\ntwo\n");
        assert_eq!((file.line(1), file.line(2), file.line(3), file.line(4)), ("one", "two", "", ""));
    }
}
