//! Regular expressions, compiled once a query.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::pattern::{Translated, lucene, pcre};
use crate::ir::RegexDialect;

/// How many steps back a match may take: what takes more is refused.
const MOST_STEPS: usize = 1_000_000;

/// Which expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked {
    dialect: RegexDialect,
    anchored: bool,
    insensitive: bool,
    pattern: String,
}

/// Compiled expressions.
#[derive(Default)]
pub(super) struct Regexes {
    known: RefCell<HashMap<Asked, Result<Rc<Compiled>, String>>>,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Compiled {
    asked: Asked,
    usual: Engine,
    /// For texts that end with a line break.
    broken: OnceCell<Result<Engine, String>>,
}

/// What runs an expression.
#[derive(Debug)]
enum Engine {
    Linear(regex::Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

impl Regexes {
    /// An expression, compiled; why not, where it cannot be.
    pub(super) fn get(
        &self,
        dialect: RegexDialect,
        anchored: bool,
        insensitive: bool,
        pattern: &str,
    ) -> Result<Rc<Compiled>, String> {
        let asked = Asked { dialect, anchored, insensitive, pattern: pattern.to_owned() };
        if let Some(known) = self.known.borrow().get(&asked) {
            return known.clone();
        }
        let usual = Engine::new(&asked, false);
        let compiled = usual.map(|usual| Rc::new(Compiled { asked: asked.clone(), usual, broken: OnceCell::new() }));
        self.known.borrow_mut().insert(asked, compiled.clone());
        compiled
    }
}

/// Why an expression cannot be run; nothing where it can.
pub(super) fn refusal(dialect: RegexDialect, pattern: &str) -> Option<String> {
    Engine::new(&Asked { dialect, anchored: false, insensitive: false, pattern: pattern.to_owned() }, false).err()
}

impl Engine {
    fn new(asked: &Asked, final_break: bool) -> Result<Self, String> {
        let Translated { pattern, backtracks } = match asked.dialect {
            RegexDialect::Kusto => Translated { pattern: asked.pattern.clone(), backtracks: false },
            RegexDialect::Pcre => pcre(&asked.pattern, final_break)?,
            RegexDialect::Lucene => lucene(&asked.pattern, asked.insensitive)?,
        };
        // Lucene folds letters of ASCII alone, and no ranges: that is done already.
        let folds = asked.insensitive && asked.dialect != RegexDialect::Lucene;
        let flags = if folds { "(?i)" } else { "" };
        let whole = asked.anchored || asked.dialect == RegexDialect::Lucene;
        let pattern = if whole { format!(r"{flags}\A(?:{pattern})\z") } else { format!("{flags}{pattern}") };
        if backtracks {
            let built = fancy_regex::RegexBuilder::new(&pattern).backtrack_limit(MOST_STEPS).build();
            return built.map(|regex| Self::Backtracking(Box::new(regex))).map_err(|error| reason(&error));
        }
        regex::Regex::new(&pattern).map(Self::Linear).map_err(|error| reason(&error))
    }
}

/// The last line of an error: what is wrong, without the pattern.
fn reason(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Where groups lie.
type Spans = Vec<Option<(usize, usize)>>;

impl Compiled {
    /// What runs the expression over a text.
    fn engine(&self, text: &str) -> Result<&Engine, String> {
        if self.asked.dialect != RegexDialect::Pcre || !text.ends_with('\n') {
            return Ok(&self.usual);
        }
        let broken = self.broken.get_or_init(|| Engine::new(&self.asked, true));
        broken.as_ref().map_err(Clone::clone)
    }

    /// Whether it matches somewhere.
    pub(super) fn is_match(&self, text: &str) -> Result<bool, String> {
        match self.engine(text)? {
            Engine::Linear(regex) => Ok(regex.is_match(text)),
            Engine::Backtracking(regex) => regex.is_match(text).map_err(|error| reason(&error)),
        }
    }

    /// The groups of its matches, one after the other, at most so many.
    fn matches(&self, text: &str, most: usize) -> Result<Vec<Spans>, String> {
        match self.engine(text)? {
            Engine::Linear(regex) => {
                let spans = |found: regex::Captures<'_>| -> Spans {
                    found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect()
                };
                Ok(regex.captures_iter(text).take(most).map(spans).collect())
            }
            Engine::Backtracking(regex) => {
                let mut all = Vec::new();
                for found in regex.captures_iter(text).take(most) {
                    let found = found.map_err(|error| reason(&error))?;
                    all.push(found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect());
                }
                Ok(all)
            }
        }
    }

    /// The number of a named group.
    fn number(&self, name: &str) -> Option<usize> {
        match &self.usual {
            Engine::Linear(regex) => regex.capture_names().position(|known| known == Some(name)),
            Engine::Backtracking(regex) => regex.capture_names().position(|known| known == Some(name)),
        }
    }

    /// What a named group matches in the matches of the expression, at most so many.
    pub(super) fn group<'t>(&self, text: &'t str, name: &str, most: usize) -> Result<Vec<&'t str>, String> {
        let Some(number) = self.number(name) else { return Err(format!("there is no group `{name}`")) };
        self.groups(text, number, most)
    }

