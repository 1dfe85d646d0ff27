//! Values, and where they stand in a record.

use memchr::memchr;

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// Not there at all.
    #[default]
    Absent,
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number.
    Number,
    /// A string without escapes; the quotes are not part of the slot.
    Text,
    /// A string with escapes; the quotes are part of the slot.
    Escaped,
    /// An array or object.
    Nested,
}

/// Where a value stands in its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Slot {
    /// What it is.
    pub(in super::super) kind: Kind,
    start: u32,
    end: u32,
}

impl Slot {
    pub(super) fn new(kind: Kind, start: usize, end: usize) -> Self {
        // A record is shorter than `MAX_RECORD`.
        Self { kind, start: start as u32, end: end as u32 }
    }

    /// The bytes of the value.
    #[inline]
    pub(in super::super) fn of(self, record: &[u8]) -> &[u8] {
        record.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The text of the value.
    #[inline]
    pub(in super::super) fn text_of(self, record: &str) -> &str {
        record.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The place behind the value; a string's quote is not part of the slot.
    #[inline]
    pub(super) fn behind(self) -> usize {
        self.end as usize + usize::from(self.kind == Kind::Text)
    }
}

/// What a string with escapes stands for; nothing where an escape is half of a pair.
pub(in super::super) fn unescaped(quoted: &str) -> Option<String> {
    let mut text = String::new();
    unescape(quoted, &mut text)?;
    Some(text)
}

/// What a string with escapes stands for, in a buffer whose text it takes the place of; nothing where an escape is half of
/// a pair.
pub(in super::super) fn unescape<'b>(quoted: &str, buffer: &'b mut String) -> Option<&'b str> {
    buffer.clear();
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        let plain = match rest.as_bytes().get(at + 1)? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                *buffer = serde_json::from_str(quoted).ok()?;
                return Some(buffer);
            }
            same => char::from(*same),
        };
        buffer.push_str(rest.get(..at)?);
        buffer.push(plain);
        rest = rest.get(at + 2..)?;
    }
    buffer.push_str(rest);
    Some(buffer)
}
