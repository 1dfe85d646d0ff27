//! Patterns of Kusto's dialect in those that ES|QL searches with: Java's in `REPLACE`, Oniguruma's in `GROK`.
//!
//! All of them search, and write most things alike. What differs is rewritten in its place:
//!
//! - `^` and `$` stand for the borders of the text in Kusto; Java's `$` also for the place before a last line break,
//!   Oniguruma's for every border of a line, and there is no flag to change that.
//! - `.` stands for all but `\n` in Kusto and in Oniguruma; in Java for no character that could end a line.
//! - `m` makes lines of `^` and `$` in Kusto, lines of other kinds in Java, and is Oniguruma's name for Kusto's `s`.
//! - `\<` and `\>` are the borders of a word in Kusto, and `<` and `>` to Java.
//! - Blanks may stand in `{2, 3}` in Kusto.
//! - Names of groups, and flags that one side alone has.
//!
//! Sources: Kusto's RE2 syntax page, `java.util.regex.Pattern`, Oniguruma's `doc/RE` (Joni, which Elasticsearch's grok
//! library runs, has Ruby's syntax as its default).

use regex_syntax::ast::{self, Ast};

/// A pattern of Java's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Java {
    /// The pattern.
    pub(super) pattern: String,
    /// Whether something in it may mean something else to Java.
    pub(super) doubtful: bool,
}

/// A pattern in Java's dialect; as it is, and doubtful, where it is no pattern of Kusto's.
pub(super) fn java(source: &str) -> Java {
    let Some(rewritten) = Writer::over(source, Dialect::Java) else {
        return Java { pattern: source.to_owned(), doubtful: true };
    };
    Java { pattern: rewritten.out(), doubtful: rewritten.doubtful }
}

/// A pattern for `GROK`, with the group of this number under a name, or the whole for group 0. All other groups lose
/// their names: each would become a column. Nothing where there is no such group, or what Oniguruma reads otherwise.
pub(super) fn grok(source: &str, group: i64, name: &str) -> Option<String> {
    let group = u32::try_from(group).ok()?;
    let rewritten = Writer::over(source, Dialect::Oniguruma(group, name))?;
    if rewritten.doubtful || group > 0 && !rewritten.named {
        return None;
    }
    let pattern = rewritten.out();
    Some(if group == 0 { format!("(?<{name}>{pattern})") } else { pattern })
}

/// A pattern for `GROK` in which no group has a name; nothing where Oniguruma reads something of it otherwise.
pub(super) fn oniguruma(source: &str) -> Option<String> {
    let rewritten = Writer::over(source, Dialect::Oniguruma(0, ""))?;
    (!rewritten.doubtful).then(|| rewritten.out())
}

/// Whose pattern is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect<'n> {
    Java,
    /// With the number of the group that gets a name.
    Oniguruma(u32, &'n str),
}

/// Flags that decide what something else stands for.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    lines: bool,
    whole: bool,
}

/// A pattern with what stands in the place of parts of it.
struct Writer<'s> {
    source: &'s str,
    dialect: Dialect<'s>,
    /// Where something else stands, in ascending order.
    edits: Vec<(usize, usize, String)>,
    doubtful: bool,
    /// Whether a group got the name.
    named: bool,
}

impl<'s> Writer<'s> {
    fn over(source: &'s str, dialect: Dialect<'s>) -> Option<Self> {
        let tree = ast::parse::Parser::new().parse(source).ok()?;
        let mut writer = Self { source, dialect, edits: Vec::new(), doubtful: false, named: false };
        writer.walk(&tree, &mut Flags::default());
        Some(writer)
    }

    fn out(&self) -> String {
        let mut out = String::with_capacity(self.source.len() + 8);
        let mut at = 0;
        for (start, end, text) in &self.edits {
            out.push_str(&self.source[at..*start]);
            out.push_str(text);
            at = *end;
        }
        out.push_str(&self.source[at..]);
        out
    }

    fn edit(&mut self, span: &ast::Span, text: impl Into<String>) {
        self.edits.push((span.start.offset, span.end.offset, text.into()));
    }

