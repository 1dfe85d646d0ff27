//! Regular expressions of other dialects in the syntax of the crates that run them.

/// A pattern in another syntax.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) pattern: String,
    /// Whether it has what only backtracking can match: look-around, references to groups, atoms.
    pub(super) backtracks: bool,
}

/// A pattern of PCRE without Unicode properties: `\d`, `\w`, `\s` are ASCII's.
///
/// `$` and `\Z` also match before a line break that ends the text; the pattern says so where `final_break` asks for it,
/// which is only needed for texts that end with one.
pub(super) fn pcre(pattern: &str, final_break: bool) -> Result<Translated, String> {
    let read = |spelled_out: bool| {
        let mut reader = Pcre {
            rest: pattern,
            out: String::new(),
            backtracks: false,
            extended: Vec::new(),
            final_break,
            spelled_out,
        };
        reader.all()?;
        Ok(Translated { pattern: reader.out, backtracks: reader.backtracks })
    };
    match read(false) {
        Ok(translated) if translated.backtracks => read(true),
        other => other,
    }
}

/// Writing to a text does not fail.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = std::fmt::Write::write_fmt(out, text);
}

struct Pcre<'p> {
    rest: &'p str,
    out: String,
    backtracks: bool,
    /// For each open group whether blanks and `#` count for nothing in it.
    extended: Vec<bool>,
    final_break: bool,
    /// Whether the borders of words are spelled out with look-around, since what backtracks knows no ASCII ones.
    spelled_out: bool,
}

/// The border of a word of ASCII, and where there is none.
const BORDER: &str = r"(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))";
const NO_BORDER: &str = r"(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))";

/// What `$` stands for in a text that ends with a line break.
const END: &str = r"(?=\n?\z)";

