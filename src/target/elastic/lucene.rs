//! Lucene's regular expressions, as `RLIKE` and `regex` take them: the whole value must match, and there are neither
//! anchors nor word boundaries nor flags.

use std::fmt::Write as _;

use regex_syntax::ast::{self, Ast};

use crate::ir::StringTest;

/// What a term's border is on either side, after the value was put in lower case or is compared without case.
const BEFORE: &str = "(.*[^a-zA-Z0-9])?";
const BEHIND: &str = "([^a-zA-Z0-9].*)?";

/// The pattern that matches a text and nothing else.
pub(in crate::target) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if c.is_ascii_punctuation() && !"_-'%,:;!=/`".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A pattern of `LIKE` that matches a text between wildcards of its own.
pub(in crate::target) fn like(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// What stands in front of a needle, and behind it.
fn guards(test: StringTest, needle: &str) -> (&'static str, &'static str) {
    let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let start = if alphanumeric(needle.chars().next()) { BEFORE } else { ".*" };
    let end = if alphanumeric(needle.chars().next_back()) { BEHIND } else { ".*" };
    match test {
        StringTest::HasTerm => (start, end),
        StringTest::HasPrefix => (start, ".*"),
        StringTest::HasSuffix => (".*", end),
        StringTest::StartsWith => ("", ".*"),
        StringTest::EndsWith => (".*", ""),
        StringTest::Contains => (".*", ".*"),
        StringTest::Equals | StringTest::Wildcard | StringTest::Glob => ("", ""),
    }
}

/// Patterns of which one matches where one of the needles is found; needles with the same borders share one.
pub(in crate::target) fn needles(test: StringTest, needles: &[&str]) -> Vec<String> {
    let mut groups: Vec<((&str, &str), Vec<String>)> = Vec::new();
    for needle in needles {
        let guard = guards(test, needle);
        let needle = escaped(needle);
        match groups.iter_mut().find(|(g, _)| *g == guard) {
            Some((_, members)) if members.contains(&needle) => {}
            Some((_, members)) => members.push(needle),
            None => groups.push((guard, vec![needle])),
        }
    }
    let one = |((before, behind), members): ((&str, &str), Vec<String>)| match members.as_slice() {
        [only] => format!("{before}{only}{behind}"),
        all => format!("{before}({}){behind}", all.join("|")),
    };
    groups.into_iter().map(one).collect()
}

/// A pattern of Kusto's in Lucene's dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::target) struct Translated {
    /// The pattern, for the whole value.
    pub(in crate::target) pattern: String,
    /// Whether letters count without case, so that the value has to be compared without it.
    pub(in crate::target) insensitive: bool,
}

/// Translates a pattern that is searched for anywhere into one for the whole value.
///
/// # Errors
/// What Lucene cannot say, as a sentence.
pub(in crate::target) fn translate(source: &str, insensitive: bool) -> Result<Translated, String> {
    let tree =
        ast::parse::Parser::new().parse(source).map_err(|error| format!("the pattern is broken: {}", error.kind()))?;
    let mut writer = Writer { out: String::new(), insensitive, whole: false, saw_letter: false };
    let mut pieces: Vec<&Ast> = match &tree {
        Ast::Concat(concat) => concat.asts.iter().collect(),
        other => vec![other],
    };
    // Flags in front hold for all of it.
    while let Some(Ast::Flags(flags)) = pieces.first() {
        writer.flags(&flags.flags)?;
        pieces.remove(0);
    }
    let mut before = ".*";
    if let Some(kind) = pieces.first().and_then(|piece| assertion(piece)) {
        before = match kind {
            ast::AssertionKind::StartLine | ast::AssertionKind::StartText => "",
            ast::AssertionKind::WordBoundary if pieces.get(1).is_some_and(|p| starts_with_word(p)) => {
                "(.*[^A-Za-z0-9_])?"
            }
            _ => return Err("Lucene has no such assertion".to_owned()),
        };
        pieces.remove(0);
    }
    let mut behind = ".*";
    if let Some(kind) = pieces.last().and_then(|piece| assertion(piece)) {
        behind = match kind {
            ast::AssertionKind::EndLine | ast::AssertionKind::EndText => "",
            ast::AssertionKind::WordBoundary if pieces.len() > 1 && ends_with_word(pieces[pieces.len() - 2]) => {
                "([^A-Za-z0-9_].*)?"
            }
            _ => return Err("Lucene has no such assertion".to_owned()),
        };
        pieces.pop();
    }
    // Anything before a match, or behind it, holds whatever of it the pattern takes itself.
    while before == ".*" && pieces.first().is_some_and(|piece| is_anything(piece)) {
        pieces.remove(0);
    }
    while behind == ".*" && pieces.last().is_some_and(|piece| is_anything(piece)) {
        pieces.pop();
    }
    if pieces.is_empty() && before == ".*" {
        behind = "";
    }
    let alone = matches!(pieces.as_slice(), [Ast::Alternation(_)]) && !(before.is_empty() && behind.is_empty());
    if alone {
        writer.out.push('(');
    }
    for piece in pieces {
        writer.write(piece)?;
    }
    if alone {
        writer.out.push(')');
    }
    let pattern = format!("{before}{}{behind}", writer.out);
    Ok(Translated { pattern, insensitive: writer.insensitive && writer.saw_letter })
}