    /// A part of the pattern under the flags before it, which a part may change for what follows.
    fn walk(&mut self, part: &Ast, flags: &mut Flags) {
        match part {
            Ast::Dot(span) => match (self.dialect, flags.whole) {
                (Dialect::Java, false) => self.edit(span, r"[^\n]"),
                (Dialect::Oniguruma(..), true) => self.edit(span, "(?m:.)"),
                _ => {}
            },
            Ast::Assertion(assertion) => self.assertion(assertion, *flags),
            Ast::Flags(set) => {
                let kept = self.flags(&set.flags, flags);
                self.edit(&set.span, if kept.is_empty() { String::new() } else { format!("(?{kept})") });
            }
            Ast::Group(group) => {
                let mut inner = *flags;
                let opening = ast::Span::new(group.span.start, group.ast.span().start);
                match &group.kind {
                    ast::GroupKind::NonCapturing(set) => {
                        let kept = self.flags(set, &mut inner);
                        self.edit(&set.span, kept);
                    }
                    ast::GroupKind::CaptureIndex(number) => self.group(&opening, *number, None),
                    ast::GroupKind::CaptureName { name, .. } => self.group(&opening, name.index, Some(&name.name)),
                }
                self.walk(&group.ast, &mut inner);
            }
            Ast::Repetition(repetition) => {
                self.walk(&repetition.ast, flags);
                self.range(&repetition.op);
            }
            Ast::Alternation(all) => all.asts.iter().for_each(|part| self.walk(part, flags)),
            Ast::Concat(all) => all.asts.iter().for_each(|part| self.walk(part, flags)),
            Ast::ClassBracketed(class) => self.doubtful |= self.is_other(&class.kind),
            Ast::Empty(_) | Ast::Literal(_) | Ast::ClassUnicode(_) | Ast::ClassPerl(_) => {}
        }
    }

    fn assertion(&mut self, assertion: &ast::Assertion, flags: Flags) {
        let java = self.dialect == Dialect::Java;
        let text = match (&assertion.kind, flags.lines) {
            (ast::AssertionKind::StartLine, false) if java => return,
            (ast::AssertionKind::StartLine, false) => r"\A",
            (ast::AssertionKind::EndLine, false) => r"\z",
            (ast::AssertionKind::WordBoundaryStart | ast::AssertionKind::WordBoundaryStartAngle, _) => r"\b(?=\w)",
            (ast::AssertionKind::WordBoundaryEnd | ast::AssertionKind::WordBoundaryEndAngle, _) => r"\b(?<=\w)",
            (ast::AssertionKind::WordBoundaryStartHalf, _) => r"(?<!\w)",
            (ast::AssertionKind::WordBoundaryEndHalf, _) => r"(?!\w)",
            // A line begins and ends at `\n` alone, and the last one may be empty.
            (ast::AssertionKind::StartLine, true) => r"(?<![^\n])",
            (ast::AssertionKind::EndLine, true) => r"(?![^\n])",
            (
                ast::AssertionKind::StartText
                | ast::AssertionKind::EndText
                | ast::AssertionKind::WordBoundary
                | ast::AssertionKind::NotWordBoundary,
                _,
            ) => return,
        };
        self.edit(&assertion.span, text);
    }

    /// How often something may be there: Kusto lets blanks stand between the numbers, by which others take it for text.
    fn range(&mut self, op: &ast::RepetitionOp) {
        let ast::RepetitionKind::Range(range) = &op.kind else { return };
        let text = match range {
            ast::RepetitionRange::Exactly(count) => format!("{{{count}}}"),
            ast::RepetitionRange::AtLeast(count) => format!("{{{count},}}"),
            ast::RepetitionRange::Bounded(from, to) => format!("{{{from},{to}}}"),
        };
        let (start, end) = (op.span.start.offset, op.span.end.offset);
        let lazy = if self.source[start..end].ends_with('?') { "?" } else { "" };
        self.edit(&op.span, text + lazy);
    }

    /// Takes flags in, and gives those that are left to say.
    fn flags(&mut self, set: &ast::Flags, flags: &mut Flags) -> String {
        let (mut on, mut off) = (String::new(), String::new());
        let mut value = true;
        for item in &set.items {
            let letter = match &item.kind {
                ast::FlagsItemKind::Negation => {
                    value = false;
                    continue;
                }
                ast::FlagsItemKind::Flag(ast::Flag::MultiLine) => {
                    flags.lines = value;
                    continue;
                }
                ast::FlagsItemKind::Flag(ast::Flag::DotMatchesNewLine) => {
                    flags.whole = value;
                    // Oniguruma's is said at each dot.
                    if self.dialect != Dialect::Java {
                        continue;
                    }
                    's'
                }
                // What is on anyway.
                ast::FlagsItemKind::Flag(ast::Flag::Unicode) if value => continue,
                ast::FlagsItemKind::Flag(ast::Flag::CaseInsensitive) => 'i',
                ast::FlagsItemKind::Flag(ast::Flag::IgnoreWhitespace) => 'x',
                ast::FlagsItemKind::Flag(ast::Flag::SwapGreed | ast::Flag::Unicode | ast::Flag::CRLF) => {
                    self.doubtful = true;
                    continue;
                }
            };
            if value { &mut on } else { &mut off }.push(letter);
        }
        if off.is_empty() { on } else { format!("{on}-{off}") }
    }