impl<'p> Pcre<'p> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn takes(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// What stands before a delimiter, which is taken too.
    fn until(&mut self, end: &str) -> Result<&'p str, String> {
        let (inner, rest) = self.rest.split_once(end).ok_or_else(|| format!("`{end}` is missing"))?;
        self.rest = rest;
        Ok(inner)
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        write(&mut self.out, text);
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() || c == ' ' {
            if matches!(c, '<' | '>' | '_' | ' ') {
                // A backslash before one of these would not be an escape everywhere.
                self.out.push_str(match c {
                    '<' => r"\x3c",
                    '>' => r"\x3e",
                    ' ' => r"\x20",
                    _ => "_",
                });
                return;
            }
            self.out.push('\\');
        }
        self.out.push(c);
    }

    fn all(&mut self) -> Result<(), String> {
        while let Some(c) = self.next() {
            let extended = self.extended.last().copied().unwrap_or(false);
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    self.extended.pop();
                    self.out.push(')');
                }
                '$' if self.final_break => {
                    self.backtracks = true;
                    self.out.push_str(END);
                }
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.possessive();
                }
                '{' => self.braces(),
                '}' | ']' => self.literal(c),
                '#' if extended => {
                    let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
                    self.rest = &self.rest[end..];
                }
                '#' => self.literal(c),
                c if c.is_whitespace() && extended => {}
                ' ' => self.literal(c),
                c => self.out.push(c),
            }
        }
        Ok(())
    }

    /// `+` behind a quantifier: nothing of what it took is given back.
    fn possessive(&mut self) {
        if self.rest.starts_with('+') {
            self.backtracks = true;
        }
        if self.rest.starts_with(['+', '?']) {
            let c = self.next();
            self.out.extend(c);
        }
    }

    /// A quantifier, or braces that stand for themselves.
    fn braces(&mut self) {
        let quantifier = self.rest.split_once('}').map(|(inner, _)| inner).filter(|inner| {
            let (low, high) = inner.split_once(',').unwrap_or((inner, "0"));
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            !low.is_empty() && digits(low) && digits(high)
        });
        match quantifier {
            Some(inner) => {
                self.rest = &self.rest[inner.len() + 1..];
                self.out.push('{');
                self.out.push_str(inner);
                self.out.push('}');
                self.possessive();
            }
            None => self.literal('{'),
        }
    }

    fn group(&mut self) -> Result<(), String> {
        let inherited = self.extended.last().copied().unwrap_or(false);
        if self.rest.starts_with('*') {
            return Err("verbs such as `(*FAIL)` are not known here".to_owned());
        }
        if !self.takes("?") {
            self.extended.push(inherited);
            self.out.push('(');
            return Ok(());
        }
        if self.takes("#") {
            self.until(")")?;
            return Ok(());
        }
        for (open, translated) in [("<=", "(?<="), ("<!", "(?<!"), ("=", "(?="), ("!", "(?!"), (">", "(?>")] {
            if self.takes(open) {
                self.backtracks = true;
                self.extended.push(inherited);
                self.out.push_str(translated);
                return Ok(());
            }
        }
        let name = if self.takes("P<") || self.takes("<") {
            Some(self.until(">")?)
        } else if self.takes("'") {
            Some(self.until("'")?)
        } else {
            None
        };
        if let Some(name) = name {
            self.extended.push(inherited);
            self.out.push_str("(?P<");
            self.out.push_str(name);
            self.out.push('>');
            return Ok(());
        }
        if self.takes("P=") {
            let name = self.until(")")?;
            self.reference(name);
            return Ok(());
        }
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphabetic() || c == '-' || c == '^')).unwrap_or(self.rest.len());
        let (flags, behind) = self.rest.split_at(end);
        let closes = behind.starts_with(')');
        if !(closes || behind.starts_with(':')) || !flags.chars().all(|c| "imsxU-".contains(c)) {
            return Err(format!(
                "groups such as `(?{}` are not known here",
                &self.rest[..self.rest.len().min(end + 1)]
            ));
        }
        let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
        let extended = if off.contains('x') { false } else { inherited || on.contains('x') };
        if on.contains('m') && self.final_break {
            return Err("`$` in lines of a text that ends with a line break is not known here".to_owned());
        }
        // Blanks are left out here already.
        let (on, off) = (on.replace('x', ""), off.replace('x', ""));
        let flags = if off.is_empty() { on } else { format!("{on}-{off}") };
        self.rest = &behind[1..];
        if closes {
            if let Some(last) = self.extended.last_mut() {
                *last = extended;
            } else {
                self.extended.push(extended);
            }
            if !flags.is_empty() {
                self.write(format_args!("(?{flags})"));
            }
        } else {
            self.extended.push(extended);
            self.write(format_args!("(?{flags}:"));
        }
        Ok(())
    }

    fn reference(&mut self, group: &str) {
        self.backtracks = true;
        if group.bytes().all(|byte| byte.is_ascii_digit()) {
            self.write(format_args!("(?:\\{group})"));
        } else {
            self.write(format_args!("\\k<{group}>"));
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.next() else { return Err("it ends with a backslash".to_owned()) };
        match c {
            'Q' => {
                let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                text.chars().for_each(|c| self.literal(c));
            }
            'E' => {}
            'd' | 'w' | 's' | 'h' | 'v' => {
                self.out.push('[');
                self.out.push_str(set(c).unwrap_or_default());
                self.out.push(']');
            }
            'D' | 'W' | 'S' | 'H' | 'V' | 'N' => {
                self.out.push_str("[^");
                self.out.push_str(set(c.to_ascii_lowercase()).unwrap_or(r"\n"));
                self.out.push(']');
            }
            'R' => self.out.push_str(r"(?:\r\n|[\n\x0b\x0c\r])"),
            'Z' => {
                self.out.push_str(if self.final_break { END } else { r"\z" });
                self.backtracks |= self.final_break;
            }
            'z' | 'A' => self.out.extend(['\\', c]),
            'b' | 'B' if self.spelled_out => {
                self.backtracks = true;
                self.out.push_str(if c == 'b' { BORDER } else { NO_BORDER });
            }
            'b' => self.out.push_str(r"(?-u:\b)"),
            'B' => self.backtracks = true,
            'p' | 'P' => self.property(c)?,
            'K' | 'G' => {
                self.backtracks = true;
                self.out.extend(['\\', c]);
            }
            'k' => {
                let name = if self.takes("<") {
                    self.until(">")?
                } else if self.takes("{") {
                    self.until("}")?
                } else if self.takes("'") {
                    self.until("'")?
                } else {
                    return Err("`\\k` without a name".to_owned());
                };
                self.reference(name);
            }
            'g' => {
                let name =
                    if self.takes("{") { self.until("}")? } else { return Err("`\\g` is not known here".to_owned()) };
                if name.starts_with(['-', '+']) {
                    return Err("references that count back are not known here".to_owned());
                }
                self.reference(name);
            }
            '1'..='9' => {
                let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
                let group = format!("{c}{}", &self.rest[..digits]);
                self.rest = &self.rest[digits..];
                self.reference(&group);
            }
            other => {
                let code = self.code(other)?;
                self.literal_code(code);
            }
        }
        Ok(())
    }

    /// A property of Unicode, which both syntaxes write alike but for `\p{^…}`.
    fn property(&mut self, c: char) -> Result<(), String> {
        let (name, turned) = if self.takes("{") {
            let name = self.until("}")?;
            (name.trim_start_matches('^'), name.starts_with('^'))
        } else {
            let length = self.rest.chars().next().map_or(0, char::len_utf8);
            let (name, rest) = self.rest.split_at(length);
            self.rest = rest;
            (name, false)
        };
        let c = if turned == (c == 'p') { 'P' } else { 'p' };
        self.write(format_args!("\\{c}{{{name}}}"));
        Ok(())
    }

    /// The character that an escape stands for, in a class or outside.
    fn code(&mut self, c: char) -> Result<char, String> {
        Ok(match c {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\x0c',
            'a' => '\x07',
            'e' => '\x1b',
            '0' => {
                let digits = self.rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                let code = u32::from_str_radix(&self.rest[..digits], 8).unwrap_or(0);
                self.rest = &self.rest[digits..];
                char::from_u32(code).unwrap_or('\0')
            }
            'x' => {
                let digits = if self.takes("{") {
                    self.until("}")?
                } else {
                    let count = self.rest.bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
                    let (digits, rest) = self.rest.split_at(count);
                    self.rest = rest;
                    digits
                };
                let code = if digits.is_empty() { Some(0) } else { u32::from_str_radix(digits, 16).ok() };
                code.and_then(char::from_u32).ok_or_else(|| format!("`\\x{{{digits}}}` is no character"))?
            }
            c if c.is_ascii_alphanumeric() => return Err(format!("the escape `\\{c}` is not known here")),
            c => c,
        })
    }

    fn literal_code(&mut self, c: char) {
        if c.is_control() {
            self.write(format_args!("\\x{{{:x}}}", c as u32));
        } else {
            self.literal(c);
        }
    }

    /// `[…]`
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.takes("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else { return Err("`]` is missing".to_owned()) };
            match c {
                ']' if !first => break,
                '[' if self.rest.starts_with(':') => {
                    let name = self.until(":]")?;
                    self.write(format_args!("[{name}:]"));
                }
                '[' if self.rest.starts_with(['.', '=']) => return Err("collation is not known here".to_owned()),
                '\\' => {
                    let Some(c) = self.next() else { return Err("it ends with a backslash".to_owned()) };
                    match c {
                        'd' | 'w' | 's' | 'h' | 'v' => self.out.push_str(set(c).unwrap_or_default()),
                        'D' | 'W' | 'S' | 'H' | 'V' => {
                            let inner = set(c.to_ascii_lowercase()).unwrap_or_default();
                            self.write(format_args!("[^{inner}]"));
                        }
                        'p' | 'P' => self.property(c)?,
                        'b' => self.out.push_str(r"\x08"),
                        'Q' => {
                            let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                            self.rest = rest;
                            text.chars().for_each(|c| self.literal(c));
                        }
                        'E' => {}
                        '1'..='7' => return Err("octal escapes without a leading 0 are not known here".to_owned()),
                        other => {
                            let code = self.code(other)?;
                            self.literal_code(code);
                        }
                    }
                }
                '-' => {
                    // Between two characters a range; at an end, or beside a set, itself.
                    let before = self.out.ends_with(['[', '^', ']']) || first;
                    let after = self.rest.starts_with(']')
                        || ["\\d", "\\w", "\\s", "\\D", "\\W", "\\S"].iter().any(|set| self.rest.starts_with(set));
                    let set_before =
                        self.out.ends_with("0-9") || self.out.ends_with("A-Za-z_") || self.out.ends_with(r"\x20");
                    if before || after || set_before {
                        self.out.push_str(r"\-");
                    } else {
                        self.out.push('-');
                    }
                }
                c => self.literal_code(c),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }
}

/// The characters of a set, as they stand in a class.
const fn set(c: char) -> Option<&'static str> {
    match c {
        'd' => Some("0-9"),
        'w' => Some("0-9A-Za-z_"),
        's' => Some(r"\t\n\x0b\x0c\r\x20"),
        'h' => Some(r"\t\x20"),
        'v' => Some(r"\n\x0b\x0c\r"),
        _ => None,
    }
}