/// Whether a piece may stand for nothing at all and for anything without a line break.
fn is_anything(piece: &Ast) -> bool {
    let Ast::Repetition(repetition) = piece else { return false };
    matches!(repetition.ast.as_ref(), Ast::Dot(_)) && repetition.op.kind == ast::RepetitionKind::ZeroOrMore
}

fn assertion(piece: &Ast) -> Option<&ast::AssertionKind> {
    match piece {
        Ast::Assertion(assertion) => Some(&assertion.kind),
        _ => None,
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn starts_with_word(piece: &Ast) -> bool {
    match piece {
        Ast::Literal(literal) => is_word(literal.c),
        Ast::ClassPerl(class) => !class.negated && class.kind != ast::ClassPerlKind::Space,
        Ast::Group(group) => starts_with_word(&group.ast),
        Ast::Alternation(all) => all.asts.iter().all(starts_with_word),
        Ast::Concat(all) => all.asts.first().is_some_and(starts_with_word),
        Ast::Repetition(repetition) => {
            matches!(repetition.op.kind, ast::RepetitionKind::OneOrMore) && starts_with_word(&repetition.ast)
        }
        _ => false,
    }
}

fn ends_with_word(piece: &Ast) -> bool {
    match piece {
        Ast::Group(group) => ends_with_word(&group.ast),
        Ast::Alternation(all) => all.asts.iter().all(ends_with_word),
        Ast::Concat(all) => all.asts.last().is_some_and(ends_with_word),
        Ast::Repetition(repetition) => {
            matches!(repetition.op.kind, ast::RepetitionKind::OneOrMore) && ends_with_word(&repetition.ast)
        }
        other => starts_with_word(other),
    }
}

struct Writer {
    out: String,
    insensitive: bool,
    /// Whether a dot stands for line breaks, too.
    whole: bool,
    saw_letter: bool,
}

impl Writer {
    fn flags(&mut self, flags: &ast::Flags) -> Result<(), String> {
        let mut on = true;
        for item in &flags.items {
            match &item.kind {
                ast::FlagsItemKind::Negation => on = false,
                ast::FlagsItemKind::Flag(ast::Flag::CaseInsensitive) => self.insensitive = on,
                ast::FlagsItemKind::Flag(ast::Flag::DotMatchesNewLine) => self.whole = on,
                // Greed decides where a match ends, not whether there is one.
                ast::FlagsItemKind::Flag(ast::Flag::SwapGreed | ast::Flag::Unicode) => {}
                ast::FlagsItemKind::Flag(_) => return Err("Lucene has no such flag".to_owned()),
            }
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        self.saw_letter |= c.is_alphabetic();
        if self.insensitive {
            self.out.push_str(&escaped(&c.to_ascii_lowercase().to_string()));
        } else {
            self.out.push_str(&escaped(&c.to_string()));
        }
    }

    fn write(&mut self, piece: &Ast) -> Result<(), String> {
        match piece {
            Ast::Empty(_) => {}
            Ast::Literal(literal) => self.literal(literal.c),
            // Lucene's dot is any character, Kusto's none that breaks a line. There is no escape for a line break in
            // Lucene: it stands there itself.
            Ast::Dot(_) => self.out.push_str(if self.whole { "." } else { "[^\n]" }),
            Ast::ClassPerl(class) => {
                self.saw_letter |= class.kind == ast::ClassPerlKind::Word;
                self.out.push('[');
                if class.negated {
                    self.out.push('^');
                }
                self.out.push_str(perl(&class.kind));
                self.out.push(']');
            }
            Ast::ClassBracketed(class) => {
                let mut items = String::new();
                self.set(&class.kind, &mut items)?;
                self.out.push('[');
                if class.negated {
                    self.out.push('^');
                }
                self.out.push_str(&items);
                self.out.push(']');
            }
            Ast::Repetition(repetition) => {
                let wrap = matches!(repetition.ast.as_ref(), Ast::Concat(_) | Ast::Alternation(_));
                if wrap {
                    self.out.push('(');
                }
                self.write(&repetition.ast)?;
                if wrap {
                    self.out.push(')');
                }
                match &repetition.op.kind {
                    ast::RepetitionKind::ZeroOrOne => self.out.push('?'),
                    ast::RepetitionKind::ZeroOrMore => self.out.push('*'),
                    ast::RepetitionKind::OneOrMore => self.out.push('+'),
                    ast::RepetitionKind::Range(range) => {
                        let _ = match range {
                            ast::RepetitionRange::Exactly(n) => write!(self.out, "{{{n}}}"),
                            ast::RepetitionRange::AtLeast(n) => write!(self.out, "{{{n},}}"),
                            ast::RepetitionRange::Bounded(n, m) => write!(self.out, "{{{n},{m}}}"),
                        };
                    }
                }
            }
            Ast::Group(group) => {
                let outer = (self.insensitive, self.whole);
                if let ast::GroupKind::NonCapturing(flags) = &group.kind
                    && !flags.items.is_empty()
                {
                    self.flags(flags)?;
                    if self.insensitive != outer.0 {
                        return Err(
                            "case is ignored in a part of the pattern alone, which Lucene cannot say".to_owned()
                        );
                    }
                }
                self.out.push('(');
                self.write(&group.ast)?;
                self.out.push(')');
                self.whole = outer.1;
            }
            Ast::Alternation(all) => {
                for (at, branch) in all.asts.iter().enumerate() {
                    if at > 0 {
                        self.out.push('|');
                    }
                    self.write(branch)?;
                }
            }
            Ast::Concat(all) => {
                for part in &all.asts {
                    self.write(part)?;
                }
            }
            Ast::Flags(_) => return Err("a flag in the middle of the pattern has no counterpart in Lucene".to_owned()),
            Ast::Assertion(_) => {
                return Err(
                    "Lucene has neither anchors nor word boundaries, and here one cannot be written out".to_owned()
                );
            }
            Ast::ClassUnicode(_) => return Err("Lucene has no classes of Unicode properties".to_owned()),
        }
        Ok(())
    }

    fn set(&mut self, set: &ast::ClassSet, out: &mut String) -> Result<(), String> {
        match set {
            ast::ClassSet::Item(item) => self.item(item, out),
            ast::ClassSet::BinaryOp(_) => Err("Lucene has no operations between classes".to_owned()),
        }
    }

    fn item(&mut self, item: &ast::ClassSetItem, out: &mut String) -> Result<(), String> {
        match item {
            ast::ClassSetItem::Empty(_) => {}
            ast::ClassSetItem::Literal(literal) => {
                self.saw_letter |= literal.c.is_alphabetic();
                if self.insensitive && literal.c.is_ascii_alphabetic() {
                    out.extend([literal.c.to_ascii_lowercase(), literal.c.to_ascii_uppercase()]);
                } else {
                    out.push_str(&in_class(literal.c));
                }
            }
            ast::ClassSetItem::Range(range) => {
                let (low, high) = (range.start.c, range.end.c);
                self.saw_letter |= low.is_alphabetic() || high.is_alphabetic();
                let both = |from: char, to: char| {
                    let (low, high) = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
                    format!("{low}-{high}{}-{}", low.to_ascii_uppercase(), high.to_ascii_uppercase())
                };
                // Lucene folds no classes: both cases are written out.
                let letters = if !self.insensitive || high < 'A' || low > 'z' || low > 'Z' && high < 'a' {
                    None
                } else if low.is_ascii_alphabetic()
                    && high.is_ascii_alphabetic()
                    && low.is_ascii_uppercase() == high.is_ascii_uppercase()
                {
                    let pair = both(low, high);
                    if !out.contains(&pair) {
                        out.push_str(&pair);
                    }
                    return Ok(());
                } else {
                    Some(both('a', 'z'))
                };
                out.push_str(letters.as_deref().unwrap_or_default());
                let _ = write!(out, "{}-{}", in_class(low), in_class(high));
            }
            ast::ClassSetItem::Perl(class) if !class.negated => {
                self.saw_letter |= class.kind == ast::ClassPerlKind::Word;
                out.push_str(perl(&class.kind));
            }
            ast::ClassSetItem::Union(union) => {
                for item in &union.items {
                    self.item(item, out)?;
                }
            }
            ast::ClassSetItem::Bracketed(inner) if !inner.negated => self.set(&inner.kind, out)?,
            ast::ClassSetItem::Ascii(_)
            | ast::ClassSetItem::Unicode(_)
            | ast::ClassSetItem::Perl(_)
            | ast::ClassSetItem::Bracketed(_) => {
                return Err("Lucene has no such class inside a class".to_owned());
            }
        }
        Ok(())
    }
}

fn in_class(c: char) -> String {
    if c.is_ascii_punctuation() && !"_'%,:;!=/`".contains(c) { format!("\\{c}") } else { c.to_string() }
}

/// The members of a class, without brackets.
const fn perl(kind: &ast::ClassPerlKind) -> &'static str {
    match kind {
        ast::ClassPerlKind::Digit => "0-9",
        ast::ClassPerlKind::Space => " \t\n\r\u{b}\u{c}",
        ast::ClassPerlKind::Word => "A-Za-z0-9_",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(source: &str) -> String {
        translate(source, false).unwrap().pattern
    }

    #[test]
    fn a_search_becomes_a_match_of_the_whole() {
        assert_eq!(pattern("abc"), ".*abc.*");
        assert_eq!(pattern("^abc$"), "abc");
        assert_eq!(pattern(r"\d{1,3}\.x"), r".*[0-9]{1,3}\.x.*");
        assert_eq!(pattern("a|b"), ".*(a|b).*");
        assert_eq!(pattern(r"^[\w-]+@x\.y$"), r"[A-Za-z0-9_\-]+\@x\.y");
        assert_eq!(pattern(r"\bcmd\b"), "(.*[^A-Za-z0-9_])?cmd([^A-Za-z0-9_].*)?");
        assert_eq!(pattern(".*a.*"), ".*a.*");
        assert_eq!(pattern(r"a\.*"), r".*a\.*.*");
        assert_eq!(pattern(".*"), ".*");
        assert_eq!(pattern(".*$"), ".*");
        assert_eq!(pattern("^.*a"), "[^\n]*a.*");
    }

    #[test]
    fn a_dot_is_no_line_break_unless_it_is_told_to() {
        assert_eq!(pattern("a.*b."), ".*a[^\n]*b[^\n].*");
        assert_eq!(pattern("(?s)a.*b."), ".*a.*b..*");
        assert_eq!(pattern("(?s:a.)b.c"), ".*(a.)b[^\n]c.*");
    }

    #[test]
    fn case_is_the_business_of_the_value() {
        let translated = translate("(?i)ABC[A-Z]", false).unwrap();
        assert_eq!((translated.pattern.as_str(), translated.insensitive), (".*abc[a-zA-Z].*", true));
        assert!(!translate("(?i)123", false).unwrap().insensitive);
    }

    #[test]
    fn what_lucene_cannot_say_is_refused() {
        for source in [r"a\bb", "a^b", r"\pL", "[a&&b]", "(?m)^a", "(?i:a)b", "a$|b"] {
            assert!(translate(source, false).is_err(), "{source}");
        }
    }

    #[test]
    fn needles_keep_to_themselves() {
        let hostile = r#"a.b*c?d+e|f{g}h[i]j(k)l"m\n#o@p&q<r>s~t^u$v"#;
        let escaped = escaped(hostile);
        assert!(
            regex::Regex::new(&format!(
                "^{}$",
                escaped.replace("\\\"", "\"").replace("\\<", "<").replace("\\>", ">").replace("\\@", "@")
            ))
            .unwrap()
            .is_match(hostile)
        );
        assert_eq!(needles(StringTest::HasTerm, &["ab", "cd", "-e"]).len(), 2);
        assert_eq!(needles(StringTest::Contains, &["a"]), [".*a.*"]);
    }
}