    /// A group that captures.
    fn group(&mut self, opening: &ast::Span, number: u32, name: Option<&str>) {
        match self.dialect {
            Dialect::Oniguruma(wanted, given) if number == wanted => {
                self.named = true;
                self.edit(opening, format!("(?<{given}>"));
            }
            Dialect::Oniguruma(..) => self.edit(opening, "(?:"),
            Dialect::Java => {
                // Java's names of groups are letters and digits.
                let Some(name) = name else { return };
                let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                let usable = name.starts_with(|c: char| c.is_ascii_alphabetic());
                self.edit(opening, if usable { format!("(?<{name}>") } else { "(".to_owned() });
            }
        }
    }

    /// Whether a class has what the other side reads otherwise: `--` and `~~` stand for themselves there, and Java has
    /// no names such as `[:alpha:]`.
    fn is_other(&self, set: &ast::ClassSet) -> bool {
        match set {
            ast::ClassSet::BinaryOp(op) => {
                op.kind != ast::ClassSetBinaryOpKind::Intersection || self.is_other(&op.lhs) || self.is_other(&op.rhs)
            }
            ast::ClassSet::Item(item) => self.is_other_item(item),
        }
    }

    fn is_other_item(&self, item: &ast::ClassSetItem) -> bool {
        match item {
            ast::ClassSetItem::Ascii(_) => self.dialect == Dialect::Java,
            ast::ClassSetItem::Bracketed(inner) => self.is_other(&inner.kind),
            ast::ClassSetItem::Union(union) => union.items.iter().any(|item| self.is_other_item(item)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_java_reads_otherwise_is_written_otherwise() {
        for (kusto, wanted, doubtful) in [
            (r"^a\bc$", r"^a\bc\z", false),
            ("(?P<the_name>x)", "(?<thename>x)", false),
            ("(?P<_>x)(y)", "(x)(y)", false),
            ("(?<n>x)", "(?<n>x)", false),
            (r"\(?P<n>", r"\(?P<n>", false),
            ("(?i)x.y", r"(?i)x[^\n]y", false),
            (r"(?s)x.\.", r"(?s)x.\.", false),
            ("(?s:x.)y.", r"(?s:x.)y[^\n]", false),
            ("(?im)^x$", r"(?i)(?<![^\n])x(?![^\n])", false),
            ("[.$^]", "[.$^]", false),
            ("(?U)x+", "x+", true),
            ("[[:alpha:]]", "[[:alpha:]]", true),
            ("[a-z--b]", "[a-z--b]", true),
            ("(x", "(x", true),
            (r"\<a{ 2, 3 }\>b{1,}?", r"\b(?=\w)a{2,3}\b(?<=\w)b{1,}?", false),
            (r"\b{start-half}a\b{end-half}", r"(?<!\w)a(?!\w)", false),
        ] {
            assert_eq!(java(kusto), Java { pattern: wanted.to_owned(), doubtful }, "{kusto}");
        }
    }

    #[test]
    fn one_group_gets_a_name_and_the_others_lose_theirs() {
        assert_eq!(grok(r"a(b)(c)", 2, "x").unwrap(), r"a(?:b)(?<x>c)");
        assert_eq!(grok(r"\((?P<n>[(]+)\)", 1, "x").unwrap(), r"\((?<x>[(]+)\)");
        assert_eq!(grok("a", 0, "x").unwrap(), "(?<x>a)");
        assert!(grok("(a)", 2, "x").is_none() && grok("(a", 1, "x").is_none());
    }

    #[test]
    fn a_line_is_no_text() {
        assert_eq!(grok(r"^([^.]+\.[^.]+)$", 1, "x").unwrap(), r"\A(?<x>[^.]+\.[^.]+)\z");
        assert_eq!(grok("(?s)a(.)", 1, "x").unwrap(), "a(?<x>(?m:.))");
        assert_eq!(grok("(?m)^a(.)$", 1, "x").unwrap(), r"(?<![^\n])a(?<x>.)(?![^\n])");
        assert!(grok("(?U)(a+)", 1, "x").is_none());
    }
}