    /// What the first group matches in all matches.
    pub(super) fn first_group<'t>(&self, text: &'t str) -> Result<Vec<&'t str>, String> {
        self.groups(text, 1, usize::MAX)
    }

    fn groups<'t>(&self, text: &'t str, number: usize, most: usize) -> Result<Vec<&'t str>, String> {
        let found = self.matches(text, most)?;
        let span = |spans: Spans| spans.get(number).copied().flatten();
        Ok(found.into_iter().filter_map(span).filter_map(|(start, end)| text.get(start..end)).collect())
    }

    /// The text with matches replaced, at most so many after some that stay; `\1` stands for a group, `\\` for a
    /// backslash.
    pub(super) fn replace(&self, text: &str, with: &str, most: usize, skip: usize) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for spans in self.matches(text, most.saturating_add(skip))?.into_iter().skip(skip) {
            // What `\K` lets go of may lie anywhere.
            let whole = spans.first().copied().flatten().filter(|(start, end)| at <= *start && start <= end);
            let Some((start, end)) = whole else { continue };
            out.push_str(&text[at..start]);
            let mut chars = with.chars().peekable();
            while let Some(c) = chars.next() {
                match (c, chars.peek().copied()) {
                    ('\\', Some(digit)) if digit.is_ascii_digit() => {
                        chars.next();
                        let number = digit.to_digit(10).unwrap_or(0) as usize;
                        if let Some((start, end)) = spans.get(number).copied().flatten() {
                            out.push_str(text.get(start..end).unwrap_or_default());
                        }
                    }
                    ('\\', Some(next)) if !next.is_alphanumeric() => {
                        out.push(next);
                        chars.next();
                    }
                    (c, _) => out.push(c),
                }
            }
            at = end;
        }
        out.push_str(&text[at..]);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::RegexDialect::{Kusto, Lucene, Pcre};
    use proptest::prelude::*;

    fn matches(dialect: RegexDialect, pattern: &str, text: &str) -> bool {
        Regexes::default().get(dialect, false, false, pattern).unwrap().is_match(text).unwrap()
    }

    #[test]
    fn each_dialect_matches_by_its_own_rules() {
        for (dialect, pattern, text, expected) in [
            (Kusto, r"^a\d$", "a٣", true),
            (Pcre, r"^a\d$", "a٣", false),
            (Pcre, r"a$", "a\n", true),
            (Pcre, r"a\z", "a\n", false),
            (Kusto, r"a$", "a\n", false),
            (Pcre, r"(?i)(?<![A-Za-z0-9])admin(?![A-Za-z0-9])", "x_ADMIN-y", true),
            (Pcre, r"(?i)(?<![A-Za-z0-9])admin(?![A-Za-z0-9])", "admins", false),
            (Pcre, r"^(\w)\1$", "aa", true),
            (Pcre, r"^(\w)\1$", "ab", false),
            (Pcre, r"^a*+a", "aaa", false),
            (Pcre, r"\Qa.b\E", "a.b", true),
            (Pcre, r"\Qa.b\E", "axb", false),
            (Pcre, r"[\w\-.]+@\S+", "a-b.c@d", true),
            (Pcre, r"\bcmd\b", "a cmd.exe", true),
            (Pcre, r"\bcmd\b", "écmd", true),
            (Kusto, r"\bcmd\b", "écmd", false),
            (Pcre, r"(?=c)\bcmd\b", "écmd", true),
            (Pcre, r"a\Bb", "ab", true),
            (Pcre, r"a\B", "a b", false),
            (Lucene, "b", "abc", false),
            (Lucene, ".*b.*", "a\nbc", true),
            (Lucene, "(a|b){2}", "ab", true),
            (Lucene, "^a", "a", false),
        ] {
            assert_eq!(matches(dialect, pattern, text), expected, "{pattern} {text:?}");
        }
    }

    #[test]
    fn whole_and_case_blind_on_demand() {
        let regexes = Regexes::default();
        assert!(!regexes.get(Pcre, true, false, "a|ab").unwrap().is_match("abc").unwrap());
        assert!(regexes.get(Pcre, true, true, "a|ab").unwrap().is_match("AB").unwrap());
        assert!(regexes.get(Pcre, false, false, "(").is_err());
    }

    #[test]
    fn groups_are_taken_and_put_back() {
        let regexes = Regexes::default();
        let regex = regexes.get(Pcre, false, false, r"(?<k>\w+)=(?<v>\w+)?").unwrap();
        assert_eq!(regex.group("a=1 b= c=3", "v", usize::MAX).unwrap(), ["1", "3"]);
        assert_eq!(regex.replace("a=1 b=2", r"\2=\1\\", 1, 1).unwrap(), r"a=1 2=b\");
        assert!(regex.group("a=1", "x", 1).is_err());
    }

    #[test]
    fn a_search_that_goes_wild_ends() {
        let regexes = Regexes::default();
        let regex = regexes.get(Pcre, false, false, r"^(?:(a|aa)+\1)+b$").unwrap();
        assert!(regex.is_match(&"a".repeat(60)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(pattern in r"[\\a-dQEkgxR(){}\[\]^$?*+|<>!=:#.,\-0-9 ]{0,16}", text in "[a-d0-9\n ]{0,8}") {
            let regexes = Regexes::default();
            for dialect in [Pcre, Lucene, Kusto] {
                if let Ok(regex) = regexes.get(dialect, false, true, &pattern) {
                    let _ = regex.is_match(&text);
                    let _ = regex.replace(&text, r"<\1>", usize::MAX, 0);
                    let _ = regex.first_group(&text);
                }
            }
        }
    }
}