/// A pattern of Lucene: no anchors, `.` is any character; of its optional operators `@` and quotes are known.
/// Where letter case does not count, each letter of ASCII stands for both, but for the ends of a range.
pub(super) fn lucene(pattern: &str, insensitive: bool) -> Result<Translated, String> {
    let mut out = String::from("(?s:");
    let mut chars = pattern.chars().peekable();
    let plain = |out: &mut String, c: char| out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    let both =
        |c: char| (insensitive && c.is_ascii_alphabetic()).then(|| [c.to_ascii_lowercase(), c.to_ascii_uppercase()]);
    let literal = |out: &mut String, c: char| match both(c) {
        Some([lower, upper]) => out.extend(['[', lower, upper, ']']),
        None => plain(out, c),
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('d' | 'w' | 's')) => write(&mut out, format_args!("[{}]", set(c).unwrap_or_default())),
                Some(c @ ('D' | 'W' | 'S')) => {
                    write(&mut out, format_args!("[^{}]", set(c.to_ascii_lowercase()).unwrap_or_default()));
                }
                Some(c) => literal(&mut out, c),
                None => return Err("it ends with a backslash".to_owned()),
            },
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                let mut range = false;
                loop {
                    let c = match chars.next() {
                        None => return Err("`]` is missing".to_owned()),
                        Some(']') => break,
                        Some('-') => {
                            out.push('-');
                            range = true;
                            continue;
                        }
                        Some('\\') => match chars.next() {
                            Some(c @ ('d' | 'w' | 's')) => {
                                out.push_str(set(c).unwrap_or_default());
                                continue;
                            }
                            Some('-') => {
                                out.push_str(r"\-");
                                continue;
                            }
                            Some(c) => c,
                            None => return Err("it ends with a backslash".to_owned()),
                        },
                        Some(c) => c,
                    };
                    // The ends of a range stand for themselves.
                    let mut ahead = chars.clone();
                    let begins = ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']');
                    match both(c).filter(|_| !begins && !range) {
                        Some(letters) => out.extend(letters),
                        None => plain(&mut out, c),
                    }
                    range = false;
                }
                out.push(']');
            }
            '"' => loop {
                match chars.next() {
                    None => return Err("a quote is missing".to_owned()),
                    Some('"') => break,
                    Some(c) => literal(&mut out, c),
                }
            },
            '@' => out.push_str(".*"),
            '~' | '&' | '#' | '<' => return Err(format!("Lucene's operator `{c}` is not known here")),
            '.' | '?' | '*' | '+' | '|' | '(' | ')' | '{' | '}' => out.push(c),
            c => literal(&mut out, c),
        }
    }
    out.push(')');
    Ok(Translated { pattern: out, backtracks: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(pattern: &str) -> (String, bool) {
        let translated = pcre(pattern, false).unwrap();
        (translated.pattern, translated.backtracks)
    }

    #[test]
    fn pcre_is_put_into_the_other_syntax() {
        for (pattern, expected, backtracks) in [
            (r"\d+\.\d", r"[0-9]+\.[0-9]", false),
            (r"\Qa.b\E+", r"a\.b+", false),
            (r"(?<n>a)", r"(?P<n>a)", false),
            (r"(?<!x)a(?=b)", r"(?<!x)a(?=b)", true),
            (r"(a)\1", r"(a)(?:\1)", true),
            (r"a++", r"a++", true),
            (r"{a}", r"\{a\}", false),
            (r"a{2,}", r"a{2,}", false),
            (r"[\w.-]", r"[0-9A-Za-z_\.\-]", false),
            (r"[^]a]", r"[^\]a]", false),
            (r"[[:alpha:]]", r"[[:alpha:]]", false),
            (r"(?x) a b # c", "ab", false),
            (r"(?i)a", "(?i)a", false),
            (r"\x41\/", r"A\/", false),
            (r"a#b", r"a\#b", false),
            (r"[^\pL\pN]\P{Lu}\p{^L}", r"[^\p{L}\p{N}]\P{Lu}\P{L}", false),
        ] {
            assert_eq!(translated(pattern), (expected.to_owned(), backtracks), "{pattern}");
        }
        for pattern in [r"(?R)", r"(?1)", r"(*FAIL)", r"\X", r"\", "[a", "(?|a)"] {
            assert!(pcre(pattern, false).is_err(), "{pattern}");
        }
    }

    #[test]
    fn lucene_is_put_into_the_other_syntax() {
        assert_eq!(lucene(r#"a.^$"b*"@"#, false).unwrap().pattern, r"(?s:a.\^\$b\*.*)");
        assert_eq!(lucene(r"aé\.[a-c\Xy-][^d]", true).unwrap().pattern, r"(?s:[aA]é\.[a-cxXyY-][^dD])");
        for pattern in ["~a", "a&b", "<1-2>", "a\\", "[a"] {
            assert!(lucene(pattern, false).is_err(), "{pattern}");
        }
    }
}
