//! Values of Sigma: wildcards, escapes, encodings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ir::StringTest;

/// A value with its wildcards. Bytes, because an encoding may give what is no text until the next makes text of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Itself.
    Bytes(Vec<u8>),
    /// `*`: anything, nothing included.
    Any,
    /// `?`: one character.
    One,
    /// `%name%` under `expand`.
    Placeholder(String),
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needle {
    /// A text; for [`StringTest::Glob`] a pattern.
    Text(String),
    /// What a name stands for, given later.
    Placeholder(String),
}

/// How characters are put into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Utf16 {
    Little,
    Big,
    /// Little endian behind a byte order mark.
    Marked,
}

/// The dashes that `windash` puts in each other's place.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];
/// How many dashes of one value may vary: 625 variants.
const MOST_DASHES: usize = 4;

impl Pattern {
    /// Reads a value: `*` and `?` are wildcards, a backslash takes their meaning away, or that of another backslash;
    /// before anything else it is itself (specification, section Escaping).
    pub(super) fn read(text: &str) -> Self {
        let mut pattern = Self::default();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '*' => pattern.push(Part::Any),
                '?' => pattern.push(Part::One),
                '\\' => pattern.text(chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
                c => pattern.text(c),
            }
        }
        pattern
    }

    /// A value without wildcards.
    pub(super) fn plain(text: &str) -> Self {
        Self(vec![Part::Bytes(text.as_bytes().to_vec())])
    }

    fn push(&mut self, part: Part) {
        match (&part, self.0.last_mut()) {
            (Part::Any, Some(Part::Any)) => {}
            (Part::Bytes(more), Some(Part::Bytes(bytes))) => bytes.extend(more),
            _ => self.0.push(part),
        }
    }

    fn text(&mut self, c: char) {
        self.push(Part::Bytes(c.encode_utf8(&mut [0; 4]).as_bytes().to_vec()));
    }

    /// Lets anything stand in front, behind, or both.
    pub(super) fn open(&mut self, front: bool, behind: bool) {
        if front && self.0.first() != Some(&Part::Any) {
            self.0.insert(0, Part::Any);
        }
        if behind {
            self.push(Part::Any);
        }
    }

    /// The bytes, where there are no wildcards and placeholders.
    fn bytes(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [] => Some(&[]),
            [Part::Bytes(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// The text, where there are no wildcards and placeholders and the bytes are text.
    pub(super) fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// Each text between wildcards in UTF-16. `None` where it is no text any more.
    pub(super) fn utf16(&self, how: Utf16) -> Option<Self> {
        let mut encoded = Self::default();
        if how == Utf16::Marked {
            encoded.push(Part::Bytes(vec![0xFF, 0xFE]));
        }
        for part in &self.0 {
            encoded.push(match part {
                Part::Bytes(bytes) => {
                    let units = std::str::from_utf8(bytes).ok()?.encode_utf16();
                    Part::Bytes(match how {
                        Utf16::Big => units.flat_map(u16::to_be_bytes).collect(),
                        Utf16::Little | Utf16::Marked => units.flat_map(u16::to_le_bytes).collect(),
                    })
                }
                other => other.clone(),
            });
        }
        Some(encoded)
    }

    /// The value in Base64. `None` where it has wildcards.
    pub(super) fn base64(&self) -> Option<Self> {
        Some(Self::plain(&STANDARD.encode(self.bytes()?)))
    }

    /// What the value gives wherever it begins in a longer text in Base64: for each place in a group of three bytes the
    /// characters that depend on it alone. `None` where it has wildcards, or is so short that nothing is left.
    pub(super) fn base64_offsets(&self) -> Option<Vec<Self>> {
        let bytes = self.bytes()?;
        (0..3)
            .map(|shift| {
                let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
                let encoded = STANDARD.encode(&shifted);
                let from = [0, 2, 3][shift];
                // Padding, and the character that shares its bits with the next byte.
                let to = encoded.len().checked_sub([0, 3, 2][shifted.len() % 3])?;
                encoded.get(from..to).filter(|text| !text.is_empty()).map(Self::plain)
            })
            .collect()
    }

    /// Every variant in which each dash may be any of the dashes. `None` where there are too many of them, or no text.
    ///
    /// The specification says "all possible permutations" of the characters, without the limits some tools set (pySigma
    /// varies only those that begin a word, rsigma only `-`).
    pub(super) fn dashes(&self) -> Option<Vec<Self>> {
        let mut variants = vec![Self::default()];
        let mut count = 0;
        for part in &self.0 {
            let Part::Bytes(bytes) = part else {
                for variant in &mut variants {
                    variant.push(part.clone());
                }
                continue;
            };
            for c in std::str::from_utf8(bytes).ok()?.chars() {
                if DASHES.contains(&c) {
                    count += 1;
                    if count > MOST_DASHES {
                        return None;
                    }
                    variants = variants
                        .iter()
                        .flat_map(|variant| {
                            DASHES.map(|dash| {
                                let mut variant = variant.clone();
                                variant.text(dash);
                                variant
                            })
                        })
                        .collect();
                } else {
                    for variant in &mut variants {
                        variant.text(c);
                    }
                }
            }
        }
        Some(variants)
    }

    /// Reads placeholders: `%name%` stands for what is given later, `\%` for a percent sign (section Placeholders).
    /// `None` where it is no text any more.
    pub(super) fn placeholders(&self) -> Option<Self> {
        let mut expanded = Self::default();
        for part in &self.0 {
            let Part::Bytes(bytes) = part else {
                expanded.push(part.clone());
                continue;
            };
            let mut rest = std::str::from_utf8(bytes).ok()?;
            while let Some(c) = rest.chars().next() {
                if let Some(more) = rest.strip_prefix("\\%") {
                    expanded.text('%');
                    rest = more;
                } else if let Some((name, more)) = rest.strip_prefix('%').and_then(|rest| rest.split_once('%'))
                    && !name.is_empty()
                    && !name.contains([' ', '\\'])
                {
                    expanded.push(Part::Placeholder(name.to_owned()));
                    rest = more;
                } else {
                    expanded.text(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        Some(expanded)
    }

    /// The simplest test that means the same, and what it looks for.
    ///
    /// # Errors
    /// Why there is none, as half a sentence.
    pub(super) fn test(&self) -> Result<(StringTest, Needle), &'static str> {
        let parts = self.0.as_slice();
        let front = parts.first() == Some(&Part::Any);
        let behind = parts.len() > usize::from(front) && parts.last() == Some(&Part::Any);
        let inner = &parts[usize::from(front)..parts.len() - usize::from(behind)];
        let test = match (front, behind) {
            (false, false) => StringTest::Equals,
            (false, true) => StringTest::StartsWith,
            // `*` alone: any text.
            (true, false) if inner.is_empty() => StringTest::Contains,
            (true, false) => StringTest::EndsWith,
            (true, true) => StringTest::Contains,
        };
        match inner {
            [] => Ok((test, Needle::Text(String::new()))),
            [Part::Bytes(bytes)] => Ok((test, Needle::Text(text_of(bytes)?.to_owned()))),
            // What it stands for may be a pattern ("replaced with the pattern `srv*`").
            [Part::Placeholder(name)] if test == StringTest::Equals => {
                Ok((StringTest::Glob, Needle::Placeholder(name.clone())))
            }
            [Part::Placeholder(name)] => Ok((test, Needle::Placeholder(name.clone()))),
            _ => Ok((StringTest::Glob, Needle::Text(self.glob()?))),
        }
    }

    fn glob(&self) -> Result<String, &'static str> {
        let mut glob = String::new();
        for part in &self.0 {
            match part {
                Part::Any => glob.push('*'),
                Part::One => glob.push('?'),
                Part::Bytes(bytes) => {
                    for c in text_of(bytes)?.chars() {
                        if matches!(c, '*' | '?' | '\\') {
                            glob.push('\\');
                        }
                        glob.push(c);
                    }
                }
                Part::Placeholder(_) => return Err("a placeholder stands beside other text"),
            }
        }
        Ok(glob)
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| "its bytes are no text, so it can only be looked for in Base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(text: &str) -> (StringTest, String) {
        match Pattern::read(text).test().unwrap() {
            (test, Needle::Text(text)) => (test, text),
            (_, Needle::Placeholder(name)) => panic!("{name}"),
        }
    }

    #[test]
    fn wildcards_become_the_simplest_test() {
        use StringTest::{Contains, EndsWith, Equals, Glob, StartsWith};
        for (text, kind, needle) in [
            ("cmd.exe", Equals, "cmd.exe"),
            ("", Equals, ""),
            ("*", Contains, ""),
            ("***", Contains, ""),
            ("*a", EndsWith, "a"),
            ("a*", StartsWith, "a"),
            ("**a**", Contains, "a"),
            ("a*b", Glob, "a*b"),
            ("a?", Glob, "a?"),
            ("?", Glob, "?"),
            ("*a?b*", Glob, "*a?b*"),
        ] {
            assert_eq!(test(text), (kind, needle.to_owned()), "{text}");
        }
    }

    #[test]
    fn backslashes_by_the_specification() {
        use StringTest::{Equals, Glob, StartsWith};
        for (text, kind, needle) in [
            // One or two before anything else are one.
            (r"C:\a", Equals, r"C:\a"),
            (r"C:\\a", Equals, r"C:\a"),
            // Escaped wildcards.
            (r"a\*", Equals, "a*"),
            (r"a\?b", Equals, "a?b"),
            // A backslash and a wildcard.
            (r"a\\*", StartsWith, r"a\"),
            (r"a\\?", Glob, r"a\\?"),
            // A backslash and a star.
            (r"a\\\*", Equals, r"a\*"),
            // Three or four are two.
            (r"\\\host", Equals, r"\\host"),
            (r"\\\\host", Equals, r"\\host"),
            (r"a\", Equals, r"a\"),
            (r"a\*b*c", Glob, r"a\*b*c"),
        ] {
            assert_eq!(test(text), (kind, needle.to_owned()), "{text}");
        }
    }

    fn texts(patterns: &[Pattern]) -> Vec<&str> {
        patterns.iter().map(|pattern| pattern.as_text().unwrap()).collect()
    }

    #[test]
    fn base64_with_and_without_offsets() {
        assert_eq!(Pattern::plain("foobar").base64().unwrap().as_text(), Some("Zm9vYmFy"));
        assert_eq!(texts(&Pattern::plain("foobar").base64_offsets().unwrap()), ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]);
        assert_eq!(Pattern::read("foo*").base64(), None);
        assert_eq!(Pattern::plain("").base64_offsets(), None);
    }

    proptest::proptest! {
        #[test]
        fn an_offset_occurs_wherever_the_value_is_encoded(before in ".{0,9}", value in ".{2,9}", after in ".{0,9}") {
            let encoded = STANDARD.encode(format!("{before}{value}{after}"));
            let offsets = Pattern::plain(&value).base64_offsets().unwrap();
            proptest::prop_assert!(encoded.contains(offsets[before.len() % 3].as_text().unwrap()));
        }

        #[test]
        fn what_is_escaped_reads_as_itself(text in r"[a\\*?%]{0,8}") {
            let escaped: String = text.chars().flat_map(|c| ['\\', c].into_iter().skip(usize::from(!r"\*?".contains(c)))).collect();
            let pattern = Pattern::read(&escaped);
            proptest::prop_assert_eq!(pattern.as_text(), Some(text.as_str()));
        }
    }

    #[test]
    fn utf16_gives_bytes() {
        let bytes = |how| Pattern::plain("cm").utf16(how).unwrap().bytes().unwrap().to_vec();
        assert_eq!(bytes(Utf16::Little), [0x63, 0, 0x6d, 0]);
        assert_eq!(bytes(Utf16::Big), [0, 0x63, 0, 0x6d]);
        assert_eq!(bytes(Utf16::Marked), [0xFF, 0xFE, 0x63, 0, 0x6d, 0]);
        let marked = Pattern::plain("cm").utf16(Utf16::Marked).unwrap();
        assert!(marked.test().unwrap_err().contains("no text"));
        assert_eq!(marked.base64().unwrap().as_text(), Some("//5jAG0A"));
    }

    #[test]
    fn dashes_vary_each_by_itself() {
        let variants = Pattern::read("* -a /b").dashes().unwrap();
        assert_eq!(variants.len(), 25);
        assert!(variants.contains(&Pattern::read("* /a \u{2015}b")));
        assert_eq!(Pattern::read("-----").dashes(), None);
    }

    #[test]
    fn placeholders_and_percent_signs() {
        let test = |text: &str| Pattern::read(text).placeholders().unwrap().test();
        assert_eq!(test("%a-b%"), Ok((StringTest::Glob, Needle::Placeholder("a-b".into()))));
        assert_eq!(test("*%a%*"), Ok((StringTest::Contains, Needle::Placeholder("a".into()))));
        assert!(test(r"\%plain%name%").is_err());
        assert_eq!(test(r"100\%"), Ok((StringTest::Equals, Needle::Text("100%".into()))));
        assert_eq!(test("5% of 10%"), Ok((StringTest::Equals, Needle::Text("5% of 10%".into()))));
    }
}
